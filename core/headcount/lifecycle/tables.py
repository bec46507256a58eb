"""The journal's tables, the same on SQLite and PostgreSQL; instants are ISO text, UTC."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text

metadata = MetaData()
runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(200), unique=True, nullable=False),
    Column("vendor", String(100), nullable=False),
    Column("address", Text, nullable=False),
    Column("verb", String(40), nullable=False),
    Column("digest", String(64), unique=True, nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("plan", Text, nullable=False),
    Column("approved_by", Text),
    Column("state", String(20), nullable=False),
    Column("employee", Text),
    Column("problem", Text),
    Column("holder", Text),
    Column("held_until", String(40)),
    Column("made_at", String(40), nullable=False),
    Column("changed_at", String(40), nullable=False),
    Column("connection", String(120)),  # None in runs of before it was noted
)
steps = Table(
    "steps",
    metadata,
    Column("run", String(36), ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("way", Integer, nullable=False),  # 0: the step itself; else which of `otherwise`
    Column("state", String(20), nullable=False),
    Column("sent", Integer, nullable=False),
    Column("sent_at", String(40)),
    Column("status", Integer),
    Column("settled_by", Text),
)
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("record", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
