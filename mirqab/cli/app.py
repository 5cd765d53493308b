"""The command line as a whole: commands, options that hold for all of them, errors and exit codes.

Exit codes are those of `mirqab.types.ExitCode`, and 130 after Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from mirqab import __version__
from mirqab.cli import (
    crawl_command,
    declared,
    deployment,
    health_command,
    mark_command,
    near_command,
    pipes,
    raw,
    reading,
    reextract_command,
    reindex_command,
    rematch_command,
    runs_command,
    upkeep,
)
from mirqab.cli.evaluate import evaluate_app
from mirqab.cli.outlet.commands import outlet_app
from mirqab.cli.story_command import story_app
from mirqab.cli.topic.commands import topic_app
from mirqab.errors import ConfigurationError, MirqabError, NotFoundError, UsageError
from mirqab.interrupts import INTERRUPTED
from mirqab.lifeline import end_with_parent
from mirqab.types import ExitCode

# What the machine answers when a disk is full or a folder is not ours; any other error of a file is a mistake of ours.
MACHINE_SAYS_NO = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}

app = typer.Typer(
    name="mirqab",
    help="Mirqab (مرقاب) watches the Arabic press: it reads the outlets' feeds, takes out the articles, "
    "flags the stories on a topic and shows why.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mirqab {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="NAME=VALUE", help="Override one setting for this call (see: settings)."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Set what holds for every command."""
    pairs: dict[str, str] = {}
    for text in overrides or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set takes NAME=VALUE, such as --set crawl.delay_s=1, not {text!r}.")
        pairs[name.strip()] = value
    deployment.take_overrides(pairs)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


CRAWLING, READING, PIPES, UPKEEP = "Crawling", "Reading", "In a pipe", "Looking after it"

for command, name, panel in (
    (crawl_command.crawl, "crawl", CRAWLING),
    (upkeep.up, "up", CRAWLING),
    (reading.flagged, "flagged", READING),
    (reading.show, "show", READING),
    (reading.explain, "explain", READING),
    (mark_command.mark, "mark", READING),
    (near_command.near, "near", READING),
    (upkeep.serve, "serve", READING),
    (pipes.feed, "feed", PIPES),
    (pipes.extract, "extract", PIPES),
    (pipes.judge, "judge", PIPES),
    (pipes.group, "group", PIPES),
    (runs_command.runs, "runs", UPKEEP),
    (health_command.health, "health", UPKEEP),
    (raw.prune, "prune", UPKEEP),
    (reextract_command.reextract, "reextract", UPKEEP),
    (reindex_command.reindex, "reindex", UPKEEP),
    (rematch_command.rematch, "rematch", UPKEEP),
    (declared.settings, "settings", UPKEEP),
    (declared.outlets, "outlets", UPKEEP),
    (declared.topics, "topics", UPKEEP),
):
    app.command(name, rich_help_panel=panel)(command)
app.add_typer(story_app, name="story", rich_help_panel=READING)
app.add_typer(outlet_app, name="outlet", rich_help_panel=UPKEEP)
app.add_typer(topic_app, name="topic", rich_help_panel=UPKEEP)
app.add_typer(evaluate_app, name="evaluate", rich_help_panel=UPKEEP)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; what went wrong is said in one plain sentence on standard error."""
    try:
        _prepare_streams()
        end_with_parent()
        result = app(args=arguments, prog_name="./run", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitCode.WELL
    except ConfigurationError as error:
        for mistake in error.mistakes:
            _complain(str(mistake))
        return ExitCode.USAGE
    except (UsageError, NotFoundError) as error:
        _complain(str(error))
        return ExitCode.USAGE
    except MirqabError as error:
        _complain(str(error))
        return ExitCode.FAILED
    except typer.TyperException as error:
        misplaced = getattr(error, "option_name", None) in ("-s", "--set")
        hint = ". It stands before the command: ./run -s NAME=VALUE COMMAND." if misplaced else ""
        _complain(_plainly(error.format_message()) + hint)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except OSError as error:
        if error.errno not in MACHINE_SAYS_NO:
            raise
        _complain(f"{error.filename or 'cannot write'}: {error.strerror}")
        _silence_output()
        return 1
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer's way to end then, with code 1
            return _reader_gone()
        raise


# What the library that reads the options says, which is not how a person speaks.
_WORDS = (
    (": Value error, ", ": "),
    (": Input should be greater than or equal to ", ": it must be at least "),
    (": Input should be less than or equal to ", ": it must be at most "),
    (": Input should be a valid integer, unable to parse string as an integer", ": it must be a whole number"),
)


def _plainly(message: str) -> str:
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    return message


def _reader_gone() -> int:
    """Whoever read our output has seen enough: nothing is left to say."""
    _silence_output()
    return 0


def _silence_output() -> None:
    """Nothing is written from here on, nor at the interpreter's own last flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _complain(text: str) -> None:
    from mirqab.cli.terminal import plain

    print(f"mirqab: {plain(text)}", file=sys.stderr)


def _prepare_streams() -> None:
    """Arabic goes out as UTF-8 whatever the locale says."""
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors=errors)
