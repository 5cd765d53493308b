"""What `schedule.yaml` may hold, checked value by value and as a whole."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from mirqab.declarations.checks import check_id
from mirqab.declarations.cron import check_cron
from mirqab.declarations.models import Declared, Text, Zone, twice
from mirqab.documents import validate
from mirqab.errors import ConfigurationError
from mirqab.types import Document, Job


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


def check_schedule(document: Document) -> tuple[Job, ...]:
    """Return the jobs that a document declares. Raises ConfigurationError with every mistake in it."""
    declared = validate(_ScheduleFile, document)
    if mistakes := list(twice(document, "jobs", [job.id for job in declared.jobs])):
        raise ConfigurationError(mistakes)
    return tuple(
        Job(id=job.id, cron=job.cron, timezone=job.timezone or declared.timezone, command=job.command)
        for job in declared.jobs
    )
