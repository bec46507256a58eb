"""The verbs, `headcount hire` and so on: plan, show, ask, apply, prove. `headcount plan` stops after showing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from headcount.changes import (
    WRITTEN,
    CancelTermination,
    Change,
    Delete,
    Hire,
    Join,
    Leave,
    Rehire,
    Terminate,
    Update,
)
from headcount.cli.applying import OUTPUT, applied, approving, connected, kept, scopes_of, waiting
from headcount.cli.line import account
from headcount.errors import ConfigError
from headcount.model import TerminationType

Command = Callable[..., Any]
DAY = "YYYY-MM-DD"


def _fields(command: Command) -> Command:
    told = click.argument("fields", nargs=-1, metavar="[NAME=VALUE]...")
    file = click.option(
        "--from",
        "file",
        type=click.File("r"),
        help="A JSON object of fields; - is standard input.",
    )
    return told(file(command))


def _day(name: str, words: str, *, required: bool = False) -> Callable[[Command], Command]:
    return click.option(f"--{name}", metavar=DAY, required=required, help=words)


id_argument = click.argument("id")
group_argument = click.argument("group_id", metavar="GROUP")


def hired(fields: tuple[str, ...], file: Any) -> Change:
    """Make an employee. Fields are those of the model: `headcount schema employee`.

    \b
    headcount hire acmehr given_name=Ada family_name=King work_email=ada@acme.example start_date=2027-01-04
    headcount hire acmehr --from newcomer.json --yes
    """
    return Hire(_given(fields, file))


def updated(id: str, fields: tuple[str, ...], file: Any, on: str | None) -> Change:
    """Set some fields of an employee, and no others. An empty value empties the field.

    \b
    headcount update acmehr 123 job_title="Senior Engineer" --on 2027-01-01
    headcount update acmehr 123 manager_id=7 custom_fields.shirt=M mobile_phone=
    """
    return Update(id=id, fields=_given(fields, file), on=on)


def terminated(id: str, on: str, **more: Any) -> Change:
    """End an employment, on a day past or to come.

    \b
    headcount terminate acmehr 123 --on 2026-12-31 --type voluntary
    headcount terminate acmehr 123 --on 2026-12-31 --type involuntary --reason Performance --no-rehire
    """
    return Terminate(id=id, on=on, **more)


def cancelled(id: str) -> Change:
    """Take a termination back.

    \b
    headcount cancel-termination acmehr 123
    """
    return CancelTermination(id=id)


def rehired(id: str, on: str, fields: tuple[str, ...], file: Any) -> Change:
    """Take a former employee on again, as the same record.

    \b
    headcount rehire acmehr 123 --on 2027-03-01 job_title=Engineer
    """
    return Rehire(id=id, on=on, fields=_given(fields, file, needed=False))


def joined(id: str, group_id: str, on: str | None) -> Change:
    """Put an employee into a group; `headcount groups` lists groups.

    \b
    headcount join acmehr 123 18234
    """
    return Join(id=id, group_id=group_id, on=on)


def left(id: str, group_id: str) -> Change:
    """Take an employee out of a group.

    \b
    headcount leave acmehr 123 18234
    """
    return Leave(id=id, group_id=group_id)


def deleted(id: str) -> Change:
    """Delete a record for good, where the vendor can. To end an employment, terminate.

    \b
    headcount delete acmehr 123 --allow-delete
    """
    return Delete(id=id)


def _terminating(command: Command) -> Command:
    types = ", ".join(kind for kind in TerminationType if kind is not TerminationType.UNKNOWN)
    for option in (
        click.option("--comment", help="A remark, where the vendor keeps one."),
        click.option("--rehire/--no-rehire", "eligible_for_rehire", default=None, help="Default: undecided."),
        click.option("--reason", help="In the vendor's own words."),
        click.option("--type", help=f"{types}; or the vendor's own word."),
        _day("last-day", "The last day of work, where that is another."),
        _day("on", "The day on which it ends.", required=True),
    ):
        command = option(command)
    return command


VERBS: dict[str, tuple[Callable[..., Change], tuple[Callable[[Command], Command], ...]]] = {
    "hire": (hired, (_fields,)),
    "update": (updated, (id_argument, _fields, _day("on", "From which day on, where the vendor dates it."))),
    "terminate": (terminated, (id_argument, _terminating)),
    "cancel-termination": (cancelled, (id_argument,)),
    "rehire": (rehired, (id_argument, _fields, _day("on", "The first day.", required=True))),
    "join": (joined, (id_argument, group_argument, _day("on", "From which day on, where the vendor dates it."))),
    "leave": (left, (id_argument, group_argument)),
    "delete": (deleted, (id_argument,)),
}


def _given(told: tuple[str, ...], file: Any, *, needed: bool = True) -> dict[str, Any]:
    """The fields from a file and from the line, which wins. An empty value is None; ids of groups have commas."""
    fields = _read(file) if file is not None else {}
    for text in told:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"a field is NAME=VALUE, such as job_title=Engineer; got {text!r}")
        first, dot, key = name.strip().partition(".")
        name = first.replace("-", "_") + dot + key  # what stands behind the dot is the vendor's own
        listed = WRITTEN.get(name, "").startswith("tuple")
        fields[name] = value.split(",") if listed and value else value or None
    if needed and not fields:
        raise click.UsageError("no field is given: write NAME=VALUE, such as job_title=Engineer")
    return fields


def _read(file: Any) -> dict[str, Any]:
    try:
        fields = json.load(file)
    except ValueError as error:
        raise ConfigError(f"{file.name} is no JSON: {error}") from None
    if not isinstance(fields, dict):
        raise ConfigError(f"{file.name} must hold one JSON object of fields")
    return fields


def _verb(name: str) -> click.Command:
    """A verb that plans, shows, asks, applies and proves."""
    make, options = VERBS[name]

    def run(vendor: str, given: tuple[str, ...], no_pace: bool, **told: Any) -> None:
        how = {key: told.pop(key) for key in ("store", "key", "yes", "by", "approval", "output", "allow_delete")}
        change = make(**told)
        with connected(vendor, given, no_pace, scopes_of(change), how) as connection:
            applied(connection, change, how)

    return _command(name, approving(run), make.__doc__ or "", options)


def _planner(name: str) -> click.Command:
    """A verb that plans and shows."""
    make, options = VERBS[name]

    def run(vendor: str, given: tuple[str, ...], no_pace: bool, out: Path | None, output: str, **told: Any) -> None:
        change = make(**told)
        with connected(vendor, given, no_pace, scopes_of(change), {}) as connection, waiting("planning"):
            plan = connection.plan(change)
        click.echo(plan.to_json() if output == "json" else str(plan), nl=output != "json")
        if out is not None:
            kept(out, plan.to_json())
            click.echo(f"kept in {out}; `headcount apply {out}` applies it", err=True)

    file = click.option("-o", "out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan here.")
    words = (make.__doc__ or "").replace(f"headcount {name}", f"headcount plan {name}")
    return _command(name, OUTPUT(file(run)), words, options)


def _command(name: str, run: Command, words: str, options: tuple[Callable[[Command], Command], ...]) -> click.Command:
    for option in reversed(options):
        run = option(run)
    return click.command(name, help=words, short_help=words.partition("\n")[0])(account(run))


def __getattr__(name: str) -> click.Command:
    verb = name.replace("_", "-")
    if verb not in VERBS:
        raise AttributeError(name)
    return _verb(verb)


class _Plans(click.Group):
    """One command a verb, made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _planner(cmd_name) if cmd_name in VERBS else None


@click.group(cls=_Plans)
def plan() -> None:
    """Show what a change would send, and what the record shows before and after. Nothing is sent that changes anything.

    \b
    headcount plan terminate acmehr 123 --on 2026-12-31 --type voluntary
    headcount plan hire acmehr --from newcomer.json -o plan.json
    """
