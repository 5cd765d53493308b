"""What the demo keeps between two runs: its moment in time, its ports, its private configuration and home."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from demo.web import DemoWeb, Place
from mirqab.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
_OLDEST = timedelta(days=3)  # the demo's news would soon be too old for `--since 7d`
_LOCK_NAME = "lock"


@dataclass(kw_only=True)
class Kept:
    """The state of one demo: equal states serve equal bytes at equal addresses."""

    content: str  # digest of the stories, templates and code that make the pages
    epoch: str  # ISO 8601
    places: dict[str, Place]
    advanced: bool = False
    complete: bool = False  # a whole demo has run, so the next one finds nothing new

    def web(self, *, slow_s: float = 1.0) -> DemoWeb:
        """Return the web that was served before; OSError when one of its ports is taken."""
        places = {outlet: (host, port) for outlet, (host, port) in self.places.items()}  # JSON makes lists of them
        return DemoWeb(places=places, epoch=datetime.fromisoformat(self.epoch), advanced=self.advanced, slow_s=slow_s)


class DemoFolder:
    """The demo's own folder, below the home of this deployment and apart from all that it holds."""

    def __init__(self, path: Path, *, slow_s: float = 1.0) -> None:
        self.path = path
        self.slow_s = slow_s
        self.config = path / "config"
        self._state = path / "demo.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other demos away from this folder; UsageError when one is running."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK_NAME).open("w") as file:
            _lock(file, self.path)
            yield

    def open_web(self, *, fresh: bool) -> tuple[Kept, DemoWeb, str | None]:
        """Return the kept demo with its web, or a new one with the reason why it is new (None: the first)."""
        kept, reason = (None, "as you asked") if fresh else self._read()
        if kept is not None:
            try:
                return kept, kept.web(slow_s=self.slow_s), None
            except OSError:
                reason = "its former ports are taken"
        had_any = self._state.exists()
        self._empty()
        web = DemoWeb(slow_s=self.slow_s)
        kept = Kept(content=_content_digest(), epoch=web.epoch.isoformat(), places=dict(web.places))
        self.write(kept)
        return kept, web, reason if had_any else None

    def write(self, kept: Kept) -> None:
        """Keep the state for the next run."""
        new = self._state.with_name("demo.json.new")
        new.write_text(json.dumps(asdict(kept), indent=1), encoding="utf-8")
        new.replace(self._state)

    def write_config(self, web: DemoWeb) -> None:
        """Write the private configuration: the demo's outlets, this project's topics, and leave to crawl loopback."""
        self.config.mkdir(exist_ok=True)
        web.outlets_yaml(self.config / "outlets.yaml")
        shutil.rmtree(self.config / "topics", ignore_errors=True)
        shutil.copytree(ROOT / "config" / "topics", self.config / "topics")
        shutil.copy(ROOT / "config" / "schedule.yaml", self.config / "schedule.yaml")
        hosts = ", ".join(web.hosts)
        (self.config / "mirqab.yaml").write_text(
            f"# written by the demo at each start\ncrawl:\n  delay_s: 0.1\n  allow_hosts: [{hosts}]\n",
            encoding="utf-8",
        )

    @property
    def is_written(self) -> bool:
        """Whether a demo has written its configuration, so that commands can run on its data."""
        return (self.config / "mirqab.yaml").is_file()

    def environ(self) -> Mapping[str, str]:
        """Return the environment in which `mirqab` sees the demo and nothing of the real deployment."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("MIRQAB_")}
        own.pop("REDIS_URL", None)
        path = os.pathsep.join(filter(None, [str(ROOT), own.get("PYTHONPATH")]))
        return own | {"MIRQAB_HOME": str(self.path), "MIRQAB_CONFIG": str(self.config), "PYTHONPATH": path}

    def _read(self) -> tuple[Kept | None, str | None]:
        try:
            kept = Kept(**json.loads(self._state.read_text(encoding="utf-8")))
            age = datetime.now(UTC) - datetime.fromisoformat(kept.epoch)
        except FileNotFoundError:
            return None, None
        except (ValueError, TypeError):
            return None, "its notes could not be read"
        if kept.content != _content_digest():
            return None, "its stories or pages have changed"
        if not timedelta(0) <= age < _OLDEST:
            return None, "its news had grown old"
        return kept, None

    def _empty(self) -> None:
        for inside in self.path.iterdir():
            if inside.name == _LOCK_NAME:
                continue
            if inside.is_dir() and not inside.is_symlink():
                shutil.rmtree(inside)
            else:
                inside.unlink()


def _lock(file: TextIO, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"Another demo is running with {folder}; end it first (Ctrl-C).") from None


def _content_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".yaml", ".html", ".py"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
