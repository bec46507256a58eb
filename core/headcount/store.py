"""A durable store: SQLite in a file, or PostgreSQL, opened so that no transaction loses what another has written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from headcount.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

VARIABLE = "HEADCOUNT_STORE"
DEFAULT = "sqlite:///headcount.db"
IN_MEMORY = ("sqlite://", "sqlite:///", "sqlite:///:memory:")
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
BUSY = 30_000
"""Milliseconds for which a writer waits for another to finish."""
LOCK = 0x68656164
"""PostgreSQL's advisory lock of what one transaction at a time may do."""


def store_url(given: str | None = None) -> str:
    """The store's URL: what is given, else the environment's, else a file in this folder.

    Raises `ConfigError` where the environment names one that is gone with the process: that is for tests, which say so.
    """
    told = os.environ.get(VARIABLE)
    if not given and told in IN_MEMORY:
        raise ConfigError(f"{VARIABLE} names a store that does not last: write sqlite:///file.db or postgresql://…")
    return given or told or DEFAULT


def open_store(url: str) -> Engine:
    """The engine of a store. Raises `ConfigError` for a URL that is none, or where an extra is missing."""
    try:
        from sqlalchemy import create_engine, event, make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ConfigError(f"a store is sqlite:///file.db or postgresql://…, and not {parsed.drivername}")
        if parsed.drivername not in DRIVERS:
            raise ConfigError("a store is sqlite:///file.db, or postgresql://… with headcount[postgres]")
        # A statement that PostgreSQL keeps prepared keeps the plan that was right while its tables were empty: a
        # first sync and a second in one process then look through everybody for each page.
        how = {"prepare_threshold": None} if parsed.get_backend_name() == "postgresql" else {}
        engine = create_engine(parsed, hide_parameters=True, connect_args=how)
        _make_private(parsed.database if parsed.get_backend_name() == "sqlite" else None)
    except (ArgumentError, ValueError):
        raise ConfigError("the store's URL is none: write sqlite:///file.db or postgresql://…") from None
    except ModuleNotFoundError:
        raise ConfigError("this needs headcount[postgres]: pip install 'headcount[postgres]'") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def reading(engine: Engine) -> Engine:
    """The same store, for transactions that only read: on SQLite they neither wait for a writer nor hold one up.

    Each sees the store as it was at its first look. One that must not lose what another writes is none of these.
    """
    return engine.execution_options(headcount_reads=True)


def one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends no other one gets here. On SQLite it is so for all that may write."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def place_of(url: str | URL) -> str:
    """Where a store is, without its password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return f"that {VARIABLE} names"


def _make_private(path: str | None) -> None:
    """A file that only its owner reads: it holds personal data. Raises `ConfigError` where it cannot be made.

    One that is there is not opened to look: to close it would end every lock that SQLite holds on it in this process,
    and another process would then take the file for nobody's and do away with what is still being written.
    """
    if path and path != ":memory:":
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            if os.path.isdir(path):
                raise ConfigError(f"the store {path} cannot be opened: it is a folder") from None
        except OSError as error:
            raise ConfigError(f"the store {path} cannot be opened: {error.strerror}") from None


def _prepare(connection: Any, _: Any) -> None:
    """Transactions are ours to begin: the driver's own begin only at the first write, after what was read is old.

    `synchronous=FULL`: what is committed must be there after the machine itself died. `secure_delete=ON`: what is
    erased is overwritten in the file; the copies that SQLite leaves where it rearranged a page go with a VACUUM.
    """
    connection.isolation_level = None
    pragmas = (
        f"busy_timeout={BUSY}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":  # a VACUUM is no part of a transaction
        connection.exec_driver_sql("BEGIN" if options.get("headcount_reads") else "BEGIN IMMEDIATE")
