"""`outlet try`: feeds are found as a person would find them, in few requests, and nothing is changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from mirqab.types import Reason
from tests.cli.outlet.conftest import DECLARED, STORIES, Newsroom, declared_feed, home_page, publish
from tests.cli.test_documented_keys import documented
from tests.crawl.conftest import news
from tests.crawl.pressweb import Answer, rss, silent_address


def sitemap(*places: str, news_of: str = "") -> Answer:
    about = (
        "<news:news><news:publication><news:name>المرفأ</news:name><news:language>ar</news:language></news:publication>"
        "<news:publication_date>2026-11-22T08:00:00+03:00</news:publication_date>"
        f"<news:title>{news_of}</news:title></news:news>"
    )
    listed = "".join(f"<url><loc>{place}</loc>{about if news_of else ''}</url>" for place in places)
    return Answer(
        body=(
            '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{listed}</urlset>'
        ).encode(),
        content_type="application/xml",
    )


def tried(newsroom: Newsroom, *arguments: str, code: int = 0, **environ: str) -> dict[str, Any]:
    said = newsroom.command("outlet", "try", *arguments, "--json", **environ)
    assert said.code == code, said.err + said.out
    assert newsroom.declarations == DECLARED
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_a_declared_feed_is_read_and_leads_to_a_declaration(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    site.feed("/comments/feed", [(f"{site.url}/n0#c1", "تعليق على الخبر")])
    home = home_page(site, head=declared_feed("/comments/feed", "تعليقات المرفأ") + declared_feed("/rss"))

    said = newsroom.command("outlet", "try", home, "--country", "iq", "--kind", "newspaper", "--id", "marfa")

    assert said.code == 0, said.err
    assert "صحيفة المرفأ (ar)" in said.out
    assert f"The best of them is {feed}" in said.out
    headline, paragraphs = news(0)
    assert headline in said.out
    assert paragraphs[0] in said.out
    assert "taken out by" in said.out
    pasted = "outlets:\n" + said.out.partition("below `outlets:`\n")[2]
    (outlet,) = YAML(typ="safe").load(pasted)["outlets"]
    assert {key: outlet[key] for key in ("id", "name", "country", "kind", "timezone", "home")} == {
        "id": "marfa",
        "name": "صحيفة المرفأ",
        "country": "iq",
        "kind": "newspaper",
        "timezone": "Asia/Baghdad",
        "home": home,
    }
    assert [one["url"] for one in outlet["feeds"]] == [feed]
    assert newsroom.declarations == DECLARED
    assert "/feed/" not in {asked.path for asked in site.asked}, "no guessing where a declared feed works"
    (newsroom.config / "outlets.yaml").write_text(pasted, encoding="utf-8")
    assert newsroom.outlet("marfa").timezone == "Asia/Baghdad"


def test_what_was_tried_is_told_with_what_it_holds(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    site.answers["/broken"] = Answer(body=b"<html>no feed</html>")
    found = tried(newsroom, home_page(site, head=declared_feed("/broken") + declared_feed("/rss")))
    broken, good = found["tried"]
    assert (broken["problem"], good["problem"]) == (Reason.NOT_A_FEED, None)
    assert (good["url"], good["found"], good["version"], good["entries"]) == (feed, "declared", "rss20", 4)
    assert good["arabic"] == 1.0
    assert good["newest"] is not None
    assert found["best"] == feed
    assert found["article"]["headline"] == news(0)[0]
    assert found["article"]["quality"] > 0.5
    assert found["language"] == "ar"
    assert set(found["unknown"]) == {"country", "timezone"}
    assert "# unknown" in found["yaml"]
    assert (found["outlet"]["country"], found["outlet"]["timezone"]) == ("zz", "UTC")


def test_a_feed_of_arabic_wins_over_one_of_another_language(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    arabic = publish(site)
    site.feed("/en", [(f"{site.url}/n0", "The harbour school opens its doors to the town")])
    found = tried(newsroom, home_page(site, head=declared_feed("/en") + declared_feed("/rss")))
    assert found["best"] == arabic


def test_a_feed_itself_may_be_given(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    found = tried(newsroom, feed)
    assert (found["best"], found["home"]) == (feed, f"{site.url}/")
    assert site.times("/") == 0


def test_an_address_may_be_typed_without_its_scheme(newsroom: Newsroom) -> None:
    said = newsroom.command("outlet", "try", "127.0.9.9:1", MIRQAB_CRAWL_TIMEOUT_S="1")
    assert said.code == 3
    assert "https://127.0.9.9:1/" in said.err


def test_a_well_known_place_is_tried_when_no_feed_is_named(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site, "/rss")
    found = tried(newsroom, home_page(site))
    assert found["best"] == feed
    assert [one["url"] for one in found["tried"]] == [f"{site.url}/feed/", feed], "and no more once one works"


def test_the_sitemap_of_robots_stands_beside_the_feed_for_gaps(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    rules = f"User-agent: *\nDisallow: /private\nSitemap: {site.url}/news.xml\n"
    site.answers["/robots.txt"] = Answer(body=rules.encode(), content_type="text/plain")
    site.answers["/news.xml"] = sitemap(f"{site.url}/n0", news_of=news(0)[0])
    found = tried(newsroom, home_page(site, head=declared_feed("/rss")))
    assert found["best"] == feed
    assert found["outlet"]["backfill"] == [{"url": f"{site.url}/news.xml", "kind": "sitemap", "links": None}]


def test_a_sitemap_alone_is_declared_as_one(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site, "/nowhere")
    del site.answers["/nowhere"]
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<sitemap><loc>{site.url}/part.xml</loc><lastmod>2026-11-22</lastmod></sitemap></sitemapindex>"
    )
    site.answers["/robots.txt"] = Answer(body=f"Sitemap: {site.url}/index.xml\n".encode(), content_type="text/plain")
    site.answers["/index.xml"] = Answer(body=index.encode(), content_type="application/xml")
    site.answers["/part.xml"] = sitemap(f"{site.url}/n0")
    home_page(site)
    del site.answers["/"]
    found = tried(newsroom, f"{site.url}/")
    assert found["problem"] == Reason.NOT_FOUND
    assert found["best"] == f"{site.url}/index.xml"
    assert found["outlet"]["feeds"][0]["kind"] == "sitemap"
    assert found["article"]["headline"] == news(0)[0]


def test_a_home_page_without_any_feed_is_read_as_a_section(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    home = home_page(site)
    for path, _ in STORIES:
        site.article(path, *news(3))
    found = tried(newsroom, home)
    assert found["best"] == home
    assert found["outlet"]["feeds"] == [{"url": home, "kind": "section", "links": None}]
    assert found["tried"][-1]["entries"] == len(STORIES)
    assert found["article"]["headline"] == news(3)[0]
    assert len(found["tried"]) <= 12, "few guesses"


def test_links_of_a_page_may_be_chosen(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    home = home_page(site, '<div class="top"><a href="/chosen">خبر مختار من المحرر</a></div>')
    site.article("/chosen", *news(5))
    found = tried(newsroom, home, "--links", ".top a")
    assert [entry["url"] for entry in found["entries"]] == [f"{site.url}/chosen"]
    assert found["outlet"]["feeds"] == [{"url": home, "kind": "section", "links": ".top a"}]
    said = newsroom.command("outlet", "try", home, "--links", "a[")
    assert said.code == 2
    assert "--links: expected a CSS selector" in said.err


def test_the_delay_holds_over_all_rounds(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    tried(newsroom, home_page(site, head=declared_feed("/rss")), MIRQAB_CRAWL_DELAY_S="0.3")
    assert [asked.path for asked in site.asked] == ["/robots.txt", "/", "/rss", "/n0"], "robots.txt once"
    assert site.is_asked_apart(0.3), site.asked


def test_a_page_that_robots_forbids_is_left_alone(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    site.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    found = tried(newsroom, home_page(site, head=declared_feed("/rss")), code=3)
    assert found["problem"] == Reason.REFUSED_BY_ROBOTS
    assert {asked.path for asked in site.asked} == {"/robots.txt"}
    assert found["outlet"] is None


def test_a_host_that_does_not_answer_is_asked_no_more(newsroom: Newsroom) -> None:
    found = tried(newsroom, silent_address(), code=3)
    assert (found["problem"], found["tried"]) == (Reason.CONNECTION, [])


def test_an_article_that_fails_is_said_and_another_is_tried(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    good = site.article("/good", *news(1))
    site.answers["/rss"] = Answer(
        body=rss([(f"{site.url}/gone", "خبر زال"), (good, news(1)[0])]), content_type="text/xml"
    )
    found = tried(newsroom, f"{site.url}/rss")
    assert found["article"]["headline"] == news(1)[0]
    site.answers["/good"] = Answer(status=500)
    found = tried(newsroom, f"{site.url}/rss", code=3)
    assert found["article"]["problem"] == Reason.HTTP_ERROR


def test_a_feed_that_moved_for_good_is_declared_where_it_is(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    feed = publish(site)
    site.answers["/old"] = Answer(status=301, headers=(("Location", "/rss"),))
    site.answers["/passing"] = Answer(status=302, headers=(("Location", "/rss"),))
    assert tried(newsroom, f"{site.url}/old")["best"] == feed
    assert tried(newsroom, f"{site.url}/passing")["best"] == f"{site.url}/passing"


def test_the_documented_keys_are_the_printed_ones(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    found = tried(newsroom, home_page(site, head=declared_feed("/rss")))
    assert sorted(documented("trial")) == sorted(found)
    assert sorted(documented("tried")) == sorted(found["tried"][0])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ftp://nahr.example/",), "no address of the web"),
        (("https://me:secret@nahr.example/",), "without a user and a password"),
        (("nahr.example", "--country", "irq"), "There is no country 'irq'"),
        (("nahr.example", "--timezone", "Asia/Bagdad"), "Asia/Baghdad"),
        (("nahr.example", "--kind", "blog"), "There is no kind 'blog'"),
        (("nahr.example", "--id", "Nahr"), "--id: expected a short name"),
        (
            ("nahr.example", "--timezone", "Africa/Tripoly"),
            "--timezone: expected a time zone such as Asia/Baghdad, "
            'found "Africa/Tripoly"; did you mean "Africa/Tripoli"?\n',
        ),
        (("nahr.example", "--id", "Bad Id", "--country", "iraq"), "--country: There is no country 'iraq'"),
        (("nahr.example", "--id", "feeds"), "name of a command"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    newsroom: Newsroom, arguments: tuple[str, ...], told: str
) -> None:
    said = newsroom.command("outlet", "try", *arguments)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "secret" not in said.err


def test_control_and_bidi_characters_of_a_site_do_not_reach_the_terminal(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    publish(site)
    site.feed("/rss", [(f"{site.url}/n0", "خبر \u202eمقلوب\u202c \x9b31mأحمر")])
    home = home_page(site, head=declared_feed("/rss"), name="صحيفة\u202e المرفأ \x1b[31m")
    said = newsroom.command("outlet", "try", home)
    assert said.code == 0, said.err
    assert not set("\u202e\u202c\x9b\x1b") & set(said.out + said.err)


def test_what_a_redirect_or_a_wish_for_patience_said_is_told(newsroom: Newsroom) -> None:
    site, busy = newsroom.press.site(), newsroom.press.site()
    feed = publish(site)
    site.answers["/"] = Answer(status=301, headers=(("Location", "/rss"),))
    found = tried(newsroom, f"{site.url}/")
    assert found["tried"][0]["detail"] == f"{site.url}/ leads here for good"
    assert (found["best"], found["guesses"]["home"]) == (feed, "the feed answers there: give the page")
    busy.answers["/rss"] = Answer(status=429, headers=(("Retry-After", "60"),))
    said = newsroom.command("outlet", "try", f"{busy.url}/rss")
    assert said.code == 3
    assert "answered 429; asks to come again after 60 s" in said.out
    assert "try again later" in said.err
    assert "address of a feed" not in said.err


def test_a_page_of_links_is_a_source_too_and_what_else_works_can_be_added(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    home_page(site, name=None)
    site.answers["/latest"] = site.answers.pop("/")
    for path, _ in STORIES:
        site.article(path, *news(3))
    site.answers["/robots.txt"] = Answer(body=f"Sitemap: {site.url}/news.xml\n".encode(), content_type="text/plain")
    site.answers["/news.xml"] = sitemap(f"{site.url}{STORIES[0][0]}")
    said = newsroom.command("outlet", "try", f"{site.url}/latest", "--id", "marfa")
    assert said.code == 0, said.err
    assert f"# ./run outlet add {site.url}/latest --to marfa --links CSS" in said.out
    assert "# guessed: the page that was given" in said.out
    assert "--links CSS" in said.err


def test_a_slow_pace_is_told_while_it_is_waited_for(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    said = newsroom.command("feed", publish(site), MIRQAB_CRAWL_DELAY_S="5")
    assert said.code == 0
    assert ": 5 s lie between two requests" in said.err
