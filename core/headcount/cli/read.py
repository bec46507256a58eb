"""`headcount employees` and `headcount groups`: a list, as a table for people or as lines for programs."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
import click

from headcount.cli.line import account, on_terminal, opened, told
from headcount.codec import DERIVED, dumps, to_dict
from headcount.listing import Listing
from headcount.model import Employee, EmployeeStatus, Group, GroupType, Scope

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", Employee, Group)
EMPLOYEE_COLUMNS = ("id", "display_name", "work_email", "status", "job_title", "start_date", "termination_date")
GROUP_COLUMNS = ("id", "name", "type", "parent_id", "member_ids")
UNREADABLE = 5


def _list(command: F) -> F:
    """The options of every list."""
    output = click.option(
        "--output",
        type=click.Choice(["table", "jsonl", "json", "csv"]),
        help="Default: table on a terminal, jsonl in a pipe.",
    )
    fields = click.option("--fields", help="Only these fields, with commas between them.")
    limit = click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
    quiet = click.option("--quiet", is_flag=True, help="Nothing on stderr but errors.")
    return account(output(fields(limit(quiet(command)))))


@click.command()
@_list
@click.option("--status", multiple=True, type=click.Choice([s.value for s in EmployeeStatus]), help="May be repeated.")
@click.option(
    "--scope",
    multiple=True,
    type=click.Choice([s.value for s in Scope]),
    help="Personal data beyond identity and work; may be repeated.",
)
@click.option("--history", is_flag=True, help="With past employments, where the vendor keeps them.")
def employees(
    vendor: str,
    given: tuple[str, ...],
    no_pace: bool,
    output: str | None,
    fields: str | None,
    limit: int | None,
    quiet: bool,
    status: tuple[str, ...],
    scope: tuple[str, ...],
    history: bool,
) -> None:
    """The people of a company, normalized: past, present and to come.

    \b
    headcount employees acmehr --status active --fields id,work_email,manager_id
    headcount employees acmehr --scope contact --output jsonl > people.jsonl
    headcount employees acmehr --set company=acme --limit 10
    """
    with opened(vendor, given, no_pace, scope) as connection:
        listing = connection.employees(history=history)
        kept = (one for one in listing if not status or one.status.value in status)
        _write(listing, kept, Employee, _columns(Employee, fields), EMPLOYEE_COLUMNS, output, limit, quiet)


@click.command()
@_list
@click.option(
    "--type", "types", multiple=True, type=click.Choice([t.value for t in GroupType]), help="May be repeated."
)
def groups(
    vendor: str,
    given: tuple[str, ...],
    no_pace: bool,
    output: str | None,
    fields: str | None,
    limit: int | None,
    quiet: bool,
    types: tuple[str, ...],
) -> None:
    """The departments, locations and teams of a company, normalized.

    \b
    headcount groups acmehr --type department
    headcount groups acmehr --output json
    """
    with opened(vendor, given, no_pace) as connection:
        listing = connection.groups()
        kept = (one for one in listing if not types or one.type.value in types)
        _write(listing, kept, Group, _columns(Group, fields), GROUP_COLUMNS, output, limit, quiet)


def _columns(kind: type[Any], fields: str | None) -> tuple[str, ...] | None:
    if fields is None:
        return None
    known = [f.name for f in attrs.fields(kind) if f.name != "raw"] + list(DERIVED.get(kind.__name__, ()))
    names = tuple(name.strip() for name in fields.split(",") if name.strip())
    if unknown := [name for name in names if name not in known]:
        raise click.UsageError(f"no field {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def _write(
    listing: Listing[T],
    kept: Iterable[T],
    kind: type[T],
    columns: tuple[str, ...] | None,
    usual: tuple[str, ...],
    output: str | None,
    limit: int | None,
    quiet: bool,
) -> None:
    output = output or ("table" if sys.stdout.isatty() else "jsonl")
    noun = f"{kind.__name__.lower()}s"
    rows: Iterable[Mapping[str, Any]] = map(to_dict, itertools.islice(kept, limit))
    rows = _progress(rows, listing, noun) if on_terminal() and not quiet and output != "table" else rows
    if columns is not None:
        rows = ({name: row[name] for name in columns} for row in rows)
    WRITERS[output](rows, columns or usual, kind)
    if not quiet:
        told(listing.report, noun, limited=limit is not None)
    if listing.report.rejected:
        click.get_current_context().exit(UNREADABLE)


def _progress(rows: Iterable[Mapping[str, Any]], listing: Listing[Any], noun: str) -> Iterator[Mapping[str, Any]]:
    """Counts on stderr while rows go to stdout."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("waiting for the first page")
        for number, row in enumerate(rows, 1):
            if number % 50 == 1:
                bar.update(task, description=f"{number:,} {noun}, {listing.report.requests:,} requests")
            yield row


def _jsonl(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], kind: type[Any]) -> None:
    out = sys.stdout.buffer
    for row in rows:
        out.write(dumps(row) + b"\n")
    out.flush()


def _json(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], kind: type[Any]) -> None:
    out = sys.stdout.buffer
    out.write(b"[")
    for number, row in enumerate(rows):
        out.write((b",\n " if number else b"\n ") + dumps(row))
    out.write(b"\n]\n")
    out.flush()


def _csv(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], kind: type[Any]) -> None:
    first, rows = _peek(rows)
    names = list(first) if first is not None else list(columns)
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)


def _table(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], kind: type[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold" if name == "id" else "ellipsis", no_wrap=name != "id")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in columns))
    Console(soft_wrap=not sys.stdout.isatty(), markup=False, highlight=False).print(table)


WRITERS = {"table": _table, "jsonl": _jsonl, "json": _json, "csv": _csv}


def _cell(value: Any) -> str:
    """One value as text: a coded value by our word, and by the vendor's where ours is unknown."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, Mapping) and set(value) == {"value", "source"}:
        return (
            f"unknown ({value['source']})" if value["value"] == "unknown" and value["source"] else str(value["value"])
        )
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else str(value)


def _peek(rows: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any] | None, Iterator[Mapping[str, Any]]]:
    rows = iter(rows)
    first = next(rows, None)
    return first, rows if first is None else itertools.chain([first], rows)
