"""What this deployment decides of a crawl: its settings and outlets, and the Scrapy settings that follow from them."""

from __future__ import annotations

import logging
from functools import cached_property, lru_cache
from typing import Final

from scrapy.settings import BaseSettings

from mirqab import __version__
from mirqab.addresses import AllowedHosts, host_of, server_of
from mirqab.cli.reading_shown import ReadingShown
from mirqab.declarations import load_outlets
from mirqab.settings import SETTINGS, Settings, load_settings
from mirqab.types import Outlet

_PREFIX: Final = "MIRQAB_"
_INVENTORY_LOGGERS: Final = ("scrapy.addons", "scrapy.core.engine", "scrapy.middleware", "alembic")
# their warnings tell what is a stored outcome of ours
_OUTCOME_LOGGERS: Final = ("scrapy.core.downloader.handlers.http11", "scrapy.downloadermiddlewares.httpcompression")


class Deployment:
    """Settings and outlets, read once a process however many parts of Scrapy ask."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def outlets(self) -> dict[str, Outlet]:
        """Every declared outlet by id, enabled or not."""
        with ReadingShown() as shown:
            return {outlet.id: outlet for outlet in load_outlets(self.settings, progress=shown)}

    @cached_property
    def outlets_by_host(self) -> dict[str, list[str]]:
        """The ids of the outlets that publish on a host, in the file's order."""
        found: dict[str, list[str]] = {}
        for outlet in self.outlets.values():
            for host in hosts_of(outlet):
                found.setdefault(host, []).append(outlet.id)
        return found

    @cached_property
    def allowed(self) -> AllowedHosts:
        """The private hosts that may be crawled."""
        return AllowedHosts.of(self.settings.crawl_allow_hosts)

    @property
    def user_agent(self) -> str:
        """What every outlet sees of us."""
        return f"Mirqab/{__version__} (+{self.settings.contact})" if self.settings.contact else f"Mirqab/{__version__}"


def deployment_of(scrapy_settings: BaseSettings) -> Deployment:
    """Return the deployment that a crawl with these Scrapy settings belongs to.

    `scrapy … -s MIRQAB_CRAWL_DELAY_S=1` overrides file and environment. Raises ConfigurationError with every mistake.
    """
    dotted = {_PREFIX + setting.name.replace(".", "_").upper(): setting.name for setting in SETTINGS}
    given = {name: str(scrapy_settings.get(name)) for name in scrapy_settings if name.startswith(_PREFIX)}
    return _deployment(tuple(sorted((dotted.get(name) or _dotted(name), value) for name, value in given.items())))


def _dotted(name: str) -> str:
    """Return how a name that is no setting's would be written, so that the nearest one can be suggested."""
    return name.removeprefix(_PREFIX).lower().replace("_", ".", 1)


@lru_cache(maxsize=1)
def _deployment(overrides: tuple[tuple[str, str], ...]) -> Deployment:
    return Deployment(load_settings(overrides=dict(overrides)))


class DeploymentAddon:
    """Turns the deployment's settings into Scrapy's, before Scrapy builds anything from them."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Set what follows from the deployment; `-s` with a Scrapy name still wins."""
        deployment = deployment_of(settings)
        ours = deployment.settings
        derived = {
            "USER_AGENT": deployment.user_agent,
            "CONCURRENT_REQUESTS": ours.crawl_concurrency,
            "DOWNLOAD_DELAY": ours.crawl_delay_s,
            "DOWNLOAD_TIMEOUT": ours.crawl_timeout_s,
            "DOWNLOAD_MAXSIZE": ours.crawl_max_bytes,
            "DOWNLOAD_WARNSIZE": 0,
            "DOWNLOAD_SLOTS": _slots(deployment),
            "LOG_LEVEL": ours.log_level,
        }
        for name, value in derived.items():
            settings.set(name, value, priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        """Keep Scrapy's inventory out of the log unless somebody debugs: here, because Scrapy resets levels before.

        What is not to be seen is not made either: Scrapy leaves it to the handler to drop records.
        """
        logging.root.setLevel(settings.get("LOG_LEVEL"))
        logging.getLogger("scrapy").setLevel(settings.get("LOG_LEVEL"))
        if settings.get("LOG_LEVEL") != "DEBUG":
            for name in _INVENTORY_LOGGERS:
                logging.getLogger(name).setLevel(logging.WARNING)
            for name in _OUTCOME_LOGGERS:
                logging.getLogger(name).setLevel(logging.ERROR)
        # it prints every setting given with -s, passwords too
        logging.getLogger("scrapy.crawler").setLevel(logging.WARNING)


def hosts_of(outlet: Outlet) -> list[str]:
    """Return the hosts that an outlet's declaration names, each once."""
    return list(dict.fromkeys(map(host_of, _addresses(outlet))))


def _addresses(outlet: Outlet) -> tuple[str, ...]:
    return (outlet.home, *(feed.url for feed in (*outlet.feeds, *outlet.backfill)))


def _slots(deployment: Deployment) -> dict[str, dict[str, float]]:
    """Return the hosts with a delay of their own; of two outlets on one host the more patient one counts."""
    delays: dict[str, float] = {}
    for outlet in deployment.outlets.values():
        if outlet.delay_s is not None:
            for host in map(server_of, _addresses(outlet)):
                delays[host] = max(outlet.delay_s, delays.get(host, 0))
    return {host: {"concurrency": 1, "delay": delay, "jitter": 0} for host, delay in delays.items()}
