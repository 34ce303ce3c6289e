"""The image classifier: the application that ships with tf2exe, and all that enters its executable."""

__version__ = "0.1.0"
