"""`topic preview`, `topic evaluate` and `near`, typed over a small archive and small files of our own."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mirqab.cli.app import main
from mirqab.settings import CODE_ROOT, load_settings
from tests.cli.conftest import Reader
from tests.reader import newsroom
from tests.reader.newsroom import NOW, Told
from tests.workbench import bridges


def told(slug: str, headline: str, body: str, hours: int) -> Told:
    return Told(outlet="rasid", slug=slug, headline=headline, body=body, published=NOW - timedelta(hours=hours))


STORIES = (
    told("decided", "البلدية تحسم أمر الجسر القديم", bridges.DECIDED, 5),
    told("again", "الجسر القديم مرة أخرى", "قرر المجلس إغلاق الجسر القديم في الوادي ليلاً.", 4),
    told("coast", "الشاحنات والساحل", bridges.COAST, 3),
    told("alone", "ازدحام في الوادي", bridges.ALONE, 2),
    told("other", "معرض جديد", bridges.OTHER, 1),
)
HEADLINES = {one.slug: one.headline for one in STORIES}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of declarations whose one topic is that of the bridges."""
    folder = tmp_path_factory.mktemp("declared") / "config"
    shutil.copytree(CODE_ROOT / "config", folder, ignore=shutil.ignore_patterns("topics"))
    (folder / "topics").mkdir()
    bridges.write(folder / "topics", bridges.BRIDGES)
    return folder


@pytest.fixture(scope="module")
def filled_home(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Path:
    """A home with stories on bridges; the one of the slug `again` was found relevant."""
    home = tmp_path_factory.mktemp("home")
    environ = {"MIRQAB_HOME": str(home), "MIRQAB_CONFIG": str(config)}
    newsroom.fill(load_settings(environ=environ), STORIES)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environ.items():
            patched.setenv(name, value)
        assert main(["mark", "https://rasid.example/again", "relevant", "--by", "سلمى"]) == 0
    return home


@pytest.fixture
def bench(reader: Reader, config: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The command, in this process, over the stories on bridges."""
    monkeypatch.setenv("MIRQAB_CONFIG", str(config))
    return reader


def parsed(bench: Reader, *arguments: str) -> Any:
    said = bench(*arguments)
    assert said.code == 0, said.err
    return json.loads(said.out)


# ----------------------------------------------------------------------------------------------------- preview


def test_a_preview_shows_what_is_lost_and_first_what_a_person_found_relevant(bench: Reader, tmp_path: Path) -> None:
    edited = bridges.write(tmp_path, bridges.STRICTER, "edited.yaml")
    said = bench("topic", "preview", str(edited))
    assert (said.code, said.err) == (0, "")
    assert "Judged: 5 stored stories" in said.out
    assert re.search(r"flagged before +3 +6000 in 10,000\nflagged now +1 +2000 in 10,000", said.out)
    assert "marked relevant: 1 (1 lost)" in said.out
    first, second = (said.out.index(f"- {HEADLINES[slug]}") for slug in ("again", "decided"))
    assert said.out.index("Lost, though a person found them relevant: 1") < first < said.out.index("\nLost: 1") < second
    assert "⟦قررت⟧ البلدية ⟦إغلاق⟧ ⟦الجسر⟧ القديم في الوادي يوم الأحد" in said.out
    assert "+4  إغلاق مع قرار, no more" in said.out
    assert "+2  إغلاق وحده, new" in said.out
    assert "missing: " in said.out
    assert HEADLINES["coast"] not in said.out


def test_a_preview_for_a_pipe_holds_the_same(bench: Reader, tmp_path: Path) -> None:
    edited = bridges.write(tmp_path, bridges.LOOSER, "edited.yaml")
    found = parsed(bench, "topic", "preview", str(edited), "--json")
    assert (found["topic"], found["stories"], found["gained"], found["lost"]) == ("bridges", 5, 1, 0)
    assert (found["flagged_before"], found["flagged_after"]) == (3, 4)
    assert found["per_10000"]["gained"] == 2000
    assert found["decisions"] == {"relevant": {"lost": 0, "gained": 0, "flagged": 1, "unflagged": 0}}
    (change,) = found["changes"]
    assert (change["kind"], change["headline"], change["outlet"]) == ("gained", HEADLINES["alone"], "rasid")
    assert [item["text"] for item in change["sentence"]["evidence"]] == ["إغلاق", "الجسر"]
    assert not change["before"]["flagged"]
    assert change["after"]["flagged"]
    for item in change["sentence"]["evidence"]:
        assert bridges.ALONE[item["start"] : item["stop"]] == item["text"]
    assert change["story"].startswith("s")
    assert change["article"].startswith("a")


def test_only_the_newest_are_judged_and_older_decisions_are_told_all_the_same(bench: Reader, tmp_path: Path) -> None:
    edited = bridges.write(tmp_path, bridges.STRICTER, "edited.yaml")
    found = parsed(bench, "topic", "preview", str(edited), "--last", "1", "--json")
    assert (found["stories"], found["lost"]) == (1, 0)
    assert found["decisions"] == {"relevant": {"lost": 1, "gained": 0, "flagged": 0, "unflagged": 0}}
    assert [change["headline"] for change in found["changes"]] == [HEADLINES["again"]]


def test_a_new_topic_gains_everything(bench: Reader, tmp_path: Path) -> None:
    new = bridges.write(tmp_path, bridges.BRIDGES.replace("معرّف: bridges", "معرّف: other-bridges"), "new.yaml")
    said = bench("topic", "preview", str(new))
    assert said.code == 0
    assert "no topic of this id is saved" in said.out
    assert "Gained: 3" in said.out
    assert "lost" not in said.out


def test_the_saved_topic_itself_changes_nothing(bench: Reader, config: Path) -> None:
    said = bench("topic", "preview", str(config / "topics" / "bridges.yaml"))
    assert said.code == 0
    assert "nothing can change" in said.out
    assert "Gained" not in said.out


def test_texts_of_a_file_are_judged_and_a_wrong_line_is_named(bench: Reader, tmp_path: Path) -> None:
    edited = bridges.write(tmp_path, bridges.LOOSER, "edited.yaml")
    lines = tmp_path / "texts.jsonl"
    rows = [{"id": 1, "title": "", "text": bridges.ALONE}, {"id": 2}, {"id": 3, "title": "t", "text": bridges.OTHER}]
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = bench("topic", "preview", str(edited), "--against", str(lines), "--json")
    assert said.code == 3
    assert f"{lines}:2: needs a title or a text" in said.err
    found = json.loads(said.out)
    assert (found["stories"], found["gained"], found["changes"][0]["story"]) == (2, 1, 1)
    base = bridges.write(tmp_path, bridges.LOOSER, "base.yaml")
    assert bench("topic", "preview", str(edited), "--against", str(lines), "--base", str(base)).code == 3
    said = bench("topic", "preview", str(edited), "--against", str(lines), "--last", "5")
    assert (said.code, "--last" in said.err) == (2, True)


def test_a_preview_tells_of_examples_that_come_out_otherwise(bench: Reader, tmp_path: Path, config: Path) -> None:
    failing = bridges.BRIDGES + f'أمثلة:\n  يجب_أن_يُرفع:\n  - نص: "{bridges.OTHER}"\n  - نص: "{bridges.COAST}"\n'
    edited = bridges.write(tmp_path, failing, "edited.yaml")
    said = bench("topic", "preview", str(edited)).out
    assert f"1 of its 2 examples come out otherwise than the file says: ./run topic check {edited} names them." in said
    assert json.loads(bench("topic", "preview", str(edited), "--json").out)["failing_examples"] == 1
    assert "examples" not in bench("topic", "preview", str(config / "topics" / "bridges.yaml")).out


def test_a_preview_takes_a_file_and_no_id(bench: Reader) -> None:
    said = bench("topic", "preview", "bridges")
    assert said.code == 2
    assert "bridges is no file: preview takes a topic file as you edited it, not the id of a topic." in said.err


def test_a_mistake_in_the_file_is_told_with_its_line(bench: Reader, tmp_path: Path) -> None:
    wrong = bridges.write(tmp_path, bridges.BRIDGES.replace("معا: [إغلاق_جسر]", "معا: [إغلاق_جصر]"), "wrong.yaml")
    said = bench("topic", "preview", str(wrong))
    assert said.code == 2
    assert re.search(r"wrong\.yaml:\d+: ", said.err)


def test_nothing_is_written(bench: Reader, tmp_path: Path, filled_home: Path) -> None:
    def rows() -> list[Any]:
        connection = sqlite3.connect(filled_home / "archive.sqlite")
        found = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("flags", "verdicts", "judged")]
        connection.close()
        return found

    before = rows()
    bench("topic", "preview", str(bridges.write(tmp_path, bridges.STRICTER)))
    assert rows() == before


def test_without_an_archive_nothing_is_judged(newcomer: Reader, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRQAB_CONFIG", str(config))
    said = newcomer("topic", "preview", str(config / "topics" / "bridges.yaml"))
    assert said.code == 0
    assert "Nothing crawled yet" in said.err
    assert "Judged: 0 stored stories" in said.out


# ---------------------------------------------------------------------------------------------------- evaluate


ROWS: list[dict[str, Any]] = [
    {"id": "hit", "title": "", "text": bridges.DECIDED, "label": "positive", "theatre": "valley", "source": "rasid"},
    {"id": "moved", "title": "", "text": bridges.COAST, "label": "positive", "theatre": "valley", "source": "rasid"},
    {"id": "miss", "title": "", "text": bridges.ALONE, "label": "relevant", "theatre": "الوادي", "source": "sadeem"},
    {"id": "false", "title": "", "text": bridges.COAST, "label": "hard_negative", "source": "sadeem"},
    {"id": "right", "title": "عن المعرض", "text": bridges.OTHER, "label": "easy_negative", "source": "sidra"},
    {"id": "aside", "title": "", "text": bridges.DECIDED, "label": "unsure", "source": "sidra"},
]


@pytest.fixture
def labelled(tmp_path: Path) -> Callable[..., str]:
    def write(*rows: Any) -> str:
        path = tmp_path / "labelled.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


def test_figures_and_errors_are_printed(bench: Reader, labelled: Callable[..., str]) -> None:
    said = bench("topic", "evaluate", "bridges", "--labelled", labelled(*ROWS), "--names", "valley=الوادي")
    assert (said.code, said.err) == (0, "")
    assert "5 texts count, 3 of them to be flagged. Those that count neither way: 1, of which 1 flagged." in said.out
    (whole,) = [line for line in said.lines if line.startswith("all ")]
    assert whole.split()[:8] == ["all", "5", "0.667", "(0.208–0.939)", "2/3", "0.667", "(0.208–0.939)", "2/3"]
    assert whole.split()[8:] == ["1/2", "0.667", "(0.261–0.919)"]
    assert any(line.startswith("source:rasid ") for line in said.lines)
    assert "Left out are groups with nothing to be flagged in which nothing is: 1, with 1 text" in said.out
    assert "unsure: 1 of 1 flagged" in said.out
    assert "first theatre right: 0.500" in said.out
    assert f"false flag: {bridges.COAST}\n  false  line 4  hard_negative  sadeem\n  4 of 3, main" in said.out
    assert "⟦أعلنت⟧ الشركة ⟦إغلاق⟧ ⟦جسر⟧ الساحل" in said.out
    miss = said.out.partition("miss: ")[2].partition("another theatre")[0]
    assert "2 of 3" in miss
    assert "missing: " in miss
    assert "read: الساحل" in said.out


def test_a_pipe_gets_the_same_figures(bench: Reader, labelled: Callable[..., str]) -> None:
    found = parsed(
        bench,
        "topic",
        "evaluate",
        "bridges",
        "--labelled",
        labelled(*ROWS),
        "--json",
        "--errors",
        "all",
        "--by",
        "label",
    )
    (part,) = found["parts"]
    whole, *groups = part["groups"]
    assert (whole["hits"], whole["false_flags"], whole["misses"], whole["passed_over"]) == (2, 1, 1, 1)
    assert whole["precision"] == {"part": 2, "of": 3, "value": 0.6667, "low": 0.2077, "high": 0.9385}
    assert {row["group"] for row in groups} == {f"label:{row['label']}" for row in ROWS}
    assert part["labels"]["unsure"] == {"texts": 1, "flagged": 1}
    # no name was given for the valley: a label that the topic does not know is no error
    assert [(one["fault"], one["id"]) for one in part["errors"]] == [("false flag", "false"), ("miss", "miss")]
    assert part["errors"][1]["missing"]
    assert part["errors"][0]["sentence"]["words"] == bridges.COAST.removesuffix(".")


def test_a_wrong_line_is_named_and_left_out(bench: Reader, labelled: Callable[..., str]) -> None:
    name = labelled(ROWS[0], {**ROWS[1], "label": "maybe"}, "{", ROWS[3])
    said = bench("topic", "evaluate", "bridges", "--labelled", name)
    assert said.code == 3
    assert f"{name}:2: label must be one of" in said.err
    assert f"{name}:3: is not JSON" in said.err
    assert "2 texts count" in said.out
    assert bench("topic", "evaluate", "bridges", "--labelled", labelled("{")).code == 2


def test_the_blind_part_tells_figures_and_no_error(bench: Reader, labelled: Callable[..., str]) -> None:
    rows = [{**row, "id": f"{row['id']}-{number}"} for number in range(9) for row in ROWS]
    name = labelled(*rows)

    def parts(*options: str) -> dict[str, Any]:
        found = parsed(bench, "topic", "evaluate", "bridges", "--labelled", name, "--errors", "all", "--json", *options)
        return {part["part"]: part for part in found["parts"]}

    both = parts("--blind", ".34", "--seed", "shut")
    assert set(both) == {"open", "blind"}
    texts = {part: found["groups"][0]["texts"] for part, found in both.items()}
    assert texts["open"] + texts["blind"] == 45
    assert 11 <= texts["blind"] <= 19
    assert both["blind"]["errors"] == []
    assert both["blind"]["error_count"] > 0
    assert len(both["open"]["errors"]) == both["open"]["error_count"]
    assert parts("--only-blind", "--blind", ".34", "--seed", "shut") == {"blind": both["blind"]}
    assert parts("--without-blind", "--blind", ".34", "--seed", "shut") == {"open": both["open"]}
    said = bench("topic", "evaluate", "bridges", "--labelled", name, "--only-blind")
    assert "Its errors stay shut" in said.out
    assert "false flag:" not in said.out
    for wrong in (["--blind", "1"], ["--only-blind", "--without-blind"]):
        assert bench("topic", "evaluate", "bridges", "--labelled", name, *wrong).code == 2


def test_what_persons_decided_measures_a_topic(bench: Reader, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    assert bench("topic", "export-labels", "bridges", "--out", str(labels)).code == 0
    (part,) = parsed(bench, "topic", "evaluate", "bridges", "--labelled", str(labels), "--json")["parts"]
    assert part["labels"] == {"positive": {"texts": 1, "flagged": 1}}


@pytest.mark.parametrize("option", [["--errors", "some"], ["--by", "moon"], ["--names", "valley"]])
def test_a_wrong_option_is_told(option: list[str], bench: Reader, labelled: Callable[..., str]) -> None:
    said = bench("topic", "evaluate", "bridges", "--labelled", labelled(*ROWS), *option)
    assert said.code == 2
    assert option[0] in said.err


# -------------------------------------------------------------------------------------------------------- near


def test_near_misses_are_listed_with_what_is_missing(bench: Reader) -> None:
    said = bench("near")
    assert (said.code, said.err) == (0, "")
    assert said.lines[0] == f"2 of 3  {HEADLINES['alone']}"
    assert "  أدى ⟦إغلاق⟧ ⟦الجسر⟧ إلى ازدحام في الوادي" in said.out
    assert "    +2  إغلاق وحده" in said.out
    assert "    missing: " in said.out
    (row,) = parsed(bench, "near", "--json")
    assert (row["score"], row["threshold"], row["short"], row["current"]) == (2, 3, 1, True)
    assert row["top_evidence"] == bridges.ALONE.removesuffix(".")
    assert row["missing"]
    assert json.loads(bench("near", "--format", "jsonl", "--topic", "bridges").out) == row


def test_what_a_person_decided_on_is_no_near_miss_any_more(bench: Reader) -> None:
    assert bench("mark", "https://rasid.example/alone", "irrelevant").code == 0
    assert "No story scored without being flagged" in bench("near").out
    assert bench("mark", "https://rasid.example/alone", "undo").code == 0
    assert HEADLINES["alone"] in bench("near").out


def test_near_misses_of_an_older_version_are_told_as_such(
    bench: Reader, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "config"
    shutil.copytree(config, newer)
    bridges.write(newer / "topics", bridges.STRICTER)
    monkeypatch.setenv("MIRQAB_CONFIG", str(newer))
    said = bench("near")
    assert said.code == 0
    assert "bridges, an older version" in said.out
    assert "./run rematch" in said.err


@pytest.mark.parametrize(("limit", "told"), [("0", "it must be at least 1"), ("x", "it must be a whole number")])
def test_a_wrong_number_is_told_in_plain_words(bench: Reader, limit: str, told: str) -> None:
    said = bench("near", "--limit", limit)
    assert (said.code, told in said.err, "Input" in said.err) == (2, True, False)


def test_near_has_nothing_to_say_of_an_unknown_topic_or_an_empty_home(bench: Reader, newcomer: Reader) -> None:
    said = newcomer("near", "--topic", "brigdes")
    assert (said.code, "bridges" in said.err) == (2, True)
    assert "Nothing crawled yet" in newcomer("near").out
    assert json.loads(newcomer("near", "--json").out) == []


# -------------------------------------------------------------------------------------------- what is documented


def documented(what: str) -> list[str]:
    text = (CODE_ROOT / "docs" / "workbench.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- keys: {what} -->\n((?:\|.*\n)+)", text)
    assert match is not None, what
    return [key for row in match[1].splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_the_documented_keys_are_the_printed_ones(bench: Reader, labelled: Callable[..., str], tmp_path: Path) -> None:
    edited = bridges.write(tmp_path, bridges.LOOSER, "edited.yaml")
    preview = parsed(bench, "topic", "preview", str(edited), "--json")
    (part,) = parsed(bench, "topic", "evaluate", "bridges", "--labelled", labelled(*ROWS), "--json")["parts"]
    printed = {
        "preview": preview,
        "change": preview["changes"][0],
        "part": part,
        "group": part["groups"][0],
        "near": parsed(bench, "near", "--json")[0],
    }
    for what, found in printed.items():
        assert sorted(documented(what)) == sorted(found), what
