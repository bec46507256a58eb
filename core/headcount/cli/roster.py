"""What the roster's commands share: where it is, who is meant, and how times, values and runs are told."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import click

from headcount import codec
from headcount.errors import ConfigError, NotFound
from headcount.facts import scope_of, shown
from headcount.model import Scope

if TYPE_CHECKING:
    from headcount.roster import Roster, Run

CONNECTION = click.option("--connection", metavar="NAME", help="Only of this connection.")
SHORT = 8
"""So much of a run's id is shown; the commands take it."""
LABEL = 12


def output(*forms: str, default: str | None = "text", words: str = "For people, or programs.") -> Callable[..., Any]:
    """The option that says in which form a command answers."""
    return click.option("-o", "--output", type=click.Choice(forms), default=default, show_default=True, help=words)


@contextmanager
def opened_roster(store: str | None) -> Iterator[Roster]:
    """The roster that the options mean. Raises `ConfigError` for one that cannot be used, or lacks its extra."""
    from headcount.roster import Roster

    with Roster(store) as roster:
        try:
            yield roster
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy"):  # which is the roster's own
                raise
            raise ConfigError(f"the store {roster.place} cannot be used: {type(error).__name__}") from None


def kept_under(roster: Roster, connection: str | None) -> list[str]:
    """The connections that are meant: all, or the one of this name. Raises `ConfigError` where there is none."""
    names = roster.connections()
    if connection is None or connection in names:
        return names if connection is None else [connection]
    has = f"it has: {', '.join(names)}" if names else "it is empty: `headcount sync` fills it"
    raise ConfigError(f"the roster has no connection {connection[:60]!r}; {has}")


def whose(roster: Roster, id: str, connection: str | None) -> list[str]:
    """The connections that keep somebody under this id, deleted ones included."""
    return [name for name in kept_under(roster, connection) if _keeps(roster, id, name)]


def _keeps(roster: Roster, id: str, name: str) -> bool:
    try:
        return roster.employee(id, name).id == id
    except NotFound:
        return False


# -- times ------------------------------------------------------------------------------------------


def at(moment: datetime) -> str:
    """An instant, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(length: timedelta) -> str:
    """How long something is, in its largest unit: `3 h`."""
    seconds = abs(length.total_seconds())
    for unit, size in (("days", 172_800), ("h", 7_200), ("min", 120)):
        if seconds >= size:
            return f"{seconds // {'days': 86_400, 'h': 3_600, 'min': 60}[unit]:,.0f} {unit}"
    return f"{seconds:.0f} s"


# -- values -----------------------------------------------------------------------------------------


def said(value: Any) -> str:
    """A value as a person reads it: a coded one by our word, and by the vendor's where ours is unknown."""
    if isinstance(value, Mapping) and set(value) == {"value", "source"}:
        unknown = value["value"] == "unknown" and value["source"]
        return f"unknown ({value['source']})" if unknown else str(value["value"])
    return shown(value)


def moved(name: str, before: Any, after: Any, *, word: Callable[[str], str] = str) -> str:
    """What became of a field, in words; of one that is not about work only its class. `word` names ids."""
    scope = scope_of(name)
    if scope is not Scope.WORK:
        return f"{name} [{scope}]"
    if isinstance(before or after, list | tuple):
        old, new = ([word(one) for one in side or ()] for side in (before, after))
        signs = [f"+{one}" for one in new if one not in old] + [f"-{one}" for one in old if one not in new]
        return f"{name} {', '.join(signs) or '—'}"
    return f"{name} {said(before)} → {said(after)}"


# -- runs -------------------------------------------------------------------------------------------

READ = {"full": "everybody", "changes": "what changed", "named": "whom webhooks named"}
"""What a run of each kind reads."""


def run_told(run: Run) -> dict[str, Any]:
    """A run as plain values, for programs."""
    told = codec.plain(attrs.evolve(run, alarms=()))
    alarms = [{**attrs.asdict(alarm), "said": str(alarm)} for alarm in run.alarms]
    return {**told, "alarms": alarms, "seconds": run.seconds}


def changed(counts: Mapping[str, int], prefix: str = "") -> str:
    """What a run changed, in words."""
    names = ("added", "changed", "deleted", "undeleted", "missed", "departing")
    words = {"departing": "missing and not yet believed to be gone", "missed": "missed by the syncs before"}
    parts = [f"{counts[prefix + name]:,} {words.get(name, name)}" for name in names if counts.get(prefix + name)]
    events = counts.get(f"{prefix}events", 0)
    return " · ".join([", ".join(parts) or "nothing new", *([counted(events, "event")] if events else [])])


def counted(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def proof(run: Run) -> str:
    """What shows that a run read everybody, in words."""
    return f"{run.proof}: {run.why}" if run.kind == "full" else f"not sought: {run.why}"


def held(run: Run) -> Iterator[tuple[str, str]]:
    """Why a run is held, and how a person decides of it."""
    for number, alarm in enumerate(run.alarms):
        yield "" if number else "held", str(alarm)
    yield "", decided(run)


def decided(run: Run) -> str:
    """How a person decides of a run that is held."""
    from headcount.roster.judging import UNBELIEVED

    if any(alarm.kind in UNBELIEVED for alarm in run.alarms):
        return "nothing of that list was taken: see whether the vendor's own pages show the same"
    name = run.id[:SHORT]
    return f"`headcount release {name}` believes it, `headcount reject {name}` does not"


# -- showing ----------------------------------------------------------------------------------------


def width() -> int:
    """How wide a line may be; in a pipe nothing is folded."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 1_000_000


def wrapped(text: str, *, first: str = "", rest: str = "") -> str:
    """A text behind what stands before its first line, and before the others."""
    return textwrap.fill(
        text, width(), initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def block(title: str, rest: str, rows: Iterable[tuple[str, str]]) -> None:
    """Show a title and what there is to say of it, each behind its label."""
    click.echo(wrapped(rest, first=f"{click.style(title, bold=True)}: ", rest="  "))
    for label, text in rows:
        click.echo(wrapped(text, first=f"  {label:{LABEL}}", rest=" " * (LABEL + 2)))
