"""How each vendor is written, to the letter of its guide and of what was seen of it: bodies, refusals, warnings."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import headcount as hc
from headcount.lifecycle import State
from headcount.plan import Plan
from headcount.sandbox import OBSERVED, Answer, Call, Logged, Person, Sandbox, StatusRow, find, route
from headcount.sandbox.people import TITLES
from headcount_bamboohr.sandbox import EMPTY, BambooSandbox
from headcount_insightly.sandbox import InsightlySandbox
from headcount_insightly.shapes import PROFILES, guide_user_row
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor

POLICY = hc.Policy(allow_delete=True, looks=(), settle_after=timedelta(0))
ADA: Mapping[str, Any] = {"given_name": "Ada", "family_name": "King", "work_email": "ada.king@example.com"}
Open = Callable[..., hc.Connection]
QUICKLY = settings(  # an example is a dozen requests: the smallest one that fails is not sought
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def open_to(tmp_path: Path) -> Iterator[Open]:
    """Starts a sandbox and connects to it, with a store of its own."""
    with ExitStack() as stack:

        def enter(box: Sandbox, **keywords: Any) -> hc.Connection:
            stack.enter_context(box)
            store = f"sqlite:///{tmp_path}/{len(list(tmp_path.iterdir()))}.db"
            keywords = {"scopes": tuple(hc.Scope), "store": store, "policy": POLICY, **keywords}
            return stack.enter_context(box.connect(**keywords))

        yield enter


def today() -> date:
    return datetime.now(UTC).date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def plain(box: Sandbox, skip: int = 0) -> Person:
    """Somebody with nothing remarkable about them."""
    return [person for person in box.people[30:] if not person.tags and person.teams][skip]


def written(box: Sandbox) -> list[Logged]:
    """The requests that came and were to change something."""
    return [one for one in box.log if one.method != "GET" and not one.path.endswith("/reports/custom")]


def told(box: Sandbox) -> list[tuple[str, str, Any]]:
    """The same as method, path below the API's address, and body."""
    base = box.base_url.removeprefix(box.origin)
    return [(one.method, one.path.removeprefix(base), one.body) for one in written(box)]


# -- every vendor -----------------------------------------------------------------------------------------


def wishes(vendor: Vendor, box: Sandbox, connection: hc.Connection) -> list[hc.Change]:
    """Changes of every kind that somebody may ask for."""
    who = plain(box)
    id, gone, leaving = map(vendor.id_of, (who, find(box.people, "left"), find(box.people, "future_leaver")))
    start = {} if vendor is INSIGHTLY else {"start_date": today()}
    contract = {"time_type": "full_time"} if vendor is BAMBOOHR else {}
    changes: list[hc.Change] = [
        hc.Hire({**ADA, **start, **contract}),
        hc.Update(id=id, fields={"family_name": "Neu"}),
        hc.Terminate(id=id, on=today(), type="voluntary", eligible_for_rehire=False, comment="moves to Oslo"),
        hc.Terminate(id=id, on=in_days(12), last_day=in_days(10)),
        hc.CancelTermination(id=leaving),
        hc.Rehire(id=gone, on=today(), fields={"given_name": "Ada"}),
        hc.Delete(id=id),
    ]
    with suppress(hc.Unsupported):  # the guide's Insightly has no groups
        own = {who.department, who.division, who.location, *who.teams}
        group = next(group for group in connection.groups() if group.name not in own)
        changes.append(hc.Join(id=id, group_id=group.id))
    return changes


def plans(connection: hc.Connection, changes: list[hc.Change]) -> list[Plan]:
    made = []
    for change in changes:
        try:
            made.append(connection.plan(change))
        except hc.Unsupported:
            continue
    return made


PLANNED = {  # of the wishes, how many are not unsupported
    ("namely", "guide"): 7,
    ("namely", "observed"): 7,
    ("bamboohr", "guide"): 6,
    ("bamboohr", "observed"): 8,
    ("insightly", "guide"): 5,
    ("insightly", "observed"): 1,
}


def test_planning_twice_gives_equal_plans_and_sends_nothing_that_writes(
    vendor: Vendor, dialect: str, box: Sandbox, connection: hc.Connection
) -> None:
    state, changes = copy.deepcopy(box.people), wishes(vendor, box, connection)
    first, second = plans(connection, changes), plans(connection, changes)
    assert first == second
    assert len(first) == PLANNED[vendor.name, dialect]
    assert all(plan.steps for plan in first)
    assert written(box) == []
    assert box.people == state


def test_a_plan_is_the_same_after_a_file(vendor: Vendor, box: Sandbox, connection: hc.Connection) -> None:
    for plan in plans(connection, wishes(vendor, box, connection)):
        again = Plan.from_json(plan.to_json())
        assert again == plan
        assert again.made_at == plan.made_at
        assert (again.digest, again.steps, again.warnings) == (plan.digest, plan.steps, plan.warnings)


def test_an_update_to_what_is_there_already_plans_no_step(
    vendor: Vendor, box: Sandbox, connection: hc.Connection
) -> None:
    who = plain(box)
    fields = {"given_name": who.given, "family_name": f" {who.family} ", "work_email": who.email.upper()}
    if vendor is not INSIGHTLY:
        fields |= {"job_title": who.title, "mobile_phone": who.mobile_phone.replace(" ", "-")}
    plan = connection.plan(hc.Update(id=vendor.id_of(who), fields=fields))
    assert plan.steps == ()
    assert plan.warnings == ()


def test_a_hire_of_who_is_there_is_a_conflict_and_tells_who(
    vendor: Vendor, box: Sandbox, connection: hc.Connection
) -> None:
    who = plain(box)
    fields: dict[str, Any] = {"given_name": who.given, "family_name": who.family, "work_email": who.email}
    fields |= {} if vendor is INSIGHTLY else {"start_date": today()}
    with pytest.raises(hc.Conflict, match=f"there already: employee {vendor.id_of(who)}, active"):
        connection.plan(hc.Hire(fields))
    with pytest.raises(hc.Conflict, match=f"employee {vendor.id_of(who)}, whose name is another"):
        connection.plan(hc.Hire({**fields, "given_name": "Ada"}))


def test_an_address_in_capitals_is_the_same_persons(vendor: Vendor, box: Sandbox, connection: hc.Connection) -> None:
    who = plain(box)
    fields: dict[str, Any] = {"given_name": who.given, "family_name": who.family, "work_email": who.email.upper()}
    fields |= {} if vendor is INSIGHTLY else {"start_date": today()}
    with pytest.raises(hc.Conflict, match=f"there already: employee {vendor.id_of(who)}"):
        connection.plan(hc.Hire(fields))


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str)
def test_a_circle_of_managers_is_refused_however_long(vendor: Vendor, box: Sandbox, connection: hc.Connection) -> None:
    high, middle, low = (plain(box, skip) for skip in range(3))
    for person, boss in ((middle, high), (low, middle)):
        person.manager_id = boss.id
        person.jobs = [attrs.evolve(row, manager_id=boss.id) for row in person.jobs]
    for above, below in ((high, middle), (high, low), (low, low)):
        change = hc.Update(id=vendor.id_of(above), fields={"manager_id": vendor.id_of(below)})
        with pytest.raises(hc.Rejected, match="would close a circle") as caught:
            connection.plan(change)
        assert caught.value.status is None
    with pytest.raises(hc.Rejected, match="manager_id: there is no employee nobody"):
        connection.plan(hc.Update(id=vendor.id_of(low), fields={"manager_id": "nobody"}))


# -- Namely -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "era", "status"),
    [("guide", "modern", 201), ("observed", "modern", 201), ("observed", "2015", 200), ("observed", "2014", 200)],
)
def test_namely_takes_200_and_201_for_a_new_profile(open_to: Open, dialect: str, era: str, status: int) -> None:
    box = NamelySandbox(people=40, dialect=dialect)
    box.era = era
    connection = open_to(box)
    outcome = connection.hire(**ADA, start_date=date(2026, 3, 2), job_title="Engineer", approved_by="HR")
    new = box.people[-1]
    assert outcome.id == new.uuid
    assert (new.given, new.family, new.hired, new.title, new.active) == (
        "Ada",
        "King",
        date(2026, 3, 2),
        "Engineer",
        True,
    )
    body = {"first_name": "Ada", "last_name": "King", "email": "ada.king@example.com", "start_date": "2026-03-02"}
    body |= {"job_title": "Engineer", "user_status": "active"}
    assert told(box) == [("POST", "/profiles", {"profiles": [body]})]
    assert written(box)[0].status == status


class Picky(NamelySandbox):
    """Refuses every profile, as was recorded in 2014: with a list within the list."""

    def read(self, sent: dict[str, Any], person: Person | None) -> tuple[dict[str, Any], list[Any]]:
        return {}, ["first_name is a required field", ["format of email  is invalid", "dob is not valid"]]


def test_what_namely_refuses_is_told_problem_by_problem(open_to: Open, dialect: str) -> None:
    box = Picky(people=40, dialect=dialect)
    connection = open_to(box)
    found = ("first_name is a required field", "format of email is invalid", "dob is not valid")
    with pytest.raises(hc.Rejected) as caught:
        connection.hire(**ADA, start_date=today(), approved_by="HR")
    assert caught.value.status == 422
    assert caught.value.problems[-3:] == found
    with pytest.raises(hc.Rejected) as caught:
        connection.update(plain(box).uuid, family_name="Neu")
    assert caught.value.problems[-3:] == found
    assert [one.status for one in written(box)] == [422, 422]


def test_an_address_that_namely_refuses_is_not_repeated_in_the_error(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    who, other = plain(box), plain(box, skip=1)
    with pytest.raises(hc.Rejected) as caught:
        connection.update(who.uuid, work_email=other.email)
    assert any(one.endswith("is already taken") for one in caught.value.problems)
    assert other.email not in str(caught.value)
    assert who.email != other.email


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
DAYS = st.dates(date(1950, 1, 1), date(2026, 1, 1))
FIELDS: Mapping[str, tuple[str, st.SearchStrategy[Any]]] = {
    "given_name": ("first_name", TEXTS),
    "middle_name": ("middle_name", TEXTS | st.none()),
    "family_name": ("last_name", TEXTS),
    "preferred_name": ("preferred_name", TEXTS | st.none()),
    "personal_email": ("personal_email", st.emails(domains=st.just("example.net")) | st.none()),
    "work_phone": ("office_direct_dial", st.from_regex(r"\+[1-9][0-9]{1,3} [0-9]{6,9}", fullmatch=True)),
    "home_phone": ("home_phone", st.from_regex(r"\+[1-9][0-9]{1,3} [0-9]{6,9}", fullmatch=True) | st.none()),
    "employee_number": ("employee_id", st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True)),
    "job_title": ("job_title", st.sampled_from(TITLES)),
    "start_date": ("start_date", DAYS.map(date.isoformat)),
    "demographics.date_of_birth": ("dob", DAYS.map(date.isoformat)),
    "demographics.gender": ("gender", st.sampled_from(["Female", "Male", "Not specified"]) | st.none()),
    "custom_fields.shirt_size": ("shirt_size", TEXTS),
}
FOLLOW = {  # what the sandbox works out of it
    "first_name": {"full_name"},
    "last_name": {"full_name"},
    "preferred_name": {"full_name"},
    "job_title": {"links"},
    "start_date": {"salary"},
}


def test_changing_one_namely_field_changes_one(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    at = box.people.index(plain(box))
    whole = copy.deepcopy(box.people[at])

    @QUICKLY
    @given(st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), FIELDS[name][1])))
    def changes_one(asked: tuple[str, Any]) -> None:
        name, value = asked
        key = FIELDS[name][0]
        box.people[at] = copy.deepcopy(whole)
        box.log.clear()
        before, others = box.rows([box.people[at]])[0], copy.deepcopy(box.people[:at] + box.people[at + 1 :])
        plan = connection.plan(hc.Update(id=whole.uuid, fields={name: value}))
        outcome = connection.apply(plan, key=f"{datetime.now(UTC)}")
        after = box.rows([box.people[at]])[0]
        moved = {one for one in after if after[one] != before[one]}
        assert outcome.state is State.PROVED
        assert moved - {"updated_at"} <= {key} | FOLLOW.get(key, set())
        assert box.people[:at] + box.people[at + 1 :] == others
        sent = told(box)
        assert bool(sent) is bool(plan.steps)
        if sent:
            assert sent == [("PUT", f"/profiles/{whole.uuid}", {"profiles": [{key: "" if value is None else value}]})]
            shown = after[key]["title"] if key == "job_title" else after[key]
            assert (shown or None) == value

    changes_one()


def test_a_namely_termination_to_come_is_the_date_alone(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=40, dialect=dialect)
    connection = open_to(box)
    who, day = plain(box), in_days(30)
    plan = connection.plan(hc.Terminate(id=who.uuid, on=day, type="voluntary", last_day=in_days(20)))
    assert any(f"terminate again on {day}" in warning for warning in plan.warnings)
    assert any("no place for last_day, type" in warning for warning in plan.warnings)
    connection.terminate(who.uuid, on=day, approved_by="HR")
    assert told(box) == [("PUT", f"/profiles/{who.uuid}", {"profiles": [{"departure_date": day.isoformat()}]})]
    assert (who.active, who.left) == (True, day)


def test_terminating_the_tokens_owner_is_warned_of_and_is_not_sent_twice(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=40, dialect=dialect)
    connection = open_to(box)
    owner = box.owner
    assert owner is not None
    change = hc.Terminate(id=owner.uuid, on=today())
    assert any("it dies with their status" in warning for warning in connection.plan(change).warnings)
    with pytest.raises(hc.OutcomeUnknown, match="cannot be read back") as caught:
        connection.make(change, key="the owner goes", approved_by="HR")
    assert (owner.active, owner.left) == (False, today())
    with pytest.raises(hc.OutcomeUnknown, match="cannot be read back"):
        connection.resume(caught.value.run)
    with pytest.raises(hc.OutcomeUnknown, match="cannot be read back"):
        connection.make(change, key="the owner goes")
    assert len(written(box)) == 1
    box.owner = box.people[1]  # another token, of somebody who is here
    box.owner.active, box.owner.pending = True, False
    assert connection.resume("the owner goes").state is State.PROVED
    assert len(written(box)) == 1


def test_a_namely_rehire_keeps_the_old_dates_in_the_plan(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=40, dialect=dialect)
    connection = open_to(box)
    who = find(box.people, "left")
    began, ended = who.hired, who.left
    assert began is not None
    assert ended is not None
    plan = connection.plan(hc.Rehire(id=who.uuid, on=today()))
    assert any("overwrites the dates" in warning for warning in plan.warnings)
    before = {name: plan.before[name] for name in ("status", "start_date", "termination_date")}
    assert before == {"status": "inactive", "start_date": began.isoformat(), "termination_date": ended.isoformat()}
    approval = hc.Approval(plan=plan.digest, by="HR", at=datetime.now(UTC))
    assert connection.apply(plan, approval=approval).state is State.PROVED
    body = {"user_status": "active", "start_date": today().isoformat(), "departure_date": ""}
    assert told(box) == [("PUT", f"/profiles/{who.uuid}", {"profiles": [body]})]
    kept = connection.journal.run(plan.digest)
    assert kept is not None
    assert kept.plan.before["start_date"] == began.isoformat()


def test_a_job_title_that_namely_does_not_have_is_refused_with_those_it_has(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    with pytest.raises(hc.Rejected, match=r"job_title: the vendor has no such word; it has .*Director") as caught:
        connection.plan(hc.Update(id=who.uuid, fields={"job_title": "Wizard"}))
    assert caught.value.status is None


def test_a_job_title_is_sent_in_namelys_spelling(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    other = next(title for title in TITLES if title != who.title)
    connection.update(who.uuid, job_title=other.upper())
    assert who.title == other


def test_a_job_title_is_taken_from_a_namely_profile(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    connection.update(who.uuid, job_title=None)
    assert who.title == ""


def test_a_namely_hire_says_group_manager_and_contract_in_its_words(open_to: Open) -> None:
    box = NamelySandbox(people=40)
    connection = open_to(box)
    boss = plain(box)
    group = next(one for one in connection.groups() if one.name == boss.department)
    fields = {
        **ADA,
        "start_date": in_days(3),
        "manager_id": boss.uuid,
        "group_ids": [group.id],
        "time_type": "part_time",
    }
    connection.hire(**fields, approved_by="HR")
    [(_, _, body)] = told(box)
    sent = body["profiles"][0]
    assert (sent["reports_to"], sent["departments"], sent["employee_type"]) == (boss.uuid, boss.department, "Part Time")
    new = box.people[-1]
    assert (new.manager_id, new.department, new.status_word) == (boss.id, boss.department, "Part-Time")


# -- BambooHR ---------------------------------------------------------------------------------------------


class Silent(BambooSandbox):
    """Answers a create with the Location alone, absolute, as the official description has it."""

    @route("POST", "/employees")
    def create(self, call: Call) -> Answer:
        answer = super().create(call)
        return attrs.evolve(answer, body=b"", content_type=EMPTY) if answer.status == 201 else answer


class Bodily(BambooSandbox):
    """Tells the new id in the body alone."""

    @route("POST", "/employees", dialects=OBSERVED)
    def create(self, call: Call) -> Answer:
        answer = super().create(call)
        return attrs.evolve(answer, headers={})


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [(BambooSandbox, "guide"), (BambooSandbox, "observed"), (Silent, "observed"), (Bodily, "observed")],
    ids=["relative Location", "body and Location", "absolute Location", "body"],
)
def test_the_three_steps_of_a_bamboohr_hire_follow_the_new_id(
    open_to: Open, kind: type[BambooSandbox], dialect: str
) -> None:
    box = kind(people=40, dialect=dialect)
    connection = open_to(box)
    start = date(2026, 3, 2).isoformat()
    plan = connection.plan(hc.Hire({**ADA, "start_date": start, "job_title": "engineer", "time_type": "full_time"}))
    assert [step.makes for step in plan.steps] == [True, False, False]
    assert all("{id}" in step.request.path for step in plan.steps[1:])
    approval = hc.Approval(plan=plan.digest, by="HR", at=datetime.now(UTC))
    outcome = connection.apply(plan, approval=approval)
    new = box.people[-1]
    assert (outcome.id, outcome.settled) == (str(new.id), 0)  # told by the answer: nobody was looked for
    made = {"firstName": "Ada", "lastName": "King", "workEmail": "ada.king@example.com", "hireDate": start}
    status = {"date": start, "employmentStatus": "Full-Time"}
    job = (f"/employees/{new.id}", {"jobTitle": "engineer"})
    if dialect == "observed":  # where titles are a list, in its own spelling
        job = (f"/employees/{new.id}/tables/jobInfo", {"date": start, "jobTitle": "Engineer"})
    assert told(box) == [
        ("POST", "/employees", made),
        ("POST", f"/employees/{new.id}/tables/employmentStatus", status),
        ("POST", *job),
    ]
    assert new.statuses == [StatusRow(date=date(2026, 3, 2), status="Full-Time")]


def test_a_bamboohr_hire_without_a_kind_of_contract_is_refused_before_anything_is_sent(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    with pytest.raises(hc.Rejected, match="needs time_type or worker_type"):
        open_to(box).hire(**ADA, start_date=today(), approved_by="HR")
    assert written(box) == []


class Older(BambooSandbox):
    """Lists five columns of a termination, and refuses a row that fills them."""

    @route("POST", "/employees/<id>/tables/<table>")
    def add_row(self, call: Call, id: str, table: str) -> Answer:
        if "terminationTypeId" in call.json():
            return self.error(400, "Unknown column")
        return super().add_row(call, id, table)


def test_a_bamboohr_termination_has_five_columns_or_two_where_those_are_refused(open_to: Open) -> None:
    day = today()
    change: dict[str, Any] = {
        "type": "involuntary",
        "reason": "performance",
        "eligible_for_rehire": False,
        "comment": "by agreement",
    }
    plainly = {"date": day.isoformat(), "employmentStatus": "Terminated"}
    five = {"terminationTypeId": "Termination (Involuntary)", "terminationReasonId": "Performance"}
    five |= {"terminationRehireId": "No", "comment": f"by agreement; Last day of work: {in_days(-3)}"}
    for kind, bodies in ((BambooSandbox, [plainly | five]), (Older, [plainly | five, plainly])):
        box = kind(people=40)
        connection = open_to(box)
        who = plain(box)
        outcome = connection.terminate(str(who.id), on=day, last_day=in_days(-3), approved_by="HR", **change)
        path = f"/employees/{who.id}/tables/employmentStatus"
        assert told(box) == [("POST", path, body) for body in bodies]
        assert (outcome.sent, who.active, who.left) == (len(bodies), False, day)
        said = {} if kind is Older else {"type": "Termination (Involuntary)", "reason": "Performance", "rehire": "No"}
        note = {} if kind is Older else {"comment": five["comment"]}
        assert who.statuses[-1] == StatusRow(date=day, status="Terminated", **said, **note)


def test_a_termination_in_the_guides_bamboohr_has_two_fields_and_says_what_is_lost(open_to: Open) -> None:
    box = BambooSandbox(people=40, dialect="guide")
    connection = open_to(box)
    who = plain(box)
    change = hc.Terminate(id=str(who.id), on=today(), type="voluntary", reason="Relocation", comment="moves")
    plan = connection.plan(change)
    assert any("no column for terminationTypeId, terminationReasonId, comment" in one for one in plan.warnings)
    assert any("revokes no access" in one for one in plan.warnings)
    connection.make(change, approved_by="HR")
    assert [body for _, _, body in told(box)] == [{"date": today().isoformat(), "employmentStatus": "Terminated"}]


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"reason": "Boredom"}, "Termination Reason: the vendor has no such word; it has Attendance, Other employment"),
        ({"type": "Abduction"}, r"Termination Type: the vendor has no such word; it has Death, Resignation"),
    ],
    ids=["reason", "type"],
)
def test_a_word_that_is_in_no_list_of_bamboohr_is_refused_with_the_options(
    open_to: Open, said: dict[str, Any], match: str
) -> None:
    box = BambooSandbox(people=40)
    with pytest.raises(hc.Rejected, match=match):
        open_to(box).plan(hc.Terminate(id=str(plain(box).id), on=today(), **said))


def test_the_vendors_own_word_for_a_type_is_taken_and_undecided_is_upon_review(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    box.option(4313, "Retirement")
    connection = open_to(box)
    who = plain(box)
    connection.terminate(str(who.id), on=today(), type="retirement", approved_by="HR")
    assert (who.statuses[-1].type, who.statuses[-1].rehire) == ("Retirement", "Upon review")


def test_a_bamboohr_job_row_carries_over_what_is_in_force(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = next(person for person in box.people[30:] if len(person.jobs) == 2)
    now = copy.deepcopy(who.jobs[-1])
    other = next(title for title in TITLES if title != who.title)
    connection.update(str(who.id), job_title=other)
    assert who.jobs[-1] == attrs.evolve(now, date=today(), title=other)
    before = copy.deepcopy(who.jobs)
    day = in_days(40)
    boss = next(p for p in box.people[20:30] if not p.tags and p.id != who.manager_id)
    connection.update(str(who.id), manager_id=str(boss.id), on=day)
    assert who.jobs == [*before, attrs.evolve(before[-1], date=day, manager_id=boss.id)]
    assert (who.title, who.manager_id) == (other, now.manager_id)  # until the day


@pytest.mark.parametrize("asked", ["job title", "manager"])
def test_what_is_changed_back_on_the_same_day_is_changed_back(open_to: Open, asked: str) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who, one, other = plain(box), plain(box, skip=1), plain(box, skip=2)
    for title, boss in (("Director", one), ("Analyst", other), ("Director", one)):
        change = {"job_title": title} if asked == "job title" else {"manager_id": str(boss.id)}
        connection.make(hc.Update(id=str(who.id), fields=change), key=f"{title} {len(who.jobs)}")
    assert who.title == "Director" if asked == "job title" else who.manager_id == one.id


def test_whoever_came_back_on_the_day_can_leave_on_it_again(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    connection.terminate(str(who.id), on=today(), key="1", approved_by="HR")
    connection.rehire(str(who.id), on=today(), key="2", approved_by="HR")
    assert who.active
    connection.terminate(str(who.id), on=today(), key="3", approved_by="HR")
    assert not who.active


def test_the_guides_bamboohr_lets_a_manager_go(open_to: Open) -> None:
    box = BambooSandbox(people=40, dialect="guide")
    connection = open_to(box)
    who = plain(box)
    outcome = connection.update(str(who.id), manager_id=None)
    assert (outcome.sent, who.manager_id) == (1, None)


def test_a_manager_goes_on_a_day_that_has_a_row_already(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    connection.update(str(who.id), job_title=next(title for title in TITLES if title != who.title))
    connection.update(str(who.id), manager_id=None)
    assert who.manager_id is None


def test_a_manager_goes(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    before = copy.deepcopy(who.jobs)
    connection.update(str(who.id), manager_id=None)
    assert who.manager_id is None
    assert who.jobs == [*before, attrs.evolve(before[-1], date=today(), manager_id=None)]


def test_a_hire_with_an_unknown_contract_is_refused_before_anybody_is_made(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    with pytest.raises(hc.Rejected):
        connection.hire(**ADA, start_date=today(), time_type="Wizardry", approved_by="HR")
    assert len(box.people) == 40
    assert written(box) == []


def test_a_manager_whose_name_another_bears_is_not_guessed(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    twin = find(box.people, "namesake")
    with pytest.raises(hc.Unsupported, match="another employee bears the same name"):
        connection.plan(hc.Update(id=str(plain(box).id), fields={"manager_id": str(twin.id)}))


def test_a_bamboohr_rehire_is_a_later_row_and_moves_the_hire_date(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = find(box.people, "left")
    began, rows = who.hired, list(who.statuses)
    connection.rehire(str(who.id), on=today(), time_type="part_time", approved_by="HR")
    body = {"date": today().isoformat(), "employmentStatus": "Part-Time"}
    assert told(box) == [("POST", f"/employees/{who.id}/tables/employmentStatus", body)]
    assert who.statuses == [*rows, StatusRow(date=today(), status="Part-Time")]
    assert (who.active, who.first_hired, who.hired) == (True, began, today())
    employee = connection.employee(str(who.id))
    assert (employee.original_hire_date, employee.start_date) == (began, today())


@pytest.mark.parametrize("dialect", ["guide", "observed"])
def test_a_bamboohr_update_posts_what_changes_and_no_more(open_to: Open, dialect: str) -> None:
    box = BambooSandbox(people=40, dialect=dialect)
    connection = open_to(box)
    who = plain(box)
    before = copy.deepcopy(who)
    connection.update(str(who.id), given_name="Ada", family_name=who.family, mobile_phone="+47 22 00 00 00")
    assert told(box) == [("POST", f"/employees/{who.id}", {"firstName": "Ada", "mobilePhone": "+47 22 00 00 00"})]
    assert who == attrs.evolve(before, given="Ada", mobile_phone="+47 22 00 00 00", updated=who.updated)


def test_a_field_that_bamboohr_does_not_list_is_refused_before_it_refuses_the_whole(
    open_to: Open, dialect: str
) -> None:
    box = BambooSandbox(people=40, dialect=dialect)
    connection = open_to(box)
    change = hc.Update(id=str(plain(box).id), fields={"family_name": "Neu", "custom_fields": {"customHat": "M"}})
    with pytest.raises(hc.Rejected, match="there is no custom field customHat"):
        connection.plan(change)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, hc.Rejected), (406, hc.Rejected), (409, hc.Conflict), (412, hc.Conflict), (422, hc.Rejected)],
)
def test_a_refusal_of_bamboohr_is_told_by_its_header_and_is_not_sent_again(
    open_to: Open, status: int, error: type[hc.VendorError]
) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    before = copy.deepcopy(who)
    box.play("error", on="/employees/", method="POST", status=status)
    with pytest.raises(error, match="A server exception was thrown") as caught:
        connection.update(str(who.id), family_name="Neu", key="k")
    assert type(caught.value) is error
    assert caught.value.status == status
    assert str(caught.value).count("exception") == 1  # the header says it twice
    assert [one.status for one in written(box)] == [status]
    run = connection.journal.run("k")
    assert run is not None
    assert (run.state, run.steps[0].state) == (State.STOPPED, "ready")
    assert who == before


def test_what_bamboohr_refuses_of_itself_is_a_conflict_or_rejected(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    who, other = plain(box), plain(box, skip=1)
    with pytest.raises(hc.Conflict, match="Duplicate email"):
        connection.update(str(who.id), work_email=other.email)
    with pytest.raises(hc.Rejected, match="the vendor has no such word; it has Contractor, Full-Time") as caught:
        connection.update(str(who.id), time_type="Wizardry")
    assert caught.value.status is None
    assert who.email != other.email


@pytest.mark.parametrize("dialect", ["guide", "observed"])
def test_a_429_that_does_not_say_when_is_no_room_for_one_more_employee(open_to: Open, dialect: str) -> None:
    box = BambooSandbox(people=40, dialect=dialect)
    connection = open_to(box)
    box.play("error", on="/employees$", method="POST", status=429, times=None)
    with pytest.raises(hc.QuotaExhausted, match="may hold no more employees"):
        connection.hire(**ADA, start_date=today(), time_type="full_time", approved_by="HR")
    assert [one.status for one in written(box)] == [429]


def test_a_429_that_says_when_is_waited_for(open_to: Open) -> None:
    box = BambooSandbox(people=40)
    connection = open_to(box)
    box.play("throttle", on="/employees$", method="POST", retry_after="0")
    outcome = connection.hire(**ADA, start_date=today(), time_type="full_time", approved_by="HR")
    assert [one.status for one in written(box)] == [429, 201, 200]
    assert [person.given for person in box.people[40:]] == ["Ada"]
    assert outcome.state is State.PROVED


# -- Insightly --------------------------------------------------------------------------------------------

MAYBE = TEXTS | st.none()
USERS = st.fixed_dictionaries(
    {
        "given": MAYBE,
        "family": MAYBE,
        "currency": st.sampled_from(["USD", "EUR", ""]),
        "active": st.booleans(),
        "PROFILE_ID": st.sampled_from([*PROFILES, None]),
        "ROLE_ID": st.integers(1, 1 << 40) | st.none(),
        "TIMEZONE_ID": MAYBE,
        "ADMINISTRATOR": st.booleans(),
    }
)
CHANGES: Mapping[str, tuple[str, st.SearchStrategy[Any]]] = {
    "given_name": ("FIRST_NAME", TEXTS),
    "family_name": ("LAST_NAME", TEXTS),
    "work_email": ("EMAIL_ADDRESS", st.emails(domains=st.just("example.org"))),
    "timezone": ("TIMEZONE_ID", TEXTS),
    "custom_fields.PROFILE_ID": ("PROFILE_ID", st.sampled_from(sorted(PROFILES.values()))),
    "custom_fields.ROLE_ID": ("ROLE_ID", st.integers(1, 1 << 40)),
    "custom_fields.ADMINISTRATOR": ("ADMINISTRATOR", st.booleans()),
}
SOME_CHANGES = st.fixed_dictionaries({}, optional={name: how for name, (_, how) in CHANGES.items()})


def test_a_put_of_a_whole_insightly_user_keeps_every_other_field(open_to: Open) -> None:
    box = InsightlySandbox(people=40, dialect="guide")
    connection = open_to(box)
    at = box.people.index(plain(box))
    whole = copy.deepcopy(box.people[at])
    ids = {name: id for id, name in PROFILES.items()}

    @QUICKLY
    @given(USERS, SOME_CHANGES)
    def keeps(user: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        person = box.people[at] = copy.deepcopy(whole)
        person.given, person.family = user["given"] or "", user["family"] or ""
        person.currency, person.active = user["currency"], user["active"]
        person.extra |= {name: user[name] for name in ("PROFILE_ID", "ROLE_ID", "TIMEZONE_ID", "ADMINISTRATOR")}
        box.log.clear()
        before, others = guide_user_row(person, today()), copy.deepcopy(box.people[:at] + box.people[at + 1 :])
        plan = connection.plan(hc.Update(id=str(person.id), fields=dict(fields)))
        outcome = connection.apply(plan, key=f"{datetime.now(UTC)}")
        after = guide_user_row(person, today())
        wanted = {CHANGES[name][0]: value for name, value in fields.items()}
        wanted |= {"PROFILE_ID": ids[wanted["PROFILE_ID"]]} if "PROFILE_ID" in wanted else {}
        assert outcome.state is State.PROVED
        assert after == {**before, **wanted, "DATE_UPDATED_UTC": after["DATE_UPDATED_UTC"]}
        assert box.people[:at] + box.people[at + 1 :] == others
        if plan.steps:
            [(method, path, body)] = told(box)
            assert (method, path, body["USER_ID"], body.keys()) == ("PUT", "/Users", person.id, before.keys())
        else:
            assert told(box) == []

    keeps()


def test_a_new_insightly_user_has_the_guides_fields_and_a_profile_by_its_name(open_to: Open) -> None:
    box = InsightlySandbox(people=40, dialect="guide")
    connection = open_to(box)
    change = hc.Hire({**ADA, "custom_fields": {"PROFILE_ID": "standard"}})
    plan = connection.plan(change)
    assert any("mails an invitation" in one for one in plan.warnings)
    assert any("paid seat" in one for one in plan.warnings)
    outcome = connection.make(change, approved_by="HR")
    body: dict[str, Any] = {"FIRST_NAME": "Ada", "LAST_NAME": "King", "EMAIL_ADDRESS": "ada.king@example.com"}
    body |= {"ADMINISTRATOR": False, "ACTIVE": True, "PROFILE_ID": 102}
    assert told(box) == [("POST", "/Users", body)]
    assert (outcome.id, box.invitations) == (str(box.people[-1].id), ["ada.king@example.com"])
    with pytest.raises(
        hc.Rejected, match="PROFILE_ID: the vendor has no such word; it has Administrator, Standard, Read Only"
    ):
        connection.plan(hc.Update(id=str(outcome.id), fields={"custom_fields": {"PROFILE_ID": "King"}}))


def test_an_insightly_address_that_another_has_is_a_conflict(open_to: Open) -> None:
    box = InsightlySandbox(people=40, dialect="guide")
    connection = open_to(box)
    who, other = plain(box), plain(box, skip=1)
    state = copy.deepcopy(box.people)
    with pytest.raises(hc.Conflict):
        connection.update(str(who.id), work_email=other.email)
    assert [one.status for one in written(box)] == [409]
    assert box.people == state


def test_an_insightly_user_is_deleted_with_202_and_deactivated_as_a_whole(open_to: Open) -> None:
    box = InsightlySandbox(people=40, dialect="guide")
    connection = open_to(box)
    who, other = plain(box), plain(box, skip=1)
    row = guide_user_row(other, today())
    plan = connection.plan(hc.Delete(id=str(who.id)))
    assert any("cannot be undone" in one for one in plan.warnings)
    connection.delete(str(who.id), approved_by="HR")
    connection.terminate(str(other.id), on=today(), reason="Relocation", approved_by="HR")
    assert told(box) == [("DELETE", f"/Users/{who.id}", None), ("PUT", "/Users", {**row, "ACTIVE": False})]
    assert [one.status for one in written(box)] == [202, 200]
    assert who not in box.people
    assert not other.active


def test_the_keys_owner_and_the_seat_are_warned_of(open_to: Open) -> None:
    box = InsightlySandbox(people=40, dialect="guide")
    connection = open_to(box)
    plan = connection.plan(hc.Terminate(id=str(box.people[0].id), on=today()))
    assert any("it dies with them" in one for one in plan.warnings)
    assert any("kept in our journal alone" in one for one in plan.warnings)
    plan = connection.plan(hc.Rehire(id=str(find(box.people, "left").id), on=today()))
    assert any("takes a paid seat" in one for one in plan.warnings)


def test_an_insightly_membership_is_ended_by_its_own_id(open_to: Open) -> None:
    box = InsightlySandbox(people=40)
    connection = open_to(box)
    who = plain(box)
    mine, other = (
        next(t for t in box.teams if t.name and (who.id in t.members.values()) is member) for member in (True, False)
    )
    permission = next(key for key, member in mine.members.items() if member == who.id)
    rest = {key: member for key, member in mine.members.items() if key != permission}
    connection.leave(str(who.id), str(mine.id))
    connection.join(str(who.id), str(other.id))
    assert told(box) == [
        ("DELETE", f"/Teams/{mine.id}/TeamMembers/{permission}", None),
        ("POST", f"/Teams/{other.id}/TeamMembers", {"MEMBER_USER_ID": who.id}),
    ]
    assert [one.status for one in written(box)] == [202, 201]
    assert mine.members == rest
    assert who.teams == [other.name]
    assert connection.plan(hc.Leave(id=str(who.id), group_id=str(mine.id))).steps == ()
    assert connection.plan(hc.Join(id=str(who.id), group_id=str(other.id))).steps == ()


def test_an_insightly_without_writes_of_users_says_so_and_what_would_help(open_to: Open) -> None:
    box = InsightlySandbox(people=40)
    connection = open_to(box)
    id = str(plain(box).id)
    changes = [
        hc.Hire(ADA),
        hc.Update(id=id, fields={"family_name": "Neu"}),
        hc.Terminate(id=id, on=today()),
        hc.Delete(id=id),
    ]
    for change in changes:
        with pytest.raises(hc.Unsupported, match=r"offers no writing of users over REST.*scim_url and scim_token"):
            connection.plan(change)
    with pytest.raises(hc.Unsupported, match=r"Insightly keeps no dates.*rehire the user"):
        connection.plan(hc.CancelTermination(id=id))
    assert written(box) == []


@pytest.mark.parametrize(
    ("patch", "methods", "statuses"),
    [("any", ["PATCH"], [200]), ("path", ["PATCH", "PATCH"], [400, 200]), ("none", ["PUT"], [200])],
)
def test_over_scim_the_form_that_the_server_takes_is_found(
    open_to: Open, patch: str, methods: list[str], statuses: list[int]
) -> None:
    box = InsightlySandbox(people=40)
    box.scim_patch = patch
    who = box.people[33]
    box.start()
    connection = open_to(box, **box.scim_settings)
    before = copy.deepcopy(who)
    connection.terminate(str(who.id), on=today(), approved_by="HR")
    assert [(one.method, one.status) for one in written(box)] == list(zip(methods, statuses, strict=True))
    assert who == attrs.evolve(before, active=False, updated=who.updated)


def test_over_scim_insightly_takes_names_and_addresses_and_no_more(open_to: Open) -> None:
    box = InsightlySandbox(people=40)
    box.start()
    connection = open_to(box, **box.scim_settings)
    who = plain(box)
    connection.update(str(who.id), given_name="Ada", work_email="ada.king@example.com")
    assert (who.given, who.email, who.extra["displayName"]) == ("Ada", "ada.king@example.com", f"Ada {who.family}")
    with pytest.raises(hc.Unsupported, match="SCIM carries no timezone"):
        connection.plan(hc.Update(id=str(who.id), fields={"timezone": "Central Standard Time"}))
