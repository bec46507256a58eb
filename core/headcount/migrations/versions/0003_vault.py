"""The vault: what each connection logs in with, sealed, and who is renewing it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "vault_credentials",
        Column("name", String(120), primary_key=True),
        Column("sealed", Text),
        Column("kept_at", String(40)),
        Column("holder", Text),
        Column("held_until", String(40)),
    )
