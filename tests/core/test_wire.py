"""Reading one vendor's records: dates stay dates, blanks are nothing, and no error holds a value."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import headcount as hc
from headcount.wire import Unreadable, instant

FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d %b %Y", "%Y-%m-%dT%H:%M:%S")
ZONES = ("UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu")
BLANK = ("0000-00-00", "no_guid", "N/A")
WIRE = hc.Wire(blank=BLANK, dates=FORMS)
DAYS = st.dates(min_value=date(1000, 1, 1))  # strftime writes earlier years without their zeros


@attrs.define(kw_only=True)
class Home:
    city: str | None = None
    since: date | None = None


@attrs.define(kw_only=True)
class Person:
    id: str
    name: str | None = None
    day: date | None = None
    at: datetime | None = None
    pay: Decimal | None = None
    active: bool | None = None
    number: int | None = None
    home: Home | None = None
    homes: list[Home] = attrs.field(factory=list)
    other: Any = None


def read(**raw: Any) -> Person:
    return WIRE.read({"id": "1", **raw}, Person)


def why(wire: hc.Wire = WIRE, **raw: Any) -> str:
    with pytest.raises(hc.RecordError) as caught:
        wire.read({"id": "1", **raw}, Person)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine's own time zone, one after another."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


in_any_zone = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


# -- days -----------------------------------------------------------------------------------------


@in_any_zone
@given(day=DAYS, form=st.sampled_from(FORMS))
def test_a_day_is_that_day_in_every_declared_form_and_every_zone(zone: str, day: date, form: str) -> None:
    found = read(day=day.strftime(form)).day
    assert found == day
    assert type(found) is date


@given(day=st.dates())
def test_every_day_there_is_survives_iso(day: date) -> None:
    assert read(day=day.isoformat()).day == day


def test_the_forms_are_tried_in_their_order() -> None:
    american, european = hc.Wire(dates=("%m/%d/%Y", "%d/%m/%Y")), hc.Wire(dates=("%d/%m/%Y", "%m/%d/%Y"))
    assert american.date("03/04/2020") == date(2020, 3, 4)
    assert european.date("03/04/2020") == date(2020, 4, 3)
    assert american.date("31/12/2020") == date(2020, 12, 31)


@pytest.mark.parametrize("value", ["2020-02-30", "2020-13-01", "yesterday", "2020", "01-02-2020", "2020-01-01 extra"])
def test_what_is_no_day_in_a_declared_form_is_not_guessed(value: str) -> None:
    assert why(day=value) == "Person.day: not a date"


@pytest.mark.parametrize("value", [20200101, 1577836800, 1.5, True, ["2020-01-01"], {"date": "2020-01-01"}])
def test_a_day_is_never_made_of_a_number(value: Any) -> None:
    assert "Person.day" in why(day=value)


def test_an_instant_is_not_a_day_unless_the_vendor_says_so() -> None:
    assert why(hc.Wire(), day="2020-01-01T23:30:00Z") == "Person.day: not a date"


def test_a_day_with_space_around_it_is_that_day() -> None:
    assert read(day=" 2020-01-31\n").day == date(2020, 1, 31)


# -- instants -------------------------------------------------------------------------------------

MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9999, 12, 1))
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@in_any_zone
@given(moment=MOMENTS.map(lambda moment: moment.replace(microsecond=0)), text=st.booleans())
def test_epoch_seconds_are_that_instant_in_every_zone(zone: str, moment: datetime, text: bool) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    found = read(at=str(seconds) if text else seconds).at
    assert found == moment.replace(tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


@in_any_zone
@given(moment=MOMENTS, offset=OFFSETS, separator=st.sampled_from("T "))
def test_an_instant_with_an_offset_is_that_instant_in_utc(
    zone: str, moment: datetime, offset: timezone, separator: str
) -> None:
    there = moment.replace(tzinfo=offset)
    found = read(at=there.isoformat(separator)).at
    assert found == there
    assert found is not None
    assert found.utcoffset() == timedelta()


@in_any_zone
@given(moment=MOMENTS, zulu=st.booleans())
def test_an_instant_without_an_offset_is_utc_already(zone: str, moment: datetime, zulu: bool) -> None:
    assert read(at=moment.isoformat() + ("Z" if zulu else "")).at == moment.replace(tzinfo=UTC)


@given(value=st.text(max_size=20) | st.floats() | st.integers() | st.booleans() | st.none() | st.lists(st.integers()))
def test_whatever_comes_an_instant_is_utc_or_unreadable(value: Any) -> None:
    try:
        found = instant(value)
    except Unreadable:
        return
    assert found.tzinfo is UTC


@pytest.mark.parametrize("value", ["soon", "2020-13-01T00:00:00Z", True, 10**20, float("nan"), float("inf"), [1], "-5"])
def test_what_is_no_instant_is_told(value: Any) -> None:
    assert "Person.at: not an instant" in why(at=value)


# -- nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["name", "day", "at", "pay", "active", "number", "home"])
@pytest.mark.parametrize("blank", [None, "", "  ", *BLANK, f" {BLANK[0]} "])
def test_what_this_vendor_says_for_nothing_is_none(field: str, blank: str | None) -> None:
    assert getattr(read(**{field: blank}), field) is None


def test_one_vendors_blank_is_anothers_text() -> None:
    assert hc.Wire().read({"id": "1", "name": "no_guid"}, Person).name == "no_guid"


def test_a_key_that_is_missing_is_none() -> None:
    assert read() == Person(id="1")


@pytest.mark.parametrize("id", ["", "  ", "N/A"])
def test_nothing_is_not_enough_where_something_must_be(id: str) -> None:
    assert "Person.id" in why(id=id)


def test_what_must_be_there_is_missed_by_name() -> None:
    with pytest.raises(hc.RecordError) as caught:
        WIRE.read({"name": "Ada"}, Person)
    assert str(caught.value) == "Person.id: missing"


# -- texts, numbers, words ------------------------------------------------------------------------


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()))
def test_texts_lose_the_space_around_them_and_nothing_else(text: str) -> None:
    found = read(name=text).name
    assert found == (None if text.strip() in BLANK else text.strip())


@given(number=st.integers())
def test_a_number_where_text_is_due_is_its_digits(number: int) -> None:
    assert read(id=number).id == str(number)
    assert read(name=number).name == str(number)


@pytest.mark.parametrize("value", [True, ["Ada"], {"first": "Ada"}])
def test_what_is_no_text_is_not_made_one(value: Any) -> None:
    assert why(name=value) == "Person.name: not text"


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_money_is_exact(amount: Decimal) -> None:
    assert read(pay=str(amount)).pay == amount
    assert type(read(pay=str(amount)).pay) is Decimal


@pytest.mark.parametrize(("value", "amount"), [(1234.1, "1234.1"), (0.1, "0.1"), (5, "5"), (" 7.50 ", "7.50")])
def test_money_from_a_number_is_what_was_written(value: Any, amount: str) -> None:
    assert str(read(pay=value).pay) == amount


@pytest.mark.parametrize("value", ["lots", "1,000.00", True, ["5"], {"amount": 5}, "NaN", "Infinity", float("nan")])
def test_what_is_no_amount_is_told(value: Any) -> None:
    assert why(pay=value) == "Person.pay: not an amount"


@pytest.mark.parametrize("value", [True, "true", "True", " TRUE ", "yes", "Yes", "1", 1])
def test_the_words_for_true(value: Any) -> None:
    assert read(active=value).active is True


@pytest.mark.parametrize("value", [False, "false", "False", "no", "NO", "0", 0])
def test_the_words_for_false(value: Any) -> None:
    assert read(active=value).active is False


@pytest.mark.parametrize("value", ["maybe", 2, "on", [], ["true"], {}])
def test_any_other_word_is_neither_true_nor_false(value: Any) -> None:
    assert why(active=value) == "Person.active: not true or false"


@given(number=st.integers())
def test_a_whole_number_comes_as_number_or_text(number: int) -> None:
    assert read(number=number).number == number
    assert read(number=str(number)).number == number


@pytest.mark.parametrize("value", [1.5, "1.5", "seven", True, [7]])
def test_what_is_no_whole_number_is_told(value: Any) -> None:
    assert "Person.number" in why(number=value)


# -- records --------------------------------------------------------------------------------------


def test_keys_that_nobody_knows_are_left_alone() -> None:
    raw = {"id": "1", "name": "Ada", "shoe_size": 38, "": None}
    assert WIRE.read(raw, Person).name == "Ada"
    assert raw == {"id": "1", "name": "Ada", "shoe_size": 38, "": None}


def test_what_is_inside_is_read_by_the_same_rules() -> None:
    person = read(home={"city": " Oslo ", "since": "03/04/2020"}, homes=[{"city": ""}, {"since": "0000-00-00"}])
    assert person.home == Home(city="Oslo", since=date(2020, 3, 4))
    assert person.homes == [Home(), Home()]


def test_what_is_of_any_shape_is_kept_as_it_is() -> None:
    assert read(other={"a": [" x "]}).other == {"a": [" x "]}


def test_an_error_names_the_field_however_deep() -> None:
    assert "Person.home.since: not a date" in why(home={"since": "yesterday"})
    assert "not a date" in why(homes=[{}, {"since": "yesterday"}])


def test_every_wrong_field_is_named_at_once() -> None:
    text = why(day="x", pay="y", active="z")
    assert all(f"Person.{name}" in text for name in ("day", "pay", "active"))


@pytest.mark.parametrize("raw", [None, 5, "secret-word", [], ["secret-word"], True])
def test_what_is_no_record_at_all_is_a_record_error(raw: Any) -> None:
    with pytest.raises(hc.RecordError) as caught:
        WIRE.read(raw, Person)
    assert "Person" in str(caught.value)
    assert "secret" not in str(caught.value)


CANARY = "canary-7f3a"
ODD = st.sampled_from([CANARY, f"{CANARY}@example.com", [CANARY], {CANARY: CANARY}, {"city": [CANARY]}, [[CANARY]]])


@given(raw=st.dictionaries(st.sampled_from("id name day at pay active number home homes".split()), ODD, min_size=1))
def test_no_error_ever_holds_a_value(raw: dict[str, Any]) -> None:
    try:
        WIRE.read(raw, Person)
    except hc.RecordError as error:
        assert CANARY not in str(error) + repr(error)  # noqa: PT017
        assert "Person" in str(error)  # noqa: PT017


# -- texts of other places ------------------------------------------------------------------------
