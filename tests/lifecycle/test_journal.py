"""The journal keeps what was done: on SQLite and PostgreSQL, from many writers, and so that a change to it shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

import headcount as hc
from headcount.lifecycle import State
from headcount.sandbox import Sandbox
from tests.lifecycle.cases import Case, Hand, approved, case_named, plain, writes
from tests.lifecycle.conftest import Workers
from tests.lifecycle.test_killed import planned, work

LEASE = timedelta(minutes=20)


@pytest.fixture
def case() -> Case:
    return case_named("namely-guide-update")


@pytest.fixture
def box(case: Case) -> Iterator[Sandbox]:
    with case.start() as running:
        yield running


@pytest.fixture
def journal(store: str) -> Iterator[hc.Journal]:
    found = hc.Journal(store)
    yield found
    found.close()


def by_hand(store: str, *statements: str) -> None:
    """What somebody does to the store who does not go through the journal."""
    engine = create_engine(make_url(store.replace("postgresql:", "postgresql+psycopg:")), poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def renamed(connection: hc.Connection, case: Case, box: Sandbox, *names: str) -> list[hc.Outcome]:
    id = case.vendor.id_of(plain(box))
    return [connection.make(hc.Update(id=id, fields={"family_name": name}), key=name) for name in names]


# -- what is kept ---------------------------------------------------------------------------------


def test_a_run_is_read_back_as_it_was_written(box: Sandbox, case: Case, journal: hc.Journal, store: str) -> None:
    with case.connect(box, journal) as connection:
        plan = connection.plan(case.ready(box, connection))
        outcome = connection.apply(plan, key="order-1", approval=approved(plan, "grace"))
    other = hc.Journal(store)
    (run,) = other.runs()
    assert run == other.run("order-1") == other.run(run.id) == other.run(run.id[:8])
    assert (run.id, run.key, run.plan, run.state) == (outcome.run, "order-1", plan, "proved")
    assert (run.approved_by, run.employee, run.problem, run.holder) == ("grace", outcome.id, None, None)
    (step,) = run.steps
    assert (step.number, step.way, step.state, step.sent, step.status, step.settled_by) == (
        *(1, 0, "done", 1, 200),
        "answer",
    )
    assert step.sent_at is not None
    assert run.made_at <= step.sent_at <= run.changed_at
    assert run.plan.to_json() == plan.to_json()
    other.close()


def test_a_step_is_written_down_before_it_is_sent(box: Sandbox, case: Case, store: str) -> None:
    seen: list[str] = []
    handler = box._answer
    other = hc.Journal(store)

    def answer(request: Any, body: bytes, bites: Any) -> Any:
        if request.method == "PUT":
            (run,) = other.runs()
            seen.extend(step.state for step in run.steps)
        return handler(request, body, bites)

    box._answer = answer  # type: ignore[method-assign]
    with case.connect(box, store) as connection:
        connection.make(case.ready(box, connection), key="k")
    other.close()
    assert seen == ["sent"]


def test_only_what_can_be_resumed_is_unfinished(box: Sandbox, case: Case, journal: hc.Journal) -> None:
    with case.connect(box, journal) as connection:
        renamed(connection, case, box, "Neumann")
        box.play("forbidden", method="PUT")
        with pytest.raises(hc.Forbidden):
            renamed(connection, case, box, "Altmann")
    assert [(run.key, run.state) for run in journal.runs()] == [("Neumann", "proved"), ("Altmann", "stopped")]
    assert [run.key for run in journal.runs(unfinished=True)] == ["Altmann"]


def test_no_run_has_this_name(journal: hc.Journal) -> None:
    assert journal.run("nothing") is None
    assert journal.run("%") is None
    assert journal.runs() == []
    assert journal.audit() == []


def test_a_store_that_cannot_be_written_to_stops_before_anything_is_sent(
    box: Sandbox, case: Case, tmp_path: Any
) -> None:
    with case.connect(box, f"sqlite:///{tmp_path}/missing/x.db") as connection:
        with pytest.raises(hc.ConfigError, match="cannot be opened"):
            connection.make(case.ready(box, connection), key="k")
        assert writes(box) == []


def test_a_store_that_fails_in_the_middle_leaves_a_run_that_can_be_resumed(
    box: Sandbox, case: Case, sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the answer is to be written down: it was sent, and is not sent again."""
    journal = hc.Journal(sqlite)
    before = hc.Journal.note

    def full(self: hc.Journal, run: hc.Run, step: Any, **rest: Any) -> None:
        if step.state == "done":
            raise hc.ConfigError("the store cannot be used: disk full")
        before(self, run, step, **rest)

    with case.connect(box, journal) as connection:
        change = case.ready(box, connection)
        monkeypatch.setattr(hc.Journal, "note", full)
        with pytest.raises(hc.ConfigError, match="disk full"):
            connection.make(change, key="k")
        monkeypatch.undo()
        outcome = connection.resume("k")
    assert (outcome.state, outcome.sent, outcome.settled) == ("proved", 1, 1)
    assert len(writes(box)) == 1
    journal.close()


# -- the record of what was done ------------------------------------------------------------------


@pytest.fixture
def three(box: Sandbox, case: Case, journal: hc.Journal) -> hc.Journal:
    """A journal of three changes."""
    with case.connect(box, journal) as connection:
        renamed(connection, case, box, "Neumann", "Altmann", "Jungmann")
    return journal


def test_the_record_tells_who_had_what_done_to_whom(box: Sandbox, case: Case, journal: hc.Journal) -> None:
    case = case_named("namely-guide-terminate")
    with case.connect(box, journal) as connection:
        plan = connection.plan(case.change(box, connection))
        outcome = connection.apply(plan, approval=approved(plan, "grace"))
    (record,) = journal.audit()
    assert (record["number"], record["run"], record["verb"], record["employee"]) == (
        *(1, outcome.run),
        *("terminate", outcome.id),
    )
    assert (record["approved_by"], record["plan"], record["state"]) == ("grace", plan.digest, "proved")
    assert record["before"]["status"] == "active"
    assert record["expect"]["status"] == "inactive"
    assert record["steps"] == [
        {"request": str(plan.steps[0].request), "state": "done", "sent": 1, "settled_by": "answer"}
    ]


TOUCHED: dict[str, tuple[str, ...]] = {
    "changed": ("UPDATE audit SET record = replace(record, 'proved', 'prOved') WHERE number = 2",),
    "the-first-changed": ("UPDATE audit SET record = replace(record, 'proved', 'prOved') WHERE number = 1",),
    "the-last-changed": ("UPDATE audit SET record = replace(record, 'proved', 'prOved') WHERE number = 3",),
    "taken-out": ("DELETE FROM audit WHERE number = 2",),
    "the-first-taken-out": ("DELETE FROM audit WHERE number = 1",),
    "taken-out-and-closed-up": (
        "DELETE FROM audit WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
    ),
    "put-in": ("INSERT INTO audit SELECT 4, record, previous, hash FROM audit WHERE number = 3",),
    "put-in-before": ("INSERT INTO audit SELECT 0, record, previous, hash FROM audit WHERE number = 1",),
    "turned-round": (
        "UPDATE audit SET number = 9 WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 9",
    ),
    "another-hash": ("UPDATE audit SET hash = previous WHERE number = 3",),
}


@pytest.mark.parametrize("how", TOUCHED)
def test_a_record_that_was_touched_is_noticed(how: str, three: hc.Journal, store: str) -> None:
    assert [record["number"] for record in three.audit()] == [1, 2, 3]
    by_hand(store, *TOUCHED[how])
    with pytest.raises(hc.Held, match=r"audit record \d is not as it was written: the journal was changed by hand"):
        three.audit()


@pytest.mark.parametrize("last", [3, 2, 1])
def test_whoever_keeps_the_last_hash_sees_what_was_cut_off_the_end(last: int, three: hc.Journal, store: str) -> None:
    """A chain cannot show by itself what is missing at its end."""
    kept = three.audit()[-1]["hash"]
    by_hand(store, f"DELETE FROM audit WHERE number >= {last}")
    assert kept not in [record["hash"] for record in three.audit()]
    assert len(three.audit()) == last - 1
    assert len({record["hash"] for record in three.audit()}) == last - 1


def test_the_record_is_only_added_to(three: hc.Journal, box: Sandbox, case: Case) -> None:
    before = three.audit()
    with case.connect(box, three) as connection:
        renamed(connection, case, box, "Neubauer")
        box.play("forbidden", method="PUT")
        with pytest.raises(hc.Forbidden):
            renamed(connection, case, box, "Bauer")
        connection.resume("Bauer")
    after = three.audit()
    assert after[:3] == before
    assert [record["state"] for record in after[3:]] == ["proved", "stopped", "proved"]


def test_a_plan_that_was_touched_in_the_store_is_not_resumed(
    box: Sandbox, case: Case, journal: hc.Journal, store: str
) -> None:
    with case.connect(box, journal) as connection:
        box.play("forbidden", method="PUT")
        with pytest.raises(hc.Forbidden):
            renamed(connection, case, box, "Neumann")
        by_hand(store, "UPDATE runs SET plan = replace(plan, 'Neumann', 'Altmann')")
        before = len(writes(box))
        with pytest.raises(hc.ConfigError, match="the journal was changed by hand"):
            connection.resume("Neumann")
        assert len(writes(box)) == before


# -- many writers ---------------------------------------------------------------------------------


def at_once(count: int, do: Callable[[int], None]) -> None:
    failed: list[BaseException] = []
    together = threading.Barrier(count)

    def run(number: int) -> None:
        together.wait()
        try:
            do(number)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_many_writers_lose_nothing(store: str, case: Case) -> None:
    """Each with a journal of its own, all on one chain; the store itself is made by all of them at once."""
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.journal.close()
    rounds, count = 5, 6

    def write(number: int) -> None:
        journal = hc.Journal(store)
        for turn in range(rounds):
            own = attrs.evolve(
                plan, change=hc.Update(id=f"{number}-{turn}", fields={"family_name": f"N{number}-{turn}"})
            )
            run, new = journal.begin(own, f"{number}-{turn}", None, LEASE, own.made_at)
            assert new
            journal.note(run, attrs.evolve(run.steps[0], state="done", sent=1), lease=LEASE)
            journal.finish(run, State.PROVED, record={"run": run.id, "state": "proved"})
        journal.close()

    at_once(count, write)
    journal = hc.Journal(store)
    runs, records = journal.runs(), journal.audit()
    journal.close()
    assert len(runs) == len(records) == rounds * count
    assert {run.state for run in runs} == {"proved"}
    assert {record["run"] for record in records} == {run.id for run in runs}
    assert all(step.state == "done" for run in runs for step in run.steps)


def test_many_processes_lose_nothing(store: str, workers: Workers, tmp_path: Any) -> None:
    """Different people, changed by two processes at the same moment."""
    cases = ("namely-observed-update", "namely-observed-hire")
    start = tmp_path / "start"
    with case_named(cases[0]).start() as box:
        plans = [planned(box, name) for name in cases]
        for number, (name, plan) in enumerate(zip(cases, plans, strict=True)):
            job = work(box, name, do="make", store=store, plan=plan.to_json(), start=str(start))
            workers.begin(number, **{**job, "key": name})
        start.touch()
        ended = [workers.ended(number) for number in range(len(plans))]
        assert [one.get("state") for one in ended] == ["proved"] * len(plans), ended
        journal = hc.Journal(store)
        assert {record["run"] for record in journal.audit()} == {run.id for run in journal.runs()}
        assert len(journal.runs()) == len(writes(box)) == len(plans)
        journal.close()


def test_one_begins_and_all_others_are_told_so(store: str, case: Case) -> None:
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.journal.close()
    begun: list[tuple[str, bool]] = []

    def begin(number: int) -> None:
        journal = hc.Journal(store)
        run, new = journal.begin(plan, "k", None, LEASE, plan.made_at)
        begun.append((run.id, new))
        journal.close()

    at_once(6, begin)
    assert [new for _, new in begun].count(True) == 1
    assert len({id for id, _ in begun}) == 1


def test_the_clock_of_the_journal_is_the_one_that_is_given(box: Sandbox, case: Case, sqlite: str) -> None:
    clock = Hand()
    journal = hc.Journal(sqlite, now=clock)
    with case.connect(box, journal) as connection:
        (outcome,) = renamed(connection, case, box, "Neumann")
    clock.ahead = timedelta(days=3)
    with case.connect(box, journal) as connection:
        change = hc.Update(id=str(outcome.id), fields={"family_name": "Altmann"})
        with pytest.raises(hc.Held, match="plan again"):
            connection.make(change, key="later")
    journal.close()
