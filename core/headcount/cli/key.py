"""`headcount key`: the key by which a vault is sealed, made or changed."""

from __future__ import annotations

import click

from headcount.cli.line import STORE
from headcount.cli.roster import counted
from headcount.passwords import keep_password
from headcount.sealing import new_key


@click.command()
@click.option("--keyring", "in_keyring", is_flag=True, help="Put it into the operating system's keyring, unseen.")
@click.option("--rotate", is_flag=True, help="Seal anew, by the first key of HEADCOUNT_KEY, what is kept.")
@STORE
def key(in_keyring: bool, rotate: bool, store: str | None) -> None:
    """Make a key for the vault, which keeps what connections log in with. Keep it as you keep passwords.

    Whoever has lost it connects again. Several keys, with commas between them, all open, and the first seals: to change
    it put the new one first everywhere, rotate, and take the old one away.

    \b
    export HEADCOUNT_KEY=$(headcount key)
    headcount key --keyring
    HEADCOUNT_KEY=$NEW,$OLD headcount key --rotate
    """
    if rotate:
        from headcount.roster import Roster
        from headcount.vault import Vault

        with Vault(store) as vault:
            click.echo(f"{vault.place}: {counted(vault.rotate(), 'credential')} sealed anew")
        with Roster(store) as roster:
            click.echo(f"{roster.place}: {counted(roster.rotate(), 'record')} sealed anew")
        return
    made = new_key()
    if not in_keyring:
        click.echo(made)
        return
    keep_password("key", made)
    click.echo("the keyring has a new key, as headcount, key", err=True)
