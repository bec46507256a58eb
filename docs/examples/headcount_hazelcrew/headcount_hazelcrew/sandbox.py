"""Hazelcrew on loopback: a token with scopes, objects in objects, days as dd/mm/yyyy, and a route for each change."""

from __future__ import annotations

from datetime import timedelta

from headcount.sandbox import Answer, Call, Person, Refused, RestSandbox, Row, phrase, route

READ, WRITE = "crew:read", "crew:write"
STATES = {"pending": "joining", "active": "here", "on_leave": "away", "terminated": "gone"}
KINDS = {"department": "crew", "location": "site"}


class HazelcrewSandbox(RestSandbox):
    """Hazelcrew's emulator. The token is the one of the person with the lowest id; `scopes` are what it may do."""

    name = "hazelcrew"
    prefixes = ("/people/v1",)
    people_at = "/colleagues"
    items = "data"
    paging = "offset"
    page_param = "offset"
    size_param = "limit"
    size = 50
    total_at = "meta.total"
    groups = {"/crews": ("department",), "/sites": ("location",)}
    writes = ("POST", "PATCH")
    restricted_fields = frozenset({"contact", "posting"})
    dates = "%d/%m/%Y"
    fields = {
        "person.forename": "given",
        "person.surname": "family",
        "person.known_as": "preferred",
        "contact.email": "email",
        "contact.mobile": "mobile_phone",
        "role": "title",
        "first_day": "hired",
        "lead.id": "manager_id",
        "touched_at": "updated",
    }
    scopes: tuple[str, ...] = (READ, WRITE)

    def row(self, person: Person) -> Row:
        """As Hazelcrew shows one: where they stand in a word, and objects for leaving and posting."""
        word, why = self.status(person), person.extra.get("why")
        return {
            **super().row(person),
            "state": STATES.get(word, word),
            "leaving": {"day": self.told(person.left), "why": why} if person.left else None,
            "posting": {kind: self.group_id(name, getattr(person, name)) for name, kind in KINDS.items()},
        }

    def group_row(self, kind: str, id: str, name: str) -> Row:
        return {"id": id, "label": name, "kind": KINDS[kind]}

    def error(self, status: int, message: str = "") -> Answer:
        told = {"error": phrase(status).lower().replace(" ", "_"), "error_description": message or phrase(status)}
        return Answer(status=status, body=told)

    def admit(self, call: Call) -> None:
        """A token does what its scopes say; a wrong one is told first."""
        scope = READ if call.method == "GET" else WRITE
        if self.authorized(call) and scope not in self.scopes:
            raise Refused(self.error(403, f"the token lacks the scope {scope}"))

    @route("GET", "/token")
    def get_token(self, call: Call) -> Answer:
        """What the token says of itself: whose it is, what it may do, and when it ends."""
        owner = min(self.people, key=lambda person: person.id)
        ends = self.clock.now() + timedelta(days=90)
        told = {"active": True, "sub": self.id_of(owner), "name": f"{owner.given} {owner.family}"}
        more = {"username": owner.email, "scope": " ".join(self.scopes), "exp": int(ends.timestamp())}
        return Answer(body=told | more)

    @route("PUT", "/colleagues/<id>/leaving")
    def put_leaving(self, call: Call, id: str) -> Answer:
        person, body = self.one(id), call.json()
        self.departs(person, self.day(body.get("day")))
        person.extra["why"] = body.get("why")
        return self.get_person(call, id)

    @route("DELETE", "/colleagues/<id>/leaving")
    def delete_leaving(self, call: Call, id: str) -> Answer:
        person = self.one(id)
        if person.left is None:
            return self.error(409, "nobody leaves here")
        self.stays(person)
        person.extra.pop("why", None)
        return self.get_person(call, id)

    @route("POST", "/colleagues/<id>/return")
    def post_return(self, call: Call, id: str) -> Answer:
        person, day = self.one(id), self.day(call.json().get("day"))
        if person.left is None or day < person.left:
            return self.error(409, "who returns has left before")
        self.stays(person)
        person.extra.pop("why", None)
        person.hired = day
        return self.get_person(call, id)

    @route("PUT", "/colleagues/<id>/posting")
    def put_posting(self, call: Call, id: str) -> Answer:
        person, body = self.one(id), call.json()
        for name, kind in KINDS.items():
            there = {self.group_id(name, title): title for title in (getattr(one, name) for one in self.people)}
            if body.get(kind) not in there:
                return self.error(422, f"there is no {kind} of this id")
            setattr(person, name, there[body[kind]])
        self.touch(person)
        return self.get_person(call, id)
