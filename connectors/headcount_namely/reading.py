"""What Namely sends, and what it means: shapes, tables, raw to model, lists and look-ups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import attrs

import headcount as hc


@attrs.define(kw_only=True)
class Home:
    """A postal address."""

    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    state_id: str | None = None
    zip: str | None = None
    country_id: str | None = None


@attrs.define(kw_only=True)
class Salary:
    """Pay: `yearly_amount` and `currency_type` as recorded; `amount`, `currency`, `pay_period` in the guide."""

    yearly_amount: Decimal | None = None
    currency_type: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    pay_period: str | None = None


@attrs.define(kw_only=True)
class Profile:
    """A profile. Where recordings and the guide differ in shape, the field is `Any` and a function reads it."""

    id: str
    user_status: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    preferred_name: str | None = None
    email: str | None = None
    personal_email: str | None = None
    office_direct_dial: str | None = None
    office_phone: str | None = None
    mobile_phone: str | None = None
    home_phone: str | None = None
    employee_id: str | None = None
    company_uuid: str | None = None
    start_date: date | None = None
    departure_date: date | None = None
    terminated_reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    job_title: Any = None
    employee_type: Any = None
    reports_to: Any = None
    image: Any = None
    department: Any = None
    office: Any = None
    groups: Any = None
    links: Any = None
    dob: date | None = None
    gender: str | None = None
    ethnicity: str | None = None
    marital_status: str | None = None
    home: Home | None = None
    salary: Salary | None = None


@attrs.define(kw_only=True)
class Titled:
    """Something that is told by its title: a job, a type of employee."""

    title: str | None = None


@attrs.define(kw_only=True)
class Grouping:
    """A group, or a team: a group says `title`, a team `name`."""

    id: str
    title: str | None = None
    name: str | None = None
    address: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


STATUS = hc.Codes(
    hc.EmployeeStatus,
    {
        "active": hc.EmployeeStatus.ACTIVE,
        "inactive": hc.EmployeeStatus.INACTIVE,
        "pending": hc.EmployeeStatus.PENDING,
    },
)
WORKER = hc.Codes(
    hc.WorkerType,
    {
        "Full Time": hc.WorkerType.EMPLOYEE,
        "Part Time": hc.WorkerType.EMPLOYEE,
        "Intern": hc.WorkerType.INTERN,
        "Contractor": hc.WorkerType.CONTRACTOR,
        "Freelance": hc.WorkerType.CONTRACTOR,
    },
)
TIME = hc.Codes(
    hc.TimeType,
    {"Full Time": hc.TimeType.FULL_TIME, "Part Time": hc.TimeType.PART_TIME},
    silent=("Intern", "Contractor", "Freelance"),
)
PERIOD = hc.Codes(
    hc.PayPeriod,
    {
        "annually": hc.PayPeriod.YEAR,
        "yearly": hc.PayPeriod.YEAR,
        "year": hc.PayPeriod.YEAR,
        "monthly": hc.PayPeriod.MONTH,
        "semimonthly": hc.PayPeriod.HALF_MONTH,
        "biweekly": hc.PayPeriod.TWO_WEEKS,
        "weekly": hc.PayPeriod.WEEK,
        "quarterly": hc.PayPeriod.QUARTER,
        "semiannually": hc.PayPeriod.HALF_YEAR,
        "hourly": hc.PayPeriod.HOUR,
    },
)
KIND = hc.Codes(
    hc.GroupType,
    {
        "department": hc.GroupType.DEPARTMENT,
        "departments": hc.GroupType.DEPARTMENT,
        "division": hc.GroupType.DIVISION,
        "divisions": hc.GroupType.DIVISION,
        "office": hc.GroupType.LOCATION,
        "office location": hc.GroupType.LOCATION,
        "office locations": hc.GroupType.LOCATION,
        "location": hc.GroupType.LOCATION,
        "team": hc.GroupType.TEAM,
        "custom": hc.GroupType.CUSTOM,
    },
)
FIELDS: hc.Fields = {
    "status": "user_status",
    "given_name": "first_name",
    "middle_name": "middle_name",
    "family_name": "last_name",
    "preferred_name": "preferred_name",
    "work_email": "email",
    "personal_email": "personal_email",
    "work_phone": ("office_direct_dial", "office_phone"),
    "mobile_phone": "mobile_phone",
    "home_phone": "home_phone",
    "employee_number": "employee_id",
    "job_title": "job_title",
    "worker_type": "employee_type",
    "time_type": "employee_type",
    "start_date": "start_date",
    "termination_date": "departure_date",
    "termination_reason": "terminated_reason",
    "manager_id": "reports_to",
    "group_ids": ("links", "groups"),
    "company_id": "company_uuid",
    "work_location_id": ("links", "office"),
    "photo_url": "image",
    "record_url": "id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "demographics": ("dob", "gender", "ethnicity", "marital_status", "home"),
    "compensation": "salary",
}
GROUP_FIELDS: hc.Fields = {"address": "address", "created_at": "created_at", "updated_at": "updated_at"}
NEVER = frozenset(
    {
        *("ssn", "corporate_card_number", "corporate_card_member"),
        *(
            "healthcare",
            "healthcare_info",
            "dental",
            "dental_info",
            "vision_plan_info",
            "life_insurance_info",
        ),
        *("emergency_contact", "emergency_contact_phone"),
    }
)
STANDARD = {key for keys in FIELDS.values() for key in ((keys,) if isinstance(keys, str) else keys)} | {
    *("id", "full_name", "access_role", "job_change_reason", "bio", "resume", "linkedin_url", "department"),
    *("office_main_number", "office_fax", "office_company_mobile", "key_tag_number", "laptop_asset_number"),
    *("asset_management", "current_job_description", "job_description", "namely_time_employee_role"),
    *("namely_time_manager_role", "team_positions", "profile_format"),
}
NOBODY = "no_guid"
PAGES = hc.numbered("page", total=hc.total_at("meta.total_count", "meta.total"))
BY_CHANGE = hc.numbered("page")  # without the total, by which pages would be asked for ahead that nobody needs
LISTED_ONCE = hc.numbered("page", repeat_ends=True)
FIFTY = {"page": 1, "per_page": 50}  # the most that a page may have
PERMISSIONS = {  # a token sees what its owner's role does (Namely's help on tokens)
    "": "the fields that the access role of the token's owner is scoped to, in Namely's settings of access roles",
    "employees": "an access role that sees profiles, for the token's owner, in Namely's settings of access roles",
}
EXPIRES = (
    "two years after it was made (a personal token, by Namely's documentation; one guide says never), and at once "
    "when its owner becomes inactive; the API does not tell when it was made"
)

wire = hc.Wire(dates=("%Y-%m-%d", "%m/%d/%Y"))


@attrs.frozen
class Known:
    """What a record does not say: group types and kinds of groups by id, custom fields by key, the web address."""

    types: Mapping[str, hc.Raw] = {}
    kinds: Mapping[str, hc.Coded[hc.GroupType]] = {}
    custom: Mapping[str, hc.Raw] | None = None
    web: str = ""


def to_employee(raw: hc.Raw, known: Known) -> hc.Employee:
    profile = wire.read(raw, Profile)
    employee_type = title(profile.employee_type)
    managers = ids(profile.reports_to)
    groups = group_ids(profile)
    return hc.Employee(
        id=profile.id,
        status=STATUS(profile.user_status),
        given_name=profile.first_name,
        middle_name=profile.middle_name,
        family_name=profile.last_name,
        preferred_name=profile.preferred_name,
        work_email=profile.email,
        personal_email=profile.personal_email,
        work_phone=profile.office_direct_dial or profile.office_phone,
        mobile_phone=profile.mobile_phone,
        home_phone=profile.home_phone,
        employee_number=profile.employee_id,
        job_title=title(profile.job_title),
        worker_type=WORKER.maybe(employee_type),
        time_type=TIME.maybe(employee_type),
        start_date=profile.start_date,
        termination_date=profile.departure_date,
        termination_reason=profile.terminated_reason,
        manager_id=managers[0] if managers else None,
        manager_ids=managers,
        group_ids=groups,
        company_id=profile.company_uuid,
        work_location_id=location(groups or (), known) or next(iter(ids(profile.office)), None),
        photo_url=photo(profile.image, known),
        record_url=f"{known.web}/people/{profile.id}",
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        custom_fields=custom_fields(raw, known),
        demographics=demographics(profile),
        compensation=compensation(profile.salary),
    )


def title(value: Any) -> str | None:
    """`{"id", "title"}` as recorded, a text in the guide."""
    return wire.read(value if isinstance(value, dict) else {"title": value}, Titled).title


def ids(value: Any) -> tuple[str, ...]:
    """The ids of a list of objects as recorded, or of the one object of the guide; nobody is `no_guid`."""
    if not value:
        return ()
    found = value if isinstance(value, list) else [value]
    return tuple(one["id"] for one in found if isinstance(one, dict) and one.get("id") not in (None, NOBODY))


def group_ids(profile: Profile) -> tuple[str, ...] | None:
    """From `links` as recorded; from `groups`, `department` and `office` in the guide."""
    links = profile.links or {}
    told = [links.get("groups"), links.get("teams"), profile.groups, profile.department, profile.office]
    if all(value is None for value in told[:3]):
        return None
    return tuple(dict.fromkeys(chain.from_iterable(map(ids, told))))


def location(groups: tuple[str, ...], known: Known) -> str | None:
    kinds = ((id, known.kinds.get(id)) for id in groups)
    return next((id for id, kind in kinds if kind and kind.value is hc.GroupType.LOCATION), None)


def photo(image: Any, known: Known) -> str | None:
    """A path below the company's web address as recorded, a whole URL in the guide."""
    path = image.get("original") if isinstance(image, dict) else image
    return f"{known.web}{path}" if path and path.startswith("/") else path or None


def custom_fields(raw: hc.Raw, known: Known) -> dict[str, hc.CustomField]:
    """By the definitions, where the server gives them; else every key that no profile has by itself."""
    if known.custom is None:
        return {key: hc.CustomField(key=key, value=value) for key, value in raw.items() if key not in STANDARD}
    return {
        key: hc.CustomField(key=key, label=field["label"], type=field["type"], value=raw[key] or None)
        for key, field in known.custom.items()
        if key in raw
    }


def defined(known: Known) -> dict[str, hc.CustomField] | None:
    """The company's custom fields, without values."""
    if known.custom is None:
        return None
    return {key: hc.CustomField(key=key, label=one["label"], type=one["type"]) for key, one in known.custom.items()}


def demographics(profile: Profile) -> hc.Demographics | None:
    return hc.or_none(
        hc.Demographics,
        date_of_birth=profile.dob,
        gender=profile.gender,
        ethnicity=profile.ethnicity,
        marital_status=profile.marital_status,
        home_address=address(profile.home),
    )


def address(home: Home | None) -> hc.Address | None:
    if home is None:
        return None
    return hc.or_none(
        hc.Address,
        line1=home.address1,
        line2=home.address2,
        city=home.city,
        region=home.state_id,
        postal_code=home.zip,
        country=home.country_id,
    )


def compensation(salary: Salary | None) -> hc.Compensation | None:
    if salary is None or (salary.yearly_amount is None and salary.amount is None):
        return None
    if salary.yearly_amount is None:
        period = PERIOD.maybe(salary.pay_period)
        return hc.Compensation(amount=salary.amount, currency=salary.currency, period=period)
    yearly = hc.Coded(hc.PayPeriod.YEAR, "yearly_amount")
    return hc.Compensation(amount=salary.yearly_amount, currency=salary.currency_type, period=yearly)


def to_group(raw: hc.Raw, known: Known) -> hc.Group:
    group = wire.read(raw, Grouping)
    return hc.Group(
        id=group.id,
        name=group.title or group.name or group.id,
        type=kind(raw, known.types),
        address=address(wire.read(group.address, Home)) if isinstance(group.address, dict) else None,
        created_at=group.created_at,
        updated_at=group.updated_at,
    )


def kind(group: hc.Raw, types: Mapping[str, hc.Raw]) -> hc.Coded[hc.GroupType]:
    """By the title of its group type, which a company may change; else by the type's own kind."""
    of = types.get(str((group.get("links") or {}).get("group_type")), {})
    name = of.get("title") or group.get("type", "team")  # a team has no type
    coded = KIND(name)
    return coded if coded.value is not hc.GroupType.UNKNOWN else hc.Coded(KIND(of.get("type")).value, name)


def profiles(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/profiles", FIFTY), at="profiles", by=PAGES)


def profile(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(hc.Request("GET", f"/profiles/{hc.segment(id)}"), at="profiles")


def some(http: hc.Transport, ask: hc.Ask, ids: Iterable[str]) -> Iterator[hc.Page]:
    alone = http.one_by_one(hc.Request("GET", f"/profiles/{hc.segment(id)}") for id in ids)
    return hc.reshaped(alone, lambda body: body["profiles"])


def named_in(body: Any) -> list[Any]:
    """Whose profile a webhook's body names. Nobody has seen one: the events are the guide's, the keys are guessed."""
    if not str(body["event"]).startswith("profile."):
        return []
    inner = [body[key] for key in ("data", "profile") if isinstance(body.get(key), dict)]
    told = [place["profile_id"] for place in (body, *inner) if "profile_id" in place]
    return told or [place["id"] for place in inner]


def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
    """By the order that the official description has. The guide's server keeps its own, and is found out by that."""
    newest = hc.Request("GET", "/profiles", {**FIFTY, "sort": "-updated_at"})
    oldest = hc.Request("GET", "/profiles", {"page": 1, "per_page": 1, "sort": "updated_at"})
    return hc.newest_first(
        http.pages(newest, at="profiles", by=BY_CHANGE),
        at=lambda raw: hc.instant(raw["updated_at"]),
        since=since,
        turned=lambda: http.pages(oldest, at="profiles"),
    )


def count(http: hc.Transport) -> int | None:
    """How many profiles there are by status; None where the server filters nothing, or tells no totals."""
    return hc.summed(count_of(http, word) for word in ("active", "inactive", "pending"))


def count_of(http: hc.Transport, word: str) -> int | None:
    request = hc.Request("GET", "/profiles", {"page": 1, "per_page": 1, "filter[user_status]": word})
    page = next(http.pages(request, at="profiles", by=PAGES))
    filtered = all(raw.get("user_status") == word for raw in page.records)
    return page.total if filtered else None


def groups(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """Groups, then teams. The guide pages groups; the real server is said to answer them all each time."""
    teams = http.pages(hc.Request("GET", "/teams", FIFTY), at="teams", by=LISTED_ONCE)
    return chain(all_groups(http), http.where_offered(teams))


def all_groups(http: hc.Transport) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/groups", FIFTY), at="groups", by=LISTED_ONCE)


def known(http: hc.Transport, wanted: hc.Wanted) -> Known:
    types = group_types(http)
    fields = http.optional(hc.Request("GET", "/profiles/fields")) if "custom_fields" in wanted else {"fields": []}
    return Known(
        types=types,
        kinds={raw["id"]: kind(raw, types) for page in http.where_offered(all_groups(http)) for raw in page.records},
        custom=None if fields is None else {one["name"]: one for one in fields["fields"] if is_custom(one)},
        web=http.origin,
    )


def is_custom(field: hc.Raw) -> bool:
    return not field["default"] and not hc.is_never_read(field["name"], field["label"])


def group_types(http: hc.Transport) -> dict[str, hc.Raw]:
    """By id; a server that has none names the kind in each group."""
    answer = http.optional(hc.Request("GET", "/group_types")) or {}
    return {one["id"]: one for one in answer.get("group_types", ())}


def company(http: hc.Transport) -> hc.Company:
    raw = http.record(hc.Request("GET", "/companies/info"))
    return hc.Company(id=raw["permalink"], display_name=raw.get("name"), raw=raw)


def whoami(http: hc.Transport) -> hc.Identity:
    raw = http.record(hc.Request("GET", "/profiles/me"), at="profiles")
    me = wire.read(raw, Profile)
    name = hc.full_name(me.first_name, me.last_name)
    return hc.Identity(id=me.id, name=name, work_email=me.email, role=raw.get("access_role"), expires=EXPIRES)


def find(http: hc.Transport, ask: hc.Ask, fields: hc.Facts) -> Iterator[hc.Page]:
    """By the filters that the official description has, an e-mail in either spelling: nobody says that case is no
    matter there. The guide's server ignores them and gives everyone."""
    told = {"filter[email]": fields.get("work_email"), "filter[personal_email]": fields.get("personal_email")}
    emails = [{by: one} for by, email in told.items() if email for one in dict.fromkeys((email, email.lower()))]
    names = {"filter[first_name]": fields.get("given_name"), "filter[last_name]": fields.get("family_name")}
    asked = [*emails, names]
    requests = (hc.Request("GET", "/profiles", {**FIFTY, **query}) for query in asked)
    return chain.from_iterable(http.pages(request, at="profiles", by=PAGES) for request in requests)


def classify(response: hc.Response) -> hc.VendorError | None:
    """The list of profiles is throttled with 406 by the documentation, with 429 by the guide."""
    return hc.classify(response, reason=reason, throttled=(406, 429))


def reason(response: hc.Response) -> list[str]:
    said = response.said
    return (flat(said.get("errors")) or [str(said.get("message") or "")]) if isinstance(said, dict) else []


def flat(errors: Any) -> list[str]:
    """Errors are texts, lists of texts, or null, and may be of any shape in a gateway's answer."""
    if isinstance(errors, dict):
        errors = list(errors.values())
    if isinstance(errors, list):
        return [text for one in errors for text in flat(one)]
    return [errors] if isinstance(errors, str) and errors else []
