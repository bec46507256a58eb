"""Making a plan: nothing is sent, what can be checked is checked first, and what need not be done is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.changes import Change
from headcount.planning import facts, newcomer, plan_of, verb_of
from tests.core.conftest import Connect
from tests.core.office import EMPLOYEES, OFFICE, PLANS, found_by, put, row
from tests.core.toy import SIZE, Toy

DAY = date(2026, 3, 4)
NEW = {"given_name": "Ada", "family_name": "Lovelace", "start_date": DAY, "work_email": "ada@office.example"}
Office = Callable[..., hc.Connection]


@pytest.fixture
def office(toy: Toy, connect: Connect) -> Office:
    """Makes connections to the office with these people in it."""

    def make(*rows: dict[str, Any], employees: Any = EMPLOYEES, **how: Any) -> hc.Connection:
        toy.given = list(rows)
        verbs = {**OFFICE, **{name: how.pop(name) for name in OFFICE if name in how}}
        return connect(toy, employees, **verbs, **how)

    return make


def refused(connection: hc.Connection, change: Change, kind: type[hc.HeadcountError] = hc.Rejected) -> Any:
    with pytest.raises(kind) as caught:
        connection.plan(change)
    assert type(caught.value) is kind
    return caught.value


def bodies(plan: hc.Plan) -> list[Any]:
    return [step.request.json for step in plan.steps]


def looking(seen: list[hc.Ground]) -> hc.Verb:
    """A verb that keeps its ground and plans nothing."""

    def plan(change: Change, ground: hc.Ground) -> Iterator[hc.Step]:
        seen.append(ground)
        return iter(())

    return hc.Verb(plan=plan)


# -- nothing is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        hc.Hire(NEW),
        hc.Update(id="1", fields={"job_title": "Countess"}),
        hc.Terminate(id="1", on=DAY),
        hc.Rehire(id="2", on=DAY),
        hc.Join(id="1", group_id="9"),
    ],
    ids=lambda change: change.verb,
)
def test_a_plan_only_reads(toy: Toy, office: Office, change: Change) -> None:
    connection = office(row(1), row(2, state="Gone"), {"id": 9, "team": "Red"}, employees=no_teams())
    plan = connection.plan(change)
    assert plan.steps
    assert {logged.method for logged in toy.log} == {"GET"}
    assert "writer" not in vars(connection)
    assert (plan.vendor, plan.address, plan.change) == ("toy", toy.base_url, change)


def no_teams() -> hc.Resource[hc.Employee]:
    """The list holds the teams beside the people."""
    return attrs.evolve(EMPLOYEES, belongs=lambda raw: "team" not in raw)


@pytest.mark.parametrize("line", ["http", "scim"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_plan_function_cannot_write(toy: Toy, office: Office, line: str, method: str) -> None:
    def writes(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
        getattr(ground, line).send(hc.Request(method, "/people/1", json={}))
        yield put(change.id, "Too late", {}, {})

    scim = {"scim": lambda settings: (toy.base_url, hc.Bearer(settings.token))}
    connection = office(row(1), plans={hc.Terminate: hc.Verb(plan=writes)}, **scim)
    error = refused(connection, hc.Terminate(id="1", on=DAY), hc.Unsupported)
    assert "would change something, and this connection only reads" in str(error)
    assert {logged.method for logged in toy.log} == {"GET"}


def test_the_vendor_is_named_once(office: Office) -> None:
    def asks(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
        ground.http.json(hc.Request("POST", "/people", json={}))
        yield put(change.id, "Too late", {}, {})

    connection = office(row(1), plans={hc.Terminate: hc.Verb(plan=asks)})
    assert str(refused(connection, hc.Terminate(id="1", on=DAY), hc.Unsupported)).count("toy: ") == 1


# -- what the vendor can do -----------------------------------------------------------------------


def test_a_verb_that_the_vendor_lacks_is_refused_with_the_reason_and_what_it_can(toy: Toy, office: Office) -> None:
    error = refused(office(row(1)), hc.Delete(id="1"), hc.Unsupported)
    can = "hire, update, terminate, rehire, join"
    assert str(error) == f"toy cannot delete: a person stays in the books. It can: {can}"
    assert toy.log == []


def test_a_verb_that_nobody_thought_of_is_refused_without_a_reason(office: Office) -> None:
    error = refused(office(row(1)), hc.CancelTermination(id="1"), hc.Unsupported)
    assert str(error).startswith("toy cannot cancel termination: it has no such thing. It can: ")


def test_a_vendor_without_verbs_can_only_be_read(toy: Toy, connect: Connect) -> None:
    error = refused(connect(toy), hc.Delete(id="1"), hc.Unsupported)
    assert str(error) == "toy cannot delete: it has no such thing. It can: only be read"


@pytest.mark.parametrize(
    "make",
    [hc.Hire, lambda fields: hc.Update(id="1", fields=fields), lambda fields: hc.Rehire(id="1", on=DAY, fields=fields)],
    ids=["hire", "update", "rehire"],
)
def test_a_field_that_the_vendor_does_not_let_be_set_is_named_and_what_it_holds_is_not(
    toy: Toy, office: Office, make: Callable[[dict[str, Any]], Change]
) -> None:
    fields = {**NEW, "mobile_phone": "5417", "compensation": {"currency": "EUR"}, "custom_fields": {"shirt": "M"}}
    error = refused(office(row(1), scopes=tuple(hc.Scope)), make(fields), hc.Unsupported)
    assert str(error).startswith("toy cannot write compensation.currency, mobile_phone; it can write compensation.am")
    assert "5417" not in str(error)
    assert toy.log == []


def test_what_is_written_must_be_read_back_and_so_be_in_scope(toy: Toy, office: Office) -> None:
    paid = hc.Update(id="1", fields={"compensation": {"amount": "5"}, "job_title": "Countess"})
    error = refused(office(row(1)), paid, hc.ConfigError)
    assert "this connection does not read compensation fields: connect with these scopes too" in str(error)
    assert toy.log == []
    plan = office(row(1, pay="4.00"), scopes=("compensation",)).plan(paid)
    assert plan.before == {"compensation.amount": "4.00", "job_title": None}


def test_groups_are_changed_one_at_a_time(office: Office) -> None:
    error = refused(office(row(1)), hc.Update(id="1", fields={"group_ids": ["2"]}))
    assert str(error) == "groups are changed by join and leave, one at a time"
    assert bodies(office().plan(hc.Hire({**NEW, "group_ids": ["2"]})))[0]["teams"] == ["2"]


def test_a_hire_needs_what_the_vendor_requires(toy: Toy, office: Office) -> None:
    error = refused(office(), hc.Hire({"given_name": "Ada", "family_name": "", "start_date": None}))
    assert str(error) == "toy: a hire needs family_name, start_date"
    assert error.problems == ("family_name is required", "start_date is required")
    assert error.status is None
    assert toy.log == []


def test_what_a_hire_requires_an_update_does_not(office: Office) -> None:
    required = {hc.Update: attrs.evolve(PLANS[hc.Update], required=("given_name",))}
    assert office(row(1), plans=required).plan(hc.Update(id="1", fields={"job_title": "Countess"})).steps


def test_what_a_plan_function_refuses_is_told_with_the_vendors_name(office: Office) -> None:
    future = datetime.now(UTC).date() + timedelta(days=3)
    change = hc.Update(id="1", fields={"job_title": "x"}, on=future)
    error = refused(office(row(1)), change, hc.Unsupported)
    assert str(error) == f"toy: the vendor does not date this change: apply it on {future}, and not before"
    error = refused(office(row(1)), hc.Join(id="1", group_id="3"))
    assert str(error) == "toy: no group has the id 3: `headcount groups` lists them"


# -- who is there ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        hc.Update(id="5", fields={"job_title": "x"}),
        hc.Terminate(id="5", on=DAY),
        hc.Rehire(id="5", on=DAY),
        hc.Join(id="5", group_id="1"),
    ],
    ids=lambda change: change.verb,
)
def test_who_is_not_there_is_not_found(office: Office, change: Change) -> None:
    error = refused(office(row(1)), change, hc.NotFound)
    assert str(error).startswith("toy: there is no employee 5. Check the id")
    assert error.status == 404


def test_a_record_that_cannot_be_read_is_not_changed(office: Office) -> None:
    refused(office(row(1, hired="soon")), hc.Terminate(id="1", on=DAY), hc.RecordError)


@pytest.mark.parametrize("state", ["Working", "Gone", "Coming"])
@pytest.mark.parametrize(
    "there",
    [{"mail": "ADA@office.example"}, {"mail": None, "private": " ada@Office.example "}],
    ids=["work", "private"],
)
def test_nobody_is_hired_twice(office: Office, there: dict[str, Any], state: str) -> None:
    connection = office(row(1), row(2, "Ada", "Lovelace", state=state, **there))
    status = {"Working": "active", "Gone": "terminated", "Coming": "pending"}[state]
    error = refused(connection, hc.Hire(NEW), hc.Conflict)
    assert str(error) == f"toy: this person is there already: employee 2, {status}. Update or rehire that one"


def test_who_has_no_work_email_is_known_by_the_personal_one(office: Office) -> None:
    new = {**NEW, "work_email": None, "personal_email": "ada@home.example"}
    connection = office(row(1, "Ada", "Lovelace", private="ada@home.example"))
    assert "employee 1, active" in str(refused(connection, hc.Hire(new), hc.Conflict))
    assert office(row(1, "Ada", "Lovelace", private="other@home.example")).plan(hc.Hire(new)).steps


def test_a_namesake_with_another_email_is_another_person(office: Office) -> None:
    assert office(row(1, "Ada", "Lovelace", mail="ada.l@office.example")).plan(hc.Hire(NEW)).steps


def test_an_email_of_somebody_of_another_name_is_a_conflict_that_does_not_tell_the_name(office: Office) -> None:
    error = refused(office(row(1, "Grace", "Hopper", mail="ada@office.example")), hc.Hire(NEW), hc.Conflict)
    assert str(error) == "toy: the e-mail belongs to employee 1, whose name is another"


def test_an_email_that_two_people_have_is_a_conflict(office: Office) -> None:
    rows = [row(id, "Ada", "Lovelace", mail="ada@office.example") for id in (1, 2)]
    assert "2 people have this e-mail, or this name: 1, 2" in str(refused(office(*rows), hc.Hire(NEW), hc.Conflict))


def test_who_has_no_email_is_known_by_both_names(office: Office) -> None:
    new = hc.Hire({name: value for name, value in NEW.items() if name != "work_email"})
    assert "employee 2" in str(refused(office(row(1, "Ada"), row(2, "Ada ", "Lovelace")), new, hc.Conflict))
    twice = office(row(1, "Ada", "Lovelace"), row(2, "Ada", "Lovelace"))
    assert "2 people have this e-mail, or this name: 1, 2" in str(refused(twice, new, hc.Conflict))
    assert office(row(1, "Ada", "Hopper"), row(2, "Grace", "Lovelace")).plan(new).steps


def test_the_whole_list_is_searched(toy: Toy, office: Office) -> None:
    rows = [row(id) for id in range(1, 2 * SIZE + 1)]
    connection = office(*rows, row(99, "Ada", "Lovelace", mail=NEW["work_email"]))
    assert "employee 99" in str(refused(connection, hc.Hire(NEW), hc.Conflict))


def test_a_record_that_cannot_be_read_may_be_the_one(office: Office) -> None:
    error = refused(office(row(1), row(2, hired="soon")), hc.Hire(NEW), hc.Conflict)
    assert str(error) == "toy: 1 records cannot be read, and one of them may be the one"


def test_who_is_found_is_found_though_another_record_cannot_be_read(office: Office) -> None:
    connection = office(row(1, hired="soon"), row(2, "Ada", "Lovelace", mail=NEW["work_email"]))
    assert "employee 2" in str(refused(connection, hc.Hire(NEW), hc.Conflict))


def test_a_list_that_breaks_off_is_not_a_list_without_them(toy: Toy, office: Office) -> None:
    connection = office(*[row(id) for id in range(1, 2 * SIZE + 1)])
    toy.play("error", on="/numbered", after=1, times=None)
    refused(connection, hc.Hire(NEW), hc.Unavailable)


def test_a_vendor_that_finds_by_email_is_asked_for_that_alone(toy: Toy, office: Office) -> None:
    connection = office(row(1), row(2, "Ada", "Lovelace", mail="Ada@Office.example"), employees=found_by())
    found = newcomer(connection, hc.Hire(NEW).fields)
    assert found is not None
    assert found.id == "2"
    assert {logged.query["email"] for logged in toy.log} == {"ada@office.example"}


def test_what_the_record_does_not_show_is_warned_of(office: Office) -> None:
    """A key that is missing may be kept from this credential, and then nothing will prove what is written."""
    plan = office(row(1, "Ada")).plan(hc.Update(id="1", fields={"job_title": "Countess"}))
    assert [words for words in plan.warnings if "does not show job_title" in words]


def test_a_search_that_finds_nobody_is_believed(office: Office) -> None:
    nobody = attrs.evolve(EMPLOYEES, find=lambda http, ask, fields: iter(()))
    assert office(row(1, "Ada", "Lovelace", mail=NEW["work_email"]), employees=nobody).plan(hc.Hire(NEW)).steps


# -- days -----------------------------------------------------------------------------------------


def test_an_employment_does_not_end_before_it_begins(office: Office) -> None:
    connection = office(row(1, hired="2026-03-04"))
    error = refused(connection, hc.Terminate(id="1", on=DAY - timedelta(days=1)))
    assert str(error) == "toy: an employment that begins on 2026-03-04 cannot end on 2026-03-03"
    assert len(connection.plan(hc.Terminate(id="1", on=DAY)).steps) == 2


@pytest.mark.parametrize(("state", "status"), [("Working", "active"), ("Away", "on_leave"), ("Coming", "pending")])
def test_who_is_here_is_not_rehired(office: Office, state: str, status: str) -> None:
    error = refused(office(row(1, state=state)), hc.Rehire(id="1", on=DAY))
    assert "employee 1 is" in str(error)
    assert status in str(error)
    assert "cannot be rehired" in str(error)


def test_who_leaves_later_is_not_rehired_before(office: Office) -> None:
    connection = office(row(1, left="2026-03-05"))
    error = refused(connection, hc.Rehire(id="1", on=DAY))
    assert "employee 1 leaves on 2026-03-05, after 2026-03-04" in str(error)
    assert connection.plan(hc.Rehire(id="1", on=date(2026, 3, 5))).steps


@pytest.mark.parametrize("state", ["Gone", "Off"])
def test_who_has_left_is_rehired_with_or_without_a_day_of_leaving(office: Office, state: str) -> None:
    for left in (None, "2026-03-01"):
        assert office(row(1, state=state, left=left)).plan(hc.Rehire(id="1", on=DAY)).steps


def test_who_was_rehired_already_needs_nothing(office: Office) -> None:
    plan = office(row(1, hired="2026-03-04")).plan(hc.Rehire(id="1", on=DAY))
    assert plan.steps == ()


def test_today_is_the_day_of_the_moment_that_was_given(office: Office) -> None:
    seen: list[hc.Ground] = []
    verb = looking(seen)
    plan_of(office(row(1), plans={hc.Terminate: verb}), hc.Terminate(id="1", on=DAY), datetime(2026, 3, 4, tzinfo=UTC))
    assert seen[0].today == DAY


def test_today_is_the_day_in_utc_whatever_clock_is_given(office: Office) -> None:
    seen: list[hc.Ground] = []
    verb = looking(seen)
    early = datetime(2026, 3, 5, 1, 0, tzinfo=timezone(timedelta(hours=9)))
    plan_of(office(row(1), plans={hc.Terminate: verb}), hc.Terminate(id="1", on=DAY), early)
    assert seen[0].today == DAY


# -- managers -------------------------------------------------------------------------------------


def boss(id: str | None) -> Change:
    return hc.Update(id="1", fields={"manager_id": id})


def test_a_manager_must_be_there(office: Office) -> None:
    error = refused(office(row(1)), boss("9"))
    assert str(error) == "toy: manager_id: there is no employee 9"
    assert "employee 9" in str(refused(office(), hc.Hire({**NEW, "manager_id": "9"})))
    assert "employee 9" in str(
        refused(office(row(1, state="Gone")), hc.Rehire(id="1", on=DAY, fields={"manager_id": "9"}))
    )


@pytest.mark.parametrize("id", ["1", "2", "3", "4"])
def test_nobody_reports_to_themselves_however_far_up(office: Office, id: str) -> None:
    connection = office(row(1), row(2, boss="1"), row(3, boss="2"), row(4, boss="3"))
    error = refused(connection, boss(id))
    assert f"toy: manager_id would close a circle: 1 is above {id} (" in str(error)


def test_the_circle_is_told_in_its_order(office: Office) -> None:
    """One of several ways: a set of texts comes in another order in every process, and may come right."""
    ids = [str(id) for id in range(2, 30)]
    rows = [row(int(id), boss=str(int(id) - 1)) for id in ids]
    way = " > ".join([*reversed(ids), "1"])
    assert f"({way})" in str(refused(office(row(1), *rows), boss("29")))


def test_a_manager_who_does_not_report_to_the_employee_is_good(office: Office) -> None:
    connection = office(row(1, boss="3"), row(2, boss="3"), row(3))
    assert bodies(connection.plan(boss("2"))) == [{"boss": "2"}]
    assert bodies(connection.plan(boss(None))) == [{"boss": None}]
    assert bodies(connection.plan(hc.Hire({**NEW, "manager_id": "2"})))[0]["boss"] == "2"


def test_a_circle_of_others_further_up_does_not_go_on_for_ever(toy: Toy, office: Office) -> None:
    connection = office(row(1), row(2, boss="3"), row(3, boss="4"), row(4, boss="3"))
    assert connection.plan(boss("2")).steps
    assert len(toy.log) < 9


def test_a_reference_further_up_that_leads_nowhere_is_the_vendors(office: Office) -> None:
    assert office(row(1), row(2, boss="77")).plan(boss("2")).steps


def test_a_manager_that_only_the_list_tells_is_looked_up_there(toy: Toy, office: Office) -> None:
    connection = office(row(1), row(2, boss="1", shy=True), row(3, boss="2", shy=True))
    assert "1 is above 3" in str(refused(connection, boss("3")))
    assert len(toy.requests("/numbered")) == 2, "one list, and the empty page behind it, for all who are shy"


def test_without_a_manager_nobody_is_looked_up(toy: Toy, office: Office) -> None:
    office(row(1)).plan(hc.Update(id="1", fields={"job_title": "Countess"}))
    assert [logged.path for logged in toy.log] == ["/api/people/1"]


# -- what need not be done ------------------------------------------------------------------------


def test_what_is_so_already_is_not_sent(office: Office) -> None:
    connection = office(row(1, "Ada", "Lovelace", title="Countess"))
    same = {"given_name": " Ada", "work_email": "ADA@OFFICE.EXAMPLE", "personal_email": "", "job_title": "Countess"}
    plan = connection.plan(hc.Update(id="1", fields=same))
    assert (plan.steps, plan.warnings, plan.expect) == ((), (), {})


def test_only_what_changes_is_sent_and_the_change_stays_as_it_was_asked_for(office: Office) -> None:
    change = hc.Update(id="1", fields={"given_name": "Ada", "job_title": "Countess", "custom_fields": {"shirt": "M"}})
    plan = office(row(1, "Ada", shirt="L")).plan(change)
    assert bodies(plan) == [{"title": "Countess", "shirt": "M"}]
    assert plan.change == change
    assert plan.expect == {"job_title": "Countess", "custom_fields.shirt": "M"}
    assert plan.before == {"job_title": None, "custom_fields.shirt": "L"}
    assert "Everybody is told." in plan.warnings


def test_an_update_of_nothing_asks_the_connector_nothing(office: Office) -> None:
    def fails(change: Change, ground: hc.Ground) -> Iterator[hc.Step]:
        raise AssertionError

    connection = office(row(1, "Ada"), plans={hc.Update: hc.Verb(plan=fails)})
    for fields in ({}, {"given_name": "Ada"}):
        assert connection.plan(hc.Update(id="1", fields=fields)).steps == ()


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ({}, ["Close the desk", "Set the day"]),
        ({"state": "Gone"}, ["Set the day"]),
        ({"left": "2026-03-04"}, ["Close the desk"]),
        ({"state": "Gone", "left": "2026-03-04"}, []),
        ({"state": "Gone", "left": "2026-03-03"}, ["Set the day"]),
    ],
)
def test_steps_that_change_nothing_are_dropped(office: Office, there: dict[str, str], left: list[str]) -> None:
    plan = office(row(1, **there)).plan(hc.Terminate(id="1", on=DAY))
    assert [step.says for step in plan.steps] == left


def test_a_step_that_promises_nothing_is_always_sent(office: Office) -> None:
    verb = hc.Verb(plan=lambda change, ground: [put("1", "Ring the bell", {}, {})])
    assert len(office(row(1), plans={hc.Terminate: verb}).plan(hc.Terminate(id="1", on=DAY)).steps) == 1


def test_a_warning_is_given_once(office: Office) -> None:
    assert office().plan(hc.Hire(NEW)).warnings == ("A badge is printed.",)


def test_a_plan_of_nothing_warns_of_nothing(office: Office) -> None:
    def warns(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
        ground.warn("The desk is closed for good.")
        yield put(change.id, "Close the desk", {}, {"status": "terminated"})

    verb = {hc.Terminate: hc.Verb(plan=warns)}
    assert office(row(1), plans=verb).plan(hc.Terminate(id="1", on=DAY)).warnings
    assert office(row(1, state="Gone"), plans=verb).plan(hc.Terminate(id="1", on=DAY)).warnings == ()


def test_every_form_of_a_step_has_what_is_there_now(office: Office) -> None:
    def forms(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
        deep = put("1", "Write", {}, {"job_title": None})
        other = attrs.evolve(put("1", "Knock", {}, {"status": "terminated"}), otherwise=(deep,))
        yield attrs.evolve(put("1", "Ask", {}, {"status": "terminated", "start_date": None}), otherwise=(other,))

    connection = office(row(1, hired="2020-01-01"), plans={hc.Terminate: hc.Verb(plan=forms)})
    (step,) = connection.plan(hc.Terminate(id="1", on=DAY)).steps
    assert step.before == {"status": "active", "start_date": "2020-01-01"}
    assert step.otherwise[0].before == {"status": "active"}
    assert step.otherwise[0].otherwise[0].before == {"job_title": None}


def test_what_a_hire_will_show_is_not_there_before(office: Office) -> None:
    (step,) = office().plan(hc.Hire(NEW)).steps
    assert step.makes
    assert set(step.before) == set(step.expect) == {*NEW, "status"}
    assert set(step.before.values()) == {None}


# -- the same again -------------------------------------------------------------------------------


def test_two_plans_of_one_change_on_one_record_are_equal(office: Office) -> None:
    connection = office(row(1))
    change = hc.Terminate(id="1", on=DAY)
    one = connection.plan(change)
    other = plan_of(connection, change, datetime(2027, 1, 1, tzinfo=UTC))
    assert one == other
    assert one.digest != other.digest, "an approval is of one plan, and not of the next like it"
    assert hc.Plan.from_json(one.to_json()) == other


def test_a_plan_is_another_once_the_record_has_moved(toy: Toy, office: Office) -> None:
    connection = office(row(1, title="Countess"))
    change = hc.Update(id="1", fields={"job_title": "Duchess"})
    before = connection.plan(change)
    toy.rows[0]["title"] = "Baroness"
    assert connection.plan(change) != before
    toy.rows[0]["title"] = "Countess"
    assert connection.plan(change) == before


def test_a_plan_tells_in_utc_when_it_was_made_and_for_whom(office: Office) -> None:
    moment = datetime(2026, 3, 4, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    plan = plan_of(office(row(1, "Ada", "Lovelace")), hc.Terminate(id="1", on=DAY), moment)
    assert plan.made_at.isoformat() == "2026-03-04T08:30:00+00:00"
    assert plan.name == "Ada Lovelace"
    assert office().plan(hc.Hire(NEW)).name is None


def test_planning_takes_nothing_for_granted(office: Office) -> None:
    read: list[int] = []
    known = attrs.evolve(EMPLOYEES, known=lambda http, wanted: read.append(1))
    connection = office(row(1), employees=known)
    for _ in range(2):
        connection.plan(hc.Terminate(id="1", on=DAY))
    assert read == [1, 1]


def test_a_companys_own_mapping_writes_nothing(toy: Toy, connect: Connect) -> None:
    class Mapping:
        @hc.hookimpl
        def headcount_employee(self, employee: hc.Employee) -> hc.Employee:
            return attrs.evolve(employee, job_title="Mapped", given_name="Mapped")

    toy.given = [row(1, "Ada", "Lovelace", title="Countess")]
    connection = connect(toy, EMPLOYEES, plugins=(Mapping(),), **OFFICE)
    assert connection.employee("1").job_title == "Mapped"
    plan = connection.plan(hc.Update(id="1", fields={"job_title": "Mapped"}))
    assert plan.before == {"job_title": "Countess"}
    assert plan.name == "Ada Lovelace"


# -- the ground -----------------------------------------------------------------------------------


def test_the_ground_holds_the_record_and_asks_for_each_list_once(toy: Toy, office: Office) -> None:
    seen: list[hc.Ground] = []
    connection = office(row(1, pay="5", shoe=43), {"id": 9, "team": "Red"}, employees=no_teams())
    connection.connector = attrs.evolve(connection.connector, plans={hc.Terminate: looking(seen)})
    connection.plan(hc.Terminate(id="1", on=DAY))
    (ground,) = seen
    assert ground.employee is not None
    assert (ground.employee.id, ground.facts["given_name"], ground.facts["there"]) == ("1", "First1", True)
    assert ground.employee.compensation is None
    assert ground.raw["shoe"] == 43
    assert (ground.http, ground.scim) == (connection.http, None)
    for _ in range(2):
        assert [one.id for one in ground.everyone()] == ["1"]
        assert ground.find("1") == ground.employee
        assert ground.group("9").name == "Red"
    paths = [logged.path.removeprefix("/api") for logged in toy.log]
    assert paths == ["/people/1", "/numbered", "/numbered", "/people/1", "/everyone"]


def test_for_a_hire_the_ground_holds_nobody(office: Office) -> None:
    seen: list[hc.Ground] = []
    office(plans={hc.Hire: looking(seen)}).plan(hc.Hire(NEW))
    assert (seen[0].employee, dict(seen[0].raw), seen[0].facts) == (None, {}, {"there": False})


def test_a_verbs_own_facts_are_beside_those_of_the_record(office: Office) -> None:
    def rows(http: hc.Transport, id: str, raw: hc.Raw) -> hc.Facts:
        return {"raw.shoe": raw["shoe"], "asked": http.json(hc.Request("GET", "/count"))["count"], "id": f"of {id}"}

    verb = hc.Verb(plan=lambda change, ground: [put("1", "Reshoe", {}, {"raw.shoe": 44, "asked": 1})], facts=rows)
    connection = office(row(1, shoe=43), plans={hc.Terminate: verb})
    plan = connection.plan(hc.Terminate(id="1", on=DAY))
    assert plan.before == {"raw.shoe": 43, "asked": 1}
    assert facts(connection, verb_of(connection, plan.change), "1")["id"] == "of 1"
    assert facts(connection, verb, "5") == {"there": False}


def test_somebody_with_the_same_private_address_is_there_already(office: Office) -> None:
    """A former employee is known by it, whose address at work was another."""
    connection = office(row(1, "Ada", "Lovelace", mail="gone@office.example", private="ada@home.example"))
    again = hc.Hire({**NEW, "personal_email": "Ada@home.example"})
    assert "employee 1" in str(refused(connection, again, hc.Conflict))
