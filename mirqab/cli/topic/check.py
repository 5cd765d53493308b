"""`mirqab topic check`: is a topic right, do its examples come out as written, and what looks wrong in it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mirqab.cli.judging import topic_with_document
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.errors import ConfigurationError, Mistake, UsageError
from mirqab.topics import Finding, Judge, Topic, check_examples, lint
from mirqab.types import ExitCode


def check_topics(wanted: Sequence[str], against: str | None, *, strict: bool, examples: bool, as_json: bool) -> int:
    """Check the topics in these files or with these ids; ConfigurationError with the mistakes of all of them.

    With `examples` those that come out as written are listed as well. Hints do not fail but with `strict`. As JSON,
    mistakes and hints of all topics are one object on standard output.
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
        failing = check_examples(topic)
        findings = lint(topic, document, corpus=_corpus(topic, against))
        mistakes |= dict.fromkeys(failing)
        hints += len(findings)
        fired = _fired(topic)
        told.append(
            {
                "name": name,
                "id": topic.id,
                "version": topic.version,
                "mistakes": [_mistake(mistake) for mistake in failing],
                "hints": [_hint(finding) for finding in findings],
                "examples": fired,
            }
        )
        if not as_json:
            _show(name, failing, findings, fired, passing=examples)
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


def _fired(topic: Topic) -> list[dict[str, Any]]:
    """Return for each example its line, its score and the rules that gave it points."""
    judge = Judge([topic])
    found = []
    for example in topic.examples:
        (verdict,) = judge.judge(title="", text=example.text, published=None)
        rules = list(dict.fromkeys(item.rule for item in verdict.evidence))
        found.append({"line": example.line, "flagged": verdict.flagged, "score": verdict.score, "rules": rules})
    return found


def _show(
    name: str,
    failing: Sequence[Mistake],
    findings: Sequence[Finding],
    fired: Sequence[dict[str, Any]],
    *,
    passing: bool,
) -> None:
    """Print the hints, the examples that come out as written where wanted, and last the answer in one line."""
    wrong = {mistake.line for mistake in failing}
    for example in fired if passing else ():
        if example["line"] in wrong:
            continue  # told as a mistake
        said = f"{'flagged' if example['flagged'] else 'not flagged'}, {example['score']:g}"
        rules = ", ".join(f"«{rule}»" for rule in example["rules"]) or "no rule"
        write_line(f"{name}:{example['line']}: {said}: {rules}")
    for finding in findings:
        write_line(f"hint: {finding}")
    hints = f", {_many(len(findings), 'hint')}" if findings else ""
    if wrong:
        say(f"{name}: {len(wrong)} of {_many(len(fired), 'example')} not as expected{hints}")
    else:
        write_line(f"{name} is right: {_many(len(fired), 'example')} as expected{hints}")


def _mistake(mistake: Mistake) -> dict[str, Any]:
    return {"file": mistake.file, "line": mistake.line, "key": mistake.key, "text": mistake.expected}


def _hint(finding: Finding) -> dict[str, Any]:
    place = {"file": finding.file, "line": finding.line, "key": finding.key}
    return {**place, "kind": finding.kind, "text": finding.text}


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
