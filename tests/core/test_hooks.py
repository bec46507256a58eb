"""Each hook is called as its docstring says, and costs nothing where nobody has asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pluggy
import pytest

import headcount as hc
from headcount import hookspecs
from tests.core.conftest import Connect
from tests.core.office import EMPLOYEES, OFFICE, Office, row
from tests.core.toy import QUICK, TOY, Toy, rows_of


def hooks() -> dict[str, Any]:
    return {name: hook for name, hook in vars(hookspecs).items() if name.startswith("headcount_")}


def plugin(**implemented: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: hc.hookimpl(function) for name, function in implemented.items()})


def test_the_hooks_are_these() -> None:
    assert set(hooks()) == {
        "headcount_connectors",
        "headcount_sent",
        "headcount_employee",
        "headcount_before_apply",
        "headcount_applied",
        "headcount_changed",
        "headcount_concerned",
        "headcount_keeper",
    }


def test_every_hook_says_what_it_is_for() -> None:
    assert all(hook.__doc__ and hook.__doc__.strip().endswith(".") for hook in hooks().values())


def test_connectors_brings_connectors() -> None:
    manager = pluggy.PluginManager("headcount")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin(headcount_connectors=lambda: [TOY]))
    assert manager.hook.headcount_connectors() == [[TOY]]


# -- sent -----------------------------------------------------------------------------------------


def test_sent_is_told_of_each_request(toy: Toy, connect: Connect) -> None:
    told: list[tuple[str, str, int | None]] = []

    def sent(vendor: str, request: hc.Request, status: int | None, seconds: float) -> None:
        assert 0 <= seconds < 5
        told.append((vendor, str(request), status))

    toy.given = rows_of(3)
    toy.play("error", after=1)
    list(connect(toy, plugins=(plugin(headcount_sent=sent),)).employees())
    assert told == [("toy", "GET /numbered", status) for status in (200, 500, 200)]


def test_sent_has_no_status_where_no_answer_came(toy: Toy, connect: Connect) -> None:
    told: list[int | None] = []
    toy.play("reset")
    list(connect(toy, plugins=(plugin(headcount_sent=lambda status: told.append(status)),)).employees())
    assert told == [None, 200]


def test_sent_is_told_of_a_redirect_and_of_what_it_led_to(toy: Toy, connect: Connect) -> None:
    told: list[int | None] = []
    toy.play("redirect")
    people = connect(toy, plugins=(plugin(headcount_sent=lambda status: told.append(status)),)).employees()
    with pytest.raises(hc.Unavailable):
        list(people)
    assert told == [302]


def test_sent_is_called_from_the_threads_that_ask_ahead(toy: Toy, connect: Connect) -> None:
    names: set[str] = set()
    toy.given = rows_of(60)
    toy.play("slow", seconds=0.02, times=None)
    listener = plugin(headcount_sent=lambda: names.add(threading.current_thread().name))
    connection = connect(toy, plugins=(listener,), options=attrs.evolve(QUICK, threads=4))
    list(connection.employees())
    assert len(names) > 1


def test_every_plugin_that_listens_is_told(toy: Toy, connect: Connect) -> None:
    told: list[str] = []
    listeners = tuple(plugin(headcount_sent=lambda vendor, who=who: told.append(who)) for who in ("a", "b"))
    list(connect(toy, plugins=listeners).employees())
    assert sorted(told) == ["a", "b"]


def test_sent_is_not_called_where_nobody_listens(toy: Toy, connect: Connect) -> None:
    connection = connect(toy)
    assert connection.http._sent is None
    list(connection.employees())


# -- employee -------------------------------------------------------------------------------------


def test_employee_may_give_another_in_its_place(toy: Toy, connect: Connect) -> None:
    def mapped(vendor: str, employee: hc.Employee, raw: hc.Raw) -> hc.Employee:
        return attrs.evolve(employee, job_title=f"{vendor} {raw['first']}")

    toy.given = rows_of(2)
    connection = connect(toy, plugins=(plugin(headcount_employee=mapped),))
    assert [person.job_title for person in connection.employees()] == ["toy First1", "toy First2"]
    assert connection.employee("2").job_title == "toy First2"


def test_employee_keeps_the_one_that_it_says_nothing_of(toy: Toy, connect: Connect) -> None:
    seen: list[str] = []
    toy.given = rows_of(2)
    connection = connect(toy, plugins=(plugin(headcount_employee=lambda employee: seen.append(employee.id)),))
    assert [person.given_name for person in connection.employees()] == ["First1", "First2"]
    assert seen == ["1", "2"]


def test_the_first_plugin_that_answers_decides(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(1)
    silent = plugin(headcount_employee=lambda employee: None)
    loud = plugin(headcount_employee=lambda employee: attrs.evolve(employee, job_title="loud"))
    for order in ((silent, loud), (loud, silent)):
        (person,) = connect(toy, plugins=order).employees()
        assert person.job_title == "loud"


def test_employee_sees_nothing_that_is_out_of_scope(toy: Toy, connect: Connect) -> None:
    seen: list[set[str]] = []
    toy.given = [{"id": 1, "state": "Active", "pay": "100", "mobile": "555"}]
    connection = connect(toy, plugins=(plugin(headcount_employee=lambda raw: seen.append(set(raw))),), scopes=("work",))
    list(connection.employees())
    assert seen == [{"id", "state"}]


def test_employee_is_not_called_for_a_record_that_was_refused(toy: Toy, connect: Connect) -> None:
    seen: list[str] = []
    toy.given = rows_of(3)
    toy.play("malformed")
    list(connect(toy, plugins=(plugin(headcount_employee=lambda employee: seen.append(employee.id)),)).employees())
    assert seen == ["1", "2"]


def test_employee_is_not_called_where_nobody_has_asked(
    toy: Toy, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    before = pluggy.HookCaller.__call__

    def counted(self: Any, **arguments: Any) -> Any:
        calls.append(self.name)
        return before(self, **arguments)

    monkeypatch.setattr(pluggy.HookCaller, "__call__", counted)
    toy.given = rows_of(30)
    assert len(list(connect(toy).employees())) == 30
    assert calls == []


# -- before_apply and applied ---------------------------------------------------------------------

GO = hc.Terminate(id="1", on=date(2026, 3, 4))
Account = Callable[..., hc.Connection]


@pytest.fixture
def office() -> Iterator[Office]:
    with Office(rows=[row(1), row(2)]) as running:
        yield running


@pytest.fixture
def account(office: Office, connect: Connect, tmp_path: Path) -> Account:
    """Makes connections to the office, with a journal, and these hooks as plugins, one each."""

    def make(*hooks: dict[str, Any]) -> hc.Connection:
        plugins = tuple(plugin(**one) for one in hooks)
        policy = hc.Policy(looks=())
        return connect(office, EMPLOYEES, plugins=plugins, store=f"sqlite:///{tmp_path}/j.db", policy=policy, **OFFICE)

    return make


def word(plan: hc.Plan, by: str = "a rule") -> hc.Approval:
    return hc.Approval(plan=plan.digest, by=by, at=datetime.now(UTC))


def approves(plan: hc.Plan) -> hc.Approval:
    return word(plan)


def written(office: Office) -> list[str]:
    return [logged.method for logged in office.log if logged.method != "GET"]


def test_before_apply_may_refuse_and_nothing_is_sent(office: Office, account: Account) -> None:
    connection = account({"headcount_before_apply": lambda vendor, plan: f"not at {vendor}: {plan.change.words}"})
    with pytest.raises(hc.Held, match="a plugin refuses the plan: not at toy: terminate"):
        connection.make(GO, approved_by="grace")
    assert written(office) == []
    assert connection.journal.runs() == []


def test_before_apply_may_approve(office: Office, account: Account) -> None:
    with pytest.raises(hc.Held, match="needs an approval"):
        account().make(GO)
    connection = account({"headcount_before_apply": approves})
    assert connection.make(GO).state == "proved"
    assert [run.approved_by for run in connection.journal.runs()] == ["a rule"]
    assert written(office) == ["PUT", "PUT"]


def test_a_refusal_wins_over_every_approval(office: Office, account: Account) -> None:
    yes, no = {"headcount_before_apply": approves}, {"headcount_before_apply": lambda: "no"}
    for hooks in ((yes, no), (no, yes)):
        with pytest.raises(hc.Held, match="a plugin refuses the plan: no"):
            account(*hooks).make(GO, approved_by="grace")
    assert written(office) == []


def test_an_approval_of_another_plan_approves_nothing(office: Office, account: Account) -> None:
    other = {"headcount_before_apply": lambda plan: attrs.evolve(word(plan), plan="0" * 64)}
    with pytest.raises(hc.Held, match="the approval is of plan 000000000000"):
        account(other).make(GO)
    assert written(office) == []


def test_before_apply_sees_the_approval_that_there_is_which_stays(account: Account) -> None:
    seen: list[hc.Approval | None] = []

    def look(plan: hc.Plan, approval: hc.Approval | None) -> hc.Approval:
        seen.append(approval)
        return word(plan, "somebody else")

    connection = account({"headcount_before_apply": look})
    connection.make(GO, approved_by="grace")
    assert [approval and approval.by for approval in seen] == ["grace"]
    assert [run.approved_by for run in connection.journal.runs()] == ["grace"]


def test_a_rule_that_fails_lets_nothing_through(office: Office, account: Account) -> None:
    def fails() -> None:
        raise RuntimeError("the rule is broken")

    with pytest.raises(hc.Held, match="a plugin failed in headcount_before_apply: RuntimeError; nothing was sent"):
        account({"headcount_before_apply": fails}).make(GO, approved_by="grace")
    assert written(office) == []


def test_applied_is_told_once_of_what_is_proved(account: Account) -> None:
    told: list[Any] = []
    connection = account({"headcount_applied": lambda vendor, plan, outcome: told.append((vendor, plan, outcome))})
    outcome = connection.make(GO, approved_by="grace", key="k")
    assert [(vendor, plan.change, told_of) for vendor, plan, told_of in told] == [("toy", GO, outcome)]
    assert connection.make(GO, approved_by="grace", key="k").repeated
    assert len(told) == 1


def test_applied_is_not_told_of_what_was_refused(office: Office, account: Account) -> None:
    told: list[Any] = []
    connection = account({"headcount_applied": lambda outcome: told.append(outcome)})
    office.play("forbidden", method="PUT")
    with pytest.raises(hc.Forbidden):
        connection.make(GO, approved_by="grace")
    assert told == []


def test_a_plugin_that_fails_afterwards_is_noted_and_undoes_nothing(office: Office, account: Account) -> None:
    def fails() -> None:
        raise RuntimeError("the laptop is lost")

    outcome = account({"headcount_applied": fails}).make(GO, approved_by="grace")
    assert (outcome.state, outcome.notes) == ("proved", ("a plugin failed in headcount_applied: RuntimeError",))
    assert office.rows[0]["left"] == "2026-03-04"
