"""The reading pages: flagged stories, newest first, and one story with its evidence marked on the original text.

They are for this machine alone: only loopback addresses are bound, and a request that names another host is refused,
so that no page of the web can read them through a name that it points at us. There are no scripts, and the policy
sent along forbids them: what an outlet published is shown as text, whatever it holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirqab.archive import Archive
from mirqab.errors import MirqabError, UsageError
from mirqab.reader import pages, words
from mirqab.reader.carried import told_of
from mirqab.reader.queries import since_moment

HERE = Path(__file__).parent
PAGE_SIZE = 40
LAST_PAGE = 250
CHOICES_FROM = 1000  # the filters offer what occurs in this many of the newest stories
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1", "[::1]")
SINCE = (("", "كل الأوقات"), ("24h", "آخر يوم"), ("7d", "آخر أسبوع"), ("30d", "آخر شهر"))

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Answer = TypeVar("Answer")


class NothingYetError(Exception):
    """There is no archive, because nothing has been crawled."""


class Shelf:
    """The archive as the pages use it: opened when there is one, read off the event loop."""

    def __init__(self, open_archive: Callable[[], Archive | None]) -> None:
        self._open = open_archive
        self._archive: Archive | None = None
        self._lock = threading.Lock()

    async def read(self, question: Callable[[Archive], Answer]) -> Answer:
        """Ask the archive in a thread; NothingYetError while nothing has been crawled."""
        return await run_in_threadpool(self._ask, question)

    def _ask(self, question: Callable[[Archive], Answer]) -> Answer:
        with self._lock:
            if self._archive is None:
                self._archive = self._open()
            if self._archive is None:
                raise NothingYetError
            archive = self._archive
        return question(archive)

    def close(self) -> None:
        with self._lock:
            if self._archive is not None:
                self._archive.close()
                self._archive = None


class ReadingPages:
    """The pages. `names` and `topics` give outlets and topics the names that people know."""

    def __init__(
        self, open_archive: Callable[[], Archive | None], *, names: Mapping[str, str], topics: Mapping[str, str]
    ) -> None:
        self._shelf = Shelf(open_archive)
        self._names = names
        self._topics = topics
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["direction"] = words.direction

    def app(self) -> ASGIApp:
        """Return the web application."""

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> Any:
            yield
            self._shelf.close()

        pages = Starlette(
            routes=[
                Route("/", self.listed),
                Route("/story/{story}", self.story),
                Mount("/static", StaticFiles(directory=HERE / "static")),
            ],
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK_NAMES), www_redirect=False),
            ],
            exception_handlers={
                404: self._missing,
                NothingYetError: self._nothing_yet,
                MirqabError: self._told,
                500: self._broken,
            },
            lifespan=lifespan,
        )
        # around everything: Starlette would answer its own errors outside of its middleware
        return HeadersOnEverything(pages)

    async def listed(self, request: Request) -> Response:
        """List flagged stories, newest first; `topic`, `theatre`, `since` and `page` choose."""
        asked = {name: request.query_params.get(name, "").strip() for name in ("topic", "theatre", "since")}
        now = datetime.now(UTC)
        try:
            since = since_moment(asked["since"], now) if asked["since"] else None
        except UsageError:
            asked["since"], since = "", None
        text = request.query_params.get("page", "1")
        page = min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        last = page * PAGE_SIZE

        def ask(archive: Archive) -> tuple[list[Any], list[Any]]:
            chosen = archive.flagged(
                since=since, topic=asked["topic"] or None, theatre=asked["theatre"] or None, limit=last + 1
            )
            return chosen, archive.flagged(since=None, topic=None, theatre=None, limit=CHOICES_FROM)

        stories, newest = await self._shelf.read(ask)
        shown = [pages.line(story, self._names, self._topics, now) for story in stories[last - PAGE_SIZE : last]]
        return self._page(
            "list.html",
            lines=shown,
            asked=asked,
            filtered=any(asked.values()),
            anything=bool(newest),
            topics=[(topic, self._topics.get(topic, topic)) for topic in sorted({one.topic for one in newest})],
            theatres=sorted({theatre for one in newest for theatre in one.theatres}),
            times=SINCE,
            page=page,
            newer=_link(asked, page - 1) if page > 1 else None,
            older=_link(asked, page + 1) if len(stories) > last else None,
        )

    async def story(self, request: Request) -> Response:
        """Open one story, at the article `article` when it is named."""
        identity = request.path_params["story"]

        def ask(archive: Archive) -> tuple[Any, Any]:
            found = archive.story(identity)
            return found, None if found is None else told_of(archive, found)

        detail, told = await self._shelf.read(ask)
        if detail is None or not detail.articles:
            return self._message("لا خبر بهذا المعرّف", "قد يكون الرابط قديماً أو ناقصاً.", status=404)
        wanted = request.query_params.get("article")
        shown = pages.story_page(detail, told, self._names, self._topics, datetime.now(UTC), wanted=wanted)
        return self._page("story.html", story=shown)

    async def _missing(self, request: Request, problem: Exception) -> Response:
        return self._message("لا صفحة هنا", "ارجع إلى قائمة الأخبار.", status=404)

    async def _nothing_yet(self, request: Request, problem: Exception) -> Response:
        return self._message("لم يُقرأ شيء بعد", "اكتب في الطرفية:", commands=("./run demo", "./run crawl"))

    async def _told(self, request: Request, problem: Exception) -> Response:
        return self._message("تعذّر عرض هذه الصفحة", str(problem), status=500)

    async def _broken(self, request: Request, problem: Exception) -> Response:
        return self._message("تعذّر عرض هذه الصفحة", "التفاصيل في الطرفية.", status=500)

    def _message(self, title: str, text: str, *, commands: tuple[str, ...] = (), status: int = 200) -> Response:
        return self._page("message.html", title=title, text=text, commands=commands, status=status)

    def _page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        html = self._templates.get_template(template).render(**values)
        # a lone surrogate from a broken page has no UTF-8
        return HTMLResponse(html.encode("utf-8", "replace"), status_code=status)


def _link(asked: Mapping[str, str], page: int) -> str:
    return "/?" + urlencode({**{name: value for name, value in asked.items() if value}, "page": page})


class HeadersOnEverything:
    """Sends the security headers with every answer, errors and refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, with_headers)


# ---------------------------------------------------------------------------------------------- serving


def bind(host: str, port: int) -> socket.socket:
    """Bind a loopback address; UsageError for any other, or when the port is taken."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is None or not parsed.is_loopback:
        raise UsageError(
            f"The pages are for this machine alone and have no password: web.host must be 127.0.0.1 or ::1, not {host}."
        )
    bound = socket.socket(socket.AF_INET6 if parsed.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        bound.listen()  # whoever opens the address as soon as it is printed waits a moment, and is not refused
    except OSError as error:
        bound.close()
        raise UsageError(
            f"The pages cannot be served on {host}:{port} ({error.strerror}); choose another port: --set web.port=8766."
        ) from None
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _Server(uvicorn.Server):
    """A server that leaves the signals to the command that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serve on a bound socket until `stop` is set; open connections get two seconds."""
    server = _Server(
        uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
            limit_concurrency=100,
        )
    )
    serving = asyncio.ensure_future(server.serve(sockets=[bound]))
    stopping: Awaitable[Any] = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, asyncio.ensure_future(stopping)}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
