"""Renaming: does one text say of other names what another one says?

«التحالف ينسحب من قاعدة عين الرمال» and «… وادي الصقر» are one form, as are cables to two heads of state. An editor who
rewrites a story puts words for others too, but rarely one name by the same other one each time; where an outlet does,
the two mean the same («واشنطن» and «الولايات المتحدة») or are spelled alike («ترامب» and «ترمب»).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from mirqab.arabic import fold, is_figure
from mirqab.arabic.nations import NATIONS_MEANT
from mirqab.arabic.stemming import SHORTEST_STEM, light
from mirqab.topics.frequent import FREQUENT

WINDOW: Final = 100
"""Words of a body in which renaming is looked for: a form names what it is about in its first sentences."""

LONGEST: Final = 4
"""Words of a name with its title: «ملك الرمال سالم الهادي». What is longer is a clause written anew."""

ALIKE: Final = 0.8
"""Words that share so many of their letters are spellings or inflections of one: «غوتيريش» and «غوتيريس» share .86."""

_HOUSE_STYLE: Final = """
جيش قوات جنود عسكري عسكريون مسلحة مسلحون مقاتلون عناصر وحدات كتيبة لواء ميليشيا ميليشيات فصائل مقاومة حزب الله حماس
حوثي حوثيون أنصار جماعة حركة تنظيم داعش إرهابي إرهابيون متمردون معارضة نظام سلطات إدارة دفاع أركان حرس
شهيد شهداء استشهد استشهاد مقتل قتيل قتلى قتل مصرع ضحايا ضحية وفاة رحيل توفي رحل فارق نعى نعت غيب
غارة غارات قصف ضربة ضربات هجوم هجمات عدوان عملية عمليات اعتداء توغل اقتحام استهداف استهدف قصفت استهدفت
مستوطن مستوطنون مستعمر مستعمرون أسير أسرى معتقل معتقلون محتجز محتجزون رهينة رهائن سجين سجناء
مباحثات محادثات مفاوضات مشاورات حوار لقاء اجتماع اتصال زيارة جولة قمة مؤتمر اتفاق اتفاقية معاهدة تفاهم هدنة تهدئة
انسحاب جلاء خروج مغادرة سحب إخلاء انسحبت ينسحب تنسحب غادرت تغادر أخلت تخلي تسليم سلمت تسلمت معسكر ثكنة قاعدة موقع
بلدة قرية مدينة محافظة ولاية إقليم منطقة ناحية قضاء حي ضاحية مخيم أراضي
شدد شددت صرح صرحت لفت لفتت نوه اعتبر رأى أبلغ أخبر نقل نقلت أورد أعرب عبر استقبل التقى اجتمع بحث ناقش تناول
هنأ هنأت بعث أرسل أبرق تهنئة تهاني حكم حكمت قضت أدانت دان أدان ندد استنكر رفض عارض طالب دعا حث ناشد
يناير فبراير مارس أبريل نيسان مايو أيار يونيو حزيران يوليو تموز أغسطس آب سبتمبر أيلول أكتوبر نوفمبر ديسمبر تشرين كانون
شباط آذار طائرة مسيرة درون صاروخ صواريخ قذيفة قذائف دعم سريع شركة مؤسسة مصرف بنك دولار
متحدث ناطق مصدر مصادر بيان تصريح تصريحات مسؤول سفير مبعوث موفد ممثل دبلوماسي ملك أمير سلطان رئيس رئاسة
"""


def renamed(one: Sequence[str], other: Sequence[str], *, headlines: tuple[Sequence[str], Sequence[str]]) -> bool:
    """Whether what one text calls by a name the other one calls by another, twice at least.

    `one` and `other` are the folded words of two bodies of one frame. The two names stand between the same words of
    them, and once more: in the same way, or in the headlines. Neither stands in the other text's headline or beginning.
    """
    first, second = one[:WINDOW], other[:WINDOW]
    openings = (*headlines[0], *first), (*headlines[1], *second)
    if not (own := _own(*openings)) or not (others := _own(*reversed(openings))):
        return False
    # the headlines are one more place where a name stands for another, in whatever words besides
    seen = [(_telling(headlines[0]) & own, _telling(headlines[1]) & others)]
    for swap in _swaps(first, second):
        names = _names(*swap)
        names = names[0] & own, names[1] & others
        if any(names[0] & before[0] and names[1] & before[1] for before in seen):
            return True
        seen.append(names)
    return False


def _own(said: Sequence[str], others: Sequence[str]) -> frozenset[str]:
    """Return the stems of words that a text says twice and the other one never: without any there is no renaming."""
    lacking = set(said).difference(others)
    stems = [light(word) for word in said if word in lacking]
    twice = {stem for stem, count in Counter(stems).items() if count > 1} - _COMMON if len(stems) > 1 else set()
    return frozenset(twice.difference(map(light, others))) if twice else frozenset()


def _swaps(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield what stands in two texts between the same words, where it is not the same."""
    steps = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    for place, (kind, start, end, other_start, other_end) in enumerate(steps):
        is_framed = 0 < place < len(steps) - 1
        if kind == "replace" and is_framed and max(end - start, other_end - other_start) <= LONGEST:
            yield one[start:end], other[other_start:other_end]


def _names(one: Iterable[str], other: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems of the names on both sides, none when one side may be another word for what the other says."""
    first, second = _telling(one), _telling(other)
    alike = {(a, b) for a in first for b in second if _are_forms_of_one(a, b)}
    first -= {a for a, _ in alike}
    second -= {b for _, b in alike}
    nations = [{nation for stem in side for nation in NATIONS_MEANT.get(stem, ())} for side in (first, second)]
    if nations[0] & nations[1] or bool(nations[0]) != bool(nations[1]):
        return frozenset(), frozenset()  # «واشنطن» for «الولايات المتحدة», «نتنياهو» for «رئيس الوزراء الإسرائيلي»
    return first, second


def _are_forms_of_one(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    # «أفغان» and «أفغانيا»: what an ending adds may be more than a fifth of a short word
    if len(shorter) >= SHORTEST_STEM and longer.startswith(shorter):
        return True
    return SequenceMatcher(None, one, other).ratio() >= ALIKE


def _telling(said: Iterable[str]) -> frozenset[str]:
    return frozenset(light(word) for word in said if len(word) > 1 and not is_figure(word)) - _COMMON


_COMMON: Final = frozenset(light(word) for word in {*FREQUENT, *map(fold, _HOUSE_STYLE.split())}) - NATIONS_MEANT.keys()
