"""A company of plausible people, made from a size and a seed, with the awkward ones always in it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

GIVEN = (
    "Ada Bruno Carla Dmitri Esra Farid Grace Hanna Imani Jonas Keiko Lars Mina Noor Omar Priya Quentin Rosa "
    "Samir Tessa Umar Vera Wanda Xavier Yusuf Zoe Anton Beatriz Cyrus Dalia Emil Fatou Goran Hilde Ivo Jana"
).split()
FAMILY = (
    "Abel Brandt Castro Doyle Ekström Fischer Garcia Haddad Iversen Jansen Kowalski Larsen Moreau Nakamura "
    "Okafor Petrov Quist Rossi Silva Tanaka Ueda Varga Weber Xu Yilmaz Zeman Adeyemi Bianchi Costa Dubois"
).split()
DIVISIONS = ("North America", "Europe", "Asia-Pacific")
DEPARTMENTS = ("Engineering", "Finance", "Human Resources", "Marketing", "Operations", "Sales")
LOCATIONS = ("Berlin", "London", "New York", "Remote", "Tokyo")
TITLES = ("Analyst", "Coordinator", "Director", "Engineer", "Manager", "Specialist")
TEAMS = ("Blue", "Green", "Orange", "Red")
STATUSES = ("Full-Time", "Full-Time", "Full-Time", "Part-Time")  # weights by repetition


@attrs.define(kw_only=True)
class StatusRow:
    """From a day on: what the employment is. `status` is the company's own word."""

    date: date
    status: str
    comment: str = ""
    type: str = ""
    reason: str = ""
    rehire: str = ""


@attrs.define(kw_only=True)
class JobRow:
    """From a day on: where a person works, as what, and for whom (`manager_id` is a `Person.id`)."""

    date: date
    title: str
    department: str
    division: str
    location: str
    manager_id: int | None


@attrs.define(kw_only=True)
class Person:
    """One person, as any vendor's sandbox keeps them; each shows what its vendor would show."""

    id: int
    uuid: str
    number: str
    given: str
    family: str
    middle: str = ""
    preferred: str = ""
    email: str = ""
    personal_email: str = ""
    work_phone: str = ""
    mobile_phone: str = ""
    home_phone: str = ""
    active: bool = True
    pending: bool = False
    status_word: str = "Full-Time"
    hired: date | None = None
    first_hired: date | None = None
    left: date | None = None
    title: str = ""
    department: str = ""
    division: str = ""
    location: str = ""
    teams: list[str] = attrs.field(factory=list)
    manager_id: int | None = None
    born: date | None = None
    gender: str = ""
    marital_status: str = ""
    ethnicity: str = ""
    city: str = ""
    pay: Decimal | None = None
    currency: str = "USD"
    custom: dict[str, Any] = attrs.field(factory=dict)
    created: datetime
    updated: datetime
    statuses: list[StatusRow] = attrs.field(factory=list)
    jobs: list[JobRow] = attrs.field(factory=list)
    tags: frozenset[str] = frozenset()
    extra: dict[str, Any] = attrs.field(factory=dict)
    """What a client wrote and the sandbox has no room for, by the vendor's own field name."""


def population(size: int, *, seed: int = 1, now: datetime) -> list[Person]:
    """So many people, the same for the same seed and day: the awkward ones first, then plain ones.

    Ids run from 1 and number 1 is the head of the company. With a size below the count of `AWKWARD`,
    the first of them come; 0 is an empty company.
    """
    dice = random.Random(seed)
    since = now - timedelta(days=4100)
    people = [
        _plain(dice, number, now, created=since + number * timedelta(days=4000) / size) for number in range(1, size + 1)
    ]
    for person, (tag, change) in zip(people[1:], AWKWARD.items(), strict=False):
        change(person, people, now.date())
        person.tags = frozenset({tag})
    for person in people:
        _settle(person, now.date())
    return people


def _plain(dice: random.Random, number: int, now: datetime, *, created: datetime) -> Person:
    given, family = dice.choice(GIVEN), dice.choice(FAMILY)
    hired = now.date() - timedelta(days=dice.randrange(100, 4000))
    created = created.replace(microsecond=0)
    return Person(
        id=number,
        uuid=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        number=str(1000 + number),
        given=given,
        family=family,
        email=f"{given}.{family}.{number}@example.com".lower(),
        personal_email=f"{given}{number}@example.net".lower(),
        work_phone=f"+1 555 01{number % 100:02d}",
        mobile_phone=f"+1 555 02{number % 100:02d}",
        status_word=dice.choice(STATUSES),
        hired=hired,
        title=dice.choice(TITLES),
        department=dice.choice(DEPARTMENTS),
        division=dice.choice(DIVISIONS),
        location=dice.choice(LOCATIONS),
        teams=[dice.choice(TEAMS)] if dice.random() < 0.6 else [],
        manager_id=None if number == 1 else max(1, number // 8),
        born=date(dice.randrange(1960, 2003), dice.randrange(1, 13), dice.randrange(1, 29)),
        gender=dice.choice(("Female", "Male", "Not specified")),
        marital_status=dice.choice(("Single", "Married")),
        city=dice.choice(("Arlington", "Bremen", "Leeds", "Osaka")),
        pay=Decimal(dice.randrange(40_000, 180_000)),
        custom={"shirt_size": dice.choice("SML"), "badge_date": hired.isoformat()},
        created=created,
        updated=created + timedelta(days=dice.randrange(0, 60)),
    )


def _settle(person: Person, today: date) -> None:
    """Write the history that the present state of a person follows from; one in four was promoted once."""
    person.first_hired = person.first_hired or person.hired
    if not person.statuses and person.hired:
        person.statuses = [StatusRow(date=person.hired, status=person.status_word)]
        if person.left:
            person.statuses.append(_terminated(person.left))
    if person.hired:
        job = JobRow(
            date=person.hired,
            title=person.title,
            department=person.department,
            division=person.division,
            location=person.location,
            manager_id=person.manager_id,
        )
        person.jobs = [job]
        promoted = person.hired + timedelta(days=60)
        if person.id % 4 == 0 and promoted < today:
            person.jobs = [attrs.evolve(job, title=f"Junior {person.title}"), attrs.evolve(job, date=promoted)]


def _terminated(on: date) -> StatusRow:
    return StatusRow(date=on, status="Terminated", type="Resignation (Voluntary)", reason="Relocation", rehire="Yes")


Change = Callable[[Person, list[Person], date], None]
AWKWARD: dict[str, Change] = {}
"""What each awkward person is called, and what makes them so."""


def _awkward(change: Change) -> Change:
    AWKWARD[change.__name__.strip("_")] = change
    return change


@_awkward
def _pending(person: Person, people: list[Person], today: date) -> None:
    person.pending, person.active, person.hired = True, False, today + timedelta(days=20)


@_awkward
def _future_hire(person: Person, people: list[Person], today: date) -> None:
    person.hired = today + timedelta(days=30)


@_awkward
def _future_leaver(person: Person, people: list[Person], today: date) -> None:
    person.left = today + timedelta(days=25)


@_awkward
def _left(person: Person, people: list[Person], today: date) -> None:
    person.left, person.active, person.status_word = today - timedelta(days=45), False, "Terminated"
    person.statuses = [
        StatusRow(date=person.hired or today, status="Full-Time"),
        _terminated(person.left),
    ]


@_awkward
def _rehired(person: Person, people: list[Person], today: date) -> None:
    person.first_hired, person.hired = today - timedelta(days=2000), today - timedelta(days=90)
    person.statuses = [
        StatusRow(date=person.first_hired, status="Full-Time"),
        _terminated(today - timedelta(days=900)),
        StatusRow(date=person.hired, status="Part-Time"),
    ]
    person.status_word = "Part-Time"


@_awkward
def _on_leave(person: Person, people: list[Person], today: date) -> None:
    person.status_word = "Furloughed"
    person.statuses = [
        StatusRow(date=person.hired or today, status="Full-Time"),
        StatusRow(date=today - timedelta(days=10), status="Furloughed"),
    ]


@_awkward
def _contractor(person: Person, people: list[Person], today: date) -> None:
    person.status_word, person.statuses = "Contractor", []


@_awkward
def _no_email(person: Person, people: list[Person], today: date) -> None:
    person.email = person.personal_email = ""


@_awkward
def _namesake(person: Person, people: list[Person], today: date) -> None:
    person.given, person.family = people[0].given, people[0].family


@_awkward
def _duplicate_email(person: Person, people: list[Person], today: date) -> None:
    person.email = people[0].email


@_awkward
def _unicode_name(person: Person, people: list[Person], today: date) -> None:
    person.given, person.family = "Zoë-Ŋuŋ", "Đặng‐Łukasiewicz 𝒳"


@_awkward
def _right_to_left_name(person: Person, people: list[Person], today: date) -> None:
    person.given, person.family = "مريم", "בן־דוד"


@_awkward
def _missing_manager(person: Person, people: list[Person], today: date) -> None:
    person.manager_id = 999_999_999


@_awkward
def _self_managed(person: Person, people: list[Person], today: date) -> None:
    person.manager_id = person.id


@_awkward
def _manager_cycle(person: Person, people: list[Person], today: date) -> None:
    if other := next((p for p in people if p.id > len(AWKWARD) + 1), None):
        person.manager_id, other.manager_id = other.id, person.id


@_awkward
def _unknown_status(person: Person, people: list[Person], today: date) -> None:
    person.status_word, person.statuses = "Sabbatical (unpaid)", []


@_awkward
def _blanks(person: Person, people: list[Person], today: date) -> None:
    person.middle = person.preferred = person.work_phone = person.mobile_phone = person.home_phone = ""
    person.title = person.department = person.division = person.location = ""
    person.hired = person.first_hired = None
    person.born = person.pay = None
    person.statuses, person.jobs = [], []


@_awkward
def _restricted(person: Person, people: list[Person], today: date) -> None:
    person.extra["restricted"] = True


def find(people: list[Person], tag: str) -> Person:
    """The person who bears this tag, such as `find(people, "future_hire")`."""
    return next(person for person in people if tag in person.tags)


def tree(people: list[Person]) -> Iterator[tuple[Person, Person | None]]:
    """Everyone with their manager, or None where nobody of that id is here."""
    by_id = {person.id: person for person in people}
    for person in people:
        yield person, by_id.get(person.manager_id or 0)
