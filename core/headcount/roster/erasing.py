"""Erasing: a person or a company is taken out of every table, and what is left is searched to prove it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, String, Table, and_, delete, insert, or_, select, update

from headcount import codec
from headcount.errors import HeadcountError, Held, NotFound
from headcount.leases import as_text
from headcount.lifecycle.journal import ERASED
from headcount.lifecycle.outcome import State
from headcount.lifecycle.tables import runs as journal
from headcount.roster import records
from headcount.roster.policy import Retention
from headcount.roster.sealing import Sealer
from headcount.roster.staging import forgotten_mark
from headcount.roster.tables import (
    changes,
    connections,
    employees,
    events,
    forgotten,
    groups,
    held,
    metadata,
    quarantine,
    runs,
    staged,
)

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
)
"""The tables that speak of people, each with the column that says of whom."""


def forget_person(db: Connection, connection: str, id: str, now: datetime, sealer: Sealer) -> dict[str, int]:
    """Take a person out of every table, and prove that they are gone. Returns the rows by table.

    Raises `NotFound` where there never was such a person.
    """
    mine = and_(employees.c.connection == connection, employees.c.id == id)
    row = db.execute(select(employees).where(mine)).first()
    texts = list(_telling(db, connection, id, row))
    taken = {}
    for table, column in SUBJECTS:
        own = and_(table.c.connection == connection, column == id)
        if table is changes:
            own = and_(own, changes.c.subject == "employee")
        taken[table.name] = db.execute(delete(table).where(own)).rowcount
    taken[quarantine.name] += _nameless(db, connection, texts, sealer)
    owner = db.execute(select(connections.c.owner).where(connections.c.name == connection)).scalar_one_or_none()
    if owner and codec.loads(owner).get("id") == id:
        taken[connections.name] = 1
        db.execute(update(connections).where(connections.c.name == connection).values(owner=None))
    if not any(taken.values()):
        raise NotFound(f"{connection}: the roster has nobody with the id {id[:60]!r}, and never had")
    mark = forgotten_mark(connection, id)
    if db.execute(select(forgotten.c.mark).where(forgotten.c.mark == mark)).first() is None:
        db.execute(insert(forgotten).values(connection=connection, mark=mark, at=as_text(now)))
    _prove_person_gone(db, connection, id, texts)
    return taken


def _nameless(db: Connection, connection: str, texts: list[str], sealer: Sealer) -> int:
    """Records in quarantine whose id could not be made out, and that speak of this person."""
    query = select(quarantine).where(and_(quarantine.c.connection == connection, quarantine.c.id.is_(None)))
    taken = 0
    for row in db.execute(query).all():
        payload = sealer.open(row.payload, f"{connection}/{row.key}")
        if any(text in payload for text in texts):
            own = and_(quarantine.c.connection == connection, quarantine.c.key == row.key)
            taken += db.execute(delete(quarantine).where(own)).rowcount
    return taken


def _prove_person_gone(db: Connection, connection: str, id: str, texts: list[str]) -> None:
    """Look into every table for rows of the person, and into every text that is of nobody for what told of them."""
    left = [
        table.name
        for table, column in SUBJECTS
        if table is not changes
        and db.execute(select(column).where(and_(table.c.connection == connection, column == id)).limit(1)).first()
    ]
    subjects = {table.name for table, _ in SUBJECTS}
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, String)]
        if table.name in subjects or not columns:
            continue
        for text in texts:
            found = or_(*(column.contains(text, autoescape=True) for column in columns))
            if table is not groups and db.execute(select(columns[0]).where(found).limit(1)).first() is not None:
                left.append(table.name)
    if left:
        raise HeadcountError(f"{connection}: still found in {', '.join(sorted(set(left)))}: nothing was erased")


def _telling(db: Connection, connection: str, id: str, row: Any) -> Iterator[str]:
    """The telling values that a person ever had here."""
    own = and_(changes.c.connection == connection, changes.c.subject == "employee", changes.c.id == id)
    docs = [records.read(row.record)] if row is not None else []
    for change in db.execute(select(changes.c.record, changes.c.fields).where(own)):
        docs += [records.read(change.record)] if change.record else []
        pairs = codec.loads(change.fields) if change.fields else {}
        docs += [{name: pair[at] for name, pair in pairs.items()} for at in (0, 1)]
    found = {str(doc[name]) for doc in docs for name in TELLING if doc.get(name)}
    yield from sorted(text for text in found if len(text) >= SHORTEST)


def forget_plans(db: Connection, vendor: str, address: str, employee: str | None) -> dict[str, int]:
    """Empty the plans of what was applied, to a person or at all, of the values that they held.

    Raises `Held` where one of them is not over: without its plan nobody could finish or settle it.
    """
    own = and_(journal.c.vendor == vendor, journal.c.address == address, journal.c.plan != ERASED)
    if employee is not None:
        own = and_(own, journal.c.employee == employee)
    open_ones = and_(own, journal.c.state.in_([State.APPLYING, State.STOPPED, State.UNKNOWN]))
    left = db.execute(select(journal.c.id).where(open_ones).limit(1)).scalar_one_or_none()
    if left is not None:
        raise Held(f"run {left[:8]} of the journal is not over: `headcount resume {left[:8]}` first, and erase then")
    return {journal.name: db.execute(update(journal).where(own).values(plan=ERASED)).rowcount}


def forget_connection(db: Connection, connection: str) -> dict[str, int]:
    """Take a company out of every table, and prove it. Raises `NotFound` where there is none of the name."""
    owned = [
        (table, connections.c.name if table is connections else table.c.connection)
        for table in metadata.sorted_tables
        if table is connections or "connection" in table.c
    ]
    taken = {table.name: db.execute(delete(table).where(column == connection)).rowcount for table, column in owned}
    if not any(taken.values()):
        raise NotFound(f"the roster has no connection {connection!r}")
    for table, column in owned:
        if db.execute(select(column).where(column == connection).limit(1)).first() is not None:
            raise HeadcountError(f"{connection}: still found in {table.name}: nothing was erased")
    return taken


def scrubbed(engine: Engine) -> None:
    """Give back the space of what was erased, so that no page of the file holds it any more."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("VACUUM")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for table in metadata.sorted_tables:
                db.exec_driver_sql(f"VACUUM {table.name}")


def retained(db: Connection, connection: str, retention: Retention, now: datetime, sealer: Sealer) -> dict[str, int]:
    """Let go of what has been kept for long enough. Returns the rows by what they were."""
    taken: dict[str, int] = {}

    def let_go(what: str, table: Table, where: Any) -> None:
        count = db.execute(delete(table).where(and_(table.c.connection == connection, where))).rowcount
        if count:
            taken[what] = taken.get(what, 0) + count

    if retention.history is not None:
        until = as_text(now - retention.history)
        let_go("history", changes, changes.c.recorded_at < until)
        let_go("history", events, events.c.recorded_at < until)
        older = and_(connections.c.name == connection, connections.c.history_since < until)
        db.execute(update(connections).where(older).values(history_since=until))
    if retention.quarantine is not None:
        let_go("quarantine", quarantine, quarantine.c.last_at < as_text(now - retention.quarantine))
    if retention.runs is not None:
        over = runs.c.state.not_in(["running", "held"])
        let_go("runs", runs, and_(over, runs.c.started_at < as_text(now - retention.runs)))
    if retention.left is not None:
        until_day = (now - retention.left).date().isoformat()
        gone = or_(
            and_(employees.c.state == "left", employees.c.ends < until_day),
            employees.c.deleted_at < as_text(now - retention.left),
        )
        own = and_(employees.c.connection == connection, gone)
        for id in db.execute(select(employees.c.id).where(own)).scalars().all():
            forget_person(db, connection, id, now, sealer)
            taken["left"] = taken.get("left", 0) + 1
    return taken
