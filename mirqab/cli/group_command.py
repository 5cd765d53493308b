"""`mirqab group`: one JSON line of text in, the story that it belongs to out."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mirqab.cli import deployment
from mirqab.cli.counting import Counting
from mirqab.cli.inputs import STDIN, await_typing
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.types import ExitCode
from mirqab.workbench.lines import BadLineError, as_text, read_objects, with_date

if TYPE_CHECKING:
    from mirqab.events import Weights
    from mirqab.grouping import Grouped, Prepared, Told
    from mirqab.settings import Settings

MUCH_BYTES: Final = 8 * 2**20
"""Files that hold as much are prepared in workers: 8 MB are two seconds of signatures, workers take one to start."""

BATCH: Final = 50

COUNTED: Final = 20_000
"""Texts of the files in which terms are counted before the first one is placed, more than enough to weigh them."""


def group_lines(
    inputs: Sequence[str], *, window_days: int | None, copies_only: bool = False, background: Sequence[str] = ()
) -> int:
    """Place the texts of files or of standard input one after another, and return the exit code.

    `background` names files of more texts in which terms are counted.
    """
    from mirqab.grouping import prepare

    deployed = deployment.settings()
    files = list(inputs) or [STDIN]
    for name in [*files, *background]:
        check_readable(name)
    reading = Reading(files)
    counted = None if copies_only else _counted(files, background)
    window = window_days or deployed.stories_window_days
    with grouping(deployed, window, counted) as place, shown() as progress:
        if all(name != STDIN for name in files) and sum(Path(name).stat().st_size for name in files) >= MUCH_BYTES:
            prepared = _prepared(reading, deployed)
        else:
            prepared = ((told, prepare(told)) for told in reading)
        for told, made in prepared:
            write_line(to_json(_line(place(told, made))))
            progress.step()
    return ExitCode.SOME_FAILED if reading.failed else ExitCode.WELL


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """In how many texts each term stands, and how many of these texts are still to be placed."""

    weights: Weights
    to_come: int


def count_terms(texts: Iterable[Told], background: Sequence[str]) -> Counted:
    """Count terms in texts that are to be placed, and in those that files hold."""
    from mirqab.events import Weights, terms_of

    weights = Weights.of(terms_of(told.headline, told.body) for told in Reading(background, silent=True))
    before = weights.texts
    for told in texts:
        weights.add(terms_of(told.headline, told.body))
    return Counted(weights=weights, to_come=weights.texts - before)


def _counted(files: Sequence[str], background: Sequence[str]) -> Counted:
    """Count what can be read twice; what cannot, standard input and pipes, counts as it comes."""
    again = files if all(name != STDIN and Path(name).is_file() for name in files) else ()
    return count_terms(islice(Reading(again, silent=True), COUNTED), background)


def check_readable(name: str) -> None:
    """Raise UsageError for a file that cannot be read, before any work was done for the others.

    A pipe can be opened once only: who writes into it would be gone with the first reader.
    """
    from mirqab.errors import UsageError

    if name == STDIN:
        await_typing("JSON Lines {id, title, text}")
        return
    try:
        if not Path(name).is_fifo():
            with Path(name).open("rb"):
                pass
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} cannot be read ({getattr(error, 'strerror', None) or error}).") from None


class Reading:
    """The texts of the inputs in their order; a line that is wrong is said with its number and passed over.

    A text without an id has its place among all texts, counted from 1; one whose id another text has is wrong: the
    stories are called by ids. A `silent` one says nothing.
    """

    def __init__(self, names: Sequence[str], *, silent: bool = False) -> None:
        self._names = names
        self._silent = silent
        self.failed = 0

    def __iter__(self) -> Iterator[Told]:
        from mirqab.grouping import Identity, Told

        count = 0
        taken: set[Identity] = set()
        for name in self._names:
            for number, value in read_objects(name, partial(self._complain, name)):
                try:
                    identity, text = as_text(with_date(value))
                except BadLineError as error:
                    self._complain(name, number, str(error))
                    continue
                count += 1
                identity = count if identity is None else identity
                if identity in taken:
                    self._complain(name, number, f"another text has the id {to_json(identity)}")
                    continue
                taken.add(identity)
                yield Told(
                    id=identity,
                    headline=text.title,
                    body=text.text,
                    outlet=text.outlet,
                    published=text.published,
                )

    def _complain(self, name: str, number: int, why: str) -> None:
        self.failed += 1
        if not self._silent:
            say(f"line {number}: {why}" if name == STDIN else f"{name}, line {number}: {why}")


@contextmanager
def grouping(
    deployed: Settings, window_days: int, counted: Counted | None = None
) -> Iterator[Callable[[Told, Prepared], Grouped]]:
    """Open a private place in Redis; yields what places a text there. It is removed in the end, after Ctrl-C too.

    Without `counted` terms only copies are found.
    """
    from mirqab.errors import SeenError
    from mirqab.grouping import Grouping, Shelf
    from mirqab.seen import open_private_bands

    # one call of the loop for each text: between them, in a read that waits for input, Ctrl-C is heard at once
    with asyncio.Runner() as runner, Shelf() as shelf:
        opening = open_private_bands(
            redis_url=deployed.redis_url, folder=deployed.redis_folder, window_days=window_days
        )
        bands = runner.run(opening.__aenter__())
        try:
            if not bands.available:
                raise SeenError("Redis does not answer; without it copies are not found")
            placing = Grouping(
                bands,
                shelf,
                window_days=window_days,
                weights=counted.weights if counted else None,
                counted=counted.to_come if counted else 0,
            )
            yield lambda told, made: runner.run(placing.place(told, made))
        finally:
            with _undisturbed():
                runner.run(opening.__aexit__(None, None, None))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C wait for the end of the first one's tidying up, which takes seconds at most."""
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


@contextmanager
def shown() -> Iterator[Counting | _NotShown]:
    """Count texts on standard error, unless the lines themselves run over the same terminal."""
    if sys.stdout.isatty():
        yield _NotShown()
    else:
        with Counting("texts") as progress:
            yield progress


class _NotShown:
    def step(self) -> None:
        """Count nothing."""


def _prepared(reading: Iterable[Told], deployed: Settings) -> Iterator[tuple[Told, Prepared]]:
    """Yield texts with their signatures, made in worker processes, a few batches in memory at a time."""
    from mirqab.grouping import prepare

    texts = iter(reading)
    batches = iter(lambda: list(islice(texts, BATCH)), [])
    workers = deployment.workers(deployed)
    try:
        for batch, prepared in workers.prepare_each((batch, batch) for batch in batches):
            for told, made in zip(batch, prepared, strict=True):
                # what a worker could not do is done here
                yield told, prepare(told) if made is None else made
    finally:
        workers.close_now()


def _line(grouped: Grouped) -> dict[str, Any]:
    return {
        "id": grouped.id,
        "story": grouped.story,
        "relation": grouped.relation,
        "nearest": grouped.nearest,
        "similarity": grouped.similarity,
    }
