"""Real servers in private folders; none may be left when its test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.seen.processes import pids_of, wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A private folder for the embedded server; after the test, everything that it started must end by itself."""
    place = tmp_path / "redis"
    yield place
    wait_until(lambda: not pids_of(place))
