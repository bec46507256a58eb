"""The Insightly sandbox against what was recorded, what the official description says, and the guide."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from headcount.sandbox import find
from headcount.testing.shapes import differences
from headcount_insightly.sandbox import InsightlySandbox
from headcount_insightly.shapes import GUIDE_FIELDS, guide_user_row, user_row
from tests.recorded import recording

NOW = datetime(2026, 3, 4, 8, 22, 56, tzinfo=UTC)
SPECS = Path(__file__).parents[3] / "shared" / "specs"
NEW_IN_V31 = frozenset({"EMAIL_DROPBOX_ADDRESS", "PROFILE_ID", "ROLE_ID"})
VENDOR_HEADERS = {
    "cache-control",
    "pragma",
    "expires",
    "server",
    "vary",
    "location",
    "set-cookie",
    "x-powered-by",
}
NEWCOMER = {"FIRST_NAME": "Nia", "LAST_NAME": "Okoye", "EMAIL_ADDRESS": "nia.okoye@example.com"}


class Api:
    """A client that does nothing for anybody: one request, one answer."""

    def __init__(self, dialect: str, **how: Any) -> None:
        self.sandbox = InsightlySandbox(dialect=dialect, now=NOW, **how)
        self.session = requests.Session()
        self.session.auth = (self.sandbox.key, "")

    def __enter__(self) -> Api:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        self.sandbox.stop()

    def __call__(self, method: str, path: str, **how: Any) -> requests.Response:
        path = path.removeprefix("/v2.1").removeprefix("/v3.1")  # as in a recording, or without
        return self.session.request(method, self.sandbox.base_url + path, timeout=5, **how)

    def get(self, path: str, /, **query: Any) -> Any:
        answer = self("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path: str = "/Users", /, **query: Any) -> list[int]:
        return [row["USER_ID"] for row in self.get(path, **query)]


@pytest.fixture(params=["guide", "observed"])
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    with Api(request.param) as api:
        yield api


@pytest.fixture
def observed() -> Iterator[Api]:
    with Api("observed") as api:
        yield api


@pytest.fixture
def guide() -> Iterator[Api]:
    with Api("guide") as api:
        yield api


@pytest.fixture(scope="module")
def shared_observed() -> Iterator[Api]:
    """For tests that change nothing."""
    with Api("observed") as api:
        yield api


@pytest.fixture(scope="module")
def shared_guide() -> Iterator[Api]:
    """For tests that change nothing."""
    with Api("guide") as api:
        yield api


# -- recorded -------------------------------------------------------------------------------------------


def lacking(recorded: dict[str, Any], played: requests.Response) -> set[str]:
    return (recorded.keys() & VENDOR_HEADERS) - {name.lower() for name in played.headers}


@pytest.mark.parametrize(
    ("name", "change", "ignore"),
    [
        ("v21_get_users", {}, NEW_IN_V31),
        ("v21_get_user", {"607181": "1"}, NEW_IN_V31),
        ("v21_get_teams", {}, frozenset[str]()),
        ("v21_create_team__2_post", {}, frozenset[str]()),
        ("v31_leads_search_past_end", {"Leads": "Users"}, frozenset[str]()),
    ],
)
def test_a_recorded_request_gets_the_recorded_shape(
    observed: Api, name: str, change: dict[str, str], ignore: frozenset[str]
) -> None:
    recorded = recording("insightly", name)
    path = recorded.path
    for old, new in change.items():
        path = path.replace(old, new)
    played = observed(recorded.method, path, params=recorded.query, json=recorded.sent)
    assert differences(recorded.body, played.json(), ignore=ignore) == []
    assert played.status_code == recorded.status
    assert not lacking(recorded.headers, played)


@pytest.mark.parametrize("name", ["v21_get_users", "v21_get_user"])
def test_user_fields_come_in_the_recorded_order(shared_observed: Api, name: str) -> None:
    body = recording("insightly", name).body
    recorded = body[0] if isinstance(body, list) else body
    assert [field for field in shared_observed.get("/Users/1") if field not in NEW_IN_V31] == list(recorded)


def test_a_user_that_is_not_there_is_answered_as_the_recorded_lead_was(shared_observed: Api) -> None:
    recorded = recording("insightly", "v21_error_get_lead_source")
    played = shared_observed("GET", recorded.path.replace("Leads", "Users"))
    assert (played.status_code, played.text) == (recorded.status, recorded.body.replace("Lead", "User"))
    assert played.reason == "User Not Found"
    assert played.headers["Content-Type"] == recorded.headers["content-type"]
    assert not lacking(recorded.headers, played)


def test_a_server_error_is_a_page_of_html_as_recorded(observed: Api) -> None:
    recorded = recording("insightly", "v21_error_get_opportunity_state_history")
    observed.sandbox.play("error", on="/Users")
    played = observed("GET", "/v2.1/Users")
    assert played.status_code == recorded.status
    assert played.headers["Content-Type"] == recorded.headers["content-type"]
    assert played.headers["Cache-Control"] == recorded.headers["cache-control"]
    assert played.text.startswith(recorded.body[:15])


# -- described ------------------------------------------------------------------------------------------


def described() -> Any:
    file = SPECS / "insightly-v3.1-users-teams.json"
    if not file.exists():
        pytest.skip(f"the official description is not here: no {file}")
    return json.loads(file.read_text())


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ("APIUser", "/Users"),
        ("APIUser", "/Users/Me"),
        ("APIUser", "/Users/Search?field_name=ACTIVE&field_value=true"),
        ("APITeam", "/Teams"),
        ("APITeamMember", "/TeamMembers"),
        ("APIPermissions", "/Permissions"),
        ("APIInstance", "/Instance"),
    ],
)
def test_every_property_has_the_described_name_type_and_place(shared_observed: Api, definition: str, path: str) -> None:
    definitions = described()["definitions"]
    body = shared_observed.get(path)
    for row in body if isinstance(body, list) else [body]:
        row.pop("ANONYMOUS_TEAM", None)  # in the description's prose, not in its definition
        assert not list(misfits(definitions, definition, row))


def misfits(definitions: Any, name: str, row: dict[str, Any]) -> Iterator[str]:
    kinds = {"integer": int, "string": str, "boolean": bool, "array": list}
    properties = definitions[name]["properties"]
    if list(row) != list(properties):
        yield f"{name}: {list(row)} is not {list(properties)}"
    for field, schema in properties.items():
        if row[field] is not None and type(row[field]) is not kinds[schema["type"]]:
            yield f"{name}.{field}: {row[field]!r} is no {schema['type']}"
        if schema["type"] == "array":
            for item in row[field]:
                yield from misfits(definitions, schema["items"]["$ref"].rpartition("/")[2], item)


def test_every_described_operation_is_served(observed: Api) -> None:
    team = next(team for team in observed.sandbox.teams if team.members)
    values = {"/Users/": "1", "/Teams/": str(team.id), "/TeamMembers/": str(next(iter(team.members)))}
    for path, operations in described()["paths"].items():
        place = next((value for start, value in values.items() if path.startswith(start)), "")
        for method in operations:
            answer = observed(method, path.replace("{id}", place).replace("{permissionId}", "1"), json={})
            assert answer.status_code != 405, (method, path)


# -- both dialects --------------------------------------------------------------------------------------


def test_a_key_is_the_user_name_and_any_other_is_refused(api: Api) -> None:
    assert api.get("/Users/Me")["USER_ID"] == 1
    for auth in (("another-key", ""), ("", api.sandbox.key)):
        answer = api("GET", "/Users", auth=auth)
        assert (answer.status_code, list(answer.json())) == (401, ["Message"])


@pytest.mark.parametrize(("credentials", "accepted"), [("{}:", "go"), ("{}", "o"), ("{}:anything", "o")])
def test_the_observed_api_minds_neither_a_password_nor_a_missing_colon(
    api: Api, credentials: str, accepted: str
) -> None:
    code = base64.b64encode(credentials.format(api.sandbox.key).encode()).decode()
    with requests.Session() as session:
        headers = {"Authorization": f"Basic {code}"}
        status = session.get(f"{api.sandbox.base_url}/Users/1", headers=headers, timeout=5).status_code
    assert (status == 200) == (api.sandbox.dialect[0] in accepted)


def test_the_settings_reach_the_sandbox(api: Api) -> None:
    assert api.sandbox.settings == {"api_key": api.sandbox.key, "base_url": f"{api.sandbox.origin}/v3.1"}


def test_inactive_pending_and_departed_people_are_listed_as_not_active(api: Api) -> None:
    rows = {row["USER_ID"]: row["ACTIVE"] for row in api.get("/Users")}
    assert len(rows) == len(api.sandbox.people)
    states = {
        tag: rows[find(api.sandbox.people, tag).id] for tag in ("pending", "left", "future_leaver", "future_hire")
    }
    assert states == {"pending": False, "left": False, "future_leaver": True, "future_hire": True}


def test_who_leaves_in_future_is_inactive_when_the_day_has_passed(api: Api) -> None:
    leaver = find(api.sandbox.people, "future_leaver")
    api.sandbox.clock.advance(days=30)
    assert api.get(f"/Users/{leaver.id}")["ACTIVE"] is False


def test_what_is_restricted_is_null(api: Api) -> None:
    hidden = api.get(f"/Users/{find(api.sandbox.people, 'restricted').id}")
    assert {hidden[name] for name in api.sandbox.restricted_fields & hidden.keys()} == {None}
    assert api.get("/Users/1")["EMAIL_ADDRESS"]
    api.sandbox.play("lost_permission")
    assert {row["EMAIL_ADDRESS"] for row in api.get("/Users")} == {None}


def test_a_page_is_never_longer_than_five_hundred(api: Api) -> None:
    sigil, usual = ("$", 500) if api.sandbox.dialect == "guide" else ("", 100)
    with Api(api.sandbox.dialect, people=620) as many:
        assert len(many.ids()) == usual
        assert len(many.ids(**{f"{sigil}top": 1000})) == 500
        assert many.ids(**{f"{sigil}top": 500, f"{sigil}skip": 500}) == list(range(501, 621))
        assert many.ids(**{f"{sigil}skip": 620}) == many.ids(**{f"{sigil}top": 0}) == []
        assert many.ids(**{f"{sigil}top": 2, f"{sigil}skip": -5}) == [1, 2]


def test_each_dialect_ignores_the_paging_words_of_the_other(api: Api) -> None:
    sigil = "" if api.sandbox.dialect == "guide" else "$"
    assert len(api.ids(**{f"{sigil}top": 5, f"{sigil}skip": 3})) == len(api.sandbox.people)


def test_faults_of_lists_bite(api: Api) -> None:
    sigil = "$" if api.sandbox.dialect == "guide" else ""
    api.sandbox.play("clamped", size=7)
    assert len(api.ids()) == 7
    api.sandbox.play("empty_page", after=1)
    assert [len(api.ids(**{f"{sigil}top": 10, f"{sigil}skip": skip})) for skip in (0, 10)] == [10, 0]
    api.sandbox.play("malformed")
    assert api.get("/Users")[-1]["ACTIVE"].keys() == {"unexpected"}
    api.sandbox.play("moving")
    assert api.ids(**{f"{sigil}top": 2}) == [1, 2]
    assert api.ids()[:2] == [50, 1]


def test_every_answer_tells_the_quota_and_what_remains(api: Api) -> None:
    answers = [api("GET", path) for path in ("/Users", "/Users/1", "/Users/999", "/Nothing")]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"100000"}
    assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers] == [
        99999,
        99998,
        99997,
        99996,
    ]


def test_a_used_up_quota_refuses_until_the_next_day(api: Api) -> None:
    api.sandbox.quota = 2
    answers = [api("GET", "/Users/1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    api.sandbox.clock.advance(days=1)
    assert api("GET", "/Users/1").headers["X-RateLimit-Remaining"] == "1"


def test_a_burst_is_refused_while_quota_remains(api: Api) -> None:
    api.sandbox.limit = (2, 60)
    answers = [api("GET", "/Users/1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["X-RateLimit-Remaining"]) > 0
    assert "Retry-After" not in answers[-1].headers
    api.sandbox.clock.advance(minutes=1)
    assert api("GET", "/Users/1").status_code == 200


def test_throttling_to_order(api: Api) -> None:
    api.sandbox.play("throttle", retry_after="3")
    answer = api("GET", "/Users")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert int(answer.headers["X-RateLimit-Remaining"]) > 0
    api.sandbox.play("quota")
    answer = api("GET", "/Users")
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert "Retry-After" not in answer.headers


def test_an_empty_company_is_an_empty_list(api: Api) -> None:
    with Api(api.sandbox.dialect, people=0) as nobody:
        assert nobody.get("/Users") == []
        assert nobody("GET", "/Users/Me").status_code == 404


# -- users, observed ------------------------------------------------------------------------------------


def test_blanks_are_empty_null_or_a_date_of_zeros(shared_observed: Api) -> None:
    row = shared_observed.get(f"/Users/{find(shared_observed.sandbox.people, 'blanks').id}")
    assert row["DATE_UPDATED_UTC"] == "0000-00-00 00:00:00"
    assert (row["TIMEZONE_ID"], row["ROLE_ID"]) == ("", None)


def test_observed_dates_have_a_space_and_no_offset(observed: Api) -> None:
    person = observed.sandbox.people[0]
    person.updated = NOW
    assert user_row(person, NOW.date())["DATE_UPDATED_UTC"] == "2026-03-04 08:22:56"


@pytest.mark.parametrize("path", ["/Users", "/Users/3"])
def test_observed_users_can_only_be_read(shared_observed: Api, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = shared_observed(method, path, json={"USER_ID": 3, "ACTIVE": False})
        message = f"The requested resource does not support http method '{method}'."
        assert (answer.status_code, answer.json()) == (405, {"Message": message})
    assert len(shared_observed.sandbox.people) == 50


def test_observed_unknown_collections_are_a_method_not_allowed(shared_observed: Api) -> None:
    for path in ("/User", "/Profiles", "/Permissions/Profiles", "/Leads/Search"):
        assert shared_observed("GET", path).status_code == 405, path


def test_the_total_comes_in_a_header_when_asked_for(observed: Api) -> None:
    assert "X-Total-Count" not in observed("GET", "/Users", params={"top": 3}).headers
    for path, total in (("/Users", 50), ("/Teams", len(observed.sandbox.teams))):
        answer = observed("GET", path, params={"top": 3, "count_total": "true"})
        assert (answer.headers["X-Total-Count"], len(answer.json())) == (str(total), 3)
    observed.sandbox.play("wrong_total", size=4)
    assert observed("GET", "/Users", params={"count_total": "true"}).headers["X-Total-Count"] == "54"


def test_search_finds_by_a_field(shared_observed: Api) -> None:
    inactive = shared_observed.ids("/Users/Search", field_name="ACTIVE", field_value="false")
    assert inactive == [row["USER_ID"] for row in shared_observed.get("/Users") if not row["ACTIVE"]] != []
    email = shared_observed.sandbox.people[30].email
    assert shared_observed.ids("/Users/Search", field_name="EMAIL_ADDRESS", field_value=email.upper()) == [31]


def test_search_finds_what_changed_after_an_instant_and_not_at_it(observed: Api) -> None:
    observed.sandbox.clock.advance(minutes=1)
    person = observed.sandbox.people[8]
    observed.sandbox.touch(person)
    assert observed.ids("/Users/Search", updated_after_utc="2026-03-04T08:23:00Z") == [9]
    assert observed.ids("/Users/Search", updated_after_utc=f"{person.updated:%Y-%m-%dT%H:%M:%SZ}") == []


@pytest.mark.parametrize(
    "query",
    [
        {"field_name": "ACTIVE"},
        {"field_value": "true"},
        {"field_name": "SALARY", "field_value": "1"},
        {"updated_after_utc": "yesterday"},
        {"field_name": "ACTIVE", "field_value": "true", "updated_after_utc": "2026-01-01T00:00:00Z"},
    ],
)
def test_search_refuses_half_a_filter_and_two(shared_observed: Api, query: dict[str, str]) -> None:
    answer = shared_observed("GET", "/Users/Search", params=query)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text


def test_reads_are_tagged_by_their_content(observed: Api) -> None:
    tags = [observed("GET", "/Users/3").headers["ETag"] for _ in range(2)]
    observed.sandbox.touch(observed.sandbox.people[2])
    assert len({*tags, observed("GET", "/Users/3").headers["ETag"]}) == 2


# -- teams ----------------------------------------------------------------------------------------------


def named(api: Api, name: str) -> Any:
    return next(team for team in api.get("/Teams") if team["TEAM_NAME"] == name)


def members(team: Any) -> list[int]:
    return [member["MEMBER_USER_ID"] for member in team["TEAMMEMBERS"]]


def test_teams_hold_their_members_and_two_are_anonymous(shared_observed: Api) -> None:
    teams = shared_observed.get("/Teams")
    for team in teams:
        if not team["ANONYMOUS_TEAM"]:
            there = [p.id for p in shared_observed.sandbox.people if team["TEAM_NAME"] in p.teams]
            assert members(team) == there
    assert sum(team["ANONYMOUS_TEAM"] for team in teams) == 2
    assert members(named(shared_observed, "Silver")) == []
    assert shared_observed.get(f"/Teams/{teams[0]['TEAM_ID']}") == teams[0]


def test_a_brief_team_has_no_members_field(shared_observed: Api) -> None:
    assert all("TEAMMEMBERS" not in team for team in shared_observed.get("/Teams", brief="true"))


def test_a_team_is_made_renamed_and_deleted(observed: Api) -> None:
    answer = observed("POST", "/Teams", json={"TEAM_NAME": "Blue", "TEAMMEMBERS": [{"MEMBER_USER_ID": 7}]})
    made = answer.json()
    assert (answer.status_code, members(made)) == (201, [7])
    assert answer.headers["Location"] == f"{observed.sandbox.base_url}/Teams/{made['TEAM_ID']}"
    observed.sandbox.clock.advance(minutes=5)
    answer = observed("PUT", "/Teams", json={"TEAM_ID": made["TEAM_ID"], "TEAM_NAME": "Night"})
    assert (answer.status_code, members(answer.json())) == (200, [7])
    assert answer.json()["DATE_UPDATED_UTC"] > made["DATE_UPDATED_UTC"]
    assert "Night" in observed.sandbox.people[6].teams
    answer = observed("DELETE", f"/Teams/{made['TEAM_ID']}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert "Night" not in observed.sandbox.people[6].teams
    assert observed("GET", f"/Teams/{made['TEAM_ID']}").text == f"No Team with ID = {made['TEAM_ID']}"


def test_put_of_a_team_replaces_its_members_unless_brief(observed: Api) -> None:
    team = named(observed, "Red")
    kept = team["TEAMMEMBERS"][0]
    body = {"TEAM_ID": team["TEAM_ID"], "TEAMMEMBERS": [kept, {"MEMBER_USER_ID": 1}]}
    assert observed("PUT", "/Teams?brief=true", json=body).json()["TEAMMEMBERS"] == team["TEAMMEMBERS"]
    changed = observed("PUT", "/Teams", json=body).json()
    assert changed["TEAMMEMBERS"][0] == kept
    assert members(changed) == [kept["MEMBER_USER_ID"], 1]
    assert members(observed("PUT", "/Teams", json={**body, "TEAMMEMBERS": None}).json()) == []


def test_put_of_a_team_minds_if_match(observed: Api) -> None:
    path = f"/Teams/{named(observed, 'Red')['TEAM_ID']}"
    body = observed.get(path) | {"TEAM_NAME": "Crimson"}
    for tag, status in ((observed("GET", path).headers["ETag"], 200), ('"stale"', 400)):
        assert observed("PUT", "/Teams", json=body, headers={"If-Match": tag}).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"TEAM_NAME": ""},
        {"TEAM_NAME": "x" * 256},
        {"TEAM_NAME": "Night", "TEAMMEMBERS": [{"MEMBER_USER_ID": 9999}]},
        {"TEAM_NAME": "Night", "TEAMMEMBERS": [True]},
        {"ANONYMOUS_TEAM": True, "TEAMMEMBERS": []},
    ],
)
def test_bad_team_data_is_refused_and_changes_nothing(shared_observed: Api, body: dict[str, Any]) -> None:
    before = shared_observed.get("/Teams")
    assert shared_observed("POST", "/Teams", json=body).status_code == 400
    assert shared_observed("PUT", "/Teams", json={"TEAM_NAME": "Night", **body}).status_code == 400
    assert shared_observed("PUT", "/Teams", json={**body, "TEAM_ID": 12}).status_code == 404
    assert shared_observed.get("/Teams") == before


@pytest.mark.parametrize("nested", [True, False])
def test_a_member_joins_and_leaves(observed: Api, nested: bool) -> None:
    team_id = named(observed, "Silver")["TEAM_ID"]
    path = f"/Teams/{team_id}/TeamMembers" if nested else "/TeamMembers"
    body = {"MEMBER_USER_ID": 5} if nested else {"TEAM_ID": team_id, "MEMBER_USER_ID": 5}
    answer = observed("POST", path, json=body)
    joined = answer.json()
    assert (answer.status_code, joined["TEAM_ID"], joined["MEMBER_USER_ID"]) == (201, team_id, 5)
    assert observed.get(f"/TeamMembers/{joined['PERMISSION_ID']}") == joined in observed.get("/TeamMembers")
    assert "Silver" in observed.sandbox.people[4].teams
    assert observed("POST", path, json=body).status_code == 400
    for status in (202, 404):
        assert observed("DELETE", f"{path}/{joined['PERMISSION_ID']}").status_code == status
    assert "Silver" not in observed.sandbox.people[4].teams


def test_a_member_is_named_by_permission_and_not_by_user(shared_observed: Api) -> None:
    team = named(shared_observed, "Red")
    for path in (f"/Teams/{team['TEAM_ID']}/TeamMembers", "/TeamMembers"):
        assert shared_observed("DELETE", f"{path}/{members(team)[0]}").status_code == 404
    assert named(shared_observed, "Red") == team


def test_an_anonymous_team_changes_only_as_a_whole(observed: Api) -> None:
    team = next(team for team in observed.get("/Teams") if team["ANONYMOUS_TEAM"])
    team_id = team["TEAM_ID"]
    assert observed("POST", f"/Teams/{team_id}/TeamMembers", json={"MEMBER_USER_ID": 9}).status_code == 400
    refused = observed("DELETE", f"/TeamMembers/{team['TEAMMEMBERS'][0]['PERMISSION_ID']}")
    assert (refused.status_code, refused.content) == (417, b"")
    assert observed("PUT", "/Teams", json={"TEAM_ID": team_id}).status_code == 400
    whole = {"TEAM_ID": team_id, "TEAMMEMBERS": [{"MEMBER_USER_ID": 9}]}
    assert members(observed("PUT", "/Teams?brief=true", json=whole).json()) == [9]


def test_team_members_need_an_administrator_except_by_the_path_of_their_team(observed: Api) -> None:
    observed.sandbox.administrator = False
    answer = observed("POST", "/TeamMembers", json={})
    assert (answer.status_code, answer.reason) == (403, "No Access to Data")
    assert observed("DELETE", "/TeamMembers/1").status_code == 403
    assert observed.get("/Users/Me")["ADMINISTRATOR"] is False
    nested = f"/Teams/{named(observed, 'Silver')['TEAM_ID']}/TeamMembers"
    assert observed("POST", nested, json={"MEMBER_USER_ID": 5}).status_code == 201


@pytest.mark.parametrize("content", [b"", b"{oops", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_refused_in_the_reason_phrase(shared_observed: Api, content: bytes) -> None:
    answer = shared_observed("POST", "/Teams", data=content)
    assert (answer.status_code, answer.content) == (400, b"")
    assert answer.reason == "A server exception was thrown."


# -- users, guide ---------------------------------------------------------------------------------------


def test_a_guide_user_has_the_fourteen_fields_of_the_guide(guide: Api) -> None:
    row = guide.get("/Users/1")
    assert list(row) == list(GUIDE_FIELDS)
    assert len(row) == 14
    guide.sandbox.people[0].created = NOW
    assert guide_user_row(guide.sandbox.people[0], NOW.date())["DATE_CREATED_UTC"] == "2026-03-04T08:22:56Z"


def test_guide_users_are_filtered_and_ordered(shared_guide: Api) -> None:
    active = shared_guide.ids(**{"$filter": "ACTIVE eq true", "$top": 100, "$skip": 0})
    inactive = shared_guide.ids(**{"$filter": "ACTIVE eq false"})
    assert sorted(active + inactive) == list(range(1, 51))
    assert find(shared_guide.sandbox.people, "left").id in inactive
    email = shared_guide.sandbox.people[30].email
    assert shared_guide.ids(**{"$filter": f"EMAIL_ADDRESS eq '{email}'"}) == [31]
    assert shared_guide.ids(**{"$orderby": "USER_ID desc", "$top": 2}) == [50, 49]
    for field in GUIDE_FIELDS:
        assert len(shared_guide.ids(**{"$orderby": field})) == 50


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "ACTIVE ne true"},
        {"$filter": "SALARY eq 1"},
        {"$orderby": "SALARY"},
        {"$orderby": "ACTIVE up"},
    ],
)
def test_a_query_beyond_the_subset_is_refused(shared_guide: Api, query: dict[str, str]) -> None:
    assert shared_guide("GET", "/Users", params=query).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Teams"),
        ("GET", "/Users/Search"),
        ("GET", "/Permissions"),
        ("GET", "/Instance"),
        ("PATCH", "/Users"),
        ("PUT", "/Users/1"),
        ("GET", "/Users/999"),
        ("DELETE", "/Users/999"),
        ("GET", "/Users/abc"),
    ],
)
def test_what_the_guide_does_not_have_is_not_found(shared_guide: Api, method: str, path: str) -> None:
    assert shared_guide(method, path).status_code == 404


def test_the_guide_counts_nothing(shared_guide: Api) -> None:
    assert "X-Total-Count" not in shared_guide("GET", "/Users", params={"count_total": "true"}).headers


def test_a_new_user_takes_a_seat_and_is_invited(guide: Api) -> None:
    profile = guide.get("/Permissions/Profiles")[-1]
    assert list(profile) == ["PROFILE_ID", "PROFILE_NAME"]
    answer = guide("POST", "/Users", json={**NEWCOMER, "PROFILE_ID": profile["PROFILE_ID"], "USER_ID": 3})
    made = answer.json()
    assert (answer.status_code, made["USER_ID"], made["ACTIVE"], made["ADMINISTRATOR"]) == (
        201,
        51,
        True,
        False,
    )
    assert made["DATE_CREATED_UTC"].startswith("2026-03-04T08:2")
    assert guide.get("/Users/51") == made
    assert (len(guide.sandbox.people), guide.sandbox.invitations) == (51, [NEWCOMER["EMAIL_ADDRESS"]])


def test_a_taken_address_is_a_conflict(guide: Api) -> None:
    taken = guide.sandbox.people[0].email
    assert guide("POST", "/Users", json={**NEWCOMER, "EMAIL_ADDRESS": taken.upper()}).status_code == 409
    assert (len(guide.sandbox.people), guide.sandbox.invitations) == (50, [])
    assert guide("PUT", "/Users", json={**guide.get("/Users/40"), "EMAIL_ADDRESS": taken}).status_code == 409
    sharing = find(guide.sandbox.people, "duplicate_email").id
    assert guide("PUT", "/Users", json=guide.get(f"/Users/{sharing}")).status_code == 200


@pytest.mark.parametrize("wrong", [{"FIRST_NAME": ""}, {"ACTIVE": "yes"}, {"PROFILE_ID": 9}, {"LAST_NAME": None}])
def test_a_bad_user_is_refused(shared_guide: Api, wrong: dict[str, Any]) -> None:
    assert shared_guide("POST", "/Users", json=NEWCOMER | wrong).status_code == 400
    assert len(shared_guide.sandbox.people) == 50


def test_put_of_a_whole_user_changes_what_was_changed_only(guide: Api) -> None:
    before = guide.get("/Users/40")
    guide.sandbox.clock.advance(hours=1)
    after = guide("PUT", "/Users", json=before | {"ACTIVE": False, "LAST_NAME": "Lund"}).json()
    assert after["DATE_UPDATED_UTC"] > before["DATE_UPDATED_UTC"]
    changed = {"ACTIVE": False, "LAST_NAME": "Lund", "DATE_UPDATED_UTC": after["DATE_UPDATED_UTC"]}
    assert after == before | changed == guide.get("/Users/40")
    assert guide.sandbox.people[39].family == "Lund"


def test_put_of_a_user_resets_what_is_left_out(guide: Api) -> None:
    after = guide("PUT", "/Users", json={"USER_ID": 40, "FIRST_NAME": "Ada"}).json()
    reset = {name: after[name] for name in ("LAST_NAME", "EMAIL_ADDRESS", "PROFILE_ID", "CURRENCY_CODE")}
    assert set(reset.values()) == {None}
    assert (after["FIRST_NAME"], after["ACTIVE"], after["ADMINISTRATOR"]) == ("Ada", False, False)


def test_put_cannot_empty_what_is_hidden_from_the_caller(guide: Api) -> None:
    person = find(guide.sandbox.people, "restricted")
    email = person.email
    assert guide("PUT", "/Users", json=guide.get(f"/Users/{person.id}")).status_code == 200
    assert person.email == email != ""


def test_who_left_is_active_again_when_put_so(guide: Api) -> None:
    left = find(guide.sandbox.people, "left").id
    assert guide("PUT", "/Users", json=guide.get(f"/Users/{left}") | {"ACTIVE": True}).json()["ACTIVE"] is True


@pytest.mark.parametrize(("body", "status"), [({"ACTIVE": True}, 400), ({"USER_ID": 999}, 404)])
def test_put_needs_the_id_of_a_user(shared_guide: Api, body: dict[str, Any], status: int) -> None:
    assert shared_guide("PUT", "/Users", json=body).status_code == status


def test_a_deleted_user_is_gone_and_the_id_is_not_given_again(guide: Api) -> None:
    answer = guide("DELETE", "/Users/50")
    assert (answer.status_code, answer.content) == (202, b"")
    assert guide("GET", "/Users/50").status_code == 404
    assert guide("POST", "/Users", json=NEWCOMER).json()["USER_ID"] == 51


@pytest.mark.parametrize(("method", "path"), [("POST", "/Users"), ("PUT", "/Users"), ("DELETE", "/Users/9")])
def test_only_an_administrator_writes_users(guide: Api, method: str, path: str) -> None:
    guide.sandbox.administrator = False
    assert guide(method, path, json={"USER_ID": 9, **NEWCOMER}).status_code == 403
    assert len(guide.ids()) == 50


# -- people out of sight --------------------------------------------------------------------------------


def test_a_lost_department_is_hidden_though_no_user_shows_a_department(api: Api) -> None:
    box = api.sandbox
    gone = [person for person in box.people if person.department == "Sales"]
    box.play("lost_department", on="/Nothing", department="Sales")
    everyone = {"$top": 500, "top": 500}
    assert len(api.ids(**everyone)) == len(box.people)
    api("GET", "/Nothing")
    assert set(api.ids(**everyone)) == {person.id for person in box.visible()}
    assert len(box.visible()) == len(box.people) - len(gone)
    assert api("GET", f"/Users/{gone[0].id}").status_code == 404
    box.calm()
    assert api("GET", f"/Users/{gone[0].id}").status_code == 200


def test_what_is_searched_and_counted_is_what_is_visible(observed: Api) -> None:
    box = observed.sandbox
    box.play("lost_department")
    total = observed("GET", "/Users", params={"top": 1, "count_total": "true"}).headers["X-Total-Count"]
    assert int(total) == len(box.visible()) < len(box.people)
    hidden = next(person for person in box.people if person.email and not box.sees(person))
    searches = ({"field_name": "EMAIL_ADDRESS", "field_value": hidden.email}, {"updated_after_utc": "2001-01-01"})
    assert not {id for query in searches for id in observed.ids("/Users/Search", **query)} & {hidden.id}


def test_a_team_keeps_the_members_who_are_out_of_sight(observed: Api) -> None:
    box = observed.sandbox
    box.play("lost_department", on="/Instance")
    observed("GET", "/Instance")
    hidden = {person.id for person in box.people if not box.sees(person)}
    team = next(team for team in box.teams if team.name and hidden & {*team.members.values()})
    before = [member for member in team.members.values() if member in hidden]
    shown = {member["MEMBER_USER_ID"] for member in observed.get(f"/Teams/{team.id}")["TEAMMEMBERS"]}
    assert shown == {*team.members.values()} - hidden
    listed = {member["MEMBER_USER_ID"] for member in observed.get("/TeamMembers", top=500)}
    assert not listed & hidden
    permission = next(key for key, member in team.members.items() if member in hidden)
    assert observed("DELETE", f"/TeamMembers/{permission}").status_code == 404
    assert observed("PUT", "/Teams", json={"TEAM_ID": team.id, "TEAMMEMBERS": []}).json()["TEAMMEMBERS"] == []
    assert [*team.members.values()] == before
    member = {"MEMBER_USER_ID": before[0]}
    assert observed("POST", f"/Teams/{box.teams[0].id}/TeamMembers", json=member).status_code == 400


def test_a_user_out_of_sight_cannot_be_written(guide: Api) -> None:
    guide.sandbox.play("lost_department", department="Sales")
    hidden = next(person for person in guide.sandbox.people if person.department == "Sales")
    body = NEWCOMER | {"USER_ID": hidden.id}
    assert guide("PUT", "/Users", json=body).status_code == 404
    assert guide("DELETE", f"/Users/{hidden.id}").status_code == 404
    assert hidden in guide.sandbox.people


def test_a_list_can_be_half_or_empty_and_says_so(observed: Api) -> None:
    half = {"top": 500, "count_total": "true"}
    observed.sandbox.play("half_list", on="/Users$")
    answer = observed("GET", "/Users", params=half)
    assert (len(answer.json()), answer.headers["X-Total-Count"]) == (25, "25")
    observed.sandbox.play("empty_list", on="/Users")
    answer = observed("GET", "/Users/Search", params={**half, "field_name": "ACTIVE", "field_value": "true"})
    assert (answer.json(), answer.headers["X-Total-Count"]) == ([], "0")
    assert len(observed.ids(top=500)) == 50
