"""`headcount forget`: a person or a company erased from the roster, its history and the journal beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headcount.cli.applying import asked
from headcount.cli.line import STORE
from headcount.cli.roster import kept_under, opened_roster
from headcount.errors import ConfigError, Held, NotFound
from headcount.settings import FILE, named

if TYPE_CHECKING:
    from headcount.roster import Roster


@click.command()
@click.argument("name", metavar="ID|CONNECTION", required=False)
@click.option("--connection", metavar="NAME", help="Whose employee it is, where the roster has several connections.")
@STORE
@click.option("--scrub", is_flag=True, help="Only write the file anew, so that nothing erased is left in it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(name: str | None, connection: str | None, store: str | None, scrub: bool, yes: bool) -> None:
    """Erase a person, or all of a connection, from every table; that nothing is left is proved before it counts.

    A person who was forgotten is not read again, whatever the vendor sends. A connection may be synced anew.

    \b
    headcount forget 123 --connection acme-hr
    headcount forget acme-hr
    """
    if (name is None) != scrub:
        raise click.UsageError("say whom: an employee's id, or a connection; --scrub goes alone")
    with opened_roster(store) as roster:
        if name is None:
            roster.scrub()
            click.echo("nothing that was erased is left in the store")
            return
        of, employee = _meant(roster, name, connection)
        what = f"all that is kept of {of}" if employee is None else f"employee {employee} of {of}"
        if not (yes or asked(f"Erase {what}, for good?", refused="nothing was erased")):
            raise Held("nobody is there to ask: erase with --yes")
        try:
            taken = roster.forget(of, employee)
        except NotFound as error:
            raise ConfigError(str(error)) from None
    click.echo(f"{what} is erased, and proved to be gone:")
    for table, count in taken.items():
        click.echo(f"  {table:20} {count:>7,} row{'' if count == 1 else 's'}")
    if employee is None and of in named():
        click.echo(f"{FILE} still names {of}: the next `headcount sync` reads it anew", err=True)


def _meant(roster: Roster, name: str, connection: str | None) -> tuple[str, str | None]:
    """The connection, and the employee of it that is meant, if one is. Raises `ConfigError` where that is not clear."""
    names = kept_under(roster, connection)
    if connection is not None:
        return connection, name
    here = [one for one in names if _knows(roster, one, name)]
    if name in names:
        if not here:
            return name, None
        raise ConfigError(
            f"{name} is a connection, and somebody's id in {', '.join(here)}: --connection means the person"
        )
    if here and len(names) > 1:
        raise ConfigError(f"{name[:60]!r} is kept in {', '.join(here)}: say whom you mean with --connection")
    if not here:
        raise ConfigError(f"the roster keeps nobody under the id {name[:60]!r}, and no connection of that name")
    return here[0], name


def _knows(roster: Roster, connection: str, id: str) -> bool:
    """Whether there is anything of somebody with this id, were it in quarantine alone."""
    try:
        return bool(roster.employee(id, connection))
    except NotFound:
        return any(one.id == id for one in roster.quarantine(connection))
