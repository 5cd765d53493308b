"""Where an extraction and the gold of its page part, line by line, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from mirqab.evaluation.scoring import PageScore


def differences(found: PageScore) -> Iterator[str]:
    """Yield lines that say what was expected (-) and what was taken out (+): headline, date, authors, body, strings."""
    page, taken = found.page, found.taken
    if not found.recognised:
        yield f"taken for no article: {taken.problem}" if page.is_article else "taken for an article, which it is not"
    if found.headline is False:
        yield from _pair("headline", page.headline, taken.headline)
    if found.published not in (None, "right", "none"):
        yield from _pair("published", page.published and page.published.at, taken.published)
    if found.author not in (None, "right", "none"):
        yield from _pair("author", page.author, "، ".join(taken.authors))
    for text in found.missing:
        yield f"- must contain: {text}"
    for text in found.leaks:
        yield f"+ must not contain: {text}"
    if page.is_article and page.body is not None:
        gold, body = (_lines(text) for text in (page.body, taken.body))
        yield from unified_diff(gold, body, "gold", f"taken by {taken.extractor}", n=1, lineterm="")


def _pair(what: str, gold: object, found: object) -> Iterator[str]:
    yield f"- {what}: {gold or 'none'}"
    yield f"+ {what}: {found or 'none'}"


def _lines(text: str) -> list[str]:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]
