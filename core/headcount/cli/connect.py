"""`headcount connect` and `reconnect`: a person makes a connection, and sees whose it is and what it may see."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from headcount.cli.credential import credential_told, sight_told
from headcount.cli.line import STORE, TRIES, account_options, pairs
from headcount.cli.loopback import Loopback
from headcount.cli.roster import block
from headcount.connection import name_of
from headcount.connector import Connector
from headcount.errors import AuthError, ConfigError
from headcount.model import Scope
from headcount.options import UNLIMITED, Options
from headcount.plugins import connect as connected
from headcount.plugins import plugins, usual_vault
from headcount.settings import FILE, NAME, Named, environment_name, gathered, missing, named, reduced, secrets_of

if TYPE_CHECKING:
    from headcount.auth import Credential
    from headcount.connection import Connection
    from headcount.health import CredentialHealth
    from headcount.vault import Vault

PORT = 8765
"""Where a browser comes back to, by itself: an application is registered with the address."""
AGAIN = 3
"""So often a person may mistype."""


def _options(command: Any) -> Any:
    """The options that both share."""
    for option in (
        click.option("--made-on", type=click.DateTime(["%Y-%m-%d"]), help="The day the key was made, if it is known."),
        click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="For OAuth."),
        click.option("--no-browser", is_flag=True, help="Show the vendor's page as an address, and open nothing."),
        STORE,
    ):
        command = option(command)
    return command


@click.command()
@click.argument("vendor")
@account_options
@click.option("--name", help="What the connection is to be called. Default: the vendor's and the company's name.")
@click.option("--oauth", is_flag=True, help="By OAuth: a person says yes at the vendor's page, in a browser.")
@_options
def connect(
    vendor: str,
    given: tuple[str, ...],
    no_pace: bool,
    name: str | None,
    oauth: bool,
    made_on: datetime | None,
    port: int,
    no_browser: bool,
    store: str | None,
) -> None:
    """Make a connection: ask for what it needs, check it, show what it may see, and keep it.

    Secrets go into the vault, sealed, and are never shown; the rest into headcount.toml. A secret that is in the
    environment is taken from there, so that nobody need be asked.

    \b
    headcount connect acmehr
    headcount connect acmehr --set company=acme --name acme-hr
    headcount connect acmehr --oauth
    """
    connector = plugins().connector(vendor)
    if oauth and connector.oauth is None:
        raise ConfigError(f"{vendor} does not grant access by OAuth: leave --oauth out, and give a key")
    with usual_vault(store, plugins().manager) as vault:
        vault.names()  # before anybody is asked: is it there
        if name is not None:
            _check_free(name, vault)
        values = gathered(connector.settings, vendor, pairs(given, connector))
        values = _asked(connector, vendor, values, granted=oauth or bool(values.get("client_id")))
        name = name or name_of(connector, values.get("company"))
        _check_free(name, vault)
        how = _How(connector=connector, name=name, vault=vault, store=store, no_pace=no_pace, port=port)
        health, at = _kept(how, values, made_on, browse=not no_browser, of=None)
        table = _table(name, connector, values)
        _show(how, health, at)
        _append(name, table)
        click.echo(f"\nNext: headcount sync {name}", err=True)


@click.command()
@click.argument("connection")
@click.option("--no-pace", is_flag=True, help="Do not keep the vendor's pace: for sandboxes.")
@_options
def reconnect(
    connection: str,
    no_pace: bool,
    made_on: datetime | None,
    port: int,
    no_browser: bool,
    store: str | None,
) -> None:
    """Give a connection of headcount.toml another credential: before the old one ends, or once it is refused.

    Programs that run take it up by themselves. What the old one was is forgotten.

    \b
    headcount reconnect acme-hr
    """
    of = named().get(connection)
    if of is None:
        raise ConfigError(f"{FILE} names no connection {connection[:60]!r}: `headcount connect VENDOR` makes one")
    connector = plugins().connector(of.vendor)
    with usual_vault(store, plugins().manager) as vault:
        before = vault.get(connection)
        values = gathered(connector.settings, of.vendor, {}, of=of)
        granted = bool(values.get("client_id"))
        if granted and before is not None:
            values = {**before.secrets, **values}  # the application stays the same
        values = _asked(connector, connection, values, granted=granted)
        how = _How(connector=connector, name=connection, vault=vault, store=store, no_pace=no_pace, port=port)
        health, at = _kept(how, values, made_on, browse=not no_browser, of=of)
        _show(how, health, at, was=_owner_of(before))


@attrs.frozen(kw_only=True)
class _How:
    connector: Connector
    name: str
    vault: Vault
    store: str | None
    no_pace: bool
    port: int


# -- asking -----------------------------------------------------------------------------------------


def _asks() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(connector: Connector, whose: str, values: Mapping[str, str], *, granted: bool) -> dict[str, str]:
    """The settings, with those that are wanting asked for. Where nobody is there to ask they stay wanting."""
    told = dict(values)
    fields = attrs.fields_dict(connector.settings)
    for name in secrets_of(connector.settings):
        if told.get(name) and os.environ.get(environment_name(whose, name)):
            click.echo(f"{name} is taken from {environment_name(whose, name)}", err=True)
    if not _asks():
        return told
    application = {"client_id", "client_secret"} if granted else set[str]()
    scim = {"scim_token"} if told.get("scim_url") else set[str]()
    wanted = {*missing(connector.settings, told), *application, *scim}
    if granted:
        wanted -= {name for name, field in fields.items() if field.metadata.get("unless") in application}
    asked = [name for name in fields if name in wanted and not told.get(name)]
    asked += [name for name, field in fields.items() if _has_usual(field) and not told.get(name)]
    for name in asked:
        field = fields[name]
        click.echo(f"{name}: {field.metadata.get('where', 'ask the vendor')}", err=True)
        usual = field.default if _has_usual(field) else None
        prompt = f"  {name}" if field.repr else f"  {name} (not shown)"
        told[name] = click.prompt(prompt, default=usual, hide_input=not field.repr, err=True).strip()
    return reduced(connector.settings, connector.name, told)


def _has_usual(field: Any) -> bool:
    """Whether a setting has a usual value, that may not be this company's."""
    return isinstance(field.default, str)


def _day_made(connector: Connector, given: datetime | None, *, granted: bool) -> date | None:
    if given is not None or granted or connector.key_life is None or not _asks():
        return given and given.date()
    days = connector.key_life.days
    click.echo(f"made on: {connector.title} ends a key {days} days after it was made, and does not tell when", err=True)
    usual = f"{datetime.now():%Y-%m-%d}"  # noqa: DTZ005 - the person's own day
    told: datetime = click.prompt("  made on", default=usual, type=click.DateTime(["%Y-%m-%d"]), err=True)
    return told.date()


def _check_free(name: str, vault: Vault) -> None:
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name[:60]!r} is no name: write letters, digits and hyphens, as acme-hr")
    if name in named() or name in vault:
        raise ConfigError(f"{name} is connected already: `headcount reconnect {name}`, or give another --name")


# -- checking and keeping ---------------------------------------------------------------------------


def _kept(
    how: _How, values: dict[str, str], made_on: datetime | None, *, browse: bool, of: Named | None
) -> tuple[CredentialHealth, str]:
    """Check it, and keep it; a key that is not taken is asked for anew where a person is there."""
    secrets = secrets_of(how.connector.settings)
    for more in reversed(range(AGAIN)):
        with _connection(how, values, of) as connection:
            try:
                if connection.is_granted:
                    _grant(connection, how, browse=browse)
                else:
                    connection.whoami()
                day = _day_made(how.connector, made_on, granted=connection.is_granted)
                return connection.keep(made_on=day), connection.http.base_url
            except AuthError as error:
                if not more or connection.is_granted or not _asks():
                    raise
                click.echo(f"headcount: {error}", err=True)
        without = {name: value for name, value in values.items() if name not in secrets}
        values.update(_asked(how.connector, how.name, without, granted=False))
    raise AssertionError("the last try returns or raises")


def _connection(how: _How, values: Mapping[str, str], of: Named | None) -> Connection:
    options = Options(tries=TRIES, rate=UNLIMITED if how.no_pace else None)
    given: dict[str, Any] = {name: value for name, value in values.items() if of is None or name not in of.settings}
    given |= {"vault": how.vault, "store": how.store, "name": how.name, "options": options}
    return connected(of.name if of else how.connector, scopes=tuple(Scope), **given)


def _grant(connection: Connection, how: _How, *, browse: bool) -> None:
    """A person says yes at the vendor's page; their browser comes back to this machine."""
    auth: Any = connection.auth
    with Loopback(how.port) as back:
        asked = auth.authorization(back.address)
        click.echo(f"The application must be registered with the address {back.address}", err=True)
        click.echo(f"Say yes at this page, as somebody who may see what is to be read:\n\n  {asked.url}\n", err=True)
        back.granted(asked.url, lambda address: auth.grant(asked, address), browse=browse)


# -- showing and writing ----------------------------------------------------------------------------


def _show(how: _How, health: CredentialHealth, at: str, was: str | None = None) -> None:
    def rows() -> Iterator[tuple[str, str]]:
        yield "vendor", how.connector.title
        yield "address", at
        yield from credential_told(health)
        if was is not None and was != health.owner.id:
            yield "before", f"it was another's, of the id {was}"
        yield from sight_told(health, how.connector)
        yield "kept in", how.vault.place

    block(how.name, "connected", rows())


def _owner_of(kept: Credential | None) -> str | None:
    from headcount.health import CredentialHealth

    return CredentialHealth.of_dict(kept.known).owner.id if kept and kept.known else None


def _table(name: str, connector: Connector, values: Mapping[str, str]) -> str:
    """The connection as headcount.toml has it: no secret is in it."""
    secrets = secrets_of(connector.settings)
    told = {"vendor": connector.name, **{key: value for key, value in values.items() if key not in secrets}}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
    return "\n".join([f"[connections.{name}]", *lines, ""])


def _append(name: str, table: str) -> None:
    path = Path(os.environ.get("HEADCOUNT_CONFIG") or FILE)
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        joint = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(joint + table)
    except OSError as error:
        click.echo(f"headcount: {path} cannot be written ({error.strerror}). Put this there:\n\n{table}", err=True)
    else:
        click.echo(f"\n{path} names {name}", err=True)
