"""Posts that an article shows stand apart as quotes with handle and date, whichever network and markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.extraction import extract
from mirqab.extraction.embeds import part_embeds
from mirqab.types import Embed, Extraction, PageHints

HEADLINE = "نقابة الصيادين تطالب بفتح الميناء الصغير"
TEXTS = (
    "طالبت نقابة الصيادين، اليوم الاثنين، بفتح الميناء الصغير قبل نهاية الموسم، بعد إغلاق دام أربعة أشهر.",
    "وقال نقيب الصيادين رائد البحري إن القوارب تضطر إلى الدوران حول الرأس الشمالي كل صباح.",
    "وردت إدارة الموانئ بأن أعمال التعميق تنتهي خلال أسبوعين، وأن الدخول سيكون بالدور.",
    "ويعمل في الميناء الصغير نحو مئتي صياد، يبيعون ما يصيدونه في سوق المدينة كل يوم.",
)
SAID = "ننتظر فتح الميناء منذ الشتاء، ولن نقبل بموسم آخر خلف الرأس الشمالي"
TWEET = (
    f"<blockquote class='twitter-tweet' data-lang=ar><p lang=ar>{SAID}<br><a href='https://t.co/x'>pic</a></p>"
    "&mdash; رائد البحري (@raed_bahri) "
    "<a href='https://twitter.com/raed_bahri/status/1750?s=x'>January 26, 2024</a>"
    "</blockquote><script async src='https://platform.twitter.com/widgets.js'></script>"
)
COPIED = f"<blockquote><p>{SAID}</p><p>— رائد البحري (@raed_bahri) January 26, 2024</p></blockquote>"
INSTAGRAM = (
    "<blockquote class='instagram-media' data-instgrm-permalink='https://www.instagram.com/p/C1/?a=b'><div>"
    f"<p>{SAID}</p><p>A post shared by رائد (@raed.bahri) on <time>Jan 26, 2024</time></p></div></blockquote>"
)
FACEBOOK = (
    "<div class='fb-post' data-href='https://www.facebook.com/raed.bahri/posts/10'><blockquote "
    f"cite='https://www.facebook.com/raed.bahri/posts/10' class='fb-xfbml-parse-ignore'><p>{SAID}</p>"
    "Posted by <a href='https://www.facebook.com/raed.bahri'>رائد البحري</a> on&nbsp;<a href='#'>Friday, "
    "January 26, 2024</a></blockquote></div>"
)
TELEGRAM = (
    "<script async src='https://telegram.org/js/telegram-widget.js?22' data-telegram-post='raedbahri/71'></script>"
)
FRAME = "<iframe src='https://t.me/raedbahri/71?embed=1'></iframe>"


def read(inserted: str) -> Extraction:
    text = "".join(f"<p>{text}</p>" for text in (*TEXTS, *(f"{text} (2)" for text in TEXTS)))
    middle = text.replace("<p>ويعمل", inserted + "<p>ويعمل", 1)
    body = f"<article><h1>{HEADLINE}</h1>{middle}</article>"
    page = f"<html><head><title>{HEADLINE}</title></head><body>{body}</body></html>"
    return extract(page.encode(), url="https://news.example/4", content_type="text/html", hints=PageHints())


@pytest.mark.parametrize(
    ("markup", "handle", "date", "url", "text"),
    [
        (TWEET, "@raed_bahri", "January 26, 2024", "https://twitter.com/raed_bahri/status/1750?s=x", f"{SAID}\npic"),
        (COPIED, "@raed_bahri", "January 26, 2024", None, SAID),
        (INSTAGRAM, "@raed.bahri", "Jan 26, 2024", "https://www.instagram.com/p/C1/?a=b", SAID),
        (FACEBOOK, "raed.bahri", "Friday, January 26, 2024", "https://www.facebook.com/raed.bahri/posts/10", SAID),
        (TELEGRAM, "@raedbahri", None, "https://t.me/raedbahri/71", ""),
        (FRAME, "@raedbahri", None, "https://t.me/raedbahri/71", ""),
    ],
    ids=["tweet", "copied", "instagram", "facebook", "telegram", "frame"],
)  # fmt: skip
def test_a_post_stands_apart(markup: str, handle: str, date: str | None, url: str | None, text: str) -> None:
    found = read(markup)

    assert found.embeds == (Embed(handle=handle, text=text, date_raw=date, url=url),)
    assert SAID not in found.body
    assert "@" not in found.body
    assert found.body.split("\n") == [*TEXTS, *(f"{text} (2)" for text in TEXTS)]


def test_a_quote_of_a_person_is_of_the_text() -> None:
    found = read(f"<blockquote><p>{SAID}</p><p>— رائد البحري</p></blockquote>")

    assert found.embeds == ()
    assert SAID in found.body


@pytest.mark.parametrize(
    "lines",
    [
        [SAID, "— رائد البحري (@raed_bahri) January 26, 2024"],
        [f"{SAID} — رائد البحري (@raed_bahri) January 26, 2024"],
        [SAID, "— رائد البحري (@raed_bahri) ٢٦ يناير ٢٠٢٤"],
    ],
)
def test_a_post_copied_as_lines_is_found_by_the_line_that_names_it(lines: list[str]) -> None:
    kept, embeds = part_embeds([TEXTS[0], *lines, TEXTS[1]], ())

    assert kept == [TEXTS[0], TEXTS[1]]
    assert [(embed.handle, embed.text) for embed in embeds] == [("@raed_bahri", SAID)]
    assert embeds[0].date_raw


def test_the_post_in_the_reference_story_stands_apart(shared_data: Path) -> None:
    (file,) = (shared_data / "seed").glob("*.txt")
    lines = file.read_text(encoding="utf-8").splitlines()[1:]

    kept, (embed,) = part_embeds(lines, ())

    assert (embed.handle, embed.date_raw) == ("@aboalaa_alwalae", "January 26, 2024")
    assert embed.text.startswith("في الوقت الذي ندين به")
    assert embed.text.endswith("…")
    assert [line for line in lines if line not in kept and line not in embed.text] == [
        "— ابو الاء الولائي (@aboalaa_alwalae) January 26, 2024"
    ]


@pytest.mark.timeout(20)
def test_posts_within_posts_cost_no_time() -> None:
    assert read("<blockquote class=twitter-tweet>" * 1500 + SAID + "</blockquote>" * 1500).problem is None
