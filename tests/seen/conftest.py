"""Real servers in private folders; none may be left when its test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirqab.seen import link
from tests.seen.processes import pids_of, wait_until

PATIENT_S = 30.0


@pytest.fixture
def bounded_calls() -> None:
    """The real bounds on the time of a question, for a Redis that does not answer."""


@pytest.fixture(autouse=True)
def _patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `bounded_calls`, a busy machine may answer late: that is no trouble of Redis."""
    if "bounded_calls" not in request.fixturenames:
        for option in ("socket_timeout", "socket_connect_timeout"):
            monkeypatch.setitem(link._OPTIONS, option, PATIENT_S)
        monkeypatch.setattr(link, "CALL_S", PATIENT_S)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A private folder for the embedded server; after the test, everything that it started must end by itself."""
    place = tmp_path / "redis"
    yield place
    wait_until(lambda: not pids_of(place))
