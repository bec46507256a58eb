"""`headcount whoami`: whose credential it is, what it may see, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator

import click

from headcount.cli.credential import end_told, sight_told
from headcount.cli.line import account, opened
from headcount.cli.roster import block
from headcount.connection import Connection
from headcount.health import CredentialHealth
from headcount.model import Scope


@click.command()
@account
def whoami(vendor: str, given: tuple[str, ...], no_pace: bool) -> None:
    """Whose credential this is, what it may see, and when it ends.

    \b
    headcount whoami acmehr
    """
    with opened(vendor, given, no_pace, tuple(Scope)) as connection:
        health = connection.health()
        block(connection.name, "needs attention" if health.concerns else "ok", _rows(connection, health))


def _rows(connection: Connection, health: CredentialHealth) -> Iterator[tuple[str, str]]:
    me = health.owner
    yield "vendor", connection.connector.title
    yield "address", connection.http.base_url
    yield "owner", " ".join(filter(None, (me.name, me.work_email and f"<{me.work_email}>"))) or "not told"
    yield "id", me.id or "not told"
    yield "role", me.role or "not told"
    yield from end_told(health)
    yield from sight_told(health, connection.connector)
