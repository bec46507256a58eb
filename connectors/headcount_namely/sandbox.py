"""Namely as a sandbox: profiles, groups, teams and job titles, in two dialects and three generations.

| quirk | observed | guide |
|---|---|---|
| page size | 30, at most 50 | 25, at most 50 |
| meta | count of the page, total_count, status | count of the page, total |
| department, office | groups in `links.groups` | objects of their own |
| reports_to | a list; nobody is one entry `no_guid` | an object or null |
| updated_at | epoch seconds | ISO 8601 |
| PUT answers | the whole profile | id, what changed, updated_at |
| events | the home feed | a log of changes |
| too many requests | 406, GET /profiles alone | 429 |
| no such route | 401 `{"error": ""}` | 404 |
| token of someone who left | 403 | 401 |
| OAuth token that is over | 403 | 401 |
| SCIM | `/api/scim/v2`, with and without `.json`; read only | `/scim/v2` |

Its webhooks are invented: the guide has their names, and nobody has seen one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

import attrs

from headcount.sandbox import (
    GUIDE,
    OBSERVED,
    Answer,
    Call,
    Fault,
    Happened,
    Hook,
    Person,
    Refused,
    ScimSandbox,
    Shown,
    phrase,
    route,
    tree,
    unauthenticated,
)
from headcount_namely import shapes
from headcount_namely.shapes import GROUP_TYPES, KEYS, RELATIONS, UNKNOWN_TITLE, Group, Reader, Row, guid, user_status

H = TypeVar("H", bound=Callable[..., Answer])

SORTS = {"first_name": "given", "last_name": "family", "created_at": "created", "updated_at": "updated"}
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains;",
    "Vary": "Accept-Encoding",
    "X-Runtime": "0.012345",
}
NEWER_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "X-Xss-Protection": "1"}


def resource(method: str, pattern: str) -> Callable[[H], H]:
    """A route of the observed dialect, with and without the suffix `.json`."""

    def mark(handler: H) -> H:
        return route(method, pattern, dialects=OBSERVED)(route(method, f"{pattern}.json", dialects=OBSERVED)(handler))

    return mark


class NamelySandbox(ScimSandbox):
    """Namely on loopback. Its own `limit`, on the list of profiles alone, is (100, 60).

    `owner` is whose token it is: once they are inactive, the token is refused. `labels` are those that a company
    gave to its own fields, by the field's name; the others follow from the name.
    """

    name = "namely"
    prefixes = ("/api/v1",)
    dialects = GUIDE + OBSERVED
    lists = r"/profiles(\.json)?$"
    grants_in = GUIDE + OBSERVED
    restricted_fields = frozenset({"salary", "dob", "ssn", "home", "personal_email", "gender", "ethnicity"})
    webhook_forms = ({},)
    signs = False
    scim_paths: ClassVar[Mapping[str, tuple[str, ...]]] = {"guide": ("/scim/v2",), "observed": ("/api/scim/v2",)}
    scim_texts: ClassVar[Mapping[str, str]] = {
        **ScimSandbox.scim_texts,
        "name.middleName": "middle",
        "nickName": "preferred",
        "title": "title",
    }
    scim_required = ("userName", "name.givenName", "name.familyName")
    era: str = "modern"
    """The generation of the observed dialect: "modern" (2017 on), "2015", or "2014"."""

    def prepare(self) -> None:
        """The token is the first person's; the guide's log of changes is empty; SCIM is written in the guide alone."""
        self.scim_writes = self.guide
        self.owner: Person | None = next(iter(self.people), None)
        self.log_of_changes: list[Row] = []
        self._groups: dict[Group, None] = {}
        self.labels: dict[str, str] = {}
        self._titles: dict[str, None] = {UNKNOWN_TITLE: None}

    def monitored(self, hook: Hook) -> Shown:
        return {one.uuid: {"status": user_status(one), "all": repr(one)} for one in self.people}

    def worded(self, hook: Hook, happened: Happened) -> tuple[bytes, Mapping[str, str]] | None:
        """A message, whose form is invented; the guide has no event for a profile that is gone."""
        person, kind = self.person(happened.id), happened.kind
        if person is None:
            return None
        if kind == "updated" and "status" in happened.fields:
            kind = "terminated" if user_status(person) == "inactive" else "rehired"
        body = {"event": f"profile.{kind}", "profile_id": happened.id, "occurred_at": happened.at.isoformat()}
        return json.dumps(body).encode(), {"Content-Type": "application/json"}

    def id_of(self, person: Person) -> str:
        return person.uuid

    def truth(self, person: Person) -> dict[str, Any]:
        """Everybody has a title: who has none has Namely's own."""
        found = super().truth(person)
        return {name: value for name, value in found.items() if name != "job_title" or value}

    def new_hire(self) -> dict[str, Any]:
        """A profile needs a title; observed, a kind of contract too."""
        return {**super().new_hire(), "job_title": "Engineer"} | ({} if self.guide else {"time_type": "full_time"})

    # -- what Namely says ---------------------------------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        return {"company": "acme", "token": self.key, "base_url": self.base_url}

    @property
    def modern(self) -> bool:
        return self.era == "modern"

    @property
    def owner_left(self) -> bool:
        return self.owner is not None and user_status(self.owner) == "inactive"

    def authorized(self, call: Call) -> bool:
        if not self.guide and self.grants.is_over(call.headers):
            raise Refused(self.error(403))
        keyed = call.headers.get("Authorization") == f"Bearer {self.key}"
        return (keyed or self.grants.lives(call.headers)) and not self.owner_left

    @unauthenticated
    @route("GET", "/oauth2/authorize")
    def authorize(self, call: Call) -> Answer:
        return self.grants.authorize(call)

    @unauthenticated
    @route("POST", "/oauth2/token")
    def token(self, call: Call) -> Answer:
        """15 minutes; a renewal gives the same refresh token (documentation), and gave none in 2014 (recorded)."""
        self.grants.repeats = self.grants.repeats and self.era != "2014"
        return self.grants.token(call)

    def limited(self, call: Call) -> bool:
        """Only the list of profiles is throttled (official articles)."""
        return call.method == "GET" and call.path.removesuffix(".json").endswith("/profiles")

    def error(self, status: int, message: str = "") -> Answer:
        """A body that says `error` for 401 (recorded), a gateway's page from 500 on, `message` else."""
        text = message or phrase(status)
        if self.guide:
            return self.say({"message": "Not found" if status == 404 else text, "errors": []}, status)
        if status == 401 and self.owner_left:  # the official articles say 403 for this one
            status, text = 403, phrase(403)
        if status >= 500:
            page = f"<html><head><title>{status} {text}</title></head><body><h1>{text}</h1></body></html>"
            return attrs.evolve(self.say(page, status), content_type="text/html")
        return self.say({"error": ""} if status == 401 else {"message": text, "errors": []}, status)

    def throttled(self, fault: Fault) -> Answer:
        """406 without a hint when to come back (official articles), 429 in the guide."""
        answer = super().throttled(attrs.evolve(fault, status=fault.status or (429 if self.guide else 406)))
        # the guide says there are rate-limit headers, not their names
        return attrs.evolve(answer, headers={**answer.headers, "X-RateLimit-Remaining": "0"}) if self.guide else answer

    def no_route(self, call: Call, status: int) -> Answer:
        """401, recorded 2014 for a GET with a good token; the other methods are taken to fare the same."""
        return super().no_route(call, status) if self.guide else self.say({"error": ""}, 401)

    def headers(self) -> Mapping[str, str]:
        if self.guide:
            return {}
        return {**HEADERS, "X-Request-Id": str(uuid4()), **(NEWER_HEADERS if self.modern else {})}

    def say(self, body: Any, status: int = 200) -> Answer:
        """An answer with the headers that depend on it."""
        if self.guide:
            return Answer(body=body, status=status)
        headers = {"Cache-Control": "max-age=0, private, must-revalidate" if status < 400 else "no-cache"}
        if not self.modern:
            headers |= {"Status": f"{status} {phrase(status)}", "X-Rack-Cache": "miss"}
        elif status < 400:
            headers["Etag"] = f'W/"{blake2b(repr(body).encode(), digest_size=16).hexdigest()}"'
        return Answer(body=body, status=status, headers=headers)

    def missing(self, what: str) -> Answer:
        """404; until November 2014 its errors were null (recorded)."""
        return self.say({"message": f"{what} not found", "errors": None if self.era == "2014" else []}, 404)

    # -- reading people -----------------------------------------------------------------------------

    def person(self, id: str) -> Person | None:
        """By profile id only, of those whom the caller may see; `me` is whose token it is."""
        wanted = self.owner.uuid if id == "me" and self.owner else id
        return next((person for person in self.visible() if person.uuid == wanted), None)

    def rows(self, people: Iterable[Person]) -> list[Row]:
        """The people as profiles of this dialect, without what the caller may not see."""
        by_id = {person.id: person for person in self.people}
        rows = []
        for person in people:
            manager = by_id.get(person.manager_id or 0)
            row = shapes.guide_profile(person, manager) if self.guide else shapes.profile(person, manager, self.era)
            if self.restricts(person):
                row = {key: value for key, value in row.items() if key not in self.restricted_fields}
                if "links" in row:
                    row["links"] = {k: v for k, v in row["links"].items() if k not in self.restricted_fields}
            rows.append(row)
        return rows

    def profiles(self, call: Call, rows: list[Row], meta: Row, status: int = 200) -> Answer:
        """Profiles in their envelope, with what they link to beside them."""
        names = ("job_title", "image") if self.era == "2014" else tuple(RELATIONS)
        told = [name for name in names if not rows or any(name in row or name in row["links"] for row in rows)]
        links = {f"profiles.{name}": {"type": RELATIONS[name]} for name in told}
        linked = {RELATIONS[name]: self.linked(name, rows) for name in told}
        return self.say({"profiles": self.shown(call, rows), "meta": meta, "links": links, "linked": linked}, status)

    def linked(self, name: str, rows: list[Row]) -> list[Row]:
        """What these profiles link to by this name, each once."""
        if name == "image":
            return [row["image"] for row in rows if row.get("image")]
        if name == "job_title":
            titles = dict.fromkeys(row["links"][name]["title"] for row in rows if name in row["links"])
            return [shapes.title_row(title) if self.modern else shapes.title_record(title) for title in titles]
        named = {link["id"]: link for row in rows for link in row["links"].get(name, [])}
        if name == "groups" and self.modern:
            return [row for row in self.group_rows() if row["id"] in named]
        return list(named.values())

    def one(self, call: Call, person: Person | None, status: int = 200) -> Answer:
        """One profile, in a list all the same."""
        if person is None:
            return self.missing("Profile")
        rows = self.rows([person])
        if self.guide:
            return self.say({"profiles": rows}, status)
        return self.profiles(call, rows, {"count": 1, "status": status}, status)

    @resource("GET", "/profiles")
    def list_profiles(self, call: Call) -> Answer:
        """By `page` (30 at a time, at most 50), or after the row of an id; past the end is an empty page."""
        people = self.ordered(call, self.filtered(call))
        total = self.total(call, people)
        size = min(call.number("per_page", 30), 50)
        if not self.modern and "limit" in call.query:
            size = len(people) if call.query["limit"] == "all" else call.number("limit", 30)
        size, after = max(size, 1), call.query.get("after")
        if after is None:
            chosen = self.page(call, people, start=0, size=size, number=max(call.number("page", 1), 1))
        else:
            read = next((n for n, person in enumerate(people, 1) if person.uuid == after), len(people))
            chosen = self.page(call, people, start=read, size=size)
        meta: Row = {"count": total if self.era == "2015" and after is None else len(chosen)}
        meta |= ({"total_count": total} if self.modern else {}) | {"status": 200}
        return self.profiles(call, self.rows(chosen), meta | ({} if after is None else {"after": after}))

    def filtered(self, call: Call) -> list[Person]:
        """The people whom every `filter[…]` fits; filters that Namely does not name are ignored."""
        asked = {name[7:-1]: value for name, value in call.query.items() if name.startswith("filter[")}
        seen = {person.id for person in self.visible(call)}
        return [
            person
            for person, boss in tree(self.people)
            if person.id in seen
            and all(shapes.facts(person, boss, self.era).get(name, value) == value for name, value in asked.items())
        ]

    def ordered(self, call: Call, people: list[Person]) -> list[Person]:
        """In the order asked for; `-` in front turns it round."""
        sort = call.query.get("sort", "")
        attribute = SORTS.get(sort.removeprefix("-"))
        if attribute is None:
            return people
        return sorted(people, key=lambda person: getattr(person, attribute), reverse=sort.startswith("-"))

    @route("GET", "/profiles", dialects=GUIDE)
    def guide_list_profiles(self, call: Call) -> Answer:
        chosen, meta = self.guide_page(call, self.visible(call))
        return self.say({"profiles": self.shown(call, self.rows(chosen)), "meta": meta})

    def guide_page(self, call: Call, rows: list[Any]) -> tuple[list[Any], Row]:
        """A page as the guide has it, 25 at a time and at most 50, and its meta."""
        size = min(max(call.number("per_page", 25), 1), 50)
        chosen = self.page(call, rows, start=0, size=size, number=max(call.number("page", 1), 1))
        return chosen, {"count": len(chosen), "total": self.total(call, rows)}

    @route("GET", "/profiles/<id>", dialects=GUIDE)
    @resource("GET", "/profiles/<id>")
    def get_profile(self, call: Call, id: str) -> Answer:
        return self.one(call, self.person(id))

    # -- writing people -----------------------------------------------------------------------------

    @route("POST", "/profiles", dialects=GUIDE)
    @resource("POST", "/profiles")
    def create_profile(self, call: Call) -> Answer:
        """201 and the profile; 200 until 2016, when the status was active and the start today unless said."""
        sent, legacy = shapes.sent_in(call), not (self.guide or self.modern)
        required = ["first_name", "last_name", "email"]
        if not legacy:
            required += ["start_date"] if self.guide else ["user_status", "start_date"]
        if not self.guide and sent.get("user_status") == "pending":
            required += ["personal_email"]
        lacking = [f"{key} is a required field" for key in required if not sent.get(key)]
        changes, wrong = self.read({"email": "", **sent}, None)
        if errors := lacking + wrong:
            return self.say({"message": "error creating profile", "errors": errors}, 422)
        person = self.newcomer()
        person.hired = self.clock.today() if legacy else None
        self.people.append(person)
        self.write(person, sent, changes)
        self.touch(person, "profile_created")
        return self.one(call, person, 200 if legacy else 201)

    @route("PUT", "/profiles/<id>", dialects=GUIDE)
    @resource("PUT", "/profiles/<id>")
    def update_profile(self, call: Call, id: str) -> Answer:
        """Changes what is named and leaves the rest."""
        person, sent = self.person(id), shapes.sent_in(call)
        if person is None:
            return self.missing("Profile")
        changes, wrong = self.read(sent, person)
        if wrong:
            return self.say({"message": "error updating profile", "errors": wrong}, 422)
        was = user_status(person)
        self.write(person, sent, changes)
        turned = {("active", "inactive"): "profile_terminated", ("inactive", "active"): "profile_rehired"}
        self.touch(person, turned.get((was, user_status(person)), "profile_updated"))
        if not self.guide:
            return self.one(call, person)
        row = person.extra | self.rows([person])[0]
        changed = {key: row[key] for key in sent if key in row}
        return self.say({"profiles": [{"id": id, **changed, "updated_at": shapes.instant(person.updated)}]})

    def touch(self, person: Person, change: str = "profile_updated") -> None:
        """Note that a person changed now, and write it into the guide's log of changes."""
        super().touch(person)
        number, at = len(self.log_of_changes) + 1, shapes.instant(person.updated)
        self.log_of_changes += [{"id": f"evt{number:03}", "type": change, "profile_id": person.uuid, "occurred_at": at}]

    def read(self, sent: Row, person: Person | None) -> tuple[Row, list[Any]]:
        """What a body changes, by the attribute of a `Person`, and what is wrong with it."""
        changes: Row = {}
        wrong: list[Any] = []
        email = str(sent.get("email") or "")
        if "email" in sent and not self.guide and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            wrong.append([f"format of email {email} is invalid"])  # a list within the list (recorded 2014)
        elif email and (person is None or person.email != email) and email in {other.email for other in self.people}:
            wrong.append(f"{email} is already taken")
        for key, reader in self.readers.items():
            if key in sent:
                try:
                    changes |= reader(sent[key])
                except (ArithmeticError, LookupError, TypeError, ValueError):
                    wrong.append(f"{key} is not valid")
        return changes, wrong

    def write(self, person: Person, sent: Row, changes: Row) -> None:
        """Change a person. What there is no room for is kept; what Namely does not know is forgotten."""
        for attribute, value in changes.items():
            setattr(person, attribute, value)
        if "active" in changes:
            person.tags -= {"unknown_status"}
        unread = sent.keys() - self.readers.keys()
        kept = unread if self.guide else unread & (set(KEYS[self.era]) - shapes.FIXED)
        # a text that was cleared is "" from then on, and not null again (recorded 2014)
        cleared = {key for key in shapes.TEXTS if sent.get(key) == ""}
        person.extra |= {key: sent[key] for key in kept | cleared}
        person.custom |= {key: sent[key] for key in unread & set(self.custom_names())}

    @property
    def readers(self) -> Mapping[str, Reader]:
        """For each field that a client may write: what it changes in a `Person`."""
        if self.guide:
            units = {"department": self.a_group("department"), "office": self.a_group("location")}
            return shapes.GUIDE_READERS | units | {"reports_to": self.a_manager, "groups": self.joined}
        titled = {type["field_name"]: self.titled(kind) for kind, type in GROUP_TYPES.items()}
        return shapes.OBSERVED_READERS | titled | {"reports_to": self.a_manager, "job_title": self.a_title}

    def a_title(self, value: Any) -> Row:
        """By id or by title; one that nobody has made is a `LookupError`."""
        known = {key: title for title in self.titles() for key in (title, guid("job_title", title))}
        told = value.get("id") or value.get("title") if isinstance(value, dict) else value
        found = known[told or UNKNOWN_TITLE]
        return {"title": "" if found == UNKNOWN_TITLE else found}

    def a_manager(self, value: Any) -> Row:
        """By profile id, or an object that has it; an id nobody has is a `LookupError`."""
        ids = {person.uuid: person.id for person in self.visible()} | {None: None, "": None}
        return {"manager_id": ids[shapes.id_of(value)]}

    def a_group(self, kind: str) -> Reader:
        """By id, or an object that has it; one that no group of this kind has is a `LookupError`."""
        names = {group.id: group.name for group in self.groups() if group.kind == kind} | {None: "", "": ""}
        return lambda value: {kind: names[shapes.id_of(value)]}

    def joined(self, groups: Iterable[Row]) -> Row:
        """The groups and teams that have these ids; of one kind the last counts."""
        ids = {group["id"] for group in groups}
        teams = [name for name in self.team_names() if guid("team", name) in ids]
        return {group.kind: group.name for group in self.groups() if group.id in ids} | {"teams": teams}

    def titled(self, kind: str) -> Reader:
        """Production connectors write a group's title under its type's name; one that no group has does nothing."""
        return lambda name: {kind: name} if name == "" or Group(kind, name) in self.groups() else {}

    # -- SCIM ---------------------------------------------------------------------------------------

    def scim_id(self, person: Person) -> str:
        return person.uuid

    def scim_active(self, person: Person) -> bool:
        return user_status(person) not in ("inactive", "pending")

    def scim_activate(self, person: Person, active: bool) -> None:
        self.write(person, {}, shapes.a_status("active" if active else "inactive"))

    @route("GET", "/Users.json", dialects=OBSERVED, at="scim_paths")
    def scim_list_json(self, call: Call) -> Answer:
        """The documented address ends so; that of one user is taken to follow."""
        return self.scim_list(call)

    @route("GET", "/Users/<id>.json", dialects=OBSERVED, at="scim_paths")
    def scim_get_json(self, call: Call, id: str) -> Answer:
        return self.scim_get(call, id)

    # -- groups, teams, titles ----------------------------------------------------------------------

    def groups(self) -> dict[Group, int]:
        """Every group anybody was ever in, with its visible members counted: one whose last member leaves stays."""
        for kind in GROUP_TYPES:
            names = dict.fromkeys(getattr(person, kind) for person in self.people)
            self._groups |= dict.fromkeys(Group(kind, name) for name in names if name)
        seen = {kind: Counter(getattr(person, kind) for person in self.visible()) for kind in GROUP_TYPES}
        return {group: seen[group.kind][group.name] for group in self._groups}

    def titles(self) -> list[str]:
        """Every job title anybody ever had, and the one for those without."""
        self._titles |= {person.title: None for person in self.people if person.title}
        return list(self._titles)

    def team_names(self) -> list[str]:
        return sorted({name for person in self.people for name in person.teams})

    def custom_names(self) -> list[str]:
        """The company's own fields, in the order they were first used."""
        return list(dict.fromkeys(name for person in self.people for name in person.custom))

    def group_rows(self) -> list[Row]:
        return [group.row(count) for group, count in self.groups().items()]

    @resource("GET", "/groups")
    def list_groups(self, call: Call) -> Answer:
        return self.say(shapes.groups(self.group_rows()))

    @resource("GET", "/groups/<id>")
    def get_group(self, call: Call, id: str) -> Answer:
        """One group and its members. Its `type` is the type's id here, its name in the list (official)."""
        rows = [row for row in self.group_rows() if row["id"] == id]
        members = [person for person in self.visible() if id in {group.id for group in shapes.groups_of(person)}]
        for row in rows:
            row["type"] = row["links"]["group_type"]
            row["links"]["profiles"] = [person.uuid for person in members]
        return self.say(shapes.groups(rows, members)) if rows else self.missing("Group")

    @route("GET", "/groups", dialects=GUIDE)
    def guide_list_groups(self, call: Call) -> Answer:
        rows = [{"id": group.id, "title": group.name, "type": group.kind} for group in self.groups()]
        rows += [{"id": guid("team", name), "title": name, "type": "team"} for name in self.team_names()]
        chosen, meta = self.guide_page(call, rows)
        return self.say({"groups": chosen, "meta": meta})

    @resource("GET", "/group_types")
    def list_group_types(self, call: Call) -> Answer:
        return self.say(shapes.collection("group_types", list(GROUP_TYPES.values())))

    @resource("GET", "/group_types/<id>")
    def get_group_type(self, call: Call, id: str) -> Answer:
        rows = [type for type in GROUP_TYPES.values() if type["id"] == id]
        return self.say(shapes.collection("group_types", rows)) if rows else self.missing("Group type")

    @resource("GET", "/group_types/<id>/groups")
    def list_groups_of_type(self, call: Call, id: str) -> Answer:
        return self.say(shapes.groups([row for row in self.group_rows() if row["links"]["group_type"] == id]))

    @resource("GET", "/teams")
    def list_teams(self, call: Call) -> Answer:
        return self.say(shapes.teams(self.team_names()))

    @resource("GET", "/teams/<id>")
    def get_team(self, call: Call, id: str) -> Answer:
        names = [name for name in self.team_names() if guid("team", name) == id]
        return self.say(shapes.teams(names)) if names else self.missing("Team")

    @resource("GET", "/job_titles")
    def list_job_titles(self, call: Call) -> Answer:
        return self.say(shapes.job_titles(self.titles(), self.era))

    @resource("GET", "/job_tiers")
    def list_job_tiers(self, call: Call) -> Answer:
        return self.say(shapes.job_tiers(self.titles(), self.era))

    # -- fields, places, the feed, the company ------------------------------------------------------

    @resource("GET", "/profiles/fields")
    def list_fields(self, call: Call) -> Answer:
        body = shapes.fields(self.custom_names(), self.era)
        for field in body["fields"]:
            field["label"] = self.labels.get(field["name"], field["label"])
        return self.say(body)

    @resource("GET", "/countries")
    def list_countries(self, call: Call) -> Answer:
        """A handful of the real list's countries; no meta (recorded)."""
        return self.say({"countries": [shapes.country(code) for code in shapes.COUNTRIES]})

    @resource("GET", "/countries/<id>")
    def get_country(self, call: Call, id: str) -> Answer:
        if id not in shapes.COUNTRIES:
            return self.missing("Country")
        return self.say({"countries": [shapes.country(id, whole=True)]})

    @resource("GET", "/currency_types")
    def list_currency_types(self, call: Call) -> Answer:
        """No meta; some currencies come twice (recorded)."""
        return self.say({"currency_types": shapes.CURRENCIES})

    @resource("GET", "/events")
    def list_events(self, call: Call) -> Answer:
        """The home feed, newest first: the arrivals of people who are active. It tells of no other change."""
        people = [person for person in self.visible() if user_status(person, self.era) == "active"]
        people.sort(key=lambda person: person.created, reverse=True)
        after = call.query.get("after")
        start = next((n for n, person in enumerate(people, 1) if guid("event", person.id) == after), 0)
        people = people[start : start + min(max(call.number("limit", 30), 1), 30)]
        return self.say(shapes.feed(people, self.era))

    @route("GET", "/events", dialects=GUIDE)
    def guide_list_events(self, call: Call) -> Answer:
        """The guide's log of changes, oldest first, from when the sandbox began."""
        hidden = {person.uuid for person in self.people if not self.sees(person)}
        log = [event for event in self.log_of_changes if event["profile_id"] not in hidden]
        chosen, meta = self.guide_page(call, log)
        return self.say({"events": chosen, "meta": meta})

    @unauthenticated
    @resource("GET", "/companies/info")
    def company(self, call: Call) -> Answer:
        """Who the company is: a bare object, told to anyone."""
        return self.say(shapes.COMPANY)
