"""One transaction in which what was staged and judged becomes the roster: people, groups, feed, events and cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from headcount import codec
from headcount.leases import as_moment, as_text
from headcount.model import DeletionBasis, GroupType
from headcount.roster import records
from headcount.roster.events import newcomer
from headcount.roster.guard import DEPARTURE, Verdict
from headcount.roster.people import Register
from headcount.roster.policy import day_of
from headcount.roster.records import Doc
from headcount.roster.staging import BATCH, Desk, How, standing_in
from headcount.roster.tables import changes, employees, groups, held, quarantine, staged

OPEN, REJECTED = "open", "rejected"
KEPT = ("record", "raw", "hash", "reasons", "status", "state", "starts", "ends", "turns_on", "manager_id", "groups")
"""The columns that a new person has from the staged row as they are."""


@attrs.frozen(kw_only=True)
class Gathered:
    """What a sync found out before it writes: besides the staged records, who is gone, the groups, the definitions."""

    verdict: Verdict
    whole: bool
    """Whether the read was a whole list, so that what it no longer has may be let go of."""
    proved: bool
    """Whether it was everybody for sure, so that who is missing is counted as missing."""
    departing: Mapping[str, DeletionBasis]
    """Who is gone, and on what evidence."""
    reached: str | None = None
    """Up to when incremental reads are held to have brought every change."""
    groups: Sequence[tuple[Doc, tuple[str, ...] | None]] | None = None
    all_groups: bool = False
    most_leaving: float = 0
    """So many members may leave their groups at once; more are not believed."""


def population(db: Connection, connection: str) -> int:
    """How many people are kept and not deleted."""
    here = and_(employees.c.connection == connection, employees.c.deleted_at.is_(None))
    return int(db.execute(select(func.count()).select_from(employees).where(here)).scalar_one())


def _came(connection: str) -> ColumnElement[bool]:
    """Whether somebody who is kept is among those who came."""
    return exists().where(and_(staged.c.connection == connection, staged.c.id == employees.c.id))


def missing(connection: str, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Who is kept and did not come, but for those of whom a person has said that they are not gone."""
    denied = exists().where(
        and_(
            held.c.connection == connection,
            held.c.id == employees.c.id,
            held.c.what == DEPARTURE,
            held.c.state == REJECTED,
        )
    )
    here = and_(employees.c.connection == connection, employees.c.deleted_at.is_(None))
    return select(*columns).where(and_(here, ~_came(connection), ~denied))


def commit(
    db: Connection, desk: Desk, register: Register, gathered: Gathered, *, baseline: bool, last_look: date
) -> None:
    """Write down all that a sync brought. Nothing of it is seen by others before the transaction ends."""
    _newcomers(db, desk, register, gathered, baseline=baseline, last_look=last_look)
    _others(db, desk, register, gathered)
    _absent(db, desk, register, gathered)
    if gathered.groups is not None:
        _groups(db, desk, register, gathered)
    _let_out(db, desk, gathered)
    register.turn()
    db.execute(delete(staged).where(staged.c.connection == desk.connection))


# -- people who are new -------------------------------------------------------------------------------


def _missed(gathered: Gathered, row: Row[Any]) -> bool:
    """Whether a full read found what the incremental ones before it should have brought."""
    return (
        gathered.whole
        and gathered.reached is not None
        and row.updated_at is not None
        and row.updated_at < gathered.reached
    )


def _newcomers(
    db: Connection, desk: Desk, register: Register, gathered: Gathered, *, baseline: bool, last_look: date
) -> None:
    """New people, as they were staged; of a first read nothing has happened, they are simply there."""
    new = and_(staged.c.connection == desk.connection, staged.c.how == How.NEW)
    at, ledger = as_text(register.ledger.at), register.ledger
    rest = {
        "left_before": staged.c.state == "left",
        "in_scope": literal(True),
        "missing": literal(0),
        "first_at": literal(at),
        "changed_at": literal(at),
        "updated_at": staged.c.updated_at,
    }
    names = ("connection", "id", *KEPT)
    chosen = select(*(staged.c[name] for name in names), *rest.values()).where(new)
    made = db.execute(select(func.count()).select_from(staged).where(new)).scalar_one()
    if not made:
        return
    db.execute(insert(employees).from_select([*names, *rest], chosen))
    about = {name: literal(value) for name, value in ledger.about("baseline" if baseline else None).items()}
    about |= {"subject": literal("employee"), "kind": literal("added")}
    valid = literal(at) if baseline else staged.c.valid_at
    row = {**about, "id": staged.c.id, "record": staged.c.record, "valid_at": valid}
    db.execute(insert(changes).from_select([*row], select(*row.values()).where(new).order_by(staged.c.id)))
    ledger.counts["added"] += made
    register.coverage.update(desk.coverage)
    for one in () if baseline else _staged(db, desk.connection, How.NEW):
        ledger.counts["missed"] += _missed(gathered, one)
        seen = day_of(as_moment(one.valid_at) or ledger.at, desk.zone)
        happened = newcomer(standing_in(one), last_look=last_look, seen=seen)
        ledger.events(one.id, happened)
    ledger.write(db)


def _staged(db: Connection, connection: str, *how: How) -> Iterator[Row[Any]]:
    last = ""
    while True:
        some = and_(staged.c.connection == connection, staged.c.how.in_(how), staged.c.id > last)
        rows = db.execute(select(staged).where(some).order_by(staged.c.id).limit(BATCH)).all()
        yield from rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id


# -- people who are another than they were --------------------------------------------------------------


def _others(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    batch: list[Row[Any]] = []
    for row in _staged(db, desk.connection, How.OTHER, How.OUT):
        batch.append(row)
        if len(batch) == BATCH:
            _change(db, desk, register, gathered, batch)
            batch.clear()
    if batch:
        _change(db, desk, register, gathered, batch)
    register.write()


def _change(db: Connection, desk: Desk, register: Register, gathered: Gathered, batch: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in batch]
    of = and_(employees.c.connection == desk.connection, employees.c.id.in_(ids))
    known = {row.id: row for row in db.execute(select(employees).where(of))}
    holds = _holds(db, desk.connection, ids)
    for row in batch:
        old, doc, hash = known[row.id], records.read(row.record), row.hash
        found = records.differing(records.read(old.record), doc)
        kept_back = _kept_back(gathered, found, holds.get(row.id, {}))
        register.ledger.counts["missed"] += bool(found.keys() - kept_back.keys()) and _missed(gathered, row)
        for what, hold in holds.get(row.id, {}).items():
            if what != DEPARTURE and what not in kept_back:
                _drop(db, hold)
        if kept_back and old.deleted_at is None:
            doc = records.with_values(doc, {name: found[name][0] for name in kept_back})
            hash = ""
            for name in kept_back:
                earlier = holds.get(row.id, {}).get(name)
                register.ledger.counts["held"] += _hold(db, desk, row.id, name, found[name][1], earlier)
        register.change(
            old,
            doc,
            valid_at=as_moment(row.valid_at) or register.ledger.at,
            reasons=row.reasons,
            hash=hash,
            raw=row.raw,
            updated_at=row.updated_at,
            in_scope=row.how != How.OUT,
        )


def _holds(db: Connection, connection: str, ids: Iterable[str]) -> dict[str, dict[str, Row[Any]]]:
    found: dict[str, dict[str, Row[Any]]] = {}
    for row in db.execute(select(held).where(and_(held.c.connection == connection, held.c.id.in_(ids)))):
        found.setdefault(row.id, {})[row.what] = row
    return found


def _kept_back(
    gathered: Gathered, found: Mapping[str, tuple[Any, Any]], holds: Mapping[str, Row[Any]]
) -> dict[str, tuple[Any, Any]]:
    """What of a difference is not believed: a storm's fields, what a person rejected, and, where only some people were
    read and nothing can be judged anew, what was held before."""

    def rejected(name: str) -> bool:
        hold = holds.get(name)
        after = None if hold is None or hold.after is None else codec.loads(hold.after)
        return hold is not None and hold.state == REJECTED and after == found[name][1]

    def pending(name: str) -> bool:
        hold = holds.get(name)
        return not gathered.whole and hold is not None and hold.state == OPEN

    return {
        name: pair for name, pair in found.items() if name in gathered.verdict.fields or rejected(name) or pending(name)
    }


def _hold(db: Connection, desk: Desk, id: str, what: str, after: Any, old: Row[Any] | None) -> bool:
    """Hold a change for a person to decide; false where it was rejected already."""
    said = None if after is None else codec.dumps(after).decode()
    if old is not None and old.state == REJECTED and old.after == said:
        return False
    if old is not None:
        _drop(db, old)
    row = {"connection": desk.connection, "id": id, "what": what, "run": desk.run, "state": OPEN, "after": said}
    db.execute(insert(held).values(row))
    return True


def _drop(db: Connection, hold: Row[Any]) -> None:
    mine = and_(held.c.connection == hold.connection, held.c.id == hold.id, held.c.what == hold.what)
    db.execute(delete(held).where(mine))


# -- people who did not come ----------------------------------------------------------------------------


def _absent(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    came = _came(desk.connection)
    own = employees.c.connection == desk.connection
    db.execute(update(employees).where(and_(own, employees.c.missing > 0, came)).values(missing=0))
    back = exists().where(and_(staged.c.connection == held.c.connection, staged.c.id == held.c.id))
    gone = and_(held.c.connection == desk.connection, held.c.what == DEPARTURE)
    db.execute(delete(held).where(and_(gone, back)))
    if gathered.proved:
        absent = and_(own, employees.c.deleted_at.is_(None), ~came)
        db.execute(update(employees).where(absent).values(missing=employees.c.missing + 1))
    if gathered.whole and (gathered.proved or gathered.verdict.departures):
        db.execute(delete(held).where(and_(gone, held.c.state == OPEN)))
    if gathered.verdict.departures:
        basis = DeletionBasis.ABSENT_FROM_COMPLETE_SNAPSHOT.value
        row = {
            "connection": literal(desk.connection),
            "id": employees.c.id,
            "what": literal(DEPARTURE),
            "run": literal(desk.run),
            "state": literal(OPEN),
            "basis": literal(basis),
        }
        db.execute(insert(held).from_select([*row], missing(desk.connection, *row.values())))
        mine = and_(gone, held.c.run == desk.run)
        register.ledger.counts["held"] += db.execute(select(func.count()).select_from(held).where(mine)).scalar_one()
    for id, basis_of in gathered.departing.items():
        for person in register.rows(and_(employees.c.id == id, employees.c.deleted_at.is_(None))):
            register.depart(person, basis_of)
    register.write()
    pending = and_(own, employees.c.deleted_at.is_(None), employees.c.missing > 0)
    register.ledger.counts["departing"] = int(
        db.execute(select(func.count()).select_from(employees).where(pending)).scalar_one()
    )


def _let_out(db: Connection, desk: Desk, gathered: Gathered) -> None:
    """Whoever can be read again leaves the quarantine, and what a whole read no longer has."""
    own = and_(quarantine.c.connection == desk.connection, quarantine.c.subject == "employee")
    read = exists().where(
        and_(staged.c.connection == desk.connection, staged.c.id == quarantine.c.id, staged.c.how != How.ASIDE)
    )
    stale = quarantine.c.run != desk.run
    leaves = or_(read, stale) if gathered.whole else read
    db.execute(delete(quarantine).where(and_(own, leaves)))


# -- groups ---------------------------------------------------------------------------------------------


def _groups(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    kept = {row.id: row for row in db.execute(select(groups).where(groups.c.connection == desk.connection))}
    came: set[str] = set()
    emptied = _emptied(gathered, kept)
    for doc, told in gathered.groups or ():
        came.add(doc["id"])
        old = kept.get(doc["id"])
        told = tuple(sorted(_told(old))) if emptied and told is not None else told
        _group(db, desk, register, gathered, doc, told, old)
    gone = [row for row in kept.values() if row.id not in came and row.deleted_at is None and not _is_made(desk, row)]
    few = len(gone) <= max(desk.terms.policy.limits.few, len(kept) // 2)
    for row in gone if gathered.all_groups and came and few else ():
        _count_out(db, desk, register, row)
    _make_groups(db, desk, register, gathered, kept)
    register.write()


def _is_made(desk: Desk, row: Row[Any]) -> bool:
    return desk.terms.made_group(row.id) is not None


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
        if found or old.missing or old.deleted_at or values["told"] != old.told or values["record"] != old.record:
            mine = and_(groups.c.connection == desk.connection, groups.c.id == doc["id"])
            db.execute(update(groups).where(mine).values(values))
    before = _told(old)
    if told is not None:
        _members(db, desk, register, gathered, doc["id"], joined=set(told) - before, left=before - set(told))


def _told(row: Row[Any] | None) -> set[str]:
    """The members that a group was last told to have."""
    return set() if row is None or row.told is None else set(codec.loads(row.told))


def _emptied(gathered: Gathered, kept: Mapping[str, Row[Any]]) -> bool:
    """Whether groups have lost so many members at once that the credential rather sees fewer of them."""
    lost = sum(len(_told(kept.get(doc["id"])) - set(told)) for doc, told in gathered.groups or () if told is not None)
    return lost > gathered.most_leaving


def _members(
    db: Connection,
    desk: Desk,
    register: Register,
    gathered: Gathered,
    group: str,
    *,
    joined: set[str],
    left: set[str],
) -> None:
    """Let the people's end of a membership agree with the group's, for those whose own record did not just tell it.

    Who should have come in a whole list and did not keeps what they had: they may be hidden, and their place with them.
    """
    ids = sorted(joined | left)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        told = select(staged.c.id).where(
            and_(staged.c.connection == desk.connection, staged.c.how.in_((How.NEW, How.OTHER, How.OUT)))
        )
        here = and_(employees.c.id.in_(some), employees.c.deleted_at.is_(None), employees.c.id.not_in(told))
        if gathered.whole:
            here = and_(here, _came(desk.connection))
        for row in register.rows(here):
            doc = records.read(row.record)
            has = set(doc.get("group_ids", ()))
            wanted = sorted(has | {group} if row.id in joined else has - {group})
            if wanted != sorted(has):
                doc = {**doc, "group_ids": wanted}
                hash = records.mark_of(records.written(doc), str(row.reasons)) if row.hash else ""
                register.change(row, doc, valid_at=register.ledger.at, hash=hash, raw=row.raw, in_scope=row.in_scope)
        register.write()  # the same person may be in the next group


def _count_out(db: Connection, desk: Desk, register: Register, row: Row[Any]) -> None:
    mine = and_(groups.c.connection == desk.connection, groups.c.id == row.id)
    absent = row.missing + 1
    if absent >= desk.terms.policy.limits.confirmations:
        register.ledger.change("group", row.id, "deleted", fields={})
        db.execute(update(groups).where(mine).values(missing=absent, deleted_at=as_text(register.ledger.at)))
    else:
        db.execute(update(groups).where(mine).values(missing=absent))


def _make_groups(
    db: Connection, desk: Desk, register: Register, gathered: Gathered, kept: Mapping[str, Row[Any]]
) -> None:
    """The groups that the terms make of a field's values, as far as somebody is in them."""
    if not desk.terms.policy.groups_from:
        return
    new = and_(staged.c.connection == desk.connection, staged.c.how.in_((How.NEW, How.OTHER)))
    ids = {id for text in db.execute(select(staged.c.groups).where(new)).scalars() for id in codec.loads(text or "[]")}
    for id in sorted(ids - kept.keys()):
        doc = desk.terms.made_group(id)
        if doc is not None:
            _group(db, desk, register, gathered, doc, None, None)


def kinds_of(db: Connection, connection: str) -> tuple[dict[str, GroupType], dict[str, str]]:
    """The types of the groups that are kept, by id, and their names."""
    rows = db.execute(
        select(groups.c.id, groups.c.type, groups.c.record).where(groups.c.connection == connection)
    ).all()
    return {row.id: GroupType(row.type) for row in rows}, {row.id: records.read(row.record)["name"] for row in rows}
