"""What happened: `headcount changes`, `headcount events`, `headcount history` of one person, `headcount diff`."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import attrs
import click

from headcount import codec
from headcount.cli.line import STORE
from headcount.cli.roster import CONNECTION, kept_under, moved, opened_roster, output, said, whose, wrapped
from headcount.errors import ConfigError
from headcount.facts import Facts, facts_of, same
from headcount.model import Employee

if TYPE_CHECKING:
    from headcount.roster import Change, Event, Roster

T = TypeVar("T", "Change", "Event")
F = TypeVar("F", bound=Callable[..., Any])
TELLING = ("status", "job_title", "start_date", "termination_date")
"""What is shown of a new record."""
UNTOLD = ("updated_at",)
STAMP = "%Y-%m-%d %H:%M"


def _feed(command: F) -> F:
    """The options of both feeds."""
    for option in (
        output("text", "jsonl", default=None, words="Default: text on a terminal, jsonl in a pipe."),
        click.option("--every", type=click.FloatRange(min=0.05), default=1.0, show_default=True, help="Seconds."),
        click.option("--follow", is_flag=True, help="Wait for more, and look --every so often; Ctrl-C stops."),
        click.option("--employee", metavar="ID", help="Only of this person."),
        CONNECTION,
        click.option("--after", metavar="SEQ", help="Only after this position, which each line begins with."),
        STORE,
    ):
        command = option(command)
    return command


@click.command()
@_feed
def changes(
    store: str | None,
    after: str | None,
    connection: str | None,
    employee: str | None,
    follow: bool,
    every: float,
    output: str | None,
) -> None:
    """The change feed: what became of each record, in the order in which the roster learnt of it.

    Text shows the values of work fields, and of others that they changed; JSON lines have everything, and a `seq` to
    go on from.

    \b
    headcount changes --employee 123
    headcount changes --after 0.512 --follow --output jsonl
    """
    with opened_roster(store) as roster:
        kept_under(roster, connection)
        teller = Teller(roster)
        read = functools.partial(roster.changes, connection=connection, employee=employee)
        _tell(_followed(read, after, every if follow else None), teller.change, output, follow=follow)


@click.command()
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Such as hired or terminated; may be repeated.")
@_feed
def events(
    store: str | None,
    after: str | None,
    connection: str | None,
    employee: str | None,
    kinds: tuple[str, ...],
    follow: bool,
    every: float,
    output: str | None,
) -> None:
    """What happened to people: hired, transferred, terminated and so on, each once.

    \b
    headcount events --kind hired --kind terminated
    headcount events --connection acme-hr --follow
    """
    from headcount.roster import EventKind

    known = [kind.value for kind in EventKind]
    if unknown := [kind for kind in kinds if kind not in known]:
        raise ConfigError(f"no kind of event is called {unknown[0][:40]!r}; there are: {', '.join(known)}")
    with opened_roster(store) as roster:
        kept_under(roster, connection)
        teller = Teller(roster)
        read = functools.partial(roster.events, connection=connection, employee=employee, kinds=kinds)
        _tell(_followed(read, after, every if follow else None), teller.event, output, follow=follow)


def _followed(read: Callable[[str | None], Iterator[T]], after: str | None, every: float | None) -> Iterator[T]:
    """What there is, and then what comes."""
    while True:
        for one in read(after):
            after = one.seq
            yield one
        if every is None:
            return
        time.sleep(every)


def _tell(found: Iterator[T], text: Callable[[T], str], output: str | None, *, follow: bool) -> None:
    lines = (output or ("text" if sys.stdout.isatty() else "jsonl")) == "jsonl"
    last = None
    try:
        for one in found:
            last = one.seq
            click.echo(codec.dumps(codec.plain(one)) if lines else text(one))
    except KeyboardInterrupt:
        if not follow:
            raise
        since = f"; `--after {last}` goes on from here" if last else ""
        click.echo(f"headcount: stopped{since}", err=True)
    if last is None and not follow:
        click.echo("nothing yet", err=True)


class Teller:
    """Tells changes and events in words; groups by their names, as the roster has them."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._names: dict[tuple[str, str], str] = {}
        self._wide = max(map(len, roster.connections()), default=0)

    def change(self, change: Change) -> str:
        """One line of the change feed."""
        return self._line(change, f"{change.subject} {change.id}", self.what(change))

    def event(self, event: Event) -> str:
        """One line of the events."""
        return self._line(event, event.employee_id, self.happened(event, on=f" on {event.on}"))

    def _line(self, row: Change | Event, who: str, what: str) -> str:
        start = f"{row.seq:>8}  {row.recorded_at:{STAMP}}  {row.connection:{self._wide}}  {who}  "
        return wrapped(what, first=start, rest=" " * 10)

    def what(self, change: Change) -> str:
        """What became of a record: of a new one what tells most, of another each field."""
        fields = {name: pair for name, pair in change.fields.items() if name not in UNTOLD}
        if change.kind == "added":
            shown = ("name", "type", "label") if change.subject != "employee" else TELLING
            told = [f"{name} {said(fields[name][1])}" for name in shown if name in fields]
            rest = f"and {len(fields) - len(told)} more fields" if len(fields) > len(told) else ""
        elif change.subject == "employee":
            told, rest = self.moved(change.connection, fields), ""
        else:  # nobody's
            told = [f"{name} {said(before)} → {said(after)}" for name, (before, after) in fields.items()]
            rest = ""
        cause = "" if change.cause == "sync" else f"({change.cause})"
        return " ".join(filter(None, (change.kind + (":" if told else ""), "; ".join(told), rest, cause)))

    def happened(self, event: Event, *, on: str = "") -> str:
        """What happened, and from what to what."""
        told = [self._detail(event, name, value) for name, value in event.details.items()]
        return " ".join(filter(None, (f"{event.kind}{on}", f"({'; '.join(told)})" if told else "")))

    def _detail(self, event: Event, name: str, value: Any) -> str:
        if not isinstance(value, list):
            return f"{name} {said(value)}"
        sides = [
            ", ".join(self._named(event.connection, one) for one in side) if isinstance(side, list) else said(side)
            for side in value
        ]
        return f"{name} {' → '.join(side or '—' for side in sides)}"

    def moved(self, connection: str, fields: Mapping[str, tuple[Any, Any]]) -> list[str]:
        """What became of somebody's fields, in words."""
        word = functools.partial(self._named, connection)
        return [moved(name, *pair, word=word) for name, pair in fields.items()]

    def _named(self, connection: str, id: str) -> str:
        if (connection, id) not in self._names:
            self._names |= {(connection, group.id): group.name for group in self._roster.groups(connection)}
        return self._names.setdefault((connection, id), id)


# -- one person -------------------------------------------------------------------------------------


@click.command()
@click.argument("employee")
@CONNECTION
@STORE
@output("text", "jsonl")
def history(employee: str, connection: str | None, store: str | None, output: str) -> None:
    """The timeline of one person: what changed and what happened, by the day it holds from and when it was learnt.

    \b
    headcount history 123
    headcount history 123 --connection acme-hr --output jsonl
    """
    with opened_roster(store) as roster:
        name = one_of(whose(roster, employee, connection), employee, connection)
        person = roster.employee(employee, name)
        rows = _timeline(roster, employee, name)
        if output == "jsonl":
            for row in rows:
                click.echo(codec.dumps({"row": type(row).__name__.lower(), **codec.plain(row)}))
            return
        teller, zone = Teller(roster), _zone(roster, name)
        now = " · ".join(filter(None, (person.status.value.value, person.job_title)))
        click.echo(f"{click.style(person.display_name or employee, bold=True)}, employee {employee} of {name}: {now}\n")
        click.echo(f"{'from':12}{'learnt':18}what changed, and * what happened")
        for row in rows:
            day, what = _dated(row, teller, zone)
            start = f"{day!s:12}{row.recorded_at:{STAMP}}  "
            click.echo(wrapped(what, first=start, rest=" " * len(start)))


def _timeline(roster: Roster, employee: str, name: str) -> list[Change | Event]:
    """Changes and events as they came; those of one moment in the order of their feeds, changes first."""
    rows: list[Change | Event] = [
        *roster.changes(connection=name, employee=employee),
        *roster.events(connection=name, employee=employee),
    ]
    return sorted(rows, key=lambda row: row.recorded_at)


def _dated(row: Change | Event, teller: Teller, zone: ZoneInfo) -> tuple[date, str]:
    from headcount.roster import Event

    if isinstance(row, Event):
        return row.on, f"* {teller.happened(row)}"
    return row.valid_at.astimezone(zone).date(), f"  {teller.what(row)}"


def _zone(roster: Roster, name: str) -> ZoneInfo:
    from headcount.roster.policy import zone_of

    return zone_of(roster.status(name)[0].timezone)


def one_of(names: list[str], id: str, connection: str | None) -> str:
    """The one connection that keeps somebody under an id. Raises `ConfigError` for none, and for several."""
    if len(names) > 1:
        raise ConfigError(f"{id[:60]!r} is kept in {', '.join(names)}: say which with --connection")
    if not names:
        where = f"{connection} of the roster" if connection else "the roster"
        raise ConfigError(f"nobody is kept under the id {id[:60]!r} in {where}")
    return names[0]


# -- between two days -------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Difference:
    """What became of one person between two days, by field what was and what is; `name` as far as it is known."""

    id: str
    name: str | None
    fields: Mapping[str, tuple[Any, Any]]


@click.command()
@click.option("--as-of", "since", metavar="DATE", required=True, help="The first day, as it stood at its end.")
@click.option("--to", "until", metavar="DATE", help="The second day. Default: now.")
@CONNECTION
@STORE
@output("text", "json")
def diff(since: str, until: str | None, connection: str | None, store: str | None, output: str) -> None:
    """Who came, who left, and what changed of the others, between two days of the company's calendar.

    Whoever is employed on one of the days and not on the other has come, or left. Without --connection it is the only
    one that the roster has.

    \b
    headcount diff --as-of 2026-06-30
    headcount diff --as-of 2026-06-30 --to 2026-07-31 --connection acme-hr --output json
    """
    first, last = _day(since, "--as-of"), None if until is None else _day(until, "--to")
    if last is not None and last < first:
        raise ConfigError("--to is before --as-of")
    with opened_roster(store) as roster:
        begin = roster.as_of(first, connection)
        end = roster.employees(connection) if last is None else roster.as_of(last, connection)
        name = begin.freshness.connection
        today = roster.now().astimezone(_zone(roster, name)).date()
        found = _compared(begin, end, first, last or today)
        lines = {kind: [_said(one, Teller(roster), name) for one in people] for kind, people in found.items()}
    if output == "json":
        told = {kind: codec.plain(people) for kind, people in found.items()}
        click.echo(codec.pretty({"connection": name, "from": since, "to": str(last or "now"), **told}), nl=False)
        return
    click.echo(f"{name}, {first} to {last or 'now'}: " + ", ".join(f"{len(found[kind]):,} {kind}" for kind in found))
    for kind in filter(found.get, found):
        click.echo(f"\n{click.style(kind, bold=True)}")
        for line in lines[kind]:
            click.echo(line)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} is a day such as 2026-12-31; got {text[:40]!r}") from None


def _compared(
    begin: Iterable[Employee], end: Iterable[Employee], first: date, last: date
) -> dict[str, list[Difference]]:
    """Those who are another on the second day, by whether they came, left, or changed."""
    found: dict[str, list[Difference]] = {"came": [], "left": [], "changed": []}
    before = {one.id: (_works(one, first), one.display_name, facts_of(one)) for one in begin}
    for one in end:
        worked, _, facts = before.pop(one.id, (False, None, {}))
        works = _works(one, last)
        fields = _differing(facts, facts_of(one))
        if fields or works != worked:
            kind = "changed" if works == worked else "came" if works else "left"
            found[kind].append(Difference(id=one.id, name=one.display_name, fields=fields))
    for id, (worked, name, _) in before.items():
        gone = Difference(id=id, name=name, fields={"there": (True, None)})
        found["left" if worked else "changed"].append(gone)
    return found


def _works(employee: Employee, day: date) -> bool:
    return employee.is_employed(day) is True


def _differing(before: Facts, after: Facts) -> dict[str, tuple[Any, Any]]:
    names = [name for name in {**before, **after} if name not in UNTOLD]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if not same(name, *pair)}


def _said(one: Difference, teller: Teller, connection: str) -> str:
    fields = dict(one.fields)
    match fields.pop("there", None):
        case (None, _):
            told = ["new", *(f"{name} {said(fields[name][1])}" for name in TELLING if name in fields)]
        case (_, None):
            told = ["no longer in the records"]
        case _:
            told = teller.moved(connection, fields) or ["by the calendar"]
    return wrapped("; ".join(told), first=f"  {one.id} {one.name or ''}".rstrip() + ": ", rest="      ")
