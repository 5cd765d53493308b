"""Which stored articles share a band with a text: candidates for copies, found in one round trip.

A band is five bytes of a text's signature (`mirqab.copies`), opaque here. Many bands lie one after another in one
string, each with an article that has it: eleven bytes, where a key of its own would cost ninety. The strings lie in
periods as long as the window and go as a whole, when it has left them behind: an article of today lies there for one to
two windows. Most bands of a text are nobody else's: a period's bits tell so, and spare the strings that hold much else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from mirqab.seen import scripts
from mirqab.seen.calls import Call, run
from mirqab.seen.keys import bands_prefix

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from mirqab.seen.link import Link

WINDOW_DAYS: Final = 30

PRIVATE_LIFE_S: Final = 86_400
"""A namespace of one command is gone a day after its last article, even when the command was killed."""

_TEXTS_A_CALL: Final = 100
_KEYS_A_CALL: Final = 1000
_ARTICLE_BYTES: Final = 8
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, kw_only=True, slots=True)
class Banded:
    """A text as it is looked up and written: its bands, five bytes each, and the day that it is of."""

    bands: tuple[bytes, ...]
    day: date


class Bands:
    """The bands of the articles of the last `window_days`. Every answer has a safe form for when Redis is away.

    Without a `private` name they are those of all crawlers together; with one, they are of whoever knows it, lie aside
    and are removed by `remove`.
    """

    def __init__(self, link: Link, *, window_days: int = WINDOW_DAYS, private: str | None = None) -> None:
        self._link = link
        self._window_days = window_days
        self._private = private is not None
        self._prefix = bands_prefix(private)

    @property
    def available(self) -> bool:
        """False while Redis does not answer."""
        return self._link.available

    async def find(self, texts: Sequence[Banded]) -> list[Counter[str]] | None:
        """Return for each text the articles within the window that share bands with it, and how many of them.

        The window lies on both sides of a text's day: articles do not come in the order of their days. None when Redis
        is away: then nothing is known, which is not the same as no candidates. One round trip for 100 texts.
        """
        found: list[Counter[str]] = []
        for first in range(0, len(texts), _TEXTS_A_CALL):
            some = await self._find(texts[first : first + _TEXTS_A_CALL])
            if some is None:
                return None
            found += some
        return found

    async def _find(self, texts: Sequence[Banded]) -> list[Counter[str]] | None:
        call = self.finding(texts)

        async def look_up(redis: Redis) -> list[list[str | int]] | None:
            answer: list[list[str | int]] = await run(redis, call)
            return answer

        answers = await self._link.ask(look_up, otherwise=None)
        return None if answers is None else self.found(answers)

    def finding(self, texts: Sequence[Banded]) -> Call:
        """Return the call that finds for each text the articles that share bands with it; `found` reads its answer."""
        words: list[str | bytes | int] = [self._prefix]
        for text in texts:
            day = text.day.toordinal() - _EPOCH_DAY
            first, last = self._period(day - self._window_days), self._period(day + self._window_days)
            words += (f"{first} {last}", b"".join(text.bands))
        return Call(scripts.FIND_BANDS, [], words)

    @staticmethod
    def found(answers: Sequence[list[str | int]]) -> list[Counter[str]]:
        """Return what the call of `finding` answered: for each text the articles that share bands with it."""
        return [_unpacked(articles) for articles in answers]

    async def remember(self, texts: Sequence[tuple[str, Banded]]) -> int:
        """Write the bands of stored articles; returns how many articles were written, fewer when Redis is away.

        To write one again changes nothing. One round trip for 100 articles.
        """
        written = 0
        for first in range(0, len(texts), _TEXTS_A_CALL):
            written += await self._remember(texts[first : first + _TEXTS_A_CALL])
        return written

    async def _remember(self, texts: Sequence[tuple[str, Banded]]) -> int:
        call = self.writing(texts)

        async def write(redis: Redis) -> int:
            return int(await run(redis, call))

        return await self._link.ask(write, otherwise=0)

    def writing(self, texts: Sequence[tuple[str, Banded]]) -> Call:
        """Return the call that writes the bands of stored articles, and answers how many these were."""
        words: list[str | bytes | int] = [self._prefix, "1" if self._private else "0"]
        for article, text in texts:
            period = self._period(text.day.toordinal() - _EPOCH_DAY)
            life_s = self._life_s(period)
            # four megabytes of bits are for what is asked all the time; old dates can be of any number of periods
            has_bits = int(not self._private and life_s > PRIVATE_LIFE_S)
            words += (f"{period} {life_s} {has_bits}", _packed(article), b"".join(text.bands))
        return Call(scripts.REMEMBER_BANDS, [], words)

    async def remove(self) -> None:
        """Remove everything under the private name; what Redis does not hear of goes by itself after a day."""
        assert self._private, "the bands of all crawlers are not anybody's to remove"
        cursor = 0

        async def some(redis: Redis) -> int:
            following, keys = await redis.scan(cursor, match=f"{self._prefix}*", count=_KEYS_A_CALL)
            if keys:
                await redis.unlink(*keys)
            return int(following)

        while True:
            cursor = await self._link.ask(some, otherwise=0)
            if cursor == 0:
                return

    def _period(self, day: int) -> int:
        return day // self._window_days

    def _life_s(self, period: int) -> int:
        """Return for how long a period's strings are kept: until the window has left its last day behind.

        At least a day: what is written again after that (an old article, worked anew) is of use to what comes with it.
        """
        if self._private:
            return PRIVATE_LIFE_S
        ends_at = ((period + 1) * self._window_days + self._window_days) * 86_400
        return max(PRIVATE_LIFE_S, int(ends_at - time.time()))


def _packed(article: str) -> bytes:
    """Return the 60 bits of an article's id in eight bytes; no byte of them is cut by the script."""
    return int(article[1:], 16).to_bytes(_ARTICLE_BYTES, "big")


def _unpacked(articles: list[str | int]) -> Counter[str]:
    """Return how many bands each article shares: the list has an article's digits, then the number, and so on."""
    return Counter({f"a{str(raw)[1:]}": int(shared) for raw, shared in zip(articles[::2], articles[1::2], strict=True)})
