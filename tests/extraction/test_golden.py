"""The golden pairs that `outlet snapshot` saves: extraction gives what a person found in the page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mirqab.extraction import extract
from mirqab.types import PageHints

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.mark.parametrize("gold", sorted(GOLDEN.glob("*.gold.json")), ids=lambda path: path.name.partition(".")[0])
def test_a_golden_page_gives_what_was_found_in_it(gold: Path) -> None:
    expected: dict[str, Any] = json.loads(gold.read_text(encoding="utf-8"))
    headers = {name.lower(): value for name, value in expected["provenance"]["headers"]}
    found = extract(
        (GOLDEN / expected["file"]).read_bytes(),
        url=expected["url"],
        content_type=headers.get("content-type"),
        hints=PageHints(timezone=expected["timezone"]),
    )
    assert (found.problem is None) == expected["is_article"], found.detail
    if not expected["is_article"]:
        return
    published = expected["published"] and datetime.fromisoformat(expected["published"])
    assert (found.headline, found.published) == (expected["title"], published)
    for text in expected["must_contain"]:
        assert text in found.body
    for text in expected["must_not_contain"]:
        assert text not in found.body


def test_there_is_a_golden_page() -> None:
    assert list(GOLDEN.glob("*.gold.json"))
