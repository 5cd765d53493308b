"""Addresses given to `feed` and `extract`: fetched by the crawler, so that there is one way out to the network."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.cli import deployment
from mirqab.cli.children import ChildLog, PassedOn, start_scrapy
from mirqab.cli.inputs import Arrived
from mirqab.errors import MirqabError, UsageError
from mirqab.types import Reason

if TYPE_CHECKING:
    from mirqab.settings import Settings

USAGE_EXIT = 2


def fetch(url: str, deployed: Settings) -> Arrived:
    """Fetch an address as the crawler does (robots.txt, user agent, only public hosts); nothing is stored.

    What the web answers is in the result; UsageError when this deployment may not crawl (no contact, say).
    """
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
    if code == USAGE_EXIT:
        raise UsageError(log.tail(3))
    raise MirqabError(f"{url} could not be fetched: the crawler ended with exit code {code} (see {log.path}).")


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
