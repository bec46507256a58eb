"""What a read brings, set down page by page beside what is kept: nothing of it counts before the read is judged."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from headcount import codec
from headcount.leases import as_moment, as_text
from headcount.model import Employee, EmployeeStatus, Lifecycle, NullReason
from headcount.report import Refused
from headcount.roster import records
from headcount.roster.events import Standing, State, standing_of
from headcount.roster.guard import CHANGED, GAINED, LOST, REJECTED
from headcount.roster.policy import Terms
from headcount.roster.records import Doc, Reasons, mark_of
from headcount.roster.tables import employees, forgotten, held, quarantine, staged
from headcount.sealing import Sealer

BATCH = 500
"""So many records at a time are looked up and written."""


class How(enum.IntEnum):
    """How a record that came stands to what is kept."""

    SAME = 0
    NEW = 1
    OTHER = 2
    ASIDE = 3  # could not be read: the person is there, and stays as they were
    OUT = 4  # no longer among those who are kept
    SKIPPED = 5  # not kept at all; set down so that nobody is taken for two


class ReasonsTable:
    """The few different sets of reasons for what is absent, by number: thousands of records share one."""

    def __init__(self, text: str) -> None:
        self.sets: list[Reasons] = codec.loads(text)
        self._numbers = {self._key(one): number for number, one in enumerate(self.sets)}

    def number(self, reasons: Reasons) -> int:
        """The number of these reasons; new ones get the next."""
        key = self._key(reasons)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.sets)
            self.sets.append(dict(reasons))
        return found

    @staticmethod
    def _key(reasons: Reasons) -> tuple[tuple[str, str], ...]:
        return tuple(reasons.items())  # in the model's order, whoever made them

    @property
    def text(self) -> str:
        """As it stands in the store."""
        return codec.dumps(self.sets).decode()


@attrs.define(kw_only=True)
class Desk:
    """What staging works with: whose records, by which terms, on which day; and what it has counted."""

    connection: str
    run: str
    terms: Terms
    zone: ZoneInfo
    today: date
    read_at: datetime
    reads: str
    reasons: ReasonsTable
    sealer: Sealer
    forgotten: frozenset[str]
    again: bool = False
    """Whether some of what comes may be staged already: a read that goes on where another broke off."""
    members: Mapping[str, Sequence[str]] | None = None
    """By person the groups that name them as members, where the groups tell and the people do not."""
    made: dict[str, tuple[Doc, None]] = attrs.field(factory=dict)
    """The groups that the terms make, by id; they tell no members."""
    coverage: Counter[str] = attrs.field(factory=Counter)
    counts: Counter[str] = attrs.field(factory=Counter)
    definitions: dict[str, Doc] = attrs.field(factory=dict)
    """The company's own fields, as the records name them: for servers that do not tell them apart from these."""


def standing_in(row: Row[Any]) -> Standing:
    """Where a kept person stands."""
    return Standing(
        state=State(row.state),
        status=EmployeeStatus(row.status),
        starts=None if row.starts is None else date.fromisoformat(row.starts),
        ends=None if row.ends is None else date.fromisoformat(row.ends),
        left_before=getattr(row, "left_before", False),  # of a newcomer it is not known
    )


def columns_of(standing: Standing, today: date) -> dict[str, Any]:
    """A standing as it stands in the store."""
    turns = standing.turns_on(today)
    return {
        "status": standing.status.value,
        "state": standing.state.value,
        "starts": standing.starts and standing.starts.isoformat(),
        "ends": standing.ends and standing.ends.isoformat(),
        "turns_on": turns and turns.isoformat(),
    }


def forgotten_mark(connection: str, id: str) -> str:
    """By what somebody who was forgotten is known, without being known."""
    return sha256(f"{connection}\n{id}".encode()).hexdigest()


def forgotten_of(db: Connection, connection: str) -> frozenset[str]:
    """The marks of those who were forgotten."""
    found = db.execute(select(forgotten.c.mark).where(forgotten.c.connection == connection))
    return frozenset(found.scalars())


def stage(db: Connection, desk: Desk, people: Sequence[Employee]) -> None:
    """Set down some records. Each is compared with what is kept; one that is the same leaves only its id."""
    for start in range(0, len(people), BATCH):
        batch = people[start : start + BATCH]
        ids = [one.id for one in batch]
        if desk.again:
            db.execute(delete(staged).where(and_(staged.c.connection == desk.connection, staged.c.id.in_(ids))))
        known = _known(db, desk.connection, ids)
        rows = [_prepared(desk, one, known.get(one.id)) for one in batch]
        _compare(db, desk, [row for row in rows if row["how"] in (How.OTHER, How.OUT)])
        same = [row for row in rows if "record" not in row]
        other = [row for row in rows if "record" in row]
        for some in filter(None, (same, other)):
            db.execute(insert(staged), some)


_COMPARED = (employees.c.id, employees.c.hash, employees.c.deleted_at, employees.c.in_scope, employees.c.updated_at)


def _known(db: Connection, connection: str, ids: Collection[str]) -> dict[str, Any]:
    where = and_(employees.c.connection == connection, employees.c.id.in_(ids))
    return {row.id: row for row in db.execute(select(*_COMPARED).where(where)).all()}


def _prepared(desk: Desk, employee: Employee, known: Any) -> dict[str, Any]:
    """The row of a record, as far as it can be told without the kept one."""
    desk.counts["received"] += 1
    desk.counts["accepted"] += 1
    for key, field in employee.custom_fields.items():
        if key not in desk.definitions:
            desk.definitions[key] = {"label": field.label, "type": field.type}
    row: dict[str, Any] = {"connection": desk.connection, "id": employee.id}
    here = known if known is not None and known.deleted_at is None else None
    was_in = here is not None and here.in_scope
    inside = desk.terms.is_in(employee.status.value, was_in=was_in)
    if _is_forgotten(desk, employee.id) or (known is None and _is_long_gone(desk, employee)):
        desk.counts["left_out"] += 1
        return {**row, "how": How.SKIPPED}
    if not inside:
        desk.counts["left_out"] += 1
        if known is None or (here is not None and not was_in):
            return {**row, "how": How.SKIPPED}
    doc, reasons = records.kept(employee)
    if desk.members is not None and "group_ids" not in doc:
        doc["group_ids"] = sorted(desk.members.get(employee.id, ()))
    desk.made |= {made["id"]: (made, None) for made in desk.terms.made_groups(doc)}
    doc, reasons = desk.terms.applied(doc, reasons)
    text, number = records.written(doc), desk.reasons.number(reasons)
    raw = _raw(desk, employee)
    hash = mark_of(text, str(number), raw or "")
    if here is not None and here.hash == hash and inside and was_in:
        return {**row, "how": How.SAME}
    how = How.OUT if not inside else How.NEW if known is None else How.OTHER
    if how is How.NEW:
        desk.coverage.update(records.flat(doc).keys())
    updated = employee.updated_at and as_text(employee.updated_at)
    before = None if known is None else as_moment(known.updated_at)
    return {
        **row,
        "how": how,
        "fields": None,
        "record": text,
        "raw": None if raw is None else desk.sealer.seal(raw, f"{desk.connection}/{employee.id}/raw"),
        "hash": hash,
        "reasons": number,
        "manager_id": doc.get("manager_id"),
        "groups": None if "group_ids" not in doc else codec.dumps(doc["group_ids"]).decode(),
        "updated_at": updated,
        "valid_at": as_text(valid_since(employee.updated_at, before, desk.read_at)),
        **columns_of(standing_of(doc, reasons, desk.today), desk.today),
    }


def _is_forgotten(desk: Desk, id: str) -> bool:
    return bool(desk.forgotten) and forgotten_mark(desk.connection, id) in desk.forgotten


def _is_long_gone(desk: Desk, employee: Employee) -> bool:
    """Whether somebody who is not kept left so long ago that they would be let go of at once."""
    lasts, left = desk.terms.policy.retention.left, employee.termination_date
    if lasts is None or left is None or left >= desk.today - lasts:
        return False
    return employee.lifecycle(desk.today) is Lifecycle.LEFT


def _raw(desk: Desk, employee: Employee) -> str | None:
    """The vendor's record, where it is kept. One that names somebody who was forgotten is not: it may tell of them."""
    if not desk.terms.policy.raw or any(_is_forgotten(desk, id) for id in employee.manager_ids):
        return None
    return codec.dumps(dict(employee.raw)).decode()


def valid_since(updated: datetime | None, before: datetime | None, now: datetime) -> datetime:
    """Since when something holds at the vendor's: since it touched the record, where it says so and can be right."""
    return updated if updated and updated <= now and (before is None or updated > before) else now


def _compare(db: Connection, desk: Desk, rows: Sequence[dict[str, Any]]) -> None:
    """Note in rows of people who are known what differs, and where they stand, given where they stood."""
    if not rows:
        return
    ids = [row["id"] for row in rows]
    where = and_(employees.c.connection == desk.connection, employees.c.id.in_(ids))
    known = {row.id: row for row in db.execute(select(employees).where(where))}
    refused = _rejected(db, desk.connection, ids)
    for row in rows:
        old = known[row["id"]]
        doc = records.read(row["record"])
        found = records.differing(records.read(old.record), doc)
        told = (desk.reasons.sets[old.reasons], desk.reasons.sets[row["reasons"]])
        fields = {
            name: LOST if after is None else GAINED if before is None else CHANGED
            for name, (before, after) in found.items()
            if refused.get((row["id"], name), _NOTHING) != after
            if not any(one.get(name) == NullReason.REDACTED for one in told)  # what the terms hide is no other
        }
        row["fields"] = codec.dumps(fields).decode()
        standing = standing_of(doc, desk.reasons.sets[row["reasons"]], desk.today, standing_in(old))
        row.update(columns_of(standing, desk.today))


_NOTHING = object()


def _rejected(db: Connection, connection: str, ids: Collection[str]) -> dict[tuple[str, str], Any]:
    """The values that a person has said are not to be believed."""
    where = and_(held.c.connection == connection, held.c.id.in_(ids), held.c.state == REJECTED)
    return {(row.id, row.what): row.after and codec.loads(row.after) for row in db.execute(select(held).where(where))}


def set_aside(db: Connection, desk: Desk, refused: Iterable[Refused], *, subject: str = "employee") -> int:
    """Put records that could not be read into quarantine; returns how many were not there in just this shape.

    Whoever's id could be made out is there, and keeps their last good state.
    """
    fresh = 0
    for one in refused:
        desk.counts["received"] += subject == "employee"
        payload = codec.dumps(one.raw).decode()
        digest = mark_of(payload)
        if one.id is not None and _is_forgotten(desk, one.id):
            desk.counts["left_out"] += 1
            continue
        key = f"{subject}:{one.id}" if one.id is not None else f"{subject}#{digest}"
        mine = and_(quarantine.c.connection == desk.connection, quarantine.c.key == key)
        old = db.execute(select(quarantine).where(mine)).first()
        values = {
            "reason": str(one.error),
            "payload": desk.sealer.seal(payload, f"{desk.connection}/{key}"),
            "digest": digest,
            "reads": desk.reads,
            "last_at": as_text(desk.read_at),
            "run": desk.run,
        }
        if old is None:
            about = {"subject": subject, "id": one.id, "first_at": as_text(desk.read_at)}
            db.execute(insert(quarantine).values(connection=desk.connection, key=key, **about, **values))
        else:
            db.execute(update(quarantine).where(mine).values(**values))
        fresh += old is None or (old.digest, old.reads) != (digest, desk.reads)
        if one.id is not None and subject == "employee":
            aside = {"connection": desk.connection, "id": one.id, "how": How.ASIDE}
            db.execute(delete(staged).where(and_(staged.c.connection == desk.connection, staged.c.id == one.id)))
            db.execute(insert(staged).values(aside))
        desk.counts["quarantined" if subject == "employee" else "groups_quarantined"] += 1
    return fresh


def counted(db: Connection, connection: str) -> dict[str, Counter[str]]:
    """By field in how many of the staged records it differs from what is kept, and how."""
    found: dict[str, Counter[str]] = {}
    where = and_(staged.c.connection == connection, staged.c.fields.is_not(None))
    for text in db.execute(select(staged.c.fields).where(where)).scalars():
        fields: Mapping[str, str] = codec.loads(text)
        for name, how in fields.items():
            found.setdefault(name, Counter())[how] += 1
    return found
