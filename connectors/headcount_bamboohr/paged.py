"""The paged list of employees: its own names of fields, filters, orders, cursors, and its own way to refuse."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from headcount.sandbox import Answer, Person, Refused
from headcount_bamboohr.history import View, status
from headcount_bamboohr.shapes import FIELDS, Row

ALWAYS = ("firstName", "lastName", "preferredName", "photoUrl", "jobTitleName", "status")
SORTS = ("employeeId", "firstName", "lastName", "preferredName", "jobTitleName", "status")
SAME = (
    "firstName lastName preferredName photoUrl status workEmail homeEmail bestEmail middleName workPhone "
    "workPhoneExtension mobilePhone homePhone skypeUsername hireDate"
).split()
RENAMED = {
    "divisionName": "division",
    "departmentName": "department",
    "locationName": "location",
    "jobTitleName": "jobTitle",
    "employmentStatusName": "employmentHistoryStatus",
    "reportsToName": "reportsTo",
    "reportsToId": "supervisorEId",
    "birthDate": "dateOfBirth",
    "linkedinUrl": "linkedIn",
    "facebookUrl": "facebook",
    "instagramUrl": "instagram",
    "twitterUrl": "twitterFeed",
    "pinterestUrl": "pinterest",
    "divisionId": "division",
    "departmentId": "department",
    "locationId": "location",
    "jobTitleId": "jobTitle",
    "employmentStatusId": "employmentHistoryStatus",
}
OPTION_IDS = ("divisionId", "departmentId", "locationId", "jobTitleId", "employmentStatusId")
LISTED = {name: FIELDS[name] for name in SAME} | {name: FIELDS[RENAMED[name]] for name in RENAMED}
"""Its fields by its own names, which the official description gives."""


def row(
    person: Person, asked: Iterable[str], hidden: Iterable[str], view: View, option: Callable[[int, str], int]
) -> Row:
    """A person but for the id. It knows no blank but null, and names what it hides; `option` numbers a word."""
    cells: Row = {}
    for name in (*ALWAYS, *(name for name in asked if name in LISTED)):
        field = LISTED[name]
        value = None if field.alias in hidden else field.read(person, view)
        cells[name] = str(option(field.number or 0, value)) if value and name in OPTION_IDS else value
    return {**cells, "_restrictedFields": [name for name in cells if LISTED[name].alias in hidden]}


def found(people: Iterable[Person], query: Mapping[str, str], view: View) -> list[Person]:
    """The people whom the filters leave, in the order asked for."""

    def text(name: str, person: Person) -> str:
        return (LISTED[name].read(person, view) or "").lower()

    given = MultiDict(query)
    ids = {id for many in (*given.getlist("filter[ids]"), *given.getlist("filter[ids][]")) for id in many.split(",")}
    left = [person for person in people if not ids or str(person.id) in ids]
    if state := query.get("filter[status]"):
        if state not in ("active", "inactive"):
            raise refused("BadRequest", "filter[status] must be active or inactive.")
        left = [person for person in left if status(person).lower() == state]
    for name in ("firstName", "lastName", "jobTitleName"):
        part = query.get(f"filter[{name}]", "").lower()
        left = [person for person in left if part in text(name, person)] if part else left
    for sort in reversed(query["sort"].split(",") if "sort" in query else []):
        name, down = sort.removeprefix("-"), sort.startswith("-")
        if name not in SORTS:
            raise refused("BadRequest", f"Cannot sort by {name}.")
        keys = {person.id: person.id if name == "employeeId" else text(name, person) for person in left}
        left.sort(key=lambda person: keys[person.id], reverse=down)
    return left


def cursor(person: int, *, again: bool) -> str:
    """The cursor of the page that this person opens; `again` if that page was just sent, empty."""
    told = {"nextEmployee": person} | ({"again": True} if again else {})
    return base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()


def opened(after: str | None, ids: list[int]) -> tuple[int, bool]:
    """Where among the ids a cursor points, and whether again. Nobody pages backwards: `page[before]` is not read."""
    try:
        told: dict[str, Any] = json.loads(base64.b64decode(after)) if after else {}
        return ids.index(told["nextEmployee"]) if told else 0, "again" in told
    except (ValueError, KeyError):
        raise refused("BadPage", "The page cursor is not valid.") from None


def links(query: Mapping[str, str], ahead: str | None) -> Row:
    """They name the company's own host, whatever was called; the last page has no next one (recorded 2026)."""
    next_one = {"page[after]": ahead, **{name: value for name, value in query.items() if name != "page[after]"}}
    queries = {"self": query, "next": next_one} if ahead else {"self": query}
    here = "https://acme.bamboohr.com/api/v1/employees"
    return {name: {"href": f"{here}?{urlencode(list(asked.items()))}"} for name, asked in queries.items()}


def refused(code: str, message: str) -> Refused:
    """How this list, unlike its elders, says what is wrong (official description)."""
    body = {"error": {"code": code, "message": message}}
    return Refused(Answer(status=400, body=body, content_type="application/json"))
