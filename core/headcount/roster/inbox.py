"""What webhooks have said: the messages that came, and whose records wait to be read again, in the roster's store."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from headcount.leases import as_text
from headcount.migrations import migrated
from headcount.roster.tables import messages, waiting
from headcount.store import open_store, store_url
from headcount.webhooks import KEPT

ANYTHING = ""
"""Stands among the ids for that something changed, and it is not told what."""
MOST = 1000
"""So many people wait at the most: where more are named, what changed is read as a whole."""


class Inbox:
    """Where messages are kept until a sync takes them in. Threads and processes may share it."""

    def __init__(self, url: str | None = None) -> None:
        self.url = store_url(url)

    @cached_property
    def _engine(self) -> Engine:
        engine = open_store(self.url)
        migrated(engine)
        return engine

    def keep(self, connection: str, mark: str | None, ids: Collection[str], now: datetime) -> bool:
        """Keep, in one transaction, that a message came and whom it named; false where it had come before.

        A message without a mark is always a new one.
        """
        at = as_text(now)
        with self._engine.begin() as db:
            if mark is not None:
                came = _insert(db, messages).values(connection=connection, mark=mark, at=at)
                if db.execute(came.on_conflict_do_nothing().returning(messages.c.mark)).first() is None:
                    return False
            own = waiting.c.connection == connection
            count = db.execute(select(func.count()).select_from(waiting).where(own)).scalar_one()
            named = ids if ids and count + len(ids) <= MOST else (ANYTHING,)
            word = mark or uuid.uuid4().hex
            for id in sorted(named):  # in one order, so that no two wait for each other
                new = _insert(db, waiting).values(connection=connection, id=id, mark=word, at=at)
                key = [waiting.c.connection, waiting.c.id]
                db.execute(new.on_conflict_do_update(index_elements=key, set_={"mark": word}))
        return True

    def close(self) -> None:
        """Close what is open to the store."""
        if "_engine" in self.__dict__:
            self._engine.dispose()


def waiting_of(db: Connection, connection: str) -> dict[str, str]:
    """Whose records wait to be read again, each with the mark of the last message that named them."""
    rows = db.execute(select(waiting.c.id, waiting.c.mark).where(waiting.c.connection == connection))
    return {row.id: row.mark for row in rows}


def taken_in(db: Connection, connection: str, taken: Mapping[str, str], now: datetime) -> None:
    """Let go of those who were read again, but for whom a later message has named meanwhile; and of messages that
    would not be taken any more."""
    if taken:
        this = and_(waiting.c.id == bindparam("of"), waiting.c.mark == bindparam("by"))
        gone = delete(waiting).where(and_(waiting.c.connection == connection, this))
        db.execute(gone, [{"of": id, "by": mark} for id, mark in sorted(taken.items())])
    db.execute(delete(messages).where(and_(messages.c.connection == connection, messages.c.at < as_text(now - KEPT))))


def _insert(db: Connection, table: Any) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
