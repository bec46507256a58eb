"""The durable side of reading: a roster that is synced, never mistakes silence for departure, and keeps its history.

Names are loaded when they are first used: they need an extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headcount.faces import lazily

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


__getattr__ = lazily(__name__, _ROOMS, "roster")


def __dir__() -> list[str]:
    return __all__
