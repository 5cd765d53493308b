"""`python -m crawler …` beside `scrapy …`: the same commands, answers and exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.crawl.conftest import ROOT, Deployment, publish
from tests.crawl.pressweb import Press


def ended(deployment: Deployment, module: str, *arguments: str) -> tuple[int, str, str]:
    """How a command line of a module ended: its exit code and what it printed."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=deployment.environ, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode().replace("__main__.py", "scrapy")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list",), 0),
        (("crawl",), 2),
        (("crawl", "-h"), 0),
        (("crawl", "feeds", "-a", "odd"), 2),
        (("crawl", "-a", "outlet=nahir", "feeds"), 2),
        (("crawl", "feeds", "-s", "MIRQAB_CRAWL_DELAY=no"), 2),
        (("crawled", "feeds"), 2),
    ],
)
def test_what_is_wrong_is_told_alike(deployment: Deployment, arguments: tuple[str, ...], code: int) -> None:
    deployment.read("nahr", "http://127.0.0.1:9/rss")

    ours = ended(deployment, "crawler", *arguments)

    assert ours == ended(deployment, "scrapy", *arguments)
    assert ours[0] == code, ours


def test_a_crawl_is_a_crawl(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 2))

    code, _, log = ended(deployment, "crawler", "crawl", "feeds", "-a", "kind=newspaper", "-s", "LOG_LEVEL=WARNING")

    assert (code, log) == (0, "")
    assert site.times("/n0") == 1
    assert deployment.crawl().end["feeds_not_modified"] == 1
