"""The account of a read: what came, what could not be read, what is missing and why, and whether it is all."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import attrs

from headcount.errors import RecordError
from headcount.model import NullReason, Raw


@attrs.frozen
class Refused:
    """A record that could not be read: its id where it has one, and why. `raw` is the record itself."""

    id: str | None
    error: RecordError
    raw: Raw = attrs.field(repr=False)


@attrs.define(kw_only=True)
class Report:
    """What came of reading a list. Complete once the iteration has ended.

    `received` = `accepted` + `rejected`: records, each counted once; `repeated` counts those that came again,
    `left_out` those that the list holds beside what was asked for.
    `total` is what the pages said, `counted` what another way of asking said. `complete` is whether the list
    is proved complete, and `why` the reason, either way. `walked` says less: every page came to the end that the
    vendor gives, nothing moved between them at the last pass, and no number contradicts. `unknown` counts words
    nobody has mapped, by (field, word); `absent` counts missing values, by (field, reason). `requests` is how many
    were sent, and `notes` says in sentences what else could not be had.

    `newest` is an instant up to which every change is in what was read: what changed later is told by
    `Connection.changed(newest)`. None where the vendor does not say when a record changed. `answered` is when the
    first answer was sent, by the vendor's own clock; None where it does not say, and where a read goes on. `gone` are
    the ids of those whom a list of changes says to be deleted.
    """

    vendor: str
    received: int = 0
    accepted: int = 0
    repeated: int = 0
    left_out: int = 0
    requests: int = 0
    total: int | None = None
    counted: int | None = None
    complete: bool = False
    why: str = "the list has not been read to its end"
    walked: bool = False
    newest: datetime | None = None
    answered: datetime | None = None
    gone: list[str] = attrs.field(factory=list)
    refused: list[Refused] = attrs.field(factory=list)
    unknown: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    absent: Counter[tuple[str, NullReason]] = attrs.field(factory=Counter)
    notes: list[str] = attrs.field(factory=list)

    @property
    def rejected(self) -> int:
        """How many records could not be read; they are in `refused`."""
        return len(self.refused)
