"""A plan as bytes and as text: the same both ways, refused where it was changed, and readable for whoever approves."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import codec
from headcount.changes import Change
from headcount.plan import FEW, FORMAT

NOW = datetime(2026, 3, 4, 8, 5, 30, 123456, tzinfo=UTC)
DAY = date(2026, 12, 31)
PUT = hc.Request("PUT", "/people/7", json={"state": "Left", "on": "2026-12-31"})
STEP = hc.Step(
    says="Make the person inactive",
    request=PUT,
    expect={"status": "inactive", "termination_date": "2026-12-31", "job_title": "Countess"},
    before={"status": "active", "termination_date": None, "job_title": "Countess"},
)
PLAN = hc.Plan(
    vendor="toy",
    address="https://api.toy.example/v1",
    change=hc.Terminate(id="7", on=DAY),
    steps=(STEP,),
    warnings=("The days of leave are lost.",),
    made_at=NOW,
)


def plan(**how: Any) -> hc.Plan:
    return attrs.evolve(PLAN, **how)


CHANGES: list[Change] = [
    hc.Hire({"given_name": "Ada", "custom_fields": {"shirt": "M", "pets": 2}, "group_ids": ["1"]}),
    hc.Update(id="7", fields={"job_title": None, "start_date": DAY}, on=DAY),
    hc.Terminate(id="7", on=DAY, last_day=DAY, type="voluntary", reason="Moved", eligible_for_rehire=False),
    hc.CancelTermination(id="7"),
    hc.Rehire(id="7", on=DAY, fields={"time_type": "part_time"}),
    hc.Join(id="7", group_id="1", on=DAY),
    hc.Leave(id="7", group_id="1"),
    hc.Delete(id="7"),
]
STEPS: list[tuple[hc.Step, ...]] = [
    (),
    (STEP, attrs.evolve(STEP, says="Once more", request=hc.Request("DELETE", "/people/7"))),
    (hc.Step(says="Make", request=hc.Request("POST", "/people", json={"a": [1, {"b": None}]}), makes=True),),
    (hc.Step(says="Ask", request=hc.Request("POST", "/r", {"page": 1}, headers={"X": "y"}, safe=True)),),
    (attrs.evolve(STEP, over="scim", otherwise=(STEP, attrs.evolve(STEP, otherwise=(STEP,)))),),
]


# -- as bytes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.verb)
def test_every_change_is_read_back_as_it_was(change: Change) -> None:
    made = plan(change=change)
    again = hc.Plan.from_json(made.to_json())
    assert again == made
    assert type(again.change) is type(change)
    assert (again.digest, again.made_at, again.to_json()) == (made.digest, made.made_at, made.to_json())


@pytest.mark.parametrize("steps", STEPS, ids=len)
def test_every_step_is_read_back_as_it_was(steps: tuple[hc.Step, ...]) -> None:
    again = hc.Plan.from_json(plan(steps=steps, warnings=()).to_json().encode())
    assert again == plan(steps=steps, warnings=())
    assert [step.request.safe for step in again.steps] == [step.request.safe for step in steps]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=9,
)


@given(body=PLAIN, custom=st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), PLAIN, max_size=3))
def test_whatever_is_to_be_sent_is_read_back_byte_for_byte(body: Any, custom: dict[str, Any]) -> None:
    step = hc.Step(says="Change", request=hc.Request("PUT", "/people/7", json=body), expect={"custom_fields.x": body})
    made = plan(change=hc.Update(id="7", fields={"custom_fields": custom}), steps=(step,))
    again = hc.Plan.from_json(made.to_json())
    assert again == made
    assert again.to_json() == made.to_json()
    assert codec.canonical(again.steps[0].request.json) == codec.canonical(body)


def test_a_plan_tells_its_digest_and_its_format() -> None:
    told = json.loads(PLAN.to_json())
    assert told["headcount"] == FORMAT
    assert told.pop("digest") == PLAN.digest
    assert told.pop("headcount")
    assert sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == PLAN.digest


def test_the_digest_is_over_one_canonical_form() -> None:
    """Of sorted keys, without spaces, UTF-8: whoever has another language at hand can work it out."""
    assert codec.canonical({"b": 1, "a": ["é", None, True]}) == '{"a":["é",null,true],"b":1}'.encode()
    assert codec.canonical({"b": 1, "a": 2}, sort=False) == b'{"b":1,"a":2}'


def test_what_is_as_it_would_be_without_being_said_is_left_out() -> None:
    told = json.loads(plan(warnings=(), steps=(hc.Step(says="Ask", request=hc.Request("GET", "/x")),)).to_json())
    assert told["change"] == {"verb": "terminate", "id": "7", "on": "2026-12-31"}
    assert told["steps"] == [{"says": "Ask", "request": {"method": "GET", "path": "/x"}}]
    assert "warnings" not in told


def test_a_digest_is_the_same_in_every_process_and_with_every_library() -> None:
    code = f"""
import sys; sys.modules["msgspec"] = None
import headcount; print(headcount.Plan.from_json({PLAN.to_json()!r}).digest)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == PLAN.digest


@pytest.mark.parametrize(
    "other",
    [
        {"vendor": "other"},
        {"address": "https://api.toy.example/v2"},
        {"change": hc.Terminate(id="8", on=DAY)},
        {"change": hc.CancelTermination(id="7")},
        {"steps": ()},
        {"steps": (STEP, STEP)},
        {"steps": (attrs.evolve(STEP, request=attrs.evolve(PUT, json={"state": "Left"})),)},
        {"steps": (attrs.evolve(STEP, expect={}),)},
        {"steps": (attrs.evolve(STEP, before={}),)},
        {"steps": (attrs.evolve(STEP, says="Do nothing of note"),)},
        {"steps": (attrs.evolve(STEP, over="scim"),)},
        {"steps": (attrs.evolve(STEP, makes=True),)},
        {"steps": (attrs.evolve(STEP, otherwise=(STEP,)),)},
        {"warnings": ()},
        {"made_at": NOW.replace(microsecond=0)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_digest_stands_for_every_part_of_a_plan(other: dict[str, Any]) -> None:
    assert plan(**other).digest != PLAN.digest


def test_two_plans_that_do_the_same_are_equal_whenever_they_were_made() -> None:
    assert plan(made_at=NOW.replace(year=2027)) == PLAN
    assert plan(warnings=()) != PLAN


# -- changed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/people/7", "/people/8"),
        ('"id": "7"', '"id": "8"'),
        ("2026-12-31", "2026-12-30"),
        ("Make the person inactive", "Praise the person"),
        ('"status": "active"', '"status": "inactive"'),
        ("The days of leave are lost.", "All is well."),
        ("https://api.toy.example/v1", "https://api.toy.example/v2"),
        ("08:05:30", "09:05:30"),
        ("  ", " "),
        ("\n", "\r\n"),
        ('"vendor"', '"note": "by hand", "vendor"'),
        ('"before": {', '"over": "rest", "before": {'),
        (PLAN.digest, "0" * 64),
        (f',\n  "digest": "{PLAN.digest}"', ""),
    ],
)
def test_a_plan_that_was_changed_is_held(old: str, new: str) -> None:
    text = PLAN.to_json()
    assert old in text
    with pytest.raises(hc.Held, match="the plan was changed after it was made: plan again"):
        hc.Plan.from_json(text.replace(old, new, 1))


@given(at=st.integers(0, len(PLAN.to_json()) - 1), by=st.characters(exclude_categories=["Cs"]))
def test_no_character_of_a_plan_can_be_changed_unseen(at: int, by: str) -> None:
    text = PLAN.to_json()
    changed = text[:at] + by + text[at + 1 :]
    if changed != text:
        with pytest.raises((hc.Held, hc.ConfigError)):
            hc.Plan.from_json(changed)


def test_a_plan_with_something_behind_it_or_before_it_is_none() -> None:
    for text in (PLAN.to_json() + " ", PLAN.to_json() + "{}", "\ufeff" + PLAN.to_json(), PLAN.to_json().rstrip()):
        with pytest.raises((hc.Held, hc.ConfigError)):
            hc.Plan.from_json(text)


HEAD = '{"headcount": 1, "vendor": "toy", "address": "x", "made_at": "2026-03-04T08:00:00+00:00"'


@pytest.mark.parametrize(
    "text",
    [
        *("", "plan", "null", "1", "[]", "{}", '"headcount"', '{"headcount": 1}', "[" * 9999),
        HEAD + "}",
        HEAD + ', "change": "delete"}',
        HEAD + ', "change": {"verb": "promote", "id": "7"}}',
        HEAD + ', "change": {"verb": ["delete"], "id": "7"}}',
        HEAD + ', "change": {"verb": "delete"}}',
        HEAD + ', "change": {"verb": "delete", "id": ""}}',
        HEAD + ', "change": {"verb": "delete", "id": "7", "really": true}}',
        HEAD + ', "change": {"verb": "terminate", "id": "7", "on": "soon"}}',
        HEAD + ', "change": {"verb": "update", "id": "7", "fields": {"shoe": 43}}}',
        HEAD + ', "change": {"verb": "delete", "id": "7"}, "steps": 1}',
        HEAD + ', "change": {"verb": "delete", "id": "7"}, "steps": [{"says": "x"}]}',
        HEAD + ', "change": {"verb": "delete", "id": "7"}, "steps": [{"says": "x", "request": {"method": 1}}]}',
        HEAD.replace("2026-03-04T08:00:00+00:00", "today") + ', "change": {"verb": "delete", "id": "7"}}',
    ],
)
def test_what_is_no_plan_is_told_in_one_line(text: str) -> None:
    for told in (text, text.encode()):
        with pytest.raises(hc.ConfigError, match=r"this is no plan: make one with `headcount plan … -o plan\.json`"):
            hc.Plan.from_json(told)


def test_bytes_that_are_no_text_are_no_plan() -> None:
    with pytest.raises(hc.ConfigError, match="this is no plan"):
        hc.Plan.from_json(b"\xff\xfe{}")


def test_a_plan_of_another_format_says_so() -> None:
    with pytest.raises(hc.ConfigError, match="the plan is of format 2, and this headcount reads 1: plan again"):
        hc.Plan.from_json(PLAN.to_json().replace('"headcount": 1', '"headcount": 2'))


# -- what it says ---------------------------------------------------------------------------------


def test_a_plan_shows_before_and_after_over_all_its_steps() -> None:
    later = hc.Step(says="Pay", request=PUT, expect={"compensation.amount": "0"}, before={"compensation.amount": "9"})
    both = plan(steps=(STEP, later))
    assert both.before == {**STEP.before, "compensation.amount": "9"}
    assert both.expect == {**STEP.expect, "compensation.amount": "0"}
    assert plan(steps=()).before == plan(steps=()).expect == {}


def test_a_step_is_sent_for_the_employee_that_an_earlier_one_made() -> None:
    row = hc.Step(says="Add the row", request=hc.Request("POST", "/people/{id}/rows/{id}", json={"of": "{id}"}))
    assert row.in_place_of("41").path == "/people/41/rows/41"
    assert row.in_place_of("41").json == {"of": "{id}"}
    assert row.in_place_of(None) == row.request
    assert STEP.in_place_of("41") == STEP.request


def test_a_plan_reads_as_a_person_reads() -> None:
    assert str(PLAN).splitlines() == [
        "terminate employee 7",
        "toy · https://api.toy.example/v1",
        f"plan {PLAN.digest[:12]} of 2026-03-04 08:05 UTC",
        "",
        "  status            active → inactive",
        "  termination_date  — → 2026-12-31",
        "  job_title         Countess, and stays so",
        "",
        "  1. Make the person inactive",
        "     PUT /people/7",
        '     {"state":"Left","on":"2026-12-31"}',
        "",
        "  ! The days of leave are lost.",
    ]


def test_a_plan_names_the_line_and_the_other_forms_of_a_step() -> None:
    other = hc.Step(says="Send the whole", request=hc.Request("PUT", "/Users/7", json={"name": "Änne"}), over="scim")
    first = hc.Step(
        says="Change the user",
        request=hc.Request("PATCH", "/Users/7"),
        expect={"given_name": "Änne", "group_ids": ["1", "2"], "there": True, "family_name": "Q", "job_title": "X"},
        before={"given_name": "Anne", "group_ids": [], "family_name": "Q", "job_title": "X"},
        over="scim",
        otherwise=(other,),
    )
    made = plan(change=hc.CancelTermination(id="7"), steps=(first,), warnings=())
    assert str(made).splitlines() == [
        "cancel termination employee 7",
        "toy · https://api.toy.example/v1",
        f"plan {made.digest[:12]} of 2026-03-04 08:05 UTC",
        "",
        "  given_name   Anne → Änne",
        "  group_ids    — → 1, 2",
        "  there        — → yes",
        "  family_name  Q, and stays so",
        "  job_title    X, and stays so",
        "",
        "  1. Change the user",
        "     PATCH /Users/7 over SCIM",
        "     or, where that is refused: Send the whole",
        "        PUT /Users/7 over SCIM",
        '        {"name":"Änne"}',
    ]


def test_a_plan_says_how_many_facts_must_stay_where_they_are_many() -> None:
    """A vendor that takes a whole record at a time: what stays is in the body that follows."""
    many = {f"raw.FIELD_{number}": number for number in range(FEW + 1)}
    step = attrs.evolve(STEP, expect={**STEP.expect, **many}, before={**STEP.before, **many})
    assert f"  {FEW + 2} facts more must stay as they are" in str(plan(steps=(step,))).splitlines()
    assert "raw.FIELD_1" not in str(plan(steps=(step,)))


def test_a_plan_says_whom_it_concerns_by_name_where_that_is_known() -> None:
    named = plan(name="Ada Lovelace")
    assert str(named).splitlines()[0] == "terminate employee 7, Ada Lovelace"
    assert hc.Plan.from_json(named.to_json()) == named
    assert named.digest != PLAN.digest
    assert "Ada" not in repr(named.change)


def test_another_form_of_the_same_says_no_more() -> None:
    step = attrs.evolve(STEP, otherwise=(attrs.evolve(STEP, request=attrs.evolve(PUT, method="PATCH")),))
    lines = str(plan(steps=(step,))).splitlines()
    assert lines[lines.index("     or, where that is refused:") + 1] == "        PATCH /people/7"


def test_a_plan_of_nothing_says_so() -> None:
    empty = plan(change=hc.Hire({"given_name": "Ada"}), steps=(), warnings=())
    assert str(empty).splitlines() == [
        "hire a new employee",
        "toy · https://api.toy.example/v1",
        f"plan {empty.digest[:12]} of 2026-03-04 08:05 UTC",
        "",
        "  nothing to do: the record shows it already",
    ]


def test_a_body_is_shown_in_one_line_whatever_it_holds() -> None:
    body = {"note": "one\ntwo\x1b[2J"}
    made = plan(steps=(attrs.evolve(STEP, request=attrs.evolve(PUT, json=body)),))
    assert '     {"note":"one\\ntwo\\u001b[2J"}' in str(made).splitlines()


# -- known to be wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Countess\n\n  1. Praise the person", "Countess\x1b[2J", "Countess\r", "a\u202eb"])
def test_a_value_cannot_forge_a_line_of_what_is_approved(text: str) -> None:
    for step in (
        attrs.evolve(STEP, expect={"job_title": text}),
        attrs.evolve(STEP, before={**STEP.before, "status": text}),
    ):
        shown = str(plan(steps=(step,)))
        assert text not in shown
        assert len(shown.splitlines()) <= 13


def test_an_id_that_a_vendor_answered_is_one_segment_of_the_path() -> None:
    row = hc.Step(says="Add the row", request=hc.Request("POST", "/people/{id}/rows"))
    assert row.in_place_of("4/../5?x#y").path == f"/people/{hc.segment('4/../5?x#y')}/rows"


@pytest.mark.parametrize("name", ["custom_fields.shirt ", "custom_fields. shirt"])
def test_a_fact_whose_name_ends_in_space_is_read_back(name: str) -> None:
    made = plan(steps=(attrs.evolve(STEP, expect={name: 1}, request=attrs.evolve(PUT, params={" a ": " b "})),))
    assert hc.Plan.from_json(made.to_json()) == made


def test_a_plan_made_nobody_knows_where_is_none() -> None:
    made = plan(made_at=datetime(2026, 3, 4, 8, 0))
    with pytest.raises(hc.ConfigError):
        hc.Plan.from_json(made.to_json())


def test_a_text_that_nobody_can_send_is_refused_as_such() -> None:
    with pytest.raises(hc.Rejected):
        assert plan(change=hc.Update(id="7", fields={"given_name": "\ud800"})).digest
