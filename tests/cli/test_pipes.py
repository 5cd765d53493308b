"""`feed`, `extract` and `judge` in a pipe: stable JSON, one bad input never hides the others, nothing piles up."""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import sys
import time
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mirqab.workbench import lines
from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from tests.cli.conftest import Command

TALKS = "بدأت في بغداد محادثات حول انسحاب القوات الأجنبية من العراق وفق جدول زمني."
FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>راصد</title><link>https://rasid.example/</link>
<item><title>خبر أول</title><link>/first</link><guid isPermaLink="false">g-1</guid>
<description>ملخص</description><author>سلمى</author><pubDate>Sun, 22 Nov 2026 14:05:00 +0300</pubDate></item>
<item><title>خبر ثان</title><link>https://rasid.example/second</link><pubDate>أمس</pubDate></item>
</channel></rss>"""
PAGE = f"""<!doctype html><html lang="ar"><head><title>محادثات | راصد</title>
<meta property="og:title" content="محادثات حول الانسحاب"></head><body><article><h1>محادثات حول الانسحاب</h1>
{"".join(f"<p>{TALKS} الفقرة {number} من خبر كتبناه للتجربة وفيه ما يكفي من الكلمات.</p>" for number in range(6))}
</article></body></html>"""


def parsed(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def text_line(identity: object, text: str = TALKS, **more: object) -> str:
    return json.dumps({"id": identity, "title": "", "text": text, **more}, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------------- feed


def test_feed_prints_one_object_an_input_with_the_promised_keys(mirqab: Command, tmp_path: Path) -> None:
    (tmp_path / "rss.xml").write_text(FEED)
    said = mirqab("feed", str(tmp_path / "rss.xml"), "-", "--base-url", "https://rasid.example/rss", given=FEED)
    assert (said.code, said.err) == (0, "")
    named, piped = parsed(said.out)
    assert (named["input"], piped["input"]) == (str(tmp_path / "rss.xml"), "-")
    assert " ".join(named) == "input version encoding title problem entries unusable left_out children"
    assert (named["version"], named["title"], named["problem"]) == ("rss20", "راصد", None)
    first, second = named["entries"]
    assert " ".join(first) == "id url title summary published published_raw updated updated_raw authors"
    assert (first["id"], first["url"]) == ("g-1", "https://rasid.example/first")
    assert datetime.fromisoformat(first["published"]) == datetime.fromisoformat("2026-11-22T14:05:00+03:00")
    assert second["id"] == second["url"] == "https://rasid.example/second", "without a guid the address is the id"
    assert second["published_raw"] == "أمس"
    assert "خبر أول" in said.out, "Arabic is written as it is"


def test_what_is_no_feed_is_told_by_name_and_the_others_go_on(mirqab: Command, tmp_path: Path) -> None:
    good, bad, missing = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "missing.xml"
    good.write_text(FEED)
    bad.write_text("<html><body>لا خلاصة هنا</body></html>")
    said = mirqab("feed", str(bad), str(missing), str(good))
    assert said.code == 3
    assert [(line["input"], line["problem"]) for line in parsed(said.out)] == [
        (str(bad), "not_a_feed"),
        (str(good), None),
    ]
    assert f"{bad}: not_a_feed" in said.err
    assert f"{missing}: cannot be read" in said.err


def test_an_input_beyond_the_limit_is_not_read_into_memory(mirqab: Command, tmp_path: Path) -> None:
    endless = tmp_path / "endless.xml"
    with endless.open("wb") as file:
        file.truncate(3 * 2**30)  # sparse
    said = mirqab("feed", str(endless), "-", given=FEED)
    assert said.code == 3
    assert [line["problem"] for line in parsed(said.out)] == ["too_large", None]
    assert said.memory_mb < 200


# ---------------------------------------------------------------------------------------------- extract


def test_extract_prints_the_article(mirqab: Command, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (tmp_path / "empty.html").write_text("")
    names = [str(tmp_path / name) for name in ("page.html", "empty.html", "page.html.gz")]
    said = mirqab("extract", *names, "--url", "https://rasid.example/talks")
    assert said.code == 3
    page, empty, zipped = parsed(said.out)
    assert list(page) == [
        "input", "url", "headline", "body", "published", "published_raw",
        "authors", "embeds", "language", "quality", "quality_parts", "extractor", "problem",
    ]  # fmt: skip
    assert (page["input"], page["url"], page["problem"]) == (names[0], "https://rasid.example/talks", None)
    assert page["headline"] == "محادثات حول الانسحاب"
    assert TALKS in page["body"]
    assert (empty["input"], empty["problem"], empty["body"]) == (names[1], "empty", "")
    assert f"{names[1]}: empty" in said.err
    assert zipped["body"] == page["body"]


def test_extract_inflates_a_page_up_to_the_limit(mirqab: Command, tmp_path: Path) -> None:
    small = tmp_path / "page.html.gz"
    small.write_bytes(gzip.compress(PAGE.encode()))
    assert small.stat().st_size < 1024 < len(PAGE.encode())
    said = mirqab("-s", "crawl.max_bytes=1024", "extract", str(small))
    assert said.code == 3
    assert parsed(said.out)[0]["problem"] == "too_large"


# ------------------------------------------------------------------------------------------------ judge


def test_judge_prints_the_verdict_with_spans_of_the_given_text(mirqab: Command) -> None:
    said = mirqab("judge", given=text_line(7, published="2026-11-22T14:05:00+03:00", outlet="rasid"))
    assert (said.code, said.err) == (0, "")
    (line,) = parsed(said.out)
    assert list(line) == [
        "id", "topic", "topic_version", "flagged", "score", "grade", "facets", "facet_evidence", "evidence", "missing",
    ]  # fmt: skip
    assert (line["id"], line["topic"], line["flagged"]) == (7, "troop-withdrawal-talks", True)
    assert line["facets"]["theatre"] == ["العراق"]
    for item in line["evidence"]:
        assert list(item) == ["field", "start", "stop", "text", "concept", "rule", "points"]
        assert item["field"] == "text"
        assert TALKS[item["start"] : item["stop"]] == item["text"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "JSON object"),
        ('{"id": [1], "text": "x"}', "id must be"),
        ('{"id": true, "text": "x"}', "id must be"),
        ('{"id": 1, "text": 5}', "text must be"),
        ('{"id": 1}', "needs a title or a text"),
        ('{"id": 1, "text": "x", "published": "أمس"}', "published"),
        ('{"id": 1, "text": "x", "published": 5}', "published"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_rest_goes_on(mirqab: Command, line: str, why: str) -> None:
    said = mirqab("judge", given=text_line("a") + "\n" + line + "\n" + text_line("b"))
    assert said.code == 3
    assert [found["id"] for found in parsed(said.out)] == ["a", "b"]
    assert said.err.startswith("line 3: ")
    assert why in said.err


def test_bytes_that_are_no_utf8_are_a_bad_line(mirqab: Command) -> None:
    said = mirqab("judge", given=b'{"id": 1, "text": "\xff"}\n' + text_line(2).encode())
    assert (said.code, [found["id"] for found in parsed(said.out)]) == (3, [2])
    assert "line 1: is not UTF-8" in said.err


def test_a_line_without_end_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINE_LIMIT", 16)
    found = lines.read_lines(BytesIO(b"short\n" + b"x" * 100 + b"\nnext\n\nlast"))
    assert list(found) == [(1, b"short\n"), (2, None), (3, b"next\n"), (5, b"last")]


def test_judge_takes_a_topic_by_id_or_file_and_suggests_the_nearest(mirqab: Command) -> None:
    topic = "config/topics/troop-withdrawal-talks.yaml"
    for name in ("troop-withdrawal-talks", topic):
        assert mirqab("judge", "--topic", name, given=text_line(1)).code == 0
    said = mirqab("judge", "--topic", "troop-withdrawal", given=text_line(1))
    assert said.code == 2
    assert "Did you mean troop-withdrawal-talks?" in said.err
    said = mirqab("judge", "--topic", "./nothing.yaml", given=text_line(1))
    assert said.code == 2
    assert "nothing.yaml" in said.err
    assert "Traceback" not in said.err


def test_judge_answers_each_line_at_once(mirqab: Command) -> None:
    child = mirqab.start("judge")
    assert child.stdin is not None
    assert child.stdout is not None
    for identity in ("one", "two"):
        child.stdin.write(text_line(identity).encode())
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["id"] == identity
    child.communicate(timeout=60)


def test_a_reader_that_has_seen_enough_is_no_error(mirqab: Command) -> None:
    child = mirqab.start("judge")
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("".join(text_line(number) for number in range(50)).encode())
    child.stdin.flush()
    child.stdout.readline()
    child.stdout.close()
    child.stdout = None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write("".join(text_line(number) for number in range(2000)).encode())
        child.stdin.close()
    child.stdin = None
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, b"")


def test_memory_does_not_grow_with_the_input(mirqab: Command) -> None:
    line = text_line(1, text="خبر عن الطقس والأسواق ومباراة الأمس. " * 40)
    few, many = mirqab("judge", given=line * 20), mirqab("judge", given=line * 8000)
    assert (few.code, many.code, len(many.lines)) == (0, 0, 8000)
    assert many.memory_mb < few.memory_mb + 8


def time_of_counting() -> float:
    """Return the CPU seconds that some counting takes on this machine now, which were 0.2 on one core of 2026."""
    began = time.process_time()
    assert sum(number * number for number in range(6_000_000))
    return time.process_time() - began


def test_pipes_start_in_less_than_a_second_of_cpu(mirqab: Command, tmp_path: Path) -> None:
    (tmp_path / "rss.xml").write_text(FEED)
    (tmp_path / "page.html").write_text(PAGE)
    for command in (["judge"], ["feed", str(tmp_path / "rss.xml")], ["extract", str(tmp_path / "page.html")]):
        said = mirqab(*command, given=text_line(1))
        assert said.code == 0
        assert said.cpu_s < max(1, 5 * time_of_counting()), (command, said.cpu_s)


@pytest.mark.parametrize("command", ["feed", "extract"])
def test_real_inputs_go_through(mirqab: Command, shared_data: Path, command: str) -> None:
    folder, ending = (shared_data / "feeds", "*.xml") if command == "feed" else (shared_data / "html", "*.html")
    files = sorted(str(path) for path in folder.glob(ending))
    said = mirqab(command, *files)
    assert said.code in (0, 3)
    found = parsed(said.out)
    assert [line["input"] for line in found] == files
    told = {line["input"] for line in found if line["problem"] is not None}
    without_links = {line["input"] for line in found if line.get("unusable")}
    assert told | without_links == {line.partition(": ")[0] for line in said.err.splitlines()}


def test_a_base_that_is_no_address_is_wrong_usage(mirqab: Command, tmp_path: Path) -> None:
    (tmp_path / "rss.xml").write_text(FEED)
    for said in (
        mirqab("feed", str(tmp_path / "rss.xml"), "--base-url", "rasid"),
        mirqab("extract", str(tmp_path / "rss.xml"), "--url", "rasid"),
    ):
        assert (said.code, said.out) == (2, "")
        assert "'rasid' is no address" in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_line(mirqab: Command) -> None:
    with Path("/dev/full").open("wb") as full:
        child = subprocess.run(
            [sys.executable, "-m", "mirqab", "judge"],
            cwd=ROOT, env=mirqab.environ, input=text_line(1).encode(), stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert child.returncode == 1
    assert child.stderr.decode().splitlines() == ["mirqab: cannot write: No space left on device"]


def test_an_option_after_the_command_is_told_its_place(mirqab: Command) -> None:
    said = mirqab("settings", "-s", "crawl.delay_s=1")
    assert said.code == 2
    assert "before the command" in said.err


def test_entries_without_a_usable_link_are_counted_and_changes_are_dated(mirqab: Command, tmp_path: Path) -> None:
    (tmp_path / "map.xml").write_text(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://rasid.example/a</loc>'
        "<lastmod>2026-11-22T08:00:00+03:00</lastmod></url></urlset>"
    )
    broken = FEED.replace("https://rasid.example/second", "javascript:x")
    said = mirqab("feed", str(tmp_path / "map.xml"), "-", given=broken)
    sitemap, feed = parsed(said.out)
    (entry,) = sitemap["entries"]
    assert (entry["published"], entry["updated"]) == (None, "2026-11-22T05:00:00+00:00")
    assert entry["updated_raw"] == "2026-11-22T08:00:00+03:00"
    assert (said.code, sitemap["unusable"]) == (0, 0)
    assert f"-: {feed['unusable']} of 2 entries have no usable link" in said.err
    assert feed["unusable"] >= 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ftp://rasid.example/feed", "ftp://rasid.example/feed"),
        ("https://me:hush@rasid.example/feed", "https://***@rasid.example/feed"),
        ("https://me:hu/sh@rasid.example/feed", "https://***"),
        ("ftp://me:hush@rasid.example/feed", "ftp://***@rasid.example/feed"),
    ],
)
def test_an_address_that_is_not_asked_for_is_told_without_its_password(mirqab: Command, name: str, shown: str) -> None:
    said = mirqab("feed", name)
    (line,) = parsed(said.out)
    assert (said.code, line["input"], line["problem"]) == (3, shown, "bad_url")
    assert "hush" not in said.out + said.err
    assert ("http and https" in said.err) is name.startswith("ftp") or "hu/sh" in name
