"""`outlet add`, `move`, `import` and `export`: outlets.yaml is changed where it must be, once somebody agreed."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from mirqab.types import FeedKind, OutletKind
from tests.cli.conftest import ROOT
from tests.cli.outlet.conftest import DECLARED, Newsroom, declared_feed, home_page, publish
from tests.crawl.pressweb import Answer

NEWSROOM = ("--country", "iq", "--id", "marfa")


def added_lines(newsroom: Newsroom) -> list[str]:
    """The lines that are not in the file as it was; what was there must all be there still, in order."""
    before, after = DECLARED.splitlines(), iter(newsroom.declarations.splitlines())
    new = []
    for line in before:
        for other in after:
            if other == line:
                break
            new.append(other)
        else:
            pytest.fail(f"gone: {line!r}")
    return [line for line in (*new, *after) if line.strip()]


# ------------------------------------------------------------------------------------------------- add


def test_an_outlet_is_added_and_everything_else_stays(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    home = home_page(site, head=declared_feed("/rss"))

    said = newsroom.command("outlet", "add", home, *NEWSROOM, "--yes")

    assert said.code == 0, said.err
    assert added_lines(newsroom)[0] == "  - id: marfa"
    outlet = newsroom.outlet("marfa")
    assert (outlet.name, outlet.country, outlet.timezone, outlet.home) == ("صحيفة المرفأ", "iq", "Asia/Baghdad", home)
    assert [one.url for one in outlet.feeds] == [feed]
    assert outlet.feeds[0].last_answered is not None
    assert "+  - id: marfa" in said.out, "the change is shown"
    assert "./run crawl marfa" in said.out

    again = newsroom.command("outlet", "add", feed, "--id", "other", "--country", "iq", "--yes")
    assert again.code == 2
    assert f"{feed} is a feed of marfa already" in again.err


def test_without_a_terminal_nothing_is_asked_and_nothing_written(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    said = newsroom.command("outlet", "add", home_page(site, head=declared_feed("/rss")), *NEWSROOM)
    assert said.code == 2
    assert "--yes" in said.err
    assert newsroom.declarations == DECLARED


def test_a_newsroom_of_unknown_place_is_not_declared(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    home = home_page(site, head=declared_feed("/rss"))
    said = newsroom.command("outlet", "add", home, "--yes")
    assert said.code == 2
    assert "--country and --timezone" in said.err
    said = newsroom.command("outlet", "add", home, "--country", "ps", "--yes")
    assert said.code == 2, "the country has two time zones"
    assert "Say --timezone" in said.err
    assert newsroom.declarations == DECLARED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("https://nahr.example/rss", "--id", "other"), "is a feed of nahr already"),
        (("https://www.nahr.example/",), "--to nahr"),
        (("https://wadi.example/",), "is off (its feed is not known)"),
        (("https://marfa.example/", "--id", "nahr"), "There is an outlet nahr already"),
        (("https://marfa.example/", "--to", "nahhr"), "Did you mean nahr?"),
    ],
)
def test_what_is_declared_is_told_before_anything_is_asked(
    newsroom: Newsroom, arguments: tuple[str, ...], told: str
) -> None:
    said = newsroom.command("outlet", "add", *arguments, "--yes")
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert newsroom.declarations == DECLARED


def test_a_feed_is_added_to_an_outlet_and_switches_it_on(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    said = newsroom.command("outlet", "add", feed, "--to", "wadi", "--yes")
    assert said.code == 0, said.err
    outlet = newsroom.outlet("wadi")
    assert ([one.url for one in outlet.feeds], outlet.enabled, outlet.reason) == ([feed], True, None)

    second = publish(newsroom.press.site(), "/second")
    assert newsroom.command("outlet", "add", second, "--to", "nahr", "--yes").code == 0
    assert [one.url for one in newsroom.outlet("nahr").feeds] == ["https://nahr.example/rss", second]
    assert "https://nahr.example/rss   # all sections\n        last_answered: null\n" in newsroom.declarations


def test_a_page_without_feeds_leaves_the_file_alone(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    said = newsroom.command("outlet", "add", f"{site.url}/", *NEWSROOM, "--yes")
    assert said.code == 3
    assert "nothing is written" in said.err
    assert newsroom.declarations == DECLARED


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_on_a_terminal_it_is_asked(newsroom: Newsroom, answer: str, written: bool) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mirqab", "outlet", "add", feed, "--id", "marfa"]
    child = Popen(
        command, cwd=ROOT, env=newsroom.command.environ, stdin=theirs, stderr=theirs, stdout=DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = answer_prompts(ours, {"country": "iq", "Write it": answer})
    assert child.wait(100) == 0
    assert "country" in shown
    assert (newsroom.declarations != DECLARED) is written
    if written:
        assert newsroom.outlet("marfa").timezone == "Asia/Baghdad", "Iraq has one time zone: it is not asked for"


def answer_prompts(terminal: int, answers: dict[str, str]) -> str:
    """Type the answer to each question as it comes up, and return what was shown."""
    shown, waiting = "", dict(answers)
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if not chunk:
            break
        shown += chunk.decode("utf-8", "replace")
        for question in [one for one in waiting if one in shown]:
            os.write(terminal, waiting.pop(question).encode() + b"\n")
    os.close(terminal)
    return shown


# ------------------------------------------------------------------------------------------------ move


def test_a_feed_gets_its_new_address(newsroom: Newsroom) -> None:
    feed = publish(newsroom.press.site())
    said = newsroom.command("outlet", "move", "nahr", feed, "--yes")
    assert said.code == 0, said.err
    assert newsroom.declarations == DECLARED.replace("https://nahr.example/rss", feed)
    assert "./run crawl nahr" in said.out
    assert f"+      - url: {feed}" in said.out, "the change is shown"


def test_an_address_that_is_no_feed_is_not_moved_to_unless_said(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    for address, told in ((f"{site.url}/nix.xml", "not_found (answered 404)"), (home_page(site), "not_a_feed")):
        said = newsroom.command("outlet", "move", "nahr", address, "--yes")
        assert said.code == 3
        assert f"{address}: {told}" in said.err
        assert "--unchecked" in said.err
    assert newsroom.declarations == DECLARED
    assert newsroom.command("outlet", "move", "nahr", f"{site.url}/nix.xml", "--yes", "--unchecked").code == 0
    assert newsroom.outlet("nahr").feeds[0].url == f"{site.url}/nix.xml"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nahr",), "Say the outlet and the new address"),
        (("nahhr", "https://a.example/"), "Did you mean nahr?"),
        (("wadi", "https://a.example/rss"), "has 0 feeds"),
        (("nahr", "https://other.example/", "https://a.example/rss"), "is no feed of nahr"),
        (("nahr", "https://nahr.example/rss"), "is a feed of nahr already"),
        (("nahr", "javascript:x"), "no address of the web"),
        (("nahr", "https://a.example/rss", "--unchecked"), "--yes was not said"),
        (
            ("nahr", "https://me:hush@other.example/", "https://a.example/rss"),
            "***@other.example/ is no feed of nahr",
        ),
    ],
)
def test_a_move_that_cannot_be_is_told(newsroom: Newsroom, arguments: tuple[str, ...], told: str) -> None:
    said = newsroom.command("outlet", "move", *arguments)
    assert said.code == 2
    assert told in said.err
    assert newsroom.declarations == DECLARED


def test_a_feed_that_moved_for_good_twice_is_moved_as_suggested(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site, count=1)
    site.answers["/old"] = Answer(status=301, headers=(("Location", "/rss"),))
    declared = DECLARED.replace("https://nahr.example/rss", f"{site.url}/old")
    (newsroom.config / "outlets.yaml").write_text(declared, encoding="utf-8")
    (newsroom.config / "topics").mkdir()
    assert newsroom.command("crawl", "nahr").code == 0
    said = newsroom.command("outlet", "move", "--suggested", "--yes")
    assert (said.code, said.out) == (0, "No feed has moved for good to a new address.\n"), "once may be a mistake"
    assert newsroom.command("crawl", "nahr").code == 0

    said = newsroom.command("outlet", "move", "--suggested", "nahr", "--yes")

    assert said.code == 0, said.err
    assert newsroom.declarations == declared.replace(f"{site.url}/old", feed)
    assert newsroom.command("outlet", "move", "--suggested", "--yes").out.startswith("No feed has moved")


def test_a_feed_that_leads_to_a_declared_one_is_taken_out_as_suggested(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site, count=1)
    site.answers["/old"] = Answer(status=301, headers=(("Location", "/rss"),))
    kept = DECLARED.replace("https://nahr.example/rss", feed)
    old = f"      - url: {site.url}/old\n        note: gone\n\n"
    declared = kept.replace("last_answered: null\n\n", "last_answered: null\n" + old)
    assert declared != kept
    (newsroom.config / "outlets.yaml").write_text(declared, encoding="utf-8")
    (newsroom.config / "topics").mkdir()
    for _ in range(2):
        assert newsroom.command("crawl", "nahr").code == 0

    said = newsroom.command("outlet", "move", "--suggested", "--yes")

    assert said.code == 0, said.err
    assert f"leads to {feed}, which is a feed of nahr already" in said.out
    assert newsroom.declarations == kept


# ---------------------------------------------------------------------------------------- import, export

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>قائمة</title></head><body><outline text="أخبار">
<outline type="rss" text="بوابة الساحل" xmlUrl="https://sahil.example/rss" htmlUrl="https://sahil.example/"/>
<outline type="rss" text="بوابة الساحل - رياضة" xmlUrl="https://sahil.example/sport/rss" htmlUrl="https://sahil.example/"/>
<outline type="rss" text="صدى عمان" xmlUrl="https://sada.jo/rss" htmlUrl="https://sada.jo/"/>
<outline type="rss" text="النهر" xmlUrl="https://nahr.example/rss" htmlUrl="https://nahr.example/"/>
<outline type="rss" text="النهر، ثقافة" xmlUrl="https://nahr.example/culture" htmlUrl="https://nahr.example/"/>
<outline type="rss" text="سيئ" xmlUrl="javascript:alert(1)"/>
</outline></body></opml>
"""


@pytest.fixture
def opml(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.opml"
    file.write_text(OPML, encoding="utf-8")
    return file


def test_a_list_of_feeds_is_declared_in_one_go(newsroom: Newsroom, opml: Path) -> None:
    said = newsroom.command("outlet", "import", str(opml), "--country", "iq", "--kind", "newspaper")
    assert said.code == 3, said.err
    sahil, sada = newsroom.outlet("sahil"), newsroom.outlet("sada")
    assert (sahil.name, sahil.kind, sahil.timezone) == ("بوابة الساحل", OutletKind.NEWSPAPER, "Asia/Baghdad")
    assert [feed.url for feed in sahil.feeds] == ["https://sahil.example/rss", "https://sahil.example/sport/rss"]
    assert sada.country == "iq", "what is said holds for all"
    assert added_lines(newsroom)
    told = said.err.splitlines()
    assert len(told) == 3
    assert any("nahr has it already" in line for line in told)
    assert any("--to nahr" in line for line in told)
    assert any("javascript:alert(1)" in line and ":8: " in line for line in told)
    assert "2 outlets with 3 feeds are declared; 1 were already; 2 left out." in said.out


def test_what_is_declared_already_is_no_failure_and_what_is_no_list_is_wrong_usage(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "list.opml"
    file.write_text('<opml><body><outline text="النهر" xmlUrl="https://nahr.example/rss"/></body></opml>')
    said = newsroom.command("outlet", "import", str(file))
    assert (said.code, said.out) == (0, "0 outlets with 0 feeds are declared; 1 were already; 0 left out.\n")
    for text in ("<html><body></body></html>", "words", "<opml><body/></opml>", ""):
        file.write_text(text)
        said = newsroom.command("outlet", "import", str(file), "--country", "iq")
        assert (said.code, said.out) == (2, ""), text
        assert "list.opml" in said.err


def test_addresses_that_are_not_public_are_left_out_of_an_import(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "list.opml"
    hosts = ("localhost", "10.0.0.1", "0x7f.1", "[::1]", "press.local", "127.0.0.9", "marsa.example")
    listed = "".join(f'<outline text="{host}" xmlUrl="http://{host}/feed"/>' for host in hosts)
    file.write_text(f"<opml><body>{listed}</body></opml>")
    said = newsroom.command("outlet", "import", str(file), "--country", "iq", "--dry-run")
    assert said.code == 3
    assert "2 outlets with 2 feeds would be declared; 5 left out." in said.out
    assert "http://127.0.0.9/feed" in said.out, "crawl.allow_hosts names it"
    assert "crawl.allow_hosts" in said.err


def test_where_a_newsroom_is_may_be_told_by_its_host_or_it_is_left_out(newsroom: Newsroom, opml: Path) -> None:
    said = newsroom.command("outlet", "import", str(opml))
    assert said.code == 3
    assert newsroom.outlet("sada").timezone == "Asia/Amman"
    assert "sahil" not in newsroom.declarations
    assert "say --country" in said.err


def test_a_dry_run_writes_nothing(newsroom: Newsroom, opml: Path) -> None:
    said = newsroom.command("outlet", "import", str(opml), "--country", "iq", "--dry-run")
    assert "2 outlets with 3 feeds would be declared" in said.out
    assert newsroom.declarations == DECLARED
    said = newsroom.command("outlet", "import", str(opml.with_name("missing.opml")))
    assert said.code == 2
    assert "missing.opml: cannot be read" in said.err


def test_what_is_exported_can_be_imported(newsroom: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "out.opml"
    assert newsroom.command("outlet", "export", "--output", str(file)).code == 0
    assert newsroom.command("outlet", "export").out == file.read_text(encoding="utf-8")
    before = newsroom.outlet("nahr")
    (newsroom.config / "outlets.yaml").write_text("outlets: []\n", encoding="utf-8")
    said = newsroom.command("outlet", "import", str(file), "--country", "iq", "--kind", "newspaper")
    after = newsroom.outlet("nahr")
    assert (after.name, after.home) == (before.name, before.home), said.err
    assert [feed.url for feed in after.feeds] == [feed.url for feed in before.feeds]
    assert all(feed.kind is FeedKind.FEED for feed in after.feeds)
