"""Who crawls says who they are: the contact in the user agent, asked for once."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mirqab.types import Outlet

if TYPE_CHECKING:
    from mirqab.settings import Settings


def needs_contact(deployment: Settings, outlets: Iterable[Outlet]) -> bool:
    """Say whether a crawl of these outlets leaves this deployment's own hosts while it has no contact to show."""
    from mirqab.addresses import AllowedHosts, host_of

    if deployment.contact:
        return False
    own = AllowedHosts.of(deployment.crawl_allow_hosts)
    return any(not own.has_host(host_of(feed.url)) for outlet in outlets for feed in outlet.feeds)


def ask_for_contact(deployment: Settings) -> None:
    """Ask on the terminal and write the answer to config/mirqab.yaml; without a terminal say what to write there."""
    from mirqab.settings import FILE_NAME, no_contact

    file = deployment.config / FILE_NAME
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise no_contact(deployment)
    typer.echo(
        "Mirqab tells every outlet who reads it. Which e-mail address or page of yours shall stand in the user agent?\n"
        f"(asked once; kept in {file})",
        err=True,
    )
    contact = typer.prompt("contact", err=True, value_proc=_checked)
    write_contact(file, contact)


def _checked(answer: str) -> str:
    from mirqab.settings import SETTINGS

    setting = next(setting for setting in SETTINGS if setting.name == "contact")
    try:
        return str(setting.read(answer))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def write_contact(file: Path, contact: str) -> None:
    """Set the contact in a settings file and keep everything else in it, comments too."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    content = yaml.load(text)
    if isinstance(content, CommentedMap):
        if "contact" in content:
            content["contact"] = contact
        else:
            content.insert(0, "contact", contact)
        written = StringIO()
        yaml.dump(content, written)
        text = written.getvalue()
    else:  # nothing in it but comments
        text = text + ("" if not text or text.endswith("\n") else "\n") + f"contact: {contact}\n"
    target = file.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(target.name + ".new")
    new.write_text(text, encoding="utf-8")
    if target.exists():
        new.chmod(target.stat().st_mode & 0o777)
    new.replace(target)
