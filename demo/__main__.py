"""`python -m demo`: serve the demo web, crawl it with the real thing, show what was flagged and why."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from demo.folder import DemoFolder, Kept
from demo.stories import Label, Outcome
from demo.web import Answer, DemoWeb
from mirqab.errors import ConfigurationError, UsageError
from mirqab.lifeline import tied_to_us
from mirqab.settings import load_settings
from mirqab.types import ExitCode

SHOWN = ("mirsal-iraq-flash", "mirsal-iraq-timetable")  # short, then a wire story with a copy


class UnexpectedError(Exception):
    """The demo did not go as it must."""


def main(arguments: Sequence[str]) -> int:
    """Run the demo, only its web (`serve`), or one command of Mirqab on what it crawled (`mirqab …`)."""
    try:
        folder = DemoFolder(load_settings().home / "demo")
        if arguments[:1] == ["mirqab"]:
            if not folder.is_written:
                raise UsageError("No demo has run yet, so there is nothing to ask of its data. Type ./run demo first.")
            return _mirqab(folder, *arguments[1:])
        parser = argparse.ArgumentParser(
            prog="./run demo",
            description="A small Arabic news web on this machine, all of it invented, crawled and flagged by Mirqab.",
            epilog="./run demo mirqab COMMAND runs a command of Mirqab on the demo's data: ./run demo mirqab serve",
        )
        parser.add_argument("what", nargs="?", choices=["serve"], help="only serve the web, until Ctrl-C")
        parser.add_argument("--fresh", action="store_true", help="forget the former demo and start anew")
        chosen = parser.parse_args(arguments)
        with folder.locked():
            kept, web, reason = folder.open_web(fresh=chosen.fresh)
            if reason:
                _say(f"Starting with a fresh demo: {reason}.")
            with web:
                if chosen.what == "serve":
                    _serve(web)
                else:
                    folder.write_config(web)
                    show(folder, kept, web)
    except (ConfigurationError, UsageError) as error:
        print(error, file=sys.stderr)
        return 2
    except PermissionError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except UnexpectedError as error:
        _say(f"\nThe demo failed: {error}\nWhat the crawl did is in {folder.path / 'log'}.")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _serve(web: DemoWeb) -> None:
    with suppress(KeyboardInterrupt):
        for outlet in web.outlets:
            _say(f"{web.origin(outlet.id)}/  {outlet.name_en}, {outlet.name}")
        _say("Ctrl-C ends it.")
        while True:
            time.sleep(3600)


# ------------------------------------------------------------------------------------------- the demo


def show(folder: DemoFolder, kept: Kept, web: DemoWeb) -> None:
    """Crawl the served web and show what came of it; UnexpectedError when it did not go as it must."""
    stories = web.stories.values()
    topical = [story for story in stories if story.label is Label.TOPIC]
    readable = len({story.original for story in topical if story.outcome is Outcome.STORED})
    _title("A small Arabic news web")
    _say(
        f"{len(web.outlets)} outlets with {len(stories)} stories, all invented, are served on this machine only "
        f"({web.hosts[0]}{' …' if web.hosts[1:] else ''}).\n"
        f"{len(topical)} tell of talks about withdrawing foreign forces ({readable} stories without exact copies"
        " and pages that\ncannot be read); the others use the same words for football, banks,"
        " treaties\nand battles, or are everyday news. Mirqab does not know which. Its data: "
        f"{folder.path}"
    )
    before = {row["story"] for row in _flagged(folder)} if kept.complete else set()
    _title("The crawl:  ./run crawl")
    answers = _crawl(folder, web)
    _explain_failures(web, again=kept.complete)
    _title("What was flagged:  ./run flagged")
    _expect(_mirqab(folder, "flagged"), 0, "flagged")
    _compare(folder, web)
    if kept.complete:
        _check_nothing_twice(folder, web, answers, before)
    else:
        _show_evidence(folder, web)
        _crawl_again(folder, kept, web)
    _where_next()


def _explain_failures(web: DemoWeb, *, again: bool) -> None:
    broken = ", ".join(outlet.name_en for outlet in web.outlets if outlet.style.broken_feed)
    slow = ", ".join(outlet.name_en for outlet in web.outlets if outlet.style.slow)
    _say(
        f"\nThe crawl ends with exit code {ExitCode.SOME_FAILED}: done, but some inputs failed. That is on purpose:"
        f" the feed of {broken} answers 500."
    )
    count = Counter(story.outcome for story in web.stories.values())
    if not again:
        _say(
            f"{count[Outcome.NOT_FOUND]} page is gone (404), {count[Outcome.NO_ARTICLE]} hold no article, and"
            f" {count[Outcome.REFUSED_BY_ROBOTS]} is refused by robots.txt; {slow} answers"
            " slowly, and the other outlets did not wait for it."
        )


def _compare(folder: DemoFolder, web: DemoWeb) -> None:
    """Say how the flags compare with what the stories were written as."""
    right, missed, besides = web.compare(_flagged(folder))
    _say(
        f"\nCompared with what the stories were written as: {len(right)} of {len(right) + len(missed)} on the topic are"
        f" flagged, and beside them {len(besides) or 'nothing'}{' more' if besides else ''}."
    )
    for word, names in (("missed", missed), ("more", besides)):
        for name in sorted(names):
            _say(f"  {word}: {web.stories[name].headline}")


def _show_evidence(folder: DemoFolder, web: DemoWeb) -> None:
    rows = {web.story_at(row["url"]).wire: row["story"] for row in _flagged(folder)}
    for story in [rows[name] for name in SHOWN if name in rows]:
        _title(f"Why it was flagged:  ./run show {story}")
        _expect(_mirqab(folder, "show", story), 0, "show")


def _crawl_again(folder: DemoFolder, kept: Kept, web: DemoWeb) -> None:
    before = {row["story"] for row in _flagged(folder)}
    web.advance()
    kept.advanced = True
    folder.write(kept)
    _title("Some hours later")
    _say(f"{len(web.updated)} stories have been updated by their outlets. The same crawl again:")
    answers = _crawl(folder, web)
    pages = _pages_asked(web, answers)
    _check(set(pages) <= web.updated, f"pages were fetched again: {sorted(pages)}")
    _check({row["story"] for row in _flagged(folder)} == before, "a flag was raised twice")
    kept.complete = True
    folder.write(kept)
    _say(
        f"\n{_not_modified(answers)} feeds answered “not modified”. Fetched again: {len(pages)} pages, those of the"
        f" updated stories. Flagged stories: {len(before)}, as before."
    )


def _check_nothing_twice(folder: DemoFolder, web: DemoWeb, answers: Sequence[Answer], before: set[str]) -> None:
    pages = _pages_asked(web, answers)
    after = {row["story"] for row in _flagged(folder)}
    _check(not pages, f"pages were fetched again: {sorted(pages)}")
    _check(after == before, f"the flagged stories are not the same: {sorted(after ^ before)}")
    _title("Nothing was fetched or flagged twice")
    _say(
        f"The demo had run before. The web itself counted: {_not_modified(answers)} feeds answered “not modified”, 0"
        f" pages of stories were asked for.\nThe {len(after)} flagged stories are the same as before. "
        "./run demo --fresh starts anew."
    )


def _where_next() -> None:
    _title("Where to go next")
    _say(
        "  ./run demo mirqab serve   read the demo's stories in a browser (./run demo serve, in another terminal,"
        " keeps\n                            its pages open to click through)\n"
        "  ./run demo mirqab near    what was nearly flagged, and what it lacked\n"
        "  ./run demo                once more: nothing is fetched or flagged twice\n"
        "  ./run crawl               the real thing: read the outlets of config/outlets.yaml\n"
        "  ./run flagged, ./run serve   what it found, in the terminal or in a browser\n"
        "  ./run up                  keep watching by config/schedule.yaml"
    )


# ------------------------------------------------------------------------------------------- steps


def _crawl(folder: DemoFolder, web: DemoWeb) -> Sequence[Answer]:
    """Crawl, and return what the web answered meanwhile."""
    start = len(web.answers)
    _expect(_mirqab(folder, "crawl"), ExitCode.SOME_FAILED, "crawl")
    return web.answers[start:]


def _pages_asked(web: DemoWeb, answers: Sequence[Answer]) -> Counter[str]:
    """The stories whose pages were asked for; those refused by robots.txt or without a page count too."""
    ids = {web.origin(story.outlet) + story.path: story.id for story in web.stories.values()}
    return Counter(ids[answer.url] for answer in answers if answer.url in ids)


def _not_modified(answers: Sequence[Answer]) -> int:
    return sum(answer.status == 304 for answer in answers)


def _flagged(folder: DemoFolder) -> list[dict[str, Any]]:
    said = subprocess.run(
        [sys.executable, "-m", "mirqab", "flagged", "--format", "json"],
        env=folder.environ(),
        stdout=subprocess.PIPE,
        check=False,
    )
    _expect(said.returncode, 0, "flagged")
    rows: list[dict[str, Any]] = json.loads(said.stdout)
    return rows


def _mirqab(folder: DemoFolder, *arguments: str) -> int:
    """Run a command of Mirqab on the demo's data, its output ours; it ends with us."""
    sys.stdout.flush()
    child = subprocess.Popen([sys.executable, "-m", "mirqab", *arguments], env={**folder.environ(), **tied_to_us()})
    try:
        return child.wait()
    except KeyboardInterrupt:
        if not sys.stdin.isatty():  # a terminal has sent it to the child as well
            child.send_signal(signal.SIGINT)
        child.wait()
        raise
    except SystemExit:
        child.terminate()
        child.wait()
        raise


def _expect(code: int, expected: int, command: str) -> None:
    _check(code == expected, f"`mirqab {command}` ended with exit code {code}, not {expected}")


def _check(truth: bool, what: str) -> None:
    if not truth:
        raise UnexpectedError(what)


def _say(text: str) -> None:
    print(text, flush=True)


def _title(text: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")
    _say(f"\n{bold}── {text} {'─' * max(0, 90 - len(text))}{plain}")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:]))
