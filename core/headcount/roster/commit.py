"""One transaction in which what was staged and judged becomes the roster: people, groups, feed, events and cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, select, update

from headcount import codec
from headcount.leases import as_moment, as_text
from headcount.model import DeletionBasis
from headcount.roster import records
from headcount.roster.events import newcomer
from headcount.roster.findings import Gathered, came, holds_of, missing, this_hold
from headcount.roster.grouping import commit_groups
from headcount.roster.guard import DEPARTURE, OPEN, REJECTED
from headcount.roster.people import Register
from headcount.roster.policy import day_of
from headcount.roster.records import UNSEEN, Reasons
from headcount.roster.staging import BATCH, Desk, How, standing_in
from headcount.roster.tables import changes, employees, held, quarantine, staged

KEPT = ("record", "raw", "hash", "reasons", "status", "state", "starts", "ends", "turns_on", "manager_id", "groups")
"""The columns that a new person has from the staged row as they are."""


def commit(db: Connection, desk: Desk, register: Register, gathered: Gathered, *, baseline: bool) -> None:
    """Write down all that a sync brought. Nothing of it is seen by others before the transaction ends."""
    _newcomers(db, desk, register, gathered, baseline=baseline)
    _others(db, desk, register, gathered)
    _absent(db, desk, register, gathered)
    if gathered.groups is not None or desk.terms.policy.groups_from:
        commit_groups(db, desk, register, gathered)
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


def _newcomers(db: Connection, desk: Desk, register: Register, gathered: Gathered, *, baseline: bool) -> None:
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
    if not baseline and ledger.cause != "policy":  # whom the terms let in was there all along
        _welcome(db, desk, register, gathered)
    ledger.write(db)


def _welcome(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    """Tell what happened to the newcomers.

    Who was at work before the roster knew the company, and whose record is older than the last look, came into view,
    and was not hired; where the vendor tells no age of records, that is so of more than a few at once.
    """
    few, ledger, last_look = desk.terms.policy.limits.few, register.ledger, register.last_look or register.today
    since = gathered.since or register.today
    new = and_(staged.c.connection == desk.connection, staged.c.how == How.NEW)
    old = and_(new, staged.c.starts < since.isoformat())
    many = db.execute(select(func.count()).select_from(staged).where(old)).scalar_one() > few
    for one in _staged(db, desk.connection, How.NEW):
        ledger.counts["missed"] += _missed(gathered, one)
        standing, made = standing_in(one), records.read(one.record).get("created_at")
        hidden = day_of(datetime.fromisoformat(made), desk.zone) < last_look if made else many
        if standing.starts is not None and standing.starts < since and hidden:
            ledger.counts["came_into_view"] += 1
            continue
        seen = day_of(as_moment(one.valid_at) or ledger.at, desk.zone)
        ledger.events(one.id, newcomer(standing, last_look=last_look, seen=seen))


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
    holds = holds_of(db, desk.connection, ids)
    for row in batch:
        old, doc, hash = known[row.id], records.read(row.record), row.hash
        found = records.differing(records.read(old.record), doc)
        own = holds.get(row.id, {})
        hidden = _hidden(register, found, register.reasons[row.reasons])
        kept_back = _kept_back(gathered, found, own)
        register.ledger.counts["missed"] += bool(found.keys() - kept_back.keys() - hidden) and _missed(gathered, row)
        for what, hold in own.items():
            if what != DEPARTURE and what not in kept_back:
                _drop(db, hold)
        if kept_back or hidden:
            doc = records.with_values(doc, {name: found[name][0] for name in (*kept_back, *hidden)})
            hash = ""
        for name in kept_back:
            register.ledger.counts["held"] += _hold(db, desk, gathered, row.id, name, found[name][1], own.get(name))
        register.change(
            old,
            doc,
            valid_at=as_moment(row.valid_at) or register.ledger.at,
            reasons=row.reasons,
            hash=hash,
            raw=row.raw,
            updated_at=row.updated_at,
            in_scope=old.in_scope if "status" in kept_back else row.how != How.OUT,
        )


def _hidden(register: Register, found: Mapping[str, tuple[Any, Any]], reasons: Reasons) -> set[str]:
    """What the vendor no longer shows, and may well have as it was: it stays so."""
    if register.ledger.cause == "policy":  # what the terms take out goes
        return set()
    return {
        name for name, (_, after) in found.items() if after is None and reasons.get(name.partition(".")[0]) in UNSEEN
    }


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


def _hold(db: Connection, desk: Desk, gathered: Gathered, id: str, what: str, after: Any, old: Row[Any] | None) -> bool:
    """Hold a change for a person to decide; false where it was rejected already. What a whole read sees anew is its own
    to be decided; what only some people were read for stays that of the run that held it."""
    said = None if after is None else codec.dumps(after).decode()
    if old is not None and old.state == REJECTED and old.after == said:
        return False
    run = desk.run if old is None or old.state == REJECTED or gathered.whole else old.run
    if old is not None:
        _drop(db, old)
    row = {"connection": desk.connection, "id": id, "what": what, "run": run, "state": OPEN, "after": said}
    db.execute(insert(held).values(row))
    return True


def _drop(db: Connection, hold: Row[Any]) -> None:
    db.execute(delete(held).where(this_hold(hold)))


# -- people who did not come ----------------------------------------------------------------------------


def _absent(db: Connection, desk: Desk, register: Register, gathered: Gathered) -> None:
    seen = came(desk.connection)
    own = employees.c.connection == desk.connection
    db.execute(update(employees).where(and_(own, employees.c.missing > 0, seen)).values(missing=0))
    back = exists().where(and_(staged.c.connection == held.c.connection, staged.c.id == held.c.id))
    gone = and_(held.c.connection == desk.connection, held.c.what == DEPARTURE)
    if gathered.proved:  # of those who were denied to be gone some are back: the others are looked at anew
        denied = and_(gone, held.c.state == REJECTED)
        some = db.execute(select(held.c.run).where(and_(denied, back)).distinct()).scalars().all()
        db.execute(delete(held).where(and_(denied, held.c.run.in_(some), ~back)))
    db.execute(delete(held).where(and_(gone, back)))
    if gathered.proved:
        absent = and_(own, employees.c.deleted_at.is_(None), ~seen)
        db.execute(update(employees).where(absent).values(missing=employees.c.missing + 1))
    if gathered.whole and gathered.proved:
        db.execute(delete(held).where(and_(gone, held.c.state == OPEN)))
    if gathered.verdict.departures:
        _hold_departures(db, desk, gathered)
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


def _hold_departures(db: Connection, desk: Desk, gathered: Gathered) -> None:
    """Hold that people are gone: of a list that was everybody, all who are not in it; else those alone who are told
    to be gone, whom an earlier run may have held."""
    absent, told = DeletionBasis.ABSENT_FROM_COMPLETE_SNAPSHOT, DeletionBasis.EXPLICIT_EVENT
    row = {
        "connection": literal(desk.connection),
        "id": employees.c.id,
        "what": literal(DEPARTURE),
        "run": literal(desk.run),
        "state": literal(OPEN),
        "basis": literal((absent if gathered.proved else told).value),
    }
    everyone = missing(desk.connection, *row.values())
    if gathered.proved:
        db.execute(insert(held).from_select([*row], everyone))
        return
    for start in range(0, len(gathered.told), BATCH):
        some = gathered.told[start : start + BATCH]
        old = and_(held.c.connection == desk.connection, held.c.what == DEPARTURE, held.c.state == OPEN)
        db.execute(delete(held).where(and_(old, held.c.id.in_(some))))
        db.execute(insert(held).from_select([*row], everyone.where(employees.c.id.in_(some))))


def _let_out(db: Connection, desk: Desk, gathered: Gathered) -> None:
    """Whoever can be read again leaves the quarantine, and what a whole read no longer has; groups alike."""
    stale = and_(quarantine.c.connection == desk.connection, quarantine.c.run != desk.run)
    people = and_(stale, quarantine.c.subject == "employee")
    read = exists().where(
        and_(staged.c.connection == desk.connection, staged.c.id == quarantine.c.id, staged.c.how != How.ASIDE)
    )
    db.execute(delete(quarantine).where(people if gathered.whole else and_(people, read)))
    if gathered.groups is not None:
        db.execute(delete(quarantine).where(and_(stale, quarantine.c.subject == "group")))
