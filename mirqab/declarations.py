"""What a user declares: who we read and when we run. What we look for is compiled by `mirqab.topics`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from mirqab.documents import dotted, read_document, suggestion, validate
from mirqab.errors import ConfigurationError, Mistake, UsageError
from mirqab.settings import Settings
from mirqab.types import Document, Feed, Job, Outlet, OutletKind

# the names of the crawler's own spiders, which share one namespace with the outlets
RESERVED_IDS: Final = frozenset({"feeds", "page", "fetch"})
WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # cron's order: 0 is Sunday


# ------------------------------------------------------------------------------------------------ the checks


def _check_id(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) or len(text) > 40:
        raise ValueError(f'expected a short name of a-z, 0-9 and "-" that starts with a letter, found "{text}"')
    return text


def _check_outlet_id(text: str) -> str:
    if text in RESERVED_IDS:
        raise ValueError(f'"{text}" is the name of a command of the crawler: choose another')
    return _check_id(text)


def _check_country(text: str) -> str:
    if not re.fullmatch("[a-z]{2}", text):
        raise ValueError(f'expected the two small letters of a country, such as iq, found "{text}"')
    return text


def _check_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name gives OSError
        near = suggestion(text, available_timezones())
        raise ValueError(f'expected a time zone such as Asia/Baghdad, found "{text}"{near}') from None
    return text


def _check_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if re.match(r"(\w+:)?(//)?[^/?#]*@", text):
        # it may hold a password: what was found is never repeated
        raise ValueError("expected an address without a user and a password: Mirqab reads what is public")
    if not usable or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(f'expected an address that starts with http:// or https://, found "{text}"')
    return text


def _check_cron(text: str) -> str:
    parts = text.split()
    if len(parts) != 5:
        raise ValueError(f'expected five fields (minute hour day month weekday), found {len(parts)} in "{text}"')
    weekday = parts[4].lower()
    if re.search(r"\d", weekday):
        # APScheduler counts weekdays from Monday, cron from Sunday: a digit would silently mean another day
        raise ValueError(f'expected weekdays by name, found "{parts[4]}": write {_weekday_names(weekday)}')
    wrapped = re.fullmatch(r"([a-z]{3})-([a-z]{3})", weekday)
    if wrapped and all(name in WEEKDAYS for name in wrapped.groups()):
        names = _days(*(WEEKDAYS.index(name) for name in wrapped.groups()))
        if "sun" in names[:-1] and len(names) > 1:
            # its week starts on Monday, so a range over Sunday runs backwards there
            raise ValueError(f'expected a list of weekdays instead of "{parts[4]}": write {",".join(names)}')
    if parts[2] != "*" and weekday != "*":
        # cron runs when either fits, APScheduler only when both do
        raise ValueError("expected a day of the month or weekdays, not both: make two jobs")
    try:
        from apscheduler.triggers.cron import CronTrigger

        CronTrigger.from_crontab(" ".join([*parts[:4], weekday]), timezone="UTC")
    except ValueError as error:
        raise ValueError(f'is no time that can be read ("{text}"): {error}') from None
    return " ".join([*parts[:4], weekday])


def _days(first: int, last: int) -> list[str]:
    """The weekdays from one to another as cron counts them, over the end of the week where needed."""
    return [WEEKDAYS[day % 7] for day in range(first, last + 1 if last >= first else last + 8)]


def _weekday_names(field: str) -> str:
    """Return a weekday field with cron's digits spelled out, as far as it can be read."""
    names: list[str] = []
    for part in field.split(","):
        match = re.fullmatch(r"([0-7])(?:-([0-7]))?", part)
        if match is None:
            return "them as sun,mon,tue,wed,thu,fri,sat"
        names += _days(int(match[1]), int(match[2] or match[1]))
    return ",".join(dict.fromkeys(names))


def _split_command(value: Any) -> Any:
    """A command may be written as one line, as it would be typed."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError(f"is no command that can be read: {error}") from None
    return tuple(value) if isinstance(value, list) else value


def read_kind(word: str) -> OutletKind:
    """Return the kind of outlet that a command line names; UsageError with all kinds for any other word."""
    if word not in list(OutletKind):
        raise UsageError(f"There is no kind {word!r}; kinds are {', '.join(OutletKind)}.")
    return OutletKind(word)


# ------------------------------------------------------------------------------------------------ the files

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_Url = Annotated[_Text, AfterValidator(_check_url)]
_Zone = Annotated[str, AfterValidator(_check_zone)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _DeclaredFeed(_Declared):
    url: _Url
    note: _Text | None = None
    last_answered: AwareDatetime | None = None


class _DeclaredOutlet(_Declared):
    id: Annotated[str, AfterValidator(_check_outlet_id)]
    name: _Text
    name_en: _Text
    country: Annotated[str, AfterValidator(_check_country)]
    kind: OutletKind
    timezone: _Zone
    home: _Url
    feeds: tuple[_DeclaredFeed, ...] = ()
    enabled: bool = True
    reason: _Text | None = None
    delay_s: Annotated[float, Field(ge=0, le=3600)] | None = None


class _OutletFile(_Declared):
    outlets: tuple[_DeclaredOutlet, ...]


class _DeclaredJob(_Declared):
    id: Annotated[str, AfterValidator(_check_id)]
    cron: Annotated[str, AfterValidator(_check_cron)]
    timezone: _Zone | None = None
    command: Annotated[tuple[_Text, ...], Field(min_length=1), BeforeValidator(_split_command)]


class _ScheduleFile(_Declared):
    timezone: _Zone = "UTC"
    jobs: tuple[_DeclaredJob, ...]


# ----------------------------------------------------------------------------------------------- the loaders


def load_outlets(settings: Settings) -> tuple[Outlet, ...]:
    """Return the outlets of `config/outlets.yaml`, in the file's order. Raises ConfigurationError."""
    document = read_document(settings.config / "outlets.yaml")
    declared = validate(_OutletFile, document).outlets
    if mistakes := [
        *_twice(document, "outlets", [outlet.id for outlet in declared]),
        *_outlet_mistakes(document, declared),
    ]:
        raise ConfigurationError(sorted(mistakes, key=lambda mistake: mistake.line or 0))
    return tuple(
        Outlet(
            id=outlet.id,
            name=outlet.name,
            name_en=outlet.name_en,
            country=outlet.country,
            kind=outlet.kind,
            timezone=outlet.timezone,
            home=outlet.home,
            feeds=tuple(Feed(url=feed.url, note=feed.note, last_answered=feed.last_answered) for feed in outlet.feeds),
            enabled=outlet.enabled,
            reason=outlet.reason,
            delay_s=outlet.delay_s,
        )
        for outlet in declared
    )


def load_schedule(settings: Settings) -> tuple[Job, ...]:
    """Return the jobs of `config/schedule.yaml`, in the file's order. Raises ConfigurationError."""
    document = read_document(settings.config / "schedule.yaml")
    declared = validate(_ScheduleFile, document)
    if mistakes := list(_twice(document, "jobs", [job.id for job in declared.jobs])):
        raise ConfigurationError(mistakes)
    return tuple(
        Job(id=job.id, cron=job.cron, timezone=job.timezone or declared.timezone, command=job.command)
        for job in declared.jobs
    )


def load_topic_documents(settings: Settings) -> tuple[Document, ...]:
    """Return the files of `config/topics/`, in the order of their names. Raises ConfigurationError."""
    documents: list[Document] = []
    mistakes: list[Mistake] = []
    for path in sorted((settings.config / "topics").glob("*.yaml")):
        try:
            documents.append(read_document(path))
        except ConfigurationError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigurationError(mistakes)
    return tuple(documents)


def _twice(document: Document, section: str, ids: list[str]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for index, id_ in enumerate(ids):
        if first.setdefault(id_, index) != index:
            line = document.line(section, first[id_], "id")
            yield _mistake(document, f'"{id_}" is taken by line {line}: each needs its own', section, index, "id")


def _outlet_mistakes(document: Document, declared: tuple[_DeclaredOutlet, ...]) -> Iterator[Mistake]:
    for index, outlet in enumerate(declared):
        if not outlet.enabled and outlet.reason is None:
            yield _mistake(document, "an outlet that is off needs a `reason`", "outlets", index, "enabled")
        if outlet.enabled and not outlet.feeds:
            text = "expected at least one feed, or `enabled: false` with a `reason`"
            yield _mistake(document, text, "outlets", index, "feeds")
        addresses: set[str] = set()
        for position, feed in enumerate(outlet.feeds):
            if feed.url in addresses:
                yield _mistake(
                    document, "this outlet already has this feed", "outlets", index, "feeds", position, "url"
                )
            addresses.add(feed.url)


def _mistake(document: Document, expected: str, *path: str | int) -> Mistake:
    return Mistake(file=document.path, line=document.line(*path), key=dotted(path), expected=expected)
