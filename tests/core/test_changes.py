"""What may be asked for: fields as plain values, days that are days, and refusals that show no value."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import codec
from headcount.changes import CHANGES, DERIVED, NESTED, WRITTEN, day, written_fields

DAY = date(2026, 12, 31)
MAKERS: dict[str, Any] = {
    "hire": hc.Hire({"given_name": "Ada"}),
    "update": hc.Update(id="1", fields={"given_name": "Ada"}),
    "terminate": hc.Terminate(id="1", on=DAY),
    "cancel-termination": hc.CancelTermination(id="1"),
    "rehire": hc.Rehire(id="1", on=DAY),
    "join": hc.Join(id="1", group_id="2"),
    "leave": hc.Leave(id="1", group_id="2"),
    "delete": hc.Delete(id="1"),
}


# -- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"given_name": "Ada", "family_name": None}, {"given_name": "Ada", "family_name": None}),
        ({"custom_fields": {"shirt": "M", "pets": 2}}, {"custom_fields.shirt": "M", "custom_fields.pets": 2}),
        ({"custom_fields": {}}, {}),
        ({"custom_fields.shirt": "M"}, {"custom_fields.shirt": "M"}),
        ({"demographics": {"gender": "x"}}, {"demographics.gender": "x"}),
        ({"demographics": {"home_address": {"city": "Ulm"}}}, {"demographics.home_address.city": "Ulm"}),
        ({"compensation": {"amount": Decimal("12.50")}}, {"compensation.amount": "12.50"}),
        ({"start_date": DAY}, {"start_date": "2026-12-31"}),
        ({"start_date": "2026-12-31"}, {"start_date": "2026-12-31"}),
        ({"start_date": "20261231"}, {"start_date": "2026-12-31"}),
        ({"demographics": {"date_of_birth": DAY}}, {"demographics.date_of_birth": "2026-12-31"}),
        ({"custom_fields": {"update": "soon"}}, {"custom_fields.update": "soon"}),
        ({"custom_fields": {"birth date": DAY}}, {"custom_fields.birth date": "2026-12-31"}),
        ({"worker_type": hc.WorkerType.INTERN}, {"worker_type": "intern"}),
        ({"worker_type": "intern"}, {"worker_type": "intern"}),
        ({"worker_type": hc.Coded(hc.WorkerType.INTERN, "Praktikant")}, {"worker_type": "Praktikant"}),
        ({"worker_type": hc.Coded(hc.WorkerType.INTERN)}, {"worker_type": "intern"}),
        ({"group_ids": ("3", 4)}, {"group_ids": ["3", "4"]}),
        ({"group_ids": []}, {"group_ids": []}),
    ],
)
def test_fields_are_plain_values_by_their_dotted_names(given: dict[str, Any], plain: dict[str, Any]) -> None:
    assert written_fields(given) == plain
    assert hc.Hire(given).fields == hc.Update(id="1", fields=given).fields == plain
    assert hc.Rehire(id="1", on=DAY, fields=given).fields == plain


def test_fields_that_are_plain_already_stay_as_they_are() -> None:
    once = written_fields({"custom_fields": {"shirt": "M"}, "group_ids": ("1",), "start_date": DAY, "time_type": None})
    assert written_fields(once) == once


@pytest.mark.parametrize("name", sorted(DERIVED))
def test_what_follows_from_a_verb_or_from_the_vendor_cannot_be_set(name: str) -> None:
    with pytest.raises(hc.Rejected, match=rf"no field {name} can be set; there are given_name, "):
        hc.Hire({name: "x"})


def test_every_field_of_an_employee_is_set_or_derived() -> None:
    fields = {field.name for field in attrs.fields(hc.Employee)}
    assert set(WRITTEN) | DERIVED == fields
    assert set(WRITTEN) & DERIVED == set()
    assert list(WRITTEN) == [
        *("given_name", "middle_name", "family_name", "preferred_name", "work_email", "personal_email", "work_phone"),
        *("mobile_phone", "home_phone", "employee_number", "job_title", "worker_type", "time_type"),
        *("original_hire_date", "start_date", "manager_id", "group_ids", "timezone", "custom_fields", "demographics"),
        "compensation",
    ]
    assert set(NESTED) <= set(WRITTEN)


def test_an_unknown_field_is_named_and_what_it_holds_is_not() -> None:
    with pytest.raises(hc.Rejected) as caught:
        hc.Update(id="1", fields={"shoe": "size 43", "salary": {"amount": "90000"}, "given_name": "Ada"})
    assert str(caught.value).startswith("no field salary, shoe can be set; there are given_name, ")
    assert caught.value.status is None
    for held in ("43", "90000", "Ada"):
        assert held not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"job_title": 5417}, "job_title"),
        ({"work_email": ["5417@example.com"]}, "work_email"),
        ({"given_name": {"5417": "x"}}, "given_name"),
        ({"work_phone": True}, "work_phone"),
        ({"start_date": "5417"}, "start_date"),
        ({"start_date": 5417}, "start_date"),
        ({"original_hire_date": "31.12.5417"}, "original_hire_date"),
        ({"start_date": ""}, "start_date"),
        ({"demographics": {"date_of_birth": "5417"}}, "demographics.date_of_birth"),
        ({"group_ids": "5417"}, "group_ids"),
        ({"group_ids": 5417}, "group_ids"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_the_name_of_its_field(given: dict[str, Any], name: str) -> None:
    with pytest.raises(hc.Rejected, match=rf"^{name} must be ") as caught:
        hc.Hire(given)
    assert "5417" not in str(caught.value)
    assert caught.value.__cause__ is None


NAMES = st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1, max_size=9)
PLAIN = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))
TREES = st.recursive(PLAIN, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=9)


def leaves(tree: Any, above: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        return {above: tree}
    return {name: value for key, inner in tree.items() for name, value in leaves(inner, f"{above}.{key}").items()}


@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_custom_fields_of_any_depth_are_flat_and_lose_nothing(custom: dict[str, Any]) -> None:
    flat = hc.Update(id="1", fields={"custom_fields": custom}).fields
    assert flat == leaves(custom, "custom_fields")
    assert codec.loads(codec.dumps(dict(flat))) == flat


@given(st.dates())
def test_a_day_is_the_same_day_as_a_date_and_as_text(on: date) -> None:
    assert day(on) == day(on.isoformat()) == on
    assert hc.Hire({"start_date": on}) == hc.Hire({"start_date": on.isoformat()})
    assert hc.Terminate(id="1", on=on) == hc.Terminate(id="1", on=on.isoformat())


DATED: list[Callable[[Any], Any]] = [
    day,
    lambda value: hc.Hire({"start_date": value}),
    lambda value: hc.Terminate(id="1", on=value),
    lambda value: hc.Terminate(id="1", on=DAY, last_day=value),
    lambda value: hc.Rehire(id="1", on=value),
    lambda value: hc.Update(id="1", fields={}, on=value),
    lambda value: hc.Join(id="1", group_id="2", on=value),
]


@given(st.sampled_from(DATED), st.datetimes(timezones=st.none() | st.just(UTC)), st.booleans())
def test_an_instant_is_no_day(make: Callable[[Any], Any], moment: datetime, as_text: bool) -> None:
    with pytest.raises(hc.Rejected, match=r"must be a day such as 2026-12-31"):
        make(moment.isoformat() if as_text else moment)


def is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


@given((st.text() | st.integers() | st.none()).filter(lambda value: not is_day(value)))
def test_what_is_no_day_is_refused_and_not_shown(value: Any) -> None:
    with pytest.raises(hc.Rejected) as caught:
        day(value, "start_date")
    assert str(caught.value) == "start_date must be a day such as 2026-12-31"


# -- changes --------------------------------------------------------------------------------------


def test_every_verb_has_one_change_and_every_change_its_verb() -> None:
    assert CHANGES.keys() == MAKERS.keys()
    for verb, kind in CHANGES.items():
        assert kind.verb == verb
        assert type(MAKERS[verb]) is kind
        assert getattr(hc, kind.__name__) is kind


def test_a_change_is_whom_it_concerns_and_words_for_a_sentence() -> None:
    assert {change.whom for verb, change in MAKERS.items() if verb != "hire"} == {"1"}
    assert MAKERS["hire"].whom is None
    assert MAKERS["cancel-termination"].words == "cancel termination"
    assert MAKERS["rehire"].words == "rehire"


@pytest.mark.parametrize("verb", sorted(MAKERS))
def test_a_change_is_a_value(verb: str) -> None:
    change = MAKERS[verb]
    assert change == attrs.evolve(change)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        change.id = "2"


@pytest.mark.parametrize("verb", sorted(MAKERS.keys() - {"hire"}))
def test_an_id_is_text_without_space_around_it_and_never_empty(verb: str) -> None:
    change = MAKERS[verb]
    assert attrs.evolve(change, id=" 41 ").id == attrs.evolve(change, id=41).id == "41"
    for empty in ("", "  "):
        with pytest.raises(hc.Rejected, match="the id is empty"):
            attrs.evolve(change, id=empty)


@pytest.mark.parametrize("verb", ["join", "leave"])
def test_the_id_of_a_group_is_never_empty_either(verb: str) -> None:
    with pytest.raises(hc.Rejected, match="the id is empty"):
        attrs.evolve(MAKERS[verb], group_id=" ")


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        (hc.TerminationType.VOLUNTARY, hc.TerminationType.VOLUNTARY),
        ("voluntary", hc.TerminationType.VOLUNTARY),
        ("Resignation (Voluntary)", None),
        (None, None),
    ],
)
def test_a_type_of_termination_is_ours_or_the_vendors_own_word(type: Any, kind: Any) -> None:
    change = hc.Terminate(id="1", on=DAY, type=type)
    assert change.kind is kind
    assert change.type == (None if type is None else str(type))


def test_a_termination_leaves_open_what_nobody_said() -> None:
    change = hc.Terminate(id="1", on=DAY)
    assert (change.last_day, change.type, change.reason, change.eligible_for_rehire, change.comment) == (None,) * 5


def test_a_change_does_not_show_what_is_written() -> None:
    fields = {"given_name": "Ada", "custom_fields": {"shirt": "XXL"}}
    for change in (hc.Hire(fields), hc.Update(id="1", fields=fields), hc.Rehire(id="1", on=DAY, fields=fields)):
        assert "fields=[given_name, custom_fields.shirt]" in repr(change)
        assert "Ada" not in repr(change)
        assert "XXL" not in repr(change)


# -- known to be wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "M", ["M"]])
def test_custom_fields_are_given_by_their_keys(value: Any) -> None:
    with pytest.raises(hc.Rejected, match="custom_fields"):
        hc.Update(id="1", fields={"custom_fields": value})


@pytest.mark.parametrize("value", [object(), {1}, [Decimal(1)], b"M"])
def test_a_custom_field_holds_what_json_can_say(value: Any) -> None:
    with contextlib.suppress(hc.Rejected):
        codec.canonical(dict(hc.Update(id="1", fields={"custom_fields": {"shirt": value}}).fields))


def test_a_last_day_that_is_no_day_is_refused_by_its_own_name() -> None:
    with pytest.raises(hc.Rejected, match="last_day must be a day"):
        hc.Terminate(id="1", on=DAY, last_day="soon")


@pytest.mark.parametrize("verb", sorted(MAKERS.keys() - {"hire"}))
def test_nobody_is_no_id(verb: str) -> None:
    with pytest.raises(hc.Rejected, match="the id is empty"):
        attrs.evolve(MAKERS[verb], id=None)


def test_a_type_of_termination_may_be_one_that_was_read() -> None:
    read = hc.Coded(hc.TerminationType.DEATH, "Death")
    assert hc.Terminate(id="1", on=DAY, type=read).type == "Death"


def test_eligible_for_rehire_is_yes_or_no() -> None:
    word: Any = "no"
    with pytest.raises(hc.Rejected, match="eligible_for_rehire"):
        hc.Terminate(id="1", on=DAY, eligible_for_rehire=word)
