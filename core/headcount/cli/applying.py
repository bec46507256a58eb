"""Applying by hand: `headcount apply`, `approve`, `journal`, `resume`, `settle`, and what they share with the verbs."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headcount.changes import Change
from headcount.cli.line import account_options, on_terminal, opened
from headcount.errors import ConfigError, HeadcountError, Held
from headcount.facts import scope_of
from headcount.plan import Plan

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.lifecycle import Approval, Journal, Outcome, Run

Command = Callable[..., Any]
How = Mapping[str, Any]
OUTPUT = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For people, or programs."
)
STORE = click.option(
    "--store",
    help="The journal: sqlite:///file.db or postgresql://…. Default: HEADCOUNT_STORE, or headcount.db here.",
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
    key = how["key"]
    if key is not None and connection.journal.run(key) is not None:
        with _at_work(connection):
            outcome = connection.make(change, key=key)
        return _told(outcome, how["output"])
    with waiting("planning"):
        plan = connection.plan(change)
    return _carried_out(connection, plan, how)


def _carried_out(connection: Connection, plan: Plan, how: How) -> None:
    click.echo(str(plan), err=True)
    click.echo(err=True)
    approval = _approval(plan, how)
    with _at_work(connection):
        outcome = connection.apply(plan, key=how["key"], approval=approval)
    _told(outcome, how["output"])


def _approval(plan: Plan, how: How) -> Approval | None:
    from headcount.lifecycle.approval import Approval

    if how["approval"] is not None:
        return Approval.from_json(how["approval"].read_bytes())
    if not plan.steps or how["yes"] or _asked("Apply this plan?"):
        return Approval(plan=plan.digest, by=_who(how["by"]), at=datetime.now(UTC))
    return None


def _asked(question: str) -> bool:
    """A person's yes. On a pipe nobody is asked, and nothing is taken for granted."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if not click.confirm(question, err=True):
        raise Held("nothing was sent")
    return True


def _who(by: str | None) -> str:
    try:
        return by or getpass.getuser()
    except (OSError, KeyError):
        raise ConfigError("who approves cannot be told from this machine: say it with --by") from None


def _told(outcome: Outcome, output: str) -> None:
    if output == "json":
        told = ("run", "key", "verb", "state", "id", "plan", "sent", "settled", "repeated", "notes")
        click.echo(json.dumps({name: getattr(outcome, name) for name in told}))
        return
    done = "done before, and not again" if outcome.repeated else "done and proved" if outcome.sent else "nothing to do"
    click.echo(f"{outcome.verb} employee {outcome.id}: {done} · run {outcome.run[:8]}")
    for note in outcome.notes:
        click.echo(f"  note: {note}", err=True)


@contextmanager
def _at_work(connection: Connection) -> Iterator[None]:
    """Tell, when it is stopped, where it can be gone on with."""
    try:
        with waiting("applying"):
            yield
    except KeyboardInterrupt:
        click.echo(f"headcount: what was sent is in {connection.journal.url}; `headcount resume` goes on", err=True)
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
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _scopes(plan: Plan) -> tuple[str, ...]:
    return tuple({scope_of(name).value for name in getattr(plan.change, "fields", {})})


def _reconnected(run: Run, given: tuple[str, ...], no_pace: bool, store: str | None) -> Connection:
    return connected(run.plan.vendor, given, no_pace, _scopes(run.plan), {"store": store})


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
    with connected(plan.vendor, given, no_pace, _scopes(plan), how) as connection:
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
    if not (yes or _asked("Approve this plan?")):
        raise Held("nobody is there to ask: approve with --yes")
    out = out or file.with_suffix(".approval.json")
    kept(out, Approval(plan=plan.digest, by=_who(by), at=datetime.now(UTC)).to_json())
    click.echo(f"approved in {out}; `headcount apply {file} --approval {out}` applies it", err=True)


def _journal(store: str | None) -> Journal:
    from headcount.lifecycle import Journal

    return Journal(store)


@click.command()
@click.argument("run", required=False)
@STORE
@click.option("--unfinished", is_flag=True, help="Only what can be resumed.")
@click.option("--audit", is_flag=True, help="The chained record of what was done, as JSON lines; checked on the way.")
@OUTPUT
def journal(run: str | None, store: str | None, unfinished: bool, audit: bool, output: str) -> None:
    """What was applied, and how far. Personal values are not shown.

    \b
    headcount journal
    headcount journal 1f3a9c2e
    headcount journal --audit > audit.jsonl
    """
    kept_runs = _journal(store)
    if audit:
        for record in kept_runs.audit():
            click.echo(json.dumps(record, ensure_ascii=False))
        return
    found = [kept_runs.run(run)] if run else kept_runs.runs(unfinished=unfinished)
    if run and found == [None]:
        raise ConfigError(f"no run in {kept_runs.url} is called {run[:60]!r}")
    rows = [_row(one) for one in found]
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
    elif run:
        _detail(rows[0])
    else:
        _table(rows)


def _row(run: Any) -> dict[str, Any]:
    steps = zip(run.plan.steps, run.steps, strict=True)
    return {
        "run": run.id,
        "key": run.key,
        "at": f"{run.made_at:%Y-%m-%d %H:%M:%S}",
        "vendor": run.plan.vendor,
        "verb": run.plan.change.verb,
        "employee": run.employee,
        "state": run.state.value,
        "approved_by": run.approved_by,
        "problem": run.problem,
        "steps": [
            {"request": str(planned.request), "state": step.state, "sent": step.sent, "settled_by": step.settled_by}
            for planned, step in steps
        ],
    }


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        click.echo("nothing was applied yet", err=True)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    names = ("run", "at", "vendor", "verb", "state", "employee", "by")
    for name in names:
        table.add_column(name, no_wrap=name not in ("employee", "by"), overflow="fold")
    for row in rows:
        told = {**row, "run": row["run"][:8], "at": row["at"][:16], "by": row["approved_by"]}
        table.add_row(*(str(told[name] or "") for name in names))
    Console(soft_wrap=not sys.stdout.isatty(), markup=False, highlight=False).print(table)


def _detail(row: dict[str, Any]) -> None:
    for name in ("run", "key", "at", "vendor", "verb", "employee", "state", "approved_by", "problem"):
        if row[name] is not None:
            click.echo(f"{name.replace('_', ' '):12} {row[name]}")
    for number, step in enumerate(row["steps"], 1):
        settled = f", known by {step['settled_by']}" if step["settled_by"] else ""
        click.echo(f"step {number:<7} {step['request']}: {step['state']}, sent {step['sent']} times{settled}")


@click.command()
@click.argument("run", required=False)
@account_options
@STORE
@OUTPUT
def resume(run: str | None, given: tuple[str, ...], no_pace: bool, store: str | None, output: str) -> None:
    """Finish or settle what was left in the middle: one run, or all of them.

    A step that is known to be done is not sent again; one whose answer was lost only after looking.

    \b
    headcount resume
    headcount resume 1f3a9c2e
    """
    kept_runs = _journal(store)
    found = [kept_runs.run(run)] if run else kept_runs.runs(unfinished=True)
    if run and found == [None]:
        raise ConfigError(f"no run in {kept_runs.url} is called {run[:60]!r}: `headcount journal` lists them")
    if not found:
        click.echo("nothing is left in the middle", err=True)
    failed: HeadcountError | None = None
    for one in filter(None, found):
        try:
            with _reconnected(one, given, no_pace, store) as connection, _at_work(connection):
                outcome = connection.resume(one.id)
            _told(outcome, output)
        except HeadcountError as error:
            if len(found) == 1:
                raise
            click.echo(f"headcount: run {one.id[:8]}: {error}", err=True)
            failed = error
    if failed is not None:
        from headcount.cli import exit_code

        click.get_current_context().exit(exit_code(failed))


@click.command()
@click.argument("run")
@account_options
@STORE
@click.option("--done/--not-done", required=True, default=None, help="What the vendor's own pages show.")
@click.option("--id", help="Whom a hire made.")
@BY
@OUTPUT
def settle(
    run: str,
    given: tuple[str, ...],
    no_pace: bool,
    store: str | None,
    done: bool,
    id: str | None,
    by: str | None,
    output: str,
) -> None:
    """Say of a step whose answer was lost, and that looking does not settle, whether it was done; then go on.

    \b
    headcount settle 1f3a9c2e --done --id 457
    headcount settle 1f3a9c2e --not-done
    """
    from headcount.lifecycle.applying import settle as settled

    found = _journal(store).run(run)
    if found is None:
        raise ConfigError(f"no run is called {run[:60]!r}: `headcount journal` lists them")
    with _reconnected(found, given, no_pace, store) as connection, _at_work(connection):
        outcome = settled(connection, found.id, done=done, by=_who(by), id=id)
    _told(outcome, output)
