"""A small press of the tests' own: real HTTP servers on loopback addresses, each a host, with named misbehaviours."""

from __future__ import annotations

import gzip
import html
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ROUNDED_S = 0.01
"""Turns are given in whole milliseconds, by the clock of Redis."""

_numbers = itertools.count(11)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a path answers. `stall_s` passes before the first byte, `drip_s` between pieces of the body."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    gzipped: bool = False
    stall_s: float = 0.0
    drip_s: float = 0.0
    declared_length: int | None = None
    validated: bool = False  # answers 304 to its own ETag


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    at: float  # time.monotonic()
    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """One host of the press: paths and what was asked of them."""

    host: str
    answers: dict[str, Answer | Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return self.named(self.host)

    def named(self, host: str) -> str:
        """Return the site's address under another name."""
        return f"{self.scheme}://{host}:{self.port}"

    def times(self, path: str) -> int:
        """How often a path was asked."""
        return sum(1 for asked in self.asked if asked.path == path)

    def is_asked_apart(self, delay_s: float) -> bool:
        """Say whether one crawl kept the delay between its requests so far, however slow the machine was.

        It takes the turn for a request when the one before is answered, and turns are a delay apart. A request may come
        long after its turn and the next one in time; so between two of them there is one delay for each that came
        between.
        """
        times = enumerate([asked.at for asked in self.asked])
        return all(
            later - earlier > (second - first - 1) * delay_s - ROUNDED_S
            for (first, earlier), (second, later) in itertools.combinations(times, 2)
        )

    def hold(self, prefix: str, *, after: int) -> threading.Event:
        """Answer what begins so, but for the first requests, only when the event returned is set."""
        go_on = threading.Event()

        def held(answer: Answer | Callable[[Asked], Answer], asked: Asked) -> Answer:
            if sum(one.path.startswith(prefix) for one in tuple(self.asked)) > after:
                go_on.wait(60)
            return answer(asked) if callable(answer) else answer

        for path, answer in self.answers.items():
            if path.startswith(prefix):
                self.answers[path] = partial(held, answer)
        return go_on

    def article(self, path: str, headline: str, paragraphs: list[str], **more: Any) -> str:
        """Put an article at a path; returns its address."""
        charset = more.pop("charset", "utf-8")
        self.answers[path] = Answer(
            body=article_html(headline, paragraphs, charset=charset).encode(charset, "xmlcharrefreplace"),
            content_type=f"text/html; charset={charset}",
            **more,
        )
        return self.url + path

    def feed(self, path: str, items: list[tuple[str, str]], **more: Any) -> str:
        """Put an RSS feed of (address, title) at a path; returns its address."""
        self.answers[path] = Answer(
            body=rss(items), content_type="application/rss+xml; charset=utf-8", validated=True, **more
        )
        return self.url + path


class Press:
    """The servers; `site()` opens another host. Ends with the block."""

    def __init__(self) -> None:
        self._servers: list[ThreadingHTTPServer] = []

    def site(self, *, host: str = "", port: int = 0, tls: ssl.SSLContext | None = None) -> Site:
        """Open a host of its own, 127.0.x.y, on a free port; or on another's `host`, or on a given port."""
        number = next(_numbers)
        site = Site(host or f"127.0.{number // 250 + 3}.{number % 250 + 1}")
        server = ThreadingHTTPServer((site.host, port), _handler(site))
        if tls is not None:
            site.scheme = "https"
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.daemon_threads = True
        site.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._servers.append(server)
        return site

    def __enter__(self) -> Press:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


def silent_address() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.2.2", 0))
        return f"http://127.0.2.2:{free.getsockname()[1]}"


def rss(items: list[tuple[str, str]]) -> bytes:
    """Return an RSS 2.0 feed whose items are an hour old."""
    then = format_datetime(datetime.fromtimestamp(time.time() - 3600, UTC))
    body = "".join(
        f"<item><title>{html.escape(title)}</title><link>{html.escape(url)}</link><guid>{html.escape(url)}</guid>"
        f"<pubDate>{then}</pubDate></item>"
        for url, title in items
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>نشرة</title>'
        f"<link>http://127.0.0.1/</link><description>نشرة</description>{body}</channel></rss>"
    ).encode()


def sitemap(pages: Sequence[tuple[str, datetime | None]], *, index: bool = False) -> bytes:
    """Return a sitemap of (address, time of its last change), or an index of sitemaps."""
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    body = "".join(
        f"<{inner}><loc>{html.escape(url)}</loc>"
        + (f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else "")
        + f"</{inner}>"
        for url, changed in pages
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?><{outer} xmlns="{space}">{body}</{outer}>'.encode()


def article_html(headline: str, paragraphs: list[str], *, charset: str = "utf-8") -> str:
    """Return a plain article page."""
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    title = html.escape(headline)
    head = f'<meta charset="{charset}"><title>{title}</title><meta property="og:title" content="{title}">'
    menu = '<header><nav><a href="/">الرئيسية</a></nav></header>'
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head>{head}</head><body>{menu}<main><article><h1>{title}</h1>'
        f"{body}</article></main><footer>حقوق النشر محفوظة</footer></body></html>"
    )


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(at=time.monotonic(), path=self.path, headers={k.lower(): v for k, v in self.headers.items()})
            site.asked.append(asked)
            found = site.answers.get(self.path, Answer(status=404, body=b"not here"))
            answer = found(asked) if callable(found) else found
            try:
                self._send(answer, asked)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, answer: Answer, asked: Asked) -> None:
            time.sleep(answer.stall_s)
            body = gzip.compress(answer.body, mtime=0) if answer.gzipped else answer.body
            etag = f'"{hash(answer.body):x}"'
            if answer.validated and asked.headers.get("if-none-match") == etag:
                self.send_response(304)
                self.send_header("ETag", etag)
                self.end_headers()
                return
            self.send_response(answer.status)
            if answer.content_type:
                self.send_header("Content-Type", answer.content_type)
            if answer.validated:
                self.send_header("ETag", etag)
            if answer.gzipped:
                self.send_header("Content-Encoding", "gzip")
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(answer.declared_length or len(body)))
            self.end_headers()
            if not answer.drip_s:
                self.wfile.write(body)
            for start in range(0, len(body) if answer.drip_s else 0, 64):
                self.wfile.write(body[start : start + 64])
                self.wfile.flush()
                time.sleep(answer.drip_s)
            if answer.declared_length:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
