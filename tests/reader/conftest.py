"""The reading pages on a loopback port of their own, over an archive with stories in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.reader.queries import open_if_any
from mirqab.reader.web import ReadingPages, address_of, bind, serve
from mirqab.settings import Settings, load_settings
from tests.reader import newsroom

Open = Callable[[], Archive | None]


def serving(open_archive: Open) -> Iterator[str]:
    """Serve the pages in a thread; yields their address."""
    bound = bind("127.0.0.1", 0)
    pages = ReadingPages(
        open_archive,
        names={"rasid": "راصد", "sadeem": "سديم"},
        topics={"troop-withdrawal-talks": "محادثات انسحاب القوات"},
    )
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(pages.app(), bound, stop)))
    thread.start()
    yield address_of(bound)
    loop.call_soon_threadsafe(stop.set)
    thread.join(60)
    assert not thread.is_alive()
    loop.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a home that holds the newsroom's stories; only read from."""
    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path_factory.mktemp("home"))})
    newsroom.fill(settings)
    return settings


@pytest.fixture(scope="module")
def pages(filled: Settings) -> Iterator[str]:
    """The address of the pages."""
    yield from serving(lambda: open_if_any(filled.archive_url, raw_folder=filled.raw_folder))


@pytest.fixture
def stories(filled: Settings) -> dict[str, str]:
    """Headline → id of the flagged stories."""
    archive = open_if_any(filled.archive_url, raw_folder=Path(filled.raw_folder))
    assert archive is not None
    try:
        return {story.headline: story.story for story in archive.flagged()}
    finally:
        archive.close()
