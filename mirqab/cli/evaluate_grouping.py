"""`evaluate grouping`: labelled groups and pairs in, which of them are joined out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.grouping_options import COPIES_ONLY, WEIGHTS, WINDOW_DAYS
from mirqab.cli.terminal import FORMAT, Column, Format, Row, print_rows, write_line
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.evaluation.grouping import GroupingFigures, LabelledGroups
    from mirqab.proportions import Share


def grouping(
    place: Annotated[
        Path,
        typer.Argument(metavar="FILE|FOLDER", help="Labelled groups and pairs: groups.jsonl, different_pairs.jsonl."),
    ],
    form: FORMAT = Format.TABLE,
    window_days: WINDOW_DAYS = None,
    copies_only: COPIES_ONLY = False,
    weights: WEIGHTS = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="List the pairs of one story that were not joined, too.")
    ] = False,
) -> int:
    """Group labelled texts. Printed is which pairs were joined, by label, and which should not have been.

    Texts go through in the order in which they were published, all of them together, as in `group`. A share has its
    95 % interval. False merges are listed, and end with 1.
    """
    from mirqab.cli.group_command import check_readable, count_terms, shown
    from mirqab.cli.group_command import grouping as opened
    from mirqab.evaluation.grouping import read_labelled_groups, score_grouping
    from mirqab.grouping import prepare

    for name in weights or []:
        check_readable(name)
    labelled = read_labelled_groups(place)
    counted = None if copies_only else count_terms(labelled.in_order(), weights or [])
    deployed = deployment.settings()
    grouped = []
    with opened(deployed, window_days or deployed.stories_window_days, counted) as placed, shown() as progress:
        for told in labelled.in_order():
            grouped.append(placed(told, prepare(told)))
            progress.step()
    found = score_grouping(labelled, grouped)
    shares, pairs = list(_share_rows(found)), list(_pair_rows(found, labelled, missed=missed))
    match form:
        case Format.TABLE:
            print_rows(shares, _SHARE_COLUMNS, form, empty="")
            if pairs:
                write_line("")
                print_rows(pairs, _PAIR_COLUMNS, form, empty="")
        case Format.CSV:
            print_rows(shares, [], form, empty="")
        case _:
            print_rows([*shares, *pairs], [], form, empty="")
    return ExitCode.FAILED if found.false_merges else ExitCode.WELL


def _share_rows(found: GroupingFigures) -> Iterator[Row]:
    for measure, shares in (("recall", found.recall), ("precision", found.precision)):
        for name, one in shares.items():
            yield {"measure": measure, "of": name, **_share(one)}


def _share(one: Share) -> dict[str, Any]:
    row: dict[str, Any] = {"pairs": one.of, "right": one.part}
    for name, value in (("share", one.value), ("low", one.low), ("high", one.high)):
        row[name] = None if value is None else round(value, 4)
    return row


def _pair_rows(found: GroupingFigures, labelled: LabelledGroups, *, missed: bool) -> Iterator[Row]:
    for one in found.false_merges:
        yield {
            "problem": "false merge",
            "texts": [one.pair.one, one.pair.other],
            "titles": list(one.titles),
            "by": one.by,
            "label": one.pair.relation,
            "why": one.pair.why,
        }
    for pair in found.missed if missed else ():
        titles = [labelled.texts[name].headline for name in (pair.one, pair.other)]
        texts = [pair.one, pair.other]
        yield {
            "problem": "missed",
            "texts": texts,
            "titles": titles,
            "by": None,
            "label": pair.relation,
            "why": pair.why,
        }


_SHARE_COLUMNS: Final[list[Column]] = [
    ("", lambda row: row["measure"]),
    ("of", lambda row: row["of"]),
    ("pairs", lambda row: row["pairs"]),
    ("right", lambda row: row["right"]),
    ("share", lambda row: "-" if row["share"] is None else f"{row['share']:.4f}"),
    ("95 %", lambda row: "-" if row["low"] is None else f"{row['low']:.4f} to {row['high']:.4f}"),
]

_PAIR_COLUMNS: Final[list[Column]] = [
    ("problem", lambda row: row["problem"]),
    ("label", lambda row: row["label"]),
    ("by", lambda row: row["by"] or "-"),
    ("texts", lambda row: " | ".join(row["titles"])),
]
