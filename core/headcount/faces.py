"""Faces of rooms that need an extra: their names are loaded when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from headcount.errors import ConfigError

BROUGHT = ("alembic", "cryptography", "sqlalchemy", "werkzeug")
"""What an extra brings that a room imports at once."""


def lazily(package: str, rooms: Mapping[str, str], extra: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package: each name from its room, once. What is missing for it is what `extra` brings.

    It raises `AttributeError` for a name that is not there, and `ConfigError` where the extra is not installed.
    """

    def found(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"{package} has no {name}")
        try:
            room = import_module(f"{package}.{rooms[name]}")
        except (ModuleNotFoundError, ConfigError) as error:  # the latter where a floor below lacks its own extra
            if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] not in BROUGHT:
                raise
            raise ConfigError(f"this needs headcount[{extra}]: pip install 'headcount[{extra}]'") from None
        value = getattr(room, name)
        setattr(sys.modules[package], name, value)
        return value

    return found
