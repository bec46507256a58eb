"""`headcount demo`: the whole way from a vendor's API to one roster, on this machine alone."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import attrs
import click
from rich import box
from rich.console import Console
from rich.table import Table

from headcount.connector import Connector
from headcount.errors import Unsupported
from headcount.model import Employee, Group, NullReason
from headcount.plugins import plugins
from headcount.report import Report
from headcount.sandboxes import sandbox_of

SAMPLE = 5
COLUMNS = {  # of the merged roster, and how wide a terminal must be for each
    "vendor": 0,
    "name": 0,
    "work email": 130,
    "status": 0,
    "today": 0,
    "title": 100,
    "manager": 150,
    "groups": 100,
    "starts": 0,
    "ends": 0,
}


@attrs.frozen(kw_only=True)
class Roster:
    """What one vendor's account holds, read and normalized."""

    connector: Connector
    address: str
    company: str
    people: list[Employee]
    report: Report
    groups: list[Group]
    group_requests: int


@click.command()
@click.option("--people", default=60, show_default=True, type=click.IntRange(min=0), help="How many each company has.")
@click.option("--dialect", default="observed", show_default=True, type=click.Choice(["guide", "observed"]))
@click.option("--seed", default=1, show_default=True, help="Other people for another seed.")
def demo(people: int, dialect: str, seed: int) -> None:
    """Read three rosters from three sandboxes, with no network and no account.

    Each vendor's sandbox is a real HTTP server on this machine; its connector reads it as it would the vendor.
    """
    started = time.monotonic()
    console = Console(markup=False, highlight=False)
    rosters = []
    for connector in plugins().connectors().values():
        if connector.sandbox is not None:
            roster = _read(connector, people, dialect, seed)
            rosters.append(roster)
            _show(console, roster)
    _sample(console, rosters)
    total = sum(len(roster.people) for roster in rosters)
    console.print(
        f"{total:,} people from {len(rosters)} vendors as one model, in {time.monotonic() - started:.1f} s.\n"
        "Next: `headcount sandbox VENDOR` keeps one running; `headcount connectors` says what your account needs."
    )


def _read(connector: Connector, people: int, dialect: str, seed: int) -> Roster:
    kind = sandbox_of(connector)
    spoken = dialect if dialect in kind.dialects else kind.dialects[0]
    with kind(people=people, dialect=spoken, seed=seed) as sandbox, sandbox.connect() as connection:
        listing = connection.employees()
        found = list(listing)
        try:
            groups = connection.groups()
            all_groups = list(groups)
            group_requests = groups.report.requests
        except Unsupported:
            all_groups, group_requests = [], 0
        try:
            company = connection.company().display_name or "unnamed"
        except Unsupported:
            company = "not told by this server"
        return Roster(
            connector=connector,
            address=sandbox.base_url,
            company=company,
            people=found,
            report=listing.report,
            groups=all_groups,
            group_requests=group_requests,
        )


def _show(console: Console, roster: Roster) -> None:
    console.print(f"{roster.connector.title} at {roster.address}", style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, value in _facts(roster):
        table.add_row(label, value)
    console.print(table)
    console.print()


def _facts(roster: Roster) -> Iterator[tuple[str, str]]:
    report, today = roster.report, datetime.now(UTC).date()
    yield "company", roster.company
    yield "people", f"{report.accepted:,} read, {report.rejected:,} not readable"
    yield "by status", _counted(Counter(person.status.value.value for person in roster.people))
    yield "today", _counted(Counter(person.lifecycle(today).value for person in roster.people))
    yield "groups", _counted(Counter(group.type.value.value for group in roster.groups)) or "not told by this server"
    yield "unknown", "; ".join(f"{field} {word!r} × {n}" for (field, word), n in report.unknown.items()) or "no word"
    for reason, text in _missing(roster):
        yield f"  {reason.value.replace('_', ' ')}", text
    yield "requests", f"{report.requests:,} for people, {roster.group_requests:,} for groups"
    yield "complete", f"{'yes' if report.complete else 'not proved'}: {report.why}"


def _counted(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{word} {count:,}" for word, count in sorted(counts.items(), key=lambda one: -one[1]))


def _missing(roster: Roster) -> Iterator[tuple[NullReason, str]]:
    """Why fields are empty: those that always are by name, the others with how often."""
    fields = defaultdict[NullReason, Counter[str]](Counter)
    for person in roster.people:
        for name, reason in person.absent.items():
            fields[reason][name] += 1
    for reason, counts in fields.items():
        always = [name for name, count in counts.items() if count == len(roster.people)]
        sometimes = [f"{name} × {count}" for name, count in counts.most_common() if name not in always]
        yield reason, ", ".join([*always, *sometimes])


def _sample(console: Console, rosters: Iterable[Roster]) -> None:
    """Some people of each roster side by side, the odd ones first; a narrow terminal shows fewer columns."""
    today = datetime.now(UTC).date()
    columns = [name for name, width in COLUMNS.items() if console.width >= width]
    table = Table(title="One roster", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name not in ("groups", "name"), overflow="ellipsis")
    for roster in rosters:
        names = {person.id: person.display_name or person.id for person in roster.people}
        groups = {group.id: group.name for group in roster.groups}
        odd = sorted(
            roster.people, key=lambda person: (person.lifecycle(today) == "employed", not person.termination_date)
        )
        for person in odd[:SAMPLE]:
            cells = {
                "vendor": roster.connector.title,
                "name": person.display_name or "",
                "work email": person.work_email or "",
                "status": person.status.value.value,
                "today": person.lifecycle(today).value,
                "title": person.job_title or "",
                "manager": names.get(person.manager_id or "", person.manager_id or ""),
                "groups": ", ".join(groups.get(id, id) for id in person.group_ids or ()),
                "starts": str(person.start_date or ""),
                "ends": str(person.termination_date or ""),
            }
            table.add_row(*(cells[name] for name in columns))
        table.add_section()
    console.print(table)
