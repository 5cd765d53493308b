"""The reference story: flagged, read for Iraq and Syria, and never by its related-link line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.topics import Judge, Topic
from mirqab.types import Verdict


@pytest.fixture(scope="module")
def story(shared_data: Path) -> tuple[str, str]:
    (file,) = (shared_data / "seed").glob("*.txt")
    headline, body = file.read_text(encoding="utf-8").split("\n", 1)
    return headline, body


@pytest.fixture(scope="module")
def verdict(story: tuple[str, str], topic: Topic) -> Verdict:
    (verdict,) = Judge([topic]).judge(title=story[0], text=story[1], published=datetime(2024, 1, 26, tzinfo=UTC))
    return verdict


def test_it_is_flagged_for_iraq_then_syria(verdict: Verdict) -> None:
    assert verdict.flagged
    assert verdict.facets["theatre"][:2] == ("العراق", "سوريا")
    assert "غزة" not in verdict.facets["theatre"]


def test_it_tells_whose_forces_and_what_is_said(verdict: Verdict) -> None:
    assert {"أميركية", "التحالف الدولي"} <= set(verdict.facets["force"])
    # demand, deny, condition, warn, timetable; docs/topic-acts.md maps them to finer acts
    assert {"مطالبة", "نفي", "اشتراط", "تحذير", "جدول"} <= set(verdict.facets["act"])


def test_the_talks_are_evidence(verdict: Verdict, story: tuple[str, str]) -> None:
    sentences = [story[1][sentence.span.start : sentence.span.stop] for sentence in verdict.sentences]
    assert any("سيشرعان في محادثات" in sentence or "إجراء محادثات" in sentence for sentence in sentences)


def test_the_related_link_line_is_no_evidence(verdict: Verdict, story: tuple[str, str]) -> None:
    start = story[1].index("اقرأ أيضاً")
    stop = story[1].index("\n", start)
    assert all(item.span.stop <= start or item.span.start >= stop for item in verdict.evidence)
