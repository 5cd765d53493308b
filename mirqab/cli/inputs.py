"""The inputs of `feed` and `extract`: files, standard input and addresses, one after another, never all in memory."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mirqab.addresses import clean_url, mask_credentials
from mirqab.cli.terminal import say
from mirqab.errors import MirqabError, UsageError
from mirqab.types import ExitCode, Reason

if TYPE_CHECKING:
    from mirqab.settings import Settings

Result = TypeVar("Result")

STDIN = "-"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """The bytes of one input, or the reason why there are none.

    `url` is where it lies on the web, as far as known; `content_type`, `status` and `headers` come with a fetched one,
    and `moved_to`, where permanent redirects alone led.
    """

    name: str
    body: bytes
    url: str | None = None
    content_type: str | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    moved_to: str | None = None
    problem: Reason | None = None
    detail: str | None = None


class Complaints:
    """Says what was wrong with an input on standard error, and knows the exit code that follows."""

    def __init__(self) -> None:
        self.count = 0

    def about(self, name: str, why: str) -> None:
        """Say what was wrong with an input."""
        self.count += 1
        say(f"{name}: {why}")

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.SOME_FAILED if self.count else ExitCode.WELL


def arriving(
    names: Sequence[str], deployment: Settings, complaints: Complaints, *, url: str | None
) -> Iterator[Arrived]:
    """Yield each input; a file that cannot be read is complained about and left out.

    `url` is what the user says about where the inputs lie; an address fetched here knows better.
    """
    if url is not None and clean_url(url) is None:
        told = "it" if "@" in url else repr(url)  # what may hold a password is not repeated
        raise UsageError(f"{told} is no address of the web: expected one that starts with http:// or https://.")
    addresses = [name for name in names if is_address(name) and _why_unread(name) is None]
    with ExitStack() as stack:
        fetched: Iterator[Arrived | MirqabError] = iter(())
        if addresses:
            from mirqab.cli.fetching import Fetcher, who_asks

            fetcher = stack.enter_context(Fetcher(who_asks(addresses, deployment)))
            fetched = fetcher.each(addresses)
        for name in names:
            if why := _why_unread(name):
                yield Arrived(name=_without_user(name), body=b"", problem=Reason.BAD_URL, detail=why)
            elif not is_address(name):
                yield from _from_file(name, deployment.crawl_max_bytes, complaints, url=url)
            elif isinstance(answer := next(fetched), MirqabError):
                complaints.about(name, f"could not be fetched: {answer}")
            else:
                yield answer


def _from_file(name: str, limit: int, complaints: Complaints, *, url: str | None) -> Iterator[Arrived]:
    try:
        if name == STDIN:
            await_typing("a feed or a page")
            body = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        complaints.about(name, f"cannot be read ({getattr(error, 'strerror', None) or error})")
        return
    if len(body) > limit:
        yield Arrived(name=name, body=b"", url=url, problem=Reason.TOO_LARGE, detail=f"more than {limit} bytes")
    else:
        yield Arrived(name=name, body=body, url=url)


def await_typing(what: str) -> None:
    """Say what is waited for when nothing is piped in: without a word it looks like hanging."""
    if sys.stdin.isatty():
        say(f"Reading {what} from the terminal; Ctrl-D ends it.")


def is_address(name: str) -> bool:
    """Say whether an input is an address of the web, and no file."""
    return name.lower().startswith(("http://", "https://"))


def _why_unread(name: str) -> str | None:
    """Say why an address is not even asked for; None for a file and for what can be asked."""
    if not _SCHEME.match(name):
        return None
    if not is_address(name):
        return "only http and https are read"
    if has_user(name):
        return "without a user and a password: Mirqab reads what is public"
    return None


def has_user(address: str) -> bool:
    """Say whether an address names a user, and perhaps a password, before its host, or is none and may do so."""
    rest = address.partition("://")[2]
    return "@" in re.split(r"[/?#\\]", rest, maxsplit=1)[0] or ("@" in rest and clean_url(address) is None)


def _without_user(name: str) -> str:
    if not has_user(name):
        return name
    masked = mask_credentials(name)
    return masked if masked != name else f"{name.partition('://')[0]}://***"


def in_order(
    inputs: Iterable[Arrived], work: Callable[[Iterator[Arrived]], Iterator[Result]]
) -> Iterator[tuple[Arrived, Result | None]]:
    """Yield every input, without its bytes, with what `work` makes of it: None for one that already failed.

    `work` takes a stream and answers in its order; it may take some inputs in advance.
    """
    waiting: deque[Arrived] = deque()

    def usable() -> Iterator[Arrived]:
        for item in inputs:
            waiting.append(replace(item, body=b""))
            if item.problem is None:
                yield item

    for result in work(usable()):
        while waiting[0].problem is not None:
            yield waiting.popleft(), None
        yield waiting.popleft(), result
    for item in waiting:
        yield item, None
