"""What Namely shows of a person, a group, a title: pure functions, in both dialects and three generations.

`era` is the generation of the observed dialect: "modern" (2017 on), "2015", or "2014".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import attrs

from headcount.sandbox import Call, Person

Row = dict[str, Any]
Reader = Callable[[Any], Row]
"""What a written value changes in a `Person`, by attribute."""

UNKNOWN_TITLE = "Unknown Job Title"
FOUNDED = 1_262_304_000  # 2010, in epoch seconds
TIERS = ("Staff", "Leadership")
NOBODY = {"id": "no_guid", "first_name": "Nobody", "last_name": "Nobody", "email": "None"}
GONE = {"first_name": "Former", "last_name": "Manager", "email": "former.manager@example.com"}
THUMBS = ("75x75", "75x75c", "150x150", "150x150c", "300x300", "450x450", "800x800")
CONTRACTS = {"Full-Time": "Full Time", "Part-Time": "Part Time"}
COUNTRIES = {"DE": ("Germany", "State"), "JP": ("Japan", "Prefecture"), "US": ("United States", "State")}
SUBDIVISIONS = {"US": {"CA": "California", "MA": "Massachusetts", "NY": "New York", "TX": "Texas"}}
_MONEY = (("USD", "US dollar", "$"), ("EUR", "Euro", "€"), ("JPY", "Yen", "¥"), ("JPY", "Yen", "¥"))
CURRENCIES = [{"iso": iso, "name": name, "symbol": symbol} for iso, name, symbol in _MONEY]
RELATIONS = {"job_title": "job_titles", "image": "files", "groups": "groups", "teams": "teams"}
COMPANY = {
    "name": "Acme Invented",
    "permalink": "acme",
    "background_url": None,
    "logo_url": None,
    "authentications": [{"type": "email_password", "init_url": "/login"}],
}

TEXTS = (
    {"first_name": "given", "last_name": "family", "middle_name": "middle", "preferred_name": "preferred"}
    | {"employee_id": "number", "office_phone": "work_phone"}
    | {key: key for key in "email personal_email mobile_phone home_phone gender marital_status ethnicity".split()}
)
DATES = {"start_date": "hired", "departure_date": "left", "dob": "born"}
_FILE = """ssn emergency_contact emergency_contact_phone corporate_card_number healthcare_info dental_info
    vision_plan_info life_insurance_info"""
INVENTED = {key: f"Invented {key.replace('_', ' ')}" for key in _FILE.split()}
FIXED = frozenset("id company_uuid updated_at created_at full_name links access_role office".split())
"""What no client may write."""
UNLISTED = (FIXED - {"office"}) | {"reports_to", "employee_type", "healthcare", "dental"}
"""What `GET /profiles/fields` does not name."""
FIELD_TYPES = (
    dict.fromkeys(("start_date", "departure_date", "dob", "badge_date"), "date")
    | {"email": "email", "personal_email": "email", "home": "address", "office": "address", "salary": "salary"}
    | {"gender": "select", "marital_status": "select", "resume": "file", "asset_management": "checkboxes"}
    | {"image": "image", "job_title": "referencehistory", "user_status": "referenceselect"}
)

_DESK = """office_main_number office_direct_dial office_phone office_fax office_company_mobile home_phone mobile_phone
    home office"""
_BENEFITS = """healthcare healthcare_info dental dental_info vision_plan_info life_insurance_info employee_handbook
    employee_wage_theft_prevention_act"""
_2014 = f"""id email first_name last_name user_status links image middle_name preferred_name job_title
    job_change_reason start_date departure_date employee_id personal_email bio {_DESK} linkedin_url asset_management
    key_tag_number laptop_asset_number corporate_card_number emergency_contact_phone emergency_contact marital_status
    gender dob ssn resume current_job_description job_description salary {_BENEFITS}"""
_MODERN = f"""id company_uuid email first_name last_name user_status updated_at created_at preferred_name image
    full_name job_title reports_to employee_type access_role links gender marital_status ethnicity ssn resume
    middle_name job_change_reason terminated_reason start_date departure_date employee_id personal_email dob bio
    asset_management laptop_asset_number corporate_card_number key_tag_number linkedin_url {_DESK} emergency_contact
    emergency_contact_phone current_job_description job_description salary {_BENEFITS} namely_time_employee_role
    namely_time_manager_role team_positions"""
KEYS: Mapping[str, Sequence[str]] = {
    "2014": _2014.split(),
    "2015": _2014.replace(" links", " updated_at created_at links").split(),
    "modern": _MODERN.split(),
}
"""A profile's keys in each generation, in their order (recorded 2014 to 2016; official description)."""
NULLABLE = "job_change_reason gender marital_status resume employee_handbook employee_wage_theft_prevention_act".split()
"""Choices and files: null when empty, even in 2014 when an empty text was ""."""


@cache
def guid(kind: str, name: object) -> str:
    """The id of something known by its name: the same whenever and wherever it is asked for."""
    return str(uuid5(NAMESPACE_DNS, f"{kind}/{name}"))


def collection(name: str, rows: list[Row], links: Row | None = None, linked: Row | None = None, **meta: Any) -> Row:
    """A small collection, which comes whole whatever page is asked for."""
    types = {key: {"type": of} for key, of in (links or {}).items()}
    return {name: rows, "meta": meta or {"count": len(rows), "status": 200}, "links": types, "linked": linked or {}}


# -- groups, teams and titles ---------------------------------------------------------------------------


def group_type(title: str, type: str) -> Row:
    """A kind of unit, as `GET /group_types` has it."""
    row = {"id": guid("group_type", title), "title": title, "field_name": title.lower().replace(" ", "_"), "type": type}
    return row | {"deletable": type == "custom", "x_groups_as_teams": False}


GROUP_TYPES = {
    "department": group_type("Departments", "department"),
    "division": group_type("Divisions", "custom"),
    "location": group_type("Office Locations", "office location"),
}
"""The kinds of groups, by the attribute of a `Person` that holds the group's name."""


@attrs.frozen
class Group:
    """One unit of the company, known by its name within its kind (a key of `GROUP_TYPES`)."""

    kind: str
    name: str

    @property
    def id(self) -> str:
        return guid(self.kind, self.name)

    def row(self, count: int) -> Row:
        """As the list has it: with the name of its type, its members counted."""
        return {
            "id": self.id,
            "title": self.name,
            "type": GROUP_TYPES[self.kind]["title"],
            "is_team": False,
            "address": address(self.name) if self.kind == "location" else None,
            "count": count,
            "links": {"group_type": GROUP_TYPES[self.kind]["id"]},
        }


def groups_of(person: Person) -> list[Group]:
    """The groups a person is in: department, division, office location, as far as they have one."""
    return [Group(kind, name) for kind in GROUP_TYPES if (name := getattr(person, kind))]


def groups(rows: list[Row], members: Sequence[Person] = ()) -> Row:
    """Groups with their types; one alone also with its members."""
    links, linked = {"groups.group_types": "group_types"}, {"group_types": list(GROUP_TYPES.values())}
    if members:
        links["groups.profiles"], linked["profiles"] = "profiles", [card(person) for person in members]
    return collection("groups", rows, links, linked, response=200, count=len(rows), page_title="Groups", page_copy="")


def teams(names: Iterable[str]) -> Row:
    category = {"id": guid("team_category", "Project Teams"), "title": "Project Teams"}
    since = {"updated_at": FOUNDED, "created_at": FOUNDED}
    rows = [
        {"id": guid("team", name), "name": name, "email": f"{name}@teams.example.com".lower(), **since}
        | {"links": {"team_categories": [category["id"]]}}
        for name in names
    ]
    return collection("teams", rows, {"teams.categories": "categories"}, {"categories": [category]})


def job_title(title: str) -> Row:
    """A title by id; someone without one has the title every new profile gets."""
    name = title or UNKNOWN_TITLE
    return {"id": guid("job_title", name), "title": name}


def job_titles(titles: Iterable[str], era: str) -> Row:
    tiers = [{"id": guid("job_tier", name), "title": name} for name in TIERS]
    rows = [title_row(title, era) for title in titles]
    return collection("job_titles", rows, {"job_titles.job_tier": "job_tiers"}, {"job_tiers": tiers})


def job_tiers(titles: Iterable[str], era: str) -> Row:
    known = [(job_title(title), tier(title)) for title in titles]
    rows = []
    for number, name in enumerate(TIERS, 1):
        within = [title["id"] for title, of in known if of == name]
        row = {"id": guid("job_tier", name), "title": name, "links": {"job_titles": within}}
        rows.append(row | ({"numerical_id": number} if era == "modern" else {}))
    return collection("job_tiers", rows, {"job_tiers.job_titles": "job_titles"}, {"job_titles": [t for t, _ in known]})


def tier(title: str) -> str:
    """The tier a title is in."""
    return TIERS[title in ("Director", "Manager")]


def title_row(title: str, era: str = "modern") -> Row:
    """A title of GET /job_titles: without its tier's id beside the link, and without `active`, until 2016."""
    parent = guid("job_tier", tier(title))
    row = {**job_title(title), "links": {"job_tier": parent}}
    return row | {"parent_id": parent, "active": True} if era == "modern" else row


def title_record(title: str) -> Row:
    """A title as linked to profiles in 2014 and 2015: the row of the vendor's database."""
    at, known = "2014-01-02T03:04:05.678-05:00", guid("job_title", title)
    row = {"id": int(known[:4], 16), "title": title, "order": 0, "company_id": 1, "created_at": at, "updated_at": at}
    parent = int(guid("job_tier", tier(title))[:4], 16)
    return row | {"is_default": title == UNKNOWN_TITLE, "parent_id": parent, "guid": known}


# -- profiles -------------------------------------------------------------------------------------------


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


def full_name(person: Person) -> str:
    """A preferred name takes the place of the first (recorded)."""
    return f"{person.preferred or person.given} {person.family}".strip()


def reports_to(person: Person, manager: Person | None) -> Row | None:
    """The manager, None without one. A manager whose profile is gone keeps an id that nobody has."""
    if manager is not None:
        name = {"first_name": manager.given, "last_name": manager.family, "email": manager.email}
        return {"id": manager.uuid, **name}
    return None if person.manager_id is None else {"id": guid("profile", person.manager_id), **GONE}


def image(person: Person) -> Row | None:
    """The picture that every fifth person has; its addresses lack the host (recorded)."""
    if person.id % 5:
        return None
    file = guid("image", person.id)
    thumbs = {size: f"/files/{file}/image/{size}.jpg" for size in THUMBS}
    row = {"id": file, "filename": "portrait.jpg", "mime_type": "image/jpeg"}
    return row | {"original": f"/files/{file}/download", "thumbs": thumbs}


def address(city: str) -> Row:
    """Six keys always; all null where there is no address."""
    place = {"address1": "1 Invented Street", "address2": "", "city": city}
    place |= {"state_id": "MA", "country_id": "US", "zip": "00000"}
    return place if city else dict.fromkeys(place)


def benefit(person: Person) -> Row:
    """A health or dental plan. The amount is text (recorded)."""
    paid = person.pay is not None
    return {"beneficiary": "Employee Only" if paid else None, "amount": "1.0" if paid else None, "currency_type": "USD"}


def salary(person: Person, era: str = "modern") -> Row:
    """The pay: an amount as text in 2014, a number since; nobody's had another name for the currency then."""
    pay, paid = person.pay, person.pay is not None
    row: Row = {"yearly_amount": None if pay is None else str(pay) if era == "2014" else float(pay)}
    row["currency_type" if paid or era == "modern" else "currency"] = person.currency if paid else None
    row["date"] = person.hired.isoformat() if paid and person.hired else None
    if era != "2014":
        row |= {"rate": "annually" if paid else None, "guid": guid("salary", person.id) if paid else None}
    if era == "modern":
        row |= dict.fromkeys("pay_group_id payroll_job_id payroll_company payroll_job hourly amount_raw".split())
    return row


def day(value: date | None, era: str = "modern") -> str:
    """A day as text: American in 2014, ISO since, empty for none."""
    if value is None:
        return ""
    return f"{value:%m/%d/%Y}" if era == "2014" else value.isoformat()


def instant(moment: datetime) -> str:
    """An instant as the guide writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def profile(person: Person, manager: Person | None = None, era: str = "modern") -> Row:
    """A profile as recorded in that generation; a text never set is "" in 2014 and null since.

    Whoever has pay has the rest of a personnel file, with values that are plainly invented.
    """
    links: Row = {"job_title": job_title(person.title)}
    if era != "2014":
        links["groups"] = [{"id": group.id, "name": group.name} for group in groups_of(person)]
        links["teams"] = [{"id": guid("team", name), "name": name} for name in person.teams]
    row: Row = dict.fromkeys(KEYS[era], "" if era == "2014" else None) | dict.fromkeys(NULLABLE)
    row |= {} if person.pay is None else INVENTED
    row |= {
        "asset_management": [],
        "healthcare": benefit(person),
        "dental": benefit(person),
        **person.extra,
        "id": person.uuid,
        "company_uuid": guid("company", "acme"),
        "user_status": user_status(person, era),
        "updated_at": int(person.updated.timestamp()),
        "created_at": int(person.created.timestamp()),
        "image": image(person),
        "full_name": full_name(person),
        "job_title": links["job_title"],
        "reports_to": [reports_to(person, manager) or NOBODY],
        "employee_type": {"title": employee_type(person)},
        "access_role": "Employee" if person.manager_id else "Administrator",
        "links": links,
        "home": address(person.city) | (person.extra.get("home") or {}),
        "office": address(person.location) | ({"phone": None} if era == "modern" else {}),
        "salary": salary(person, era),
    }
    row |= {key: value for key, attribute in TEXTS.items() if (value := getattr(person, attribute))}
    row |= {key: day(getattr(person, attribute), era) for key, attribute in DATES.items()}
    row |= {key: getattr(person, TEXTS[key]) for key in ("first_name", "last_name", "email")}
    return {key: row[key] for key in KEYS[era]} | person.custom


def guide_profile(person: Person, manager: Person | None = None) -> Row:
    """A profile as the guide's table of fields has it."""
    boss, picture = reports_to(person, manager), image(person)
    groups = {group.kind: group for group in groups_of(person)}
    department, office = groups.get("department"), groups.get("location")
    pay = None if person.pay is None else {"amount": float(person.pay), "currency": person.currency}
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
        "salary": pay and {**pay, "pay_period": "year"},
        "groups": [{"id": group.id, "type": kind} for kind, group in groups.items()]
        + [{"id": guid("team", name), "type": "team"} for name in person.teams],
        "image": picture and f"https://acme.namely.com{picture['original']}",
        "preferred_name": person.preferred or None,
        "updated_at": instant(person.updated),
    }


def facts(person: Person, manager: Person | None, era: str) -> Row:
    """What the list can be filtered by."""
    texts = ("first_name", "last_name", "email", "personal_email")
    row = {key: getattr(person, TEXTS[key]) for key in texts} | {"job_title": person.title or UNKNOWN_TITLE}
    return row | {"user_status": user_status(person, era), "reports_to": manager.uuid if manager else ""}


def fields(custom: Sequence[str], era: str) -> Row:
    """The fields of a profile with their types, and their sections; the company's own are not `default`."""
    modern, rows, sections = era == "modern", list[Row](), list[Row]()
    for title, names in {"General": [key for key in KEYS[era] if key not in UNLISTED], "Other": custom}.items():
        section: Row = {"id": guid("section", title), "title": title}
        for name in names:
            kind, own = FIELD_TYPES.get(name, "text"), title == "Other"
            row: Row = {
                "id": guid("field", name),
                "name": name,
                "label": name.replace("_", " ").capitalize(),
                "type": kind,
            }
            row |= {"default": not own, "valid_format_info": f"a {kind}", "links": {"section": section["id"]}}
            rows.append(row | ({"deletable": own, "block_index": 0} if modern else {}))
        section |= {"links": {"fields": [guid("field", name) for name in names]}}
        sections.append(section | ({"block_titles": []} if modern else {}))
    return collection("fields", rows, {"fields.sections": "sections"}, {"sections": sections})


# -- the home feed and places ---------------------------------------------------------------------------


def card(person: Person) -> Row:
    """A profile as other resources link to it."""
    picture = image(person)
    row = {"id": person.uuid, "href": f"/people/{person.uuid}", "full_name": full_name(person)}
    title = {"job_title_title": person.title or UNKNOWN_TITLE}
    return row | title | {"links": {"image": picture and picture["id"]}}


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


def feed(people: Sequence[Person], era: str) -> Row:
    """The home feed; the modern one can do more (official)."""
    links = {"events.profile": "profiles", "events.comments": "comments", "events.file": "files"}
    links |= {"comments.profile": "profiles", "profile.image": "files"}
    files = [picture for person in people if (picture := image(person))]
    linked: Row = {"profiles": [card(person) for person in people], "comments": [], "files": files}
    meta = {"response": 200, "use_comments": True, "use_updates": False, "count": len(people)}
    meta |= {"use_mentions": True, "use_appreciations": True, "use_likes": True} if era == "modern" else {}
    return collection("events", [arrival(person, era) for person in people], links, linked, **meta)


def country(code: str, *, whole: bool = False) -> Row:
    """A country as the list has it; the `whole` of it with its parts."""
    name, kind = COUNTRIES[code]
    parts = [{"id": part, "name": title} for part, title in SUBDIVISIONS.get(code, {}).items()]
    row = {"id": code, "name": name, "subdivision_type": kind}
    return row | {"links": {"subdivisions": parts}} if whole else row


# -- what clients write ---------------------------------------------------------------------------------


def sent_in(call: Call) -> Row:
    """The one profile of a body `{"profiles": [{…}]}`, empty where it is none; no JSON is a `ValueError`."""
    match call.json():
        case {"profiles": [dict(sent), *_]}:
            return dict(sent)
    return {}


def id_of(value: Any) -> Any:
    """The id of an object, which may be written in its place."""
    return value.get("id") if isinstance(value, dict) else value


def to(attribute: str, read: Callable[[Any], Any] = lambda value: str(value or "")) -> Reader:
    """A reader of one attribute of a `Person`."""
    return lambda value: {attribute: read(value)}


def a_day(text: Any) -> date | None:
    """A day as clients may write it, 2001-02-03 or 2001/2/3; empty is None, anything else a `ValueError`."""
    return date(*map(int, re.split("[-/]", str(text), maxsplit=2))) if text else None


def a_status(word: Any) -> Row:
    if word not in ("active", "inactive", "pending"):
        raise ValueError(word)
    return {"active": word == "active", "pending": word == "pending"}


def a_contract(value: Any) -> str:
    """A kind of contract as clients write it: its title, or an object that has it."""
    title = value["title"] if isinstance(value, dict) else value or ""
    return next((word for word, told in CONTRACTS.items() if told == title), title)


def amount(key: str) -> Reader:
    return to("pay", lambda value: Decimal(str(value[key])) if value else None)


_READERS: dict[str, Reader] = {
    **{key: to(attribute) for key, attribute in TEXTS.items()},
    **{key: to(attribute, a_day) for key, attribute in DATES.items()},
    "user_status": a_status,
}
GUIDE_READERS = _READERS | {"job_title": to("title"), "salary": amount("amount")}
OBSERVED_READERS = _READERS | {"employee_type": to("status_word", a_contract), "salary": amount("yearly_amount")}
