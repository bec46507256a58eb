"""Each connector reads the vendors' real answers: nobody is refused, and every value lands where the model says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Answer, Call, Sandbox, route
from headcount_bamboohr import bamboohr
from headcount_insightly import insightly
from headcount_namely import namely
from tests.recorded import Recording, recording


class Replay(Sandbox):
    """A server that answers each path with what was recorded there, and 404 to the rest.

    A list by page numbers has the recorded answer as its first page and an empty one after it.
    """

    name = "replay"
    prefixes = ("",)

    def __init__(self, answers: Mapping[str, Recording | Any]) -> None:
        super().__init__(people=0)
        self.answers = answers

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": self.base_url}

    def authorized(self, call: Call) -> bool:
        return True

    def error(self, status: int, message: str = "") -> Answer:
        return Answer(status=status, body={"message": message, "errors": []})

    @route("GET", "/<path:path>")
    @route("POST", "/<path:path>")
    def any(self, call: Call, path: str) -> Answer:
        kept = self.answers.get(path)
        if kept is None:
            return self.error(404, "not recorded")
        body = kept.body if isinstance(kept, Recording) else kept
        if call.number("page", 1) > 1 or call.number("skip", 0) > 0:
            body = {name: [] for name in body} if isinstance(body, dict) else []
        return Answer(status=kept.status if isinstance(kept, Recording) else 200, body=body)


def read(
    connector: hc.Connector, answers: Mapping[str, Recording | Any], **settings: Any
) -> tuple[list[hc.Employee], list[hc.Group], hc.Report]:
    with Replay(answers) as server:
        options = hc.Options(rate=hc.UNLIMITED, tries=1)
        with hc.connect(
            connector, base_url=f"{server.origin}/api", scopes=tuple(hc.Scope), options=options, **settings
        ) as connection:
            listing = connection.employees()
            people = list(listing)
            try:
                groups = list(connection.groups())
            except hc.Unsupported:
                groups = []
    return people, groups, listing.report


NAMELY_PROFILES = (
    "20141021_GET_profiles_200",
    "20151021_GET_profiles_200",
    "20151021_GET_profiles_after-077fe93c_200",
    "20151021_GET_profiles_after-dbce5fdc_200",
    "20160922_GET_profiles_per_page-1_200",
    "20141031_GET_profiles.20332458_200",
    "20141031_POST_profiles_200",
    "20141031_PUT_profiles.20332458_200",
    "20141105_GET_profiles.me_200",
)


@pytest.mark.parametrize("name", NAMELY_PROFILES)
def test_every_recorded_profile_is_read(name: str) -> None:
    kept = recording("namely", name)
    people, _, report = read(namely, {"api/profiles": kept}, company="acme", token="t")
    assert report.rejected == 0
    assert not report.unknown
    assert [person.id for person in people] == [raw["id"] for raw in kept.body["profiles"]]
    for person, raw in zip(people, kept.body["profiles"], strict=True):
        assert person.status.source == raw["user_status"]
        assert person.given_name == raw["first_name"]
        assert person.job_title == (raw.get("job_title") or {}).get("title")
        assert person.work_email == raw["email"]
        if "links" in raw and "groups" in raw["links"]:
            links = raw["links"]
            assert person.group_ids == tuple(one["id"] for one in [*links["groups"], *links["teams"]])
        assert "ssn" not in person.raw
        assert "healthcare" not in person.raw


def test_days_are_read_as_they_were_written_in_2014_and_in_2015() -> None:
    years = [recording("namely", f"{year}_GET_profiles_200") for year in ("20141021", "20151021")]
    old, new = (read(namely, {"api/profiles": kept}, company="acme", token="t")[0] for kept in years)
    assert old[0].id == new[0].id
    assert old[0].start_date == new[0].start_date == date(2011, 1, 15)
    assert old[0].demographics is not None
    assert new[0].demographics is not None
    assert old[0].demographics.date_of_birth == new[0].demographics.date_of_birth == date(1979, 9, 1)
    assert old[0].updated_at is None
    assert old[0].absent["updated_at"] is hc.NullReason.NOT_PERMITTED
    assert new[0].updated_at == datetime(2014, 11, 13, 19, 10, 2, tzinfo=UTC)


def test_a_recorded_leaver_with_a_day_and_a_nobody_as_manager() -> None:
    kept = recording("namely", "20160922_GET_profiles_per_page-1_200")
    (person,), _, _ = read(namely, {"api/profiles": kept}, company="acme", token="t")
    assert person.manager_id is None
    assert person.manager_ids == ()
    assert person.preferred_name == "Pat"
    assert person.display_name == "Pat Irving"
    assert person.termination_date == date(2017, 12, 21)
    assert person.lifecycle(date(2017, 12, 21)) is hc.Lifecycle.EMPLOYED
    assert person.lifecycle(date(2017, 12, 22)) is hc.Lifecycle.LEFT
    assert person.worker_type == hc.Coded(hc.WorkerType.EMPLOYEE, "Full Time")
    assert person.demographics is not None
    assert person.demographics.home_address is not None
    assert person.demographics.home_address.city == "Arlington"
    assert person.compensation is None


def test_recorded_definitions_tell_a_company_s_own_fields() -> None:
    answers = {
        "api/profiles": recording("namely", "20141021_GET_profiles_200"),
        "api/profiles/fields": recording("namely", "20141023_GET_profiles.fields_limit-all_200"),
    }
    (person, *_), _, _ = read(namely, answers, company="acme", token="t")
    assert person.custom_fields["favorite_color"].label
    assert person.custom_fields["2012_number_of_shares"].value == "27500"
    assert "first_name" not in person.custom_fields
    assert "ssn" not in person.custom_fields


def report_answers() -> dict[str, Any]:
    return {
        "api/reports/custom": recording("bamboohr", "n07-post-reports-custom-28-fields"),
        "api/meta/lists": recording("bamboohr", "n21-get-meta-lists"),
        "api/meta/fields": recording("bamboohr", "n23-get-meta-fields"),
        "api/employees/all/tables/jobInfo": recording("bamboohr", "n12-get-all-tables-jobInfo"),
        "api/employees/all/tables/employmentStatus": recording("bamboohr", "p01-get-employee-table-employmentStatus"),
    }


def test_the_recorded_report_is_read_whole() -> None:
    answers = report_answers()
    rows = {raw["id"]: raw for raw in answers["api/reports/custom"].body["employees"]}
    people, groups, report = read(bamboohr, answers, company="acme", api_key="k")
    assert report.rejected == 0
    assert {person.id for person in people} == set(rows)
    assert len(people) == 114
    names = {group.id: group.name for group in groups}
    numbers = {raw["employeeNumber"]: id for id, raw in rows.items() if raw["employeeNumber"]}
    managed = 0
    for person in people:
        raw = rows[person.id]
        assert person.given_name == raw["firstName"]
        assert person.start_date == (None if raw["hireDate"] == "0000-00-00" else date.fromisoformat(raw["hireDate"]))
        told = {raw["department"], raw["division"], raw["location"]} - {None, ""}
        assert {names.get(id, id) for id in person.group_ids or ()} == told
        assert person.manager_id == numbers.get(raw["supervisorId"])
        managed += person.manager_id is not None
        if raw["payRate"] and raw["payRate"].strip()[0].isdigit():
            assert person.compensation is not None
            assert f"{person.compensation.amount} {person.compensation.currency}" == raw["payRate"]
        # the report was not asked for the status, and nobody is made active for that
        assert person.status == hc.Coded(hc.EmployeeStatus.UNKNOWN, None)
    assert managed == 106
    assert {group.type.value for group in groups} == {
        hc.GroupType.DEPARTMENT,
        hc.GroupType.DIVISION,
        hc.GroupType.LOCATION,
    }


def test_the_recorded_tables_become_employments() -> None:
    with Replay(report_answers()) as server:
        options = hc.Options(rate=hc.UNLIMITED, tries=1)
        with hc.connect("bamboohr", base_url=f"{server.origin}/api", api_key="k", options=options) as connection:
            people = {person.id: person for person in connection.employees(history=True)}
    stretches_of_one = people["4"].employments
    assert [stretch.start_date for stretch in stretches_of_one] == sorted(
        stretch.start_date for stretch in stretches_of_one if stretch.start_date
    )
    assert stretches_of_one[0].start_date == date(2023, 3, 3)
    assert stretches_of_one[0].end_date == date(2024, 3, 1)
    assert stretches_of_one[0].job_title == "Associate HR Administrator"
    assert stretches_of_one[-1].end_date is None


def test_the_recorded_paged_list_is_read_where_there_is_no_report() -> None:
    kept = recording("bamboohr", "n03-get-employees-paged-p1")
    kept.body["meta"]["page"]["nextCursor"] = None
    people, _, report = read(bamboohr, {"api/employees": kept}, company="acme", api_key="k")
    assert report.rejected == 0
    assert [person.id for person in people] == [row["employeeId"] for row in kept.body["data"]]
    assert people[0].job_title == "Sr. HR Administrator"
    assert people[0].status == hc.Coded(hc.EmployeeStatus.ACTIVE, "Active")
    assert people[0].absent["termination_date"] is hc.NullReason.NOT_REQUESTED
    assert report.why == "50 came, and the vendor has another number: its pages say 114 and it counts 114 when asked"


def test_the_recorded_directory_and_employees_are_read_where_there_is_nothing_else() -> None:
    directory = recording("bamboohr", "n01-get-employees-directory")
    rows = {row["id"]: row for row in directory.body["employees"]}
    answers: dict[str, Any] = {"api/employees/directory": directory, "api/employees/changed": {"employees": []}}
    answers |= {f"api/employees/{id}": row for id, row in rows.items()}
    people, groups, report = read(bamboohr, answers, company="acme", api_key="k")
    assert report.rejected == 0
    assert {person.id for person in people} == set(rows)
    assert {person.job_title for person in people} == {row["jobTitle"] for row in rows.values()}
    assert {group.name for group in groups} >= {row["department"] for row in rows.values() if row["department"]}


def test_one_recorded_employee_is_read() -> None:
    kept = recording("bamboohr", "n02-get-employee-8-fields")
    with Replay({"api/employees/8": kept}) as server:
        options = hc.Options(tries=1)
        with hc.connect("bamboohr", base_url=f"{server.origin}/api", api_key="k", options=options) as connection:
            person = connection.employee("8")
    told = (kept.body["id"], kept.body["firstName"], kept.body["lastName"])
    assert (person.id, person.given_name, person.family_name) == told


def test_recorded_errors_are_told_in_the_vendor_s_words() -> None:
    for name, kind, words in (
        ("j03-get-employee-0-401", hc.AuthError, "API key not provided or invalid"),
        ("j04-get-employee-unknown-404", hc.NotFound, "Employee not found."),
        ("e01-post-employees-409-duplicate-email", hc.Conflict, "Duplicate email"),
    ):
        kept = recording("bamboohr", name)
        error = bamboohr.classify and bamboohr.classify(response(kept))
        assert isinstance(error, kind)
        assert str(error).count(words.rstrip(".")) == 1
    for name, words in (
        ("v21_error_get_lead_source", "No Lead with ID = 830626"),
        ("v21_error_get_opportunity_state_history", "Internal Server Error"),
    ):
        kept = recording("insightly", name)
        error = insightly.classify and insightly.classify(response(kept))
        assert words in str(error)
        assert "<html" not in str(error)
    kept = recording("namely", "20141031_POST_profiles_422")
    error = namely.classify and namely.classify(response(kept))
    assert isinstance(error, hc.Rejected)
    assert "first_name is a required field; last_name is a required field" in str(error)
    assert "format of email" in str(error)
    kept = recording("namely", "20141022_GET_profiles.123456789_404")
    assert isinstance(namely.classify and namely.classify(response(kept)), hc.NotFound)


def response(kept: Recording) -> hc.Response:
    import json

    from headcount.http import Headers

    body = kept.body if isinstance(kept.body, str) else json.dumps(kept.body)
    return hc.Response(
        request=hc.Request(kept.method, kept.path),
        status=kept.status,
        reason={404: "Not Found", 500: "Internal Server Error"}.get(kept.status, ""),
        headers=Headers({name: value if isinstance(value, str) else value[0] for name, value in kept.headers.items()}),
        body=body.encode(),
    )


def test_recorded_users_and_teams_are_read() -> None:
    users, teams = recording("insightly", "v21_get_users"), recording("insightly", "v21_get_teams")
    people, groups, report = read(insightly, {"api/Users": users, "api/Teams": teams}, api_key="k")
    assert report.rejected == 0
    (user,), (person,) = users.body, people
    assert person.id == str(user["USER_ID"])
    assert person.status == hc.Coded(hc.EmployeeStatus.ACTIVE, "true")
    assert person.work_email == user["EMAIL_ADDRESS"]
    assert person.timezone == "Central Standard Time"
    assert person.created_at == datetime(2014, 7, 30, 2, 57, 6, tzinfo=UTC)
    assert person.custom_fields["ADMINISTRATOR"].value is True
    assert person.absent["job_title"] is hc.NullReason.NOT_IN_VENDOR_MODEL
    (team,) = groups
    assert (team.id, team.name, team.member_ids) == ("2063767", "Team Cobra", ())


def test_the_recorded_user_and_the_empty_page_past_the_end_are_read() -> None:
    user, past_the_end = recording("insightly", "v21_get_user"), recording("insightly", "v31_leads_search_past_end")
    with Replay({"api/Users/607181": user, "api/Users": past_the_end}) as server:
        options = hc.Options(rate=hc.UNLIMITED, tries=1)
        with hc.connect("insightly", base_url=f"{server.origin}/api", api_key="k", options=options) as connection:
            assert connection.employee("607181").id == "607181"
            assert list(connection.employees()) == []
