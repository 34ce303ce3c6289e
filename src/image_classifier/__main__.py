"""Entry point of `python -m image_classifier` and of the executable."""

import sys

from image_classifier.command_line import main

if __name__ == "__main__":
    sys.exit(main())
