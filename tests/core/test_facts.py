"""What a record shows, as plain values: made, compared, and shown to those who may see them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import codec
from headcount.facts import UNTOLD, differences, facts_of, redacted, same, scope_of, shown

ACTIVE = hc.Coded(hc.EmployeeStatus.ACTIVE, "Active")
ADA = hc.Employee(
    id="7",
    status=ACTIVE,
    given_name="Ada",
    family_name="Lovelace",
    work_email="ada@example.com",
    worker_type=hc.Coded(hc.WorkerType.UNKNOWN, "Gräfin"),
    start_date=date(2020, 2, 29),
    updated_at=datetime(2026, 3, 4, 8, 0, tzinfo=UTC),
    manager_id="3",
    manager_ids=("3", "4"),
    group_ids=("g2", "g1", "g10"),
    custom_fields={
        "shirt": hc.CustomField(key="shirt", label="T-shirt", type="list", value="M"),
        "a.b": hc.CustomField(key="a.b", value=3),
    },
    demographics=hc.Demographics(date_of_birth=date(1815, 12, 10), home_address=hc.Address(city="London")),
    compensation=hc.Compensation(amount=Decimal("12.50"), period=hc.Coded(hc.PayPeriod.HOUR, "Hourly")),
    absent={"job_title": hc.NullReason.NOT_PERMITTED},
    raw={"shoe": 43},
)
FACTS = facts_of(ADA)


# -- made -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("there", True),
        ("id", "7"),
        ("status", "active"),
        ("worker_type", "unknown"),
        ("start_date", "2020-02-29"),
        ("updated_at", "2026-03-04T08:00:00Z"),
        ("job_title", None),
        ("group_ids", ["g1", "g10", "g2"]),
        ("custom_fields.shirt", "M"),
        ("custom_fields.a.b", 3),
        ("demographics.date_of_birth", "1815-12-10"),
        ("demographics.home_address.city", "London"),
        ("demographics.gender", None),
        ("compensation.amount", "12.50"),
        ("compensation.period", "hour"),
    ],
)
def test_a_fact_is_a_plain_value_by_the_models_name(name: str, value: Any) -> None:
    assert FACTS[name] == value


def test_facts_are_json_and_nothing_in_them_is_a_record() -> None:
    assert codec.loads(codec.dumps(FACTS)) == FACTS
    assert not [name for name, value in FACTS.items() if isinstance(value, dict)]


def test_what_is_no_fact_of_its_own_is_left_out() -> None:
    assert not [name for name in FACTS if name.partition(".")[0] in UNTOLD]
    assert "shoe" not in repr(FACTS)


def test_groups_that_the_vendor_does_not_tell_are_not_told() -> None:
    assert facts_of(attrs.evolve(ADA, group_ids=None))["group_ids"] is None
    assert facts_of(attrs.evolve(ADA, group_ids=()))["group_ids"] == []


def test_the_order_of_groups_is_no_fact() -> None:
    assert facts_of(attrs.evolve(ADA, group_ids=("g10", "g1", "g2"))) == FACTS


def test_a_custom_field_that_holds_several_values_keeps_them() -> None:
    several = hc.CustomField(key="langs", label="Languages", value=["de", "en"])
    assert facts_of(attrs.evolve(ADA, custom_fields={"langs": several}))["custom_fields.langs"] == ["de", "en"]


@pytest.mark.parametrize("keys", [("value", "source"), ("key", "label", "value")])
def test_a_custom_field_may_have_any_key(keys: tuple[str, ...]) -> None:
    custom = {key: hc.CustomField(key=key, value=f"of {key}") for key in keys}
    facts = facts_of(attrs.evolve(ADA, custom_fields=custom))
    assert {key: facts.get(f"custom_fields.{key}") for key in keys} == {key: f"of {key}" for key in keys}


# -- compared -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("work_email", "Ada@Example.com", " ada@example.COM "),
        ("email", "a@x", "A@x"),
        ("work_phone", "+49 (30) 123-45", "493012345"),
        ("custom_fields.second_phone", "1-2", "12"),
        ("given_name", "Ada ", "Ada"),
        ("given_name", None, ""),
        ("group_ids", [], None),
        ("group_ids", "", []),
        ("group_ids", ["1", "2"], ["1", "2"]),
        ("custom_fields.pets", 2, 2),
        ("custom_fields.pets", 2, "2"),
        ("custom_fields.vegan", True, "true"),
        ("there", False, False),
        ("status", None, None),
    ],
)
def test_values_that_say_the_same(name: str, one: Any, other: Any) -> None:
    assert same(name, one, other)
    assert same(name, other, one)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("given_name", "Ada", "ada"),
        ("given_name", "Ada", None),
        ("work_email", "ada@example.com", "ada@example.org"),
        ("work_email", "ada@example.com", None),
        ("work_phone", "12345", "12346"),
        ("work_phone", "12345", ""),
        ("employee_number", "1-2", "12"),
        ("group_ids", ["1"], ["1", "2"]),
        ("group_ids", ["1"], None),
        ("custom_fields.pets", 0, None),
        ("there", False, None),
        ("there", True, False),
        ("custom_fields.tags", [""], None),
    ],
)
def test_values_that_differ(name: str, one: Any, other: Any) -> None:
    assert not same(name, one, other)
    assert not same(name, other, one)


@pytest.mark.parametrize(("one", "other"), [("", "on request"), ("none", "ask the desk")])
def test_phone_numbers_without_a_digit_are_texts(one: str, other: str) -> None:
    assert not same("work_phone", one, other)


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=3)
NAMES = st.sampled_from(["given_name", "work_email", "work_phone", "group_ids", "custom_fields.x"])


@given(NAMES, VALUES, VALUES)
def test_whether_two_say_the_same_does_not_depend_on_their_order(name: str, one: Any, other: Any) -> None:
    assert same(name, one, one)
    assert same(name, one, other) is same(name, other, one)


def test_differences_are_what_was_wanted_and_what_is_there() -> None:
    wanted = {"given_name": "Ada", "job_title": "Countess", "work_email": "ADA@example.com", "custom_fields.x": None}
    assert differences(wanted, FACTS) == {"job_title": ("Countess", None)}


def test_what_nobody_asked_for_is_no_difference() -> None:
    assert differences({}, FACTS) == {}
    assert differences(FACTS, {**FACTS, "shoe": 43}) == {}


def test_who_is_not_there_differs_in_everything_that_was_wanted() -> None:
    assert differences({"there": True, "job_title": None, "given_name": "Ada"}, {"there": False}) == {
        "there": (True, False),
        "given_name": ("Ada", None),
    }


# -- who may see them -----------------------------------------------------------------------------


@pytest.mark.parametrize("field", attrs.fields(hc.Employee), ids=lambda field: field.name)
def test_every_field_has_its_class(field: Any) -> None:
    assert scope_of(field.name) is field.metadata["scope"]
    assert isinstance(scope_of(field.name), hc.Scope)


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("there", hc.Scope.WORK),
        ("status from 2026-12-31", hc.Scope.WORK),
        ("job_title from 2026-12-31", hc.Scope.WORK),
        ("custom_fields.shirt size", hc.Scope.CUSTOM),
        ("demographics.home_address.city", hc.Scope.DEMOGRAPHIC),
        ("compensation.amount", hc.Scope.COMPENSATION),
        ("mobile_phone", hc.Scope.CONTACT),
        ("raw.ADDRESS", hc.Scope.CUSTOM),
        ("raw.manager from 2026-12-31", hc.Scope.CUSTOM),
        ("nobody_knows_this", hc.Scope.CUSTOM),
        ("", hc.Scope.CUSTOM),
    ],
)
def test_a_fact_has_the_class_of_its_field_and_one_that_is_unknown_is_custom(name: str, scope: hc.Scope) -> None:
    assert scope_of(name) is scope


@pytest.mark.parametrize("name", ["count", "index", "count.x"])
def test_a_fact_may_have_any_name(name: str) -> None:
    assert scope_of(name) is hc.Scope.CUSTOM


def test_only_work_is_to_be_seen_in_what_is_redacted() -> None:
    seen = redacted({**FACTS, "status from 2026-12-31": [{"employmentStatus": "Terminated"}]})
    assert seen["status"] == "active"
    assert seen["start_date"] == "2020-02-29"
    assert seen["status from 2026-12-31"] == [{"employmentStatus": "Terminated"}]
    assert seen["given_name"] == "[identity]"
    assert seen["mobile_phone"] == "[contact]"
    assert seen["custom_fields.shirt"] == "[custom]"
    assert seen["demographics.date_of_birth"] == "[demographic]"
    assert seen["compensation.amount"] == "[compensation]"
    for personal in ("Ada", "Lovelace", "ada@example.com", "1815", "London", "12.50"):
        assert personal not in repr(seen)


@given(st.dictionaries(st.sampled_from(sorted(FACTS)), st.text(min_size=1)))
def test_what_is_redacted_has_every_name_and_no_personal_value(facts: dict[str, str]) -> None:
    seen = redacted(facts)
    assert seen.keys() == facts.keys()
    for name, value in seen.items():
        assert value == (facts[name] if scope_of(name) is hc.Scope.WORK else f"[{scope_of(name).value}]")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        ("", "—"),
        ([], "—"),
        ({}, "—"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1, "1"),
        ("Ada", "Ada"),
        (["1", "2"], "1, 2"),
        (("1", None), "1, —"),
        ({"date": "2026-12-31", "status": "gone"}, "2026-12-31 · gone"),
        ([{"a": "1", "b": True}, {"a": "2"}], "1 · yes, 2"),
    ],
)
def test_a_fact_is_shown_as_a_person_reads_it(value: Any, text: str) -> None:
    assert shown(value) == text
