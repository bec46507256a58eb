"""The roster answers as it is, as it stood when a reader began, and as it was on a day."""

from __future__ import annotations

import random
import threading
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, text

import headcount as hc
from headcount.roster import EventKind, Roster
from headcount.roster.order import writes
from headcount.roster.tables import events
from headcount.store import open_store
from tests.connectors.vendors import INSIGHTLY, NAMELY
from tests.roster.stage import NOON, Stage, staged

ROW = {
    "connection": "other",
    "version": 1,
    "employee": "1",
    "kind": "hired",
    "on": "2027-01-01",
    "details": "{}",
    "recorded_at": NOON.isoformat(),
    "run": "r",
    "cause": "sync",
}
"""An event as a writer of another connection puts it down."""


def names(stage: Stage, answer: object) -> dict[str, str | None]:
    return {person.id: person.family_name for person in answer}  # type: ignore[attr-defined]


def test_pages_show_the_roster_as_it_stood_at_the_first(store: str) -> None:
    with staged(store, NAMELY) as stage:
        stage.sync()
        before = names(stage, stage.roster.employees())
        page = stage.roster.employees(limit=7)
        found = names(stage, page)
        number = 0
        while page.cursor:
            number += 1
            stage.box.clock.advance(hours=1)
            changed, newcomer = stage.plain(number), stage.box.newcomer()
            changed.family = f"Changed-{number}"
            stage.box.touch(changed)
            newcomer.given, newcomer.family = "Nia", "Newcomer"
            stage.box.people.append(newcomer)
            if number == 1:
                stage.box.people.remove(stage.plain(12))
            stage.sync(full=True, hours=1)
            page = stage.roster.employees(limit=7, cursor=page.cursor)
            found |= names(stage, page)
        assert number > 3
        assert found == before
        assert names(stage, stage.roster.employees()) != before


def test_a_filter_holds_for_the_moment_of_the_first_page(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        active = {person.id for person in stage.roster.employees(status="active")}
        page = stage.roster.employees(status="active", limit=5)
        found = {person.id for person in page}
        for person in [stage.plain(skip) for skip in range(10, 14)]:
            person.active, person.left = False, date(2027, 3, 9)
            stage.box.touch(person)
        stage.sync(full=True, hours=1)
        while page.cursor:
            page = stage.roster.employees(status="active", limit=5, cursor=page.cursor)
            found |= {person.id for person in page}
        assert found == active
        assert len({person.id for person in stage.roster.employees(status="active")}) == len(active) - 4


@pytest.mark.parametrize("cursor", ["", "x", "bm8=", "WzEsMiwzXQ=="])
def test_a_cursor_of_something_else_is_refused(cursor: str, sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        with pytest.raises(hc.ConfigError, match="without a cursor"):
            stage.roster.employees(limit=3, cursor=cursor)


def test_people_are_found_by_status_state_group_and_manager(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        everyone = list(stage.roster.employees())
        assert stage.ids(status="inactive") == {p.id for p in everyone if p.status.value == "inactive"}
        today = stage.box.clock.today()
        assert stage.ids(state="pre_start") == {p.id for p in everyone if p.lifecycle(today) == "pre_start"}
        boss = next(p.manager_id for p in everyone if p.manager_id)
        assert stage.ids(manager=boss) == {p.id for p in everyone if p.manager_id == boss}
        group = next(id for p in everyone for id in p.group_ids or ())
        assert stage.ids(group=group) == {p.id for p in everyone if group in (p.group_ids or ())}
        assert stage.ids(changed_since=stage.box.clock.now() + timedelta(hours=1)) == set()
        with pytest.raises(ValueError, match="nonsense"):
            stage.roster.employees(status="nonsense")


def test_every_answer_says_how_fresh_it_is(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        synced = stage.roster.employees().freshness.synced_at
        assert synced is not None
        stage.box.play("error", times=None)
        with pytest.raises(hc.Unavailable):
            stage.sync(hours=5)
        fresh = stage.roster.groups().freshness
        assert fresh.synced_at == synced, "a read that failed makes nothing fresher"
        assert fresh.age(stage.box.clock.now()) >= timedelta(hours=5)  # type: ignore[operator]


def test_a_day_of_the_past_is_shown_as_it_was(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        person, gone = stage.plain(), stage.plain(3)
        id, old = stage.id_of(person), person.title
        stage.box.clock.advance(days=2)
        person.title = "Director"
        stage.box.touch(person)
        stage.sync(hours=1)
        stage.box.people.remove(gone)
        for _ in range(2):
            stage.sync(hours=25)
        assert stage.id_of(gone) not in stage.ids()
        then = {one.id: one for one in stage.roster.as_of(date(2027, 3, 11))}
        assert then[id].job_title == old
        assert stage.id_of(gone) in then
        assert {one.id: one for one in stage.roster.as_of(date(2027, 3, 12))}[id].job_title == "Director"
        with pytest.raises(hc.ConfigError, match="the history begins on 2027-03-10"):
            stage.roster.as_of(date(2027, 3, 9))


def test_the_feed_alone_makes_the_roster(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        for number in range(3):
            person = stage.plain(number)
            person.title, person.family = f"Title-{number}", "Changed"
            stage.box.touch(person)
            stage.sync(hours=1, full=number == 1)
        docs: dict[str, dict[str, object]] = {}
        for change in stage.roster.changes():
            if change.subject == "employee":
                told = docs.setdefault(change.id, {})
                told.update({name: after for name, (_, after) in change.fields.items()})
        for kept in stage.roster.employees():
            assert docs[kept.id].get("family_name") == kept.family_name
            assert docs[kept.id].get("job_title") == kept.job_title


def test_the_feed_goes_on_after_what_was_read(store: str) -> None:
    with staged(store, NAMELY) as stage:
        stage.sync()
        *_, last = stage.roster.changes()
        assert list(stage.roster.changes(last.seq)) == []
        person = stage.plain()
        person.title = "Director"
        stage.box.touch(person)
        stage.sync(hours=1)
        (change,) = stage.roster.changes(last.seq)
        assert (change.id, change.kind) == (stage.id_of(person), "changed")
        with pytest.raises(hc.ConfigError, match="no position of the feed"):
            list(stage.roster.changes("yesterday"))


def test_a_consumer_gets_each_event_until_it_is_acknowledged(store: str) -> None:
    with staged(store, NAMELY) as stage:
        stage.sync()
        for hours in (24 * 21, 24 * 10):
            stage.box.clock.advance(hours=hours)
            stage.roster.tick()
        told = list(stage.roster.events())
        assert len(told) > 1
        feed = stage.roster.feed("billing")
        assert [event.seq for event in feed] == [event.seq for event in told]
        assert [event.seq for event in stage.roster.feed("billing")] == [event.seq for event in told], (
            "nothing was acked"
        )
        first = next(iter(feed))
        feed.ack(first)
        rest = stage.roster.feed("billing")
        assert [event.seq for event in rest] == [event.seq for event in told[1:]]
        rest.ack()
        rest.ack(first)
        assert list(stage.roster.feed("billing")) == [], "an ack never goes back"
        assert len(list(stage.roster.feed("payroll"))) == len(told), "each consumer has its own place"
        kinds = [event.kind for event in stage.roster.feed("mail", kinds=("hired",))]
        assert set(kinds) == {EventKind.HIRED}


def test_on_postgresql_nothing_is_passed_over_that_commits_late(postgres: str) -> None:
    """Of two writers the second to begin commits first: its rows wait until none of an older one can appear."""
    with staged(postgres, NAMELY, people=3) as stage:
        stage.sync()
        assert list(stage.roster.events()) == []
        engine = open_store(postgres)
        with engine.connect() as late, engine.connect() as early:
            for db, employee in ((late, "1"), (early, "2")):
                writes(db)
                db.execute(insert(events).values({**ROW, "employee": employee}))
            early.commit()
            assert list(stage.roster.events()) == []
            late.commit()
        engine.dispose()
        assert [event.employee_id for event in stage.roster.events()] == ["1", "2"]


def test_on_postgresql_a_reader_beside_eight_writers_gets_every_event_once(postgres: str) -> None:
    """Each writer does something else first, so that it has its number long before it has a row, and may end in any
    order; some give up. The reader goes on from what it read last, all the while."""
    with staged(postgres, NAMELY, people=3) as stage:
        stage.sync()
        engine = open_store(postgres)
        wrote: list[str] = []

        def write(writer: int) -> None:
            chance = random.Random(writer)
            for number in range(40):
                name = f"{writer}-{number}"
                with engine.connect() as db:
                    writes(db)
                    db.execute(text("INSERT INTO scratch VALUES (1)"))
                    time.sleep(chance.random() / 100)
                    db.execute(insert(events).values({**ROW, "employee": name}))
                    time.sleep(chance.random() / 100)
                    if chance.random() < 0.2:
                        db.rollback()
                        continue
                    db.commit()
                    wrote.append(name)

        with engine.begin() as db:
            db.execute(text("CREATE TABLE scratch (id int)"))
        writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for one in writers:
            one.start()
        read: list[str] = []
        after: str | None = None
        going = True
        while going:
            going = any(one.is_alive() for one in writers)  # asked before the last look
            for event in stage.roster.events(after):
                read.append(event.employee_id)
                after = event.seq
        engine.dispose()
        assert len(wrote) > 200
        assert sorted(read) == sorted(wrote)


def test_on_postgresql_a_stranger_does_not_hold_up_the_feed(postgres: str) -> None:
    """What somebody else has open on the same server, even a roster in another schema, is nothing to this one."""
    with staged(postgres, NAMELY) as stage:
        stage.sync()
        stage.box.clock.advance(hours=24 * 31)
        engine = open_store(postgres)
        with engine.begin() as db:
            db.execute(text("CREATE SCHEMA other"))
            db.execute(text("CREATE TABLE other.roster_events (id int)"))
        with engine.connect() as stranger, engine.connect() as other:
            stranger.execute(text("CREATE TABLE strange (id int)"))
            other.execute(text("SET LOCAL search_path = other"))
            writes(other)
            other.execute(text("INSERT INTO roster_events VALUES (1)"))
            stage.roster.tick()
            assert list(stage.roster.events())
        engine.dispose()


def test_two_read_while_one_writes(sqlite: str) -> None:
    """A writer in the middle of a commit stops no reader, and a reader no writer."""
    with staged(sqlite, INSIGHTLY) as stage, Roster(sqlite, now=stage.box.clock.now) as other:
        stage.sync()
        with stage.roster._holding(stage.connection.name) as holding, holding.begin() as db:
            db.execute(text("UPDATE roster_employees SET missing = 0"))
            counts: list[int] = []
            readers = [
                threading.Thread(target=lambda roster=roster: counts.append(len(list(roster.employees()))))
                for roster in (stage.roster, other)
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join(timeout=10)
            assert counts == [len(stage.box.people)] * 2


def test_the_connection_that_is_meant_is_the_only_one_or_named(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage, INSIGHTLY.start(people=5, now=NOON) as box, box.connect() as second:
        with pytest.raises(hc.ConfigError, match="sync a connection first"):
            stage.roster.employees()
        stage.sync()
        assert stage.ids()
        stage.roster.sync(second)
        with pytest.raises(hc.ConfigError, match="say which: insightly, namely-acme"):
            stage.roster.employees()
        assert len(list(stage.roster.employees(second))) == 5
        with pytest.raises(hc.ConfigError, match="no connection 'bamboohr'"):
            stage.roster.employees("bamboohr")
        with pytest.raises(hc.NotFound):
            stage.roster.employee("nobody", "insightly")
