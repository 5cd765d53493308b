"""What `group` and `evaluate grouping` can both be told."""

from __future__ import annotations

from typing import Annotated

import typer

WINDOW_DAYS = Annotated[
    int | None,
    typer.Option(
        "--window-days", metavar="N", min=1, max=3650, help="Compare texts of so many days (stories.window_days)."
    ),
]
COPIES_ONLY = Annotated[bool, typer.Option("--copies-only", help="Leave texts of one event apart that are no copies.")]
WEIGHTS = Annotated[
    list[str] | None,
    typer.Option("--weights", metavar="FILE", help="More texts to count terms in, JSON Lines; docs/events.md."),
]
