"""`headcount whoami`: whose credential it is, what it may see, and when it ends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import click

from headcount.cli.line import account, opened
from headcount.connection import Connection
from headcount.errors import Forbidden, NotFound, Unsupported
from headcount.health import SAMPLE, seen
from headcount.model import Scope


@click.command()
@account
def whoami(vendor: str, given: tuple[str, ...], no_pace: bool) -> None:
    """Whose credential this is, what it may see, and when it ends.

    \b
    headcount whoami acmehr
    """
    with opened(vendor, given, no_pace, tuple(scope.value for scope in Scope)) as connection:
        me = connection.whoami()
        owner = " ".join(filter(None, (me.name, f"<{me.work_email}>" if me.work_email else None)))
        for label, value in (
            ("vendor", connection.connector.title),
            ("address", connection.http.base_url),
            ("owner", owner or "not told"),
            ("id", me.id or "not told"),
            ("role", me.role or "not told"),
            ("ends", me.expires or "not known"),
        ):
            click.echo(f"{label:10} {value}")
        for label, value in _sees(connection):
            click.echo(f"{label:10} {value}")


def _sees(connection: Connection) -> Iterator[tuple[str, str]]:
    """What the credential may read, found out by reading a little of each."""
    yield "company", _tried(lambda: connection.company().display_name or "yes")
    yield "groups", _tried(lambda: "yes" if next(connection.groups(), None) else "yes, there are none")
    listing = connection.employees()
    sample = list(itertools.islice(listing, SAMPLE))
    yield "employees", f"yes ({len(sample)} looked at)" if sample else "yes, there are none"
    _, withheld = seen(connection, listing.report)
    yield "withheld", ", ".join(withheld) or "nothing that headcount reads"


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except Forbidden:
        return "not permitted"
    except (Unsupported, NotFound):
        return "not offered by this server"
