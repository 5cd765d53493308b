"""Evidence marked on the original text: every code point shown once, marked exactly where a span lies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mirqab.reader.marks import paragraphs, pieces
from mirqab.types import Evidence, Span

TEXT = st.text(st.sampled_from("ابتثًٌّـ 😀\nx‍"), max_size=40)
SPANS = st.lists(st.tuples(st.integers(-2, 45), st.integers(-2, 45)), max_size=6)


def evidence(start: int, stop: int, *, rule: str = "rule") -> Evidence:
    return Evidence(span=Span(field="text", start=start, stop=stop), text="", concept="concept", rule=rule, points=1)


@given(TEXT, SPANS)
def test_pieces_are_the_text_and_marks_are_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    cut = pieces(text, [evidence(*span) for span in spans], field="text")
    assert "".join(piece.text for piece in cut) == text
    marked = [bool(piece.evidence) for piece in cut for _ in piece.text]
    assert marked == [any(start <= place < stop for start, stop in spans) for place in range(len(text))]


@given(TEXT, SPANS)
def test_paragraphs_are_the_lines_of_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    shown = ["".join(piece.text for piece in cut) for cut in paragraphs(text, [evidence(*span) for span in spans])]
    assert shown == [line for line in text.split("\n") if line.strip()]


def test_overlapping_evidence_stands_on_the_same_piece() -> None:
    cut = pieces("محادثات الانسحاب", [evidence(0, 7, rule="a"), evidence(4, 16, rule="b")], field="text")
    assert [(piece.text, [item.rule for item in piece.evidence]) for piece in cut] == [
        ("محاد", ["a"]),
        ("ثات", ["a", "b"]),
        (" الانسحاب", ["b"]),
    ]


def test_evidence_of_the_title_does_not_mark_the_text() -> None:
    item = Evidence(span=Span(field="title", start=0, stop=3), text="", concept="c", rule="r", points=1)
    assert [piece.evidence for piece in pieces("نص", [item], field="text")] == [()]
