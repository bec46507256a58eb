"""What came of a plan: where a run of it stands, step by step, and how it ended."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from headcount.model import EMPTY
from headcount.plan import Plan


class State(enum.StrEnum):
    """Where a run stands. `PROVED` and `DIFFERS` are ends; the others can be resumed."""

    APPLYING = "applying"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    DIFFERS = "differs"
    PROVED = "proved"


@attrs.frozen(kw_only=True)
class Journaled:
    """A step as the journal has it: `ready`, `sent` (its answer is not known), or `done`.

    `sent` counts how often it was sent, `status` is what it was answered; `settled_by` says how it is known to be
    done: by the `answer`, by a `look`, or by whoever said so.
    """

    number: int
    way: int = 0
    state: str = "ready"
    sent: int = 0
    sent_at: datetime | None = None
    status: int | None = None
    settled_by: str | None = None


@attrs.frozen(kw_only=True)
class Run:
    """One application of a plan, as the journal has it. `problem` is what stopped it, without personal values."""

    id: str
    key: str
    plan: Plan = attrs.field(repr=False)
    state: State
    approved_by: str | None = None
    employee: str | None = None
    problem: str | None = None
    holder: str | None = None
    held_until: datetime | None = None
    made_at: datetime
    changed_at: datetime
    steps: tuple[Journaled, ...] = ()


@attrs.frozen(kw_only=True)
class Outcome:
    """A plan that was applied and proved: what the record showed when it was read back is what was wanted.

    `run` is its name in the journal, `id` whom it concerned, also who was hired by it. `sent` counts the requests
    that were sent, `settled` the steps that are known to be done by looking, or by somebody's word, and not by their
    answer. `repeated` is true where the key had its result before, and nothing was sent. `notes` tell of hooks that
    failed afterwards.
    """

    run: str
    key: str
    verb: str
    state: State
    id: str | None
    plan: str
    sent: int = 0
    settled: int = 0
    repeated: bool = False
    shown: Mapping[str, Any] = attrs.field(default=EMPTY, repr=False)
    notes: tuple[str, ...] = ()

    @staticmethod
    def of(run: Run, **more: Any) -> Outcome:
        """What came of a run, for whoever asked."""
        return Outcome(
            run=run.id,
            key=run.key,
            verb=run.plan.change.verb,
            state=run.state,
            id=run.employee,
            plan=run.plan.digest,
            sent=sum(step.sent for step in run.steps),
            settled=sum(step.settled_by not in (None, "answer") for step in run.steps),
            **more,
        )
