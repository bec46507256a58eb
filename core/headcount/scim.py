"""SCIM 2.0 (RFC 7643, 7644) as a way to write users: requests as data, and tolerant reading of what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from headcount.errors import RecordError, Unavailable, VendorError
from headcount.facts import Facts
from headcount.http import Request, segment
from headcount.model import Raw
from headcount.paging import offset, total_at
from headcount.plan import Step
from headcount.transport import Transport

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
OVER = "scim"
HEADERS = {"Accept": "application/scim+json, application/json", "Content-Type": "application/scim+json"}
ASKING = {"Accept": "application/scim+json, application/json"}
GIVEN_BY_SERVER = ("id", "meta", "groups", "password")
SIZE = 100
PAGES = attrs.evolve(offset("startIndex", total=total_at("totalResults")), repeat_ends=True)


def scim_user(http: Transport, user_name: str) -> Raw | None:
    """The user of this name, in any letter case; None where there is none.

    Every record that comes is looked at: a server may ignore the filter, or answer 404 for nobody.
    """
    wanted = user_name.replace("\\", "\\\\").replace('"', '\\"')
    query = {"filter": f'userName eq "{wanted}"', "startIndex": 1, "count": SIZE}
    pages = http.pages(Request("GET", "/Users", query, headers=ASKING), at="Resources", by=PAGES)
    found = (raw for page in http.where_offered(pages) for raw in page.records)
    try:
        return next((raw for raw in found if _name(raw).casefold() == user_name.strip().casefold()), None)
    except Unavailable as error:
        if error.code != "no_list":
            raise
        return None  # a server may leave the list out where it is empty (RFC 7644, 3.4.2)


def _name(raw: Any) -> str:
    return str(raw.get("userName") or "") if isinstance(raw, Mapping) else ""


def scim_create(user: Mapping[str, Any], *, says: str, expect: Facts) -> Step:
    """The step that makes a user."""
    request = Request("POST", "/Users", json={"schemas": [USER], **user}, headers=HEADERS)
    return Step(says=says, request=request, expect=expect, makes=True, over=OVER)


def scim_change(http: Transport, user: Raw, changes: Mapping[str, Any], *, says: str, expect: Facts) -> Step:
    """The step that sets attributes of a user, dotted where they are parts of another: `active`, `name.givenName`.

    PATCH without a path, then, where that is refused, with one operation a path, then PUT of the whole user: servers
    differ in what they take. One that says it takes no PATCH gets the PUT alone.
    """
    path = _path(user)
    together = {"op": "replace", "value": _merged({}, changes)}
    apart = [{"op": "replace", "path": name, "value": value} for name, value in changes.items()]
    patches = [{"schemas": [PATCH], "Operations": operations} for operations in ([together], apart)]
    whole = _merged({key: value for key, value in user.items() if key not in GIVEN_BY_SERVER}, changes)
    put = Request("PUT", path, json={"schemas": [USER], **whole}, headers=HEADERS)
    taken = scim_takes_patch(http) is not False
    ways = [Request("PATCH", path, json=patch, headers=HEADERS) for patch in patches] if taken else []
    first, *others = (Step(says=says, request=request, expect=expect, over=OVER) for request in (*ways, put))
    return Step(says=says, request=first.request, expect=expect, over=OVER, otherwise=tuple(others))


def scim_delete(user: Raw, *, says: str, expect: Facts) -> Step:
    """The step that deletes a user."""
    return Step(says=says, request=Request("DELETE", _path(user), headers=ASKING), expect=expect, over=OVER)


def _path(user: Raw) -> str:
    if user.get("id") in (None, ""):
        raise RecordError("the SCIM user has no id")
    return f"/Users/{segment(str(user['id']))}"


def scim_takes_patch(http: Transport) -> bool | None:
    """What the server says of itself; None where it says nothing."""
    try:
        config = http.optional(Request("GET", "/ServiceProviderConfig", headers=ASKING))
    except VendorError:
        return None
    patch = config.get("patch") if isinstance(config, Mapping) else None
    said = patch.get("supported") if isinstance(patch, Mapping) else None
    return said if isinstance(said, bool) else None


def _merged(whole: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A user with attributes set by dotted name; what is beside them stays."""
    result = dict(whole)
    for name, value in changes.items():
        first, _, rest = name.partition(".")
        inner = result.get(first)
        result[first] = _merged(inner if isinstance(inner, Mapping) else {}, {rest: value}) if rest else value
    return result
