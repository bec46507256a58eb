"""SCIM: requests as data, and a reading that bears with servers that do not keep to the letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.sandbox import Answer, Call, Sandbox, route
from headcount.scim import ASKING, GIVEN_BY_SERVER, HEADERS, OVER, PATCH, SIZE, USER, scim_takes_patch
from tests.core.toy import QUICK


class Server(Sandbox):
    """A SCIM server of whatever manners a test gives it."""

    name = "scim"
    prefixes = ("/scim/v2",)

    def __init__(self) -> None:
        super().__init__(people=0)
        self.users: list[Any] = []
        self.filters = True
        self.nobody: Answer | None = None
        self.size = 2
        self.repeats = False
        self.config: Answer | None = None

    @property
    def settings(self) -> dict[str, Any]:
        return {}

    def authorized(self, call: Call) -> bool:
        return True

    def error(self, status: int, message: str = "") -> Answer:
        return Answer(status=status, body={"detail": message, "status": str(status)})

    @route("GET", "/Users")
    def list(self, call: Call) -> Answer:
        users = self.users
        if self.filters:
            wanted = json.loads(call.query["filter"].removeprefix("userName eq "))
            users = [user for user in users if user.get("userName", "").casefold() == wanted.casefold()]
        if not users and self.nobody is not None:
            return self.nobody
        start = 0 if self.repeats else call.number("startIndex", 1) - 1
        page = users[start : start + self.size]
        body = {"totalResults": len(users), "startIndex": start + 1, "itemsPerPage": len(page), "Resources": page}
        return Answer(body=body, content_type="application/scim+json")

    @route("GET", "/ServiceProviderConfig")
    def provider(self, call: Call) -> Answer:
        return self.config or self.error(404)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def http(server: Server) -> Iterator[hc.Transport]:
    transport = hc.Transport(server.base_url, hc.Bearer("token"), vendor="scim", options=QUICK)
    yield transport
    transport.close()


def user(user_name: str, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "id": f"id-of-{user_name}", "userName": user_name, **more}


ADA = user(
    "ada@example.com",
    name={"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"},
    active=True,
    meta={"version": "3"},
    groups=[{"value": "g"}],
    password="***",
)


# -- finding --------------------------------------------------------------------------------------


def test_a_user_is_asked_for_by_name(server: Server, http: hc.Transport) -> None:
    server.users = [user("grace@example.com"), ADA]
    assert hc.scim_user(http, "ada@example.com") == ADA
    (asked,) = server.log
    assert asked.query == {"filter": 'userName eq "ada@example.com"', "startIndex": "1", "count": str(SIZE)}
    assert "application/scim+json" in asked.headers["Accept"]


@pytest.mark.parametrize("asked", ["ADA@example.com", "ada@Example.COM", " ada@example.com "])
@pytest.mark.parametrize("shown", ["ada@example.com", "Ada@Example.Com"])
def test_letter_case_is_no_matter(server: Server, http: hc.Transport, asked: str, shown: str) -> None:
    server.filters = False
    server.users = [user(shown)]
    assert hc.scim_user(http, asked) == server.users[0]


def test_nobody_is_nobody(server: Server, http: hc.Transport) -> None:
    server.users = [user("grace@example.com")]
    assert hc.scim_user(http, "ada@example.com") is None


@pytest.mark.parametrize("body", [{"detail": "no such user"}, b""])
def test_a_server_may_answer_404_for_nobody(server: Server, http: hc.Transport, body: Any) -> None:
    server.nobody = Answer(status=404, body=body)
    assert hc.scim_user(http, "ada@example.com") is None


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_failure_is_not_taken_for_nobody(server: Server, http: hc.Transport, status: int) -> None:
    server.nobody = Answer(status=status, body={})
    with pytest.raises(hc.VendorError) as caught:
        hc.scim_user(http, "ada@example.com")
    assert caught.value.status == status


@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_filter_that_is_ignored_brings_everyone_and_the_right_one_is_found(
    server: Server, http: hc.Transport, place: int
) -> None:
    server.filters = False
    server.users = [user(f"user{number}@example.com") for number in range(6)]
    server.users.insert(place, ADA)
    assert hc.scim_user(http, "ada@example.com") == ADA
    assert hc.scim_user(http, "nobody@example.com") is None


def test_a_server_that_ignores_both_filter_and_page_ends(server: Server, http: hc.Transport) -> None:
    server.filters, server.repeats = False, True
    server.users = [user(f"user{number}@example.com") for number in range(6)]
    assert hc.scim_user(http, "ada@example.com") is None
    assert len(server.log) == 2


def test_another_name_that_only_looks_alike_is_not_taken(server: Server, http: hc.Transport) -> None:
    server.filters = False
    server.users = [user("xada@example.com"), user("ada@example.com.evil"), {"id": "1"}, None, "user", {"userName": 7}]
    server.size = 9
    assert hc.scim_user(http, "ada@example.com") is None


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_name_cannot_become_a_part_of_the_filter(name: str) -> None:
    """What stands between the quotes is the name, as a JSON text (RFC 7644, section 3.4.2.2)."""
    asked: list[hc.Request] = []

    class Deaf:
        def pages(self, request: hc.Request, **_: Any) -> Iterator[hc.Page]:
            asked.append(request)
            return iter(())

        def where_offered(self, pages: Iterator[hc.Page]) -> Iterator[hc.Page]:
            return pages

    assert hc.scim_user(Deaf(), name) is None  # type: ignore[arg-type]
    said = asked[0].params["filter"]
    assert said.startswith("userName eq ")
    assert json.loads(said.removeprefix("userName eq ")) == name


def test_a_server_may_leave_the_list_out_for_nobody(server: Server, http: hc.Transport) -> None:
    server.nobody = Answer(body={"totalResults": 0, "schemas": []}, content_type="application/scim+json")
    assert hc.scim_user(http, "ada@example.com") is None


# -- making ---------------------------------------------------------------------------------------


def test_a_user_is_made_by_one_post() -> None:
    step = hc.scim_create({"userName": "ada@example.com", "active": True}, says="Make", expect={"status": "active"})
    assert (step.request.method, step.request.path) == ("POST", "/Users")
    assert step.request.json == {"schemas": [USER], "userName": "ada@example.com", "active": True}
    assert step.request.headers == HEADERS
    assert (step.makes, step.over, step.says, step.expect) == (True, OVER, "Make", {"status": "active"})


def test_a_user_of_several_schemas_keeps_them() -> None:
    mine = [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
    assert hc.scim_create({"schemas": mine}, says="Make", expect={}).request.json == {"schemas": mine}


# -- changing -------------------------------------------------------------------------------------

CHANGES = {"active": False, "name.givenName": "Augusta", "emails": [{"value": "ada@example.com", "primary": True}]}


def changed(http: hc.Transport, user: Any = ADA, changes: Any = CHANGES) -> list[hc.Step]:
    step = hc.scim_change(http, user, changes, says="Change", expect={"status": "inactive"})
    return [step, *step.otherwise]


def test_a_change_has_three_forms_one_in_place_of_the_other(http: hc.Transport) -> None:
    together, apart, whole = changed(http)
    assert [step.request.method for step in (together, apart, whole)] == ["PATCH", "PATCH", "PUT"]
    assert together.request.json == {
        "schemas": [PATCH],
        "Operations": [
            {
                "op": "replace",
                "value": {"active": False, "name": {"givenName": "Augusta"}, "emails": CHANGES["emails"]},
            }
        ],
    }
    assert apart.request.json == {
        "schemas": [PATCH],
        "Operations": [
            {"op": "replace", "path": "active", "value": False},
            {"op": "replace", "path": "name.givenName", "value": "Augusta"},
            {"op": "replace", "path": "emails", "value": CHANGES["emails"]},
        ],
    }
    assert whole.request.json == {
        "schemas": [USER],
        "userName": "ada@example.com",
        "name": {"givenName": "Augusta", "familyName": "Byron", "formatted": "Ada Byron"},
        "active": False,
        "emails": CHANGES["emails"],
    }


def test_every_form_is_of_one_user_says_the_same_and_promises_the_same(http: hc.Transport) -> None:
    for step in changed(http):
        assert step.request.path == "/Users/id-of-ada%40example.com"
        assert step.request.headers == HEADERS
        assert (step.says, step.over, step.expect, step.makes) == ("Change", OVER, {"status": "inactive"}, False)
    assert [step.otherwise for step in changed(http)[1:]] == [(), ()]


def test_what_the_server_gives_is_not_sent_back(http: hc.Transport) -> None:
    for step in changed(http):
        assert not set(GIVEN_BY_SERVER) & set(step.request.json)


def test_the_user_that_was_read_stays_as_it_was(http: hc.Transport) -> None:
    before = json.dumps(ADA)
    changed(http)
    assert json.dumps(ADA) == before


def test_an_attribute_that_was_not_there_is_added(http: hc.Transport) -> None:
    bare = {"id": "1", "userName": "ada", "name": None}
    assert changed(http, bare, {"name.givenName": "Ada"})[2].request.json == {
        "schemas": [USER],
        "userName": "ada",
        "name": {"givenName": "Ada"},
    }


@pytest.mark.parametrize(
    ("config", "takes", "methods"),
    [
        (Answer(body={"patch": {"supported": False}}), False, ["PUT"]),
        (Answer(body={"patch": {"supported": True}}), True, ["PATCH", "PATCH", "PUT"]),
        (Answer(body={"patch": {}}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(body={"patch": "no"}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(body={"patch": {"supported": "false"}}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(body={}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(body=[]), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(status=404), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(status=403, body={}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(status=401, body={}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(status=500, body={}), None, ["PATCH", "PATCH", "PUT"]),
        (Answer(body="<html>", content_type="text/html"), None, ["PATCH", "PATCH", "PUT"]),
    ],
)
def test_a_server_that_says_it_takes_no_patch_gets_the_whole_user_alone(
    server: Server, http: hc.Transport, config: Answer, takes: bool | None, methods: list[str]
) -> None:
    server.config = config
    assert scim_takes_patch(http) is takes
    assert [step.request.method for step in changed(http)] == methods
    assert {logged.method for logged in server.log} == {"GET"}


# -- deleting, and ids ----------------------------------------------------------------------------


def test_a_user_is_deleted_by_id() -> None:
    step = hc.scim_delete(ADA, says="Delete", expect={"there": False})
    assert (step.request.method, step.request.path, step.request.json) == (
        "DELETE",
        "/Users/id-of-ada%40example.com",
        None,
    )
    assert (step.request.headers, step.over, step.expect) == (ASKING, OVER, {"there": False})


@given(id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1) | st.integers())
def test_an_id_is_one_segment_of_the_path_whatever_stands_in_it(id: Any) -> None:
    path = hc.scim_delete({"id": id}, says="Delete", expect={}).request.path
    assert path == f"/Users/{hc.segment(str(id))}"
    assert path.count("/") == 2
    assert not set(path) & set("?#{} ")


def test_a_line_of_scim_is_no_write_before_it_is_applied(server: Server, http: hc.Transport) -> None:
    for step in (*changed(http), hc.scim_delete(ADA, says="Delete", expect={})):
        with pytest.raises(hc.Unsupported):
            http.send(step.request)
    assert {logged.method for logged in server.log} == {"GET"}
