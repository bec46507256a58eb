"""The SCIM side of the sandboxes, over real HTTP, and judged by models that are not ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from scim2_models import Context, Error, ListResponse, PatchOp, ResourceType, Schema, ServiceProviderConfig, User

from headcount.sandbox import FAULTS, Person, ScimSandbox, find
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely.sandbox import NamelySandbox

NOW = datetime(2026, 3, 4, 8, 22, 56, tzinfo=UTC)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
READ = Context.RESOURCE_QUERY_RESPONSE
Row = dict[str, Any]
Started = Callable[..., "Api"]
VENDORS: dict[str, type[ScimSandbox]] = {"insightly": InsightlySandbox, "namely": NamelySandbox}


class Api:
    """A client of SCIM that does nothing for anybody: one request, one answer."""

    def __init__(self, box: ScimSandbox) -> None:
        self.box = box
        self.url, self.token = box.scim_settings["scim_url"], box.scim_settings["scim_token"]
        self.session = requests.Session()

    def __call__(self, method: str, path: str, body: Row | None = None, **how: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        data = None if body is None else json.dumps(body)
        return self.session.request(method, self.url + path, data=data, headers=headers, timeout=5, **how)

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, **query: Any) -> list[str]:
        return [row["id"] for row in self.get("/Users", **query)["Resources"]]

    def at(self, person: Person) -> str:
        return f"/Users/{self.box.scim_id(person)}"

    def user(self, person: Person) -> Any:
        return self.get(self.at(person))

    def patch(self, person: Person, *operations: Row) -> requests.Response:
        return self("PATCH", self.at(person), {"schemas": [PATCH_OP], "Operations": list(operations)})

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """The vendor's own API, with its own key."""
        how: Row = {"auth": (self.box.key, "")} if self.box.name == "insightly" else {}
        headers = {} if how else {"Authorization": f"Bearer {self.box.key}"}
        with requests.Session() as session:
            answer = session.request(method, self.box.base_url + path, json=body, headers=headers, timeout=5, **how)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture
def start() -> Iterator[Started]:
    with ExitStack() as stack:

        def started(vendor: str, dialect: str = "guide", **how: Any) -> Api:
            box = stack.enter_context(VENDORS[vendor](dialect=dialect, now=NOW, **{"people": 40, **how}))
            api = Api(box)
            stack.callback(api.session.close)
            return api

        yield started


@pytest.fixture(params=["insightly guide", "insightly observed", "namely guide", "namely observed"])
def api(request: pytest.FixtureRequest, start: Started) -> Api:
    return start(*request.param.split())


@pytest.fixture(params=["insightly guide", "insightly observed", "namely guide"])
def writable(request: pytest.FixtureRequest, start: Started) -> Api:
    return start(*request.param.split())


def newcomer(**other: Any) -> Row:
    address = "nia.okoye@example.com"
    row = {"userName": address, "name": {"givenName": "Nia", "familyName": "Okoye"}, "displayName": "Nia Okoye"}
    return {"schemas": [USER], **row, "emails": [{"value": address, "type": "work", "primary": True}]} | other


def refused(answer: requests.Response, status: int, kind: str | None = None) -> None:
    """A SCIM error as the RFC has it, read by others."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/scim+json"
    body = answer.json()
    assert body["status"] == str(status)
    error = Error.model_validate(body)
    assert (error.status, error.scim_type) == (status, kind)


# -- discovery and credentials --------------------------------------------------------------------------


def test_what_the_server_says_of_itself_is_understood(api: Api) -> None:
    config = ServiceProviderConfig.model_validate(api.get("/ServiceProviderConfig"), scim_ctx=READ)
    assert config.patch
    assert config.patch.supported == api.box.scim_writes
    types = ListResponse[ResourceType].model_validate(api.get("/ResourceTypes"), scim_ctx=READ)
    assert [(kind.name, str(kind.endpoint)) for kind in types.resources or ()] == [("User", "/Users")]
    schemas = ListResponse[Schema].model_validate(api.get("/Schemas"), scim_ctx=READ)
    assert [schema.id for schema in schemas.resources or ()] == [USER]


def test_the_schema_names_what_users_have_and_whether_it_can_be_written(api: Api) -> None:
    attributes = {row["name"]: row for row in api.get("/Schemas")["Resources"][0]["attributes"]}
    shown = {key for row in api.get("/Users")["Resources"] for key in row} - {"id", "schemas", "meta"}
    assert shown <= attributes.keys()
    assert {row["mutability"] for row in attributes.values()} == {"readWrite" if api.box.scim_writes else "readOnly"}


def test_every_user_is_one_to_others_as_well(api: Api) -> None:
    found = ListResponse[User[Any]].model_validate(api.get("/Users"), scim_ctx=READ)
    assert found.total_results == len(found.resources or ()) == len(api.box.people)
    for person, user in zip(api.box.people, found.resources or (), strict=True):
        assert user.id == api.box.scim_id(person)
        assert user.user_name == (person.email or user.id)
        assert [email.value for email in user.emails or ()] == ([person.email] if person.email else [])
        assert user.name
        assert (user.name.given_name, user.name.family_name) == (person.given, person.family)
        assert user.meta
        assert (user.meta.created, user.meta.last_modified) == (person.created, person.updated)
        assert user.meta.location == api.url + api.at(person)
        assert user == User[Any].model_validate(api.user(person), scim_ctx=READ)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": ""}])
@pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig", "/Groups"])
def test_without_the_token_there_is_nothing(api: Api, headers: Row, path: str) -> None:
    refused(api("GET", path, headers=headers), 401)


def test_neither_credential_opens_the_other_door(api: Api) -> None:
    assert api.token not in (api.box.key, "")
    refused(api("GET", "/Users", headers={"Authorization": f"Bearer {api.box.key}"}), 401)
    refused(api("GET", "/Users", headers={"Authorization": ""}, auth=(api.box.key, "")), 401)
    answers = [
        requests.get(api.box.base_url + path, headers={"Authorization": f"Bearer {api.token}"}, timeout=5)
        for path in ("/Users", "/profiles")
    ]
    answers.append(requests.get(f"{api.box.base_url}/Users", auth=(api.token, ""), timeout=5))
    assert not [answer for answer in answers if answer.ok]
    assert "scim" not in answers[0].headers["Content-Type"]


def test_a_token_made_anew_ends_the_old_one(api: Api) -> None:
    api.box.scim_token = "another"
    refused(api("GET", "/Users"), 401)
    assert Api(api.box).get("/Users")["totalResults"] == 40


def test_the_settings_of_the_own_api_say_nothing_of_scim(api: Api) -> None:
    assert "scim" not in json.dumps(api.box.settings)
    assert api.box.scim_settings == {"scim_url": api.url, "scim_token": api.token}


def test_the_token_is_not_in_the_log(api: Api) -> None:
    api.get("/Users")
    assert api.box.log[0].headers["Authorization"] == "***"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/Groups", 404), ("GET", "/Nothing", 404), ("POST", "/Users/1", 405), ("PUT", "/Users", 405)],
)
def test_what_is_not_there_is_said_in_scim(api: Api, method: str, path: str, status: int) -> None:
    refused(api(method, path), status)


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_a_vendor_without_scim_knows_none_of_its_paths(api: Api, token: str | None) -> None:
    api.box.scim_offered = False
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for method, path in (("GET", "/Users"), ("GET", "/ServiceProviderConfig"), ("POST", "/Users"), ("GET", "/Groups")):
        answer = api(method, path, headers=headers)
        assert answer.status_code == 404
        assert "scim" not in answer.headers["Content-Type"]


def test_each_dialect_of_namely_has_its_own_path(start: Started) -> None:
    guide, observed = start("namely", "guide"), start("namely", "observed")
    assert (guide.url.endswith("/scim/v2"), observed.url.endswith("/api/scim/v2")) == (True, True)
    assert not guide.url.endswith("/api/scim/v2")
    whole = observed.get("/Users")
    assert observed.get("/Users.json") == whole
    assert observed.get(f"/Users/{whole['Resources'][0]['id']}.json") == whole["Resources"][0]
    refused(guide("GET", "/Users.json"), 404)


def test_namely_as_observed_only_lets_users_be_read(start: Started) -> None:
    api = start("namely", "observed")
    person = api.box.people[20]
    for method, path in (("POST", "/Users"), *((method, api.at(person)) for method in ("PUT", "PATCH", "DELETE"))):
        answer = api(method, path, newcomer())
        refused(answer, 405)
        assert answer.headers["Allow"] == "GET"
    assert len(api.box.people) == 40


# -- finding and paging ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        'userName eq "{email}"',
        'USERNAME EQ "{EMAIL}"',
        '  urn:ietf:params:scim:schemas:core:2.0:User:userName   eq  "{email}" ',
        'emails.value eq "{email}"',
        'emails[type eq "work"].value eq "{email}"',
        'Emails[Type Eq "Work"].Value Eq "{EMAIL}"',
        'id eq "{id}"',
        'externalId eq "Hr-7"',
    ],
)
def test_one_is_found(api: Api, wanted: str) -> None:
    person = api.box.people[30]
    person.extra["externalId"] = "Hr-7"
    id, email = api.box.scim_id(person), person.email
    found = api.get("/Users", filter=wanted.format(id=id, email=email, EMAIL=email.upper()))
    assert [row["id"] for row in found["Resources"]] == [id]
    assert (found["totalResults"], found["itemsPerPage"], found["startIndex"]) == (1, 1, 1)


def test_ids_mind_the_letter_case_and_nobody_is_an_empty_list(api: Api) -> None:
    api.box.people[30].extra["externalId"] = "Hr-7"
    assert api.ids(filter='externalId eq "hr-7"') == []
    assert api.get("/Users", filter='userName eq "nobody@example.com"')["totalResults"] == 0


def test_a_value_is_unescaped(api: Api) -> None:
    api.box.people[30].extra["externalId"] = 'a "b" \\ c'
    assert len(api.ids(filter='externalId eq "a \\"b\\" \\\\ c"')) == 1


def test_two_of_one_address_are_both_found_and_who_has_none_by_id(api: Api) -> None:
    first = api.box.people[0]
    assert len(api.ids(filter=f'userName eq "{first.email}"')) == 2
    lonely = api.box.scim_id(find(api.box.people, "no_email"))
    assert api.ids(filter=f'userName eq "{lonely}"') == [lonely]


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "userName",
        "userName eq",
        "userName eq ada",
        'userName eq "ada',
        'userName sw "ada"',
        'userName eq "a" and active eq true',
        'userName eq "a" or userName eq "b"',
        'not (userName eq "a")',
        'displayName eq "Ada"',
        'emails eq "a@example.com"',
        'emails[type eq "home"].value eq "a@example.com"',
        'emails[type eq "work"] eq "a@example.com"',
        'emails[type eq "work" and value eq "a@example.com"]',
        "active eq true",
        'password eq "x"',
        'userName eq "\\q"',
        "userName eq null",
    ],
)
def test_a_filter_that_is_not_understood_is_refused_and_never_everyone(api: Api, wanted: str) -> None:
    refused(api("GET", "/Users", params={"filter": wanted}), 400, "invalidFilter")


def test_pages_hold_everyone_once_and_in_order(api: Api) -> None:
    whole, seen = api.ids(), list[str]()
    while page := api.get("/Users", startIndex=len(seen) + 1, count=7)["Resources"]:
        seen += [row["id"] for row in page]
    assert seen == whole == [api.box.scim_id(person) for person in api.box.people]


@pytest.mark.parametrize(
    ("query", "items", "first"),
    [
        ({"count": 0}, 0, 1),
        ({"count": -5}, 0, 1),
        ({"startIndex": 0, "count": 3}, 3, 1),
        ({"startIndex": -9, "count": 3}, 3, 1),
        ({"startIndex": 39, "count": 10}, 2, 39),
        ({"startIndex": 41, "count": 10}, 0, 41),
        ({"count": 1000}, 40, 1),
    ],
)
def test_the_edges_of_pages(api: Api, query: Row, items: int, first: int) -> None:
    page = api.get("/Users", **query)
    assert (page["itemsPerPage"], len(page["Resources"])) == (items, items)
    assert (page["totalResults"], page["startIndex"]) == (40, first)


def test_a_page_is_never_longer_than_the_server_allows(api: Api) -> None:
    api.box.scim_most = 15
    assert api.get("/ServiceProviderConfig")["filter"]["maxResults"] == 15
    assert len(api.ids()) == len(api.ids(count=20)) == 15


def test_nobody_of_that_id_is_404(api: Api) -> None:
    refused(api("GET", "/Users/999999"), 404)
    refused(api("GET", "/Users/a%2Fb"), 404)


# -- creating -------------------------------------------------------------------------------------------


def test_a_new_user_is_a_person_to_the_own_api_too(writable: Api) -> None:
    answer = writable("POST", "/Users", newcomer(externalId="hr-7"))
    assert answer.status_code == 201
    made = User[Any].model_validate(answer.json(), scim_ctx=Context.RESOURCE_CREATION_RESPONSE)
    assert made.meta
    assert answer.headers["Location"] == made.meta.location == f"{writable.url}/Users/{made.id}"
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert (made.user_name, made.external_id, made.active) == ("nia.okoye@example.com", "hr-7", True)
    person = writable.box.people[-1]
    assert (person.given, person.family, person.email, person.active) == ("Nia", "Okoye", made.user_name, True)
    assert (person.created, person.updated) == (made.meta.created, made.meta.last_modified)
    if isinstance(writable.box, InsightlySandbox):
        assert writable.rest("GET", f"/Users/{made.id}")["EMAIL_ADDRESS"] == made.user_name
        assert writable.box.invitations == []
    else:
        assert writable.rest("GET", f"/profiles/{made.id}")["profiles"][0]["first_name"] == "Nia"


def test_names_of_attributes_come_in_any_letter_case_and_unknown_ones_are_left(writable: Api) -> None:
    body = newcomer(ACTIVE="False", password="secret", groups=[], locale="en", nothing={"a": 1}, id="7", title=None)
    body["USERNAME"] = body.pop("userName")
    body["name"] = {"GivenName": "Nia", "familyname": "Okoye", "formatted": "old"}
    body["emails"] = [{"value": "home@example.net", "type": "home"}, {"Type": "Work", "Value": body["USERNAME"]}]
    made = writable("POST", "/Users", body)
    assert made.status_code == 201
    assert "secret" not in made.text
    assert made.json()["active"] is False
    assert made.json()["id"] != "7"
    assert made.json()["emails"][0]["value"] == body["USERNAME"]


@pytest.mark.parametrize("lacking", ["userName", "displayName", "emails", "name"])
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_insightly_wants_five_attributes(start: Started, lacking: str, how: str) -> None:
    api, body = start("insightly"), newcomer()
    if how == "missing":
        del body[lacking]
    else:
        body[lacking] = {"name": {"givenName": "Nia", "familyName": ""}, "emails": []}.get(lacking, "")
    refused(api("POST", "/Users", body), 400, "invalidValue")
    assert len(api.box.people) == 40


def test_namely_wants_the_names_alone_and_takes_the_user_name_for_the_address(start: Started) -> None:
    api, body = start("namely"), newcomer(title="Analyst", nickName="Ni")
    del body["emails"], body["displayName"]
    body["name"]["middleName"] = "Ada"
    made = api("POST", "/Users", body).json()
    assert made["emails"] == [{"value": body["userName"], "type": "work", "primary": True}]
    assert (made["title"], made["nickName"], made["displayName"]) == ("Analyst", "Ni", "Ni Okoye")
    profile = api.rest("GET", f"/profiles/{made['id']}")["profiles"][0]
    assert (profile["job_title"], profile["preferred_name"]) == ("Analyst", "Ni")
    assert api.box.people[-1].middle == "Ada"
    refused(api("POST", "/Users", {"schemas": [USER], "userName": "x@example.com"}), 400, "invalidValue")


@pytest.mark.parametrize("spelling", [str, str.upper])
def test_a_taken_name_is_a_conflict_in_any_letter_case(writable: Api, spelling: Callable[[str], str]) -> None:
    taken = spelling(writable.box.people[30].email)
    body = newcomer(userName=taken, emails=[{"value": taken, "type": "work"}])
    refused(writable("POST", "/Users", body), 409, "uniqueness")
    assert len(writable.box.people) == 40


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"schemas": []}, "invalidSyntax"),
        ({"schemas": [PATCH_OP]}, "invalidSyntax"),
        ({"active": "maybe"}, "invalidValue"),
        ({"active": 1}, "invalidValue"),
        ({"displayName": 7}, "invalidValue"),
        ({"name": "Nia"}, "invalidValue"),
        ({"emails": "nia.okoye@example.com"}, "invalidValue"),
        ({"userName": "nia"}, "invalidValue"),
        ({"userName": "another@example.com"}, "invalidValue"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(writable: Api, wrong: Row, kind: str) -> None:
    refused(writable("POST", "/Users", newcomer(**wrong)), 400, kind)
    refused(writable("PUT", writable.at(writable.box.people[30]), newcomer(**wrong)), 400, kind)
    assert len(writable.box.people) == 40


@pytest.mark.parametrize("content", ["{", "[]", "7", ""])
def test_a_body_that_is_no_object_is_refused(writable: Api, content: str) -> None:
    with requests.Session() as session:
        headers = {"Authorization": f"Bearer {writable.token}"}
        refused(session.post(f"{writable.url}/Users", data=content, headers=headers, timeout=5), 400, "invalidSyntax")


# -- changing -------------------------------------------------------------------------------------------

CHANGES: dict[str, list[Row]] = {
    "a path": [{"op": "replace", "path": "active", "value": False}],
    "no path": [{"op": "replace", "value": {"active": False}}],
    "capitals": [{"op": "Replace", "path": "active", "value": "False"}],
    "no path, dotted": [{"op": "Add", "value": {"name.givenName": "Nia", "displayName": "Nia O."}}],
    "no path, nested": [{"op": "add", "value": {"name": {"familyName": "Okoye"}, "displayName": "Nia O."}}],
    "a part": [{"op": "replace", "path": "name.familyName", "value": "Okoye"}],
    "the whole name": [{"op": "replace", "path": "name", "value": {"givenName": "Nia", "familyName": "Okoye"}}],
    "a whole path": [{"op": "replace", "path": f"{USER}:displayName", "value": "Nia O."}],
    "a new mark": [{"op": "add", "path": "externalId", "value": "hr-7"}],
    "an address": [
        {"op": "replace", "path": "userName", "value": "nia@example.com"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "nia@example.com"},
    ],
    "several": [
        {"op": "replace", "path": "displayName", "value": "N. O."},
        {"op": "Replace", "path": "name.givenName", "value": "Nia"},
        {"op": "replace", "path": "displayName", "value": "Nia O."},
        {"op": "replace", "path": "active", "value": "False"},
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_patch_does_what_others_make_of_it(writable: Api, change: str) -> None:
    person = writable.box.people[30]
    person.extra["displayName"] = "Someone"  # one never given follows the name instead
    expected = User[Any].model_validate(writable.user(person), scim_ctx=READ)
    body = {"schemas": [PATCH_OP], "Operations": CHANGES[change]}
    PatchOp[User[Any]].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(expected)
    writable.box.clock.advance(hours=1)
    answer = writable.patch(person, *CHANGES[change])
    assert answer.status_code == 200, answer.text
    changed = User[Any].model_validate(answer.json(), scim_ctx=Context.RESOURCE_PATCH_RESPONSE)
    assert changed.meta
    assert expected.meta
    assert (
        timedelta(0) <= NOW + timedelta(hours=1, minutes=1) - (changed.meta.last_modified or NOW) < timedelta(hours=1)
    )
    changed.meta = expected.meta
    assert changed.model_dump(exclude={"name": {"formatted"}}) == expected.model_dump(exclude={"name": {"formatted"}})
    assert writable.user(person) == answer.json()


def test_one_address_has_two_names(writable: Api) -> None:
    person = writable.box.people[30]
    for path, address in (
        ("userName", "a@example.com"),
        ("emails.value", "b@example.com"),
        ("emails", "c@example.com"),
    ):
        value = [{"value": address, "type": "work"}] if path == "emails" else address
        user = writable.patch(person, {"op": "replace", "path": path, "value": value}).json()
        assert user["userName"] == user["emails"][0]["value"] == person.email == address
    home = {"op": "add", "path": "emails", "value": [{"value": "d@example.com", "type": "home"}]}
    assert writable.patch(person, home).json()["userName"] == "c@example.com"


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": "nothing", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[type eq "home"].value', "value": "x@example.com"}, "invalidPath"),
        ({"op": "replace", "path": "id", "value": "7"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}, "mutability"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": None}, "invalidValue"),
        ({"op": "replace", "path": "active"}, "invalidValue"),
        ({"op": "replace", "path": "name", "value": "Nia"}, "invalidValue"),
        ({"op": "replace", "path": "name.givenName", "value": {"x": 1}}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": ["x@example.com"]}, "invalidValue"),
        ({"op": "replace", "value": "x"}, "invalidValue"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "remove", "path": "name"}, "invalidValue"),
        ({"op": "remove", "path": "active"}, "invalidValue"),
        ({"op": "move", "path": "active", "value": True}, "invalidSyntax"),
        ({}, "invalidSyntax"),
    ],
)
def test_a_bad_operation_undoes_those_before_it(writable: Api, operation: Row, kind: str) -> None:
    person = writable.box.people[30]
    before = writable.user(person)
    refused(writable.patch(person, {"op": "replace", "path": "displayName", "value": "N"}, operation), 400, kind)
    assert writable.user(person) == before


def test_a_patch_of_nothing_and_a_taken_name_are_refused(writable: Api) -> None:
    person, other = writable.box.people[30:32]
    refused(writable.patch(person), 400, "invalidSyntax")
    refused(writable("PATCH", writable.at(person), {"schemas": [PATCH_OP]}), 400, "invalidSyntax")
    refused(writable("PATCH", writable.at(person), {"Operations": CHANGES["a path"]}), 400, "invalidSyntax")
    taken = {"op": "replace", "path": "userName", "value": other.email.upper()}
    refused(writable.patch(person, {"op": "replace", "path": "active", "value": False}, taken), 409, "uniqueness")
    assert person.active
    refused(writable("PATCH", "/Users/999999", {"schemas": [PATCH_OP], "Operations": CHANGES["a path"]}), 404)


def test_who_shares_an_address_or_has_none_can_be_changed_all_the_same(writable: Api) -> None:
    off = {"op": "replace", "path": "active", "value": False}
    for tag in ("duplicate_email", "no_email"):
        person = find(writable.box.people, tag)
        email = person.email
        assert writable.patch(person, off).json()["active"] is False
        assert writable("PUT", writable.at(person), writable.user(person) | {"active": True}).json()["active"] is True
        assert person.email == email
    address = {"op": "add", "path": 'emails[type eq "work"].value', "value": "new@example.com"}
    assert writable.patch(find(writable.box.people, "no_email"), address).json()["userName"] == "new@example.com"


def test_put_replaces_all_that_can_be_written(start: Started) -> None:
    api = start("namely")
    person = api.box.people[30]
    api.patch(person, {"op": "add", "value": {"externalId": "hr-7", "nickName": "Bo", "title": "Analyst"}})
    before = api.user(person)
    assert (before["externalId"], before["nickName"], before["title"]) == ("hr-7", "Bo", "Analyst")
    body = {"schemas": [USER], "userName": before["userName"], "name": {"givenName": "Nia", "familyName": "Okoye"}}
    after = api("PUT", api.at(person), body | {"id": "7", "meta": {"created": "2020-01-01T00:00:00Z"}})
    assert after.status_code == 200
    user = User[Any].model_validate(after.json(), scim_ctx=Context.RESOURCE_REPLACEMENT_RESPONSE)
    assert (user.id, user.external_id, user.nick_name, user.title) == (before["id"], None, None, None)
    assert (user.display_name, user.active) == ("Nia Okoye", True)
    assert after.json()["meta"]["created"] == before["meta"]["created"]


def test_put_of_what_was_read_changes_nothing(writable: Api) -> None:
    for person in writable.box.people:
        before = writable.user(person)
        answer = writable("PUT", writable.at(person), before)
        assert (answer.status_code, answer.json()) == (200, before)
    pending = find(writable.box.people, "pending")
    assert pending.pending


def test_put_needs_what_a_user_must_have(writable: Api) -> None:
    person = writable.box.people[30]
    before = writable.user(person)
    refused(writable("PUT", writable.at(person), {"schemas": [USER], "active": False}), 400, "invalidValue")
    refused(writable("PUT", "/Users/999999", newcomer()), 404)
    assert writable.user(person) == before


def test_a_deleted_user_is_gone_everywhere(writable: Api) -> None:
    person = writable.box.people[30]
    answer = writable("DELETE", writable.at(person))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Content-Type"] == "application/scim+json"
    for method in ("GET", "DELETE"):
        refused(writable(method, writable.at(person)), 404)
    refused(writable.patch(person, *CHANGES["a path"]), 404)
    assert writable.ids(filter=f'userName eq "{person.email}"') == []
    assert person not in writable.box.people


@pytest.mark.parametrize(
    ("kind", "with_path", "without"), [("any", (200, None), (200, None)), ("path", (200, None), (400, "invalidSyntax"))]
)
def test_a_server_may_take_a_patch_only_with_paths(writable: Api, kind: str, with_path: Any, without: Any) -> None:
    writable.box.scim_patch = kind
    for operations, (status, word) in ((CHANGES["a path"], with_path), (CHANGES["no path"], without)):
        answer = writable.patch(writable.box.people[30], *operations)
        assert (answer.status_code, answer.json().get("scimType")) == (status, word)


def test_a_server_may_take_no_patch_and_put_does_the_same(writable: Api) -> None:
    writable.box.scim_patch = "none"
    person = writable.box.people[30]
    assert writable.get("/ServiceProviderConfig")["patch"] == {"supported": False}
    refused(writable.patch(person, *CHANGES["a path"]), 501)
    assert writable("PUT", writable.at(person), writable.user(person) | {"active": False}).json()["active"] is False


# -- one person, two views ------------------------------------------------------------------------------


def set_active(api: Api, person: Person, active: bool) -> None:
    assert api.patch(person, {"op": "replace", "value": {"active": active}}).json()["active"] is active


@pytest.mark.parametrize("dialect", ["guide", "observed"])
@pytest.mark.parametrize("tag", ["left", "pending", "future_leaver", "restricted"])
def test_insightly_shows_the_same_activity_on_both_sides(start: Started, dialect: str, tag: str) -> None:
    api = start("insightly", dialect)
    person = find(api.box.people, tag)
    for active in (False, True):
        set_active(api, person, active)
        assert api.rest("GET", f"/Users/{person.id}")["ACTIVE"] is active
    assert (person.left, person.pending) == (None, False)
    if dialect == "guide":
        row = api.rest("GET", f"/Users/{person.id}")
        for active in (False, True):
            api.rest("PUT", "/Users", row | {"ACTIVE": active})
            assert api.user(person)["active"] is active


def test_insightly_shows_the_same_activity_for_everyone(start: Started) -> None:
    api = start("insightly", "observed")
    told = {str(row["USER_ID"]): row["ACTIVE"] for row in api.rest("GET", "/Users")}
    assert {row["id"]: row["active"] for row in api.get("/Users")["Resources"]} == told
    assert False in told.values()


@pytest.mark.parametrize("tag", ["left", "pending", "unknown_status", "restricted"])
def test_namely_shows_the_same_activity_on_both_sides(start: Started, tag: str) -> None:
    api = start("namely")
    person = find(api.box.people, tag)
    for active, word in ((True, "active"), (False, "inactive"), (True, "active")):
        set_active(api, person, active)
        status = api.rest("GET", f"/profiles/{person.uuid}")["profiles"][0]["user_status"]
        assert status == word or (tag, active) == ("unknown_status", True)
    for active, word in ((False, "inactive"), (True, "active")):
        api.rest("PUT", f"/profiles/{person.uuid}", {"profiles": [{"user_status": word}]})
        assert api.user(person)["active"] is active


def test_a_name_changed_in_scim_is_changed_in_the_own_api(start: Started) -> None:
    insightly, namely = start("insightly"), start("namely")
    change = {"op": "replace", "value": {"name": {"givenName": "Nia"}, "userName": "nia@example.com"}}
    for api in (insightly, namely):
        api.patch(api.box.people[30], change)
    row = insightly.rest("GET", "/Users/31")
    assert (row["FIRST_NAME"], row["EMAIL_ADDRESS"]) == ("Nia", "nia@example.com")
    profile = namely.rest("GET", f"/profiles/{namely.box.people[30].uuid}")["profiles"][0]
    assert (profile["first_name"], profile["email"]) == ("Nia", "nia@example.com")


# -- faults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "how", "status"),
    [
        ("throttle", {"retry_after": "2"}, 429),
        ("throttle", {"status": 503}, 503),
        ("quota", {}, 429),
        ("error", {}, 500),
        ("error", {"status": 502}, 502),
        ("forbidden", {}, 403),
        ("unauthorized", {}, 401),
    ],
)
def test_an_ordered_error_speaks_scim(api: Api, kind: str, how: Row, status: int) -> None:
    api.box.play(kind, on="/scim/v2/Users", **how)
    answer = api("GET", "/Users")
    refused(answer, status)
    assert answer.headers.get("Retry-After") == how.get("retry_after")


@pytest.mark.parametrize("kind", ["reset", "unreached", "truncated", "html", "wrong_type", "invalid_json", "redirect"])
def test_a_broken_answer_is_broken_here_too(api: Api, kind: str) -> None:
    assert kind in FAULTS
    api.box.play(kind, on="/scim/v2/Users")
    with pytest.raises(requests.RequestException):
        api("GET", "/Users", allow_redirects=False).json()
    assert api.get("/Users")["totalResults"] == 40


def test_faults_of_lists_bite(api: Api) -> None:
    api.box.play("clamped", on="Users", size=3, times=None)
    assert len(api.ids(count=20)) == 3
    api.box.play("wrong_total", on="Users", size=7)
    assert api.get("/Users")["totalResults"] == 47
    api.box.play("malformed", on="Users")
    whole, odd = api.get("/Users")["Resources"][1:]
    assert whole["userName"]
    assert odd["userName"] == {"unexpected": [api.box.people[2].email]}
    assert odd["id"] == api.box.scim_id(api.box.people[2])
    api.box.play("repeated_page", on="Users")
    assert api.ids(startIndex=4) == api.ids()


@pytest.mark.parametrize(("kind", "status"), [("reset", 201), ("unreached", 0)])
def test_a_dropped_write_was_done_or_was_not(writable: Api, kind: str, status: int) -> None:
    writable.box.play(kind, on="/Users", method="POST")
    with pytest.raises(requests.ConnectionError):
        writable("POST", "/Users", newcomer())
    assert len(writable.box.people) == 40 + (kind == "reset")
    assert [one.status for one in writable.box.log] == [status]
    again = writable("POST", "/Users", newcomer())
    assert again.status_code == (409 if kind == "reset" else 201)


def test_insightlys_own_limits_answer_in_scim_too(start: Started) -> None:
    api = start("insightly", "observed")
    assert isinstance(api.box, InsightlySandbox)
    api.box.limit = (1, 60.0)
    assert api("GET", "/Users").ok
    refused(api("GET", "/Users"), 429)
    api.box.limit, api.box.quota = None, 1
    refused(api("GET", "/Users"), 429)


def test_who_is_out_of_sight_is_no_user(api: Api) -> None:
    hidden = [person for person in api.box.people if person.department == "Sales"]
    api.box.play("lost_department", on="/Users", department="Sales")
    assert api.get("/Users")["totalResults"] == 40 - len(hidden)
    refused(api("GET", f"/Users/{api.box.scim_id(hidden[0])}"), 404)
    assert api.get("/Users", filter=f'id eq "{api.box.scim_id(hidden[0])}"')["totalResults"] == 0
    api.box.calm()
    api.box.play("half_list", on="/Users")
    assert api.get("/Users")["totalResults"] == 20
