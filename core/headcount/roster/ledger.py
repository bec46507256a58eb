"""What is written of a change: its row in the feed, and the events that follow from it, in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, insert

from headcount import codec
from headcount.leases import as_text
from headcount.roster.events import Happened
from headcount.roster.tables import changes, events


@attrs.define(kw_only=True)
class Ledger:
    """Collects the rows of one commit of one connection; `write` puts them into the feed in the order they came."""

    connection: str
    version: int
    run: str
    cause: str
    at: datetime
    counts: Counter[str] = attrs.field(factory=Counter)
    _changes: list[dict[str, Any]] = attrs.field(factory=list)
    _events: list[dict[str, Any]] = attrs.field(factory=list)

    def change(
        self,
        subject: str,
        id: str,
        kind: str,
        *,
        fields: Mapping[str, tuple[Any, Any]] | None = None,
        record: str | None = None,
        state: tuple[str, str] | None = None,
        changed_before: str | None = None,
        valid_at: datetime | None = None,
        cause: str | None = None,
    ) -> None:
        """One change: by field what was before and is after, or the whole record where it is new. `state` is where
        somebody stood and stands, `changed_before` when the change before this one was learnt of."""
        told = None if fields is None else {name: list(pair) for name, pair in fields.items()}
        self._changes.append(
            {
                **self.about(cause),
                "subject": subject,
                "id": id,
                "kind": kind,
                "fields": None if told is None else codec.dumps(told).decode(),
                "record": record,
                "state": None if state is None else codec.dumps(list(state)).decode(),
                "changed_before": changed_before,
                "valid_at": as_text(valid_at or self.at),
            }
        )
        self.counts[kind if subject == "employee" else f"{subject}s_{kind}"] += 1

    def events(self, employee: str, happened: Iterable[Happened], *, cause: str | None = None) -> None:
        """What happened to somebody."""
        for one in happened:
            self._events.append(
                {
                    **self.about(cause),
                    "employee": employee,
                    "kind": one.kind.value,
                    "on": one.on.isoformat(),
                    "details": codec.dumps(dict(one.details)).decode(),
                }
            )
            self.counts["events"] += 1

    def about(self, cause: str | None = None) -> dict[str, Any]:
        """What every row of this commit says."""
        return {
            "connection": self.connection,
            "version": self.version,
            "run": self.run,
            "cause": cause or self.cause,
            "recorded_at": as_text(self.at),
        }

    def write(self, db: Connection) -> None:
        """Put down what was collected so far."""
        for table, rows in ((changes, self._changes), (events, self._events)):
            if rows:
                db.execute(insert(table), rows)
                rows.clear()
