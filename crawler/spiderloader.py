"""Every outlet is a spider: the loader that makes spiders of `config/outlets.yaml`."""

from __future__ import annotations

import builtins
import difflib

from scrapy import Request, Spider
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader

from crawler.deployment import Deployment, deployment_of
from crawler.spiders.feeds import OutletSpider
from mirqab.addresses import host_of
from mirqab.errors import MirqabError


class OutletSpiderLoader(SpiderLoader):
    """Loads the classes in `crawler/spiders/`, and one spider for every outlet that has no class of its own.

    A disabled outlet stays listed and can be crawled by its name. An outlet's class is made when it is asked for: of
    ten thousand a crawl needs one.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._made: dict[str, type[Spider]] = {}
        try:
            self._deployment: Deployment = deployment_of(settings)
            self._outlets = self._deployment.outlets
        except MirqabError as error:  # Scrapy shows a UsageError without a traceback and exits with 2
            raise UsageError(str(error), print_help=False) from error

    def list(self) -> builtins.list[str]:
        """Return the names of all spiders: the crawler's own, then the outlets."""
        return [*dict.fromkeys((*super().list(), *self._outlets))]

    def load(self, spider_name: str) -> type[Spider]:
        """Return the spider class of this name; an unknown name is a usage error that suggests the nearest ones."""
        if spider_name in self._spiders:
            return self._spiders[spider_name]
        if spider_name in self._outlets:
            if spider_name not in self._made:
                self._made[spider_name] = type("OutletSpider", (OutletSpider,), {"name": spider_name})
            return self._made[spider_name]
        near = difflib.get_close_matches(spider_name, self.list(), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `scrapy list` shows every outlet"
        raise UsageError(f"there is no outlet or spider named {spider_name!r}{hint}", print_help=False)

    def find_by_request(self, request: Request) -> builtins.list[str]:
        """Return the outlets that publish on the host of a request."""
        return [*self._deployment.outlets_by_host.get(host_of(request.url), ())]
