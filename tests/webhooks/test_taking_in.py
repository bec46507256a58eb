"""Who was named is read again: by the vendor's own answer, once it is committed, and nothing is lost in between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.roster import Limits, Progress, Roster, Schedule, SyncPolicy
from headcount.roster.watching import Ended, Watch, Watched
from headcount.sandbox import Person
from tests.connectors.vendors import NAMELY
from tests.roster.simulation import Forks
from tests.webhooks.office import Office, event, opened, receiver, signed

SIGKILL = 9


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    found = Forks("tests.webhooks.child")
    yield found
    found.close()


def quietly_renamed(office: Office, skip: int = 0, name: str = "Quietly") -> Person:
    """Somebody's name is another, and no log of changes tells it: only who reads the record again sees it."""
    person = office.plain(skip)
    person.given = name
    return person


def given(office: Office, person: Person) -> str | None:
    return office.roster.employee(office.box.id_of(person)).given_name


def test_those_alone_are_read_who_were_named(anywhere: Office) -> None:
    named, other = quietly_renamed(anywhere, 0), quietly_renamed(anywhere, 1)
    anywhere.send(event(id=named.id))
    before = anywhere.roster.status()[0].freshness
    (again,) = (anywhere.roster.runs(limit=1)[0],)
    run = anywhere.take_in()
    assert run is not None
    assert (run.kind, run.state, run.counts["received"], run.counts["changed"]) == ("named", "done", 1, 1)
    assert given(anywhere, named) == "Quietly"
    assert given(anywhere, other) != "Quietly"
    after = anywhere.roster.status()[0].freshness
    assert (after.synced_at, after.full_at) == (before.synced_at, before.full_at)  # of the others nothing is known
    assert anywhere.take_in() is None
    assert again.kind == "full"


def test_a_sync_reads_who_was_named_beside_what_changed(office: Office) -> None:
    office.box.clock.advance(hours=1)
    named, changed = quietly_renamed(office, 0), office.plain(1)
    changed.given = "Loudly"
    office.box.touch(changed)
    office.send({"employees": [{"id": str(named.id)}, {"id": str(changed.id)}]})
    run = office.roster.sync(office.connection)
    assert (run.kind, run.counts["received"], run.counts["changed"]) == ("changes", 2, 2)
    assert (given(office, named), given(office, changed)) == ("Quietly", "Loudly")
    assert not office.waiting()


def test_nobody_is_gone_because_a_message_says_so(office: Office) -> None:
    """And who is named as gone, and is there, is there."""
    there, gone = office.plain(0), office.plain(1)
    office.box.people.remove(gone)
    for person in (there, gone):
        office.send(event(id=person.id, kind="deleted"))
    run = office.take_in()
    assert run is not None
    assert run.counts["deleted"] == 1
    (deleted,) = office.roster.employees(deleted=True)
    assert deleted.id == str(gone.id)
    assert office.rows("SELECT basis FROM roster_employees WHERE deleted_at IS NOT NULL") == [("explicit_404",)]
    assert str(there.id) in {person.id for person in office.roster.employees()}


def test_too_many_who_are_gone_at_once_are_held(office: Office) -> None:
    """Those who were asked for, and nobody beside; a later message of the same does not hold others."""
    gone = [office.plain(skip) for skip in range(8)]
    for person in gone:
        office.box.people.remove(person)
    policy: dict[str, Any] = {"limits": Limits(departures=5, few=3)}
    run = None
    for _ in range(2):
        for person in gone:
            office.send(event(id=person.id, kind="deleted", again=office.box.clock.now().isoformat()))
        run = office.take_in(**policy)
        assert run is not None
        assert run.state == "held"
        assert {id for id, *_ in office.roster.held(run)} == {str(person.id) for person in gone}
        office.box.clock.advance(minutes=1)
    assert run is not None
    office.roster.release(run)
    assert len(list(office.roster.employees(deleted=True))) == 8


def test_a_full_read_asks_at_once_about_who_was_named_and_is_not_in_it(office: Office) -> None:
    gone = office.plain(0)
    office.box.people.remove(gone)
    office.send(event(id=gone.id, kind="deleted"))
    run = office.roster.sync(office.connection, full=True)
    assert (run.kind, run.counts["deleted"]) == ("full", 1)
    assert not office.waiting()


def test_an_unknown_id_is_read_and_left_where_there_is_nobody(office: Office) -> None:
    new = office.box.newcomer()
    new.given, new.family, new.hired = "Nia", "New", office.box.clock.today()
    office.box.people.append(new)
    office.send(event(id=new.id, kind="created"))
    office.send(event(id=987654, kind="created"))
    run = office.take_in()
    assert run is not None
    assert (run.state, run.counts["added"]) == ("done", 1)
    assert given(office, new) == "Nia"
    assert not office.waiting()


def test_a_message_that_comes_during_the_sync_waits_for_the_next(office: Office) -> None:
    person = quietly_renamed(office)
    office.send(event(id=person.id))

    def during(progress: Progress) -> None:
        if progress.stage == "writing":
            person.given = "Later"
            office.send(event(id=person.id, second=True))

    run = office.roster.take_in(office.connection, watching=during)
    assert run is not None
    assert given(office, person) == "Quietly"
    assert list(office.waiting()) == [str(person.id)]
    office.take_in()
    assert given(office, person) == "Later"


def test_messages_in_another_order_come_to_the_same(office: Office) -> None:
    """A record is read again as it is now, whatever the messages say and when they come."""
    person = office.plain()
    messages = []
    for step in range(5):
        person.given = f"Step {step}"
        office.box.touch(person)
        office.box.clock.advance(seconds=2)
    messages = list(office.outbox.waiting)
    assert len(messages) == 5
    for one in reversed(messages):
        assert office.receive(one.headers, one.body).ids == (str(person.id),)
        office.take_in()
        assert given(office, person) == "Step 4"


def test_an_error_leaves_everything_waiting(office: Office) -> None:
    person = quietly_renamed(office)
    office.send(event(id=person.id))
    office.box.play("error", times=None)
    with pytest.raises(hc.Unavailable):
        office.take_in()
    assert list(office.waiting()) == [str(person.id)]
    office.box.calm()
    office.take_in()
    assert given(office, person) == "Quietly"


def test_who_cannot_be_read_is_asked_for_once_more_and_then_aside(office: Office) -> None:
    person = quietly_renamed(office)
    office.send(event(id=person.id))
    office.box.play("malformed", on="/reports/custom$", times=None)
    for waits in (True, False):
        run = office.take_in()
        assert run is not None
        assert run.state == "partial"
        assert bool(office.waiting()) is waits
    assert [aside.id for aside in office.roster.quarantine()] == [str(person.id)]


def test_a_read_that_goes_on_lets_nobody_go_who_was_named_since(sqlite: str) -> None:
    """Their page may have come before they were named."""
    with opened(sqlite, NAMELY, people=60) as office:
        office.box.play("clamped", on="/profiles$", size=10, times=None)

        class Stop(BaseException):
            pass

        def stop(progress: Progress) -> None:
            if progress.received >= 30:
                raise Stop

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("headcount.roster.gathering.TOGETHER", 5)
            with pytest.raises(Stop):
                office.roster.sync(office.connection, full=True, watching=stop)
            person = quietly_renamed(office, 0)
            body = json.dumps({"event": "profile.updated", "profile_id": person.uuid}).encode()
            office.receive({}, body, unsigned=True)
            run = office.roster.sync(office.connection, full=True)
        assert "went on where an earlier read broke off" in run.notes
        assert given(office, person) != "Quietly"
        assert list(office.waiting()) == [person.uuid]
        office.box.calm()
        office.take_in()
        assert given(office, person) == "Quietly"


def test_a_server_that_does_not_tell_what_changed_is_asked_for_the_named_alone(sqlite: str) -> None:
    with opened(sqlite, NAMELY, "guide", people=60) as office, receiver(office) as address:
        office.hook.url = address
        person = office.plain()
        person.given = "Anew"
        office.box.touch(person)
        office.outbox.deliver()
        assert [answer.status for answer in office.answers] == [404]  # it is off by itself
        office.receive({}, office.outbox.sent[0].body, unsigned=True)
        before = len(office.box.log)
        run = office.take_in()
        assert run is not None
        assert run.kind == "named"
        assert [one for one in office.box.log[before:] if one.path.endswith("/profiles")] == []
        assert given(office, person) == "Anew"


def test_where_some_cannot_be_read_by_themselves_everybody_is(office: Office) -> None:
    of = office.connection.connector
    office.connection.connector = attrs.evolve(of, employees=attrs.evolve(of.employees, some=None))
    person = office.plain()
    (answer,) = office.send(event(id=person.id))
    assert answer.ids == ()
    assert list(office.waiting()) == [""]
    assert (run := office.take_in()) is not None
    assert run.kind == "changes"
    assert not office.waiting()


def test_who_was_forgotten_is_not_read_again(office: Office) -> None:
    person = office.plain()
    office.send(event(id=person.id))
    office.roster.forget("acme", str(person.id))
    assert not office.waiting()
    office.send(event(id=person.id, again=True))
    before = len(office.box.log)
    office.take_in()
    assert f"/employees/{person.id}" not in [one.path[-13:] for one in office.box.log[before:]]
    assert not office.box.log[before:] or all("filters" not in (one.body or {}) for one in office.box.log[before:])
    assert not office.waiting()
    office.send(event(id=1))
    office.roster.forget("acme")
    assert not office.rows("SELECT connection FROM roster_messages")
    assert not office.waiting()


# -- processes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sync", [False, True], ids=["take_in", "sync"])
def test_a_process_that_is_killed_between_mark_and_read_loses_nothing(sync: bool, office: Office, forks: Forks) -> None:
    """Killed before and after each request and each commit; what it did not commit is read again."""
    told: dict[str, Any] = {"settings": office.box.settings, "store": office.roster.url, "sync": sync}
    kill_at = 0
    office.box.clock.advance(hours=1)
    while True:
        kill_at += 1
        name = f"Killed at {kill_at}"
        person = quietly_renamed(office, kill_at % 5, name)
        office.send(event(id=person.id, n=kill_at))
        ahead = office.box.clock._offset.total_seconds()
        killed = forks.ask({**told, "ahead": ahead, "kill_at": kill_at})
        if killed["killed"] == 0:
            break
        assert killed["killed"] == SIGKILL
        if given(office, person) != name:
            assert str(person.id) in office.waiting()
        again = forks.ask({**told, "ahead": ahead, "kill_at": 0})
        assert "passed" in again, again
        assert given(office, person) == name
        assert not office.waiting()
    assert kill_at > 15


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_one_message_in_several_processes_counts_once(kind: str, request: pytest.FixtureRequest) -> None:
    with opened(request.getfixturevalue(kind)) as office:
        body = json.dumps(event(id="12"))
        now = office.box.clock.now()
        told = {
            "settings": office.box.settings,
            "store": office.roster.url,
            "headers": signed(body.encode(), int(now.timestamp()), office.hook.key),
            "body": body,
            "now": now.isoformat(),
        }
        word = [sys.executable, "-m", "tests.webhooks.child", json.dumps(told)]
        running = [subprocess.Popen(word, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        found = [json.loads(process.communicate()[0]) for process in running]
        assert [one["status"] for one in found] == [200] * 4, found
        assert sum(not one["duplicate"] for one in found) == 1
        assert list(office.waiting()) == ["12"]


# -- soon ---------------------------------------------------------------------------------------------


def watching(office: Office, told: list[Ended], roster: Roster) -> Watch:
    policy = SyncPolicy()
    schedule = Schedule.parse("daily at 02:00")
    one = Watched(
        name="acme",
        schedule=schedule,
        policy=policy,
        connect=lambda: office.box.connect(name="acme", store=office.roster.url, vault=office.connection.vault),
    )
    return Watch(roster, [one], told=told.append)


def test_a_watch_takes_in_who_is_named_and_keeps_to_its_schedule(office: Office) -> None:
    told: list[Ended] = []
    watch = watching(office, told, office.roster)
    (due,) = watch.due().values()
    watch.run(once=True)
    assert not told
    person = quietly_renamed(office)
    office.send(event(id=person.id))
    assert watch.due()["acme"] <= office.box.clock.now()
    watch.run(once=True)
    (ended,) = told
    assert ended.run is not None
    assert ended.run.kind == "named"
    assert given(office, person) == "Quietly"
    assert watch.due() == {"acme": due}


def test_a_watch_does_not_ask_a_vendor_that_is_down_without_a_pause(office: Office) -> None:
    told: list[Ended] = []
    watch = watching(office, told, office.roster)
    office.send(event(id="5"))
    office.box.play("error", times=None)
    watch.run(once=True)
    (ended,) = told
    assert isinstance(ended.error, hc.Unavailable)
    assert timedelta(0) < watch.due()["acme"] - office.box.clock.now() <= timedelta(minutes=1)


def test_the_status_says_how_many_wait(office: Office) -> None:
    office.send({"employees": [{"id": 3}, {"id": 4}]})
    assert office.roster.status()[0].waiting == 2
    assert office.roster.waiting("acme") == 2
