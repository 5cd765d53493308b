"""A person's agreement before a declaration is changed."""

from __future__ import annotations

import sys

import typer

from mirqab.cli.terminal import say
from mirqab.errors import UsageError


def agreed(question: str, *, yes: bool) -> bool:
    """Say whether to go on: `yes`, or asked on the terminal; UsageError when there is none to ask on."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("Nothing is written: there is no terminal to ask on, and --yes was not said.")
    if typer.confirm(question, default=True, err=True):
        return True
    say("Nothing is written.")
    return False
