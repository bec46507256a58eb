"""BambooHR.

Host     shared, with the company in the path; {company}.bamboohr.com/api/v1 serves the same
Auth     basic: the API key as user, any password; it sees what the user who made it may see
Pages    none in a report: one answer holds everyone; the paged list has a cursor, 2,500 a page
Reads    one custom report; else the paged list; else, as the guide has it, directory + changed + one by one
Writes   POST for both, with what changes alone; status and job are rows of tables with a day each
Dates    days are ISO; "" and 0000-00-00 mean no date
Groups   departments, divisions and locations are options of lists; an employee names them, without their ids
Limits   no number is published; 429, and 503 until 2026, with Retry-After
Errors   an empty body; the reason is in X-BambooHR-Error-Message or its misspelt twin, often doubled
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import attrs

import headcount as hc


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    company: str = attrs.field(
        metadata=hc.setting("the name before .bamboohr.com in the address you log in at", host="bamboohr.com")
    )
    api_key: str = attrs.field(repr=False, metadata=hc.setting("BambooHR: click your picture > API Keys > Add New Key"))


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
    for field in FIELDS
    if not {*PAGED.values(), *SAME}.intersection(hc.asked(FIELDS, (field,)))
}
WRITABLE: hc.Writable = {
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
    "start_date": "hireDate",
    "original_hire_date": "originalHireDate",
    "demographics.date_of_birth": "dateOfBirth",
    "demographics.gender": "gender",
    "demographics.ethnicity": "ethnicity",
    "demographics.marital_status": "maritalStatus",
    "demographics.home_address.line1": "address1",
    "demographics.home_address.line2": "address2",
    "demographics.home_address.city": "city",
    "demographics.home_address.region": "state",
    "demographics.home_address.postal_code": "zipcode",
    "demographics.home_address.country": "country",
    "custom_fields": "the field's own alias",
}
IN_ROWS = {  # kept in rows with a day: of jobInfo, and of employmentStatus
    "job_title": "jobTitle",
    "manager_id": "reportsTo",
    "group_ids": "department, division, location",
    "worker_type": "employmentStatus",
    "time_type": "employmentStatus",
}
JOB = ("job_title", "manager_id", "group_ids")
CONTRACT = {  # our words for the company's; it may have others beside
    "full_time": "Full-Time",
    "part_time": "Part-Time",
    "contractor": "Contractor",
    "intern": "Intern",
}
GONE = "Terminated"
LEAVING = {  # column of a termination -> the list of its options, found by name: it has no alias (recorded)
    "terminationTypeId": "Termination Type",
    "terminationReasonId": "Termination Reason",
    "terminationRehireId": "Eligible For Re-hire",
}
TYPES = {
    hc.TerminationType.VOLUNTARY: "Resignation (Voluntary)",
    hc.TerminationType.INVOLUNTARY: "Termination (Involuntary)",
    hc.TerminationType.DEATH: "Death",
}
REHIRE = {True: "Yes", False: "No", None: "Upon review"}
GROUP_FIELDS: hc.Fields = {"active": "archived", "created_at": "createdDate"}
CURSOR = hc.cursor("page[after]", lambda page: page.head["meta"]["page"]["nextCursor"], total=hc.total_at("meta.total"))
THROTTLED = (429, 503)
REASONS = ("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage")
EXPIRES = "not by itself: a BambooHR key lives until it is deleted or its user loses access"
BY_NUMBER = {"manager_id": hc.NullReason.UNREADABLE}  # a number that no employee read has
MOST_FIELDS = 400
LONG_AGO = "2000-01-01T00:00:00Z"

wire = hc.Wire(blank=("0000-00-00",))


@attrs.frozen
class Known:
    """What a record does not say: the ids of list options by (list, name), and the custom fields by alias."""

    options: Mapping[tuple[str, str], str] = {}
    custom: Mapping[str, hc.Raw] = {}


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
            key: hc.CustomField(key=key, label=field["name"], type=field["type"], value=raw[key] or None)
            for key, field in known.custom.items()
            if key in raw
        },
        absent={**(UNTOLD if "employeeId" in raw else {}), **(BY_NUMBER if person.supervisorId else {})},
    )


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
    return hc.joined(pages, key="joinedManagerId", unless=("supervisorEId",), by="supervisorId", on="employeeNumber")


def names(ask: hc.Ask) -> list[str]:
    """What to ask for, by the report's names: more than 400 are refused."""
    every = ["id", *hc.asked(FIELDS, ask.wanted), *ask.known.custom]
    if len(every) > MOST_FIELDS:
        ask.note(f"{len(every) - MOST_FIELDS} custom fields are not read: a request may name {MOST_FIELDS} fields")
    return every[:MOST_FIELDS]


def report(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """One answer with everyone. `onlyCurrent=true` is the state of today; who is to come is in it as well."""
    params = {"format": "JSON", "onlyCurrent": "true"}
    body = {"title": "headcount", "fields": names(ask), "filterDuplicates": "no"}
    return http.stream(hc.Request("POST", "/reports/custom", params, body, safe=True), at="employees")


def paged_list(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The paged list; each row gets the report's names beside its own."""
    both = {**PAGED, **dict(zip(SAME, SAME, strict=True))}
    fields = ",".join(paged for paged, name in both.items() if name in names(ask))
    request = hc.Request("GET", "/employees", {"page[limit]": 2500, "fields": fields})
    return hc.reshaped(http.pages(request, at="data", by=CURSOR), lambda row: [{**row, **reported(row)}])


def reported(row: hc.Raw) -> hc.Raw:
    return {name: row[paged] for paged, name in PAGED.items() if paged in row}


def one_by_one(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The guide's way: whoever the directory or the log of changes names, each by id.

    The directory has only those who are there now, and a company may switch it off.
    """
    directory = http.optional(hc.Request("GET", "/employees/directory")) or {}
    changes = [http.json(changed(kind)).get("employees") or {} for kind in ("inserted", "updated")]
    ids = dict.fromkeys(chain((row["id"] for row in directory.get("employees", ())), *changes))
    return http.one_by_one(by_id(ask, id) for id in ids)


def changed(kind: str) -> hc.Request:
    return hc.Request("GET", "/employees/changed", {"since": LONG_AGO, "type": kind})


def by_id(ask: hc.Ask, id: str) -> hc.Request:
    return hc.Request("GET", f"/employees/{hc.segment(id)}", {"fields": ",".join(names(ask))})


def person(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(by_id(ask, id))


def known(http: hc.Transport, wanted: hc.Wanted) -> Known:
    lists = http.optional(hc.Request("GET", "/meta/lists")) or []
    fields = (http.optional(hc.Request("GET", "/meta/fields")) or []) if "custom_fields" in wanted else []
    return Known(
        options={(raw["list"], raw["name"]): group_id(raw) for one in lists for raw in options(one)},
        custom={field["alias"]: field for field in fields if is_custom(field)},
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


def status_rows(http: hc.Transport, id: str, raw: hc.Raw) -> hc.Facts:
    """The employment history by day: what each row says beside its day."""
    return dated("status", rows(http, id, "employmentStatus"), leave_out=("comment",))


def all_rows(http: hc.Transport, id: str, raw: hc.Raw) -> hc.Facts:
    """Both histories by day, and, where no field tells the manager's id, the manager's name."""
    jobs = rows(http, id, "jobInfo")
    bosses = {f"raw.manager from {row['date']}": row.get("reportsTo") for row in jobs}
    boss = {} if "supervisorEId" in raw else {"raw.supervisor": supervisor(http, id)}
    return {
        **status_rows(http, id, raw),
        **dated("job_title", jobs, leave_out=("reportsTo", "teams")),
        **bosses,
        **boss,
    }


def supervisor(http: hc.Transport, id: str) -> str | None:
    """The manager's name, given name first; a report has it the other way round (recorded)."""
    told = http.record(hc.Request("GET", f"/employees/{hc.segment(id)}", {"fields": "supervisor"})).get("supervisor")
    family, comma, given = (told or "").partition(", ")
    return f"{given} {family}" if comma else family or None


def dated(name: str, table: list[hc.Raw], leave_out: tuple[str, ...]) -> dict[str, Any]:
    days = hc.grouped((f"{name} from {row['date']}", said(row, leave_out)) for row in table)
    return {day: list(found) for day, found in days.items()}


def said(row: hc.Raw, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: value for name, value in row.items() if value and name not in ("id", "employeeId", "date", *leave_out)
    }


def rows(http: hc.Transport, id: str, table: str) -> list[hc.Raw]:
    """One person's rows of a table: recorded as a bare list, in the guide inside `rows`."""
    answer = http.json(hc.Request("GET", f"/employees/{hc.segment(id)}/tables/{table}"))
    found: list[hc.Raw] = answer["rows"] if isinstance(answer, dict) else answer
    return found


def offered(http: hc.Transport) -> dict[str, list[str]]:
    """The columns of each table that rows can be written to; the guide knows a day and a status, and no more."""
    tables: list[hc.Raw] | None = http.optional(hc.Request("GET", "/meta/tables"))
    if tables is None:
        return {"employmentStatus": ["date", "employmentStatus"]}
    return {one["alias"]: [field.get("alias") for field in one["fields"]] for one in tables}


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    """The employee, then the row that gives them a status (without one they are in no list), then the job."""
    start, word = change.fields["start_date"], contract(change.fields)
    if word is None:
        raise hc.Rejected("a hire needs time_type or worker_type: the employment history begins with it")
    plain = {name: value for name, value in change.fields.items() if name not in IN_ROWS}
    yield hc.Step(
        says="Make the employee",
        request=hc.Request("POST", "/employees", json=record_body(plain, ground)),
        expect=plain,
        makes=True,
    )
    yield status_row("{id}", start, word, ground, "Begin the employment history")
    yield from job_change("{id}", start, change.fields, ground)


def made(response: hc.Response) -> str:
    """The id in the body (recorded 2026), else the last part of the Location, which is absolute or not."""
    body = response.said
    if isinstance(body, dict) and "id" in body:
        return str(body["id"])
    return str(response.headers.get("Location")).rstrip("/").rpartition("/employees/")[2]


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    """What has a day by a row, all else by the record."""
    plain = {name: value for name, value in change.fields.items() if name not in IN_ROWS}
    day = (change.on or ground.today).isoformat()
    if plain:
        ground.only_now(change.on)
        yield record_change(change.id, plain, ground)
    word = contract(change.fields)
    if word is not None:
        yield status_row(change.id, day, word, ground, "Change the employment status")
    yield from job_change(change.id, day, change.fields, ground)


def terminate(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
    """A row of the employment history. The newer rules want five columns (documentation); the guide has two."""
    ground.warn("BambooHR revokes no access to other systems by itself: an identity provider that follows it does.")
    day, words = change.on.isoformat(), leaving(change, ground)
    columns = offered(ground.http)["employmentStatus"]
    told = {name: word for name, word in words.items() if name in columns}
    lost = [name for name, value in given(change).items() if value is not None and name not in told]
    if lost:
        ground.warn(f"This server's history has no column for {', '.join(lost)}: kept in our journal alone.")
    missing = [name for name in LEAVING if name in columns and name not in told]
    if missing:
        ground.warn(f"BambooHR's newer rules want {', '.join(missing)} as well.")
    later = [name for name in ground.facts if name.startswith("status from ") and name > f"status from {day}"]
    if later:
        ground.warn(f"The history goes on after {day}: {', '.join(later)}.")
    shows = {"status": ground.facts["status"]} if ground.ahead(change.on) else {}
    shows |= {"status": "terminated", "termination_date": day} if ground.past(change.on) and not later else {}
    plainly = status_step(change.id, day, {"employmentStatus": GONE}, ground, "Add the row with a status alone", shows)
    row = {"employmentStatus": GONE, **told}
    step = status_step(change.id, day, row, ground, "Add the row that ends the employment", shows)
    yield attrs.evolve(step, otherwise=(plainly,)) if told else plainly


def given(change: hc.Terminate) -> dict[str, Any]:
    """What was said of the termination, by the column for it."""
    return {
        "terminationTypeId": change.type,
        "terminationReasonId": change.reason,
        "terminationRehireId": change.eligible_for_rehire,
        "comment": comment(change),
    }


def comment(change: hc.Terminate) -> str | None:
    last = f"Last day of work: {change.last_day}" if change.last_day not in (None, change.on) else None
    return "; ".join(filter(None, (change.comment, last))) or None


def leaving(change: hc.Terminate, ground: hc.Ground) -> dict[str, str]:
    """The columns of a termination in the words of the company's lists; {} where the server tells no lists."""
    lists = ground.http.optional(hc.Request("GET", "/meta/lists")) or []
    words = {one["name"]: [o["name"] for o in one["options"] if o.get("archived") != "yes"] for one in lists}
    wanted = {
        "terminationTypeId": TYPES.get(change.kind, change.type) if change.kind else change.type,
        "terminationReasonId": change.reason,
        "terminationRehireId": REHIRE[change.eligible_for_rehire],
    }
    told = {column: word for column, word in wanted.items() if word and LEAVING[column] in words}
    chosen = {column: hc.chosen(LEAVING[column], word, words[LEAVING[column]]) for column, word in told.items()}
    remark = comment(change)
    return chosen | ({"comment": remark} if lists and remark else {})


def cancel_termination(change: hc.CancelTermination, ground: hc.Ground) -> Iterator[hc.Step]:
    """The row is taken back: the last of the history, where that is a termination."""
    table = sorted(rows(ground.http, change.id, "employmentStatus"), key=lambda row: row["date"])
    if not table or table[-1]["employmentStatus"] != GONE:
        return
    if "jobInfo" not in offered(ground.http):
        raise hc.Unsupported("this server takes no row of a history back: rehire instead")
    day = f"status from {table[-1]['date']}"
    left = [row for row in ground.facts[day] if row != said(table[-1], ("comment",))]
    path = f"/employees/{hc.segment(change.id)}/tables/employmentStatus/{table[-1]['id']}"
    yield hc.Step(
        says="Take the row back", request=hc.Request("DELETE", path), expect={day: left, "termination_date": None}
    )


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    """A later row. BambooHR then moves the hire date to the original one, and sets it to the day (documentation)."""
    table = sorted(rows(ground.http, change.id, "employmentStatus"), key=lambda row: row["date"])
    worked = [row["employmentStatus"] for row in table if row["employmentStatus"] != GONE]
    word = contract(change.fields) or (worked[-1] if worked else None)
    if word is None:
        raise hc.Rejected("say as what: time_type or worker_type; the history tells none")
    shows = {"status": ground.facts["status"]} if ground.ahead(change.on) else {}
    shows |= {"status": "active"} if ground.past(change.on) and word in CONTRACT.values() else {}
    day = change.on.isoformat()
    yield status_step(change.id, day, {"employmentStatus": word}, ground, "Begin the employment anew", shows)
    plain = {name: value for name, value in change.fields.items() if name not in IN_ROWS}
    if plain:
        yield record_change(change.id, plain, ground)
    yield from job_change(change.id, day, change.fields, ground)


def join(change: hc.Join, ground: hc.Ground) -> Iterator[hc.Step]:
    day = (change.on or ground.today).isoformat()
    return job_change(change.id, day, {"group_ids": [change.group_id]}, ground)


def delete(change: hc.Delete, ground: hc.Ground) -> Iterator[hc.Step]:
    """Recorded once, in 2026, and in no official description."""
    if "jobInfo" not in offered(ground.http):
        raise hc.Unsupported("this server deletes nobody: terminate instead")
    ground.warn("This cannot be undone, and takes the history with it: to terminate is nearly always better.")
    path = f"/employees/{hc.segment(change.id)}"
    yield hc.Step(says="Delete the employee", request=hc.Request("DELETE", path), expect={"there": False})


def record_change(id: str, plain: hc.Facts, ground: hc.Ground) -> hc.Step:
    request = hc.Request("POST", f"/employees/{hc.segment(id)}", json=record_body(plain, ground))
    return hc.Step(says="Change the employee", request=request, expect=plain)


def record_body(plain: hc.Facts, ground: hc.Ground) -> dict[str, Any]:
    """The fields under BambooHR's names; one that this server does not list would have the whole refused."""
    body = {name: "" if value is None else value for name, value in hc.translated(plain, WRITABLE).items()}
    fields = ground.http.optional(hc.Request("GET", "/meta/fields")) or []
    unknown = body.keys() - {field.get("alias") for field in fields} if fields else ()
    if unknown:
        raise hc.Unsupported(f"this server has no field {', '.join(sorted(unknown))}")
    return body


def contract(fields: hc.Facts) -> str | None:
    """The word of the employment history for what was said of the contract; None where nothing was."""
    worker = fields.get("worker_type")
    told = worker if worker not in (None, "employee") else fields.get("time_type")
    return None if told is None else CONTRACT.get(told, told)


def status_row(id: str, day: str, word: str, ground: hc.Ground, says: str) -> hc.Step:
    return status_step(id, day, {"employmentStatus": word}, ground, says, {})


def status_step(id: str, day: str, row: dict[str, str], ground: hc.Ground, says: str, shows: hc.Facts) -> hc.Step:
    """One row more, unless it is there already."""
    request = hc.Request("POST", row_path(id, "employmentStatus"), json={"date": day, **row})
    return hc.Step(
        says=says, request=request, expect={**added("status", day, said(row, ("comment",)), ground), **shows}
    )


def added(name: str, day: str, row: dict[str, Any], ground: hc.Ground) -> dict[str, Any]:
    there = ground.facts.get(f"{name} from {day}", [])
    return {f"{name} from {day}": there if row in there else [*there, row]}


def row_path(id: str, table: str) -> str:
    return f"/employees/{id if id == '{id}' else hc.segment(id)}/tables/{table}"


def job_change(id: str, day: str, fields: hc.Facts, ground: hc.Ground) -> Iterator[hc.Step]:
    """A row of jobInfo: what is in force with what changes, for what a row leaves out is blank from then on.

    A server without that table takes the same as fields of the record, from today on.
    """
    if not any(name in fields for name in JOB):
        return
    changes = job_body(fields, ground)
    if "jobInfo" in offered(ground.http):
        table = rows(ground.http, id, "jobInfo") if ground.employee else []
        before = sorted((row for row in table if row["date"] <= day), key=lambda row: row["date"])
        held = said(before[-1], ("teams",)) if before else {}
        row = {**held, **changes}
        later = [one["date"] for one in table if one["date"] > day]
        if later:
            ground.warn(f"Rows of {', '.join(later)} set the job anew on their days.")
        expect = added("job_title", day, said(row, ("reportsTo",)), ground)
        expect |= {f"raw.manager from {day}": row["reportsTo"]} if row.get("reportsTo") else {}
        request = hc.Request("POST", row_path(id, "jobInfo"), json={"date": day, **row})
        yield hc.Step(says="Add the row of the job", request=request, expect=expect)
        return
    if ground.employee is not None and day > ground.today.isoformat():
        raise hc.Unsupported("this server dates no job: change it on the day, and not before")
    boss = {"supervisor": changes.pop("reportsTo")} if "reportsTo" in changes else {}
    shows: dict[str, Any] = {name: fields[name] for name in ("job_title",) if name in fields}
    shows |= {"raw.supervisor": boss["supervisor"]} if boss else {}
    shows |= {"group_ids": sorted(kept_groups(fields, ground))} if "group_ids" in fields else {}
    if ground.today.isoformat() < day:  # of somebody to come the record shows no job before the day (recorded)
        ground.warn(f"This server shows the job from {day} on; until then it is read from the history.")
        shows = added("job_title", day, changes, ground)
    path = f"/employees/{id if id == '{id}' else hc.segment(id)}"
    yield hc.Step(says="Set the job", request=hc.Request("POST", path, json={**changes, **boss}), expect=shows)


def job_body(fields: hc.Facts, ground: hc.Ground) -> dict[str, str]:
    """The columns of a job row. Groups and the manager are told by name, titles in the company's own spelling."""
    body = {ground.group(id).type.source or "": ground.group(id).name for id in fields.get("group_ids", ())}
    if fields.get("job_title"):
        lists = ground.http.optional(hc.Request("GET", "/meta/lists")) or []
        titles = [option["name"] for one in lists if one.get("alias") == "jobTitle" for option in one["options"]]
        body["jobTitle"] = hc.chosen("job_title", fields["job_title"], titles or [fields["job_title"]])
    if "manager_id" in fields:
        body["reportsTo"] = manager_name(fields["manager_id"], ground)
    return body | ({"jobTitle": ""} if "job_title" in fields and not fields["job_title"] else {})


def manager_name(id: str | None, ground: hc.Ground) -> str:
    """The full name, which is how a row names a manager: two people of one name cannot be told apart."""
    if id is None:
        return ""
    name = full_name(ground.find(id))
    if [full_name(one) for one in ground.everyone()].count(name) > 1:
        raise hc.Unsupported("a manager is named without an id, and another employee bears the same name")
    return name


def full_name(employee: hc.Employee) -> str:
    return hc.full_name(employee.given_name, employee.family_name) or ""


def kept_groups(fields: hc.Facts, ground: hc.Ground) -> set[str]:
    """The groups after the change: one of each list."""
    new = [ground.group(id) for id in fields["group_ids"]]
    lists = {group.type.source for group in new}
    now = [ground.group(id) for id in ground.facts.get("group_ids") or ()]
    return {group.id for group in now if group.type.source not in lists} | {group.id for group in new}


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
    return hc.classify(response, reason=reason, throttled=THROTTLED)


def reason(response: hc.Response) -> str:
    """In a header, or in its misspelt twin, and doubled: the header is sent twice. Newer endpoints say it in JSON."""
    told = next(filter(None, map(response.headers.get, REASONS)), "")
    if not told and isinstance(said := response.said, dict):
        told = str((said.get("error") or {}).get("message", ""))
    return ", ".join(dict.fromkeys(told.split(", ")))


bamboohr = hc.Connector(
    name="bamboohr",
    title="BambooHR",
    settings=Settings,
    base_url="https://api.bamboohr.com/api/gateway.php/{company}/v1",
    auth=lambda settings: hc.Basic(settings.api_key, "x"),
    classify=classify,
    employees=hc.Resource(
        all=people,
        one=person,
        known=known,
        to=to_employee,
        count=count,
        history=history,
        withheld=withheld,
        fields=FIELDS,
        elsewhere=("termination_type", "termination_reason"),
        never=frozenset({"ssn", "sin", "nationalId", "nin"}),
    ),
    groups=hc.Resource(all=groups, to=to_group, id=group_id, fields=GROUP_FIELDS),
    company=company,
    whoami=whoami,
    writable={**WRITABLE, **IN_ROWS},
    plans={
        hc.Hire: hc.Verb(plan=hire, facts=all_rows, made=made, required=("given_name", "family_name", "start_date")),
        hc.Update: hc.Verb(plan=update, facts=all_rows),
        hc.Terminate: hc.Verb(plan=terminate, facts=status_rows),
        hc.CancelTermination: hc.Verb(plan=cancel_termination, facts=status_rows),
        hc.Rehire: hc.Verb(plan=rehire, facts=all_rows),
        hc.Join: hc.Verb(plan=join, facts=all_rows),
        hc.Delete: hc.Verb(plan=delete),
    },
    cannot={hc.Leave: "an employee has one department, division and location: join another"},
    sandbox="headcount_bamboohr.sandbox:BambooSandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [bamboohr]
