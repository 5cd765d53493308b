"""Countries, and the words by which news means them.

One row each: its names and nisbas, which mean nothing else; the seats by which its government goes («أكدت واشنطن»);
and words that mean it among other things («عمان» is two countries' word, «مالي» is also "financial").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mirqab.arabic.folding import fold
from mirqab.arabic.stemming import light

_ROWS: Final = """
العراق عراقي | بغداد |
سوريا سورية سوري | دمشق |
لبنان لبناني | بيروت |
الأردن أردني | | عمان
فلسطين فلسطيني | |
إسرائيل إسرائيلي صهيوني صهاينة | | الاحتلال الكيان العدو العبرية
مصر مصري | القاهرة |
ليبيا ليبي | طرابلس |
تونس تونسي | |
الجزائر جزائري | |
المغرب مغربي | الرباط |
موريتانيا موريتاني | نواكشوط |
السودان سوداني | الخرطوم |
الصومال صومالي | مقديشو |
جيبوتي | |
اليمن يمني | صنعاء |
السعودية سعودي | الرياض |
الإمارات إماراتي | أبوظبي |
قطر قطري | الدوحة |
البحرين بحريني | المنامة |
الكويت كويتي | |
عمان عماني | مسقط |
إيران إيراني | طهران |
تركيا تركي | أنقرة |
أفغانستان أفغاني أفغان | كابل كابول |
باكستان باكستاني | |
الهند هندي | نيودلهي |
الصين صيني | بكين |
اليابان ياباني | طوكيو |
روسيا روسي | موسكو الكرملين |
أوكرانيا أوكراني | كييف |
أميركا أمريكا أميركي أمريكي | واشنطن | الولايات المتحدة
بريطانيا بريطاني | لندن |
فرنسا فرنسي | باريس الإليزيه |
ألمانيا ألماني | برلين |
إيطاليا إيطالي | روما |
إسبانيا إسباني | مدريد |
هولندا هولندي | |
بلجيكا بلجيكي | |
السويد سويدي | |
النرويج نرويجي | |
بولندا بولندي | |
اليونان يوناني | أثينا |
قبرص قبرصي | نيقوسيا |
أرمينيا أرميني | |
أذربيجان أذربيجاني | باكو |
كندا كندي | |
البرازيل برازيلي | |
المكسيك مكسيكي | |
النيجر | نيامي |
نيجيريا نيجيري | أبوجا |
تشاد تشادي | |
 | | مالي باماكو
إثيوبيا إثيوبي | أديس |
إريتريا إريتري | |
كينيا كيني | |
أوغندا أوغندي | كمبالا |
رواندا رواندي | |
الكونغو كونغولي | |
بوركينا | |
السنغال سنغالي | داكار |
أستراليا أسترالي | |
كوريا كوري | |
فنزويلا فنزويلي | |
"""


def _rows() -> Iterator[tuple[list[str], list[str], list[str]]]:
    for line in fold(_ROWS.strip("\n")).split("\n"):
        names, seats, others = (part.split() for part in line.split("|"))
        yield names, seats, others


def _meant() -> dict[str, frozenset[str]]:
    meant: dict[str, set[str]] = {}
    for names, seats, others in _rows():
        for word in (*names, *seats, *others):
            meant.setdefault(light(word), set()).add((names or others)[0])
    return {stem: frozenset(nations) for stem, nations in meant.items()}


NATION_NAMED: Final[Mapping[str, str]] = {light(word): names[0] for names, _, _ in _rows() for word in names}
"""The stem of a name or nisba → the country, by its folded name."""

NATION_SEATED: Final[Mapping[str, str]] = {light(seat): names[0] for names, seats, _ in _rows() for seat in seats}
"""The stem of a capital or palace → the country whose government goes by it."""

NATIONS_MEANT: Final[Mapping[str, frozenset[str]]] = _meant()
"""The stem of any word of a country, also of those that mean other things → the countries it may mean."""
