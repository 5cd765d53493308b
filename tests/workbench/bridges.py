"""A small topic of our own, edits of it, and texts about it: all fictional."""

from __future__ import annotations

from pathlib import Path

from mirqab.documents import read_document
from mirqab.topics import Topic, compile_topic

BRIDGES = """\
موضوع: إغلاق الجسور
معرّف: bridges
عتبة: 3
مفاهيم:
  إغلاق: [إغلاق, أغلق/يغلق]
  جسر: [جسر, جسور]
  قرار: [قرر/يقرر, قرار, أعلن/يعلن]
  مسرح: [مسرحية, فيلم]
تراكيب:
- اسم: إغلاق_جسر
  أي:
  - [إغلاق, جسر, 3, بعده]
قواعد:
- {اسم: إغلاق مع قرار, معا: [إغلاق_جسر, قرار], ضمن: 10, نقاط: 4}
- {اسم: إغلاق وحده, معا: [إغلاق_جسر], نقاط: 2}
خصومات:
- {اسم: عمل فني, مفهوم: مسرح, نقاط: -3}
أوجه:
  ساحة:
    معرّف: theatre
    قيم:
      الوادي: [الوادي]
      الساحل: [الساحل]
"""

DECIDED = "قررت البلدية إغلاق الجسر القديم في الوادي يوم الأحد."
COAST = "أعلنت الشركة إغلاق جسر الساحل أمام الشاحنات."
ALONE = "أدى إغلاق الجسر إلى ازدحام في الوادي."
FILM = "قرر المخرج أن يبدأ الفيلم بمشهد إغلاق الجسر."
OTHER = "افتتح المعرض الزراعي أبوابه صباح اليوم."

STRICTER = BRIDGES.replace("قرار: [قرر/يقرر, قرار, أعلن/يعلن]", "قرار: [قرار, أعلن/يعلن]")
"""Loses what was decided and not announced."""

LOOSER = BRIDGES.replace("عتبة: 3", "عتبة: 2")
"""Gains what the base scores with two points."""


def write(folder: Path, text: str, name: str = "bridges.yaml") -> Path:
    """Write a topic file and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def compiled(folder: Path, text: str, name: str = "bridges.yaml") -> Topic:
    """Return a topic from its text."""
    return compile_topic(read_document(write(folder, text, name)))
