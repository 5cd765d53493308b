"""`python -m mirqab`: the same as `./run`."""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__":
    # what is imported takes a moment, and nothing is begun meanwhile: Ctrl-C needs no traceback
    gc.disable()  # what is loaded stays loaded: to look for garbage in it takes a fifth of the start
    try:
        from mirqab.interrupts import end_quietly

        with end_quietly():
            from mirqab.cli.app import main
    except KeyboardInterrupt:
        sys.exit(130)
    gc.freeze()
    gc.enable()
    sys.exit(main())
