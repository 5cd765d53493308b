"""The documents tell the truth: their commands run, their declarations load, their tables are the code's."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from demo.web import DemoWeb
from mirqab.declarations import load_outlets, load_schedule, load_topic_documents
from mirqab.declarations.outlet_file import OutletFile
from mirqab.documents import parse_document
from mirqab.documents.validation import known_keys
from mirqab.settings import SETTINGS, load_settings
from mirqab.types import Reason

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))

# fenced blocks may stand inside a list; what stands right above one, in a comment, is said to this test
_BLOCK = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*) -->\n)?^(?P<indent> *)```(?P<kind>\w+)\n(?P<text>.*?)^(?P=indent)```$",
    flags=re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its kind, its lines, and the comment above it."""

    page: str
    kind: str
    lines: tuple[str, ...]
    note: str

    def __str__(self) -> str:
        return f"{self.page}: {self.lines[0][:40]}"


def blocks(kind: str) -> list[Block]:
    found = []
    for page in PAGES:
        for match in _BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
            indent = len(match["indent"])
            lines = tuple(line[indent:] for line in match["text"].splitlines())
            if match["kind"] == kind:
                found.append(Block(page, kind, lines, match["note"] or ""))
    return found


# ----------------------------------------------------------------------------------------------- the commands


UNDECLARED = "sidra"  # the outlet of the demo that the pages declare by hand


class Place:
    """A folder in which the commands of a page are typed: a `run`, the declarations with the demo's outlets, a home."""

    def __init__(self, folder: Path, web: DemoWeb) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "config", folder / "config")
        self._declare(web)
        self._typed: dict[str, tuple[int, str, str]] = {}
        self._make_run()
        story = next(iter(web.stories))
        self._save(web.url(story), "page.html")
        self._save(web.feed_urls(web.stories[story].outlet)[0], "feed.xml")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIRQAB_", "REDIS_URL"))}
        self.environ = {
            **kept,
            "MIRQAB_HOME": str(folder / "home"),
            "MIRQAB_CONFIG": str(folder / "config"),
            "MIRQAB_CRAWL_ALLOW_HOSTS": "127.0.0.0/8",
            "MIRQAB_CRAWL_DELAY_S": "0.02",
            "COLUMNS": "120",
        }

    def _declare(self, web: DemoWeb) -> None:
        declared = YAML().load(web.outlets_yaml())
        declared["outlets"] = [outlet for outlet in declared["outlets"] if outlet["id"] != UNDECLARED]
        with (self.folder / "config" / "outlets.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(declared, file)
        self._home_page = f"{web.origin(UNDECLARED)}/"

    def _make_run(self) -> None:
        """The real `run` where its .venv is ready; else (a checkout without one) what it would start."""
        stamp = ROOT / ".venv" / "installed-dev.lock"
        path = self.folder / "run"
        if stamp.exists() and filecmp.cmp(stamp, ROOT / "requirements-dev.lock", shallow=False):
            path.symlink_to(ROOT / "run")
            return
        path.write_text(
            f"#!/bin/sh\nexport PYTHONPATH='{ROOT}' PYTHONSAFEPATH=1\n"
            'case "$1" in scrapy) shift; export SCRAPY_SETTINGS_MODULE=crawler.settings; module=crawler ;;\n'
            "*) module=mirqab ;; esac\n"
            f'exec \'{sys.executable}\' -m "$module" "$@"\n',
            encoding="utf-8",
        )
        path.chmod(0o755)

    def _save(self, url: str, name: str) -> None:
        with urllib.request.urlopen(url) as answer:
            (self.folder / name).write_bytes(answer.read())

    def type_once(self, command: str) -> tuple[int, str, str]:
        """Run a line, unless another page had it run in this place already."""
        if command not in self._typed:
            self._typed[command] = self.type(command)
        return self._typed[command]

    def type(self, command: str) -> tuple[int, str, str]:
        """Run a line as a person would type it, with HOMEPAGE, STORY and ADDRESS filled in."""
        command = command.replace("HOMEPAGE", self._home_page)
        if "STORY" in command or "ADDRESS" in command:
            listed = self.type("./run flagged --format jsonl --limit 1")[1]
            first = json.loads(listed.splitlines()[0])
            command = command.replace("STORY", first["story"]).replace("ADDRESS", first["url"])
        result = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return result.returncode, result.stdout, result.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with DemoWeb(slow_s=0.1) as web:
        yield Place(tmp_path_factory.mktemp("docs"), web)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_do_what_it_says(page: str, place: Place) -> None:
    for block in blocks("console"):
        if block.page != page or block.note.startswith("not run:"):
            continue
        for line in block.lines:
            assert line.startswith("$ "), f"{block}: a line of a console block starts with $"
            code, out, err = place.type_once(line.removeprefix("$ "))
            # the demo web has a feed in error on purpose, which a crawl and health say with 3
            allowed = (0, 3) if re.search(r"\./run (crawl|health)", line) else (0,)
            assert code in allowed, f"{line}\n{out}\n{err}"
            assert out.strip(), f"{line}: printed nothing\n{err}"
            assert "Traceback" not in err


def test_only_what_cannot_run_here_is_not_run() -> None:
    for block in blocks("console"):
        if block.note.startswith("not run:"):
            assert len(block.note) > len("not run: ") + 10, f"{block}: say why"
        else:
            assert not re.search(r"\./run (up|serve|test|demo|bench)\b", "\n".join(block.lines)), block


def test_every_command_that_is_named_exists(place: Place) -> None:
    out = place.type("./run --help")[1]
    commands = set(re.findall(r"^[ │]+([a-z]+)  ", out, flags=re.MULTILINE))
    assert {"crawl", "flagged", "explain", "settings"} <= commands
    own = {"demo", "test", "bench", "scrapy", "help"}
    for page in PAGES:
        for named in re.findall(r"\./run ([a-z]+)", (ROOT / page).read_text(encoding="utf-8")):
            assert named in commands | own, f"{page} names ./run {named}"


# -------------------------------------------------------------------------------------------- the declarations


# docs/topics.md explains one kind of file, in parts, and has tests of its own beside those of the topics
@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block.page != "docs/topics.md"], ids=str)
def test_an_example_of_a_declaration_loads(block: Block, tmp_path: Path) -> None:
    named = re.fullmatch(r"# (config/\S+\.yaml)", block.lines[0])
    assert named, f"{block}: its first line names the file"
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / named[1]).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    settings = load_settings(environ={"MIRQAB_CONFIG": str(tmp_path / "config"), "MIRQAB_HOME": str(tmp_path / "home")})
    assert load_outlets(settings)
    assert load_schedule(settings)
    assert load_topic_documents(settings)


# -------------------------------------------------------------------------------------------------- the tables


def test_every_key_of_an_outlet_is_in_its_table_and_in_the_full_example() -> None:
    text = (ROOT / "docs" / "outlets.md").read_text(encoding="utf-8")
    full = next(block for block in blocks("yaml") if block.page == "docs/outlets.md")
    outlet = parse_document("\n".join(full.lines).encode(), path="outlets.md").content["outlets"][1]
    for title, path, example in (
        ("## Keys of an outlet", ("outlets", 0), outlet),
        ("## Keys of a source", ("outlets", 0, "feeds", 0), {key: 1 for feed in outlet["feeds"] for key in feed}),
    ):
        keys = known_keys(OutletFile, path)
        table = text.partition(title)[2].partition("\n#")[0]
        assert re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE) == keys
        assert set(example) == set(keys), "the full example of docs/outlets.md uses every key"


def table_of_settings() -> str:
    rows = ["| setting | what it is | default | meaning |", "|---|---|---|---|"]
    for setting in SETTINGS:
        name = f"`{setting.name}`" + (" (secret)" if setting.secret else "")
        rows.append(f"| {name} | {setting.type} | {setting.default} | {setting.help} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_the_codes() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert table_of_settings() in text, f"put this into docs/operate.md:\n{table_of_settings()}"


def test_the_table_of_reasons_is_the_codes() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition("## Reasons")[2]
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) == [reason.value for reason in Reason]


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", text)):
            if target.startswith("http"):
                continue
            path = (ROOT / page).parent / target if target else ROOT / page
            assert path.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
                assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, f"{page}: #{anchor}"


def test_the_number_of_outlets_is_the_one_that_is_told() -> None:
    outlets = load_outlets(load_settings(environ={}))
    enabled = sum(outlet.enabled for outlet in outlets)
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"- {len(outlets)} outlets, {enabled} of them with a documented feed." in changes
    assert f"the {len(outlets)} outlets" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
