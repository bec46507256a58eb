"""The audit: an append-only chain of records, each with a hash that rests on all before it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from headcount import codec
from headcount.errors import Held
from headcount.lifecycle.tables import audit

FIRST = "0" * 64


def lengthen(connection: Connection, record: Mapping[str, Any]) -> None:
    """Add a record. One transaction at a time may do so."""
    last = connection.execute(select(audit).order_by(audit.c.number.desc()).limit(1)).first()
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    said = codec.canonical({"number": number, **record}).decode()
    connection.execute(insert(audit).values(number=number, record=said, previous=previous, hash=_hash(previous, said)))


def links(connection: Connection) -> list[dict[str, Any]]:
    """Every record with its hash, in order. Raises `Held` at the first that is not as it was written."""
    previous = FIRST
    found = []
    for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.number)), 1):
        if row.number != number or row.previous != previous or row.hash != _hash(previous, row.record):
            raise Held(f"audit record {number} is not as it was written: the journal was changed by hand")
        previous = row.hash
        found.append({**codec.loads(row.record), "hash": row.hash})
    return found


def _hash(previous: str, record: str) -> str:
    return sha256(f"{previous}\n{record}".encode()).hexdigest()
