"""`python -m mirqab`: the same as `./run`."""

from __future__ import annotations

import sys

from mirqab.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
