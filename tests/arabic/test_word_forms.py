"""The table of words (`words.yaml`): every form of a word is known, no look-alike is, and strike-outs do their work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mirqab.arabic import WordIndex, fold, forms, read_word

TABLE = Path(__file__).with_name("words.yaml")


def rows() -> Iterator[tuple[str, dict[str, str]]]:
    groups = YAML(typ="safe").load(TABLE.read_text(encoding="utf-8"))
    for group in groups.values():
        yield from group.items()


ROWS = dict(rows())


def printed(forms_: str | None) -> list[str]:
    """Return the folded forms of a cell; what stands before «|» is only there to be read."""
    return [fold(form.rpartition("|")[2]) for form in (forms_ or "").split()]


def index_of(word: str, struck: frozenset[str] = frozenset()) -> WordIndex:
    index = WordIndex()
    index.add(*read_word(word), struck)
    return index


def test_the_table_is_large_and_each_row_says_both() -> None:
    assert len(ROWS) == sum(1 for _ in rows()) >= 120
    assert [word for word, row in ROWS.items() if not row.get("match") or not row.get("not")] == []


@pytest.mark.parametrize("word", ROWS)
def test_every_form_is_found(word: str) -> None:
    index, known = index_of(word), forms(*read_word(word))
    wanted = printed(ROWS[word]["match"])
    assert [form for form in wanted if not index.find(form)] == []
    assert known.issuperset(wanted)


@pytest.mark.parametrize("word", ROWS)
def test_no_look_alike_is_found(word: str) -> None:
    index = index_of(word)
    assert [form for form in printed(ROWS[word]["not"]) if index.find(form)] == []


@pytest.mark.parametrize("word", [word for word, row in ROWS.items() if row.get("known")])
def test_what_cannot_be_told_apart_can_be_struck_out(word: str) -> None:
    alike = printed(ROWS[word]["known"])
    assert [form for form in alike if not index_of(word).find(form)] == []
    struck = index_of(word, frozenset(alike))
    assert [form for form in alike if struck.find(form)] == []
    assert [form for form in printed(ROWS[word]["match"]) if form not in alike and not struck.find(form)] == []
