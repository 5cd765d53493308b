"""Named points at which a test can have the whole crawl killed, to prove that no mark runs ahead of its fact."""

from __future__ import annotations

import itertools
import os
import signal
from collections import defaultdict
from typing import Final, Literal

KillPoint = Literal[
    "after_admit",
    "after_fetch",
    "in_worker",
    "after_store",
    "before_confirm",
    "after_confirm",
    "signed",
    "unconfirmed",
    "marked",
    "pruned_copied",
    "pruned_moved",
    "rejudging",
    "rejudged",
    "regrouping",
]

_VARIABLE: Final = "MIRQAB_TEST_KILL_AT"
_passes: defaultdict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(1))


def kill_point(name: KillPoint) -> None:
    """Kill this process group with SIGKILL when the test asked for it here: `name`, or `name:3` for the third pass.

    The group, because a worker process that reaches its point must take the crawl down with it.
    """
    wanted = os.environ.get(_VARIABLE)
    if wanted is None:
        return
    point, _, which = wanted.partition(":")
    if point == name and next(_passes[name]) == int(which or 1):
        os.killpg(os.getpgrp(), signal.SIGKILL)
