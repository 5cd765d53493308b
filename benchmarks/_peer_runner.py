"""Runs in a peer's own environment: takes articles out of saved pages with it and says what that cost.

    python _peer_runner.py NAME      {"file", "url"} a line in, {"cpu_s", "body"} a line out

Nothing is fetched: a peer that tries is refused.
"""

from __future__ import annotations

import json
import logging
import resource
import socket
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    """Answer every attempt to reach another machine as one without a network would."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise socket.gaierror(socket.EAI_AGAIN, "no network in a benchmark")


def newspaper() -> Callable[[str, str], str]:
    """Return newspaper4k's way from a page and its address to a body."""
    from newspaper import Article  # type: ignore[import-not-found, unused-ignore]

    def take(html: str, url: str) -> str:
        article = Article(url, language="ar", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return article.text or ""

    return take


def news_please() -> Callable[[str, str], str]:
    """Return news-please's way from a page and its address to a body."""
    from newsplease import NewsPlease  # type: ignore[import-not-found, unused-ignore]

    def take(html: str, url: str) -> str:
        return getattr(NewsPlease.from_html(html, url=url, fetch_images=False), "maintext", None) or ""

    return take


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its children that ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def main() -> None:
    """Answer line by line until there are no more."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a peer prints is no answer
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.addaudithook(refuse)
    take = {"newspaper4k": newspaper, "news-please": news_please}[sys.argv[1]]()
    for line in sys.stdin:
        asked = json.loads(line)
        html = Path(asked["file"]).read_bytes().decode("utf-8", "replace")
        began = cpu_s()
        try:
            body = take(html, asked["url"])
        except Exception as error:
            body = ""
            print(f"{sys.argv[1]}: {asked['file']}: {error!r}"[:300], file=sys.stderr)
        answers.write(json.dumps({"cpu_s": cpu_s() - began, "body": body}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
