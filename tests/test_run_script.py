"""The `run` script, with real virtual environments of tiny locks in folders of the tests' own; no network."""

from __future__ import annotations

import base64
import hashlib
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE_PYTHON = os.path.realpath(sys.executable)
MAIN = "import os, sys; print(sys.argv[1:], os.getcwd(), sys.prefix); sys.exit(7 if 'seven' in sys.argv else 0)"


def make_wheel(folder: Path, version: str) -> str:
    """Write a wheel of one module and return its line for a lock."""
    path = folder / f"probe-{version}-py3-none-any.whl"
    inside = f"probe-{version}.dist-info"
    files = {
        "probe.py": f"version = '{version}'\n",
        f"{inside}/METADATA": f"Metadata-Version: 2.1\nName: probe\nVersion: {version}\n",
        f"{inside}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(text)}\n"
        wheel.writestr(f"{inside}/RECORD", record + f"{inside}/RECORD,,\n")
    return f"probe=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Project:
    """A folder with the real `run`, tiny locks and a program that prints how it was called."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.wheels = wheels
        (folder / "mirqab").mkdir(parents=True)
        shutil.copy(ROOT / "run", folder / "run")
        (folder / "mirqab" / "__init__.py").touch()
        (folder / "mirqab" / "__main__.py").write_text(MAIN, encoding="utf-8")
        self.write_locks("", "# tests\n")

    def write_locks(self, running: str, testing: str) -> None:
        (self.folder / "requirements.lock").write_text(running, encoding="utf-8")
        (self.folder / "requirements-dev.lock").write_text(testing, encoding="utf-8")

    def environ(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MIRQAB_", "PIP_", "PYTHON", "CI"))
        }
        ours = {
            "MIRQAB_PYTHON": BASE_PYTHON,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_RETRIES": "0",
        }
        return {**kept, **ours, **more}

    def start(self, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.folder / "run"), *arguments],
            cwd=cwd or self.folder,
            env=self.environ(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, cwd: Path | None = None, **more: str) -> tuple[int, str, str]:
        process = self.start(*arguments, cwd=cwd, **more)
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    def ask(self, code: str) -> str:
        python = self.folder / ".venv" / "bin" / "python"
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    return Project(tmp_path / "مرقاب and spaces" / "checkout", wheels)


# --------------------------------------------------------------------------------------------- the good way


@dataclass(frozen=True)
class Started:
    """A project that was started once, and what it said."""

    project: Project
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Started:
    folder = tmp_path_factory.mktemp("first")
    project = Project(folder / "مرقاب and spaces" / "checkout", folder)
    return Started(project, *project.run("flagged", "--since", "7 d", "أ"))


def test_the_first_start_sets_up_and_the_second_only_starts(started: Started, tmp_path: Path) -> None:
    project, code, out, err = started.project, started.code, started.out, started.err
    assert (code, err.splitlines()) == (
        0,
        [f"Setting up Mirqab in {project.folder}/.venv (once; a minute or two)", "Ready."],
    )
    assert out == f"{['flagged', '--since', '7 d', 'أ']} {project.folder} {project.folder}/.venv\n"

    # from elsewhere, through a link of a link, and the exit code is the program's
    (tmp_path / "bin").mkdir()
    (tmp_path / "link").symlink_to(project.folder / "run")
    (tmp_path / "bin" / "mirqab").symlink_to("../link")
    result = subprocess.run(
        [tmp_path / "bin" / "mirqab", "seven"],
        cwd=tmp_path,
        env=project.environ(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (7, "")
    assert result.stdout.split()[1] == str(tmp_path)
    assert list((project.folder / "mirqab").glob("__pycache__/*.pyc"))

    # without MIRQAB_PYTHON no Python is even looked for
    python = str(project.folder / ".venv" / "bin" / "python")
    whole = min(_cpu_seconds(project, str(project.folder / "run"), "x") for _ in range(5))
    alone = min(_cpu_seconds(project, python, "-m", "mirqab") for _ in range(5))
    assert whole - alone < 0.05


def _cpu_seconds(project: Project, *command: str) -> float:
    """What a command costs, its own children included; other work on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environ = project.environ(MIRQAB_PYTHON="", PYTHONUTF8="1")
    subprocess.run(command, cwd=project.folder, env=environ, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_module_in_the_callers_folder_is_not_taken_for_ours(started: Started, tmp_path: Path) -> None:
    (tmp_path / "mirqab").mkdir()
    (tmp_path / "mirqab" / "__main__.py").write_text("print('foreign')", encoding="utf-8")
    code, out, _ = started.project.run("x", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert code == 0
    assert out.startswith("['x']")


def test_the_environment_follows_the_locks(project: Project) -> None:
    first, second = make_wheel(project.wheels, "1.0"), make_wheel(project.wheels, "2.0")
    project.write_locks("", "# nothing yet\n")
    assert project.run("x")[0] == 0
    marker = project.folder / ".venv" / "marker"
    marker.touch()

    # tests add to what is there; a plain command is content with either
    project.write_locks("", first)
    code, _, err = project.run("bench")
    assert (code, "Adding" in err) == (2, False), "what there is, is told before anything is installed"
    (project.folder / "benchmarks").mkdir()
    (project.folder / "benchmarks" / "none.py").touch()
    code, _, err = project.run("bench", "none")
    assert code == 0
    assert "Adding what tests and benchmarks need" in err
    assert project.ask("import probe; print(probe.version)") == "1.0"
    assert marker.exists()
    assert project.run("x")[2] == ""

    # a changed lock makes it anew
    project.write_locks(second, second + "# tests\n")
    code, _, err = project.run("x")
    assert code == 0
    assert "Setting up" in err
    assert project.ask("import probe; print(probe.version)") == "2.0"
    assert not marker.exists()


def test_starts_at_one_time_share_one_set_up(project: Project) -> None:
    processes = [project.start("x", str(number)) for number in range(3)]
    said = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum("Setting up" in err for _, err in said) == 1
    assert not list(project.folder.glob(".venv.*"))


def test_a_killed_set_up_is_taken_over(project: Project) -> None:
    process = project.start("x")
    lock = project.folder / ".venv.lock"
    _wait_until(lambda: (lock / "log").exists() and (project.folder / ".venv").exists())
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert lock.exists()
    code, _, err = project.run("x")
    assert code == 0
    assert "Setting up" in err
    assert not list(project.folder.glob(".venv.*"))


@pytest.mark.full
def test_a_set_up_that_is_broken_off_leaves_no_lock(project: Project) -> None:
    process = project.start("x")
    _wait_until(lambda: (project.folder / ".venv.lock" / "log").exists())
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert not list(project.folder.glob(".venv.*"))


def _wait_until(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


# -------------------------------------------------------------------------------------------- what is missing


def fake_python(folder: Path, name: str, answer: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder for PATH that holds what a small system has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (
        "sh",
        "dirname",
        "readlink",
        "cat",
        "cmp",
        "mkdir",
        "rm",
        "mv",
        "cp",
        "sleep",
        "tail",
        "sed",
        "grep",
        "cut",
    ):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def test_without_python_it_says_what_to_type(project: Project, bare_path: Path) -> None:
    code, out, err = project.run("x", PATH=str(bare_path), MIRQAB_PYTHON="")
    assert (code, out) == (1, "")
    assert "it needs Python 3.11, 3.12 or 3.13" in err
    assert "apt-get install python3 python3-venv" in err
    assert not list(project.folder.glob(".venv*"))


def test_a_shim_that_does_not_work_and_an_old_python_are_passed_over(project: Project, bare_path: Path) -> None:
    fake_python(bare_path, "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    fake_python(bare_path, "python3.12", "echo 3.12 venv,ensurepip /nowhere")
    fake_python(bare_path, "python3", "echo 3.10 ready /nowhere")
    code, _, err = project.run("x", PATH=str(bare_path), MIRQAB_PYTHON="")
    assert code == 1
    assert "not the part that makes virtual environments" in err
    assert "python3.12 is 3.12 without its module venv,ensurepip" in err
    assert "python3 is 3.10" in err
    assert "python3.13 is" not in err

    (bare_path / "python3.11").symlink_to(BASE_PYTHON)
    code, _, err = project.run("x", PATH=str(bare_path), MIRQAB_PYTHON="")
    expected = 0 if sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)) else 1
    assert code == expected, err


def test_a_named_python_is_used_or_refused(project: Project, tmp_path: Path) -> None:
    for path in (tmp_path / "no python", fake_python(tmp_path, "old", "echo 3.9 ready /nowhere")):
        code, _, err = project.run("x", MIRQAB_PYTHON=str(path))
        assert code == 1
        assert "MIRQAB_PYTHON must name a complete Python" in err
        assert str(path) in err


def test_packages_that_cannot_be_had_are_said_with_the_end_of_the_log(project: Project) -> None:
    project.write_locks(f"absent-thing==1.0 --hash=sha256:{'0' * 64}\n", "")
    code, _, err = project.run("x")
    assert code == 1
    assert "could not be set up: its packages were not installed" in err
    assert "absent-thing" in err
    assert f"All of it: {project.folder}/.venv/setup.log" in err
    assert not (project.folder / ".venv.lock").exists()
    assert not list((project.folder / ".venv").glob("installed-*")), "it starts over"


@pytest.mark.full
def test_an_index_that_does_not_answer_is_said_to_be_so(project: Project) -> None:
    project.write_locks(f"absent-thing==1.0 --hash=sha256:{'0' * 64}\n", "")
    # a port of this machine where nobody listens
    code, _, err = project.run("x", PIP_NO_INDEX="0", PIP_INDEX_URL="http://127.0.0.1:9/index", PIP_FIND_LINKS="")
    assert code == 1
    assert "the package index was not reached" in err


@pytest.mark.full
def test_a_package_that_is_not_what_the_lock_says_is_refused(project: Project) -> None:
    line = make_wheel(project.wheels, "1.0")
    project.write_locks(line[:-9] + "00000000\n", "")
    code, _, err = project.run("x")
    assert code == 1
    assert "HASHES" in err


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="mirqab-") as name:
        Path(name).chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_folder_of_somebody_else_is_said_to_be_so(open_folder: Path, tmp_path: Path) -> None:
    project = Project(open_folder / "checkout", tmp_path)
    result = subprocess.run(
        [project.folder / "run", "x"],
        cwd="/",
        env=project.environ(HOME="/nonexistent"),
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"you may not write to {project.folder}" in result.stderr


# ------------------------------------------------------------------------------------------------- the rest


def test_usage_needs_no_python(project: Project, bare_path: Path) -> None:
    for arguments in ((), ("help",), ("-h",)):
        code, out, err = project.run(*arguments, PATH=str(bare_path))
        assert (code, err) == (0, "")
        assert "./run demo" in out
    assert not (project.folder / ".venv").exists()


def test_progress_is_shown_on_a_terminal(project: Project) -> None:
    import pty

    project.write_locks(make_wheel(project.wheels, "1.0"), "")
    main, side = pty.openpty()
    process = subprocess.Popen(
        [project.folder / "run", "x"], env=project.environ(), stdin=side, stdout=side, stderr=side, close_fds=True
    )
    os.close(side)
    shown = b""
    while True:
        try:
            piece = os.read(main, 4096)
        except OSError:  # the other side is gone
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    assert process.wait(timeout=120) == 0
    assert b"of 1 packages" in shown or b"installing 1 packages" in shown
    assert b"Ready." in shown


def test_the_script_is_plain_posix_sh() -> None:
    for name in ("run", ".ci/run"):
        path = ROOT / name
        assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
        assert path.stat().st_mode & stat.S_IXUSR
        for shell in ("dash", "sh"):
            if shutil.which(shell):
                subprocess.run([shell, "-n", path], check=True)
    if shellcheck := shutil.which("shellcheck"):
        subprocess.run([shellcheck, ROOT / "run", ROOT / ".ci" / "run"], check=True)
