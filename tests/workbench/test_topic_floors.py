"""The topic of the repository on labelled stories, through the command that its authors use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirqab.cli.app import main

PRECISION, RECALL, THEATRE = 0.93, 0.93, 0.95


@pytest.fixture(autouse=True)
def _own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    monkeypatch.delenv("MIRQAB_CONFIG", raising=False)


@pytest.fixture(scope="module")
def dev(shared_data: Path) -> Path:
    return shared_data / "labelled" / "dev.jsonl"


def test_precision_and_recall_do_not_fall(dev: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["topic", "evaluate", "troop-withdrawal-talks", "--labelled", str(dev), "--json"]
    assert main([*arguments, "--errors", "all"]) == 0
    (part,) = json.loads(capsys.readouterr().out)["parts"]
    whole = part["groups"][0]
    faults = [(one["fault"], one["id"]) for one in part["errors"]]
    assert whole["texts"] == 917  # every line is read, those that count neither way apart
    assert whole["precision"]["value"] >= PRECISION, faults
    assert whole["recall"]["value"] >= RECALL, faults
    assert whole["theatre"]["of"] >= 50, "the labels' theatres are found by the names that the topic gives them"
    assert whole["theatre"]["value"] >= THEATRE, faults


def test_every_error_shows_what_it_rests_on(dev: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["topic", "evaluate", "troop-withdrawal-talks", "--labelled", str(dev), "--errors", "all", "--json"]
    assert main(arguments) == 0
    (part,) = json.loads(capsys.readouterr().out)["parts"]
    for error in part["errors"]:
        if error["fault"] == "miss":
            assert error["missing"], error["id"]
        else:
            assert error["sentence"]["evidence"], error["id"]
