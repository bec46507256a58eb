"""A store that a former headcount made, as it lies in `released/`, opens, keeps what is in it, and syncs.

Each file there is the dump of a store that the code of its day filled: `0000.sql`, from before there were revisions,
with a termination that was applied; the others with a company that was synced and changed. The one of the newest
revision is made by `HEADCOUNT_WRITE_RELEASED=1` where there is none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from headcount.lifecycle import Journal
from headcount.migrations import revisions
from headcount.roster import Roster, Run, SyncPolicy
from headcount.sandbox import Sandbox
from tests.connectors.vendors import NAMELY
from tests.roster.stage import NOON, OPTIONS

RELEASED = Path(__file__).parent / "released"
WRITE = "HEADCOUNT_WRITE_RELEASED" in os.environ  # before a test clears the environment
SYNCED = [name for name in revisions() if name >= "0002"]
"""The revisions that keep a roster."""
POLICY = SyncPolicy(fields=("given_name", "family_name", "job_title", "manager_id", "group_ids", "start_date"))
"""No addresses of pages and pictures: a sandbox has another port each time."""


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with NAMELY.start(people=12, dialect="observed", now=NOON) as box:
        yield box


def synced(url: str, box: Sandbox) -> Run:
    with box.connect(options=OPTIONS, name="acme") as connection, Roster(url, now=box.clock.now) as roster:
        return roster.sync(connection, policy=POLICY)


def lived(url: str, box: Sandbox) -> None:
    """What a store goes through before it is dumped: a first sync, and a change that an incremental one brings."""
    synced(url, box)
    box.clock.advance(hours=3)
    person = box.people[5]
    person.title = "Fellow"
    box.touch(person)
    synced(url, box)


def restored(revision: str, tmp_path: Path) -> str:
    file = tmp_path / "store.db"
    database = sqlite3.connect(file)
    database.executescript((RELEASED / f"{revision}.sql").read_text(encoding="utf-8"))
    database.close()
    return f"sqlite:///{file}"


def test_the_newest_schema_is_kept_for_those_to_come(box: Sandbox, tmp_path: Path) -> None:
    file = RELEASED / f"{revisions()[-1]}.sql"
    if not file.exists() and WRITE:
        lived(f"sqlite:///{tmp_path}/made.db", box)
        with sqlite3.connect(tmp_path / "made.db") as database:
            file.write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
    assert file.exists(), f"no {file.name}: run this test with HEADCOUNT_WRITE_RELEASED=1, and commit it"


@pytest.mark.parametrize("revision", SYNCED)
def test_a_released_roster_opens_and_goes_on(revision: str, box: Sandbox, tmp_path: Path) -> None:
    url = restored(revision, tmp_path)
    box.clock.advance(hours=3)
    changed, another = box.people[5], box.people[7]
    changed.title = "Fellow"
    box.touch(changed)
    box.clock.advance(hours=1)
    another.title = "Chair"
    box.touch(another)
    with Roster(url, now=box.clock.now) as roster:
        assert {one.id for one in roster.employees()} == {NAMELY.id_of(person) for person in box.people}
        (told,) = roster.events(kinds=("title_changed",))
        assert told.employee_id == NAMELY.id_of(changed)
    run = synced(url, box)
    assert (run.kind, run.state, run.counts["changed"]) == ("changes", "done", 1)
    box.clock.advance(days=2)
    run = synced(url, box)
    assert (run.kind, run.state, run.counts.get("missed", 0)) == ("full", "done", 0)
    with Roster(url, now=box.clock.now) as roster:
        both = [event.employee_id for event in roster.events(kinds=("title_changed",))]
        assert both == [NAMELY.id_of(changed), NAMELY.id_of(another)]
        assert {one.job_title for one in roster.as_of(NOON.date())} >= {"Fellow"}


def test_a_journal_from_before_there_were_revisions_keeps_its_run_and_takes_a_roster(
    box: Sandbox, tmp_path: Path
) -> None:
    url = restored("0000", tmp_path)
    assert synced(url, box).state == "done"
    journal = Journal(url)
    (run,) = journal.runs()
    assert (run.plan.vendor, run.state, run.employee) == ("bamboohr", "proved", "12")
    assert len(journal.audit()) == 1  # which raises where the chain is broken
    journal.close()
