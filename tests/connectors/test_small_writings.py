"""Small things that a plan says or leaves unsaid, each by itself: who is warned, what is refused, which row is last."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.codec import dumps
from headcount.http import Headers
from headcount.lifecycle import State
from headcount.plan import Plan
from headcount.sandbox import OBSERVED, Answer, Call, Person, Sandbox, StatusRow, find, route
from headcount_bamboohr import writing as bamboohr_writing
from headcount_bamboohr.history import follow_jobs, follow_statuses
from headcount_bamboohr.reading import Known
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import writing as namely_writing
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.test_writing import ADA, POLICY, in_days, plain, today, written

Open = Callable[..., hc.Connection]


@pytest.fixture
def open_to(tmp_path: Path) -> Iterator[Open]:
    """Starts a sandbox and connects to it."""
    with ExitStack() as stack:

        def enter(box: Sandbox, *, scim: bool = False) -> hc.Connection:
            stack.enter_context(box)
            more = getattr(box, "scim_settings", {}) if scim else {}
            store = f"sqlite:///{tmp_path}/{len(list(tmp_path.iterdir()))}.db"
            return stack.enter_context(box.connect(scopes=tuple(hc.Scope), store=store, policy=POLICY, **more))

        yield enter


def ground(**more: Any) -> hc.Ground:
    """Ground on which nothing is read over HTTP."""
    nobody: Any = None
    groups, everyone = more.pop("groups", ()), more.pop("everyone", ())
    return hc.Ground(
        http=nobody,
        scim=None,
        today=today(),
        employee=None,
        raw={},
        everyone=lambda: everyone,
        groups=lambda: groups,
        **{"known": None, "facts": {}, "find": lambda _: nobody, **more},
    )


def warned(plan: Plan, of: str) -> bool:
    return any(of in sentence for sentence in plan.warnings)


# -- Insightly --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [0, 8], ids=["ids after the owner's", "ids before the owner's"])
def test_only_the_end_of_the_insightly_keys_owner_is_warned_of(open_to: Open, gone: int) -> None:
    box = InsightlySandbox(people=60, dialect="guide")
    del box.people[:gone]  # as texts, 9 is after every other id
    connection = open_to(box)
    for person in (box.people[0], plain(box)):
        plan = connection.plan(hc.Terminate(id=str(person.id), on=today()))
        assert warned(plan, "it dies with them") is (person is box.people[0])


@pytest.mark.parametrize("verb", [hc.Terminate, hc.Rehire])
def test_insightly_takes_a_day_that_has_come_and_none_to_come(open_to: Open, verb: Callable[..., hc.Change]) -> None:
    box = InsightlySandbox(people=60, dialect="guide")
    connection = open_to(box)
    id = str((plain(box) if verb is hc.Terminate else find(box.people, "left")).id)
    for days in (-3, 0):
        assert len(connection.plan(verb(id=id, on=in_days(days))).steps) == 1
    with pytest.raises(hc.Unsupported, match=f"on {in_days(1)}, and not before"):
        connection.plan(verb(id=id, on=in_days(1)))


@pytest.mark.parametrize("nth", range(3))
def test_who_leaves_one_insightly_team_stays_in_the_others(open_to: Open, nth: int) -> None:
    box = InsightlySandbox(people=60)
    who = plain(box)
    connection = open_to(box)
    teams = sorted([team for team in box.teams if team.name][:3], key=lambda team: team.id)
    for number, team in enumerate(teams):
        team.members[9_900_001 + number] = who.id
    ids = [str(team.id) for team in teams]
    stay = sorted({*(str(t.id) for t in box.teams if t.name and who.id in t.members.values())} - {ids[nth]})
    outcome = connection.leave(str(who.id), ids[nth])
    assert outcome.state is State.PROVED
    assert sorted(connection.employee(str(who.id)).group_ids or ()) == stay


def test_over_scim_the_address_of_an_insightly_user_is_the_primary_one(open_to: Open) -> None:
    box = InsightlySandbox(people=60)
    box.start()
    connection = open_to(box, scim=True)
    connection.hire(**ADA, approved_by="HR")
    connection.update(str(plain(box).id), work_email="grace.king@example.com")
    sent = [one.body if one.method == "POST" else one.body["Operations"][0]["value"] for one in written(box)]
    assert [body["emails"] for body in sent] == [
        [{"value": email, "type": "work", "primary": True}]
        for email in ("ada.king@example.com", "grace.king@example.com")
    ]


# -- Namely -----------------------------------------------------------------------------------------------


def test_only_the_end_of_the_namely_tokens_owner_is_warned_of(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    before, box.owner, after = sorted((plain(box, skip) for skip in range(3)), key=lambda person: person.uuid)
    connection = open_to(box)
    for person in (before, box.owner, after):
        plan = connection.plan(hc.Terminate(id=person.uuid, on=today()))
        assert warned(plan, "it dies with their status") is (person is box.owner)


@pytest.mark.parametrize("verb", ["hire", "rehire"])
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_only_a_start_to_come_is_warned_of(open_to: Open, dialect: str, verb: str, days: int) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    connection = open_to(box)
    gone = find(box.people, "left").uuid
    hire = hc.Hire({**ADA, "start_date": in_days(days)})
    plan = connection.plan(hire if verb == "hire" else hc.Rehire(id=gone, on=in_days(days)))
    assert warned(plan, f"before its start on {in_days(days)}") is (days > 0)


@pytest.mark.parametrize(
    ("dialect", "era", "kept"), [("observed", "modern", True), ("observed", "2014", False), ("guide", "modern", False)]
)
def test_a_reason_is_told_where_namely_keeps_one_and_else_it_is_said_to_be_lost(
    open_to: Open, dialect: str, era: str, kept: bool
) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    box.era = era
    plan = open_to(box).plan(hc.Terminate(id=plain(box).uuid, on=today(), reason="Relocation"))
    [profile] = plan.steps[0].request.json["profiles"]
    assert profile.get("terminated_reason") == ("Relocation" if kept else None)
    reason = {"termination_reason": "Relocation"} if kept else {}
    assert plan.expect == {"status": "inactive", "termination_date": today().isoformat(), **reason}
    assert warned(plan, "no place for reason:") is not kept
    assert warned(plan, "no place for") is not kept


@pytest.mark.parametrize(
    ("state", "back"),
    [
        ({"active": True}, False),
        ({"active": True, "left": in_days(9)}, True),
        ({"active": False, "left": in_days(-9)}, True),
        ({"active": False}, True),
        ({"active": False, "pending": True}, False),
    ],
    ids=["here", "to leave", "gone", "gone without a day", "to come"],
)
def test_what_is_no_departure_is_not_taken_back(open_to: Open, state: dict[str, Any], back: bool) -> None:
    box = NamelySandbox(people=60)
    who = plain(box)
    for name, value in state.items():
        setattr(who, name, value)
    plan = open_to(box).plan(hc.CancelTermination(id=who.uuid))
    sent = [step.request.json["profiles"][0]["user_status"] for step in plan.steps]
    assert sent == (["active"] if back else [])


@pytest.mark.parametrize(
    ("state", "change", "signs"),
    [
        ({}, hc.Terminate, [False]),
        ({"active": False, "pending": True}, hc.Terminate, []),
        ({"active": False, "left": in_days(-9)}, hc.Rehire, [True]),
        ({"left": in_days(9)}, hc.CancelTermination, []),
    ],
    ids=["works, and is cut", "is cut already", "is cut, and works again", "works already"],
)
def test_a_sign_in_is_changed_where_it_is_another(
    open_to: Open, state: dict[str, Any], change: Any, signs: list[bool]
) -> None:
    box = NamelySandbox(people=60, dialect="guide")
    box.start()
    connection = open_to(box, scim=True)
    who = plain(box)
    for name, value in state.items():
        setattr(who, name, value)
    day = {} if change is hc.CancelTermination else {"on": today()}
    plan = connection.plan(change(id=who.uuid, **day))
    over = [step.request.json["Operations"] for step in plan.steps if step.over == "scim"]
    assert [operation["value"] for [operation] in over] == [{"active": sign} for sign in signs]
    assert [step.over for step in plan.steps] == ["rest", *["scim"] * len(signs)]
    words = {True: "Let the sign-in work again", False: "Cut the sign-in"}
    assert [step.says for step in plan.steps[1:]] == [words[sign] for sign in signs]


@pytest.mark.parametrize("nth", range(3))
def test_who_leaves_one_namely_team_stays_in_all_else(open_to: Open, nth: int) -> None:
    box = NamelySandbox(people=60, dialect="guide")
    who = plain(box)
    who.teams, who.department, who.division, who.location = ["Blue", "Green", "Red"], "", "", ""
    connection = open_to(box)
    ids = sorted(connection.employee(who.uuid).group_ids or ())
    [step] = connection.plan(hc.Leave(id=who.uuid, group_id=ids[nth])).steps
    rest = [id for id in ids if id != ids[nth]]
    assert step.expect == {"group_ids": rest}
    assert step.request.json == {"profiles": [{"groups": [{"id": id, "type": "team"} for id in rest]}]}


@pytest.mark.parametrize("nth", range(3))
def test_nobody_leaves_a_namely_group_that_is_no_team(open_to: Open, dialect: str, nth: int) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    who = plain(box)
    who.teams = []
    connection = open_to(box)
    ids = sorted(connection.employee(who.uuid).group_ids or ())
    assert len(ids) == 3
    with pytest.raises(hc.Unsupported, match="one group of this kind"):
        connection.plan(hc.Leave(id=who.uuid, group_id=ids[nth]))


@pytest.mark.parametrize("nth", range(3))
def test_where_namely_changes_no_teams_none_is_left(open_to: Open, nth: int) -> None:
    box = NamelySandbox(people=60)
    who = plain(box)
    who.teams, who.department, who.division, who.location = ["Blue", "Green", "Red"], "", "", ""
    connection = open_to(box)
    ids = sorted(connection.employee(who.uuid).group_ids or ())
    with pytest.raises(hc.Unsupported, match="changes no teams"):
        connection.plan(hc.Leave(id=who.uuid, group_id=ids[nth]))


class Typeless(NamelySandbox):
    """A company that has teams, and no types of groups."""

    @route("GET", "/group_types", dialects=OBSERVED)
    def list_group_types(self, call: Call) -> Answer:
        return self.say({"group_types": []})


def test_where_namely_has_no_types_of_groups_it_changes_no_teams_all_the_same(open_to: Open) -> None:
    box = Typeless(people=60)
    connection, who = open_to(box), plain(box)
    team = next(group for group in connection.groups() if group.name == who.teams[0])
    with pytest.raises(hc.Unsupported, match="changes no teams"):
        connection.plan(hc.Leave(id=who.uuid, group_id=team.id))


def test_a_membership_that_is_so_already_plans_no_step(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    who = plain(box)
    connection = open_to(box)
    ids = connection.employee(who.uuid).group_ids or ()
    changes: list[hc.Change] = [hc.Join(id=who.uuid, group_id=id) for id in ids]
    changes += [hc.Leave(id=who.uuid, group_id=group.id) for group in connection.groups() if group.id not in ids]
    assert [connection.plan(change).steps for change in changes] == [()] * len(changes)
    assert {type(change) for change in changes} == {hc.Join, hc.Leave}


@pytest.mark.parametrize("kind", [hc.GroupType.DEPARTMENT, hc.GroupType.CUSTOM, hc.GroupType.UNKNOWN])
def test_two_namely_groups_of_one_kind_are_refused_whatever_the_kind(kind: hc.GroupType) -> None:
    groups = [hc.Group(id=id, name=id, type=hc.Coded(kind, "its word")) for id in ("a", "b")]
    with pytest.raises(hc.Rejected, match="one group of each kind"):
        namely_writing.written({"group_ids": ["a", "b"]}, ground(groups=groups))


@pytest.mark.parametrize("kind", [hc.GroupType.DEPARTMENT, hc.GroupType.CUSTOM, hc.GroupType.UNKNOWN])
def test_nobody_leaves_a_namely_group_of_any_kind_but_a_team(kind: hc.GroupType) -> None:
    on = ground(groups=[hc.Group(id="a", name="a", type=hc.Coded(kind, "its word"))], facts={"group_ids": ["a", "b"]})
    with pytest.raises(hc.Unsupported, match="one group of this kind"):
        list(namely_writing.leave(hc.Leave(id="7", group_id="a"), on))


@pytest.mark.parametrize(
    ("kind", "joined"),
    [(hc.GroupType.DEPARTMENT, ["b"]), (hc.GroupType.UNKNOWN, ["b"]), (hc.GroupType.TEAM, ["a", "b"])],
)
def test_a_namely_group_takes_the_place_of_one_of_its_kind_but_for_teams(kind: hc.GroupType, joined: list[str]) -> None:
    groups = [hc.Group(id=id, name=id, type=hc.Coded(kind, "its word")) for id in ("a", "b")]
    assert namely_writing.joined(["a"], "b", ground(groups=groups)) == joined


@pytest.mark.parametrize("people", [0, 1, 60])
def test_what_a_hire_may_set_is_what_the_first_profile_shows_and_anything_where_there_is_none(
    open_to: Open, people: int
) -> None:
    box = NamelySandbox(people=people, dialect="guide")
    connection = open_to(box)
    change = hc.Hire({**ADA, "start_date": today(), "time_type": "full_time"})
    if people:
        with pytest.raises(hc.Unsupported, match="does not show employee_type"):
            connection.plan(change)
    else:
        [step] = connection.plan(change).steps
        assert step.request.json["profiles"][0]["employee_type"] == "Full Time"
    assert {"page": "1", "per_page": "1"} in [one.query for one in box.log if one.path.endswith("/profiles")]


def test_who_was_hired_is_told_by_namelys_answer_and_not_looked_for(open_to: Open, dialect: str) -> None:
    box = NamelySandbox(people=60, dialect=dialect)
    outcome = open_to(box).hire(**ADA, start_date=today(), approved_by="HR")
    assert (outcome.id, outcome.settled) == (box.people[-1].uuid, 0)


# -- BambooHR: the history of an employment ---------------------------------------------------------------

GONE = "Terminated"
Rows = Sequence[tuple[int, str]]


def with_history(box: Sandbox, rows: Rows) -> Person:
    """Somebody plain with these rows, each of a day so many from today."""
    who = plain(box)
    who.statuses = [StatusRow(date=in_days(days), status=word) for days, word in rows]
    who.hired = who.first_hired = who.statuses[0].date if rows else None
    follow_statuses(who, today())
    return who


TWICE: Rows = [(-300, "Full-Time"), (-200, GONE), (-100, "Part-Time"), (-45, GONE)]


@pytest.mark.parametrize(
    ("rows", "on", "last"),
    [
        (TWICE, 0, -45),
        ([(-300, "Full-Time"), (25, GONE)], 0, 25),
        ([(-300, "Full-Time"), (-45, GONE)], -300, -45),
        ([(-300, "Full-Time"), (-45, "Part-Time"), (-45, GONE)], 0, -45),
    ],
    ids=["before", "to come", "on the first day", "second of its day"],
)
def test_a_history_that_ends_with_a_termination_gets_no_other(open_to: Open, rows: Rows, on: int, last: int) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, rows)
    with pytest.raises(hc.Rejected, match=rf"with a termination already \(status from {in_days(last)}\)"):
        open_to(box).plan(hc.Terminate(id=str(who.id), on=in_days(on)))


@pytest.mark.parametrize(
    ("rows", "on"),
    [
        ([(-300, "Full-Time"), (-45, GONE)], -45),
        ([(-300, "Full-Time"), (-100, "Volunteer")], 0),
        ([(-300, "Full-Time"), (-100, GONE), (-100, "Full-Time")], 0),
    ],
    ids=["of the same day", "a word of the company's own", "came back on the day"],
)
def test_a_history_that_goes_on_may_end(open_to: Open, rows: Rows, on: int) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, rows)
    [step] = open_to(box).plan(hc.Terminate(id=str(who.id), on=in_days(on), type="voluntary")).steps
    assert step.request.json["date"] == in_days(on).isoformat()


@pytest.mark.parametrize(
    ("rows", "on", "later"),
    [
        ([(-300, "Full-Time"), (30, "Part-Time")], -5, [30]),
        ([(-300, "Full-Time"), (30, "Part-Time"), (60, "Full-Time")], -5, [30, 60]),
        ([(-300, "Full-Time"), (-100, "Part-Time")], -5, []),
        ([(-300, "Full-Time"), (-100, "Part-Time")], -100, []),
    ],
)
def test_rows_after_a_termination_are_named_and_keep_it_from_being_looked_for(
    open_to: Open, rows: Rows, on: int, later: list[int]
) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, rows)
    plan = open_to(box).plan(hc.Terminate(id=str(who.id), on=in_days(on)))
    days = ", ".join(f"status from {in_days(day)}" for day in later)
    assert warned(plan, "goes on after") is bool(later)
    assert not later or f"The history goes on after {in_days(on)}: {days}." in plan.warnings
    assert ("termination_date" in plan.expect) is not bool(later)


def test_a_termination_that_nothing_is_said_of_has_no_remark(open_to: Open) -> None:
    box = BambooSandbox(people=60)
    [step] = open_to(box).plan(hc.Terminate(id=str(plain(box).id), on=today())).steps
    day = today().isoformat()
    assert step.request.json == {"date": day, "employmentStatus": GONE, "terminationRehireId": "Upon review"}


def test_an_archived_word_is_not_chosen_and_one_that_says_nothing_of_it_is() -> None:
    options = [{"name": "Boredom", "archived": "yes"}, {"name": "Travel", "archived": "no"}, {"name": "Study"}]
    on = ground(known=Known(lists=[{"name": "Termination Reason", "options": options}]))

    def chosen(reason: str) -> str:
        return bamboohr_writing.leaving(hc.Terminate(id="7", on=today(), reason=reason), on)["terminationReasonId"]

    assert [chosen("travel"), chosen("STUDY")] == ["Travel", "Study"]
    with pytest.raises(hc.Rejected, match="Termination Reason: the vendor has no such word; it has Travel, Study"):
        chosen("Boredom")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(-300, "Full-Time")],
        [(-300, "Full-Time"), (-200, GONE), (-100, "Part-Time")],
        [(-300, "Full-Time"), (-200, GONE), (-100, "Volunteer")],
    ],
    ids=["no row", "one row", "came back", "came back as what the company calls so"],
)
def test_a_history_that_ends_otherwise_has_no_termination_to_take_back(open_to: Open, rows: Rows) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, rows)
    assert open_to(box).plan(hc.CancelTermination(id=str(who.id))).steps == ()


@pytest.mark.parametrize(
    ("rows", "dated"),
    [
        (TWICE, False),
        ([(-300, "Full-Time"), (-45, GONE)], True),
        ([(-300, "Volunteer"), (-45, GONE)], True),
        ([(-300, "Full-Time"), (-45, "Part-Time"), (-45, GONE)], True),
        ([(-300, "Full-Time"), (-200, GONE), (-45, GONE)], False),
        ([(-300, "Full-Time"), (-45, GONE), (-45, "Full-Time"), (-45, GONE)], False),
    ],
    ids=["back between", "the only one", "a word of their own", "second of its day", "gone before", "twice on a day"],
)
def test_the_last_row_is_the_one_that_is_taken_back(open_to: Open, rows: Rows, dated: bool) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, rows)
    connection, before = open_to(box), copy.deepcopy(who.statuses)
    plan = connection.plan(hc.CancelTermination(id=str(who.id)))
    assert ("termination_date" in plan.expect) is dated  # another termination is told in its stead
    outcome = connection.cancel_termination(str(who.id), approved_by="HR")
    assert outcome.state is State.PROVED
    assert who.statuses == before[:-1]


def test_who_comes_back_comes_back_as_what_they_were_last(open_to: Open) -> None:
    box = BambooSandbox(people=60)
    who = with_history(box, TWICE)
    [step] = open_to(box).plan(hc.Rehire(id=str(who.id), on=today())).steps
    assert step.request.json == {"date": today().isoformat(), "employmentStatus": "Part-Time"}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, "terminationTypeId, terminationReasonId"),
        ({"type": "voluntary"}, "terminationReasonId"),
        ({"type": "voluntary", "reason": "Relocation"}, None),
    ],
)
def test_what_bamboohrs_newer_rules_want_and_was_not_said_is_named(
    open_to: Open, said: dict[str, Any], wanted: str | None
) -> None:
    box = BambooSandbox(people=60)
    plan = open_to(box).plan(hc.Terminate(id=str(plain(box).id), on=today(), **said))
    rules = [one for one in plan.warnings if "newer rules" in one]
    assert rules == ([f"BambooHR's newer rules want {wanted} as well."] if wanted else [])


@pytest.mark.parametrize(
    ("on", "word", "shown"), [(-5, "Full-Time", True), (0, "Full-Time", False), (-5, "Volunteer", False)]
)
def test_a_rehire_that_is_over_a_day_ago_and_in_a_known_word_shows(
    open_to: Open, on: int, word: str, shown: bool
) -> None:
    box = BambooSandbox(people=60)
    box.option(16, word)
    who = with_history(box, [(-300, word), (-45, GONE)])
    plan = open_to(box).plan(hc.Rehire(id=str(who.id), on=in_days(on)))
    assert plan.expect.get("status") == ("active" if shown else None)


@pytest.mark.parametrize(
    ("there", "again", "now"),
    [
        ([], False, ["b"]),
        (["a"], False, ["a", "b"]),
        (["b"], False, ["b"]),
        (["a", "b"], False, ["a", "b"]),
        (["b", "a"], False, ["b", "a", "b"]),
        (["a", "b"], True, ["a", "b", "b"]),
    ],
)
def test_a_row_is_added_to_its_day_unless_the_last_one_says_the_same(
    there: list[str], again: bool, now: list[str]
) -> None:
    rows, wanted = ([{"employmentStatus": word} for word in words] for words in (there, now))
    on = ground(facts={"status from 2026-03-02": rows})
    more = {"again": True} if again else {}
    added = bamboohr_writing.added("status", "2026-03-02", {"employmentStatus": "b"}, on, **more)
    assert added == {"status from 2026-03-02": wanted}


# -- BambooHR: jobs, fields, addresses --------------------------------------------------------------------


def with_jobs(box: Sandbox, *jobs: tuple[int, str]) -> Person:
    """Somebody plain with rows of these titles, each of a day so many from today."""
    who = plain(box)
    who.jobs = [attrs.evolve(who.jobs[0], date=in_days(days), title=title) for days, title in jobs]
    follow_jobs(who, today())
    return who


@pytest.mark.parametrize(
    ("jobs", "held", "later"),
    [
        ([(-300, "Analyst"), (-100, "Engineer")], "Engineer", []),
        ([(-300, "Analyst"), (30, "Director")], "Analyst", [30]),
        ([(-300, "Analyst"), (0, "Engineer"), (30, "Director"), (60, "Manager")], "Engineer", [30, 60]),
    ],
)
def test_a_job_row_holds_on_to_what_is_in_force_on_its_day_and_names_the_rows_to_come(
    open_to: Open, jobs: list[tuple[int, str]], held: str, later: list[int]
) -> None:
    box = BambooSandbox(people=60)
    who = with_jobs(box, *jobs)
    connection = open_to(box)
    group = next(one for one in connection.groups() if one.type.source == "division" and one.name != who.division)
    plan = connection.plan(hc.Join(id=str(who.id), group_id=group.id))
    [step] = plan.steps
    assert (step.request.json["jobTitle"], step.request.json["division"]) == (held, group.name)
    days = ", ".join(f"{in_days(day)}" for day in later)
    assert [one for one in plan.warnings if "set the job anew" in one] == (
        [f"Rows of {days} set the job anew on their days."] if later else []
    )


@pytest.mark.parametrize("turn", [1, -1])
def test_another_manager_of_the_same_day_is_another_row_whatever_the_name(open_to: Open, turn: int) -> None:
    box = BambooSandbox(people=60)
    who = with_jobs(box, (-300, "Analyst"), (0, "Analyst"))
    names = [(person.given, person.family) for person in box.people]
    bosses = [one for one in box.people[20:30] if not one.tags and names.count((one.given, one.family)) == 1]
    now, then = sorted((one for one in bosses if one.id != who.manager_id), key=lambda one: one.given)[::turn][:2]
    who.jobs[-1].manager_id = who.manager_id = now.id
    outcome = open_to(box).update(str(who.id), manager_id=str(then.id))
    assert (outcome.state, who.manager_id, len(who.jobs)) == (State.PROVED, then.id, 3)


def test_a_bamboohr_job_that_is_in_force_already_gets_no_row(open_to: Open) -> None:
    box = BambooSandbox(people=60)
    who = with_jobs(box, (-300, "Analyst"), (-100, "Engineer"))
    connection = open_to(box)
    ids = connection.employee(str(who.id)).group_ids or ()
    assert len(ids) == 3
    assert [connection.plan(hc.Join(id=str(who.id), group_id=id)).steps for id in ids] == [(), (), ()]


@pytest.mark.parametrize(
    ("field", "word"), [("time_type", "Engineer"), ("time_type", "Berlin"), ("job_title", "Berlin")]
)
def test_a_word_of_another_bamboohr_list_is_none_of_this_one(open_to: Open, field: str, word: str) -> None:
    box = BambooSandbox(people=60)
    with pytest.raises(hc.Rejected, match="the vendor has no such word"):
        open_to(box).plan(hc.Update(id=str(plain(box).id), fields={field: word}))


def test_two_departments_are_refused_and_one_of_each_list_is_not(open_to: Open) -> None:
    box = BambooSandbox(people=60)
    connection = open_to(box)
    ids: dict[str | None, list[str]] = {}
    for group in connection.groups():
        ids.setdefault(group.type.source, []).append(group.id)
    hire = {**ADA, "start_date": today(), "time_type": "full_time"}
    with pytest.raises(hc.Rejected, match="one department, one division and one location"):
        connection.plan(hc.Hire({**hire, "group_ids": ids["department"][:2]}))
    plan = connection.plan(hc.Hire({**hire, "group_ids": [some[0] for some in ids.values()]}))
    assert {"department", "division", "location"} <= plan.steps[-1].request.json.keys()


def test_a_field_that_this_bamboohr_does_not_list_is_not_sent(open_to: Open, dialect: str) -> None:
    box = BambooSandbox(people=60, dialect=dialect)
    connection = open_to(box)
    change = hc.Update(id=str(plain(box).id), fields={"preferred_name": "Addie", "family_name": "Neu"})
    if dialect == "guide":
        with pytest.raises(hc.Unsupported, match="has no field preferredName"):
            connection.plan(change)
    else:
        [step] = connection.plan(change).steps
        assert step.request.json == {"preferredName": "Addie", "lastName": "Neu"}


@pytest.mark.parametrize(
    ("id", "quoted"), [("7", "7"), ("../7", "..%2F7"), ("~/7", "~%2F7"), ("{id}", "{id}")], ids=str
)
def test_an_id_is_one_part_of_the_address_whatever_is_in_it(id: str, quoted: str) -> None:
    assert bamboohr_writing.row_path(id, "jobInfo") == f"/employees/{quoted}/tables/jobInfo"
    [step] = bamboohr_writing.job_fields(id, today().isoformat(), {"jobTitle": "Engineer"}, {}, ground())
    assert step.request.path == f"/employees/{quoted}"


def test_a_manager_is_told_given_name_first(open_to: Open, dialect: str) -> None:
    box = BambooSandbox(people=60, dialect=dialect)
    connection, who = open_to(box), plain(box)
    boss = next(person for person in box.people if person.id == who.manager_id)
    assert bamboohr_writing.supervisor(connection.http, str(who.id)) == f"{boss.given} {boss.family}"
    assert bamboohr_writing.supervisor(connection.http, str(box.people[0].id)) is None


@pytest.mark.parametrize("others", [0, 1])
def test_a_manager_whose_name_nobody_else_bears_is_named(others: int) -> None:
    status = hc.Coded(hc.EmployeeStatus.ACTIVE, "Active")
    named = [hc.Employee(id=id, status=status, given_name="Ada", family_name="King") for id in ("1", "2")]
    hidden = ground(everyone=[], find=lambda _: named[0])
    assert bamboohr_writing.manager_name("1", hidden) == "Ada King"
    on = ground(everyone=named[: others + 1], find=lambda _: named[0])
    if others:
        with pytest.raises(hc.Unsupported, match="bears the same name"):
            bamboohr_writing.manager_name("1", on)
    else:
        assert bamboohr_writing.manager_name("1", on) == "Ada King"


@pytest.mark.parametrize(
    ("body", "location", "id"),
    [
        ({"id": 7}, "https://a.b/v1/employees/8", "7"),
        ({"firstName": "Ada"}, "https://a.b/v1/employees/8", "8"),
        (None, "/v1/employees/8/", "8"),
        (["id"], "/v1/employees/8", "8"),
        ({"firstName": "Ada"}, "/v1/people/8", None),
        (None, None, None),
    ],
)
def test_the_new_id_is_in_the_body_or_at_the_end_of_the_location(
    body: Any, location: str | None, id: str | None
) -> None:
    headers = Headers({"Content-Type": "application/json"} | ({"Location": location} if location else {}))
    request = hc.Request("POST", "/employees")
    response = hc.Response(request=request, status=201, headers=headers, body=dumps(body))
    assert bamboohr_writing.made(response) == id
