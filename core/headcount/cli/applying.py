"""Applying by hand: `headcount apply`, `headcount approve`, and what they share with the verbs."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headcount.changes import Change
from headcount.cli.line import STORE, account_options, on_terminal, opened
from headcount.errors import ConfigError, HeadcountError, Held
from headcount.facts import scope_of
from headcount.plan import Plan
from headcount.settings import named

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.lifecycle import Approval, Outcome

Command = Callable[..., Any]
How = Mapping[str, Any]
OUTPUT = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For people, or programs."
)
BY = click.option("--by", help="Who approves. Default: who is logged in here.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def approving(command: Command) -> Command:
    """The options of every command that applies."""
    for option in (
        OUTPUT,
        click.option("--allow-delete", is_flag=True, help="Without it nothing is deleted."),
        click.option("--approval", type=FILE, help="An approval that `headcount approve` wrote."),
        BY,
        click.option("--yes", is_flag=True, help="Approve the plan without being asked."),
        click.option("--key", help="One key gives one result, however often it is asked."),
        STORE,
    ):
        command = option(command)
    return command


def connected(vendor: str, given: tuple[str, ...], no_pace: bool, scopes: tuple[str, ...], how: How) -> Connection:
    """A connection whose every change wants an approval: a person is there to give it."""
    from headcount.lifecycle.approval import Policy

    policy = Policy(at_once=frozenset(), allow_delete=bool(how.get("allow_delete")))
    return opened(vendor, given, no_pace, scopes, store=how.get("store"), policy=policy)


def applied(connection: Connection, change: Change, how: How) -> None:
    """Plan, show, ask, apply, prove; a key that has its result gives that."""
    key, journal = how["key"], connection.journal
    if key is not None and journal.run_of_key(key) is not None:
        with at_work(connection):
            outcome = connection.make(change, key=key)
        return told(outcome, how["output"])
    with waiting("planning"):
        plan = connection.plan(change)
    return _carried_out(connection, plan, how)


def _carried_out(connection: Connection, plan: Plan, how: How) -> None:
    click.echo(str(plan), err=True)
    click.echo(err=True)
    approval = _approval(plan, how)
    with at_work(connection):
        outcome = connection.apply(plan, key=how["key"], approval=approval)
    told(outcome, how["output"])


def _approval(plan: Plan, how: How) -> Approval | None:
    from headcount.lifecycle.approval import Approval

    if how["approval"] is not None:
        return Approval.from_json(how["approval"].read_bytes())
    if not plan.steps or how["yes"] or asked("Apply this plan?"):
        return Approval(plan=plan.digest, by=who(how["by"]), at=datetime.now(UTC))
    return None


def asked(question: str, *, refused: str = "nothing was sent") -> bool:
    """A person's yes. On a pipe nobody is asked, and nothing is taken for granted."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if not click.confirm(question, err=True):
        raise Held(refused)
    return True


def account_of(plan: Plan, store: str | None) -> str:
    """Which account a plan is for: the connection of headcount.toml that leads to its address, else its vendor's."""
    for name in (name for name, of in named().items() if of.vendor == plan.vendor):
        with suppress(HeadcountError), opened(name, (), no_pace=True, store=store) as connection:
            if connection.http.base_url == plan.address:
                return name
    return plan.vendor  # one that cannot be opened is not meant


def who(by: str | None) -> str:
    try:
        return by or getpass.getuser()
    except (OSError, KeyError):
        raise ConfigError("who approves cannot be told from this machine: say it with --by") from None


def told(outcome: Outcome, output: str) -> None:
    if output == "json":
        names = ("run", "key", "verb", "state", "id", "plan", "sent", "settled", "repeated", "notes")
        click.echo(json.dumps({name: getattr(outcome, name) for name in names}))
        return
    done = "done before, and not again" if outcome.repeated else "done and proved" if outcome.sent else "nothing to do"
    click.echo(f"{outcome.verb.replace('-', ' ')} employee {outcome.id}: {done} · run {outcome.run[:8]}")
    for note in outcome.notes:
        click.echo(f"  note: {note}", err=True)


@contextmanager
def at_work(connection: Connection) -> Iterator[None]:
    """Tell, when it is stopped, where it can be gone on with."""
    try:
        with waiting("applying"):
            yield
    except KeyboardInterrupt:
        click.echo(f"headcount: what was sent is in {connection.journal.place}; `headcount resume` goes on", err=True)
        raise


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A sign of life on a terminal."""
    if not on_terminal():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield


def kept(path: Path, text: str) -> None:
    """Write a file that only its owner reads: it holds personal data. Raises `ConfigError` where it cannot be."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)  # one that was there keeps its rights otherwise
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def scopes_of(change: Change) -> tuple[str, ...]:
    """What is written is read back: the classes of the fields that the change names."""
    return tuple({scope_of(name).value for name in getattr(change, "fields", {})})


@click.command()
@click.argument("file", metavar="PLAN", type=FILE)
@account_options
@approving
def apply(file: Path, given: tuple[str, ...], no_pace: bool, **how: Any) -> None:
    """Apply a plan that was kept in a file: as it is, or not at all.

    \b
    headcount plan terminate acmehr 123 --on 2026-12-31 -o plan.json
    headcount apply plan.json
    headcount apply plan.json --approval plan.approval.json
    """
    plan = Plan.from_json(file.read_bytes())
    with connected(account_of(plan, how.get("store")), given, no_pace, scopes_of(plan.change), how) as connection:
        _carried_out(connection, plan, how)


@click.command()
@click.argument("file", metavar="PLAN", type=FILE)
@BY
@click.option("--yes", is_flag=True, help="Approve without being asked.")
@click.option("-o", "out", type=click.Path(dir_okay=False, path_type=Path), help="Default: beside the plan.")
def approve(file: Path, by: str | None, yes: bool, out: Path | None) -> None:
    """Approve a plan: a file that says who, when, and which plan, by its digest.

    \b
    headcount approve plan.json --by "Ada King"
    """
    from headcount.lifecycle.approval import Approval

    plan = Plan.from_json(file.read_bytes())
    click.echo(str(plan), err=True)
    click.echo(err=True)
    if not (yes or asked("Approve this plan?")):
        raise Held("nobody is there to ask: approve with --yes")
    out = out or file.with_suffix(".approval.json")
    kept(out, Approval(plan=plan.digest, by=who(by), at=datetime.now(UTC)).to_json())
    click.echo(f"approved in {out}; `headcount apply {file} --approval {out}` applies it", err=True)
