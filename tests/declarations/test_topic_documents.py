"""The topic files as they are read, before they are compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.declarations import load_topic_documents, read_topic_document
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


def test_a_topic_and_its_libraries_are_read_of_yaml_once(declared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(f"  - {{word: 'كلمة {number}', weight: {number}}}\n" for number in range(1500))
    (declared.config / "topics" / "library").mkdir()
    write(declared, "topics/library/places.yaml", f"concepts: {{land: [{', '.join(['أرض'] * 300)}]}}\n")
    write(declared, "topics/a.yaml", f"id: a\nimports: [library/places]\nwords:\n{lines}")
    (first,) = load_topic_documents(declared)

    def unread(*arguments: object, **more: object) -> None:
        raise AssertionError("the YAML was read again")

    with monkeypatch.context() as patched:
        patched.setattr("mirqab.declarations.topic_files.parse_document", unread)
        (again,) = load_topic_documents(declared)
    assert again == first
    assert again.line("words", 3, "word") == 7

    write(declared, "topics/a.yaml", f"id: b\nwords:\n{lines}")
    (changed,) = load_topic_documents(declared)
    assert changed.content["id"] == "b"


def test_a_topic_is_read_with_what_it_imports(declared: Settings) -> None:
    (declared.config / "topics" / "library").mkdir()
    write(declared, "topics/library/places.yaml", "concepts: {land: [أرض]}\n")
    write(declared, "topics/library/actors.yaml", "يستورِد: [library/places]\nconcepts: {force: [قوات]}\n")
    write(declared, "topics/a.yaml", "يستورد:\n- library/actors\n- library/places\n")
    write(declared, "topics/b.yaml", "imports: [library/places]\n")
    first, second = load_topic_documents(declared)
    actors = first.imports["library/actors"]
    assert list(first.imports) == ["library/actors", "library/places"]
    assert actors.imports["library/places"] is first.imports["library/places"]
    assert actors.content["concepts"] == {"force": ["قوات"]}
    assert second.imports["library/places"].path.endswith("topics/library/places.yaml")


def test_a_copy_elsewhere_imports_from_the_declared_folder(declared: Settings, tmp_path: Path) -> None:
    (declared.config / "topics" / "library").mkdir()
    write(declared, "topics/library/places.yaml", "concepts: {land: [أرض]}\n")
    copy = tmp_path / "elsewhere" / "copy.yaml"
    copy.parent.mkdir()
    copy.write_text("imports: [library/places]\n", encoding="utf-8")
    assert read_topic_document(declared, copy).imports["library/places"].content == {"concepts": {"land": ["أرض"]}}
    (copy.parent / "library").mkdir()
    (copy.parent / "library" / "places.yaml").write_text("concepts: {sea: [بحر]}\n", encoding="utf-8")
    assert read_topic_document(declared, copy).imports["library/places"].content == {"concepts": {"sea": ["بحر"]}}


@pytest.mark.parametrize(
    ("written", "line", "expected"),
    [
        ("imports: [library/nowhere]\n", 1, "there is no"),
        ("id: a\nimports:\n- ../outlets\n", 3, "below the topics folder"),
        ("imports: [/etc/passwd]\n", 1, "below the topics folder"),
        ("imports: [library/../../outlets]\n", 1, "below the topics folder"),
        ("imports: [library/one.yaml]\n", 1, "without .yaml"),
        ("imports: [library/outside]\n", 1, "leads out of it"),
        ("imports: library/one\n", 1, "a list of names"),
        ("imports: [{a: 1}]\n", 1, "a name"),
        ("imports: [library/one]\n", 3, "library/one → library/two → library/one"),
        ("imports: [library/deep1]\n", 1, "at most 5 deep"),
        ("imports: [library/broken]\n", 2, "written twice"),
    ],
)
def test_a_mistaken_import_is_placed_and_explained(declared: Settings, written: str, line: int, expected: str) -> None:
    (declared.config / "topics" / "library").mkdir()
    write(declared, "outlets.yaml", "a: 1\n")
    write(declared, "topics/library/one.yaml", "imports: [library/two]\n")
    write(declared, "topics/library/two.yaml", "concepts: {}\nimports:\n- library/one\n")
    write(declared, "topics/library/broken.yaml", "a: 1\na: 2\n")
    for number in range(1, 8):
        write(declared, f"topics/library/deep{number}.yaml", f"imports: [library/deep{number + 1}]\n")
    (declared.config / "topics" / "library" / "outside.yaml").symlink_to(declared.config / "outlets.yaml")
    write(declared, "topics/a.yaml", written)
    write(declared, "topics/b.yaml", written)
    with pytest.raises(ConfigurationError) as caught:
        load_topic_documents(declared)
    assert any(mistake.line == line and expected in mistake.expected for mistake in caught.value.mistakes)
    assert len(set(caught.value.mistakes)) == len(caught.value.mistakes)
