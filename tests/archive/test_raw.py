"""Kept pages: what came is what is read back, by its place alone, and a torn end hurts nobody else."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from mirqab.archive import RawWriter, read_raw
from mirqab.errors import ArchiveError
from mirqab.types import Page, PageHints, RawLocation

HTML = "<html><body><p>أخبار النخيل</p></body></html>".encode() * 50


def page(
    body: bytes = HTML,
    *,
    encoding: str = "",
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),),
    status: int = 200,
    url: str = "https://rasid.example/1",
) -> Page:
    return Page(
        entry="e1",
        outlet="rasid",
        url="https://rasid.example/go?1",
        final_url=url,
        status=status,
        headers=headers,
        body=body,
        content_encoding=encoding,
        fetched_at=datetime(2026, 11, 22, 12, 30, tzinfo=UTC),
        hints=PageHints(),
    )


@pytest.mark.parametrize("body", [b"", b"\x00\xff\r\n\r\n", HTML, os.urandom(300_000)])
def test_a_page_is_read_back_as_it_came(tmp_path: Path, body: bytes) -> None:
    location = RawWriter(tmp_path).append(page(body))
    assert read_raw(tmp_path, location) == (
        "https://rasid.example/1",
        [("Content-Type", "text/html; charset=utf-8")],
        body,
    )


def test_a_compressed_body_is_kept_compressed(tmp_path: Path) -> None:
    packed = gzip.compress(HTML)
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    location = RawWriter(tmp_path).append(page(packed, encoding="gzip", headers=headers))
    assert read_raw(tmp_path, location)[1:] == (list(headers), packed)


def test_any_warc_reader_reads_the_file(tmp_path: Path) -> None:
    writer = RawWriter(tmp_path)
    writer.append(page(gzip.compress(HTML), encoding="gzip", headers=(("content-encoding", "GZIP"),)))
    location = writer.append(page(HTML, status=203))
    writer.close()
    assert location.file.startswith(f"{datetime.now(UTC).date()}/{os.getpid()}-")
    with (tmp_path / location.file).open("rb") as file:
        records = [
            (record.rec_type, record.rec_headers.get_header("WARC-Date"), record.content_stream().read())
            for record in ArchiveIterator(file, check_digests="raise")
        ]
    assert [kind for kind, _, _ in records] == ["warcinfo", "response", "response"]
    assert [text for _, _, text in records[1:]] == [HTML, HTML]
    assert records[1][1] == "2026-11-22T12:30:00Z"


def test_headers_that_would_misdescribe_the_kept_body_are_set_aside(tmp_path: Path) -> None:
    sent = (("Transfer-Encoding", "chunked"), ("Content-Encoding", "br"), ("X-Name", "value"))
    writer = RawWriter(tmp_path)
    assert read_raw(tmp_path, writer.append(page(headers=sent)))[1:] == (
        [
            ("X-Archive-Orig-Transfer-Encoding", "chunked"),
            ("X-Archive-Orig-Content-Encoding", "br"),
            ("X-Name", "value"),
        ],
        HTML,
    )
    packed = gzip.compress(HTML)
    assert read_raw(tmp_path, writer.append(page(packed, encoding="gzip", headers=())))[1:] == (
        [("Content-Encoding", "gzip")],
        packed,
    )


def test_hostile_headers_and_addresses_stay_in_their_line(tmp_path: Path) -> None:
    sent = (("X-A", "one\r\nX-B: two"), ("Set-Cookie", "é" * 3), ("X-Big", "س" * 5000), ("X-Empty", ""))
    url, headers, body = read_raw(
        tmp_path, RawWriter(tmp_path).append(page(headers=sent, url="https://rasid.example/س\r\nWARC-Type: x"))
    )
    assert url == "https://rasid.example/س%20%20WARC-Type:%20x"
    assert headers == [("X-A", "one  X-B: two"), ("Set-Cookie", "é" * 3), ("X-Big", "س" * 5000), ("X-Empty", "")]
    assert body == HTML


def test_a_torn_end_hurts_no_earlier_record(tmp_path: Path) -> None:
    writer = RawWriter(tmp_path)
    places = [writer.append(page(HTML + bytes([n]))) for n in range(3)]
    writer.close()
    path = tmp_path / places[2].file
    os.truncate(path, places[2].offset + places[2].length // 2)
    assert [read_raw(tmp_path, place)[2][-1] for place in places[:2]] == [0, 1]
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_raw(tmp_path, places[2])


@pytest.mark.parametrize(
    "place",
    [RawLocation(file="2026-11-22/none.warc.gz", offset=0, length=10), RawLocation(file="junk", offset=0, length=4)],
)
def test_a_place_that_holds_nothing_is_said_so(tmp_path: Path, place: RawLocation) -> None:
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_raw(tmp_path, place)


def test_each_process_and_each_writer_has_its_own_file(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mirqab.archive import RawWriter; "
        "from tests.archive.test_raw import page; "
        "[print(RawWriter(Path(sys.argv[1])).append(page()).file) for _ in range(2)]"
    )
    children = [subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True) for _ in "12"]
    files = [line for child in children for line in child.stdout.splitlines()]
    assert len(set(files)) == 4, children


def test_a_folder_that_cannot_be_written_is_an_error_and_the_next_page_tries_again(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.touch()
    writer = RawWriter(folder)
    with pytest.raises(ArchiveError, match="cannot be kept"):
        writer.append(page())
    folder.unlink()
    assert read_raw(folder, writer.append(page()))[2] == HTML


def test_a_page_that_does_not_fit_leaves_the_file_whole(tmp_path: Path) -> None:
    """The limit on the file's size stands for a full disk."""
    code = (
        "import resource, signal, sys, os; from pathlib import Path; from mirqab.archive import RawWriter, read_raw; "
        "from mirqab.errors import ArchiveError; from tests.archive.test_raw import page; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "folder = Path(sys.argv[1]); writer = RawWriter(folder); first = writer.append(page())\n"
        "try: writer.append(page(os.urandom(90_000)))\n"
        "except ArchiveError as error: print(error)\n"
        "print((folder / first.file).stat().st_size == first.offset + first.length, read_raw(folder, first)[0])"
    )
    child = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True)
    lines = child.stdout.splitlines()
    assert lines[0].startswith("raw page of e1 cannot be kept in"), child.stderr
    assert lines[1] == "True https://rasid.example/1"
