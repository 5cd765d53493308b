"""`mark`, `rematch`, `topic precision` and `topic export-labels`, as a person types them."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mirqab.archive import Archive
from mirqab.settings import CODE_ROOT, load_settings
from tests.cli.conftest import alive, children, wait_for
from tests.reader.newsroom import COPY, LIBYA, PENDING, SPORT, TALKS

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Environ, Reader

TOPIC = "troop-withdrawal-talks"


@pytest.fixture
def said(home: Path, filled_home: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The command, in this process, with a home of its own that holds stories."""
    shutil.copytree(filled_home, home, dirs_exist_ok=True)
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    return reader


def listed(said: Reader, *options: str) -> dict[str, dict[str, object]]:
    lines = map(json.loads, said("flagged", "--format", "jsonl", *options).lines)
    return {line["headline"]: line for line in lines}


def stricter(folder: Path, threshold: int) -> Path:
    """Return declarations in which the topic flags nothing, or much."""
    config = folder / "config"
    shutil.copytree(CODE_ROOT / "config", config)
    for file in (config / "topics").glob("*.yaml"):
        if file.stem != TOPIC:
            file.unlink()
    file = config / "topics" / f"{TOPIC}.yaml"
    text, found = re.subn(r"^عتبة: .*$", f"عتبة: {threshold}", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found == 1
    file.write_text(text, encoding="utf-8")
    return config


# --------------------------------------------------------------------------------------------------- mark


def test_a_flagged_story_is_marked_listed_shown_and_unmarked(said: Reader) -> None:
    story = str(listed(said)[TALKS.headline]["story"])
    marked = said("mark", story[:9], "irrelevant", "--note", "ليس صلب\nالموضوع", "--by", "سلمى")
    assert marked.code == 0, marked.err
    assert f"{TOPIC}: open → irrelevant, by سلمى" in marked.lines
    assert "note: ليس صلب الموضوع" in marked.lines
    assert TALKS.headline not in listed(said)
    line = listed(said, "--state", "irrelevant")[TALKS.headline]
    assert line["decision"]["note"] == "ليس صلب\nالموضوع"  # type: ignore[index]
    assert (line["earned"], line["raised_by"]) == (True, "crawl")
    shown = said("show", story).out
    assert f"{TOPIC}: irrelevant, decided by سلمى, " in shown
    assert "  note: ليس صلب الموضوع\n" in shown
    assert "the topic says now: flagged" in shown
    assert f"سلمى decided that it is irrelevant for {TOPIC}: ليس صلب الموضوع" in said("explain", story).out
    again = said("mark", story, "irrelevant")
    assert "already, as سلمى said" in again.out
    undone = said("mark", story, "undo", "--by", "ناصر")
    assert f"{TOPIC}: irrelevant → open, by ناصر" in undone.lines
    assert TALKS.headline in listed(said)
    assert "nothing to undo" in said("mark", story, "undo").out
    detail = json.loads(said("show", story, "--json").out)
    assert [one["decision"] for one in detail["decisions"]] == ["irrelevant", "undone"]
    assert detail["flags"][0]["decision"] is None


def test_a_story_that_was_missed_is_listed_by_a_person(said: Reader) -> None:
    marked = said("mark", SPORT.url, "relevant", "--topic", TOPIC, "--by", "سلمى")
    assert marked.code == 0, marked.err
    assert f"{TOPIC}: not flagged → relevant, by سلمى" in marked.lines
    line = listed(said)[SPORT.headline]
    assert (line["state"], line["raised_by"], line["earned"], line["score"]) == ("relevant", "person", False, 0.0)
    undone = said("mark", SPORT.url, "undo", "--topic", TOPIC)
    assert f"{TOPIC}: relevant → not flagged" in undone.out
    assert SPORT.headline not in listed(said, "--state", "all")
    unlisted = said("mark", SPORT.url, "irrelevant", "--topic", TOPIC).out
    assert "It was not listed" in unlisted
    assert "not listed any more" not in unlisted


def test_a_copy_marks_the_story_and_an_article_its_own(said: Reader) -> None:
    assert "open → to check" in said("mark", COPY.url, "to-check").out
    assert list(listed(said, "--state", "to-check")) == [TALKS.headline]
    article = str(listed(said)[LIBYA.headline]["article"])
    assert "open → relevant" in said("mark", article, "relevant").out
    assert list(listed(said, "--state", "relevant", "--state", "to-check")) == [TALKS.headline, LIBYA.headline]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("s", "relevant"), "beginning of several"),
        (("https://rasid.example/never", "relevant"), "No article is stored"),
        ((PENDING.url, "relevant"), "No article is stored"),
        ((TALKS.url, "relevant", "--topic", "troop-withdrawal-talk"), f'did you mean "{TOPIC}"?'),
        ((TALKS.url, "good"), ": 'good' is not one of 'relevant'"),
        ((TALKS.url, "relevant", "--note", "س" * 2001), "at most 2000"),
    ],
)
def test_what_cannot_be_marked_is_said_so(said: Reader, arguments: tuple[str, ...], told: str) -> None:
    answer = said("mark", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def renamed(folder: Path) -> Path:
    """Return declarations in which the topic has another id, so that its flags are those of one that is gone."""
    config = stricter(folder, 3)
    file = config / "topics" / f"{TOPIC}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(rf"^(\S+): {TOPIC}$", r"\1: something-else", text, flags=re.MULTILINE), encoding="utf-8")
    return config


def test_a_word_on_a_topic_that_is_gone_can_be_undone(
    said: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("mark", SPORT.url, "relevant", "--topic", TOPIC)
    monkeypatch.setenv("MIRQAB_CONFIG", str(renamed(tmp_path)))
    undone = said("mark", SPORT.url, "undo")
    assert undone.code == 0, undone.err
    assert f"{TOPIC}: relevant → not flagged" in undone.out


def test_flags_of_a_topic_that_is_gone_are_withdrawn_and_come_back_with_it(
    said: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listed(said, "--topic", TOPIC)
    libya, story = (str(before[one.headline]["story"]) for one in (LIBYA, TALKS))
    said("mark", libya, "relevant", "--by", "سلمى")
    open_flags = len(before) - 1
    assert open_flags > 1
    monkeypatch.setenv("MIRQAB_CONFIG", str(renamed(tmp_path)))
    gone = f"{TOPIC} is not declared any more: {open_flags} open flags"
    assert f"It is still listed for {TOPIC}, which is not declared any more; ./run" in said("explain", story).out
    narrowed = said("rematch", "--outlet", "rasid")
    assert f"{gone} stay; ./run rematch --topic {TOPIC} withdraws them." in narrowed.lines
    dry = said("rematch", "--dry-run")
    assert f"withdrawn  {story}  {TOPIC}  " in dry.out
    assert "  the topic is not declared any more\n" in dry.out
    assert f"{gone} would be withdrawn;" in dry.out
    assert listed(said, "--topic", TOPIC).keys() == before.keys()
    told = json.loads(said("rematch", "--topic", TOPIC, "--json").out)
    assert (told["undeclared"], told["topics"], told["articles"]) == ({TOPIC: open_flags}, {}, 0)
    assert [one["undeclared"] for one in told["withdrawn"]] == [True] * open_flags
    assert list(listed(said, "--topic", TOPIC)) == [LIBYA.headline], "a person's decision stays"
    assert f"{TOPIC}, which is not declared any more, flagged it once; the flag was" in said("explain", story).out
    assert "not declared any more" not in said("rematch").out
    monkeypatch.delenv("MIRQAB_CONFIG")
    assert f"Flags: {open_flags} opened, " in said("rematch").out
    assert listed(said, "--topic", TOPIC).keys() == before.keys()


def test_without_any_topic_nothing_is_withdrawn_unasked(
    said: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listed(said)
    config = stricter(tmp_path, 3)
    (config / "topics" / f"{TOPIC}.yaml").unlink()
    monkeypatch.setenv("MIRQAB_CONFIG", str(config))
    refused = said("rematch")
    assert (refused.code, refused.out) == (2, "")
    assert f"--topic ID withdraws the open flags of {TOPIC}" in refused.err
    assert listed(said).keys() == before.keys()
    assert said("rematch", "--topic", TOPIC).code == 0
    assert listed(said) == {}


# ------------------------------------------------------------------------------------------------ rematch


def test_rematch_shows_what_a_stricter_topic_withdraws(
    said: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is judged by the present version" in said("rematch").out
    before = listed(said)
    libya = str(before[LIBYA.headline]["story"])
    said("mark", libya, "relevant", "--by", "سلمى")
    monkeypatch.setenv("MIRQAB_CONFIG", str(stricter(tmp_path, 900)))
    dry = said("rematch", "--dry-run")
    assert dry.code == 0, dry.err
    assert f"withdrawn  {before[TALKS.headline]['story']}  {TOPIC}  " in dry.out
    assert "was flagged for: " in dry.out
    assert "missing now: " in dry.out
    assert f"kept relevant (not flagged any more)  {libya}" in dry.out
    story = str(before[TALKS.headline]["story"])
    assert (
        "still listed for troop-withdrawal-talks, which has changed since; ./run rematch" in said("explain", story).out
    )
    assert "4 articles judged anew. Flags would be: 0 opened, 2 withdrawn, 1 kept." in dry.out
    assert listed(said).keys() == before.keys()
    done = json.loads(said("rematch", "--json").out)
    assert (done["dry_run"], done["articles"], done["left"], done["unjudged"]) == (False, 4, 0, 0)
    assert [len(done[kind]) for kind in ("opened", "withdrawn", "kept")] == [0, 2, 1]
    text = (CODE_ROOT / "docs" / "feedback.md").read_text(encoding="utf-8")
    assert sorted(documented(text, "outcome")) == sorted(done["kept"][0])
    assert list(listed(said)) == [LIBYA.headline]
    assert set(listed(said, "--state", "withdrawn")) == set(before) - {LIBYA.headline}
    assert said("runs", "--format", "jsonl").lines[0].count('"command": "rematch"') == 1
    header, latest, *_ = said("runs").lines
    assert header.split()[:3] == ["run", "started", "command"]
    assert " rematch " in latest
    assert "troop-withdrawal-talks flagged it once; the flag was withdrawn on 20" in said("explain", story).out
    monkeypatch.delenv("MIRQAB_CONFIG")
    assert "It is not listed for troop-withdrawal-talks, which is newer than the list" in said("explain", story).out
    opened = said("rematch").out
    assert "Flags: 2 opened, 0 withdrawn" in opened
    assert "rules: " in opened
    assert "evidence: " in opened
    assert listed(said).keys() == before.keys()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--topic", "troops"), "There is no topic"),
        (("--outlet", "nobody"), "There is no outlet"),
        (("--since", "أمس"), "7d"),
    ],
)
def test_rematch_says_what_it_does_not_know(said: Reader, options: tuple[str, ...], told: str) -> None:
    answer = said("rematch", *options)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_with_nothing_crawled_it_is_said(newcomer: Reader) -> None:
    assert newcomer("rematch").out.startswith("Nothing crawled yet")
    assert newcomer("mark", "s1", "relevant").code == 1
    assert newcomer("topic", "precision").out.startswith("Nothing is decided yet")


def test_an_interrupted_rematch_ends_cleanly_and_the_next_goes_on(
    home: Path, filled_home: Path, tmp_path: Path, child_environ: Environ
) -> None:
    from tests.cli.conftest import Command

    shutil.copytree(filled_home, home, dirs_exist_ok=True)
    command: Command = Command(child_environ(MIRQAB_CONFIG=str(stricter(tmp_path, 900))))
    settings = load_settings(environ={"MIRQAB_HOME": str(home)})
    archive = Archive.open(settings.archive_url)
    known = len(archive.runs())
    started = command.start("rematch")
    deadline = time.monotonic() + 60
    while len(archive.runs()) == known:
        assert time.monotonic() < deadline
        assert started.poll() is None or len(archive.runs()) > known, started.communicate()
        time.sleep(0.01)
    below = children(started.pid)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=100)
    run = archive.runs(1)[0]
    if started.returncode == 0:  # it was done before the signal came
        assert b"judged anew" in out
    else:
        assert started.returncode == 130, err
        assert b"Traceback" not in err
        assert b"Interrupted" in err
        assert run.state == "interrupted" or run.exit_code == 1
    wait_for(lambda: not any(map(alive, below)))
    again = command("rematch")
    assert again.code == 0, again.err
    assert [line.state.value for line in archive.flagged()] == []
    archive.close()


# ------------------------------------------------------------------------------------- precision and labels


def documented(text: str, what: str) -> list[str]:
    match = re.search(rf"<!-- keys: {what} -->\n((?:\|.*\n)+)", text)
    assert match is not None, what
    return [key for row in match[1].splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_decisions_become_figures_and_labels_that_evaluate_reads(said: Reader, tmp_path: Path) -> None:
    stories = listed(said)
    said("mark", str(stories[TALKS.headline]["story"]), "relevant", "--by", "سلمى")
    said("mark", str(stories[LIBYA.headline]["story"]), "irrelevant", "--note", "تجربة", "--by", "سلمى")
    said("mark", SPORT.url, "irrelevant", "--topic", TOPIC, "--by", "سلمى")
    text = (CODE_ROOT / "docs" / "feedback.md").read_text(encoding="utf-8")

    table = said("topic", "precision")
    assert table.code == 0, table.err
    assert re.search(rf"^0\.50 +0\.09–0\.91 +1 +1 .*{TOPIC}$", table.out, flags=re.MULTILINE), table.out
    told = json.loads(said("topic", "precision", TOPIC, "--json").out)
    assert told["decisions"] == 3
    assert sorted(documented(text, "tally")) == sorted(told["tallies"][0])
    assert {one["by"] for one in told["tallies"]} == {"topic", "version", "rule", "concept", "term", "outlet"}
    assert "No decision is that young" in said("topic", "precision", "--since", "2100-01-01").out
    assert said("topic", "precision", "nothing").code == 2

    file = tmp_path / "labels.jsonl"
    assert said("topic", "export-labels", "--out", str(file)).code == 0
    labels = {line["title"]: line for line in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    assert {title: line["label"] for title, line in labels.items()} == {
        TALKS.headline: "positive",
        LIBYA.headline: "hard_negative",
        SPORT.headline: "hard_negative",
    }
    assert sorted(documented(text, "label")) == sorted(labels[TALKS.headline])
    assert sorted(documented(text, "decision")) == sorted(stories_decision(said))
    assert (labels[TALKS.headline]["theatre"], labels[LIBYA.headline]["theatre"]) == ("العراق", "")
    assert labels[TALKS.headline]["text"] == TALKS.body
    nowhere = said("topic", "export-labels", "--out", str(tmp_path / "no" / "labels.jsonl"))
    assert (nowhere.code, "cannot be written" in nowhere.err) == (2, True)
    assert said("topic", "export-labels", TOPIC).lines == file.read_text(encoding="utf-8").splitlines()
    figures = said("topic", "evaluate", TOPIC, "--labelled", str(file), "--json")
    assert figures.code in (0, 3), figures.err
    whole = json.loads(figures.out)["parts"][0]["groups"][0]
    assert (whole["hits"], whole["false_flags"], whole["misses"], whole["passed_over"]) == (1, 1, 0, 1)


def stories_decision(said: Reader) -> dict[str, object]:
    return listed(said)[TALKS.headline]["decision"]  # type: ignore[return-value]
