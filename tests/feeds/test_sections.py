"""Pages without a feed: which of their links are articles."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import pages
from demo.stories import load_outlets
from mirqab.addresses import url_key
from mirqab.feeds import read_feed
from mirqab.types import FeedBody, FeedKind, FeedReading, Reason

URL = "https://www.marsad.example/politics/"
HEADLINES = (
    "الميناء يستقبل أول سفينة بعد عامين",
    "بلدية الساحل تبدأ ترميم السوق القديم",
    "جامعة الرابية تفتح باب القبول للطلاب",
    "مزارعو الوادي يشكون تأخر مياه الري",
)


def read(html: str | bytes, *, url: str = URL, links: str | None = None, max_items: int = 2000) -> FeedReading:
    body = html if isinstance(html, bytes) else html.encode()
    return read_feed(
        FeedBody(body=body, url=url, kind=FeedKind.SECTION, links=links, content_type="text/html", max_items=max_items)
    )


def page(*parts: str, title: str = "سياسة - مرصد") -> str:
    return (
        f"<!doctype html><html lang=ar dir=rtl><head><title>{title}</title></head><body>{''.join(parts)}</body></html>"
    )


def cards(headlines: Sequence[str] = HEADLINES, form: str = "/news/{number}/") -> str:
    return "".join(
        f'<article><h3><a href="{form.format(number=4000 + number)}">{headline}</a></h3></article>'
        for number, headline in enumerate(headlines)
    )


def titles(reading: FeedReading) -> list[str]:
    return [item.title for item in reading.items]


def test_the_headlines_of_a_page_are_its_items_in_its_order() -> None:
    reading = read(page(cards()))
    assert (reading.version, reading.title, reading.problem) == ("section", "سياسة - مرصد", None)
    assert titles(reading) == list(HEADLINES)
    assert [item.url for item in reading.items][:2] == [
        "https://www.marsad.example/news/4000/",
        "https://www.marsad.example/news/4001/",
    ]


@pytest.mark.parametrize(
    "form",
    [
        "/2026/11/20/{number}",
        "/article/{number}-الميناء-يستقبل-سفينة",
        "/news.php?id={number}",
        "/?p={number}",
        "details.aspx?sid={number}&lang=ar",
        "/archives/{number}",
        "/الميناء-يستقبل-أول-سفينة-{number}",
        "/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1-%D8%A7%D9%84%D9%82%D8%AF%D9%8A%D9%85-%D8%A7%D9%84%D8%A2%D9%86-{number}/",
        "/story/6f1e{number}-77aa-4f0b-9e1c-0a1b2c3d4e5f",
        "/arabic/articles/c0{number}rnmk24o",
        "/sport/x{number}.html",
        "https://sport.marsad.example/{number}",
        "https://marsad.example/news/{number}?utm_source=front",
    ],
)
def test_addresses_of_articles_have_many_forms(form: str) -> None:
    assert titles(read(page(cards(form=form)))) == list(HEADLINES)


@pytest.mark.parametrize(
    "part",
    [
        '<nav><a href="/news/7001">قائمة فيها عنوان طويل جدا للاختبار</a></nav>',
        '<header><a href="/news/7002">شعار مرصد الأخبار في كل مكان</a></header>',
        '<footer><a href="/news/7003">خبر في ذيل الصفحة لا يعد هنا</a></footer>',
        '<div role="navigation"><a href="/news/7004">قائمة فيها عنوان طويل جدا للاختبار</a></div>',
        '<ul class="breadcrumb"><li><a href="/news/7005">سياسة الشرق الأوسط وشمال أفريقيا</a></ul>',
        '<a href="/privacy-policy">سياسة الخصوصية وملفات تعريف الارتباط لدينا</a>',
        '<a href="/page/7006">المزيد من أخبار هذا القسم هنا</a>',
        '<a href="/news/7007">سياسة</a>',
        '<a href="/news/7008">الأحد 22 نوفمبر 2026 10:30</a>',
        '<a href="/news/7009">read all about the harbour here</a>',
        '<a href="/author/7010">بقلم سلمى بنت هادي الرابي</a>',
        '<a href="https://other.example/news/7011">خبر في موقع آخر لا يعنينا هنا</a>',
        '<a href="https://notmarsad.example/news/7011">خبر في موقع آخر لا يعنينا هنا</a>',
        '<a href="/img/7012.jpg">صورة الميناء القديم عند الغروب أمس</a>',
        '<a href="/news/newssection/7019/1/x">كل ما يتعلق بأخبار الميناء القديم</a>',
        '<a href="/Tags/NewsTagList/7020/1/x">كل ما يتعلق بأخبار الميناء القديم</a>',
        '<a href="/2026/11/20/">أخبار يوم الجمعة الماضي كلها هنا</a>',
        '<a href="/ar/السياسة/s-7021">كل ما يتعلق بأخبار الميناء القديم</a>',
        '<a href="/category/7013">كل ما يتعلق بأخبار الميناء القديم</a>',
        '<a href="javascript:go(7014)">الميناء يستقبل سفينة ثانية هذا المساء</a>',
        '<a href="#7015">الميناء يستقبل سفينة ثانية هذا المساء</a>',
        '<a href="/politics/?p">الميناء يستقبل سفينة ثانية هذا المساء</a>',
        '<a href="/">الميناء يستقبل سفينة ثانية هذا المساء</a>',
        "<script>var x = '<a href=\"/news/7016\">الميناء يستقبل سفينة ثانية هذا المساء</a>'</script>",
        '<!-- <a href="/news/7017">الميناء يستقبل سفينة ثانية هذا المساء</a> -->',
        '<template><a href="/news/7018">الميناء يستقبل سفينة ثانية هذا المساء</a></template>',
    ],
)
def test_what_is_no_headline_of_the_site_is_left_out(part: str) -> None:
    assert titles(read(page(part, cards(), part))) == list(HEADLINES)


def test_a_plain_name_is_an_article_when_several_headlines_share_its_form() -> None:
    named = "".join(f'<p><a href="/story/{word}">{text}</a></p>' for word, text in zip("abcd", HEADLINES, strict=True))
    assert titles(read(page(named))) == list(HEADLINES)
    assert titles(read(page(cards(), '<a href="/story/a">مبادرة مرصد لدعم الصحافة المحلية</a>'))) == list(HEADLINES)


def test_a_short_headline_counts_among_its_like() -> None:
    short = [*HEADLINES[:3], "احتراق مصنع الورق"]
    assert titles(read(page(cards(short)))) == short
    assert titles(read(page(cards(["احتراق مصنع الورق"])))) == []


def test_one_address_is_one_item_with_its_best_text() -> None:
    card = (
        '<div class=card><a href="/news/4100?utm_source=pic"><img src=x.jpg alt="صورة من أرشيف المرصد للميناء"></a>'
        '<a href="/news/4100">سياسة</a><h2><a href="/news/4100#top">{headline}</a></h2>'
        '<a href="/news/4100">وصلت السفينة فجر اليوم إلى الرصيف الشرقي وعلى متنها ألف طن من القمح للمدينة</a>'
        '<a href="/news/4100">اقرأ المزيد عن هذا الخبر</a></div>'
    )
    reading = read(page(card.format(headline=HEADLINES[0]), cards(HEADLINES[1:])))
    assert titles(reading) == list(HEADLINES)
    assert reading.items[0].url == "https://www.marsad.example/news/4100?utm_source=pic"


def test_a_picture_takes_the_text_of_the_link_beside_it() -> None:
    parts = [
        f'<li><a href="/n/{4000 + n}"><img src=x.jpg alt="صورة"></a><a href="/n/{4000 + n}">{text}</a></li>'
        for n, text in enumerate(HEADLINES)
    ]
    assert titles(read(page(*parts))) == list(HEADLINES)


def test_of_a_card_in_one_link_the_heading_is_the_title() -> None:
    parts = [
        f'<a href="/n/{4000 + n}"><span>سياسة</span><h3>{text}</h3><p>{"وصف طويل " * 40}</p><time>اليوم</time></a>'
        for n, text in enumerate(HEADLINES)
    ]
    assert titles(read(page(*parts))) == list(HEADLINES)


def test_a_headline_cut_for_the_page_is_whole_in_its_tooltip() -> None:
    part = f'<h3><a href="/n/4000" title="{HEADLINES[0]}">{HEADLINES[0][:24]}...</a></h3>'
    assert titles(read(page(part))) == [HEADLINES[0]]


@pytest.mark.parametrize(
    ("beside", "raw", "moment"),
    [
        ('<time datetime="2026-11-20T10:00:00+02:00">أمس</time>', "2026-11-20T10:00:00+02:00", (2026, 11, 20, 8, 0)),
        ("<time>20 نوفمبر 2025 10:30</time>", "20 نوفمبر 2025 10:30", (2025, 11, 20, 10, 30)),
        ('<span class="post-date">٢٠ تشرين الثاني ٢٠٢٥</span>', "٢٠ تشرين الثاني ٢٠٢٥", (2025, 11, 20, 0, 0)),
        (
            '<meta itemprop="datePublished" class="date" content="2025-11-20T10:00Z">',
            "2025-11-20T10:00Z",
            (2025, 11, 20, 10, 0),
        ),
        ("<time>منذ ساعتين</time>", "منذ ساعتين", None),
        ('<time datetime="2099-01-01">قريبا</time>', "2099-01-01", None),
        ("<small>الخميس ٢٠ نوفمبر ٢٠٢٥ - ١٠:٣٠</small>", "الخميس ٢٠ نوفمبر ٢٠٢٥ - ١٠:٣٠", (2025, 11, 20, 10, 30)),
        ("<span>2025/11/20</span>", "2025/11/20", (2025, 11, 20, 0, 0)),
        ("<p>افتتح الميناء في 20 نوفمبر 2020 بحضور أهالي المدينة جميعا</p>", None, None),
        ("<span>القراءات: 2025</span>", None, None),
        ('<time>20 نوفمبر 2025</time><i class="date">2019-01-01</i>', "20 نوفمبر 2025", (2025, 11, 20, 0, 0)),
        ("", None, None),
    ],
)
def test_the_date_beside_a_link_is_when_it_was_published(
    beside: str, raw: str | None, moment: tuple[int, ...] | None
) -> None:
    card = f'<li><div><a href="/news/4100">{HEADLINES[0]}</a></div><div>{beside}</div></li>'
    item = read(page('<time datetime="2020-01-01">تاريخ الصفحة</time><ul>', card, cards(HEADLINES[1:]))).items[0]
    assert item.title == HEADLINES[0]
    assert item.published_raw == raw
    assert item.published == (datetime(*moment, tzinfo=UTC) if moment else None)  # type: ignore[arg-type, misc]


def test_dates_belong_to_their_own_cards() -> None:
    parts = [
        f'<div><a href="/n/{4000 + n}">{text}</a><time datetime="2026-11-0{n + 1}T00:00Z"></time></div>'
        for n, text in enumerate(HEADLINES)
    ]
    days = [item.published.day for item in read(page(*parts)).items if item.published]
    assert days == [1, 2, 3, 4]


def test_a_declared_selector_names_the_links() -> None:
    html = page(
        '<div class=list><a href="/x">قصير</a><a href="https://sister.example/y">رابط إلى موقع شقيق</a></div>', cards()
    )
    reading = read(html, links="div.list a")
    assert [(item.title, item.url) for item in reading.items] == [
        ("قصير", "https://www.marsad.example/x"),
        ("رابط إلى موقع شقيق", "https://sister.example/y"),
    ]


@pytest.mark.parametrize("selector", ["article", "article h3", "article h3 a", "article a span"])
def test_a_selector_may_name_what_holds_a_link_or_stands_in_one(selector: str) -> None:
    parts = [
        f'<article><a href="/n/{n}"><img alt=""></a><a href="/c">قسم</a>'
        f'<h3><a href="/n/{n}"><span>{text}</span></a></h3></article>'
        for n, text in enumerate(HEADLINES)
    ]
    assert titles(read(page(*parts), links=selector)) == list(HEADLINES)


def test_a_selector_that_finds_nothing_says_so() -> None:
    reading = read(page(cards()), links="div.gone a")
    assert reading.problem is Reason.EMPTY
    assert reading.detail == "the selector 'div.gone a' finds no link among the 4 of the page"


def test_a_selector_that_is_none_any_more_says_so() -> None:
    assert read(page(cards()), links="a::text").problem is Reason.UNREADABLE_FEED


def test_no_more_links_are_kept_than_wanted() -> None:
    reading = read(page(cards()), max_items=3)
    assert (titles(reading), reading.left_out, reading.problem) == (list(HEADLINES[:3]), 1, None)


@pytest.mark.parametrize(
    ("html", "problem", "said"),
    [
        (page("<div id=app></div><script src=app.js></script>"), Reason.EMPTY, "built by scripts"),
        (page('<a href="/x">سياسة</a><a href="https://o.example/1">خبر</a>'), Reason.EMPTY, "2 links, 1 of them"),
        (page("<p>تحقق", title="Just a moment..."), Reason.NOT_A_FEED, "bot wall"),
        (page("<script>window._cf_chl_opt={}</script>"), Reason.NOT_A_FEED, "bot wall"),
        (page("<form>نستخدم ملفات</form>", title="قبل المتابعة إلى مرصد"), Reason.NOT_A_FEED, "consent"),
        ('{"error": "rate limited"}', Reason.NOT_A_FEED, "rate limited"),
        ("الخدمة غير متاحة", Reason.NOT_A_FEED, "no markup"),
        ("", Reason.EMPTY, "empty"),
    ],
)
def test_a_page_without_articles_says_what_it_is(html: str, problem: Reason, said: str) -> None:
    reading = read(html)
    assert (reading.problem, reading.items) == (problem, ())
    assert said in (reading.detail or "")


def test_an_ordinary_page_that_carries_a_wall_s_script_is_read() -> None:
    assert len(read(page(cards(), "<script>__CF$cv$params={};'/cdn-cgi/challenge-platform/'</script>")).items) == 4


def test_a_feed_where_a_page_was_is_read_as_the_feed() -> None:
    rss = (
        '<rss version="2.0"><channel><title>مرصد</title><item><title>خبر</title><link>/1</link></item></channel></rss>'
    )
    assert (read(rss).version, titles(read(rss))) == ("rss20", ["خبر"])


def test_a_page_in_windows_1256_is_read() -> None:
    html = page("<meta charset=windows-1256>", cards()).replace("</head>", "<meta charset=windows-1256></head>")
    reading = read(html.encode("cp1256"))
    assert (reading.encoding, titles(reading)) == ("cp1256", list(HEADLINES))


@pytest.mark.parametrize(
    "html",
    [
        page('<a href="/news/4000">' * 60_000),
        page('<a href="/news/4000"><i>' * 30_000),
        page("<div>" * 60_000, cards()),
        page(*(f'<a href="/news/{n}">{HEADLINES[0]}</a>' for n in range(60_000))),
        page(f"<div><a href=/news/4000>{HEADLINES[0]}", "<p>x" * 100_000),
        page(f'<a href="/news/4000" title="{"خ" * 500_000}">{"عنوان طويل " * 200_000}</a>'),
        page(*(f'<a href="/news/1{"#" * n}">{HEADLINES[n % 4]}</a>' for n in range(4_000))),
    ],
    ids=["links in links", "deep", "nested", "many", "long card", "long text", "one address"],
)
def test_nothing_takes_long(html: str) -> None:
    started = time.process_time()
    read(html)
    assert time.process_time() - started < 20


def test_a_real_category_page_gives_its_articles(shared_data: Path) -> None:
    path = shared_data / "html" / "39_racidy_category_page.html"
    gold = json.loads(path.with_suffix(".gold.json").read_text("utf-8"))
    reading = read(path.read_bytes(), url=gold["url"])
    assert len(reading.items) == 10
    assert all("/index.html" in (item.url or "") and len(item.title) > 30 for item in reading.items)


_PIECES = [
    "<a href=/news/4000>",
    "<a href='/n/1'>",
    "</a>",
    "<h3>",
    "</h3>",
    "<nav>",
    "</nav>",
    "<time>",
    "<li>",
    "<br>",
]


@given(st.lists(st.sampled_from([*_PIECES, *HEADLINES]) | st.text(max_size=8), max_size=30).map("".join))
def test_any_page_is_answered(text: str) -> None:
    assert isinstance(read("<html>" + text), FeedReading)


def test_front_pages_of_every_kind_of_publishing_system_give_all_their_articles() -> None:
    styles = 0
    for outlet in load_outlets(datetime.now(UTC)):
        origin = "http://news.example"
        wanted = {url_key(pages.link(outlet, story, origin)): story for story in outlet.stories}
        if wanted:
            reading = read(pages.front_page(outlet, origin=origin), url=origin + "/")
            found = {url_key(item.url or ""): item for item in reading.items}
            assert found.keys() == wanted.keys(), outlet.id
            for key, story in wanted.items():
                assert found[key].title == " ".join(story.headline.split())
                assert found[key].published is not None
            styles += 1
    assert styles >= 8


def test_hostile_pages_are_answered_in_time(shared_data: Path) -> None:
    for path in sorted((shared_data / "hostile" / "html").rglob("*.html")):
        body = path.read_bytes()
        started = time.process_time()
        reading = read(body)
        assert time.process_time() - started < 20, path.name
        assert reading.items or reading.problem is not None
