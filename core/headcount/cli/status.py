"""How the roster fares, and what a person decides of it: `headcount status`, `quarantine`, `release` and `reject`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import click

from headcount import codec
from headcount.cli.applying import asked
from headcount.cli.credential import credential_plain, credential_told
from headcount.cli.line import STORE, on_terminal
from headcount.cli.roster import (
    READ,
    SHORT,
    at,
    block,
    changed,
    counted,
    held,
    kept_under,
    moved,
    opened_roster,
    output,
    proof,
    run_told,
    span,
    wrapped,
)
from headcount.cli.sync import schedule_of
from headcount.errors import ConfigError, Held
from headcount.settings import named

if TYPE_CHECKING:
    from headcount.roster import Aside, Health, Roster, Run, Schedule

OLD = timedelta(days=2)
"""A connection without a schedule is stale after so long."""
SHOWN = 20
"""So many people are shown of whom a run holds the same; the others are counted."""


@attrs.frozen(kw_only=True)
class Report:
    """How a connection of the roster or of the file fares: a word for it, and what that rests on."""

    name: str
    vendor: str
    word: str
    health: Health | None
    schedule: Schedule | None
    due: datetime | None
    now: datetime


@click.command()
@click.argument("connections", nargs=-1, metavar="[CONNECTION]...")
@STORE
@output("text", "json")
def status(connections: tuple[str, ...], store: str | None, output: str) -> None:
    """How each connection fares: how fresh it is, when it is due, what waits for a person, whose credential it uses.

    It is ok, stale (nothing good for twice its schedule, or for two days), partial (some records could not be read),
    held (a guard stopped something: release or reject it), failing, or never synced.

    \b
    headcount status
    headcount status acme-hr --output json
    """
    with opened_roster(store) as roster:
        found = list(_reports(roster, connections))
    if output == "json":
        click.echo(codec.pretty([_plain(one) for one in found]), nl=False)
    for number, one in enumerate(found if output == "text" else ()):
        if number:
            click.echo()
        block(one.name, ", ".join(filter(None, (one.word, _syncing(one)))), _rows(one))
    if not found:
        click.echo(
            "nothing is kept yet: `headcount sync VENDOR` begins, or headcount.toml with `headcount sync`", err=True
        )


def _reports(roster: Roster, names: Sequence[str]) -> Iterator[Report]:
    told = named()
    known = list(dict.fromkeys([*told, *roster.connections()]))
    for name in names:
        if name not in known:
            raise ConfigError(f"no connection is named {name[:60]!r}; there are: {', '.join(known) or 'none'}")
    kept = {one.connection: one for one in roster.status()}
    for name in names or known:
        of, health, now = told.get(name), kept.get(name), roster.now()
        schedule = schedule_of(of) if of else None
        last = health.last_run if health else None
        due = None if schedule is None else schedule.next_after(last.started_at) if last else now
        over = next((run for run in roster.runs(name) if run.state != "running" and not run.was_stopped), None)
        yield Report(
            name=name,
            vendor=health.vendor if health else of.vendor if of else "",
            word=word_of(health, over, schedule, now),
            health=health,
            schedule=schedule,
            due=due,
            now=now,
        )


def word_of(health: Health | None, last: Run | None, schedule: Schedule | None, now: datetime) -> str:
    """How a connection fares, in a word; `last` is its last run that came to an end by itself."""
    if health is None or (health.freshness.synced_at is None and last is None):
        return "never synced"
    if last is not None and last.state == "failed":
        return "failing"
    if health.held:
        return "held"
    age = health.freshness.age(now)
    if age is None or age > _patience(schedule, now):
        return "stale"
    return "partial" if health.quarantined else "ok"


def _patience(schedule: Schedule | None, now: datetime) -> timedelta:
    if schedule is None:
        return OLD
    first = schedule.next_after(now)
    return 2 * (schedule.next_after(first) - first)


def _syncing(one: Report) -> str:
    if one.health is None or one.health.last_run is None or one.health.last_run.state != "running":
        return ""
    started = at(one.health.last_run.started_at)
    return f"syncing since {started}" if one.health.syncing else f"the sync of {started} broke off: the next goes on"


def _rows(one: Report) -> Iterator[tuple[str, str]]:
    health = one.health
    yield "vendor", one.vendor
    if health is not None:
        synced, full, last = health.freshness.synced_at, health.freshness.full_at, health.last_run
        yield "last good", f"{at(synced)}, {span(one.now - synced)} ago" if synced else "never yet"
        yield "last full", at(full) if full else "never yet"
        if last is not None and last.state != "running":
            yield "last run", f"{at(last.started_at)}, {READ.get(last.kind, last.kind)}: {last.state}"
            problem = re.sub(r"^\w+: ", "", last.problem or "")  # without the error's class
            yield ("problem", problem) if problem else ("proof", proof(last))
    if one.schedule is not None:
        yield "next due", f"{_due(one)} ({one.schedule})"
    if health is None:
        return
    yield "people", f"{health.people:,}"
    for run in health.held:
        yield from held(run)
    if health.waiting:
        yield (
            "waiting",
            f"{counted(health.waiting, 'record')} named by webhooks: `headcount sync {one.name}` reads them",
        )
    if health.quarantined:
        yield "quarantine", f"{counted(health.quarantined, 'record')} not readable: `headcount quarantine {one.name}`"
    if health.credential is not None:
        yield from credential_told(health.credential)
    yield "time zone", health.timezone


def _due(one: Report) -> str:
    assert one.due is not None
    if one.due > one.now:
        return f"{at(one.due)}, in {span(one.due - one.now)}"
    late = f"since {at(one.due)}" if one.health else "now"
    return f"{late}; `headcount watch` or `headcount sync` does it"


def _plain(one: Report) -> dict[str, Any]:
    health = one.health
    told: dict[str, Any] = {
        "connection": one.name,
        "vendor": one.vendor,
        "health": one.word,
        "schedule": one.schedule and str(one.schedule),
        "due": one.due,
    }
    if health is not None:
        age = health.freshness.age(one.now)
        told |= {
            "synced_at": health.freshness.synced_at,
            "age_seconds": age and round(age.total_seconds()),
            "full_at": health.freshness.full_at,
            "last_run": health.last_run and run_told(health.last_run),
            "people": health.people,
            "held": [run_told(run) for run in health.held],
            "quarantined": health.quarantined,
            "waiting": health.waiting,
            "credential": health.credential and credential_plain(health.credential),
            "timezone": health.timezone,
            "syncing": health.syncing,
        }
    return {name: codec.plain(value) for name, value in told.items()}


# -- what could not be read -------------------------------------------------------------------------


@click.command()
@click.argument("connection", required=False)
@STORE
@click.option("--payload", is_flag=True, help="What the vendor sent, as JSON lines: personal data as it came.")
def quarantine(connection: str | None, store: str | None, payload: bool) -> None:
    """The records that could not be read, and why; each person stays as last read. A read that works takes them out.

    \b
    headcount quarantine acme-hr
    headcount quarantine acme-hr --payload > records.jsonl
    """
    with opened_roster(store) as roster:
        kept_under(roster, connection)
        found = roster.quarantine(connection)
    for one in found:
        if payload:
            told = {"connection": one.connection, "subject": one.subject, "id": one.id, "reason": one.reason}
            click.echo(codec.dumps({**told, "payload": codec.loads(one.payload)}))
        else:
            block(one.connection, f"{one.subject} {one.id or 'without an id'}", _aside(one))
    if not found:
        click.echo("nothing is in quarantine", err=True)


def _aside(one: Aside) -> Iterator[tuple[str, str]]:
    first, *more = one.reason.split("; ")
    yield "reason", f"{first}; and {counted(len(more), 'field')} more" if more else first
    yield "seen", f"{at(one.first_at)}, and last {at(one.last_at)}"


# -- what is held -----------------------------------------------------------------------------------

YES = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("run")
@STORE
@YES
def release(run: str, store: str | None, yes: bool) -> None:
    """Believe what a run holds: the changes are made, and who is held to be gone is gone. Shows it, and asks.

    \b
    headcount release 1f3a9c2e
    """
    with opened_roster(store) as roster:
        found = roster.run(run)
        if _agreed(roster, found, yes, "Believe it?"):
            done = roster.release(found)
            click.echo(f"{done.connection}: released: {changed(done.counts, 'released_')}")


@click.command()
@click.argument("run")
@STORE
@YES
def reject(run: str, store: str | None, yes: bool) -> None:
    """Do not believe what a run holds, for as long as the vendor says the same. Shows it, and asks.

    \b
    headcount reject 1f3a9c2e
    """
    with opened_roster(store) as roster:
        found = roster.run(run)
        if _agreed(roster, found, yes, "Reject it?"):
            done = roster.reject(found)
            click.echo(f"{done.connection}: rejected; what is kept stays for as long as the vendor says the same")


def _agreed(roster: Roster, run: Run, yes: bool, question: str) -> bool:
    """Whether a person agrees, who is shown what is held; where there is nothing, the roster says why."""
    found = roster.held(run)
    if not found:
        return True
    for line in _held(roster, run, found, names=not yes and on_terminal()):
        click.echo(line, err=True)
    if yes or asked(question, refused="nothing was decided"):
        return True
    raise Held("nobody is there to ask: decide with --yes")


def _held(roster: Roster, run: Run, found: Sequence[tuple[str, str, Any, Any]], *, names: bool) -> Iterator[str]:
    """What is held, by person; by name where a person is there to decide, and no log keeps it."""
    from headcount.roster.guard import DEPARTURE

    yield f"run {run.id[:SHORT]} of {run.connection}, {at(run.started_at)}, holds:"
    for alarm in run.alarms:
        yield wrapped(str(alarm), first="  ", rest="  ")
    claims: dict[str, list[tuple[str, str]]] = {}
    for id, what, before, after in found:
        who = f"{id} {roster.employee(id, run.connection).display_name or ''}".strip() if names else id
        claims.setdefault(what, []).append((who, "" if what == DEPARTURE else moved(what, before, after)))
    for what, told in claims.items():
        rest = f", and {len(told) - SHOWN:,} more" if len(told) > SHOWN else ""
        if what == DEPARTURE:
            yield wrapped(", ".join(who for who, _ in told[:SHOWN]) + rest, first="  gone: ", rest=" " * 8)
            continue
        for who, text in told[:SHOWN]:
            yield wrapped(text, first=f"  {who}: ", rest=" " * 8)
        if rest:
            yield f"  {rest[2:]} of {what}"
