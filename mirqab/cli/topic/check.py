"""`mirqab topic check`: is a topic right, do its examples come out as written, and what looks wrong in it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirqab.cli.judging import topic_with_document
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.cli.topic.hints_shown import hint_lines
from mirqab.errors import ConfigurationError, Mistake, UsageError
from mirqab.topics import Finding, JudgedExample, Topic, judge_examples, lint
from mirqab.types import ExitCode


def check_topics(
    wanted: Sequence[str], against: str | None, *, strict: bool, examples: bool, every_hint: bool, as_json: bool
) -> int:
    """Check the topics in these files or with these ids; ConfigurationError with the mistakes of all of them.

    With `examples` those that come out as written are listed as well, with `every_hint` those too of which there are
    many alike. Hints do not fail but with `strict`. As JSON, mistakes and hints of all topics are one object on
    standard output.
    """
    if not wanted:
        raise UsageError("Name a topic file, or the id of a declared topic.")
    mistakes: dict[Mistake, None] = {}
    told: list[dict[str, Any]] = []
    hints = 0
    for name in wanted:
        try:
            topic, document = topic_with_document(name)
        except ConfigurationError as error:
            mistakes |= dict.fromkeys(error.mistakes)
            told.append({"name": name, "mistakes": [_mistake(mistake) for mistake in error.mistakes]})
            if not as_json:
                say(f"{name}: {_many(len(error.mistakes), 'mistake')}")
            continue
        judged = judge_examples(topic)
        failing = [mistake for one in judged for mistake in one.mistakes]
        findings = lint(topic, document, corpus=_corpus(topic, against), examples=judged)
        mistakes |= dict.fromkeys(failing)
        hints += len(findings)
        told.append(
            {
                "name": name,
                "id": topic.id,
                "version": topic.version,
                "mistakes": [_mistake(mistake) for mistake in failing],
                "hints": [_hint(finding) for finding in findings],
                "examples": [_example(one) for one in judged],
            }
        )
        if not as_json:
            _show(name, judged, findings, passing=examples, every_hint=every_hint)
    if as_json:
        write_line(to_json({"topics": told}, indent=2))
        return ExitCode.USAGE if mistakes or (strict and hints) else ExitCode.WELL
    if mistakes:
        raise ConfigurationError(mistakes)
    return ExitCode.USAGE if strict and hints else ExitCode.WELL


def show_forms(term: str, *, as_json: bool) -> int:
    """Print the forms that the words of a term stand for."""
    from mirqab.arabic import forms, read_word

    try:
        found = {part: sorted(forms(*read_word(part))) for part in term.split()}
    except ValueError as error:
        raise UsageError(f"{term!r} is no term: {error}.") from None
    if as_json:
        write_line(to_json(found, indent=2))
    else:
        for part, known in found.items():
            write_line(f"{part} ({len(known)}): {' '.join(known)}")
    return ExitCode.WELL


def _corpus(topic: Topic, against: str | None) -> list[tuple[str, str]] | None:
    if against is None:
        return None
    from mirqab.cli.inputs import Complaints
    from mirqab.cli.topic.preview import stories_of

    with stories_of(topic.id, against, None, Complaints()) as stories:
        return [(text.title, text.text) for story in stories for text in story.texts]


def _example(judged: JudgedExample) -> dict[str, Any]:
    verdict = judged.verdict
    place = {"line": judged.example.line, "flagged": verdict.flagged}
    return {**place, "score": verdict.score, "rules": list(judged.rules)}


def _show(
    name: str, judged: Sequence[JudgedExample], findings: Sequence[Finding], *, passing: bool, every_hint: bool
) -> None:
    """Print the hints, the examples that come out as written where wanted, and last the answer in one line."""
    wrong = sum(bool(one.mistakes) for one in judged)
    for one in judged if passing else ():
        if one.mistakes:
            continue  # told as such
        said = f"{'flagged' if one.verdict.flagged else 'not flagged'}, {one.verdict.score:g}"
        rules = ", ".join(f"«{rule}»" for rule in one.rules) or "no rule"
        write_line(f"{name}:{one.example.line}: {said}: {rules}")
    for line in hint_lines(findings, every=every_hint):
        write_line(line)
    hints = f", {_many(len(findings), 'hint')}" if findings else ""
    if wrong:
        say(f"{name}: {wrong} of {_many(len(judged), 'example')} not as expected{hints}")
    else:
        write_line(f"{name} is right: {_many(len(judged), 'example')} as expected{hints}")


def _mistake(mistake: Mistake) -> dict[str, Any]:
    return {"file": mistake.file, "line": mistake.line, "key": mistake.key, "text": mistake.expected}


def _hint(finding: Finding) -> dict[str, Any]:
    place = {"file": finding.file, "line": finding.line, "key": finding.key}
    return {**place, "kind": finding.kind, "text": finding.text}


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
