"""An outlet tried out: its feeds and sitemaps looked for and read, and one of its articles taken out.

Few requests, all by one child of the crawler with its delays: the home page and robots.txt, what these name, well-known
places only when no feed was named that works, one sitemap of an index, one article.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from mirqab.addresses import clean_url, url_key
from mirqab.arabic import arabic_share
from mirqab.cli.inputs import Arrived, has_user
from mirqab.cli.outlet.sites import Site, site_of
from mirqab.cli.terminal import say
from mirqab.errors import MirqabError, UsageError
from mirqab.feeds.discovery import Found, find, guesses, in_robots
from mirqab.types import FeedBody, FeedItem, FeedKind, FeedReading, Page, PageHints, Reason, Worked, make_id
from mirqab.work import no_article

if TYPE_CHECKING:
    from mirqab.cli.fetching import Fetcher
    from mirqab.workers import Workers

MOST_FEEDS: Final = 6
MOST_SITEMAPS: Final = 2
MOST_GUESSES: Final = 10
MOST_ARTICLES: Final = 2
FRESH: Final = timedelta(days=30)
MOSTLY_ARABIC: Final = 0.5

# no answer of the host, or none that it wishes to give: nothing more is asked of it
_CLOSED: Final = frozenset(
    {
        Reason.BAD_URL,
        Reason.REFUSED_ADDRESS,
        Reason.DNS,
        Reason.CONNECTION,
        Reason.TLS,
        Reason.TIMED_OUT,
        Reason.TOO_MANY_REQUESTS,
    }
)
# it answers, but not to us: its robots.txt may name a sitemap, and no more is tried
_UNWANTED: Final = frozenset({Reason.FORBIDDEN, Reason.REFUSED_BY_ROBOTS})


class Origin(StrEnum):
    """How an address was come upon."""

    GIVEN = "given"
    DECLARED = "declared"  # by the home page
    ROBOTS = "robots.txt"
    GUESSED = "guessed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One address that was asked as a feed, and what it said; `reading` is None when there was no answer to read."""

    url: str
    origin: Origin
    title: str
    kind: FeedKind
    reading: FeedReading | None = None
    problem: Reason | None = None
    detail: str | None = None
    links: str | None = None

    @property
    def works(self) -> bool:
        """Whether it gives items that can be asked for."""
        return self.problem in (None, Reason.TRUNCATED_FEED) and bool(self.items)

    @property
    def feed_title(self) -> str:
        """What the feed calls itself."""
        return "" if self.reading is None else self.reading.title

    @property
    def newest(self) -> datetime | None:
        """When the youngest item was published, as far as that is known."""
        items = () if self.reading is None else self.reading.items
        return max((item.published for item in items if item.published is not None), default=None)

    @property
    def arabic(self) -> float | None:
        """The share of Arabic letters in the titles and summaries; None when there are none."""
        items = () if self.reading is None else self.reading.items
        text = " ".join(f"{item.title} {item.summary}" for item in items)
        return round(arabic_share(text), 3) if text.strip() else None

    @property
    def is_fresh(self) -> bool:
        """Whether something came within a month, or no item says when it was published."""
        return self.newest is None or datetime.now(UTC) - self.newest < FRESH

    @property
    def items(self) -> list[FeedItem]:
        """The items that have an address, the youngest first."""
        items = () if self.reading is None else self.reading.items
        never = datetime.min.replace(tzinfo=UTC)
        return sorted((item for item in items if item.url), key=lambda item: item.published or never, reverse=True)


@dataclass(kw_only=True, slots=True)
class Trial:
    """What trying out an address showed. `tried` is in the order in which things were asked."""

    url: str
    home: str
    site: Site = field(default_factory=Site)
    problem: Reason | None = None  # of the address itself
    detail: str | None = None
    home_doubt: str = ""  # why the home page is to be looked at
    tried: list[Tried] = field(default_factory=list)
    best: Tried | None = None
    sitemap: Tried | None = None  # where it can be asked after a gap of the best
    article: Worked | None = None


def given_address(text: str) -> str:
    """Return the address that a person typed, https:// before it when it has none; UsageError when it is no address."""
    spelled = text if "://" in text else f"https://{text}"
    if has_user(spelled):
        # it may hold a password: what was typed is not repeated
        raise UsageError("Mirqab reads what is public: say the address without a user and a password.")
    url = clean_url(spelled)
    if url is None:
        raise UsageError(f"{text!r} is no address of the web: expected one such as https://sahafa.example/.")
    return url


def what_next(trial: Trial) -> str:
    """Return what a person may do after a trial that found nothing to read."""
    match trial.problem:
        case None if any(one.reading and one.reading.version for one in trial.tried):
            return "It has no entries that can be read: try again later, or another feed."
        case None | Reason.NOT_FOUND | Reason.GONE | Reason.HTTP_ERROR:
            return "If you know the address of a feed, try that; --links CSS reads a page by its links to articles."
        case Reason.TOO_MANY_REQUESTS:
            return "Its host asks to come less often: try again later."
        case Reason.FORBIDDEN | Reason.REFUSED_BY_ROBOTS:
            return "The outlet does not want this address to be read; look for an official feed, or ask them."
        case Reason.REFUSED_ADDRESS:
            return "If it is a host of your own, name it in the setting crawl.allow_hosts."
        case Reason.DNS | Reason.CONNECTION | Reason.TLS | Reason.TIMED_OUT:
            return "Look whether the address is right and the host answers."
    return "Try another address."


def try_out(
    url: str, fetcher: Fetcher, workers: Workers, *, max_items: int, links: str | None = None, timezone: str = "UTC"
) -> Trial:
    """Try out the outlet at `url`, a home page or a feed; `links` reads it as a section with this CSS selector.

    Raises MirqabError when the crawler itself fails.
    """
    trial = _Trying(url, fetcher, workers, max_items)
    return trial.run(links, timezone)


def _best(tried: Iterable[Tried]) -> Tried | None:
    """Return the address to declare: feeds before sitemaps before pages, Arabic ones, live ones, then the first."""
    working = [one for one in tried if one.works]
    return min(working, key=_worth, default=None)


def _worth(one: Tried) -> tuple[int, bool, bool]:
    version = one.reading.version if one.reading else ""
    order = {FeedKind.FEED: 0, FeedKind.SITEMAP: 2, FeedKind.SECTION: 3}[one.kind]
    if order == 2 and (version == "news-sitemap" or "news" in one.url):
        order = 1
    return order, one.arabic is not None and one.arabic < MOSTLY_ARABIC, not one.is_fresh


def _sitemap_beside(best: Tried | None, tried: Iterable[Tried]) -> Tried | None:
    if best is None or best.kind is not FeedKind.FEED:
        return None
    return _best(one for one in tried if one.kind is FeedKind.SITEMAP)


def _whole(answer: Arrived | MirqabError) -> Arrived:
    if isinstance(answer, MirqabError):
        raise answer
    return answer


class _Trying:
    """The rounds of one trial."""

    def __init__(self, url: str, fetcher: Fetcher, workers: Workers, max_items: int) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._max_items = max_items
        self._asked = {url_key(url)}
        self.trial = Trial(url=url, home=url)

    def run(self, links: str | None, timezone: str) -> Trial:
        trial = self.trial
        say(f"Asking {trial.url}.")
        (first,) = self._fetcher.fetch(trial.url)
        trial.problem, trial.detail = first.problem, first.detail
        if links is not None:
            self._take_section(first, links)
        elif self._is_feed(first):
            trial.home = urljoin(trial.url, "/")
            same = url_key(trial.home) == url_key(trial.url)
            trial.home_doubt = "the feed answers there: give the page" if same else "the root of the feed's host"
        elif first.problem not in _CLOSED:
            self._look_around(first)
        if trial.problem is not None:
            trial.home_doubt = f"as given; it did not answer: {trial.problem}"
        elif trial.home == trial.url and urlsplit(trial.url).path not in ("", "/"):
            trial.home_doubt = trial.home_doubt or "the page that was given"
        trial.best = _best(trial.tried)
        trial.sitemap = _sitemap_beside(trial.best, trial.tried)
        if trial.best is not None:
            self._read_article(trial.best, timezone)
        return trial

    # -------------------------------------------------------------------------------------- looking for feeds

    def _is_feed(self, first: Arrived) -> bool:
        """Whether what was given is a feed itself; then it is all that is tried."""
        if first.problem is not None:
            return False
        reading = self._read(first, FeedKind.FEED)
        if not reading.version:
            return False
        kind = FeedKind.SITEMAP if "sitemap" in reading.version else FeedKind.FEED
        self._take(first, Origin.GIVEN, kind, reading)
        return True

    def _take_section(self, first: Arrived, links: str | None) -> None:
        if first.problem is None:
            reading = self._read(first, FeedKind.SECTION, links)
            self._take(first, Origin.GIVEN, FeedKind.SECTION, reading, links=links)
            self.trial.site, _ = self._look_at(first)

    def _look_around(self, home: Arrived) -> None:
        places: list[tuple[str, str, FeedKind, Origin]] = []
        base = home.url or self.trial.url
        if home.problem is None:
            self.trial.site, found = self._look_at(home)
            feeds = [one for one in found if one.kind is FeedKind.FEED][:MOST_FEEDS]
            sitemaps = [one for one in found if one.kind is FeedKind.SITEMAP][:MOST_SITEMAPS]
            places += [(one.url, one.title, one.kind, Origin.DECLARED) for one in (*feeds, *sitemaps)]
        (robots,) = self._fetcher.fetch(urljoin(base, "/robots.txt"))
        if robots.problem is None:
            named = in_robots(robots.body.decode("utf-8", "replace"), robots.url)[:MOST_SITEMAPS]
            places += [(url, "", FeedKind.SITEMAP, Origin.ROBOTS) for url in named]
        self._try_places(places)
        if home.problem not in _UNWANTED and not any(
            one.works and one.kind is FeedKind.FEED for one in self.trial.tried
        ):
            self._guess(base, has_sitemap=any(kind is FeedKind.SITEMAP for _, _, kind, _ in places))
        is_deep = urlsplit(self.trial.url).path not in ("", "/")
        if home.problem is None and (is_deep or not any(one.works for one in self.trial.tried)):
            self._take_section(home, None)

    def _try_places(self, places: Iterable[tuple[str, str, FeedKind, Origin]]) -> None:
        new = [place for place in places if self._is_new(place[0])]
        if new:
            say("Trying what it names: " + ", ".join(url for url, _, _, _ in new))
        answers = self._fetcher.each(url for url, _, _, _ in new)
        for (_, title, kind, origin), answer in zip(new, answers, strict=True):
            self._take(_whole(answer), origin, kind, title=title)

    def _guess(self, base: str, *, has_sitemap: bool) -> None:
        """Try well-known places one by one, until one has a feed."""
        say(
            "It names no feed that works: trying well-known places. (With --links CSS the page itself is read instead.)"
        )
        left = MOST_GUESSES
        for url in guesses(base):
            kind = FeedKind.SITEMAP if "sitemap" in urlsplit(url).path else FeedKind.FEED
            if left == 0 or not self._is_new(url) or (has_sitemap and kind is FeedKind.SITEMAP):
                continue
            left -= 1
            (answer,) = self._fetcher.fetch(url)
            if answer.problem in _CLOSED:
                return
            self._take(answer, Origin.GUESSED, kind)
            if self.trial.tried[-1].works:
                return

    def _is_new(self, url: str) -> bool:
        key = url_key(url)
        if key in self._asked:
            return False
        self._asked.add(key)
        return True

    # --------------------------------------------------------------------------------------------- reading

    def _take(
        self,
        answer: Arrived,
        origin: Origin,
        kind: FeedKind,
        reading: FeedReading | None = None,
        *,
        title: str = "",
        links: str | None = None,
    ) -> None:
        if answer.problem is None and reading is None:
            reading = self._read(answer, kind)
        if reading is not None and reading.children and not reading.items:
            reading = self._read_child(reading)
        self.trial.tried.append(
            Tried(
                url=answer.moved_to or clean_url(answer.name) or answer.name,
                origin=origin,
                title=title or (reading.title if reading else ""),
                kind=kind,
                reading=reading,
                problem=answer.problem if reading is None else reading.problem,
                detail=(answer.detail if reading is None else reading.detail) or _led(answer),
                links=links,
            )
        )

    def _read_child(self, index: FeedReading) -> FeedReading:
        """Return an index with the items of its newest sitemap, which it is declared for."""
        child = index.children[0]
        if not self._is_new(child.url):
            return index
        (answer,) = self._fetcher.fetch(child.url)
        if answer.problem is not None:
            return index
        return replace(index, items=self._read(answer, FeedKind.SITEMAP).items)

    def _look_at(self, page: Arrived) -> tuple[Site, list[Found]]:
        """Return what a page says of its site and the feeds it names, read in a worker: it may be hostile."""
        asked = (page.body, page.url or page.name, page.content_type)
        return self._workers.call(_look_at, *asked, name=page.name, failed=_unseen)

    def _read(self, answer: Arrived, kind: FeedKind, links: str | None = None) -> FeedReading:
        return read_answer(self._workers, answer, kind, links, max_items=self._max_items)

    def _read_article(self, best: Tried, timezone: str) -> None:
        """Take the article out of the youngest item's page; when that gives none, of the next one's."""
        for item in best.items[:MOST_ARTICLES]:
            assert item.url is not None
            say(f"Reading an article, {item.url}.")
            (answer,) = self._fetcher.fetch(item.url)
            self.trial.article = worked = read_page(self._workers, answer, item=item, timezone=timezone)
            if not self.trial.site.name and answer.problem is None:
                self.trial.site = replace(self._look_at(answer)[0], titled="")
            if worked.article is not None:
                return


def _led(answer: Arrived) -> str | None:
    """Say where an address led that did not answer itself."""
    if answer.moved_to is not None:
        return f"{answer.name} leads here for good"
    if answer.url is not None and url_key(answer.url) != url_key(answer.name):
        return f"leads to {answer.url}, not for good"
    return None


def _look_at(html: bytes, url: str, content_type: str | None) -> tuple[Site, list[Found]]:
    return site_of(html, content_type), find(html, url=url, content_type=content_type)


def _unseen(problem: Reason, detail: str) -> tuple[Site, list[Found]]:
    say(f"The page itself could not be looked at: {why(problem, detail)}.")
    return Site(), []


def read_answer(
    workers: Workers, answer: Arrived, kind: FeedKind, links: str | None = None, *, max_items: int
) -> FeedReading:
    """Return what a worker reads in a fetched feed."""
    body = FeedBody(
        body=answer.body,
        url=answer.url or answer.name,
        content_type=answer.content_type,
        kind=kind,
        links=links,
        max_items=max_items,
    )
    (reading,) = workers.read_feeds([(answer.name, body)])
    return reading


def why(problem: Reason | None, detail: str | None) -> str:
    """Return a problem with what is known about it."""
    return (f"{problem} ({detail})" if detail else str(problem)) if problem else detail or ""


def read_page(
    workers: Workers, answer: Arrived, *, item: FeedItem | None = None, timezone: str | None = None
) -> Worked:
    """Return what a worker takes out of a fetched page, which `item` of a feed announced."""
    page = _page(answer, item, timezone)
    if answer.problem is not None:
        return no_article(page, answer.problem, answer.detail)
    (worked,) = workers.work_each([page])
    return worked


def _page(answer: Arrived, item: FeedItem | None, timezone: str | None) -> Page:
    url = answer.url or answer.name
    hints = PageHints(timezone=timezone) if item is None else PageHints.told_by(item, timezone=timezone)
    return Page(
        entry=make_id("e", "outlet", url),
        outlet="outlet",
        url=answer.name,
        final_url=url,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        content_encoding="",
        fetched_at=datetime.now(UTC),
        hints=hints,
    )
