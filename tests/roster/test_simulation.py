"""Lives of companies, synced through faults and deaths, and held against the vendor and an oracle of events."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from headcount.roster import Roster, SyncPolicy, gathering
from tests.roster.life import Life
from tests.roster.sim_child import LIMITS, OPTIONS, TOGETHER
from tests.roster.simulation import PEOPLE, PLACES, START, Forks, Simulation, differing, flat

GIVEN = os.environ.get("HEADCOUNT_SEEDS")
DAYS = int(os.environ.get("HEADCOUNT_DAYS") or (730 if GIVEN else 45))
"""Seeds that are asked for live two years; those of every day six weeks."""


def seeds() -> list[int]:
    """`17`, `0-199`, or `3,5,8-11`; by itself one for each vendor and dialect."""
    if not GIVEN:
        return list(range(6))
    parts = (part.partition("-") for part in GIVEN.split(","))
    return [seed for first, _, last in parts for seed in range(int(first), int(last or first) + 1)]


def on_postgresql(seed: int) -> bool:
    return seed % 7 == 5


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "TOGETHER", TOGETHER)


@pytest.fixture
def url(request: pytest.FixtureRequest, seed: int, tmp_path: Path) -> str:
    """An empty store: every seventh is PostgreSQL."""
    if not on_postgresql(seed):
        return f"sqlite:///{tmp_path}/store.db"
    found: str = request.getfixturevalue("postgres")
    return found


@pytest.mark.parametrize("seed", seeds())
def test_two_years_of_a_company(seed: int, url: str, forks: Forks) -> None:
    simulation = Simulation(seed, url, days=DAYS, forks=forks)
    simulation.run()
    print(f"seed {seed}: {simulation.steps} steps, {simulation.counted}")


@pytest.mark.parametrize("place", range(6), ids=[f"{vendor}-{dialect}" for vendor, dialect in PLACES])
def test_what_changed_is_in_the_end_all_there_is(place: int, tmp_path: Path) -> None:
    vendor, dialect = PLACES[place]
    dice = random.Random(place)
    box = vendor.start(people=PEOPLE, seed=place + 50, dialect=dialect, now=START)
    terms = SyncPolicy(full_every=timedelta(days=10_000), limits=LIMITS)
    stores = [f"sqlite:///{tmp_path}/{name}.db" for name in ("kept", "anew")]
    with box, box.connect(options=OPTIONS) as connection:
        life = Life(box, random.Random(place + 70))
        with Roster(stores[0], now=box.clock.now) as kept, Roster(stores[1], now=box.clock.now) as anew:
            kept.sync(connection, policy=terms)
            for _ in range(4 if dialect == "guide" else 10):  # these read everybody each time
                for _ in range(dice.randint(1, 4)):
                    life.step()
                kept.sync(connection, policy=terms)
            anew.sync(connection, policy=terms)
            one = {employee.id: flat(employee) for employee in kept.employees()}
            other = {employee.id: flat(employee) for employee in anew.employees()}
            truth = life.truth()
    if vendor.name != "bamboohr":  # which alone tells of deletions
        one = {id: doc for id, doc in one.items() if id in truth}
    assert one.keys() == other.keys()
    pairs = {id: differing(one[id], other[id]) for id in one if one[id] != other[id]}
    assert not pairs, pairs
