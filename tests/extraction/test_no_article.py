"""What a page is when it is no article in Arabic: said plainly, by structure and words, never by a site's name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from mirqab.extraction import extract
from mirqab.extraction.language import language_of
from mirqab.types import Extraction, PageHints, Reason

URL = "https://news.example/a/41"
HEADLINE = "بلدية السهل تبدأ تعبيد طريق المدرسة القديمة"
TEXTS = (
    "بدأت بلدية السهل، صباح الأحد، تعبيد طريق المدرسة القديمة بعد توقف دام ثلاثة أشهر بسبب الأمطار.",
    "وقال رئيس البلدية مازن الطويل إن الأعمال تنتهي قبل بداية الفصل الدراسي، وإن الحافلات ستسلك الطريق الشرقي.",
    "وأضاف أن كلفة المشروع لم تتغير، وأن الأرصفة ستُبنى في مرحلة لاحقة من موازنة العام المقبل.",
)


def read(markup: str) -> Extraction:
    return extract(markup.encode(), url=URL, content_type="text/html; charset=utf-8", hints=PageHints())


def html(body: str, *, title: str = HEADLINE, head: str = "") -> str:
    return f"<!doctype html><html lang=ar><head><title>{title}</title>{head}</head><body>{body}</body></html>"


# ------------------------------------------------------------------------------------------------ lists


def card(number: int, tag: str, heading: str) -> str:
    excerpt = f"{TEXTS[number % 3]} {TEXTS[(number + 1) % 3][:90]} …"
    return f"<{tag} class='entry n{number}'>{heading}<div><p>{excerpt}</p></div></{tag}>"


@pytest.mark.parametrize("tag", ["article", "div", "li"])
@pytest.mark.parametrize(
    "heading",
    [
        "<h2><a href='/o/{n}'>{text}</a></h2>",
        "<a href='/o/{n}'><h3>{text}</h3></a>",
        "<header><h2><a href='/o/{n}'>{text}</a></h2></header>",
    ],
)
def test_a_page_of_cards_with_excerpts_is_a_list(tag: str, heading: str) -> None:
    cards = "".join(card(n, tag, heading.format(n=n, text=f"{HEADLINE} في الحي رقم {n}")) for n in range(8))

    found = read(html(f"<h1>أخبار البلديات</h1><main>{cards}</main>", title="أخبار البلديات"))

    assert (found.problem, found.body) == (Reason.NO_ARTICLE, "")


def test_an_article_above_cards_is_an_article() -> None:
    others = "يُعاد فتح السوق القديم مطلع الشهر بعد ترميم سقوفه، بحسب ما قالت لجنة التجار في بيان مساء أمس"
    heading = "<h2><a href='/o/{n}'>خبر آخر من البلديات رقم {n}</a></h2>"
    cards = "".join(f"<article>{heading.format(n=n)}<p>{others} رقم {n}</p></article>" for n in range(8))
    text = "".join(f"<p>{text}</p>" for text in TEXTS * 3)

    found = read(html(f"<main><article><h1>{HEADLINE}</h1>{text}</article></main><section>{cards}</section>"))

    assert found.problem is None
    assert found.body.startswith(TEXTS[0])


def test_linked_sub_headings_in_one_text_are_no_list() -> None:
    parts = "".join(f"<h2><a href='/t/{n}'>موضوع الطريق رقم {n}</a></h2><p>{TEXTS[n % 3]}</p>" for n in range(6))

    assert read(html(f"<article><h1>{HEADLINE}</h1>{parts}</article>")).problem is None


# ---------------------------------------------------------------------------------------------- notices


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (html("<h1>عذراً</h1><p>الصفحة المطلوبة غير متاحة أو نُقلت.</p>", title="خطأ 404"), "page not found"),
        (html(f"<h1>{HEADLINE}</h1><p>سجّل الدخول لقراءة هذه المادة كاملة.</p>"), "log-in or subscription wall"),
        (html("<h2>خصوصيتك</h2><p>نستخدم ملفات تعريف الارتباط لتحسين تجربتك.</p>", title="نداء السهل"), "consent wall"),
        (html("<h1>Just a moment...</h1><p>Checking your browser before you go on.</p>", title=""), "bot check"),
        (html("<div id=app></div><script src=/a.js></script>"), "needs a script"),
        (html("<p>يُرجى تفعيل جافاسكريبت</p>", title="نداء السهل"), "needs a script"),
        (html("<a href=/b>هنا</a>", head="<meta http-equiv=Refresh content='0; url=/b/41'>"), "sends its reader on"),
    ],
    ids=["gone", "wall", "consent", "bot", "shell", "asks_for_script", "refresh"],
)  # fmt: skip
def test_the_refusal_says_what_the_page_is(markup: str, said: str) -> None:
    found = read(markup)

    assert found.problem is Reason.NO_ARTICLE
    assert said in (found.detail or "")


def test_an_article_that_refreshes_itself_is_an_article() -> None:
    text = "".join(f"<p>{text}</p>" for text in TEXTS)

    assert read(html(f"<h1>{HEADLINE}</h1>{text}", head="<meta http-equiv=refresh content=300>")).problem is None


def test_the_open_part_of_a_walled_article_is_half_trusted() -> None:
    text = "".join(f"<p>{text}</p>" for text in TEXTS)
    whole = read(html(f"<article><h1>{HEADLINE}</h1>{text}</article>"))
    part = read(html(f"<article><h1>{HEADLINE}</h1>{text}<div>للمشتركين فقط</div></article>"))

    assert part.problem is None
    assert "only the open part" in (part.detail or "")
    assert part.quality < 0.6 * whole.quality


# --------------------------------------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("وزير امور خارجه در نشست خبري اعلام كرد كه مذاكرات در هفته اينده ادامه خواهد يافت.", "fa"),
        ("نيروهاي امنيتي از عمليات تازه اي در استان الانبار خبر دادند كه با حمايت هوايي انجام شد.", "fa"),
        ("حكومهتي ههريم دهلي له گهل بهغدا ريككهوتنيك كراوه كه بو ناردني نهوت دهبيت", "ckb"),
        ("کۆبوونەوەی داهاتووی لیژنەکە لە هەفتەی داهاتوو لە پایتەخت دەبێت", "ckb"),
        ("مشترکہ کمیٹی نے اعلان کیا ہے کہ وہ اپنا اگلا اجلاس اگلے ہفتے دارالحکومت میں کرے گی", "ur"),
        ("د بهرنیو چارو وزیر وویل چې خبرې به په راتلونکې اونۍ کې ترسره شي", "ps"),
        ("لاعبو دهوك يلوّحون بالإضراب قبل انطلاق دوري الكرة", "ar"),
        ("واش كاين شي حاجة جديدة ديال الخدمة فهاد البلاد راه الناس كتسنا", "ar"),
        ("وصلت سفينة «چالوس» إلى ميناء لنگه أمس", "ar"),
        ("ــــــــــــــ عاجل ـــــــــــــ توقف السير في الطريق الشرقي", "ar"),
    ],
)
def test_a_language_is_told_by_letters_and_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_the_arabic_stream_is_arabic(shared_data: Path) -> None:
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(3000), strict=False)]
    texts = [f"{row.get('title') or ''} {row.get('lead') or row.get('text') or ''}" for row in rows]

    # a Persian channel is among them: nothing without its letters or forms may go
    assert [text for text in texts if language_of(text) != "ar" and not set(text) & set("پچژگیک")] == []
