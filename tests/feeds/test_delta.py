"""What is read of a feed when some of its items are known, beside what a full reading of it says."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirqab.feeds import delta, read_feed
from mirqab.types import FeedBody, FeedReading

URL = "https://news.example/feed"
SIZE = delta.HASH_BYTES


def feed_of(*items: str, head: str = "<title>مرقاب</title>", root: str = '<rss version="2.0">', tail: str = "") -> str:
    return f"{root}<channel>{head}{''.join(items)}{tail}</channel></rss>"


def item(number: int, title: str = "عنوان") -> str:
    link = f"https://news.example/{number}"
    return f"<item><title>{title} {number}</title><link>{link}</link><guid>{link}</guid></item>"


def read(text: str | bytes, known: bytes = b"", *, url: str = URL, max_items: int = 2000) -> FeedReading:
    body = text.encode() if isinstance(text, str) else text
    return read_feed(FeedBody(body=body, url=url, known=known, max_items=max_items))


def hashes_of(reading: FeedReading) -> list[bytes]:
    """The hashes of a reading's items, without that of what surrounds them."""
    held = reading.item_hashes
    return [held[at : at + SIZE] for at in range(SIZE, len(held), SIZE)]


def known_of(reading: FeedReading, *places: int) -> bytes:
    """What would be remembered had the last answer held only these items."""
    hashes = hashes_of(reading)
    return reading.item_hashes[:SIZE] + b"".join(hashes[place] for place in places)


def titles(reading: FeedReading) -> list[str]:
    return [one.title for one in reading.items]


def assert_equal_to_full(body: bytes, chance: random.Random, shares: tuple[float, ...]) -> str:
    """Compare delta readings of a feed, with random shares of its items known, with the full one."""
    full = read(body)
    if not full.item_hashes:
        return "read in full" if full.items else "without items"
    hashes = hashes_of(full)
    assert len(hashes) == len(full.items)
    for share in shares:
        known = {one for one in hashes if chance.random() < share}
        unseen = tuple(one for one, hashed in zip(full.items, hashes, strict=True) if hashed not in known)
        expected = replace(full, items=unseen, unchanged=len(hashes) - len(unseen))
        assert read(body, full.item_hashes[:SIZE] + b"".join(sorted(known))) == expected
    return "cut"


# ----------------------------------------------------------------------------------- equal to the full reading


def bodies(folder: Path, most_bytes: int) -> Iterator[bytes]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".xml", ".rss", ".atom", ".json", ".rdf", ".html", ".txt", ""} and file.is_file():
            body = file.read_bytes()
            if len(body) <= most_bytes:
                yield body


@pytest.mark.parametrize(("folder", "most_bytes", "cut"), [("feeds", 10**9, 29), ("hostile/feeds", 10_000, 400)])
def test_feeds_read_alike_whatever_is_known_of_them(shared_data: Path, folder: str, most_bytes: int, cut: int) -> None:
    chance = random.Random(folder)
    outcomes = Counter(
        assert_equal_to_full(body, chance, (0.5, 1)) for body in bodies(shared_data / folder, most_bytes)
    )
    assert outcomes["cut"] >= cut, outcomes


@pytest.mark.full
@pytest.mark.parametrize(("folder", "cut"), [("feeds", 29), ("feeds-bench", 100), ("hostile/feeds", 500)])
def test_every_feed_reads_alike_whatever_is_known_of_it(shared_data: Path, folder: str, cut: int) -> None:
    chance = random.Random(folder)
    shares = (0, 0.1, 0.5, 0.9, 0.98, 1)
    outcomes = Counter(assert_equal_to_full(body, chance, shares) for body in bodies(shared_data / folder, 6_000_000))
    assert outcomes["cut"] >= cut, outcomes


def parts_of_feedparsers_tests(folder: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """The items of feedparser's own test files that may be left out, by root, and the namespaces they need."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {"rss": ([], {}), "feed": ([], {})}
    for body in bodies(folder, 20_000):
        text = re.sub(
            r"\s*(<\?xml.*?\?>)?\s*(<!--.*?-->)?\s*", "", body.decode("utf-8", "replace"), count=1, flags=re.S
        )
        cut = delta.split(text, url=URL)
        if cut is None or not read(body).item_hashes:
            continue
        items, declared = found["rss" if text.startswith("<rss") else "feed"]
        for prefix, uri in re.findall(r"xmlns:([\w.-]+)\s*=\s*[\"']([^\"']+)", cut.around[0]):
            declared.setdefault(prefix, uri)
        items.extend(cut.items)
    return found


def test_no_item_bleeds_into_the_next(shared_data: Path) -> None:
    """Odd items by the hundred, thrown together: what is left out must not have been seen by those after it."""
    chance = random.Random(7)
    outcomes: Counter[str] = Counter()
    for root, (items, declared) in parts_of_feedparsers_tests(shared_data / "hostile/feeds/feedparser").items():
        assert len(items) > 150
        names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in declared.items())
        image = "<image><url>https://news.example/i.png</url><title>صورة</title></image>"
        for _ in range(400):
            told = "".join(chance.choices(items, k=5))
            if root == "rss":
                text = feed_of(told, head=f"<title>مرقاب</title>{image}", root=f'<rss version="2.0"{names}>')
            else:
                text = f'<feed xmlns="http://www.w3.org/2005/Atom"{names}><title>مرقاب</title>{told}</feed>'
            outcomes[assert_equal_to_full(text.encode(), chance, (0.5,))] += 1
    assert outcomes["cut"] > 600, outcomes


# -------------------------------------------------------------------------------------------------- what changed


def test_a_new_item_alone_is_read() -> None:
    before = read(feed_of(item(2), item(1)))
    after = read(feed_of(item(3), item(2), item(1)), before.item_hashes)
    assert titles(after) == ["عنوان 3"]
    assert (after.unchanged, len(after.item_hashes)) == (2, 4 * SIZE)
    assert after.title == "مرقاب"


def test_nothing_new_reads_no_item_and_is_no_problem() -> None:
    before = read(feed_of(item(2), item(1)))
    after = read(feed_of(item(2), item(1), tail="<ttl>60</ttl>"), before.item_hashes)
    assert (after.items, after.unchanged, after.problem, after.version) == ((), 2, None, "rss20")


def test_an_edited_title_is_read() -> None:
    before = read(feed_of(item(2), item(1)))
    after = read(feed_of(item(2), item(1, "عنوان مصحح")), before.item_hashes)
    assert titles(after) == ["عنوان مصحح 1"]
    assert after.unchanged == 1


def test_white_space_alone_makes_an_item_another() -> None:
    """Only what is the same to the letter is passed over; that nothing changed, the archive finds by its own digest."""
    before = read(feed_of(item(2), item(1)))
    after = read(feed_of(item(2), item(1).replace("<link>", "\n  <link>")), before.item_hashes)
    assert titles(after) == ["عنوان 1"]
    around = read(feed_of(item(2), "\n\n", item(1), "\n"), before.item_hashes)
    assert (around.items, around.unchanged) == ((), 2)


def test_a_moved_item_stays_known_and_a_gone_one_is_forgotten() -> None:
    before = read(feed_of(item(3), item(2), item(1)))
    after = read(feed_of(item(1), item(4), item(3)), before.item_hashes)
    assert (titles(after), after.unchanged) == (["عنوان 4"], 2)
    assert titles(read(feed_of(item(2), item(4)), after.item_hashes)) == ["عنوان 2"]


def test_the_same_item_twice_counts_twice() -> None:
    text = feed_of(item(1), item(2), item(1))
    first = read(text)
    assert len(first.items) == 3
    assert (titles(read(text, known_of(first, 0))), read(text, known_of(first, 0)).unchanged) == (["عنوان 2"], 2)
    assert titles(read(text, known_of(first, 1))) == ["عنوان 1", "عنوان 1"]


def test_hashes_are_kept_of_the_items_that_are_read() -> None:
    text = feed_of(*map(item, range(50)))
    first = read(text, max_items=10)
    assert (len(first.items), first.left_out, len(first.item_hashes)) == (10, 40, 11 * SIZE)
    again = read(text, first.item_hashes, max_items=10)
    assert (again.items, again.unchanged, again.left_out) == ((), 10, 40)
    grown = read(text, first.item_hashes, max_items=12)
    assert (len(grown.items), grown.unchanged, grown.left_out) == (2, 10, 38)


# ------------------------------------------------------------------------------------------------ surroundings


@pytest.mark.parametrize(
    "head",
    [
        "<title>مرقاب</title><lastBuildDate>Mon, 01 Jan 2024 10:00:00 +0300</lastBuildDate>",
        "<title>مرقاب</title><pubDate>Mon, 01 Jan 2024 10:00:00 +0300</pubDate>",
        "<title>مرقاب</title><ttl>15</ttl>",
        "<title>مرقاب</title>\n  <!-- made in 0.231 s -->",
    ],
)
def test_what_changes_with_every_answer_does_not_count(head: str) -> None:
    before = read(feed_of(item(1)))
    assert read(feed_of(item(1), head=head), before.item_hashes).unchanged == 1


@pytest.mark.parametrize(
    "changed",
    [
        feed_of(item(1), root='<rss version="2.0" xml:base="https://other.example/">'),
        feed_of(item(1), root='<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'),
        feed_of(item(1), root='<rss version="2.0" xml:lang="fr">'),
        feed_of(item(1), head="<title>مرقاب</title><link>https://other.example/</link>"),
        feed_of(item(1), head="<title>مرقاب</title><language>fr</language>"),
        feed_of(item(1), head="<title>مرقاب آخر</title>"),
        feed_of(item(1), tail="<link>https://other.example/</link>"),
    ],
)
def test_other_surroundings_ask_for_a_full_reading(changed: str) -> None:
    before = read(feed_of(item(1)))
    after = read(changed, before.item_hashes)
    assert (len(after.items), after.unchanged) == (1, 0)
    assert read(changed, after.item_hashes).unchanged == 1


def test_another_address_is_another_base_of_links() -> None:
    text = feed_of("<item><title>عنوان</title><link>/a</link></item>")
    before = read(text)
    assert read(text, before.item_hashes, url="https://moved.example/feed").unchanged == 0


# ------------------------------------------------------------------------------------------------------- doubt


HIDDEN_ENDS = [
    "<item><title>عنوان 9</title><description><![CDATA[ كتب </item><item> في نصه ]]></description></item>",
    "<item><title>عنوان 9</title><!-- </item><item><title>خفي</title> --><description>نص</description></item>",
    "<item><!-- <item> --><title>عنوان 9</title></item><!-- <item><title>خفي</title></item> -->",
    "<item><title>عنوان 9</title><description>&lt;/item&gt;</description></item>",
]


@pytest.mark.parametrize("odd", HIDDEN_ENDS)
def test_ends_in_cdata_and_comments_end_nothing(odd: str) -> None:
    text = feed_of(item(2), odd, item(1))
    full = read(text)
    assert titles(full) == ["عنوان 2", "عنوان 9", "عنوان 1"]
    for places in ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        after = read(text, known_of(full, *places))
        assert after.unchanged == len(places)
        assert after.items == tuple(one for place, one in enumerate(full.items) if place not in places)


def rss_10(*items: str) -> str:
    names = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    return f"<rdf:RDF {names}><channel><title>مرقاب</title></channel>{''.join(items)}</rdf:RDF>"


@pytest.mark.parametrize(
    "text",
    [
        rss_10(item(1)),
        feed_of(item(1), root='<!DOCTYPE rss [<!ENTITY e "x">]><rss version="2.0">'),
        feed_of(item(1), root='<!DOCTYPE rss SYSTEM "rss.dtd"><rss version="2.0">'),
        feed_of(item(1), "<item><title>عنوان &nbsp; آخر</title></item>"),  # read by feedparser's lenient reader
        feed_of(item(1), "<item><title>مفتوح</item>"),
        feed_of(item(1)).replace("item>", "r:item>").replace("<rss", '<rss xmlns:r="http://backend.userland.com/rss2"'),
        feed_of(item(1)).replace("item>", "ITEM>"),
        feed_of(item(1), "<item/>"),
        feed_of(f"<item><title>خارجي</title>{item(1)}</item>"),
        feed_of(item(1), "<item><title>عنوان</title><description><p>نص <b>عار</b></p></description></item>"),
        feed_of(item(1), "<item><title>عنوان</title><source url='x'><title>آخر</title></source></item>"),
        feed_of(item(1), "<item xmlns:dc='http://purl.org/dc/elements/1.1/'><title>عنوان</title></item>"),
        feed_of(item(2), item(1))[:-30],
    ],
)
def test_when_in_doubt_everything_is_read(text: str) -> None:
    full = read(text)
    assert full.items
    assert full.item_hashes == b""
    hashed = read(feed_of(item(1)))
    assert read(text, hashed.item_hashes) == full


def test_an_item_with_loose_markup_has_all_read_again() -> None:
    """What it leaves behind in feedparser is for those after it, known or not."""
    before = read(feed_of(item(2), item(1)))
    odd = "<item><title>عنوان 3</title><description><div>مفتوح</div></description></item>"
    after = read(feed_of(odd, item(2), item(1)), before.item_hashes)
    assert (len(after.items), after.unchanged, after.item_hashes) == (3, 0, b"")


def test_senseless_memory_does_no_harm() -> None:
    full = read(feed_of(item(2), item(1)))
    for known in (b"x", b"\0" * 7, b"\0" * 80, full.item_hashes[:SIZE], full.item_hashes[:SIZE] + b"abc"):
        assert read(feed_of(item(2), item(1)), known) == full


# ------------------------------------------------------------------------------------- mended and bounded afterwards


def test_what_is_mended_in_a_known_item_leaves_it_known() -> None:
    mended = item(2, "عنوان &#xD83D;")
    before = read(feed_of(mended, item(1)))
    after = read(feed_of(item(3), mended, item(1)), before.item_hashes)
    assert (titles(after), after.unchanged) == (["عنوان 3"], 2)


def test_what_is_mended_in_a_new_item_is_mended_beside_known_ones() -> None:
    before = read(feed_of(item(2), item(1)))
    after = read(feed_of(item(3, "عنوان &#xD83D;"), item(2), item(1)), before.item_hashes)
    assert (titles(after), after.unchanged) == (["عنوان \ufffd 3"], 2)


def test_an_item_that_could_draw_others_into_an_author_is_never_known() -> None:
    drawing = item(2).replace("</item>", "<description><![CDATA[ <name>نور <!-- ]]></description></item>")
    closing = item(1).replace("</item>", "<description><![CDATA[ --> ]]></description></item>")
    assert read(feed_of(drawing, closing)).item_hashes == b""


KNOWN = "<item><title>قال --&gt; ثم --> صمت</title><link>https://news.example/1</link></item>"


@pytest.mark.parametrize(
    "text",
    [
        feed_of(item(3), f"<!-- {KNOWN} -->", KNOWN, item(2)),
        feed_of(item(3), KNOWN, head=f"<title>مرقاب</title><!-- {item(2)} --><!-- {KNOWN} -->"),
        feed_of(f"<!-- {KNOWN}", KNOWN),
        feed_of(item(3), "<!-- ", KNOWN, item(2)),
        feed_of(item(3), "<? ", KNOWN, item(2), "<!-- ?> -->"),
        feed_of(item(3).replace("</item>", f"<description><![CDATA[ {KNOWN} ]]></description></item>"), item(2)),
        feed_of(item(3), item(2).replace("</item>", "<!-- </item>"), KNOWN),
        feed_of(f"<item><title>خارجي</title>{KNOWN}</item>", item(2)),
        f"<!-- {KNOWN} -->" + feed_of(item(3), KNOWN),
        f'<?xml version="1.0"?><?xml-stylesheet href="{KNOWN}"?>' + feed_of(item(3), KNOWN),
        feed_of(item(3), KNOWN).replace("<item>", "<entry>").replace("</item>", "</entry>"),
        feed_of(KNOWN + KNOWN, item(3), KNOWN, f"\n{KNOWN}\n"),
        feed_of(item(3) + "نص عار", KNOWN, "نص عار", KNOWN, item(2)),
        feed_of(KNOWN, item(3)) + KNOWN,
    ],
)
def test_a_known_item_counts_where_it_is_one_alone(text: str) -> None:
    """The same letters in a comment or within another item are none; a comment may end in what looks like one."""
    full = read(text)
    for first in (feed_of(item(2), KNOWN), text):
        hashes = hashes_of(read(feed_of(item(2), KNOWN)))
        known = read(first).item_hashes[:SIZE] + b"".join(hashes)
        after = read(text, known)
        if after.unchanged:
            assert (after.item_hashes, after.problem) == (full.item_hashes, None)
            taken = [one for one, hashed in zip(full.items, hashes_of(full), strict=True) if hashed not in hashes]
            assert (list(after.items), after.unchanged) == (taken, len(full.items) - len(taken))
        else:
            assert after == full


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_items_are_known_in_any_encoding(encoding: str) -> None:
    def told(*items: str) -> bytes:
        return feed_of(
            *items, head=f"<title>مرقاب</title><description>{'نقل المراسل عن الشرطة ' * 9}</description>"
        ).encode(encoding)

    before = read(told(item(2), item(1)))
    after = read(told(item(3), item(2), item(1)), before.item_hashes)
    assert (titles(after), after.unchanged, after.title) == (["عنوان 3"], 2, "مرقاب")
    assert replace(after, items=(), unchanged=0) == replace(read(told(item(3), item(2), item(1))), items=())


@pytest.mark.parametrize("odd", ["\x01", "\x7f", "\x84", "\uffff", "\ufeff", "\0"])
def test_what_decoding_takes_out_of_a_new_item_is_taken_out_beside_known_ones(odd: str) -> None:
    before = read(feed_of(item(2), item(1)))
    text = feed_of(item(3, f"عن{odd}وان"), item(2), item(1))
    after = read(text, before.item_hashes)
    assert (after.items, after.unchanged) == (read(text).items[:1], 2)


def test_known_items_count_among_the_most_that_are_read() -> None:
    before = read(feed_of(item(3), item(2), item(1)))
    text = feed_of(item(4), item(3), item(2), item(1))
    after = read(text, before.item_hashes, max_items=3)
    assert (titles(after), after.unchanged, after.left_out) == (["عنوان 4"], 2, 1)
