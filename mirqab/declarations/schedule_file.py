"""What `schedule.yaml` may hold, checked value by value and as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from mirqab.declarations.checks import check_id
from mirqab.declarations.cron import check_cron
from mirqab.declarations.models import Declared, Text, Zone, mistake, twice
from mirqab.documents import validate
from mirqab.errors import ConfigurationError, Mistake
from mirqab.types import Document, Job

CommandProblem = Callable[[Sequence[str]], str | None]


def _split_command(value: Any) -> Any:
    """A command may be written as one line, as it would be typed."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError(f"is no command that can be read: {error}") from None
    return tuple(value) if isinstance(value, list) else value


class _DeclaredJob(Declared):
    id: Annotated[str, AfterValidator(check_id)]
    cron: Annotated[str, AfterValidator(check_cron)]
    timezone: Zone | None = None
    command: Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_split_command)]


class _ScheduleFile(Declared):
    timezone: Zone = "UTC"
    jobs: tuple[_DeclaredJob, ...]


def check_schedule(document: Document, problem_of: CommandProblem | None = None) -> tuple[Job, ...]:
    """Return the jobs that a document declares. Raises ConfigurationError with every mistake in it.

    `problem_of` says what is wrong with a command, or None.
    """
    mistakes = [] if problem_of is None else list(_command_mistakes(document, problem_of))
    try:
        declared = validate(_ScheduleFile, document)
        mistakes += twice(document, "jobs", [job.id for job in declared.jobs])
    except ConfigurationError as error:
        mistakes += error.mistakes
    if mistakes:
        raise ConfigurationError(sorted(mistakes, key=lambda one: one.line or 0))
    return tuple(
        Job(id=job.id, cron=job.cron, timezone=job.timezone or declared.timezone, command=job.command)
        for job in declared.jobs
    )


def _command_mistakes(document: Document, problem_of: CommandProblem) -> Iterator[Mistake]:
    """Yield what is wrong with commands, also of jobs in which something else is wrong."""
    jobs = document.content.get("jobs") if isinstance(document.content, dict) else None
    for index, job in enumerate(jobs if isinstance(jobs, list) else ()):
        try:
            command = _split_command(job.get("command") if isinstance(job, dict) else None)
        except ValueError:
            continue  # the model says so
        readable = isinstance(command, tuple) and command and all(isinstance(word, str) for word in command)
        if readable and (problem := problem_of(command)):
            yield mistake(document, problem, "jobs", index, "command")
