"""Addresses given to `feed` and `extract`: fetched by the crawler, so that there is one way out to the network."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.addresses import AllowedHosts, clean_url, host_of
from mirqab.cli import deployment
from mirqab.cli.children import ChildLog, PassedOn, start_scrapy
from mirqab.cli.contact import ask_for_contact
from mirqab.cli.inputs import Arrived
from mirqab.errors import MirqabError
from mirqab.types import Reason

if TYPE_CHECKING:
    from mirqab.settings import Settings


def who_asks(urls: Iterable[str], deployed: Settings) -> Settings:
    """Return the settings with a contact to show to these addresses' hosts, asked for when there is none."""
    own = AllowedHosts.of(deployed.crawl_allow_hosts)
    if deployed.contact or all(own.has_host(host_of(url)) for url in urls):
        return deployed
    ask_for_contact(deployed)
    return deployment.settings()


def fetch(url: str, deployed: Settings) -> Arrived:
    """Fetch an address as the crawler does (robots.txt, user agent, only public hosts); nothing is stored.

    What the web answers is in the result; MirqabError when the crawler itself fails.
    """
    if clean_url(url) is None:
        return Arrived(name=url, body=b"", problem=Reason.BAD_URL)
    log = ChildLog(deployed.log_folder, "fetch")
    with tempfile.TemporaryDirectory(prefix="mirqab-fetch-") as folder:
        into = Path(folder) / "answer"
        arguments = ["crawl", "fetch", "-a", f"url={url}", "-a", f"into={into}"]
        with log.file, PassedOn(start_scrapy(arguments, deployment.child_environ(deployed), log=log.file)) as passed:
            code = passed.wait()
        if passed.received:
            raise KeyboardInterrupt
        if into.exists():
            return _arrived(url, into.read_bytes())
    raise MirqabError(f"the crawler ended with exit code {code}: {log.tail(1)} (see {log.path})")


def _arrived(url: str, answer: bytes) -> Arrived:
    head, _, body = answer.partition(b"\n")
    told = json.loads(head)
    kinds = [value for name, value in told["headers"] if name.lower() == "content-type"]
    return Arrived(
        name=url,
        body=body,
        url=told["final_url"],
        content_type=kinds[0] if kinds else None,
        status=told["status"],
        problem=Reason(told["problem"]) if told["problem"] else None,
        detail=told["detail"],
    )
