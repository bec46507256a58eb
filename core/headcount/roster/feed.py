"""The feed: changes and events in the order they were committed, and consumers that remember how far they came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    String,
    Table,
    TextClause,
    and_,
    cast,
    literal_column,
    select,
    text,
    true,
)

from headcount import codec
from headcount.errors import ConfigError
from headcount.leases import as_text
from headcount.model import EMPTY
from headcount.roster import records
from headcount.roster.events import EventKind, State
from headcount.roster.order import settled
from headcount.roster.run import Change, Event
from headcount.roster.staging import BATCH
from headcount.roster.tables import consumers, events
from headcount.store import one_at_a_time

T = TypeVar("T", Change, Event)
START = "0.0"
"""The position before the first row."""


def change_of(row: Row[Any], seq: str) -> Change:
    """A change as a reader gets it."""
    fields = {name: (before, after) for name, (before, after) in codec.loads(row.fields or "{}").items()}
    if row.record is not None:
        fields = {name: (None, value) for name, value in records.flat(records.read(row.record)).items()}
    return Change(
        seq=seq,
        connection=row.connection,
        subject=row.subject,
        id=row.id,
        kind=row.kind,
        fields=fields,
        state=None if row.state is None else (State(codec.loads(row.state)[0]), State(codec.loads(row.state)[1])),
        valid_at=datetime.fromisoformat(row.valid_at),
        recorded_at=datetime.fromisoformat(row.recorded_at),
        run=row.run,
        cause=row.cause,
    )


def event_of(row: Row[Any], seq: str) -> Event:
    """An event as a reader gets it."""
    return Event(
        seq=seq,
        connection=row.connection,
        employee_id=row.employee,
        kind=EventKind(row.kind),
        on=date.fromisoformat(row.on),
        details=codec.loads(row.details) or EMPTY,
        recorded_at=datetime.fromisoformat(row.recorded_at),
        run=row.run,
        cause=row.cause,
    )


def rows(
    engine: Engine, table: Table, make: Callable[[Row[Any], str], T], *, after: str | None, where: Any = None
) -> Iterator[T]:
    """The rows of a feed after a position, in an order in which nothing is ever put in before what was read.

    On PostgreSQL rows go by their transaction first, and only those that nothing older can appear before.
    """
    transaction, number = position_of(after)
    while True:
        until = settled(engine)
        with engine.connect() as db:
            found = db.execute(_next(table, transaction, number, until, where)).all()
        for row in found:
            yield make(row, f"{row.transaction}.{row.seq}")
        if len(found) < BATCH:
            return
        transaction, number = int(found[-1].transaction), found[-1].seq


def _next(table: Table, transaction: int, number: int, until: int | None, where: Any) -> Any:
    wanted = true() if where is None else where
    if until is None:
        query = select(table, literal_column("0").label("transaction"))
        return query.where(and_(table.c.seq > number, wanted)).order_by(table.c.seq).limit(BATCH)
    there = text("xid < CAST(CAST(:until AS text) AS xid8)")
    later = text("(xid, seq) > (CAST(CAST(:transaction AS text) AS xid8), :number)")
    query = select(table, cast(table.c.xid, String).label("transaction")).where(and_(there, later, wanted))
    bound: Any = query.order_by(table.c.xid, table.c.seq).limit(BATCH)
    return bound.params(transaction=str(transaction), number=number, until=str(until))


def position_of(seq: str | None) -> tuple[int, int]:
    """The transaction and the number of a position. Raises `ConfigError` for what is none."""
    transaction, dot, number = (seq or START).partition(".")
    if dot and transaction.isascii() and transaction.isdigit() and number.isascii() and number.isdigit():
        return int(transaction), int(number)
    raise ConfigError(f"{str(seq)[:40]!r} is no position of the feed: give the `seq` of what was read last")


class Feed:
    """Events for one consumer, each at least once: what was not acknowledged comes again.

    `for event in feed` gives those after the stored position, to the present end; `ack()` stores the position of the
    last one given, `ack(event)` that of an earlier one.
    """

    def __init__(
        self,
        engine: Engine,
        reading: Engine,
        consumer: str,
        now: Callable[[], datetime],
        *,
        where: Any,
        filter: str,
    ) -> None:
        self._engine, self._reading, self.consumer, self._now = engine, reading, consumer, now
        self._where, self._filter = where, filter
        self._given: str | None = None
        with reading.connect() as db:
            known = self._known(db)
        if known is not None and known.position is not None and known.filter != filter:
            raise ConfigError(
                f"the consumer {consumer!r} reads other events ({known.filter}): one that reads {filter} needs another "
                "name"
            )

    @property
    def position(self) -> str | None:
        """How far the consumer has come; None where it has not begun."""
        with self._reading.connect() as db:
            known = self._known(db)
        return None if known is None else known.position

    def __iter__(self) -> Iterator[Event]:
        after = self.position
        if after is None:  # whoever has begun to read is waited for: nothing is let go of before they had it
            with self._engine.begin() as db:
                self._begun(db)
        for event in rows(self._reading, events, event_of, after=after, where=self._where):
            self._given = event.seq
            yield event

    def ack(self, event: Event | None = None) -> None:
        """Remember that everything up to here is done with. Harmless where nothing was given; never goes back."""
        given = self._given if event is None else event.seq
        if given is None:
            return
        with self._engine.begin() as db:
            if position_of(self._begun(db)) < position_of(given):
                mine = consumers.c.name == self.consumer
                values = {"position": given, "moved_at": as_text(self._now())}
                db.execute(consumers.update().where(mine).values(values))

    def _known(self, db: Connection) -> Row[Any] | None:
        return db.execute(select(consumers).where(consumers.c.name == self.consumer)).first()

    def _begun(self, db: Connection) -> str | None:
        """How far the consumer has come; one that nobody knew is written down. The first `ack` settles its filter."""
        one_at_a_time(db)  # two may be the first at once
        known = self._known(db)
        if known is not None and known.position is not None:
            return str(known.position)
        values = {"filter": self._filter, "position": None, "moved_at": as_text(self._now())}
        if known is None:
            db.execute(consumers.insert().values(name=self.consumer, **values))
        else:
            db.execute(consumers.update().where(consumers.c.name == self.consumer).values(values))
        return None


def done_with(db: Connection) -> ColumnElement[bool] | TextClause:
    """The events that every consumer has acknowledged; all of them where there is no consumer."""
    positions = db.execute(select(consumers.c.position)).scalars().all()
    if not positions:
        return true()
    transaction, number = min(map(position_of, positions))
    if db.dialect.name != "postgresql":
        return events.c.seq <= number
    until = text("(xid, seq) <= (CAST(CAST(:transaction AS text) AS xid8), :number)")
    return until.bindparams(transaction=str(transaction), number=number)
