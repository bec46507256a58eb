"""A person or a company is erased everywhere, and that nothing is left is looked for before it is said."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

import headcount as hc
from headcount.roster import Retention, Roster, SyncPolicy
from headcount.roster.tables import metadata, quarantine
from headcount.store import open_store
from tests.connectors.vendors import BAMBOOHR, NAMELY, Vendor
from tests.roster.stage import Stage, staged

CANARY = "canary-7f3a"


def everything(store: str) -> str:
    """Every value of every table, as text."""
    engine = open_store(store)
    with engine.connect() as db:
        found = "\n".join(repr(tuple(row)) for table in metadata.sorted_tables for row in db.execute(select(table)))
    engine.dispose()
    return found


def planted(stage: Stage) -> str:
    """Somebody whose every trace bears the canary, with history, events, and an unreadable record."""
    person = stage.plain()
    person.family, person.email, person.mobile_phone = f"Doe-{CANARY}", f"{CANARY}@example.com", "+1 555 987 6543"
    stage.box.touch(person)
    stage.sync(policy=SyncPolicy(raw=True))
    person.family, person.title = f"Roe-{CANARY}", "Director"
    stage.box.touch(person)
    stage.sync(hours=1, policy=SyncPolicy(raw=True))
    return stage.id_of(person)


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str)
def test_a_person_is_erased_everywhere(vendor: Vendor, store: str) -> None:
    with staged(store, vendor) as stage:
        id = planted(stage)
        assert CANARY in everything(store)
        taken = stage.roster.forget(stage.connection, id)
        assert taken["roster_employees"] == 1
        assert taken["roster_changes"] >= 2
        assert CANARY not in everything(store)
        assert id not in stage.ids()
        assert [change for change in stage.roster.changes() if change.id == id and change.subject == "employee"] == []


def test_no_byte_of_them_is_left_in_the_file(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/roster.db"
    with staged(store, NAMELY) as stage:
        stage.roster.forget(stage.connection, planted(stage))
    for file in tmp_path.glob("roster.db*"):
        assert CANARY.encode() not in file.read_bytes(), file.name


def test_who_was_forgotten_is_not_read_again(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        id = planted(stage)
        stage.roster.forget(stage.connection, id)
        for full in (True, False, True):
            run = stage.sync(hours=25, full=full, policy=SyncPolicy(raw=True))
            assert run.state == "done"
        assert id not in stage.ids()
        assert CANARY not in everything(sqlite)
        with pytest.raises(hc.NotFound):
            stage.roster.forget(stage.connection, "nobody")


def test_what_was_applied_to_them_is_erased_from_the_journal(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR) as stage, stage.box.connect(store=sqlite) as writer:
        id = planted(stage)
        writer.update(id, preferred_name=f"Nick-{CANARY}", key="k", approved_by="grace")
        journal = hc.Journal(sqlite)
        assert CANARY in journal.runs()[0].plan.to_json()
        taken = stage.roster.forget(stage.connection, id)
        assert taken["runs"] == 1
        assert journal.runs() == []
        assert journal.unreadable() == []
        assert journal.audit()[-1]["state"] == "proved", "that something was done stays, without the values"
        with pytest.raises(hc.ConfigError, match="erased with the person"):
            writer.update(id, preferred_name="Again", key="k", approved_by="grace")
        journal.close()
    assert CANARY.encode() not in Path(sqlite.removeprefix("sqlite:///")).read_bytes()


def test_a_company_is_erased_and_the_others_stay(store: str) -> None:
    with (
        staged(store, NAMELY) as stage,
        BAMBOOHR.start(people=5, now=stage.box.clock.now()) as box,
        box.connect() as other,
    ):
        stage.sync()
        stage.roster.sync(other)
        stage.roster.forget(other)
        assert stage.roster.connections() == [stage.connection.name]
        assert stage.ids() == stage.everyone()
        assert stage.roster.sync(other).counts["added"] == 5, "a company that is connected again begins anew"
        with pytest.raises(hc.ConfigError, match="no connection 'nobody'"):
            stage.roster.forget("nobody")


def test_what_cannot_be_read_is_sealed_where_a_key_is_set(sqlite: str) -> None:
    key = Fernet.generate_key().decode()
    with staged(sqlite, BAMBOOHR) as stage, Roster(sqlite, key=key, now=stage.box.clock.now) as sealed:
        stage.box.play("malformed", on="/reports/custom", times=None)
        sealed.sync(stage.connection)
        (aside,) = sealed.quarantine()
        assert "unexpected" in aside.payload
        engine = open_store(sqlite)
        with engine.connect() as db:
            assert "unexpected" not in db.execute(select(quarantine.c.payload)).scalar_one()
        engine.dispose()
        with pytest.raises(hc.ConfigError, match="HEADCOUNT_KEY"):
            stage.roster.quarantine()


def test_what_is_kept_beside_the_present_lasts_as_long_as_is_said(sqlite: str) -> None:
    terms = SyncPolicy(
        retention=Retention(history=timedelta(days=30), runs=timedelta(days=30), left=timedelta(days=60))
    )
    with staged(sqlite, NAMELY) as stage:
        stage.sync(policy=terms)
        person = stage.plain()
        id = stage.id_of(person)
        person.active, person.left = False, date(2027, 3, 12)
        stage.box.touch(person)
        stage.sync(hours=72, policy=terms)
        assert ("terminated", id) in stage.events()
        stage.sync(hours=24 * 40, policy=terms)
        assert ("terminated", id) not in stage.events()
        assert id in stage.ids()
        assert len(stage.roster.runs()) == 1
        stage.sync(hours=24 * 40, policy=terms)
        assert id not in stage.ids()
        with pytest.raises(hc.ConfigError, match="the history begins on"):
            stage.roster.as_of(date(2027, 3, 20))
