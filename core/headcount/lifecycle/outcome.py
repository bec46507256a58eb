"""What came of a plan."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import attrs

from headcount.model import EMPTY


class State(enum.StrEnum):
    """Where a run stands. `PROVED` and `DIFFERS` are ends; the others can be resumed."""

    APPLYING = "applying"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    DIFFERS = "differs"
    PROVED = "proved"


@attrs.frozen(kw_only=True)
class Outcome:
    """A plan that was applied and proved: what the record showed when it was read back is what was wanted.

    `run` is its name in the journal, `id` whom it concerned, also who was hired by it. `sent` counts the requests
    that were sent, `settled` the steps whose answer was lost and that were found to be done. `repeated` is true where
    the key had its result before, and nothing was sent. `notes` tell of hooks that failed afterwards.
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
