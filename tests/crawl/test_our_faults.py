"""A slip of our own: the feed or page that met it has its reason in report and ledger, and the others go on."""

from __future__ import annotations

import dataclasses

from mirqab.archive.runs import OutletSums
from mirqab.types import FeedRole, Reason
from tests.crawl.conftest import Deployment, news, publish
from tests.crawl.pressweb import Press

FAULTY = ("-s", "TWISTED_DNS_RESOLVER=tests.crawl.faulty.GuardedResolver")


def test_every_request_is_accounted_for_when_our_own_code_fails(press: Press, deployment: Deployment) -> None:
    site, other = press.site(), press.site()
    pages = [(site.article(path, *news(number)), "أ") for number, path in ((5, "/page"), (6, "/well"))]
    bad = [site.feed(f"/{name}", [(site.url + "/lost", "أ")]) for name in ("answer", "admit")]
    deployment.read("nahr", bad[0], site.feed("/rss", pages), bad[1])
    deployment.read("wadi", publish(other, 2))

    crawl = deployment.crawl("feeds", *FAULTY)

    assert crawl.code == 1, "a fault of ours is no success"
    end = crawl.end
    assert (end["feeds"], end["feeds_ok"], end["pages"], end["stored"], end["crashed"]) == (4, 2, 4, 3, 3)
    assert end["feed_reasons"] == {Reason.OUR_FAULT: 2}
    assert end["reasons"] == {Reason.OUR_FAULT: 1}
    problems = {event["url"]: event["problem"] for event in crawl.events if event["event"] == "feed"}
    assert [url for url, problem in problems.items() if problem == Reason.OUR_FAULT] == bad
    assert crawl.log.count("ZeroDivisionError") >= 3, "whoever mends it finds where it happened"
    assert "hush" not in crawl.log

    run = deployment.last_run()
    assert (run.feeds_failed, run.failed, run.stored) == (2, 1, 3)
    assert run.feed_reasons == {Reason.OUR_FAULT: 2}
    assert run.reasons == {Reason.OUR_FAULT: 1}
    (nahr,) = [dataclasses.asdict(sums) for sums in deployment_sums(deployment, run.id) if sums.outlet == "nahr"]
    assert (nahr["feeds_ok"], nahr["feeds_failed"], nahr["failed"], nahr["stored"]) == (1, 2, 1, 1)
    detail = deployment.database("SELECT detail FROM polls WHERE reason = 'our_fault' AND url = ?", bad[0])
    assert detail == [("ZeroDivisionError: a slip of ours at http://***@nahr.example/",)]

    again = deployment.crawl()  # mended: nothing was lost, and nothing counted against what met it
    assert (again.code, again.end["feeds_ok"], again.end["feeds_not_modified"]) == (3, 2, 2), again.log
    assert again.end["stored"] == 1
    assert again.end["reasons"] == {Reason.NOT_FOUND: 1}  # the page that both feeds told


def test_what_waits_for_the_end_of_a_feed_does_not_wait_for_one_that_met_our_fault(
    press: Press, deployment: Deployment
) -> None:
    """An outlet looks elsewhere for what a feed lost when all its feeds have ended, however they ended."""
    site = press.site()
    rolls = site.feed("/rss", [(site.article("/old", *news(1)), "قديم")])
    elsewhere = site.feed("/elsewhere", [(site.article("/between", *news(3)), "بينهما")])
    deployment.read("nahr", rolls, backfill=[{"url": elsewhere}])
    assert deployment.crawl().code == 0
    site.feed("/rss", [(site.article("/new", *news(2)), "جديد")])
    deployment.read("nahr", rolls, site.feed("/answer", []), backfill=[{"url": elsewhere}])

    crawl = deployment.crawl("feeds", *FAULTY)

    roles = [event["role"] for event in crawl.events if event["event"] == "feed"]
    assert roles.count(FeedRole.BACKFILL) == 1, crawl.log
    assert crawl.end["found_again"] == 1


def deployment_sums(deployment: Deployment, run: str) -> list[OutletSums]:
    with deployment.archive() as archive:
        return archive.run_outlets(run)
