"""The links of a page: where they lead, what they say, and which of them are headlines of articles."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from mirqab.addresses import clean_url, host_of, url_key
from mirqab.arabic.dates import read_date

HEADLINE_WORDS: Final = 4
SHORT_HEADLINE_WORDS: Final = 3
LONGEST_HEADLINE: Final = 160
"""Characters. What is longer is a teaser or a whole card in one link."""
_SHORTEST_HEADLINE: Final = 12
REPEATED: Final = 3
"""So many headlines must share a form of address before the form tells an article by itself."""
MOST_LINKS: Final = 5_000

_UNSEEN: Final = frozenset(("script", "style", "noscript", "template", "svg", "iframe", "select", "button", "head"))
_NO_CONTENT: Final = frozenset(("nav", "footer"))
_ROLES: Final = frozenset(("navigation", "contentinfo", "menu", "menubar", "search"))
_CARDS: Final = frozenset(("article", "li", "section", "main"))
_APART: Final = frozenset(
    ("p", "div", "br", "li", "td", "time", "figcaption", "section", "h1", "h2", "h3", "h4", "h5", "h6")
)
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CRUMBS: Final = re.compile(r"\bbread-?crumbs?\b", re.IGNORECASE)
_TITLED: Final = re.compile(r"title|headline|heading", re.IGNORECASE)
_MOST_NODES: Final = 60
_MOST_CHARS: Final = 1_000

_ARABIC: Final = re.compile("[\u0621-\u064a]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"\w*[^\W\d_]\w*")
_SERVICE: Final = re.compile(
    r"سياسة (?:الخصوصية|ملفات|الاستخدام)|شروط (?:الاستخدام|وأحكام)|الشروط والأحكام|حقوق .{0,20}محفوظة|"
    r"ملفات تعريف الارتباط|"
    r"(?:إقرأ|اقرأ|قراءة|شاهد|عرض) (?:المزيد|الكل|أيضا|جميع)|المزيد من|تابعونا على|تابعنا على|اشترك في|النشرة البريدية|"
    r"(?:حم[ّ]?ل|تحميل|تنزيل) (?:ال)?تطبيق|تسجيل الدخول|أعلن معنا|اتصل بنا|من نحن|خريطة الموقع|تخط[يٍ]? إلى|انتقل إلى|"
    r"العودة إلى|شارك (?:على|عبر)|powered by",
    re.IGNORECASE,
)
_ARTICLE_EXTENSION: Final = re.compile(r"\.(?:html?|aspx?|php|jsp|cfm|do)\Z", re.IGNORECASE)
_OTHER_EXTENSION: Final = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|m4a|avi|mov|zip|rar|apk|docx?|xlsx?|pptx?|xml|rss|json|css|js|ico)\Z", re.I
)
_NO_ARTICLE_SEGMENT: Final = frozenset(
    (
        *("tag", "tags", "label", "labels", "author", "authors", "writer", "writers", "editor", "user", "users"),
        *("profile", "search", "login", "logout", "register", "signup", "signin", "account", "subscribe", "cart"),
        *("feed", "rss", "page", "share", "print", "cdn-cgi", "wp-admin", "contact", "contact-us", "contactus"),
        *("about", "about-us", "aboutus", "privacy", "privacy-policy", "terms", "sitemap"),
        *("الكاتب", "كاتب", "كتاب", "وسم", "بحث"),
    )
)
_LIST_SEGMENT: Final = frozenset(
    ("category", "categories", "cat", "section", "sections", "topic", "topics", "dossier", "تصنيف", "قسم", "أقسام")
)
# «newssection/12/سياسة» lists articles, and so does what ends in a date or in a letter and the number of a section.
_LISTS: Final = re.compile(
    r"/\w+section/|/\w*tag(?:s|list)/|/(?:19|20)\d\d(?:[-/](?:0?[1-9]|1[0-2])(?:[-/]\d{1,2})?)?/?\Z|/[st]-\d+/?\Z",
    re.IGNORECASE,
)
_IDENTITY: Final = re.compile(r"(?:\A|[&;])[\w.]*(?:id|article|story|news|post|p|no|num|item)=(\d{2,})", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_LONE_NUMBER: Final = re.compile(r"\A\d{2,}\Z")
_DATE: Final = re.compile(r"(?:19|20)\d\d[-/]?(?:0?[1-9]|1[0-2])(?:[-/]?\d{1,2})?(?:/|-|\Z)")
_HEX: Final = re.compile(r"(?<![0-9a-z])(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{9,}(?![0-9a-z])", re.IGNORECASE)
_YEAR_ONLY: Final = re.compile(r"\A(?:19|20)\d\d\Z")


@dataclass(slots=True)
class Link:
    """One link of a page: `says` its text, `titled` when that is a heading, `hint` the tooltip or picture's text."""

    element: HtmlElement
    url: str
    key: str
    says: str
    titled: bool
    hint: str = ""


@dataclass(slots=True)
class Target:
    """One address that a page links to, by however many links, and the headline they give it."""

    url: str
    links: list[Link] = field(default_factory=list)
    headline: str = ""
    titled: bool = False
    element: HtmlElement | None = None


def links_of(tree: HtmlElement, base: str) -> list[Link]:
    """Return the links of a page outside of its menus and footers, in its order, at most 5,000."""
    links: list[Link] = []
    cards = headings = 0
    walk = iterwalk(tree, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if not isinstance(tag, str):
            continue
        step = 1 if event == "start" else -1
        if tag in _CARDS:
            cards += step
        elif tag in _HEADINGS:
            headings += step
        if event == "end":
            continue
        if _is_left_out(element, tag, in_card=cards > 0):
            walk.skip_subtree()
        elif tag == "a" and (link := link_of(element, base)) is not None:
            link.titled = link.titled or headings > 0
            links.append(link)
            if len(links) >= MOST_LINKS:
                break
    return links


def link_of(anchor: HtmlElement, base: str) -> Link | None:
    """Return what a link says and where it leads; None when it leads to no page."""
    url = clean_url(anchor.get("href") or "", base)
    if url is None:
        return None
    says, titled = _says(anchor)
    return Link(anchor, url, url_key(url), says, titled, _hint(anchor))


def article_targets(links: list[Link], page_url: str) -> list[Target]:
    """Return what looks like the articles of the page's own site, in the order of the page.

    An address counts when it looks like an article's and a link to it reads like a headline; one that does not look
    like it when several headlines share its form.
    """
    targets = by_target([link for link in links if is_own(link.url, page_url) and _may_be_article(link.url)])
    targets.pop(url_key(page_url), None)
    for target in targets.values():
        choose_headline(target)
    shapes = Counter(shape_of(target.url) for target in targets.values() if is_headline(target.headline))

    def counts(target: Target) -> bool:
        repeated = shapes[shape_of(target.url)] >= REPEATED
        strong = is_article_address(target.url)
        if is_headline(target.headline):
            return strong or repeated
        return strong and repeated and is_headline(target.headline, SHORT_HEADLINE_WORDS)

    return [target for target in targets.values() if counts(target)]


def by_target(links: list[Link]) -> dict[str, Target]:
    """Return the links grouped by where they lead, in the order of the first of each."""
    targets: dict[str, Target] = {}
    for link in links:
        targets.setdefault(link.key, Target(link.url)).links.append(link)
    return targets


def choose_headline(target: Target) -> None:
    """Set the headline: headings first, then what links say, then tooltips and pictures' texts; of equals the longest.

    A headline that was cut short for the page gives way to its longer tooltip.
    """
    best: tuple[int, int] | None = None
    for link in target.links:
        for rank, text in ((0 if link.titled else 1, link.says), (2, link.hint)):
            if not text:
                continue
            worth = (rank if is_headline(text) else rank + 3 if len(text) <= LONGEST_HEADLINE else rank + 6, -len(text))
            if best is None or worth < best:
                best, target.headline, target.element = worth, text, link.element
                target.titled = link.titled
    cut = target.headline.rstrip(".… ")
    if cut != target.headline and len(cut) >= _SHORTEST_HEADLINE:
        whole = [link.hint for link in target.links if link.hint.startswith(cut[:-1]) and len(link.hint) > len(cut)]
        target.headline = max(whole, key=len, default=target.headline)
    if target.element is None:
        target.element = target.links[0].element


def is_headline(text: str, words: int = HEADLINE_WORDS) -> bool:
    """Tell whether a text reads like a headline in Arabic, not like a menu, a date or a notice."""
    if not _SHORTEST_HEADLINE <= len(text) <= LONGEST_HEADLINE or len(_WORD.findall(text)) < words:
        return False
    if 2 * len(_ARABIC.findall(text)) < len(_LETTER.findall(text)) or _SERVICE.search(text):
        return False
    return len(text) > 60 or read_date(text) is None


def is_own(url: str, page_url: str) -> bool:
    """Tell whether an address is on the host of a page or below it."""
    own = host_of(page_url).removeprefix("www.")
    host = host_of(url).removeprefix("www.")
    return host == own or host.endswith("." + own)


def is_article_address(url: str) -> bool:
    """Tell whether an address has what articles' have: a number, a date, or a name of several words."""
    parts = urlsplit(url)
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    if _IDENTITY.search(parts.query):
        return True
    if not segments:
        return False
    if segments[-1].lower() in ("index.html", "index.php", "index.htm"):
        segments = segments[:-1] or segments
    last = _ARTICLE_EXTENSION.sub("", segments[-1])
    if (len(segments) >= 2 and segments[-2].lower() in _LIST_SEGMENT) or _LISTS.search("/" + "/".join(segments)):
        return False
    if len([word for word in re.split(r"[-_+ .]+", last) if len(word) > 1]) >= 3:
        return True
    if any(_LONE_NUMBER.match(segment) and not _YEAR_ONLY.match(segment) for segment in segments[1:]):
        return True
    tail = "/".join(segments[-4:])
    return bool(_NUMBER.search(tail.replace(".", "/")) or _DATE.search(tail) or _HEX.search(tail))


def shape_of(url: str) -> str:
    """Return the form of an address: what all addresses of one kind on a site have in common."""
    parts = urlsplit(url)
    *folders, last = unquote(parts.path).split("/")
    if not last and folders:
        last = folders.pop() + "/"
    shape = [_shape(folder) for folder in folders]
    name = _ARTICLE_EXTENSION.search(last)
    names = ",".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&") if pair))
    return f"{parts.netloc}{'/'.join(shape)}/*{name[0].lower() if name else ''}?{names}"


def _shape(segment: str) -> str:
    if segment.isdigit():
        return "#"
    return "~" if len(segment) > 20 or segment.count("-") >= 2 else segment.lower()


def _may_be_article(url: str) -> bool:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if _OTHER_EXTENSION.search(path):
        return False
    segments = [segment.lower() for segment in path.split("/") if segment]
    return (bool(segments) or bool(parts.query)) and _NO_ARTICLE_SEGMENT.isdisjoint(segments)


def _is_left_out(element: HtmlElement, tag: str, *, in_card: bool) -> bool:
    if tag in _UNSEEN or tag in _NO_CONTENT or (tag == "header" and not in_card):
        return True
    if (element.get("role") or "").lower() in _ROLES:
        return True
    said = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(said) > 1 and bool(_CRUMBS.search(said))


def _says(anchor: HtmlElement) -> tuple[str, bool]:
    """Return the text of a link and whether it is a heading: of a whole card in one link, the heading alone."""
    for node in islice(anchor.iter(), 1, _MOST_NODES):
        if isinstance(node.tag, str) and (node.tag in _HEADINGS or _TITLED.search(node.get("class") or "")):
            text = text_of(node)
            if text:
                return text, True
    return text_of(anchor), bool(_TITLED.search(anchor.get("class") or ""))


def _hint(anchor: HtmlElement) -> str:
    title = " ".join((anchor.get("title") or "").split())
    if title:
        return title[:_MOST_CHARS]
    for picture in islice(anchor.iter("img"), 3):
        described = " ".join((picture.get("alt") or "").split())
        if described:
            return described[:_MOST_CHARS]
    return ""


def text_of(element: HtmlElement) -> str:
    """Return the text of an element without scripts, white space single; no more than about a thousand characters."""
    pieces: list[str] = []
    length = 0
    walk = iterwalk(element, events=("start", "end"))
    for count, (event, node) in enumerate(walk):
        if event == "start":
            unseen = not isinstance(node.tag, str) or node.tag in _UNSEEN
            piece = None if unseen else node.text
            if unseen:
                walk.skip_subtree()
            elif node.tag in _APART:
                pieces.append(" ")
        else:
            piece = None if node is element else node.tail
        if piece:
            pieces.append(piece)
            length += len(piece)
        if length > _MOST_CHARS or count > 2 * _MOST_NODES:
            break
    return " ".join("".join(pieces).split())[:_MOST_CHARS]
