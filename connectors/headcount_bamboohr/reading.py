"""What BambooHR sends, and what it means: shapes, tables, raw to model, lists and look-ups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import attrs

import headcount as hc


@attrs.define(kw_only=True)
class Person:
    """An employee by the names that reports use; the paged list uses others, see `PAGED`."""

    id: str
    status: str | None = None
    employmentHistoryStatus: str | None = None
    employeeNumber: str | None = None
    firstName: str | None = None
    middleName: str | None = None
    lastName: str | None = None
    preferredName: str | None = None
    workEmail: str | None = None
    homeEmail: str | None = None
    workPhone: str | None = None
    mobilePhone: str | None = None
    homePhone: str | None = None
    jobTitle: str | None = None
    department: str | None = None
    division: str | None = None
    location: str | None = None
    hireDate: date | None = None
    originalHireDate: date | None = None
    terminationDate: date | None = None
    supervisorEId: str | None = None
    supervisorId: str | None = None
    joinedManagerId: str | None = None
    photoUrl: str | None = None
    lastChanged: datetime | None = None
    dateOfBirth: date | None = None
    gender: str | None = None
    ethnicity: str | None = None
    maritalStatus: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    state: str | None = None
    zipcode: str | None = None
    country: str | None = None
    payRate: str | None = None
    payPer: str | None = None


@attrs.define(kw_only=True)
class Log:
    """A log of changes: a map by id, or an empty list. The guide's has no `latest`."""

    latest: datetime | None = None
    employees: Any = None


@attrs.define(kw_only=True)
class Logged:
    """The last thing that happened to somebody: Inserted, Updated, Deleted, in the guide in lower case."""

    id: str
    action: str
    lastChanged: datetime | None = None


@attrs.define(kw_only=True)
class StatusRow:
    """A row of the employmentStatus table."""

    employeeId: str
    date: date | None = None
    employmentStatus: str | None = None


@attrs.define(kw_only=True)
class JobRow:
    """A row of the jobInfo table; it names the manager without an id."""

    employeeId: str
    date: date | None = None
    jobTitle: str | None = None
    department: str | None = None
    division: str | None = None
    location: str | None = None


@attrs.define(kw_only=True)
class Option:
    """An option of a list: a department, a division, a location."""

    name: str
    createdDate: datetime | None = None


@attrs.define(kw_only=True)
class CompanyAddress:
    """Where the company is."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


@attrs.define(kw_only=True)
class CompanyInformation:
    """The company, as the official description has it."""

    legalName: str | None = None
    displayName: str | None = None
    phone: str | None = None
    address: CompanyAddress | None = None


@attrs.define(kw_only=True)
class Hook:
    """A webhook, in a list of them; the answer that makes it has `privateKey` too, and no other has."""

    id: str
    name: str | None = None
    url: str | None = None
    lastSent: datetime | None = None
    privateKey: str | None = None


STATES = {  # words of the employment history that say where someone stands, and not what they work as
    "Terminated": hc.EmployeeStatus.TERMINATED,
    "Retired": hc.EmployeeStatus.RETIRED,
    "Deceased": hc.EmployeeStatus.DECEASED,
    "Furloughed": hc.EmployeeStatus.ON_LEAVE,
    "Leave of Absence": hc.EmployeeStatus.ON_LEAVE,
    "On Leave": hc.EmployeeStatus.ON_LEAVE,
}
STATUS = hc.Codes(
    hc.EmployeeStatus,
    {"Active": hc.EmployeeStatus.ACTIVE, "Inactive": hc.EmployeeStatus.INACTIVE, **STATES},
)
REFINES = {  # what the history may add to each flag: an active person on leave, an inactive one who left
    hc.EmployeeStatus.ACTIVE: {hc.EmployeeStatus.ON_LEAVE},
    hc.EmployeeStatus.INACTIVE: {*STATES.values()} - {hc.EmployeeStatus.ON_LEAVE},
}
WORKER = hc.Codes(
    hc.WorkerType,
    {
        "Full-Time": hc.WorkerType.EMPLOYEE,
        "Part-Time": hc.WorkerType.EMPLOYEE,
        "Contractor": hc.WorkerType.CONTRACTOR,
        "Intern": hc.WorkerType.INTERN,
    },
    silent=STATES,
)
TIME = hc.Codes(
    hc.TimeType,
    {"Full-Time": hc.TimeType.FULL_TIME, "Part-Time": hc.TimeType.PART_TIME},
    silent=(*STATES, "Contractor", "Intern"),
)
PERIOD = hc.Codes(
    hc.PayPeriod,
    {
        "Hour": hc.PayPeriod.HOUR,
        "Day": hc.PayPeriod.DAY,
        "Week": hc.PayPeriod.WEEK,
        "Month": hc.PayPeriod.MONTH,
        "Quarter": hc.PayPeriod.QUARTER,
        "Year": hc.PayPeriod.YEAR,
    },
)
LISTS = {
    "department": hc.Coded(hc.GroupType.DEPARTMENT, "department"),
    "division": hc.Coded(hc.GroupType.DIVISION, "division"),
    "location": hc.Coded(hc.GroupType.LOCATION, "location"),
}
FIELDS: hc.Fields = {
    "status": ("status", "employmentHistoryStatus"),
    "given_name": "firstName",
    "middle_name": "middleName",
    "family_name": "lastName",
    "preferred_name": "preferredName",
    "work_email": "workEmail",
    "personal_email": "homeEmail",
    "work_phone": "workPhone",
    "mobile_phone": "mobilePhone",
    "home_phone": "homePhone",
    "employee_number": "employeeNumber",
    "job_title": "jobTitle",
    "worker_type": "employmentHistoryStatus",
    "time_type": "employmentHistoryStatus",
    "original_hire_date": "originalHireDate",
    "start_date": "hireDate",
    "termination_date": "terminationDate",
    "manager_id": ("supervisorEId", "supervisorId"),
    "group_ids": tuple(LISTS),
    "work_location_id": "location",
    "photo_url": "photoUrl",
    "updated_at": "lastChanged",
    "demographics": (
        *("dateOfBirth", "gender", "ethnicity", "maritalStatus"),
        *("address1", "address2", "city", "state", "zipcode", "country"),
    ),
    "compensation": ("payRate", "payPer"),
}
LEVEL = "Settings > Access Levels > the level of the key's owner"
PERMISSIONS = {  # the tabs as customers' guides show them; the scopes are the official description's, for OAuth
    "": f"{LEVEL} > Personal tab; scope employee",
    "employees": f"{LEVEL}: all employees; scope report",
    "groups": f"{LEVEL} > Job tab; scope field",
    "company": "scope company:info",
    **dict.fromkeys(
        ("work_email", "personal_email", "work_phone", "mobile_phone", "home_phone"),
        f"{LEVEL} > Personal tab > Contact; scope employee:contact",
    ),
    **dict.fromkeys(
        ("job_title", "manager_id", "group_ids", "work_location_id"),
        f"{LEVEL} > Job tab > Job Information; scope employee:job",
    ),
    **dict.fromkeys(
        ("start_date", "original_hire_date", "termination_date", "worker_type", "time_type"),
        f"{LEVEL} > Job tab > Employment Status; scope employee:job",
    ),
    "demographics": f"{LEVEL} > Personal tab > Basic Info and Address; scope employee:demographic",
    "compensation": f"{LEVEL} > Job tab > Compensation; scope employee:compensation",
    "custom_fields": f"{LEVEL} > the field's tab; scope employee:custom_fields",
}
PAGED = {  # the paged list's name of a field -> the report's
    "employeeId": "id",
    "jobTitleName": "jobTitle",
    "departmentName": "department",
    "divisionName": "division",
    "locationName": "location",
    "employmentStatusName": "employmentHistoryStatus",
    "reportsToId": "supervisorEId",
    "birthDate": "dateOfBirth",
}
SAME = (  # fields that bear one name in both
    *("firstName", "middleName", "lastName", "preferredName", "workEmail", "homeEmail", "workPhone"),
    *("mobilePhone", "homePhone", "hireDate", "photoUrl", "status"),
)
UNTOLD = {  # what the paged list does not offer
    field: hc.NullReason.NOT_REQUESTED
    for field in (*FIELDS, "custom_fields")
    if not {*PAGED.values(), *SAME}.intersection(hc.asked(FIELDS, (field,)))
}
GROUP_FIELDS: hc.Fields = {"active": "archived", "created_at": "createdDate"}
CURSOR = hc.cursor("page[after]", lambda page: page.head["meta"]["page"]["nextCursor"], total=hc.total_at("meta.total"))
CHOSEN = attrs.evolve(CURSOR, total=hc.single.total)  # the total of some of the ids says nothing of them all
THROTTLED = (429, 503)
REASONS = ("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage")
EXPIRES = "not by itself: a BambooHR key lives until it is deleted or its user loses access"
BY_NUMBER = {"manager_id": hc.NullReason.UNREADABLE}  # a number that no employee read has
MOST_FIELDS = 400
MOST_IDS = 500  # in one address
LONG_AGO = "2000-01-01T00:00:00Z"
EVERY_KIND = ("updated", "inserted", "deleted")
BLANK = (None, "", "0000-00-00")

wire = hc.Wire(blank=("0000-00-00",))


@attrs.frozen
class Known:
    """What a record does not say: the company's lists, the ids of their options that are groups by (list, name), and
    the custom fields by alias (None: not told)."""

    lists: Sequence[hc.Raw] = ()
    options: Mapping[tuple[str, str], str] = {}
    custom: Mapping[str, hc.Raw] | None = None


def to_employee(raw: hc.Raw, known: Known) -> hc.Employee:
    person = wire.read(raw, Person)
    word = person.employmentHistoryStatus
    groups = {name: option_id(name, getattr(person, name), known) for name in LISTS if getattr(person, name)}
    manager = person.supervisorEId or person.joinedManagerId
    return hc.Employee(
        id=person.id,
        status=status(person.status, word),
        given_name=person.firstName,
        middle_name=person.middleName,
        family_name=person.lastName,
        preferred_name=person.preferredName,
        work_email=person.workEmail,
        personal_email=person.homeEmail,
        work_phone=person.workPhone,
        mobile_phone=person.mobilePhone,
        home_phone=person.homePhone,
        employee_number=person.employeeNumber,
        job_title=person.jobTitle,
        worker_type=WORKER.maybe(word),
        time_type=TIME.maybe(word),
        original_hire_date=person.originalHireDate,
        start_date=person.hireDate,
        termination_date=person.terminationDate,
        manager_id=manager,
        manager_ids=(manager,) if manager else (),
        group_ids=tuple(groups.values()),
        work_location_id=groups.get("location"),
        photo_url=person.photoUrl,
        updated_at=person.lastChanged,
        demographics=hc.or_none(
            hc.Demographics,
            date_of_birth=person.dateOfBirth,
            gender=person.gender,
            ethnicity=person.ethnicity,
            marital_status=person.maritalStatus,
            home_address=hc.or_none(
                hc.Address,
                line1=person.address1,
                line2=person.address2,
                city=person.city,
                region=person.state,
                postal_code=person.zipcode,
                country=person.country,
            ),
        ),
        compensation=compensation(person.payRate, person.payPer),
        custom_fields={
            key: hc.CustomField(
                key=key, label=field["name"], type=field["type"], value=None if raw[key] in BLANK else raw[key]
            )
            for key, field in (known.custom or {}).items()
            if key in raw
        },
        absent={**(UNTOLD if "employeeId" in raw else {}), **(BY_NUMBER if person.supervisorId else {})},
    )


def defined(known: Known) -> dict[str, hc.CustomField] | None:
    """The company's custom fields, without values."""
    if known.custom is None:
        return None
    return {key: hc.CustomField(key=key, label=one["name"], type=one["type"]) for key, one in known.custom.items()}


def status(flag: str | None, word: str | None) -> hc.Coded[hc.EmployeeStatus]:
    """Active or Inactive leads: someone can be Inactive and never have left. The history's word refines it."""
    refined = STATUS(word).value if word else hc.EmployeeStatus.UNKNOWN
    return STATUS(word) if refined in REFINES.get(STATUS(flag).value, ()) else STATUS(flag)


def option_id(list_name: str, option: str, known: Known) -> str:
    """The option's id; where the server tells none, a key of type and name that stays the same."""
    return known.options.get((list_name, option), f"{list_name}:{option}")


def compensation(rate: str | None, per: str | None) -> hc.Compensation | None:
    """`65000.00 USD` and `Year`; a rate alone without a number is none."""
    amount, _, currency = (rate or "").strip().partition(" ")
    if not amount.replace(".", "", 1).isdigit():
        return None
    return hc.Compensation(amount=Decimal(amount), currency=currency or None, period=PERIOD.maybe(per))


def to_group(raw: hc.Raw, known: None = None) -> hc.Group:
    option = wire.read(raw, Option)
    return hc.Group(
        id=group_id(raw),
        name=option.name,
        type=LISTS[raw["list"]],
        active={"yes": False, "no": True}.get(raw.get("archived", "")),
        created_at=option.createdDate,
    )


def group_id(raw: hc.Raw) -> str:
    return str(raw.get("id") or f"{raw['list']}:{raw['name']}")


def to_employments(statuses: list[hc.Raw], jobs: list[hc.Raw]) -> dict[str, tuple[hc.Employment, ...]]:
    """Everyone's employments from the rows of the employmentStatus and jobInfo tables."""
    rows = hc.timelines(chain(map(status_held, statuses), map(job_held, jobs)))
    return {id: tuple(to_employment(id, stretch) for stretch in own) for id, own in rows.items()}


def to_employment(id: str, stretch: hc.Stretch) -> hc.Employment:
    return hc.Employment(
        id=f"{id}:{stretch.start}",
        employee_id=id,
        start_date=stretch.start,
        end_date=stretch.end,
        is_primary=True,
        **stretch.values,
    )


def status_held(raw: hc.Raw) -> tuple[str, date | None, dict[str, Any]]:
    """A word of the company's own, such as Full-Time or Seasonal, says that the person is there."""
    row = wire.read(raw, StatusRow)
    word = row.employmentStatus
    known = word is None or STATUS(word).value is not hc.EmployeeStatus.UNKNOWN
    status = STATUS(word) if known else hc.Coded(hc.EmployeeStatus.ACTIVE, word)
    return (
        row.employeeId,
        row.date,
        {"status": status, "worker_type": WORKER.maybe(word), "time_type": TIME.maybe(word)},
    )


def job_held(raw: hc.Raw) -> tuple[str, date | None, dict[str, Any]]:
    row = wire.read(raw, JobRow)
    return row.employeeId, row.date, {"job_title": row.jobTitle} | {name: getattr(row, name) for name in LISTS}


def people(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """Everyone, past and future ones included, by the cheapest way that this server has."""
    pages = http.first_answered(lambda: report(http, ask), lambda: paged_list(http, ask), lambda: one_by_one(http, ask))
    return managed(pages)


def managed(pages: Iterable[hc.Page], *, part: bool = False) -> Iterator[hc.Page]:
    """With the manager's id where a server tells a number alone; a part of the list does not tell whose that is."""
    eid, number = ("supervisorEId",), "supervisorId"
    return hc.joined(pages, key="joinedManagerId", unless=eid, by=number, on="employeeNumber", part=part)


def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
    """Whoever the log of changes names, read at once, and nobody where it names nobody.

    It is asked from a second earlier: whether it includes its own instant is not known. Where it is three logs, the
    first one's last entry is what all of them reach.
    """
    after = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    whole, each = [log(after)], [log(after, type=kind) for kind in EVERY_KIND]
    pages = list(http.first_answered(lambda: logged(http, whole), lambda: logged(http, each), unless=(hc.Rejected,)))
    entries = [entry for page in pages for entry in page.records]
    gone = dict.fromkeys(entry["id"] for entry in entries if entry["action"] == "deleted")
    ids = tuple(dict.fromkeys(entry["id"] for entry in entries if entry["id"] not in gone))
    told = attrs.evolve(pages[0], records=(), gone=tuple(gone), until=max(since, pages[0].until or since))
    return chain([told], some(http, ask, ids) if ids else ())


def log(since: str, **more: str) -> hc.Request:
    return hc.Request("GET", "/employees/changed", {"since": since, **more})


def logged(http: hc.Transport, requests: Iterable[hc.Request]) -> Iterator[hc.Page]:
    """A page for each log, which reaches to its `latest`, and where it has none to its last entry."""
    return (to_entries(response, wire.read(body, Log)) for response, body in map(http.answered, requests))


def to_entries(response: hc.Response, log: Log) -> hc.Page:
    entries = [wire.read(entry, Logged) for entry in (log.employees or {}).values()]
    until = log.latest or max((entry.lastChanged for entry in entries if entry.lastChanged), default=None)
    records = [{"id": entry.id, "action": entry.action.lower()} for entry in entries]
    return hc.Page(records=records, response=response, until=until)


def chosen(http: hc.Transport, ask: hc.Ask, ids: Sequence[str]) -> Iterator[hc.Page]:
    """These people, as `people` would give them. Who is missing from an answer is asked for alone, or is gone."""
    parts = [ids[start : start + MOST_IDS] for start in range(0, len(ids), MOST_IDS)]
    return http.first_answered(
        lambda: report(http, ask, ids),
        lambda: chain.from_iterable(paged_list(http, ask, some) for some in parts),
        lambda: alone(http, ask, ids),
    )


def some(http: hc.Transport, ask: hc.Ask, ids: Collection[str]) -> Iterator[hc.Page]:
    """These people, as `changed` would give them."""
    return managed(chosen(http, ask, tuple(ids)), part=True)


def alone(http: hc.Transport, ask: hc.Ask, ids: Iterable[str]) -> Iterator[hc.Page]:
    return http.one_by_one(by_id(ask, id) for id in ids)


def names(ask: hc.Ask) -> list[str]:
    """What to ask for, by the report's names: more than 400 are refused."""
    every = ["id", *hc.asked(FIELDS, ask.wanted), *(ask.known.custom or ())]
    if len(every) > MOST_FIELDS:
        ask.note(f"{len(every) - MOST_FIELDS} custom fields are not read: a request may name {MOST_FIELDS} fields")
    return every[:MOST_FIELDS]


def report(http: hc.Transport, ask: hc.Ask, ids: Collection[str] = ()) -> Iterator[hc.Page]:
    """One answer with everyone, or with these. `onlyCurrent=true` is the state of today; who is to come is in it as
    well. It hides the day of who is to leave: that is in another, which is read before where it is wanted."""
    answer = http.stream(report_of(names(ask), ids), at="employees")
    rows = hc.with_missing(answer, ids, lambda some: alone(http, ask, some))
    if not ask.ahead:
        return rows
    ahead = http.stream(report_of(["id", "terminationDate"], ids, current="false"), at="employees")
    return with_days(ahead, rows)


def report_of(fields: list[str], ids: Collection[str], current: str = "true") -> hc.Request:
    params = {"format": "JSON", "onlyCurrent": current}
    some = {"filters": {"employeeIds": list(ids)}} if ids else {}
    body = {"title": "headcount", "fields": fields, "filterDuplicates": "no", **some}
    return hc.Request("POST", "/reports/custom", params, body, safe=True)


def with_days(ahead: Iterator[hc.Page], pages: Iterable[hc.Page]) -> Iterator[hc.Page]:
    """The day of leaving, put into the rows that have none. The first page is empty: it says when the reading began.

    Who is not in the report of the days has none told: it may have been cut short.
    """
    first, told = next(ahead), hc.Ids()
    rows = (row for page in chain([first], ahead) for row in page.records if isinstance(row, dict) and "id" in row)
    came = (row for row in rows if "terminationDate" in row and told.add(str(row["id"])))
    days = {str(row["id"]): day_of(row) for row in came if day_of(row) not in BLANK}
    yield attrs.evolve(first, records=(), seen=0)
    yield from hc.reshaped(pages, lambda row: [with_day(row, days, told)])


def with_day(row: hc.Raw, days: Mapping[str, Any], told: hc.Ids) -> hc.Raw:
    if not isinstance(row, dict) or "terminationDate" not in row or day_of(row) not in BLANK:
        return row
    id = str(row.get("id"))
    if id not in told:
        return {key: value for key, value in row.items() if key != "terminationDate"}
    return {**row, "terminationDate": days.get(id, day_of(row))}


def day_of(row: hc.Raw) -> Any:
    return row.get("terminationDate") if isinstance(row, dict) else None


def paged_list(http: hc.Transport, ask: hc.Ask, ids: Collection[str] = ()) -> Iterator[hc.Page]:
    """The paged list; each row gets the report's names beside its own."""
    both = {**PAGED, **dict(zip(SAME, SAME, strict=True))}
    fields = ",".join(paged for paged, name in both.items() if name in names(ask))
    some = {"filter[ids]": ",".join(ids)} if ids else {}
    request = hc.Request("GET", "/employees", {"page[limit]": 2500, "fields": fields, **some})
    pages = http.pages(request, at="data", by=CHOSEN if ids else CURSOR)
    rows = hc.reshaped(pages, lambda row: [{**row, **reported(row)}])
    return hc.with_missing(rows, ids, lambda some: alone(http, ask, some))


def reported(row: hc.Raw) -> hc.Raw:
    return {name: row[paged] for paged, name in PAGED.items() if paged in row}


def one_by_one(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The guide's way: whoever the directory or the log of changes names, each by id.

    The directory has only those who are there now, and a company may switch it off.
    """
    directory = http.optional(hc.Request("GET", "/employees/directory")) or {}
    changes = [http.json(log(LONG_AGO, type=kind)).get("employees") or {} for kind in ("inserted", "updated")]
    ids = dict.fromkeys(chain((row["id"] for row in directory.get("employees", ())), *changes))
    return alone(http, ask, ids)


def by_id(ask: hc.Ask, id: str) -> hc.Request:
    return hc.Request("GET", f"/employees/{hc.segment(id)}", {"fields": ",".join(names(ask))})


def person(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(by_id(ask, id))


def known(http: hc.Transport, wanted: hc.Wanted) -> Known:
    lists = http.optional(hc.Request("GET", "/meta/lists")) or []
    fields = http.optional(hc.Request("GET", "/meta/fields")) if "custom_fields" in wanted else []
    return Known(
        lists=lists,
        options={(raw["list"], raw["name"]): group_id(raw) for one in lists for raw in options(one)},
        custom=None if fields is None else {field["alias"]: field for field in fields if is_custom(field)},
    )


def is_custom(field: hc.Raw) -> bool:
    alias = field.get("alias") or ""
    return alias.startswith("custom") and not hc.is_never_read(alias, field.get("name"))


def options(one: hc.Raw) -> list[hc.Raw]:
    """The options of a list that is a kind of group, each with the list's alias."""
    return [{"list": one["alias"], **option} for option in one["options"]] if one.get("alias") in LISTS else []


def groups(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The options of the lists; else, as the guide knows no lists, the names that its people bear."""
    bearers = hc.Ask(wanted=("group_ids",), known=Known())
    return http.first_answered(
        lambda: hc.reshaped(http.pages(hc.Request("GET", "/meta/lists")), options),
        lambda: hc.distinct(hc.reshaped(one_by_one(http, bearers), named_groups), group_id),
    )


def named_groups(row: hc.Raw) -> list[hc.Raw]:
    return [{"list": name, "name": row[name]} for name in LISTS if row.get(name)]


def count(http: hc.Transport) -> int | None:
    """How many employees there are, by the paged list: not the way in which they were read."""
    answer = http.optional(hc.Request("GET", "/employees", {"page[limit]": 1})) or {}
    total: int | None = answer.get("meta", {}).get("total")
    return total


def history(http: hc.Transport, ask: hc.Ask) -> dict[str, tuple[hc.Employment, ...]]:
    return to_employments(table(http, ask, "employmentStatus"), table(http, ask, "jobInfo"))


def table(http: hc.Transport, ask: hc.Ask, name: str) -> list[hc.Raw]:
    """A table of everyone's in one answer: recorded as a bare list, in the guide inside `rows`."""
    answer = http.optional(hc.Request("GET", f"/employees/all/tables/{name}"))
    if answer is None:
        ask.note(f"this server does not give the table {name} of everyone at once, so history lacks it")
    rows: list[hc.Raw] = answer["rows"] if isinstance(answer, dict) else answer or []
    return rows


def company(http: hc.Transport) -> hc.Company:
    raw = http.record(hc.Request("GET", "/company_information"))
    about = wire.read(raw, CompanyInformation)
    return hc.Company(
        id=http.account,
        legal_name=about.legalName,
        display_name=about.displayName,
        phone=about.phone,
        address=None if about.address is None else to_address(about.address),
        raw=raw,
    )


def to_address(raw: CompanyAddress) -> hc.Address:
    return hc.Address(line1=raw.line1, line2=raw.line2, city=raw.city, region=raw.state, postal_code=raw.zip)


def whoami(http: hc.Transport) -> hc.Identity:
    """Employee 0 is the owner of the key; a good key whose owner is no employee gets 404 (another client's code)."""
    me = http.optional(hc.Request("GET", "/employees/0", {"fields": "firstName,lastName,workEmail"}))
    if me is None:
        return hc.Identity(role="a user who is not an employee, or one whose own record is hidden", expires=EXPIRES)
    name = hc.full_name(me.get("firstName"), me.get("lastName"))
    return hc.Identity(id=me["id"], name=name, work_email=me.get("workEmail"), expires=EXPIRES)


def named_in(body: Any) -> list[Any]:
    """Of whom a webhook's body speaks: a list of people by fields, or the one of an event (recorded; documentation)."""
    return [one["id"] for one in body["employees"]] if "employees" in body else [body["data"]["employeeId"]]


def webhooks(http: hc.Transport) -> list[hc.Webhook]:
    return [to_webhook(raw) for raw in http.record(hc.Request("GET", "/webhooks"))["webhooks"]]


def to_webhook(raw: hc.Raw) -> hc.Webhook:
    hook = wire.read(raw, Hook)
    told = {"name": hook.name or "", "url": hook.url or "", "key": hook.privateKey or ""}
    return hc.Webhook(id=hook.id, last_sent=hook.lastSent, **told)


def withheld(raw: hc.Raw) -> list[str]:
    """A row of the paged list names what is kept from the caller."""
    names: list[str] = raw.get("_restrictedFields", [])
    return [PAGED.get(name, name) for name in names]


def classify(response: hc.Response) -> hc.VendorError | None:
    """A 429 that does not say when, to a new employee, is the account's limit of employees (documentation)."""
    request = response.request
    if request.method == "DELETE" and response.status == 200 and '"success":false' in response.text.replace(" ", ""):
        return hc.Rejected(f"{request} answered that it was not done", status=200)
    hiring = (request.method, request.path) == ("POST", "/employees")
    if hiring and response.status == 429 and response.headers.get("Retry-After") is None:
        full = "the account may hold no more employees, or too many requests were made"
        return hc.classify(response, reason=full, kind=hc.QuotaExhausted)
    # a 503 may be the limit of before 2026, or a server that went down half-way: to a write it is no mere refusal
    return hc.classify(response, reason=reason, throttled=THROTTLED if request.safe else (429,))


def reason(response: hc.Response) -> str:
    """In a header, or in its misspelt twin, and doubled: the header is sent twice. Newer endpoints say it in JSON."""
    told = next(filter(None, map(response.headers.get, REASONS)), "")
    if not told and isinstance(said := response.said, dict):
        told = str((said.get("error") or {}).get("message", ""))
    return ", ".join(dict.fromkeys(told.split(", ")))
