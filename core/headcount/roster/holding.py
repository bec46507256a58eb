"""One connection's row, held by one process at a time: every write of a sync goes through here, and is fenced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, select, update

from headcount.errors import Held
from headcount.leases import as_moment, as_text, holder, host_of, is_free
from headcount.roster import order
from headcount.roster.tables import connections
from headcount.store import one_at_a_time


class Holding:
    """The hold of a connection. Raises `Held` where another process has it; `let_go` gives it back."""

    def __init__(
        self, engine: Engine, name: str, *, now: Callable[[], datetime], lease: timedelta, row: dict[str, Any]
    ) -> None:
        self._engine, self.name, self._now, self._lease = engine, name, now, lease
        self._me = holder()
        with engine.begin() as db:
            one_at_a_time(db)  # two may be the first at once
            found = db.execute(select(connections).where(connections.c.name == name).with_for_update()).first()
            if found is None:
                empty = {"version": 0, "coverage": "{}", "definitions": "{}", "reasons": "[]"}
                db.execute(insert(connections).values({"name": name, **empty, **row}))
            elif not is_free(found.holder, as_moment(found.held_until), now()):
                raise Held(
                    f"{name} is held by {host_of(found.holder)}, which syncs or changes it; wait for it, at most until "
                    f"{as_moment(found.held_until):%Y-%m-%d %H:%M:%S} UTC"
                )
            self._renew(db, connections.c.name == name)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that is ours alone. Raises `Held` where the hold was lost meanwhile, and nothing is written."""
        with self._engine.begin() as db:
            order.writes(db)
            ours = and_(connections.c.name == self.name, connections.c.holder == self._me)
            if self._renew(db, ours) != 1:
                raise Held(f"{self.name} was taken over by another process; nothing more is written from here")
            yield db

    def row(self, db: Connection) -> Row[Any]:
        """The connection as it stands."""
        return db.execute(select(connections).where(connections.c.name == self.name)).one()

    def set(self, db: Connection, **values: Any) -> None:
        """Write down something of the connection."""
        db.execute(update(connections).where(connections.c.name == self.name).values(**values))

    def let_go(self) -> None:
        """Give the hold back; one that was lost stays where it is."""
        ours = and_(connections.c.name == self.name, connections.c.holder == self._me)
        with self._engine.begin() as db:
            db.execute(update(connections).where(ours).values(holder=None, held_until=None))

    def _renew(self, db: Connection, which: Any) -> int:
        until = as_text(self._now() + self._lease)
        return db.execute(update(connections).where(which).values(holder=self._me, held_until=until)).rowcount
