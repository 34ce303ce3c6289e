"""Entry point of `python -m image_classifier` and of the executable."""

import _signal  # type: ignore[import-not-found]
import sys

if __name__ == "__main__":
    # Loading `signal` takes long enough to be interrupted; until then the system ends the process.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from image_classifier.interruption import end_when_interrupted

    end_when_interrupted()
    from image_classifier import timings

    timings.mark("started", at=timings.BEGIN)
    from image_classifier.command_line import main

    sys.exit(main())
