"""The server of the demo: every outlet a host of its own, on loopback only, in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import uvicorn
from ruamel.yaml import YAML
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from demo import pages
from demo.stories import Outcome, Outlet, Story, load_outlets

Place = tuple[str, int]  # (address, port)
_BIND_ATTEMPTS = 20  # a port free on the first address may be taken on another one


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered request: the address asked for (decoded, without tracking), its status, and when on the clock."""

    url: str
    status: int
    at: float  # time.monotonic() when the request came in


class DemoWeb:
    """The demo web, served while the context is open.

    `places` gives each outlet's address and port (as `.places` of an earlier one does) and raises OSError when one
    is taken; without it a free port is found. `epoch` is the moment from which stories are dated back, so two webs
    of one epoch serve the same bytes. `slow_s` is what the slow host waits before each answer.
    """

    def __init__(
        self,
        *,
        places: Mapping[str, Place] | None = None,
        epoch: datetime | None = None,
        advanced: bool = False,
        slow_s: float = 1.0,
        one_address: bool = False,
    ) -> None:
        self.epoch = (epoch or datetime.now(UTC)).replace(microsecond=0)
        self.advanced = advanced
        self.answers: list[Answer] = []
        self._slow_s = slow_s
        self._first = load_outlets(self.epoch)
        self._second = tuple(_advanced(outlet) for outlet in self._first)
        self._sockets, self.places = _bind([outlet.id for outlet in self._first], places, one_address=one_address)
        self._by_place = {place: index for index, place in enumerate(self.places.values())}
        self._server = uvicorn.Server(
            uvicorn.Config(
                GZipMiddleware(self._answer, minimum_size=500),
                lifespan="off",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="demo-web", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the demo web did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        for listener in self._sockets:
            listener.close()

    # ------------------------------------------------------------------------------ what is served

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """The outlets with their stories in the state now served."""
        return self._second if self.advanced else self._first

    @property
    def stories(self) -> Mapping[str, Story]:
        """Every story now served, by id."""
        return {story.id: story for outlet in self.outlets for story in outlet.stories}

    @property
    def hosts(self) -> tuple[str, ...]:
        """The loopback addresses in use, each once: what `crawl.allow_hosts` must name."""
        return tuple(dict.fromkeys(host for host, _ in self.places.values()))

    def origin(self, outlet: str) -> str:
        """Return `http://address:port` of an outlet."""
        host, port = self.places[outlet]
        return f"http://{host}:{port}"

    def url(self, story: str) -> str:
        """Return the address of a story as its outlet links to it, without tracking parameters."""
        found = self.stories[story]
        outlet = next(outlet for outlet in self.outlets if outlet.id == found.outlet)
        return pages.link(outlet, found, self.origin(outlet.id))

    def story_at(self, url: str) -> Story:
        """Return the story at an address, however it is escaped and whatever tracking parameters it carries."""
        pairs = [pair for pair in urlsplit(url).query.split("&") if pair and not pair.startswith("utm_")]
        plain = unquote(url.partition("?")[0]) + ("?" + "&".join(pairs) if pairs else "")
        return next(story for story in self.stories.values() if self.origin(story.outlet) + story.path == plain)

    def feed_urls(self, outlet: str) -> tuple[str, ...]:
        """Return the addresses of an outlet's feeds."""
        found = next(item for item in self.outlets if item.id == outlet)
        return tuple(self.origin(outlet) + path for path in found.style.feed_paths)

    @property
    def updated(self) -> frozenset[str]:
        """The stories that have a second state."""
        return frozenset(story.id for outlet in self._first for story in outlet.stories if story.later)

    def advance(self) -> None:
        """Let time pass: the stories that have a second state are served in it from now on."""
        self.advanced = True

    def outlets_yaml(self, path: Path | None = None) -> str:
        """Return the declarations of these outlets (config/outlets.yaml); with `path`, write them there too."""
        declared = [
            {
                "id": outlet.id,
                "name": outlet.name,
                "name_en": outlet.name_en,
                "country": outlet.country,
                "kind": outlet.kind,
                "timezone": outlet.timezone,
                "home": self.origin(outlet.id) + "/",
                "feeds": [{"url": url} for url in self.feed_urls(outlet.id)],
            }
            for outlet in self.outlets
        ]
        stream = StringIO()
        YAML().dump({"outlets": declared}, stream)
        if path is not None:
            path.write_text(stream.getvalue(), encoding="utf-8")
        return stream.getvalue()

    # ------------------------------------------------------------------------------ what was asked

    @property
    def requests(self) -> Counter[str]:
        """How often each address was asked for (decoded, without tracking parameters)."""
        return Counter(answer.url for answer in list(self.answers))

    def requests_of(self, story: str) -> int:
        """Return how often the page of a story was asked for."""
        found = self.stories[story]
        return self.requests[self.origin(found.outlet) + found.path]

    def compare(self, flagged: Iterable[Mapping[str, Any]]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Compare flagged stories (lines of `flagged`) with what the stories were written as: right, missed, besides.

        An exact copy and its original count as one. What an outlet made of a wire story is found when the flagged story
        of that wire is carried by the outlet, for its texts may be one story.
        """
        rows = [(self.story_at(row["url"]), row["outlets"]) for row in flagged]
        found = frozenset(story.original for story, _ in rows)
        carried = {(story.wire, outlet) for story, outlets in rows for outlet in outlets}
        meant = [story for story in self.stories.values() if story.flagged]
        found |= {story.original for story in meant if (story.wire, story.outlet) in carried}
        wanted = frozenset(story.original for story in meant)
        return found & wanted, wanted - found, found - wanted

    # ------------------------------------------------------------------------------ serving

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=self._sockets))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        at = time.monotonic()
        place = tuple(scope["server"])
        outlet = self.outlets[self._by_place[place]]
        if outlet.style.slow:
            await asyncio.sleep(self._slow_s)
        origin = self.origin(outlet.id)
        asked = _asked(request)
        response = self._respond(outlet, origin, asked, request)
        self.answers.append(Answer(origin + asked, response.status_code, at))
        await response(scope, receive, send)

    def _respond(self, outlet: Outlet, origin: str, asked: str, request: Request) -> Response:
        style = outlet.style
        html = f"text/html; charset={style.encoding}"
        if asked == "/robots.txt":
            return _robots(outlet)
        if asked in style.feed_paths:
            if style.broken_feed:
                return Response("Fatal error: Allowed memory size exhausted", 500, media_type="text/plain")
            section = None if asked == style.feed_paths[0] else next(iter(outlet.sections))
            return _feed(outlet, pages.feed(outlet, origin=origin, section=section), request)
        if asked == "/":
            return Response(pages.front_page(outlet, origin=origin), headers={"Content-Type": html})
        for name, word in outlet.sections.items():
            if asked == f"/section/{word}":
                return Response(pages.front_page(outlet, origin=origin, section=name), headers={"Content-Type": html})
        story = next((story for story in outlet.stories if story.path == asked), None)
        if story is None or story.outcome is Outcome.NOT_FOUND:
            return Response(pages.not_found_page(outlet, origin=origin), 404, headers={"Content-Type": html})
        return Response(pages.article_page(outlet, story, origin=origin), headers={"Content-Type": html})


def _asked(request: Request) -> str:
    """The decoded path and query, without the tracking parameters that an outlet's feed appends."""
    pairs = [(name, value) for name, value in parse_qsl(request.url.query) if not name.startswith("utm_")]
    path: str = request.scope["path"]
    return path + ("?" + urlencode(pairs) if pairs else "")


def _robots(outlet: Outlet) -> Response:
    text = outlet.style.robots
    if text is None:
        return Response("Not Found", 404, media_type="text/plain")
    if outlet.style.robots_gzip:
        return Response(gzip.compress(text.encode()), media_type="text/plain", headers={"Content-Encoding": "gzip"})
    return Response(text, media_type="text/plain")


def _feed(outlet: Outlet, body: bytes, request: Request) -> Response:
    style = outlet.style
    changed_at = max(story.updated or story.published for story in outlet.stories)
    headers = {"Content-Type": f"application/{'atom' if style.feed == 'atom' else 'rss'}+xml"}
    not_modified = False
    if style.validators in ("etag", "both"):
        etag = '"' + hashlib.blake2b(body, digest_size=8).hexdigest() + '"'
        headers["ETag"] = etag
        not_modified = etag in request.headers.get("if-none-match", "")
    if style.validators in ("modified", "both"):
        headers["Last-Modified"] = format_datetime(changed_at, usegmt=True)
        with suppress(ValueError):  # what is no date is no condition
            since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
            # an ETag, when asked for, decides alone (RFC 9110, 13.2.2)
            if "if-none-match" not in request.headers:
                not_modified = changed_at.replace(microsecond=0) <= since
    return Response(status_code=304, headers=headers) if not_modified else Response(body, headers=headers)


def _advanced(outlet: Outlet) -> Outlet:
    return replace(outlet, stories=tuple(story.later or story for story in outlet.stories))


# ------------------------------------------------------------------------------------- addresses


def _bind(
    outlets: list[str], places: Mapping[str, Place] | None, *, one_address: bool
) -> tuple[list[socket.socket], dict[str, Place]]:
    """Open a listening socket for every outlet: at `places`, else on one port of many addresses, else on many ports."""
    if places is not None:
        return _listen({outlet: places[outlet] for outlet in outlets})
    for _ in range(0 if one_address else _BIND_ATTEMPTS):
        try:
            first, found = _listen({outlets[0]: ("127.0.0.11", 0)})
            port = found[outlets[0]][1]
            try:
                rest, others = _listen({outlet: (f"127.0.0.{12 + n}", port) for n, outlet in enumerate(outlets[1:])})
            except OSError:
                first[0].close()
                raise
            return first + rest, found | others
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:  # not Linux: only 127.0.0.1 is there
                break
            if error.errno != errno.EADDRINUSE:
                raise
    return _listen(dict.fromkeys(outlets, ("127.0.0.1", 0)))


def _listen(places: Mapping[str, Place]) -> tuple[list[socket.socket], dict[str, Place]]:
    listeners: list[socket.socket] = []
    found: dict[str, Place] = {}
    try:
        for outlet, place in places.items():
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(64)
            found[outlet] = listener.getsockname()
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners, found
