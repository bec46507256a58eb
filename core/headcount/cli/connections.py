"""`headcount connections` and `disconnect`: what there is to connect with, how it fares, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import click

from headcount import codec
from headcount.cli.applying import asked
from headcount.cli.credential import credential_plain, credential_told, sight_told
from headcount.cli.line import STORE, connector_of, opened
from headcount.cli.roster import at, block, opened_roster, output, span
from headcount.cli.sync import problem, worst
from headcount.connector import Connector
from headcount.errors import ConfigError, HeadcountError, Held
from headcount.health import Concern, CredentialHealth, concerns_of
from headcount.model import Scope
from headcount.plugins import keeper_of, plugins, usual_vault
from headcount.sealing import keys_told
from headcount.settings import FILE, environment_name, gathered, named, secrets_of
from headcount.tokens import SAYS

if TYPE_CHECKING:
    from headcount.auth import Credential
    from headcount.roster import Health, Roster
    from headcount.vault import Vault


@attrs.frozen(kw_only=True)
class Found:
    """A connection: where its credential is kept, how that fares, how fresh its roster is, and a word for it all."""

    name: str
    connector: Connector
    word: str
    place: str
    health: CredentialHealth | None
    roster: Health | None
    problem: str = ""
    code: int = 0


@click.command()
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@click.option("--check", is_flag=True, help="Ask each vendor now: is it taken, and what may it see.")
@click.option("--no-pace", is_flag=True, help="Do not keep the vendors' pace: for sandboxes.")
@STORE
@output("text", "json")
def connections(connections: tuple[str, ...], check: bool, no_pace: bool, store: str | None, output: str) -> None:
    """The connections, and how their credentials fare: whose they are, when they end, and what is to be done.

    Nothing is asked of a vendor without --check: it is told as it was last seen, by a sync or by connecting.

    \b
    headcount connections
    headcount connections acme-hr --check
    """
    with opened_roster(store) as roster:
        vault = _vault(roster.url)
        found = [_checked(one, vault, roster, no_pace) if check else one for one in _found(connections, vault, roster)]
    if output == "json":
        click.echo(codec.pretty([_plain(one) for one in found]), nl=False)
    for number, one in enumerate(found if output == "text" else ()):
        if number:
            click.echo()
        block(one.name, one.word, _rows(one, checked=check))
    if not found and not connections:
        click.echo("there are none yet: `headcount connect VENDOR` makes one", err=True)
    click.get_current_context().exit(worst([one.code for one in found]))


def _vault(url: str) -> Vault | None:
    """The vault of a store; None where nobody has a keeper or a key for one."""
    manager = plugins().manager
    return usual_vault(url, manager) if keeper_of(manager) or keys_told(keyring=True) else None


def _found(names: tuple[str, ...], vault: Vault | None, roster: Roster) -> Iterator[Found]:
    told, kept = named(), vault.names() if vault else []
    fresh = {one.connection: one for one in roster.status()}
    known = list(dict.fromkeys([*told, *kept]))
    for name in names or known:
        if name not in known:
            raise ConfigError(f"no connection is named {name[:60]!r}; there are: {', '.join(known) or 'none'}")
        credential = vault.get(name) if vault else None
        if name not in told and name not in fresh:
            click.echo(
                f"{name}: the vault keeps it for a program; of which vendor it is neither {FILE} nor a sync has told",
                err=True,
            )
            continue
        connector = connector_of(name if name in told else fresh[name].vendor)
        yield _one(name, connector, credential, fresh.get(name))


def _one(name: str, connector: Connector, credential: Credential | None, roster: Health | None) -> Found:
    health = _newest(credential, roster)
    if credential is not None and credential.problem is not None:
        refused = Concern(kind="granted-no-more", text=SAYS[credential.problem])
        health = attrs.evolve(health or CredentialHealth(), concerns=(refused, *(health.concerns if health else ())))
    place = _place(name, connector, credential)
    word = "not connected" if not place else "needs attention" if health and health.concerns else "ok"
    return Found(name=name, connector=connector, word=word, place=place, health=health, roster=roster)


def _newest(credential: Credential | None, roster: Health | None) -> CredentialHealth | None:
    """How the credential fared when it was last looked at, here or by a sync; of the owner the roster knows."""
    kept = CredentialHealth.of_dict(credential.known) if credential is not None and credential.known else None
    synced = roster.credential if roster else None
    looks = [look for look in (kept, synced) if look is not None]
    if not looks:
        return None
    now = datetime.now(UTC)
    newest = max(looks, key=lambda look: look.asked_at or now - timedelta(days=9999))
    same = synced is not None and synced.owner.id == newest.owner.id
    newest = attrs.evolve(newest, owner=synced.owner if synced and same else newest.owner)
    of_owner = [concern for concern in (synced.concerns if synced else ()) if concern.kind.startswith("owner")]
    return attrs.evolve(newest, concerns=(*of_owner, *concerns_of(newest, None, now.date())))


def _place(name: str, connector: Connector, credential: Credential | None) -> str:
    """Where what it logs in with is kept; "" where nothing is."""
    of = named().get(name)
    try:
        told = gathered(connector.settings, connector.name, {}, of=of)
    except ConfigError:
        told = {}
    secrets = [secret for secret in secrets_of(connector.settings) if told.get(secret)]
    if credential is not None and (credential.token or credential.secrets):
        return "the vault" if not secrets else f"the vault, and {environment_name(name, secrets[0])} comes before it"
    return f"the environment or the keyring, as {environment_name(name, secrets[0])}" if secrets else ""


def _checked(one: Found, vault: Vault | None, roster: Roster, no_pace: bool) -> Found:
    """The same, with what the vendor says now."""
    from headcount.cli import exit_code

    if not one.place:
        return attrs.evolve(one, code=2)
    try:
        with opened(one.name, (), no_pace, tuple(Scope), store=roster.url, vault=vault) as connection:
            health = connection.health()
    except HeadcountError as error:
        return attrs.evolve(one, word="refused", problem=problem(one.name, error), code=exit_code(error))
    return attrs.evolve(one, health=health, word="needs attention" if health.concerns else "ok")


def _rows(one: Found, *, checked: bool) -> Iterator[tuple[str, str]]:
    yield "vendor", one.connector.title
    yield "kept in", one.place or f"nowhere: `headcount reconnect {one.name}`"
    if one.problem:
        yield "problem", one.problem
    if one.health is not None:
        yield from credential_told(one.health)
        if checked:
            yield from sight_told(one.health, one.connector)
    if one.roster is not None and (synced := one.roster.freshness.synced_at):
        yield "last good", f"{at(synced)}, {span(datetime.now(UTC) - synced)} ago"


def _plain(one: Found) -> dict[str, Any]:
    return {
        "connection": one.name,
        "vendor": one.connector.name,
        "state": one.word,
        "kept_in": one.place or None,
        "problem": one.problem or None,
        "synced_at": codec.plain(one.roster.freshness.synced_at) if one.roster else None,
        "credential": one.health and credential_plain(one.health),
    }


@click.command()
@click.argument("connection")
@STORE
@click.option("--yes", is_flag=True, help="Do not ask.")
def disconnect(connection: str, store: str | None, yes: bool) -> None:
    """Forget what a connection logs in with, and give it back to the vendor where that takes it. What was read stays.

    \b
    headcount disconnect acme-hr
    headcount forget --connection acme-hr      erases what was read of it as well
    """
    with usual_vault(store, plugins().manager) as vault:
        if connection not in vault:
            raise ConfigError(f"the vault keeps nothing of {connection[:60]!r}: nothing was done")
        if not (yes or asked(f"Forget what {connection} logs in with?", refused="nothing was done")):
            raise Held("nobody is there to ask: decide with --yes")
        given_back, where = False, ""
        if connection in named():
            connector = connector_of(connection)
            secret = next(iter(secrets_of(connector.settings)), None)
            where = attrs.fields_dict(connector.settings)[secret].metadata.get("where", "") if secret else ""
            try:
                with opened(connection, (), no_pace=True, vault=vault, store=store) as line:
                    where = "the applications that its owner granted access" if line.is_granted else where
                    given_back = line.disconnect()
            except ConfigError:  # settings that are wanting: what is kept is forgotten all the same
                vault.delete(connection)
        else:
            vault.delete(connection)
    click.echo(f"{connection}: what it logged in with is forgotten")
    if given_back:
        click.echo(f"{connection}: the vendor took the token back")
    elif where:
        click.echo(f"{connection}: it still works for whoever has it. Delete it at the vendor: {where}", err=True)
