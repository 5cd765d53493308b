"""Lines that stand in a text without being of it: told as the Arabic press writes them, and nothing else touched."""

from __future__ import annotations

import pytest

from mirqab.extraction import extract
from mirqab.extraction.boilerplate import is_boilerplate, plain_lines
from mirqab.types import PageHints

HEADLINE = "افتتاح مكتبة الحي القديم بعد ترميم استمر عامين"
TEXTS = (
    "افتتحت بلدية المدينة، مساء السبت، مكتبة الحي القديم بعد ترميم استمر عامين وشمل القبة والسلالم الخشبية.",
    "وقالت مديرة المكتبة هالة النجار إن القاعة الكبرى تتسع لمئة قارئ، وإن الدخول مجاني حتى نهاية الشهر.",
    "وأوضحت أن ركن الأطفال سيُفتح في الأسبوع المقبل، وأن المخطوطات نُقلت إلى غرفة ذات رطوبة ثابتة.",
    "وكانت المكتبة قد أُغلقت بعد أن تسربت مياه الأمطار إلى رفوفها في شتاء عاصف قبل ثلاثة أعوام.",
)


def test_what_a_site_says_of_comments_is_not_of_the_text() -> None:
    rules = "نرحب بآرائكم، ونرجو قبل كتابة أي تعليق قراءة شروط الاستخدام، فالإدارة تحذف ما يخالفها. " * 4
    opinions = "الآراء الواردة أدناه لا تعبر بالضرورة عن رأي صحيفة الحي، بل عن أصحابها."
    said = "وقال الوزير إن التعليقات على شروط الاستخدام الجديدة للجسر ستُدرس قبل نهاية الشهر الجاري."

    assert plain_lines([*TEXTS, rules, opinions]) == list(TEXTS)
    assert plain_lines([said, *TEXTS]) == [said, *TEXTS]


@pytest.mark.parametrize(
    "line",
    [
        "اقرأ أيضاً",
        "اقرأ أيضاً: ترميم السوق القديم يبدأ في الربيع",
        "إقرأ أيضا: ترميم السوق القديم",
        "اقرأ المزيد",
        "شاهد أيضاً :",
        "شاهد أيضا : جولة في القبة بعد ترميمها",
        "طالع أيضاً – القبة بعد ترميمها",
        "مواضيع ذات صلة",
        "مواضيع ذات صلة:",
        "أخبار متعلقة",
        "مقالات ذات صلة",
        "قد يهمك أيضاً",
        "قد يعجبك أيضا: القبة بعد ترميمها",
        "الأكثر قراءة",
        "للمزيد:",
        "شارك المقال",
        "شارك هذا الخبر عبر",
        "مشاركة",
        "فيسبوك تويتر واتساب تلغرام",
        "Facebook | Twitter | WhatsApp",
        "طباعة",
        "نسخ الرابط",
        "اشترك في نشرتنا البريدية",
        "اشتركوا في قناتنا على تلغرام",
        "انضم إلى قناتنا على واتساب",
        "تابعونا على فيسبوك وتويتر",
        "لمتابعة آخر الأخبار انضموا إلى قناتنا على تلغرام",
        "تابع أحدث الأخبار عبر تطبيق غوغل نيوز",
        "حمّل التطبيق الآن",
        "جميع الحقوق محفوظة © 2026",
        "حقوق النشر محفوظة لصحيفة الحي",
        "لا مانع من الاقتباس شريطة ذكر المصدر",
        "الكلمات الدالة",
        "كلمات مفتاحية: مكتبة، ترميم",
        "الوسوم: مكتبة ترميم",
        "وسوم",
        "#مكتبة #ترميم #الحي_القديم",
        "صدر الصورة، Getty Images",
        "مصدر الصورة: أرشيف البلدية",
        "التعليق على الصورة، القبة بعد ترميمها",
        "تصوير: سامر الحلو",
        "الصورة: أرشيفية",
        "المصدر: وكالات",
        "المصدر : الحي نيوز + وكالات",
        "عدد المشاهدات: 1204",
        "مدة القراءة: 3 دقائق",
        "اترك تعليقاً",
        "لن يتم نشر عنوان بريدك الإلكتروني.",
        "المقال السابق",
        "إعلان",
    ],
)
def test_a_line_of_the_site_is_told(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        *TEXTS,
        "رطوبة ثابتة للمخطوطات",
        "أبرز ما جاء في الترميم:",
        "- القبة والسلالم الخشبية",
        "شارك مئات الأهالي في الافتتاح الذي حضره رئيس البلدية.",
        "شارك في الافتتاح وفد من ثلاث مدن.",
        "شاركت المكتبة في معرض الكتاب.",
        "تابع الوفد جولته في القاعة الكبرى ثم غادر عبر الباب الشرقي.",
        "المصدر الوحيد للضوء في القاعة هو القبة.",
        "مصدر في البلدية قال إن الكلفة لم تتجاوز ما قُدّر لها.",
        "حقوق الأطفال في القراءة كانت موضوع الندوة الأولى.",
        "الصورة التي عُلقت في المدخل تعود إلى القرن الماضي.",
        "انضم إلى المكتبة خمسون قارئاً في يومها الأول.",
        "اقرأ، قالت المديرة للأطفال، ما تشاء من الرفوف.",
        "للمزيد من القراء فتحت المكتبة أبوابها مساءً.",
        "الأكثر قراءة بين الكتب رواية عن البحر، كما قالت المديرة.",
        "اشترك في الترميم أربعون عاملاً من أهل الحي.",
        "كتب على الباب: ادخلوا بهدوء",
        "(وكالات)",
    ],
)
def test_a_line_of_the_text_is_left(line: str) -> None:
    assert not is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "المدينة – وكالات",
        "المدينة/ رويترز",
        "نُشر الأحد 22 نوفمبر 2026 الساعة 10:30 صباحاً",
        "آخر تحديث: 22/11/2026 - 10:30 م",
        "بقلم: سامر الحلو",
        "كتب - سامر الحلو",
        "إعداد: هالة النجار",
    ],
)
def test_a_line_of_where_when_and_by_whom_goes_at_the_ends_of_a_text(line: str) -> None:
    assert plain_lines([line, *TEXTS]) == list(TEXTS)
    assert plain_lines([*TEXTS, line]) == list(TEXTS)
    assert (
        plain_lines([*TEXTS, line, *TEXTS[:0], *("نص " * 20,) * 1, *TEXTS[:0], "أ" * 50, "ب" * 50, "ت" * 50])[4] == line
    )


@pytest.mark.parametrize(
    "line", ["المدينة (وكالات) - افتتحت البلدية المكتبة.", "بقلم الأمل تكتب المكتبة تاريخها من جديد في الحي"]
)
def test_a_dateline_at_the_head_of_a_paragraph_stays(line: str) -> None:
    assert plain_lines([line, *TEXTS])[0] == line


def test_the_author_s_name_alone_and_a_repeated_line_go() -> None:
    assert plain_lines(["سامر الحلو", *TEXTS, TEXTS[1]], authors=("سامر الحلو",)) == list(TEXTS)


# ------------------------------------------------------------------------------------------------ pages


def read(middle: str, *, around: str = "{}") -> list[str]:
    body = around.format(f"<h1>{HEADLINE}</h1>{middle}")
    page = f"<html><head><title>{HEADLINE}</title></head><body>{body}</body></html>"
    found = extract(page.encode(), url="https://news.example/4", content_type="text/html", hints=PageHints())
    return found.body.split("\n")


WHOLE = [text if at < 4 else f"{text} (2)" for at, text in enumerate(TEXTS * 2)]
PARAGRAPHS = [f"<p>{text}</p>" for text in WHOLE]


@pytest.mark.parametrize(
    "inserted",
    [
        "<div class=article-image><img src=a.jpg><p>القبة بعد ترميمها كما بدت مساء السبت من المدخل الشرقي</p></div>",
        "<figure><img src=a.jpg><figcaption>القبة بعد ترميمها كما بدت مساء السبت</figcaption></figure>",
        "<div class='wp-caption'><img src=a.jpg><p class='wp-caption-text'>القبة بعد ترميمها مساء السبت</p></div>",
        "<div class=photoCredit>عدسة سامر الحلو للحي نيوز خاصة بالترميم</div>",
        "<p><strong>اقرأ أيضاً: <a href=/o/1>ترميم السوق القديم يبدأ في الربيع</a></strong></p>",
        "<h3>مواضيع ذات صلة</h3><p><a href=/o/1>ترميم السوق القديم يبدأ في الربيع المقبل</a></p>",
        "<div class=share-bar><p>شاركوا ما قرأتم مع من تحبون من الأصدقاء</p></div>",
        "<div class='post-tags'><p>المكتبة والترميم والحي القديم في صور</p></div>",
        "<section role=region aria-labelledby=podcast-promo><p>برنامج أسبوعي عن المدن وما يُرمم فيها</p></section>",
    ],
)
def test_what_a_page_sets_apart_is_not_of_the_text(inserted: str) -> None:
    text = "".join((*PARAGRAPHS[:3], inserted, *PARAGRAPHS[3:]))

    assert read(f"<div class=content>{text}</div>") == WHOLE


def test_what_stands_above_the_main_element_is_not_of_the_text() -> None:
    banner = "<div class=banner><p>غيّرنا شروط استعمال الموقع، ويهمنا أن تعرفوا ما يعنيه ذلك لكم ولبياناتكم.</p></div>"

    assert read("".join(PARAGRAPHS), around=banner + "<main>{}</main>") == WHOLE


def test_sub_headings_lists_and_quotes_are_kept() -> None:
    listed = ["القبة", "السلالم الخشبية", "غرفة المخطوطات"]
    middle = (
        "".join(PARAGRAPHS[:2])
        + "<h2>ما الذي رُمّم؟</h2><ul>"
        + "".join(f"<li>{item}</li>" for item in listed)
        + "</ul><blockquote><p>هذه القاعة لكل من يقرأ، كما قال أول قارئ دخلها.</p></blockquote>"
        + "".join(PARAGRAPHS[2:])
    )

    lines = read(f"<article>{middle}</article>")

    assert "ما الذي رُمّم؟" in lines
    assert "هذه القاعة لكل من يقرأ، كما قال أول قارئ دخلها." in lines
    assert all(any(item in line for line in lines) for item in listed)


def test_a_post_in_a_section_named_video_keeps_its_text() -> None:
    opening = "<article class='post category-videos tag-related has-post-thumbnail'><img src=a.jpg>"

    assert read(f"{opening}{PARAGRAPHS[0]}{PARAGRAPHS[1]}</article>") == WHOLE[:2]
