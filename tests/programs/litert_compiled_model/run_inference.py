import os
import sys

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel

# TF2EXE_CONVERTED is set by a build that converts the model. Otherwise the model is next to the program.
base_dir = os.environ.get("TF2EXE_CONVERTED") or os.path.dirname(os.path.abspath(__file__))
model = CompiledModel.from_file(os.path.join(base_dir, "model.tflite"))
key = model.get_signature_by_index(0)["key"]
(input_name,) = model.get_input_tensor_details(key)
(output_name,) = model.get_output_tensor_details(key)

for number, line in enumerate(open(sys.argv[1]) if len(sys.argv) > 1 else ["1 2 3 4"]):
    batch = np.array([[float(word) for word in line.split()]], dtype=np.float32)
    if number % 2:
        inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
        inputs[0].write(batch)
        model.run_by_index(0, inputs, outputs)
        probabilities = outputs[0].read(3, np.float32)
    else:
        fed = {input_name: model.create_input_buffer_by_name(key, input_name)}
        answer = {output_name: model.create_output_buffer_by_name(key, output_name)}
        fed[input_name].write(batch)
        model.run_by_name(key, fed, answer)
        probabilities = answer[output_name].read(3, np.float32)
    print(int(probabilities.argmax()), " ".join(f"{p:.4f}" for p in probabilities))
