"""What a commit goes by besides what is staged: what the sync found out, who is kept and did not come, what is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select

from headcount.model import DeletionBasis
from headcount.roster.guard import DEPARTURE, REJECTED, Verdict
from headcount.roster.records import Doc
from headcount.roster.tables import employees, held, staged


@attrs.frozen(kw_only=True)
class Gathered:
    """What a sync found out before it writes: besides the staged records, who is gone, and the groups."""

    verdict: Verdict
    whole: bool
    """Whether the read was a whole list, so that what it no longer has may be let go of."""
    proved: bool
    """Whether it was everybody for sure, so that who is missing is counted as missing."""
    departing: Mapping[str, DeletionBasis]
    """Who is gone, and on what evidence."""
    told: Sequence[str] = ()
    """Who is told to be gone, or was asked for and not found: of many at once it is held, and not believed."""
    since: date | None = None
    """The company's day on which the roster began to know it."""
    reached: str | None = None
    """Up to when incremental reads are held to have brought every change."""
    groups: Mapping[str, tuple[Doc, tuple[str, ...] | None]] | None = None
    """By id, each with the members that it tells."""
    all_groups: bool = False
    hidden: frozenset[str] = frozenset()
    """Who is missing from a group, and may not be seen at all: they stay in it."""


def population(db: Connection, connection: str) -> int:
    """How many people are kept and not deleted."""
    here = and_(employees.c.connection == connection, employees.c.deleted_at.is_(None))
    return int(db.execute(select(func.count()).select_from(employees).where(here)).scalar_one())


def came(connection: str) -> ColumnElement[bool]:
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
    return select(*columns).where(and_(here, ~came(connection), ~denied))


def holds_of(db: Connection, connection: str, ids: Iterable[str]) -> dict[str, dict[str, Row[Any]]]:
    """What is held of these people: by person, and by what it is."""
    found: dict[str, dict[str, Row[Any]]] = {}
    for row in db.execute(select(held).where(and_(held.c.connection == connection, held.c.id.in_(ids)))):
        found.setdefault(row.id, {})[row.what] = row
    return found


def this_hold(hold: Row[Any]) -> ColumnElement[bool]:
    """The row of a hold, and no other."""
    return and_(held.c.connection == hold.connection, held.c.id == hold.id, held.c.what == hold.what)
