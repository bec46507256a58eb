"""One key gives one result, whoever asks and however many at once; a run has one holder, and one that lost it stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Sandbox
from tests.lifecycle.cases import AT_ONCE, TODAY, Case, Hand, approved, case_named, connected, held, undisturbed, writes
from tests.lifecycle.conftest import Workers
from tests.lifecycle.test_killed import planned, work

LEASE = timedelta(minutes=20)
HIRES = ("namely-observed-hire", "bamboohr-observed-hire", "insightly-guide-hire")


@pytest.fixture
def hire() -> Case:
    return case_named("namely-observed-hire")


@pytest.fixture
def box(hire: Case) -> Iterator[Sandbox]:
    with hire.start() as running:
        yield running


@pytest.fixture
def journals(store: str) -> Iterator[Callable[..., hc.Journal]]:
    """Journals in one store, each as another program has it."""
    opened: list[hc.Journal] = []

    def another(**how: Any) -> hc.Journal:
        opened.append(hc.Journal(store, **how))
        return opened[-1]

    yield another
    for journal in opened:
        journal.close()


Journals = Callable[..., hc.Journal]


# -- one key, one result --------------------------------------------------------------------------


@pytest.mark.parametrize("name", HIRES)
def test_a_key_that_is_asked_again_gives_its_result_and_sends_nothing(name: str, store: str) -> None:
    case = case_named(name)
    with case.start() as box, case.connect(box, store) as connection:
        change = case.ready(box, connection)
        first = connection.make(change, key="order-1", approved_by="grace")
        sent = len(box.log)
        for _ in range(3):
            again = connection.make(change, key="order-1", approved_by="grace")
            assert (again.run, again.id, again.state, again.repeated) == (first.run, first.id, "proved", True)
        assert not first.repeated
        assert len(box.log) == sent, "not even read"
        assert len(writes(box)) == case.writes
        assert len(connection.journal.runs()) == 1


def test_a_plan_is_applied_once_without_a_key(box: Sandbox, hire: Case, store: str) -> None:
    with hire.connect(box, store) as connection:
        plan = connection.plan(hire.ready(box, connection))
        first = connection.apply(plan, approval=approved(plan))
        again = connection.apply(plan)
        assert first.key == plan.digest
        assert (again.repeated, again.id) == (True, first.id)
        assert len(writes(box)) == 1


def test_a_plan_that_was_applied_under_one_key_is_not_under_another(box: Sandbox, hire: Case, store: str) -> None:
    with hire.connect(box, store) as connection:
        change = hc.Update(id=hire.vendor.id_of(box.people[0]), fields={"family_name": "Neumann"})
        plan = connection.plan(change)
        connection.apply(plan, key="one")
        with pytest.raises(hc.Held):
            connection.apply(plan, key="two")
        assert len(writes(box)) == 1


def test_a_key_that_was_used_for_another_change_is_refused(box: Sandbox, hire: Case, store: str) -> None:
    id = hire.vendor.id_of(box.people[0])
    with hire.connect(box, store) as connection:
        connection.make(hc.Update(id=id, fields={"family_name": "Neumann"}), key="order-1")
        other = hc.Update(id=id, fields={"family_name": "Altmann"})
        asks: list[Callable[[], hc.Outcome]] = [
            lambda: connection.make(other, key="order-1"),
            lambda: connection.apply(connection.plan(other), key="order-1"),
        ]
        for ask in asks:
            with pytest.raises(hc.ConfigError, match=r"key 'order-1' was used for another change, in run [0-9a-f]{8}"):
                ask()
        assert len(writes(box)) == 1


@pytest.mark.parametrize("key", ["x" * 200, "Ω-\N{OK HAND SIGN}", "50%_'\"\\", " order 1 ", "1"])
def test_any_short_text_is_a_key(key: str, box: Sandbox, hire: Case, store: str) -> None:
    with hire.connect(box, store) as connection:
        change = hc.Update(id=hire.vendor.id_of(box.people[0]), fields={"family_name": "Neumann"})
        assert connection.make(change, key=key).key == key
        assert connection.make(change, key=key).repeated


@pytest.mark.parametrize("key", ["", "   ", "x" * 201, "a\0b", "a\nb"])
def test_what_is_no_key_is_refused_before_anything_is_sent(key: str, box: Sandbox, hire: Case, store: str) -> None:
    with hire.connect(box, store) as connection:
        change = hc.Update(id=hire.vendor.id_of(box.people[0]), fields={"family_name": "Neumann"})
        with pytest.raises(hc.ConfigError):
            connection.make(change, key=key)
        with pytest.raises(hc.ConfigError):
            connection.apply(connection.plan(change), key=key)
        assert writes(box) == []


def test_a_key_that_looks_like_the_beginning_of_a_runs_id_is_a_key(box: Sandbox, hire: Case, sqlite: str) -> None:
    id = hire.vendor.id_of(box.people[0])
    with hire.connect(box, sqlite) as connection:
        first = connection.make(hc.Update(id=id, fields={"family_name": "Neumann"}), key="order-1")
        second = connection.make(hc.Update(id=id, fields={"family_name": "Altmann"}), key=first.run[:6])
        assert second.run != first.run


def test_a_run_that_is_proved_is_not_gone_on_with(box: Sandbox, hire: Case, sqlite: str) -> None:
    """Neither by its name, nor by one who was told a moment ago that it is being applied."""
    with hire.connect(box, sqlite) as connection:
        first = connection.make(hire.ready(box, connection), key="k", approved_by="grace")
        box.people[-1].family = "King"  # she married, long after
        again = connection.resume("k")
        assert (again.state, again.repeated) == (first.state, True)
        assert len(connection.journal.audit()) == 1


# -- many at once ---------------------------------------------------------------------------------


def at_once(count: int, ask: Callable[[int], hc.Outcome]) -> list[hc.Outcome | hc.HeadcountError]:
    """What so many threads are given that ask at the same moment."""
    together, given = threading.Barrier(count), list[Any]()

    def run(number: int) -> None:
        together.wait()
        try:
            given.append(ask(number))
        except (hc.Held, hc.Conflict) as error:  # another is at it, or was a moment ago
            given.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == count, "one of them failed in another way"
    return given


@pytest.mark.parametrize("shared", ["one-connection", "one-journal", "own-journals"])
def test_of_many_threads_with_one_key_one_sends(shared: str, store: str, journals: Journals) -> None:
    case = case_named("bamboohr-observed-hire")
    with case.start() as box:
        journal = journals()
        with case.connect(box, journal) as connection:
            change = case.ready(box, connection)

            def ask(number: int) -> hc.Outcome:
                if shared == "one-connection":
                    return connection.make(change, key="k", approved_by="grace")
                with case.connect(box, journal if shared == "one-journal" else journals()) as own:
                    return own.make(change, key="k", approved_by="grace")

            given = at_once(5, ask)
            outcomes = [one for one in given if isinstance(one, hc.Outcome)]
            assert len({outcome.run for outcome in outcomes}) == 1
            assert [outcome.repeated for outcome in outcomes].count(False) == 1
            assert connection.make(change, key="k", approved_by="grace").repeated
        assert held(box) == undisturbed(case)
        assert len(writes(box)) == 3
        assert [record["state"] for record in journal.audit()] == ["proved"]


@pytest.mark.parametrize("do", ["apply", "make"])
@pytest.mark.parametrize("round_", range(2))
def test_of_several_processes_with_one_key_one_sends(
    do: str, round_: int, store: str, workers: Workers, tmp_path: Path
) -> None:
    name = "bamboohr-observed-hire"
    case = case_named(name)
    with case.start() as box:
        plan, start = planned(box, name), tmp_path / "start"
        for number in range(3):
            workers.begin(number, **work(box, name, do=do, store=store, plan=plan.to_json(), start=str(start)))
        start.touch()
        given = [workers.ended(number) for number in range(3)]
        proved = [one for one in given if one.get("state") == "proved" and not one["repeated"]]
        assert len(proved) == 1, given
        assert {one["error"] for one in given if "error" in one} <= {"Held", "Conflict"}, given
        with case.connect(box, store) as connection:
            again = connection.make(plan.change, key="k", approved_by="grace")
        assert again.repeated
        assert held(box) == undisturbed(case)
        assert len(writes(box)) == 3


def test_of_several_processes_with_a_key_each_one_hires(store: str, workers: Workers, tmp_path: Path) -> None:
    """Two programs that hire the same person at the same moment, and know nothing of each other."""
    name = "namely-observed-hire"
    case = case_named(name)
    with case.start() as box:
        plan, start = planned(box, name), tmp_path / "start"
        for number in range(3):
            job = work(box, name, do="make", store=store, plan=plan.to_json(), start=str(start))
            workers.begin(number, **{**job, "key": f"k{number}"})
        start.touch()
        given = [workers.ended(number) for number in range(3)]
        assert [one.get("state") for one in given].count("proved") == 1, given
        assert held(box) == undisturbed(case)
        assert len(writes(box)) == 1


def test_several_keys_at_once_lose_nothing(store: str, journals: Journals) -> None:
    case = case_named("namely-guide-update")
    with case.start() as box:
        people = box.people[20:26]

        def ask(number: int) -> hc.Outcome:
            with case.connect(box, journals()) as own:
                change = hc.Update(id=case.vendor.id_of(people[number]), fields={"family_name": f"Neumann {number}"})
                return own.make(change, key=f"k{number}")

        given = at_once(6, ask)
        assert all(isinstance(one, hc.Outcome) and one.state == "proved" for one in given), given
        assert [person.family for person in people[:6]] == [f"Neumann {number}" for number in range(6)]
        assert len(journals().audit()) == 6
        assert [one["number"] for one in journals().audit()] == list(range(1, 7))


# -- whose run it is ------------------------------------------------------------------------------


HERE = (socket.gethostname(), os.getpid())
ELSEWHERE = ("another-machine", 1)


def begun(
    journal: hc.Journal, box: Sandbox, case: Case, lease: timedelta = LEASE, *, at: tuple[str, int] = HERE
) -> hc.Run:
    """A run that was begun on a machine by a process, which does not go on."""
    with case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.journal.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("socket.gethostname", lambda: at[0])
        patched.setattr("os.getpid", lambda: at[1])
        run, new = journal.begin(plan, "k", approved(plan), lease, plan.made_at)
    assert new
    return run


def test_a_run_of_a_process_that_lives_is_held(box: Sandbox, hire: Case, journals: Journals) -> None:
    run = begun(journals(), box, hire)
    with hire.connect(box, journals()) as connection:
        asks: list[Callable[[], hc.Outcome]] = [
            lambda: connection.resume("k"),
            lambda: connection.make(run.plan.change, key="k", approved_by="grace"),
            lambda: connection.apply(run.plan, key="k"),
        ]
        for ask in asks:
            with pytest.raises(hc.Held, match=r"is being applied by process \d+ on .*; wait for it, at most until"):
                ask()
    assert writes(box) == []


def test_a_run_of_a_process_that_died_is_taken_over_at_once(box: Sandbox, hire: Case, journals: Journals) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    begun(journals(), box, hire, at=(HERE[0], dead.pid))
    with hire.connect(box, journals()) as connection:
        assert connection.resume("k").state == "proved"
    assert len(writes(box)) == 1


def test_a_run_of_another_machine_is_taken_over_when_its_time_is_up(
    box: Sandbox, hire: Case, journals: Journals
) -> None:
    clock = Hand()
    begun(journals(), box, hire, at=ELSEWHERE)
    with hire.connect(box, journals(now=clock)) as connection:
        for ahead in (timedelta(0), LEASE - timedelta(seconds=5)):
            clock.ahead = ahead
            with pytest.raises(hc.Held, match="process 1 on another-machine"):
                connection.resume("k")
        assert writes(box) == []
        clock.ahead = LEASE + timedelta(seconds=1)
        assert connection.resume("k").state == "proved"
    assert len(writes(box)) == 1


def test_whoever_holds_a_run_holds_it_longer_with_each_step(box: Sandbox, hire: Case, journals: Journals) -> None:
    clock = Hand()
    other = journals(now=clock)
    run = begun(other, box, hire, at=ELSEWHERE)
    clock.ahead = LEASE - timedelta(seconds=5)
    other.note(run, run.steps[0], lease=LEASE)
    clock.ahead = LEASE + timedelta(minutes=1)
    with hire.connect(box, journals(now=clock)) as connection, pytest.raises(hc.Held):
        connection.resume("k")


def test_a_process_that_lost_its_run_sends_nothing_more(store: str, journals: Journals) -> None:
    """It slept for an hour after its first write; meanwhile another finished its work."""
    case = case_named("bamboohr-observed-hire")
    clock = Hand()
    clock.ahead = timedelta(hours=1)
    finished: list[hc.Outcome] = []

    def stolen(request: hc.Request) -> None:
        if request.method == "POST" and request.path == "/employees" and not finished:
            with case.connect(running, journals(now=clock)) as other:
                finished.append(other.resume("k"))

    class Thief:
        headcount_sent = staticmethod(hc.hookimpl(stolen))

    with case.start() as running:
        slow = journals()
        with connected(running, case.vendor, Thief(), store=slow) as connection:
            plan = connection.plan(case.ready(running, connection))
            with pytest.raises(hc.Held, match="was taken over by another process; nothing more is sent from here"):
                connection.apply(plan, key="k", approval=approved(plan))
        assert [outcome.state for outcome in finished] == ["proved"]
        assert len(writes(running)) == 3
        assert held(running) == undisturbed(case)
        (run,) = slow.runs()
        assert run.state == "proved", "the one that lost it writes nothing about it"
        assert len(slow.audit()) == 1


def test_a_thread_that_lost_its_run_to_another_sends_nothing_more(box: Sandbox, hire: Case, sqlite: str) -> None:
    clock = Hand()
    journal = hc.Journal(sqlite, now=clock)
    mine = begun(journal, box, hire)
    clock.ahead = LEASE + timedelta(seconds=1)
    journal.claim(mine, LEASE)  # another thread of this program resumes it
    try:
        with pytest.raises(hc.Held):
            journal.note(mine, mine.steps[0], lease=LEASE)
    finally:
        journal.close()


def test_a_run_whose_holder_woke_up_meanwhile_is_not_taken(box: Sandbox, hire: Case, sqlite: str) -> None:
    clock = Hand()
    holder, other = hc.Journal(sqlite, now=clock), hc.Journal(sqlite, now=clock)
    mine = begun(holder, box, hire, at=ELSEWHERE)
    clock.ahead = LEASE + timedelta(seconds=1)
    seen = other.run("k")
    assert seen is not None
    holder.note(mine, mine.steps[0], lease=LEASE)  # in the moment between the look and the claim
    try:
        with pytest.raises(hc.Held):
            other.claim(seen, LEASE)
    finally:
        holder.close()
        other.close()


def test_two_that_resume_at_once_are_one(store: str, journals: Journals) -> None:
    case = case_named("bamboohr-observed-hire")
    with case.start() as box:
        begun(journals(), box, case, timedelta(0), at=ELSEWHERE)

        def ask(number: int) -> hc.Outcome:
            with case.connect(box, journals()) as own:
                return own.resume("k")

        given = at_once(4, ask)
        assert any(isinstance(one, hc.Outcome) for one in given)
        assert len(writes(box)) == 3
        assert held(box) == undisturbed(case)


def test_a_run_is_resumed_only_over_the_line_it_was_planned_for(hire: Case, journals: Journals) -> None:
    journal = journals()
    with hire.start() as box, hire.start() as other:
        begun(journal, box, hire, timedelta(0))
        with hire.connect(other, journal) as connection, pytest.raises(hc.Held, match="the plan is for namely at"):
            connection.resume("k")
        assert writes(other) == []


def test_the_same_employee_is_not_changed_by_two_at_once(journals: Journals) -> None:
    case = case_named("namely-guide-terminate")
    with case.start() as box:
        begun(journals(), box, case)
        with case.connect(box, journals(), policy=AT_ONCE) as connection:
            id = case.change(box, connection).whom
            assert id is not None
            with pytest.raises(hc.Held, match="of the same employee is not over"):
                connection.terminate(id, on=TODAY, key="another", approved_by="grace")
        assert writes(box) == []
