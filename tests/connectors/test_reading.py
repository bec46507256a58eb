"""Every connector reads everybody, in both dialects, and says of each what the vendor says and no more."""

from __future__ import annotations

import json
import logging
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount import codec
from headcount.sandbox import Person, Sandbox, find
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor


def read(connection: hc.Connection) -> dict[str, hc.Employee]:
    return {employee.id: employee for employee in connection.employees()}


def the(tag: str, box: Sandbox, vendor: Vendor, people: dict[str, hc.Employee]) -> tuple[Person, hc.Employee]:
    person = find(box.people, tag)
    return person, people[vendor.id_of(person)]


def test_everybody_is_read_once(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    listing = connection.employees()
    ids = [employee.id for employee in listing]
    assert sorted(ids) == sorted(vendor.id_of(person) for person in box.people)
    report = listing.report
    assert report.received == report.accepted == 60
    assert report.rejected == report.repeated == 0


def test_the_list_is_proved_complete_where_the_vendor_has_a_number(
    dialect: str, vendor: Vendor, connection: hc.Connection
) -> None:
    listing = connection.employees()
    list(listing)
    tells = vendor is NAMELY or dialect == "observed"
    assert listing.report.complete is tells
    assert ("60" in listing.report.why) is tells


def test_names_and_addresses_land_as_they_are(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    people = read(connection)
    for person in box.people:
        employee = people[vendor.id_of(person)]
        if "restricted" in person.tags:
            continue
        assert employee.given_name == person.given
        assert employee.family_name == person.family
        assert employee.work_email == (person.email or None)
        assert employee.display_name == f"{person.given} {person.family}"


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str, indirect=True)
def test_work_lands_where_the_model_says(box: Sandbox, vendor: Vendor, connection: hc.Connection, dialect: str) -> None:
    people = read(connection)
    groups = {group.id: group for group in connection.groups()}
    managers = {person.id: vendor.id_of(person) for person in box.people}
    for person in box.people:
        employee = people[vendor.id_of(person)]
        future = bool(person.hired and person.hired > box.clock.today())
        if person.tags & {"restricted", "missing_manager"} or (vendor is BAMBOOHR and future):
            continue
        assert employee.start_date == person.hired
        if person.title:
            assert employee.job_title == person.title
        assert employee.manager_id == managers.get(person.manager_id or 0)
        names = {groups[id].name for id in employee.group_ids or () if id in groups}
        assert {person.department, person.division, person.location} - {""} <= names
        if person.location:
            assert employee.work_location_id
            assert groups[employee.work_location_id].name == person.location
            assert groups[employee.work_location_id].type.value is hc.GroupType.LOCATION


def test_teams_are_groups_seen_from_both_ends(box: Sandbox, dialect: str) -> None:
    if box.name == "bamboohr" or dialect == "guide":
        pytest.skip("this dialect has no teams")
    with box.connect() as connection:
        teams = {g.id: g for g in connection.groups() if g.type.value is hc.GroupType.TEAM}
        people = read(connection)
    members = {(id, team) for id, employee in people.items() for team in employee.group_ids or () if team in teams}
    assert len(members) == sum(len(person.teams) for person in box.people)
    for team in teams.values():
        if team.member_ids is not None:
            assert {(member, team.id) for member in team.member_ids} == {one for one in members if one[1] == team.id}


def test_pending_and_future_people_are_read_and_not_employed_yet(
    box: Sandbox, vendor: Vendor, connection: hc.Connection
) -> None:
    people = read(connection)
    today = box.clock.today()
    for tag in ("pending", "future_hire"):
        person, employee = the(tag, box, vendor, people)
        if vendor is not INSIGHTLY:
            assert employee.start_date == person.hired
            assert employee.lifecycle(today) is hc.Lifecycle.PRE_START
            assert employee.is_employed(today) is False
            assert person.hired is not None
            assert employee.lifecycle(person.hired) in (hc.Lifecycle.EMPLOYED, hc.Lifecycle.PRE_START)


def test_someone_who_left_is_not_active_and_not_employed(
    box: Sandbox, vendor: Vendor, connection: hc.Connection
) -> None:
    person, employee = the("left", box, vendor, read(connection))
    expected = hc.EmployeeStatus.TERMINATED if vendor is BAMBOOHR else hc.EmployeeStatus.INACTIVE
    assert employee.status.value is expected
    assert not employee.is_employed(box.clock.today())
    if vendor is not INSIGHTLY:
        assert employee.termination_date == person.left
        assert employee.is_employed(box.clock.today()) is False


def test_someone_who_will_leave_is_employed_until_then(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    person, employee = the("future_leaver", box, vendor, read(connection))
    assert employee.is_employed(box.clock.today()) is True
    if vendor is NAMELY:
        assert person.left is not None
        assert employee.termination_date == person.left
        assert employee.is_employed(person.left + timedelta(days=1)) is False


def test_an_unknown_word_is_kept_and_counted_and_never_active(
    box: Sandbox, vendor: Vendor, connection: hc.Connection
) -> None:
    if vendor is INSIGHTLY:
        pytest.skip("a user is active or not; there are no words")
    listing = connection.employees()
    people = {employee.id: employee for employee in listing}
    _, employee = the("unknown_status", box, vendor, people)
    if vendor is NAMELY:
        assert employee.status == hc.Coded(hc.EmployeeStatus.UNKNOWN, "sabbatical")
        assert listing.report.unknown["status", "sabbatical"] == 1
        assert employee.is_employed(box.clock.today()) is None
    else:
        assert employee.worker_type == hc.Coded(hc.WorkerType.UNKNOWN, "Sabbatical (unpaid)")
        assert listing.report.unknown["worker_type", "Sabbatical (unpaid)"] == 1


def test_a_contractor_is_no_employee(box: Sandbox, vendor: Vendor, connection: hc.Connection, dialect: str) -> None:
    if vendor is INSIGHTLY or (vendor is NAMELY and dialect == "guide"):
        pytest.skip("this dialect does not tell the type of worker")
    _, employee = the("contractor", box, vendor, read(connection))
    assert employee.worker_type == hc.Coded(hc.WorkerType.CONTRACTOR, "Contractor")
    assert employee.time_type is None


@pytest.mark.parametrize("vendor", [BAMBOOHR], ids=str, indirect=True)
def test_leave_and_rehire_are_read(box: Sandbox, vendor: Vendor, connection: hc.Connection, dialect: str) -> None:
    people = read(connection)
    _, on_leave = the("on_leave", box, vendor, people)
    assert on_leave.status == hc.Coded(hc.EmployeeStatus.ON_LEAVE, "Furloughed")
    assert on_leave.lifecycle(box.clock.today()) is hc.Lifecycle.ON_LEAVE
    person, rehired = the("rehired", box, vendor, people)
    assert rehired.start_date == person.hired
    assert rehired.is_employed(box.clock.today()) is True
    if dialect == "observed":
        assert rehired.original_hire_date == person.first_hired


def test_blanks_are_nothing_and_not_texts(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    _, employee = the("blanks", box, vendor, read(connection))
    values = [value for value in attrs.asdict(employee, recurse=False).values() if isinstance(value, str)]
    assert "" not in values
    assert "0000-00-00" not in values
    if vendor is not INSIGHTLY:
        assert employee.start_date is None
        assert employee.absent["start_date"] is hc.NullReason.EMPTY_AT_SOURCE


def test_two_people_of_one_name_or_address_stay_two(box: Sandbox, vendor: Vendor, connection: hc.Connection) -> None:
    people = read(connection)
    for tag in ("namesake", "duplicate_email"):
        _, employee = the(tag, box, vendor, people)
        assert employee.id != vendor.id_of(box.people[0])


def test_strange_managers_are_told_as_they_are(
    box: Sandbox, vendor: Vendor, connection: hc.Connection, dialect: str
) -> None:
    if vendor is INSIGHTLY:
        pytest.skip("a user has no manager")
    people = read(connection)
    person, employee = the("self_managed", box, vendor, people)
    assert employee.manager_id == vendor.id_of(person)
    person, employee = the("manager_cycle", box, vendor, people)
    assert people[employee.manager_id or ""].manager_id == employee.id
    _, employee = the("missing_manager", box, vendor, people)
    assert employee.manager_id not in people


def test_every_empty_field_has_its_reason(box: Sandbox, connection: hc.Connection) -> None:
    for employee in connection.employees():
        empty = {
            field.name
            for field in attrs.fields(hc.Employee)
            if field.default is None and getattr(employee, field.name) is None
        }
        assert empty == set(employee.absent)


def test_what_a_permission_hides_is_told_apart_from_what_is_empty(
    box: Sandbox, vendor: Vendor, connection: hc.Connection
) -> None:
    _, employee = the("restricted", box, vendor, read(connection))
    field = {"namely": "personal_email", "bamboohr": "personal_email", "insightly": "work_email"}[vendor.name]
    assert getattr(employee, field) is None
    if (vendor, box.dialect) in ((NAMELY, "observed"), (NAMELY, "guide"), (BAMBOOHR, "guide")):
        assert employee.absent[field] is hc.NullReason.NOT_PERMITTED


def test_personal_data_comes_only_to_who_asks(box: Sandbox, vendor: Vendor) -> None:
    with box.connect(scopes=(hc.Scope.IDENTITY, hc.Scope.WORK)) as connection:
        for employee in connection.employees():
            assert employee.demographics is None
            assert employee.compensation is None
            assert employee.personal_email is None
            assert not employee.custom_fields
            assert not employee.raw
    sent = str([(logged.query, logged.body) for logged in box.log])
    assert "dateOfBirth" not in sent
    assert "payRate" not in sent


def test_government_ids_and_health_are_never_read(box: Sandbox, connection: hc.Connection) -> None:
    forbidden = ("ssn", "sin", "nationalId", "healthcare", "dental", "emergency_contact")
    for employee in connection.employees():
        assert not [key for key in forbidden if key in employee.raw or key in employee.custom_fields]
    asked = str([(logged.query, logged.body) for logged in box.log])
    assert "ssn" not in asked
    assert "nationalId" not in asked


def test_custom_fields_keep_their_key_and_get_their_label(box: Sandbox, dialect: str) -> None:
    if dialect == "guide" or box.name == "insightly":
        pytest.skip("this dialect has no custom fields")
    with box.connect() as connection:
        employee = next(connection.employees())
    by_label = {field.label: field for field in employee.custom_fields.values()}
    assert by_label["Shirt size"].value == box.people[0].custom["shirt_size"]
    assert by_label["Badge date"].type == "date"


def test_one_employee_is_the_same_as_in_the_list(
    box: Sandbox, vendor: Vendor, connection: hc.Connection, dialect: str
) -> None:
    listed = read(connection)
    person = box.people[6]
    alone, among_others = connection.employee(vendor.id_of(person)), listed[vendor.id_of(person)]
    if (vendor, dialect) == (BAMBOOHR, "guide"):  # its managers are numbers, which only the whole list resolves
        assert alone.absent["manager_id"] is hc.NullReason.UNREADABLE
        manager: dict[str, Any] = {"manager_id": None, "manager_ids": (), "absent": {}}
        alone, among_others = attrs.evolve(alone, **manager), attrs.evolve(among_others, **manager)
    assert alone == among_others


def test_looking_people_up_one_by_one_asks_for_the_lists_once(
    box: Sandbox, vendor: Vendor, connection: hc.Connection
) -> None:
    connection.employee(vendor.id_of(box.people[0]))
    before = len(box.log)
    for person in box.people[1:6]:
        connection.employee(vendor.id_of(person))
    assert len(box.log) == before + 5


def test_an_unknown_id_is_not_found(connection: hc.Connection) -> None:
    with pytest.raises(hc.NotFound, match="Check the id"):
        connection.employee("00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("fast", [True, False], ids=["msgspec", "json"])
def test_a_line_says_what_the_dictionary_says(
    connection: hc.Connection, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fast:
        monkeypatch.setattr(codec, "msgspec", None)
    for employee in connection.employees(history=True):
        assert json.loads(codec.line(employee)) == json.loads(codec.dumps(hc.to_dict(employee)))


def test_an_id_cannot_leave_its_place_in_the_path(box: Sandbox, connection: hc.Connection) -> None:
    with pytest.raises(hc.VendorError):
        connection.employee("../../meta?x=1")
    assert not [logged for logged in box.log if logged.path.endswith("/meta")]


def test_the_owner_of_the_credential_is_named(box: Sandbox, connection: hc.Connection) -> None:
    me = connection.whoami()
    assert me.work_email == box.people[0].email
    assert me.expires


def test_a_company_is_described_where_the_server_does(connection: hc.Connection, dialect: str) -> None:
    if dialect == "observed":
        assert connection.company().display_name
    else:
        with pytest.raises(hc.Unsupported, match="does not describe the company"):
            connection.company()


@pytest.mark.parametrize("prefix", ["/api/gateway.php/acme/v1", "/api/v1"])
def test_both_addresses_of_bamboohr_serve(prefix: str) -> None:
    with BAMBOOHR.start(people=30) as box, box.connect(base_url=box.origin + prefix) as connection:
        assert len(list(connection.employees())) == 30


def test_whose_credential_leaves_loses_the_account() -> None:
    with NAMELY.start(people=30) as box, box.connect() as connection:
        box.people[0].active = False
        with pytest.raises(hc.Forbidden, match="Give the owner of the credential"):
            connection.whoami()


def test_an_empty_company_is_no_error(vendor: Vendor, dialect: str) -> None:
    with vendor.start(people=0, dialect=dialect) as box, box.connect() as connection:
        listing = connection.employees()
        assert list(listing) == []
        assert listing.report.received == 0
        if dialect == "observed":
            assert listing.report.complete


def test_a_wrong_credential_is_refused_at_once(box: Sandbox, vendor: Vendor) -> None:
    secret = next(field.name for field in attrs.fields(vendor.connector.settings) if not field.repr)
    with (
        box.connect(**{secret: "wrong-and-secret"}) as connection,
        pytest.raises(hc.AuthError, match=f"401.*Check {secret}") as caught,
    ):
        list(connection.employees())
    assert "wrong-and-secret" not in str(caught.value)
    assert len(box.log) == 1


def test_nothing_secret_or_personal_is_logged(
    box: Sandbox, connection: hc.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    people = list(connection.employees())
    text = caplog.text
    assert box.key not in text
    for person in people[:10]:
        assert person.work_email is None or person.work_email not in text


def test_dates_do_not_shift_wherever_the_program_runs(
    vendor: Vendor, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    hired: set[tuple[date | None, ...]] = set()
    for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        with vendor.start(people=20, dialect=dialect) as box, box.connect() as connection:
            hired.add(tuple(employee.start_date for employee in connection.employees()))
    monkeypatch.undo()
    time.tzset()
    assert len(hired) == 1
