"""What the BambooHR sandbox promises: to answer as the vendor was recorded to, and as the guide says."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from headcount.sandbox import JobRow, Person, StatusRow, find
from headcount.testing.shapes import differences
from headcount_bamboohr.history import View, follow_statuses
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_bamboohr.shapes import FIELDS, Field, cells, full_name
from tests.recorded import recording

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "bamboohr-openapi.yaml"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TODAY = NOW.date()
LONG_AGO = "2001-01-01T00:00:00Z"
WANTED = "id employeeNumber firstName hireDate jobTitle supervisorId supervisorEId status".split()
GOODBYE = {
    "date": TODAY.isoformat(),
    "employmentStatus": "Terminated",
    "terminationTypeId": "Resignation (Voluntary)",
    "terminationReasonId": "Relocation",
    "terminationRehireId": "Yes",
}


class Client:
    """A sandbox, and a session that talks to it."""

    def __init__(self, sandbox: BambooSandbox) -> None:
        self.sandbox, self.http = sandbox, requests.Session()
        self.http.auth = (sandbox.key, "x")
        self.http.headers["Accept"] = "application/json"

    def __call__(self, method: str, path: str, /, json: Any = None, **query: Any) -> requests.Response:
        url = self.sandbox.origin + path if path.startswith("/api") else self.sandbox.base_url + path
        return self.http.request(method, url, params=query, json=json, timeout=5)

    def report(self, *fields: str, current: bool = True, **filters: Any) -> dict[str, Any]:
        """The rows of a custom report by employee id."""
        body = {"title": "t", "fields": list(fields), "filters": filters}
        query = {"format": "JSON", "onlyCurrent": str(current).lower()}
        return {row["id"]: row for row in self("POST", "/reports/custom", body, **query).json()["employees"]}

    def field(self, person: Person | str, name: str) -> Any:
        """One field of one person."""
        number = person if isinstance(person, str) else str(person.id)
        return self("GET", f"/employees/{number}", fields=name).json()[name]


def client_of(sandbox: BambooSandbox) -> Iterator[Client]:
    with sandbox:
        client = Client(sandbox)
        with client.http:
            yield client


def observed() -> Iterator[Client]:
    """The vendor as observed."""
    yield from client_of(BambooSandbox(people=60, now=NOW))


def in_dialect(request: pytest.FixtureRequest) -> Iterator[Client]:
    """The vendor in each dialect."""
    yield from client_of(BambooSandbox(people=60, now=NOW, dialect=request.param))


bamboo = pytest.fixture(observed, name="bamboo")
either = pytest.fixture(in_dialect, params=["guide", "observed"], name="either")
guide = pytest.fixture(in_dialect, params=["guide"], name="guide")
# for tests that only read
shared = pytest.fixture(observed, scope="module", name="shared")
shared_either = pytest.fixture(in_dialect, scope="module", params=["guide", "observed"], name="shared_either")


# -- recordings and the official description -------------------------------------------------------------


def ours(path: str) -> str:
    """The recorded path, for our company."""
    return re.sub(r"/gateway\.php/[^/]+/", "/gateway.php/acme/", path)


def shortfalls(client: Client, name: str, *ignored: str) -> list[str]:
    """Where our answer to a recorded request is not as the recorded one: body, status, headers."""
    was = recording("bamboohr", name)
    answer = client(was.method, ours(was.path), was.sent, **was.query)
    found = differences(was.body, answer.json(), ignore=frozenset(ignored))
    if answer.status_code != was.status:
        found.append(f"status {answer.status_code}")
    # The library beneath the sandbox writes `Server`; the rest of these are another's matter, too.
    elsewhere = {"date", "transfer-encoding", "connection", "content-length", "server"}
    for header in was.headers.keys() - elsewhere:
        kept = was.headers[header] if header not in ("x-request-id", "location") else ""
        if kept.lower() not in answer.headers.get(header, "-").lower():
            found.append(f"{header}: {answer.headers.get(header)}")
    return found


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("n01-get-employees-directory", ()),
        ("n02-get-employee-8-fields", ()),
        ("n03-get-employees-paged-p1", ()),
        ("n07-post-reports-custom-28-fields", ()),
        ("n12-get-all-tables-jobInfo", ()),
        ("n21-get-meta-lists", ()),
        ("n23-get-meta-fields", ()),
        ("p01-get-employee-table-employmentStatus", ("acaStatus", "benetracStatus", "gusto")),
    ],
)
def test_an_answer_is_as_recorded(shared: Client, name: str, ignored: tuple[str, ...]) -> None:
    assert shortfalls(shared, name, *ignored) == []


@pytest.mark.parametrize("name", ["n15-post-employees-create", "n16-post-employee-4-update"])
def test_a_write_is_answered_as_recorded(bamboo: Client, name: str) -> None:
    assert shortfalls(bamboo, name) == []


def test_a_job_history_of_before_there_were_teams_is_as_recorded_but_for_them() -> None:
    for client in client_of(BambooSandbox(people=130, now=NOW)):
        assert shortfalls(client, "m02-get-employee-table-jobInfo", "teams") == []


def test_ids_of_fields_are_numbers_or_dotted_text(shared: Client) -> None:
    for field in shared("GET", "/meta/fields").json():
        assert isinstance(field["id"], int) or re.fullmatch(r"\d+\.\d+", field["id"])


@pytest.mark.parametrize("name", ["j03-get-employee-0-401", "j04-get-employee-unknown-404"])
def test_an_error_looks_as_it_was_recorded(either: Client, name: str) -> None:
    was = recording("bamboohr", name)
    if was.status == 401:
        either.http.auth = ("wrong", "x")
    answer = either(was.method, ours(was.path), was.sent, **was.query)
    assert (answer.status_code, answer.content) == (was.status, b"")
    for header in ("x-bamboohr-error-message", "x-bamboohr-error-messsage", "content-type"):
        assert answer.headers.get(header) == was.headers.get(header)
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic realm=") == (was.status == 401)


def test_a_second_person_of_one_address_is_refused_as_recorded(bamboo: Client) -> None:
    was = recording("bamboohr", "e01-post-employees-409-duplicate-email")
    taken = bamboo.sandbox.people[0].email.upper()
    answer = bamboo(was.method, ours(was.path), {**was.sent, "workEmail": taken})
    assert (answer.status_code, answer.content) == (409, b"")
    assert {k: answer.headers[k] for k in was.headers} == was.headers


def test_an_added_row_is_answered_as_recorded(bamboo: Client) -> None:
    was = recording("bamboohr", "n18-post-table-row-create")
    answer = bamboo("POST", "/employees/5/tables/employmentStatus", GOODBYE)
    assert (answer.status_code, answer.content) == (was.status, b"")
    assert answer.headers["Content-Type"] == was.headers["content-type"]


@pytest.fixture(scope="module")
def spec() -> str:
    """The text of the official description."""
    if not SPEC.exists():
        pytest.skip(f"the official description is not here: no {SPEC}")
    return SPEC.read_text()


def part(spec: str, start: str, stop: str) -> Any:
    """A part of the description: parsing the whole takes seconds."""
    begin = spec.index(start)
    return yaml.load(spec[begin : spec.index(stop, begin + 1)], yaml.CSafeLoader)


def schema_of(operation: Any) -> Any:
    return operation["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def misfits(schema: Any, value: Any) -> list[str]:
    """Where a value is not what a schema says, as far as keys and types go."""
    types = schema.get("type", "object")
    kinds: dict[str, type] = {
        "string": str, "integer": int, "array": list, "object": dict, "null": type(None), "boolean": bool,
    }  # fmt: skip
    if not any(isinstance(value, kinds[kind]) for kind in ([types] if isinstance(types, str) else types)):
        return [f"{value!r} is no {types}"]
    if isinstance(value, list):
        return [fault for item in value for fault in misfits(schema.get("items", {}), item)]
    if not isinstance(value, dict):
        return []
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    always = {*schema.get("required", ()), *known} - {"lastLogin"}
    lacking = [f"lacks {key}" for key in always if key not in value]
    unknown = [f"invents {key}" for key in value if known and key not in known]
    inside = [f for key, item in value.items() if (s := known.get(key) or rest) for f in misfits(s, item)]
    return lacking + unknown + inside


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/company_information", "/api/v1/company-profile-integrations:"),
        ("/meta/users", "'/api/v1/employees/{id}':"),
        ("/meta/tables", "'/api/v1/reports/{id}':"),
    ],
)
def test_the_official_description_fits(shared: Client, spec: str, path: str, after: str) -> None:
    operations = part(spec, f"  /api/v1{path}:\n", f"  {after}\n")
    assert misfits(schema_of(operations[f"/api/v1{path}"]), shared("GET", path).json()) == []


def test_a_person_of_the_paged_list_fits_the_official_description(shared: Client, spec: str) -> None:
    parts = part(spec, "    GetEmployeesEmployeeBaseResponse:\n", "    GetEmployeesEmployeeResponseCollection:\n")
    base = parts["GetEmployeesEmployeeBaseResponse"]
    more = parts["GetEmployeesEmployeeResponse"]["allOf"][1]["properties"]
    schema = {**base, "properties": {**base["properties"], **more}}
    rows = shared("GET", "/employees", fields=",".join(more)).json()["data"]
    assert [misfits(schema, row) for row in rows] == [[] for _ in rows]
    assert set(rows[0]) == {*base["properties"], *more}


# -- both dialects --------------------------------------------------------------------------------------


def test_another_company_is_not_found(shared_either: Client) -> None:
    assert shared_either("GET", "/api/gateway.php/other/v1/employees/1").status_code == 404


def test_any_password_goes_with_the_key(either: Client) -> None:
    either.http.auth = (either.sandbox.key, "anything")
    assert either("GET", "/employees/1").status_code == 200


def test_without_accept_json_there_is_xml(either: Client) -> None:
    either.http.headers["Accept"] = "*/*"
    answer = either("GET", "/employees/1/tables/jobInfo")
    assert answer.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert answer.text.startswith("<?xml")


def test_the_directory_shows_only_active_people_who_have_come(shared_either: Client) -> None:
    shown = {row["id"] for row in shared_either("GET", "/employees/directory").json()["employees"]}
    for tag in ("left", "future_hire", "pending", "blanks"):
        assert str(find(shared_either.sandbox.people, tag).id) not in shown
    assert str(find(shared_either.sandbox.people, "future_leaver").id) in shown


def test_everyone_is_listed_as_changed_since_long_ago(shared_either: Client) -> None:
    kinds = [shared_either("GET", "/employees/changed", since=LONG_AGO, type=t).json() for t in ("inserted", "updated")]
    listed = {number for kind in kinds for number in dict(kind["employees"])}
    assert listed == {str(person.id) for person in shared_either.sandbox.people}


@pytest.mark.parametrize("since", ["", "yesterday", "2026-01-01T00:00:00", "2026-01-01T00:00:00 00:00"])
def test_changes_need_an_instant_with_a_zone(shared_either: Client, since: str) -> None:
    assert shared_either("GET", "/employees/changed", since=since, type="updated").status_code == 400


def test_the_manager_is_named_by_employee_number(shared_either: Client) -> None:
    person = shared_either.sandbox.people[40]
    manager = next(p for p in shared_either.sandbox.people if p.id == person.manager_id)
    assert shared_either.field(person, "supervisorId") == manager.number != str(manager.id)
    assert shared_either.field(person, "supervisor") == f"{manager.family}, {manager.given}"


def test_a_termination_takes_effect_on_its_day(either: Client) -> None:
    person = either.sandbox.people[30]
    row = {"date": (TODAY + timedelta(days=3)).isoformat(), "employmentStatus": "Terminated"}
    before = either.sandbox.clock.advance(seconds=5)
    assert either("POST", f"/employees/{person.id}/tables/employmentStatus", row).ok
    assert either.field(person, "status") == "Active"
    assert (person.active, person.left) == (True, TODAY + timedelta(days=3))
    either.sandbox.clock.advance(days=3)
    assert either.field(person, "status") == "Inactive"
    assert either.field(person, "employmentHistoryStatus") == "Terminated"
    assert either.field(person, "terminationDate") == row["date"]
    changed = either("GET", "/employees/changed", since=before.isoformat(), type="updated").json()["employees"]
    assert changed[str(person.id)]["lastChanged"] == f"{row['date']}T00:00:00+00:00"


def test_a_created_person_can_be_read_where_the_answer_says(either: Client) -> None:
    answer = either("POST", "/employees", {"firstName": "Ada", "lastName": "New", "workEmail": "new@example.com"})
    assert answer.status_code == 201
    new = answer.headers["Location"].rpartition("/")[2]
    assert either.field(new, "workEmail") == "new@example.com"
    assert either.field(new, "employmentHistoryStatus") is None
    assert either.sandbox.people[-1].created == either.sandbox.people[-1].updated


def test_a_create_without_a_name_is_refused(shared_either: Client) -> None:
    assert shared_either("POST", "/employees", {"firstName": "Ada"}).status_code == 400
    assert shared_either("POST", "/employees", ["Ada"]).status_code == 400


def test_an_update_changes_what_it_names_and_nothing_else(either: Client) -> None:
    person = either.sandbox.people[20]
    family, department = person.family, person.department
    answer = either("POST", f"/employees/{person.id}", {"firstName": "Nova", "jobTitle": "Director"})
    assert answer.status_code == 200
    assert (person.given, person.family, person.title, person.department) == ("Nova", family, "Director", department)
    assert person.jobs[-1].date == TODAY
    assert person.updated >= NOW


def test_throttling_says_when_to_come_back_but_not_in_the_guide(either: Client) -> None:
    either.sandbox.play("throttle")
    answer = either("GET", "/employees/1")
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers.get("Retry-After") == (None if either.sandbox.guide else "1")
    either.sandbox.play("throttle", status=503, retry_after="7")
    answer = either("GET", "/employees/1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_the_limit_is_counted_on_the_clock(either: Client) -> None:
    either.sandbox.limit = (2, 60)
    assert [either("GET", "/employees/1").status_code for _ in range(3)] == [200, 200, 429]
    either.sandbox.clock.advance(seconds=60)
    assert either("GET", "/employees/1").status_code == 200


# -- the guide, to the letter ---------------------------------------------------------------------------


def test_the_guide_has_no_other_endpoints(guide: Client) -> None:
    reads = "employees meta/lists meta/users company_information employees/changed/tables/jobInfo".split()
    asked = [("GET", f"/{path}") for path in (*reads, "meta/tables", "employees/all/tables/jobInfo")]
    asked += [("POST", "/reports/custom"), ("DELETE", "/employees/1"), ("GET", "/api/v1/employees/1")]
    assert {guide(method, path, {}).status_code for method, path in asked} <= {404, 405}


def test_the_guide_answers_its_own_examples(guide: Client) -> None:
    directory = guide("GET", "/employees/directory").json()
    assert {"id": "displayName", "type": "text", "name": "Display Name"} in directory["fields"]
    assert set(directory["employees"][0]) == {"id", "displayName", "workEmail"}
    answer = guide("POST", "/employees", {"firstName": "John", "lastName": "Smith", "hireDate": "2024-01-15"})
    assert (answer.content, answer.headers["Location"]) == (b"", "/api/gateway.php/acme/v1/employees/61")
    answer = guide("POST", "/employees/61", {"jobTitle": "Senior Engineer", "department": "Deep Sea"})
    assert (answer.status_code, answer.content) == (200, b"")
    row = {"date": "2024-06-01", "employmentStatus": "Terminated"}
    answer = guide("POST", "/employees/61/tables/employmentStatus", row)
    assert (answer.status_code, answer.content) == (201, b"")
    table = guide("GET", "/employees/61/tables/employmentStatus").json()
    assert table.keys() == {"title", "fields", "rows"}
    assert [{**r, "id": ""} for r in table["rows"]] == [{"id": "", **row}]
    first_name = {"id": "1", "name": "First Name", "type": "text", "alias": "firstName"}
    assert first_name in guide("GET", "/meta/fields").json()


def test_the_guide_wants_the_kind_of_change_and_says_no_latest(guide: Client) -> None:
    assert guide("GET", "/employees/changed", since=LONG_AGO).status_code == 400
    assert guide("GET", "/employees/changed", since=LONG_AGO, type="all").status_code == 400
    answer = guide("GET", "/employees/changed", since=LONG_AGO, type="updated").json()
    assert answer.keys() == {"employees"}
    assert {entry["action"] for entry in answer["employees"].values()} == {"updated"}
    assert guide("GET", "/employees/changed", since=LONG_AGO, type="deleted").json() == {"employees": {}}


@pytest.mark.parametrize("body", [{"shoeSize": "9"}, {"status": "Inactive"}, {"hireDate": "soon"}])
def test_the_guide_refuses_a_whole_update_for_one_bad_field(guide: Client, body: dict[str, str]) -> None:
    given = guide.sandbox.people[0].given
    assert guide("POST", "/employees/1", {"firstName": "Nova", **body}).status_code == 400
    assert guide.sandbox.people[0].given == given


def test_the_guide_lets_a_termination_date_be_written(guide: Client) -> None:
    day = (TODAY + timedelta(days=9)).isoformat()
    assert guide("POST", "/employees/9", {"terminationDate": day}).status_code == 200
    assert [guide.field("9", name) for name in ("terminationDate", "status")] == [day, "Active"]


def test_the_guide_knows_two_columns_only(guide: Client) -> None:
    assert guide("POST", "/employees/9/tables/employmentStatus", GOODBYE).status_code == 400
    path = "/api/gateway.php/acme/v1_1/employees/9/tables/employmentStatus"
    assert guide("POST", path, {"date": "2026-01-01", "employmentStatus": "Intern"}).status_code == 404


def test_the_guide_gives_a_name_where_no_fields_are_asked_and_null_for_no_date(guide: Client) -> None:
    assert guide("GET", "/employees/1").json().keys() == {"id", "firstName", "lastName"}
    blank = find(guide.sandbox.people, "blanks")
    answer = guide("GET", f"/employees/{blank.id}", fields="hireDate,shoeSize").json()
    assert answer == {"id": str(blank.id), "hireDate": None}


# -- reports and fields, as observed --------------------------------------------------------------------


def test_a_report_has_everyone_and_drops_what_it_does_not_know(shared: Client) -> None:
    body = {"title": "Roster", "fields": [*WANTED, "shoeSize", "4", "employmentStatus"]}
    answer = shared("POST", "/reports/custom", body, format="json").json()
    assert [field["id"] for field in answer["fields"]] == [*WANTED, "4", "employmentStatus"]
    assert len(answer["employees"]) == 60
    assert answer["employees"][0].keys() == {*WANTED, "4", "employmentStatus"}
    assert answer["employees"][0]["4"] == shared.sandbox.people[0].department
    assert {row["employmentStatus"] for row in answer["employees"]} == {"Active", "Inactive"}


def test_a_report_hides_the_future_unless_asked(shared: Client) -> None:
    hire, leaver = (find(shared.sandbox.people, tag) for tag in ("future_hire", "future_leaver"))
    wanted = "jobTitle", "department", "supervisorEId", "employmentHistoryStatus", "status", "terminationDate"
    now, later = shared.report(*wanted), shared.report(*wanted, current=False)
    assert [now[str(hire.id)][name] for name in wanted] == [None, None, None, None, "Active", "0000-00-00"]
    assert later[str(hire.id)]["jobTitle"] == hire.title
    assert now[str(leaver.id)]["terminationDate"] == "0000-00-00"
    assert later[str(leaver.id)]["terminationDate"] == (TODAY + timedelta(days=25)).isoformat()


def test_a_report_writes_blanks_in_the_vendors_way(shared: Client) -> None:
    blank = str(find(shared.sandbox.people, "blanks").id)
    row = shared.report("hireDate", "dateOfBirth", "payRate", "state", "jobTitle")[blank]
    assert list(row.values()) == [blank, "0000-00-00", "0000-00-00", " USD", "", None]


def test_a_report_can_be_filtered_by_id_and_change(bamboo: Client) -> None:
    assert bamboo.report("id", employeeIds=[3, 5]).keys() == {"3", "5"}
    since = bamboo.sandbox.clock.now().isoformat()
    bamboo.sandbox.clock.advance(seconds=2)
    bamboo.sandbox.touch(bamboo.sandbox.people[8])
    rows = bamboo.report("firstName", lastChanged={"value": since, "includeNull": "no"})
    assert rows.keys() == {"9"}
    assert rows["9"]["terminationDate"] == ""
    assert "terminationDate" not in bamboo.report("firstName")["9"]


def test_a_report_needs_a_form_it_knows_and_no_more_than_400_fields(bamboo: Client) -> None:
    body = {"title": "t", "fields": ["id"]}
    assert bamboo("POST", "/reports/custom", body, format="bogus").status_code == 404
    assert bamboo("POST", "/reports/custom", {"fields": ["id"] * 401}, format="JSON").status_code == 400
    assert bamboo("POST", "/reports/custom", body).status_code == 200
    bamboo.http.headers["Accept"] = "*/*"
    assert bamboo("POST", "/reports/custom", body).status_code == 404
    bamboo.http.headers["Content-Type"] = "application/json; charset=UTF-8"
    answer = bamboo("POST", "/reports/custom", body, format="JSON")
    assert (answer.status_code, answer.headers["X-BambooHR-Error-Message"]) == (400, "Malformed XML, Malformed XML")


def test_an_odd_manager_is_shown_as_kept(shared: Client) -> None:
    lost, own = (find(shared.sandbox.people, tag) for tag in ("missing_manager", "self_managed"))
    rows = shared.report("supervisorEId", "supervisorId")
    assert rows[str(lost.id)] == {"id": str(lost.id), "supervisorEId": "999999999", "supervisorId": None}
    assert rows[str(own.id)] == {"id": str(own.id), "supervisorEId": str(own.id), "supervisorId": own.number}


def test_an_employee_without_fields_is_an_id(shared: Client) -> None:
    assert shared("GET", "/employees/0").json() == {"id": "1"}
    assert shared("GET", "/employees/1", fields="lastName,shoeSize,firstName").text.index("lastName") < 20


def test_custom_and_sensitive_fields_can_be_asked_for(shared: Client) -> None:
    aliases = {field.get("alias") for field in shared("GET", "/meta/fields").json()}
    assert {"customShirtSize", "customBadgeDate", "ssn"} <= aliases
    row = shared.report("customShirtSize", "customBadgeDate", "ssn", "sin", "nationalId", "address1")["30"]
    assert (row["customShirtSize"], row["ssn"]) == (shared.sandbox.people[29].custom["shirt_size"], None)
    assert len(row) == 7


# -- restricted fields ----------------------------------------------------------------------------------


def test_a_lost_permission_takes_the_columns_away(bamboo: Client) -> None:
    bamboo.sandbox.restricted_fields = frozenset({"workEmail", "dateOfBirth"})
    bamboo.sandbox.play("lost_permission")
    body = {"fields": ["firstName", "workEmail"]}
    answer = bamboo("POST", "/reports/custom", body, format="JSON").json()
    assert [field["id"] for field in answer["fields"]] == ["firstName"]
    assert answer["employees"][0].keys() == {"id", "firstName"}
    assert bamboo("GET", "/employees/1", fields="firstName,workEmail").json().keys() == {"id", "firstName"}
    row = bamboo("GET", "/employees", fields="birthDate,workEmail").json()["data"][0]
    assert (row["birthDate"], row["workEmail"]) == (None, None)
    assert row["_restrictedFields"] == ["birthDate", "workEmail"]


def test_one_restricted_person_is_blank_where_others_are_not(shared: Client) -> None:
    person = find(shared.sandbox.people, "restricted")
    rows = shared.report("homeEmail")
    assert rows[str(person.id)]["homeEmail"] is None
    assert rows["1"]["homeEmail"] == shared.sandbox.people[0].personal_email
    assert shared("GET", f"/employees/{person.id}", fields="homeEmail").json() == {"id": str(person.id)}
    listed = shared("GET", "/employees", **{"filter[ids]": person.id}, fields="homeEmail").json()["data"]
    assert listed[0]["_restrictedFields"] == ["homeEmail"]


# -- the paged list -------------------------------------------------------------------------------------


def pages(client: Client, **query: Any) -> list[dict[str, Any]]:
    """Every page, as long as there is a cursor (and no more than ten)."""
    found = [client("GET", "/employees", **query).json()]
    while (after := found[-1]["meta"]["page"]["nextCursor"]) and len(found) < 10:
        found.append(client("GET", "/employees", **{**query, "page[after]": after}).json())
    return found


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [int(row["employeeId"]) for page in found for row in page["data"]]


def test_the_cursor_names_the_first_person_of_the_next_page(shared: Client) -> None:
    found = pages(shared, **{"page[limit]": 25})
    assert [len(page["data"]) for page in found] == [25, 25, 10]
    assert ids(found) == [person.id for person in shared.sandbox.people]
    cursor = found[0]["meta"]["page"]["nextCursor"]
    assert json.loads(base64.b64decode(cursor)) == {"nextEmployee": 26}
    assert found[0]["_links"]["next"]["href"].startswith("https://acme.bamboohr.com/api/v1/employees?page%5Bafter")
    assert "next" not in found[2]["_links"]
    assert {page["meta"]["total"] for page in found} == {60}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"page[limit]": 2501}, "BadRequest"),
        ({"page[limit]": 0}, "BadRequest"),
        ({"filter[status]": "gone"}, "BadRequest"),
        ({"sort": "hireDate"}, "BadRequest"),
        ({"page[after]": "rubbish"}, "BadPage"),
        ({"page[after]": base64.b64encode(b'{"nextEmployee":99}').decode()}, "BadPage"),
    ],
)
def test_the_paged_list_says_in_json_what_is_wrong(shared: Client, query: dict[str, Any], code: str) -> None:
    answer = shared("GET", "/employees", **query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_the_paged_list_filters_and_sorts(shared: Client) -> None:
    assert ids(pages(shared, **{"filter[ids]": "4,2"})) == [2, 4]
    assert ids(pages(shared, **{"filter[ids][]": [4, 2]})) == [2, 4]
    assert ids(pages(shared, **{"filter[status]": "inactive"})) == [find(shared.sandbox.people, "left").id]
    assert ids(pages(shared, sort="-employeeId", **{"page[limit]": 40})) == list(range(60, 0, -1))
    names = [row["lastName"].lower() for row in pages(shared, sort="lastName,firstName")[0]["data"]]
    assert names == sorted(names)


def test_an_option_has_one_id_wherever_it_is_named(bamboo: Client) -> None:
    lists = {field.get("alias"): field for field in bamboo("GET", "/meta/lists").json()}
    numbers = {option["name"]: str(option["id"]) for option in lists["department"]["options"]}
    bamboo.sandbox.people[3].department = "Deep Sea"
    rows = bamboo("GET", "/employees", fields="departmentId,departmentName").json()["data"]
    for row in rows:
        if row["departmentName"] in numbers:
            assert row["departmentId"] == numbers[row["departmentName"]]
    assert rows[3]["departmentId"] not in {*numbers.values(), None}


@pytest.mark.parametrize(
    ("fault", "complete"),
    [("clamped", True), ("short_page", True), ("empty_page", True), ("repeated_page", False), ("moving", False)],
)
def test_faults_of_pages_show_in_the_paged_list(bamboo: Client, fault: str, complete: bool) -> None:
    bamboo.sandbox.play(fault, times=None)
    everyone = sorted(person.id for person in bamboo.sandbox.people)
    found = pages(bamboo, **{"page[limit]": 20})
    assert (sorted(ids(found)) == everyone) is complete
    assert [not page["data"] for page in found].count(True) == (fault == "empty_page")


def test_a_misshapen_person_keeps_their_id(bamboo: Client) -> None:
    bamboo.sandbox.play("malformed")
    row = bamboo("GET", "/employees").json()["data"][-1]
    assert (row["employeeId"], row["firstName"]) == ("60", {"unexpected": [bamboo.sandbox.people[-1].given]})


# -- changes and tables, as observed --------------------------------------------------------------------


def test_changes_tell_the_last_thing_that_happened(bamboo: Client) -> None:
    since = bamboo.sandbox.clock.now().isoformat()
    assert bamboo("GET", "/employees/changed", since=since).json() == {"latest": since, "employees": []}
    bamboo.sandbox.clock.advance(seconds=5)
    assert bamboo("POST", "/employees", {"firstName": "Ada", "lastName": "New"}).status_code == 201
    assert bamboo("POST", "/employees/7", {"firstName": "Ada"}).status_code == 200
    assert bamboo("DELETE", "/employees/9").status_code == 204
    assert bamboo("GET", "/employees/9").status_code == 404
    answer = bamboo("GET", "/employees/changed", since=since).json()
    actions = {key: entry["action"] for key, entry in answer["employees"].items()}
    assert actions == {"61": "Inserted", "7": "Updated", "9": "Deleted"}
    assert answer["latest"] == max(entry["lastChanged"] for entry in answer["employees"].values())
    assert bamboo("GET", "/employees/changed", since=answer["latest"]).json()["employees"] == []
    only = bamboo("GET", "/employees/changed", since=since, type="deleted").json()
    assert only["employees"].keys() == {"9"}
    assert bamboo("GET", "/employees/changed", since=since, type="bogus").status_code == 400


def test_changed_tables_have_rows_without_ids(shared: Client) -> None:
    answer = shared("GET", "/employees/changed/tables/jobInfo", since=LONG_AGO).json()
    person = answer["employees"]["1"]
    assert (answer["table"], person["lastChanged"][-1]) == ("jobInfo", "Z")
    assert "id" not in person["rows"][0]
    assert str(find(shared.sandbox.people, "blanks").id) not in answer["employees"]
    assert shared("GET", "/employees/changed/tables/shoes", since=LONG_AGO).status_code == 404


@pytest.mark.parametrize("table", ["employmentStatus", "jobInfo", "compensation"])
def test_tables_can_be_read_for_all(shared: Client, table: str) -> None:
    rows = shared("GET", f"/employees/all/tables/{table}").json()
    assert len({row["id"] for row in rows}) == len(rows) > 50
    one = shared("GET", f"/employees/1/tables/{table}").json()
    assert one == [row for row in rows if row["employeeId"] == "1"]


def test_the_newer_version_wants_five_columns_of_a_termination(bamboo: Client) -> None:
    path, short = "/employees/9/tables/employmentStatus", {k: GOODBYE[k] for k in ("date", "employmentStatus")}
    newer = f"/api/gateway.php/acme/v1_1{path}"
    assert bamboo("POST", newer, short).status_code == 400
    assert bamboo("POST", newer, {**GOODBYE, "terminationTypeId": "Boredom"}).status_code == 406
    assert bamboo.sandbox.people[8].active
    assert bamboo("POST", newer, GOODBYE).status_code == 200
    assert not bamboo.sandbox.people[8].active


def test_a_termination_can_be_taken_back(bamboo: Client) -> None:
    person, path = bamboo.sandbox.people[30], "/employees/31/tables/employmentStatus"
    word, hired = person.status_word, person.hired
    bamboo("POST", path, GOODBYE)
    assert (person.active, person.left) == (False, TODAY)
    row = bamboo("GET", path).json()[-1]
    assert row["terminationReasonId"] == "Relocation"
    assert bamboo("DELETE", f"{path}/{row['id']}").json() == {"success": True}
    assert bamboo("DELETE", f"{path}/{row['id']}").json()["success"] is False
    assert (person.active, person.left, person.status_word, person.hired) == (True, None, word, hired)


def test_a_row_can_be_changed(bamboo: Client) -> None:
    row = bamboo("GET", "/employees/31/tables/jobInfo").json()[0]
    path = f"/employees/31/tables/jobInfo/{row['id']}"
    assert bamboo("POST", path, {"jobTitle": "director"}).status_code == 200
    assert bamboo.sandbox.people[30].title == "Director"
    assert bamboo("POST", path, {"jobTitle": "Wizard"}).status_code == 406
    assert bamboo("POST", path, {"date": ""}).status_code == 406
    assert bamboo("POST", path + "0", {"jobTitle": "Director"}).status_code == 404


def test_a_new_job_row_is_blank_where_it_says_nothing(bamboo: Client) -> None:
    person, boss = bamboo.sandbox.people[30], bamboo.sandbox.people[0]
    boss.given, boss.family = "Only", "One"
    row = {"date": TODAY.isoformat(), "jobTitle": "Director", "reportsTo": "Only One"}
    assert bamboo("POST", "/employees/31/tables/jobInfo", row).status_code == 200
    assert (person.title, person.department, person.manager_id) == ("Director", "", boss.id)
    assert bamboo("POST", "/employees/31/tables/jobInfo", {**row, "reportsTo": "No One"}).status_code == 406


def test_a_rehire_moves_the_hire_date_aside(bamboo: Client) -> None:
    person = find(bamboo.sandbox.people, "left")
    first = person.hired
    row = {"date": TODAY.isoformat(), "employmentStatus": "Full-Time"}
    assert bamboo("POST", f"/employees/{person.id}/tables/employmentStatus", row).status_code == 200
    answer = bamboo.report("status", "hireDate", "originalHireDate", "terminationDate")[str(person.id)]
    assert first is not None
    assert list(answer.values())[1:] == ["Active", TODAY.isoformat(), first.isoformat(), "0000-00-00"]


def test_a_rehire_can_be_taken_back(bamboo: Client) -> None:
    person = find(bamboo.sandbox.people, "rehired")
    path = f"/employees/{person.id}/tables/employmentStatus"
    assert bamboo.field(person, "originalHireDate") == str(person.first_hired)
    bamboo("DELETE", f"{path}/{bamboo('GET', path).json()[-1]['id']}")
    assert (person.active, person.hired, person.left) == (False, person.first_hired, TODAY - timedelta(days=900))


def test_a_word_nobody_listed_is_refused(bamboo: Client) -> None:
    assert bamboo("POST", "/employees/31", {"department": "Deep Sea"}).status_code == 409
    assert bamboo("POST", "/employees/31", {"department": "sales", "shoeSize": "9"}).status_code == 200
    assert bamboo.sandbox.people[30].department == "Sales"


def test_a_person_created_for_a_future_day_comes_on_that_day(bamboo: Client) -> None:
    day = (TODAY + timedelta(days=2)).isoformat()
    body = {"firstName": "Ada", "lastName": "New", "hireDate": day, "jobTitle": "Analyst"}
    new = bamboo("POST", "/employees", body | {"employmentHistoryStatus": "Full-Time"}).json()["id"]
    assert [bamboo.field(new, name) for name in ("jobTitle", "employmentHistoryStatus")] == [None, None]
    bamboo.sandbox.clock.advance(days=2)
    assert [bamboo.field(new, name) for name in ("jobTitle", "employmentHistoryStatus")] == ["Analyst", "Full-Time"]
    assert new in {row["id"] for row in bamboo("GET", "/employees/directory").json()["employees"]}


def test_lists_include_archived_options_and_lists_without_a_name(shared: Client) -> None:
    lists = shared("GET", "/meta/lists", format="json").json()
    options = [option for field in lists for option in field["options"]]
    assert {option["archived"] for option in options} == {"yes", "no"}
    assert [field["name"] for field in lists if "id" not in field] == ["Pay Group"]
    assert {field["fieldId"] for field in lists if "alias" not in field} == {4313, 4314, 4315}
    fixed = {option["name"] for option in options if option["manageable"] == "no"}
    assert fixed == {"Contractor", "Terminated"}


# -- shapes, without a server ---------------------------------------------------------------------------


def someone(**how: Any) -> Person:
    return Person(id=7, uuid="u", number="N7", given="Ada", family="Abel", created=NOW, updated=NOW, **how)


def test_statuses_decide_who_is_active_and_since_when() -> None:
    first, back = date(2020, 1, 1), date(2024, 1, 1)
    rows = [StatusRow(date=d, status=s) for d, s in ((back, "Intern"), (first, "Full-Time"))]
    person = someone(hired=first, first_hired=first, statuses=rows)
    person.statuses.append(StatusRow(date=date(2022, 1, 1), status="Terminated"))
    follow_statuses(person, date(2023, 1, 1))
    assert (person.active, person.left, person.status_word) == (False, date(2022, 1, 1), "Terminated")
    follow_statuses(person, TODAY)
    assert (person.active, person.left, person.hired, person.first_hired) == (True, None, back, first)


def test_cells_of_rows_are_text() -> None:
    job = JobRow(date=TODAY, title="Analyst", department="", division="", location="", manager_id=7)
    told = cells(job, someone(), View([someone()], TODAY))
    assert (told["jobTitle"], told["department"], told["reportsTo"], told["teams"]) == ("Analyst", "", "Ada Abel", None)
    status = cells(StatusRow(date=TODAY, status="Intern"), someone(), View([], TODAY))
    assert (status["terminationTypeId"], status["comment"]) == ("", None)


def test_money_is_an_amount_and_a_currency() -> None:
    view = View([], TODAY)
    assert FIELDS["payRate"].read(someone(pay=65000, currency="GBP"), view) == "65000.00 GBP"


@pytest.mark.parametrize("dialect", ["guide", "observed"])
def test_an_empty_company_has_no_directory(dialect: str) -> None:
    for client in client_of(BambooSandbox(people=0, dialect=dialect)):
        assert client("GET", "/employees/directory").status_code == (200 if dialect == "guide" else 404)
        assert client("GET", "/employees/0").status_code == 404


# -- people out of sight ----------------------------------------------------------------------------------


def test_a_lost_department_is_nowhere_and_is_refused_by_id(either: Client) -> None:
    box = either.sandbox
    gone = [person for person in box.people if person.department == "Sales"]
    left = {str(person.id) for person in box.people} - {str(person.id) for person in gone}
    either.sandbox.play("lost_department", on="/employees/directory", department="Sales")
    assert not {row["id"] for row in either("GET", "/employees/directory").json()["employees"]} - left
    kinds = ("inserted", "updated")
    found = [either("GET", "/employees/changed", since=LONG_AGO, type=kind).json()["employees"] for kind in kinds]
    assert {id for employees in found for id in employees} == left
    hidden = f"/employees/{gone[0].id}"
    table = f"{hidden}/tables/jobInfo"
    asked = [(method, path) for method in ("GET", "POST") for path in (hidden, table)]
    assert {either(method, path, {"firstName": "Nia"}).status_code for method, path in asked} == {403}
    assert either("GET", "/employees/999999").status_code == 404
    assert gone[0].given != "Nia"
    box.calm()
    assert either("GET", hidden).status_code == 200


def test_a_lost_department_is_in_no_list_and_no_count(bamboo: Client) -> None:
    box = bamboo.sandbox
    box.play("lost_department", on="/meta/fields")
    bamboo("GET", "/meta/fields")
    left = {str(person.id) for person in box.visible()}
    largest = max(Counter(person.department for person in box.people if person.department).values())
    assert len(left) == len(box.people) - largest
    assert bamboo.report("firstName").keys() == left
    assert bamboo.report("firstName", employeeIds=[person.id for person in box.people]).keys() == left
    assert bamboo("GET", "/employees", **{"page[limit]": 1}).json()["meta"]["total"] == len(left)
    assert set(map(str, ids(pages(bamboo)))) == left
    for path in ("/employees/all/tables/employmentStatus", "/meta/users"):
        rows = bamboo("GET", path).json()
        rows = rows.values() if isinstance(rows, dict) else rows
        assert {str(row["employeeId"]) for row in rows} <= left
    changed = bamboo("GET", "/employees/changed/tables/jobInfo", since=LONG_AGO).json()
    assert changed["employees"].keys() <= left
    boss = next(person for person in box.people if not box.sees(person))
    assert bamboo("POST", f"/employees/{min(left, key=int)}", {"supervisor": full_name(boss)}).status_code == 409


def test_half_a_list_has_half_the_total_and_other_lists_are_whole(bamboo: Client) -> None:
    bamboo.sandbox.play("half_list", on="/v1/employees$", times=None)
    assert bamboo("GET", "/employees").json()["meta"]["total"] == 30
    assert ids(pages(bamboo, **{"page[limit]": 20})) == list(range(1, 31))
    assert len(bamboo.report("firstName")) == 60
    bamboo.sandbox.play("empty_list", on="/reports/custom")
    assert bamboo.report("firstName") == {}
    assert len(bamboo.report("firstName")) == 60


def test_rows_that_come_due_between_two_requests_take_effect_one_after_the_other(bamboo: Client) -> None:
    person = find(bamboo.sandbox.people, "left")
    back, gone = TODAY + timedelta(days=2), TODAY + timedelta(days=5)
    for day, word in ((back, "Part-Time"), (gone, "Terminated")):
        row = {**GOODBYE, "date": day.isoformat(), "employmentStatus": word}
        assert bamboo("POST", f"/employees/{person.id}/tables/employmentStatus", row).ok
    bamboo.sandbox.clock.advance(days=9)
    assert bamboo.field(person, "hireDate") == back.isoformat()
    assert bamboo.field(person, "terminationDate") == gone.isoformat()


def test_a_company_names_its_fields_anew_and_adds_some(bamboo: Client) -> None:
    person = bamboo.sandbox.people[4]
    own = (Field("customShirtSize", 4601, "T-shirt", "text"), Field("customTier", 4603, "Tier", "text"))
    bamboo.sandbox.own |= {field.alias: field for field in own}
    assert bamboo("POST", f"/employees/{person.id}", {"customTier": "Gold"}).ok
    assert bamboo.field(person, "customTier") == "Gold"
    labels = {field.get("alias"): field["name"] for field in bamboo("GET", "/meta/fields").json()}
    assert (labels["customShirtSize"], labels["customTier"]) == ("T-shirt", "Tier")
