"""The server that worker processes are forked from: it has the libraries loaded once, those of pages when one comes.

A run whose feeds bring nothing new reads no page, and what pages need takes longer to load than all its feeds to read.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from types import FrameType
from typing import Final

LOAD_FOR_PAGES: Final = signal.SIGUSR1
"""What tells the server that pages will come; it looks for signals before it forks the next process."""

_FEEDS: Final = "mirqab.preloaded_feeds"
_PAGES: Final = "mirqab.preloaded"
_CODE: Final = str(Path(__file__).resolve().parent.parent)


def start_fork_server(*, pages: bool) -> None:
    """Start the server unless it runs already; with `pages` it loads what these need, unless it has it.

    SIGINT stays blocked in it and so in all workers: Ctrl-C reaches them too, and how they end is for us to say.
    Python before 3.13 does not hand its import path over, so it goes through the environment.
    """
    multiprocessing.set_forkserver_preload([_PAGES if pages else _FEEDS])
    resource_tracker.ensure_running()  # or it is started on the way, and that unblocks SIGINT
    before = os.environ.get("PYTHONPATH")
    # the other signal would end a server that does not listen to it yet
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, LOAD_FOR_PAGES})
    os.environ["PYTHONPATH"] = _CODE if not before else os.pathsep.join((_CODE, before))
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    server = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if pages and server is not None:
        os.kill(server, LOAD_FOR_PAGES)


def listen() -> None:
    """Begin to listen for `LOAD_FOR_PAGES`: to be called in the server, at the end of what it loads."""
    signal.signal(LOAD_FOR_PAGES, _load_for_pages)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {LOAD_FOR_PAGES})


def _load_for_pages(signal_number: int, frame: FrameType | None) -> None:
    import mirqab.preloaded  # noqa: F401
