"""What an address may be, and when two spellings of one are the same: pure policy, no input or output.

The crawler's resolver asks `is_public` at the moment of connecting; feeds are cleaned with `clean_url`; the archive
knows an entry by its `url_key`.
"""

from __future__ import annotations

import ipaddress
import re
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

MAX_URL_CHARS: Final = 8_192
"""Longer links are hostile or broken: 200 Arabic letters in a path are 1,200 characters when escaped."""

TRACKING_PREFIXES: Final = ("utm_", "at_custom", "mtm_", "pk_", "hsa_")
TRACKING_NAMES: Final = frozenset(
    {"fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid", "igshid", "igsh"}
    | {"li_fat_id", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "at_medium", "at_campaign", "traffic_source"}
    | {"srsltid", "vero_id", "wickedid", "oly_anon_id", "oly_enc_id"}
)
"""Parameters that only tell the publisher where a reader came from. Anything else may name the article."""

_PRIVATE_ENDINGS: Final = frozenset({"localhost", "local", "internal", "lan", "home", "arpa"})
_UNRESERVED: Final = frozenset(string.ascii_letters + string.digits + "-._~")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_NOT_PLAIN = re.compile(r"[^\x21-\x7e]|[\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s@\"'<>]*(?:@[^/?#\s@\"'<>]+)*(?=@)")
_SECRET_PARAMETERS = re.compile(
    r"([?&;](?:access_token|api_?key|auth|password|passwd|pwd|secret|sig|signature|token)=)[^&;#\s\"'<>]+",
    re.IGNORECASE,
)


def url_key(url: str) -> str:
    """Return the key under which two spellings of one address are one.

    Scheme, default port, fragment and known tracking parameters do not count; host, path (its case and trailing
    slash too) and the order of all other parameters do. Expects what `clean_url` returned; never raises.
    """
    try:
        parts = urlsplit(url)
        port = _port(parts)
    except ValueError:
        return url
    host = _ascii_host(parts.hostname or "")
    if ":" in host:
        host = f"[{host}]"
    shown_port = "" if port is None else f":{port}"
    query = "&".join(piece for piece in parts.query.split("&") if piece and not _is_tracking(piece))
    path = _without_dot_segments(_normal_escapes(parts.path)) or "/"
    return f"{host}{shown_port}{path}" + (f"?{_normal_escapes(query)}" if query else "")


def clean_url(url: str, base: str | None = None) -> str | None:
    """Return `url` as an absolute http(s) address without credentials and fragment, or None when it is none.

    Relative links need `base`. Line breaks inside are dropped as browsers do; spaces and invisible characters are
    escaped; letters of any script stay as published.
    """
    text = re.sub(r"[\t\r\n]", "", url.strip(" \t\r\n\f\v\x00\u00a0\u200e\u200f\ufeff"))
    if not text or len(text) > MAX_URL_CHARS or _CONTROL.search(text):
        return None
    try:
        text.encode("utf-8")
        if _SCHEME.match(text) is None:
            if base is None:
                return None
            text = urljoin(base, text)
        parts = urlsplit(text)
        if parts.scheme.lower() not in _DEFAULT_PORTS or not _usable_authority(parts.netloc):
            return None
        host, port = parts.hostname or "", _port(parts)
    except ValueError:  # lone surrogates, broken brackets, a port that is no number
        return None
    if not host or port == 0:
        return None
    shown_host = f"[{host}]" if ":" in host else host
    authority = shown_host if port is None else f"{shown_host}:{port}"
    path = _without_invisible(parts.path) or "/"
    return urlunsplit((parts.scheme.lower(), authority, path, _without_invisible(parts.query), ""))


def host_of(url: str) -> str:
    """Return the lower-cased host of an address in its ASCII form, without port; empty when there is none."""
    try:
        return _ascii_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def origin_of(url: str) -> str:
    """Return `scheme://host:port` of an http(s) address, the port always shown; empty when there is none."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), _ascii_host(parts.hostname or "")
        port = parts.port or _DEFAULT_PORTS[scheme]
    except (ValueError, KeyError):
        return ""
    if not host:
        return ""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@lru_cache(maxsize=1024)
def server_of(url: str) -> str:
    """Return what tells the server of an address from others: its host, and its port where that is not the usual one.

    `http://a.example/` and `https://a.example/` are one server, whose turns and wishes for patience are shared;
    `http://a.example:8080/` is another. Empty when there is none.
    """
    try:
        parts = urlsplit(url)
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if not host or port is None or port == _DEFAULT_PORTS.get(parts.scheme.lower()):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def origins_of(url: str) -> tuple[str, ...]:
    """Return the origins at which the server of an address is asked: at the usual ports those of both schemes."""
    origin, server = origin_of(url), server_of(url)
    if not origin or server != host_of(url):
        return (origin,) if origin else ()
    shown = f"[{server}]" if ":" in server else server
    return tuple(f"{scheme}://{shown}:{port}" for scheme, port in _DEFAULT_PORTS.items())


@lru_cache(maxsize=1000)
def is_public(address: str) -> bool:
    """Say whether an IP address lies on the public internet; False for anything that is no IP address.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64, Teredo) is as public as what it carries.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        carried = _carried(ip)
        if carried is not None:
            return is_public(str(carried))
        if ip.is_site_local or ip in _DOCUMENTATION:  # both are "global" to the library
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def may_be_public(host: str) -> bool:
    """Say whether a host, by its name alone, may lie on the public internet; an IP address must be a public one."""
    name = _ascii_host(host.strip("[]"))
    last = name.rpartition(".")[2]
    if ":" in name or last.isdecimal() or last.startswith("0x"):
        return is_public(name)
    return "." in name and last not in _PRIVATE_ENDINGS


def mask_credentials(text: str) -> str:
    """Return a text with the user information and secret parameters of every address in it replaced by `***`."""
    return _SECRET_PARAMETERS.sub(r"\1***", _CREDENTIALS.sub("***", text))


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The private hosts that may be crawled all the same: names, addresses and networks, as a user listed them."""

    names: frozenset[str] = frozenset()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(default=())

    @classmethod
    def of(cls, listed: Iterable[str]) -> AllowedHosts:
        """Read the entries of `crawl.allow_hosts`; what is no address or network is a host name."""
        names, networks = set(), []
        for entry in filter(None, (item.strip() for item in listed)):
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                names.add(_ascii_host(entry))
        return cls(frozenset(names), tuple(networks))

    def has_host(self, host: str) -> bool:
        """Say whether a host, given by name or as an address, is listed."""
        name = _ascii_host(host.strip("[]"))
        return name in self.names or self._has_address(name)

    def may_connect(self, host: str, address: str) -> bool:
        """Say whether a connection to `address`, to which `host` resolved, is allowed by the policy."""
        return is_public(address) or self.has_host(host) or self._has_address(address)

    def _has_address(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.networks)


def _port(parts: SplitResult) -> int | None:
    """Return the port unless it is the scheme's own."""
    port = parts.port
    return None if port == _DEFAULT_PORTS.get(parts.scheme.lower()) else port


def _ascii_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


def _usable_authority(netloc: str) -> bool:
    """Refuse what programs read in different ways: `good.example\\@evil.example` has two possible hosts."""
    return bool(netloc) and not any(char in netloc for char in '\\ <>"^`{|}%')


def _is_tracking(piece: str) -> bool:
    name = piece.partition("=")[0].lower()
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)


def _normal_escapes(text: str) -> str:
    """Escape what needs it, decode what does not, and write hexadecimal digits in capitals."""
    escaped = _NOT_PLAIN.sub(lambda match: _escape(match[0]), text)

    def normal(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(normal, escaped)


def _without_invisible(text: str) -> str:
    """Escape white space, format characters (bidi marks among them) and the characters no URL may hold."""
    return "".join(
        _escape(char) if char in '"<>\\^`{|}' or unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cf") else char
        for char in text
    )


def _escape(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _without_dot_segments(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_DOCUMENTATION: Final = ipaddress.IPv6Network("3fff::/20")  # RFC 9637


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return None
