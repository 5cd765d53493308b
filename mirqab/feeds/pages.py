"""HTML where a feed is looked for: its characters, its tree, and whether it is a wall instead of a page."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from mirqab.arabic.encodings import decode

_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]*>")
# Browsers look for the label in the first 1,024 bytes; publishers put it later.
_HEAD: Final = 16_384
_TITLE: Final = re.compile(r"<title\b[^>]*>([^<]{0,500})", re.IGNORECASE)
_WALL_TITLE: Final = re.compile(
    r"just a moment|attention required|access denied|are you (?:a )?(?:human|robot)|checking your browser|ddos-guard|"
    r"security check|pardon our interruption|request rejected|bot verification|captcha|one moment, please|"
    r"(?:تحقق|التحقق|تأكد|التأكد) من أنك|لست روبوت|لحظة من فضلك|جار[ٍي]? التحقق|تم حظر",
    re.IGNORECASE,
)
# Cloudflare adds a script of its challenge to ordinary pages too: only what stands on the wall itself counts.
_WALL_MARK: Final = re.compile(
    r"_cf_chl_opt|cf-browser-verification|cf-error-details|_Incapsula_Resource|Incapsula incident|px-captcha|"
    r"captcha-delivery\.com|sucuri_cloudproxy|sgcaptcha|slowAES\.decrypt|ddos-guard/js-challenge|"
    r"Please enable (?:JS|JavaScript) and disable any ad blocker|errors\.edgesuite\.net",
    re.IGNORECASE,
)
_CONSENT_TITLE: Final = re.compile(r"before you continue|cookie consent|قبل (?:المتابعة|أن تتابع)", re.IGNORECASE)


def page_text(body: bytes, content_type: str | None) -> str:
    """Return the characters of a page; the header's charset counts before the page's own, the bytes before both."""
    found = _META_CHARSET.search(body[:_HEAD])
    return decode(body, declared=(charset_of(content_type), found[1].decode("ascii") if found else None)).text


def charset_of(content_type: str | None) -> str | None:
    """Return the charset that a Content-Type header names."""
    if not content_type:
        return None
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) else None


def page_tree(text: str) -> HtmlElement | None:
    """Return the tree of a page without comments, or None when nothing in it is markup.

    `huge_tree`, because without it what lies below 256 levels of nesting is dropped in silence.
    """
    parser = lxml_html.HTMLParser(
        collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        tree = lxml_html.document_fromstring(_DECLARATION.sub("", text).encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError, AssertionError) as error:
        if "memory" in str(error).lower():
            raise MemoryError(str(error)) from error
        return None
    return tree if len(tree) else None


def base_of(tree: HtmlElement, url: str) -> str:
    """Return what relative links of a page are relative to."""
    for element in tree.iter("base"):
        href = (element.get("href") or "").strip()
        if href:
            try:
                return str(urljoin(url, href))
            except ValueError:
                break
    return url


def wall_of(text: str) -> str | None:
    """Return "a bot wall" or "a consent page" when the page stands in front of the one that was asked for."""
    head = text[:_HEAD]
    title = found[1] if (found := _TITLE.search(head)) else ""
    if _WALL_TITLE.search(title) or _WALL_MARK.search(head):
        return "a bot wall"
    return "a consent page" if _CONSENT_TITLE.search(title) else None
