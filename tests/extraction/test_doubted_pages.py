"""Pages on which the library gives what stands around an article, or takes it for one."""

from __future__ import annotations

import pytest

from mirqab.extraction import extract
from mirqab.types import Extraction, PageHints, Reason

URL = "https://news.example/a/41"
HEADLINE = "إغلاق جسر الوادي أمام الشاحنات حتى مطلع الأسبوع"
FLASH = "قالت مصلحة الطرق إن جسر الوادي أُغلق أمام الشاحنات بعد تصدّع في أحد أعمدته."
PARAGRAPHS = (
    "أعلنت مصلحة الطرق، مساء الثلاثاء، إغلاق جسر الوادي أمام الشاحنات بعد أن كشف فحص دوري عن تصدّع في العمود الثالث.",
    "وأوضح مدير الصيانة نبيل الحوراني أن السيارات الصغيرة ستعبر في مسار واحد بسرعة لا تزيد على ثلاثين كيلومتراً.",
    "وتوقّع أن تستمر أعمال التدعيم خمسة أيام، على أن يُعاد فحص الجسر قبل فتحه أمام حركة النقل الثقيل.",
)
OTHERS = (
    (
        "اللجنة العسكرية تبحث جدول انسحاب القوات الأجنبية من البلاد",
        "قال مصدر في اللجنة إن الطرفين اتفقا على موعد لمغادرة آخر قافلة من القوات الأجنبية قبل نهاية الربيع المقبل.",
    ),
    (
        "البرلمان يناقش موازنة البلديات للعام المقبل",
        "تشمل الموازنة زيادة في مخصصات النظافة والإنارة، بحسب ما قال رئيس لجنة المال في ختام الجلسة الصباحية.",
    ),
    (
        "منتخب الناشئين يبدأ معسكره في الجبل",
        "يستعد الفريق لبطولة ودية يشارك فيها ستة منتخبات، ويختتم معسكره بمباراتين أمام جمهوره.",
    ),
)
MENU = "".join(
    f"<li><a href='/s/{number}'>{name}</a></li>"
    for number, name in enumerate(("الرئيسية", "سياسة", "اقتصاد", "رياضة", "ثقافة", "منوعات", "من نحن", "اتصل بنا"))
)


def teasers(kind: str, tag: str = "div") -> str:
    return "".join(
        f"<{tag} class={kind}><h4><a href='/o/{number}'>{headline}</a></h4><p>{summary}</p></{tag}>"
        for number, (headline, summary) in enumerate(OTHERS)
    )


SIDE = (
    f"<div class=side><div class=box><h3>الأكثر قراءة</h3>{teasers('row')}</div>"
    "<div class=box><h3>استفتاء</h3><p>هل تستعمل النقل العام في طريقك إلى العمل؟</p></div>"
    "<div class=box><p>اشتركوا في نشرتنا المسائية لتصلكم خلاصة اليوم في بريدكم.</p></div></div>"
)


def page(middle: str, *, headline: str = HEADLINE, head: str = "", side: str = SIDE) -> str:
    return (
        "<!doctype html><html lang=ar><head><meta charset=utf-8>"
        f"<title>{headline} | نداء الوادي</title>{head}</head><body>"
        f"<div class=top><a href='/'>نداء الوادي</a> <i>صحيفة يومية مستقلة</i><ul>{MENU}</ul></div>"
        f"<div class=wrap><div class=col>{middle}</div>{side}</div>"
        "<div class=foot><p>جميع حقوق النشر محفوظة لصحيفة نداء الوادي المستقلة</p></div></body></html>"
    )


def read(markup: str, *, hints: PageHints | None = None) -> Extraction:
    return extract(markup.encode(), url=URL, content_type="text/html; charset=utf-8", hints=hints or PageHints())


# -------------------------------------------------------------------------------------------- short items

RELATED = f"<div class=related><h3>اقرأ أيضاً</h3>{teasers('card')}</div>"


@pytest.mark.parametrize(
    "text",
    [
        f"<div class=txt><p>{FLASH}</p></div>",
        f"<div class=txt>{FLASH}</div>",
        f"<p>{FLASH}</p>",
        f"<article><p>{FLASH}</p></article>",
        f"<div class=date>الثلاثاء 20 كانون الثاني 2026 - 18:40</div><div class=txt><p>{FLASH}</p></div>",
    ],
    ids=["box", "bare_text", "bare_paragraph", "article", "date_line"],
)
@pytest.mark.parametrize(
    "related", [RELATED, f"<ul class=more>{teasers('card', 'li')}</ul>", ""], ids=["cards", "list", "none"]
)
def test_a_short_item_holds_nothing_of_the_teasers_beside_it(text: str, related: str) -> None:
    found = read(page(f"<h1>{HEADLINE}</h1>{text}{related}"))

    assert found.problem is None
    assert found.body == FLASH


def test_a_short_item_keeps_its_lead_its_paragraphs_and_its_subheading() -> None:
    lead, first, second = "تحويل السير إلى الطريق القديم", PARAGRAPHS[1], PARAGRAPHS[2]
    text = f"<p class=lead>{FLASH}</p><div class=txt><p>{first}</p><h3>{lead}</h3><p>{second}</p><p>(وكالات)</p></div>"

    assert read(page(f"<div><h1>{HEADLINE}</h1></div>{text}{RELATED}")).body == "\n".join(
        (FLASH, first, lead, second, "(وكالات)")
    )


def test_a_short_item_goes_on_after_a_list_of_links_within_it() -> None:
    links = "".join(f"<p><a href='/o/{number}'>{headline}</a></p>" for number, (headline, _) in enumerate(OTHERS))
    text = f"<div class=txt><p>{FLASH}</p>{links}<p>{PARAGRAPHS[2]}</p></div>"

    body = read(page(f"<h1>{HEADLINE}</h1>{text}{RELATED}")).body.split("\n")

    assert (body[0], body[-1]) == (FLASH, PARAGRAPHS[2])
    assert not any(summary in body for _, summary in OTHERS)


def test_a_flash_whose_headline_says_it_in_other_words_is_kept_within_the_article_element() -> None:
    text = f"<article><h1>عاجل: توقف النقل الثقيل شمالاً</h1><p>{FLASH}</p></article>"

    assert read(page(text, headline="عاجل: توقف النقل الثقيل شمالاً")).body == FLASH


def test_a_short_item_that_inflects_the_words_of_its_headline_is_kept() -> None:
    told = "تتوقع الأرصاد طقساً معتدلاً مع رياح خفيفة على السواحل حتى نهاية الأسبوع."
    page = f"<html><body><h1>طقس معتدل</h1><div><p>{told}</p></div></body></html>"

    extraction = extract(page.encode(), url="https://news.example/1", content_type="text/html", hints=PageHints())

    assert extraction.body == told


def test_news_about_logging_in_is_news() -> None:
    headline = "عطل يمنع تسجيل الدخول إلى بوابة الضرائب"
    text = "أكدت مصلحة الضرائب أن تسجيل الدخول إلى البوابة متوقف منذ الصباح بسبب عطل فني."

    assert read(page(f"<h1>{headline}</h1><div><p>{text}</p></div>", headline=headline)).body == text


# ------------------------------------------------------------------------------------------- whole pages


def test_a_table_layout_gives_the_middle_cell_alone() -> None:
    article = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    left = "".join(f"<p><a href='/o/{number}'>{headline}</a></p>" for number, (headline, _) in enumerate(OTHERS))
    menu = MENU.replace("<li>", "<p>").replace("</li>", "</p>")
    markup = (
        f"<html><head><title>{HEADLINE}</title></head><body><table><tr><td colspan=3>{MENU}</td></tr>"
        f"<tr><td>{menu}</td><td><font size=4><b>{HEADLINE}</b></font>{article}</td>"
        f"<td>{left}{teasers('t')}</td></tr></table></body></html>"
    )

    assert read(markup).body == "\n".join(PARAGRAPHS)


def test_a_long_article_is_left_whole_among_teasers() -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS * 4)

    found = read(page(f"<h1>{HEADLINE}</h1><div class=txt>{text}</div>{RELATED}"))

    assert found.body.startswith("\n".join(PARAGRAPHS))
    assert found.body.count(PARAGRAPHS[2]) >= 1
    assert not any(summary in found.body for _, summary in OTHERS)


def test_the_text_in_json_ld_stands_in_for_a_page_that_draws_itself() -> None:
    data = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "'
        f'{HEADLINE}", "articleBody": "{" ".join(PARAGRAPHS)}"}}</script>'
    )

    found = read(page("<div id=app></div>", head=data))

    assert (found.body, found.extractor) == (" ".join(PARAGRAPHS), "json-ld")


# -------------------------------------------------------------------------------------------- no article

LOGIN = (
    "<form action='/login' method=post><label>البريد <input name=mail></label>"
    "<label>كلمة السر <input type=password name=word></label><button>دخول</button></form>"
)
SUMMARY = "<meta name=description content='مصلحة الطرق تغلق جسر الوادي أمام الشاحنات'>"


@pytest.mark.parametrize(
    "middle",
    [
        f"<div class=wall><h2>هذه المادة للمشتركين فقط</h2><p>سجّل الدخول لقراءة هذه المادة كاملة.</p>{LOGIN}</div>",
        f"<h1>{HEADLINE}</h1><div class=wall><p>للمتابعة سجّل الدخول أو اشترك الآن لقراءة المقال.</p>{LOGIN}</div>",
        f"<main><h1>{HEADLINE}</h1><div class=player><button>تشغيل</button><span>03:12</span></div></main>",
        f"<h1>{HEADLINE}</h1><video src=a.mp4></video><div>المدة 03:12</div>{RELATED}",
        f"<h1>{HEADLINE}</h1><div class=txt></div>",
        f"<h1>{HEADLINE}</h1><article></article>{RELATED}",
        "<h1>عذراً، الصفحة غير موجودة</h1><p>ربما نُقلت الصفحة التي تبحث عنها أو حُذفت، عُد إلى الرئيسية.</p>",
        f"<h1>الصفحة المطلوبة غير متاحة</h1><p>لم يتم العثور على ما طلبت.</p>{RELATED}",
        "<div class=consent><h2>خصوصيتك تهمنا</h2><p>نستخدم نحن وشركاؤنا ملفات تعريف الارتباط لتحسين تجربتك وقياس "
        "الأداء، ويمكنك قبولها أو رفضها.</p><p>لمعرفة المزيد اقرأ سياسة الخصوصية.</p><button>موافق</button></div>",
    ],
    ids=[
        "wall_without_headline",
        "wall_below_the_headline",
        "video",
        "video_with_teasers",
        "empty_with_side_bar",
        "empty_with_teasers",
        "soft_404",
        "soft_404_with_teasers",
        "consent",
    ],
)
@pytest.mark.parametrize("side", [SIDE, ""], ids=["side", "bare"])
@pytest.mark.parametrize("hinted", [True, False], ids=["hinted", "unhinted"])
def test_a_page_without_an_article_is_refused(middle: str, side: str, hinted: bool) -> None:
    hints = PageHints(title=HEADLINE, summary="إغلاق جسر الوادي أمام الشاحنات") if hinted else PageHints()

    found = read(page(middle, head=SUMMARY, side=side), hints=hints)

    assert found.problem is Reason.NO_ARTICLE, found.body
    assert found.body == ""
    assert found.detail


def test_the_open_part_of_a_paywalled_article_is_kept_without_the_notice() -> None:
    wall = "<div class=wall><p>هذه المادة للمشتركين فقط، اشترك الآن لقراءة البقية.</p></div>"

    assert read(page(f"<h1>{HEADLINE}</h1><div class=txt><p>{PARAGRAPHS[0]}</p></div>{wall}")).body == PARAGRAPHS[0]


def test_a_list_of_teasers_is_no_article() -> None:
    listing = "".join(
        f"<article class=post-{number}><h2><a href='/o/{number}'>{headline}</a></h2><p>{summary * 2}</p></article>"
        for number, (headline, summary) in enumerate(OTHERS * 3)
    )

    assert read(page(f"<h1>سياسة</h1>{listing}", headline="سياسة")).problem is Reason.NO_ARTICLE
