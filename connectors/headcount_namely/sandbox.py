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

`era` picks the generation of the observed dialect: "modern" (2017 on), "2015", or "2014".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from http.client import responses
from typing import Any, TypeVar
from uuid import NAMESPACE_DNS, uuid4, uuid5

import attrs

from headcount.sandbox import Answer, Call, Fault, Person, Sandbox, route, unauthenticated

Row = dict[str, Any]
H = TypeVar("H", bound=Callable[..., Answer])

UNKNOWN_TITLE = "Unknown Job Title"
TIERS = ("Staff", "Leadership")
TEAM_CATEGORY = "Project Teams"
NOBODY = {"id": "no_guid", "first_name": "Nobody", "last_name": "Nobody", "email": "None"}
THUMBS = ("75x75", "75x75c", "150x150", "150x150c", "300x300", "450x450", "800x800")
RELATIONS = {"job_title": "job_titles", "image": "files", "groups": "groups", "teams": "teams"}
SORTS = {"first_name": "given", "last_name": "family", "created_at": "created", "updated_at": "updated"}
COUNTRIES = {"DE": ("Germany", "State"), "JP": ("Japan", "Prefecture"), "US": ("United States", "State")}
SUBDIVISIONS = {"US": {"CA": "California", "MA": "Massachusetts", "NY": "New York", "TX": "Texas"}}
CURRENCIES = (("USD", "US dollar", "$"), ("EUR", "Euro", "€"), ("JPY", "Yen", "¥"), ("JPY", "Yen", "¥"))

TEXTS = (
    {"first_name": "given", "last_name": "family", "middle_name": "middle", "preferred_name": "preferred"}
    | {"employee_id": "number", "office_phone": "work_phone"}
    | {name: name for name in ("email", "personal_email", "mobile_phone", "home_phone")}
    | {name: name for name in ("gender", "marital_status", "ethnicity")}
)
DATES = {"start_date": "hired", "departure_date": "left", "dob": "born"}
INVENTED = {
    "ssn": "000-00-0000",
    "emergency_contact": "Invented Contact",
    "emergency_contact_phone": "+1 555 0199",
    "corporate_card_number": "0000 0000 0000 0000",
    "healthcare_info": "Invented Health Plan",
    "dental_info": "Invented Dental Plan",
    "vision_plan_info": "Invented Vision Plan",
    "life_insurance_info": "Invented Life Insurance",
}
FIXED = {"id", "company_uuid", "updated_at", "created_at", "full_name", "links", "access_role", "office"}

_DESK = """office_main_number office_direct_dial office_phone office_fax office_company_mobile home_phone
    mobile_phone home office"""
_BENEFITS = """healthcare healthcare_info dental dental_info vision_plan_info life_insurance_info
    employee_handbook employee_wage_theft_prevention_act"""
_2014 = f"""id email first_name last_name user_status links image middle_name preferred_name job_title
    job_change_reason start_date departure_date employee_id personal_email bio {_DESK} linkedin_url
    asset_management key_tag_number laptop_asset_number corporate_card_number emergency_contact_phone
    emergency_contact marital_status gender dob ssn resume current_job_description job_description salary
    {_BENEFITS}"""
_MODERN = f"""id company_uuid email first_name last_name user_status updated_at created_at preferred_name
    image full_name job_title reports_to employee_type access_role links gender marital_status ethnicity ssn
    resume middle_name job_change_reason terminated_reason start_date departure_date employee_id
    personal_email dob bio asset_management laptop_asset_number corporate_card_number key_tag_number
    linkedin_url {_DESK}
    emergency_contact emergency_contact_phone current_job_description job_description salary {_BENEFITS}
    namely_time_employee_role namely_time_manager_role team_positions"""
KEYS: Mapping[str, Sequence[str]] = {
    "2014": _2014.split(),
    "2015": _2014.replace(" links", " updated_at created_at links").split(),
    "modern": _MODERN.split(),
}
"""A profile's keys in each generation, in their order (recorded 2014 to 2016; official description)."""
_NULLABLE = """job_change_reason gender marital_status resume employee_handbook
    employee_wage_theft_prevention_act"""
NULLABLE: Sequence[str] = _NULLABLE.split()
"""Choices and files: null when empty, even in 2014 when an empty text was ""."""

FIELD_TYPES = (
    {"start_date": "date", "departure_date": "date", "dob": "date", "badge_date": "date"}
    | {"email": "email", "personal_email": "email", "home": "address", "office": "address"}
    | {"gender": "select", "marital_status": "select", "resume": "file", "asset_management": "checkboxes"}
    | {"image": "image", "job_title": "referencehistory", "user_status": "referenceselect"}
    | {"salary": "salary"}
)
CONTRACTS = {"Full-Time": "Full Time", "Part-Time": "Part Time"}


@attrs.frozen
class GroupType:
    """What kind of unit a group is. `attribute` says where a `Person` keeps the group's name."""

    title: str
    field_name: str
    type: str
    attribute: str

    @property
    def id(self) -> str:
        return guid("group_type", self.title)

    def row(self) -> Row:
        row = {"id": self.id, "title": self.title, "field_name": self.field_name, "type": self.type}
        return row | {"deletable": self.type == "custom", "x_groups_as_teams": False}


GROUP_TYPES = (
    GroupType("Departments", "departments", "department", "department"),
    GroupType("Divisions", "divisions", "custom", "division"),
    GroupType("Office Locations", "office_locations", "office location", "location"),
)


@attrs.frozen
class Group:
    """One unit of the company, known by its name within its type."""

    kind: GroupType
    name: str

    @property
    def id(self) -> str:
        return guid(self.kind.attribute, self.name)


@cache
def guid(kind: str, name: object) -> str:
    """The id of something known by its name: the same whenever and wherever it is asked for."""
    return str(uuid5(NAMESPACE_DNS, f"{kind}/{name}"))


def groups_of(person: Person) -> list[Group]:
    """The groups a person is in: department, division, office location, as far as they have one."""
    return [Group(kind, name) for kind in GROUP_TYPES if (name := getattr(person, kind.attribute))]


def user_status(person: Person, era: str = "modern") -> str:
    """active, pending or inactive; a word nobody knows for the tagged person.

    Before 2018 a pending person was reported as inactive (official changelog).
    """
    if person.pending:
        return "pending" if era == "modern" else "inactive"
    if not person.active:
        return "inactive"
    return "sabbatical" if "unknown_status" in person.tags else "active"


def employee_type(person: Person) -> str:
    """The kind of contract. Leaving does not change it, so a leaver shows the last one."""
    held = [row.status for row in person.statuses if row.status != "Terminated"]
    word = held[-1] if person.status_word == "Terminated" and held else person.status_word
    return CONTRACTS.get(word, word)


def job_title(title: str) -> Row:
    """A title by id; someone without one has the title every new profile gets."""
    name = title or UNKNOWN_TITLE
    return {"id": guid("job_title", name), "title": name}


def tier(title: str) -> str:
    """The tier a title is in."""
    return TIERS[title in ("Director", "Manager")]


def reports_to(person: Person, manager: Person | None) -> Row | None:
    """The manager, None without one. A manager whose profile is gone keeps an id that nobody has."""
    if manager is not None:
        name = {"first_name": manager.given, "last_name": manager.family, "email": manager.email}
        return {"id": manager.uuid, **name}
    if person.manager_id is None:
        return None
    gone = {"first_name": "Former", "last_name": "Manager", "email": "former.manager@example.com"}
    return {"id": guid("profile", person.manager_id), **gone}


def image(person: Person) -> Row | None:
    """The picture that every fifth person has; its addresses lack the host (recorded)."""
    if person.id % 5:
        return None
    file = guid("image", person.id)
    return {
        "id": file,
        "filename": "portrait.jpg",
        "mime_type": "image/jpeg",
        "original": f"/files/{file}/download",
        "thumbs": {size: f"/files/{file}/image/{size}.jpg" for size in THUMBS},
    }


def address(city: str) -> Row:
    """Six keys always; all null where there is no address."""
    place = {"address1": "1 Invented Street", "address2": "", "city": city}
    place |= {"state_id": "MA", "country_id": "US", "zip": "00000"}
    return place if city else dict.fromkeys(place)


def benefit(person: Person) -> Row:
    """A health or dental plan. The amount is text (recorded)."""
    plan = (None, None) if person.pay is None else ("Employee Only", "1.0")
    return {"beneficiary": plan[0], "amount": plan[1], "currency_type": "USD"}


def salary(person: Person, era: str = "modern") -> Row:
    """The pay: an amount as text in 2014, a number since; nobody's had another name for the currency then."""
    pay, paid = person.pay, person.pay is not None
    row: Row = {"yearly_amount": None if pay is None else str(pay) if era == "2014" else float(pay)}
    row["currency_type" if paid or era == "modern" else "currency"] = person.currency if paid else None
    row["date"] = person.hired.isoformat() if paid and person.hired else None
    if era != "2014":
        row |= (
            {"rate": "annually", "guid": guid("salary", person.id)} if paid else {"rate": None, "guid": None}
        )
    if era == "modern":
        payroll = ("pay_group_id", "payroll_job_id", "payroll_company", "payroll_job")
        row |= dict.fromkeys((*payroll, "hourly", "amount_raw"))
    return row


def day(value: date | None, era: str = "modern") -> str:
    """A day as text: American in 2014, ISO since, empty for none."""
    if value is None:
        return ""
    return value.strftime("%m/%d/%Y") if era == "2014" else value.isoformat()


def profile(person: Person, manager: Person | None = None, era: str = "modern") -> Row:
    """A profile as recorded in that generation; a text never set is "" in 2014 and null since.

    Whoever has pay has the rest of a personnel file, with values that are plainly invented.
    """
    title = job_title(person.title)
    links: Row = {"job_title": title}
    if era != "2014":
        links["groups"] = [{"id": group.id, "name": group.name} for group in groups_of(person)]
        links["teams"] = [{"id": guid("team", name), "name": name} for name in person.teams]
    row: Row = dict.fromkeys(KEYS[era], "" if era == "2014" else None) | dict.fromkeys(NULLABLE)
    if person.pay is not None:
        row |= INVENTED
    row |= {
        "id": person.uuid,
        "company_uuid": guid("company", "acme"),
        "user_status": user_status(person, era),
        "updated_at": int(person.updated.timestamp()),
        "created_at": int(person.created.timestamp()),
        "image": image(person),
        "full_name": f"{person.preferred or person.given} {person.family}".strip(),
        "job_title": title,
        "reports_to": [reports_to(person, manager) or NOBODY],
        "employee_type": {"title": employee_type(person)},
        "access_role": "Employee" if person.manager_id else "Administrator",
        "links": links,
        "asset_management": [],
        "home": address(person.city),
        "office": address(person.location) | ({"phone": None} if era == "modern" else {}),
        "salary": salary(person, era),
        "healthcare": benefit(person),
        "dental": benefit(person),
    }
    row |= person.extra
    row |= {key: value for key, attribute in TEXTS.items() if (value := getattr(person, attribute))}
    row |= {key: day(getattr(person, attribute), era) for key, attribute in DATES.items()}
    row |= {key: getattr(person, TEXTS[key]) for key in ("first_name", "last_name", "email")}
    return {key: row[key] for key in KEYS[era]} | person.custom


def guide_profile(person: Person, manager: Person | None = None) -> Row:
    """A profile as the guide's table of fields has it."""
    boss = reports_to(person, manager)
    by_kind = {group.kind.attribute: group for group in groups_of(person)}
    department, office = by_kind.get("department"), by_kind.get("location")
    picture, pay = image(person), None
    if person.pay is not None:
        pay = {"amount": float(person.pay), "currency": person.currency, "pay_period": "year"}
    return {
        "id": person.uuid,
        "first_name": person.given,
        "last_name": person.family,
        "email": person.email,
        "user_status": user_status(person),
        "start_date": day(person.hired) or None,
        "departure_date": day(person.left) or None,
        "job_title": person.title or None,
        "department": department and {"id": department.id, "title": department.name},
        "reports_to": boss and {key: boss[key] for key in ("id", "first_name", "last_name")},
        "office": office and {"id": office.id, "name": office.name},
        "personal_email": person.personal_email or None,
        "mobile_phone": person.mobile_phone or None,
        "gender": person.gender or None,
        "ethnicity": person.ethnicity or None,
        "salary": pay,
        "groups": [{"id": group.id, "type": kind} for kind, group in by_kind.items()]
        + [{"id": guid("team", name), "type": "team"} for name in person.teams],
        "image": picture and f"https://acme.namely.com{picture['original']}",
        "preferred_name": person.preferred or None,
        "updated_at": instant(person.updated),
    }


def instant(moment: datetime) -> str:
    """An instant as the guide writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def card(person: Person) -> Row:
    """A profile as other resources link to it."""
    picture = image(person)
    return {
        "id": person.uuid,
        "href": f"/people/{person.uuid}",
        "full_name": f"{person.preferred or person.given} {person.family}".strip(),
        "job_title_title": person.title or UNKNOWN_TITLE,
        "links": {"image": picture and picture["id"]},
    }


def arrival(person: Person, era: str = "modern") -> Row:
    """An event of the home feed; the modern one says its time twice and counts likes (official)."""
    at, event = int(person.created.timestamp()), guid("event", person.id)
    row: Row = {"id": event, "href": f"/events/{event}", "type": "recent_arrival", "created_at": at}
    row |= {"content": None, "html_content": None, "years_at_company": None}
    row |= {"use_comments": True, "can_comment": False, "can_destroy": True}
    row |= {"links": {"profile": person.uuid, "comments": [], "file": None}}
    if era == "modern":
        row |= {"time": at, "ufc_offset": 0, "can_like": True, "likes_count": 0}
        row |= {"liked_by_current_profile": False, "links": {**row["links"], "appreciations": []}}
    return row


def country(code: str) -> Row:
    """A country as the list has it."""
    name, kind = COUNTRIES[code]
    return {"id": code, "name": name, "subdivision_type": kind}


def title_row(title: str, era: str = "modern") -> Row:
    """A title of GET /job_titles: without its tier's id beside the link, and without `active`, until 2016."""
    parent = guid("job_tier", tier(title))
    row = {**job_title(title), "links": {"job_tier": parent}}
    return row | {"parent_id": parent, "active": True} if era == "modern" else row


def title_record(title: str) -> Row:
    """A title as linked to profiles in 2014 and 2015: the row of the vendor's database."""
    at = "2014-01-02T03:04:05.678-05:00"
    number = int(guid("job_title", title)[:4], 16)
    row = {"id": number, "title": title, "order": 0, "company_id": 1, "created_at": at, "updated_at": at}
    parent = int(guid("job_tier", tier(title))[:4], 16)
    return row | {"is_default": title == UNKNOWN_TITLE, "parent_id": parent, "guid": guid("job_title", title)}


def a_day(text: Any) -> date | None:
    """A day as clients may write it, 2001-02-03 or 2001/2/3; empty is None, anything else a `ValueError`."""
    if not text:
        return None
    return date(*map(int, re.split("[-/]", str(text), maxsplit=2)))


def a_contract(value: Any) -> str:
    """A kind of contract as clients write it: its title, or an object that has it."""
    title = str((value.get("title") if isinstance(value, dict) else value) or "")
    return {told: word for word, told in CONTRACTS.items()}.get(title, title)


def resource(method: str, pattern: str) -> Callable[[H], H]:
    """A route of the observed dialect, with and without the suffix `.json`."""

    def mark(handler: H) -> H:
        for ending in ("", ".json"):
            handler = route(method, pattern + ending, dialects=("observed",))(handler)
        return handler

    return mark


def guided(method: str, pattern: str) -> Callable[[H], H]:
    """A route of the guide dialect."""
    return route(method, pattern, dialects=("guide",))


class NamelySandbox(Sandbox):
    """Namely on loopback.

    `limit` (requests, seconds) turns on the throttle of GET /profiles; Namely's own is (100, 60).
    `owner` is whose token it is: once they are inactive, the token is refused.
    """

    name = "namely"
    prefixes = ("/api/v1",)
    restricted_fields = frozenset({"salary", "dob", "ssn", "home", "personal_email", "gender", "ethnicity"})
    limit: tuple[int, float] | None = None

    def __init__(self, *, era: str = "modern", **options: Any) -> None:
        if era not in KEYS:
            raise ValueError(f"no era is called {era!r}; there are: {', '.join(KEYS)}")
        super().__init__(**options)
        self.era = era
        self.owner: Person | None = self.people[0] if self.people else None
        self.log_of_changes: list[Row] = []
        self._groups: dict[str, Group] = {}
        self._titles: dict[str, None] = {UNKNOWN_TITLE: None}
        self._asked: list[datetime] = []

    # -- what Namely says ---------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        return self.origin + "/api/v1"

    @property
    def settings(self) -> dict[str, str]:
        return {"company": "acme", "token": self.key, "base_url": self.base_url}

    @property
    def observed(self) -> bool:
        return self.dialect == "observed"

    @property
    def owner_left(self) -> bool:
        return self.owner is not None and user_status(self.owner) == "inactive"

    def authorized(self, call: Call) -> bool:
        return call.headers.get("Authorization") == f"Bearer {self.key}" and not self.owner_left

    def error(self, status: int, message: str = "") -> Answer:
        """A body that says `error` for 401 (recorded), a gateway's page from 500 on, `message` else."""
        text = message or responses.get(status, "")
        if not self.observed:
            text = "Not found" if status == 404 else text
            return self.say({"message": text, "errors": []}, status)
        if status == 401 and self.owner_left:  # the official articles say 403 for this one
            status, text = 403, responses[403]
        if status >= 500:
            page = f"<html><head><title>{status} {text}</title></head><body><h1>{text}</h1></body></html>"
            return attrs.evolve(self.say(page, status), content_type="text/html")
        return self.say({"error": ""} if status == 401 else {"message": text, "errors": []}, status)

    def throttled(self, fault: Fault) -> Answer:
        """406 without a hint when to come back (official articles), 429 in the guide."""
        answer = self.error(fault.status or (406 if self.observed else 429), "Too many requests")
        hint = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        if not self.observed:
            hint |= {"X-RateLimit-Remaining": "0"}  # the guide says there are such headers, not their names
        return attrs.evolve(answer, headers={**answer.headers, **hint})

    def headers(self) -> Mapping[str, str]:
        if not self.observed:
            return {}
        seen = {
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains;",
            "Vary": "Accept-Encoding",
            "X-Request-Id": str(uuid4()),
            "X-Runtime": "0.012345",
        }
        if self.era == "modern":
            seen |= {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN"}
            seen |= {"X-Xss-Protection": "1"}
        return seen

    def say(self, body: Any, status: int = 200) -> Answer:
        """An answer with the headers that depend on it."""
        if not self.observed:
            return Answer(body=body, status=status)
        headers = {"Cache-Control": "max-age=0, private, must-revalidate" if status < 400 else "no-cache"}
        if self.era != "modern":
            headers |= {"Status": f"{status} {responses.get(status, '')}", "X-Rack-Cache": "miss"}
        elif status < 400:
            headers["Etag"] = f'W/"{blake2b(repr(body).encode(), digest_size=16).hexdigest()}"'
        return Answer(body=body, status=status, headers=headers)

    def missing(self, what: str) -> Answer:
        """404; until November 2014 its errors were null (recorded)."""
        errors: list[str] | None = None if self.observed and self.era == "2014" else []
        return self.say({"message": f"{what} not found", "errors": errors}, 404)

    @route("GET", "/<path:rest>", dialects=("observed",))
    @route("POST", "/<path:rest>", dialects=("observed",))
    @route("PUT", "/<path:rest>", dialects=("observed",))
    @route("PATCH", "/<path:rest>", dialects=("observed",))
    @route("DELETE", "/<path:rest>", dialects=("observed",))
    def no_such_route(self, call: Call, rest: str) -> Answer:
        """Recorded 2014 for a GET with a good token; the other methods are taken to fare the same."""
        return self.say({"error": ""}, 401)

    # -- people -------------------------------------------------------------------------------------

    def touch(self, person: Person, change: str = "profile_updated") -> None:
        """Note that a person changed now, and write it into the guide's log of changes."""
        super().touch(person)
        number, at = len(self.log_of_changes) + 1, instant(person.updated)
        event = {"id": f"evt{number:03}", "type": change, "profile_id": person.uuid, "occurred_at": at}
        self.log_of_changes.append(event)

    def find(self, id: str) -> Person | None:
        """The person of this profile id."""
        return next((person for person in self.people if person.uuid == id), None)

    def rows(self, people: Iterable[Person]) -> list[Row]:
        """The people as profiles of this dialect, without what the caller may not see."""
        by_id = {person.id: person for person in self.people}
        rows = []
        for person in people:
            manager = by_id.get(person.manager_id or 0)
            row = profile(person, manager, self.era) if self.observed else guide_profile(person, manager)
            if self.restricts(person):
                row = {key: value for key, value in row.items() if key not in self.restricted_fields}
                if "links" in row:
                    row["links"] = {k: v for k, v in row["links"].items() if k not in self.restricted_fields}
            rows.append(row)
        return rows

    def profiles(self, call: Call, rows: list[Row], meta: Row, status: int = 200) -> Answer:
        """Profiles in their envelope, with what they link to beside them."""
        told = [
            name
            for name in (list(RELATIONS)[:2] if self.era == "2014" else RELATIONS)
            if not rows or any(name in row or name in row["links"] for row in rows)
        ]
        links = {f"profiles.{name}": {"type": RELATIONS[name]} for name in told}
        linked = {RELATIONS[name]: self.linked(name, rows) for name in told}
        body = {"profiles": self.shown(call, rows), "meta": meta, "links": links, "linked": linked}
        return self.say(body, status)

    def linked(self, name: str, rows: list[Row]) -> list[Row]:
        """What these profiles link to by this name, each once."""
        if name == "image":
            return [row["image"] for row in rows if row.get("image")]
        if name == "job_title":
            titles = dict.fromkeys(row["links"][name]["title"] for row in rows if name in row["links"])
            return [title_row(t) if self.era == "modern" else title_record(t) for t in titles]
        named = {link["id"]: link for row in rows for link in row["links"].get(name, [])}
        if name == "groups" and self.era == "modern":
            return [row for row in self.group_rows() if row["id"] in named]
        return list(named.values())

    def one(self, call: Call, person: Person | None, status: int = 200) -> Answer:
        """One profile, in a list all the same."""
        if person is None:
            return self.missing("Profile")
        rows = self.rows([person])
        if not self.observed:
            return self.say({"profiles": rows}, status)
        return self.profiles(call, rows, {"count": 1, "status": status}, status)

    def too_many(self) -> Answer | None:
        """The throttle, where `limit` is set and used up."""
        if self.limit is None:
            return None
        count, seconds = self.limit
        now = self.clock.now()
        self._asked = [at for at in self._asked if (now - at).total_seconds() < seconds]
        if len(self._asked) >= count:
            return self.throttled(Fault(kind="throttle"))
        self._asked.append(now)
        return None

    @resource("GET", "/profiles")
    def list_profiles(self, call: Call) -> Answer:
        """By `page` (30 at a time, at most 50), or after the row of an id; past the end is an empty page."""
        if refused := self.too_many():
            return refused
        people = self.ordered(call, self.filtered(call))
        total = self.total(call, people)
        size = min(call.number("per_page", 30), 50)
        if self.era != "modern" and "limit" in call.query:
            size = len(people) if call.query["limit"] == "all" else call.number("limit", 30)
        size = max(size, 1)
        after = call.query.get("after")
        if after is None:
            chosen = self.page(call, people, start=0, size=size, number=max(call.number("page", 1), 1))
        else:
            read = next((n for n, person in enumerate(people, 1) if person.uuid == after), len(people))
            chosen = self.page(call, people, start=read, size=size)
        count = total if self.era == "2015" and after is None else len(chosen)
        meta = {"count": count} | ({"total_count": total} if self.era == "modern" else {}) | {"status": 200}
        return self.profiles(call, self.rows(chosen), meta | ({} if after is None else {"after": after}))

    def filtered(self, call: Call) -> list[Person]:
        """The people whom every `filter[…]` fits; filters that Namely does not name are ignored."""
        managers = {person.id: person.uuid for person in self.people}
        facts: dict[str, Callable[[Person], str]] = {
            "first_name": lambda person: person.given,
            "last_name": lambda person: person.family,
            "email": lambda person: person.email,
            "personal_email": lambda person: person.personal_email,
            "job_title": lambda person: person.title or UNKNOWN_TITLE,
            "reports_to": lambda person: managers.get(person.manager_id or 0, ""),
            "user_status": lambda person: user_status(person, self.era),
        }
        asked = {name: call.query[f"filter[{name}]"] for name in facts if f"filter[{name}]" in call.query}
        return [p for p in self.people if all(facts[name](p) == value for name, value in asked.items())]

    def ordered(self, call: Call, people: list[Person]) -> list[Person]:
        """In the order asked for; `-` in front turns it round."""
        sort = call.query.get("sort", "")
        attribute = SORTS.get(sort.removeprefix("-"))
        if attribute is None:
            return people
        return sorted(people, key=lambda p: getattr(p, attribute), reverse=sort.startswith("-"))

    @guided("GET", "/profiles")
    def guide_list_profiles(self, call: Call) -> Answer:
        if refused := self.too_many():
            return refused
        chosen, meta = self.guide_page(call, self.people)
        return self.say({"profiles": self.shown(call, self.rows(chosen)), "meta": meta})

    def guide_page(self, call: Call, rows: list[Any]) -> tuple[list[Any], Row]:
        """A page as the guide has it, 25 at a time and at most 50, and its meta."""
        size = min(max(call.number("per_page", 25), 1), 50)
        chosen = self.page(call, rows, start=0, size=size, number=max(call.number("page", 1), 1))
        return chosen, {"count": len(chosen), "total": self.total(call, rows)}

    @guided("GET", "/profiles/me")
    @resource("GET", "/profiles/me")
    def me(self, call: Call) -> Answer:
        return self.one(call, self.owner)

    @guided("GET", "/profiles/<id>")
    @resource("GET", "/profiles/<id>")
    def get_profile(self, call: Call, id: str) -> Answer:
        return self.one(call, self.find(id))

    @guided("POST", "/profiles")
    @resource("POST", "/profiles")
    def create_profile(self, call: Call) -> Answer:
        """201 and the profile; 200 until 2016, when the status was active and the start today unless said."""
        sent = _sent(call)
        legacy = self.observed and self.era != "modern"
        required = ["first_name", "last_name", "email"]
        if not legacy:
            required += ["start_date"] if not self.observed else ["user_status", "start_date"]
            required += ["personal_email"] if self.observed and sent.get("user_status") == "pending" else []
        lacking = [f"{key} is a required field" for key in required if not sent.get(key)]
        changes, wrong = self.read(sent, None)
        if errors := lacking + wrong:
            return self.say({"message": "error creating profile", "errors": errors}, 422)
        now, number = self.clock.now(), max((person.id for person in self.people), default=0) + 1
        blank = Person(
            id=number, uuid=guid("profile", number), number="", given="", family="", created=now, updated=now
        )
        blank.hired = now.date() if legacy else None
        self.people.append(blank)
        self.write(blank, sent, changes)
        self.touch(blank, "profile_created")
        return self.one(call, blank, 200 if legacy else 201)

    @guided("PUT", "/profiles/<id>")
    @resource("PUT", "/profiles/<id>")
    def update_profile(self, call: Call, id: str) -> Answer:
        """Changes what is named and leaves the rest."""
        person = self.find(id)
        if person is None:
            return self.missing("Profile")
        sent = _sent(call)
        changes, wrong = self.read(sent, person)
        if wrong:
            return self.say({"message": "error updating profile", "errors": wrong}, 422)
        was = user_status(person)
        self.write(person, sent, changes)
        turned = {("active", "inactive"): "profile_terminated", ("inactive", "active"): "profile_rehired"}
        self.touch(person, turned.get((was, user_status(person)), "profile_updated"))
        if self.observed:
            return self.one(call, person)
        row = person.extra | self.rows([person])[0]
        changed = {key: row[key] for key in sent if key in row}
        return self.say({"profiles": [{"id": id, **changed, "updated_at": instant(person.updated)}]})

    # -- what clients write -------------------------------------------------------------------------

    def read(self, sent: Row, person: Person | None) -> tuple[Row, list[Any]]:
        """What a body changes, by the attribute of a `Person`, and what is wrong with it."""
        changes: Row = {}
        wrong: list[Any] = []
        if person is None or "email" in sent:
            wrong += self.wrong_email(str(sent.get("email") or ""), person)
        readers = self.readers
        for key in (key for key in sent if key in readers):
            attribute, reader = readers[key]
            try:
                changes[attribute] = reader(sent[key])
            except (ArithmeticError, LookupError, TypeError, ValueError):
                wrong.append(f"{key} is not valid")
        if "user_status" in sent:
            status = sent["user_status"]
            changes |= {"active": status == "active", "pending": status == "pending"}
            if status not in ("active", "inactive", "pending"):
                wrong.append("user_status must be one of active, inactive, pending")
        if not self.observed and isinstance(sent.get("groups"), list):
            joined = {str(group.get("id")) for group in sent["groups"] if isinstance(group, dict)}
            changes |= {g.kind.attribute: g.name for g in self.groups().values() if g.id in joined}
            changes["teams"] = [name for name in self.team_names() if guid("team", name) in joined]
        return changes, wrong

    def write(self, person: Person, sent: Row, changes: Row) -> None:
        """Change a person. What there is no room for is kept; what Namely does not know is forgotten."""
        if "active" in changes:
            person.tags -= {"unknown_status"}
        for kind in GROUP_TYPES if self.observed else ():
            # production connectors write a group's title under this name; one that no group has does nothing
            name = sent.get(kind.field_name)
            if name == "" or (isinstance(name, str) and guid(kind.attribute, name) in self.groups()):
                changes[kind.attribute] = name
        if self.observed and isinstance(home := sent.get("home"), dict):
            sent["home"] = address(person.city) | home
        for attribute, value in changes.items():
            setattr(person, attribute, value)
        own = sent.keys() & set(self.custom_names() if self.observed else ())
        person.custom |= {key: sent[key] for key in own}
        known = set(KEYS[self.era]) - FIXED if self.observed else sent.keys()
        told = self.readers.keys() | {"user_status", "groups"}
        # a text that was cleared is "" from then on, and not null again (recorded 2014)
        cleared = {key for key in TEXTS if sent.get(key) == ""}
        person.extra |= {key: sent[key] for key in sent if key in cleared or key in known - told}

    @property
    def readers(self) -> dict[str, tuple[str, Callable[[Any], Any]]]:
        """For each field that a client may write: where it goes, and how it is understood."""
        common: dict[str, tuple[str, Callable[[Any], Any]]] = {
            **{key: (attribute, lambda value: str(value or "")) for key, attribute in TEXTS.items()},
            **{key: (attribute, a_day) for key, attribute in DATES.items()},
            "reports_to": ("manager_id", self.a_manager),
        }
        if not self.observed:
            return common | {
                "job_title": ("title", lambda value: str(value or "")),
                "salary": ("pay", lambda value: Decimal(str(value["amount"])) if value else None),
                "department": ("department", lambda value: self.a_group("department", value)),
                "office": ("location", lambda value: self.a_group("location", value)),
            }
        return common | {
            "job_title": ("title", self.a_title),
            "employee_type": ("status_word", a_contract),
            "salary": ("pay", lambda value: Decimal(str(value["yearly_amount"])) if value else None),
        }

    def wrong_email(self, email: str, person: Person | None) -> list[Any]:
        """What is wrong with a mail address; a bad form is a list within the list (recorded 2014)."""
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            return [[f"format of email {email} is invalid"]] if self.observed else []
        if (person is None or person.email != email) and any(other.email == email for other in self.people):
            return [f"{email} is already taken"]
        return []

    def a_title(self, value: Any) -> str:
        """By id, by title, or both; one that nobody has made is a `ValueError`."""
        named = {value.get("id"), value.get("title")} if isinstance(value, dict) else {value}
        found = [title for title in self.titles() if {title, guid("job_title", title)} & named]
        if not found and named - {None, ""}:
            raise ValueError
        return found[0] if found and found[0] != UNKNOWN_TITLE else ""

    def a_manager(self, value: Any) -> int | None:
        """By profile id, or an object that has it; an id nobody has is a `ValueError`."""
        wanted = value.get("id") if isinstance(value, dict) else value
        if not wanted:
            return None
        if manager := self.find(wanted):
            return manager.id
        raise ValueError

    def a_group(self, attribute: str, value: Any) -> str:
        """The name of the group of this id; one of another kind, or none, is a `ValueError`."""
        if not value:
            return ""
        group = self.groups()[value["id"] if isinstance(value, dict) else value]
        if group.kind.attribute != attribute:
            raise ValueError
        return group.name

    # -- groups, teams, titles ----------------------------------------------------------------------

    def groups(self) -> dict[str, Group]:
        """Every group anybody was ever in, by id: one whose last member leaves stays."""
        for kind in GROUP_TYPES:
            names = dict.fromkeys(getattr(person, kind.attribute) for person in self.people)
            self._groups |= {group.id: group for name in names if (group := Group(kind, name)).name}
        return self._groups

    def titles(self) -> list[str]:
        """Every job title anybody ever had, and the one for those without."""
        self._titles |= {person.title: None for person in self.people if person.title}
        return list(self._titles)

    def team_names(self) -> list[str]:
        return sorted({name for person in self.people for name in person.teams})

    def custom_names(self) -> list[str]:
        """The company's own fields, in the order they were first used."""
        return list(dict.fromkeys(name for person in self.people for name in person.custom))

    def group_rows(self, kind: GroupType | None = None) -> list[Row]:
        """The groups (of this kind), each with its type's name, its members counted."""
        members = {k.attribute: Counter(getattr(p, k.attribute) for p in self.people) for k in GROUP_TYPES}
        return [
            {
                "id": group.id,
                "title": group.name,
                "type": group.kind.title,
                "is_team": False,
                "address": address(group.name) if group.kind.attribute == "location" else None,
                "count": members[group.kind.attribute][group.name],
                "links": {"group_type": group.kind.id},
            }
            for group in self.groups().values()
            if kind in (None, group.kind)
        ]

    def small(self, name: str, rows: list[Row], links: Row, linked: Row, meta: Row | None = None) -> Answer:
        """A whole small collection; whatever page is asked for, it comes at once."""
        body = {name: rows, "meta": meta or {"count": len(rows), "status": 200}}
        return self.say(body | {"links": {key: {"type": of} for key, of in links.items()}, "linked": linked})

    def group_answer(self, rows: list[Row], linked: Row | None = None) -> Answer:
        links = {"groups.group_types": "group_types"} | ({"groups.profiles": "profiles"} if linked else {})
        meta = {"response": 200, "count": len(rows), "page_title": "Groups", "page_copy": ""}
        types = {"group_types": [kind.row() for kind in GROUP_TYPES]}
        return self.small("groups", rows, links, types | (linked or {}), meta)

    @resource("GET", "/groups")
    def list_groups(self, call: Call) -> Answer:
        return self.group_answer(self.group_rows())

    @resource("GET", "/groups/<id>")
    def get_group(self, call: Call, id: str) -> Answer:
        """One group and its members. Its `type` is the type's id here, its name in the list (official)."""
        row = next((row for row in self.group_rows() if row["id"] == id), None)
        if row is None:
            return self.missing("Group")
        members = [p for p in self.people if id in {group.id for group in groups_of(p)}]
        row["type"] = row["links"]["group_type"]
        row["links"]["profiles"] = [person.uuid for person in members]
        return self.group_answer([row], {"profiles": [card(person) for person in members]})

    @guided("GET", "/groups")
    def guide_list_groups(self, call: Call) -> Answer:
        groups = self.groups().values()
        rows = [{"id": group.id, "title": group.name, "type": group.kind.attribute} for group in groups]
        rows += [{"id": guid("team", name), "title": name, "type": "team"} for name in self.team_names()]
        chosen, meta = self.guide_page(call, rows)
        return self.say({"groups": chosen, "meta": meta})

    @resource("GET", "/group_types")
    def list_group_types(self, call: Call) -> Answer:
        return self.small("group_types", [kind.row() for kind in GROUP_TYPES], {}, {})

    @resource("GET", "/group_types/<id>")
    def get_group_type(self, call: Call, id: str) -> Answer:
        rows = [kind.row() for kind in GROUP_TYPES if kind.id == id]
        return self.small("group_types", rows, {}, {}) if rows else self.missing("Group type")

    @resource("GET", "/group_types/<id>/groups")
    def list_groups_of_type(self, call: Call, id: str) -> Answer:
        kind = next((kind for kind in GROUP_TYPES if kind.id == id), None)
        return self.group_answer(self.group_rows(kind)) if kind else self.missing("Group type")

    @resource("GET", "/teams")
    def list_teams(self, call: Call) -> Answer:
        return self.teams(self.team_names())

    @resource("GET", "/teams/<id>")
    def get_team(self, call: Call, id: str) -> Answer:
        names = [name for name in self.team_names() if guid("team", name) == id]
        return self.teams(names) if names else self.missing("Team")

    def teams(self, names: list[str]) -> Answer:
        category = guid("team_category", TEAM_CATEGORY)
        since = int(min((person.created for person in self.people), default=self.clock.now()).timestamp())
        rows = [
            {
                "id": guid("team", name),
                "name": name,
                "email": f"{name}@teams.example.com".lower(),
                "updated_at": since,
                "created_at": since,
                "links": {"team_categories": [category]},
            }
            for name in names
        ]
        categories = {"categories": [{"id": category, "title": TEAM_CATEGORY}]}
        return self.small("teams", rows, {"teams.categories": "categories"}, categories)

    @resource("GET", "/job_titles")
    def list_job_titles(self, call: Call) -> Answer:
        rows = [title_row(title, self.era) for title in self.titles()]
        tiers = [{"id": guid("job_tier", name), "title": name} for name in TIERS]
        return self.small("job_titles", rows, {"job_titles.job_tier": "job_tiers"}, {"job_tiers": tiers})

    @resource("GET", "/job_tiers")
    def list_job_tiers(self, call: Call) -> Answer:
        titles = {name: [title for title in self.titles() if tier(title) == name] for name in TIERS}
        rows = [
            {
                "id": guid("job_tier", name),
                "title": name,
                "links": {"job_titles": [job_title(title)["id"] for title in titles[name]]},
                **({"numerical_id": number} if self.era == "modern" else {}),
            }
            for number, name in enumerate(TIERS, 1)
        ]
        linked = {"job_titles": [job_title(title) for title in self.titles()]}
        return self.small("job_tiers", rows, {"job_tiers.job_titles": "job_titles"}, linked)

    # -- fields, places, the feed, the company ------------------------------------------------------

    @resource("GET", "/profiles/fields")
    def list_fields(self, call: Call) -> Answer:
        """Every field of a profile with its type; those of the company itself are not `default`."""
        hidden = FIXED - {"office"} | {"reports_to", "employee_type", "healthcare", "dental"}
        modern, custom = self.era == "modern", self.custom_names()
        sections: dict[str, Row] = {}
        rows = []
        for name in [key for key in KEYS[self.era] if key not in hidden] + custom:
            title = "Other" if name in custom else "General"
            section = sections.setdefault(
                title,
                {"id": guid("section", title), "title": title, "links": {"fields": []}}
                | ({"block_titles": []} if modern else {}),
            )
            kind = FIELD_TYPES.get(name, "text")
            row: Row = {"id": guid("field", name), "name": name, "label": name.replace("_", " ").capitalize()}
            row |= {"type": kind, "default": name not in custom, "valid_format_info": f"a {kind}"}
            row |= {"links": {"section": section["id"]}}
            rows.append(row | ({"deletable": name in custom, "block_index": 0} if modern else {}))
            section["links"]["fields"].append(row["id"])
        links = {"fields.sections": "sections"}
        return self.small("fields", rows, links, {"sections": list(sections.values())})

    @resource("GET", "/countries")
    def list_countries(self, call: Call) -> Answer:
        """A handful of the real list's countries; no meta (recorded)."""
        return self.say({"countries": [country(code) for code in COUNTRIES]})

    @resource("GET", "/countries/<id>")
    def get_country(self, call: Call, id: str) -> Answer:
        if id not in COUNTRIES:
            return self.missing("Country")
        parts = [{"id": part, "name": name} for part, name in SUBDIVISIONS.get(id, {}).items()]
        return self.say({"countries": [country(id) | {"links": {"subdivisions": parts}}]})

    @resource("GET", "/currency_types")
    def list_currency_types(self, call: Call) -> Answer:
        """No meta; some currencies come twice (recorded)."""
        keys = ("iso", "name", "symbol")
        return self.say({"currency_types": [dict(zip(keys, row, strict=True)) for row in CURRENCIES]})

    @resource("GET", "/events")
    def list_events(self, call: Call) -> Answer:
        """The home feed, newest first: the arrivals of people who are active. It tells of no other change."""
        people = [person for person in self.people if user_status(person, self.era) == "active"]
        if (wanted := call.query.get("profile_id")) is not None:
            people = [person for person in people if person.uuid == wanted]
        if call.query.get("filter[type]", "recent_arrival") != "recent_arrival":
            people = []
        people.sort(key=lambda person: person.created, reverse=call.query.get("order") != "asc")
        after = call.query.get("after")
        start = next((n for n, person in enumerate(people, 1) if guid("event", person.id) == after), 0)
        size = min(max(call.number("limit", 30), 1), 30)
        people = people[start : start + size]
        meta: Row = {"response": 200, "use_comments": True, "use_updates": False, "count": len(people)}
        if self.era == "modern":
            meta |= {"use_mentions": True, "use_appreciations": True, "use_likes": True}
        relations = {"events.profile": "profiles", "events.comments": "comments", "events.file": "files"}
        relations |= {"comments.profile": "profiles", "profile.image": "files"}
        pictures = [picture for person in people if (picture := image(person))]
        linked: Row = {"profiles": [card(person) for person in people], "comments": [], "files": pictures}
        return self.small("events", [arrival(p, self.era) for p in people], relations, linked, meta)

    @guided("GET", "/events")
    def guide_list_events(self, call: Call) -> Answer:
        """The guide's log of changes, oldest first, from when the sandbox began."""
        chosen, meta = self.guide_page(call, self.log_of_changes)
        return self.say({"events": chosen, "meta": meta})

    @unauthenticated
    @resource("GET", "/companies/info")
    def company(self, call: Call) -> Answer:
        """Who the company is: a bare object, told to anyone."""
        return self.say(
            {
                "name": "Acme Invented",
                "permalink": "acme",
                "background_url": None,
                "logo_url": None,
                "authentications": [{"type": "email_password", "init_url": "/login"}],
            }
        )


def _sent(call: Call) -> Row:
    """The one profile of a body `{"profiles": [{…}]}`, empty where it is none; no JSON is a `ValueError`."""
    match call.json():
        case {"profiles": [dict(sent), *_]}:
            return dict(sent)
    return {}
