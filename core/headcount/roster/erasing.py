"""Erasing: a person or a company is taken out of every table, and what is left is searched before it is committed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy import update as updated
from sqlalchemy.exc import OperationalError

from headcount import codec
from headcount.errors import ConfigError, HeadcountError, Held, NotFound
from headcount.leases import as_text
from headcount.lifecycle.journal import ERASED
from headcount.lifecycle.outcome import State
from headcount.lifecycle.tables import runs as journal
from headcount.lifecycle.tables import steps
from headcount.roster import records
from headcount.roster.feed import done_with
from headcount.roster.policy import Retention
from headcount.roster.staging import forgotten_mark
from headcount.roster.tables import (
    changes,
    connections,
    employees,
    events,
    forgotten,
    held,
    metadata,
    quarantine,
    runs,
    staged,
    waiting,
)
from headcount.sealing import Sealer

TELLING = ("work_email", "personal_email", "work_phone", "mobile_phone", "home_phone")
"""The fields whose values tell of one person, and are searched for."""
SHORTEST = 6
"""A shorter text proves nothing: it stands in other words too."""
SUBJECTS = (
    (employees, employees.c.id),
    (staged, staged.c.id),
    (changes, changes.c.id),
    (events, events.c.employee),
    (held, held.c.id),
    (quarantine, quarantine.c.id),
    (waiting, waiting.c.id),
)
"""The tables that speak of people, each with the column that says of whom."""
PATIENCE = 20.0
"""Seconds for which the file's other users are waited for."""


def forget_person(db: Connection, row: Row[Any], id: str, now: datetime, sealer: Sealer) -> dict[str, int]:
    """Take a person out of every table of a connection, whose `row` it is; and prove that they are gone. Returns the
    rows by table: none, where they were forgotten before.

    Raises `NotFound` where there never was such a person.
    """
    name, mark = row.name, forgotten_mark(row.name, id)
    own = and_(employees.c.connection == name, employees.c.id == id)
    person = db.execute(select(employees).where(own)).first()
    texts = list(_telling(db, name, id, person))
    taken = _taken(db, name, id)
    taken[quarantine.name] += _beside(db, name, id, texts, sealer)
    taken[journal.name] = _plans(db, and_(_of(db, row), or_(journal.c.employee == id, *_in_plans(texts))))
    if person is not None and person.deleted_at is None:
        _uncount(db, row, records.read(person.record))
    if row.owner and codec.loads(row.owner).get("id") == id:
        taken[connections.name] = 1
        anonymous = {**codec.loads(row.owner), "name": None, "work_email": None}
        values = {"owner": codec.dumps(anonymous).decode()}
        db.execute(updated(connections).where(connections.c.name == name).values(values))
    known = db.execute(select(forgotten.c.mark).where(forgotten.c.mark == mark)).first() is not None
    if not known:
        if not any(taken.values()):
            raise NotFound(f"{name}: the roster has nobody with the id {id[:60]!r}, and never had")
        db.execute(insert(forgotten).values(connection=name, mark=mark, at=as_text(now)))
    _prove(db, name, id, texts, sealer)
    return taken


def _taken(db: Connection, name: str, id: str) -> dict[str, int]:
    found = {}
    for table, column in SUBJECTS:
        own = and_(table.c.connection == name, column == id)
        own = and_(own, changes.c.subject == "employee") if table is changes else own
        found[table.name] = db.execute(delete(table).where(own)).rowcount
    return found


def _telling(db: Connection, name: str, id: str, person: Row[Any] | None) -> Iterator[str]:
    """The telling values that a person ever had here."""
    own = and_(changes.c.connection == name, changes.c.subject == "employee", changes.c.id == id)
    docs = [records.read(person.record)] if person is not None else []
    for change in db.execute(select(changes.c.record, changes.c.fields).where(own)):
        docs += [records.read(change.record)] if change.record else []
        pairs = codec.loads(change.fields) if change.fields else {}
        docs += [{field: pair[at] for field, pair in pairs.items()} for at in (0, 1)]
    found = {str(doc[field]) for doc in docs for field in TELLING if doc.get(field)}
    yield from sorted(text for text in found if len(text) >= SHORTEST)


def _beside(db: Connection, name: str, id: str, texts: Sequence[str], sealer: Sealer) -> int:
    """What others' records tell of the person: the vendor's own record of who has them as manager, and records in
    quarantine. Returns how many of the latter are gone."""
    kept = and_(employees.c.connection == name, employees.c.raw.is_not(None))
    for other in db.execute(select(employees.c.id, employees.c.raw).where(kept)).all():
        if _tells(sealer, other.raw, f"{name}/{other.id}/raw", id, texts):
            mine = and_(employees.c.connection == name, employees.c.id == other.id)
            db.execute(updated(employees).where(mine).values(raw=None, hash=""))
    gone = 0
    for aside in db.execute(select(quarantine).where(quarantine.c.connection == name)).all():
        if _tells(sealer, aside.payload, f"{name}/{aside.key}", id, texts):
            mine = and_(quarantine.c.connection == name, quarantine.c.key == aside.key)
            gone += db.execute(delete(quarantine).where(mine)).rowcount
    return gone


def _tells(sealer: Sealer, sealed: str, subject: str, id: str, texts: Sequence[str]) -> bool:
    """Whether a payload may speak of the person; one that cannot be opened may."""
    try:
        payload = sealer.open(sealed, subject)
    except ConfigError:
        return True
    return codec.dumps(id).decode() in payload or any(text in payload for text in texts)


def _uncount(db: Connection, row: Row[Any], doc: records.Doc) -> None:
    """They are no longer among those who have a field."""
    coverage = codec.loads(row.coverage)
    for field in records.flat(doc):
        coverage[field] = coverage.get(field, 0) - 1
    left = {field: count for field, count in coverage.items() if count > 0}
    db.execute(updated(connections).where(connections.c.name == row.name).values(coverage=codec.dumps(left).decode()))


def _of(db: Connection, row: Row[Any]) -> ColumnElement[bool]:
    """The journal's runs of a connection. One from before connections were noted counts by its address, where that is
    no other's too: some vendors have one address for many companies."""
    same = and_(connections.c.vendor == row.vendor, connections.c.address == row.address)
    alone = db.execute(select(func.count()).select_from(connections).where(same)).scalar_one() == 1
    mine = journal.c.connection == row.name
    there = and_(journal.c.connection.is_(None), journal.c.vendor == row.vendor, journal.c.address == row.address)
    return or_(mine, there) if alone else mine


def _in_plans(texts: Sequence[str]) -> list[ColumnElement[bool]]:
    return [journal.c.plan.contains(codec.dumps(text).decode(), autoescape=True) for text in texts]


def _plans(db: Connection, which: ColumnElement[bool]) -> int:
    """Empty the plans of what was applied of the values that they held.

    Raises `Held` where one of them is not over: without its plan nobody could finish or settle it. One that was refused
    before it changed anything is over.
    """
    own = and_(which, journal.c.plan != ERASED)
    begun = exists().where(and_(steps.c.run == journal.c.id, steps.c.state != "ready"))
    stopped = and_(journal.c.state == State.STOPPED, begun)
    open_ones = and_(own, or_(journal.c.state.in_([State.APPLYING, State.UNKNOWN]), stopped))
    left = db.execute(select(journal.c.id).where(open_ones).limit(1)).scalar_one_or_none()
    if left is not None:
        raise Held(f"run {left[:8]} of the journal is not over: `headcount resume {left[:8]}` first, and erase then")
    return db.execute(updated(journal).where(own).values(plan=ERASED)).rowcount


def _prove(db: Connection, name: str, id: str, texts: Sequence[str], sealer: Sealer) -> None:
    """Look into every table for rows of the person, and into every text beside for what tells of them."""
    left = set()
    for table, column in SUBJECTS:
        own = and_(table.c.connection == name, column == id)
        own = and_(own, changes.c.subject == "employee") if table is changes else own
        if db.execute(select(column).where(own).limit(1)).first() is not None:
            left.add(table.name)
    for table, columns in (
        (connections, (connections.c.owner,)),
        (runs, (runs.c.problem, runs.c.why, runs.c.notes, runs.c.goes_on)),
    ):
        of = connections.c.name if table is connections else table.c.connection
        for text in texts:
            found = or_(*(column.contains(text, autoescape=True) for column in columns))
            if db.execute(select(of).where(and_(of == name, found)).limit(1)).first() is not None:
                left.add(table.name)
    if _beside(db, name, id, texts, sealer):
        left.add(quarantine.name)
    if left:
        raise HeadcountError(f"{name}: still found in {', '.join(sorted(left))}: nothing was erased")


def forget_connection(db: Connection, row: Row[Any]) -> dict[str, int]:
    """Take a company out of every table, and prove it. That some of its people were forgotten stays known."""
    name = row.name
    taken = {journal.name: _plans(db, _of(db, row))}
    owned = [
        (table, connections.c.name if table is connections else table.c.connection)
        for table in metadata.sorted_tables
        if table is not forgotten and (table is connections or "connection" in table.c)
    ]
    taken |= {table.name: db.execute(delete(table).where(column == name)).rowcount for table, column in owned}
    for table, column in owned:
        if db.execute(select(column).where(column == name).limit(1)).first() is not None:
            raise HeadcountError(f"{name}: still found in {table.name}: nothing was erased")
    return taken


def scrubbed(engine: Engine) -> None:
    """Write the store anew without the space of what was erased, so that no page of the file holds it any more.

    Raises `Held` where others are using the file for so long that it cannot be done.
    """
    until = time.monotonic() + PATIENCE
    while not _scrubbed(engine):
        if time.monotonic() > until:
            raise Held(
                "what was erased is gone from the roster, and its bytes may still be in the file, which another "
                "process is using: stop that, and scrub (`headcount forget --scrub`)"
            )
        time.sleep(0.1)


def _scrubbed(engine: Engine) -> bool:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        if db.dialect.name != "sqlite":
            for name in inspect(engine).get_table_names():
                db.exec_driver_sql(f'VACUUM "{name}"')
            return True
        try:
            db.exec_driver_sql("VACUUM")
            busy, *_ = db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        except OperationalError:
            return False
        return not busy


def retained(db: Connection, name: str, retention: Retention, now: datetime, sealer: Sealer) -> dict[str, int]:
    """Let go of what has been kept for long enough. Returns the rows by what they were.

    Events that a consumer has not acknowledged yet stay until it has.
    """
    taken: dict[str, int] = {}

    def let_go(what: str, table: Table, where: Any) -> None:
        count = db.execute(delete(table).where(and_(table.c.connection == name, where))).rowcount
        if count:
            taken[what] = taken.get(what, 0) + count

    if retention.history is not None:
        until = as_text(now - retention.history)
        let_go("history", changes, changes.c.recorded_at < until)
        let_go("history", events, and_(done_with(db), events.c.recorded_at < until))
        older = and_(connections.c.name == name, connections.c.history_since < until)
        db.execute(updated(connections).where(older).values(history_since=until))
    if retention.quarantine is not None:
        let_go("quarantine", quarantine, quarantine.c.last_at < as_text(now - retention.quarantine))
    if retention.runs is not None:
        over = runs.c.state.not_in(["running", "held"])
        let_go("runs", runs, and_(over, runs.c.started_at < as_text(now - retention.runs)))
    if retention.left is not None:
        taken |= _let_leavers_go(db, name, now - retention.left)
    return taken


def _let_leavers_go(db: Connection, name: str, until: datetime) -> dict[str, int]:
    """Whoever left or was deleted so long ago, with all that was kept of them. Who comes back is a newcomer."""
    left = and_(employees.c.state == "left", employees.c.ends < until.date().isoformat())
    gone = or_(left, employees.c.deleted_at < as_text(until))
    ids = db.execute(select(employees.c.id).where(and_(employees.c.connection == name, gone))).scalars().all()
    for id in ids:
        row = db.execute(select(connections).where(connections.c.name == name)).one()
        person = db.execute(select(employees).where(and_(employees.c.connection == name, employees.c.id == id))).one()
        if person.deleted_at is None:
            _uncount(db, row, records.read(person.record))
        _taken(db, name, id)
    return {"left": len(ids)} if ids else {}
