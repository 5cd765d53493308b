"""Outlets are written into the file as a careful person would: what stands there stays, letter for letter."""

from __future__ import annotations

import codecs
import contextlib
import dataclasses
import multiprocessing
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.declarations import load_outlets
from mirqab.declarations.opml import outlets_of, read_opml, write_opml
from mirqab.declarations.outlet_file import check_outlets
from mirqab.declarations.writing import add_feed, add_outlet, add_outlets, outlet_yaml, remove_feed, replace_feed
from mirqab.documents import parse_document
from mirqab.errors import ConfigurationError, UsageError
from mirqab.settings import CODE_ROOT, Settings, load_settings
from mirqab.types import Feed, FeedKind, Outlet, OutletKind
from tests.declarations.declaring import OUTLET, write

NEW = Outlet(
    id="sidr",
    name="وادي السدر: أخبار",
    name_en="Sidr Valley",
    country="no",
    kind=OutletKind.PORTAL,
    timezone="Asia/Baghdad",
    home="https://sidr.example/",
    feeds=(Feed(url="https://sidr.example/rss?a=1&b=2"),),
)
FULL = dataclasses.replace(
    NEW,
    feeds=(
        Feed(url="https://sidr.example/rss", note="كل الأقسام #1", last_answered=datetime(2024, 1, 26, 7, tzinfo=UTC)),
        Feed(url="https://sidr.example/map.xml", kind=FeedKind.SITEMAP),
        Feed(url="https://sidr.example/latest", kind=FeedKind.SECTION, links="main h3 > a[href*='/n/']"),
    ),
    backfill=(Feed(url="https://sidr.example/all.xml", kind=FeedKind.SITEMAP),),
    enabled=False,
    reason="off: for now",
    delay_s=2.5,
    poll_floor_s=400.0,
    poll_ceiling_s=3600.0,
    verify_tls=False,
)

AS_WRITTEN = """\
  - id: sidr
    name: "وادي السدر: أخبار"
    name_en: Sidr Valley
    country: no
    kind: portal
    timezone: Asia/Baghdad
    home: https://sidr.example/
    feeds:
      - url: https://sidr.example/rss?a=1&b=2
"""


@pytest.fixture
def copied(declared: Settings) -> Settings:
    """The outlets of the repository, in a folder of the test's own."""
    shutil.copy(CODE_ROOT / "config" / "outlets.yaml", declared.config / "outlets.yaml")
    return declared


def body(settings: Settings) -> bytes:
    return (settings.config / "outlets.yaml").read_bytes()


# --------------------------------------------------------------------------------------------------- to paste


def test_an_outlet_is_written_as_a_person_would() -> None:
    assert outlet_yaml(NEW) == AS_WRITTEN
    assert outlet_yaml(NEW, indent=0) == "".join(line[2:] + "\n" for line in AS_WRITTEN.splitlines())


def test_every_key_is_written_and_read_again(declared: Settings) -> None:
    write(declared, "outlets.yaml", "outlets:\n" + outlet_yaml(FULL))
    assert load_outlets(declared) == (FULL,)


@given(
    name=st.text(min_size=1, max_size=80)
    | st.sampled_from(["no", "22:30", "null", "0x1", "- a", "# a", "a: b", "«أ، ب»"]),
    url=st.text(alphabet="ابab1:/?#[]@!$&'()*+,;=%._~-\"\\{}", max_size=80).map(
        lambda text: "https://a.example/" + text
    ),
)
def test_whatever_a_declaration_may_hold_is_read_as_it_was(name: str, url: str) -> None:
    settings = load_settings(environ={})
    outlet = dataclasses.replace(NEW, name=name, feeds=(Feed(url=url, note=name),))
    document = parse_document(("outlets:\n" + outlet_yaml(outlet)).encode(), path="outlets.yaml")
    assert check_outlets(document, settings) == (outlet,)


# ----------------------------------------------------------------------------------------------------- adding


def test_in_the_outlets_of_the_repository_only_lines_are_added(copied: Settings) -> None:
    before, outlets = body(copied), load_outlets(copied)
    add_outlet(copied, NEW)
    assert body(copied) == before + b"\n" + AS_WRITTEN.encode()
    add_outlet(copied, dataclasses.replace(FULL, id="nahr"))
    assert body(copied).startswith(before + b"\n" + AS_WRITTEN.encode() + b"\n  - id: nahr\n")
    assert load_outlets(copied) == (*outlets, NEW, dataclasses.replace(FULL, id="nahr"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("outlets:\n{0}{1}", "outlets:\n{0}{1}{new}"),  # without blank lines, as those before
        ("outlets:\n{0}", "outlets:\n{0}\n{new}"),
        ("outlets:\n{0}\n", "outlets:\n{0}\n{new}"),
        ("outlets:\n\n{0}\n{1}", "outlets:\n\n{0}\n{1}\n{new}"),
        ("# who\noutlets: # all\n{0}\n{1}\n# end", "# who\noutlets: # all\n{0}\n{1}\n# end\n\n{new}"),
        ("outlets: []  # none yet\n", "outlets:  # none yet\n\n{new}"),
        ("outlets: [\n]\n", "outlets:\n\n{new}"),
        ("\ufeffoutlets:\n{0}", "\ufeffoutlets:\n{0}\n{new}"),
        ("%YAML 1.2\n---\noutlets:\n{0}", "%YAML 1.2\n---\noutlets:\n{0}\n{new}"),
    ],
)
def test_the_new_outlet_stands_as_those_before(declared: Settings, before: str, after: str) -> None:
    items = [OUTLET.partition("outlets:\n")[2].format(id=name) for name in ("one", "two")]
    write(declared, "outlets.yaml", before.format(*items))
    add_outlet(declared, NEW)
    assert body(declared).decode() == after.format(*items, new=AS_WRITTEN)


def test_other_indentation_and_line_ends_are_kept(declared: Settings) -> None:
    text = OUTLET.format(id="one").lstrip().replace("\n  ", "\n").replace("\n", "\r\n")
    (declared.config / "outlets.yaml").write_bytes(text.encode())
    add_outlet(declared, NEW)
    added = "\r\n" + outlet_yaml(NEW, indent=0).replace("\n", "\r\n")
    assert body(declared).decode() == text + added
    assert len(load_outlets(declared)) == 2


def test_several_are_added_at_once_or_none(copied: Settings) -> None:
    before = body(copied)
    nahr = dataclasses.replace(NEW, id="nahr", feeds=(Feed(url="https://nahr.example/rss"),))
    with pytest.raises(UsageError, match="There is an outlet anadolu already"):
        add_outlets(copied, [nahr, dataclasses.replace(NEW, id="anadolu")])
    with pytest.raises(UsageError, match="The outlet nahr reads"):
        add_outlets(copied, [nahr, dataclasses.replace(nahr, id="nahr-2")])
    with pytest.raises(ConfigurationError, match=r"outlets\.1\.id: .nahr. is taken by line 2"):
        add_outlets(copied, [nahr, dataclasses.replace(NEW, id="nahr")])
    assert body(copied) == before
    add_outlets(copied, [nahr, NEW])
    assert [outlet.id for outlet in load_outlets(copied)][-2:] == ["nahr", "sidr"]


def test_what_is_taken_or_wrong_is_refused_and_nothing_changes(copied: Settings) -> None:
    before = body(copied)
    taken = next(outlet for outlet in load_outlets(copied) if outlet.feeds)
    same = Feed(url=taken.feeds[0].url.replace("https://", "http://") + "#top")
    with pytest.raises(UsageError, match=f"The outlet {taken.id} reads"):
        add_outlet(copied, dataclasses.replace(NEW, feeds=(same,)))
    for wrong, said in (
        ({"id": "feeds"}, "the new outlet:2: outlets.0.id"),
        ({"timezone": "Asia/Bagdad"}, "outlets.0.timezone"),
        ({"feeds": ()}, "outlets.0.feeds"),
        ({"home": "https://me:hunter2@sidr.example/"}, "outlets.0.home"),
        ({"name": ""}, "outlets.0.name"),
        ({"name": "\ud800"}, "half of a letter"),
    ):
        with pytest.raises(ConfigurationError, match=said) as caught:
            add_outlet(copied, dataclasses.replace(NEW, **wrong))
        assert "hunter2" not in str(caught.value)
    assert body(copied) == before


@pytest.mark.parametrize(
    "text",
    [
        "outlets: [{one}]\n",
        "{{outlets: [{one}]}}\n",
        "outlets:\n{block}...\n",
    ],
)
def test_a_file_that_the_change_does_not_fit_into_is_left_alone(declared: Settings, text: str) -> None:
    flow = (
        '{id: one, name: "و", name_en: O, country: iq, kind: wire, timezone: UTC, home: "https://o.example/", '
        'feeds: [{url: "https://o.example/rss"}]}'
    )
    write(declared, "outlets.yaml", text.format(one=flow, block=OUTLET.partition("outlets:\n")[2].format(id="one")))
    assert load_outlets(declared)
    before = body(declared)
    with pytest.raises(ConfigurationError, match=r"outlets\.yaml: .*by hand"):
        add_outlet(declared, NEW)
    assert body(declared) == before


def test_a_file_that_is_wrong_already_is_told_and_left_alone(declared: Settings) -> None:
    write(declared, "outlets.yaml", OUTLET.format(id="one").replace("country: iq", "country: Iraq"))
    with pytest.raises(ConfigurationError, match=r"outlets\.yaml:6: outlets\.0\.country"):
        add_outlet(declared, NEW)
    (declared.config / "outlets.yaml").unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        add_outlet(declared, NEW)


def test_outlets_of_an_opml_file_are_added(copied: Settings) -> None:
    given_ = [dataclasses.replace(NEW, id=f"x{n}", feeds=(Feed(url=f"https://x{n}.example/rss"),)) for n in range(30)]
    feeds = read_opml(
        write_opml([dataclasses.replace(one, home=f"https://{one.id}.example/") for one in given_]).encode()
    )
    taken = {outlet.id for outlet in load_outlets(copied)}
    add_outlets(copied, outlets_of(feeds.entries, country="iq", timezone="UTC", kind=OutletKind.WIRE, taken=taken))
    assert [outlet.id for outlet in load_outlets(copied)][-30:] == [one.id for one in given_]


# ----------------------------------------------------------------------------------------- another address


def test_of_a_feed_that_moved_only_the_address_changes(copied: Settings) -> None:
    before = body(copied).decode()
    outlet = next(outlet for outlet in load_outlets(copied) if outlet.feeds)
    old, new = outlet.feeds[0].url, "https://moved.example/تغذية?x=1&y=[2]"
    replace_feed(copied, outlet.id, old, new)
    assert body(copied).decode() == before.replace(old, f'"{new}"', 1)
    (found,) = (one for one in load_outlets(copied) if one.id == outlet.id)
    assert found.feeds[0] == dataclasses.replace(outlet.feeds[0], url=new)
    replace_feed(copied, outlet.id, new, old)
    assert body(copied).decode() == before.replace(old, f'"{old}"', 1)


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("https://marfa.example/rss", "https://new.example/it's"),
        ("https://marfa.example/rss # the only one", "https://new.example/it's # the only one"),
        ('"https://marfa.example/rss"', '"https://new.example/it\'s"'),
        ("'https://marfa.example/rss'", "'https://new.example/it''s'"),
    ],
)
def test_an_address_is_quoted_as_it_was(declared: Settings, written: str, after: str) -> None:
    text = OUTLET.format(id="marfa")
    write(declared, "outlets.yaml", text.replace("https://marfa.example/rss", written))
    replace_feed(declared, "marfa", "https://marfa.example/rss", "https://new.example/it's")
    if not written.startswith(("'", '"')):
        after = after.replace("https://new.example/it's", '"https://new.example/it\'s"')
    assert body(declared).decode() == text.replace("https://marfa.example/rss", after)


def test_a_source_of_the_backfill_is_replaced_too(declared: Settings) -> None:
    more = "    backfill:\n      - {kind: sitemap, url: https://marfa.example/map.xml}\n"
    write(declared, "outlets.yaml", OUTLET.format(id="marfa") + more)
    replace_feed(declared, "marfa", "https://marfa.example/map.xml", "https://marfa.example/new.xml")
    assert body(declared).decode() == OUTLET.format(id="marfa") + more.replace("map.xml", "new.xml")


def test_what_cannot_be_replaced_is_said(declared: Settings) -> None:
    text = OUTLET.format(id="marfa") + OUTLET.partition("outlets:\n")[2].format(id="sidr").replace("marfa.", "sidr.")
    write(declared, "outlets.yaml", text)
    old = "https://marfa.example/rss"
    for arguments, said in (
        (("marfa", "https://marfa.example/none", "https://a.example/"), "declares no feed"),
        (("nobody", old, "https://a.example/"), "There is no outlet 'nobody'"),
        (("marfa", old, "ftp://a.example/"), "starts with http://"),
        (("marfa", old, "https://me:secret@a.example/"), "without a user"),
        (("marfa", old, "https://sidr.example/rss"), "The outlet sidr reads"),
    ):
        with pytest.raises(UsageError, match=said):
            replace_feed(declared, *arguments)
    assert body(declared).decode() == text
    write(declared, "outlets.yaml", text.replace("url: https://marfa", "url:\n          https://marfa"))
    with pytest.raises(ConfigurationError, match="by hand"):
        replace_feed(declared, "marfa", old, "https://a.example/")


# --------------------------------------------------------------------------------------------------- the file


def test_mode_and_link_of_the_file_are_kept(copied: Settings, tmp_path: Path) -> None:
    path, elsewhere = copied.config / "outlets.yaml", tmp_path / "elsewhere" / "who.yaml"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    elsewhere.chmod(0o640)
    path.symlink_to(elsewhere)
    add_outlet(copied, NEW)
    assert path.is_symlink()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640
    assert elsewhere.read_bytes().endswith(AS_WRITTEN.encode())
    assert [one.name for one in (*elsewhere.parent.iterdir(), *copied.config.glob("*outlets*"))] == [
        "who.yaml",
        "outlets.yaml",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_the_owner_of_the_file_is_kept(copied: Settings) -> None:
    os.chown(copied.config / "outlets.yaml", 1234, 1235)
    add_outlet(copied, NEW)
    found = (copied.config / "outlets.yaml").stat()
    assert (found.st_uid, found.st_gid) == (1234, 1235)


@contextlib.contextmanager
def somebody(user: int) -> Iterator[None]:
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else for a while")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_one_may_not_write_stays(copied: Settings, tmp_path: Path, closed: str) -> None:
    path = copied.config / "outlets.yaml"
    for folder in (copied.config, *copied.config.parents[:2]):
        folder.chmod(0o755)
    copied.config.chmod(0o777 if closed == "file" else 0o755)
    path.chmod(0o444 if closed == "file" else 0o666)
    before = body(copied)
    codecs.lookup("utf-8-sig")  # Python's own files may be closed to somebody else: what is needed is loaded before
    with contextlib.ExitStack() as stack:
        for folder in tmp_path.parents:
            if folder == Path(tempfile.gettempdir()):
                break
            mode = stat.S_IMODE(folder.stat().st_mode)
            stack.callback(folder.chmod, mode)
            folder.chmod(mode | 0o011)
        stack.enter_context(somebody(1234))
        with pytest.raises(ConfigurationError, match=r"outlets\.yaml: cannot be written \(Permission denied\)"):
            add_outlet(copied, NEW)
    assert body(copied) == before
    assert not list(copied.config.glob(".outlets*"))


def test_what_was_changed_meanwhile_is_not_written_over(copied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path, before, mkstemp = copied.config / "outlets.yaml", body(copied), tempfile.mkstemp

    def edited_meanwhile(**arguments: Any) -> Any:
        path.write_bytes(before + b"# and a remark\n")
        return mkstemp(**arguments)

    monkeypatch.setattr(tempfile, "mkstemp", edited_meanwhile)
    with pytest.raises(ConfigurationError, match="was changed meanwhile"):
        add_outlet(copied, NEW)
    assert body(copied) == before + b"# and a remark\n"
    assert not list(copied.config.glob(".outlets*"))


def _add(settings: Settings, number: int) -> None:
    add_outlet(settings, dataclasses.replace(NEW, id=f"n{number}", feeds=(Feed(url=f"https://n.example/{number}"),)))


def test_processes_that_add_at_once_lose_nothing(copied: Settings) -> None:
    count = len(load_outlets(copied))
    children = [multiprocessing.get_context("spawn").Process(target=_add, args=(copied, number)) for number in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * 4
    assert {outlet.id for outlet in load_outlets(copied)[count:]} == {f"n{number}" for number in range(4)}


def test_what_was_written_need_not_be_read_at_the_next_start(copied: Settings) -> None:
    with (copied.config / "outlets.yaml").open("a", encoding="utf-8") as file:
        file.write("# our outlets\n" * 3000)
    add_outlet(copied, NEW)
    told: list[float] = []
    assert load_outlets(copied, progress=told.append)[-1] == NEW
    assert not told


# ------------------------------------------------------------------------------------------------ one more feed


def written_in(settings: Settings) -> str:
    return (settings.config / "outlets.yaml").read_text(encoding="utf-8")


SEVERAL = """\
outlets:
  - id: marfa            # first of all
    name: صحيفة المرفأ
    name_en: Harbour Paper
    country: iq
    kind: newspaper
    timezone: Asia/Baghdad
    home: https://marfa.example/
    feeds:
      - url: https://marfa.example/rss
        note: all        # of it

    # slow
    delay_s: 9
  - id: off
    name: وادي
    name_en: Valley
    country: jo
    kind: wire
    timezone: Asia/Amman
    home: https://wadi.example/
    feeds: []            # none known
    enabled: false
    reason: not known
    delay_s: 3
"""
ONE_MORE = Feed(url="https://marfa.example/more", note="more: of it")


def test_a_feed_is_put_after_the_others(declared: Settings) -> None:
    write(declared, "outlets.yaml", SEVERAL)
    add_feed(declared, "marfa", ONE_MORE)
    put = '      - url: https://marfa.example/more\n        note: "more: of it"\n'
    assert written_in(declared) == SEVERAL.replace("# of it\n", f"# of it\n{put}")


def test_an_outlet_without_a_feed_is_switched_on_with_its_first(declared: Settings) -> None:
    write(declared, "outlets.yaml", SEVERAL)
    add_feed(declared, "off", Feed(url="https://wadi.example/rss"))
    expected = SEVERAL.replace(
        "feeds: []            # none known\n", "feeds:            # none known\n      - url: https://wadi.example/rss\n"
    )
    expected = expected.replace("    enabled: false\n    reason: not known\n", "")
    assert written_in(declared) == expected
    (_, outlet) = load_outlets(declared)
    assert (outlet.enabled, outlet.reason, outlet.delay_s) == (True, None, 3)


@pytest.mark.parametrize(
    ("written", "outlet", "feed", "error"),
    [
        (SEVERAL, "nobody", ONE_MORE, UsageError),
        (SEVERAL, "off", Feed(url="https://marfa.example/rss"), UsageError),
        (SEVERAL, "marfa", Feed(url="https://me:secret@marfa.example/"), ConfigurationError),
        (SEVERAL.replace("feeds: []            # none known", "feeds: [\n    ]"), "off", ONE_MORE, ConfigurationError),
        (
            SEVERAL.replace("reason: not known", "reason: >\n      not\n      known"),
            "off",
            ONE_MORE,
            ConfigurationError,
        ),
        (SEVERAL.replace("    feeds: []            # none known\n", ""), "off", ONE_MORE, ConfigurationError),
    ],
)
def test_a_feed_that_cannot_be_added_changes_nothing(
    declared: Settings, written: str, outlet: str, feed: Feed, error: type[Exception]
) -> None:
    write(declared, "outlets.yaml", written)
    with pytest.raises(error):
        add_feed(declared, outlet, feed)
    assert written_in(declared) == written


def test_a_source_is_taken_out_with_all_its_lines_and_nothing_else(declared: Settings) -> None:
    before = "# ours\noutlets:\n" + outlet_yaml(FULL) + "\n# the end\n"
    write(declared, "outlets.yaml", before)
    remove_feed(declared, "sidr", "https://sidr.example/map.xml")
    remove_feed(declared, "sidr", "https://sidr.example/all.xml")
    (outlet,) = load_outlets(declared)
    assert [feed.url for feed in outlet.feeds] == ["https://sidr.example/rss", "https://sidr.example/latest"]
    assert outlet.backfill == ()
    left = (declared.config / "outlets.yaml").read_text(encoding="utf-8").splitlines()
    gone = [line.strip() for line in before.splitlines() if line not in left]
    source = ["- url: https://sidr.example/map.xml", "kind: sitemap"]
    assert gone == [*source, "backfill:", source[0].replace("map", "all"), source[1]]
    with pytest.raises(UsageError, match="declares no feed"):
        remove_feed(declared, "sidr", "https://sidr.example/map.xml")
