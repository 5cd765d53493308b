"""The demo's outlets and stories, read from `demo/outlets/*.yaml` and set in time by one epoch.

Every story says what Mirqab should make of it: `label` (is it on the topic?), `theatres`, and `outcome` (does it
become an article at all?). Tests take these as the truth to compare a crawl with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from demo.arabic_dates import fill_dates

OUTLETS_FOLDER = Path(__file__).parent / "outlets"


class Label(StrEnum):
    """How a story stands to the topic "talks about withdrawing foreign forces"."""

    TOPIC = "topic"
    TRAP = "trap"  # its words or actors without its meaning: a hard negative
    EVERYDAY = "everyday"


class Outcome(StrEnum):
    """What a first crawl should make of a story's entry; all but the first two are reasons of `mirqab.types.Reason`."""

    STORED = "stored"
    NOTED = "noted"  # too old for a first poll: known and not fetched
    NOT_FOUND = "not_found"
    REFUSED_BY_ROBOTS = "refused_by_robots"
    NO_ARTICLE = "no_article"


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """The house style of an outlet: which publishing system, months, digits, encoding and feed format it uses."""

    template: str
    path: str  # of an article, with {number} {year} {month} {day} {slug} {section}
    feed: str = "rss"  # rss, content (RSS with content:encoded) or atom
    feed_paths: tuple[str, ...] = ("/rss.xml",)
    validators: str = "both"  # etag, modified or both
    months: str = "gulf"
    indic: bool = False
    encoding: str = "utf-8"
    tracking: str = ""  # what its feed appends to every link
    first_number: int = 1000
    robots: str | None = "User-agent: *\nDisallow: /search\n"
    robots_gzip: bool = False
    slow: bool = False
    broken_feed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One article as its outlet publishes it. `later` is its second state, served after the web has advanced."""

    id: str
    outlet: str
    number: int
    path: str
    headline: str
    summary: str
    section: str
    author: str | None
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]  # a line that opens with "## " is a subheading
    published: datetime
    updated: datetime | None
    label: Label
    theatres: tuple[str, ...]
    outcome: Outcome
    copy_of: str | None  # the story whose body this one carries
    exact_copy: bool
    later: Story | None = None

    @property
    def flagged(self) -> bool:
        """Whether a crawl should end with this story flagged."""
        return self.label is Label.TOPIC and self.outcome is Outcome.STORED

    @property
    def original(self) -> str:
        """The story that this one is, word for word: another outlet's when it is an exact copy, else itself."""
        return self.copy_of if self.copy_of and self.exact_copy else self.id

    @property
    def wire(self) -> str:
        """The story that this one is, whatever its desk made of the text: another outlet's when copied, else itself."""
        return self.copy_of or self.id

    @property
    def body(self) -> str:
        """The text as a reader sees it, one paragraph a line."""
        return "\n".join(line.removeprefix("## ") for line in self.paragraphs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """One fictional outlet with its stories, newest first."""

    id: str
    name: str
    name_en: str
    country: str
    kind: str
    timezone: str
    motto: str
    sections: Mapping[str, str]  # name → word in addresses
    style: Style
    stories: tuple[Story, ...] = field(repr=False)


def load_outlets(epoch: datetime, folder: Path = OUTLETS_FOLDER) -> tuple[Outlet, ...]:
    """Return every outlet with its stories dated back from `epoch` (aware)."""
    yaml = YAML(typ="safe", pure=True)
    contents = [yaml.load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    originals = {raw["id"]: (content, raw) for content in contents for raw in content["stories"]}
    return tuple(_outlet(content, epoch, originals) for content in contents)


_Originals = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]  # story id → its outlet's file, its entry there


def _outlet(content: Mapping[str, Any], epoch: datetime, originals: _Originals) -> Outlet:
    style = _style(content)
    head = content["outlet"]
    stories = [
        _story(raw, number=style.first_number - 7 * place, content=content, epoch=epoch, originals=originals)
        for place, raw in enumerate(sorted(content["stories"], key=lambda raw: float(raw["age_h"])))
    ]
    return Outlet(**head, style=style, stories=tuple(stories))


def _style(content: Mapping[str, Any]) -> Style:
    said = dict(content["style"])
    return Style(**said | {"feed_paths": tuple(said.get("feed_paths", ("/rss.xml",)))})


def _story(
    raw: Mapping[str, Any], *, number: int, content: Mapping[str, Any], epoch: datetime, originals: _Originals
) -> Story:
    head, style = content["outlet"], _style(content)
    local = _local_time(raw, content, epoch)

    def dated(text: str) -> str:
        return fill_dates(text, published=local, months=style.months, indic=style.indic)

    copied = raw.get("copy_of")
    edits: Sequence[Mapping[str, str]] = raw.get("edits", ())
    paragraphs = _paragraphs(
        _copied_text(edits, content=originals[copied][0], original=originals[copied][1], epoch=epoch, story=raw["id"])
        if copied
        else dated(raw.get("body", ""))
    )
    headline = dated(raw["headline"])
    story = Story(
        id=raw["id"],
        outlet=head["id"],
        number=number,
        path=raw.get("path")
        or style.path.format(
            number=number,
            year=local.year,
            month=f"{local.month:02}",
            day=f"{local.day:02}",
            slug=_slug(headline),
            section=head["sections"][raw["section"]],
        ),
        headline=headline,
        summary=dated(raw.get("summary", "")) or _opening(paragraphs) or headline,
        section=raw["section"],
        author=raw.get("author"),
        tags=tuple(raw.get("tags", ())),
        paragraphs=paragraphs,
        published=local.astimezone(UTC),
        updated=None,
        label=Label(raw["label"]),
        theatres=tuple(raw.get("theatres", ())),
        outcome=Outcome(raw.get("outcome", "stored")),
        copy_of=copied,
        exact_copy=copied is not None and not edits,
    )
    update = raw.get("update")
    if update is None:
        return story
    added = _paragraphs(dated(update["add"]))
    later = replace(
        story,
        headline=dated(update.get("headline", raw["headline"])),
        summary=_opening(added),
        paragraphs=added + paragraphs,
        updated=story.published + timedelta(hours=float(update["after_h"])),
    )
    return replace(story, later=later)


def _local_time(raw: Mapping[str, Any], content: Mapping[str, Any], epoch: datetime) -> datetime:
    published = (epoch - timedelta(hours=float(raw["age_h"]))).replace(second=0, microsecond=0)
    return published.astimezone(ZoneInfo(content["outlet"]["timezone"]))


def _copied_text(
    edits: Sequence[Mapping[str, str]],
    *,
    content: Mapping[str, Any],
    original: Mapping[str, Any],
    epoch: datetime,
    story: str,
) -> str:
    """The body of another outlet's story, its dates as that outlet wrote them, with the copying desk's edits."""
    text: str = original["body"]
    for edit in edits:
        if edit["old"] not in text:
            raise ValueError(f"{story}: the copied text does not contain {edit['old']!r}")
        text = text.replace(edit["old"], edit["new"])
    style = _style(content)
    published = _local_time(original, content, epoch)
    return fill_dates(text, published=published, months=style.months, indic=style.indic)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _opening(paragraphs: Sequence[str]) -> str:
    """The first paragraph as feeds shorten it: whole words up to about 180 characters."""
    if not paragraphs:
        return ""
    first = paragraphs[0]
    return first if len(first) <= 180 else first[:180].rsplit(" ", 1)[0] + "..."


def _slug(headline: str) -> str:
    return "-".join(re.findall(r"[\w]+", re.sub(r"[\u064b-\u0652\u0640]", "", headline))[:9])
