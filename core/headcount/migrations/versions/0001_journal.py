"""The journal: runs, their steps, and the audit's chain.

Stores from before there were revisions have these tables: there they stay, with all that is in them.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, String, Text, inspect

revision = "0001"
down_revision = None


def upgrade() -> None:
    there = inspect(op.get_bind()).get_table_names()
    if "runs" not in there:
        op.create_table(
            "runs",
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
        )
    if "steps" not in there:
        op.create_table(
            "steps",
            Column("run", String(36), ForeignKey("runs.id"), primary_key=True),
            Column("number", Integer, primary_key=True),
            Column("way", Integer, nullable=False),
            Column("state", String(20), nullable=False),
            Column("sent", Integer, nullable=False),
            Column("sent_at", String(40)),
            Column("status", Integer),
            Column("settled_by", Text),
        )
    elif op.get_bind().dialect.name == "postgresql":  # the very first journals kept it to twenty characters
        op.alter_column("steps", "settled_by", type_=Text())
    if "audit" not in there:
        op.create_table(
            "audit",
            Column("number", Integer, primary_key=True),
            Column("record", Text, nullable=False),
            Column("previous", String(64), nullable=False),
            Column("hash", String(64), nullable=False),
        )
