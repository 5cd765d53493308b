"""docs/pipes.md names every key of what the commands print and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirqab.settings import CODE_ROOT
from tests.cli.test_pipes import FEED, PAGE, TALKS, text_line

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Reader


def documented(what: str) -> list[str]:
    text = (CODE_ROOT / "docs" / "pipes.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- keys: {what} -->\n((?:\|.*\n)+)", text)
    assert match is not None, what
    rows = match[1].splitlines()[2:]
    return [key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_the_documented_keys_are_the_printed_ones(mirqab: Command, reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    printed: dict[str, dict[str, Any]] = {
        "feed": json.loads(mirqab("feed", "-", given=FEED).out),
        "extract": json.loads(mirqab("extract", str(tmp_path / "page.html")).out),
        "group": json.loads(mirqab("group", given=text_line(1, TALKS)).out),
        "judge": json.loads(mirqab("judge", given=text_line(1, TALKS)).out),
        "flagged": json.loads(reader("flagged", "--format", "jsonl").lines[0]),
        "run": json.loads(reader("runs", "--format", "jsonl").lines[0]),
    }
    printed["entry"] = printed["feed"]["entries"][0]
    printed["evidence"] = printed["judge"]["evidence"][0]
    for what, line in printed.items():
        assert sorted(documented(what)) == sorted(line), what
