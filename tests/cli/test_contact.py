"""Who crawls says who they are: asked once, kept in config/mirqab.yaml with its comments."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.cli.contact import needs_contact, write_contact
from mirqab.settings import CODE_ROOT, load_settings
from mirqab.types import Feed, Outlet, OutletKind

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Environ


def outlet(*feeds: str) -> Outlet:
    return Outlet(
        id="rasid",
        name="راصد",
        name_en="Rasid",
        country="iq",
        kind=OutletKind.WIRE,
        timezone="UTC",
        home="https://rasid.example/",
        feeds=tuple(Feed(url=url) for url in feeds),
    )


def test_only_hosts_that_are_not_ones_own_need_a_contact() -> None:
    own = load_settings(environ={"MIRQAB_CRAWL_ALLOW_HOSTS": "127.0.0.0/8,intranet.example"})
    inside = outlet("http://127.0.0.5:81/rss", "http://intranet.example/rss")
    outside = outlet("http://127.0.0.5:81/rss", "https://rasid.example/rss")
    assert not needs_contact(own, [inside])
    assert needs_contact(own, [inside, outside])
    assert not needs_contact(load_settings(environ={"MIRQAB_CONTACT": "me@example.org"}), [outside])


def test_the_contact_is_written_and_everything_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "mirqab.yaml"
    file.write_text("# ours\n\ncrawl:\n  delay_s: 3   # slow host\n  first_poll_days: 2\n", encoding="utf-8")
    write_contact(file, "me@example.org")
    text = file.read_text(encoding="utf-8")
    assert "# ours" in text
    assert "delay_s: 3   # slow host" in text
    settings = load_settings(environ={"MIRQAB_CONFIG": str(tmp_path)})
    assert (settings.contact, settings.crawl_delay_s, settings.crawl_first_poll_days) == ("me@example.org", 3, 2)
    write_contact(file, "https://example.org/me")
    assert load_settings(environ={"MIRQAB_CONFIG": str(tmp_path)}).contact == "https://example.org/me"
    assert file.read_text(encoding="utf-8").count("contact") == 1


def test_the_repositorys_own_settings_file_takes_a_contact(tmp_path: Path) -> None:
    file = tmp_path / "mirqab.yaml"
    shutil.copy(CODE_ROOT / "config" / "mirqab.yaml", file)
    comments = [line for line in file.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("#")]
    write_contact(file, "me@example.org")
    text = file.read_text(encoding="utf-8")
    assert all(comment in text for comment in comments)
    assert load_settings(environ={"MIRQAB_CONFIG": str(tmp_path)}).contact == "me@example.org"


def test_a_file_of_comments_and_no_file_at_all_take_a_contact(tmp_path: Path) -> None:
    file = tmp_path / "mirqab.yaml"
    file.write_text("# nothing yet")
    write_contact(file, "me@example.org")
    assert file.read_text() == "# nothing yet\ncontact: me@example.org\n"
    file.unlink()
    write_contact(file, "me@example.org")
    assert file.read_text() == "contact: me@example.org\n"


def real_outlets(folder: Path) -> Path:
    """Return a config/ whose one outlet lies outside, where nobody answers."""
    config = folder / "config"
    shutil.copytree(CODE_ROOT / "config", config)
    (config / "mirqab.yaml").write_text("# ours\n", encoding="utf-8")
    (config / "outlets.yaml").write_text(
        "outlets:\n  - {id: rasid, name: راصد, name_en: Rasid, country: iq, kind: wire, timezone: Asia/Baghdad,\n"
        "     home: 'https://rasid.invalid/', feeds: [{url: 'https://rasid.invalid/rss'}]}\n",
        encoding="utf-8",
    )
    return config


def test_without_a_terminal_the_line_to_add_is_told(mirqab: Command, tmp_path: Path) -> None:
    config = real_outlets(tmp_path)
    for command in ("crawl", "up"):
        said = mirqab(command, MIRQAB_CONFIG=str(config))
        assert said.code == 2
        assert "contact: you@example.org" in said.err
        assert str(config / "mirqab.yaml") in said.err


def test_on_a_terminal_it_is_asked_for_until_it_is_one(child_environ: Environ, tmp_path: Path) -> None:
    config = real_outlets(tmp_path)
    # stops after the question: the outlet named is asked about first, so that nothing is crawled here
    script = (
        "from mirqab.cli.contact import ask_for_contact\nfrom mirqab.settings import load_settings\n"
        "ask_for_contact(load_settings())\n"
    )
    owner, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=child_environ(MIRQAB_CONFIG=str(config)),
        cwd=CODE_ROOT,
    )
    os.close(terminal)
    os.write(owner, b"nobody\nme@example.org\n")
    assert child.wait(100) == 0
    shown = os.read(owner, 65536).decode()
    os.close(owner)
    assert "user agent" in shown
    assert "e-mail" in shown
    assert (config / "mirqab.yaml").read_text(encoding="utf-8") == "# ours\ncontact: me@example.org\n"
