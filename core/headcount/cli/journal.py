"""What was applied, and what is left of it: `headcount journal`, `headcount resume`, `headcount settle`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from headcount.cli.applying import BY, OUTPUT, account_of, at_work, connected, scopes_of, told, who
from headcount.cli.line import STORE, account_options
from headcount.errors import ConfigError, HeadcountError

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.lifecycle import Journal, Run


def _reconnected(run: Run, given: tuple[str, ...], no_pace: bool, store: str | None) -> Connection:
    return connected(account_of(run.plan, store), given, no_pace, scopes_of(run.plan.change), {"store": store})


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
        raise ConfigError(f"no run in {kept_runs.place} is called {run[:60]!r}")
    for id in () if run else kept_runs.unreadable():
        click.echo(f"headcount: run {id[:8]} cannot be read: changed by hand, or by a newer headcount", err=True)
    rows = [_row(one) for one in found]
    if output == "json":
        click.echo(json.dumps(rows, indent=2))
    elif run:
        _detail(rows[0])
    elif rows:
        _table(rows)
    else:
        click.echo("nothing is left in the middle" if unfinished else "nothing was applied yet", err=True)


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

    table = Table(box=None, header_style="bold", pad_edge=False)
    names = ("run", "at", "vendor", "verb", "state", "employee", "by")
    for name in names:
        table.add_column(name, no_wrap=name not in ("employee", "by"), overflow="fold")
    for row in rows:
        told = {**row, "run": row["run"][:8], "at": row["at"][:16], "by": row["approved_by"]}
        table.add_row(*(str(told[name] or "") for name in names))
    width = None if sys.stdout.isatty() else 200  # in a pipe nothing is folded
    Console(width=width, markup=False, highlight=False).print(table)


def _detail(row: dict[str, Any]) -> None:
    for name in ("run", "key", "at", "vendor", "verb", "employee", "state", "approved_by", "problem"):
        if row[name] is not None:
            click.echo(f"{name.replace('_', ' '):12} {row[name]}")
    for number, step in enumerate(row["steps"], 1):
        settled = f", known by {step['settled_by']}" if step["settled_by"] else ""
        state = {"ready": "not done", "sent": "answer not known"}.get(step["state"], step["state"])
        times = {0: "never sent", 1: "sent once"}.get(step["sent"], f"sent {step['sent']} times")
        click.echo(f"step {number:<7} {step['request']}: {state}, {times}{settled}")


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
        raise ConfigError(f"no run in {kept_runs.place} is called {run[:60]!r}: `headcount journal` lists them")
    if not found:
        click.echo("nothing is left in the middle", err=True)
    failed: HeadcountError | None = None
    for one in filter(None, found):
        try:
            with _reconnected(one, given, no_pace, store) as connection, at_work(connection):
                outcome = connection.resume(one.id)
            told(outcome, output)
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
    with _reconnected(found, given, no_pace, store) as connection, at_work(connection):
        outcome = settled(connection, found.id, done=done, by=who(by), id=id)
    told(outcome, output)
