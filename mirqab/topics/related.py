"""Lines that lead to other stories: «اقرأ أيضاً: …». They are another story's words and never evidence of this one."""

from __future__ import annotations

import re

from mirqab.arabic import fold, words

_OPENINGS = (
    "اقرأ أيضا",
    "اقرا ايضا",
    "إقرأ أيضا",
    "اقرأ المزيد",
    "اقرأ كذلك",
    "اقرؤوا أيضا",
    "قد يهمك",
    "قد يعجبك",
    "شاهد أيضا",
    "شاهدوا أيضا",
    "تابع أيضا",
    "طالع أيضا",
    "للمزيد اقرأ",
    "مواضيع ذات صلة",
    "موضوعات ذات صلة",
    "مواضيع متعلقة",
    "موضوعات متعلقة",
    "أخبار ذات صلة",
    "أخبار متعلقة",
    "مقالات ذات صلة",
    "روابط ذات صلة",
    "ذو صلة",
    "ذات صلة",
)
_OPENING = re.compile(
    r"(?:^|\n|(?<=[.!؟\"»”]))[^\w\n]{0,12}(?:"
    + "|".join(sorted({fold(o) for o in _OPENINGS}, key=len, reverse=True))
    + r")\b[^\n]*"
)
_BARE = 4
"""Words up to which such a line is only a heading, and the line below it is the link."""
_LINK = 25
"""Words up to which the line below such a heading is taken for a headline."""


def related_lines(folded: str) -> list[tuple[int, int]]:
    """Return the spans of related-link lines in a folded text, in reading order."""
    spans = []
    for match in _OPENING.finditer(folded):
        start, stop = match.span()
        if len(words(match.group())) <= _BARE:
            after = folded.find("\n", stop + 1)
            below = folded[stop + 1 : after if after >= 0 else len(folded)]
            if len(words(below)) <= _LINK and not below.rstrip().endswith("."):
                stop += 1 + len(below)
        spans.append((start, min(stop, len(folded))))
    return spans
