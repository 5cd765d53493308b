"""Modules of the archive that are loaded when first used: a run whose feeds bring nothing new needs few of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module of this package until something in it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = f"{__package__}.{name}"

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
