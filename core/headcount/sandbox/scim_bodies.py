"""SCIM's bodies: errors, lists and discovery as a server writes them, users and operations as a client does.

A user is read into a flat dict by attribute, as `{"userName": …, "name.givenName": …, "emails": …}`; `emails` is
the work address. `names` are the attributes that a server has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from headcount.sandbox.calls import Answer, Call, Refused, Row, phrase

SCIM = "application/scim+json"
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER = CORE + "User"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
PATCH = MESSAGES + "PatchOp"
WORK = re.compile(r'emails(\[\s*(type\s+eq\s+"work"|primary\s+eq\s+"?true"?)\s*\])?(\.value)?', re.IGNORECASE)
READ_ONLY = ("id", "meta", "schemas", "groups")


def say(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer of a SCIM server."""
    return Answer(status=status, body=body, headers=headers, content_type=SCIM)


def failure(status: int, detail: str = "", kind: str = "", **headers: str) -> Answer:
    """A SCIM error: its status is a text; `kind` is the RFC's word for it, where it has one."""
    body = {"schemas": [MESSAGES + "Error"], "status": str(status), "detail": detail or phrase(status)}
    return say(body | ({"scimType": kind} if kind else {}), status, **headers)


def refused(kind: str, detail: str, status: int = 400) -> Refused:
    """What a handler raises to refuse a request; `kind` is the RFC's word."""
    return Refused(failure(status, detail, kind))


def listed(rows: Sequence[Row], total: int, start: int = 1) -> Answer:
    """Rows in the envelope of a list, from `start` (the first is 1) of so many."""
    row = {"totalResults": total, "itemsPerPage": len(rows), "startIndex": start, "Resources": rows}
    return say({"schemas": [MESSAGES + "ListResponse"]} | row)


# -- discovery ----------------------------------------------------------------------------------------


def config(*, patch: bool, most: int) -> Row:
    """What the server can do: look up by a filter, up to `most` at once, and it may be PATCH."""
    row: Row = {name: {"supported": False} for name in ("bulk", "changePassword", "sort", "etag")}
    row["bulk"] |= {"maxOperations": 0, "maxPayloadSize": 0}
    scheme = {"type": "oauthbearertoken", "name": "Bearer", "description": "A token made in the settings."}
    row |= {"patch": {"supported": patch}, "filter": {"supported": True, "maxResults": most}}
    return {"schemas": [CORE + "ServiceProviderConfig"], **row, "authenticationSchemes": [scheme]}


def resource_type() -> Row:
    row = {"id": "User", "name": "User", "endpoint": "/Users", "schema": USER, "schemaExtensions": []}
    return {"schemas": [CORE + "ResourceType"], **row}


def schema(names: Sequence[str], required: Sequence[str], *, writes: bool) -> Row:
    """What a user has; all of it can only be read where nothing can be written."""

    def attribute(path: str, kind: str = "string", parts: Sequence[str] = ()) -> Row:
        row: Row = {"name": path.rpartition(".")[2], "type": kind, "multiValued": path == "emails"}
        row |= {"required": path in required, "mutability": "readWrite" if writes else "readOnly"}
        row |= {"caseExact": path == "externalId", "uniqueness": "server" if path == "userName" else "none"}
        row |= {"returned": "default", "description": f"The {path} of a user."}
        return row | ({"subAttributes": [attribute(part) for part in parts]} if parts else {})

    plain = [attribute(name) for name in names if "." not in name and name not in ("active", "emails")]
    rows = [*plain, attribute("active", "boolean"), attribute("emails", "complex", ("emails.value", "emails.type"))]
    rows += [attribute("name", "complex", [name for name in names if name.startswith("name.")])]
    return {"schemas": [CORE + "Schema"], "id": USER, "name": "User", "attributes": rows}


# -- what a client sends ------------------------------------------------------------------------------


def sent(call: Call, schema: str) -> Row:
    """The object in the body, which must name its schema; nulls are as good as nothing (RFC 7643, 2.5)."""
    try:
        body = call.json()
    except ValueError as error:
        raise refused("invalidSyntax", "The body is not JSON.") from error
    if not isinstance(body, dict) or schema not in (body.get("schemas") or ()):
        raise refused("invalidSyntax", f"The body does not say that it is a {schema}.")
    return {name: value for name, value in body.items() if value is not None}


def bare(path: str) -> str:
    """A path in small letters and without the schema of users."""
    return path.strip().lower().removeprefix(USER.lower() + ":")


def known(path: str, names: Sequence[str]) -> list[str]:
    """The attributes that a path means, in any letter case: `name` means its parts, an unknown one means none."""
    if WORK.fullmatch(low := bare(path)):
        return ["emails"]
    return [name for name in names if name.lower() == low or name.lower().startswith(low + ".")]


def parts(path: str, value: Any, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What a value at a path says, attribute by attribute: nothing, where none of `names` is meant."""
    meant = known(path, names)
    if meant and "." in meant[0] and bare(path) != meant[0].lower():
        if not isinstance(value, dict):
            raise refused("invalidValue", f"{path} has parts.")
        for part, inner in value.items():
            yield from parts(f"{path}.{part}", inner, names)
    elif meant == ["emails"] and not bare(path).endswith(".value"):
        yield from (("emails", fitting("emails", address)) for address in work_address(value))
    elif meant:
        yield meant[0], fitting(meant[0], value)


def work_address(entries: Any) -> list[Any]:
    """The address among e-mail entries (or in the one): that for work, else the primary one, else one of no type.

    No entries at all is None for the address; entries of other types alone say nothing about it.
    """
    told = entries if isinstance(entries, list) else [] if entries is None else [entries]
    if not all(isinstance(row, dict) for row in told):
        raise refused("invalidValue", "An entry of emails is an object.")
    rows = [{name.lower(): value for name, value in row.items()} for row in told]
    kinds = [str(row.get("type") or "").lower() for row in rows]
    chosen = [row for row, kind in zip(rows, kinds, strict=True) if kind == "work"]
    chosen += [row for row in rows if row.get("primary") is True]
    chosen += [row for row, kind in zip(rows, kinds, strict=True) if not kind]
    return [row.get("value") for row in chosen[:1]] if rows else [None]


def fitting(name: str, value: Any) -> Any:
    """A value as its attribute holds it: a text, or None for nothing; for `active` a boolean, spelt out if need be."""
    if name == "active":
        value = {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(value, bool) if name == "active" else not isinstance(value, str | None):
        raise refused("invalidValue", f"The value of {name} is not valid.")
    return value


def read(body: Row, names: Sequence[str]) -> Row:
    """What an object says of the attributes that the server has; the others are ignored."""
    return {name: value for path, inner in body.items() for name, value in parts(path, inner, names)}


def operations(body: Row) -> list[Row]:
    """The operations of a PATCH, their keys and `op` in small letters."""
    told = next((rows for name, rows in body.items() if name.lower() == "operations"), None)
    if not isinstance(told, list) or not told or not all(isinstance(row, dict) for row in told):
        raise refused("invalidSyntax", "There are no operations.")
    rows = [{name.lower(): value for name, value in row.items()} for row in told]
    rows = [row | {"op": str(row.get("op")).lower()} for row in rows]
    if not all(row["op"] in ("add", "replace", "remove") for row in rows):
        raise refused("invalidSyntax", "An operation is add, replace or remove.")
    return rows


def outcome(row: Row, names: Sequence[str]) -> Row:
    """What one operation sets, by attribute."""
    op, path, value = row["op"], str(row.get("path") or ""), row.get("value")
    if not path:
        if op == "remove":
            raise refused("noTarget", "remove needs a path.")
        if not isinstance(value, dict):
            raise refused("invalidValue", f"{op} without a path needs an object.")
        return read(value, names)
    if re.split(r"[.\[]", bare(path))[0] in READ_ONLY:
        raise refused("mutability", "The attribute can only be read.")
    meant = known(path, names)
    if not meant:
        raise refused("invalidPath", "There is no such attribute here.")
    if op == "remove":
        return {name: fitting(name, None) for name in meant}
    if "value" not in row:
        raise refused("invalidValue", f"{op} needs a value.")
    return dict(parts(path, value, names))
