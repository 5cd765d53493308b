"""Stems of folded words, light ones, for two texts to meet in one form; and the countries that words mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from mirqab.arabic import fold
from mirqab.topics.frequent import FREQUENT

_SHORTEST: Final = 3
_PREFIXES: Final = ("وبال", "وكال", "فبال", "ولل", "وال", "فال", "بال", "كال", "لل", "ال")
_CLITICS: Final = "وبل"  # a name that begins with one of them loses it everywhere: a stem is no more than a label
_SUFFIXES: Final = (
    "ياتها", "ياتهم", "اتها", "اتهم", "تهم", "تها", "هما", "يات", "يين", "يون", "ات", "ان", "ون", "ين", "ها", "هم",
    "نا", "يه", "وا", "ه", "ي", "ا",
)  # fmt: skip

_NATIONS: Final = """
العراق عراقي|سوريا سورية سوري|لبنان لبناني|الأردن أردني|فلسطين فلسطيني|إسرائيل إسرائيلي صهيوني صهاينة|مصر مصري|
ليبيا ليبي|تونس تونسي|الجزائر جزائري|المغرب مغربي|موريتانيا موريتاني|السودان سوداني|الصومال صومالي|جيبوتي|
اليمن يمني|السعودية سعودي|الإمارات إماراتي|قطر قطري|البحرين بحريني|الكويت كويتي|عمان عماني|إيران إيراني|
تركيا تركي|أفغانستان أفغاني أفغان|باكستان باكستاني|الهند هندي|الصين صيني|اليابان ياباني|روسيا روسي|
أوكرانيا أوكراني|أميركا أمريكا أميركي أمريكي|بريطانيا بريطاني|فرنسا فرنسي|ألمانيا ألماني|إيطاليا إيطالي|
إسبانيا إسباني|هولندا هولندي|بلجيكا بلجيكي|السويد سويدي|النرويج نرويجي|بولندا بولندي|اليونان يوناني|قبرص قبرصي|
أرمينيا أرميني|أذربيجان أذربيجاني|كندا كندي|البرازيل برازيلي|المكسيك مكسيكي|النيجر|نيجيريا نيجيري|تشاد تشادي|
إثيوبيا إثيوبي|إريتريا إريتري|كينيا كيني|أوغندا أوغندي|رواندا رواندي|الكونغو كونغولي|بوركينا|السنغال سنغالي|
أستراليا أسترالي|كوريا كوري|فنزويلا فنزويلي
"""

_CAPITALS: Final = """
بغداد العراق|دمشق سوريا|بيروت لبنان|القاهرة مصر|طرابلس ليبيا|الرباط المغرب|نواكشوط موريتانيا|الخرطوم السودان|
مقديشو الصومال|صنعاء اليمن|الرياض السعودية|أبوظبي الإمارات|الدوحة قطر|المنامة البحرين|مسقط عمان|طهران إيران|أنقرة تركيا|
كابل أفغانستان|كابول أفغانستان|بكين الصين|طوكيو اليابان|موسكو روسيا|كييف أوكرانيا|واشنطن أميركا|لندن بريطانيا|
باريس فرنسا|برلين ألمانيا|روما إيطاليا|مدريد إسبانيا|نيامي النيجر|أبوجا نيجيريا|أديس إثيوبيا|كمبالا أوغندا
"""


def light(word: str) -> str:
    """Return a folded word without article, conjunction and ending, so that two texts meet in one form."""
    prefix = next((one for one in _PREFIXES if word.startswith(one) and len(word) - len(one) >= _SHORTEST), "")
    if not prefix and word[0] in _CLITICS and len(word) > _SHORTEST + 1:
        prefix = word[0]
    word = word[len(prefix) :]
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= _SHORTEST), "")
    return word[: len(word) - len(suffix)]


_NATION_OF: Final[Mapping[str, str]] = {
    light(fold(form)): fold(forms.split()[0])
    for forms in _NATIONS.replace("\n", "").split("|")
    for form in forms.split()
}
_NATION_NAMES: Final = frozenset(_NATION_OF.values())
NATION_MEANT: Final[Mapping[str, str]] = {
    light(fold(capital)): fold(nation)
    for capital, nation in (pair.split() for pair in _CAPITALS.replace("\n", "").split("|"))
}
"""A government goes by its capital: «أكدت واشنطن»."""


@lru_cache(maxsize=65_536)
def term_of(word: str) -> str:
    """Return the term that a folded word stands for, empty for one that says nothing."""
    if word in FREQUENT:
        return ""
    if word[0].isascii():
        return word.lower() if len(word) > 1 else ""
    stem = light(word)
    return _NATION_OF.get(stem, stem) if len(stem) > 1 else ""


def nation_of(term: str) -> str:
    """Return the country that a term means, empty for any other term."""
    return term if term in _NATION_NAMES else NATION_MEANT.get(term, "")
