"""The judgement whether the lines taken out of a page are its article, and the second look when they are doubted.

The library always answers: on a page without an article it gives the menus, on a short one it adds the teasers beside
it. So what it gives is compared with what stands in links and margins. When little of it, or much of a margin, is
there, the page's blocks are read around the headline instead, and a short text must have to do with that headline.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lxml.html import HtmlElement

from mirqab.arabic import fold
from mirqab.arabic.dates import read_date
from mirqab.extraction.blocks import TEASER_LABEL, TEASER_LINK, TEASER_TEXT, Block, Frame, kind_of, parted, read_blocks
from mirqab.extraction.metadata import Metadata
from mirqab.extraction.notices import refusal_of, speaks_of_site, titles_notice, without_notice
from mirqab.extraction.tree import letters_of, packed, text_beside
from mirqab.types import PageHints

LIBRARY: Final = "trafilatura"
BLOCKS: Final = "blocks"
JSON_LD: Final = "json-ld"

ENOUGH: Final = 600
"""Characters. With fewer the library may have collected paragraphs from the whole page, as it does below 250."""
MOST_MARGIN: Final = 0.2
"""The share of a body found in links and margins that an article with links to related ones does not reach."""
LEAST_ARABIC: Final = 0.4
"""Arabic text with Latin names, quotes and figures stays well above this share of letters, a foreign page below."""
MAINLY_MARGIN: Final = 0.5
"""The share of one line from which it is a link, a teaser or a menu itself."""
LEAST_AGAIN: Final = 0.6
"""A second look that holds less than this of a long text has missed a part of it."""
SHORTEST_LETTERS: Final = 30
"""A breaking line is one sentence; what is shorter is a label, a caption or a cookie notice."""
SHORT_LETTERS: Final = 250
"""A text shorter than this must share a word with the headline, or stand with it in the page's article element."""
FRAMED: Final = 2
"""The shared words that standing in the headline's article element is worth."""
ELSEWHERE_SHARED: Final = 2
"""The words that a short text shares with the headline when it does not stand right below it."""

_SHORTEST_PARAGRAPH: Final = 12
_FEWEST_WORDS: Final = 4
_DATE_WORDS: Final = 12
# Words in a piece of a long line that is looked up elsewhere on the page, and how many pieces are enough to tell.
_PIECE: Final = 6
_PIECES: Final = 60
_LONG_LINE: Final = 60
_LONG_PARAGRAPH: Final = 300
_DUMP: Final = 2500
_TEASER_DEPTH: Final = 4
_NO_TEASER: Final = frozenset(("p", "td", "body", "main"))

_SEPARATORS: Final = re.compile(r"\s+[|–—•»-]+\s+")
_WORD: Final = re.compile(r"[^\W\d_a-zA-Z]{3,}")
# folded words that tell nothing of what a text is about
_COMMON: Final = frozenset(
    (
        *("الي", "علي", "بعد", "قبل", "بين", "حول", "خلال", "عند", "هذا", "هذه", "ذلك", "تلك", "التي", "الذي"),
        *("الذين", "كان", "كانت", "قال", "قالت", "اليوم", "امس", "غدا", "بعض", "غير", "حتي", "لدي", "منذ", "ضد"),
        *("نحو", "عبر", "حيث", "كما", "لكن", "ولا", "وفق", "انه", "انها"),
    )
)
_PREFIX: Final = re.compile(r"\A(?:[وف]?[بكل]?ال|[وف]?لل)(?=\w{3})")
# «طقس معتدل» and «طقساً معتدلاً», «المفاوض» and «المفاوضات»: a rough stem is enough to see a common matter
_SUFFIX: Final = re.compile(r"(?<=\w{3})(?:ات|ون|ين|ان|ها|هم|هن|هما|نا|يه|وا|ه|ا|ي|ت)\Z")


@dataclass(frozen=True, slots=True)
class Body:
    """The paragraphs of an article and what found them.

    `refusal` says why there are none; `noticed` that the page itself says so.
    """

    lines: list[str]
    extractor: str = LIBRARY
    refusal: str = ""
    noticed: bool = False


class Margins:
    """The text in links, teasers, menus and margins of a page, to look lines up in."""

    def __init__(self, tree: HtmlElement) -> None:
        # a table of contents repeats the article's own headings
        links = (link for link in tree.iter("a") if not (link.get("href") or "").startswith("#"))
        self._links = [(link, packed(link.text_content())) for link in links]
        self._text = "\n".join((text_beside(tree), *(text for _, text in self._links)))

    @cached_property
    def _with_teasers(self) -> str:
        return "\n".join((self._text, *_teasers(self._links)))

    def shares(self, lines: list[str]) -> list[float]:
        """Return how much of each line stands there, 0 to 1. A dumped page is one line, so it is cut into pieces."""
        # teasers are costly to find, and no long paragraph is one
        long = sum(len(line) for line in lines if _LONG_PARAGRAPH < len(line) <= _DUMP)
        within = self._text if 2 * long > sum(map(len, lines)) else self._with_teasers
        shares = []
        for line in lines:
            pieces = _pieces(line)
            found = sum(len(piece) for piece in pieces if piece in within)
            shares.append(found / max(sum(map(len, pieces)), 1))
        return shares


def _teasers(links: list[tuple[HtmlElement, str]]) -> Iterator[str]:
    """Yield the text of small elements of one kind side by side that each hold a linked headline."""
    kinds: dict[Frame, dict[HtmlElement, str]] = defaultdict(dict)
    looked_at: dict[HtmlElement, str] = {}
    for link, text in links:
        element = link.getparent() if len(text) >= TEASER_LINK else None
        for _ in range(_TEASER_DEPTH):
            if element is None or element.tag in _NO_TEASER or (parent := element.getparent()) is None:
                break
            if element not in looked_at:
                looked_at[element] = packed(element.text_content())
            whole = looked_at[element]
            if len(whole) > len(text) + TEASER_TEXT or whole.find(text) > TEASER_LABEL:
                break
            kinds[kind_of(element, parent)][element] = whole
            element = parent
    for alike in kinds.values():
        if len(alike) > 1:
            yield from alike.values()


def settle(lines: list[str], tree: HtmlElement, metadata: Metadata, hints: PageHints, *, again: bool = True) -> Body:
    """Return the body that stands: the library's `lines`, a second look's when those are doubted, or the refusal.

    With `again` false there is no second look, and doubted lines are refused.
    """
    shares = Margins(tree).shares(lines)
    size = sum(map(len, lines))
    own = [line for line, share in zip(lines, shares, strict=True) if share <= MAINLY_MARGIN]
    kept = sum(map(len, own))
    if size >= ENOUGH and kept >= (1 - MOST_MARGIN) * size:
        return Body(own)
    if not again:
        return Body([], refusal="doubted")
    topic = topic_of(metadata, hints)
    second = _look_again(tree, metadata, topic)
    own = [line for line in own if len(line) <= _DUMP and not _is_notice(line, topic)]
    kept = sum(map(len, own))
    if second.refusal and len(metadata.json_body) >= SHORTEST_LETTERS:
        return Body([metadata.json_body], JSON_LD)
    if second.refusal:
        # a long text on the headline's matter is not lost because its headline stands elsewhere
        return Body(own) if kept >= ENOUGH and len(topic & words_of(*own)) >= ELSEWHERE_SHARED else second
    if second.lines == lines:
        return Body(lines)
    return Body(own) if kept >= ENOUGH and sum(map(len, second.lines)) < LEAST_AGAIN * kept else second


def _look_again(tree: HtmlElement, metadata: Metadata, topic: set[str]) -> Body:
    """Return the paragraphs that follow the headline; a short text must have to do with the headline."""
    headlines = [metadata.headline, *metadata.headlines]
    blocks = read_blocks(tree, headlines)
    start = _headline_place(blocks, headlines)
    own = {index: block for index, block in enumerate(blocks) if index > start and not block.margin}
    notices = [index for index, block in own.items() if _is_notice(block.text, topic)]
    titles = (text for text in headlines if titles_notice(text))
    title = next((text for text in titles if len(topic & words_of(text)) < 2), "")
    notice = next((text for text in (title, *(own[index].text for index in notices)) if text), "")
    for index in notices:
        del own[index]
    told = [index for index, block in own.items() if _is_paragraph(block, topic)]
    if not told:
        return _refused(notice, "only menus and margins hold text")
    chosen = _most_related(blocks, told, topic, start)
    letters = sum(blocks[index].letters for index in chosen)
    if max(blocks[index].letters for index in chosen) < SHORTEST_LETTERS:
        return _refused(notice, f"only {letters} letters of text")
    shared = len(topic & words_of(*(blocks[index].text for index in chosen)))
    below = start >= 0 and not parted(blocks, start, chosen[0])
    related = shared >= ELSEWHERE_SHARED or (shared and (below or letters >= SHORT_LETTERS))
    placed = below and (letters >= SHORT_LETTERS or _framed(blocks, start, chosen[0]))
    nameless = not topic and letters >= SHORT_LETTERS
    if not related and (title or not (placed or nameless)):
        return _refused(notice, "no text that has to do with the headline")
    # headings and short lines between paragraphs belong to them, and an agency's name below
    parents = {blocks[index].owner.getparent() for index in chosen}
    first, last = chosen[0], chosen[-1]
    kin = {
        index
        for index, block in own.items()
        if block.owner.getparent() in parents
        and (first < index < last or (block.heading and index < last) or (index > last and block.owner.tag == "p"))
        and (index < last or not parted(blocks, last, index))
    }
    return Body([blocks[index].text for index in sorted({*chosen, *kin})], BLOCKS)


def _framed(blocks: list[Block], start: int, index: int) -> bool:
    """Tell whether the page declares one element to be the article around the headline and a block."""
    if start < 0:
        return False
    frame = next(blocks[start].owner.iterancestors("article", "main"), None)
    return frame is not None and frame is next(blocks[index].owner.iterancestors("article", "main"), None)


def _refused(notice: str, otherwise: str) -> Body:
    return Body([], BLOCKS, refusal_of(notice) if notice else otherwise, noticed=bool(notice))


def _is_notice(text: str, topic: set[str]) -> bool:
    """Tell whether a text speaks of the site, not of the news; one about the headline's matter does not."""
    return len(text) < 2 * SHORT_LETTERS and speaks_of_site(text) and len(topic & words_of(text)) < 2


def _says_more(text: str) -> bool:
    return len(words_of(without_notice(text))) > 2


def topic_of(metadata: Metadata, hints: PageHints) -> set[str]:
    """Return the words that say what the news is about."""
    # a page that calls itself a notice does not say it; the feed does
    # without the site's name, which is also in its footer
    headline = max(_SEPARATORS.split(metadata.headline), key=lambda part: (part in metadata.headlines, len(part)))
    stated = [text for text in (headline, metadata.summary) if not speaks_of_site(text) or _says_more(text)]
    return words_of(*stated, hints.title, hints.summary)


def words_of(*texts: str | None) -> set[str]:
    """Return the words of texts, folded and cut to rough stems, without those that any text has."""
    words = (word for text in texts if text for word in _WORD.findall(fold(text)))
    stems = (_SUFFIX.sub("", _PREFIX.sub("", word)) for word in words if word not in _COMMON)
    return {stem for stem in stems if len(stem) > 2}


def _pieces(line: str) -> list[str]:
    words = line.split()
    if len(words) <= _LONG_LINE:
        return [packed(line)]
    step = max(_PIECE, len(words) // _PIECES)
    return [packed("".join(words[start : start + _PIECE])) for start in range(0, len(words), step)]


def _headline_place(blocks: list[Block], headlines: Iterable[str]) -> int:
    """Return the index of the block that shows the headline, the highest heading first; -1 when none does."""
    known = {letters_of(text) for text in headlines if text}
    places = [index for index, block in enumerate(blocks) if letters_of(block.text) in known]
    places.sort(key=lambda index: (blocks[index].owner.tag != "h1", not blocks[index].heading, blocks[index].margin))
    if places and (blocks[places[0]].heading or not blocks[places[0]].margin):
        return places[0]
    return -1


def _is_paragraph(block: Block, topic: set[str]) -> bool:
    if block.heading or block.letters < _SHORTEST_PARAGRAPH:
        return False
    words = block.text.split()
    if len(words) <= _DATE_WORDS and read_date(block.text, zone=None) and not topic & words_of(block.text):
        return False
    if block.owner.tag == "p":
        return True
    return block.letters >= SHORTEST_LETTERS and len(words) >= _FEWEST_WORDS


def _most_related(blocks: list[Block], told: list[int], topic: set[str], start: int) -> list[int]:
    """Return the paragraphs of the text that shares the most words with the headline, and a lead before it."""
    texts = _texts(blocks, told)
    shared = [topic & words_of(*(blocks[index].text for index in text)) for text in texts]
    framed = [_framed(blocks, start, text[0]) for text in texts]

    def rank(at: int) -> tuple[int, int]:
        return len(shared[at]) + FRAMED * framed[at], sum(blocks[index].letters for index in texts[at])

    best = max(range(len(texts)), key=rank)
    leads = [index for at in range(best) if start >= 0 and shared[at] for index in texts[at]]
    return [*leads, *texts[best]]


def _texts(blocks: list[Block], told: list[int]) -> list[list[int]]:
    """Part the paragraphs into texts: one goes up to a break, and on after it where paragraphs share its frame."""
    texts: list[list[int]] = []
    of_frame: dict[Frame, int] = {}
    last = -1
    for index in told:
        frames = list(blocks[index].frames())
        at = next((of_frame[frame] for frame in frames if frame in of_frame), None)
        if at is None and last >= 0 and not parted(blocks, told[last], index):
            at = len(texts) - 1
        if at is None:
            texts.append([])
            at = len(texts) - 1
        texts[at].append(index)
        for frame in frames:
            of_frame.setdefault(frame, at)
        last += 1
    return texts
