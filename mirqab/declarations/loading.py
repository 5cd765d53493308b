"""The loaders of outlets and timetable of one deployment; those of topic files are in `topic_files`.

What reads and checks a file is imported when a file is read: a crawl whose outlets are cached does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mirqab.declarations.cache import OutletCache
from mirqab.documents import parse_document, read_body, read_document
from mirqab.errors import UsageError
from mirqab.settings import Settings
from mirqab.types import Job, Outlet, OutletKind

OUTLETS_FILE: Final = "outlets.yaml"
OUTLETS_MAX_BYTES: Final = 16 * 1024 * 1024  # 10,000 outlets with two feeds each are 4.4 MB


def load_outlets(settings: Settings, *, progress: Callable[[float], None] | None = None) -> tuple[Outlet, ...]:
    """Return the outlets of `config/outlets.yaml`, in the file's order. Raises ConfigurationError.

    A large file is read from the cache in `settings.cache_folder` while nothing that decides its meaning has changed.
    Else thousands of outlets take seconds: `progress` is told the share that is read, from 0 to 1.
    """
    path = settings.config / OUTLETS_FILE
    body = read_body(path, max_bytes=OUTLETS_MAX_BYTES)
    cache = OutletCache(settings, path=path, body=body)
    outlets = cache.read()
    if outlets is None:
        from mirqab.declarations.outlet_file import check_outlets

        document = parse_document(body, path=path, max_bytes=OUTLETS_MAX_BYTES, progress=progress)
        outlets = check_outlets(document, settings)
        cache.write(outlets)
    return outlets


def load_schedule(
    settings: Settings, *, problem_of: Callable[[Sequence[str]], str | None] | None = None
) -> tuple[Job, ...]:
    """Return the jobs of `config/schedule.yaml`, in the file's order. Raises ConfigurationError.

    `problem_of` says what is wrong with a command: those mistakes are told together with all others.
    """
    from mirqab.declarations.schedule_file import check_schedule

    return check_schedule(read_document(settings.config / "schedule.yaml"), problem_of)


def read_kind(word: str) -> OutletKind:
    """Return the kind of outlet that a command line names; UsageError with all kinds for any other word."""
    if word not in list(OutletKind):
        raise UsageError(f"There is no kind {word!r}; kinds are {', '.join(OutletKind)}.")
    return OutletKind(word)
