"""The durable side of a change: who approves it, what was sent of it, whether it is so, and what is kept of that.

Names are loaded when they are first used: only the journal needs an extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headcount.errors import ConfigError

if TYPE_CHECKING:
    from headcount.lifecycle.approval import Approval, Policy
    from headcount.lifecycle.journal import Journal
    from headcount.lifecycle.outcome import Outcome, Run, State

__all__ = ["Approval", "Journal", "Outcome", "Policy", "Run", "State"]

_ROOMS = {
    "Approval": "approval",
    "Journal": "journal",
    "Outcome": "outcome",
    "Policy": "approval",
    "Run": "outcome",
    "State": "outcome",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"headcount.lifecycle has no {name}")
    try:
        room = import_module(f"headcount.lifecycle.{_ROOMS[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "sqlalchemy":
            raise
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return __all__
