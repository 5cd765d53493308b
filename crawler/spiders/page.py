"""The spider `page`: one page given by hand, crawled and stored like any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from scrapy import Request

from crawler.deployment import Deployment
from crawler.spiders.feeds import OutletSpider
from mirqab.addresses import clean_url, host_of
from mirqab.errors import UsageError
from mirqab.types import Outlet, OutletKind


class PageSpider(OutletSpider):
    """Crawls the page at `-a url=…`, also when it is known already.

    It belongs to the outlet that publishes on its host, else to an outlet of its own that is named like the host.
    """

    name = "page"
    arguments = ("url",)

    def choose(self, deployment: Deployment) -> Sequence[Outlet]:
        """Return the outlet of the page."""
        url = clean_url(self.given.get("url", ""))
        if url is None:
            raise UsageError("give the page's address: scrapy crawl page -a url=https://…")
        self._url = url
        host = host_of(url)
        ids = deployment.outlets_by_host.get(host)
        return [deployment.outlets[ids[0]] if ids else _ad_hoc(host)]

    def hosts(self, outlets: Sequence[Outlet]) -> list[str]:
        """Return the page's host."""
        return [host_of(self._url)]

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the one page."""
        (outlet,) = self.run.outlets
        entry = await self.run.intake.add_entry(outlet.id, self._url)
        async for request in self.ask_page(entry, outlet):
            yield request


def _ad_hoc(host: str) -> Outlet:
    return Outlet(
        id=host,
        name=host,
        name_en=host,
        country="",
        kind=OutletKind.PORTAL,
        timezone="UTC",
        home=f"https://{host}/",
        feeds=(),
    )
