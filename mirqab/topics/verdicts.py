"""Verdicts as JSON: what the archive keeps and what `mirqab judge` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mirqab.types import Evidence, FacetEvidence, Grade, Sentence, Span, Verdict, encode_facets


def worth_keeping(verdict: Verdict) -> bool:
    """Say whether a verdict is kept: it scored. Any other is only noted as judged, and can be computed again."""
    return verdict.score > 0


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain JSON values; `verdict_from_json` gives back an equal one."""
    return {
        "topic": verdict.topic,
        "version": verdict.version,
        "flagged": verdict.flagged,
        "score": verdict.score,
        "threshold": verdict.threshold,
        "grade": verdict.grade.value,
        "sum": [list(part) for part in verdict.sum],
        "sentences": [
            {
                **_span_to_json(sentence.span),
                "points": sentence.points,
                "parts": [list(part) for part in sentence.parts],
                "evidence": [_evidence_to_json(item) for item in sentence.evidence],
            }
            for sentence in verdict.sentences
        ],
        "facets": encode_facets(verdict.facets),
        "facet_evidence": [_facet_evidence_to_json(item) for item in verdict.facet_evidence],
        "missing": list(verdict.missing),
    }


def verdict_from_json(content: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `verdict_to_json` wrote."""
    return Verdict(
        topic=content["topic"],
        version=content["version"],
        flagged=content["flagged"],
        score=content["score"],
        threshold=content["threshold"],
        grade=Grade(content["grade"]),
        sum=tuple((name, points) for name, points in content["sum"]),
        sentences=tuple(
            Sentence(
                span=_span_from_json(sentence),
                points=sentence["points"],
                parts=tuple((name, points) for name, points in sentence["parts"]),
                evidence=tuple(
                    Evidence(
                        span=_span_from_json(item),
                        text=item["text"],
                        concept=item["concept"],
                        rule=item["rule"],
                        points=item["points"],
                        repaired=item.get("repaired", False),
                    )
                    for item in sentence["evidence"]
                ),
            )
            for sentence in content["sentences"]
        ),
        facets={name: tuple(values) for name, values in content["facets"].items()},
        facet_evidence=tuple(
            FacetEvidence(facet=item["facet"], value=item["value"], span=_span_from_json(item), text=item["text"])
            for item in content.get("facet_evidence", ())
        ),
        missing=tuple(content["missing"]),
    )


def judgement_line(identity: Any, verdict: Verdict) -> dict[str, Any]:
    """Return the object that `mirqab judge` prints for one input: `identity` is the input's own id."""
    return {
        "id": identity,
        "topic": verdict.topic,
        "topic_version": verdict.version,
        "flagged": verdict.flagged,
        "score": verdict.score,
        "grade": verdict.grade.value,
        "facets": encode_facets(verdict.facets),
        "facet_evidence": [_facet_evidence_to_json(item) for item in verdict.facet_evidence],
        "evidence": [_evidence_to_json(item) for item in verdict.evidence],
        "missing": list(verdict.missing),
    }


def _evidence_to_json(item: Evidence) -> dict[str, Any]:
    return {
        **_span_to_json(item.span),
        "text": item.text,
        "concept": item.concept,
        "rule": item.rule,
        "points": item.points,
        **({"repaired": True} if item.repaired else {}),
    }


def _facet_evidence_to_json(item: FacetEvidence) -> dict[str, Any]:
    return {"facet": item.facet, "value": item.value, **_span_to_json(item.span), "text": item.text}


def _span_to_json(span: Span) -> dict[str, Any]:
    return {"field": span.field, "start": span.start, "stop": span.stop}


def _span_from_json(content: Mapping[str, Any]) -> Span:
    return Span(field=content["field"], start=content["start"], stop=content["stop"])
