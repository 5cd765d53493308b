"""Lines that stand in the text of an article without being of it, as the Arabic press writes them.

Only whole lines go, never a part of one; what stays is as published. Kept are sub-headings, quoted lists, and an
agency's signature below a text («رويترز» in brackets), which copies of one story share. Datelines, bylines and
«المصدر:» go when they are a line of their own, for they say where, when and by whom a text was written and nothing
of what it tells; at the head of a paragraph they stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final

from lxml.etree import XPath
from lxml.html import HtmlElement

from mirqab.arabic import fold
from mirqab.arabic.calendars import FOLDED_WEEKDAYS, HIJRI_MONTHS, MONTHS, numbers_of
from mirqab.extraction.tree import letters_of, packed

LONGEST: Final = 220
"""Characters of the longest line that is looked at; promotions are shorter, paragraphs may begin like one."""
LONGEST_CAPTION: Final = 400
SHORTEST_FOUND: Final = 10
SHORTEST_REPEATED: Final = 40
"""A shorter line may well stand twice in a text: a refrain, a question, a name."""
MOSTLY_FRAMED: Final = 0.6
"""The share of a body inside the page's main element from which what stands outside it is beside the article."""

_END: Final = r"\s*(?:[:：؛|\-–—/…».!]|\Z)"
_LABELS: Final = (
    r"(?:ا?قرا(?:وا)? (?:ايضا|المزيد|كذلك)|اقرا ايضا|(?:شاهد|طالع|تابع|استمع|انظر)(?:وا)? (?:ايضا|كذلك)|للمزيد|"
    r"(?:ال)?(?:مواضيع|موضوعات|اخبار|مقالات|تقارير|مواد|قصص|فيديوهات) (?:ذات صله|ذات علاقه|متعلقه|مشابهه|مرتبطه|ساخنه|"
    r"مقترحه|اخري|قد تهمك)|(?:قد|ربما) (?:يعجبك|يهمك|تهمك|يعجبكم|يهمكم)(?: ايضا)?|الاكثر (?:قراءه|مشاهده|تداولا)|"
    r"اختيارات (?:القراء|المحرر)|المزيد (?:حول|عن|من)[^:]{0,40}|في هذا الموضوع|اقرا في|روابط ذات صله|المزيد|"
    r"read (?:more|also)|see also|related(?: (?:news|articles?|stories))?)"
)
# a related headline follows on the same line
_SEE_ALSO: Final = re.compile(
    rf"\A\W*(?:(?:ا?قرا|شاهد|طالع|تابع)(?:وا)? (?:ايضا|المزيد)(?!\w)|{_LABELS}\s*(?:[:：|\-–—/…»]|\.\.))", re.IGNORECASE
)
_LABEL_ALONE: Final = re.compile(rf"\A\W*{_LABELS}\W*\Z", re.IGNORECASE)
_NETWORK: Final = (
    r"(?:فيس ?بوك|تويتر|واتس ?اب|واتساب|تلغرام|تليغرام|تيليجرام|انستغرام|انستجرام|يوتيوب|لينكد ?ان|بنترست|ماسنجر|"
    r"تيك توك|اكس|facebook|twitter|whatsapp|telegram|instagram|youtube|linkedin|pinterest|messenger|tiktok|email|x|"
    r"google news|البريد الالكتروني|بريد|ايميل|طباعه|نسخ(?: الرابط)?|حفظ|print|copy(?: link)?|شارك(?:ها|ه|وا)?|مشاركه|"
    r"share|tweet|غرد|ارسل|حجم الخط|خط|اعلان(?:ات)?|advertisement|a[+-]|التالي|السابق|on|via|عبر|علي|و|في)"
)
_ALONE: Final = re.compile(
    rf"\A(?:\W*{_NETWORK}(?!\w))+\W*\Z|"
    r"\A\W*(?:اترك تعليقا?|اضف تعليقا?|التعليقات|لا (?:توجد|يوجد) تعليقات|محتويات المقال|تصفح المقالات|الحلقات|"
    r"المقال(?:ه)? (?:السابقه?|التاليه?)|الخبر (?:السابق|التالي)|القائمه الرئيسيه|اقتراح تصحيح|ابلغ عن خطا|"
    r"(?:استمع|انصت) (?:الي|ل)ل?(?:مقال|خبر|تقرير)|صوره|صور|فيديو|بالصور|بالفيديو|load more|comments?)\W*\Z",
    re.IGNORECASE,
)
# what a line opens with, up to its end
_OPENED: Final = re.compile(
    r"\A\W*(?:"
    r"(?:شارك|انشر)(?:ها|ه|وا)? (?:هذا |هذه )?(?:ال)?(?:مقال|خبر|ماده|موضوع|تقرير|صفحه|علي|عبر|مع)|"
    r"(?:اشترك|سجل|انضم)(?:وا)? (?:الان )?(?:في|الي|معنا|ب)\s?(?:ال)?(?:نشر|قنا|خدم|قائم|بريد|صفح|مجموع)|"
    r"(?:تابع|انضم|لمتابع|للمتابع)(?:وا|ونا|ه|نا|وا الينا)? (?:اخر |احدث |كل |جديد )?(?:ال)?(?:اخبار|مستجدات|جديد|"
    r"صفحتنا|قناتنا|حسابنا|موقعنا|علي|عبر|المزيد)[^.]{0,120}(?:فيس|تويتر|تل[يغ]|واتس|جوجل|غوغل|google|twitter|"
    r"facebook|telegram|whatsapp|قناتنا|صفحتنا|حسابنا|التطبيق|تطبيق|موقعنا|هنا|اضغط)|"
    r"حمل(?:وا)? (?:ال)?تطبيق|اضغط(?:وا)? هنا|"
    r"(?:جميع|كل|كافه) (?:ال)?حقوق|حقوق (?:النشر|الطبع|الملكيه)|لا مانع من الاقتباس|يمنع (?:نسخ|الاقتباس|اعاده نشر)|"
    r"(?:copyright|all rights reserved|©)|"
    r"(?:الكلمات|كلمات) (?:الداله|المفتاحيه|مفتاحيه|دليليه|البحث)|(?:ال)?(?:وسوم|تاغات|تاجات|هاشتاغات)\s*[:：]|"
    r"(?:ال)?(?:وسوم|تاغات|تاجات)\W*\Z|tags\s*:|"
    r"(?:مصدر|صدر) (?:ال)?صور[هة]?(?=\W|\Z)|(?:التعليق|تعليق) علي (?:ال)?صوره|"
    r"(?:ال)?(?:صوره|صور|تصوير|عدسه|كاميرا)\s*(?:[:：/]|من ارشيف|ارشيفيه?\W*\Z)|(?:photo|image|credit|source)s?\s*:|"
    r"getty images|"
    r"(?:ال)?(?:مصدر|مصادر)\s*[:：]?\s*(?:\W|\Z)(?=[^.؟!]{0,80}\Z)|نقلا عن\s*[:：]|"
    r"(?:عدد )?(?:ال)?(?:مشاهدات|قراءات|زيارات)\s*[:：]?\s*\d|(?:وقت|مده|زمن) القراءه|"
    r"\d+ (?:دقيقه|دقاءق|دقيقتان) (?:ل)?(?:ال)?قراءه|"
    r"لن يتم نشر عنوان بريدك|احفظ اسمي|تخطي? .{0,60}(?:وواصل القراءه|الي المحتوي)|(?:author|role|published),? "
    r")",
    re.IGNORECASE,
)
# what a site says of its readers' comments, below the text
_POLICY: Final = re.compile(
    r"(?:الاراء|المقالات|التعليقات|المشاركات)[^.]{0,40} لا (?:تعبر|تمثل|تعكس)[^.]{0,30} (?:راي|اراء|موقف|وجهه نظر)|"
    r"(?=.*(?:تعليق|مشاركات))(?=.*(?:ارشادات|شروط|قواعد|سياسه) (?:ال)?(?:استخدام|نشر|تعليق|مشاركه))"
)
_LONGEST_POLICY: Final = 900
_TAGGED: Final = re.compile(r"\A\W*(?:#[\w_]+[\s،,|]*){2,}\Z")
_BYLINE: Final = re.compile(
    r"\A\W*(?:(?:ب?قلم|كتبت?|اعداد|تحرير|تقرير|حاوره|حاورته|ترجمه|متابعه|خاص|المحرر|الكاتب)\s*(?:[:：/\-–—|]|(?=\s))|by\s)"
    r"[^.:،؟!]{2,45}\Z",
    re.IGNORECASE,
)
_BYLINE_WORDS: Final = 6
_AGENCY: Final = (
    r"(?:وكالات|رويترز|ا\s?ف\s?ب|فرانس برس|واع|وفا|سانا|واس|وام|كونا|بنا|قنا|بترا|اش\s?ا|الاناضول|سبوتنيك|د\s?ب\s?ا|"
    r"شينخوا|اسوشيتد برس|ا\s?ب|مواقع|متابعات|خاص|خاص ب?[\w ]{2,20}|ارنا|تسنيم|مراسلنا|[\w]{2,15} نيوز|نيوز)"
)
_DATELINE: Final = re.compile(rf"\A\W*[\w ]{{2,30}}?\s*[-–—/|،:(]\s*{_AGENCY}(?:\s*[-–—/|،:+]\s*{_AGENCY})*\W*\Z")
_MONTH_WORDS: Final = frozenset(
    word for name in {**numbers_of(MONTHS), **numbers_of(HIJRI_MONTHS)} for word in name.split() if not word.isascii()
)
# what is left of a line of dates is nothing
_DATE_WORDS: Final = re.compile(
    r"(?<!\w)(?:تم|نشره?|نشرت?|نشر في|تاريخ|النشر|بتاريخ|اخر|تحديث|حدث|عدل|التعديل|الساعه|ساعه|يوم|في|من|شهر|"
    r"سنه|عام|توقيت|بتوقيت|غرينتش|جرينتش|مكه(?: المكرمه)?|القدس|بغداد|القاهره|صباحا|مساء|ظهرا|عصرا|ليلا|فجرا|"
    r"ص|م|ه|gmt|utc|am|pm|published|updated|last|on|at|قبل|منذ|"
    rf"{'|'.join(sorted(_MONTH_WORDS | FOLDED_WEEKDAYS))})(?!\w)",
    re.IGNORECASE,
)
_TOP: Final = 4
_BOTTOM: Final = 3
_DATE_LINE: Final = 90

_BESIDE: Final = re.compile(
    r"(?:\A|[\s_-])(?:(?:wp-)?captions?|credits?|infotext|figcaption|shar(?:e|ing)|social|addtoany|tags?|hashtags?|keywords|"
    r"related|see-?also|read-?(?:also|more)|newsletter|subscribe|promo|breadcrumbs?|author-?(?:box|bio)|print|toolbar)"
    r"(?:[\s_-]|\Z)",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(
    r"(?:\A|[\s_-])(?:images?|imgs?|photos?|pictures?|pics?|media|videos?|gallery|figure)", re.IGNORECASE
)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# WordPress names every post by its sections and tags
_SECTIONS: Final = re.compile(r"(?:\A|(?<=\s))(?:category|tag|format|has|type|page|single|status|post-type)-\S+")
_FIGURES: Final = frozenset(("figure", "figcaption"))
_PICTURES: Final = ("img", "picture", "video", "amp-img")
_NO_CAPTION: Final = frozenset(("html", "body", "main", "article", "h1"))
_WITH_CLASS: Final = XPath("//body//*[@class or @aria-label or @aria-labelledby or self::figure or self::figcaption]")


def without_boilerplate(lines: list[str], tree: HtmlElement, *, authors: Collection[str] = ()) -> list[str]:
    """Return the lines of an article that are of it, whichever way they were found; `authors` make a line a byline."""
    lines = _within_main(lines, tree)
    beside = list(_texts_beside(tree))
    joined = "\n".join(beside)
    # a tag or a table of contents repeats sub-headings, which are of the text all the same
    headings = {packed(heading.text_content()) for heading in tree.iter("h2", "h3", "h4")} if beside else set()

    def stands_beside(line: str) -> bool:
        text = packed(line)
        if text in headings:
            return False
        # a word or two stand in any text by chance
        return text in (joined if len(text) >= SHORTEST_FOUND else beside)

    kept = [line for line in lines if len(line) > LONGEST_CAPTION or not stands_beside(line)]
    return list(_own_lines(kept, tree, {letters_of(name) for name in authors}))


def plain_lines(lines: list[str], *, authors: Collection[str] = ()) -> list[str]:
    """Return the lines of a stated body that are of the article; there is no page around it to compare with."""
    return list(_own_lines(lines, None, {letters_of(name) for name in authors}))


def is_boilerplate(line: str) -> bool:
    """Tell whether a line is none of an article wherever it stands."""
    if len(line) > LONGEST:
        return False
    folded = fold(line)
    return bool(
        _ALONE.match(folded) or _OPENED.match(folded) or _SEE_ALSO.match(folded) or _LABEL_ALONE.match(folded)
    ) or bool(_TAGGED.match(line))


def _own_lines(lines: list[str], tree: HtmlElement | None, authors: Collection[str]) -> Iterator[str]:
    links: set[str] | None = None
    labelled = False
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if labelled and tree is not None:
            links = links if links is not None else {packed(link.text_content()) for link in tree.iter("a")}
            if packed(line) in links:
                continue
        labelled = False
        if is_boilerplate(line):
            labelled = bool(_LABEL_ALONE.match(fold(line)))
            continue
        if (index < _TOP or index >= len(lines) - _BOTTOM) and _is_credit(line, authors):
            continue
        if index >= len(lines) - _BOTTOM and len(line) <= _LONGEST_POLICY and _POLICY.match(fold(line)):
            continue
        if len(line) >= SHORTEST_REPEATED:
            if line in seen:
                continue
            seen.add(line)
        yield line


def _is_credit(line: str, authors: Collection[str]) -> bool:
    """Tell whether a line at an end of the text says only who wrote it, where and when."""
    if len(line) > _DATE_LINE:
        return False
    if letters_of(line) in authors:
        return True
    folded = fold(line)
    if len(folded.split()) <= _BYLINE_WORDS + 1 and _BYLINE.match(folded):
        return True
    if _DATELINE.match(folded):
        return True
    return any(map(str.isdigit, line)) and not any(map(str.isalpha, _DATE_WORDS.sub("", folded)))


def _within_main(lines: list[str], tree: HtmlElement) -> list[str]:
    """Return the lines without those shown only outside the page's main element, where that holds most of them."""
    mains = list(tree.iter("main"))
    if len(mains) != 1 or not lines:
        return lines
    within = packed(mains[0].text_content())
    inside = [packed(line) in within for line in lines]
    if all(inside) or sum(len(line) for line, is_in in zip(lines, inside, strict=True) if is_in) < MOSTLY_FRAMED * sum(
        map(len, lines)
    ):
        return lines
    whole = packed(tree.text_content())
    return [line for line, is_in in zip(lines, inside, strict=True) if is_in or packed(line) not in whole]


def _texts_beside(tree: HtmlElement) -> Iterator[str]:
    """Yield the packed text of what the page's own names call a caption, a share bar, tags, related links."""
    found: list[HtmlElement] = _WITH_CLASS(tree)  # type: ignore[assignment]
    for element in found:
        named, pictured = _named_beside(element.get("class") or "")
        if not named and (label := element.get("aria-labelledby") or element.get("aria-label")):
            named = _named_beside(label)[0]
        if element.tag in _NO_CAPTION or not (named or pictured or element.tag in _FIGURES):
            continue
        if not named and element.tag not in _FIGURES and next(element.iter(*_PICTURES), None) is None:
            continue
        text = packed(element.text_content())
        if (
            0 < len(text) <= LONGEST_CAPTION
            and next(element.iter("h1"), None) is None
            and _paragraphs(element) <= (4 if named else 2)
        ):
            yield text


@lru_cache(maxsize=4096)
def _named_beside(names: str) -> tuple[bool, bool]:
    """Tell whether a class attribute names what stands beside a text, and whether it names a picture."""
    names = _CAMEL.sub("-", _SECTIONS.sub("", names))
    return bool(_BESIDE.search(names)), bool(_PICTURE.search(names))


def _paragraphs(element: HtmlElement) -> int:
    return sum(1 for _ in element.iter("p"))
