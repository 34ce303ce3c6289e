"""Entry point of `python -m image_classifier` and of the executable."""

import sys

from image_classifier import timings  # the first: it knows when the program began
from image_classifier.command_line import main

if __name__ == "__main__":
    timings.mark("started", at=timings.BEGIN)
    sys.exit(main())
