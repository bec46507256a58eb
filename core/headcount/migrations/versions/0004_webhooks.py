"""Webhooks: the messages that came, and whose records wait to be read again."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "roster_messages",
        Column("connection", String(120), primary_key=True),
        Column("mark", String(64), primary_key=True),
        Column("at", String(40), nullable=False),
    )
    op.create_index("roster_messages_by_age", "roster_messages", ["connection", "at"])
    op.create_table(
        "roster_waiting",
        Column("connection", String(120), primary_key=True),
        Column("id", Text, primary_key=True),
        Column("mark", String(64), nullable=False),
        Column("at", String(40), nullable=False),
    )
