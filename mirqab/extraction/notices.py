"""What sites say of themselves in place of an article: that a page is gone, walled off, or drawn by a script.

Such a text is told by what it says; and news is told from it by its headline:
a story about a log-in that fails speaks of logging in too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from mirqab.arabic import fold

FEW_LETTERS: Final = 200
"""A page that shows fewer and runs scripts, or sends its reader on, has its text elsewhere."""

# folded; the kind names the refusal
_SAID: Final = {
    "page not found": r"الصفحه (?:غير موجوده|المطلوبه غير|التي تبحث عنها)|حذفت الصفحه|العوده الي (?:الصفحه )?الرئيسيه|"
    r"لم يتم العثور|لا يمكن العثور|المحتوي (?:غير موجود|غير متاح|المطلوب غير)|هذا (?:الخبر|المقال|الرابط) (?:غير موجود|"
    r"غير متاح|لم يعد)|الرابط (?:غير صحيح|الذي اتبعته)",
    "log-in or subscription wall": r"سجل الدخول|تسجيل الدخول|للمشتركين فقط|اشترك (?:الان )?(?:لقراءه|لمتابعه|لمواصله)|"
    r"لقراءه (?:هذه|هذا|بقيه|باقي) |هذا المحتوي (?:خاص|حصري) (?:بال|لل)مشتركين",
    "consent wall": r"ملفات تعريف الارتباط|الكوكيز|\bcookies?\b|سياسه الخصوصيه",
    "bot check": r"have been blocked|تحقق من انك (?:انسان|لست)|انا لست (?:برنامج )?روبوت|\bcaptcha\b|كابتشا|"
    r"verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser",
    "needs a script": r"(?:تفعيل|تمكين) (?:ال)?(?:جافا ?سكر[يب]+ت|javascript)|enable javascript",
    "promotion": r"اشتركوا? في (?:نشرتنا|نشره|النشره|قناتنا)|لمتابعه اخر الاخبار|تابعونا (?:علي|عبر)|"
    r"حقوق (?:\w+ )?محفوظه",
}
_TITLED: Final = {
    "page not found": r"\A\W*(?:error|خطا)?\W*40[34]\b\W*(?:\Z|error|not|خطا|الصفحه)|"
    r"الصفحه (?:غير موجوده|المطلوبه غير|التي تبحث عنها)|لم يتم العثور|لا يمكن العثور|page not found",
    "bot check": r"attention required|just a moment|access denied|are you a robot|captcha|تحقق من انك",
    "needs a script": r"enable javascript",
}
_TARGET: Final = re.compile(r"url\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
# unfolded: looked for in the text of a whole page
_WALL: Final = re.compile(
    r"للمشتركين فقط|[اأ]شترك(?:وا)? (?:الآن )?لقراءة|لقراءة (?:بقية|باقي) ال(?:مقال|مادة|خبر|تقرير)|لمواصلة القراءة"
)


def _any(kinds: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in kinds.values()), re.IGNORECASE)


_KINDS: Final = {
    kind: re.compile("|".join(f"(?:{said[kind]})" for said in (_SAID, _TITLED) if kind in said), re.IGNORECASE)
    for kind in _SAID
}
_NOTICE: Final = _any(_SAID)
_TITLE: Final = _any(_TITLED)


def speaks_of_site(text: str) -> bool:
    """Tell whether a text speaks of the site that shows it."""
    folded = fold(text)
    return bool(_NOTICE.search(folded) or _TITLE.search(folded))


def titles_notice(text: str) -> bool:
    """Tell whether a page's title calls the page a notice."""
    return bool(_TITLE.search(fold(text)))


def without_notice(text: str) -> str:
    """Return a text, folded, without the words by which it speaks of its site."""
    return _NOTICE.sub(" ", fold(text))


def refusal_of(notice: str) -> str:
    """Return the refusal of a page that shows nothing but a notice, with the kind of notice where it can be told."""
    folded = fold(notice)
    kind = next((kind for kind, pattern in _KINDS.items() if pattern.search(folded)), "a notice, not an article")
    return f"{kind}: {notice[:80]}"


def is_walled(tree: HtmlElement) -> bool:
    """Tell whether a page says that the rest of its article is for subscribers."""
    return bool(_WALL.search(tree.text_content()))


@dataclass(frozen=True, slots=True)
class Detour:
    """What a page does in place of showing text: `sends_to` another address at once, or `runs` scripts."""

    sends_to: str
    runs: bool


def detour_of(tree: HtmlElement) -> Detour:
    """Return where a page sends its readers on and whether it runs scripts; asked before scripts are dropped."""
    refresh = next((meta for meta in tree.iter("meta") if (meta.get("http-equiv") or "").lower() == "refresh"), None)
    found = re.search(
        r"url\s*=\s*[\"']?([^\"'\s>]+)", (refresh.get("content") or "") if refresh is not None else "", re.I
    )
    return Detour(found[1] if found else "", next(tree.iter("script"), None) is not None)


def detour_refusal(detour: Detour, tree: HtmlElement) -> str:
    """Return the refusal of a page with hardly any text that sends on or draws itself; empty for any other page."""
    if not (detour.sends_to or detour.runs):
        return ""
    body = tree.find("body")
    letters = sum(map(str.isalnum, body.text_content())) if body is not None else 0
    if letters >= FEW_LETTERS:
        return ""
    if detour.sends_to:
        return f"the page only sends its reader on to {detour.sends_to[:120]}"
    return "needs a script: the page holds next to no text before its scripts draw it"
