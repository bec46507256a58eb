"""The sandbox of the usual kind: what a class states is what is answered, and each fault has its place."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
import requests

from headcount.sandbox import AWKWARD, Answer, Call, Person, RestSandbox, Row, find, population, route


class Acme(RestSandbox):
    """A vendor that writes in every way."""

    name = "acme"
    people_at, count_at, owner_at = "/staff", "/staff/count", "/me"
    groups: ClassVar[Any] = {"/departments": ("department",), "/groups": ("location", "teams")}
    total_at, size, since_param = "meta.total", 10, "since"
    writes: ClassVar[Any] = ("POST", "PATCH", "PUT", "DELETE")
    restricted_fields = frozenset({"mail"})
    fields: ClassVar[Any] = {
        "first": "given",
        "mail": "email",
        "starts": "hired",
        "boss": "manager_id",
        "at": "updated",
    }

    def row(self, person: Person) -> Row:
        return {**super().row(person), "state": self.status(person)}


class Nested(Acme):
    """A vendor of objects, that writes days as the Germans do."""

    dates = "%d.%m.%Y"
    fields: ClassVar[Any] = {"name.first": "given", "name.last": "family", "starts": "hired", "at": "updated"}

    @route("GET", "/staff/<id>/name")
    def get_name(self, call: Call, id: str) -> Answer:
        return Answer(body=self.row(self.one(id))["name"])


class Offset(Acme):
    paging, page_param = "offset", "skip"


class Cursor(Acme):
    paging, page_param, next_at, items = "cursor", "after", "meta.next", "data"


class Linked(Acme):
    paging, items, total_header = "link", "", "X-Total"


class Whole(Acme):
    paging, total_at = "none", ""


class ReadOnly(Acme):
    count_at = owner_at = ""
    writes: ClassVar[Any] = ()
    groups: ClassVar[Any] = {}


def ask(box: RestSandbox, path: str, method: str = "GET", body: Any = None, **query: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {box.key}"}
    return requests.request(method, box.base_url + path, params=query, json=body, headers=headers, timeout=5)


@pytest.mark.parametrize("kind", [Acme, Offset, Cursor, Linked, Whole])
def test_every_style_of_paging_leads_to_everybody(kind: type[RestSandbox]) -> None:
    with kind(people=25) as box:
        found: list[str] = []
        query: dict[str, Any] = {}
        for _ in range(4):
            answer = ask(box, "/staff", **query)
            body = answer.json()
            rows = body if kind is Linked else body["data" if kind is Cursor else "staff"]
            found += [row["id"] for row in rows]
            following: dict[type[RestSandbox], dict[str, Any]] = {
                Acme: {"page": len(found) // 10 + 1},
                Offset: {"skip": len(found)},
                Cursor: {"after": body["meta"]["next"]} if kind is Cursor else {},
                Linked: {"page": answer.links.get("next", {}).get("url", "").rpartition("=")[2]},
            }
            if len(found) == 25:
                break
            query = following[kind]
        assert found == [str(number) for number in range(1, 26)]
        assert (kind is Whole) is (not box.paged)


def test_totals_stand_where_they_are_said_to_and_the_last_page_leads_nowhere() -> None:
    with Linked(people=25) as box:
        last = ask(box, "/staff", page=3)
        assert (last.headers["X-Total"], len(last.json())) == ("25", 5)
        assert set(last.links) == {"first"}
    with Cursor(people=25) as box:
        assert ask(box, "/staff").json()["meta"] == {"total": 25, "next": "2"}
        assert ask(box, "/staff", after="3").json()["meta"] == {"total": 25, "next": None}
        box.play("empty_page", on=box.lists, times=None)
        pages = [ask(box, "/staff", after=number).json() for number in range(1, 5)]
        assert [len(page["data"]) for page in pages] == [10, 0, 10, 5]
        assert [page["meta"]["next"] for page in pages] == ["2", "3", "4", None]
    with Acme(people=0) as box:
        assert ask(box, "/staff").json() == {"staff": [], "meta": {"total": 0}}
        assert ask(box, "/me").status_code == 404


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [("bearer", "Authorization", "Bearer {}"), ("basic", "Authorization", "Basic {}"), ("X-Key", "X-Key", "{}")],
)
def test_the_key_comes_in_the_way_that_is_said(auth: str, header: str, value: str) -> None:
    kind = type("Keyed", (Acme,), {"auth": auth, "credential": "api_key"})
    with kind(people=1) as box:
        assert box.settings["api_key"] == box.key
        sent = b64encode(f"{box.key}:".encode()).decode() if auth == "basic" else box.key
        right, wrong = (
            requests.get(f"{box.base_url}/staff", headers={header: value.format(key)}, timeout=5)
            for key in (sent, "wrong")
        )
        assert (right.status_code, wrong.status_code) == (200, 401)
        assert wrong.json() == {"error": "Unauthorized"}


def test_one_the_count_the_owner_and_who_changed() -> None:
    with Acme(people=25) as box:
        assert ask(box, "/staff/7").json()["id"] == "7"
        assert ask(box, "/staff/700").status_code == 404
        assert ask(box, "/staff/count").json() == {"count": 25}
        assert ask(box, "/me").json()["id"] == "1"
        since = box.clock.advance(hours=1)
        assert ask(box, "/staff", since=since.isoformat()).json()["staff"] == []
        box.clock.advance(minutes=1)
        box.touch(box.people[3])
        changed = ask(box, "/staff", since=f"{since:%Y-%m-%dT%H:%M:%SZ}").json()
        assert ([row["id"] for row in changed["staff"]], changed["meta"]) == (["4"], {"total": 1})
        assert ask(box, "/staff", since="yesterday").status_code == 400


def test_groups_are_those_that_people_name_and_keep_their_ids() -> None:
    with Acme(people=25) as box:
        found = {row["name"]: row["id"] for row in ask(box, "/departments").json()["departments"]}
        assert set(found) == {person.department for person in box.people} - {""}
        assert {row["type"] for row in ask(box, "/groups").json()["groups"]} == {"location", "teams"}
        assert box.group_id("department", "Sales") == found["Sales"]
        assert box.group_id("department", "") is None
        box.people[3].department = "Legal"
        again = {row["name"]: row["id"] for row in ask(box, "/departments").json()["departments"]}
        assert again.items() > found.items()
        assert set(again) - set(found) == {"Legal"}


def test_a_person_is_made_changed_replaced_and_deleted() -> None:
    with Acme(people=25) as box:
        made = ask(box, "/staff", "POST", {"first": "Ada", "starts": "2027-01-04", "boss": 2})
        assert (made.status_code, made.headers["Location"]) == (201, f"{box.base_url}/staff/26")
        assert (box.people[-1].given, box.people[-1].hired) == ("Ada", date(2027, 1, 4))
        changed = ask(box, "/staff/26", "PATCH", {"mail": "ada@example.com", "starts": None, "state": "gone"})
        assert changed.status_code == 200
        assert {**changed.json(), "at": ""} == {
            "id": "26",
            "first": "Ada",
            "mail": "ada@example.com",
            "starts": None,
            "boss": 2,
            "at": "",
            "state": "active",
        }
        assert json.loads(ask(box, "/staff/26", "PUT", {"first": "Ada"}).text)["mail"] is None
        assert ask(box, "/staff/26", "DELETE").status_code == 204
        assert len(box.people) == 25


def test_who_cannot_see_a_field_does_not_empty_it_by_leaving_it_out() -> None:
    with Acme(people=25) as box:
        box.restricting = True
        assert "mail" not in ask(box, "/staff/1").json()
        assert ask(box, "/staff/1", "PUT", {"first": "Ada"}).status_code == 200
        assert (box.people[0].given, bool(box.people[0].email)) == ("Ada", True)


@pytest.mark.parametrize("body", [{"starts": "soon"}, {"first": 7}, {"boss": "x"}, {"shoe": 43}, ["x"], None])
def test_a_body_that_is_not_valid_changes_nothing(body: Any) -> None:
    with Acme(people=3) as box:
        before = box.people[0].given
        for path, method in (("/staff", "POST"), ("/staff/1", "PATCH")):
            told = {"first": "Ada", **body} if isinstance(body, dict) else body
            answer = ask(box, path, method, told)
            assert answer.status_code == 400
            assert answer.json()["error"]
        assert (len(box.people), box.people[0].given) == (3, before)


def test_objects_and_days_of_the_vendors_own_are_shown_and_written() -> None:
    with Nested(people=25) as box:
        made = ask(box, "/staff", "POST", {"name": {"first": "Ada", "last": "Abel"}, "starts": "04.01.2027"}).json()
        assert (made["name"], made["starts"]) == ({"first": "Ada", "last": "Abel"}, "04.01.2027")
        assert box.people[-1].hired == date(2027, 1, 4)
        assert ask(box, "/staff/26", "PATCH", {"name": {"first": "Eve"}}).json()["name"] == {
            "first": "Eve",
            "last": "Abel",
        }
        assert ask(box, "/staff/26/name").json() == {"first": "Eve", "last": "Abel"}
        put = ask(box, "/staff/26", "PUT", {"name": {"first": "Zoe"}}).json()
        assert (put["name"], put["starts"]) == ({"first": "Zoe", "last": None}, None)
        wrong = ({"starts": "2027-01-04"}, {"starts": "4.1.2027"}, {"name": {"second": "x"}}, {"name": "Ada"})
        assert {ask(box, "/staff/26", "PATCH", body).status_code for body in wrong} == {400}
        assert ask(box, "/staff/700/name").status_code == 404


def test_a_circle_of_managers_is_one_with_somebody_who_is_not_odd() -> None:
    people = population(60, now=datetime(2027, 3, 10, tzinfo=UTC))
    one = find(people, "manager_cycle")
    (other,) = (person for person in people if person.id == one.manager_id)
    assert (other.manager_id, other.tags) == (one.id, frozenset())
    assert {tag for person in people for tag in person.tags} == set(AWKWARD)


def test_what_a_vendor_does_not_have_is_not_there() -> None:
    with ReadOnly(people=3) as box:
        for path, method in (("/staff", "POST"), ("/staff/1", "PATCH"), ("/staff/1", "PUT"), ("/staff/1", "DELETE")):
            assert ask(box, path, method, {"first": "Ada"}).status_code == 405
        assert {ask(box, path).status_code for path in ("/me", "/departments", "/staff/count")} == {404}


def test_a_status_is_one_word_or_the_company_s_own() -> None:
    with Acme(people=25) as box:
        told = {next(iter(one.tags), ""): box.status(one) for one in box.people}
        assert (told["pending"], told["left"], told["on_leave"]) == ("pending", "terminated", "on_leave")
        assert (told["future_leaver"], told["unknown_status"]) == ("active", "Sabbatical (unpaid)")
        box.people[0].left = box.clock.today()
        assert box.status(box.people[0]) == "terminated"
