"""The schema of a store, and the way to the newest: whoever opens a store brings it there first.

A revision is a file in `versions/`, named for its number and what it brings: to add one is to add a file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import backoff
from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from headcount.errors import ConfigError
from headcount.store import BUSY, one_at_a_time, place_of, reading

TABLE = "headcount_schema"
"""Holds the revision of a store."""
HERE = Path(__file__).parent
_alembic = threading.Lock()  # it keeps what it is at in its modules, for one thread at a time


def migrated(engine: Engine) -> None:
    """Bring a store to the newest schema, in one transaction, whichever other process does the same.

    Raises `ConfigError` where the store cannot be opened, or is a newer headcount's: that one stays as it is.
    """
    try:
        _to_newest(engine)
    except (SQLAlchemyError, ConfigError) as error:
        engine.dispose()
        if isinstance(error, ConfigError):
            raise
        # what SQLite says names no more than its file; another server's words may name more than is ours to tell
        said = f": {error.orig}" if isinstance(error, DBAPIError) and engine.dialect.name == "sqlite" else ""
        raise ConfigError(f"the store {place_of(engine.url)} cannot be opened: {type(error).__name__}{said}") from None


def _is_final(error: Exception) -> bool:
    """Whether to try again is no use. SQLite does not wait by itself while another makes a file, or leaves it."""
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY


@backoff.on_exception(backoff.constant, DBAPIError, interval=0.05, max_time=BUSY / 1000, giveup=_is_final, logger=None)
def _to_newest(engine: Engine) -> None:
    with reading(engine).begin() as connection:
        newest = _is_newest(connection)
    if not newest:
        with _alone(engine) as connection:
            if not _is_newest(connection):
                upgrade(connection)


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this headcount knows, the oldest first."""
    return tuple(sorted(path.name[:4] for path in (HERE / "versions").glob("[0-9]*.py")))


def revision_of(connection: Connection) -> str | None:
    """The revision of a store; None for one that is empty, or from before there were revisions."""
    if not inspect(connection).has_table(TABLE):
        return None
    return connection.execute(select(column("version_num", _selectable=table(TABLE)))).scalar()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring a store to a revision, in the transaction under way."""
    try:
        from alembic import command
        from alembic.config import Config
    except ImportError:
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    with _alembic:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(HERE).replace("%", "%%"))
        command.upgrade(config, to)


def _is_newest(connection: Connection) -> bool:
    revision = revision_of(connection)
    if revision is not None and revision not in revisions():
        raise ConfigError(
            f"the store {place_of(connection.engine.url)} is a newer headcount's: its schema is {revision[:32]}, and "
            f"this one knows them up to {revisions()[-1]}. pip install --upgrade headcount"
        )
    return revision == revisions()[-1]


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction beside which nobody migrates.

    On SQLite foreign keys rest meanwhile: what alters a table there makes it anew and drops the old one.
    """
    with engine.connect() as connection:
        rest = connection.dialect.name == "sqlite"
        if rest:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                one_at_a_time(connection)
                yield connection
        finally:
            if rest:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
