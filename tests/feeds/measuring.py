"""Reads feeds, each in a process of its own, and prints what each cost: seconds of CPU and megabytes at most.

Run as a program: one JSON object a line comes in with `path`, `url`, `content_type`; one goes out with `cpu_s`,
`memory_mb`, `items`, `problem`, or with `died`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import mirqab.preloaded  # noqa: F401 - as in a real worker, the libraries are loaded before it is forked
from mirqab.feeds import read_feed
from mirqab.types import FeedBody


def _measure(asked: dict[str, str]) -> dict[str, object]:
    body = Path(asked["path"]).read_bytes()
    began = time.process_time()
    reading = read_feed(FeedBody(body=body, url=asked["url"], content_type=asked["content_type"]))
    return {
        "cpu_s": time.process_time() - began,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (1 << (20 if sys.platform == "darwin" else 10)),
        "items": len(reading.items),
        "problem": reading.problem,
    }


def _in_a_child(asked: dict[str, str]) -> dict[str, object]:
    answer, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, json.dumps(_measure(asked)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(answer, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else {"died": status}


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps({"path": asked["path"], **_in_a_child(asked)}), flush=True)
