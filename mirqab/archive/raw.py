"""The kept pages: WARC files, one of each process and day, each record a gzip member of its own.

A record can be read alone by its byte span, so that a file whose end was torn by a kill loses only that record.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from io import BytesIO, FileIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from mirqab.errors import ArchiveError
from mirqab.types import Page, RawLocation

_LEVEL_STORED: Final = 0
_LEVEL_FAST: Final = 1
"""A body that came compressed is stored: a 210 KB page of 35 KB costs 0.11 ms of CPU, against 0.62 ms deflated again
for 40 bytes less. One that came plain is deflated at the fastest level: 1.7 ms and 42 KB, against 6.1 ms and 35 KB at
warcio's own level 9."""

_FRAMING: Final = ("transfer-encoding", "content-encoding")
_ORIGINAL: Final = "X-Archive-Orig-"
ENTRY_HEADER: Final = "Mirqab-Entry"
"""The header of a record that names the entry whose page it is: a page that no row points at is found by it."""


class RawWriter:
    """Appends pages to this process's file of the day, `<day>/<pid>-<start>.warc.gz` under the folder.

    A file belongs to one writer, so that no lock is needed. What is appended has been given to the system when
    `append` returns: it survives the death of the process. Not for use by several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day: date | None = None
        self._name = ""
        self._file: FileIO | None = None

    def append(self, page: Page) -> RawLocation:
        """Write the answer as it came, and return where it lies.

        Raises ArchiveError when it cannot be written; the file then ends after its last whole record.
        """
        try:
            file = self._today()
            offset, length = _write(file, _member(_response(page), level=_level(page)))
        except OSError as error:
            self.close()
            raise ArchiveError(
                f"raw page of {page.entry} cannot be kept in {self._folder}: {error.strerror}"
            ) from error
        return RawLocation(file=self._name, offset=offset, length=length)

    def close(self) -> None:
        """Close the file; the next page opens another."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _today(self) -> FileIO:
        now = datetime.now(UTC)
        if self._file is None or self._day != now.date():
            self.close()
            self._day = now.date()
            folder = self._folder / self._day.isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{os.getpid()}-{now:%H%M%S%f}.warc.gz"
            self._name = path.relative_to(self._folder).as_posix()
            self._file = FileIO(path, "xb")
            _write(self._file, _member(_warcinfo(path.name), level=_LEVEL_FAST))
        return self._file


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptPage:
    """A page as it was answered: the body still compressed as `content_encoding` says, the server's own headers."""

    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    content_encoding: str
    fetched_at: datetime  # to the second


def read_raw(folder: Path, location: RawLocation) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return (final URL, headers, body) of a kept page; the body still compressed as its headers say.

    Raises ArchiveError when the file is gone or the record damaged.
    """
    record, body = _record(folder, location)
    return record.rec_headers.get_header("WARC-Target-URI"), list(record.http_headers.headers), body


def read_page(folder: Path, location: RawLocation) -> KeptPage:
    """Return a kept page as it was answered; ArchiveError when the file is gone or the record damaged."""
    record, body = _record(folder, location)
    headers = [(name.removeprefix(_ORIGINAL), value) for name, value in record.http_headers.headers]
    encodings = [value for name, value in record.http_headers.headers if name.lower() == "content-encoding"]
    try:
        status = int(record.http_headers.get_statuscode())
        fetched_at = datetime.fromisoformat(record.rec_headers.get_header("WARC-Date"))
    except (TypeError, ValueError) as error:
        raise ArchiveError(f"raw page at {location.file}:{location.offset} cannot be read: {error}") from error
    return KeptPage(
        final_url=record.rec_headers.get_header("WARC-Target-URI"),
        status=status,
        headers=tuple(headers),
        body=body,
        content_encoding=encodings[-1].strip().lower() if encodings else "",
        fetched_at=fetched_at.astimezone(UTC),
    )


def _record(folder: Path, location: RawLocation) -> tuple[Any, bytes]:
    try:
        with (folder / location.file).open("rb") as file:
            file.seek(location.offset)
            member = file.read(location.length)
        record = next(iter(ArchiveIterator(BytesIO(member))))
        return record, record.raw_stream.read()
    except (OSError, StopIteration, ArchiveLoadFailed, EOFError, zlib.error) as error:
        raise ArchiveError(f"raw page at {location.file}:{location.offset} cannot be read: {error}") from error


def copy_records(folder: Path, records: Sequence[tuple[str, int, int]], new: str) -> dict[tuple[str, int], int]:
    """Copy records (file, offset, length) into one new file, and return where each lies there.

    Torn ones are left out. All of it is on the disk when this returns. Raises ArchiveError when it cannot be written.
    """
    places: dict[tuple[str, int], int] = {}
    path = folder / new
    try:
        with FileIO(path, "xb") as target:
            _write(target, _member(_warcinfo(path.name), level=_LEVEL_FAST))
            for name, of_file in groupby(sorted(records), key=itemgetter(0)):
                with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as source:
                    for _, offset, length in of_file:
                        source.seek(offset)
                        member = source.read(length)
                        if len(member) == length and _is_whole(member):
                            places[name, offset], _ = _write(target, member)
            os.fsync(target.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise ArchiveError(f"raw pages cannot be copied to {path}: {error.strerror}") from error
    return places


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _is_whole(member: bytes) -> bool:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        inflater.decompress(member)
    except zlib.error:
        return False
    return inflater.eof and not inflater.unused_data


class _ExactHeaders(StatusAndHeaders):  # type: ignore[misc]
    """Headers as their bytes came; warcio would escape whatever is not ASCII."""

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        text = self.to_str()
        try:
            self.headers_buff = text.encode("latin-1") + b"\r\n"
        except UnicodeEncodeError:
            self.headers_buff = text.encode("utf-8", "replace") + b"\r\n"


def _response(page: Page) -> bytes:
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    record = writer.create_warc_record(
        _one_line(page.final_url).replace(" ", "%20"),
        "response",
        payload=BytesIO(page.body),
        length=len(page.body),
        warc_headers_dict={
            "WARC-Date": page.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            ENTRY_HEADER: page.entry,
        },
        http_headers=_ExactHeaders(_status_line(page.status), _headers(page), protocol="HTTP/1.1"),
    )
    writer.write_record(record)
    return buffer.getvalue()


def _headers(page: Page) -> list[tuple[str, str]]:
    """Return the headers with those that would misdescribe the kept body set aside under another name.

    The body was freed of its chunks on the way in, and perhaps of its compression.
    """
    still = page.content_encoding.lower()
    headers = []
    named = False
    for name, value in page.headers:
        if name.lower() in _FRAMING:
            if name.lower() == "content-encoding" and value.strip().lower() == still:
                named = True
            else:
                name = _ORIGINAL + name
        headers.append((_one_line(name), _one_line(value)))
    if still and not named:
        headers.append(("Content-Encoding", still))
    return headers


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} -"


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _warcinfo(name: str) -> bytes:
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    writer.write_record(writer.create_warcinfo_record(name, {"software": "mirqab", "format": "WARC File Format 1.0"}))
    return buffer.getvalue()


def _level(page: Page) -> int:
    return _LEVEL_STORED if page.content_encoding else _LEVEL_FAST


def _member(record: bytes, *, level: int) -> bytes:
    return zlib.compress(record, level, zlib.MAX_WBITS | 16)


def _write(file: FileIO, member: bytes) -> tuple[int, int]:
    """Append all of it or nothing; return its offset and length."""
    offset = file.seek(0, os.SEEK_END)
    rest = memoryview(member)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        file.truncate(offset)
        raise
    return offset, len(member)
