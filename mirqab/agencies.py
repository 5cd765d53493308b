"""The news agencies that texts are credited to: their ids, names, and how newsrooms write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNNAMED: Final = "wires"
"""The id of «وكالات»: several agencies, none of them named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agency:
    """One agency. The written forms are as newsrooms print them.

    `words` are names that mean nothing else, or next to nothing. `short` are names that are also other words
    («وام», «تاس», «سانا»): they count only where a credit stands, or after «وكالة». `bracketed` are those that are
    mostly something else («الألمانية», «قنا» the town): they count only in brackets, behind a place and a stroke, or in
    a line of sources.
    """

    id: str
    name: str
    name_en: str
    words: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    bracketed: tuple[str, ...] = ()


AGENCIES: Final[Mapping[str, Agency]] = {
    agency.id: agency
    for agency in (
        Agency(
            id="afp",
            name="فرانس برس",
            name_en="AFP",
            words=("فرانس برس", "فرانسبرس", "وكالة الأنباء الفرنسية", "وكالة الصحافة الفرنسية", "AFP"),
            short=("أ ف ب", "أفب"),
            bracketed=("الفرنسية",),
        ),
        Agency(id="reuters", name="رويترز", name_en="Reuters", words=("رويترز", "رويتر", "Reuters")),
        Agency(
            id="ap",
            name="أسوشيتد برس",
            name_en="AP",
            words=(
                "أسوشيتد برس",
                "أسوشيتدبرس",
                "أسوشييتد برس",
                "أسوشيتيد برس",
                "الأسوشيتد برس",
                "أسوشياتد برس",
                "Associated Press",
            ),
            bracketed=("أ ب", "AP"),
        ),
        Agency(
            id="dpa",
            name="وكالة الأنباء الألمانية",
            name_en="dpa",
            words=("وكالة الأنباء الألمانية", "الوكالة الألمانية"),
            short=("د ب أ", "dpa"),
            bracketed=("الألمانية",),
        ),
        Agency(id="upi", name="يونايتد برس", name_en="UPI", words=("يونايتد برس", "UPI"), short=("يو بي آي",)),
        Agency(
            id="epa",
            name="الوكالة الأوروبية للصور",
            name_en="EPA",
            words=("الوكالة الأوروبية للصور",),
            short=("إ ب أ", "EPA"),
            bracketed=("الأوروبية",),
        ),
        Agency(id="bloomberg", name="بلومبرغ", name_en="Bloomberg", words=("بلومبرغ", "بلومبرج", "Bloomberg")),
        Agency(id="aa", name="الأناضول", name_en="Anadolu", words=("الأناضول", "وكالة أناضول")),
        Agency(
            id="ina",
            name="وكالة الأنباء العراقية",
            name_en="INA",
            words=("وكالة الأنباء العراقية",),
            short=("واع", "INA"),
        ),
        Agency(
            id="nina",
            name="الوكالة الوطنية العراقية للأنباء",
            name_en="NINA",
            words=("الوكالة الوطنية العراقية للأنباء",),
            bracketed=("نينا", "NINA"),
        ),
        Agency(
            id="wam",
            name="وكالة أنباء الإمارات",
            name_en="WAM",
            words=("وكالة أنباء الإمارات", "وكالة الأنباء الإماراتية"),
            short=("وام", "WAM"),
        ),
        Agency(
            id="sana",
            name="الوكالة العربية السورية للأنباء",
            name_en="SANA",
            words=("الوكالة العربية السورية للأنباء", "وكالة الأنباء السورية"),
            short=("سانا", "SANA"),
        ),
        Agency(
            id="petra",
            name="وكالة الأنباء الأردنية",
            name_en="Petra",
            words=("وكالة الأنباء الأردنية",),
            short=("بترا", "Petra"),
        ),
        Agency(
            id="wafa",
            name="وكالة الأنباء الفلسطينية",
            name_en="WAFA",
            words=("وكالة الأنباء والمعلومات الفلسطينية", "وكالة الأنباء الفلسطينية"),
            short=("وفا", "WAFA"),
        ),
        Agency(
            id="qna",
            name="وكالة الأنباء القطرية",
            name_en="QNA",
            words=("وكالة الأنباء القطرية",),
            short=("QNA",),
            bracketed=("قنا",),
        ),
        Agency(
            id="kuna",
            name="وكالة الأنباء الكويتية",
            name_en="KUNA",
            words=("وكالة الأنباء الكويتية",),
            short=("كونا", "KUNA"),
        ),
        Agency(
            id="ona",
            name="وكالة الأنباء العمانية",
            name_en="ONA",
            words=("وكالة الأنباء العمانية",),
            bracketed=("العمانية",),
        ),
        Agency(
            id="spa",
            name="وكالة الأنباء السعودية",
            name_en="SPA",
            words=("وكالة الأنباء السعودية",),
            short=("واس", "SPA"),
        ),
        Agency(
            id="bna",
            name="وكالة أنباء البحرين",
            name_en="BNA",
            words=("وكالة أنباء البحرين", "وكالة الأنباء البحرينية"),
            bracketed=("بنا", "BNA"),
        ),
        Agency(
            id="saba",
            name="وكالة الأنباء اليمنية",
            name_en="Saba",
            words=("وكالة الأنباء اليمنية",),
            short=("سبأنت", "سبأ نت"),
            bracketed=("سبأ",),
        ),
        Agency(
            id="suna",
            name="وكالة السودان للأنباء",
            name_en="SUNA",
            words=("وكالة السودان للأنباء", "وكالة الأنباء السودانية"),
            short=("سونا", "SUNA"),
        ),
        Agency(
            id="lana",
            name="وكالة الأنباء الليبية",
            name_en="LANA",
            words=("وكالة الأنباء الليبية",),
            bracketed=("وال",),
        ),
        Agency(
            id="aps",
            name="وكالة الأنباء الجزائرية",
            name_en="APS",
            words=("وكالة الأنباء الجزائرية",),
            short=("واج",),
            bracketed=("وأج", "APS"),
        ),
        Agency(
            id="map",
            name="وكالة المغرب العربي للأنباء",
            name_en="MAP",
            words=("وكالة المغرب العربي للأنباء",),
            short=("و م ع",),
            bracketed=("ومع", "MAP"),
        ),
        Agency(
            id="tap",
            name="وكالة تونس أفريقيا للأنباء",
            name_en="TAP",
            words=("وكالة تونس أفريقيا للأنباء", "وكالة تونس إفريقيا للأنباء"),
            bracketed=("وات", "TAP"),
        ),
        Agency(
            id="mena",
            name="وكالة أنباء الشرق الأوسط",
            name_en="MENA",
            words=("وكالة أنباء الشرق الأوسط",),
            short=("أ ش أ",),
            bracketed=("MENA",),
        ),
        Agency(
            id="nna",
            name="الوكالة الوطنية للإعلام",
            name_en="NNA",
            words=("الوكالة الوطنية للإعلام",),
            bracketed=("NNA",),
        ),
        Agency(
            id="irna",
            name="إرنا",
            name_en="IRNA",
            words=("وكالة الأنباء الإيرانية", "وكالة الجمهورية الإسلامية للأنباء"),
            short=("إرنا", "IRNA"),
        ),
        Agency(id="tasnim", name="تسنيم", name_en="Tasnim", short=("تسنيم", "Tasnim")),
        Agency(id="fars", name="فارس", name_en="Fars", words=("وكالة أنباء فارس", "وكالة فارس"), bracketed=("فارس",)),
        Agency(id="mehr", name="مهر", name_en="Mehr", words=("وكالة أنباء مهر", "وكالة مهر"), bracketed=("مهر",)),
        Agency(id="isna", name="إيسنا", name_en="ISNA", short=("إيسنا", "إسنا", "ISNA")),
        Agency(id="sputnik", name="سبوتنيك", name_en="Sputnik", words=("سبوتنيك", "Sputnik")),
        Agency(id="tass", name="تاس", name_en="TASS", words=("إيتار تاس",), short=("تاس", "TASS")),
        Agency(id="ria", name="ريا نوفوستي", name_en="RIA Novosti", words=("ريا نوفوستي", "نوفوستي", "نوفوستى")),
        Agency(id="interfax", name="إنترفاكس", name_en="Interfax", words=("إنترفاكس", "انترفاكس", "Interfax")),
        Agency(id="xinhua", name="شينخوا", name_en="Xinhua", words=("شينخوا", "Xinhua", "وكالة الأنباء الصينية")),
        Agency(
            id="aki",
            name="آكي",
            name_en="AKI",
            words=("وكالة آكي", "وكالة الأنباء الإيطالية آكي"),
            bracketed=("آكي", "أكي", "AKI"),
        ),
        Agency(id="ansa", name="أنسا", name_en="ANSA", words=("وكالة أنسا",), short=("أنسا", "ANSA")),
        Agency(id="efe", name="إفي", name_en="EFE", words=("وكالة الأنباء الإسبانية",), bracketed=("إفي", "EFE")),
        Agency(id="kyodo", name="كيودو", name_en="Kyodo", words=("كيودو", "Kyodo")),
        Agency(id="yonhap", name="يونهاب", name_en="Yonhap", words=("يونهاب", "Yonhap")),
        Agency(id=UNNAMED, name="وكالات", name_en="agencies", short=("وكالات", "الوكالات", "وكالات الأنباء")),
    )
}
"""By id, in the order in which they are looked for."""
