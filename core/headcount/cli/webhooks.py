"""`headcount webhooks`: make, list and remove what a vendor sends by itself, and keep the keys that prove it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import attrs
import click

from headcount import codec
from headcount.cli.line import STORE, account, opened
from headcount.cli.roster import at, block, output
from headcount.cli.sync import policy_named
from headcount.connection import Connection
from headcount.model import DEFAULT_SCOPES
from headcount.settings import named
from headcount.webhooks import Webhook


@click.group()
def webhooks() -> None:
    """Make, list and remove the webhooks that a vendor sends; their private keys are kept in the vault.

    \b
    headcount webhooks register acmehr --url https://hooks.example.com/acmehr
    headcount webhooks list acmehr
    headcount webhooks remove acmehr 21
    """


@webhooks.command()
@account
@STORE
@click.option("--url", required=True, help="Where it is to send: https://….")
@click.option("--name", default="headcount", show_default=True, help="What it is called on the vendor's pages.")
def register(vendor: str, given: tuple[str, ...], no_pace: bool, store: str | None, url: str, name: str) -> None:
    """Make a webhook at the vendor, for changes of what is read of people, and keep its private key."""
    with _opened(vendor, given, no_pace, store) as connection:
        made = connection.register_webhook(url, name=name)
        click.echo(f"webhook {made.id} of {connection.name} sends to {made.url}; its key is kept in the vault")
        click.echo("What changed before it was made is read by the next `headcount sync`.", err=True)


@webhooks.command("list")
@account
@STORE
@output("text", "json")
def list_(vendor: str, given: tuple[str, ...], no_pace: bool, store: str | None, output: str) -> None:
    """The webhooks that the credential's owner has made, and whether their keys are kept here."""
    with _opened(vendor, given, no_pace, store) as connection:
        found, kept = connection.webhooks(), connection.kept_webhook_keys
    if output == "json":
        hidden = attrs.filters.exclude(attrs.fields(Webhook).key)
        told = [{**attrs.asdict(one, filter=hidden), "key_kept": one.id in kept} for one in found]
        click.echo(codec.pretty(codec.plain(told)), nl=False)
        return
    for one in found:
        block(f"webhook {one.id}", one.name, _rows(one, kept=one.id in kept))
    if not found:
        click.echo("there are none of this user's", err=True)


def _rows(one: Webhook, *, kept: bool) -> Iterator[tuple[str, str]]:
    yield "url", one.url
    yield "last sent", at(one.last_sent) if one.last_sent else "never yet"
    yield "key", "kept" if kept else "not kept here: what it sends is refused"


@webhooks.command()
@account
@click.argument("id")
@STORE
def remove(vendor: str, given: tuple[str, ...], no_pace: bool, id: str, store: str | None) -> None:
    """Remove a webhook at the vendor, and forget its key."""
    with _opened(vendor, given, no_pace, store) as connection:
        connection.remove_webhook(id)
        click.echo(f"webhook {id} of {connection.name} is removed, and its key forgotten")


@webhooks.command()
@account
@click.argument("id")
@STORE
def keep(vendor: str, given: tuple[str, ...], no_pace: bool, id: str, store: str | None) -> None:
    """Keep the private key of a webhook that was made on the vendor's pages. It is asked for, or read from a pipe."""
    piped = not sys.stdin.isatty()
    key = sys.stdin.readline() if piped else click.prompt("Private key", hide_input=True, type=str)
    with _opened(vendor, given, no_pace, store) as connection:
        connection.keep_webhook_key(id, key)
        click.echo(f"the key of webhook {id} of {connection.name} is kept in the vault")


def _opened(name: str, given: tuple[str, ...], no_pace: bool, store: str | None) -> Connection:
    scopes = policy_named(named().get(name)).scopes or DEFAULT_SCOPES
    return opened(name, given, no_pace, scopes, store=store)
