"""The account of a sync: what it read, what it proved, what it changed, and what it holds."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import attrs

from headcount.model import EMPTY
from headcount.roster.events import EventKind, State
from headcount.roster.guard import Alarm

STOPPED = "stopped in the middle"
"""The problem of a run that ended with its process, or by hand."""


class RunState(enum.StrEnum):
    """How a run ended. `PARTIAL`: some records could not be read and are in quarantine. `HELD`: a guard stopped part
    of it, and a person decides. `SUPERSEDED`: held, and a later run saw it anew."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    HELD = "held"
    RELEASED = "released"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    FAILED = "failed"


class Proof(enum.StrEnum):
    """What shows that a list was everybody: an independent number (`COUNTED`), or its pages alone, read to the end,
    where the vendor has no number (`WALKED`). An incremental read proves nothing of who is not in it."""

    COUNTED = "counted"
    WALKED = "walked"
    NONE = "none"


@attrs.frozen(kw_only=True)
class Run:
    """One sync of one connection.

    `kind` is `full`, `changes`, or `named`: of those alone whom webhooks named. `since` is where an incremental read
    began. `counts` has, among others: received, accepted, quarantined, left_out, added, changed, deleted, undeleted,
    departing (absent, not yet believed), held, events, requests, and missed: what a full read found that the
    incremental ones before it should have.
    """

    id: str
    connection: str
    kind: str
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    since: datetime | None = None
    proof: Proof = Proof.NONE
    why: str = ""
    problem: str | None = None
    alarms: tuple[Alarm, ...] = ()
    counts: Mapping[str, int] = EMPTY
    notes: tuple[str, ...] = ()

    @property
    def was_stopped(self) -> bool:
        """Whether somebody stopped it, by hand or with its process: that tells nothing of the connection."""
        return self.problem == STOPPED

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@attrs.frozen(kw_only=True)
class Progress:
    """Where a sync stands. `stage` is `groups`, `people`, `checking` or `writing`; `total` what the vendor said."""

    connection: str
    kind: str
    stage: str
    received: int = 0
    total: int | None = None
    requests: int = 0


Watching = Callable[[Progress], None]


@attrs.frozen(kw_only=True)
class Change:
    """One row of the change feed.

    `seq` is where it stands in the feed, to go on from with `after=`. `subject` is `employee`, `group` or `field`.
    `fields` has by field what was before and what is after; of a new record (`kind` is `added`) all of it. `state` is
    where a person stood before and stands after: the day alone may bring that (`kind` is `turned`). `valid_at`
    is when it came to be at the vendor's, as far as that is told; `recorded_at` when the roster learnt of it.
    `cause` is `baseline`, `sync`, `day`, `policy` or `release`.
    """

    seq: str
    connection: str
    subject: str
    id: str
    kind: str
    fields: Mapping[str, tuple[Any, Any]] = attrs.field(default=EMPTY, repr=False)
    state: tuple[State, State] | None = None
    valid_at: datetime
    recorded_at: datetime
    run: str
    cause: str


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened to a person, on a day of the company's calendar; derived from the changes, and once."""

    seq: str
    connection: str
    employee_id: str
    kind: EventKind
    on: date
    details: Mapping[str, Any] = attrs.field(default=EMPTY, repr=False)
    recorded_at: datetime
    run: str
    cause: str
