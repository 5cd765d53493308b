"""`evaluate`: how good what Mirqab does is, held against what people say is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.counting import Counting
from mirqab.cli.evaluate_grouping import grouping
from mirqab.cli.terminal import FORMAT, Column, Format, Row, one_line, print_rows, say, write_line
from mirqab.reader.queries import iso
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.evaluation import Figures, GoldenPage, PageScore, Taken
    from mirqab.types import Page, Worked

evaluate_app = typer.Typer(
    help="Measure how good Mirqab is. `evaluate extraction FOLDER` holds extraction against golden pages, "
    "`evaluate grouping FILE` holds the finding of copies against labelled pairs.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@evaluate_app.callback()
def evaluate(context: typer.Context) -> None:
    """Measure how good Mirqab is."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


evaluate_app.command("grouping")(grouping)


@evaluate_app.command("extraction")
def extraction(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Golden pages: index.jsonl, or pairs NAME.html, NAME.gold.json.")
    ],
    form: FORMAT = Format.TABLE,
    floor: Annotated[
        list[str] | None,
        typer.Option("--floor", metavar="NAME=LEAST,…", help="End with 1 when a measure is below, such as f1=.98."),
    ] = None,
    worst: Annotated[int, typer.Option("--worst", metavar="N", min=0, help="List the N worst pages.")] = 5,
    show: Annotated[
        str | None, typer.Option("--show", metavar="FILE", help="Only show where this page and its gold part.")
    ] = None,
) -> int:
    """Take the articles out of golden pages. Printed is how far they agree with what a person says is there.

    The means are over pages, for a class over outlets. Dates and authors are told as right/wrong/missing, and those
    that were given though the page states none.
    """
    from mirqab.evaluation import below, differences, figures, read_floors, read_golden
    from mirqab.evaluation import worst as worst_of

    floors = [one for text in floor or [] for one in read_floors(text)]
    golden = read_golden(folder)
    if show is not None:
        (found,) = _scores([_named(golden, show)])
        lines = list(differences(found))
        for line in lines or ["as its gold says"]:
            write_line(one_line(line))
        return ExitCode.WELL
    scores = list(_scores(golden))
    groups = figures(scores)
    bad = worst_of(scores, worst)
    match form:
        case Format.TABLE:
            print_rows(map(_group_row, groups), _GROUP_COLUMNS, form, empty="")
            if bad:
                write_line("")
                print_rows(map(_page_row, bad), _PAGE_COLUMNS, form, empty="")
        case Format.CSV:
            print_rows(map(_group_row, groups), [], form, empty="")
        case _:
            print_rows([*map(_group_row, groups), *map(_page_row, bad)], [], form, empty="")
    missed = below(floors, groups)
    for sentence in missed:
        say(sentence)
    return ExitCode.FAILED if missed else ExitCode.WELL


def _named(golden: Sequence[GoldenPage], name: str) -> GoldenPage:
    from difflib import get_close_matches

    from mirqab.errors import UsageError

    found = next((page for page in golden if name in (page.name, page.name.removesuffix(".html"))), None)
    if found is None:
        near = get_close_matches(name, [page.name for page in golden], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f"There is no golden page {name!r}.{hint}")
    return found


def _scores(golden: Sequence[GoldenPage]) -> Iterator[PageScore]:
    """Yield the score of each page, taken out in worker processes."""
    from mirqab.evaluation import score, states_text

    stated: list[bool] = []

    def pages() -> Iterator[Page]:
        for page in golden:
            html = page.path.read_bytes()
            stated.append(states_text(html))
            yield _page(page, html)

    workers = deployment.workers(deployment.settings())
    try:
        with Counting("pages", len(golden)) as progress:
            for place, worked in enumerate(workers.work_each(pages())):
                yield score(golden[place], _taken(worked), states_text=stated[place])
                progress.step()
    finally:
        workers.close_now()


def _page(page: GoldenPage, html: bytes) -> Page:
    from datetime import UTC, datetime

    from mirqab.types import Page, PageHints, make_id

    return Page(
        entry=make_id("e", "evaluate", page.name),
        outlet=page.outlet,
        url=page.url,
        final_url=page.url,
        status=200,
        headers=() if page.content_type is None else (("Content-Type", page.content_type),),
        body=html,
        content_encoding="",
        fetched_at=datetime.now(UTC),
        hints=PageHints(timezone=page.timezone),
    )


def _taken(worked: Worked) -> Taken:
    from mirqab.evaluation import Taken

    article = worked.article
    if article is None:
        return Taken(problem=f"{worked.problem} ({worked.detail})" if worked.detail else str(worked.problem))
    return Taken(
        headline=article.headline,
        body=article.body,
        published=article.published,
        authors=article.authors,
        extractor=article.extractor,
        quality=article.quality,
    )


# ------------------------------------------------------------------------------------------------- what is shown


def _group_row(one: Figures) -> Row:
    from mirqab.evaluation import Outcome

    row: dict[str, Any] = {"group": one.group, "pages": one.pages, "outlets": one.outlets}
    row |= {name: None if mean is None else round(mean, 4) for name, mean in one.means.items()}
    for name, counts in (("dates", one.dates), ("authors", one.authors)):
        row |= {f"{name}_{outcome}": counts[outcome] for outcome in Outcome if outcome is not Outcome.NONE}
    return {**row, "missing": one.missing, "leaks": one.leaks}


def _page_row(one: PageScore) -> Row:
    page, taken = one.page, one.taken
    return {
        "page": page.name,
        "outlet": page.outlet,
        "class": page.kind,
        "json_ld": one.states_text,
        "extractor": taken.extractor,
        "problem": taken.problem,
        "recognised": one.recognised,
        "precision": None if one.precision is None else round(one.precision, 4),
        "recall": None if one.recall is None else round(one.recall, 4),
        "f1": None if one.f1 is None else round(one.f1, 4),
        "headline": one.headline,
        "headline_found": taken.headline,
        "date": one.published,
        "date_found": iso(taken.published),
        "author": one.author,
        "authors_found": list(taken.authors),
        "missing": list(one.missing),
        "leaks": list(one.leaks),
    }


def _mean_cell(row: Row, name: str) -> str:
    return "-" if row[name] is None else f"{row[name]:.4f}"


def _outcomes(row: Row, name: str) -> str:
    counts = [row[f"{name}_{outcome}"] for outcome in ("right", "wrong", "missing", "unfounded")]
    return "/".join(map(str, counts)) if any(counts) else "-"


_GROUP_COLUMNS: Final[list[Column]] = [
    ("group", lambda row: row["group"]),
    ("pages", lambda row: row["pages"]),
    ("precision", lambda row: _mean_cell(row, "precision")),
    ("recall", lambda row: _mean_cell(row, "recall")),
    ("F1", lambda row: _mean_cell(row, "f1")),
    ("headline", lambda row: _mean_cell(row, "headline")),
    ("dates r/w/m/u", lambda row: _outcomes(row, "dates")),
    ("authors r/w/m/u", lambda row: _outcomes(row, "authors")),
    ("strings", lambda row: f"{row['missing']} missing, {row['leaks']} leaked"),
    ("recognised", lambda row: _mean_cell(row, "recognised")),
]


def _faults(row: Row) -> str:
    told: list[str] = []
    if not row["recognised"]:
        told.append(row["problem"] or "taken for an article")
    if row["headline"] is False:
        told.append(f"headline «{row['headline_found']}»" if row["headline_found"] else "no headline")
    if row["date"] in ("wrong", "missing", "unfounded"):
        told.append(f"date {row['date']}")
    if row["author"] in ("wrong", "missing", "unfounded"):
        told.append(f"author {row['author']}")
    told += [f"misses «{text}»" for text in row["missing"]]
    told += [f"leaks «{text}»" for text in row["leaks"]]
    return "; ".join(told)


_PAGE_COLUMNS: Final[list[Column]] = [
    ("worst pages", lambda row: row["page"]),
    ("outlet", lambda row: row["outlet"]),
    ("precision", lambda row: _mean_cell(row, "precision")),
    ("recall", lambda row: _mean_cell(row, "recall")),
    ("F1", lambda row: _mean_cell(row, "f1")),
    ("what else", _faults),
]
