import os
import sys

from inference import Classifier

# TF2EXE_CONVERTED is set by a build that converts the model. Otherwise the model is next to the program.
base_dir = os.environ.get("TF2EXE_CONVERTED") or os.path.dirname(os.path.abspath(__file__))
classifier = Classifier(os.path.join(base_dir, "model.tflite"))

for line in open(sys.argv[1]) if len(sys.argv) > 1 else ["1 2 3 4"]:
    probabilities = classifier.predict([float(word) for word in line.split()])
    print(int(probabilities.argmax()), " ".join(f"{p:.4f}" for p in probabilities))
