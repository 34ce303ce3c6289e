"""Has different output when it is compiled. The argument selects the difference."""

import sys

COMPILED = "__compiled__" in globals()
what = sys.argv[1] if COMPILED and len(sys.argv) > 1 else "same"

value = 0.1 + 0.2
if what == "last bit":
    value = 0.30000000000000010
print("value", value)
if what == "line":
    print("more")
if what == "warning":
    print("UserWarning: careful", file=sys.stderr)
if what == "file":
    open("extra.txt", "w").close()
open("result.bin", "wb").write(b"\x00\x01" if what == "content" else b"\x00\x00")
if what == "crash":
    raise ValueError("only when compiled")
print("end", end="" if what == "line end" else "\n")
sys.exit(4 if what == "exit code" else 3)
