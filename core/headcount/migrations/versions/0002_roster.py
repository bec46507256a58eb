"""The roster: connections, people, groups, the feed and its events, and what is held, put aside or forgotten."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Text, inspect, text
from sqlalchemy.types import UserDefinedType

revision = "0002"
down_revision = "0001"


class Xid(UserDefinedType[str]):
    """The number of a transaction, as PostgreSQL has it."""

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    number = BigInteger() if postgres else Integer()
    kind, default = (Xid(), "pg_current_xact_id()") if postgres else (Integer(), "0")

    def transaction() -> Column[object]:
        return Column("xid", kind, server_default=text(default), nullable=False)

    if "connection" not in {column["name"] for column in inspect(op.get_bind()).get_columns("runs")}:
        op.add_column("runs", Column("connection", String(120)))
    op.create_table(
        "roster_connections",
        Column("name", String(120), primary_key=True),
        Column("vendor", String(100), nullable=False),
        Column("address", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("cursor", String(40)),
        Column("newest", String(40)),
        Column("baseline_at", String(40)),
        Column("synced_at", String(40)),
        Column("full_at", String(40)),
        Column("history_since", String(40)),
        Column("day", String(10)),
        Column("who", String(20)),
        Column("looked_on", String(10)),
        Column("timezone", String(64)),
        Column("policy", String(64)),
        Column("reads", String(64)),
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
    op.create_table(
        "roster_runs",
        Column("id", String(36), primary_key=True),
        Column("connection", String(120), nullable=False),
        Column("number", Integer, nullable=False),
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
        Column("goes_on", Text),
        Column("mark", String(160)),
        Index("roster_runs_by_connection", "connection", "number"),
    )
    op.create_table(
        "roster_employees",
        Column("connection", String(120), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("record", Text, nullable=False),
        Column("raw", Text),
        Column("hash", String(32), nullable=False),
        Column("reasons", Integer, nullable=False),
        Column("status", String(20), nullable=False),
        Column("state", String(20), nullable=False),
        Column("starts", String(10)),
        Column("ends", String(10)),
        Column("turns_on", String(10)),
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
    op.create_table(
        "roster_groups",
        Column("connection", String(120), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("record", Text, nullable=False),
        Column("type", String(40), nullable=False),
        Column("told", Text),
        Column("missing", Integer, nullable=False),
        Column("deleted_at", String(40)),
    )
    op.create_table(
        "roster_staged",
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
        Column("fields", Text),
        Index("roster_staged_by_how", "connection", "how", "id"),
    )
    op.create_table(
        "roster_changes",
        Column("seq", number, primary_key=True, autoincrement=True),
        transaction(),
        Column("connection", String(120), nullable=False),
        Column("version", Integer, nullable=False),
        Column("subject", String(20), nullable=False),
        Column("id", Text, nullable=False),
        Column("kind", String(20), nullable=False),
        Column("fields", Text),
        Column("record", Text),
        Column("state", Text),
        Column("changed_before", String(40)),
        Column("valid_at", String(40), nullable=False),
        Column("recorded_at", String(40), nullable=False),
        Column("run", String(36), nullable=False),
        Column("cause", String(20), nullable=False),
        Index("roster_changes_by_subject", "connection", "subject", "id", "seq"),
        Index("roster_changes_by_version", "connection", "version"),
        Index("roster_changes_by_xid", "xid", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "roster_events",
        Column("seq", number, primary_key=True, autoincrement=True),
        transaction(),
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
    op.create_table(
        "roster_held",
        Column("connection", String(120), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("what", Text, primary_key=True),
        Column("run", String(36), nullable=False, index=True),
        Column("state", String(20), nullable=False),
        Column("after", Text),
        Column("basis", String(40)),
    )
    op.create_table(
        "roster_quarantine",
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
    op.create_table(
        "roster_consumers",
        Column("name", String(120), primary_key=True),
        Column("filter", Text, nullable=False),
        Column("position", String(60)),
        Column("moved_at", String(40), nullable=False),
    )
    op.create_table(
        "roster_forgotten",
        Column("connection", String(120), primary_key=True),
        Column("mark", String(64), primary_key=True),
        Column("at", String(40), nullable=False),
    )
    op.create_table(
        "roster_rates",
        Column("key", String(64), primary_key=True),
        Column("tat", Float(53), nullable=False),
        Column("not_before", Float(53), nullable=False, server_default=text("0")),
    )
