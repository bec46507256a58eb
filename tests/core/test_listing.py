"""A list being read: everyone once, nobody silently lost, and an account that is true at its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import transport as transport_module
from headcount.listing import Listing
from headcount.reader import wanted_fields
from tests.core.conftest import Connect
from tests.core.toy import EMPLOYEES, OFFSET, TOY, Toy, count, reads, rows_of, to_employee

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
