"""A company's life at its vendor: what an HR department does there by hand, and what the vendor then shows.

Nothing here goes through a connector: people, rows and teams of the sandbox are changed as they are kept, and what
is shown of them is worked out anew, so that either can be held against the other.

| act | Namely | BambooHR | Insightly |
| --- | --- | --- | --- |
| `hire`, today or some days ago | yes | a row of either table | active from now on, no day |
| `announce`, for a day to come | pending, or active | rows ahead | |
| `arrive`, once announced as pending | active, some days late at times | | |
| `cancel` what was announced | inactive | deleted, or Terminated before the start | |
| `start_leave`, `end_leave` | | Furloughed and back, some days ahead at times | |
| `transfer`, `new_title`, `new_manager` | from now on | a row of the day, past or ahead at times | |
| `join_team`, `leave_team` | yes | | observed |
| `edit`: phone, preferred name, family name and address | yes | yes | family name and address, role |
| `custom` | observed | observed | |
| `schedule` a departure | departure_date ahead, still active | a Terminated row ahead | |
| `carry_out` what was scheduled | inactive, some days late at times | | who had a last day before |
| `rescind` what was scheduled | departure_date cleared | the row deleted | |
| `terminate` today | inactive, departure_date | a Terminated row | inactive |
| `back_date` a departure by some days | alike | alike | |
| `rehire` | active, new start_date, no departure_date | a later row, ahead at times | active |
| `delete` a record, about once a month at most | who left, rarely | anybody | guide |
| `rename_department` | a new group with all its people | the option and all rows | |
| `rename_team` | | | observed |
| `rename_label` of a custom field | observed | observed | |
| `add_field`: one more custom field, filled for some | observed | observed | |

In the guide BambooHR has no custom fields and Insightly no teams; Namely's guide shows no custom fields.
"""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from headcount import EmployeeStatus
from headcount.sandbox import JobRow, Person, Sandbox, StatusRow
from headcount.sandbox.people import DEPARTMENTS, DIVISIONS, FAMILY, GIVEN, LOCATIONS, TEAMS, TITLES
from headcount_bamboohr.history import HistoryRow, follow, rows_of
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_bamboohr.shapes import Field
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely.sandbox import NamelySandbox

FEWEST, MOST = 12, 45
"""So many are at work at least, and about so many at most, for all that the acts do."""
NEW_NAMES = ("People & Culture", "Product", "Growth", "Customer Care", "Supply Chain", "Platform", "Revenue", "Studio")
SIZES = ("XS", "S", "M", "L", "XL")
BETWEEN_DELETIONS = timedelta(days=28)
GONE, AWAY = "Terminated", "Furloughed"
DEPARTMENT = 4  # BambooHR's number of the field, and of its list


@attrs.frozen(kw_only=True)
class Act:
    """One thing that was done at the vendor.

    `id` is the vendor's id of the person, "" for what was done to the company; `at` the instant on the vendor's
    clock; `on` the day from which it holds, None where the vendor keeps no day of it.
    """

    kind: str
    id: str
    at: datetime
    on: date | None = None
    details: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Shown:
    """What the vendor shows of a person now. None is what it shows empty, or not at all: see `NEVER_SHOWN`.

    `manager_id` is the vendor's id of the manager; department, location and teams are names. `termination_date` is
    the day that is shown where days to come are asked for as well.
    """

    status: EmployeeStatus
    given_name: str | None = None
    family_name: str | None = None
    work_email: str | None = None
    start_date: date | None = None
    termination_date: date | None = None
    job_title: str | None = None
    manager_id: str | None = None
    department: str | None = None
    location: str | None = None
    teams: frozenset[str] = frozenset()
    custom: Mapping[str, Any] = attrs.field(factory=dict)


_WORK = frozenset({"start_date", "termination_date", "job_title", "manager_id", "department", "location"})
NEVER_SHOWN: Mapping[tuple[str, str], frozenset[str]] = {
    ("namely", "guide"): frozenset({"custom"}),
    ("namely", "observed"): frozenset(),
    ("bamboohr", "guide"): frozenset({"teams", "custom"}),
    ("bamboohr", "observed"): frozenset({"teams"}),
    ("insightly", "guide"): _WORK | {"teams"},
    ("insightly", "observed"): _WORK,
}
"""By vendor and dialect: the fields of `Shown` that it has no place for."""


class Life:
    """What happens at the company whose sandbox this is, by these dice; `log` has every act in its order.

    The same dice on the same sandbox bring the same acts, to the second.
    """

    def __init__(self, box: Sandbox, dice: random.Random) -> None:
        self.box, self.dice = box, dice
        self.log: list[Act] = []
        self._office: Office[Any] = OFFICES[box.name](box, dice, self.log)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of acts that can be at this vendor and in this dialect."""
        return frozenset(self._office.acts)

    def step(self) -> list[Act]:
        """Let 1 hour to 6 days pass, and then do what is due and up to five more acts; these are given back."""
        before = len(self.log)
        self._pass_time()
        self._office.routine()
        for _ in range(self.dice.randint(0, 5)):
            self._office.something()
        return self.log[before:]

    def truth(self) -> dict[str, Shown]:
        """What the vendor shows now, by its ids, of everyone whom the caller may see."""
        self._office.wake()
        return {self._office.id_of(person): self._office.shown(person) for person in self.box.visible()}

    def _pass_time(self) -> None:
        """Some time, in whole minutes; often to half an hour before or after midnight, where a month ends above all."""
        now = self.box.clock.exact()
        until = now + timedelta(minutes=self.dice.randint(60, 6 * 24 * 60))
        midnights = [datetime.combine(now.date() + timedelta(days=days), time(), UTC) for days in range(1, 6)]
        ends = [midnight for midnight in midnights if midnight.day == 1]
        if self.dice.random() < (0.5 if ends else 0.1):
            until = self.dice.choice(ends or midnights) + timedelta(minutes=self.dice.choice((-30, 30)))
            until = max(until, now + timedelta(hours=1))
        # a little more, as the clock must not show the second before
        left = until.replace(second=0, microsecond=0) - self.box.clock.exact() + timedelta(milliseconds=1)
        self.box.clock.advance(seconds=left.total_seconds())
        self._office.wake()


Box = TypeVar("Box", bound=Sandbox)


class Office(ABC, Generic[Box]):
    """The HR department at one vendor: who stands where, what can be done there, and what is shown then."""

    ACTS: ClassVar[Mapping[str, tuple[int, str]]]
    """How often each act is done, in relation to the others, and whom it fits: a method, or "" for the company."""

    def __init__(self, box: Box, dice: random.Random, log: list[Act]) -> None:
        self.box, self.dice, self.log = box, dice, log
        self.head = box.people[0].id  # the credential may be theirs: they stay
        self.departments: list[str] = list(DEPARTMENTS)
        self.names: list[str] = list(NEW_NAMES)
        self.added = 0
        self.deleted = box.clock.now()

    @property
    def acts(self) -> Mapping[str, tuple[int, str]]:
        """Those of `ACTS` that this dialect has."""
        return self.ACTS

    @property
    def today(self) -> date:
        return self.box.clock.today()

    def soon(self, first: int, last: int) -> date:
        """A day between so many days from today and so many."""
        return self.today + timedelta(days=self.dice.randint(first, last))

    # -- choosing -------------------------------------------------------------------------------------

    def something(self) -> None:
        """One act; now and then several on one person, within a second."""
        kinds = list(self.acts)
        if self.dice.random() < 0.1:
            person = self.dice.choice(self.box.people)
            for kind in self.dice.sample(kinds, min(8, len(kinds))):
                if person in self.box.people and self.acts[kind][1]:
                    self.act(kind, person)
            return
        (kind,) = self.dice.choices(kinds, [often for often, _ in self.acts.values()])
        self.act(kind, *self.box.people)

    def act(self, kind: str, *among: Person) -> None:
        """Do this to the company, or to one of these whom it fits, if there is one."""
        do: Callable[..., None] = getattr(self, kind)
        if not (whom := self.acts[kind][1]):
            do()
        else:
            shuffled = self.dice.sample(among, len(among))
            if person := next(filter(getattr(self, whom), shuffled), None):
                do(person)

    def note(self, kind: str, person: Person | None, on: date | None = None, **details: Any) -> None:
        """Write an act into the log; whoever it was done to has changed."""
        if person is not None:
            self.box.touch(person)
        id = "" if person is None else self.id_of(person)
        self.log.append(Act(kind=kind, id=id, at=self.box.clock.now(), on=on, details=details))

    # -- whom an act fits -----------------------------------------------------------------------------

    @abstractmethod
    def is_here(self, person: Person) -> bool:
        """Whether they are employed today."""

    def is_gone(self, person: Person) -> bool:
        """Whether they left, or never came, and nothing else is announced."""
        return not (self.is_here(person) or self.is_announced(person))

    def is_announced(self, person: Person) -> bool:
        """Whether they are to come, for the first time or again."""
        return False

    def is_leaving(self, person: Person) -> bool:
        """Whether they are here, and their departure is scheduled."""
        return False

    def stays(self, person: Person) -> bool:
        """Whether they are at work, and nothing else is announced."""
        return self.is_here(person) and not self.is_leaving(person)

    def may_go(self, person: Person) -> bool:
        """Whether they can leave: they are here, and enough others stay."""
        goes = person.id != self.head and self.is_here(person) and not self.is_leaving(person)
        return goes and sum(self.stays(one) for one in self.box.people if one is not person) >= FEWEST

    def may_be_deleted(self, person: Person) -> bool:
        """Whether a record can be deleted: of who is not here, and the last one was some time ago."""
        return self.may_delete and person.id != self.head and self.is_gone(person)

    @property
    def may_delete(self) -> bool:
        return self.box.clock.now() - self.deleted >= BETWEEN_DELETIONS

    # -- acts that are alike everywhere ---------------------------------------------------------------

    def wake(self) -> None:
        """Let take effect what the passing of time brings."""

    def routine(self) -> None:
        """What an HR department does of itself when its day has come."""

    def newcomer(self, start: date | None) -> Person:
        """Somebody new among the people."""
        person, dice = self.box.newcomer(), self.dice
        person.given, person.family = dice.choice(GIVEN), dice.choice(FAMILY)
        person.number, person.email = str(1000 + person.id), self.address(person)
        person.hired = person.first_hired = start
        person.title, person.department = dice.choice(TITLES), dice.choice(self.departments)
        person.division, person.location = dice.choice(DIVISIONS), dice.choice(LOCATIONS)
        person.manager_id = dice.choice([one.id for one in self.box.people if self.is_here(one)])
        person.custom = {"shirt_size": dice.choice(SIZES)}
        self.box.people.append(person)
        return person

    def address(self, person: Person) -> str:
        return f"{person.given}.{person.family}.{person.id}@example.com".lower()

    def full(self) -> bool:
        return sum(map(self.is_here, self.box.people)) >= MOST

    def hire(self) -> None:
        if not self.full():
            start = self.soon(-5, 0)
            self.note("hire", self.newcomer(start), start)

    def edit(self, person: Person) -> None:
        match self.dice.randrange(4):
            case 0:
                person.preferred = "" if person.preferred else person.given[:3]
                self.note("edit", person, preferred=person.preferred)
            case 1:
                person.family = self.dice.choice(FAMILY)
                person.email = self.address(person) if person.email else ""
                self.note("edit", person, family=person.family, email=person.email)
            case _:
                person.mobile_phone = f"+1 555 03{self.dice.randrange(100):02d}"
                self.note("edit", person, mobile_phone=person.mobile_phone)

    def custom(self, person: Person) -> None:
        person.custom["shirt_size"] = self.dice.choice(SIZES)
        self.note("custom", person, shirt_size=person.custom["shirt_size"])

    def move(self, kind: str, person: Person, **job: Any) -> None:
        """Give somebody another place, title or manager, from today on."""
        for name, value in job.items():
            setattr(person, name, value)
        self.note(kind, person, self.today, **job)

    def transfer(self, person: Person) -> None:
        new = {"department": self.dice.choice(self.departments), "location": self.dice.choice(LOCATIONS)}
        self.move("transfer", person, **dict(self.dice.sample(sorted(new.items()), self.dice.randint(1, 2))))

    def new_title(self, person: Person) -> None:
        self.move("new_title", person, title=self.dice.choice(TITLES))

    def new_manager(self, person: Person) -> None:
        """Somebody who is here, and not below them."""
        above = {one.id: one.manager_id for one in self.box.people}

        def is_below(id: int | None) -> bool:
            chain = [id]
            while (id := above.get(id or 0)) is not None and id not in chain:
                chain.append(id)
            return person.id in chain

        if bosses := [one.id for one in self.box.people if self.is_here(one) and not is_below(one.id)]:
            self.move("new_manager", person, manager_id=self.dice.choice(bosses))

    def rename_department(self) -> None:
        if not self.names:
            return
        number = self.dice.randrange(len(self.departments))
        old, new = self.departments[number], self.names.pop(0)
        self.departments[number] = new
        for person in self.box.people:
            told: list[Person | JobRow] = [person, *person.jobs]
            for one in told:
                one.department = new if one.department == old else one.department
            if new in {one.department for one in told}:
                self.box.touch(person)
        if self.box.lost_department == old:
            self.box.lost_department = new
        self.note("rename_department", None, self.today, old=old, new=new)

    def delete(self, person: Person) -> None:
        self.box.people.remove(person)
        self.deleted = self.box.clock.now()
        self.note("delete", person, self.today)

    # -- what is shown --------------------------------------------------------------------------------

    def id_of(self, person: Person) -> str:
        """The vendor's id of a person."""
        return str(person.id)

    @abstractmethod
    def shown(self, person: Person) -> Shown:
        """What the vendor shows of a person now."""


class NamelyOffice(Office[NamelySandbox]):
    """Namely keeps no history: the profile is what it is, and somebody must set it when its day has come."""

    ACTS: ClassVar[Mapping[str, tuple[int, str]]] = {
        "hire": (3, ""),
        "announce": (3, ""),
        "arrive": (3, "is_late_to_come"),
        "cancel": (1, "is_announced"),
        "transfer": (6, "is_here"),
        "new_title": (4, "is_here"),
        "new_manager": (4, "is_here"),
        "join_team": (2, "is_here"),
        "leave_team": (2, "is_in_a_team"),
        "edit": (6, "is_here"),
        "custom": (3, "is_here"),
        "schedule": (2, "may_go"),
        "carry_out": (3, "is_late_to_go"),
        "rescind": (1, "is_leaving"),
        "terminate": (2, "may_go"),
        "back_date": (1, "may_go"),
        "rehire": (2, "is_gone"),
        "delete": (1, "may_be_deleted"),
        "rename_department": (1, ""),
        "rename_label": (1, ""),
        "add_field": (1, ""),
    }

    @property
    def acts(self) -> Mapping[str, tuple[int, str]]:
        own = {"custom", "rename_label", "add_field"} if self.box.guide else set[str]()
        return {kind: self.ACTS[kind] for kind in self.ACTS if kind not in own}

    def is_here(self, person: Person) -> bool:
        return person.active and not person.pending and not self.is_announced(person)

    def is_announced(self, person: Person) -> bool:
        return (person.active or person.pending) and bool(person.hired and person.hired > self.today)

    def is_gone(self, person: Person) -> bool:
        return not person.active and not person.pending

    def is_leaving(self, person: Person) -> bool:
        return self.is_here(person) and person.left is not None

    def is_late_to_come(self, person: Person) -> bool:
        return person.pending and not self.is_announced(person)

    def is_late_to_go(self, person: Person) -> bool:
        return self.is_here(person) and bool(person.left and person.left <= self.today)

    def is_in_a_team(self, person: Person) -> bool:
        return self.is_here(person) and bool(person.teams)

    def routine(self) -> None:
        """Who was to come or to go, is or does; half of the time somebody forgets it until later."""
        for person in list(self.box.people):
            for kind in ("arrive", "carry_out"):
                if self.dice.random() < 0.5:
                    self.act(kind, person)

    def announce(self) -> None:
        if self.full():
            return
        person = self.newcomer(self.soon(2, 40))
        person.pending = self.dice.random() < 0.5
        person.active = not person.pending
        self.note("announce", person, person.hired, pending=person.pending)

    def arrive(self, person: Person) -> None:
        person.active, person.pending = True, False
        self.note("arrive", person, person.hired)

    def cancel(self, person: Person) -> None:
        person.active = person.pending = False
        self.note("cancel", person, self.today)

    def join_team(self, person: Person) -> None:
        if others := [name for name in TEAMS if name not in person.teams]:
            person.teams = [*person.teams, self.dice.choice(others)]
            self.note("join_team", person, self.today, team=person.teams[-1])

    def leave_team(self, person: Person) -> None:
        gone = self.dice.choice(person.teams)
        person.teams = [name for name in person.teams if name != gone]
        self.note("leave_team", person, self.today, team=gone)

    def schedule(self, person: Person) -> None:
        person.left = self.soon(3, 40)
        self.note("schedule", person, person.left)

    def rescind(self, person: Person) -> None:
        was, person.left = person.left, None
        self.note("rescind", person, was)

    def carry_out(self, person: Person) -> None:
        person.active = False
        self.note("carry_out", person, person.left)

    def terminate(self, person: Person) -> None:
        person.left, person.active = self.today, False
        self.note("terminate", person, person.left)

    def back_date(self, person: Person) -> None:
        person.left, person.active = max(self.soon(-6, -1), person.hired or date.min), False
        self.note("back_date", person, person.left)

    def rehire(self, person: Person) -> None:
        person.active, person.pending, person.left = True, False, None
        person.hired = self.soon(-2, 10)
        self.note("rehire", person, person.hired)

    def rename_label(self) -> None:
        self.box.labels["shirt_size"] = f"Shirt size, {self.today.year}-{self.today.month}"
        self.note("rename_label", None, key="shirt_size", label=self.box.labels["shirt_size"])

    def add_field(self) -> None:
        if self.added < 3:
            self.added += 1
            key = f"tier_{self.added}"
            for person in self.dice.sample(self.box.people, len(self.box.people) // 3):
                person.custom[key] = self.dice.choice(("Gold", "Silver"))
                self.box.touch(person)
            self.note("add_field", None, key=key)

    def id_of(self, person: Person) -> str:
        return person.uuid

    def shown(self, person: Person) -> Shown:
        status = EmployeeStatus.ACTIVE if person.active else EmployeeStatus.INACTIVE
        if person.pending:
            status = EmployeeStatus.PENDING
        elif person.active and "unknown_status" in person.tags:
            status = EmployeeStatus.UNKNOWN  # "sabbatical", which nobody has mapped
        bosses = {one.id: one.uuid for one in self.box.people}
        nobody = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"profile/{person.manager_id}"))
        return Shown(
            status=status,
            given_name=person.given or None,
            family_name=person.family or None,
            work_email=person.email or None,
            start_date=person.hired,
            termination_date=person.left,
            job_title=person.title or (None if self.box.guide else "Unknown Job Title"),
            manager_id=None if person.manager_id is None else bosses.get(person.manager_id, nobody),
            department=person.department or None,
            location=person.location or None,
            teams=frozenset(person.teams),
            custom={} if self.box.guide else {key: value or None for key, value in person.custom.items()},
        )


class BambooOffice(Office[BambooSandbox]):
    """BambooHR keeps rows with days, and the present follows from them as the days come."""

    ACTS: ClassVar[Mapping[str, tuple[int, str]]] = {
        "hire": (3, ""),
        "announce": (3, ""),
        "cancel": (1, "is_announced"),
        "start_leave": (3, "may_take_leave"),
        "end_leave": (3, "is_away"),
        "transfer": (6, "is_here"),
        "new_title": (4, "is_here"),
        "new_manager": (4, "is_here"),
        "edit": (6, "is_here"),
        "custom": (3, "is_here"),
        "schedule": (2, "may_go"),
        "rescind": (1, "is_leaving"),
        "terminate": (2, "may_go"),
        "back_date": (1, "may_go"),
        "rehire": (2, "is_gone"),
        "delete": (1, "may_be_deleted"),
        "rename_department": (1, ""),
        "rename_label": (1, ""),
        "add_field": (1, ""),
    }

    @property
    def acts(self) -> Mapping[str, tuple[int, str]]:
        own = {"custom", "rename_label", "add_field"} if self.box.guide else set[str]()
        return {kind: self.ACTS[kind] for kind in self.ACTS if kind not in own}

    def wake(self) -> None:
        self.box.catch_up()

    def held(self, person: Person) -> list[StatusRow]:
        """The status rows of the days until today, in their order."""
        return sorted((row for row in person.statuses if row.date <= self.today), key=lambda row: row.date)

    def ahead(self, person: Person) -> list[StatusRow]:
        return [row for row in person.statuses if row.date > self.today]

    def is_here(self, person: Person) -> bool:
        held = self.held(person)
        return held[-1].status != GONE if held else not person.statuses and not person.pending

    def is_announced(self, person: Person) -> bool:
        return not self.is_here(person) and any(row.status != GONE for row in self.ahead(person))

    def is_leaving(self, person: Person) -> bool:
        return self.is_here(person) and any(row.status == GONE for row in self.ahead(person))

    def is_away(self, person: Person) -> bool:
        return not self.ahead(person) and [row.status for row in self.held(person)][-1:] == [AWAY]

    def stays(self, person: Person) -> bool:
        return self.is_here(person) and not self.ahead(person) and not self.is_away(person)

    def may_take_leave(self, person: Person) -> bool:
        return self.stays(person) and self.may_go(person)

    def may_be_deleted(self, person: Person) -> bool:
        """Anybody's record can be."""
        return self.may_delete and person.id != self.head and (self.may_go(person) or not self.is_here(person))

    def add(self, person: Person, table: str, row: HistoryRow) -> None:
        rows_of(person, table).append(row)
        follow(person, table, self.today)

    def drop(self, person: Person, *rows: StatusRow) -> None:
        person.statuses = [row for row in person.statuses if not any(row is one for one in rows)]
        follow(person, "employmentStatus", self.today)

    def no_earlier(self, person: Person, day: date) -> date:
        """This day, or that of the last row in force: what is added later counts after it."""
        return max([day, *(row.date for row in self.held(person))])

    def newcomer(self, start: date | None) -> Person:
        person = super().newcomer(start)
        assert start is not None
        work = {name: getattr(person, name) for name in ("title", "department", "division", "location", "manager_id")}
        self.add(person, "employmentStatus", StatusRow(date=start, status=self.dice.choice(("Full-Time", "Part-Time"))))
        self.add(person, "jobInfo", JobRow(date=start, **work))
        return person

    def announce(self) -> None:
        if not self.full():
            person = self.newcomer(self.soon(2, 40))
            self.note("announce", person, person.hired)

    def cancel(self, person: Person) -> None:
        """By deleting who never was here, where that can be; else they are Terminated before they start."""
        if not self.held(person) and self.may_delete and self.dice.random() < 0.5:
            self.delete(person)
            return
        self.drop(person, *self.ahead(person))
        if not self.held(person):
            self.add(person, "employmentStatus", self.goodbye(self.today))
        self.note("cancel", person, self.today)

    def move(self, kind: str, person: Person, **job: Any) -> None:
        """By a row: mostly of today, else of a day that is past or to come."""
        held = sorted((row for row in person.jobs if row.date <= self.today), key=lambda row: row.date)
        day = self.dice.choice((self.today, self.today, self.soon(-5, -1), self.soon(1, 12)))
        day = max([day, *(row.date for row in held)])
        names = ("title", "department", "division", "location", "manager_id")
        now = {name: getattr(held[-1] if held else person, name) for name in names}
        self.add(person, "jobInfo", JobRow(**{**now, **job, "date": day}))
        self.note(kind, person, day, **job)

    def start_leave(self, person: Person) -> None:
        day = self.no_earlier(person, self.soon(-2, 5))
        self.add(person, "employmentStatus", StatusRow(date=day, status=AWAY))
        self.note("start_leave", person, day)

    def end_leave(self, person: Person) -> None:
        day = self.no_earlier(person, self.soon(-2, 5))
        self.add(person, "employmentStatus", StatusRow(date=day, status="Full-Time"))
        self.note("end_leave", person, day)

    def goodbye(self, day: date) -> StatusRow:
        kind, reason = self.dice.choice(
            (("Resignation (Voluntary)", "Relocation"), ("Termination (Involuntary)", "Performance"))
        )
        return StatusRow(date=day, status=GONE, type=kind, reason=reason, rehire="Yes")

    def leave(self, kind: str, person: Person, day: date) -> None:
        self.drop(person, *self.ahead(person))
        self.add(person, "employmentStatus", self.goodbye(day))
        self.note(kind, person, day)

    def schedule(self, person: Person) -> None:
        self.leave("schedule", person, self.soon(3, 40))

    def terminate(self, person: Person) -> None:
        self.leave("terminate", person, self.today)

    def back_date(self, person: Person) -> None:
        self.leave("back_date", person, self.no_earlier(person, self.soon(-6, -1)))

    def rescind(self, person: Person) -> None:
        rows = [row for row in self.ahead(person) if row.status == GONE]
        self.drop(person, *rows)
        self.note("rescind", person, rows[0].date)

    def rehire(self, person: Person) -> None:
        day = self.no_earlier(person, self.soon(-2, 10))
        self.add(person, "employmentStatus", StatusRow(date=day, status="Full-Time"))
        self.note("rehire", person, day)

    def delete(self, person: Person) -> None:
        super().delete(person)
        self.box.deleted[person.id] = self.deleted

    def custom(self, person: Person) -> None:
        person.extra["customShirtSize"] = self.dice.choice(SIZES)
        self.note("custom", person, customShirtSize=person.extra["customShirtSize"])

    def rename_department(self) -> None:
        before = len(self.log)
        super().rename_department()
        options = self.box.options[DEPARTMENT]
        for act in self.log[before:]:
            options[act.details["new"]] = options.pop(act.details["old"])

    def rename_label(self) -> None:
        label = f"Shirt size, {self.today.year}-{self.today.month}"
        self.box.own["customShirtSize"] = attrs.evolve(self.box.fields["customShirtSize"], label=label)
        self.note("rename_label", None, key="customShirtSize", label=label)

    def add_field(self) -> None:
        if self.added < 3:
            self.added += 1
            key = f"customTier{self.added}"
            self.box.own[key] = Field(key, 4700 + self.added, f"Tier {self.added}", "text")
            for person in self.dice.sample(self.box.people, len(self.box.people) // 3):
                person.extra[key] = self.dice.choice(("Gold", "Silver"))
                self.box.touch(person)
            self.note("add_field", None, key=key)

    def shown(self, person: Person) -> Shown:
        """By the rows; a person's own attributes tell only what no row does."""
        held = self.held(person)
        words = [row.status for row in held]
        here = words[-1] != GONE if words else person.active or person.pending
        status = EmployeeStatus.ACTIVE if here else EmployeeStatus.INACTIVE
        if words:
            status = {GONE: EmployeeStatus.TERMINATED, AWAY: EmployeeStatus.ON_LEAVE}.get(words[-1], status)
        back = [row.date for before, row in zip(words, held[1:], strict=False) if before == GONE]
        to_come = [row.date for row in self.ahead(person) if row.status == GONE]
        left = min(to_come, default=None) if here else held[-1].date if held else person.left
        jobs = sorted((row for row in person.jobs if row.date <= self.today), key=lambda row: row.date)
        job: Person | JobRow | None = jobs[-1] if jobs else None if person.jobs else person
        return Shown(
            status=status,
            given_name=person.given or None,
            family_name=person.family or None,
            work_email=person.email or None,
            start_date=back[-1] if back else person.hired,
            termination_date=left,
            job_title=(job and job.title) or None,
            manager_id=self.manager_of(job),
            department=(job and job.department) or None,
            location=(job and job.location) or None,
            custom={} if self.box.guide else self.custom_of(person),
        )

    def manager_of(self, job: Person | JobRow | None) -> str | None:
        """As it was written; in the guide as a number, which only somebody in the list can bear."""
        if job is None or not job.manager_id:
            return None
        known = not self.box.guide or any(one.id == job.manager_id and one.number for one in self.box.visible())
        return str(job.manager_id) if known else None

    def custom_of(self, person: Person) -> dict[str, Any]:
        """The two that everyone has, and those that were added."""
        told = {"customShirtSize": person.custom.get("shirt_size"), "customBadgeDate": person.custom.get("badge_date")}
        told |= dict.fromkeys(self.box.own.keys() - told.keys())
        return {key: person.extra.get(key, value) or None for key, value in told.items()}


class InsightlyOffice(Office[InsightlySandbox]):
    """Insightly knows users, who are active or not, and teams; it has no days and no work."""

    ACTS: ClassVar[Mapping[str, tuple[int, str]]] = {
        "hire": (3, ""),
        "edit": (6, "is_here"),
        "carry_out": (1, "is_late_to_go"),
        "terminate": (3, "may_go"),
        "rehire": (2, "is_gone"),
        "join_team": (4, "is_here"),
        "leave_team": (3, "is_in_a_team"),
        "rename_team": (1, ""),
        "delete": (1, "may_be_deleted"),
    }

    @property
    def acts(self) -> Mapping[str, tuple[int, str]]:
        other = {"join_team", "leave_team", "rename_team"} if self.box.guide else {"delete"}
        return {kind: self.ACTS[kind] for kind in self.ACTS if kind not in other}

    def is_here(self, person: Person) -> bool:
        return person.active and not person.pending and (person.left is None or person.left >= self.today)

    def is_late_to_go(self, person: Person) -> bool:
        return person.active and person.left is not None and person.left < self.today

    def is_in_a_team(self, person: Person) -> bool:
        return any(person.id in team.members.values() for team in self.box.teams if team.name is not None)

    def routine(self) -> None:
        """Whose last day has passed is made inactive, as somebody would have to do."""
        for person in list(self.box.people):
            self.act("carry_out", person)

    def hire(self) -> None:
        if not self.full():
            self.note("hire", self.newcomer(None))

    def carry_out(self, person: Person) -> None:
        person.active = False
        self.note("carry_out", person)

    def terminate(self, person: Person) -> None:
        person.active = False
        self.note("terminate", person)

    def rehire(self, person: Person) -> None:
        person.active, person.pending, person.left = True, False, None
        self.note("rehire", person)

    def edit(self, person: Person) -> None:
        if self.dice.random() < 0.5:
            person.family = self.dice.choice(FAMILY)
            person.email = self.address(person) if person.email else ""
            self.note("edit", person, family=person.family, email=person.email)
        else:
            person.extra["ROLE_ID"] = self.dice.randint(201, 209)
            self.note("edit", person, ROLE_ID=person.extra["ROLE_ID"])

    def join_team(self, person: Person) -> None:
        real = [team for team in self.box.teams if team.name is not None]
        if others := [team for team in real if person.id not in team.members.values()]:
            team = self.dice.choice(others)
            team.members[next(self.box._permission_ids)] = person.id
            self.box._settle(team)
            self.note("join_team", person, team=team.name)

    def leave_team(self, person: Person) -> None:
        real = [team for team in self.box.teams if team.name is not None]
        team = self.dice.choice([team for team in real if person.id in team.members.values()])
        team.members = {key: id for key, id in team.members.items() if id != person.id}
        self.box._settle(team)
        self.note("leave_team", person, team=team.name)

    def rename_team(self) -> None:
        if self.names:
            team = self.dice.choice([team for team in self.box.teams if team.name is not None])
            old, team.name = team.name, self.names.pop(0)
            self.box._settle(team)
            self.note("rename_team", None, old=old, new=team.name)

    def shown(self, person: Person) -> Shown:
        hidden = "restricted" in person.extra
        teams = {team.name for team in self.box.teams if person.id in team.members.values()}
        return Shown(
            status=EmployeeStatus.ACTIVE if self.is_here(person) else EmployeeStatus.INACTIVE,
            given_name=person.given or None,
            family_name=person.family or None,
            work_email=None if hidden else person.email or None,
            teams=frozenset(name for name in teams if name is not None and not self.box.guide),
            custom=self.rights(person),
        )

    def rights(self, person: Person) -> dict[str, Any]:
        """Permission profile, role and administrator; the guide names the profile."""
        first = person.id == 1
        profile = 101 if first else 103 if person.status_word == "Contractor" else 102
        told: dict[str, Any] = {"PROFILE_ID": profile, "ROLE_ID": 201 if first else 202, "ADMINISTRATOR": first}
        told |= {"PROFILE_ID": None, "ROLE_ID": None} if "blanks" in person.tags else {}
        told |= {key: person.extra[key] for key in told if key in person.extra}
        if self.box.guide:
            told["PROFILE_ID"] = {101: "Administrator", 102: "Standard", 103: "Read Only"}.get(told["PROFILE_ID"])
        return {key: value for key, value in told.items() if value is not None}


OFFICES: Mapping[str, type[Office[Any]]] = {
    "namely": NamelyOffice,
    "bamboohr": BambooOffice,
    "insightly": InsightlyOffice,
}
