"""What a person decides of a run that was held: release what it holds, or reject it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Row, and_, delete, select, update

from headcount import codec
from headcount.errors import ConfigError
from headcount.gather import grouped
from headcount.model import DeletionBasis, EmployeeStatus
from headcount.roster import records
from headcount.roster.grouping import kinds_of
from headcount.roster.guard import DEPARTURE, REJECTED
from headcount.roster.holding import Holding
from headcount.roster.ledger import Ledger
from headcount.roster.people import Register
from headcount.roster.policy import Who, is_in, zone_of
from headcount.roster.run import Run, RunState
from headcount.roster.staging import BATCH
from headcount.roster.sync import today_of
from headcount.roster.tables import employees, held, runs


def release(holding: Holding, run: Run, now: datetime) -> Run:
    """Believe what a run holds: the changes are made, and who is held to be gone is gone."""
    with holding.begin() as db:
        rows = _held(db, run)
        row = holding.row(db)
        zone, kinds = zone_of(row.timezone), kinds_of(db, run.connection)[0]
        ledger = Ledger(connection=run.connection, version=row.version + 1, run=run.id, cause="release", at=now)
        register = Register(
            db=db,
            ledger=ledger,
            today=today_of(row, now, zone),
            zone=zone,
            kinds=kinds,
            reasons=codec.loads(row.reasons),
            coverage=Counter(codec.loads(row.coverage)),
        )
        by_person = grouped((one.id, one) for one in rows)
        ids = sorted(by_person)
        for start in range(0, len(ids), BATCH):
            mine = and_(employees.c.id.in_(ids[start : start + BATCH]), employees.c.deleted_at.is_(None))
            for person in list(register.rows(mine)):
                _release(register, person, by_person[person.id], now, Who(row.who or Who.EVERYONE))
            register.write()
        db.execute(delete(held).where(held.c.run == run.id))
        coverage = {name: count for name, count in register.coverage.items() if count > 0}
        holding.set(db, version=ledger.version, coverage=codec.dumps(coverage).decode())
        return _decided(db, run, RunState.RELEASED, ledger.counts)


def _release(register: Register, person: Row[Any], rows: Sequence[Row[Any]], now: datetime, who: Who) -> None:
    values = {one.what: one.after and codec.loads(one.after) for one in rows if one.what != DEPARTURE}
    if values:
        doc = records.with_values(records.read(person.record), values)
        inside = is_in(who, EmployeeStatus(doc["status"]["value"]), was_in=person.in_scope)
        register.change(person, doc, valid_at=now, raw=person.raw, in_scope=inside)
    for one in rows:
        if one.what == DEPARTURE:
            register.write()
            register.depart(person, DeletionBasis(one.basis))


def reject(holding: Holding, run: Run) -> Run:
    """Do not believe what a run holds: it is not asked about again for as long as the vendor says the same."""
    with holding.begin() as db:
        rows = _held(db, run)
        db.execute(update(held).where(held.c.run == run.id).values(state=REJECTED))
        return _decided(db, run, RunState.REJECTED, Counter(held=len(rows)))


def _held(db: Connection, run: Run) -> list[Row[Any]]:
    rows = list(db.execute(select(held).where(held.c.run == run.id).order_by(held.c.id, held.c.what)).all())
    if run.state not in (RunState.HELD, RunState.REJECTED):
        later = "; a later run holds what is held now" if run.state is RunState.SUPERSEDED else ""
        raise ConfigError(f"run {run.id[:8]} is {run.state.value}: there is nothing to decide{later}")
    if not rows:
        raise ConfigError(
            f"run {run.id[:8]} kept nothing that could be released: its list was not believed at all. Look at the "
            "vendor's own pages; where they show the same, sync with a new name, or forget the connection"
        )
    return rows


def _decided(db: Connection, run: Run, state: RunState, counts: Counter[str]) -> Run:
    told = {**run.counts, **{f"{state.value}_{name}": count for name, count in counts.items() if count}}
    values = {"state": state.value, "counts": codec.dumps(told).decode()}
    db.execute(update(runs).where(runs.c.id == run.id).values(values))
    return attrs.evolve(run, state=state, counts=told)
