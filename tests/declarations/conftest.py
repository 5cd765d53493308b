"""A folder of declarations that is the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.settings import Settings, load_settings


@pytest.fixture
def declared(tmp_path: Path) -> Settings:
    """Settings whose folder of declarations is empty and the test's own."""
    folder = tmp_path / "config"
    (folder / "topics").mkdir(parents=True)
    return load_settings(environ={"MIRQAB_CONFIG": str(folder), "MIRQAB_HOME": str(tmp_path / "home")})
