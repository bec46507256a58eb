"""Keeps the benchmarks running, and the goals that can be tested exactly: requests, memory that stays flat, bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.goals import SIZE, Bench, beside, minimum, requests_of
from tests.benchmarks.server import running

FLAT = 3.0
"""Megabytes that a peak may grow by: what the allocator leaves behind, not the people."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as line:
        yield Bench(line, quick=True)


@pytest.mark.parametrize(
    ("vendor", "people"),
    [(vendor, size * 2 + more) for vendor, size in SIZE.items() for more in ((-1, 0, 1) if size else (400,))],
)
def test_a_list_is_read_with_the_fewest_requests(bench: Bench, vendor: str, people: int) -> None:
    """The pages that hold them and the empty one that proves the end: by design nothing else is the end."""
    listed, more, came = requests_of(bench, vendor, people)
    assert came == people
    assert listed == minimum(vendor, people) + bool(SIZE[vendor])
    assert more == beside(vendor)


@pytest.mark.parametrize("vendor", ["namely", "insightly"])
def test_asking_ahead_throws_hardly_anything_away(bench: Bench, vendor: str) -> None:
    """A page that was foreseen and is not due is asked for in vain: the last one, at most."""
    people = SIZE[vendor] * 3 + 1
    alone, _, _ = requests_of(bench, vendor, people)
    ahead, _, came = requests_of(bench, vendor, people, threads=4, latency=15)
    assert came == people
    assert ahead <= alone + 1


@pytest.mark.parametrize(("vendor", "listed", "more"), [("namely", 201, 4), ("bamboohr", 1, 3), ("insightly", 21, 3)])
def test_ten_thousand_people(bench: Bench, vendor: str, listed: int, more: int) -> None:
    assert requests_of(bench, vendor, 10_000) == (listed, more, 10_000)


@pytest.mark.parametrize(("vendor", "faults"), [("namely", 3), ("insightly", 2), ("bamboohr", 1)])
def test_each_fault_costs_one_request(bench: Bench, vendor: str, faults: int) -> None:
    clean = requests_of(bench, vendor, SIZE[vendor] * 8 or 300)
    listed, more, came = requests_of(bench, vendor, SIZE[vendor] * 8 or 300, faults)
    assert (listed, more, came) == (clean[0] + faults, clean[1], clean[2])


@pytest.mark.parametrize("vendor", SIZE)
def test_memory_does_not_grow_with_the_company(bench: Bench, vendor: str) -> None:
    small, large = (bench.child("headcount", vendor, people)["peak"] for people in (2_000, 10_000))
    assert large - small < FLAT


@pytest.mark.parametrize("vendor", SIZE)
def test_the_yardstick_writes_what_headcount_writes(bench: Bench, vendor: str, tmp_path: Path) -> None:
    """Or it would be compared with something else. With msgspec and without, the lines are the same too."""
    written = []
    for variant in ("R'", "headcount", "headcount-plain"):
        bench.child(variant, vendor, 600, str(tmp_path / variant))
        written.append((tmp_path / variant).read_bytes())
    assert written[0].count(b"\n") == 600
    assert written[0] == written[1] == written[2]
