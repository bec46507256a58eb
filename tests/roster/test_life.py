"""What a life does to a company, and that what it says is shown is what a connector reads: each proves the other."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

import headcount as hc
from headcount.sandbox import Sandbox
from tests.connectors.vendors import DIALECTS, VENDORS, Vendor
from tests.roster.life import BETWEEN_DELETIONS, NEVER_SHOWN, Life, Shown

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SEEDS = (1, 2, 3)
PLACES = [pytest.param((vendor, dialect), id=f"{vendor}-{dialect}") for vendor in VENDORS for dialect in DIALECTS]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> tuple[Vendor, str]:
    found: tuple[Vendor, str] = request.param
    return found


def company(place: tuple[Vendor, str], seed: int = 1) -> Sandbox:
    vendor, dialect = place
    return vendor.start(people=28, seed=seed, dialect=dialect, now=START)


def steps(life: Life, days: int = 365) -> Iterator[int]:
    """Live until so many days have passed; the number of each step, from 1."""
    for number in itertools.count(1):
        life.step()
        yield number
        if life.box.clock.now() >= START + timedelta(days=days):
            return


def lived(box: Sandbox, seed: int, days: int = 365) -> Life:
    """A life of so many days."""
    life = Life(box, random.Random(seed))
    for _ in steps(life, days):
        pass
    return life


def read(connection: hc.Connection) -> dict[str, Shown]:
    """What the connector reads, as `Life.truth` has it."""
    listing = connection.employees(ahead=True)
    people = list(listing)
    assert not listing.report.rejected
    ids = {id for employee in people for id in employee.group_ids or ()}
    # an id that is made of kind and name tells all there is: to list such groups is to read everybody once more
    groups = {id: hc.Group(id=id, name=id.partition(":")[2], type=kind_of(id)) for id in ids if ":" in id}
    if len(groups) < len(ids):
        groups = {group.id: group for group in connection.groups()}
    return {employee.id: told(employee, groups) for employee in people}


def kind_of(id: str) -> hc.Coded[hc.GroupType]:
    return hc.Coded(hc.GroupType(id.partition(":")[0]))


def told(employee: hc.Employee, groups: dict[str, hc.Group]) -> Shown:
    own = [groups[id] for id in employee.group_ids or ()]
    names = {kind: [group.name for group in own if group.type.value is kind] for kind in hc.GroupType}
    custom = {key: field.value for key, field in employee.custom_fields.items()}
    return Shown(
        status=employee.status.value,
        given_name=employee.given_name,
        family_name=employee.family_name,
        work_email=employee.work_email,
        start_date=employee.start_date,
        termination_date=employee.termination_date,
        job_title=employee.job_title,
        manager_id=employee.manager_id,
        department=next(iter(names[hc.GroupType.DEPARTMENT]), None),
        location=next(iter(names[hc.GroupType.LOCATION]), None),
        teams=frozenset(names[hc.GroupType.TEAM]),
        custom=custom,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_shown_is_what_is_read(place: tuple[Vendor, str], seed: int) -> None:
    with company(place, seed) as box, box.connect() as connection:
        life = Life(box, random.Random(seed))
        for number in steps(life):
            if number % 10 == 0:
                truth, people = life.truth(), read(connection)
                assert people.keys() == truth.keys()
                for id, shown in truth.items():
                    assert people[id] == shown, [act for act in life.log if act.id == id]


def test_what_is_never_shown_is_never_there_and_all_else_is(place: tuple[Vendor, str]) -> None:
    vendor, dialect = place
    life = lived(company(place), 1)
    rows = [attrs.asdict(shown, recurse=False) for shown in life.truth().values()]
    seen = {field for row in rows for field, value in row.items() if value}
    assert seen == {field.name for field in attrs.fields(Shown)} - NEVER_SHOWN[vendor.name, dialect]


def test_everything_that_can_happen_does_and_keeps_its_bounds(place: tuple[Vendor, str]) -> None:
    seen, can = Counter[str](), frozenset[str]()
    for seed in SEEDS:
        box = company(place, seed)
        life = Life(box, random.Random(seed))
        for number in steps(life):
            if number % 10 == 0:
                shown = life.truth().values()
                assert sum(person.status is hc.EmployeeStatus.ACTIVE for person in shown) >= 10
                assert not [person for person in box.people if person.manager_id == person.id and not person.tags]
        seen.update(act.kind for act in life.log)
        can |= life.kinds
        deleted = [act.at for act in life.log if act.kind == "delete"]
        assert all(later - at >= BETWEEN_DELETIONS for at, later in itertools.pairwise(deleted))
        assert all(act.at <= later.at for act, later in itertools.pairwise(life.log))
    assert seen.keys() == can


def test_the_same_dice_bring_the_same_life(place: tuple[Vendor, str]) -> None:
    one, other = (lived(company(place), 7, days=120) for _ in range(2))
    assert one.log == other.log
    assert one.truth() == other.truth()


def test_who_is_hidden_is_not_in_the_truth(place: tuple[Vendor, str]) -> None:
    with company(place) as box, box.connect() as connection:
        box.play("lost_department")
        list(connection.employees())
        life = lived(box, 4, days=60)
        assert read(connection) == life.truth()
        assert len(life.truth()) < len(box.people)
