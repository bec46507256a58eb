"""A process may be killed anywhere in a sync: the next one makes the same roster, and tells everything once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.roster import Roster
from headcount.sandbox import Person
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.roster.simulation import Forks
from tests.roster.stage import NOON, OPTIONS

SIGKILL = 9
STRIDE = int(os.environ.get("HEADCOUNT_STRIDE", "7"))
"""Every so many places where it may die; with HEADCOUNT_STRIDE=1 all of them."""
ZONE = "America/New_York"
UNLIKE: dict[str, Any] = dict.fromkeys(("record_url", "photo_url", "created_at", "updated_at"))
CASES = [(NAMELY, "full"), (NAMELY, "changes"), (BAMBOOHR, "changes"), (INSIGHTLY, "full")]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    found = Forks()
    yield found
    found.close()


class Company:
    """A company in which some things have happened since the first sync, and a roster that has not heard of them."""

    def __init__(self, vendor: Vendor, kind: str, store: str) -> None:
        self.vendor, self.kind, self.store = vendor, kind, store
        self.box = vendor.start(people=40, dialect="observed", now=NOON)

    def __enter__(self) -> Company:
        self.box.start()
        if self.vendor is NAMELY:
            self.box.play("clamped", on="/profiles$", size=20, times=None)  # pages to be killed between
        with self.roster() as roster, self.connection() as connection:
            roster.sync(connection)
            if self.kind == "full":  # gone at one look already
                self.box.people.remove(self.plain(9))
                self.box.clock.advance(hours=1)
                roster.sync(connection, full=True)
        self.box.clock.advance(hours=1)
        for number, person in enumerate([self.plain(skip) for skip in range(4)]):
            person.family = f"Changed-{number}"
            self.box.touch(person)
        newcomer = self.box.newcomer()
        newcomer.given, newcomer.family, newcomer.email = "Nia", "Newcomer", "nia@example.com"
        newcomer.hired = self.box.clock.today()
        self.box.people.append(newcomer)
        self.box.clock.advance(days=31 if self.kind == "full" else 0, hours=2)  # days come meanwhile
        return self

    def __exit__(self, *_: object) -> None:
        self.box.stop()

    def plain(self, skip: int) -> Person:
        return [person for person in self.box.people[1:] if not person.tags and person.active][skip]

    def roster(self) -> Roster:
        return Roster(self.store, now=self.box.clock.now)

    def connection(self) -> hc.Connection:
        return self.box.connect(options=OPTIONS, name="acme")

    def job(self, kill_at: int) -> dict[str, Any]:
        """What a process of its own is to do."""
        return {
            "vendor": self.vendor.name,
            "settings": self.box.settings,
            "name": "acme",
            "store": self.store,
            "ahead": self.box.clock._offset.total_seconds(),
            "full_every": timedelta(days=30).total_seconds(),
            "timezone": ZONE,
            "full": self.kind == "full",
            "kill_at": kill_at,
        }

    def found(self) -> dict[str, Any]:
        """The roster and its feed, but for when and in which run."""
        with self.roster() as roster:
            return {
                # the port of a sandbox, and the seconds that a test takes, are no matter
                "people": {person.id: attrs.evolve(person, **UNLIKE) for person in roster.employees()},
                "deleted": {person.id for person in roster.employees(deleted=True)},
                "events": sorted((e.employee_id, e.kind.value, str(e.on)) for e in roster.events()),
                "changes": sorted((c.subject, c.id, c.kind, sorted(c.fields)) for c in roster.changes()),
                "groups": {group.id: group.member_ids for group in roster.groups()},
                "runs": [run.state.value for run in roster.runs() if run.state == "running"],
            }


@pytest.mark.parametrize(("vendor", "kind"), CASES, ids=str)
def test_a_killed_sync_is_made_good_by_the_next(vendor: Vendor, kind: str, tmp_path: Path, forks: Forks) -> None:
    """Killed before and after each request and each commit; then synced again, as an uninterrupted one would be."""
    with Company(vendor, kind, f"sqlite:///{tmp_path}/whole.db") as company:
        whole = forks.ask(company.job(0))
        wanted = company.found()
    assert "run" in whole, whole
    assert wanted["events"]
    for kill_at in range(1 + len(kind) % STRIDE, whole["passed"] + 1, STRIDE):
        with Company(vendor, kind, f"sqlite:///{tmp_path}/{kill_at}.db") as company:
            killed = forks.ask(company.job(kill_at))
            assert killed["killed"] == SIGKILL, killed
            again = forks.ask(company.job(0))
            assert "run" in again, (kill_at, again)
            assert company.found() == wanted, f"killed at {kill_at} of {whole['passed']}"


def test_a_read_that_broke_off_goes_on_where_it_was(tmp_path: Path, forks: Forks) -> None:
    """Of a list in pages, what was durable is not asked for again."""
    with NAMELY.start(people=120, dialect="observed", now=NOON) as box:
        box.play("clamped", on="/profiles$", size=10, times=None)
        store = f"sqlite:///{tmp_path}/roster.db"
        told = {
            "vendor": "namely",
            "settings": box.settings,
            "name": "acme",
            "store": store,
            "ahead": box.clock._offset.total_seconds(),
            "full_every": 86400.0,
            "timezone": ZONE,
            "full": False,
        }
        whole = forks.ask({**told, "store": f"sqlite:///{tmp_path}/whole.db", "kill_at": 0})
        pages = [one for one in box.log if one.path.endswith("/profiles")]
        assert forks.ask({**told, "kill_at": whole["passed"] * 3 // 4})["killed"] == SIGKILL
        before = len(box.log)
        assert "run" in forks.ask({**told, "kill_at": 0})
        again = [one for one in box.log[before:] if one.path.endswith("/profiles")]
        assert len(again) < len(pages) * 0.7
        with Roster(store, now=box.clock.now) as roster:
            assert {person.id for person in roster.employees()} == {person.uuid for person in box.people}
            (run, *_) = roster.runs()
            assert (run.state, run.proof) == ("done", "counted")
            assert "went on where an earlier read broke off" in run.notes
