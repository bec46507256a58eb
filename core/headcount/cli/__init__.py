"""The command: `headcount`. Each sub-command is a room of its own, opened only when it is asked for."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

COMMANDS = {
    "demo": "Read three rosters from three sandboxes, with no network and no account.",
    "connectors": "What can be connected to, and what each can do.",
    "connect": "Make a connection: asked for, checked, and kept.",
    "connections": "The connections, and how their credentials fare.",
    "reconnect": "Give a connection another credential.",
    "disconnect": "Forget what a connection logs in with.",
    "key": "Make a key for the vault, or change it.",
    "employees": "The people of a company, normalized.",
    "groups": "The departments, locations and teams of a company, normalized.",
    "plan": "Show what a change would send, and what the record shows before and after.",
    "hire": "Make an employee.",
    "update": "Set some fields of an employee, and no others.",
    "terminate": "End an employment, on a day past or to come.",
    "cancel-termination": "Take a termination back.",
    "rehire": "Take a former employee on again, as the same record.",
    "join": "Put an employee into a group.",
    "leave": "Take an employee out of a group.",
    "delete": "Delete a record for good.",
    "apply": "Apply a plan that was kept in a file.",
    "approve": "Approve a plan that was kept in a file.",
    "journal": "What was applied, and how far.",
    "resume": "Finish or settle what was left in the middle.",
    "settle": "Say of a lost step whether it was done.",
    "sync": "Bring the roster up to date with one connection, several, or all.",
    "watch": "Sync each connection when it is due, until Ctrl-C.",
    "status": "How each connection fares, and what waits for a person.",
    "changes": "The change feed: what became of each record.",
    "events": "What happened to people: hired, transferred, terminated.",
    "history": "The timeline of one person.",
    "diff": "Who came, left and changed between two days.",
    "quarantine": "The records that could not be read, and why.",
    "release": "Believe what a sync holds.",
    "reject": "Do not believe what a sync holds.",
    "forget": "Erase a person, or all of a connection.",
    "whoami": "Whose credential this is, what it may see, and when it ends.",
    "webhooks": "Make, list and remove the webhooks that a vendor sends.",
    "sandbox": "Run a vendor's sandbox by hand.",
    "new": "Write a connector for a vendor that has none.",
    "check": "Run the checks that every connector keeps, and grade one.",
    "schema": "The JSON Schema of the model.",
}
SHARED = {
    "connect": ("connect", "reconnect"),
    "connections": ("connections", "disconnect"),
    "read": ("employees", "groups"),
    "change": ("plan", *("hire", "update", "terminate", "cancel-termination", "rehire", "join", "leave", "delete")),
    "applying": ("apply", "approve"),
    "journal": ("journal", "resume", "settle"),
    "sync": ("sync", "watch"),
    "status": ("status", "quarantine", "release", "reject"),
    "feed": ("changes", "events", "history", "diff"),
}
EXIT_CODES = """\
\b
Exit codes: 0 done · 1 the vendor refused, or a check failed · 2 settings or usage ·
            3 credential refused or not permitted · 4 the vendor is not available, try later ·
            5 read, but some records could not be read · 6 held: an approval or a decision is missing, the plan no
            longer fits, or another process is at it · 7 applied, and the record shows something else ·
            8 it may or may not have been done: resume or settle it"""


class Rooms(click.Group):
    """A group whose commands are imported when they run, so that `--help` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"headcount.cli.{_room(cmd_name)}"), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _room(command: str) -> str:
    return next((room for room, commands in SHARED.items() if command in commands), command)


def _version(ctx: click.Context, _: Any, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"headcount {version('headcount')}")
        ctx.exit()


@click.group(cls=Rooms, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """One Employee and Group model over many HR systems.

    \b
    headcount demo                                        three rosters, no account needed
    headcount connectors                                  what can be connected to, and what each needs
    headcount connect acmehr                              make a connection, and keep it
    export HEADCOUNT_ACMEHR_COMPANY=… HEADCOUNT_ACMEHR_TOKEN=…
    headcount whoami acmehr                               does the credential work, and what may it see
    headcount employees acmehr                            a table on a terminal, JSON lines in a pipe
    headcount employees acmehr --output csv > people.csv
    headcount groups acmehr --type department
    headcount plan terminate acmehr 123 --on 2026-12-31   what would be sent; nothing is
    headcount terminate acmehr 123 --on 2026-12-31        plan, show, ask, apply, prove
    headcount sync acmehr                                 keep a roster, with its history, in headcount.db
    headcount status                                      how fresh it is, and what waits for a person
    headcount events --follow                             who was hired, moved and left, as it is learnt
    headcount watch                                       sync by the schedules in headcount.toml

    Settings come from the environment, or from headcount.toml in this folder.
    """


def main() -> None:
    """The entry point: a mistake or a refusal is one line on stderr and an exit code, never a traceback."""
    from headcount import errors

    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("headcount: stopped", err=True)
        sys.stdout.flush()
        os._exit(130)  # a request still under way would hold the process until its time-out
    except BrokenPipeError:
        # whoever read our output has had enough; Python would complain again while closing it
        sys.stderr.close()
        sys.exit(0)
    except errors.HeadcountError as error:
        click.echo(f"headcount: {' '.join(str(error).split())}", err=True)
        problems = getattr(error, "problems", ())
        for problem in problems if len(problems) > 1 else ():
            click.echo(f"  · {problem}", err=True)
        sys.exit(exit_code(error))


def exit_code(error: Exception) -> int:
    """The exit code of an error; the command's help lists them."""
    from headcount import errors

    if isinstance(error, errors.Rejected) and error.status is None:
        return 2  # refused before it was sent: the change is wrong in itself
    for kinds, code in (
        ((errors.ConfigError, errors.PluginError, errors.Unsupported), 2),
        ((errors.AuthError, errors.Forbidden), 3),
        ((errors.Unavailable, errors.RateLimited, errors.QuotaExhausted), 4),
        ((errors.Held,), 6),
        ((errors.VerifyError,), 7),
        ((errors.OutcomeUnknown,), 8),
    ):
        if isinstance(error, kinds):
            return code
    return 1
