"""What changed since an instant: the same people as in the whole list, by fewer requests, or a word that it cannot."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import attrs
import pytest

import headcount as hc
from headcount.listing import Resume
from headcount.sandbox import Logged, Person, Sandbox, find
from headcount_bamboohr import reading as bamboohr_reading
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, VENDORS, Vendor

BEFORE_ALL = datetime(1990, 1, 1, tzinfo=UTC)
KNOWN = ("meta/", "/group", "/profiles/fields", "/Teams", "/Permissions")
"""What is asked for at every read, whatever is read."""
OBSERVED = pytest.mark.parametrize("dialect", ["observed"], indirect=True)
GUIDE = pytest.mark.parametrize("dialect", ["guide"], indirect=True)
ON_BAMBOOHR = pytest.mark.parametrize("vendor", [BAMBOOHR], ids=str, indirect=True)
ON_NAMELY = pytest.mark.parametrize("vendor", [NAMELY], ids=str, indirect=True)


def read(people: Iterable[hc.Employee]) -> dict[str, hc.Employee]:
    return {employee.id: employee for employee in people}


def asked(box: Sandbox, since: int) -> list[Logged]:
    """The requests since so many, but for what is asked for at every read."""
    return [logged for logged in box.log[since:] if not any(part in logged.path for part in KNOWN)]


def touch(box: Sandbox, people: Iterable[Person]) -> datetime:
    """Change these people after a quiet while; returns an instant in that while."""
    since = box.clock.advance(minutes=5)
    box.clock.advance(minutes=5)
    for person in people:
        person.given, person.work_phone = f"New {person.given}", "+1 555 0199"
        box.touch(person)
    return since


def are_the_same(some: dict[str, hc.Employee], everyone: dict[str, hc.Employee]) -> bool:
    """Every field, and the vendor's own record where it is kept."""
    return all(one == everyone[id] and one.raw == everyone[id].raw for id, one in some.items())


# -- the same people ------------------------------------------------------------------------------


@OBSERVED
def test_since_before_everything_everybody_has_changed(connection: hc.Connection) -> None:
    everyone = read(connection.employees())
    people = connection.changed(BEFORE_ALL)
    came = read(people)
    assert came.keys() == everyone.keys()
    assert are_the_same(came, everyone)
    assert people.report.walked
    assert people.report.gone == []


@OBSERVED
@pytest.mark.parametrize("number", [1, 3])
def test_who_changed_comes_as_in_the_whole_list_by_the_fewest_requests(
    box: Sandbox, vendor: Vendor, connection: hc.Connection, number: int
) -> None:
    touched = box.people[20 : 20 + number]
    since = touch(box, touched)
    before = len(box.log)
    people = connection.changed(since)
    came = read(people)
    assert len(asked(box, before)) == {"namely": 1, "bamboohr": 2, "insightly": 2}[vendor.name]
    ids = {vendor.id_of(person) for person in touched}
    assert ids <= came.keys()
    if vendor is not NAMELY:  # it gives whole pages
        assert ids == came.keys()
    assert are_the_same(came, read(connection.employees()))
    assert people.report.walked
    assert people.report.newest is not None
    assert people.report.newest >= since


@OBSERVED
def test_where_nothing_changed_one_request_shows_it(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    since = touch(box, ())
    before = len(box.log)
    people = connection.changed(since)
    came = read(people)
    assert len(asked(box, before)) == 1
    assert vendor is NAMELY or not came
    assert people.report.walked
    assert not [one for one in came.values() if one.updated_at is None or one.updated_at >= since]


@OBSERVED
def test_a_change_at_the_very_instant_is_not_missed(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    touch(box, [box.people[7]])
    assert vendor.id_of(box.people[7]) in read(connection.changed(box.people[7].updated))


@OBSERVED
def test_from_one_read_to_the_next_no_change_is_lost(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    whole = connection.employees()
    everyone = read(whole)
    newest = whole.report.newest
    for some in (box.people[3:5], box.people[40:41], (), box.people[0:60:7]):
        touch(box, some)
        assert newest is not None
        people = connection.changed(newest)
        everyone |= read(people)
        newest = people.report.newest or newest
        assert everyone == read(connection.employees())


@GUIDE
def test_a_server_that_cannot_tell_what_changed_says_so(box: Sandbox, connection: hc.Connection) -> None:
    since = touch(box, box.people[20:23])
    people = connection.changed(since)
    with pytest.raises(hc.Unsupported):
        list(people)
    assert not people.report.walked
    assert len(list(connection.employees())) == 60


# -- Namely ---------------------------------------------------------------------------------------


@GUIDE
@ON_NAMELY
def test_a_list_that_only_looks_sorted_hides_nobody(box: Sandbox, connection: hc.Connection) -> None:
    for person in box.people:  # an import of everyone at once, then the head of the list, then the last of it
        person.updated = box.clock.now()
    since = touch(box, [box.people[0]])
    box.clock.advance(minutes=5)
    box.touch(box.people[-1])
    box.people[0].updated = box.clock.now()
    with pytest.raises(hc.Unsupported, match="does not sort by what was changed last"):
        list(connection.changed(since))
    assert [logged.query["sort"] for logged in box.requests("/profiles$")] == ["-updated_at", "updated_at"]


def test_a_company_too_small_to_show_its_order_is_asked_the_other_way_round() -> None:
    with NAMELY.start(people=5) as box, box.connect() as connection:
        since = touch(box, [box.people[3]])
        assert box.people[3].uuid in read(connection.changed(since))
        assert [logged.query["sort"] for logged in box.requests("/profiles$")] == ["-updated_at", "updated_at"]


def test_pages_are_read_newest_first_until_they_are_older() -> None:
    with NAMELY.start(people=230) as box, box.connect() as connection:
        touched = box.people[::3]
        since = touch(box, touched)
        before = len(box.log)
        came = read(connection.changed(since))
        assert {person.uuid for person in touched} <= came.keys()
        assert [logged.query["page"] for logged in asked(box, before)] == ["1", "2"]


def test_who_is_changed_while_the_pages_are_read_costs_nobody_else() -> None:
    with NAMELY.start(people=230) as box, box.connect() as connection:
        touched = box.people[:120]
        since = touch(box, touched)
        people = connection.changed(since)
        batches = people.pages()
        came = read(next(batches).records)
        box.clock.advance(minutes=1)
        for person in touched[:3]:  # the oldest of them, on the third page, go to the front
            box.touch(person)
        for person in touched[119:117:-1]:
            box.touch(person)
        came |= read(record for batch in batches for record in batch.records)
        assert {person.uuid for person in touched} <= came.keys()
        assert people.report.repeated > 0
        assert people.report.walked
        newest = people.report.newest
        assert newest is not None
        assert newest < max(person.updated for person in touched), "what changed meanwhile is still to be read"


def test_many_changes_at_once_are_never_a_list_that_looks_whole() -> None:
    with NAMELY.start(people=230) as box, box.connect() as connection:
        since = touch(box, box.people[:120])
        people = connection.changed(since)
        batches = people.pages()
        next(batches)
        box.clock.advance(minutes=1)
        for person in box.people[100:200]:
            box.touch(person)
        with pytest.raises(hc.Unsupported):
            list(batches)
        assert not people.report.walked


# -- BambooHR -------------------------------------------------------------------------------------


@OBSERVED
@ON_BAMBOOHR
def test_those_who_were_deleted_are_told_and_not_read(box: Sandbox, connection: hc.Connection) -> None:
    since = touch(box, [box.people[30]])
    for number in (10, 11):
        connection.writer.send(hc.Request("DELETE", f"/employees/{number}"))
    before = len(box.log)
    people = connection.changed(since)
    assert read(people).keys() == {str(box.people[28].id)}
    assert people.report.gone == ["10", "11"]
    assert len(asked(box, before)) == 2


@OBSERVED
@ON_BAMBOOHR
def test_deletions_alone_take_one_request(box: Sandbox, connection: hc.Connection) -> None:
    since = touch(box, ())
    connection.writer.send(hc.Request("DELETE", "/employees/10"))
    before = len(box.log)
    people = connection.changed(since)
    assert list(people) == []
    assert people.report.gone == ["10"]
    assert len(asked(box, before)) == 1


@OBSERVED
@ON_BAMBOOHR
def test_a_log_that_wants_a_type_is_asked_for_each(box: Sandbox, connection: hc.Connection) -> None:
    since = touch(box, box.people[20:22])
    connection.writer.send(hc.Request("DELETE", "/employees/10"))
    box.play("error", status=400, on="/employees/changed")
    before = len(box.log)
    people = connection.changed(since)
    assert are_the_same(read(people), read(connection.employees()))
    assert (people.report.accepted, people.report.gone) == (2, ["10"])
    types = [logged.query.get("type") for logged in asked(box, before) if "/changed" in logged.path]
    assert types == [None, "updated", "inserted", "deleted"]


@GUIDE
@ON_BAMBOOHR
def test_the_guides_log_serves_where_no_manager_has_to_be_found(box: Sandbox, connection: hc.Connection) -> None:
    head, before = box.people[0], len(box.log)
    people = connection.changed(touch(box, [head]))
    came = read(people)
    assert [logged.path.rpartition("/")[2] for logged in asked(box, before)] == [
        *["changed"] * 4,
        *("custom", "employees", "1"),
    ]
    assert came.keys() == {"1"}
    assert came == {"1": read(connection.employees())["1"]}
    assert people.report.newest == head.updated
    assert list(connection.changed(touch(box, ()))) == []


@OBSERVED
@ON_BAMBOOHR
@pytest.mark.parametrize("refused", ["/reports/custom", "(/reports/custom|/employees)$"], ids=["paged", "one by one"])
@pytest.mark.parametrize("status", [404, 403])
def test_without_a_report_who_changed_is_read_another_way(
    box: Sandbox, connection: hc.Connection, refused: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bamboohr_reading, "MOST_IDS", 2)
    since = touch(box, box.people[20:25])
    box.play("error", status=status, on=refused, times=None)
    people = connection.changed(since, ahead=True)
    came = read(people)
    assert came.keys() == {str(person.id) for person in box.people[20:25]}
    assert are_the_same(came, read(connection.employees(ahead=True)))
    assert people.report.walked


@OBSERVED
@ON_BAMBOOHR
def test_who_is_missing_from_the_report_is_read_alone(box: Sandbox, connection: hc.Connection) -> None:
    since = touch(box, box.people[20:25])
    box.play("clamped", size=3, on="/reports/custom")
    came = read(connection.changed(since))
    assert came == {id: one for id, one in read(connection.employees()).items() if id in came}
    assert len(came) == 5


@OBSERVED
@ON_BAMBOOHR
def test_who_is_missing_from_the_report_keeps_the_day_that_is_ahead(box: Sandbox, connection: hc.Connection) -> None:
    leaver = find(box.people, "future_leaver")
    since = touch(box, [*box.people[:2], leaver])
    box.play("clamped", size=1, on="/reports/custom", after=1)
    assert read(connection.changed(since, ahead=True))[str(leaver.id)].termination_date == leaver.left


@OBSERVED
@ON_BAMBOOHR
@pytest.mark.parametrize("incremental", [False, True])
def test_the_day_of_who_is_to_leave_is_read_where_what_is_ahead_is_wanted(
    box: Sandbox, connection: hc.Connection, incremental: bool
) -> None:
    leaver, left = find(box.people, "future_leaver"), find(box.people, "left")
    since = touch(box, [leaver, left, box.people[30]])

    def people(*, ahead: bool) -> dict[str, hc.Employee]:
        return read(connection.changed(since, ahead=ahead) if incremental else connection.employees(ahead=ahead))

    without = people(ahead=False)
    before = len(box.log)
    found = people(ahead=True)
    assert len([logged for logged in asked(box, before) if "reports/custom" in logged.path]) == 2
    id = str(leaver.id)
    assert without[id].termination_date is None
    assert found[id].termination_date == leaver.left
    assert "termination_date" not in found[id].absent
    assert found[id].is_employed(box.clock.today())
    assert found[id].is_employed((leaver.left or box.clock.today()) + timedelta(days=1)) is False
    assert found[str(left.id)].termination_date == left.left
    del without[id], found[id]
    assert found == without, "nothing else of the future stands for the present"


@OBSERVED
@ON_BAMBOOHR
def test_what_is_entered_between_the_two_reports_is_still_to_be_read(
    box: Sandbox, connection: hc.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in box.people:
        person.updated = min(person.updated, box.clock.now() - timedelta(days=1))
    leaver = box.people[30]

    def headers() -> dict[str, str]:  # those of the first report's answer: it is made by then
        if len(box.requests("reports/custom")) == 1:
            leaver.left = box.clock.today() + timedelta(days=9)
            leaver.updated = box.clock.now() + timedelta(seconds=5)
        return {}

    monkeypatch.setattr(box, "headers", headers)
    people = connection.employees(ahead=True)
    assert read(people)[str(leaver.id)].termination_date is None
    assert people.report.newest is not None
    assert people.report.newest < leaver.updated


def test_a_server_without_a_report_has_nothing_ahead(vendor: Vendor, dialect: str) -> None:
    if (vendor, dialect) == (BAMBOOHR, "observed"):
        pytest.skip("it has a report")
    with vendor.start(people=30, dialect=dialect) as box, box.connect() as connection:
        assert read(connection.employees(ahead=True)) == read(connection.employees())


# -- going on, and definitions --------------------------------------------------------------------


@pytest.mark.parametrize("pages", [1, 2])
def test_a_list_that_was_left_goes_on_until_everybody_has_come(dialect: str, pages: int, vendor: Vendor) -> None:
    if (vendor, dialect) == (BAMBOOHR, "guide"):
        pytest.skip("it has no pages")
    with vendor.start(people=130, dialect=dialect) as box, box.connect() as connection:
        box.play("error", status=404, on="/reports/custom", times=None)
        box.play("clamped", size=50, on="/(profiles|employees|Users)$", times=None)
        whole = connection.employees()
        everyone = read(whole)
        left = connection.employees()
        batches = list(itertools.islice(left.pages(), pages))
        before = read(record for batch in batches for record in batch.records)
        following = batches[-1].following
        assert following is not None
        resume = Resume(request=following, received=batches[-1].received, ids=tuple(before))
        with closing(connection.reading_line()) as line:
            people = connection.employees(http=line, resume=resume)
            after = read(people)
    assert not before.keys() & after.keys()
    assert {**before, **after} == everyone
    assert (people.report.received, people.report.complete) == (130, whole.report.complete)
    assert people.report.walked


@pytest.mark.parametrize(("vendor", "dialect"), [(BAMBOOHR, "observed"), (BAMBOOHR, "guide")])
def test_what_has_no_pages_is_not_gone_on_with(vendor: Vendor, dialect: str) -> None:
    with vendor.start(people=30, dialect=dialect) as box, box.connect() as connection:
        assert {batch.following for batch in connection.employees().pages()} == {None}


@OBSERVED
def test_custom_fields_are_defined_where_the_vendor_tells_them(vendor: Vendor, connection: hc.Connection) -> None:
    told = vendor.connector.employees.custom(connection.known())
    if vendor is INSIGHTLY:
        assert told is None
        return
    assert told is not None
    assert {"Shirt size", "Badge date"} <= {one.label for one in told.values()}
    for employee in connection.employees():
        assert employee.custom_fields.keys() <= told.keys()
        for key, field in employee.custom_fields.items():
            assert attrs.evolve(field, value=None) == told[key]


@GUIDE
@ON_NAMELY
def test_custom_fields_that_no_list_defines_are_not_told(vendor: Vendor, connection: hc.Connection) -> None:
    assert vendor.connector.employees.custom(connection.known()) is None


def test_every_connector_says_that_it_can_tell_what_changed() -> None:
    assert all("employees.changed" in vendor.connector.can for vendor in VENDORS)
