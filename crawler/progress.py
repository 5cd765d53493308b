"""The events of a run: lines with fields in the log, and JSON lines for whoever started it.

The latter go to the file descriptor or file that MIRQAB_PROGRESS names.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from mirqab.addresses import mask_credentials

VARIABLE: Final = "MIRQAB_PROGRESS"
LOG: Final = logging.getLogger("mirqab.crawl")


def log_event(event: str, /, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event with its fields, those that are None left out."""
    if LOG.isEnabledFor(level):
        told = " ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
        LOG.log(level, "%s", mask_credentials(f"{event} {told}"))


class Progress:
    """Writes events; a reader that is gone or does not read never holds up the crawl, it only misses lines."""

    def __init__(self, where: str | None) -> None:
        self._descriptor: int | None = None
        if where and where.isdecimal():
            self._descriptor = int(where)
            with contextlib.suppress(OSError):
                os.set_blocking(self._descriptor, False)
        elif where:
            self._descriptor = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] = os.environ) -> Progress:
        """Open what MIRQAB_PROGRESS names; without it events go nowhere."""
        return cls(environ.get(VARIABLE))

    def tell(self, event: str, /, **fields: Any) -> None:
        """Write one event."""
        if self._descriptor is None:
            return
        line = mask_credentials(json.dumps({"event": event, **fields}, ensure_ascii=False, default=str))
        try:
            os.write(self._descriptor, line.encode("utf-8", "replace") + b"\n")
        except BlockingIOError:
            return
        except OSError:
            self._descriptor = None
