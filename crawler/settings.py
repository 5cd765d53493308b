"""Scrapy's settings that are the same in every deployment; `crawler.deployment` adds what a deployment decides.

Scrapy's defaults suit scraping, not a polite and safe crawler: whatever differs here says why.
"""

import importlib.util
import sys

if "pydantic" not in sys.modules:
    # Scrapy's adapter of items loads it to know its classes; no item of ours is one, and it takes 0.07 s of every start
    sys.modules["pydantic"] = None  # type: ignore[assignment]
    import itemadapter  # noqa: F401

    del sys.modules["pydantic"]

BOT_NAME = "Mirqab"
SPIDER_MODULES = ["crawler.spiders"]
SPIDER_LOADER_CLASS = "crawler.spiderloader.OutletSpiderLoader"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"crawler.deployment.DeploymentAddon": 0}
TWISTED_DNS_RESOLVER = "crawler.resolver.GuardedResolver"
DNS_TIMEOUT = 10
REACTOR_THREADPOOL_MAXSIZE = 64  # a silent name server holds a thread beyond that; ten would hold up every name

# --- doors that stay shut
REMOTE_CONTROL_ENABLED = False  # would run any Python sent to it; like the next two, not even loaded
TELNETCONSOLE_ENABLED = False
HTTPPROXY_ENABLED = False  # a proxy would resolve names behind the guard's back
# certificates are verified by `crawler.tls`, host by host
DOWNLOAD_HANDLERS_BASE: dict[str, str] = {}  # no data, file, ftp, s3
DOWNLOAD_HANDLERS = {
    "http": "crawler.downloading.PoliteDownloadHandler",
    "https": "crawler.downloading.PoliteDownloadHandler",
}

# --- politeness
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Mirqab"  # without the contact, in which a rule for some "bot" could match
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY_JITTER = 0  # the delay is a promise: never less
SCHEDULER_PRIORITY_QUEUE = "crawler.downloading.HostTurnsQueue"
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # oldest entries first
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "ar,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",  # what the workers inflate under a cap
}
REDIRECT_MAX_TIMES = 5
# no retries (the archive decides when an entry is tried again), cookies, referer or meta refresh: see the lists below
RETRY_ENABLED = False
COOKIES_ENABLED = False
REFERER_ENABLED = False
METAREFRESH_ENABLED = False

# --- cost: what is not listed here costs CPU on every page and gives nothing (docs/crawl.md has the figures)
ASYNCIO_EVENT_LOOP = "uvloop.Loop" if importlib.util.find_spec("uvloop") else None
CONCURRENT_ITEMS = 4  # the default starts 100 tasks per response
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # the archive and the claims know what was asked
WARN_ON_GENERATOR_RETURN_VALUE = False
# Scrapy imports even those of its components that are switched off, and remote control and cookies alone bring aiohttp,
# requests and tldextract: 0.1 s of every start. So its lists are emptied, and ours name all there is.
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}  # every status is an outcome for our callbacks; no referer, no depth
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.ClaimMiddleware": 50,
    "crawler.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "crawler.middlewares.FeedCompressionMiddleware": 590,
    "crawler.middlewares.RedirectsMiddleware": 600,
}
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS = {
    "crawler.extensions.RunExtension": 0,
    "crawler.extensions.LoopLag": 0,
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "scrapy.extensions.feedexport.FeedExporter": 0,  # `scrapy crawl … -O FILE`
}
ITEM_PIPELINES = {
    "pipelines.extract.ExtractPipeline": 100,
    "pipelines.dedupe.DedupePipeline": 200,
    "pipelines.flag.FlagPipeline": 300,
    "pipelines.store.StorePipeline": 400,
}

# --- the log: events of ours, not Scrapy's inventory
LOG_FORMATTER = "crawler.logformat.CalmLogFormatter"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%dT%H:%M:%S%z"
LOG_VERSIONS: list[str] = []
LOG_SHORT_NAMES = True
STATS_DUMP = False
DEFAULT_DROPITEM_LOG_LEVEL = "DEBUG"
