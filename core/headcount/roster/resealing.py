"""Sealing anew: what a roster keeps sealed, by the first of several keys, so that another can be taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Engine, Row, Table, and_, select, tuple_, update

from headcount.roster.staging import BATCH
from headcount.roster.tables import employees, quarantine, staged
from headcount.sealing import Sealer

Subject = Callable[[Row[Any]], str]


def _raw(row: Row[Any]) -> str:
    return f"{row.connection}/{row.id}/raw"


KEPT: tuple[tuple[Table, Column[Any], Subject], ...] = (
    (employees, employees.c.raw, _raw),
    (staged, staged.c.raw, _raw),
    (quarantine, quarantine.c.payload, lambda row: f"{row.connection}/{row.key}"),
)


def resealed(engine: Engine, sealer: Sealer) -> int:
    """Seal everything anew; how many there were. Others may use the roster meanwhile: what they write is sealed by the
    first key already. Raises `ConfigError` for what cannot be opened."""
    return sum(_resealed(engine, sealer, *kept) for kept in KEPT)


def _resealed(engine: Engine, sealer: Sealer, table: Table, column: Column[Any], subject: Subject) -> int:
    key, count, after = tuple_(*table.primary_key), 0, None
    while True:
        batch = select(table).where(column.is_not(None)).order_by(*table.primary_key).limit(BATCH)
        with engine.begin() as db:
            rows = db.execute(batch if after is None else batch.where(key > after)).all()
            for row in rows:
                old = row._mapping[column.name]
                anew = sealer.seal(sealer.open(old, subject(row)), subject(row))
                mine = and_(*(one == row._mapping[one.name] for one in table.primary_key), column == old)
                db.execute(update(table).where(mine).values({column: anew}))
        if not rows:
            return count
        count += len(rows)
        after = tuple_(*(rows[-1]._mapping[one.name] for one in table.primary_key))
