"""The roster's tables, the same on SQLite and PostgreSQL; instants are ISO text, UTC, and days ISO text."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

metadata = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself for INTEGER alone


class Xid(UserDefinedType[str]):
    """The transaction that wrote a row: PostgreSQL hands out numbers in another order than it commits them, so a
    reader that goes by numbers alone would pass over the rows of whoever commits later."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


@compiles(Xid, "sqlite")
def _one_writer(*_: Any, **__: Any) -> str:
    return "INTEGER"  # SQLite has one writer at a time: there the numbers are in order by themselves


class this_transaction(FunctionElement[str]):  # noqa: N801 - a function of SQL
    """The number of the transaction under way."""

    inherit_cache = True


@compiles(this_transaction)
def _numbered(*_: Any, **__: Any) -> str:
    return "pg_current_xact_id()"


@compiles(this_transaction, "sqlite")
def _unnumbered(*_: Any, **__: Any) -> str:
    return "0"


def written_by() -> Column[Any]:
    """The column of the transaction that wrote a row."""
    return Column("xid", Xid, server_default=this_transaction(), nullable=False)


connections = Table(
    "roster_connections",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("vendor", String(100), nullable=False),
    Column("address", Text, nullable=False),
    Column("version", Integer, nullable=False),  # counts commits: what a reader pins
    Column("cursor", String(40)),
    Column("newest", String(40)),
    Column("baseline_at", String(40)),
    Column("synced_at", String(40)),
    Column("full_at", String(40)),
    Column("history_since", String(40)),  # what was before was let go of, or never known
    Column("day", String(10)),  # the company's day that has come: it never goes back
    Column("who", String(20)),  # by which terms somebody is in
    Column("looked_on", String(10)),  # the company's day of the last look: newcomers are judged by it
    Column("timezone", String(64)),
    Column("policy", String(64)),  # a mark of the terms that the records were kept by
    Column("reads", String(64)),  # a mark of the code that they were read by
    Column("coverage", Text, nullable=False),
    Column("definitions", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("owner", Text),
    Column("credential", String(64)),
    Column("credential_since", String(40)),
    Column("schedule", Text),
    Column("holder", Text),
    Column("held_until", String(40)),
)
runs = Table(
    "roster_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("connection", String(120), nullable=False),
    Column("number", Integer, nullable=False),  # of the connection's runs, in the order they were begun
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("since", String(40)),
    Column("proof", String(20)),
    Column("why", Text),
    Column("problem", Text),
    Column("alarms", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("goes_on", Text),  # where a read that broke off goes on
    Column("mark", String(160)),
    Index("roster_runs_by_connection", "connection", "number"),
)
employees = Table(
    "roster_employees",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("raw", Text),
    Column("hash", String(32), nullable=False),  # of what the vendor told; "" where not all of it is kept
    Column("reasons", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("starts", String(10)),
    Column("ends", String(10)),
    Column("turns_on", String(10)),  # the next day on which the state is another by itself
    Column("left_before", Boolean, nullable=False),
    Column("manager_id", Text),
    Column("groups", Text),
    Column("in_scope", Boolean, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("deleted_at", String(40)),
    Column("basis", String(40)),
    Column("first_at", String(40), nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("updated_at", String(40)),
    Index("roster_employees_by_turn", "connection", "turns_on"),
    Index("roster_employees_by_missing", "connection", "missing"),
)
groups = Table(
    "roster_groups",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("record", Text, nullable=False),
    Column("type", String(40), nullable=False),
    Column("told", Text),  # the members, where the vendor tells them from this end
    Column("missing", Integer, nullable=False),
    Column("deleted_at", String(40)),
)
staged = Table(
    "roster_staged",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("how", Integer, nullable=False),
    Column("record", Text),
    Column("raw", Text),
    Column("hash", String(32)),
    Column("reasons", Integer),
    Column("status", String(20)),
    Column("state", String(20)),
    Column("starts", String(10)),
    Column("ends", String(10)),
    Column("turns_on", String(10)),
    Column("manager_id", Text),
    Column("groups", Text),
    Column("updated_at", String(40)),
    Column("valid_at", String(40)),
    Column("fields", Text),  # what differs from what is kept, and how
    Index("roster_staged_by_how", "connection", "how", "id"),
)
changes = Table(
    "roster_changes",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    written_by(),
    Column("connection", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", String(20), nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("fields", Text),
    Column("record", Text),  # the whole of it, where it is new
    Column("state", Text),  # where somebody stood before and stands after, where that is another
    Column("changed_before", String(40)),  # when the one before was learnt of
    Column("valid_at", String(40), nullable=False),
    Column("recorded_at", String(40), nullable=False),
    Column("run", String(36), nullable=False),
    Column("cause", String(20), nullable=False),
    Index("roster_changes_by_subject", "connection", "subject", "id", "seq"),
    Index("roster_changes_by_version", "connection", "version"),
    Index("roster_changes_by_xid", "xid", "seq"),
    sqlite_autoincrement=True,  # a number is never given twice, not even once the newest rows were erased
)
events = Table(
    "roster_events",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    written_by(),
    Column("connection", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("employee", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("on", String(10), nullable=False),
    Column("details", Text, nullable=False),
    Column("recorded_at", String(40), nullable=False),
    Column("run", String(36), nullable=False),
    Column("cause", String(20), nullable=False),
    Index("roster_events_by_employee", "connection", "employee", "seq"),
    Index("roster_events_by_xid", "xid", "seq"),
    sqlite_autoincrement=True,
)
held = Table(
    "roster_held",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # a field, or DEPARTURE
    Column("run", String(36), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("after", Text),
    Column("basis", String(40)),
)
quarantine = Table(
    "roster_quarantine",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("subject", String(20), nullable=False),
    Column("id", Text),
    Column("reason", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("digest", String(32), nullable=False),
    Column("reads", String(64), nullable=False),
    Column("first_at", String(40), nullable=False),
    Column("last_at", String(40), nullable=False),
    Column("run", String(36), nullable=False),
)
consumers = Table(
    "roster_consumers",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("filter", Text, nullable=False),
    Column("position", String(60)),
    Column("moved_at", String(40), nullable=False),
)
forgotten = Table(
    "roster_forgotten",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("mark", String(64), primary_key=True),
    Column("at", String(40), nullable=False),
)
messages = Table(
    "roster_messages",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("mark", String(64), primary_key=True),  # of what was signed: the same for the same message
    Column("at", String(40), nullable=False),
    Index("roster_messages_by_age", "connection", "at"),
)
waiting = Table(
    "roster_waiting",
    metadata,
    Column("connection", String(120), primary_key=True),
    Column("id", Text, primary_key=True),  # of whom a message named; "" where something changed, and not told what
    Column("mark", String(64), nullable=False),  # of the last message: one that comes while they are read stays
    Column("at", String(40), nullable=False),  # of the first one
)
rates = Table(
    "roster_rates",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("tat", Float(53), nullable=False),
    Column("not_before", Float(53), nullable=False, server_default=text("0")),
)
