"""Why a file cannot be read as YAML, in the words of whoever wrote it: the line to look at, and what to do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError, StreamMark

_BRACKETS: Final = {"flow sequence": ("[", "]"), "flow mapping": ("{", "}")}
_NO_BREAK: Final = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
_COLONS: Final = "\N{FULLWIDTH COLON}\N{PRESENTATION FORM FOR VERTICAL COLON}\N{RATIO}"


def misreading(error: MarkedYAMLError, text: str) -> tuple[int | None, str]:
    """Return the line, counted from 1, and what is wrong there; the reader's own words where they are all there is."""
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return None, problem or context
    lines = text.splitlines()
    at, before = mark.line + 1, _line(lines, mark.line)[: mark.column]
    if "quoted scalar" in context and error.context_mark and "end of" in problem:
        return error.context_mark.line + 1, "the quote that opens here is not closed"
    if "cannot start any token" in problem:
        return at, _cannot_start(_line(lines, mark.line)[mark.column : mark.column + 1])
    if "could not find expected ':'" in problem and error.context_mark:
        key = error.context_mark.line
        return key + 1, _no_colon(_line(lines, key))
    if "mapping values are not allowed" in problem:
        return _two_colons(lines, mark)
    for kind, (opening, closing) in _BRACKETS.items():
        if kind in context and error.context_mark:
            told = f"the list that «{opening}» opens on line {error.context_mark.line + 1}"
            return at, f"{told} needs «,» between its items and «{closing}» at its end; look here and just above"
    if "but found '<scalar>'" in problem and before.rstrip().endswith(('"', "'")):
        return at, (
            'something follows the quote that closes a text: inside a text in " … " write «…» or \' for its own quotes'
        )
    if "but found ']'" in problem or "but found '}'" in problem:
        return at, "a bracket is closed here that was not opened"
    if "expected <block end>, but found ','" in problem:
        return at, "a comma follows a text that is closed already: several stand between «[» and «]»"
    if "expected <block end>" in problem or "<document start>" in problem:
        return at, (
            "this line begins further in, or less far in, than those it belongs with: "
            "give lines of one block the same number of spaces"
        )
    return at, "; ".join(part for part in (problem, context) if part)


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _cannot_start(letter: str) -> str:
    if letter == "\t":
        return "a tab stands where the line begins: indent with spaces"
    return f"no text may begin with «{letter}»: put it in quotes"


def _no_colon(line: str) -> str:
    """Say what a line lacks that should be a key and its value."""
    if any(space in line for space in _NO_BREAK) and ":" in line:
        return "a no-break space stands on this line: after «:» type a plain space"
    if any(colon in line for colon in _COLONS):
        return "this line has a colon of another kind: type a plain «:», and a space after it"
    if ":" in line:
        return "«:» needs a space after it"
    return "this line has no «:» after its key, with a space after it"


def _two_colons(lines: Sequence[str], mark: StreamMark) -> tuple[int, str]:
    """Tell a text that holds a colon from a key that follows a line without one."""
    before = _line(lines, mark.line)[: mark.column]
    if ": " in before:
        return mark.line + 1, "a second «: » stands on this line: put a text that holds one in quotes"
    above = next((number for number in range(mark.line - 1, -1, -1) if lines[number].strip()), None)
    if above is not None and ": " not in lines[above] and not lines[above].rstrip().endswith(":"):
        return above + 1, _no_colon(lines[above])
    return mark.line + 1, (
        "this line begins further in than the one above it, which has its value already: "
        "give lines of one block the same number of spaces"
    )
