"""`python -m tests.benchmarks [goal …] [--people 50000] [--quick] [--write-docs]`: measure, and print a table."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from tests.benchmarks.goals import GOALS, Bench, Row
from tests.benchmarks.server import running

DOCS = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
TITLES = {
    "P1": "Requests",
    "P2": "CPU of a full read, from the vendor to normalized JSON lines",
    "P4": "Memory",
    "P5": "Normalization alone",
    "P6": "Behind a rate limit",
    "P7": "Threads",
    "P8": "The command",
    "P10": "Syncing",
}


def verdict(row: Row) -> str:
    return {True: "met", False: "missed", None: ""}[row.met]


def tables(rows: Iterable[Row], about: str) -> str:
    """The rows as Markdown, a table for each goal."""
    parts = [about]
    for goal, some in groupby(rows, lambda row: row.goal):
        lines = [f"| {row.what} | {row.measured} | {row.target} | {verdict(row)} |" for row in some]
        parts += [f"## {TITLES[goal]}", "\n".join(["| what | measured | goal | |", "|---|---|---|---|", *lines])]
    return "\n\n".join(parts)


def write_docs(text: str) -> None:
    before, _, rest = DOCS.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="goal", help=f"any of {', '.join(GOALS)}; default: all")
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--quick", action="store_true", help="small runs, once each: to see that all of it works")
    parser.add_argument("--write-docs", action="store_true", help=f"write the tables into {DOCS.name}")
    given = parser.parse_args()
    chosen = [goal.upper() for goal in given.goals] or list(GOALS)
    if unknown := set(chosen) - set(GOALS):
        parser.error(f"no goal {', '.join(sorted(unknown))}; there are {', '.join(GOALS)}")
    rows: list[Row] = []
    load = os.getloadavg()[0]
    with running() as line:
        bench = Bench(line, 2_000 if given.quick else given.people, given.quick)
        for goal in chosen:
            for row in GOALS[goal](bench):
                rows.append(row)
                print(f"{row.goal}  {row.what:<98}  {row.measured:>12}  {row.target:<14}  {verdict(row)}", flush=True)
    about = (
        f"Measured with `python -m tests.benchmarks` on {os.cpu_count()} cores, CPython {platform.python_version()}, "
        f"over loopback; the machine's load was {load:.1f} before and {os.getloadavg()[0]:.1f} after."
    )
    print(about)
    if given.write_docs:
        write_docs(tables(rows, about))


if __name__ == "__main__":
    main()
