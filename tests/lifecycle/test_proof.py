"""What was sent is read back: nothing is called done that the vendor does not show."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Answer, Call, Sandbox
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY
from tests.lifecycle.cases import (
    AT_ONCE,
    CASES,
    TODAY,
    Case,
    approved,
    case_named,
    connected,
    held,
    plain,
    undisturbed,
    writes,
)


class Ignoring(NamelySandbox):
    """Takes a change with a good answer, and makes only some of it; `ignored` are the fields it forgets."""

    ignored: frozenset[str] = frozenset()

    def write(self, person: Any, sent: dict[str, Any], changes: dict[str, Any]) -> None:
        super().write(person, sent, {name: value for name, value in changes.items() if name not in self.ignored})


class Forgetful(BambooSandbox):
    """Answers that a row was added, and adds none."""

    def _add(self, person: Any, table: str, row: Any) -> None: ...


class Clerk(InsightlySandbox):
    """Takes a PUT of the whole user, and spoils what was not to change."""

    def _replace(self, person: Any, body: dict[str, Any]) -> None:
        super()._replace(person, body)
        person.email = "somebody.else@example.com"


def taken(box: Sandbox, connection: hc.Connection, case: Case) -> tuple[hc.VerifyError, hc.Run]:
    """The error of a change that was taken and is not shown, and its run."""
    plan = connection.plan(case.ready(box, connection))
    with pytest.raises(hc.VerifyError) as stopped:
        connection.apply(plan, key="k", approval=approved(plan))
    run = connection.journal.run("k")
    assert run is not None
    assert (run.state, run.problem, run.id) == ("differs", str(stopped.value), stopped.value.run)
    assert [step.state for step in run.steps] == ["done"] * len(run.steps)
    return stopped.value, run


@pytest.fixture
def journal() -> Any:
    found = hc.Journal("sqlite://")
    yield found
    found.close()


# -- what differs ---------------------------------------------------------------------------------


def test_what_was_taken_and_not_done_is_told_by_field_wanted_and_found(journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        was = plain(box).title
        box.ignored = frozenset({"title"})  # type: ignore[attr-defined]
        error, run = taken(box, connection, case)
        wanted = run.plan.expect["job_title"]
        assert error.differences == {"job_title": (wanted, was)}
        assert f"job_title should be {wanted}, and is {was}" in str(error)
        assert run.id[:8] in str(error)
        assert len(writes(box)) == 1


def test_of_what_is_not_about_work_the_text_tells_the_name_alone(journal: hc.Journal) -> None:
    case = case_named("namely-observed-update")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        was = plain(box).family
        box.ignored = frozenset({"family", "mobile_phone"})  # type: ignore[attr-defined]
        error, _ = taken(box, connection, case)
        assert error.differences["family_name"] == ("Neumann", was)
        assert "family_name should be another than it is" in str(error)
        assert "mobile_phone should be another than it is" in str(error)
        assert "Neumann" not in str(error)


def test_a_termination_that_is_taken_and_not_made_differs(journal: hc.Journal) -> None:
    case = case_named("namely-observed-terminate")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        box.ignored = frozenset({"active", "left"})  # type: ignore[attr-defined]
        error, _ = taken(box, connection, case)
        assert {"status", "termination_date"} <= error.differences.keys()
        assert "status should be inactive, and is active" in str(error)


@pytest.mark.parametrize("name", ["bamboohr-observed-terminate", "bamboohr-guide-terminate", "bamboohr-observed-hire"])
def test_a_row_that_was_taken_and_is_not_there_differs(name: str, journal: hc.Journal) -> None:
    case = case_named(name)
    with case.start(Forgetful) as box, case.connect(box, journal) as connection:
        error, _ = taken(box, connection, case)
        assert any(name.startswith("status from ") for name in error.differences)
        assert len(writes(box)) == case.writes


def test_a_field_that_nobody_changed_and_that_changed_differs(journal: hc.Journal) -> None:
    case = case_named("insightly-guide-terminate")
    with case.start(Clerk) as box, case.connect(box, journal) as connection:
        error, _ = taken(box, connection, case)
        assert "raw.EMAIL_ADDRESS" in error.differences
        assert "somebody.else" not in str(error)


def test_what_differs_is_kept_in_the_record_of_what_was_done(journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        box.ignored = frozenset({"title"})  # type: ignore[attr-defined]
        error, run = taken(box, connection, case)
    (record,) = journal.audit()
    assert (record["state"], record["problem"], record["run"]) == ("differs", str(error), run.id)
    assert run not in journal.runs(unfinished=True)


# -- put right ------------------------------------------------------------------------------------


def test_what_differed_and_was_put_right_is_proved_without_sending_again(journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        box.ignored = frozenset({"title"})  # type: ignore[attr-defined]
        error, run = taken(box, connection, case)
        with pytest.raises(hc.VerifyError):
            connection.resume(error.run)
        plain(box).title = run.plan.expect["job_title"]
        outcome = connection.resume(error.run)
        assert (outcome.state, outcome.sent) == ("proved", 1)
        assert len(writes(box)) == 1
    assert [record["state"] for record in journal.audit()] == ["differs", "differs", "proved"]


def test_what_differed_is_not_sent_again_by_its_key_either(journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    with case.start(Ignoring) as box, case.connect(box, journal) as connection:
        box.ignored = frozenset({"title"})  # type: ignore[attr-defined]
        _, run = taken(box, connection, case)
        for _ in range(2):
            with pytest.raises(hc.VerifyError):
                connection.make(run.plan.change, key="k")
        assert len(writes(box)) == 1


@pytest.mark.parametrize("name", ["bamboohr-observed-hire", "namely-guide-terminate", "insightly-observed-join"])
def test_what_cannot_be_read_back_is_unknown_and_later_proved(name: str, journal: hc.Journal) -> None:
    case = case_named(name)
    with case.start() as box, case.connect(box, journal) as connection:
        plan = connection.plan(case.ready(box, connection))
        down(box, after=case.writes)
        with pytest.raises(hc.OutcomeUnknown, match=r"headcount resume [0-9a-f]{8}` proves it; nothing is sent again"):
            connection.apply(plan, key="k", approval=approved(plan))
        box.calm()
        del box._instead
        outcome = connection.resume("k")
        assert (outcome.state, outcome.sent) == ("proved", case.writes)
        assert len(writes(box)) == case.writes
        assert held(box) == undisturbed(case)


def down(box: Sandbox, after: int) -> None:
    """Once so many writes have come, every read is answered 503."""
    before = box._instead
    box.play("forbidden", times=None)

    def instead(face: Any) -> Mapping[str, Callable[..., Answer]]:
        return {"forbidden": lambda fault: face.error(503)} if len(writes(box)) >= after else _none(before(face))

    box._instead = instead  # type: ignore[method-assign]


def _none(faults: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: answer for name, answer in faults.items() if name != "forbidden"}


# -- what shows late ------------------------------------------------------------------------------


class Late(NamelySandbox):
    """Shows what it was told only at the second look after it."""

    pending: list[Callable[[], None]]
    looks = 0

    def prepare(self) -> None:
        super().prepare()
        self.pending = []

    def write(self, person: Any, sent: dict[str, Any], changes: dict[str, Any]) -> None:
        self.looks = 0
        self.pending.append(lambda: super(Late, self).write(person, sent, changes))

    def get_profile(self, call: Call, id: str) -> Answer:
        self.looks += 1
        if self.looks > 2:
            while self.pending:
                self.pending.pop()()
        return super().get_profile(call, id)

    get_profile.routes = NamelySandbox.get_profile.routes  # type: ignore[attr-defined]


@pytest.mark.parametrize("enough", [True, False])
def test_what_shows_late_is_waited_for(enough: bool, journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    waits = (0.05, 0.2) if enough else (0.05,)
    with case.start(Late) as box:
        with connected(box, NAMELY, store=journal, policy=hc.Policy(looks=waits)) as connection:
            plan = connection.plan(case.ready(box, connection))
            started = time.monotonic()
            if enough:
                assert connection.apply(plan).state == "proved"
                assert time.monotonic() - started >= 0.25
            else:
                with pytest.raises(hc.VerifyError):
                    connection.apply(plan)
                assert connection.resume(plan.digest).state == "proved"
        assert len(writes(box)) == 1


def test_what_shows_at_once_is_not_waited_for(journal: hc.Journal) -> None:
    case = case_named("namely-observed-title")
    policy = hc.Policy(looks=(30.0, 30.0))
    with case.start() as box, connected(box, NAMELY, store=journal, policy=policy) as connection:
        plan = connection.plan(case.ready(box, connection))
        started = time.monotonic()
        assert connection.apply(plan).state == "proved"
        assert time.monotonic() - started < 10


# -- days to come ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [str(case) for case in CASES if case.name == "terminate-later"])
def test_a_termination_to_come_is_proved_by_what_shows_now(name: str, journal: hc.Journal) -> None:
    case = case_named(name)
    day = TODAY + timedelta(40)
    with case.start() as box, case.connect(box, journal) as connection:
        plan = connection.plan(case.ready(box, connection))
        outcome = connection.apply(plan, key="k", approval=approved(plan))
        assert outcome.state == "proved"
        assert outcome.shown["status"] == "active"
        assert plain(box).active
        assert plain(box).left == day
        if case.vendor is BAMBOOHR:
            assert [row["employmentStatus"] for row in outcome.shown[f"status from {day}"]] == ["Terminated"]
            box.clock.advance(days=41)
            assert connection.employee(BAMBOOHR.id_of(plain(box))).status.value == "terminated"
        else:
            assert outcome.shown["termination_date"] == day.isoformat()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_outcome_shows_what_was_wanted(case: Case, journal: hc.Journal) -> None:
    if case.dialect == "guide" and case.vendor is not INSIGHTLY:
        return
    with case.start() as box, case.connect(box, journal, policy=AT_ONCE) as connection:
        plan = connection.plan(case.ready(box, connection))
        outcome = connection.apply(plan, approval=approved(plan))
    assert outcome.id is not None
    assert {name: outcome.shown.get(name) for name in plan.expect}.keys() == plan.expect.keys()
    assert outcome.shown["there"] is (case.name != "delete")
    told = {name: value for name, value in plan.expect.items() if name in ("job_title", "status", "termination_date")}
    assert {name: outcome.shown[name] for name in told} == told
