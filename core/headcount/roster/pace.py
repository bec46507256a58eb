"""How fast a vendor may be asked by several processes together: one row of the store for each vendor account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Float, and_, cast, extract, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from headcount import codec
from headcount.errors import ConfigError
from headcount.rate import Rate
from headcount.roster.tables import rates
from headcount.store import place_of, reading

SHORTEST = 0.001
"""Seconds to sleep at least, before asking again."""


def account_key(vendor: str, base_url: str, secrets: Iterable[str]) -> str:
    """The key of a vendor account, which tells nothing of its credential."""
    return sha256(codec.canonical([vendor, base_url.rstrip("/"), *secrets])).hexdigest()


class StorePacer:
    """Lets at most `rate.count` requests start in any `rate.per` seconds, by all who share the store and the key.

    A tenth of the count may start at once, and the others one by one: the two together never exceed the count,
    wherever the vendor's own window begins. Without a rate, only the pauses that the vendor asks for hold everyone.

    The clock is PostgreSQL's own; SQLite's processes share the clock of their machine. What waits sleeps here and
    holds nothing in the store. Raises `ConfigError` where the store cannot be used.
    """

    def __init__(
        self, engine: Engine, key: str, rate: Rate | None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._engine = engine
        self._here = rates.c.key == key
        self._key = key
        self._rate = rate
        self._spacing, self._ahead = _spaced(rate) if rate else (0.0, 0.0)
        self._sleep = sleep
        self._turn = threading.Lock()

    def wait(self) -> None:
        """Block until one more request may start."""
        with self._turn:  # one thread of a process asks, and the others wait for it and not at the store
            while (seconds := self._take()) > 0:
                self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long, in whichever process: the vendor has asked one of us to wait."""
        with self._begin(self._engine) as connection:
            now = _now(connection)
            new = _insert(connection).values(key=self._key, tat=0, not_before=now + seconds)
            later = _later(connection, rates.c.not_before, new.excluded.not_before)
            connection.execute(new.on_conflict_do_update(index_elements=[rates.c.key], set_={"not_before": later}))

    def _take(self) -> float:
        """Take a start and return 0, or return how many seconds to wait before trying again."""
        with self._begin(self._engine if self._rate else reading(self._engine)) as connection:
            if self._rate and self._started(connection):
                return 0.0
            row = connection.execute(
                select(rates.c.tat, rates.c.not_before, _now(connection).label("now")).where(self._here)
            ).first()
            if row is None or (self._rate is None and row.not_before <= row.now):
                return 0.0
            free = max(row.tat - self._ahead, row.not_before) if self._rate else row.not_before
            return max(float(free - row.now), SHORTEST)

    def _started(self, connection: Connection) -> bool:
        """Whether a start was there to be taken: looked at and taken in one statement."""
        now = _now(connection)
        new = _insert(connection).values(key=self._key, tat=now + self._spacing)
        taken = new.on_conflict_do_update(
            index_elements=[rates.c.key],
            set_={"tat": _later(connection, rates.c.tat, now) + self._spacing},
            where=and_(rates.c.tat <= now + self._ahead, rates.c.not_before <= now),
        )
        return connection.execute(taken.returning(rates.c.key)).first() is not None

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            place = place_of(engine.url)
            raise ConfigError(f"the store {place} cannot be used to keep the pace: {type(error).__name__}") from None


def _spaced(rate: Rate) -> tuple[float, float]:
    """Seconds from one start to the next, and how far ahead of that those may be that start at once (GCRA)."""
    burst = max(1, rate.count // 10)
    spacing = rate.per / max(1, rate.count - burst)
    return spacing, spacing * (burst - 1)


def _now(connection: Connection) -> Any:
    """The moment at which the statement is carried out; on SQLite nobody else writes from then on."""
    if connection.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Float(53))
    return literal(time.time(), Float(53))


def _insert(connection: Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(rates)


def _later(connection: Connection, one: Any, other: Any) -> Any:
    return (func.greatest if connection.dialect.name == "postgresql" else func.max)(one, other)
