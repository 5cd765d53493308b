"""The one table of settings: name, type, default, limits and meaning of each."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from mirqab.documents import shown, suggestion

CODE_ROOT: Final = Path(__file__).resolve().parent.parent.parent


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _row(text: str, **more: Any) -> dict[str, Any]:
    """What the table says of a setting beside its type and default: its meaning, its limits, whether it is secret."""
    return {"help": text, **more}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, resolved: the one table from which file, environment, help and documentation come.

    The attribute `crawl_delay_s` is `crawl: {delay_s: …}` in the file and `MIRQAB_CRAWL_DELAY_S` in the environment.
    """

    home: Path = field(
        default=CODE_ROOT / "var",
        metadata=_row(
            "The folder for everything that Mirqab writes: archive, Redis data, raw pages, logs.",
            default="`var/` beside the code",
        ),
    )
    config: Path = field(
        default=CODE_ROOT / "config",
        metadata=_row(
            "The folder of the declarations. It cannot be set in the file, which lies in it.",
            default="`config/` beside the code",
        ),
    )
    contact: str | None = field(
        default=None,
        metadata=_row("An e-mail address or page that outlets find in the user agent; crawling real outlets needs it."),
    )
    archive_url: str = field(
        default="",
        repr=False,
        metadata=_row(
            "The archive's database, an SQLite file.", default="`archive.sqlite` in the home folder", secret=True
        ),
    )
    redis_url: str | None = field(
        default=None,
        repr=False,
        metadata=_row("Your own Redis or Valkey (also `REDIS_URL`); without it Mirqab starts one.", secret=True),
    )
    crawl_delay_s: float = field(
        default=2.0, metadata=_row("Seconds between two requests to one host.", least=0, most=3600)
    )
    crawl_timeout_s: float = field(default=20.0, metadata=_row("Seconds to wait for an answer.", least=0.1, most=600))
    crawl_max_bytes: int = field(
        default=15 * 1024 * 1024,
        metadata=_row("The largest answer that is read, in bytes, inflated.", least=1024, most=1024**3),
    )
    crawl_concurrency: int = field(
        default=16, metadata=_row("Requests under way at one time, over all hosts.", least=1, most=256)
    )
    crawl_first_poll_days: float = field(
        default=7.0,
        metadata=_row("On a feed's first poll, older entries are noted and not fetched.", least=0, most=36500),
    )
    crawl_max_attempts: int = field(
        default=5,
        metadata=_row("How often a page is tried, when the reason may pass, before it is given up.", least=1, most=100),
    )
    crawl_allow_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            "Private hosts, addresses or networks that may be crawled (an intranet, the demo); "
            "others that are not public are refused. In the environment separated by commas."
        ),
    )
    feeds_max_items: int = field(
        default=2000,
        metadata=_row(
            "So many items of one answer of a feed are read, the first; the rest is left.", least=1, most=10**6
        ),
    )
    poll_floor_s: float = field(
        default=240.0, metadata=_row("No feed is due again sooner than after so many seconds.", least=0, most=86400)
    )
    poll_ceiling_s: float = field(
        default=6 * 3600.0,
        metadata=_row("A feed that answers is due again after so many seconds at most.", least=1, most=30 * 86400),
    )
    poll_default_s: float = field(
        default=1800.0,
        metadata=_row("When a feed is due again of which nothing is known yet, in seconds.", least=0, most=30 * 86400),
    )
    poll_jitter: float = field(
        default=0.1,
        metadata=_row("The share by which the time of the next poll is varied at random.", least=0, most=0.5),
    )
    workers_count: int = field(
        default_factory=_cores,
        metadata=_row("Worker processes that read feeds and pages.", default="the number of cores", least=1, most=256),
    )
    workers_page_time_s: float = field(
        default=10.0, metadata=_row("Seconds that one page may take in a worker.", least=0.1, most=600)
    )
    workers_page_memory_mb: int = field(
        default=500, metadata=_row("Memory of one worker process, in MB.", least=100, most=65536)
    )
    workers_feed_time_s: float = field(
        default=20.0, metadata=_row("Seconds that one feed may take in a worker.", least=0.1, most=600)
    )
    raw_max_mb: int = field(
        default=20_000,
        metadata=_row(
            "Megabytes of raw pages are kept; then the oldest go, those of flagged stories never by themselves.",
            least=0,
            most=10**9,
        ),
    )
    raw_keep_days: int | None = field(
        default=None,
        metadata=_row(
            "For so many days a raw page is kept, unless its story is flagged; none: for as long as there is room.",
            least=1,
            most=36500,
        ),
    )
    stories_window_days: int = field(
        default=30,
        metadata=_row("A text is compared with those of so many days for copies.", least=1, most=3650),
    )
    stories_recheck_hours: tuple[float, ...] = field(
        default=(1.0, 6.0, 24.0),
        metadata=_row(
            "So many hours after it was stored the page of a flagged article is looked at again, for changes and "
            "whether it is still there; `none` for never. In the environment separated by commas.",
            default="`1, 6, 24`",
        ),
    )
    web_host: str = field(
        default="127.0.0.1", metadata=_row("Where the reading pages listen: an address of this machine alone.")
    )
    web_port: int = field(
        default=8765, metadata=_row("The port of the reading pages; 0 takes a free one.", least=0, most=65535)
    )
    log_level: str = field(
        default="INFO", metadata=_row("How much is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    )

    _origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    _overrides: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def raw_folder(self) -> Path:
        """Where the raw pages are kept, as WARC files."""
        return self.home / "raw"

    @property
    def redis_folder(self) -> Path:
        """Where the embedded Redis server keeps its keys."""
        return self.home / "redis"

    @property
    def cache_folder(self) -> Path:
        """Where lies what only saves time, and may be deleted at any moment."""
        return self.home / "cache"

    @property
    def layouts_folder(self) -> Path:
        """Where workers keep what they learned of each outlet's pages."""
        return self.cache_folder / "containers"

    @property
    def log_folder(self) -> Path:
        """Where logs are written."""
        return self.home / "log"

    def overrides_environ(self) -> dict[str, str]:
        """Return the command line's settings as environment variables, to hand to a child process."""
        return {by_name()[name].variable: value for name, value in self._overrides.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One row of the option table.

    `name` is dotted as in the file, `default` is shown to people, `read` turns a raw value (text, or what the file
    holds) into the value and raises ValueError in plain words.
    """

    name: str
    attribute: str
    type: str
    default: str
    help: str
    secret: bool
    optional: bool
    read: Callable[[Any], Any]

    @property
    def variable(self) -> str:
        """The environment variable of this setting."""
        return "MIRQAB_" + self.attribute.upper()


# --------------------------------------------------------------------------------------------- the table


def _read_text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"expected text, found {shown(raw)}")
    if not raw.strip() or any(ord(letter) < 32 or ord(letter) == 127 for letter in raw):
        raise ValueError("expected one line of text")
    return raw.strip()


def _read_number(whole: bool, meta: Mapping[str, Any]) -> Callable[[Any], int | float]:
    what = "a whole number" if whole else "a number"

    def read(raw: Any) -> int | float:
        least, most = meta["least"], meta["most"]
        try:
            if isinstance(raw, bool) or (whole and isinstance(raw, float)):
                raise TypeError
            number: int | float = int(raw) if whole else float(raw)
            if not least <= number <= most:  # also refuses "not a number"
                raise ValueError
        except (TypeError, ValueError):
            raise ValueError(f"expected {what} from {least} to {most}, found {shown(raw)}") from None
        return number

    return read


def _read_choice(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        word = str(raw).upper()
        if word not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}, found {shown(raw)}{suggestion(word, choices)}")
        return word

    return read


def _read_path(raw: Any) -> Path:
    text = _read_text(raw)
    if "?" in text:
        raise ValueError("a folder's name cannot hold a question mark, which ends the path in a database address")
    return Path(text).expanduser()


def _read_contact(raw: Any) -> str:
    text = _read_text(raw)
    if not re.fullmatch(r"[^\s@]+@[^\s@]+|https?://\S+", text) or len(text) > 200 or not text.isascii():
        raise ValueError(f"expected an e-mail address or a page (https://…), found {shown(raw)}")
    return text


def _read_address(*schemes: str) -> Callable[[Any], str]:
    """Addresses may hold a password: what was found is never repeated."""

    def read(raw: Any) -> str:
        text = _read_text(raw)
        scheme = text.partition("://")[0] if "://" in text else ""
        if scheme.partition("+")[0] not in schemes:
            raise ValueError(f"expected an address that starts with {' or '.join(f'{one}://' for one in schemes)}")
        return text

    return read


def _read_hosts(raw: Any) -> tuple[str, ...]:
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple):
        raise ValueError(f"expected a list of hosts, found {shown(raw)}")
    hosts = tuple(_read_text(part).lower() for part in parts if not (isinstance(part, str) and not part.strip()))
    for host in hosts:
        try:
            ipaddress.ip_network(host, strict=False)
        except ValueError:
            if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", host):
                raise ValueError(
                    f"expected a host, an address or a network such as 10.1.0.0/16, found {shown(host)}"
                ) from None
    return hosts


def _read_loopback(raw: Any) -> str:
    text = _read_text(raw)
    try:
        loopback = ipaddress.ip_address(text).is_loopback
    except ValueError:
        loopback = text == "localhost"
    if not loopback:
        raise ValueError(f"expected an address of this machine alone, such as 127.0.0.1, found {shown(raw)}")
    return text


def _read_hours(raw: Any) -> tuple[float, ...]:
    if raw in (None, "none"):
        return ()
    parts = [part for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or any(isinstance(part, list | tuple) for part in parts):
        raise ValueError(f"expected a list of hours, found {shown(raw)}")
    read = _read_number(False, {"least": 0, "most": 720})
    return tuple(sorted({float(read(part)) for part in parts}))


_CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "contact": _read_contact,
    "archive_url": _read_address("sqlite"),
    "redis_url": _read_address("redis", "rediss", "unix"),
    "stories_recheck_hours": _read_hours,
    "web_host": _read_loopback,
}
_TYPE_WORDS: Final[Mapping[Any, str]] = {
    str: "text", Path: "folder", float: "number", int: "whole number", tuple[str, ...]: "list of text",
    tuple[float, ...]: "list of numbers",
}  # fmt: skip


def _table() -> Iterator[Setting]:
    hints = typing.get_type_hints(Settings)
    for item in dataclasses.fields(Settings):
        if item.name.startswith("_"):
            continue
        hint = hints[item.name]
        optional = isinstance(hint, types.UnionType)
        if optional:
            hint = next(one for one in typing.get_args(hint) if one is not types.NoneType)
        read: Callable[[Any], Any]
        if item.name in _CHECKS:
            read = _CHECKS[item.name]
        elif "choices" in item.metadata:
            read = _read_choice(item.metadata["choices"])
        elif hint is Path:
            read = _read_path
        elif hint in (int, float):
            read = _read_number(hint is int, item.metadata)
        else:
            read = _read_hosts
        default = item.metadata.get("default")
        if default is None:
            default = "none" if item.default in (None, ()) else f"`{item.default}`"
        yield Setting(
            name=item.name.replace("_", ".", 1),
            attribute=item.name,
            type=_TYPE_WORDS[hint],
            default=default,
            help=item.metadata["help"],
            secret=bool(item.metadata.get("secret")),
            optional=optional,
            read=read,
        )


SETTINGS: Final[tuple[Setting, ...]] = tuple(_table())


def by_name() -> dict[str, Setting]:
    return {setting.name: setting for setting in SETTINGS}


# ---------------------------------------------------------------------------------------------- showing


def origins(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return for each setting, by its dotted name, the value to show and where it came from; secrets are masked."""
    return {
        setting.name: (
            _value_shown(setting, getattr(settings, setting.attribute)),
            settings._origins.get(setting.name, "default"),
        )
        for setting in SETTINGS
    }


def _value_shown(setting: Setting, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"{one:g}" if isinstance(one, float) else one for one in value)
    return mask_secret(str(value)) if setting.secret else str(value)


def mask_secret(address: str) -> str:
    """Return an address without what lets one in: the user, the password, and every value after `?`."""
    parts = urlsplit(address)
    if not parts.scheme or "://" not in address:
        return "***"
    host = parts.netloc.rpartition("@")[2]
    netloc = f"***@{host}" if "@" in parts.netloc else host
    query = "?***" if parts.query else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}"
