"""`group` in a pipe and `evaluate grouping`: copies found with a real Redis, which is left as it was."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis

from mirqab.cli import group_command
from mirqab.seen import open_seen
from mirqab.seen.folder import ServerFolder
from tests.seen.processes import pids_of, wait_until
from tests.test_copies import BACKGROUND, WIRE
from tests.test_events import COMMON, HARBOUR, OTHER_BASE, RETOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Command, Reader

LONGER = WIRE + " وفي سياق متصل، تفقد وزير النقل الرصيف الجديد واستمع إلى شرح عن مراحل العمل فيه."


@pytest.fixture(autouse=True)
def _no_server_is_left(home: Path) -> Iterator[None]:
    yield
    wait_until(lambda: not pids_of(home / "redis"))


def line(identity: object, text: str, **more: object) -> str:
    return json.dumps({"id": identity, "title": "", "text": text, **more}, ensure_ascii=False) + "\n"


def parsed(out: str) -> list[dict[str, Any]]:
    return [json.loads(found) for found in out.splitlines()]


STREAM = (
    line("one", WIRE, outlet="sahil", published="2026-03-01")
    + line(2, BACKGROUND, outlet="sahil", published="2026-03-01T09:00:00+03:00")
    + line("same", WIRE.replace("أ", "ا"), outlet="jabal", published="2026-03-02")
    + line("longer", LONGER, outlet="jabal", published="2026-03-03")
    + line("other", LONGER + " انتهى", outlet="nahr", published="2026-03-02")
    + line("late", WIRE, outlet="nahr", published="2026-06-20")
)
STORIES = [
    ("one", "one", "new", None),
    (2, 2, "new", None),
    ("same", "one", "exact", "one"),
    ("longer", "one", "update", "same"),
    ("other", "one", "near", "longer"),
    ("late", "late", "new", None),
]


def test_each_text_gets_its_story(mirqab: Command) -> None:
    said = mirqab("group", given=STREAM)
    assert (said.code, said.err) == (0, "")
    found = parsed(said.out)
    assert list(found[0]) == ["id", "story", "relation", "nearest", "similarity"]
    assert [(one["id"], one["story"], one["relation"], one["nearest"]) for one in found] == STORIES
    assert [found[0]["similarity"], found[2]["similarity"]] == [None, 1.0]
    assert 0.8 < found[3]["similarity"] < 1


def test_the_window_can_be_said(mirqab: Command) -> None:
    said = mirqab("group", "--window-days", "365", given=STREAM)
    assert parsed(said.out)[-1] == {
        "id": "late", "story": "one", "relation": "exact", "nearest": "one", "similarity": 1.0,
    }  # fmt: skip
    assert mirqab("group", "--window-days", "0", given=STREAM).code == 2


def test_files_are_read_one_after_another_packed_or_not(mirqab: Command, tmp_path: Path) -> None:
    plain, packed = tmp_path / "one.jsonl", tmp_path / "two.jsonl.gz"
    plain.write_text(line(None, WIRE) + "{\n", encoding="utf-8")
    packed.write_bytes(gzip.compress(line(None, LONGER).encode()))
    said = mirqab("group", str(plain), str(packed))
    assert said.code == 3
    assert f"{plain}, line 2: is not JSON" in said.err
    assert [(one["id"], one["story"], one["relation"]) for one in parsed(said.out)] == [(1, 1, "new"), (2, 1, "near")]
    missing = mirqab("group", str(tmp_path / "missing.jsonl"))
    assert (missing.code, missing.out) == (2, "")
    assert "missing.jsonl cannot be read" in missing.err


def test_a_named_pipe_is_read_like_a_file(mirqab: Command, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(STREAM,), daemon=True)
    writer.start()
    said = mirqab("group", str(pipe))
    assert (said.code, said.err) == (0, "")
    assert [one["id"] for one in parsed(said.out)] == [of for of, *_ in STORIES]
    writer.join()


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_number_that_json_does_not_know_is_no_id(mirqab: Command, tmp_path: Path, number: str) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(line(1, WIRE) + f'{{"id": {number}, "text": "خبر"}}\n', encoding="utf-8")
    said = mirqab("group", str(file))
    assert (said.code, [one["id"] for one in parsed(said.out)]) == (3, [1])
    assert f"{file}, line 2: id must be a finite number" in said.err


def test_an_id_that_another_text_has_is_said_and_passed_over(mirqab: Command, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    unnamed = json.dumps({"text": BACKGROUND}, ensure_ascii=False) + "\n"
    texts.write_text(line("one", WIRE) + line("one", BACKGROUND) + line(4, WIRE) + unnamed + line("1", WIRE))
    said = mirqab("group", str(texts))
    assert (said.code, [one["id"] for one in parsed(said.out)]) == (3, ["one", 4, "1"])
    assert said.err.splitlines() == [
        f'{texts}, line 2: another text has the id "one"',
        f"{texts}, line 4: another text has the id 4",
    ]


def test_a_text_may_be_of_the_first_or_the_last_day_of_the_calendar(mirqab: Command) -> None:
    given = "".join(line(day, WIRE, outlet="sahil", published=day) for day in ("0001-01-01", "9999-12-31"))
    said = mirqab("group", given=given)
    assert (said.code, said.err) == (0, "")
    assert [one["story"] for one in parsed(said.out)] == ["0001-01-01", "9999-12-31"]


def test_workers_give_the_same_answer(newcomer: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stream.jsonl"
    file.write_text(STREAM + "[]\n" + "".join(line(number, f"خبر قصير {number}") for number in range(100, 220)))
    alone = newcomer("group", str(file))
    monkeypatch.setattr(group_command, "MUCH_BYTES", 1)
    together = newcomer("group", str(file))
    assert (alone.code, alone.out) == (together.code, together.out)
    assert together.code == 3
    assert len(together.lines) == 126


def test_each_line_is_answered_at_once_and_ctrl_c_leaves_nothing_in_redis(mirqab: Command, home: Path) -> None:
    async def hold() -> None:
        async with open_seen(redis_url=None, folder=home / "redis"):
            await asyncio.to_thread(use)

    def use() -> None:
        redis = Redis(unix_socket_path=str(ServerFolder(home / "redis").socket))
        child = mirqab.start("group")
        assert child.stdin is not None
        assert child.stdout is not None
        for identity in ("one", "two"):
            child.stdin.write(line(identity, WIRE).encode())
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["story"] == "one"
        assert list(redis.scan_iter("mirqab:private:*"))
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)
        assert (child.returncode, err) == (130, b"")
        assert not list(redis.scan_iter("mirqab:private:*"))
        redis.close()

    asyncio.run(hold())


def test_without_its_redis_it_says_so(mirqab: Command, tmp_path: Path) -> None:
    said = mirqab("group", given=STREAM, MIRQAB_REDIS_URL=f"unix://{tmp_path}/nobody.sock")
    assert (said.code, said.out) == (1, "")
    assert "Redis does not answer" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


# ------------------------------------------------------------------------------------------------ evaluate


def doc(identity: str, text: str, source: str) -> dict[str, object]:
    return {"doc_id": identity, "title": f"عنوان {identity}", "text": text, "source": source}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = tmp_path / "labelled"
    folder.mkdir()
    docs = [doc("a", WIRE, "sahil"), doc("b", LONGER, "jabal"), doc("c", BACKGROUND, "nahr")]
    groups = [{"group_id": "g", "relation": "near_duplicate_text", "docs": docs}]
    pairs = [{"pair_id": "p", "same_story": False, "why": "another day", "a": docs[0], "b": doc("d", WIRE, "wadi")}]
    for name, rows in (("groups", groups), ("different_pairs", pairs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_evaluate_counts_pairs_and_lists_false_merges(mirqab: Command, labelled: Path) -> None:
    said = mirqab("evaluate", "grouping", str(labelled), "--missed", "--format", "jsonl")
    assert said.code == 1, "a false merge is a failure"
    rows = parsed(said.out)
    shares = {(row["measure"], row["of"]): (row["right"], row["pairs"]) for row in rows if "measure" in row}
    assert shares["recall", "near_duplicate_text"] == (1, 3)
    assert shares["precision", "all"] == (1, 2)
    wrong, *missed = [row for row in rows if "problem" in row]
    assert (wrong["problem"], wrong["texts"], wrong["titles"]) == ("false merge", ["a", "d"], ["عنوان a", "عنوان d"])
    assert (wrong["by"], wrong["why"]) == ("exact", "another day")
    assert [row["texts"] for row in missed] == [["a", "c"], ["b", "c"]]
    table = mirqab("evaluate", "grouping", str(labelled / "groups.jsonl"))
    assert table.code == 0
    assert "0.0615 to 0.7923" in table.out


def test_evaluate_names_every_wrong_line(mirqab: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "groups.jsonl"
    wrong.write_text('{"group_id": 1}\n{\n{"pair_id": 1, "same_story": true, "a": {}, "b": {}}\n')
    said = mirqab("evaluate", "grouping", str(wrong))
    assert said.code == 2
    assert [f"groups.jsonl:{number}" in told for number, told in enumerate(said.err.splitlines(), start=1)] == [
        True
    ] * 3
    said = mirqab("evaluate", "grouping", str(tmp_path / "nothing"))
    assert said.code == 2
    assert "nothing cannot be read" in said.err


# ------------------------------------------------------------------------------------------------- events


def told(identity: str, text: tuple[str, str], outlet: str) -> str:
    return line(identity, text[1], outlet=outlet, published="2026-03-03").replace(
        '"title": ""', f'"title": "{text[0]}"'
    )


def test_texts_of_one_event_are_joined_unless_only_copies_are_asked_for(mirqab: Command, tmp_path: Path) -> None:
    chance = random.Random(1)
    recent = tmp_path / "recent.jsonl"
    recent.write_text(
        "".join(line(number, " ".join(chance.sample(COMMON, 3))) for number in range(120)) + "no line\n",
        encoding="utf-8",
    )
    stream = told("one", HARBOUR, "jabal") + told("two", RETOLD, "sahil") + told("radar", OTHER_BASE, "nahr")
    said = mirqab("group", "--weights", str(recent), given=stream)
    assert (said.code, said.err) == (0, ""), "a line without a text does not count, and is no matter"
    one, two, radar = parsed(said.out)
    assert (one["relation"], radar["relation"]) == ("new", "new")
    assert (two["relation"], two["story"], two["nearest"]) == ("same_event", "one", "one")
    file = tmp_path / "stream.jsonl"
    file.write_text(recent.read_text(encoding="utf-8").removesuffix("no line\n") + stream, encoding="utf-8")
    assert parsed(mirqab("group", str(file)).out)[-2]["relation"] == "same_event", "a file is counted before"
    assert {found["relation"] for found in parsed(mirqab("group", "--copies-only", str(file)).out)[-3:]} == {"new"}
    assert mirqab("group", "--weights", str(tmp_path / "none.jsonl"), given=stream).code == 2


def test_events_are_evaluated_with_the_terms_of_more_texts(mirqab: Command, tmp_path: Path) -> None:
    chance = random.Random(1)
    recent = tmp_path / "recent.jsonl"
    recent.write_text(
        "".join(line(number, " ".join(chance.sample(COMMON, 3))) for number in range(120)), encoding="utf-8"
    )
    docs = [
        {"doc_id": name, "title": text[0], "text": text[1], "source": name, "date": "2026-03-03"}
        for name, text in (("one", HARBOUR), ("two", RETOLD))
    ]
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"group_id": "base", "relation": "same_story", "docs": docs}), encoding="utf-8")
    for arguments, right in ((["--copies-only"], 0), (["--weights", str(recent)], 1)):
        said = mirqab("evaluate", "grouping", str(pairs), "--format", "jsonl", *arguments)
        assert said.code == 0
        rows = {(row["measure"], row["of"]): row for row in parsed(said.out)}
        assert rows["recall", "same_story"]["right"] == right
        assert (("precision", "same_event") in rows) is bool(right)
