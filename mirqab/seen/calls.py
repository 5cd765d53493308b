"""Scripts, of which a server is sent the digest alone once it knows them; several in one round trip."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.asyncio import Redis


@dataclass(frozen=True, slots=True)
class Call:
    """One script with what it is given."""

    script: str
    keys: Sequence[str]
    words: Sequence[str | bytes | int]


async def run(redis: Redis, call: Call) -> Any:
    """Run one script and return its answer."""
    from redis.exceptions import NoScriptError  # costs 0.16 s of CPU: not for those who only read

    try:
        return await redis.evalsha(_sha(call.script), len(call.keys), *call.keys, *call.words)
    except NoScriptError:
        return await redis.eval(call.script, len(call.keys), *call.keys, *call.words)


async def run_together(redis: Redis, calls: Sequence[Call], *questions: tuple[str | bytes, ...]) -> list[Any]:
    """Run scripts one after another, then ask plain questions (command and words); return the answers in that order.

    One round trip, but for scripts that the server does not have yet. All are run whatever one of them answers; the
    first error is raised in the end.
    """
    from redis.exceptions import NoScriptError

    pipeline = redis.pipeline(transaction=False)
    for call in calls:
        pipeline.evalsha(_sha(call.script), len(call.keys), *call.keys, *call.words)
    for question in questions:
        pipeline.execute_command(*question)
    answers: list[Any] = await pipeline.execute(raise_on_error=False)
    for place, call in enumerate(calls):
        if isinstance(answers[place], NoScriptError):
            answers[place] = await redis.eval(call.script, len(call.keys), *call.keys, *call.words)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


@cache
def _sha(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
