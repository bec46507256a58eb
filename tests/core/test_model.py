"""The normalized record: where a person stands on a day, and that nothing of it is guessed."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import model
from headcount.model import EMPTY, EmployeeStatus, Lifecycle

DAY = date(2026, 3, 4)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
LONG_AGO, MUCH_LATER = date(2015, 1, 1), date(2035, 1, 1)
ACTIVE, INACTIVE, TERMINATED = EmployeeStatus.ACTIVE, EmployeeStatus.INACTIVE, EmployeeStatus.TERMINATED
STATUSES = list(EmployeeStatus)


def person(
    status: EmployeeStatus = ACTIVE, start: date | None = None, end: date | None = None, **more: Any
) -> hc.Employee:
    return hc.Employee(id="1", status=hc.Coded(status), start_date=start, termination_date=end, **more)


@pytest.mark.parametrize(
    ("status", "start", "end", "expected"),
    [
        # present
        (ACTIVE, LONG_AGO, None, Lifecycle.EMPLOYED),
        (ACTIVE, None, None, Lifecycle.EMPLOYED),
        (ACTIVE, DAY, None, Lifecycle.EMPLOYED),
        (EmployeeStatus.ON_LEAVE, LONG_AGO, None, Lifecycle.ON_LEAVE),
        (EmployeeStatus.ON_LEAVE, None, None, Lifecycle.ON_LEAVE),
        (EmployeeStatus.SUSPENDED, LONG_AGO, None, Lifecycle.EMPLOYED),
        # to come
        (EmployeeStatus.PENDING, AFTER, None, Lifecycle.PRE_START),
        (EmployeeStatus.PENDING, None, None, Lifecycle.PRE_START),
        (ACTIVE, AFTER, None, Lifecycle.PRE_START),
        (ACTIVE, MUCH_LATER, None, Lifecycle.PRE_START),
        (INACTIVE, AFTER, None, Lifecycle.PRE_START),
        (EmployeeStatus.UNKNOWN, AFTER, None, Lifecycle.PRE_START),
        # who will leave, and has left
        (ACTIVE, LONG_AGO, AFTER, Lifecycle.EMPLOYED),
        (ACTIVE, LONG_AGO, DAY, Lifecycle.EMPLOYED),
        (ACTIVE, LONG_AGO, BEFORE, Lifecycle.LEFT),
        (EmployeeStatus.ON_LEAVE, LONG_AGO, AFTER, Lifecycle.ON_LEAVE),
        (EmployeeStatus.ON_LEAVE, LONG_AGO, DAY, Lifecycle.ON_LEAVE),
        (EmployeeStatus.ON_LEAVE, LONG_AGO, BEFORE, Lifecycle.LEFT),
        (TERMINATED, LONG_AGO, AFTER, Lifecycle.EMPLOYED),
        (TERMINATED, LONG_AGO, DAY, Lifecycle.LEFT),
        (TERMINATED, LONG_AGO, BEFORE, Lifecycle.LEFT),
        (TERMINATED, None, None, Lifecycle.LEFT),
        (EmployeeStatus.RETIRED, LONG_AGO, None, Lifecycle.LEFT),
        (EmployeeStatus.DECEASED, None, None, Lifecycle.LEFT),
        (INACTIVE, LONG_AGO, BEFORE, Lifecycle.LEFT),
        (INACTIVE, LONG_AGO, DAY, Lifecycle.LEFT),
        (INACTIVE, LONG_AGO, AFTER, Lifecycle.EMPLOYED),
        (EmployeeStatus.UNKNOWN, LONG_AGO, BEFORE, Lifecycle.LEFT),
        # who left and came again: the older date belongs to the earlier employment
        (ACTIVE, date(2024, 1, 1), date(2020, 1, 1), Lifecycle.EMPLOYED),
        (ACTIVE, AFTER, date(2020, 1, 1), Lifecycle.PRE_START),
        (INACTIVE, date(2024, 1, 1), date(2020, 1, 1), Lifecycle.UNKNOWN),
        (TERMINATED, date(2024, 1, 1), date(2020, 1, 1), Lifecycle.LEFT),
        # what nobody can say
        (INACTIVE, None, None, Lifecycle.UNKNOWN),
        (INACTIVE, LONG_AGO, None, Lifecycle.UNKNOWN),
        (EmployeeStatus.UNKNOWN, None, None, Lifecycle.UNKNOWN),
        (EmployeeStatus.UNKNOWN, LONG_AGO, None, Lifecycle.UNKNOWN),
        (EmployeeStatus.UNKNOWN, LONG_AGO, AFTER, Lifecycle.UNKNOWN),
    ],
)
def test_where_a_person_stands_on_a_day(
    status: EmployeeStatus, start: date | None, end: date | None, expected: Lifecycle
) -> None:
    assert person(status, start, end).lifecycle(DAY) is expected


DATES = st.none() | st.dates(date(2020, 1, 1), date(2020, 2, 1))


@given(status=st.sampled_from(STATUSES), start=DATES, end=DATES, on=st.dates(date(2019, 12, 1), date(2020, 3, 1)))
def test_being_employed_is_known_just_where_the_lifecycle_is(status: Any, start: Any, end: Any, on: date) -> None:
    lifecycle = person(status, start, end).lifecycle(on)
    assert (
        person(status, start, end).is_employed(on)
        is {
            Lifecycle.EMPLOYED: True,
            Lifecycle.ON_LEAVE: True,
            Lifecycle.PRE_START: False,
            Lifecycle.LEFT: False,
            Lifecycle.UNKNOWN: None,
        }[lifecycle]
    )


@given(status=st.sampled_from(STATUSES), start=DATES, end=DATES)
def test_nobody_is_employed_before_the_first_day_nor_after_the_last(status: Any, start: Any, end: Any) -> None:
    one = person(status, start, end)
    if start:
        assert not one.is_employed(start - timedelta(days=1))
    if end and (not start or end >= start):
        assert one.lifecycle(end + timedelta(days=1)) is Lifecycle.LEFT


@given(status=st.sampled_from(STATUSES), start=DATES, end=DATES, day=st.dates(date(2020, 1, 1), date(2020, 3, 1)))
def test_who_has_left_does_not_come_back_as_days_go_by(status: Any, start: Any, end: Any, day: date) -> None:
    one = person(status, start, end)
    if one.lifecycle(day) is Lifecycle.LEFT and not (start and day < start):
        assert one.lifecycle(day + timedelta(days=30)) is Lifecycle.LEFT


def test_who_left_before_a_new_first_day_is_not_employed_meanwhile() -> None:
    assert person(TERMINATED, date(2024, 1, 1), date(2020, 1, 1)).is_employed(date(2021, 1, 1)) is False


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"given_name": "Ada", "preferred_name": "Addie", "family_name": "Lovelace"}, "Addie Lovelace"),
        ({"given_name": "Ada"}, "Ada"),
        ({"family_name": "Lovelace"}, "Lovelace"),
        ({"preferred_name": "Addie"}, "Addie"),
        ({"middle_name": "King"}, None),
        ({"work_email": "ada.lovelace@example.com", "employee_number": "7"}, None),
        ({}, None),
    ],
)
def test_a_name_is_put_together_and_never_guessed(names: dict[str, Any], shown: str | None) -> None:
    assert person(**names).display_name == shown


# -- codes ----------------------------------------------------------------------------------------

CODES = hc.Codes(EmployeeStatus, {"Active": ACTIVE, "full-time": ACTIVE, "Straße": INACTIVE}, silent={"", "N/A"})


@pytest.mark.parametrize("word", ["Active", "active", "ACTIVE", "  Active\n", "Full-Time"])
def test_case_and_space_do_not_matter_and_the_word_is_kept(word: str) -> None:
    assert CODES(word) == hc.Coded(ACTIVE, word)


def test_case_is_folded_as_unicode_says() -> None:
    assert CODES("STRASSE").value is INACTIVE


@pytest.mark.parametrize("word", ["Furloughed", "inactive", "Act ive", ""])
def test_a_word_that_nobody_has_mapped_is_unknown_and_kept(word: str) -> None:
    assert CODES(word) == hc.Coded(EmployeeStatus.UNKNOWN, word)


def test_no_word_is_unknown_without_a_word() -> None:
    assert CODES(None) == hc.Coded(EmployeeStatus.UNKNOWN, None)


@pytest.mark.parametrize("word", [None, "", "  ", "N/A", " n/a "])
def test_a_silent_word_says_nothing(word: str | None) -> None:
    assert CODES.maybe(word) is None


def test_a_word_that_is_not_silent_says_something() -> None:
    assert CODES.maybe("Active") == hc.Coded(ACTIVE, "Active")
    assert CODES.maybe("Furloughed") == hc.Coded(EmployeeStatus.UNKNOWN, "Furloughed")


@given(words=st.lists(st.text(max_size=8)))
def test_a_word_means_the_same_every_time(words: list[str]) -> None:
    codes = hc.Codes(EmployeeStatus, {"Active": ACTIVE})
    assert [codes(word) for word in words] == [codes(word) for word in words]
    assert all(codes(word).source == word for word in words)


def test_every_enum_of_codes_can_say_unknown() -> None:
    for kind in (hc.EmployeeStatus, hc.WorkerType, hc.TimeType, hc.TerminationType, hc.GroupType, hc.PayPeriod):
        assert hc.Codes(kind, {})("anything").value.value == "unknown"


def test_every_value_of_an_enum_is_its_name_in_small_letters() -> None:
    enums = [kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, enum.StrEnum)]
    assert len(enums) > 5
    assert all(value.value == value.name.lower() for kind in enums for value in kind)


# -- records --------------------------------------------------------------------------------------

RECORDS = (hc.Employee, hc.Employment, hc.Group, hc.Company, hc.Identity)


@pytest.mark.parametrize("kind", RECORDS)
def test_every_field_says_what_class_of_data_it_is(kind: Any) -> None:
    assert [field.name for field in attrs.fields(kind) if not isinstance(field.metadata.get("scope"), hc.Scope)] == []


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ("personal_email", hc.Scope.CONTACT),
        ("mobile_phone", hc.Scope.CONTACT),
        ("home_phone", hc.Scope.CONTACT),
        ("demographics", hc.Scope.DEMOGRAPHIC),
        ("compensation", hc.Scope.COMPENSATION),
        ("custom_fields", hc.Scope.CUSTOM),
        ("raw", hc.Scope.CUSTOM),
        ("job_title", hc.Scope.WORK),
        ("given_name", hc.Scope.IDENTITY),
    ],
)
def test_a_field_is_of_its_class(field: str, scope: hc.Scope) -> None:
    assert attrs.fields_dict(hc.Employee)[field].metadata["scope"] is scope


def test_pay_and_demographics_are_not_read_unless_asked_for() -> None:
    assert hc.Scope.DEMOGRAPHIC not in hc.DEFAULT_SCOPES
    assert hc.Scope.COMPENSATION not in hc.DEFAULT_SCOPES


@pytest.mark.parametrize("kind", [*RECORDS, hc.Address, hc.CustomField, hc.Demographics, hc.Compensation, hc.Coded])
def test_records_are_frozen_and_have_no_room_for_more(kind: Any) -> None:
    assert "__slots__" in vars(kind)
    made = object.__new__(kind)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.anything = 1


@pytest.mark.parametrize("kind", [*RECORDS, hc.Address, hc.CustomField, hc.Demographics, hc.Compensation])
def test_fields_are_given_by_name(kind: Any) -> None:
    assert all(field.kw_only for field in attrs.fields(kind))


def test_the_vendors_record_is_not_shown_and_does_not_count_for_equality() -> None:
    one, other = person(raw={"name": "Ada"}), person(raw={})
    assert one == other
    assert "Ada" not in repr(one)
    with pytest.raises(TypeError):
        EMPTY["x"] = 1  # type: ignore[index]


def test_a_record_of_nothing_is_none() -> None:
    assert hc.or_none(hc.Address, city=None) is None
    assert hc.or_none(hc.Address, city="Oslo") == hc.Address(city="Oslo")
    assert hc.or_none(hc.Compensation, currency="EUR") == hc.Compensation(currency="EUR")


def test_not_told_and_none_are_told_apart() -> None:
    assert person().group_ids is None
    assert person(group_ids=()).group_ids == ()
