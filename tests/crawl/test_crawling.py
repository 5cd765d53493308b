"""A crawl from feed to flag, over real HTTP: what is stored, what is counted, what is asked twice."""

from __future__ import annotations

from pathlib import Path

from mirqab.types import EntryState, Reason
from tests.crawl.conftest import Deployment, news, publish, talks
from tests.crawl.pressweb import Answer, Press, rss, silent_address


def test_feed_to_flag_and_nothing_twice(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 6, of_talks=2))

    first = deployment.crawl()

    assert first.code == 0, first.log
    assert first.pages() == {"stored": 6}
    run = deployment.last_run()
    assert (run.state, run.found, run.new, run.fetched, run.stored, run.failed) == ("done", 6, 6, 6, 6, 0)
    with deployment.archive() as archive:
        flagged = archive.flagged()
        assert sorted(story.headline for story in flagged) == sorted(site_headlines(2))
    assert first.end["flagged"] == {"troop-withdrawal-talks": 2}

    asked = len(site.asked)
    second = deployment.crawl()

    assert second.code == 0, second.log
    assert [one.path for one in site.asked[asked:]] == ["/rss"]
    assert second.end["feeds_not_modified"] == 1
    assert deployment.last_run().new == 0
    with deployment.archive() as archive:
        assert len(archive.flagged()) == 2


def site_headlines(count: int) -> list[str]:
    return [talks(number)[0] for number in range(count)]


def test_reference_story_is_flagged_for_what_it_says(press: Press, deployment: Deployment, shared_data: Path) -> None:
    (file,) = sorted((shared_data / "seed").glob("*.txt"))
    headline, *paragraphs = file.read_text(encoding="utf-8").strip().splitlines()
    site = press.site()
    deployment.read("nahr", site.feed("/rss", [(site.article("/seed", headline, paragraphs), headline)]))

    assert deployment.crawl().code == 0

    with deployment.archive() as archive:
        (flagged,) = archive.flagged()
        detail = archive.story(flagged.story)
        assert detail is not None
        (verdict,) = detail.articles[0].verdicts
    assert verdict.flagged
    theatres = verdict.facets["theatre"]
    assert theatres[:2] == ("العراق", "سوريا")
    assert "غزة" not in theatres
    text = detail.articles[0].article.body
    evidence = [text[one.span.start : one.span.stop] for one in verdict.sentences if one.span.field == "text"]
    assert any("سيشرعان في محادثات" in sentence for sentence in evidence)
    assert not any("اقرأ أيضاً" in sentence for sentence in evidence)


def test_every_way_to_fail_is_stored_with_its_reason(press: Press, deployment: Deployment) -> None:
    site, other = press.site(), press.site()
    site.answers["/robots.txt"] = Answer(
        body=b"User-agent: *\nDisallow: /private/\n", content_type="text/plain", gzipped=True
    )
    good = site.article("/good", *news(1))
    arabic_1256 = site.article("/1256", *news(2), charset="windows-1256")
    site.article("/private/1", *news(3))
    site.answers["/gone"] = Answer(status=410)
    site.answers["/broken"] = Answer(status=500)
    site.answers["/login"] = Answer(status=403)
    site.answers["/loop"] = Answer(status=302, headers=(("Location", "/loop"),))
    site.answers["/inside"] = Answer(status=302, headers=(("Location", "http://10.0.0.1/"),))
    site.answers["/cut"] = Answer(body=b"<p>" * 90, declared_length=9000)
    site.answers["/bomb"] = Answer(body=b"<p>" * 6_000_000, gzipped=True)  # 18 MB in 18 kB
    site.answers["/picture"] = Answer(body=b"\x89PNG\r\n\x1a\n" + b"\0" * 200, content_type="image/png")
    other.answers["/hang"] = Answer(stall_s=60)
    paths = ("private/1", "gone", "broken", "login", "loop", "inside", "cut", "bomb", "picture", "missing")
    items = [(good, "أ"), (arabic_1256, "ب"), *((f"{site.url}/{path}", path) for path in paths)]
    items.append((f"{other.url}/hang", "بطيء"))
    deployment.read("nahr", site.feed("/rss", items))

    crawl = deployment.crawl(MIRQAB_CRAWL_TIMEOUT_S="6")

    assert crawl.code == 3, crawl.log
    assert crawl.end["stored"] == 2
    assert crawl.end["reasons"] == {
        Reason.REFUSED_BY_ROBOTS: 1,
        Reason.GONE: 1,
        Reason.HTTP_ERROR: 1,
        Reason.FORBIDDEN: 1,
        Reason.TOO_MANY_REDIRECTS: 1,
        Reason.REFUSED_ADDRESS: 1,
        Reason.BROKEN_ANSWER: 1,
        Reason.NOT_HTML: 1,
        Reason.NOT_FOUND: 1,
        Reason.TIMED_OUT: 1,
        Reason.TOO_LARGE: 1,
    }
    assert site.times("/private/1") == 0
    run = deployment.last_run()
    assert (run.stored, run.failed, run.refused, dict(run.reasons)) == (
        2,
        9,
        2,
        {Reason(k): v for k, v in crawl.end["reasons"].items()},
    )
    with deployment.archive() as archive:
        trail = archive.by_url(arabic_1256)
        assert trail is not None
        assert trail.entry.article is not None
        detail = archive.article(trail.entry.article)
        assert detail is not None
        assert detail.article.headline == news(2)[0]


def test_bad_feeds_never_hide_good_ones(press: Press, deployment: Deployment) -> None:
    good, bad = press.site(), press.site()
    deployment.read("nahr", publish(good, 2))
    bad.answers["/gone"] = Answer(status=410)
    bad.answers["/html"] = Answer(body=b"<html><body>please log in</body></html>")
    bad.answers["/busy"] = Answer(status=429, headers=(("Retry-After", "3600"),))
    deployment.read("wadi", bad.url + "/gone", bad.url + "/html")
    deployment.read("jabal", silent_address() + "/rss")
    deployment.read("busy", bad.url + "/busy", bad.url + "/after-busy")

    crawl = deployment.crawl()

    assert crawl.code == 3, crawl.log
    assert crawl.end["stored"] == 2
    problems = {event["url"]: event["problem"] for event in crawl.events if event["event"] == "feed"}
    assert problems[bad.url + "/gone"] == Reason.GONE
    assert problems[bad.url + "/html"] == Reason.NOT_A_FEED
    assert Reason.CONNECTION in problems.values()
    assert problems[bad.url + "/busy"] == Reason.TOO_MANY_REQUESTS
    assert len(problems) == 6
    run = deployment.last_run()
    assert (run.feeds_ok, run.feeds_failed) == (1, 4)
    assert (crawl.end["feeds_put_off"], crawl.end["put_off_reasons"]) == (1, {Reason.TOO_MANY_REQUESTS: 1})


def test_a_changed_body_without_validators_is_read_an_equal_one_is_not(press: Press, deployment: Deployment) -> None:
    site = press.site()
    first = site.article("/1", *news(1))
    site.answers["/rss"] = Answer(body=rss([(first, "أ")]), content_type="application/rss+xml")
    deployment.read("nahr", site.url + "/rss")
    assert deployment.crawl().end["stored"] == 1

    assert deployment.crawl().end["feeds_not_modified"] == 1

    second = site.article("/2", *news(2))
    site.answers["/rss"] = Answer(body=rss([(second, "ب"), (first, "أ")]), content_type="application/rss+xml")
    third = deployment.crawl()
    assert (third.end["feeds_ok"], third.end["new"], third.end["stored"]) == (1, 1, 1)
    assert site.times("/1") == 1


def test_the_same_text_at_two_outlets_is_one_article(press: Press, deployment: Deployment) -> None:
    one, two = press.site(), press.site()
    deployment.read("nahr", publish(one, 1, of_talks=1))
    deployment.read("wadi", publish(two, 1, of_talks=1))

    crawl = deployment.crawl()

    assert crawl.code == 0, crawl.log
    assert (crawl.end["stored"], crawl.end["duplicates"]) == (1, 1)
    with deployment.archive() as archive:
        (flagged,) = archive.flagged()
        assert sorted(flagged.outlets) == ["nahr", "wadi"]


def test_a_page_whose_robots_txt_is_ill_is_left_for_later_and_no_try_is_counted(
    press: Press, deployment: Deployment
) -> None:
    site = press.site()
    elsewhere = press.site()
    elsewhere.article("/x", *news(1))
    elsewhere.answers["/robots.txt"] = Answer(status=503)
    deployment.read("nahr", site.feed("/rss", [(elsewhere.url + "/x", "أ")]))

    crawl = deployment.crawl()

    assert (crawl.end["put_off"], crawl.end["reasons"]) == (1, {})
    assert elsewhere.times("/x") == 0
    with deployment.archive() as archive:
        trail = archive.by_url(elsewhere.url + "/x")
        assert trail is not None
        assert (trail.entry.state, trail.entry.attempts) == (EntryState.PENDING, 0)
    elsewhere.answers["/robots.txt"] = Answer(status=404)
    assert deployment.crawl().end["stored"] == 1


def test_host_that_asks_for_patience_is_not_asked_by_the_next_run_either(press: Press, deployment: Deployment) -> None:
    site = press.site()
    feed = publish(site, 3)
    for number in range(3):
        site.answers[f"/n{number}"] = Answer(status=503, headers=(("Retry-After", "600"),))
    deployment.read("nahr", feed)
    first = deployment.crawl(MIRQAB_CRAWL_DELAY_S="0.05")
    assert (first.end["failed"], first.end["put_off"]) == (1, 2), first.log

    asked = len(site.asked)
    second = deployment.crawl(MIRQAB_CRAWL_DELAY_S="0.05")

    assert len(site.asked) == asked, second.log
    assert (second.end["feeds_put_off"], second.end["feed_reasons"], second.end["put_off"]) == (1, {}, 2)
    assert second.end["put_off_reasons"] == {Reason.HTTP_ERROR: 3}
    assert deployment.last_run().failed == 0


def test_log_holds_no_credentials_and_no_page(press: Press, deployment: Deployment) -> None:
    site = press.site()
    publish(site, 2)
    site.answers["/rss?token=hush"] = site.answers["/rss"]
    deployment.read("nahr", site.url + "/rss?token=hush", site.url + "/missing?token=hush")

    crawl = deployment.scrapy(
        "crawl", "nahr", "-s", "MIRQAB_REDIS_URL=redis://:open-sesame@127.0.0.1:9/0", "-L", "INFO"
    )

    assert crawl.code == 3, crawl.log
    assert "/missing?token=***" in crawl.log
    assert "hush" not in crawl.log
    assert "open-sesame" not in crawl.log
    assert len(crawl.log.splitlines()) < 30, crawl.log
