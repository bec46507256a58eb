"""The durable side of reading: a roster that is synced, never mistakes silence for departure, and keeps its history.

Names are loaded when they are first used: they need an extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headcount.errors import ConfigError

if TYPE_CHECKING:
    from headcount.roster.events import EventKind, State
    from headcount.roster.feed import Feed
    from headcount.roster.guard import Alarm, Limits
    from headcount.roster.policy import Retention, SyncPolicy, Who
    from headcount.roster.reading import Answer, Freshness
    from headcount.roster.roster import Aside, Health, Roster
    from headcount.roster.run import Change, Event, Progress, Proof, Run, RunState
    from headcount.roster.schedule import Schedule

_ROOMS = {
    "Alarm": "guard",
    "Answer": "reading",
    "Aside": "roster",
    "Change": "run",
    "Event": "run",
    "EventKind": "events",
    "Feed": "feed",
    "Freshness": "reading",
    "Health": "roster",
    "Limits": "guard",
    "Progress": "run",
    "Proof": "run",
    "Retention": "policy",
    "Roster": "roster",
    "Run": "run",
    "RunState": "run",
    "Schedule": "schedule",
    "State": "events",
    "SyncPolicy": "policy",
    "Who": "policy",
}

__all__ = [
    "Alarm",
    "Answer",
    "Aside",
    "Change",
    "Event",
    "EventKind",
    "Feed",
    "Freshness",
    "Health",
    "Limits",
    "Progress",
    "Proof",
    "Retention",
    "Roster",
    "Run",
    "RunState",
    "Schedule",
    "State",
    "SyncPolicy",
    "Who",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"headcount.roster has no {name}")
    try:
        room = import_module(f"headcount.roster.{_ROOMS[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("sqlalchemy", "alembic", "cryptography"):
            raise
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return __all__
