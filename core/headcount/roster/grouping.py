"""The groups of a connection: which are new, other or gone, and who is in them where the groups tell that."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from headcount import codec
from headcount.leases import as_text
from headcount.model import GroupType
from headcount.roster import records
from headcount.roster.findings import Gathered, holds_of, this_hold
from headcount.roster.people import Register
from headcount.roster.records import Doc
from headcount.roster.staging import BATCH, Desk, How
from headcount.roster.tables import employees, groups, held, staged


def commit_groups(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    """Write down the groups that were told and those that the terms make, and count out those that are gone."""
    kept = {row.id: row for row in db.execute(select(groups).where(groups.c.connection == desk.connection))}
    came = dict(gathered.groups or ())
    for id, (doc, told) in chain(came.items(), desk.made.items()):
        _group(db, desk, register, gathered, doc, told, kept.get(id))
    register.write()
    listed = gathered.all_groups and bool(came)
    gone = [
        row
        for row in kept.values()
        if row.id not in came and row.id not in desk.made and row.deleted_at is None
        if listed or desk.terms.is_made(row.id)
    ]
    named = _named(db, desk.connection) if gone else set()
    for row in gone:
        if row.id not in named:  # whoever is kept in it may be hidden, and the group with them
            _count_out(db, desk, register, row)
    register.write()


def _group(
    db: Connection,
    desk: Desk,
    register: Register,
    gathered: Gathered,
    doc: Doc,
    told: tuple[str, ...] | None,
    old: Row[Any] | None,
) -> None:
    values = {
        "record": records.written(doc),
        "type": doc["type"]["value"],
        "told": None if told is None else codec.dumps(list(told)).decode(),
        "missing": 0,
        "deleted_at": None,
    }
    if old is None:
        db.execute(insert(groups).values(connection=desk.connection, id=doc["id"], **values))
        register.ledger.change("group", doc["id"], "added", record=values["record"])
    else:
        found = records.differing(records.read(old.record), doc)
        if found or old.deleted_at is not None:
            kind = "changed" if old.deleted_at is None else "undeleted"
            register.ledger.change("group", doc["id"], kind, fields=found)
        if any(getattr(old, name) != value for name, value in values.items()):
            mine = and_(groups.c.connection == desk.connection, groups.c.id == doc["id"])
            db.execute(update(groups).where(mine).values(values))
    if told is not None and not gathered.whole and desk.terms.keeps("group_ids"):
        before = told_members(old)
        left = before - set(told) - gathered.hidden
        _members(db, desk, register, doc["id"], joined=set(told) - before, left=left)


def told_members(row: Row[Any] | None) -> set[str]:
    """The members that a group was last told to have."""
    return set() if row is None or row.told is None else set(codec.loads(row.told))


def _members(db: Connection, desk: Desk, register: Register, group: str, *, joined: set[str], left: set[str]) -> None:
    """Let the people's end of a membership agree with the group's, for those whose own record did not just tell it.

    A whole read tells it of everybody, from whichever end the vendor does.
    """
    ids = sorted(joined | left)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        told = select(staged.c.id).where(
            and_(staged.c.connection == desk.connection, staged.c.how.in_((How.NEW, How.OTHER, How.OUT)))
        )
        here = and_(employees.c.id.in_(some), employees.c.deleted_at.is_(None), employees.c.id.not_in(told))
        holds = holds_of(db, desk.connection, some)
        for row in register.rows(here):
            doc = records.read(row.record)
            wanted = _joined(doc.get("group_ids", ()), group, row.id in joined)
            hold = holds.get(row.id, {}).get("group_ids")
            if hold is not None:  # what is released later is not to undo this
                after = _joined(codec.loads(hold.after or "[]"), group, row.id in joined)
                db.execute(update(held).where(this_hold(hold)).values(after=codec.dumps(after).decode()))
            if wanted != sorted(doc.get("group_ids", ())):
                doc = {**doc, "group_ids": wanted}
                # read anew with the next list of everybody: what raw there is would have to be put beside it
                register.change(row, doc, valid_at=register.ledger.at, raw=row.raw, in_scope=row.in_scope)
        register.write()  # the same person may be in the next group


def _joined(ids: Iterable[str], group: str, joins: bool) -> list[str]:
    return sorted({*ids, group} if joins else {*ids} - {group})


def _count_out(db: Connection, desk: Desk, register: Register, row: Row[Any]) -> None:
    mine = and_(groups.c.connection == desk.connection, groups.c.id == row.id)
    absent = row.missing + 1
    if absent >= desk.terms.policy.limits.confirmations:
        register.ledger.change("group", row.id, "deleted", fields={})
        db.execute(update(groups).where(mine).values(missing=absent, deleted_at=as_text(register.ledger.at)))
    else:
        db.execute(update(groups).where(mine).values(missing=absent))


def _named(db: Connection, connection: str) -> set[str]:
    """The groups that somebody who is kept is in."""
    here = and_(employees.c.connection == connection, employees.c.deleted_at.is_(None))
    texts = db.execute(select(employees.c.groups).where(and_(here, employees.c.groups.is_not(None)))).scalars()
    return {id for text in texts for id in codec.loads(text)}


def unknown_groups(db: Connection, connection: str) -> bool:
    """Whether a record that came names a group that is not kept, or no longer."""
    there = and_(groups.c.connection == connection, groups.c.deleted_at.is_(None))
    known = set(db.execute(select(groups.c.id).where(there)).scalars())
    new = and_(staged.c.connection == connection, staged.c.groups.is_not(None))
    texts = db.execute(select(staged.c.groups).where(new)).scalars()
    return any(id not in known for text in texts for id in codec.loads(text))


def kinds_of(db: Connection, connection: str) -> tuple[dict[str, GroupType], dict[str, str]]:
    """The types of the groups that are kept, by id, and their names."""
    rows = db.execute(
        select(groups.c.id, groups.c.type, groups.c.record).where(groups.c.connection == connection)
    ).all()
    return {row.id: GroupType(row.type) for row in rows}, {row.id: records.read(row.record)["name"] for row in rows}
