"""Resolves the settings: default < file < environment < command line, with every mistake found on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mirqab.documents import read_document, shown, suggestion
from mirqab.errors import ConfigurationError, Mistake
from mirqab.settings.table import CODE_ROOT, SETTINGS, Setting, Settings, by_name
from mirqab.types import Document

FILE_NAME: Final = "mirqab.yaml"


def load_settings(*, overrides: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Resolve every setting: default, then `config/mirqab.yaml`, then the environment, then `overrides`.

    `overrides` has dotted names and text values, as a command line gives them. `environ` is the process's own
    environment when it is not given. An empty variable counts as not set; `none` takes an optional setting away.
    All mistakes come in one ConfigurationError.
    """
    resolving = _Resolving(environ=os.environ if environ is None else environ)
    resolving.take_overrides(overrides or {})
    resolving.take_environ()
    folder = resolving.values.get("config", CODE_ROOT / "config").absolute()
    resolving.take_file(folder)
    if resolving.mistakes:
        raise ConfigurationError(resolving.mistakes)
    values = resolving.values
    values["config"] = folder
    values["home"] = values.get("home", CODE_ROOT / "var").absolute()
    # its default follows the home folder, which only now is known
    values.setdefault("archive_url", f"sqlite:///{values['home'] / 'archive.sqlite'}")
    return Settings(**values, _origins=resolving.origins, _overrides=dict(overrides or {}))


def no_contact(settings: Settings) -> ConfigurationError:
    """Return what a crawl of real outlets without a contact is answered: the one line to add."""
    expected = "the outlets must be able to reach you: add the line `contact: you@example.org` (or set MIRQAB_CONTACT)"
    file = str(settings.config / FILE_NAME)
    return ConfigurationError([Mistake(file=file, line=None, key="contact", expected=expected)])


@dataclass(slots=True)
class _Resolving:
    """The strongest origin is taken first; a weaker one fills only what is still open, but is checked all the same."""

    environ: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def _note(self, file: str, line: int | None, key: str, expected: str) -> None:
        self.mistakes.append(Mistake(file=file, line=line, key=key, expected=expected))

    def _take(self, setting: Setting, raw: Any, *, origin: str, mistake: tuple[str, int | None, str]) -> None:
        try:
            value = None if setting.optional and raw in (None, "none") else setting.read(raw)
        except ValueError as error:
            self._note(*mistake, str(error))
            return
        if setting.attribute not in self.values:
            self.values[setting.attribute] = value
            self.origins[setting.name] = origin

    def take_overrides(self, overrides: Mapping[str, str]) -> None:
        known = by_name()
        for name, raw in overrides.items():
            if name in known:
                self._take(known[name], raw, origin="command line", mistake=("command line", None, name))
            else:
                self._note("command line", None, name, f"is no setting{suggestion(name, known)}")

    def take_environ(self) -> None:
        for setting in SETTINGS:
            for variable in (setting.variable, *(("REDIS_URL",) if setting.name == "redis.url" else ())):
                if raw := self.environ.get(variable):
                    self._take(setting, raw, origin=f"environment {variable}", mistake=("environment", None, variable))
            variable = f"{setting.variable}_FILE"
            if setting.secret and (file := self.environ.get(variable)):
                try:
                    raw = Path(file).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    self._note("environment", None, variable, f"names a file that cannot be read: {error}")
                    continue
                self._take(setting, raw, origin=f"environment {variable}", mistake=("environment", None, variable))
        self._look_for_typing_errors()

    def _look_for_typing_errors(self) -> None:
        """A variable that is nearly a setting's is a typing error; any other may belong to somebody else."""
        known = {setting.variable for setting in SETTINGS} | {s.variable + "_FILE" for s in SETTINGS if s.secret}
        for variable in sorted(self.environ):
            # all names share their beginning, so only a very near one counts
            near = suggestion(variable, known, cutoff=0.92) if variable.startswith("MIRQAB_") else ""
            if near and variable not in known:
                self._note("environment", None, variable, f"is no setting{near}")

    def take_file(self, folder: Path) -> None:
        if not folder.is_dir():
            self._note("environment", None, "MIRQAB_CONFIG", f"there is no folder {folder}")
            return
        path = folder / FILE_NAME
        if not path.exists():
            return
        try:
            document = read_document(path)
        except ConfigurationError as error:
            self.mistakes.extend(error.mistakes)
            return
        known = by_name()
        sections = {name.partition(".")[0] for name in known if "." in name}
        content = document.content if document.content is not None else {}
        if not isinstance(content, dict):
            self._note(document.path, 1, "", "expected a mapping of settings")
            return
        for key, value in content.items():
            if key in sections:
                self._take_section(document, key, value, known)
            elif key in known:
                self._take_from_file(document, known[key], value, (key,))
            else:
                near = suggestion(key, [*sections, *(name for name in known if "." not in name)])
                self._note(document.path, document.line(key), key, f"is no setting that is known{near}")

    def _take_section(self, document: Document, section: str, value: Any, known: Mapping[str, Setting]) -> None:
        if value is None:  # a section whose lines are all comments
            return
        if not isinstance(value, dict):
            self._note(
                document.path, document.line(section), section, f"expected settings below it, found {shown(value)}"
            )
            return
        inner_names = [name.partition(".")[2] for name in known if name.startswith(section + ".")]
        for inner, raw in value.items():
            name = f"{section}.{inner}"
            if name in known:
                self._take_from_file(document, known[name], raw, (section, inner))
            else:
                line = document.line(section, inner)
                near = suggestion(inner, inner_names) or f"; known: {', '.join(inner_names)}"
                self._note(document.path, line, name, f"is no setting that is known{near}")

    def _take_from_file(self, document: Document, setting: Setting, raw: Any, path: tuple[str, ...]) -> None:
        line = document.line(*path)
        if setting.name == "config":
            self._note(document.path, line, "config", "cannot be set here, in a file of that folder: use MIRQAB_CONFIG")
            return
        if setting.name == "home" and isinstance(raw, str) and raw.strip():
            # as everywhere in a file, a relative path starts at the file
            raw = str(Path(document.path).parent / Path(raw).expanduser())
        self._take(setting, raw, origin=f"{document.path}:{line}", mistake=(document.path, line, setting.name))
