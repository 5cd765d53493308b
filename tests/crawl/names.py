"""Inside a crawl under test: names are what `MIRQAB_TEST_NAMES` says, and no name server is ever asked.

It maps a name to its answers, one list of addresses for each time that it is looked up; the last one stays. The answer
`silence` takes four seconds and is none. The setting TWISTED_DNS_RESOLVER names this module's `GuardedResolver`, which
is the crawler's own.
"""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any

from crawler.resolver import GuardedResolver as GuardedResolver

_answers: dict[str, list[list[str]]] = json.loads(os.environ.get("MIRQAB_TEST_NAMES", "{}"))
_really = socket.getaddrinfo


def _look_up(host: str, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> list[Any]:
    name = host.lower().rstrip(".")
    answers = _answers.get(name)
    if answers is None:
        literal = 0 if name == "localhost" else socket.AI_NUMERICHOST  # every spelling of an address, and no name
        return _really(host, port, family, type, proto, flags | literal)
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if answer == ["silence"]:
        time.sleep(4)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")
    return [found for address in answer for found in _really(address, port, 0, type, proto, socket.AI_NUMERICHOST)]


socket.getaddrinfo = _look_up  # type: ignore[assignment]
