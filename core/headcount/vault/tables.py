"""The vault's table, the same on SQLite and PostgreSQL; instants are ISO text, UTC."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Table, Text

metadata = MetaData()

credentials = Table(
    "vault_credentials",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("sealed", Text),  # empty where another place keeps it
    Column("kept_at", String(40)),
    Column("holder", Text),  # who renews it
    Column("held_until", String(40)),
)
