"""What large declared files were understood to say, kept beside the archive so that each start need not read YAML.

A cache only ever saves time: whatever is odd about it (damaged, of another owner, unwritable, of other bytes) makes the
file be read, and is no error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import mirqab
from mirqab.declarations.checks import check_zone
from mirqab.settings import CODE_ROOT, Settings
from mirqab.types import Document, Feed, FeedKind, Outlet, OutletKind

FORMAT: Final = 1
MIN_BYTES: Final = 32 * 1024  # a smaller file is read in a tenth of a second
MIN_BYTES_OF_TOPIC: Final = 1024  # a topic imports half a dozen of these: together they take as long
MAX_BYTES: Final = 128 * 1024 * 1024

_OUTLET_FIELDS: Final = tuple(field.name for field in fields(Outlet))
_FEED_FIELDS: Final = tuple(field.name for field in fields(Feed))
# what a file means is decided by the code that reads and checks it, whatever its version is called
_DECIDING: Final = (
    *(f"declarations/{name}.py" for name in ("checks", "models", "outlet_file", "cache")),
    *(f"documents/{name}.py" for name in ("reading", "validation")),
    *(f"types/{name}.py" for name in ("declared", "words")),
    "selectors.py",
)


class _Cache:
    """The cache of one declared file, good for exactly these bytes under these settings and this code.

    Its file holds one line that names what it is good for and the hash of the rest, and the rest: JSON. Processes may
    read and write it at once, as it is only ever replaced whole.
    """

    kind: ClassVar[str]
    min_bytes: ClassVar[int] = MIN_BYTES

    def __init__(self, settings: Settings, *, path: Path, body: bytes) -> None:
        name = hashlib.blake2b(os.fsencode(path), digest_size=6).hexdigest()
        self.path = settings.cache_folder / f"{self.kind}-{name}.json"
        self._key = _key(settings, body) if len(body) >= self.min_bytes else None

    def _read(self) -> Any:
        """Return what was kept; raises for a file that is not good for these bytes, or odd in any other way."""
        head, _, rest = _read_own(self.path).partition(b"\n")
        if head != self._head(rest):
            raise ValueError(f"{self.path} is of other bytes")
        return json.loads(rest)

    def _write(self, kept: Any) -> None:
        rest = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
                    file.write(self._head(rest) + b"\n" + rest)
                part.replace(self.path)
            finally:
                part.unlink(missing_ok=True)

    def _head(self, rest: bytes) -> bytes:
        checksum = hashlib.blake2b(rest, digest_size=16).hexdigest()
        return json.dumps({f"mirqab-{self.kind}": FORMAT, "key": self._key, "checksum": checksum}).encode()


_ODD: Final = (OSError, ValueError, TypeError, LookupError, RecursionError, MemoryError)


class OutletCache(_Cache):
    """The outlets that a file was found to declare."""

    kind = "outlets"

    def read(self) -> tuple[Outlet, ...] | None:
        """Return the outlets, or None when the file must be read."""
        if self._key is None:
            return None
        try:
            outlets = tuple(_outlet(row) for row in self._read())
            for zone in {outlet.timezone for outlet in outlets}:  # known when it was written, on this machine too?
                check_zone(zone)
        except _ODD:
            return None
        return outlets

    def write(self, outlets: Iterable[Outlet]) -> None:
        """Keep the outlets that the file was found to mean."""
        if self._key is not None:
            self._write([_row(outlet) for outlet in outlets])


class DocumentCache(_Cache):
    """A topic's document, as it was read of YAML; what it means is found anew at each start, in a few milliseconds."""

    kind = "topic"
    min_bytes = MIN_BYTES_OF_TOPIC

    def __init__(self, settings: Settings, *, path: Path, body: bytes) -> None:
        super().__init__(settings, path=path, body=body)
        self._of = path

    def read(self) -> Document | None:
        """Return the document, or None when the file must be read."""
        if self._key is None:
            return None
        try:
            digest, content, lines = self._read()
            return Document(
                path=str(self._of),
                content=content,
                lines={tuple(place): int(line) for place, line in lines},
                digest=str(digest),
            )
        except _ODD:
            return None

    def write(self, document: Document) -> None:
        """Keep the document; one with values that JSON does not have is read of YAML each time."""
        if self._key is not None:
            with contextlib.suppress(TypeError, ValueError):
                self._write([document.digest, document.content, list(document.lines.items())])


def _key(settings: Settings, body: bytes) -> str | None:
    """Return the hash of all that decides what the file means; None when the code cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    # an outlet's own pace is checked against these two
    digest.update(f"{FORMAT} {mirqab.__version__} {settings.poll_floor_s} {settings.poll_ceiling_s}".encode())
    try:
        for name in _DECIDING:
            digest.update(hashlib.blake2b((CODE_ROOT / "mirqab" / name).read_bytes()).digest())
    except OSError:
        return None
    digest.update(body)
    return digest.hexdigest()


def _read_own(path: Path) -> bytes:
    """Return a file's bytes when it is a plain file that nobody but this user can have written."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PermissionError(f"{path} is not this user's own")
        if found.st_size > MAX_BYTES:
            raise ValueError(f"{path} is too large")
        return file.read()


# -------------------------------------------------------------------------------------------------- the values


def _row(outlet: Outlet) -> list[Any]:
    values = {name: getattr(outlet, name) for name in _OUTLET_FIELDS}
    for name in ("feeds", "backfill"):
        values[name] = [_feed_row(feed) for feed in values[name]]
    return list(values.values())


def _feed_row(feed: Feed) -> list[Any]:
    values = {name: getattr(feed, name) for name in _FEED_FIELDS}
    values["last_answered"] = feed.last_answered and feed.last_answered.isoformat()
    return list(values.values())


def _outlet(row: list[Any]) -> Outlet:
    values = dict(zip(_OUTLET_FIELDS, row, strict=True))
    values["kind"] = OutletKind(values["kind"])
    for name in ("feeds", "backfill"):
        values[name] = tuple([_feed(feed) for feed in values[name]])
    for name in ("keep", "prune"):
        values[name] = tuple(values[name])
    return Outlet(**values)


def _feed(row: list[Any]) -> Feed:
    values = dict(zip(_FEED_FIELDS, row, strict=True))
    values["kind"] = FeedKind(values["kind"])
    if values["last_answered"] is not None:
        values["last_answered"] = datetime.fromisoformat(values["last_answered"])
    return Feed(**values)
