"""The topic files as they are read, before they are compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.declarations import load_topic_documents
from mirqab.errors import ConfigurationError
from mirqab.settings import Settings
from tests.declarations.declaring import write


def test_topic_files_come_in_the_order_of_their_names(declared: Settings) -> None:
    assert load_topic_documents(declared) == ()
    write(declared, "topics/b.yaml", "a: 1\n")
    write(declared, "topics/a.yaml", "a: 2\n")
    (declared.config / "topics" / "library").mkdir()
    write(declared, "topics/library/words.yaml", "a: 3\n")
    assert [document.content for document in load_topic_documents(declared)] == [{"a": 2}, {"a": 1}]


def test_the_mistakes_of_all_topic_files_come_at_once(declared: Settings) -> None:
    write(declared, "topics/a.yaml", "a: [\n")
    write(declared, "topics/b.yaml", "a: 1\na: 2\n")
    with pytest.raises(ConfigurationError) as caught:
        load_topic_documents(declared)
    assert [Path(mistake.file).name for mistake in caught.value.mistakes] == ["a.yaml", "b.yaml"]


def test_a_large_topic_file_is_read_of_yaml_once(declared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"  - {{word: 'كلمة {number}', weight: {number}}}\n" for number in range(1500))
    write(declared, "topics/a.yaml", f"id: a\nwords:\n{lines}")
    (first,) = load_topic_documents(declared)

    def unread(*arguments: object, **more: object) -> None:
        raise AssertionError("the YAML was read again")

    with monkeypatch.context() as patched:
        patched.setattr("mirqab.declarations.loading.parse_document", unread)
        (again,) = load_topic_documents(declared)
    assert again == first
    assert again.line("words", 3, "word") == 6

    write(declared, "topics/a.yaml", f"id: b\nwords:\n{lines}")
    (changed,) = load_topic_documents(declared)
    assert changed.content["id"] == "b"
