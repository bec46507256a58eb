"""The goals of performance that are measured here, each a function that yields rows of one table."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import attrs

import headcount as hc
from headcount.codec import loads
from headcount.reader import Reader, id_of, wanted_fields
from headcount.report import Report
from tests.benchmarks import syncing, yardstick
from tests.benchmarks.server import Line, Scenario, settings

_runs = count(1)
NO_PACE = hc.Rate(1_000_000, per=0.01)


@attrs.frozen
class Row:
    """One line of the table; `met` is None where it is told for comparison only."""

    goal: str
    what: str
    measured: str
    target: str = ""
    met: bool | None = None


@attrs.frozen
class Bench:
    """What all goals need: the server, and how large the runs are."""

    line: Line
    people: int = 50_000
    quick: bool = False

    @property
    def times(self) -> int:
        return 1 if self.quick else 3

    def scenario(self, people: int = 0, **behaviour: Any) -> Scenario:
        """A scenario that nothing has been asked in."""
        return Scenario(people=people or self.people, run=next(_runs), **behaviour)

    def settings(self, vendor: str, scenario: Scenario) -> dict[str, str]:
        return settings(vendor, self.line.base_url(vendor, scenario))

    def connect(self, vendor: str, scenario: Scenario, **options: Any) -> hc.Connection:
        """A connection in this process, without a pace unless one is given."""
        given = {"rate": NO_PACE, "first_wait": 0.01, **options}
        return hc.connect(vendor, options=hc.Options(**given), **dict[str, Any](self.settings(vendor, scenario)))

    def child(self, variant: str, vendor: str, people: int, file: str = os.devnull) -> dict[str, float]:
        """The cost of a whole read in a process of its own."""
        given = [f"{name}={value}" for name, value in self.settings(vendor, self.scenario(people)).items()]
        command = [sys.executable, "-m", "tests.benchmarks.child", variant, vendor, file, *given]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{variant} {vendor}: {done.stderr}")
        cost: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
        return cost


def _at_most(goal: str, what: str, measured: float, most: float, unit: str = "") -> Row:
    digits = 2 if measured < 20 else 0
    return Row(goal, what, f"{measured:.{digits}f}{unit}", f"<= {most:g}{unit}", measured <= most)


# -- P1: requests ---------------------------------------------------------------------------------------

SIZE = {"namely": 50, "insightly": 500, "bamboohr": 0}
BESIDE = {
    "namely": "group types, fields, groups twice",
    "insightly": "teams twice, permission profiles",
    "bamboohr": "lists, fields, the count that proves it complete",
}


def beside(vendor: str) -> int:
    """Requests beside the list of people; a list is read to the empty or repeated page that ends it."""
    return {"namely": 4, "insightly": 3, "bamboohr": 3}[vendor]


def minimum(vendor: str, people: int) -> int:
    """The fewest requests for the list of people alone."""
    return -(-people // SIZE[vendor]) if SIZE[vendor] else 1


def requests_of(
    bench: Bench, vendor: str, people: int, faults: int = 0, *, threads: int = 1, latency: float = 0
) -> tuple[int, int, int]:
    """For the list of people, beside it, and how many people came."""
    scenario = bench.scenario(people, faults=faults, latency=latency)
    with bench.connect(vendor, scenario, threads=threads) as connection:
        came = sum(1 for _ in connection.employees())
    counted = bench.line.counted(vendor, scenario)
    return counted.listed, counted.requests - counted.listed, came


def p1(bench: Bench) -> Iterator[Row]:
    for vendor, size in SIZE.items():
        for people in (size * 3 - 1, size * 3, size * 3 + 1, 10_000) if size else (10_000,):
            listed, more, _ = requests_of(bench, vendor, people)
            least = minimum(vendor, people)
            yield Row(
                "P1",
                f"{vendor}, {people:,} people: requests of the list (and {more} beside it: {BESIDE[vendor]})",
                f"{listed}",
                f"{least}",
                listed == least,
            )
        if size:
            people = size * 6 + 1
            (alone, _, _), (ahead, _, _) = (
                requests_of(bench, vendor, people, threads=threads, latency=20) for threads in (1, 4)
            )
            what = f"{vendor}, {people:,} people, 20 ms: requests more with 4 threads than with one"
            yield Row("P1", what, f"{ahead - alone}", "0", ahead == alone)
        faults = 3 if size else 1
        clean, faulty = (sum(requests_of(bench, vendor, 10_000, f)[:2]) for f in (0, faults))
        yield Row(
            "P1",
            f"{vendor}: {faults} faults, requests more",
            f"{faulty - clean}",
            f"{faults}",
            faulty - clean == faults,
        )


# -- P2: CPU --------------------------------------------------------------------------------------------


def p2(bench: Bench) -> Iterator[Row]:
    variants = ("R", "R'", "headcount", "headcount-plain")
    for vendor in SIZE:
        used: dict[str, list[float]] = {variant: [] for variant in variants}
        for _ in range(bench.times):
            for variant in variants:
                used[variant].append(bench.child(variant, vendor, bench.people)["cpu"])
        middle = {variant: statistics.median(times) for variant, times in used.items()}
        what = f"{vendor}, {bench.people:,} people: CPU of"
        yield Row("P2", f"{what} R'", f"{middle[chr(82) + chr(39)] / middle['R']:.2f} R")
        yield _at_most("P2", f"{what} headcount[fast]", middle["headcount"] / middle["R'"], 1.5, " R'")
        yield _at_most("P2", f"{what} headcount without msgspec", middle["headcount-plain"] / middle["R'"], 1.5, " R'")


# -- P4: memory -----------------------------------------------------------------------------------------


def p4(bench: Bench) -> Iterator[Row]:
    sizes = (2_000, 10_000) if bench.quick else (10_000, 50_000, 200_000)
    for vendor in SIZE:
        peaks = [bench.child("headcount", vendor, people)["peak"] for people in sizes]
        for people, peak in zip(sizes, peaks, strict=True):
            yield _at_most("P4", f"{vendor}, {people:,} people: peak RSS", peak, 60, " MB")
        grown = max(0.0, peaks[-1] - peaks[-2])
        yield _at_most("P4", f"{vendor}, {sizes[-2]:,} to {sizes[-1]:,} people: growth", grown, 3, " MB")


# -- P5: normalization alone ----------------------------------------------------------------------------


def p5(bench: Bench) -> Iterator[Row]:
    for vendor in SIZE:
        scenario = bench.scenario(2_000)
        given = bench.settings(vendor, scenario)
        http = yardstick.session(given)
        known_by_hand = yardstick.KNOWN[vendor](http, given["base_url"])
        bodies = [json.dumps(rows) for rows in yardstick.PAGES[vendor](http, given["base_url"])]
        by_hand = partial(yardstick.EMPLOYEE[vendor], known=known_by_hand)
        with bench.connect(vendor, scenario) as connection:
            resource, wanted = connection.connector.employees, wanted_fields(hc.Employee, connection.scopes)
            known = resource.known(connection.http, wanted)
        reader = Reader(resource, wanted, hc.Employee, Report(vendor=vendor), None)
        hand, ours = list[float](), list[float]()
        for _ in range(3 if bench.quick else 9):
            hand.append(_seconds(bodies, by_hand))
            ours.append(_seconds(bodies, partial(_ours, reader, resource, known)))
        each = f"{min(ours) / 2000 * 1e6:.0f} µs a record against {min(hand) / 2000 * 1e6:.0f}"
        yield _at_most("P5", f"{vendor}: normalization alone ({each})", min(ours) / min(hand), 1.9, " x by hand")


def _ours(reader: Reader[hc.Employee], resource: hc.Resource[hc.Employee], known: Any, raw: dict[str, Any]) -> None:
    assert reader.read(raw, id_of(resource, raw), known) is not None


def _seconds(bodies: list[str], read: Callable[[dict[str, Any]], object]) -> float:
    """CPU seconds for all records, fresh each time, for a reader may drop keys."""
    records = [raw for body in bodies for raw in loads(body)]
    began = time.process_time()
    for raw in records:
        read(raw)
    return time.process_time() - began


# -- P6: behind a limit ---------------------------------------------------------------------------------

LIMIT, WINDOW = 20, 0.5
PACE = 18
"""Kept by who knows the limit: nine tenths of it, as connectors do, for a request may be quicker on its way than one
before it, and then one more arrives within the vendor's window than was sent within ours."""


def p6(bench: Bench) -> Iterator[Row]:
    for vendor, size in SIZE.items():
        if not size:
            continue  # one request meets no limit
        people = size * (60 if bench.quick else 150)
        for known in (True, False):
            scenario = bench.scenario(people, limit=LIMIT, per=WINDOW)
            pace = hc.Rate(PACE, per=WINDOW) if known else hc.Rate(1_000_000, per=WINDOW)
            began = time.monotonic()
            with bench.connect(vendor, scenario, rate=pace, first_wait=WINDOW) as connection:
                listing = connection.employees()
                came = sum(1 for _ in listing)
            seconds, counted = time.monotonic() - began, bench.line.counted(vendor, scenario)
            name = f"{vendor}, {LIMIT} in {WINDOW:g} s, limit {'known' if known else 'unknown'}"
            lost = people - came
            yield Row("P6", f"{name}: people lost", f"{lost}", "0", lost == 0 and listing.report.complete)
            if known:
                yield Row("P6", f"{name}: requests refused", f"{counted.refused}", "0", counted.refused == 0)
                bound = (counted.requests - 1) // PACE * WINDOW
                yield _at_most("P6", f"{name}: wall against the bound", seconds / bound, 1.1)
            else:
                each = counted.refused / max(1, (counted.listed - counted.refused - 1) // LIMIT)
                yield _at_most("P6", f"{name}: requests refused in each window", each, 1)


# -- P7: threads ----------------------------------------------------------------------------------------


def p7(bench: Bench) -> Iterator[Row]:
    """The list of Namely's profiles: the one with the shortest pages, where threads have the most to do."""
    pages = {20: 80, 100: 40} if bench.quick else {20: 400, 100: 240}
    for latency in pages:
        alone = 0.0
        for threads in (1, 8) if bench.quick else (1, 2, 4, 8):
            scenario = bench.scenario(50 * pages[latency], latency=latency)
            with bench.connect("namely", scenario, threads=threads) as connection:
                began = time.monotonic()
                seen = [raw["id"] for page in _profiles(connection) for raw in page.records]
                seconds = time.monotonic() - began
            alone = alone or seconds
            most = bench.line.counted("namely", scenario).most_at_once
            in_order = len(seen) == scenario.people and seen == sorted(seen)
            speed = alone / seconds
            what = f"namely, {latency} ms, {threads} threads: speed-up (at most {most} at once, in order: {in_order})"
            met = speed >= 0.9 * threads and most <= threads and in_order
            yield Row("P7", what, f"{speed:.2f} x", f">= {0.9 * threads:.1f} x", met)
    used: dict[int, list[float]] = {1: [], 4: []}
    scenario = bench.scenario(2_000 if bench.quick else 10_000)
    for _ in range(5):
        for threads, times in used.items():
            with bench.connect("namely", scenario, threads=threads) as connection:
                began = time.process_time()
                sum(1 for _ in connection.employees())
                times.append(time.process_time() - began)
    ratio = min(used[4]) / min(used[1])
    yield _at_most("P7", "namely, no latency: the default (4 threads) against one, CPU", ratio, 1.05)


def _profiles(connection: hc.Connection) -> Iterator[hc.Page]:
    return iter(connection.connector.employees.all(connection.http, hc.Ask()))


# -- P8: the command ------------------------------------------------------------------------------------


def p8(bench: Bench) -> Iterator[Row]:
    command = str(Path(sys.executable).parent / "headcount")
    for arguments, most in (("--help", 80), ("connectors", 130)):
        used = statistics.median(_milliseconds(command, arguments) for _ in range(3 if bench.quick else 10))
        yield _at_most("P8", f"headcount {arguments}: CPU", used, most, " ms")


def _milliseconds(*command: str) -> float:
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
    used = os.wait4(process, 0)[2]
    return (used.ru_utime + used.ru_stime) * 1000


GOALS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "P1": p1, "P2": p2, "P4": p4, "P5": p5, "P6": p6, "P7": p7, "P8": p8, "P10": syncing.goal
}  # fmt: skip
