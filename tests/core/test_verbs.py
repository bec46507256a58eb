"""What a plan function stands on: days that have come, words of the vendor's lists, and what may be written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.verbs import NEAR, check_writable
from tests.core.conftest import Line
from tests.core.toy import Toy

TODAY = date(2026, 3, 4)
TEAMS = tuple(hc.Group(id=str(id), name=f"Team {id}", type=hc.Coded(hc.GroupType.TEAM)) for id in (1, 12))
WRITABLE = {"given_name": "first", "job_title": "title", "demographics.gender": "sex", "custom_fields": "its own key"}


def nobody(*_: Any) -> Any:
    raise AssertionError("nothing was to be asked")


@pytest.fixture
def ground(toy: Toy, line: Line) -> hc.Ground:
    return hc.Ground(
        http=line(toy),
        scim=None,
        today=TODAY,
        known=None,
        employee=None,
        raw={},
        facts={"there": False},
        everyone=nobody,
        find=nobody,
        groups=lambda: TEAMS,
    )


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


# -- the ground -----------------------------------------------------------------------------------


def test_a_warning_stands_once_and_in_order(ground: hc.Ground) -> None:
    for sentence in ("One.", "Two.", "One."):
        ground.warn(sentence)
    assert ground.warnings == ["One.", "Two."]


def test_every_ground_has_warnings_of_its_own(ground: hc.Ground) -> None:
    ground.warn("One.")
    assert attrs.evolve(ground, warnings=[]).warnings == []


@pytest.mark.parametrize("on", [None, after(-400), after(-1), TODAY])
def test_what_is_not_dated_may_be_done_now_and_for_days_gone(ground: hc.Ground, on: date | None) -> None:
    ground.only_now(on)


def test_what_is_not_dated_cannot_be_done_ahead(ground: hc.Ground) -> None:
    with pytest.raises(hc.Unsupported, match="apply it on 2026-03-05, and not before"):
        ground.only_now(after(1))


@pytest.mark.parametrize(
    ("days", "past", "ahead"),
    [
        (-2, True, False),
        (-1, False, False),
        (0, False, False),
        (1, False, False),
        (2, False, True),
    ],
)
def test_a_day_is_over_or_to_come_only_where_it_is_so_everywhere_on_earth(
    ground: hc.Ground, days: int, past: bool, ahead: bool
) -> None:
    assert (ground.past(after(days)), ground.ahead(after(days))) == (past, ahead)


def test_a_group_is_found_by_its_whole_id(ground: hc.Ground) -> None:
    assert ground.group("12").name == "Team 12"
    for id in ("2", "", "Team 12"):
        with pytest.raises(hc.Rejected, match=f"no group has the id {id}: `headcount groups` lists them"):
            ground.group(id)


def test_a_scim_line_is_there_or_said_to_be_missing(ground: hc.Ground) -> None:
    with pytest.raises(hc.Unsupported, match="no SCIM endpoint is configured: set scim_url and scim_token"):
        _ = ground.scim_line
    assert attrs.evolve(ground, scim=ground.http).scim_line is ground.http


# -- words ----------------------------------------------------------------------------------------


def test_fields_are_translated_and_custom_ones_go_by_their_own_key() -> None:
    fields = {"given_name": "Ada", "demographics.gender": None, "custom_fields.shirt": "M", "custom_fields.a.b": 2}
    assert hc.translated(fields, WRITABLE) == {"first": "Ada", "sex": None, "shirt": "M", "a.b": 2}
    assert hc.translated({}, WRITABLE) == {}


def test_one_custom_field_may_have_a_key_of_its_own() -> None:
    writable = {**WRITABLE, "custom_fields.ROLE": "ROLE_ID"}
    assert hc.translated({"custom_fields.ROLE": 3, "custom_fields.x": 4}, writable) == {"ROLE_ID": 3, "x": 4}


def test_a_key_with_a_dot_stands_in_an_object_and_days_are_written_as_the_vendor_writes_them() -> None:
    writable = {"given_name": "name.first", "family_name": "name.last", "start_date": "work.from", "custom_fields": ""}
    fields = {"given_name": "Ada", "family_name": None, "start_date": "2026-03-04", "custom_fields.a.b": "2026-03-04"}
    assert hc.translated(fields, writable, dates="%d/%m/%Y") == {
        "name": {"first": "Ada", "last": None},
        "work": {"from": "04/03/2026"},
        "a.b": "2026-03-04",
    }
    assert hc.translated({"start_date": None}, writable, dates="%d/%m/%Y") == {"work": {"from": None}}
    assert hc.translated({"start_date": "2026-03-04"}, writable) == {"work": {"from": "2026-03-04"}}


@pytest.mark.parametrize("wanted", ["Full-Time", "full-time", "FULL-TIME", "  Full-Time "])
def test_a_word_is_chosen_in_the_vendors_own_spelling(wanted: str) -> None:
    assert hc.chosen("status", wanted, ["Part-Time", "Full-Time"]) == "Full-Time"


def test_a_word_that_the_vendor_lacks_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(hc.Rejected) as caught:
        hc.chosen("status", "Full Time", iter(["Full-Time", "Part-Time"]))
    assert str(caught.value) == "status: the vendor has no such word; it has Full-Time, Part-Time"
    with pytest.raises(hc.Rejected, match=r"it has none$"):
        hc.chosen("status", "x", [])


@given(count=st.integers(0, 40))
def test_of_many_words_the_first_few_are_told(count: int) -> None:
    words = [f"w{number}" for number in range(count)]
    with pytest.raises(hc.Rejected) as caught:
        hc.chosen("status", "x", words)
    told = str(caught.value).partition("it has ")[2]
    assert told.startswith(", ".join(words[:NEAR]) or "none")
    assert told.endswith(f" and {count - NEAR} more") is (count > NEAR)
    assert f"w{NEAR}" not in told.split(", ")


# -- what can be written --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"given_name": "Ada", "job_title": None},
        {"custom_fields": {"whatever": 1}},
        {"demographics": {"gender": "x"}},
    ],
)
def test_what_is_writable_may_be_written(fields: dict[str, Any]) -> None:
    for change in (hc.Hire(fields), hc.Update(id="1", fields=fields), hc.Rehire(id="1", on=TODAY, fields=fields)):
        check_writable("toy", change, WRITABLE)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"family_name": "Lovelace"}, "family_name"),
        ({"demographics": {"ethnicity": "Lovelace", "gender": "x"}}, "demographics.ethnicity"),
        ({"work_email": "Lovelace", "given_name": "Ada", "family_name": None}, "family_name, work_email"),
    ],
)
def test_what_is_not_writable_is_named_beside_what_is(fields: dict[str, Any], names: str) -> None:
    for change in (hc.Hire(fields), hc.Update(id="1", fields=fields), hc.Rehire(id="1", on=TODAY, fields=fields)):
        with pytest.raises(hc.Unsupported) as caught:
            check_writable("toy", change, WRITABLE)
        can = "custom_fields, demographics.gender, given_name, job_title"
        assert str(caught.value) == f"toy cannot write {names}; it can write {can}"


def test_a_change_without_fields_writes_none() -> None:
    for change in (hc.Terminate(id="1", on=TODAY), hc.Join(id="1", group_id="2"), hc.Delete(id="1")):
        check_writable("toy", change, {})


def test_a_verb_has_no_facts_no_requirements_and_makes_nobody_unless_it_says_so(toy: Toy, line: Line) -> None:
    verb = hc.Verb(plan=lambda change, ground: ())
    assert dict(verb.facts(line(toy), "1", {})) == {}
    assert verb.required == ()
    assert verb.made(hc.Response(request=hc.Request("POST", "/people"), status=201, body=b'{"id": 1}')) is None
    assert toy.log == []
