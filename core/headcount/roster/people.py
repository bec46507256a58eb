"""One person of the roster: changed, gone, back, or a day further, each with what the feed says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import Connection, Row, and_, bindparam, select, update

from headcount import codec
from headcount.leases import as_text
from headcount.model import DeletionBasis, GroupType, NullReason
from headcount.roster import records
from headcount.roster.events import HERE, EventKind, Happened, Standing, State, moved, standing_of, turned
from headcount.roster.ledger import Ledger
from headcount.roster.policy import day_of
from headcount.roster.records import Doc, Reasons
from headcount.roster.staging import BATCH, columns_of, standing_in
from headcount.roster.tables import employees


@attrs.define(kw_only=True)
class Register:
    """The people of one connection in one transaction, on one day; what changes them goes through here."""

    db: Connection
    ledger: Ledger
    today: date
    zone: ZoneInfo
    kinds: Mapping[str, GroupType]
    reasons: Sequence[Reasons]
    coverage: Counter[str]
    last_look: date | None = None
    """The company's day on which the vendor was last read to the end."""
    _updates: list[dict[str, Any]] = attrs.field(factory=list)

    @property
    def connection(self) -> str:
        return self.ledger.connection

    def change(
        self,
        old: Row[Any],
        doc: Doc,
        *,
        valid_at: datetime,
        reasons: int | None = None,
        hash: str | None = None,
        raw: str | None = None,
        updated_at: str | None = None,
        in_scope: bool = True,
        cause: str | None = None,
    ) -> None:
        """Bring a person to another record. `hash` is that of what the vendor told, "" where not all of it is kept."""
        number = old.reasons if reasons is None else reasons
        told = (self.reasons[old.reasons], self.reasons[number])
        before, seen = standing_in(old), day_of(valid_at, self.zone)
        after = standing_of(doc, told[1], self.today, before)
        found = records.differing(records.read(old.record), doc)
        happened: list[Happened] = []
        if old.deleted_at is not None:
            happened.append(Happened(kind=EventKind.UNDELETED, on=seen))
            self.coverage.update(records.flat(doc).keys())
        else:
            self._count(found)
        if in_scope and not old.in_scope:
            happened.append(Happened(kind=EventKind.ENTERED_SCOPE, on=seen))
        happened += turned(_in_view(before, after, told[0], self.today), after, seen=seen)
        if {before.state, after.state} <= HERE and not self._just_began(before, after):
            happened += moved(found, told, self.kinds, seen=seen)
        if old.in_scope and not in_scope:
            happened.append(Happened(kind=EventKind.LEFT_SCOPE, on=seen))
        for kind, is_so in (
            ("undeleted", old.deleted_at is not None),
            ("changed", old.deleted_at is None and (found or before.state is not after.state)),
            ("entered_scope", in_scope and not old.in_scope),
            ("left_scope", old.in_scope and not in_scope),
        ):
            if is_so:
                whole = kind in ("undeleted", "changed")
                self.ledger.change(
                    "employee",
                    old.id,
                    kind,
                    fields=found if whole else {},
                    state=(before.state.value, after.state.value) if whole else None,
                    changed_before=old.changed_at,
                    valid_at=valid_at,
                    cause=cause,
                )
        self.ledger.events(old.id, happened, cause=cause)
        groups, columns = doc.get("group_ids"), columns_of(after, self.today)
        self._updates.append(
            {
                "of": old.id,
                "record": records.written(doc),
                "raw": raw,
                "hash": "" if hash is None else hash,
                "reasons": number,
                **columns,
                "turns_on": columns["turns_on"] if in_scope else None,
                "left_before": after.left_before,
                "manager_id": doc.get("manager_id"),
                "groups": None if groups is None else codec.dumps(groups).decode(),
                "in_scope": in_scope,
                "missing": 0,
                "deleted_at": None,
                "basis": None,
                "changed_at": as_text(self.ledger.at) if found or happened else old.changed_at,
                "updated_at": updated_at or old.updated_at,
            }
        )
        if len(self._updates) >= BATCH:
            self.write()

    def _just_began(self, before: Standing, after: Standing) -> bool:
        """Whether somebody whose first day has come was not at work yet at the last look: where the vendor shows them
        from that day on is no move."""
        started = after.starts is not None and self.last_look is not None and after.starts > self.last_look
        return started and before.starts == after.starts

    def _count(self, found: Mapping[str, tuple[Any, Any]]) -> None:
        for name, (before, after) in found.items():
            self.coverage[name] += (after is not None) - (before is not None)

    def depart(self, row: Row[Any], basis: DeletionBasis, *, cause: str | None = None) -> None:
        """Hold a person to be gone from the vendor's records. The record stays, and with it how they stood."""
        standing, doc = standing_in(row), records.read(row.record)
        happened = [Happened(kind=EventKind.DELETED, on=self.today, details={"basis": basis.value})]
        if standing.state is State.PRE_START:
            happened.insert(0, Happened(kind=EventKind.HIRE_CANCELLED, on=self.today))
            standing = attrs.evolve(standing, state=State.CANCELLED)
        self.ledger.change(
            "employee",
            row.id,
            "deleted",
            fields={},
            state=(row.state, standing.state.value),
            changed_before=row.changed_at,
            cause=cause,
        )
        self.ledger.events(row.id, happened, cause=cause)
        self.coverage.subtract(records.flat(doc).keys())
        gone = {"deleted_at": as_text(self.ledger.at), "basis": basis.value, "turns_on": None, "hash": ""}
        changed = {"state": standing.state.value, "changed_at": as_text(self.ledger.at)}
        self.db.execute(update(employees).where(self._is(row.id)).values(**gone, **changed))

    def turn(self) -> None:
        """Let the day come for everybody whose state it changes, though nothing changed at the vendor's."""
        self.write()
        due = and_(employees.c.turns_on <= self.today.isoformat(), employees.c.deleted_at.is_(None))
        for row in self.rows(due):
            before = standing_in(row)
            after = before.on(self.today)
            self.ledger.change(
                "employee",
                row.id,
                "turned",
                fields={},
                state=(before.state.value, after.state.value),
                changed_before=row.changed_at,
                cause="day",
            )
            self.ledger.events(row.id, turned(before, after, seen=self.today), cause="day")
            values = {**columns_of(after, self.today), "left_before": after.left_before}
            turned_at = {"changed_at": as_text(self.ledger.at)}
            self.db.execute(update(employees).where(self._is(row.id)).values(**values, **turned_at))
        self.ledger.write(self.db)

    def write(self) -> None:
        """Put down what was collected so far."""
        if self._updates:
            names = [name for name in self._updates[0] if name != "of"]
            mine = and_(employees.c.connection == self.connection, employees.c.id == bindparam("of"))
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
            rows = [{"of": row["of"], **{f"new_{name}": row[name] for name in names}} for row in self._updates]
            self.db.execute(update(employees).where(mine).values(values), rows)
            self._updates.clear()
        self.ledger.write(self.db)

    def rows(self, where: Any) -> Iterator[Row[Any]]:
        """The people of this connection for whom this holds, a batch at a time, by id."""
        last = ""
        while True:
            own = and_(employees.c.connection == self.connection, employees.c.id > last, where)
            found = self.db.execute(select(employees).where(own).order_by(employees.c.id).limit(BATCH)).all()
            yield from found
            if len(found) < BATCH:
                return
            last = found[-1].id

    def _is(self, id: str) -> Any:
        return and_(employees.c.connection == self.connection, employees.c.id == id)


def _in_view(before: Standing, after: Standing, reasons: Reasons, today: date) -> Standing:
    """Where somebody stood before, with the dates that the terms hid: that these came into view is no news."""
    hidden = {
        "starts": before.starts is None and reasons.get("start_date") == NullReason.REDACTED,
        "ends": before.ends is None and reasons.get("termination_date") == NullReason.REDACTED,
    }
    shown = {name: getattr(after, name) for name, is_so in hidden.items() if is_so}
    return attrs.evolve(before, **shown).on(today) if shown else before
