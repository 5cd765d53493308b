"""The line that ties a child to its parent: the child ends when the parent does, even by kill -9 (Linux)."""

from __future__ import annotations

import os
import sys

from mirqab.processes import tie_to

VARIABLE = "MIRQAB_PARENT"


def tied_to_us() -> dict[str, str]:
    """Return the variable to put into the environment of a child that shall end with this process."""
    return {VARIABLE: str(os.getpid())}


def end_with_parent() -> None:
    """Ask for a SIGTERM at our parent's end, when it tied us to itself; when that was before, end at once."""
    parent = os.environ.pop(VARIABLE, "")  # our own children are not its children
    if parent.isdecimal() and not tie_to(int(parent)):
        sys.exit(1)
