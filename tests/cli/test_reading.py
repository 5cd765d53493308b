"""`flagged`, `show`, `explain`, `runs`, `health` and the declarations, over an archive with stories in it."""

from __future__ import annotations

import csv
import json
import re
import shlex
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from tests.reader.newsroom import COPY, EMPTY, GONE, HOSTILE, LIBYA, OLD, PENDING, ROBOTS, SPORT, TALKS

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Reader

NOTHING_YET = "Nothing crawled yet: ./run demo"


def story(reader: Reader, headline: str) -> str:
    lines = map(json.loads, reader("flagged", "--format", "jsonl").lines)
    return str(next(line["story"] for line in lines if line["headline"] == headline))


# ----------------------------------------------------------------------------------------------- flagged


def test_flagged_lists_stories_newest_first_and_no_others(reader: Reader) -> None:
    said = reader("flagged")
    assert said.code == 0
    headlines = [line.split("  ")[-1].strip() for line in said.lines[1:]]
    assert headlines == [TALKS.headline, HOSTILE.headline, LIBYA.headline]
    assert "rasid, sadeem" in said.lines[1]
    assert SPORT.headline not in said.out


def test_flagged_formats_say_the_same(reader: Reader) -> None:
    array = json.loads(reader("flagged", "--format", "json").out)
    lines = [json.loads(line) for line in reader("flagged", "--format", "jsonl").lines]
    rows = list(csv.DictReader(StringIO(reader("flagged", "--format", "csv").out)))
    assert array == lines
    assert [row["story"] for row in rows] == [line["story"] for line in lines]
    assert list(lines[0]) == list(rows[0])
    assert lines[0]["facets"]["theatre"] == ["العراق", "سوريا"]
    assert lines[0]["outlets"] == ["rasid", "sadeem"]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--theatre", "ليبيا"], 1),
        (["--theatre", "العراق"], 2),
        (["--since", "1h"], 3),
        (["--since", "2000-01-01"], 3),
        (["--since", "2100-01-01"], 0),
        (["--topic", "troop-withdrawal-talks", "--limit", "2"], 2),
    ],
)
def test_flagged_can_be_narrowed(reader: Reader, options: list[str], count: int) -> None:
    assert len(reader("flagged", "--format", "jsonl", *options).lines) == count
    if not count:
        assert "No flagged story fits" in reader("flagged", *options).out


def test_a_theatre_without_stories_names_those_that_have_some(reader: Reader) -> None:
    assert "العراق (2)" in reader("flagged", "--theatre", "Iraq").out
    assert reader("flagged", "--theatre", "Iraq", "--format", "json").out.strip() == "[]"


def test_a_time_that_is_none_is_wrong_usage(reader: Reader) -> None:
    said = reader("flagged", "--since", "أمس")
    assert (said.code, said.out) == (2, "")
    assert "7d" in said.err


@pytest.mark.parametrize("command", [["flagged"], ["runs"]])
def test_with_nothing_crawled_a_list_says_what_to_do(newcomer: Reader, command: list[str]) -> None:
    said = newcomer(*command)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(NOTHING_YET)
    assert json.loads(newcomer(*command, "--format", "json").out) == []
    assert newcomer(*command, "--format", "jsonl").out == ""


def test_a_topic_that_nobody_declared_is_wrong_usage(reader: Reader, newcomer: Reader) -> None:
    for command in (reader, newcomer):
        said = command("flagged", "--topic", "troop-withdrawal-talk")
        assert (said.code, said.out) == (2, "")
        assert 'did you mean "troop-withdrawal-talks"?' in said.err


def test_with_nothing_crawled_show_says_what_to_do(newcomer: Reader) -> None:
    said = newcomer("show", "s1234")
    assert said.code == 1
    assert NOTHING_YET in said.err


# -------------------------------------------------------------------------------------------------- show


def test_show_marks_the_evidence_and_adds_up_the_points(reader: Reader) -> None:
    identity = story(reader, TALKS.headline)
    said = reader("show", identity[:9])
    assert said.code == 0
    (verdict,) = json.loads(reader("show", identity, "--json").out)["articles"][0]["verdicts"]
    marks = {item["text"] for sentence in verdict["sentences"] for item in sentence["evidence"]}
    assert {"محادثات", "القوات"} <= marks
    assert all(any(mark in marked for marked in re.findall("⟦(.*?)⟧", said.out)) for mark in marks)
    assert said.lines[0].replace("⟦", "").replace("⟧", "") == TALKS.headline
    plain_text = said.out.replace("⟦", "").replace("⟧", "")
    assert TALKS.body.split("\n")[-1] in plain_text
    assert f"flagged, {verdict['score']:g} points of {verdict['threshold']:g} needed, main" in said.out
    words = [item["text"] for item in verdict["facet_evidence"] if item["value"] == "العراق"]
    assert words
    assert f"  theatre: العراق  ←  {'، '.join(words)}" in said.lines
    assert TALKS.url in said.out
    assert COPY.url in said.out


def test_show_sets_the_posts_of_an_article_apart_from_its_text(reader: Reader) -> None:
    identity = story(reader, TALKS.headline)
    lines = reader("show", identity).lines
    first, second = TALKS.embeds
    at = lines.index("Posts that the article shows")
    assert lines[at - 2].replace("⟦", "").replace("⟧", "") == TALKS.body.split("\n")[-1]
    assert lines[at + 1 : at + 6] == [
        f"  {first.handle} {first.date_raw} {first.url}",
        *(f"  | {line}" for line in first.text.split("\n")),
        f"  {second.handle} {second.url}",
        "",
    ]
    assert json.loads(reader("show", identity, "--json").out)["articles"][0]["embeds"][0]["handle"] == first.handle


def test_show_takes_an_article_too_and_prints_json(reader: Reader) -> None:
    identity = story(reader, TALKS.headline)
    found = json.loads(reader("show", identity, "--json").out)
    assert found["story"] == identity
    (article,) = found["articles"]
    assert article["body"] == TALKS.body
    assert [one["relation"] for one in found["sightings"]] == ["new", "exact"]
    assert reader("show", article["article"]).out == reader("show", identity).out


def test_nothing_of_the_web_acts_on_the_terminal(reader: Reader) -> None:
    said = reader("show", story(reader, HOSTILE.headline))
    assert not set(said.out) & {"\x1b", "\u202e", "\u202c", "\x07"}
    assert "مقلوب" in said.out
    found = reader("show", story(reader, HOSTILE.headline), "--json").out
    assert not set(found) & {"\x1b", "\u202e"}
    assert json.loads(found)["articles"][0]["body"] == HOSTILE.body, "JSON loses nothing"


def test_an_unknown_id_suggests_the_nearest(reader: Reader) -> None:
    identity = story(reader, TALKS.headline)
    said = reader("show", identity[:-2] + ("00" if identity[-2:] != "00" else "11"))
    assert said.code == 2
    assert f"Did you mean {identity}?" in said.err
    assert reader("show", "خبر").code == 2
    assert "is no id" in reader("show", "خبر").err
    assert "several" in reader("show", "s").err


# ----------------------------------------------------------------------------------------------- explain


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://rasid.example/never-told", "Unknown"),
        (PENDING.url, "Pending: known, not fetched yet"),
        (OLD.url, "Noted as old"),
        (ROBOTS.url, "robots.txt asks not to read it (refused_by_robots)"),
        (GONE.url, "has removed it (410) (gone)"),
        (EMPTY.url, "Read, but no article"),
        (COPY.url, f"An exact copy of {TALKS.url} (rasid)"),
        (TALKS.url.removeprefix("https://"), "Flagged by troop-withdrawal-talks."),
        (TALKS.url + "?utm_source=x#top", "Flagged by troop-withdrawal-talks."),
        ("javascript://x", "no address of the web"),
    ],
)
def test_explain_says_what_became_of_an_address(reader: Reader, url: str, words: str) -> None:
    said = reader("explain", url)
    assert (said.code, said.err) == (0, "")
    assert words in said.out


@pytest.mark.parametrize("url", [OLD.url, "https://rasid.example/not/told?a=1&b=2"])
def test_explain_says_how_to_read_what_was_not_fetched(reader: Reader, url: str) -> None:
    assert f"./run scrapy crawl page -a url={shlex.quote(url)}" in reader("explain", url).out


def test_explain_names_rules_and_words(reader: Reader) -> None:
    said = reader("explain", TALKS.url)
    assert "⟦محادثات⟧" in said.out
    (verdict,) = json.loads(reader("show", story(reader, TALKS.headline), "--json").out)["articles"][0]["verdicts"]
    for sentence in verdict["sentences"]:
        for name, points in sentence["parts"]:
            assert f"{points:+g}  {name}" in said.out
        for item in sentence["evidence"]:
            assert f"{item['text']}  ←  {item['concept']}, rule {item['rule']}" in said.out


def test_explain_judges_again_what_was_not_flagged_and_says_what_was_missing(reader: Reader) -> None:
    said = reader("explain", SPORT.url)
    assert "Not flagged by any topic." in said.lines[0]
    assert "found: nothing that counts" in said.out
    assert "missing: " in said.out
    assert "0 points of 3 needed\n" in said.out, "no grade: that is how much of a flagged story is about the topic"


# ---------------------------------------------------------------------------------- runs, health, the rest


def test_the_ledger_of_runs_adds_up(reader: Reader) -> None:
    (run,) = json.loads(reader("runs", "--format", "json").out)
    assert run["state"] == "done"
    assert run["found"] == run["new"] + run["reopened"] + run["known"] + run["noted"] + run["unusable"]
    assert (run["stored"], run["duplicates"], run["failed"], run["refused"]) == (4, 1, 2, 1)
    assert run["failed"] + run["refused"] + run["put_off"] == sum(run["reasons"].values())
    assert "gone ×1" in reader("runs").out


def test_health_of_outlets_that_were_never_asked(newcomer: Reader) -> None:
    said = newcomer("health", "--format", "json")
    assert said.code == 0
    found = json.loads(said.out)
    assert {one["condition"] for one in found} <= {"never answered", "off"}
    assert all(one["why_off"] for one in found if one["condition"] == "off")


def test_settings_tell_value_and_origin_and_no_secret(newcomer: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRQAB_REDIS_URL", "redis://me:hush@127.0.0.1:1/0")
    said = newcomer("--set", "crawl.delay_s=7", "settings", "--format", "json")
    found = {row["name"]: row for row in json.loads(said.out)}
    assert (found["crawl.delay_s"]["value"], found["crawl.delay_s"]["origin"]) == ("7.0", "command line")
    assert "hush" not in said.out
    assert "MIRQAB_REDIS_URL" in found["redis.url"]["origin"]


def test_every_mistake_of_a_configuration_is_told_at_once(newcomer: Reader) -> None:
    said = newcomer("--set", "crawl.delay=7", "--set", "web.port=x", "settings")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 2
    assert "crawl.delay_s" in said.err
    assert "Traceback" not in said.err


def test_outlets_and_topics_are_listed(newcomer: Reader) -> None:
    outlets = json.loads(newcomer("outlets", "--format", "json").out)
    wires = json.loads(newcomer("outlets", "--kind", "wire", "--format", "json").out)
    assert wires == [one for one in outlets if one["kind"] == "wire"]
    assert newcomer("outlets", "--kind", "blog").code == 2
    (topic,) = json.loads(newcomer("topics", "--format", "json").out)
    assert topic["id"] == "troop-withdrawal-talks"
    assert "theatre" in topic["facets"]


def test_topic_check_runs_the_examples(newcomer: Reader, tmp_path_factory: pytest.TempPathFactory) -> None:
    said = newcomer("topic", "check", "config/topics/troop-withdrawal-talks.yaml")
    assert said.code == 0
    assert re.search(r"yaml is right: \d+ examples as expected", said.lines[-1])
    assert "flagged, " not in said.out
    every = newcomer("topic", "check", "config/topics/troop-withdrawal-talks.yaml", "--examples")
    assert re.search(r"yaml:\d+: flagged, \d", every.out)
    assert every.lines[-1] == said.lines[-1]
    bad = tmp_path_factory.mktemp("topics") / "bad.yaml"
    bad.write_text("معرّف: bad\nمفهوم: x\n", encoding="utf-8")
    said = newcomer("topic", "check", str(bad), "config/topics/troop-withdrawal-talks.yaml")
    assert said.code == 2
    assert "is right" in said.out, "the other file is checked all the same"
    assert f"{bad}:" in said.err


def test_help_version_and_wrong_commands(newcomer: Reader) -> None:
    assert newcomer("--version").out.startswith("mirqab ")
    assert "explain" in newcomer().out
    said = newcomer("flaged")
    assert said.code == 2
    assert said.err.startswith("mirqab: ")
    assert "Traceback" not in said.err


def test_arabic_goes_out_in_any_locale(filled: Command) -> None:
    assert TALKS.headline in filled("flagged", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0").out


def test_what_is_asked_wrong_ends_without_a_traceback(filled: Command) -> None:
    said = filled("show", "s0")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("mirqab: There is no story s0.")
    assert "Traceback" not in said.err
