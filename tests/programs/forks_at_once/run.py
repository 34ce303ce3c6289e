"""Forks or exits while native modules are preloaded."""

import os
import sys

if sys.argv[1] == "end":
    sys.exit(5)
child = os.fork() if sys.argv[1] == "fork" else 0
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    from ai_edge_litert.interpreter import Interpreter
    from PIL import Image

    print(Interpreter.__name__, Image.new("L", (2, 2)).size, flush=True)
