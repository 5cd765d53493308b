from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirqab.archive import Archive


@pytest.fixture
def archive_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'home' / 'archive.sqlite3'}"


@pytest.fixture
def archive(archive_url: str) -> Iterator[Archive]:
    opened = Archive.open(archive_url)
    yield opened
    opened.close()


@pytest.fixture
def run(archive: Archive) -> str:
    return archive.start_run("crawl rasid", topics=[("troop-withdrawal-talks", "v1")])
