"""What many large answers at once cost: each is within its limit, and all together would not fit."""

from __future__ import annotations

import threading
from typing import Literal

import pytest

from mirqab.types import Reason
from tests.crawl.conftest import Deployment
from tests.crawl.pressweb import Answer, Asked, Press

HOSTS = 16  # as many as are asked at one time
MOST_MB = 300
MB = 1 << 20
BODY = (b"<rss version='2.0'><channel><item><title>x</title><description>" + b"word " * (3 * MB))[: 15 * MB - 1000]


@pytest.mark.parametrize(
    "kind",
    [
        "feeds",
        pytest.param("inflated", marks=pytest.mark.full),
        pytest.param("pages", marks=pytest.mark.full),
    ],
)
def test_sixteen_hosts_that_send_the_most_they_may_at_once_fit_into_the_memory(
    press: Press, deployment: Deployment, kind: Literal["feeds", "inflated", "pages"]
) -> None:
    together = threading.Barrier(HOSTS)

    def large(asked: Asked) -> Answer:
        together.wait(20)  # all begin at once, or this was no test
        return Answer(body=BODY, content_type="application/rss+xml", gzipped=kind == "inflated")

    sites = [press.site() for _ in range(HOSTS)]
    for site in sites:
        site.answers["/large"] = large
    if kind == "pages":
        deployment.read("nahr", press.site().feed("/rss", [(f"{site.url}/large", site.host) for site in sites]))
    else:
        for number, site in enumerate(sites):
            deployment.read(f"outlet-{number}", f"{site.url}/large")

    crawl = deployment.wait(deployment.start_measured("crawl", "feeds", MIRQAB_CRAWL_TIMEOUT_S="30"))

    # each had its turn, though most of them had to wait on the line
    expected = {Reason.NOT_HTML: HOSTS} if kind == "pages" else {Reason.TRUNCATED_FEED: HOSTS}
    assert crawl.end["reasons" if kind == "pages" else "feed_reasons"] == expected, crawl.log
    assert deployment.peak_mb < MOST_MB
