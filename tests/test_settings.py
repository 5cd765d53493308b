"""Settings come from default, file, environment and command line, in that order, and secrets stay secret."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import pytest

from mirqab.errors import ConfigurationError, Mistake
from mirqab.settings import CODE_ROOT, SETTINGS, Settings, load_settings, mask_secret, origins


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def load(config: Path, text: str = "", overrides: dict[str, str] | None = None, /, **environ: str) -> Settings:
    (config / "mirqab.yaml").write_text(text, encoding="utf-8")
    return load_settings(overrides=overrides, environ={"MIRQAB_CONFIG": str(config), **environ})


def mistakes(
    config: Path, text: str = "", overrides: dict[str, str] | None = None, /, **environ: str
) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(config, text, overrides, **environ)
    return caught.value.mistakes


def test_defaults_stand_when_nothing_is_said(config: Path) -> None:
    settings = load(config)
    assert settings.home == CODE_ROOT / "var"
    assert settings.crawl_delay_s == 2.0
    assert settings.archive_url == f"sqlite:///{CODE_ROOT}/var/archive.sqlite"
    assert settings.redis_url is None
    assert settings.workers_count >= 1
    assert settings.raw_folder.parent == settings.redis_folder.parent == settings.log_folder.parent == settings.home
    assert {origin for _, origin in origins(settings).values()} == {"default", "environment MIRQAB_CONFIG"}


def test_the_stronger_origin_wins(config: Path) -> None:
    text = "crawl:\n  delay_s: 3\n  timeout_s: 3\n  max_attempts: 3\n"
    settings = load(config, text, {"crawl.delay_s": "5"}, MIRQAB_CRAWL_DELAY_S="4", MIRQAB_CRAWL_TIMEOUT_S="4")
    assert (settings.crawl_delay_s, settings.crawl_timeout_s, settings.crawl_max_attempts) == (5, 4, 3)
    shown = origins(settings)
    assert shown["crawl.delay_s"] == ("5.0", "command line")
    assert shown["crawl.timeout_s"] == ("4.0", "environment MIRQAB_CRAWL_TIMEOUT_S")
    assert shown["crawl.max_attempts"] == ("3", f"{config}/mirqab.yaml:4")
    assert shown["web.port"] == ("8765", "default")


def test_a_child_process_resolves_the_same(config: Path) -> None:
    overrides = {"crawl.allow_hosts": "127.0.0.0/8, intranet", "redis.url": "none", "log.level": "debug"}
    settings = load(config, "redis:\n  url: redis://a\n", overrides)
    child = load(config, "redis:\n  url: redis://a\n", None, **settings.overrides_environ())
    assert child == settings
    assert child.crawl_allow_hosts == ("127.0.0.0/8", "intranet")
    assert child.redis_url is None
    assert child.log_level == "DEBUG"


def test_lists_are_lists_in_the_file(config: Path) -> None:
    assert load(config, "crawl:\n  allow_hosts: [intranet, 10.1.0.0/16]\n").crawl_allow_hosts == (
        "intranet",
        "10.1.0.0/16",
    )


def test_the_archive_follows_the_home(config: Path, home: Path) -> None:
    assert load(config, MIRQAB_HOME=str(home)).archive_url == f"sqlite:///{home}/archive.sqlite"


def test_a_relative_home_starts_at_the_file_that_names_it(config: Path) -> None:
    assert load(config, "home: ../here\n").home.resolve() == (config.parent / "here").resolve()
    assert load(config, MIRQAB_HOME="here").home == Path.cwd() / "here"


def test_an_empty_variable_is_not_set_and_none_takes_away(config: Path) -> None:
    text = "redis:\n  url: redis://file\n"
    assert load(config, text, MIRQAB_REDIS_URL="", MIRQAB_CRAWL_DELAY_S="").redis_url == "redis://file"
    assert load(config, text, MIRQAB_REDIS_URL="none", REDIS_URL="redis://b").redis_url is None
    assert load(config, text, REDIS_URL="redis://b").redis_url == "redis://b"
    assert load(config, text, MIRQAB_REDIS_URL="redis://a", REDIS_URL="redis://b").redis_url == "redis://a"


# --------------------------------------------------------------------------------------------------- secrets


def test_a_secret_may_lie_in_a_file(config: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("redis://mirqab:very-secret@host:6379/0\n", encoding="utf-8")
    settings = load(config, MIRQAB_REDIS_URL_FILE=str(secret))
    assert settings.redis_url == "redis://mirqab:very-secret@host:6379/0"
    assert origins(settings)["redis.url"] == ("redis://***@host:6379/0", "environment MIRQAB_REDIS_URL_FILE")
    (mistake,) = mistakes(config, MIRQAB_ARCHIVE_URL_FILE=str(tmp_path / "absent"))
    assert mistake.key == "MIRQAB_ARCHIVE_URL_FILE"


def test_secrets_show_nowhere(config: Path) -> None:
    settings = load(
        config,
        "archive:\n  url: sqlite:////data/archive.sqlite?key=hush\n",
        {"redis.url": "redis://:hush@host:6379/0"},
    )
    assert "hush" in settings.archive_url
    assert "hush" not in repr(settings)
    assert "hush" not in str(origins(settings))
    assert origins(settings)["redis.url"][0] == "redis://***@host:6379/0"
    assert origins(settings)["archive.url"][0] == "sqlite:////data/archive.sqlite?***"
    wrong = mistakes(config, "archive:\n  url: mysql://u:hush@db/x\nredis:\n  url: {a: hush}\n", REDIS_URL="u:hush@x")
    assert len(wrong) == 3
    assert "hush" not in str(wrong)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:////home/a b/archive.sqlite", "sqlite:////home/a b/archive.sqlite"),
        ("redis://user:p@ss@host/1", "redis://***@host/1"),
        ("unix:///run/redis.sock?password=x", "unix:///run/redis.sock?***"),
        ("no address at all", "***"),
    ],
)
def test_what_is_left_of_a_secret_address(address: str, shown: str) -> None:
    assert mask_secret(address) == shown


# -------------------------------------------------------------------------------------------------- mistakes


def test_all_mistakes_come_at_once_with_their_places(config: Path) -> None:
    text = "contac: me@example.org\ncrawl:\n  delays: 5\n  timeout_s: soon\nweb: 8080\nconfig: elsewhere\n"
    found = mistakes(config, text, {"crawl.delay": "1"}, MIRQAB_WEB_PORT="70000", MIRQAB_CRAWL_DELY_S="1")
    assert [(Path(mistake.file).name, mistake.line, mistake.key) for mistake in found] == [
        ("command line", None, "crawl.delay"),
        ("environment", None, "MIRQAB_WEB_PORT"),
        ("environment", None, "MIRQAB_CRAWL_DELY_S"),
        ("mirqab.yaml", 1, "contac"),
        ("mirqab.yaml", 3, "crawl.delays"),
        ("mirqab.yaml", 4, "crawl.timeout_s"),
        ("mirqab.yaml", 5, "web"),
        ("mirqab.yaml", 6, "config"),
    ]
    said = [mistake.expected for mistake in found]
    assert 'did you mean "crawl.delay_s"?' in said[0]
    assert said[1] == 'expected a whole number from 0 to 65535, found "70000"'
    assert 'did you mean "MIRQAB_CRAWL_DELAY_S"?' in said[2]
    assert 'did you mean "contact"?' in said[3]
    assert 'did you mean "delay_s"?' in said[4]
    assert said[5] == 'expected a number from 0.1 to 600, found "soon"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact", "me"),
        ("contact", "me@example.org\nX-Evil: 1"),
        ("contact", "مرقاب@example.org"),
        ("crawl.delay_s", "nan"),
        ("crawl.delay_s", "-1"),
        ("crawl.max_bytes", "1.5"),
        ("crawl.allow_hosts", "a b"),
        ("crawl.allow_hosts", "http://intranet/"),
        ("web.host", "0.0.0.0"),
        ("web.host", "example.org"),
        ("log.level", "loud"),
        ("home", "a?b"),
        ("archive.url", "archive.sqlite"),
    ],
)
def test_a_value_that_cannot_work_is_refused(config: Path, name: str, value: str) -> None:
    (mistake,) = mistakes(config, "", {name: value})
    assert mistake.key == name
    assert mistake.expected


def test_variables_of_others_are_left_alone(config: Path) -> None:
    load(config, MIRQAB_SHARED_DATA="x", MIRQAB_PYTHON="x", MIRQAB_PROGRESS="3", MIRQAB_TEST_KILL_AT="after_admit")


def test_a_missing_folder_of_declarations_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no folder"):
        load_settings(environ={"MIRQAB_CONFIG": str(tmp_path / "absent")})


# ------------------------------------------------------------------------------------------------- the table


def test_the_table_is_the_class() -> None:
    attributes = [item.name for item in dataclasses.fields(Settings) if not item.name.startswith("_")]
    assert [setting.attribute for setting in SETTINGS] == attributes
    for setting in SETTINGS:
        assert setting.help.endswith(".")
        assert setting.name.replace(".", "_", 1) == setting.attribute


def test_every_default_passes_its_own_check(settings: Settings) -> None:
    for setting in SETTINGS:
        value = getattr(settings, setting.attribute)
        if value is not None and not isinstance(value, Path):
            assert setting.read(value) == value


def test_the_commented_lines_of_the_shipped_file_are_true_defaults(tmp_path: Path) -> None:
    shutil.copytree(CODE_ROOT / "config", tmp_path / "config")
    path = tmp_path / "config" / "mirqab.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^( *)# (?=\w+: )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    settings = load_settings(environ={"MIRQAB_CONFIG": str(path.parent), "MIRQAB_HOME": str(tmp_path)})
    assert settings.contact == "newsroom@example.org"
    assert settings.crawl_delay_s == Settings().crawl_delay_s
    assert settings.crawl_first_poll_days == Settings().crawl_first_poll_days
    assert settings.web_port == Settings().web_port
    assert sum("mirqab.yaml" in origin for _, origin in origins(settings).values()) == 4
