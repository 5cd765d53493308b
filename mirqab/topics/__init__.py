"""Topics: what we look for, and the pure decision whether a text is about it.

A topic is read from one YAML document (`compile_topic`, many with `compile_topics`), judged together with others over
one shared lexicon (`Judge`) and answered with a `mirqab.types.Verdict` whose arithmetic is visible.
"""

from mirqab.topics.examples import JudgedExample, check_examples, judge_examples
from mirqab.topics.judge import Judge
from mirqab.topics.language import Topic
from mirqab.topics.linting import Finding, lint
from mirqab.topics.many import compile_topics
from mirqab.topics.reading import compile_topic
from mirqab.topics.verdicts import judgement_line, verdict_from_json, verdict_to_json, worth_keeping

__all__ = [
    "Finding",
    "Judge",
    "JudgedExample",
    "Topic",
    "check_examples",
    "compile_topic",
    "compile_topics",
    "judge_examples",
    "judgement_line",
    "lint",
    "verdict_from_json",
    "verdict_to_json",
    "worth_keeping",
]
