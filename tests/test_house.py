"""The house itself: its layout, its locks, and what must never be committed."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import mirqab
from mirqab.settings import CODE_ROOT

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """The files of the repository, as git knows them; in a copy without git, all but what `.gitignore` names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("no git here, or not a checkout: which files are tracked is not known")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_everything_is_where_a_newcomer_is_told_it_is() -> None:
    for name in (
        "run", ".ci/run", "scrapy.cfg", "pyproject.toml", "requirements.lock", "requirements-dev.lock",
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE",
        "config/mirqab.yaml", "config/outlets.yaml", "config/schedule.yaml", "config/topics",
        "crawler/settings.py", "crawler/spiderloader.py", "pipelines/extract.py", "pipelines/dedupe.py",
        "pipelines/flag.py", "pipelines/store.py", "mirqab", "demo", "tests", "benchmarks",
        "docs/guide.md", "docs/architecture.md", "docs/glossary.md", "docs/operate.md",
    ):  # fmt: skip
        assert (ROOT / name).exists(), name


def test_the_declarations_hold_no_python() -> None:
    # scrapy.cfg's folder is on the path: a Python file here would make `config` a package of ours
    assert not list((ROOT / "config").rglob("*.py"))


def test_crawler_and_pipelines_are_ours(tmp_path: Path, child_environ: Callable[..., dict[str, str]]) -> None:
    code = "import crawler, pipelines, mirqab; print(crawler.__file__, pipelines.__file__, mirqab.__file__, sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=child_environ(), capture_output=True, text=True, check=True
    )
    for name in found.stdout.splitlines():
        assert Path(name).is_relative_to(ROOT)
    assert CODE_ROOT == ROOT


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == mirqab.__version__
    assert f"## [{mirqab.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_test_cannot_leave_this_machine(refused_connections: list[str]) -> None:
    for leave in (
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
        lambda: socket.getaddrinfo("outlet.example", 443),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
    ):
        with pytest.raises(OSError, match="do not leave this machine"):
            leave()
    assert len(refused_connections) == 3
    refused_connections.clear()  # or this test would fail for having tried
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    assert not refused_connections


# ------------------------------------------------------------------------------------------------ the locks


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_by_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^(--index|--extra-index|--find-links|-i |-f )", text, flags=re.MULTILINE)
    requirements = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(requirements) >= 40
    for requirement in requirements:
        assert "==" in requirement.partition("\n")[0]
        assert "--hash=sha256:" in requirement, requirement[:80]


def test_the_development_lock_holds_all_of_the_other() -> None:
    # so that one .venv serves both, and tests run what a user runs
    running, testing = pins("requirements.lock"), pins("requirements-dev.lock")
    assert running.items() <= testing.items()
    assert not {"pytest", "ruff", "mypy", "playwright"} & running.keys()


def test_what_the_project_needs_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = {name.replace("_", "-").replace(".", "-") for name in pins("requirements-dev.lock")}
    for need in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]:
        name = re.split(r"[^A-Za-z0-9._-]", need)[0].lower().replace("_", "-").replace(".", "-")
        assert name in locked, need


# --------------------------------------------------------------------------------------- what is not committed


def test_no_file_names_a_package_index_or_a_machine(tracked: list[Path]) -> None:
    # a lock or a config with an index's address sends every newcomer to a place that may not be theirs
    patterns = [
        re.compile(r"(pypi\.org|pythonhosted\.org)", re.IGNORECASE),
        re.compile(r"(?<![\w.])/(home|Users)/[a-z]\w*/"),
        re.compile(r"(?<![\w.])/(root|work|opt|mnt|srv)/[\w.]+"),
    ]
    for path in tracked:
        if path == Path(__file__):  # names them to look for them
            continue
        text = path.read_bytes().decode("utf-8", "ignore")
        for pattern in patterns:
            found = pattern.search(text)
            assert found is None, f"{path.relative_to(ROOT)}: {found and found[0]}"


def test_nothing_large_or_private_is_committed(tracked: list[Path]) -> None:
    for path in tracked:
        name = path.relative_to(ROOT).as_posix()
        assert not name.startswith(("var/", ".venv")), name
        assert path.suffix not in (".sqlite", ".rdb", ".aof", ".warc", ".gz", ".whl", ".pyc"), name
        assert path.stat().st_size < 1024 * 1024, name


def test_no_file_of_ours_is_two_ideas(tracked: list[Path]) -> None:
    # about 400 lines is when a module becomes a package, 600 is too much
    for path in tracked:
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ("mirqab", "crawler", "pipelines"):
            lines = path.read_text(encoding="utf-8").count("\n")
            assert lines <= 600, f"{path.relative_to(ROOT)} has {lines} lines"
