"""A process may be killed anywhere: what it began is finished by another, once and whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Sandbox
from tests.lifecycle.cases import case_named, held, undisturbed, writes
from tests.lifecycle.conftest import Workers

WRITE = ("before note", "after note", "before send", "after send", "before note", "after note")
BEGUN, FINISHED = ("before begin", "after begin"), ("before finish", "after finish")
KILLED = {  # the case, and so many writes
    "bamboohr-observed-hire": 3,
    "bamboohr-guide-hire": 3,
    "namely-observed-terminate": 1,
    "insightly-guide-update": 1,
    "insightly-observed-join": 1,
    "insightly-observed-hire": 1,
}
SIGKILL = 9
FIRST = 10
"""Of the slowest only its first write, and the beginning of the second."""


def places(name: str) -> list[str]:
    """Where a process may die that applies this."""
    return [*BEGUN, *WRITE * KILLED[name], *FINISHED]


PLACES = [
    (name, at)
    for name in KILLED
    for at in range(1, len(places(name)) + 1)
    if name != "bamboohr-guide-hire" or at <= FIRST
]


def work(box: Sandbox, name: str, **how: Any) -> dict[str, Any]:
    case = case_named(name)
    settings = {**box.settings, **(getattr(box, "scim_settings", {}) if case.over_scim else {})}
    return {"case": name, "box": settings, "key": "k", **how}


def planned(box: Sandbox, name: str) -> hc.Plan:
    case = case_named(name)
    with case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.journal.close()
    return plan


@pytest.mark.parametrize("name", KILLED)
def test_these_are_the_places_where_it_can_die(name: str, workers: Workers, sqlite: str) -> None:
    with case_named(name).start() as box:
        plan = planned(box, name)
        ended = workers.do(**work(box, name, do="apply", store=sqlite, plan=plan.to_json()))
    looked = name == "insightly-observed-hire"  # SCIM's answer does not tell our id: it is looked for, and noted
    extra = ["before note", "after note"] if looked else []
    assert ended.get("state") == "proved", ended
    assert ended["passed"] == [*places(name)[:-2], *extra, *FINISHED]


@pytest.mark.parametrize(("name", "at"), PLACES)
def test_a_killed_process_is_finished_by_another(name: str, at: int, workers: Workers, sqlite: str) -> None:
    wanted = undisturbed(case_named(name))
    with case_named(name).start() as box:
        plan = planned(box, name)
        killed = workers.do(**work(box, name, do="apply", store=sqlite, plan=plan.to_json(), kill_at=at))
        assert killed["killed"] == SIGKILL, killed
        with case_named(name).connect(box, sqlite) as connection:
            if at == 1:
                with pytest.raises(hc.ConfigError, match="no run"):
                    connection.resume("k")
                outcome = connection.make(plan.change, key="k", approved_by="grace")
            else:
                outcome = connection.resume("k")
            (run,) = connection.journal.runs()
            audit = connection.journal.audit()
    assert outcome.state == run.state == "proved"
    assert held(box) == wanted
    assert len(writes(box)) == case_named(name).writes, "each was sent once"
    assert audit[-1]["state"] == "proved"
    in_write = (at - len(BEGUN) - 1) % len(WRITE) if len(BEGUN) < at <= len(places(name)) - len(FINISHED) else None
    never_sent = in_write in (1, 2)  # written down as sent, and killed before it was
    unanswered = in_write in (3, 4)  # sent, and killed before the answer was written down
    assert outcome.sent == case_named(name).writes + never_sent
    assert outcome.settled == unanswered or name == "insightly-observed-hire"


@pytest.mark.parametrize("second", range(1, 11))
@pytest.mark.parametrize("first", [4, 5, 6])
def test_a_process_that_resumes_may_be_killed_too(first: int, second: int, workers: Workers, sqlite: str) -> None:
    name = "namely-observed-hire"
    with case_named(name).start() as box:
        plan = planned(box, name)
        told = work(box, name, store=sqlite, plan=plan.to_json())
        assert workers.do(**told, do="apply", kill_at=first)["killed"] == SIGKILL
        workers.do(**told, do="resume", kill_at=second)
        outcome = workers.do(**told, do="make")
    assert outcome.get("state") == "proved", outcome
    assert held(box) == undisturbed(case_named(name))
    assert len(writes(box)) == 1


def test_before_it_can_be_told_a_killed_hire_is_not_sent_again(workers: Workers, sqlite: str) -> None:
    """Killed right after it was noted as sent: the vendor may be at work on it, so there is a wait."""
    name = "bamboohr-observed-hire"
    with case_named(name).start() as box:
        plan = planned(box, name)
        told = work(box, name, store=sqlite, plan=plan.to_json(), settle_after=90)
        assert workers.do(**told, do="apply", kill_at=5)["killed"] == SIGKILL
        ended = workers.do(**told, do="resume")
        assert (ended["error"], writes(box)) == ("OutcomeUnknown", [])
        assert "headcount resume" in ended["text"]
        assert len(json.dumps(ended)) < 2000


def test_a_killed_processs_run_says_where_it_stands(workers: Workers, sqlite: str) -> None:
    name = "bamboohr-observed-hire"
    with case_named(name).start() as box:
        plan = planned(box, name)
        at = places(name).index("after send") + 1 + 6  # of the second write
        workers.do(**work(box, name, do="apply", store=sqlite, plan=plan.to_json(), kill_at=at))
        journal = hc.Journal(sqlite)
        (run,) = journal.runs(unfinished=True)
        journal.close()
    assert run.state == "applying"
    assert [step.state for step in run.steps] == ["done", "sent", "ready"]
    assert run.employee == case_named(name).vendor.id_of(box.people[-1])
    assert Path(sqlite.removeprefix("sqlite:///")).exists()
