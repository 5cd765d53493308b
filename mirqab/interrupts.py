"""Ctrl-C before anything was begun: an end with 130 and no traceback, whatever is being imported."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 130
"""The exit code of what was interrupted before it began anything."""


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(INTERRUPTED)


@contextmanager
def end_quietly() -> Iterator[None]:
    """While open, Ctrl-C ends this process at once; where it is ignored (`nohup`, in the background) it stays so."""
    former = signal.getsignal(signal.SIGINT)
    if former is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
