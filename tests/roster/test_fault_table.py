"""Every fault that a vendor's list may have, synced through: nobody disappears, and the table in the docs is so."""

from __future__ import annotations

import copy
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.roster import Alarm, EventKind, Proof, Roster, Run, RunState, records
from headcount.sandbox import Person, Sandbox, population
from headcount_bamboohr.sandbox import BambooSandbox
from tests.generated import check_table
from tests.roster.stage import BAMBOOHR, LINES, NOON, OPTIONS, Stage

LISTS = "/profiles$|/employees$|/employees/changed$|/reports/custom$|/directory$|/Users$"
"""The lists of people, at all three: the number beside a list agrees with what is left out of it."""
BEGIN = NOON + timedelta(days=24)
"""When the roster begins. One of the company leaves on the day after, and one begins five days later."""
MEANWHILE = (28, 28)
"""Hours before each sync under a fault: everybody is read, and again, as an absence counts from the second list on."""
WEEK = (24,) * 7
AFTER = (1, 25)
"""Once it is calm, what changed is read, and then everybody."""

Fault = tuple[str, dict[str, Any]]
Kept = dict[str, dict[str, Any]]
Happened = Counter[tuple[str, str, date | None]]


def staying(kind: str, *, on: str = LISTS, **how: Any) -> Fault:
    """A fault that plays until it is calm."""
    return kind, {"on": on, "times": None, **how}


SMALL = staying("clamped", size=20)
"""Pages of twenty, where pages matter."""


@attrs.frozen(kw_only=True, eq=False)
class Row:
    """A row of the table: its faults, how far the roster's clock is ahead, and the hours before each sync meanwhile."""

    name: str
    faults: Sequence[Fault] = ()
    skew: timedelta = timedelta()
    hours: tuple[float, ...] = MEANWHILE

    def __str__(self) -> str:
        return self.name


ROWS = (
    Row(name="an empty list", faults=[staying("empty_list")]),
    Row(name="half a list", faults=[staying("half_list")]),
    Row(name="a page clamped to 20", faults=[SMALL]),
    Row(name="a short page in the middle", faults=[SMALL, staying("short_page")]),
    Row(name="an empty page in the middle", faults=[SMALL, staying("empty_page")]),
    Row(name="each body cut off in the middle", faults=[staying("truncated")]),
    Row(name="no permission for a department", faults=[staying("lost_department", on="")]),
    Row(name="no permission for some fields", faults=[staying("lost_permission", on="")]),
    Row(name="a wrong total", faults=[staying("wrong_total", size=7)]),
    Row(name="people who move between pages", faults=[SMALL, staying("moving")]),
    Row(name="the same page again and again", faults=[SMALL, staying("repeated_page")]),
    Row(name="a record that cannot be read", faults=[staying("malformed")]),
    Row(name="the vendor down for a week", faults=[staying("error", on="")], hours=WEEK),
    Row(name="the roster's clock 3 h ahead", skew=timedelta(hours=3)),
    Row(name="the roster's clock 3 h behind", skew=-timedelta(hours=3)),
    Row(name="the credential revoked", faults=[staying("unauthorized", on="")]),
    Row(name="throttled without end", faults=[staying("throttle", on="", retry_after="0")]),
)
QUIET, QUIET_WEEK = Row(name="nothing"), Row(name="nothing for a week", hours=(sum(WEEK),))
DATED = (EventKind.HIRED, EventKind.TERMINATED, EventKind.HIRE_ANNOUNCED, EventKind.TERMINATION_SCHEDULED)
"""Events whose day is the vendor's; that of others is the day on which they show."""
WORDS = {"empty": "nobody came", "departures": "{count} of {of} gone", "coverage": "`{about}` gone for {count}"}
PROOFS = {Proof.COUNTED: "counted", Proof.WALKED: "walked", Proof.NONE: "not proved"}


@attrs.frozen(kw_only=True)
class Cell:
    """What came of one row at one line: the first sync in words, what was kept after each, and what happened."""

    told: str
    kept: Sequence[Kept]
    last: Run | hc.HeadcountError
    events: Happened


Begun = tuple[Sandbox, hc.Connection, Path, list[Person]]


class Played:
    """The table's cells, each played when it is first asked for."""

    def __init__(self, folder: Path, open_ones: ExitStack) -> None:
        self._folder, self._open = folder, open_ones
        self._begun: dict[int, Begun] = {}
        self._cells: dict[tuple[int, Row], Cell] = {}
        self._truth: dict[tuple[int, float], Kept] = {}

    def cell(self, line: int, row: Row) -> Cell:
        """What came of a row at a line."""
        if (line, row) not in self._cells:
            self._cells[line, row] = self._played(line, row)
        return self._cells[line, row]

    def calm(self, line: int, row: Row) -> Cell:
        """The same company for as long, without a fault."""
        return self.cell(line, QUIET_WEEK if row.hours is WEEK else QUIET)

    def truth(self, line: int, row: Row) -> Kept:
        """What the vendor shows in the end."""
        hours = sum(row.hours) + sum(AFTER)
        if (line, hours) not in self._truth:
            with self._company(line) as stage:
                stage.box.clock.advance(hours=hours)
                people = stage.connection.employees(ahead=True)
                self._truth[line, hours] = {one.id: plain(one) for one in people}
                assert people.report.accepted == len(company(line))
        return self._truth[line, hours]

    @contextmanager
    def _company(self, line: int) -> Iterator[Stage]:
        """A company whose people were all read once, and what happened there half an hour later."""
        if line not in self._begun:
            self._begun[line] = self._begin(line)
        box, connection, store, people = self._begun[line]
        box.calm()
        box.people[:] = copy.deepcopy(people)
        box.clock.advance(seconds=(BEGIN - box.clock.now()).total_seconds())
        if isinstance(box, BambooSandbox):
            box.catch_up()  # with a clock that went back
        path = Path(shutil.copy(store, self._folder / "cell.db"))
        with Roster(f"sqlite:///{path}", now=box.clock.now) as roster:
            stage = Stage(vendor=LINES[line][0], box=box, connection=connection, roster=roster)
            live(stage)
            yield stage
        path.unlink()

    def _begin(self, line: int) -> Begun:
        vendor, dialect = LINES[line]
        box = self._open.enter_context(vendor.start(people=company(line), dialect=dialect, now=NOON))
        connection = self._open.enter_context(box.connect(options=OPTIONS))
        box.clock.advance(seconds=(BEGIN - box.clock.now()).total_seconds())
        store = self._folder / f"{line}.db"
        with Roster(f"sqlite:///{store}", now=box.clock.now) as roster:
            assert roster.sync(connection).state is RunState.DONE
        return box, connection, store, copy.deepcopy(box.people)

    def _played(self, line: int, row: Row) -> Cell:
        """The row's faults for some syncs, and then calm."""
        with self._company(line) as stage:
            stage.roster.now = lambda: stage.box.clock.now() + row.skew
            for kind, how in row.faults:
                stage.box.play(kind, **how)
            seen, ends = [kept(stage)], []
            for hours in row.hours:
                ends.append(synced(stage, hours))
                seen.append(kept(stage))
            during = happened(stage).total()
            stage.box.calm()
            stage.roster.now = stage.box.clock.now
            for hours in AFTER:
                ends.append(synced(stage, hours))
                seen.append(kept(stage))
            told = said(ends[0], during, len(company(line)))
            return Cell(told=told, kept=seen, last=ends[-1], events=happened(stage))


def company(line: int) -> list[Person]:
    """Sixty people; twelve where each is read by requests of their own."""
    people = population(60, now=NOON)
    if LINES[line] != (BAMBOOHR, "guide"):
        return people
    return [person for person in people if person.tags <= {"future_hire", "future_leaver", "left"}][:12]


def live(stage: Stage) -> None:
    """What happens at the company meanwhile: one has another name, and one another title."""
    stage.box.clock.advance(minutes=30)
    one, other = stage.plain(3), stage.plain(6)
    one.family, other.title, other.jobs[-1].title = "Changed", "Fellow", "Fellow"
    stage.box.touch(one)
    stage.box.touch(other)


def synced(stage: Stage, hours: float) -> Run | hc.HeadcountError:
    try:
        return stage.sync(hours=hours)
    except hc.HeadcountError as error:
        return error


def plain(employee: hc.Employee) -> dict[str, Any]:
    """A person field by field."""
    told = records.flat(records.kept(employee)[0])
    return {name: value for name, value in told.items() if name != "updated_at"}


def kept(stage: Stage) -> Kept:
    """Everybody whom the roster has."""
    return {one.id: plain(one) for one in stage.roster.employees()}


def happened(stage: Stage) -> Happened:
    """What happened, and on which day where the vendor has one."""
    events = stage.roster.events()
    return Counter((one.kind.value, one.employee_id, one.on if one.kind in DATED else None) for one in events)


def said(end: Run | hc.HeadcountError, events: int, people: int) -> str:
    """What the roster did, in words."""
    if not isinstance(end, Run):
        return f"failed: `{type(end).__name__}`" + (f", {counted(events, 'event')} on time" if events else "")
    if end.state is RunState.HELD:
        return "held: " + ", ".join(alarm_said(alarm) for alarm in end.alarms if alarm.kind in WORDS)
    if end.state is RunState.PARTIAL:
        return f"partial, {end.counts['quarantined']} aside"
    assert end.kind == "full"
    received = end.counts["received"]
    few = f"{received} of {people} came, " if received < people else ""
    return f"{end.state}, {few}{PROOFS[end.proof]}"


def alarm_said(alarm: Alarm) -> str:
    return WORDS[alarm.kind].format(count=alarm.count, of=alarm.of, about=alarm.about)


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@pytest.fixture(scope="module")
def table() -> Iterator[Played]:
    memory = Path("/dev/shm")  # no store here has to outlast its machine
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder, ExitStack() as open_ones:
        yield Played(Path(folder), open_ones)


def lost(cell: Cell, calm: Cell) -> set[tuple[str, str]]:
    """The fields of people in which, at some moment, something stood that never was so without the fault."""
    found = set()
    for moment in cell.kept:
        for id, told in moment.items():
            was = [before[id] for before in calm.kept]
            if told not in was:
                names = {name for one in was for name in one}
                found |= {(id, name) for name in names if told.get(name) not in [one.get(name) for one in was]}
    return found


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("line", range(len(LINES)), ids=lambda line: "-".join(map(str, LINES[line])))
def test_nobody_disappears_nothing_is_lost_and_nothing_is_invented(table: Played, line: int, row: Row) -> None:
    calm, cell = table.calm(line, row), table.cell(line, row)
    assert all(moment.keys() == calm.kept[0].keys() for moment in cell.kept)
    assert not list(lost(cell, calm))
    assert isinstance(cell.last, Run)
    assert cell.last.state is RunState.DONE
    assert cell.kept[-1] == calm.kept[-1] == table.truth(line, row)
    assert cell.events == calm.events


def test_the_table_in_the_docs_is_what_happens(table: Played) -> None:
    check_table("roster-faults.md", rows(table))


def rows(table: Played) -> Iterator[str]:
    yield "| fault | " + " | ".join(f"{vendor.connector.title} {dialect}" for vendor, dialect in LINES) + " |"
    yield "| --- |" + " --- |" * len(LINES)
    for row in ROWS:
        yield f"| {row} | " + " | ".join(told(table, line, row) for line in range(len(LINES))) + " |"


def told(table: Played, line: int, row: Row) -> str:
    """A cell, with what is lost in it."""
    cell = table.cell(line, row)
    names = Counter(name for _, name in lost(cell, table.calm(line, row)))
    return ", ".join([cell.told, *(f"`{name}` lost by {count}" for name, count in names.items())])
