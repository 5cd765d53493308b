"""What a body is before anybody reads it: a feed, a sitemap, JSON, a page, a wall for robots."""

from __future__ import annotations

import json
import re
from enum import Enum, auto
from typing import Final

from mirqab.types import FeedReading, Reason

_SKIPPED: Final = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_ELEMENT: Final = re.compile(r"<(?:[\w.\-]+:)?([A-Za-z][\w.\-]*)")
_SYNDICATED: Final = re.compile(r"<(?:[\w.\-]+:)?(?:rss|feed|RDF|channel)\b(?![^<>]*</)", re.IGNORECASE)
_JSON: Final = re.compile(r"[\[{]\s*(?:[\[\]{}\"]|\Z)")
_PAGE: Final = frozenset({"html", "head", "body", "title", "meta", "script", "div", "table", "center", "p", "h1"})
_SITEMAP: Final = frozenset({"urlset", "sitemapindex"})
_HEAD: Final = 20_000

_TITLE: Final = re.compile(r"<title\b[^<>]*>([^<]{0,300})", re.IGNORECASE)
_WALL_TITLE: Final = re.compile(
    r"just a moment|attention required|access denied|are you a robot|robot check|security check|verify you are human"
    r"|checking your browser|ddos-guard|one moment,? please|please wait|bot (?:check|verification)|captcha"
    r"|تحقق من أنك|التحقق من المتصفح|لحظة من فضلك",
    re.IGNORECASE,
)
_WALL_MARK: Final = re.compile(
    r"cf-chl|_cf_chl_opt|cf-browser-verification|challenge-form|_incapsula_resource|incident_id|px-captcha|datadome"
    r"|sucuri_cloudproxy|ddos-guard|g-recaptcha|h-captcha|cf-turnstile|checking your browser"
    r"|enable javascript and cookies",
    re.IGNORECASE,
)
# A wall has next to no links; a page that merely carries a captcha has many.
_LINKS_OF_A_PAGE: Final = 10
# Where services put what went wrong.
_MESSAGE_KEYS: Final = ("message", "error", "detail", "error_description", "title", "msg", "reason", "status")


class Form(Enum):
    """The outer form of a body."""

    SYNDICATION = auto()  # RSS, Atom, RDF
    SITEMAP = auto()
    JSON = auto()
    PAGE = auto()  # HTML
    OTHER = auto()


def form_of(text: str) -> Form:
    """Return what form a decoded body has, judged by its first element; a feed after stray markup is still a feed."""
    position = 0
    while skipped := _SKIPPED.match(text, position):
        position = skipped.end()
    if _JSON.match(text, position):
        return Form.JSON
    first = _ELEMENT.match(text, position)
    name = first[1].lower() if first else ""
    if name in _SITEMAP:
        return Form.SITEMAP
    if name != "html" and _SYNDICATED.search(text, position):
        return Form.SYNDICATION
    if name in _PAGE or re.search(r"<(?:html|head|body)\b", text[:_HEAD], re.IGNORECASE):
        return Form.PAGE
    return Form.OTHER


def is_wall(text: str) -> bool:
    """Tell whether an HTML page is what is shown to a robot in place of the real one."""
    head = text[:_HEAD]
    title = _TITLE.search(head)
    if title and _WALL_TITLE.search(title[1]):
        return True
    return len(re.findall(r"<a\b", text, re.IGNORECASE)) < _LINKS_OF_A_PAGE and _WALL_MARK.search(head) is not None


def what_it_is(text: str, form: Form) -> str:
    """Say what a body that is no feed is: text that a person may read in a report."""
    match form:
        case Form.PAGE:
            return "a bot wall" if is_wall(text) else "an HTML page"
        case Form.JSON:
            message = _json_message(text)
            return f"JSON that is no feed: {message}" if message else "JSON that is no feed"
        case Form.SITEMAP:
            return "a sitemap"
        case _:
            return "neither RSS nor Atom"


def refusal(problem: Reason, detail: str, encoding: str | None = None) -> FeedReading:
    """Return the reading of a body that gives no items."""
    return FeedReading(version="", encoding=encoding, title="", items=(), problem=problem, detail=detail)


def _json_message(text: str) -> str:
    """Return what a JSON answer says went wrong; empty when it does not say."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "it cannot be read"
    for _ in range(3):
        if not isinstance(value, dict):
            break
        value = next((value[key] for key in _MESSAGE_KEYS if value.get(key)), "")
    return " ".join(str(value).split())[:200] if isinstance(value, (str, int)) else ""
