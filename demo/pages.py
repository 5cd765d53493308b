"""What the demo's outlets send: article pages in the styles of several publishing systems, front pages and feeds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup

from demo.arabic_dates import full_date
from demo.stories import Outcome, Outlet, Story

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    heading: bool


def article_page(outlet: Outlet, story: Story, *, origin: str) -> bytes:
    """Return the page of one story in its outlet's style and encoding; `origin` is `http://host:port`."""
    message = None
    if story.outcome is Outcome.NO_ARTICLE:
        message = "video" if outlet.style.template == "broadcast" else "wall"
    return _render(outlet, origin, story=story, message=message, title=story.headline, items=())


def front_page(outlet: Outlet, *, origin: str, section: str | None = None) -> bytes:
    """Return the list of an outlet's stories, newest first; `section` is the name of one section."""
    stories = [story for story in outlet.stories if section in (None, story.section)]
    return _render(outlet, origin, story=None, message=None, title=section or "آخر الأخبار", items=stories)


def not_found_page(outlet: Outlet, *, origin: str) -> bytes:
    """Return the outlet's own page for an address that does not exist."""
    return _render(outlet, origin, story=None, message="not_found", title="الصفحة غير موجودة", items=())


def feed(outlet: Outlet, *, origin: str, section: str | None = None) -> bytes:
    """Return the outlet's feed in its format and encoding, newest first."""
    stories = [story for story in outlet.stories if section in (None, story.section)]
    text = _atom(outlet, stories, origin) if outlet.style.feed == "atom" else _rss(outlet, stories, origin)
    return text.encode(outlet.style.encoding, "xmlcharrefreplace")


def link(outlet: Outlet, story: Story, origin: str) -> str:
    """Return the address of a story as its outlet links to it (percent-encoded where the outlet does so)."""
    # the portal in the Sahel prints its Arabic addresses raw, as some publishing systems do
    return origin + (story.path if outlet.style.slow else quote(story.path, safe="/?&=%"))


# ------------------------------------------------------------------------------------------- pages


def _render(
    outlet: Outlet, origin: str, *, story: Story | None, message: str | None, title: str, items: Sequence[Story]
) -> bytes:
    others = [other for other in outlet.stories if story is None or other.id != story.id]
    same_section = [other for other in others if story is not None and other.section == story.section]
    elsewhere = [other for other in others if other not in same_section]
    turn = 0 if story is None else story.number % max(1, len(others))
    context: dict[str, object] = {
        "outlet": outlet,
        "story": story,
        "message": message,
        "title": title,
        "items": [_teaser(outlet, item, origin) for item in items],
        "menu": [("الرئيسية", "/"), *((name, f"/section/{word}") for name, word in outlet.sections.items())],
        "latest": [_teaser(outlet, other, origin) for other in others[:4]],
        "related": [_teaser(outlet, other, origin) for other in (same_section + elsewhere)[:4]],
        "most_read": [_teaser(outlet, other, origin) for other in (others[turn:] + others[:turn])[:5]],
        "feed_url": origin + outlet.style.feed_paths[0],
        "section_word": "",
        "state": Markup("{}"),
    }
    if story is not None:
        context |= _story_context(outlet, story, origin)
    text = _TEMPLATES.get_template(f"{outlet.style.template}.html").render(context)
    return text.encode(outlet.style.encoding, "xmlcharrefreplace")


def _story_context(outlet: Outlet, story: Story, origin: str) -> dict[str, object]:
    url = link(outlet, story, origin)
    published_iso = _local(outlet, story.published).isoformat()
    updated_iso = _local(outlet, story.updated).isoformat() if story.updated else None
    news_article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.headline,
        "mainEntityOfPage": url,
        "datePublished": published_iso,
        "dateModified": updated_iso or published_iso,
        "author": [{"@type": "Person" if story.author else "Organization", "name": story.author or outlet.name}],
        "publisher": {"@type": "Organization", "name": outlet.name},
        "description": story.summary,
        "articleSection": story.section,
    }
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {key: value for key, value in news_article.items() if key != "@context"},
            {"@type": "WebSite", "@id": f"{origin}/#website", "name": outlet.name, "inLanguage": "ar"},
        ],
    }
    style = outlet.style
    return {
        "lines": [_Line(line.removeprefix("## "), line.startswith("## ")) for line in story.paragraphs],
        "published_iso": published_iso,
        "updated_iso": updated_iso,
        "published_visible": full_date(_local(outlet, story.published), months=style.months, indic=style.indic),
        "page_url": url,
        "section_word": outlet.sections[story.section],
        "json_ld": _json(news_article),
        "json_ld_graph": _json(graph),
        "state": _json({"post": {"id": story.number, "title": story.headline, "slug": story.path}}),
    }


def _teaser(outlet: Outlet, story: Story, origin: str) -> Mapping[str, str]:
    style = outlet.style
    return {
        "url": link(outlet, story, origin),
        "headline": story.headline,
        "summary": story.summary,
        "when": full_date(_local(outlet, story.published), months=style.months, indic=style.indic),
    }


def _json(value: object) -> Markup:
    return Markup(json.dumps(value, ensure_ascii=False).replace("</", "<\\/"))


def _local(outlet: Outlet, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(outlet.timezone))


# ------------------------------------------------------------------------------------------- feeds


def _rss(outlet: Outlet, stories: Sequence[Story], origin: str) -> str:
    style = outlet.style
    whole_text = style.feed == "content"
    items = []
    for story in stories:
        url = link(outlet, story, origin)
        parts = [
            f"<title>{escape(story.headline)}</title>",
            f"<link>{escape(url + style.tracking)}</link>",
            f'<guid isPermaLink="false">{outlet.id}-{story.number}</guid>',
            f"<pubDate>{format_datetime(_local(outlet, story.published))}</pubDate>",
            f"<category>{escape(story.section)}</category>",
            f"<description>{escape(f'<p>{escape(story.summary)}</p>' if whole_text else story.summary)}</description>",
        ]
        if story.author:
            parts.append(f"<dc:creator><![CDATA[{story.author}]]></dc:creator>")
        if whole_text:
            html = "".join(f"<p>{escape(line.removeprefix('## '))}</p>" for line in story.paragraphs)
            parts.append(f"<content:encoded><![CDATA[{html}]]></content:encoded>")
        items.append("<item>" + "\n".join(parts) + "</item>")
    return (
        f'<?xml version="1.0" encoding="{style.encoding}"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">\n<channel>'
        f"<title>{escape(outlet.name)}</title><link>{origin}/</link>"
        f"<description>{escape(outlet.motto)}</description><language>ar</language>\n"
        + "\n".join(items)
        + "\n</channel></rss>\n"
    )


def _atom(outlet: Outlet, stories: Sequence[Story], origin: str) -> str:
    newest = max((story.updated or story.published for story in stories), default=None)
    entries = []
    for story in stories:
        author = f"<author><name>{escape(story.author)}</name></author>" if story.author else ""
        entries.append(
            f"<entry><title>{escape(story.headline)}</title>"
            f"<link rel={quoteattr('alternate')} href={quoteattr(link(outlet, story, origin))}/>"
            f"<id>tag:{outlet.id}.example,2020:{story.number}</id>"
            f"<published>{_local(outlet, story.published).isoformat()}</published>"
            f"<updated>{_local(outlet, story.updated or story.published).isoformat()}</updated>"
            f"{author}<summary>{escape(story.summary)}</summary></entry>"
        )
    updated = _local(outlet, newest).isoformat() if newest else ""
    return (
        f'<?xml version="1.0" encoding="{outlet.style.encoding}"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ar">'
        f"<title>{escape(outlet.name)}</title><id>tag:{outlet.id}.example,2020:feed</id>"
        f'<link rel="self" href="{origin}{outlet.style.feed_paths[0]}"/><updated>{updated}</updated>\n'
        + "\n".join(entries)
        + "\n</feed>\n"
    )
