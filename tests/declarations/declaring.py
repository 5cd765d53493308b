"""What the tests of the declarations write, and what they are answered."""

from __future__ import annotations

from textwrap import dedent

import pytest

from mirqab.declarations import load_outlets
from mirqab.errors import ConfigurationError
from mirqab.settings import Settings

OUTLET = """
outlets:
  - id: {id}
    name: صحيفة المرفأ
    name_en: Harbour Paper
    country: iq
    kind: newspaper
    timezone: Asia/Baghdad
    home: https://marfa.example/
    feeds:
      - url: https://marfa.example/rss
        note: all sections
        last_answered: 2024-01-26T10:00:00+03:00
"""


def write(settings: Settings, name: str, text: str) -> None:
    """Write a file of the declarations."""
    (settings.config / name).write_text(text, encoding="utf-8")


def with_lines(lines: str, *, id_: str = "marfa") -> str:
    """Return the outlet with these lines, which start at line 14 of the file, below its feeds."""
    return OUTLET.format(id=id_) + "".join(f"    {line}\n" for line in dedent(lines).strip("\n").splitlines())


def outlet_mistakes(settings: Settings, text: str) -> list[tuple[int | None, str, str]]:
    """Return line, key and what was expected of every mistake for which this outlets.yaml is refused."""
    write(settings, "outlets.yaml", text)
    with pytest.raises(ConfigurationError) as caught:
        load_outlets(settings)
    return [(mistake.line, mistake.key, mistake.expected) for mistake in caught.value.mistakes]
