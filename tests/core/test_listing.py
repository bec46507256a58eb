"""A list being read: everyone once, nobody silently lost, and an account that is true at its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import transport as transport_module
from headcount.http import Headers
from headcount.listing import Listing, Resume
from headcount.reader import wanted_fields
from tests.core.conftest import Connect
from tests.core.toy import CURSOR, EMPLOYEES, OFFSET, TOY, Toy, count, reads, rows_of, to_employee

ALL = tuple(hc.Scope)


def ids(people: Any) -> list[str]:
    return [person.id for person in people]


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


def adds_up(report: hc.Report) -> bool:
    return report.received == report.accepted + report.rejected


class Canned:
    """A line that is no line: for lists whose pages a test makes itself."""

    vendor = "toy"
    requests = 0


def listing(pages: Any, resource: hc.Resource[hc.Employee] = EMPLOYEES, **how: Any) -> Listing[hc.Employee]:
    """A listing of pages made by hand: lists of records, with the total that each page tells, or None."""
    response = hc.Response(request=hc.Request("GET", "/people"), status=200)

    def made(http: Any, ask: hc.Ask) -> Iterator[hc.Page]:
        seen = 0
        for records, total in pages:
            seen += len(records)
            yield hc.Page(records=[_copy(raw) for raw in records], response=response, total=total, seen=seen)

    scopes = how.pop("scopes", hc.DEFAULT_SCOPES)
    made_of = hc.Resource(
        all=made,
        to=resource.to,
        fields=resource.fields,
        **{"count": None, **how},
    )
    return Listing(made_of, Canned(), wanted_fields(hc.Employee, scopes), hc.Employee)  # type: ignore[arg-type]


def _copy(raw: Any) -> Any:
    return dict(raw) if isinstance(raw, dict) else raw


# -- laziness -------------------------------------------------------------------------------------


def test_nothing_is_asked_before_the_first_record_is_wanted(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    assert toy.log == []
    assert next(people).id == "1"
    assert len(toy.log) == 1
    assert not people.report.complete
    assert people.report.why == "the list has not been read to its end"


def test_a_list_is_read_to_its_end_once(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    assert ids(people) == numbers(25)
    assert list(people) == []
    assert people.report.requests == len(toy.log) == 4
    assert iter(people) is people


def test_a_reader_who_stops_early_is_told_that_it_is_not_complete(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    assert ids(itertools.islice(people, 12)) == numbers(12)
    assert not people.report.complete
    assert people.report.received == 12
    assert adds_up(people.report)


# -- completeness ---------------------------------------------------------------------------------


def test_a_list_that_the_total_agrees_with_is_complete(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    list(people)
    report = people.report
    assert report.complete
    assert (report.received, report.accepted, report.rejected, report.repeated, report.total) == (25, 25, 0, 0, 25)
    assert report.vendor == "toy"


def test_an_empty_company_is_a_complete_list_of_none(toy: Toy, connect: Connect) -> None:
    people = connect(toy).employees()
    assert list(people) == []
    assert people.report.complete
    assert (people.report.received, people.report.total) == (0, 0)


def test_an_empty_answer_without_a_total_proves_nothing(toy: Toy, connect: Connect) -> None:
    toy.tells_total = False
    people = connect(toy).employees()
    assert list(people) == []
    assert not people.report.complete


def test_without_a_total_and_a_count_nothing_is_proved(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total = rows_of(25), False
    people = connect(toy).employees()
    assert len(list(people)) == 25
    assert not people.report.complete
    assert "no total" in people.report.why


def test_a_count_proves_what_the_pages_do_not(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total = rows_of(25), False
    people = connect(toy, reads(count=count)).employees()
    list(people)
    assert people.report.complete
    assert (people.report.total, people.report.counted) == (None, 25)


def test_a_wrong_total_is_not_complete(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    toy.play("wrong_total", size=7, times=None)
    people = connect(toy).employees()
    assert ids(people) == numbers(25)
    assert not people.report.complete
    assert "25" in people.report.why
    assert "32" in people.report.why


@pytest.mark.parametrize(("counted", "complete"), [(25, True), (26, False), (24, False), (32, False)])
def test_a_wrong_total_is_complete_only_where_the_count_agrees(
    toy: Toy, connect: Connect, counted: int, complete: bool
) -> None:
    toy.given, toy.counts = rows_of(25), counted
    toy.play("wrong_total", size=7, times=None)
    people = connect(toy, reads(count=count)).employees()
    list(people)
    assert people.report.complete is complete
    assert people.report.counted == counted


def test_a_total_below_what_came_is_not_complete(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    toy.play("wrong_total", size=-3, times=None)
    people = connect(toy).employees()
    assert len(list(people)) == 25
    assert not people.report.complete


def test_the_count_is_not_asked_for_where_the_pages_agree(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    list(connect(toy, reads(count=count)).employees())
    assert toy.requests("/count") == []


def test_an_empty_page_without_a_total_that_hides_people_is_not_complete(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total = rows_of(25), False
    toy.play("empty_page", times=None)
    people = connect(toy, reads(count=count)).employees()
    assert len(list(people)) == 10
    assert not people.report.complete


def test_an_error_in_the_middle_ends_the_list_and_the_report_says_so(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    toy.play("error", status=403, after=1, times=None)
    people = connect(toy).employees()
    came: list[str] = []
    with pytest.raises(hc.Forbidden):
        came.extend(person.id for person in people)
    assert came == numbers(10)
    assert not people.report.complete
    assert people.report.why == "the read ended early: Forbidden"
    assert people.report.requests == 2
    assert adds_up(people.report)
    assert list(people) == []


def test_a_count_that_fails_is_not_a_complete_list(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total = rows_of(5), False
    toy.play("error", on="/count", status=403)
    people = connect(toy, reads(count=count)).employees()
    came: list[str] = []
    with pytest.raises(hc.Forbidden):
        came.extend(person.id for person in people)
    assert came == numbers(5)
    assert not people.report.complete


def test_a_lost_permission_is_an_error_and_not_an_empty_company(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(5)
    toy.play("unauthorized")
    people = connect(toy).employees()
    with pytest.raises(hc.AuthError):
        list(people)
    assert not people.report.complete


# -- everyone once --------------------------------------------------------------------------------


def test_a_record_that_comes_again_is_counted_and_given_once() -> None:
    rows = rows_of(4)
    people = listing([(rows[:3], 4), ([rows[2], rows[3]], 4), ([], 4)])
    assert ids(people) == numbers(4)
    assert (people.report.received, people.report.repeated, people.report.complete) == (4, 1, True)


def test_an_id_as_number_and_as_text_is_one_id() -> None:
    people = listing([([{"id": 7, "state": "Active"}, {"id": "7", "state": "Active"}], None)])
    assert ids(people) == ["7"]


@pytest.mark.parametrize("id", ["", "  ", None])
def test_records_without_an_id_are_never_taken_for_one_another(id: Any) -> None:
    people = listing([([{"id": id, "first": "Ada"}, {"id": id, "first": "Bo"}, {"first": "Cy"}], 3)])
    assert list(people) == []
    report = people.report
    assert (report.received, report.rejected, report.repeated) == (3, 3, 0)


def test_a_page_of_nothing_new_is_a_list_in_circles() -> None:
    rows = rows_of(4)
    people = listing([(rows[:2], None), (rows[2:], None), ([rows[0], rows[2]], None), ([], None)])
    with pytest.raises(hc.Rejected) as caught:
        list(people)
    assert caught.value.code == "loop"
    assert not people.report.complete


@given(
    order=st.lists(st.integers(1, 12), max_size=40),
    splits=st.lists(st.integers(0, 40), max_size=6),
    total=st.booleans(),
)
def test_however_records_fall_on_pages_each_comes_once_in_the_order_first_seen(
    order: list[int], splits: list[int], total: bool
) -> None:
    rows = [{"id": number, "state": "Active"} for number in order]
    firsts = list(dict.fromkeys(str(number) for number in order))
    marks = [0, *sorted({mark % (len(rows) + 1) for mark in splits}), len(rows)]
    pages = [(rows[a:b], len(firsts) if total else None) for a, b in itertools.pairwise(marks)]
    people = listing(pages)
    came: list[str] = []
    try:
        came.extend(person.id for person in people)
    except hc.Rejected as error:
        assert error.code == "loop"  # noqa: PT017
        assert came == firsts[: len(came)]
        assert not people.report.complete
    else:
        assert came == firsts
        assert people.report.received == len(firsts)
        assert (people.report.repeated > 0) is (len(order) > len(firsts))
        assert people.report.complete is total
    assert adds_up(people.report)


def test_people_who_move_while_they_are_read_are_found_or_the_report_says_not_complete(
    toy: Toy, connect: Connect
) -> None:
    for kind in (EMPLOYEES, reads(all=lambda http, ask: http.pages(OFFSETS, at="people", by=OFFSET))):
        with Toy(people=60) as sandbox:
            everyone = {str(person.id) for person in sandbox.people}
            sandbox.play("moving", times=5)
            people = connect(sandbox, kind).employees()
            came = ids(people)
            assert len(came) == len(set(came))
            assert set(came) == everyone
            assert people.report.complete
            assert people.report.repeated > 0


OFFSETS = hc.Request("GET", "/offset")


def test_people_who_never_stop_moving_leave_a_list_that_is_not_complete(toy: Toy, connect: Connect) -> None:
    with Toy(people=60) as sandbox:
        sandbox.play("moving", times=None)
        people = connect(sandbox).employees()
        came = ids(people)
        assert len(came) == len(set(came))
        assert people.report.complete is (len(came) == 60)
        assert len(sandbox.log) <= 2 * 7


def test_a_list_that_does_not_move_is_read_once(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    toy.play("wrong_total", times=None)
    list(connect(toy).employees())
    assert len(toy.requests("/numbered")) <= 3 + 3


def test_a_stream_that_breaks_off_gives_everyone_once(
    toy: Toy, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "CHUNK", 1024)
    toy.given = rows_of(300)
    toy.play("truncated", times=2)
    stream = reads(all=lambda http, ask: http.stream(hc.Request("GET", "/everyone"), at="people", size=20), count=count)
    people = connect(toy, stream).employees()
    assert ids(people) == numbers(300)
    assert people.report.complete
    assert people.report.repeated > 0
    assert adds_up(people.report)


# -- what cannot be read --------------------------------------------------------------------------


def test_a_misshapen_record_is_put_aside_and_the_rest_come(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    toy.play("malformed", times=1)
    people = connect(toy).employees()
    came = ids(people)
    report = people.report
    assert came == [number for number in numbers(25) if number != "10"]
    assert (report.received, report.accepted, report.rejected) == (25, 24, 1)
    assert report.complete, "the list is whole; one record of it cannot be read"
    refused = report.refused[0]
    assert refused.id == "10"
    assert "Person.first" in str(refused.error)
    assert refused.raw["id"] == 10


def test_a_refusal_names_class_and_field_and_never_the_value() -> None:
    people = listing([([{"id": 1, "state": "Active", "hired": "born-yesterday", "pay": "lots"}], 1)], scopes=ALL)
    assert list(people) == []
    refused = people.report.refused[0]
    text = str(refused.error)
    assert "Person.hired: not a date" in text
    assert "Person.pay: not an amount" in text
    for shown in (text, repr(refused), repr(refused.error), repr(people.report)):
        assert "yesterday" not in shown
        assert "lots" not in shown


@pytest.mark.parametrize("raw", [None, 5, "text", True, [], ["id", 1], 1.5])
@pytest.mark.parametrize("never", [frozenset[str](), frozenset({"ssn"})], ids=["", "never"])
def test_what_is_no_record_at_all_is_put_aside(raw: Any, never: frozenset[str]) -> None:
    people = listing([([{"id": 1, "state": "Active"}, raw, {"id": 2, "state": "Active"}], 3)], never=never)
    assert ids(people) == ["1", "2"]
    assert (people.report.received, people.report.rejected) == (3, 1)
    assert people.report.refused[0].id is None


@pytest.mark.parametrize(
    "error", [KeyError("ada"), TypeError("ada"), ValueError("ada"), AttributeError("ada"), IndexError("ada")]
)
def test_a_connector_that_stumbles_over_a_record_loses_only_that_one(error: Exception) -> None:
    def stumbles(raw: hc.Raw, known: Any) -> hc.Employee:
        if raw["id"] == 2:
            raise error
        return to_employee(raw, known)

    people = listing([(rows_of(3), 3)], hc.Resource(all=EMPLOYEES.all, to=stumbles))
    assert ids(people) == ["1", "3"]
    assert adds_up(people.report)
    assert "ada" not in str(people.report.refused[0].error)


def test_an_amount_that_is_none_loses_only_that_record() -> None:
    def counts(raw: hc.Raw, known: Any) -> hc.Employee:
        Decimal(raw["pay"])
        return to_employee(raw, known)

    rows = [{"id": 1, "pay": "1"}, {"id": 2, "pay": "lots"}, {"id": 3, "pay": "3"}]
    people = listing([(rows, 3)], hc.Resource(all=EMPLOYEES.all, to=counts))
    assert ids(people) == ["1", "3"]


@pytest.mark.parametrize("part", ["belongs", "withheld"])
def test_a_connector_that_stumbles_over_a_part_of_a_record_loses_only_that_one(part: str) -> None:
    rows = [{"id": 1, "kind": "x"}, {"id": 2}, {"id": 3, "kind": "x"}]
    how: dict[str, Any] = {part: lambda raw: raw["kind"]}
    people = listing([(rows, 3)], **how)
    assert ids(people) == ["1", "3"]
    assert (people.report.received, people.report.rejected) == (3, 1)


def test_a_bug_of_a_connector_beyond_a_record_is_not_hidden() -> None:
    class Broken(BaseException):
        pass

    def breaks(raw: hc.Raw, known: Any) -> hc.Employee:
        raise Broken

    with pytest.raises(Broken):
        list(listing([(rows_of(1), 1)], hc.Resource(all=EMPLOYEES.all, to=breaks)))


def test_what_the_list_holds_beside_is_left_out_and_counted() -> None:
    rows = [*rows_of(3), {"id": 4, "robot": True}]
    people = listing([(rows, 4)], belongs=lambda raw: not raw.get("robot"))
    assert ids(people) == numbers(3)
    report = people.report
    assert (report.received, report.left_out, report.complete) == (3, 1, True)


# -- what is unknown or missing -------------------------------------------------------------------


def test_a_word_that_nobody_has_mapped_is_kept_and_counted() -> None:
    rows = [{"id": 1, "state": "Furloughed"}, {"id": 2, "state": "Furloughed"}, {"id": 3, "state": "Active"}]
    people = listing([(rows, 3)])
    first = next(people)
    assert first.status == hc.Coded(hc.EmployeeStatus.UNKNOWN, "Furloughed")
    list(people)
    assert people.report.unknown == {("status", "Furloughed"): 2}


def one(raw: dict[str, Any], **how: Any) -> hc.Employee:
    (person,) = listing([([{"id": 1, "state": "Active", **raw}], 1)], **how)
    return person


def test_each_missing_value_has_its_reason() -> None:
    person = one({"first": "", "last": "Doe", "hired": None})
    assert person.absent["given_name"] is hc.NullReason.EMPTY_AT_SOURCE
    assert person.absent["start_date"] is hc.NullReason.EMPTY_AT_SOURCE
    assert person.absent["work_email"] is hc.NullReason.NOT_PERMITTED
    assert person.absent["job_title"] is hc.NullReason.NOT_IN_VENDOR_MODEL
    assert person.absent["compensation"] is hc.NullReason.NOT_REQUESTED
    assert "family_name" not in person.absent


def test_there_is_a_reason_for_every_none_and_for_nothing_else() -> None:
    person = one({"first": "Ada", "pay": "5"}, scopes=ALL)
    for name in (field for field in vars_of(person) if field != "raw"):
        assert (getattr(person, name) is None) == (name in person.absent), name


def vars_of(person: hc.Employee) -> list[str]:
    return [field.name for field in attrs.fields(type(person))]


def test_what_the_record_itself_withholds_is_not_permitted() -> None:
    person = one({"first": None, "last": None}, withheld=lambda raw: {"first"})
    assert person.absent["given_name"] is hc.NullReason.NOT_PERMITTED
    assert person.absent["family_name"] is hc.NullReason.EMPTY_AT_SOURCE


def test_what_the_vendor_keeps_elsewhere_was_not_requested() -> None:
    assert one({}, elsewhere=("job_title",)).absent["job_title"] is hc.NullReason.NOT_REQUESTED


def test_a_reason_that_the_connector_gives_is_kept() -> None:
    def says(raw: hc.Raw, known: Any) -> hc.Employee:
        return hc.Employee(
            id="1", status=hc.Coded(hc.EmployeeStatus.ACTIVE), absent={"given_name": hc.NullReason.REDACTED}
        )

    (person,) = listing(
        [([{"id": 1, "first": "*"}], 1)], hc.Resource(all=EMPLOYEES.all, to=says, fields=TOY.employees.fields)
    )
    assert person.absent["given_name"] is hc.NullReason.REDACTED


def test_a_connector_may_say_why_there_are_no_custom_fields() -> None:
    def says(raw: hc.Raw, known: Any) -> hc.Employee:
        shirt = {"shirt": hc.CustomField(key="shirt", value="M")} if raw["id"] == 2 else {}
        told = {"custom_fields": hc.NullReason.NOT_REQUESTED}
        return hc.Employee(
            id=str(raw["id"]), status=hc.Coded(hc.EmployeeStatus.ACTIVE), custom_fields=shirt, absent=told
        )

    people = listing([([{"id": 1}, {"id": 2}], 2)], hc.Resource(all=EMPLOYEES.all, to=says))
    hidden, shown = people
    assert hidden.absent["custom_fields"] is hc.NullReason.NOT_REQUESTED
    assert "custom_fields" not in shown.absent
    assert people.report.absent["custom_fields", hc.NullReason.NOT_REQUESTED] == 1


def test_missing_values_are_counted_by_field_and_reason() -> None:
    people = listing([([{"id": 1, "first": ""}, {"id": 2, "first": ""}, {"id": 3, "first": "A"}], 3)])
    list(people)
    assert people.report.absent[("given_name", hc.NullReason.EMPTY_AT_SOURCE)] == 2


# -- scopes ---------------------------------------------------------------------------------------

WHOLE = {"id": 1, "state": "Active", "first": "Ada", "mobile": "555", "pay": "100.50", "ssn": "078-05-1120"}


def test_what_is_out_of_scope_is_not_in_the_record_nor_in_raw() -> None:
    person = one(WHOLE, scopes={hc.Scope.IDENTITY, hc.Scope.WORK, hc.Scope.CUSTOM})
    assert person.compensation is None
    assert person.mobile_phone is None
    assert set(person.raw) == {"id", "state", "first"}
    assert person.absent["mobile_phone"] is hc.NullReason.NOT_REQUESTED
    assert person.absent["compensation"] is hc.NullReason.NOT_REQUESTED


def test_what_is_in_scope_is_read() -> None:
    person = one(WHOLE, scopes=ALL)
    assert person.compensation == hc.Compensation(amount=Decimal("100.50"))
    assert person.mobile_phone == "555"
    assert person.raw["pay"] == "100.50"


def test_what_was_not_asked_for_is_not_told_out_of_an_object_that_has_more() -> None:
    def to(raw: hc.Raw, known: Any) -> hc.Employee:
        return hc.Employee(
            id="1",
            status=hc.Coded(hc.EmployeeStatus.ACTIVE, "here"),
            work_email=raw["contact"]["email"],
            mobile_phone=raw["contact"]["mobile"],
        )

    nested = hc.Resource(all=lambda http, ask: (), to=to, fields={"work_email": "contact", "mobile_phone": "contact"})
    page = [([{"id": 1, "contact": {"email": "ada@example.com", "mobile": "0151"}}], 1)]
    (narrow,) = listing(page, nested, scopes={hc.Scope.IDENTITY, hc.Scope.WORK, hc.Scope.CUSTOM})
    (whole,) = listing(page, nested, scopes=ALL)
    assert (narrow.work_email, narrow.mobile_phone) == ("ada@example.com", None)
    assert (narrow.absent["mobile_phone"], narrow.raw) == (hc.NullReason.NOT_REQUESTED, {"id": 1})
    assert (whole.mobile_phone, "mobile_phone" in whole.absent) == ("0151", False)


def test_what_is_never_read_is_not_in_raw_whatever_the_scopes() -> None:
    person = one(WHOLE, scopes=ALL, never=frozenset({"ssn"}))
    assert "ssn" not in person.raw
    assert "078-05-1120" not in repr(person)


def test_what_is_never_read_is_not_kept_with_a_refused_record_either() -> None:
    people = listing([([{**WHOLE, "hired": "never"}], 1)], never=frozenset({"ssn"}))
    list(people)
    assert "ssn" not in people.report.refused[0].raw
    assert "pay" not in people.report.refused[0].raw


@pytest.mark.parametrize("odd", [{"id": None}, {"id": ""}, {"kind": None}])
def test_a_record_too_strange_to_be_read_is_kept_without_what_is_never_read(odd: dict[str, Any]) -> None:
    def belongs(raw: hc.Raw) -> bool:
        return bool(raw["kind"].strip())

    raw = {**WHOLE, "kind": "x", **odd}
    people = listing([([raw], 1)], never=frozenset({"ssn"}), belongs=belongs)
    assert list(people) == []
    assert not {"ssn", "pay"} & set(people.report.refused[0].raw)
    assert "078-05-1120" not in repr(people.report.refused[0].raw)


def test_raw_is_kept_only_with_the_custom_scope() -> None:
    assert dict(one(WHOLE, scopes={hc.Scope.IDENTITY, hc.Scope.WORK}).raw) == {}


def test_a_key_that_a_wanted_field_shares_is_kept() -> None:
    fields = {**EMPLOYEES.fields, "given_name": "name", "demographics": "name"}

    def to(raw: hc.Raw, known: Any) -> hc.Employee:
        return hc.Employee(id="1", status=hc.Coded(hc.EmployeeStatus.ACTIVE), given_name=raw["name"])

    (person,) = listing([([{"id": 1, "name": "Ada"}], 1)], hc.Resource(all=EMPLOYEES.all, to=to, fields=fields))
    assert person.given_name == "Ada"


# -- history --------------------------------------------------------------------------------------


def test_history_is_read_only_where_it_is_asked_for(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(2)
    spell = hc.Employment(id="e", employee_id="1")
    connection = connect(toy, reads(history=lambda http, ask: {"1": (spell,)}))
    assert [person.employments for person in connection.employees()] == [(), ()]
    assert [person.employments for person in connection.employees(history=True)] == [(spell,), ()]


# -- page by page ---------------------------------------------------------------------------------


def test_a_list_comes_page_by_page_each_with_the_way_on(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    batches = list(people.pages())
    assert [len(batch.records) for batch in batches] == [10, 10, 5, 0]
    assert [batch.received for batch in batches] == [10, 20, 25, 25]
    assert [batch.following and batch.following.params["page"] for batch in batches] == [2, 3, 4, None]
    assert people.report.complete


def test_a_page_is_asked_for_when_it_is_wanted_and_no_sooner(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    batches = people.pages()
    assert toy.log == []
    assert ids(next(batches).records) == numbers(10)
    assert (len(toy.log), people.report.accepted) == (1, 10)


def test_records_taken_one_by_one_are_read_one_by_one(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    assert ids(itertools.islice(people, 7)) == numbers(7)
    assert (len(toy.log), people.report.accepted) == (1, 7)
    rest = [batch.records for batch in people.pages()]
    assert [len(records) for records in rest] == [3, 10, 5, 0], "what is left of the page, and the others"


def test_a_list_without_pages_cannot_be_gone_on_with(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    stream = reads(all=lambda http, ask: http.stream(hc.Request("GET", "/everyone"), at="people", size=10))
    batches = list(connect(toy, stream).employees().pages())
    assert [len(batch.records) for batch in batches] == [10, 10, 5]
    assert {batch.following for batch in batches} == {None}


def test_who_is_left_out_is_counted_with_a_page() -> None:
    rows = [*rows_of(3), {"id": 4, "robot": True}]
    people = listing([(rows, 4)], belongs=lambda raw: not raw.get("robot"))
    assert [(len(batch.records), batch.received) for batch in people.pages()] == [(3, 4)]


# -- going on -------------------------------------------------------------------------------------

WAYS = {
    "numbered": EMPLOYEES,
    "offset": reads(all=lambda http, ask: http.pages(hc.Request("GET", "/offset"), at="people", by=OFFSET)),
    "cursor": reads(all=lambda http, ask: http.pages(hc.Request("GET", "/cursor"), at="people", by=CURSOR)),
}


def left_after(connection: hc.Connection, pages: int) -> tuple[list[str], Resume]:
    """The ids of the first pages of a list, and how to go on with it."""
    people = connection.employees()
    batches = list(itertools.islice(people.pages(), pages))
    following = batches[-1].following
    assert following is not None
    came = ids(record for batch in batches for record in batch.records)
    return came, Resume(request=following, received=batches[-1].received, left_out=people.report.left_out)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pages", [1, 2])
@pytest.mark.parametrize("told", [True, False], ids=["with ids", "without"])
def test_a_list_that_was_left_goes_on_and_is_proved_complete(
    toy: Toy, connect: Connect, way: str, pages: int, told: bool
) -> None:
    toy.given = rows_of(25)
    connection = connect(toy, WAYS[way])
    before, resume = left_after(connection, pages)
    resume = attrs.evolve(resume, ids=before if told else ())
    toy.log.clear()
    with closing(connection.reading_line()) as line:
        people = connection.employees(http=line, resume=resume)
        assert before + ids(people) == numbers(25)
    assert people.report.complete
    assert people.report.walked
    assert (people.report.received, people.report.accepted) == (25, 25 - len(before))
    assert len(toy.log) == people.report.requests <= 4 - pages


def test_a_list_that_goes_on_reaches_no_further_than_its_first_page(toy: Toy, connect: Connect) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    toy.given = [{**row, "at": 1_700_000_000} for row in rows_of(25)]
    connection = connect(toy, reads(to=dated))
    _, resume = left_after(connection, 1)
    for newest in (None, moment):
        with closing(connection.reading_line()) as line:
            people = connection.employees(http=line, resume=attrs.evolve(resume, newest=newest))
            assert len(list(people)) == 15
        assert people.report.newest == newest


def test_somebody_who_moved_while_a_list_was_left_is_found_by_those_who_came_before(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    connection = connect(toy)
    before, resume = left_after(connection, 1)
    toy.given.insert(0, toy.given.pop())  # the last goes first, and the tenth comes again
    with closing(connection.reading_line()) as line:
        people = connection.employees(http=line, resume=attrs.evolve(resume, ids=before))
        assert {*before, *ids(people)} == set(numbers(25))
    assert people.report.complete
    assert people.report.received == 25


def test_a_second_pass_of_a_list_that_goes_on_counts_everyone_once(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total = rows_of(35), False
    connection = connect(toy)
    before, resume = left_after(connection, 1)
    with closing(connection.reading_line()) as line:
        people = connection.employees(http=line, resume=resume)
        came = ids(itertools.islice(people, 12))
        toy.given.insert(0, toy.given.pop())
        came += ids(people)
    assert {*before, *came} == set(numbers(35))
    assert people.report.received == 35
    assert people.report.walked


def test_a_list_that_is_read_another_way_now_is_not_gone_on_with(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    _, resume = left_after(connect(toy), 1)
    connection = connect(toy, WAYS["offset"])
    with closing(connection.reading_line()) as line:
        people = connection.employees(http=line, resume=resume)
        with pytest.raises(hc.Unsupported, match="cannot be gone on with"):
            list(people)
        assert not people.report.walked
        assert len(list(connect(toy).employees(http=line))) == 25, "the line has forgotten it"


# -- walked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pages", "walked", "complete"),
    [
        ([(rows_of(3), 3)], True, True),
        ([(rows_of(3), None)], True, False),
        ([(rows_of(3), 4)], False, False),
        ([(rows_of(3), 2)], False, False),
        ([], True, False),
    ],
)
def test_a_list_is_walked_where_no_number_contradicts_it(pages: Any, walked: bool, complete: bool) -> None:
    people = listing(pages)
    list(people)
    assert (people.report.walked, people.report.complete) == (walked, complete)


def test_a_list_that_was_not_read_to_its_end_is_not_walked(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(25)
    people = connect(toy).employees()
    list(itertools.islice(people, 25))
    assert not people.report.walked
    toy.play("error", status=403, after=1, times=None)
    people = connect(toy).employees()
    with pytest.raises(hc.Forbidden):
        list(people)
    assert not people.report.walked


def test_a_count_that_contradicts_is_not_a_list_that_was_walked(toy: Toy, connect: Connect) -> None:
    toy.given, toy.tells_total, toy.counts = rows_of(5), False, 6
    people = connect(toy, reads(count=count)).employees()
    list(people)
    assert not people.report.walked


@pytest.mark.parametrize(("times", "walked"), [(1, True), (None, False)])
def test_a_list_without_a_total_is_walked_where_nothing_moved_at_the_last_pass(
    toy: Toy, connect: Connect, times: int | None, walked: bool
) -> None:
    with Toy(people=45) as sandbox:
        sandbox.tells_total = False
        sandbox.play("moving", times=times)
        people = connect(sandbox).employees()
        assert len(list(people)) <= 45
        assert people.report.walked is walked
        assert people.report.repeated > 0


# -- when it was changed --------------------------------------------------------------------------


def dated(raw: hc.Raw, known: Any) -> hc.Employee:
    moment = raw.get("at") and datetime.fromtimestamp(raw["at"], UTC)
    return hc.Employee(id=str(raw["id"]), status=hc.Coded(hc.EmployeeStatus.ACTIVE), updated_at=moment)


def answers(*pages: list[int | None], sent: int | None = None, until: int | None = None) -> Iterator[hc.Page]:
    """Pages of people with these instants, each an answer of its own, sent at the instant `sent`."""
    ids = itertools.count(1)
    for number, page in enumerate(pages):
        date = {} if sent is None else {"date": format_datetime(datetime.fromtimestamp(sent, UTC))}
        yield hc.Page(
            records=[{"id": next(ids), "at": at} for at in page],
            response=hc.Response(request=GET, status=200, headers=Headers(date)),
            until=datetime.fromtimestamp(until, UTC) if until is not None and number == 0 else None,
            seen=100 * number,
        )


GET = hc.Request("GET", "/people")


@pytest.mark.parametrize(
    ("pages", "newest"),
    [
        (answers([5, 9, None], []), 9),
        (answers([None], []), None),
        (answers([5], [9]), 5),  # who was on the first page may have changed at 7
        (answers([5], [9], sent=8), 5),
        (answers([5], [9, 7], sent=8), 7),
        (answers([5], [9], sent=20), 9),
        (answers([9], [20], sent=8), 9),
        (answers([5], [9], sent=20, until=6), 6),
    ],
)
def test_the_newest_change_is_one_that_no_change_unseen_came_before(pages: Any, newest: int | None) -> None:
    people = Listing(hc.Resource(all=lambda http, ask: pages, to=dated), Canned(), (), hc.Employee)  # type: ignore[arg-type]
    list(people)
    assert people.report.newest == (newest and datetime.fromtimestamp(newest, UTC))


# -- what changed ---------------------------------------------------------------------------------


def changed(*passes: list[list[int]], since: int = 0, **how: Any) -> Listing[hc.Employee]:
    """A list of changes that gives these pages of ids, at each pass others."""
    left = iter(passes)

    def pages(http: Any, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
        seen = 0
        for page in next(left):
            seen += len(page)
            records = [{"id": id} for id in page]
            yield hc.Page(records=records, response=hc.Response(request=GET, status=200), seen=seen)

    made: hc.Resource[hc.Employee] = hc.Resource(all=EMPLOYEES.all, to=dated, changed=pages, **how)
    return Listing(made, Canned(), (), hc.Employee, since=datetime.fromtimestamp(since, UTC))  # type: ignore[arg-type]


def test_a_list_of_changes_whose_people_moved_is_read_a_second_time() -> None:
    people = changed([[1, 2], [2, 3]], [[4, 1], [2, 3]])
    assert ids(people) == ["1", "2", "3", "4"]
    assert people.report.walked
    people = changed([[1, 2], [2, 3]], [[4, 1], [1, 2], [3]])
    assert ids(people) == ["1", "2", "3", "4"]
    assert not people.report.walked, "they moved again"


def test_nobody_counts_what_changed() -> None:
    people = changed([[1, 2]], count=lambda http: pytest.fail("counted"))
    assert ids(people) == ["1", "2"]
    assert (people.report.walked, people.report.complete) == (True, False)


def test_those_who_are_gone_are_told_once() -> None:
    response = hc.Response(request=GET, status=200)
    pages = [
        hc.Page(records=[], response=response, gone=("7", "8")),
        hc.Page(records=[], response=response, gone=("8",)),
    ]
    made: hc.Resource[hc.Employee] = hc.Resource(all=EMPLOYEES.all, to=dated, changed=lambda http, ask, since: pages)
    people = Listing(made, Canned(), (), hc.Employee, since=datetime.now(UTC))  # type: ignore[arg-type]
    assert list(people) == []
    assert people.report.gone == ["7", "8"]


@pytest.mark.parametrize("error", [hc.NotFound, hc.Forbidden, hc.Rejected, hc.RecordError])
def test_a_server_that_refuses_to_tell_what_changed_is_read_in_full(error: type[hc.HeadcountError]) -> None:
    def refused(http: Any, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
        raise error("no")

    made: hc.Resource[hc.Employee] = hc.Resource(all=EMPLOYEES.all, to=dated, changed=refused)
    people = Listing(made, Canned(), (), hc.Employee, since=datetime.now(UTC))  # type: ignore[arg-type]
    with pytest.raises(hc.Unsupported, match="does not tell what changed"):
        list(people)
    assert not people.report.walked
