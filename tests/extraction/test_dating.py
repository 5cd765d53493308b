"""When a page was published: the stated order, relative times, false labels, and no date that is another's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mirqab.arabic.relative import read_relative
from mirqab.extraction import extract
from mirqab.types import Extraction, PageHints

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEADLINE = "مرصد الجبل يسجّل أول تساقط للثلج هذا العام"
TEXT = (
    "<p>سجّل مرصد الجبل، فجر اليوم، أول تساقط للثلج هذا العام على ارتفاع ألفي متر.</p>"
    "<p>وقال مدير المرصد غسان الثلجي إن السماكة بلغت خمسة سنتيمترات، وإن الطريق ظل مفتوحاً.</p>"
    "<p>وتوقع أن يستمر التساقط حتى المساء، ثم يصفو الجو يومين قبل موجة برد جديدة.</p>"
)
OTHERS = "".join(
    f"<div class=card><h3><a href='/o/{n}'>خبر آخر من الجبل والسهل رقم {n}</a></h3><time>{n} يناير 2019</time></div>"
    for n in range(1, 5)
)


def read(
    above: str = "", *, head: str = "", before: str = "", after: str = "", url: str = "https://news.example/4",
    hints: PageHints | None = None,
) -> Extraction:  # fmt: skip
    page = (
        f"<html><head><title>{HEADLINE}</title>{head}</head><body>{before}<main><article><h1>{HEADLINE}</h1>{above}"
        f"{TEXT}</article></main>{after}</body></html>"
    )
    return extract(page.encode(), url=url, content_type="text/html", hints=hints or PageHints(fetched_at=AT))


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("قبل ساعتين", timedelta(hours=2)),
        ("منذ 5 دقائق", timedelta(minutes=5)),
        ("منذ ٥ دقائق", timedelta(minutes=5)),
        ("قبل ثلاث ساعات", timedelta(hours=3)),
        ("نُشر قبل ساعة واحدة", timedelta(hours=1)),
        ("منذ يومين", timedelta(days=2)),
        ("أمس", timedelta(days=1)),
        ("الآن", timedelta()),
        ("قبل قليل", timedelta()),
        ("3 hours ago", timedelta(hours=3)),
    ],
)
def test_a_time_told_from_now(text: str, ago: timedelta) -> None:
    assert read_relative(text, at=AT) == AT - ago


@pytest.mark.parametrize(
    "text",
    [
        "قبل شهر",
        "منذ سنوات",
        "قبل أسبوعين",
        "قبل 90 يوما",
        "قبل ساعتين انقطع التيار",
        "ساعتين",
        "منذ",
        "قبل 0 دقائق",
        "",
    ],
)
def test_what_is_too_coarse_or_no_time_is_none(text: str) -> None:
    assert read_relative(text, at=AT) is None


def test_a_relative_time_counts_from_the_fetch_and_keeps_its_text() -> None:
    found = read("<span class=date>قبل ساعتين</span>")

    assert (found.published, found.published_raw) == (AT - timedelta(hours=2), "قبل ساعتين")
    assert read("<span class=date>قبل ساعتين</span>", hints=PageHints()).published is None


def test_the_feed_s_date_goes_before_a_relative_one() -> None:
    minute = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)

    assert read("<time>قبل ساعتين</time>", hints=PageHints(published=minute, fetched_at=AT)).published == minute


@pytest.mark.parametrize(
    ("sources", "day"), [((1, 2, 3, 4), 1), ((2, 3, 4), 2), ((3, 4), 3), ((4,), 4), ((), 5)], ids=str
)
def test_the_stated_order(sources: tuple[int, ...], day: int) -> None:
    told = {
        1: '<script type="application/ld+json">{"@type":"Article","datePublished":"2024-01-01T10:00:00Z"}</script>',
        2: '<meta property="article:published_time" content="2024-01-02T10:00:00Z">',
    }
    shown = {3: '<time datetime="2024-01-03T10:00:00Z"></time>'}
    hints = PageHints(published=datetime(2024, 1, 4, 10, 0, tzinfo=UTC) if 4 in sources else None)

    found = read(
        "".join(shown[one] for one in sources if one in shown),
        head="".join(told[one] for one in sources if one in told),
        url=f"https://news.example/{'x' if sources else '2024/01/05/x'}",
        hints=hints,
    )

    assert found.published is not None
    assert found.published.day == day


FALSE_Z = '<meta property="article:published_time" content="2024-01-26T14:30:00Z">'


@pytest.mark.parametrize(
    ("above", "hints", "hour"),
    [
        ("<span class=date>الجمعة، 26 يناير 2024 02:30 م</span>", PageHints(timezone="Africa/Cairo"), 12),
        ("<span class=date>الجمعة، 26 يناير 2024 04:30 م</span>", PageHints(timezone="Africa/Cairo"), 14),
        ("", PageHints(timezone="Africa/Cairo", fetched_at=datetime(2024, 1, 26, 12, 40, tzinfo=UTC)), 12),
        ("", PageHints(timezone="Africa/Cairo", published=datetime(2024, 1, 26, 12, 30, tzinfo=UTC)), 12),
        ("", PageHints(timezone="Africa/Cairo"), 14),
        ("<span class=date>الجمعة، 26 يناير 2024 02:30 م</span>", PageHints(), 14),
    ],
    ids=["seen", "seen_right", "ahead_of_the_fetch", "feed", "nothing_against_it", "no_zone"],
)
def test_a_false_utc_label_is_told_by_what_contradicts_it(above: str, hints: PageHints, hour: int) -> None:
    assert read(above, head=FALSE_Z, hints=hints).published == datetime(2024, 1, 26, hour, 30, tzinfo=UTC)


def test_words_in_a_meta_element_are_read_in_the_outlet_s_zone() -> None:
    head = '<meta property="article:published_time" content="الأربعاء، 07 أكتوبر 2020 - 12:09 م">'

    found = read(head=head, hints=PageHints(timezone="Asia/Baghdad"))

    assert found.published == datetime(2020, 10, 7, 9, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "page",
    [
        {"after": OTHERS},
        {"after": f"<aside>{OTHERS}</aside>"},
        {"before": "<div class=ticker><time>21 نوفمبر 2026 10:00</time></div>"},
        {"before": "<header><div class=date>الجمعة 20 نوفمبر 2026</div><nav>الرئيسية</nav></header>"},
        {"before": "<div class=today-date>الأحد 22 نوفمبر 2026</div>"},
        {"after": "<div class=comments><span class=date>21/11/2026 10:00</span></div>"},
        {"after": "<footer><span class=date>© 2026</span></footer>"},
        {"above": "<span class=date>© 2026</span>"},
        {"head": '<meta name=date content="0001-01-01T00:00:00">'},
        {"head": '<meta name=date content="2031-01-01T00:00:00">'},
    ],
    ids=["cards", "aside", "ticker", "header", "today", "comment", "footer", "year", "year_one", "ahead"],
)
def test_a_date_of_something_else_is_none(page: dict[str, str]) -> None:
    assert read(**page).published is None  # type: ignore[arg-type]


def test_the_line_beside_the_headline_goes_before_those_of_other_articles() -> None:
    found = read("<div class=meta>٢٦ كانون الثاني ٢٠٢٤</div>", before=OTHERS, after=OTHERS)

    assert found.published == datetime(2024, 1, 26, tzinfo=UTC)


def test_a_date_seen_that_the_address_contradicts_is_passed_over() -> None:
    found = read("<div class=meta>26 يناير 2024</div>", url="https://news.example/2020/04/24/x")

    assert found.published == datetime(2020, 4, 24, tzinfo=UTC)
