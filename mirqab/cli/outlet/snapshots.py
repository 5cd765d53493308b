"""Golden pairs: a page kept as it came, and beside it what is to be taken out of it.

The expectation starts as a draft, what extraction gives now. A person corrects it, and tests/extraction/test_golden.py
holds extraction to it from then on.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from mirqab.addresses import host_of, url_key
from mirqab.cli import deployment
from mirqab.cli.fetching import Fetcher, who_asks
from mirqab.cli.outlet.declared import find_outlet, outlets_of_host
from mirqab.cli.outlet.trying import given_address, read_page
from mirqab.cli.terminal import say, write_line
from mirqab.declarations import load_outlets
from mirqab.errors import UsageError
from mirqab.extraction.tree import read_characters
from mirqab.reader.queries import iso
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.cli.inputs import Arrived
    from mirqab.settings import Settings
    from mirqab.types import Outlet, Worked

_PIECES: Final = 3
_PIECE_WORDS: Final = 7
_UNKEPT_HEADERS: Final = frozenset({"set-cookie"})


def save_snapshot(url: str, deployed: Settings, *, outlet: str | None, folder: Path | None, force: bool) -> ExitCode:
    """Fetch a page and save the pair `NAME.html`, `NAME.gold.json`; UsageError when it is there, unless `force`."""
    address = given_address(url)
    declared = load_outlets(deployed)
    of_host = outlets_of_host(declared, address)
    owner = find_outlet(declared, outlet) if outlet is not None else next(iter(of_host), None)
    folder = deployment.CODE / "tests" / "golden" if folder is None else folder
    name = _name(owner.id if owner else host_of(address), address)
    page, gold = folder / f"{name}.html", folder / f"{name}.gold.json"
    if not force and (found := next((path for path in (page, gold) if path.exists()), None)):
        raise UsageError(f"{found} is there already; --force replaces it, and what was corrected in it.")
    deployed = who_asks([address], deployed)
    workers = deployment.workers(deployed)
    try:
        with Fetcher(deployed) as fetcher:
            (answer,) = fetcher.fetch(address)
        worked = read_page(workers, answer, timezone=owner.timezone if owner else None)
    finally:
        workers.close_now()
    if answer.problem is not None:
        say(f"{address}: {answer.problem} ({answer.detail}); nothing is saved.")
        return ExitCode.SOME_FAILED
    folder.mkdir(parents=True, exist_ok=True)
    page.write_bytes(answer.body)
    text = json.dumps(_expected(page.name, answer, worked, owner), ensure_ascii=False, indent=1)
    gold.write_text(text + "\n", encoding="utf-8")
    write_line(f"{page}: {len(answer.body)} bytes as they came")
    write_line(f"{gold}: a draft. Read it beside the page, and correct it")
    if folder == deployment.CODE / "tests" / "golden":
        write_line("Then: ./run test tests/extraction/test_golden.py")
    else:
        write_line(
            "The tests hold to it once the pair lies in tests/golden/: ./run test tests/extraction/test_golden.py"
        )
    return ExitCode.WELL


def _name(owner: str, address: str) -> str:
    return f"{owner}-{hashlib.blake2b(address.encode(), digest_size=4).hexdigest()}"


def _expected(file: str, answer: Arrived, worked: Worked, owner: Outlet | None) -> dict[str, Any]:
    """Return the expectation as extraction would have it now; a home page is expected to hold no article."""
    homes = [urljoin(answer.name, "/"), *([owner.home] if owner else [])]
    is_home = any(url_key(answer.name) == url_key(home) for home in homes)
    article = None if is_home else worked.article
    body = "" if article is None else article.body
    paragraphs = body.splitlines()
    return {
        "file": file,
        "class": "news" if article else "listing",
        "outlet": owner.id if owner else host_of(answer.name),
        "country": owner.country if owner else None,
        "language": article.language if article else None,
        "encoding": read_characters(answer.body, answer.content_type).encoding,
        "bytes": len(answer.body),
        "url": answer.url,
        "timezone": owner.timezone if owner else None,
        "title": article.headline if article else None,
        "published": _local(article.published, owner) if article else None,
        "published_source": article.published_raw if article else None,
        "author": "، ".join(article.authors) or None if article else None,
        "first_sentence": paragraphs[0] if paragraphs else None,
        "last_sentence": paragraphs[-1] if paragraphs else None,
        "must_contain": _pieces(paragraphs),
        "must_not_contain": [],
        "body_paragraphs": len(paragraphs),
        "body_text": body or None,
        "is_article": article is not None,
        "provenance": {
            "status": answer.status,
            "fetched_at": iso(datetime.now(UTC).replace(microsecond=0)),
            "headers": [pair for pair in answer.headers if pair[0].lower() not in _UNKEPT_HEADERS],
        },
        "gold_by": "draft: what extraction gave when the page was saved; say here who corrected it",
        "note": _note(worked, is_home=is_home),
    }


def _note(worked: Worked, *, is_home: bool) -> str | None:
    if worked.article is None:
        return f"{worked.problem}: {worked.detail}"
    return "a home page, in which extraction finds an article: none is expected" if is_home else None


def _local(at: datetime | None, owner: Outlet | None) -> str | None:
    """Return a time as the outlet would write it, so that it can be compared with the page."""
    return iso(at.astimezone(ZoneInfo(owner.timezone)) if at is not None and owner is not None else at)


def _pieces(paragraphs: list[str]) -> list[str]:
    """Return some words of the first, the middle and the last paragraph."""
    places = sorted({0, len(paragraphs) // 2, len(paragraphs) - 1}) if paragraphs else []
    words = [paragraphs[place].split() for place in places[:_PIECES]]
    middles = [max(0, (len(one) - _PIECE_WORDS) // 2) for one in words]
    return [" ".join(one[start : start + _PIECE_WORDS]) for one, start in zip(words, middles, strict=True)]
