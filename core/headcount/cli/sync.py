"""`headcount sync` and `headcount watch`: the roster brought up to date, once or by its schedule."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from headcount import codec
from headcount.cli.line import STORE, account_options, on_terminal, opened
from headcount.cli.roster import (
    READ,
    at,
    block,
    changed,
    counted,
    decided,
    held,
    opened_roster,
    output,
    proof,
    run_told,
)
from headcount.errors import ConfigError, HeadcountError
from headcount.model import DEFAULT_SCOPES
from headcount.options import Options
from headcount.settings import FILE, Named, named

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.roster import Health, Progress, Roster, Run, Schedule, SyncPolicy
    from headcount.roster.watching import Ended

PARTIAL, HELD = 5, 6
WORST = (3, 2, 1, 4, HELD, PARTIAL, 0)
"""Exit codes by how much they need a person: of several connections the first of these is the command's."""
TRIES = Options().tries
"""As often as a program's: a sync may run unattended."""
SCHEDULE = 'schedule = "nightly at 02:00 America/New_York"'


@click.command()
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@account_options
@STORE
@click.option("--full", is_flag=True, help="Read everybody, and not only what changed.")
@output("text", "json", "jsonl")
@click.option("--quiet", is_flag=True, help="Say nothing but errors, and what waits for a person.")
def sync(
    connections: tuple[str, ...],
    given: tuple[str, ...],
    no_pace: bool,
    store: str | None,
    full: bool,
    output: str,
    quiet: bool,
) -> None:
    """Bring the roster up to date with one connection, several, or all of headcount.toml.

    A connection is one that headcount.toml names, or a vendor, with its settings from the environment. The first
    time everybody is read, and later what changed. Nothing is lost by stopping: the next sync goes on.

    \b
    headcount sync
    headcount sync acme-hr --full
    HEADCOUNT_ACMEHR_TOKEN=… headcount sync acmehr --set company=acme
    """
    if given and len(connections) != 1:
        raise ConfigError("--set is for one connection: name it, as in `headcount sync acme-hr --set …`")
    names = list(dict.fromkeys(connections or named()))
    if not names:
        raise ConfigError(
            f"{FILE} names no connection: write [connections.acme-hr] and its vendor there, or name a vendor, as in "
            "`headcount sync acmehr`"
        )
    runs: list[dict[str, Any]] = []
    codes = []
    with opened_roster(store) as roster:
        for name in names:
            told, code = _synced(roster, name, (given, no_pace), full=full, output=output, quiet=quiet)
            codes.append(code)
            runs.append(told)
            if output == "jsonl":
                click.echo(codec.dumps(told))
    if output == "json":
        click.echo(codec.pretty(runs), nl=False)
    click.get_current_context().exit(worst(codes))


def worst(codes: list[int]) -> int:
    """Of several exit codes the one that needs a person most."""
    return min(codes, key=lambda code: WORST.index(code) if code in WORST else -1, default=0)


def _synced(
    roster: Roster, name: str, how: tuple[tuple[str, ...], bool], *, full: bool, output: str, quiet: bool
) -> tuple[dict[str, Any], int]:
    """One connection synced and told, with its exit code; an error is one line, and the others go on."""
    try:
        policy = policy_named(named().get(name))
        with (
            opened(name, *how, policy.scopes or DEFAULT_SCOPES, tries=TRIES, store=roster.url) as connection,
            _watched(connection.name, quiet=quiet) as watching,
        ):
            run = roster.sync(connection, policy=policy, full=full, watching=watching)
    except KeyboardInterrupt:
        click.echo(f"headcount: {name}: what came is kept, and the next `headcount sync` goes on", err=True)
        raise
    except HeadcountError as error:
        from headcount.cli import exit_code

        text = problem(name, error)
        click.echo(f"headcount: {text}", err=True)
        return {"connection": name, "state": "failed", "problem": text}, exit_code(error)
    code = {"partial": PARTIAL, "held": HELD}.get(run.state, 0)
    if output == "text" and not (quiet and code == 0):
        _show(run, roster.status(run.connection)[0])
    return run_told(run), code


def policy_named(of: Named | None) -> SyncPolicy:
    """How a connection of the file is kept; any other one as by itself."""
    from headcount.roster import SyncPolicy
    from headcount.roster.config import policy_of

    return SyncPolicy() if of is None else policy_of(of)


def problem(name: str, error: Exception) -> str:
    """What went wrong with a connection, in one line that names it."""
    if not isinstance(error, HeadcountError):
        return f"{name}: {type(error).__name__}"  # its text may hold anything
    text = " ".join(str(error).split())
    return text if name in text else f"{name}: {text}"


def _show(run: Run, health: Health) -> None:
    kind = f"{READ.get(run.kind, run.kind)} was read"
    received, requests = run.counts.get("received", 0), run.counts.get("requests", 0)
    read = f"{counted(received, 'record')} in {counted(requests, 'request')}"
    block(run.connection, f"{run.state}, {kind}: {read}, {run.seconds or 0:.1f} s", _told(run, health))


def _told(run: Run, health: Health) -> Iterator[tuple[str, str]]:
    yield "changed", changed(run.counts)
    yield "proof", proof(run)
    for one in health.held:
        yield from held(one)
    if health.quarantined:
        yield (
            "quarantine",
            f"{counted(health.quarantined, 'record')} not readable: `headcount quarantine {run.connection}`",
        )
    for note in run.notes:
        yield "note", note


@contextmanager
def _watched(name: str, *, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A line on a terminal that shows how far a sync is, and is gone when it ends."""
    if quiet or not on_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Line
    from rich.progress import ProgressColumn, SpinnerColumn, Task, TextColumn
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    class Bar(ProgressColumn):
        """A bar where it is known how long it gets."""

        def render(self, task: Task) -> ProgressBar | Text:
            done, total = task.fields["done"], task.fields["of"]
            return ProgressBar(total=total, completed=done, width=20) if total else Text()

    columns = (SpinnerColumn(), TextColumn(name), Bar(), TextColumn("{task.description}"))
    out = Console(stderr=True)
    with Line(*columns, console=out, transient=True, redirect_stdout=False, redirect_stderr=False) as line:
        task = line.add_task("waiting for the first page", total=None, done=0, of=None)

        def show(progress: Progress) -> None:
            line.update(task, description=_stage(progress), done=progress.received, of=progress.total)

        yield show


def _stage(progress: Progress) -> str:
    of = f" of {progress.total:,}" if progress.total else ""
    people = f"{progress.received:,}{of} people" if progress.received else "waiting for the first page"
    word = {"people": people, "groups": "reading groups", "checking": "proving who is gone"}.get(progress.stage)
    return f"{word or progress.stage} · {counted(progress.requests, 'request')}"


# -- by the schedule --------------------------------------------------------------------------------


@click.command()
@STORE
@click.option("--at-once", default=4, show_default=True, type=click.IntRange(min=1), help="So many at a time.")
@click.option("--once", is_flag=True, help="Sync what is due now, and end: for a scheduler of your own.")
@click.option("--no-pace", is_flag=True, help="Do not keep the vendors' pace: for sandboxes.")
def watch(store: str | None, at_once: int, once: bool, no_pace: bool) -> None:
    """Sync the connections of headcount.toml that have a schedule, each when it is due, until Ctrl-C.

    When one is due follows from its last run in the roster, whoever made it: a restart misses nothing, and what was
    missed is caught up with once. One that fails is tried again at its next time, and keeps no other waiting. The
    file is read at the start.

    \b
    headcount watch
    headcount watch --once
    """
    told = named()
    schedules = {name: schedule for name, of in told.items() if (schedule := schedule_of(of)) is not None}
    if not schedules:
        raise ConfigError(f"no connection of {FILE} has a schedule: write {SCHEDULE} under [connections.<name>]")
    codes: list[int] = []
    with opened_roster(store) as roster:
        from headcount.roster.watching import Watch, Watched

        watched = [
            Watched(
                name=name,
                schedule=schedule,
                policy=policy_named(of),
                connect=partial(_unattended, of, roster.url, no_pace),
            )
            for name, schedule in schedules.items()
            for of in (told[name],)
        ]
        watching = Watch(roster, watched, at_once=at_once, told=lambda ended: codes.append(_logged(ended)))
        for name, due in {} if once else watching.due().items():
            click.echo(f"watching {name}, {schedules[name]}; next {at(due)}", err=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
        try:
            watching.run(once=once)
        except KeyboardInterrupt:
            ended = watching.stop()
            click.echo("headcount: stopped; what was under way is gone on with next time", err=True)
            if not ended:
                sys.stderr.flush()
                os._exit(0)  # a request still under way would hold the process until its time-out
    click.get_current_context().exit(worst(codes) if once else 0)


def schedule_of(of: Named) -> Schedule | None:
    """When a connection is synced, by the file; None where it does not say."""
    from headcount.roster import Schedule

    try:
        return None if of.schedule is None else Schedule.parse(of.schedule)
    except ConfigError as error:
        raise ConfigError(f"[connections.{of.name}]: schedule: {error}") from None


def _unattended(of: Named, store: str, no_pace: bool) -> Connection:
    return opened(of.name, (), no_pace, policy_named(of).scopes or DEFAULT_SCOPES, tries=TRIES, store=store)


def _logged(ended: Ended) -> int:
    """One line for one turn; its exit code is what is given back."""
    from headcount.cli import exit_code

    when = f"{ended.at:%Y-%m-%d %H:%M:%SZ}"
    if ended.run is None:
        assert ended.error is not None
        click.echo(f"{when}  {problem(ended.name, ended.error)}", err=True)
        return exit_code(ended.error)
    run = ended.run
    requests = counted(run.counts.get("requests", 0), "request")
    line = f"{when}  {run.connection}: {run.state}: {changed(run.counts)} · {requests} · {run.seconds or 0:.1f} s"
    if run.state == "held":
        line += f" · {'; '.join(map(str, run.alarms))}: {decided(run)}"
    elif run.state == "partial":
        line += f" · some records are not readable: `headcount quarantine {run.connection}`"
    click.echo(line, err=True)
    return {"partial": PARTIAL, "held": HELD}.get(run.state, 0)
