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
from headcount.codec import DERIVED, dumps, line, to_dict
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
    records: Iterable[Any] = itertools.islice(kept, limit)
    if on_terminal() and not quiet and output != "table":
        records = _progress(records, listing, noun)
    WRITERS[output](records, columns, usual)
    if not quiet:
        told(listing.report, noun, limited=limit is not None)
    if listing.report.rejected:
        click.get_current_context().exit(UNREADABLE)


def _progress(records: Iterable[Any], listing: Listing[Any], noun: str) -> Iterator[Any]:
    """Counts on stderr while records go to stdout."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # rich would send the records to the terminal, and leave the file they go to empty
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("waiting for the first page")
        for number, record in enumerate(records, 1):
            if number % 50 == 0:
                bar.update(task, description=f"{number:,} {noun}, {listing.report.requests:,} requests")
            yield record


def _rows(records: Iterable[Any], columns: tuple[str, ...] | None) -> Iterator[dict[str, Any]]:
    for row in map(to_dict, records):
        yield row if columns is None else {name: row[name] for name in columns}


def _lines(records: Iterable[Any], columns: tuple[str, ...] | None) -> Iterator[bytes]:
    return map(line, records) if columns is None else map(dumps, _rows(records, columns))


def _jsonl(records: Iterable[Any], columns: tuple[str, ...] | None, usual: tuple[str, ...]) -> None:
    out = sys.stdout.buffer
    for text in _lines(records, columns):
        out.write(text + b"\n")
    out.flush()


def _json(records: Iterable[Any], columns: tuple[str, ...] | None, usual: tuple[str, ...]) -> None:
    out = sys.stdout.buffer
    out.write(b"[")
    for number, text in enumerate(_lines(records, columns)):
        out.write((b",\n " if number else b"\n ") + text)
    out.write(b"\n]\n")
    out.flush()


def _csv(records: Iterable[Any], columns: tuple[str, ...] | None, usual: tuple[str, ...]) -> None:
    rows = _rows(records, columns)
    first = next(rows, None)
    names = columns or (usual if first is None else tuple(first))
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    for row in itertools.chain([] if first is None else [first], rows):
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _table(records: Iterable[Any], columns: tuple[str, ...] | None, usual: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    names = columns or usual
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold" if name == "id" else "ellipsis", no_wrap=name != "id")
    for row in _rows(records, names):
        table.add_row(*map(_cell, row.values()))
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
