"""Small things that a connector makes of what it is given, each by itself and without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import headcount as hc
from headcount.codec import dumps
from headcount.gather import Ids
from headcount.http import Headers
from headcount.sandbox import GUIDE, OBSERVED, Answer, Call, route
from headcount_bamboohr import reading as bamboohr_reading
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly import insightly
from headcount_insightly import reading as insightly_reading
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import reading as namely_reading


def answered(status: int, body: Any = None, asked: tuple[str, str] = ("GET", "/people"), **headers: str) -> hc.Response:
    told = Headers(
        {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    )
    return hc.Response(request=hc.Request(*asked), status=status, headers=Headers(told), body=dumps(body))


@pytest.mark.parametrize(("status", "kind"), [(404, hc.NotFound), (401, hc.AuthError), (500, hc.Unavailable)])
def test_a_quota_that_is_used_up_is_told_by_429_alone(status: int, kind: type[hc.VendorError]) -> None:
    error = insightly_reading.classify(answered(status, X_RateLimit_Remaining="0"))
    assert type(error) is kind
    assert type(insightly_reading.classify(answered(429, X_RateLimit_Remaining="0"))) is hc.QuotaExhausted


def test_where_no_teams_are_told_the_groups_are_not_in_the_vendors_model() -> None:
    for dialect, reason in (("guide", hc.NullReason.NOT_IN_VENDOR_MODEL), ("observed", None)):
        with InsightlySandbox(people=3, dialect=dialect) as box, box.connect() as account:
            person = next(account.employees())
            assert (person.group_ids is None) is (dialect == "guide")
            assert person.absent.get("group_ids") is reason


def test_the_role_of_a_key_is_its_owners() -> None:
    with InsightlySandbox(people=3) as box, box.connect() as account:
        assert insightly.whoami
        assert account.whoami().role == "administrator"
        box.administrator = False
        assert account.whoami().role == "user"


def test_a_group_without_a_name_bears_its_id() -> None:
    named = {"id": "7", "title": "Sales", "name": "Other"}
    told = [{"id": "7"}, {"id": "7", "name": "Sales"}, named]
    assert [namely_reading.to_group(raw, namely_reading.Known()).name for raw in told] == ["7", "Sales", "Sales"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"message": "Invalid", "errors": ["Email is taken", ["Name is too long"]]},
            "Email is taken; Name is too long",
        ),
        ({"message": "Invalid", "errors": None}, "Invalid"),
        ({"message": "Invalid"}, "Invalid"),
        ({"errors": {"email": ["is taken"]}}, "is taken"),
        ([], ""),
    ],
)
def test_the_reason_is_in_the_errors_and_else_in_the_message(body: Any, said: str) -> None:
    error = namely_reading.classify(answered(422, body))
    assert isinstance(error, hc.Rejected)
    assert (said in str(error)) if said else str(error).startswith("GET /people answered 422")
    assert "Invalid" not in str(error) or said == "Invalid"


def profile(**more: Any) -> hc.Employee:
    return namely_reading.to_employee(
        {"id": "7", "user_status": "active", **more}, namely_reading.Known(web="https://a.b")
    )


def test_the_first_of_several_managers_is_the_manager() -> None:
    person = profile(reports_to=[{"id": "1"}, {"id": "2"}, {"id": namely_reading.NOBODY}])
    assert (person.manager_id, person.manager_ids) == ("1", ("1", "2"))


@pytest.mark.parametrize(
    ("salary", "told"),
    [
        ({"amount": "10", "currency": "EUR", "pay_period": "monthly"}, ("10", "EUR")),
        ({"yearly_amount": "120", "currency_type": "USD"}, ("120", "USD")),
        ({"yearly_amount": "120", "amount": "10", "currency_type": "USD"}, ("120", "USD")),
        ({"currency": "EUR"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_pay_is_the_year_s_where_that_is_told_and_else_the_period_s(salary: Any, told: Any) -> None:
    pay = profile(salary=salary).compensation
    assert (None if pay is None else (str(pay.amount), pay.currency)) == told


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("/pictures/7", "https://a.b/pictures/7"),
        ({"original": "/pictures/7"}, "https://a.b/pictures/7"),
        ("https://c.d/7", "https://c.d/7"),
        ("", None),
        (None, None),
    ],
)
def test_a_picture_is_below_the_web_address_or_stands_whole(image: Any, url: str | None) -> None:
    assert profile(image=image).photo_url == url


def test_groups_are_not_told_where_a_profile_has_no_word_of_them() -> None:
    assert profile().group_ids is None
    assert profile(department={"id": "d"}).group_ids is None  # where that alone stands, others may be hidden
    assert profile(groups=[], department={"id": "d"}).group_ids == ("d",)
    assert profile(links={"groups": [{"id": "g"}], "teams": [{"id": "t"}]}).group_ids == ("g", "t")


def test_the_place_of_work_is_a_location_and_no_team() -> None:
    kinds = {id: hc.Coded(kind, kind.value) for id, kind in (("t", hc.GroupType.TEAM), ("l", hc.GroupType.LOCATION))}
    known = namely_reading.Known(kinds=kinds)
    assert namely_reading.location(("other", "t", "l"), known) == "l"
    assert namely_reading.location(("t",), known) is None


# -- BambooHR ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("custom", "left_out"), [(398, 0), (399, 0), (400, 1), (805, 406)])
def test_of_the_fields_that_are_too_many_it_is_said_how_many_are_not_read(custom: int, left_out: int) -> None:
    ask = hc.Ask(known=bamboohr_reading.Known(custom={f"custom{number}": {} for number in range(custom)}))
    assert len(bamboohr_reading.names(ask)) == custom + 1 - left_out
    assert ask.notes == ([f"{left_out} custom fields are not read: a request may name 400 fields"] if left_out else [])


@pytest.mark.parametrize(
    ("flag", "word", "status"),
    [
        ("Active", None, "active"),
        ("Active", "Seasonal", "active"),
        ("Active", "Furloughed", "on_leave"),
        ("Active", "Terminated", "active"),
        ("Inactive", None, "inactive"),
        ("Inactive", "Furloughed", "inactive"),
        ("Inactive", "Terminated", "terminated"),
        ("Inactive", "Retired", "retired"),
        ("Elsewhere", "Terminated", "unknown"),
    ],
)
def test_the_flag_leads_and_the_word_of_the_history_refines_it(flag: str, word: str | None, status: str) -> None:
    told = bamboohr_reading.status(flag, word)
    assert told.value == status
    assert told.source == (word if status in ("on_leave", "terminated", "retired") else flag)


@pytest.mark.parametrize(
    ("rate", "per", "told"),
    [
        ("65000.00 USD", "Year", ("65000.00", "USD", "Year")),
        (" 30 EUR ", "Hour", ("30", "EUR", "Hour")),
        ("30.50", "Hour", ("30.50", None, "Hour")),
        ("1.2.3 USD", "Year", None),
        ("USD", "Year", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_rate_is_a_number_and_maybe_a_currency(rate: str | None, per: str | None, told: Any) -> None:
    pay = bamboohr_reading.compensation(rate, per)
    assert (None if pay is None else (str(pay.amount), pay.currency, pay.period and pay.period.source)) == told


@pytest.mark.parametrize(
    ("option", "id", "active"),
    [
        ({"id": 7, "archived": "no"}, "7", True),
        ({"id": 7, "archived": "yes"}, "7", False),
        ({"id": 7}, "7", None),
        ({}, "division:North", None),
    ],
)
def test_an_option_is_a_group_by_its_id_or_by_its_list_and_name(
    option: dict[str, Any], id: str, active: bool | None
) -> None:
    group = bamboohr_reading.to_group({"list": "division", "name": "North", **option})
    assert (group.id, group.name, group.active, group.type.value) == (id, "North", active, hc.GroupType.DIVISION)


@pytest.mark.parametrize(
    ("word", "status"),
    [("Terminated", "terminated"), ("Furloughed", "on_leave"), ("Seasonal", "active"), ("Full-Time", "active")],
)
def test_a_word_of_the_companys_own_in_the_history_says_that_somebody_is_there(word: str, status: str) -> None:
    id, day, held = bamboohr_reading.status_held({"employeeId": "7", "date": "2026-03-02", "employmentStatus": word})
    assert (id, str(day), held["status"].value, held["status"].source) == ("7", "2026-03-02", status, word)


def test_a_row_without_a_word_says_of_nobody_that_they_are_there() -> None:
    assert bamboohr_reading.status_held({"employeeId": "7"})[2]["status"].value is hc.EmployeeStatus.UNKNOWN


def bamboo(**more: Any) -> hc.Employee:
    known = bamboohr_reading.Known(
        options={("location", "Oslo"): "18"}, custom={"customHat": {"name": "Hat", "type": "text"}}
    )
    return bamboohr_reading.to_employee({"id": "7", "status": "Active", **more}, known)


@pytest.mark.parametrize(
    ("row", "manager", "reason"),
    [
        ({}, None, None),
        ({"supervisorEId": "3"}, "3", None),
        ({"joinedManagerId": "4"}, "4", None),
        ({"supervisorEId": "3", "joinedManagerId": "4"}, "3", None),
        ({"supervisorId": "1003"}, None, hc.NullReason.UNREADABLE),
        ({"supervisorId": "1003", "joinedManagerId": None, "supervisorEId": ""}, None, hc.NullReason.UNREADABLE),
    ],
)
def test_the_manager_is_told_by_id_or_found_by_number_or_cannot_be_read(row: Any, manager: Any, reason: Any) -> None:
    person = bamboo(**row)
    assert (person.manager_id, person.manager_ids) == (manager, (manager,) if manager else ())
    assert person.absent.get("manager_id") is reason


def test_groups_are_those_that_are_named_and_a_location_is_the_place_of_work() -> None:
    person = bamboo(location="Oslo", department="Sales", division="")
    assert (person.group_ids, person.work_location_id) == (("department:Sales", "18"), "18")
    assert (bamboo().group_ids, bamboo().work_location_id) == ((), None)


@pytest.mark.parametrize(("told", "value"), [("M", "M"), ("", None), (None, None), ("0000-00-00", None), (0, 0)])
def test_a_custom_field_that_is_blank_is_none(told: Any, value: Any) -> None:
    assert bamboo(customHat=told).custom_fields["customHat"].value == value
    assert bamboo().custom_fields == {}


@pytest.mark.parametrize(
    ("row", "day"),
    [
        ({"id": "1", "terminationDate": "2026-01-31"}, "2026-01-31"),
        ({"id": "1", "terminationDate": ""}, "2026-12-31"),
        ({"id": 1, "terminationDate": "0000-00-00"}, "2026-12-31"),
        ({"id": "2", "terminationDate": None}, None),
        ({"id": "3", "terminationDate": ""}, "not told"),
        ({"id": "1"}, "not told"),
        ({"terminationDate": "2026-01-31"}, "2026-01-31"),
        ({"terminationDate": ""}, "not told"),
    ],
)
def test_the_day_of_leaving_is_the_rows_own_or_that_of_the_report_of_days(row: hc.Raw, day: str | None) -> None:
    told = Ids()
    assert [told.add(id) for id in ("1", "2")] == [True, True]
    assert bamboohr_reading.with_day(row, {"1": "2026-12-31"}, told).get("terminationDate", "not told") == day
    assert bamboohr_reading.day_of(row) == row.get("terminationDate")


def test_what_is_no_row_stays_what_it_is() -> None:
    odd: Any = ["terminationDate"]
    assert bamboohr_reading.with_day(odd, {}, Ids()) is odd
    assert bamboohr_reading.day_of(odd) is None


def test_the_report_of_days_is_looked_through_for_rows_that_have_one() -> None:
    def page(*records: Any, seen: int = 0) -> hc.Page:
        return hc.Page(records=records, response=answered(200), seen=seen)

    ahead = [
        page({"id": "1", "terminationDate": "2026-12-31"}, "odd", {"terminationDate": "2026-12-30"}, seen=3),
        page({"id": 2, "terminationDate": "2026-12-29"}, {"id": "3"}, {"id": "4", "terminationDate": "0000-00-00"}),
        page({"id": "1", "terminationDate": "2027-01-01"}),  # of the same id the first counts
    ]
    rows = page(*({"id": id, "terminationDate": ""} for id in "1234"), seen=4)
    began, found = bamboohr_reading.with_days(iter(ahead), [rows])
    assert (began.records, began.seen, began.response) == ((), 0, ahead[0].response)
    days = [row.get("terminationDate", "not told") for row in found.records]
    assert days == ["2026-12-31", "2026-12-29", "not told", ""]


@pytest.mark.parametrize(
    ("field", "custom"),
    [
        ({"alias": "customHat", "name": "Hat"}, True),
        ({"alias": "customNumber", "name": "Social Security Number"}, False),
        ({"alias": "customSsn", "name": "Number"}, False),
        ({"alias": "hatCustom", "name": "Hat"}, False),
        ({"alias": None, "name": "Hat"}, False),
        ({"name": "Hat"}, False),
    ],
)
def test_a_field_of_the_companys_own_is_told_by_its_alias(field: hc.Raw, custom: bool) -> None:
    assert bamboohr_reading.is_custom(field) is custom


def test_the_options_of_a_list_are_groups_where_the_list_is_one_of_groups() -> None:
    options = [{"id": 1, "name": "North"}]
    assert bamboohr_reading.options({"alias": "division", "options": options}) == [{"list": "division", **options[0]}]
    assert bamboohr_reading.options({"alias": "payGroup", "options": options}) == []
    assert bamboohr_reading.options({"alias": None, "options": options}) == []
    assert bamboohr_reading.options({"options": options}) == []


def test_the_groups_that_a_row_names_are_those_that_are_not_blank() -> None:
    row = {"department": "Sales", "division": "", "location": None, "payGroup": "A"}
    assert bamboohr_reading.named_groups(row) == [{"list": "department", "name": "Sales"}]


def test_what_the_paged_list_keeps_back_is_told_by_the_reports_names() -> None:
    assert bamboohr_reading.withheld({"_restrictedFields": ["birthDate", "homeEmail"]}) == ["dateOfBirth", "homeEmail"]
    assert bamboohr_reading.withheld({}) == []
    assert bamboohr_reading.reported({"birthDate": None, "homeEmail": "a@b.c"}) == {"dateOfBirth": None}


HIRING, WRITING = ("POST", "/employees"), ("POST", "/employees/7")


@pytest.mark.parametrize(
    ("asked", "status", "headers", "kind"),
    [
        (HIRING, 429, {}, hc.QuotaExhausted),
        (HIRING, 429, {"Retry_After": "3"}, hc.RateLimited),
        (WRITING, 429, {}, hc.RateLimited),
        (("GET", "/employees"), 429, {}, hc.RateLimited),
        (("GET", "/employees"), 503, {}, hc.RateLimited),
        (WRITING, 503, {}, hc.Unavailable),
        (HIRING, 503, {}, hc.Unavailable),
        (HIRING, 409, {}, hc.Conflict),
    ],
)
def test_a_full_account_is_told_from_haste_and_haste_from_an_outage(
    asked: tuple[str, str], status: int, headers: Any, kind: type[hc.VendorError]
) -> None:
    assert type(bamboohr_reading.classify(answered(status, None, asked, **headers))) is kind


@pytest.mark.parametrize(
    ("asked", "status", "body", "refused"),
    [
        (("DELETE", "/employees/7"), 200, {"success": False, "error": "Row not found"}, True),
        (("DELETE", "/employees/7"), 200, {"success": True}, False),
        (("DELETE", "/employees/7"), 200, None, False),
        (("GET", "/employees/7"), 200, {"success": False}, False),
        (("DELETE", "/employees/7"), 202, {"success": False}, False),
    ],
)
def test_what_was_not_deleted_was_refused_though_the_status_is_good(
    asked: tuple[str, str], status: int, body: Any, refused: bool
) -> None:
    error = bamboohr_reading.classify(answered(status, body, asked))
    assert isinstance(error, hc.Rejected) is refused
    assert (error is None) is not refused
    assert getattr(error, "status", 200) == 200


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (None, {"X_BambooHR_Error_Message": "Bad, Bad"}, "Bad"),
        (None, {"X_BambooHR_Error_Messsage": "Bad, Worse, Bad"}, "Bad, Worse"),
        ({"error": {"message": "Inside"}}, {"X_BambooHR_Error_Message": "Bad"}, "Bad"),
        ({"error": {"message": "Inside"}}, {}, "Inside"),
        ({"error": None}, {}, ""),
        ({"error": {}}, {}, ""),
        (["Inside"], {}, ""),
        (None, {}, ""),
    ],
)
def test_the_reason_is_in_either_header_once_and_else_in_the_body(body: Any, headers: Any, said: str) -> None:
    assert bamboohr_reading.reason(answered(400, body, **headers)) == said


def entry(id: str, action: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "action": action, **more}


@pytest.mark.parametrize(
    ("body", "records", "until"),
    [
        (
            {"latest": "2026-03-02T10:00:00Z", "employees": {"7": entry("7", "Updated")}},
            [entry("7", "updated")],
            "2026-03-02T10",
        ),
        (
            {
                "employees": {
                    "7": entry("7", "inserted", lastChanged="2026-03-02T11:00:00Z"),
                    "8": entry("8", "deleted", lastChanged="2026-03-02T09:00:00Z"),
                    "9": entry("9", "updated"),
                }
            },
            [entry("7", "inserted"), entry("8", "deleted"), entry("9", "updated")],
            "2026-03-02T11",
        ),
        (
            {
                "latest": "2026-03-02T10:00:00Z",
                "employees": {"7": entry("7", "Updated", lastChanged="2026-03-02T11:00:00Z")},
            },
            [entry("7", "updated")],
            "2026-03-02T10",
        ),
        ({"latest": None, "employees": []}, [], None),
        ({}, [], None),
    ],
)
def test_a_log_reaches_to_its_latest_and_else_to_its_last_entry(body: Any, records: Any, until: str | None) -> None:
    page = bamboohr_reading.to_entries(answered(200), bamboohr_reading.wire.read(body, bamboohr_reading.Log))
    assert page.records == records
    assert (page.until and page.until.isoformat()[:13]) == until


@pytest.mark.parametrize(("ids", "current"), [((), "true"), (("7", "8"), "false")])
def test_a_report_is_asked_of_everyone_or_of_some(ids: tuple[str, ...], current: str) -> None:
    request = bamboohr_reading.report_of(["id"], ids, current=current)
    some = {"filters": {"employeeIds": ["7", "8"]}} if ids else {}
    assert request.json == {"title": "headcount", "fields": ["id"], "filterDuplicates": "no", **some}
    assert (request.params, request.safe) == ({"format": "JSON", "onlyCurrent": current}, True)
    assert bamboohr_reading.report_of(["id"], ids).params["onlyCurrent"] == "true"


def test_where_no_day_is_told_all_else_of_a_row_stays() -> None:
    row = {"id": "3", "firstName": "Ada", "terminationDate": "", "zipcode": "0150"}
    left = {"id": "3", "firstName": "Ada", "zipcode": "0150"}
    assert bamboohr_reading.with_day(row, {}, Ids()) == left


@pytest.mark.parametrize("dialect", ["guide", "observed"])
def test_a_table_that_is_not_given_of_everyone_at_once_is_noted(dialect: str) -> None:
    with BambooSandbox(people=3, dialect=dialect) as box, box.connect() as account:
        ask = hc.Ask()
        rows = bamboohr_reading.table(account.http, ask, "jobInfo")
    lacks = "this server does not give the table jobInfo of everyone at once, so history lacks it"
    assert ask.notes == ([lacks] if dialect == "guide" else [])
    assert bool(rows) is (dialect == "observed")


class Homeless(BambooSandbox):
    """A company whose address is not told."""

    @route("GET", "/company_information", dialects=OBSERVED)
    def company(self, call: Call) -> Answer:
        return Answer(body={"legalName": "Acme, Inc."}, content_type="application/json")


@pytest.mark.parametrize(("kind", "line"), [(BambooSandbox, "1 Sandbox Way"), (Homeless, None)])
def test_a_company_has_an_address_where_one_is_told(kind: type[BambooSandbox], line: str | None) -> None:
    with kind(people=3) as box, box.connect() as account:
        company = account.company()
    assert company.legal_name == "Acme, Inc."
    assert (company.address and company.address.line1) == line


def test_what_the_paged_list_does_not_offer_is_not_asked_for_and_only_there() -> None:
    absent = bamboo(employeeId="7").absent
    assert {absent[name] for name in ("employee_number", "original_hire_date", "compensation", "custom_fields")} == {
        hc.NullReason.NOT_REQUESTED
    }
    assert not absent.keys() & {"given_name", "job_title", "start_date", "manager_id", "group_ids", "status"}
    assert bamboo().absent == {}


def test_the_rows_of_both_histories_make_the_stretches_of_one_employment_each() -> None:
    words: list[hc.Raw] = [
        {"employeeId": "7", "date": "2025-01-01", "employmentStatus": "Full-Time"},
        {"employeeId": "7", "date": "2026-01-01", "employmentStatus": "Part-Time"},
    ]
    jobs: list[hc.Raw] = [{"employeeId": "7", "date": "2025-01-01", "jobTitle": "Analyst", "division": "North"}]
    found = bamboohr_reading.to_employments(words, jobs)
    assert list(found) == ["7"]
    assert [(one.id, one.employee_id, one.job_title, one.is_primary) for one in found["7"]] == [
        ("7:2025-01-01", "7", "Analyst", True),
        ("7:2026-01-01", "7", "Analyst", True),
    ]
    assert [one.time_type and one.time_type.source for one in found["7"]] == ["Full-Time", "Part-Time"]


class Forgetful(BambooSandbox):
    """A server whose log of changes begins today."""

    @route("GET", "/employees/changed", dialects=GUIDE)
    def changed(self, call: Call) -> Answer:
        return Answer(body={"employees": {}}, content_type="application/json")


def test_who_is_in_no_log_is_found_in_the_directory() -> None:
    with Forgetful(people=30, dialect="guide") as box, box.connect() as account:
        found = {person.id for person in account.employees()}
    assert {str(person.id) for person in box.people[25:]} <= found
    assert found <= {str(person.id) for person in box.people if person.active}


def test_of_three_logs_the_first_says_when_the_reading_began_and_how_far_it_reaches() -> None:
    since = datetime(2026, 3, 2, tzinfo=UTC)
    with BambooSandbox(people=30, dialect="guide") as box, box.connect() as account:
        told = next(bamboohr_reading.changed(account.http, hc.Ask(known=bamboohr_reading.Known()), since))
        last = max(
            (person.updated for person in box.people if person.updated > max(person.created, since)), default=since
        )
    assert told.response.request.params["type"] == "updated"
    assert (told.records, told.until) == ((), last)
