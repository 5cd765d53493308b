"""`story show`, `split`, `merge`, `undo` and `history`, as a person types them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mirqab.cli.story_shown import _carrier
from mirqab.reader.told import Carrier
from mirqab.settings import CODE_ROOT, load_settings
from mirqab.types import Relation
from tests.reader import newsroom
from tests.reader.carried import APART, CARRIED, COPY, DISPATCH, EARLIER, OWN, TWIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Reader


@pytest.fixture
def said(home: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The command, in this process, with a home in which five outlets carry one story."""
    newsroom.fill(load_settings(environ={"MIRQAB_HOME": str(home)}), CARRIED)
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    return reader


def shown(said: Reader, what: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said("story", "show", what, "--format", "json", *options).out)
    return found


def article_of(found: dict[str, Any], outlet: str) -> str:
    return next(str(one["article"]) for one in found["carried"] if one["outlet"] == outlet)


def test_a_story_tells_its_outlets_its_texts_and_its_agency(said: Reader) -> None:
    found = shown(said, OWN.url)
    assert found["outlets"] == ["wasl", "rasid", "sadeem", "nabaa", "qalam"], "in the order in which they published"
    assert (found["independent_texts"], found["first_agency"], found["agencies"]) == (2, "afp", {"afp": "فرانس برس"})
    relations = [(one["outlet"], one["relation"], one["text"], one["is_first"]) for one in found["carried"]]
    assert relations == [
        ("wasl", "near", 1, True),
        ("rasid", "new", 1, False),
        ("sadeem", "near", 1, False),
        ("nabaa", "exact", 1, False),
        ("qalam", "same_event", 2, True),
    ]
    out = said("story", "show", OWN.url).out
    assert "5 outlets · 2 independent texts · first agency: AFP" in out
    assert "near copy of rasid (88% alike)  published first" in out


def test_what_is_not_quite_the_same_is_not_100_percent_alike() -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    near = Carrier(
        outlet="wasl", url="http://wasl.example/1", headline="عنوان", at=at, seen_at=at, relation=Relation.NEAR,
        article="a1", text=0, is_first=False, nearest="a2", similarity=0.996, agencies=(), placed_by=None,
        gone_at=None, changed_at=None,
    )  # fmt: skip
    assert "near copy of rasid (99% alike)" in _carrier(near, {"a2": "rasid"})


def test_it_tells_why_articles_are_together(said: Reader) -> None:
    found = shown(said, DISPATCH.url)
    reasons = {one["article"]: one for one in found["why"]}
    copy = reasons[article_of(found, "sadeem")]
    assert copy["passages"][0]["words"] >= 20
    for passage in copy["passages"]:
        assert passage["text"] == COPY.body[slice(*passage["span"])]
    own = reasons[article_of(found, "qalam")]
    assert "900 جندي" in own["terms"]
    out = said("story", "show", DISPATCH.url).out
    assert f"    | {copy['passages'][0]['text']}".splitlines()[0] in out.replace(" وقال", "\nوقال")
    assert "same event as rasid" in out


def test_it_tells_what_each_outlet_and_each_version_changed(said: Reader) -> None:
    found = shown(said, DISPATCH.url, "--changes")
    told = {(one["article"], one["version"]): one for one in found["changes"]}
    copy = told[article_of(found, "sadeem"), None]
    numbers = {(one["figure"], one["before"], one["after"], one["of"]) for one in copy["numbers"]}
    assert numbers == {("number", "900", "600", "جندي"), ("date", "سبتمبر", "أكتوبر", "")}
    version = told[article_of(found, "rasid"), 1]
    assert [one["after"] for one in version["added"]] == ["ورحبت وزارة الدفاع بالاتفاق في بيان."]
    earlier = told[article_of(found, "wasl"), None]
    assert [one["before"] for one in earlier["removed"]] == ["ولم يصدر تعليق من وزارة الدفاع حتى الآن."], (
        "compared with what it copied, not with what that became"
    )
    out = said("story", "show", DISPATCH.url, "--changes").out
    assert "number: 900 → 600 جندي" in out
    assert "على سحب [-900-] {+600+} جندي" in out
    assert "changes" not in shown(said, DISPATCH.url)


def test_flagged_counts_outlets_and_texts(said: Reader) -> None:
    lines = {one["headline"]: one for one in map(json.loads, said("flagged", "--format", "jsonl").lines)}
    assert len(lines) == 2
    story = lines[COPY.headline]
    assert (len(story["outlets"]), story["independent_texts"], story["first_agency"]) == (5, 2, "afp")
    assert (lines[APART.headline]["independent_texts"], lines[APART.headline]["first_agency"]) == (1, None)
    table = said("flagged").lines
    assert "texts" in table[0]


def test_split_merge_and_undo(said: Reader) -> None:
    before = shown(said, DISPATCH.url)
    trial = said("story", "split", before["story"], OWN.url, "--dry-run")
    assert trial.code == 0, trial.err
    assert "nothing is changed" in trial.lines[0]
    assert shown(said, DISPATCH.url) == before

    done = said("story", "split", before["story"][:9], OWN.url, "--note", "رصد\nمراسلنا", "--by", "سلمى")
    assert done.code == 0, done.err
    assert any("not flagged → open" in line for line in done.lines)
    part = shown(said, OWN.url)
    assert (part["story"] != before["story"], part["outlets"]) == (True, ["qalam"])

    merged = said("story", "merge", APART.url, part["story"])
    assert merged.code == 0, merged.err
    assert shown(said, part["story"])["story"] == shown(said, APART.url)["story"], "the old id leads to it"
    assert said("show", part["story"]).code == 0

    (merge, split) = json.loads(said("story", "history", "--format", "json").out)
    assert (merge["decision"], split["decision"], split["decided_by"], split["note"]) == (
        "merge",
        "split",
        "سلمى",
        "رصد\nمراسلنا",
    )
    refused = said("story", "undo", str(split["number"]))
    assert refused.code == 2
    assert f"Regrouping {merge['number']} came later" in refused.err
    for one in (merge, split):
        assert said("story", "undo", str(one["number"])).code == 0
    assert shown(said, DISPATCH.url) == before
    assert "undone" in said("story", "history", before["story"]).out
    assert "Joined and parted by hand" in said("story", "show", before["story"]).out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["split", DISPATCH.url, APART.url], "not in"),
        (["split", DISPATCH.url, EARLIER.url, COPY.url, DISPATCH.url], "Nothing would be left"),
        (["merge", DISPATCH.url, TWIN.url], "one story already"),
        (["undo", "7"], "no regrouping 7"),
        (["undo", "9" * 20], "at most"),
        (["show", "sffffffffffffff0"], "There is no story"),
        (["merge", DISPATCH.url, APART.url, "--note", "ا" * 3000], "at most"),
    ],
)
def test_what_cannot_be_done_is_said(said: Reader, arguments: list[str], told: str) -> None:
    refused = said("story", *arguments)
    assert refused.code == 2
    assert told in refused.err
    assert "Nobody has joined" in said("story", "history").out


def test_a_story_is_no_article_to_split_out(said: Reader) -> None:
    found = shown(said, DISPATCH.url)
    refused = said("story", "split", found["story"], found["story"])
    assert refused.code == 2
    assert article_of(found, "rasid") in refused.err


@pytest.mark.parametrize("what", ["told", "regrouping"])
def test_the_documents_name_every_key(said: Reader, what: str) -> None:
    if what == "told":
        printed = shown(said, DISPATCH.url, "--changes")
    else:
        assert said("story", "merge", DISPATCH.url, APART.url).code == 0
        (printed,) = json.loads(said("story", "history", "--format", "json").out)
    text = (CODE_ROOT / "docs" / "stories.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- keys: {what} -->\n((?:\|.*\n)+)", text)
    assert match
    named = [key for row in match[1].splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(printed)
