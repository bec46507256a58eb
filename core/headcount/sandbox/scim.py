"""SCIM 2.0 beside a vendor's own API: its users, behind a token of their own, as a view of the sandbox's people.

What RFC 7643 and 7644 ask of provisioning: discovery, look-up by one `eq`, pages, POST, PUT, PATCH, DELETE.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar
from urllib.parse import quote

import attrs

from headcount.sandbox import scim_bodies as bodies
from headcount.sandbox.calls import Answer, Call, Refused, Row, route
from headcount.sandbox.faults import Fault
from headcount.sandbox.people import Person
from headcount.sandbox.scim_bodies import PATCH, USER, failure, refused, say
from headcount.sandbox.server import Face, Sandbox

FILTER = re.compile(r'(?P<path>.+?)\s+eq\s+(?P<value>"(?:[^"\\]|\\.)*")', re.IGNORECASE)
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
WHEN = "%Y-%m-%dT%H:%M:%SZ"


@attrs.frozen
class ScimFace:
    """The bearer token of SCIM, and SCIM's errors."""

    sandbox: ScimSandbox

    def authorized(self, call: Call) -> bool:
        """Whether the call carries the token. Where SCIM is not offered, the vendor's own 404 for everybody."""
        if not self.sandbox.scim_offered:
            raise Refused(self.sandbox.error(404))
        return bool(call.headers.get("Authorization") == f"Bearer {self.sandbox.scim_token}")

    def error(self, status: int, message: str = "") -> Answer:
        return failure(status, message)

    def throttled(self, fault: Fault) -> Answer:
        hint = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return failure(fault.status or 429, **hint)

    def quota_used(self, fault: Fault) -> Answer:
        return self.throttled(fault)

    def no_route(self, call: Call, status: int) -> Answer:
        return failure(status, f"no {call.method} at {call.path}")


class ScimSandbox(Sandbox):
    """A sandbox whose vendor speaks SCIM as well: `scim_settings` lead there.

    A vendor's class states where SCIM hangs, what a user has and must have, and what being active means to it.
    What a server may leave out (`scim_offered`, `scim_writes`, `scim_patch`) a test sets on the sandbox.
    """

    scim_paths: ClassVar[Mapping[str, tuple[str, ...]]]
    """Where SCIM hangs, by dialect."""
    scim_texts: ClassVar[Mapping[str, str]] = {"name.givenName": "given", "name.familyName": "family"}
    """The plain texts of a user, each with the attribute of `Person` that holds it."""
    scim_required: ClassVar[tuple[str, ...]] = ("userName",)
    """What nobody can be made without, nor be robbed of."""
    scim_offered: bool = True
    """Whether there is SCIM at all; else every path of it is 404."""
    scim_writes: bool = True
    """Whether users can be written; else POST, PUT, PATCH and DELETE are 405."""
    scim_patch: str = "any"
    """Which PATCH is taken: "any", only with a "path" in each operation (else 400), or "none" (501)."""
    scim_most: int = 100
    """So many users are on a page, unless fewer are asked for."""

    @cached_property
    def scim_token(self) -> str:
        """The bearer token. It opens nothing but SCIM, and `key` does not open SCIM; a test may set another."""
        return f"{self.name}-sandbox-scim-token"

    @property
    def scim_settings(self) -> dict[str, str]:
        """Where SCIM is, and its token."""
        return {"scim_url": self.origin + self.scim_paths[self.dialect][0], "scim_token": self.scim_token}

    def face(self, call: Call) -> Face:
        below = tuple(path + "/" for path in self.scim_paths[self.dialect])
        return ScimFace(self) if call.path.startswith(below) else self

    # -- what a vendor says -------------------------------------------------------------------------

    def scim_id(self, person: Person) -> str:
        """The id of a user: the vendor's own, as text."""
        return str(person.id)

    @abstractmethod
    def scim_active(self, person: Person) -> bool:
        """Whether a user is active, as the vendor's own API would say."""

    @abstractmethod
    def scim_activate(self, person: Person, active: bool) -> None:
        """Make a user active or inactive, as a write to the vendor's own API would."""

    # -- reading ------------------------------------------------------------------------------------

    @route("GET", "/ServiceProviderConfig", at="scim_paths")
    def scim_config(self, call: Call) -> Answer:
        """What this server can do."""
        return say(bodies.config(patch=self.scim_writes and self.scim_patch != "none", most=self.scim_most))

    @route("GET", "/ResourceTypes", at="scim_paths")
    def scim_resource_types(self, call: Call) -> Answer:
        """Users, and nothing else."""
        return bodies.listed([bodies.resource_type()], 1)

    @route("GET", "/Schemas", at="scim_paths")
    def scim_schemas(self, call: Call) -> Answer:
        """What a user has here."""
        return bodies.listed([bodies.schema(self._names, self.scim_required, writes=self.scim_writes)], 1)

    @route("GET", "/Users", at="scim_paths")
    def scim_list(self, call: Call) -> Answer:
        """Everyone, or those of one filter; never everyone for a filter that is not understood."""
        people = self.visible(call)
        if "filter" in call.query:
            people = self._found(call.query["filter"], people)
        start = max(1, call.number("startIndex", 1))
        size = min(max(0, call.number("count", self.scim_most)), self.scim_most)
        rows = [self._resource(person) for person in self.page(call, people, start=start - 1, size=size)]
        return bodies.listed(self.shown(call, rows, id_key="id"), self.total(call, people), start)

    @route("GET", "/Users/<id>", at="scim_paths")
    def scim_get(self, call: Call, id: str) -> Answer:
        """One user, an inactive one too."""
        return say(self._resource(self._one(id)))

    # -- writing: all or nothing --------------------------------------------------------------------

    @route("POST", "/Users", at="scim_paths")
    def scim_create(self, call: Call) -> Answer:
        """Add a user; active unless said."""
        self._only_where_written()
        body, person = bodies.read(bodies.sent(call, USER), self._names), self.newcomer()
        self._write(person, {}, {"active": True} | body)
        self.people.append(person)
        row = self._resource(person)
        return say(row, 201, Location=row["meta"]["location"])

    @route("PUT", "/Users/<id>", at="scim_paths")
    def scim_replace(self, call: Call, id: str) -> Answer:
        """Replace a user: what is left out is emptied, and who is not said to be inactive is active."""
        self._only_where_written()
        person, body = self._one(id), bodies.read(bodies.sent(call, USER), self._names)
        self._write(person, self._flat(person), dict.fromkeys(self._names) | {"active": True} | body)
        return say(self._resource(person))

    @route("PATCH", "/Users/<id>", at="scim_paths")
    def scim_change(self, call: Call, id: str) -> Answer:
        """Change a user by operations, one after the other."""
        self._only_where_written()
        if self.scim_patch == "none":
            raise Refused(failure(501, "PATCH is not supported."))
        person, rows = self._one(id), bodies.operations(bodies.sent(call, PATCH))
        if self.scim_patch == "path" and not all(row.get("path") for row in rows):
            raise refused("invalidSyntax", "An operation needs a path.")
        before = self._flat(person)
        after = dict(before)
        for row in rows:
            after |= bodies.outcome(row, self._names)
        self._write(person, before, after)
        return say(self._resource(person))

    @route("DELETE", "/Users/<id>", at="scim_paths")
    def scim_delete(self, call: Call, id: str) -> Answer:
        """Delete a user for good."""
        self._only_where_written()
        self.people.remove(self._one(id))
        return say(b"", 204)

    def _only_where_written(self) -> None:
        if not self.scim_writes:
            raise Refused(failure(405, "Users can only be read.", Allow="GET"))

    def _write(self, person: Person, before: Row, after: Row) -> None:
        """Make a person who was `before` what is `after`, or refuse it and leave everything as it was."""
        for name in self.scim_required:
            if not after.get(name) and (before.get(name) or not before):
                raise refused("invalidValue", f"{name} is required.")
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        addresses = {changed[name].lower(): changed[name] for name in ("emails", "userName") if changed.get(name)}
        if len(addresses) > 1 or not all(map(ADDRESS.fullmatch, addresses)):
            raise refused("invalidValue", "userName and the work address are one, and an address.")
        others = {other.email.lower() for other in self.people if other is not person}
        if addresses.keys() & (others - {person.email.lower()}):
            raise refused("uniqueness", "There is a user of this name.", 409)
        person.email = next(iter(addresses.values()), person.email)
        for name in changed.keys() & self.scim_texts.keys():
            setattr(person, self.scim_texts[name], changed[name] or "")
        person.extra |= {name: changed[name] for name in ("displayName", "externalId") if name in changed}
        if "active" in changed:
            self.scim_activate(person, changed["active"])
        if changed:
            self.touch(person)

    # -- how a person is shown ----------------------------------------------------------------------

    @property
    def _names(self) -> tuple[str, ...]:
        return ("userName", "externalId", "displayName", "active", "emails", *self.scim_texts)

    def _flat(self, person: Person) -> Row:
        """A person by attribute, all of them. Who has no address is known by their id."""
        full_name = f"{person.preferred or person.given} {person.family}".strip()
        return {
            "userName": person.email or self.scim_id(person),
            "externalId": person.extra.get("externalId"),
            "displayName": person.extra.get("displayName") or full_name or None,
            "active": self.scim_active(person),
            "emails": person.email or None,
        } | {name: getattr(person, attribute) or None for name, attribute in self.scim_texts.items()}

    def _resource(self, person: Person) -> Row:
        id = self.scim_id(person)
        row: Row = {"schemas": [USER], "id": id}
        for name, value in self._flat(person).items():
            if value is not None:
                head, _, part = name.partition(".")
                whole = [{"value": value, "type": "work", "primary": True}] if name == "emails" else value
                row[head] = {**row.get(head, {}), part: value} if part else whole
        location = f"{self.scim_settings['scim_url']}/Users/{quote(id, safe='')}"
        times = {"created": f"{person.created:{WHEN}}", "lastModified": f"{person.updated:{WHEN}}"}
        return row | {"meta": {"resourceType": "User", **times, "location": location}}

    def _one(self, id: str) -> Person:
        for person in self.visible():
            if self.scim_id(person) == id:
                return person
        raise Refused(failure(404, "There is no such user."))

    def _found(self, wanted: str, people: list[Person]) -> list[Person]:
        """Those of them of `path eq "value"`; anything else is refused. Ids mind letter case, addresses do not."""
        found = FILTER.fullmatch(wanted.strip())
        name = next(iter(bodies.known(found["path"], ("id", *self._names))), "") if found else ""
        if not found or name not in ("id", "externalId", "userName", "emails"):
            raise refused("invalidFilter", "The filter is not supported.")
        if name == "emails" and not bodies.bare(found["path"]).endswith(".value"):
            raise refused("invalidFilter", "It is the value of emails that can be found.")
        try:
            value: str = json.loads(found["value"])
        except ValueError as error:
            raise refused("invalidFilter", "The value is not well written.") from error
        held = [(person, {"id": self.scim_id(person), **self._flat(person)}[name]) for person in people]
        if name in ("id", "externalId"):
            return [person for person, has in held if has == value]
        return [person for person, has in held if has is not None and has.lower() == value.lower()]
