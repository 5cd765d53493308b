"""`python -m mirqab`: the same as `./run`."""

from __future__ import annotations

import sys

from mirqab.interrupts import end_quietly

if __name__ == "__main__":
    with end_quietly():  # what is imported takes a moment, and nothing is begun meanwhile
        from mirqab.cli.app import main
    sys.exit(main())
