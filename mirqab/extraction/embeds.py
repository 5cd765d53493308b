"""Posts of social networks that an article shows: kept apart as quotes with handle and date, never as its body.

A post stands in the page as the network's own markup (a quote with a class, a script or frame that names the post) or,
copied, as lines of which the last reads «— name (@handle) January 26, 2024».
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from lxml.etree import XPath, iterwalk
from lxml.html import HtmlElement

from mirqab.extraction.tree import packed
from mirqab.types import Embed

MOST_EMBEDS: Final = 50
"""A live page may show hundreds; the first tell what it is about."""
SHORTEST_TEXT: Final = 20
"""A shorter line found in a post may be a sentence of the article all the same."""

_HOLDERS: Final = XPath("//div[@data-href]")
_CLASSES: Final = re.compile(
    r"(?:\A|\s)(?:twitter-tweet|twitter-video|instagram-media|fb-post|fb-video|fb-xfbml-parse-ignore|tiktok-embed|"
    r"bluesky-embed|text-post-media)(?:[\s-]|\Z)",
    re.IGNORECASE,
)
_ATTRIBUTION: Final = re.compile(
    r"(?:\A|\s)[—–-]{1,2}\s*(?P<name>[^()\n]{1,80}?)\s*\(\s*(?P<handle>@\w{2,30})\s*\)\s*"
    r"(?P<date>[^\W\d_]+\.? \d{1,2}, \d{4}|\d{1,2} [^\W\d_]+,? \d{4}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|"
    r"\d{4}-\d{2}-\d{2})?\W*\Z"
)
_SHARED_BY: Final = re.compile(
    r"(?:A post shared by|تمت مشاركة منشور بواسطة)[^@]{0,80}\(?(?P<handle>@[\w.]{2,30})\)?.*", re.S
)
_HANDLE: Final = re.compile(r"@[\w.]{2,30}")
_TELEGRAM: Final = re.compile(r"(?:https?:)?//t\.me/(?:s/)?(\w{3,40}/\d{1,12})")
_POST_LINK: Final = re.compile(
    r"(?:twitter|x)\.com/[^/]+/status|instagram\.com/(?:p|reel|tv)/|facebook\.com/|tiktok\.com/@|t\.me/|bsky\.app/|threads\.net/"
)


def take_embeds(tree: HtmlElement) -> tuple[Embed, ...]:
    """Return the posts that a page shows and take them out of its tree; asked before scripts and frames are dropped."""
    found: list[Embed] = []
    holders: list[HtmlElement] = _HOLDERS(tree)  # type: ignore[assignment]
    for element in [*holders, *tree.iter("blockquote", "script", "iframe")]:
        if len(found) >= MOST_EMBEDS:
            break
        embed = _framed(element) if element.tag in ("script", "iframe") else _quoted(element)
        # one inside a post that was taken is no other
        if embed is not None and (element.getroottree().getroot() is tree):
            found.append(embed)
            element.drop_tree()
    return tuple(dict.fromkeys(found))


def part_embeds(lines: list[str], embeds: tuple[Embed, ...]) -> tuple[list[str], tuple[Embed, ...]]:
    """Return the lines of a body without those that are of a post, and the posts with those found in the lines."""
    texts = "\n".join(packed(embed.text) for embed in embeds)
    kept: list[str] = []
    more: list[Embed] = []
    rest = iter(range(len(lines)))
    for index in rest:
        line = lines[index]
        found = _ATTRIBUTION.search(line) if "(@" in line or "( @" in line else None
        if found is None:
            if len(line) < SHORTEST_TEXT or packed(line) not in texts:
                kept.append(line)
            continue
        text = [line[: found.start()].strip()]
        if not text[0]:
            text = [kept.pop()] if kept else []
            following = lines[index + 1] if index + 1 < len(lines) else ""
            # a post that lists something goes on below its name when it was copied; networks cut it with dots
            if text and text[0].endswith(":") and following.endswith("…"):
                text.append(following)
                next(rest, None)
        more.append(Embed(handle=found["handle"], text="\n".join(text), date_raw=found["date"], url=None))
    known = {embed.handle.lower() + packed(embed.text)[:SHORTEST_TEXT] for embed in embeds}
    new = (embed for embed in more if embed.handle.lower() + packed(embed.text)[:SHORTEST_TEXT] not in known)
    return kept, (*embeds, *new)


def _quoted(element: HtmlElement) -> Embed | None:
    """Return the post that a quote or a network's element shows."""
    classed = bool(_CLASSES.search(element.get("class") or ""))
    if not classed and element.tag != "blockquote":
        return None
    whole = "\n".join(_texts(element))
    said = _ATTRIBUTION.search(whole)
    if not classed and said is None:
        return None
    links = [(link.get("href") or "", " ".join(link.text_content().split())) for link in element.iter("a")]
    url = element.get("data-instgrm-permalink") or element.get("data-href") or element.get("cite") or ""
    url = url or next((href for href, _ in reversed(links) if _POST_LINK.search(href)), "")
    shared = _SHARED_BY.search(whole)
    date = said["date"] if said else None
    if date is None:
        time = next(element.iter("time"), None)
        dated = [text for _, text in links if re.search(r"\b\d{4}\b|[٠-٩]{4}", text) and len(text) < 40]
        date = " ".join(time.text_content().split()) if time is not None else (dated[-1] if dated else None)
    handle = (said or shared or {"handle": ""})["handle"] or _handle_in(url) or _posted_by(whole, links)
    text = whole[: (said or shared).start()] if (said or shared) is not None else whole  # type: ignore[union-attr]
    text = re.sub(r"\s*\n?Posted by .*\Z", "", text, flags=re.S)
    return Embed(handle=handle, text=text.strip(), date_raw=date, url=url or None)


def _posted_by(whole: str, links: list[tuple[str, str]]) -> str:
    """Return the account's name where only that is shown."""
    return next((text for _, text in links if text and f"Posted by {text}" in whole.replace("\n", " ")), "")


def _framed(element: HtmlElement) -> Embed | None:
    """Return the post that a script or frame would draw: its address and handle, without a text."""
    post = element.get("data-telegram-post")
    if post is None:
        source = element.get("src") or element.get("data-src") or ""
        query = parse_qs(urlsplit(source).query) if "?" in source else {}
        if "plugins/post.php" in source and query.get("href"):
            return Embed(handle=_handle_in(query["href"][0]), text="", date_raw=None, url=query["href"][0])
        if re.match(r"(?:https?:)?//platform\.(?:twitter|x)\.com/embed", source) and query.get("id"):
            return Embed(handle="", text="", date_raw=None, url=f"https://x.com/i/status/{query['id'][0]}")
        found = _TELEGRAM.match(source)
        post = found[1] if found else None
    if not post or "/" not in post:
        return None
    return Embed(handle=f"@{post.partition('/')[0]}", text="", date_raw=None, url=f"https://t.me/{post}")


def _handle_in(url: str) -> str:
    """Return the handle that the address of a post names, or nothing."""
    found = re.search(r"(?:twitter|x|tiktok)\.com/@?(\w{2,30})/(?:status|video)|t\.me/(\w{3,40})/\d", url)
    if found is not None and (name := found[1] or found[2]) != "i":
        return f"@{name}"
    found = re.search(r"facebook\.com/([A-Za-z][\w.]{2,60})/(?:posts|videos)", url)
    return found[1] if found else ""


def _texts(element: HtmlElement) -> Iterator[str]:
    """Yield the lines of a post, white space single."""
    pieces: list[str] = []
    for event, inner in iterwalk(element, events=("start", "end")):
        breaks = inner.tag in ("p", "div", "br")
        if event == "start":
            pieces += ["\n" if breaks else "", inner.text or ""]
        else:
            pieces += ["\n" if breaks else "", (inner.tail or "") if inner is not element else ""]
    for line in "".join(pieces).split("\n"):
        if folded := " ".join(line.split()):
            yield folded
