"""The outlets of a large file are read once; whatever is odd about what was kept, the file is read again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mirqab.declarations import load_outlets
from mirqab.declarations.cache import MIN_BYTES, OutletCache
from mirqab.errors import ConfigurationError
from mirqab.settings import CODE_ROOT, Settings
from mirqab.types import Outlet
from tests.declarations.declaring import OUTLET, write

MORE = """\
      - url: https://marfa.example/{id}/map
        kind: sitemap
      - url: https://marfa.example/{id}/latest
        kind: section
        links: h3 > a
    backfill:
      - url: https://marfa.example/{id}/all
        kind: section
    delay_s: 2.5
    poll_floor_s: 400
    verify_tls: false
"""
WORDS = "# who we read, and why\n" * 1500


def many(count: int) -> str:
    """Return a file of outlets that use every key, and of as many words as it takes to be kept."""
    one = (OUTLET.partition("outlets:\n")[2] + MORE).replace("country: iq", "country: iq\n    enabled: {on}")
    return "outlets:\n" + "".join(one.format(id=f"o{number}", on="true") for number in range(count)) + WORDS


@pytest.fixture
def large(declared: Settings) -> Settings:
    """A deployment whose outlets are enough to be kept."""
    write(declared, "outlets.yaml", many(9))
    assert (declared.config / "outlets.yaml").stat().st_size > MIN_BYTES
    return declared


@pytest.fixture
def kept(large: Settings) -> Path:
    """The file of its cache, written."""
    load(large)
    (path,) = large.cache_folder.iterdir()
    return path


def load(settings: Settings) -> tuple[tuple[Outlet, ...], bool]:
    """Return the outlets, and whether YAML was read for them."""
    told: list[float] = []
    outlets = load_outlets(settings, progress=told.append)
    return outlets, bool(told)


def test_the_second_time_no_yaml_is_read_and_the_outlets_are_the_same(large: Settings) -> None:
    first, read = load(large)
    assert read
    again, read = load(large)
    assert not read
    assert again == first
    assert again[7].feeds[2].links == "h3 > a"
    assert again[7].feeds[0].last_answered == first[7].feeds[0].last_answered


def test_a_small_file_leaves_nothing_behind(declared: Settings) -> None:
    write(declared, "outlets.yaml", many(9).replace(WORDS, ""))
    assert load(declared)[1]
    assert load(declared)[1]
    assert not declared.home.exists()


def test_neither_yaml_nor_checks_are_imported_for_what_is_kept(large: Settings, kept: Path) -> None:
    code = (
        "import sys; from mirqab.declarations import load_outlets; from mirqab.settings import load_settings\n"
        "assert len(load_outlets(load_settings())) == 9\n"
        "print([name for name in ('ruamel.yaml', 'pydantic', 'lxml') if name in sys.modules])"
    )
    environ = {**os.environ, "MIRQAB_CONFIG": str(large.config), "MIRQAB_HOME": str(large.home)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


# -------------------------------------------------------------------------------------- what makes it be read


def test_a_changed_file_is_read(large: Settings, kept: Path) -> None:
    before = (large.config / "outlets.yaml").stat()
    write(large, "outlets.yaml", many(9).replace("name_en: Harbour", "name_en: Barbour", 1))
    # neither its size nor its time need differ
    os.utime(large.config / "outlets.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))
    outlets, read = load(large)
    assert read
    assert outlets[0].name_en == "Barbour Paper"


def test_a_setting_that_decides_is_no_longer_the_same(large: Settings, kept: Path) -> None:
    assert not load(dataclasses.replace(large, crawl_delay_s=9.0))[1]
    assert load(dataclasses.replace(large, poll_floor_s=10.0))[1]
    with pytest.raises(ConfigurationError, match=r"poll_floor_s: expected at most 350, the setting poll\.ceiling_s"):
        load(dataclasses.replace(large, poll_ceiling_s=350.0))


def test_another_version_reads_the_file(large: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirqab.__version__", "99.0.0")
    assert load(large)[1]


def test_other_code_reads_the_file(
    large: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = tmp_path / "code"
    for name in ("declarations", "documents", "types"):
        (copy / "mirqab" / name).mkdir(parents=True)
    from mirqab.declarations import cache

    for name in cache._DECIDING:
        (copy / "mirqab" / name).write_bytes((CODE_ROOT / "mirqab" / name).read_bytes())
    monkeypatch.setattr(cache, "CODE_ROOT", copy)
    assert not load(large)[1]  # the same code in another place
    with (copy / "mirqab" / "declarations" / "checks.py").open("a") as file:
        file.write("\n")
    assert load(large)[1]


def test_every_file_that_decides_is_there() -> None:
    from mirqab.declarations import cache

    missing = [name for name in cache._DECIDING if not (CODE_ROOT / "mirqab" / name).is_file()]
    assert not missing, "a renamed file switches the cache off without a word"


def test_a_time_zone_that_this_machine_no_longer_has_is_told(
    large: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mirqab.declarations import checks

    def none(_zone: str) -> None:
        raise KeyError

    monkeypatch.setattr(checks, "ZoneInfo", none)
    checks._zone_problem.cache_clear()
    with pytest.raises(ConfigurationError, match=r"outlets\.0\.timezone: expected a time zone"):
        load(large)
    checks._zone_problem.cache_clear()


def damage(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return apply


def rewritten(change: Callable[[list[list[object]]], object]) -> Callable[[Path], None]:
    """Damage that keeps the hash right, as only a writer of ours could."""

    def apply(path: Path) -> None:
        head, _, rest = path.read_bytes().partition(b"\n")
        rows = json.loads(rest)
        rest = json.dumps(change(rows)).encode()
        told = json.loads(head) | {"checksum": hashlib.blake2b(rest, digest_size=16).hexdigest()}
        path.write_bytes(json.dumps(told).encode() + b"\n" + rest)

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        damage(lambda _: b""),
        damage(lambda body: body[: len(body) // 2]),
        damage(lambda body: body.replace(b"marfa.example", b"evil1.example")),
        damage(lambda body: body.replace(b"checksum", b"chekcsum")),
        damage(lambda _: b"\x00" * 5000),
        damage(lambda body: body.partition(b"\n")[0] + b"\n" + b"[" * 100_000),
        rewritten(lambda rows: [row[:-1] for row in rows]),
        rewritten(lambda rows: [[*row, 1] for row in rows]),
        rewritten(lambda rows: [[*row[:4], "blog", *row[5:]] for row in rows]),
        rewritten(lambda _: {"a": 1}),
        rewritten(lambda _: [None]),
        rewritten(lambda _: 5),
        lambda path: path.chmod(0o666),
        lambda path: path.chmod(0o660),
        lambda path: path.rename(path.with_name("other")) and path.symlink_to(path.with_name("other")),
        lambda path: path.unlink() or path.mkdir(),
        lambda path: path.unlink() or os.mkfifo(path),  # type: ignore[func-returns-value]
    ],
)
def test_whatever_is_odd_about_it_the_file_is_read(
    large: Settings, kept: Path, spoil: Callable[[Path], object]
) -> None:
    before = load(large)[0]
    spoil(kept)
    began = time.monotonic()
    assert load(large) == (before, True)
    assert time.monotonic() - began < 10
    assert not list(kept.parent.glob("*.part"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_somebody_else_wrote_is_not_believed(large: Settings, kept: Path) -> None:
    os.chown(kept, 12345, 12345)
    assert load(large)[1]
    assert kept.stat().st_uid == 0
    assert not load(large)[1]


def test_where_nothing_can_be_written_the_file_is_read_every_time(large: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    closed = dataclasses.replace(large, home=tmp_path / "file" / "home")
    assert load(closed)[1]
    assert load(closed)[1]


def test_a_wrong_file_is_never_kept(large: Settings) -> None:
    write(large, "outlets.yaml", many(9).replace("country: iq", "country: Iraq", 1))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"outlets\.yaml:5: outlets\.0\.country"):
            load(large)
    assert not large.cache_folder.exists()


def test_two_deployments_in_one_home_do_not_take_turns(large: Settings, tmp_path: Path) -> None:
    other = dataclasses.replace(large, config=tmp_path / "other")
    other.config.mkdir()
    write(other, "outlets.yaml", many(12))
    for settings in (large, other):
        assert load(settings)[1]
    for settings in (large, other):
        assert not load(settings)[1]


def test_processes_that_start_at_once_all_get_the_outlets(large: Settings) -> None:
    code = (
        "from mirqab.declarations import load_outlets; from mirqab.settings import load_settings\n"
        "print(len(load_outlets(load_settings())))"
    )
    environ = {**os.environ, "MIRQAB_CONFIG": str(large.config), "MIRQAB_HOME": str(large.home)}
    children = [
        subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [child.communicate(timeout=120)[0] for child in children] == ["9\n"] * 4
    assert len(list(large.cache_folder.iterdir())) == 1
    assert not load(large)[1]


def test_progress_goes_from_nothing_to_nearly_all(declared: Settings) -> None:
    write(declared, "outlets.yaml", many(200))
    told: list[float] = []
    load_outlets(declared, progress=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert 0.5 < told[-1] < 1
    assert len(told) > 2


def test_a_file_beyond_all_bounds_is_refused_unread(declared: Settings) -> None:
    with (declared.config / "outlets.yaml").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(ConfigurationError, match=r"outlets\.yaml: is larger than 16 MiB"):
        load_outlets(declared)


def test_the_cache_says_what_it_is_good_for(large: Settings, kept: Path) -> None:
    path = large.config / "outlets.yaml"
    cache = OutletCache(large, path=path, body=path.read_bytes())
    assert cache.path == kept
    assert kept.stat().st_mode & 0o777 == 0o600
    assert cache.read() is not None
    assert OutletCache(large, path=path, body=path.read_bytes() + b"\n").read() is None
