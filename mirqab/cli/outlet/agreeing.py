"""A person's agreement before a declaration is changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from mirqab.cli.terminal import plain, say, write_line
from mirqab.errors import UsageError
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.settings import Settings


def write_agreed(
    deployed: Settings, write: Callable[[Settings], None], outlets: Iterable[str], *, yes: bool
) -> ExitCode:
    """Show what `write` changes in outlets.yaml, and have it done there once somebody agreed."""
    file = deployed.config / "outlets.yaml"
    before = file.read_text(encoding="utf-8")
    with TemporaryDirectory(prefix="mirqab-outlet-") as folder:
        rehearsal = Path(folder) / file.name
        rehearsal.write_text(before, encoding="utf-8")
        write(replace(deployed, config=Path(folder)))
        after = rehearsal.read_text(encoding="utf-8")
    write_line("")
    for line in unified_diff(before.splitlines(), after.splitlines(), str(file), str(file), lineterm="", n=2):
        write_line(plain(line))
    write_line("")
    if not _agreed(f"Write it into {file}?", yes=yes):
        return ExitCode.WELL
    write(deployed)
    write_line(f"Written. Now: ./run crawl {' '.join(dict.fromkeys(outlets))}")
    return ExitCode.WELL


def _agreed(question: str, *, yes: bool) -> bool:
    """Say whether to go on: `yes`, or asked on the terminal; UsageError when there is none to ask on."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("Nothing is written: there is no terminal to ask on, and --yes was not said.")
    if typer.confirm(question, default=True, err=True):
        return True
    say("Nothing is written.")
    return False
