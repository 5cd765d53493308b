"""What every command of one call shares: the settings with the overrides typed on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.errors import ArchiveError

if TYPE_CHECKING:
    from mirqab.archive import Archive
    from mirqab.settings import Settings
    from mirqab.topics import Topic
    from mirqab.types import Outlet
    from mirqab.workers import Workers

CODE = Path(__file__).resolve().parents[2]  # where scrapy.cfg and config/ lie

NOTHING_YET = "Nothing crawled yet: ./run demo shows how it works, ./run crawl reads the outlets."

_overrides: dict[str, str] = {}


def take_overrides(overrides: dict[str, str]) -> None:
    """Remember the overrides of this call (dotted setting names)."""
    _overrides.clear()
    _overrides.update(overrides)


def settings() -> Settings:
    """Return the settings of this call: default < file < environment < command line."""
    from mirqab.settings import load_settings

    return load_settings(overrides=dict(_overrides))


def outlets(deployment: Settings) -> tuple[Outlet, ...]:
    """Return the declared outlets, showing how far their reading is when it takes long."""
    from mirqab.cli.reading_shown import ReadingShown
    from mirqab.declarations import load_outlets

    with ReadingShown() as shown:
        return load_outlets(deployment, progress=shown)


def child_environ(deployment: Settings) -> dict[str, str]:
    """Return the environment in which a child process resolves the same settings from any folder."""
    return {
        **os.environ,
        **deployment.overrides_environ(),
        "MIRQAB_HOME": str(deployment.home),
        "MIRQAB_CONFIG": str(deployment.config),
        "PYTHONUTF8": "1",
    }


def workers(
    deployment: Settings, *, most: int | None = None, topics: Sequence[Topic] = (), pages: bool = True
) -> Workers:
    """Return worker processes that read feeds, and pages unless told, and keep nothing; who takes them closes them.

    They judge texts by these topics.

    At most `most` of them, where so many things at a time are all there is to do: each costs a tenth of a second.
    """
    from mirqab.work import WorkPlan
    from mirqab.workers import Workers

    return Workers(
        WorkPlan(topics=tuple(topics), max_page_bytes=deployment.crawl_max_bytes) if pages else None,
        count=min(deployment.workers_count, most or deployment.workers_count),
        page_time_s=deployment.workers_page_time_s,
        page_memory_mb=deployment.workers_page_memory_mb,
        feed_time_s=deployment.workers_feed_time_s,
    )


@contextmanager
def archive(deployment: Settings) -> Iterator[Archive]:
    """Open the archive for reading; ArchiveError when nothing has been crawled yet."""
    with archive_if_any(deployment) as found:
        if found is None:
            raise ArchiveError(NOTHING_YET)
        yield found


@contextmanager
def archive_if_any(deployment: Settings) -> Iterator[Archive | None]:
    """Open the archive for reading; None when nothing has been crawled yet."""
    from mirqab.reader.queries import open_if_any

    found = open_if_any(deployment.archive_url, raw_folder=deployment.raw_folder)
    try:
        yield found
    finally:
        if found is not None:
            found.close()


def load_topics(deployment: Settings) -> list[Topic]:
    """Compile every topic of config/topics; ConfigurationError with every mistake of every file."""
    from mirqab.declarations import load_topic_documents
    from mirqab.topics import compile_topics

    return list(compile_topics(load_topic_documents(deployment)))
