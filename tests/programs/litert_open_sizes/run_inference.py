import os
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

# TF2EXE_CONVERTED is set by a build that converts the model. Otherwise the model is next to the program.
base_dir = os.environ.get("TF2EXE_CONVERTED") or os.path.dirname(os.path.abspath(__file__))
interpreter = Interpreter(os.path.join(base_dir, "heads.tflite"))
run = interpreter.get_signature_runner()

# The input has any number of steps of four numbers; the outputs are a class and a score.
with open(sys.argv[1]) as file:
    steps = np.array([[float(word) for word in line.split()] for line in file], dtype=np.float32)
for length in range(5, 20, 5):
    answer = run(steps=steps[None, :length])
    print(length, *(f"{name}: {answer[name][0].round(4)}" for name in sorted(answer)))
