"""Wire stories of our own making, of which any number can be had that are copies of nothing but their own edits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mirqab.copies import signature
from mirqab.types import Verdict, Worked
from tests.archive.making import worked

NOW = datetime.now(UTC).replace(microsecond=0)

_ROOTS = "بتثجحخدذرزسشصضطظعغفقكلمنهوي"


def wire(number: int, *, count: int = 90) -> str:
    """Return a text of made-up words in paragraphs; the same number gives the same text."""
    chance = random.Random(number)
    told = ["".join(chance.choice(_ROOTS) for _ in range(chance.randint(3, 6))) for _ in range(count)]
    return "\n".join(" ".join(told[at : at + 30]) + "." for at in range(0, count, 30))


def edited(text: str, *, by: int = 1) -> str:
    """Return the text with every thirtieth word replaced; another `by` replaces others."""
    told = text.split(" ")
    told[by::30] = [f"معدل{by}"] * len(told[by::30])
    return " ".join(told)


def signed(
    slug: str, text: str, *, outlet: str = "rasid", verdicts: Sequence[Verdict] = (), days: int = 0, minutes: int = 0
) -> Worked:
    """Return a page as a worker makes it, with its signature; published so many days ago, fetched now and later."""
    page = worked(slug, text, outlet=outlet, host=f"{outlet}.example", verdicts=verdicts)
    assert page.article is not None
    made = signature(page.article.headline, page.article.body)
    assert made, "too short to be found by its signature"
    article = replace(
        page.article,
        signature=made,
        published=NOW - timedelta(days=days),
        fetched_at=NOW + timedelta(minutes=minutes),
    )
    return replace(page, article=article)
