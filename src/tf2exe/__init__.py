"""tf2exe: turns a Python program that runs a TensorFlow model into one native executable."""

__version__ = "0.1.0"
