"""Where credentials are kept: encrypted in a store, or by a keeper of one's own.

Names are loaded when they are first used: they need an extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headcount.errors import ConfigError

if TYPE_CHECKING:
    from headcount.vault.vault import Keeper, Vault

__all__ = ["Keeper", "Vault"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"headcount.vault has no {name}")
    try:
        room = import_module("headcount.vault.vault")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sqlalchemy":
            raise
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return __all__
