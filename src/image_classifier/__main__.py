"""Entry point of `python -m image_classifier` and of the executable."""

import sys

from image_classifier.interruption import end_when_interrupted

if __name__ == "__main__":
    end_when_interrupted()
    from image_classifier.command_line import main  # takes long enough to be interrupted

    sys.exit(main())
