"""A BambooHR to try the connector against: employees, their dated tables, reports and changes, over HTTP.

| quirk | observed | guide |
| --- | --- | --- |
| Manager | `supervisorId` is the manager's employee *number*, `supervisorEId` the id | `supervisorId` alike |
| Blank date | `0000-00-00` in reports and employees, null in the paged list | null |
| Table read | a bare array, `all` for everyone | `{title, fields, rows}`, one person only |
| Table row added | 200, nothing in the body | 201, nothing in the body |
| Create | 201, absolute `Location`, JSON body | 201, relative `Location`, nothing in the body |
| Changes | `latest`, capitalised actions, `type` optional | no `latest`, lower case, `type` required |
| Errors | the reason is in two headers, said twice; the body is empty | alike |
| Throttling | 429 with `Retry-After` | 429 without |

The present state of a `Person` follows from their table rows as the clock passes the rows' dates.
"""

from __future__ import annotations

import base64
import html
import json
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import attrs
from werkzeug.datastructures import MultiDict

from headcount.sandbox import Answer, Call, Fault, JobRow, Person, Refused, Sandbox, StatusRow, route
from headcount.sandbox.people import DEPARTMENTS, DIVISIONS, LOCATIONS, TEAMS, TITLES

JSON = "application/json"
EMPTY = "text/html; charset=UTF-8"
NO_DAY = "0000-00-00"
BLANK = {"date": NO_DAY, "currency": " USD", "state": ""}  # whatever else is missing is null
GONE = "Terminated"
OBSERVED = ("observed",)
ROOTS = ("/api/gateway.php/acme/v1/", "/api/gateway.php/acme/v1_1/", "/api/v1/", "/api/v1_1/")
"""Where the API hangs: the gateway, and as on the company's own host. The guide knows the first only."""

Row = dict[str, Any]
HistoryRow = StatusRow | JobRow
Dated = TypeVar("Dated", StatusRow, JobRow)


# -- a person, on a day ---------------------------------------------------------------------------------


@attrs.frozen
class View:
    """Who there is, on which day, and whether what lies in the future is hidden (`onlyCurrent`)."""

    people: Sequence[Person]
    today: date
    only_current: bool = True

    @cached_property
    def by_id(self) -> dict[int, Person]:
        """Everyone by id, worked out once."""
        return {person.id: person for person in self.people}

    def job(self, person: Person) -> Person | JobRow | None:
        """Whatever says where a person works: the person, a row to come, or nothing before the first row."""
        ahead = [row for row in person.jobs if row.date > self.today]
        if ahead and not self.only_current:
            return max(ahead, key=lambda row: row.date)
        return None if ahead and len(ahead) == len(person.jobs) else person

    def manager(self, person: Person) -> Person | None:
        """A person's manager, where there is such a person."""
        job = self.job(person)
        return self.by_id.get(job.manager_id) if job and job.manager_id is not None else None

    def word(self, person: Person) -> str | None:
        """The employment status in the company's own word; None for who has no row of it yet."""
        ahead = [row for row in person.statuses if row.date > self.today]
        if ahead and not self.only_current:
            return max(ahead, key=lambda row: row.date).status
        return person.status_word if len(person.statuses) > len(ahead) else None


def due(rows: Iterable[Dated], today: date) -> list[Dated]:
    """The rows in force by a day, oldest first; of one day's rows the one added last counts last."""
    return sorted((row for row in rows if row.date <= today), key=lambda row: row.date)


def follow_statuses(person: Person, today: date) -> None:
    """Bring a person in line with their employment statuses; a rehire moves the hire date aside."""
    rows = due(person.statuses, today)
    ends = [number for number, row in enumerate(rows) if row.status == GONE]
    gone = bool(rows) and rows[-1].status == GONE
    ahead = [row.date for row in person.statuses if row.date > today and row.status == GONE]
    person.active, person.pending = not gone, person.pending and not gone
    person.left = rows[-1].date if gone else min(ahead, default=None)
    if rows:
        person.status_word = rows[-1].status
    if ends and not gone:
        person.first_hired = person.first_hired or person.hired
        person.hired = rows[ends[-1] + 1].date
        person.extra.pop("terminationDate", None)
    elif gone and person.hired and person.hired > rows[-1].date:
        person.hired = person.first_hired  # a rehire was taken back


def follow_jobs(person: Person, today: date) -> None:
    """Bring a person in line with the last job row in force, or with the first to come."""
    if person.jobs:
        row = (due(person.jobs, today) or sorted(person.jobs, key=lambda row: row.date)[:1])[-1]
        person.title, person.department, person.division = row.title, row.department, row.division
        person.location, person.manager_id = row.location, row.manager_id


def complete_history(person: Person, today: date) -> None:
    """Give a person whose history does not tell of their coming or going the rows that do."""
    if person.hired and person.hired > today and due(person.statuses, today):
        person.statuses = [StatusRow(date=person.hired, status=person.status_word)]
        person.first_hired = person.hired
    if person.left and not any(row.status == GONE for row in person.statuses):
        person.statuses.append(StatusRow(date=person.left, status=GONE))


# -- fields ---------------------------------------------------------------------------------------------

Reader = Callable[[Person, View], Any]


@attrs.frozen
class Field:
    """A field of an employee: its alias, number, label and type, as the vendor lists them.

    `stored` is the attribute of `Person` that holds it; "" where `READERS` works it out, or where it is
    kept as it was written. Only fields with a number stand in `meta/fields`.
    """

    alias: str
    number: int | None
    label: str
    type: str
    stored: str = ""
    deprecated: bool = False

    def read(self, person: Person, view: View) -> Any:
        """The value as a report shows it: text, or the blank of the type."""
        if reader := READERS.get(self.alias):
            value = reader(person, view)
        elif self.stored:
            value = getattr(person, self.stored)
        else:
            value = person.extra.get(self.alias, person.custom.get(CUSTOM.get(self.alias, "")))
        if value is None or value == "":
            return BLANK.get(self.type)
        return value.isoformat() if isinstance(value, date) else str(value)

    @property
    def column(self) -> Row:
        """How a report announces the field."""
        return {"id": self.alias, "type": "text" if self.type == "phone" else self.type, "name": self.label}

    @property
    def meta(self) -> Row:
        """How `meta/fields` lists it."""
        row: Row = {"id": self.number, "name": self.label, "type": self.type, "alias": self.alias}
        return {**row, "deprecated": True} if self.deprecated else row


def full_name(person: Person) -> str:
    """Given name first."""
    return f"{person.given} {person.family}"


def status(person: Person, view: View) -> str:
    """`Active` or `Inactive`; who is yet to come is active too (recorded 2026)."""
    return "Active" if person.active or person.pending else "Inactive"


def terminated(person: Person, view: View) -> date | None:
    """The day somebody left; the day they will leave is a future value, unless it was written (guide)."""
    if written := person.extra.get("terminationDate"):
        return date.fromisoformat(written)
    return None if person.left and person.left > view.today and view.only_current else person.left


def status_since(person: Person, view: View) -> date | None:
    """The day of the status row in force."""
    rows = due(person.statuses, view.today)
    return rows[-1].date if rows else None


def pay(person: Person, view: View) -> str:
    """An amount and its currency, in one text."""
    return "" if person.pay is None else f"{person.pay:.2f} {person.currency}"


def at_work(attribute: str) -> Reader:
    """Reads what the job says."""
    return lambda person, view: getattr(view.job(person), attribute, None)


def of_manager(read: Callable[[Person], str]) -> Reader:
    """Reads something of the manager."""
    return lambda person, view: None if (manager := view.manager(person)) is None else read(manager)


READERS: dict[str, Reader] = {
    "displayName": lambda person, view: full_name(person),
    "fullName1": lambda person, view: full_name(person),
    "bestEmail": lambda person, view: person.email or person.personal_email,
    "originalHireDate": lambda p, view: p.first_hired if p.first_hired != p.hired else None,
    "terminationDate": terminated,
    "jobTitle": at_work("title"),
    "department": at_work("department"),
    "division": at_work("division"),
    "location": at_work("location"),
    "teams": lambda person, view: ", ".join(person.teams),
    "reportsTo": of_manager(full_name),
    "supervisor": of_manager(lambda manager: f"{manager.family}, {manager.given}"),
    "supervisorId": of_manager(lambda manager: manager.number),
    "supervisorEId": at_work("manager_id"),
    "supervisorEmail": of_manager(lambda manager: manager.email),
    "employmentHistoryStatus": lambda person, view: view.word(person),
    "employeeStatusDate": status_since,
    "employmentStatus": status,
    "status": status,
    "payRate": pay,
    "photoUrl": lambda person, view: f"https://photos.example.com/acme/{person.id}.jpg",
    "lastChanged": lambda person, view: person.updated.isoformat(),
}
CUSTOM = {"customShirtSize": "shirt_size", "customBadgeDate": "badge_date"}
FIELDS = {
    field.alias: field
    for field in (
        Field("id", None, "EEID", "int", "id"),
        Field("displayName", None, "Display Name", "text"),
        Field("fullName1", None, "First Name Last Name", "text"),
        Field("firstName", 1, "First Name", "text", "given"),
        Field("lastName", 2, "Last Name", "text", "family"),
        Field("middleName", 5, "Middle Name", "text", "middle"),
        Field("nickname", 1358, "Nickname", "text", "preferred", deprecated=True),
        Field("preferredName", 1358, "Preferred Name", "text", "preferred"),
        Field("employeeNumber", 636, "Employee #", "employee_number", "number"),
        Field("bestEmail", None, "Email", "email"),
        Field("workEmail", 15, "Work Email", "email", "email"),
        Field("homeEmail", 1357, "Home Email", "email", "personal_email"),
        Field("workPhone", 634, "Work Phone", "phone", "work_phone"),
        Field("workPhoneExtension", 635, "Work Ext.", "text"),
        Field("mobilePhone", 13, "Mobile Phone", "phone", "mobile_phone"),
        Field("homePhone", 14, "Home Phone", "phone", "home_phone"),
        Field("hireDate", 3, "Hire Date", "date", "hired"),
        Field("originalHireDate", 4333, "Original Hire Date", "date"),
        Field("terminationDate", -38, "Termination Date", "date"),
        Field("jobTitle", 17, "Job Title", "list"),
        Field("department", 4, "Department", "list"),
        Field("division", 1355, "Division", "list"),
        Field("location", 18, "Location", "list"),
        Field("teams", 4549, "Teams", "multilist"),
        Field("reportsTo", 91, "Reporting to", "employee"),
        Field("supervisor", None, "Supervisor name", "text"),
        Field("supervisorId", None, "Supervisor ID", "text"),
        Field("supervisorEId", None, "Supervisor EID", "text"),
        Field("supervisorEmail", None, "Supervisor Email", "email"),
        Field("employmentHistoryStatus", 16, "Employment Status", "list"),
        Field("employeeStatusDate", 1936, "Employment Status: Date", "date"),
        Field("employmentStatus", 387, "Employment Status", "status", deprecated=True),
        Field("status", 387, "Status", "status"),
        Field("payRate", 19, "Pay rate", "currency"),
        Field("payType", 156, "Pay type", "pay_type"),
        Field("payPer", 4330, "Paid per", "paid_per"),
        Field("exempt", 4042, "Overtime Status", "exempt"),
        Field("dateOfBirth", 6, "Birth Date", "date", "born"),
        Field("gender", 154, "Gender", "gender", "gender"),
        Field("maritalStatus", 155, "Marital Status", "marital_status", "marital_status"),
        Field("ethnicity", 1037, "Ethnicity", "list", "ethnicity"),
        Field("ssn", 7, "SSN", "ssn"),
        Field("sin", None, "SIN", "text"),
        Field("nationalId", None, "National ID", "text"),
        Field("address1", 8, "Address Line 1", "text"),
        Field("address2", 9, "Address Line 2", "text"),
        Field("city", 10, "City", "text", "city"),
        Field("state", 11, "State", "state"),
        Field("zipcode", 12, "Zip Code", "text"),
        Field("country", 3991, "Country", "country"),
        Field("facebook", 4057, "Facebook URL", "contact_url"),
        Field("linkedIn", 4058, "LinkedIn URL", "contact_url"),
        Field("twitterFeed", 4056, "Twitter Feed", "twitter_handle"),
        Field("pinterest", 4060, "Pinterest URL", "contact_url"),
        Field("instagram", 4402, "Instagram URL", "contact_url"),
        Field("customShirtSize", 4601, "Shirt size", "text"),
        Field("customBadgeDate", 4602, "Badge date", "date"),
        Field("photoUrl", None, "Employee photo url", "url"),
        Field("createdByUserId", None, "Created By User Id", "int"),
        Field("lastChanged", None, "Last changed", "timestamp"),
    )
}
JOB = {
    "jobTitle": "title",
    "department": "department",
    "division": "division",
    "location": "location",
    "reportsTo": "manager_id",
    "supervisor": "manager_id",
}
WORKED_OUT = frozenset(
    "id displayName fullName1 bestEmail terminationDate teams supervisor supervisorId supervisorEId supervisorEmail "
    "employeeStatusDate employmentStatus status photoUrl createdByUserId lastChanged".split()
)
IN_GUIDE = (
    "id firstName lastName workEmail homeEmail jobTitle department location division employmentHistoryStatus "
    "hireDate terminationDate supervisor mobilePhone workPhone gender dateOfBirth country state status "
    "employeeNumber supervisorId"
).split()
WRITTEN_IN_GUIDE = {"terminationDate", "supervisor"}

DIRECTORY: tuple[tuple[str, str, str], ...] = (
    ("displayName", "text", "Display name"),
    ("firstName", "text", "First name"),
    ("lastName", "text", "Last name"),
    ("preferredName", "text", "Preferred name"),
    ("jobTitle", "list", "Job title"),
    ("workPhone", "text", "Work Phone"),
    ("mobilePhone", "text", "Mobile Phone"),
    ("workEmail", "email", "Work Email"),
    ("department", "list", "Department"),
    ("location", "list", "Location"),
    ("division", "list", "Division"),
    ("facebook", "text", "Facebook URL"),
    ("linkedIn", "text", "LinkedIn URL"),
    ("twitterFeed", "text", "Twitter Feed"),
    ("pinterest", "text", "Pinterest URL"),
    ("instagram", "text", "Instagram URL"),
    ("pronouns", "list", "Pronouns"),
    ("workPhoneExtension", "text", "Work Ext."),
    ("supervisor", "employee", "Manager"),
    ("photoUploaded", "bool", "Employee photo exists"),
    ("photoUrl", "url", "Employee photo url"),
    ("canUploadPhoto", "bool", ""),
)
DIRECTORY_READERS: dict[str, Reader] = {
    **{alias: FIELDS[alias].read for alias, _, _ in DIRECTORY if alias in FIELDS},
    "pronouns": lambda person, view: person.extra.get("pronouns"),
    "supervisor": lambda person, view: FIELDS["reportsTo"].read(person, view) or "",
    "photoUploaded": lambda person, view: False,
    "canUploadPhoto": lambda person, view: 1,
}

BASE = ("employeeId", "firstName", "lastName", "preferredName", "photoUrl", "jobTitleName", "status")
SORTS = [name for name in BASE if name != "photoUrl"]
ALIKE = (
    "firstName lastName preferredName photoUrl status workEmail homeEmail bestEmail middleName workPhone "
    "workPhoneExtension mobilePhone homePhone skypeUsername hireDate"
).split()
LISTED = {
    **dict(zip(ALIKE, ALIKE, strict=True)),
    "employeeId": "id",
    "jobTitleName": "jobTitle",
    "birthDate": "dateOfBirth",
    "linkedinUrl": "linkedIn",
    "facebookUrl": "facebook",
    "instagramUrl": "instagram",
    "twitterUrl": "twitterFeed",
    "pinterestUrl": "pinterest",
    "divisionName": "division",
    "departmentName": "department",
    "locationName": "location",
    "employmentStatusName": "employmentHistoryStatus",
    "reportsToName": "reportsTo",
    "reportsToId": "supervisorEId",
}
"""The paged list's names of fields, and ours: a vocabulary of its own (official description)."""
LISTED_OPTIONS = {
    "divisionId": "division",
    "departmentId": "department",
    "locationId": "location",
    "jobTitleId": "jobTitle",
    "employmentStatusId": "employmentHistoryStatus",
}
ACTIONS = {"": None, "all": None, "inserted": "Inserted", "updated": "Updated", "deleted": "Deleted"}


# -- lists and tables -----------------------------------------------------------------------------------


@attrs.frozen
class Choice:
    """A list field: what may be chosen. A list without an alias is found by its name."""

    id: int | None
    field: int
    name: str
    alias: str | None
    words: tuple[str, ...] = ()
    multiple: str = "no"

    @property
    def key(self) -> str:
        """What we call it by."""
        return self.alias or self.name


FIXED_WORDS = ("Contractor", GONE)  # the company cannot rename these two
STATUS_WORDS = ("Contractor", "Full-Time", "Furloughed", "Intern", "Part-Time", GONE)
TYPE_WORDS = ("Death", "Resignation (Voluntary)", "Termination (Involuntary)")
REASON_WORDS = ("Attendance", "Other employment", "Performance", "Relocation")
CHOICES = (
    Choice(3440, 16, "Employment Status", "employmentHistoryStatus", STATUS_WORDS),
    Choice(3441, 17, "Job Title", "jobTitle", TITLES),
    Choice(3442, 18, "Location", "location", LOCATIONS),
    Choice(3443, 4, "Department", "department", DEPARTMENTS),
    Choice(3446, 4313, "Termination Type", None, TYPE_WORDS),
    Choice(3448, 4314, "Termination Reason", None, REASON_WORDS),
    Choice(3450, 4315, "Eligible For Re-hire", None, ("No", "Upon review", "Yes")),
    Choice(3452, 1355, "Division", "division", DIVISIONS),
    Choice(3499, 4549, "Teams", "teams", TEAMS, multiple="yes"),
    Choice(None, 4043, "Pay Group", "payGroup"),
)
KEYS = [choice.key for choice in CHOICES]
ARCHIVED = {"department": "Facilities (closed)"}
STATUS_COLUMNS = {
    "date": "date",
    "employmentStatus": "status",
    "comment": "comment",
    "terminationReasonId": "reason",
    "terminationTypeId": "type",
    "terminationRehireId": "rehire",
}
JOB_COLUMNS = {"date": "date", **{name: stored for name, stored in JOB.items() if name != "supervisor"}}
NO_JOB: Row = {"title": "", "department": "", "division": "", "location": "", "manager_id": None}
CHOSEN_FROM = {
    "employmentStatus": "employmentHistoryStatus",
    "terminationReasonId": "Termination Reason",
    "terminationTypeId": "Termination Type",
    "terminationRehireId": "Eligible For Re-hire",
    **{key: key for key in ("employmentHistoryStatus", "jobTitle", "department", "division", "location")},
}
TABLES: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "employmentStatus": (
        ("date", 1936, "Date", "date"),
        ("employmentStatus", 16, "Employment Status", "list"),
        ("comment", 4312, "Comment", "textarea"),
        ("terminationReasonId", 4314, "Termination Reason", "list"),
        ("terminationTypeId", 4313, "Termination Type", "list"),
        ("terminationRehireId", 4315, "Eligible For Re-hire", "list"),
    ),
    "jobInfo": (
        ("date", 4020, "Date", "date"),
        ("location", 18, "Location", "list"),
        ("department", 4, "Department", "list"),
        ("division", 1355, "Division", "list"),
        ("jobTitle", 17, "Job Title", "list"),
        ("reportsTo", 91, "Reporting to", "employee"),
        ("teams", 4549, "Teams", "multilist"),
    ),
    "compensation": (
        ("startDate", 4021, "Date", "date"),
        ("rate", 19, "Pay rate", "currency"),
        ("type", 156, "Pay type", "pay_type"),
        ("exempt", 4042, "Overtime Status", "exempt"),
        ("paidPer", 4330, "Paid per", "paid_per"),
    ),
}
IN_GUIDE_TABLES = {
    "employmentStatus": ("Employment Status", ("date", "employmentStatus")),
    "jobInfo": ("Job Information", tuple(JOB_COLUMNS)),
}


class BambooSandbox(Sandbox):
    """BambooHR, for the company `acme`: any other company is not found.

    Beside what every sandbox has: `options`, what each list field may hold, by the list's alias or name (a test
    may add to it), and `deleted`, when each removed person went.
    """

    name = "bamboohr"
    prefixes = ("/api/gateway.php/acme/<version>", "/api/<version>")
    restricted_fields = frozenset(
        "homeEmail homePhone dateOfBirth birthDate gender maritalStatus ethnicity ssn payRate".split()
    )

    def prepare(self) -> None:
        """Number the options and the rows, and complete the history of who lacks it."""
        self.deleted: dict[int, datetime] = {}
        self.options: dict[str, dict[str, int]] = {key: {} for key in KEYS}
        self._numbers: dict[int, tuple[int, HistoryRow]] = {}
        self._followed = self.clock.today()
        kept_in = {**JOB, "employmentHistoryStatus": "status_word"}
        for choice in CHOICES:
            stored = kept_in.get(choice.key)
            used = {getattr(person, stored) for person in self.people} if stored else set[str]()
            for word in (*choice.words, *sorted(used - {""})):
                self.option(choice.key, word)
        for person in self.people:
            complete_history(person, self._followed)
            for row in person.statuses:
                self._number(row)
            for job in person.jobs:
                self._number(job)

    # -- the vendor's face --------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The gateway's address of this company."""
        return self.origin + "/api/gateway.php/acme/v1"

    @property
    def settings(self) -> dict[str, str]:
        """Company, key and address."""
        return {"company": "acme", "api_key": self.key, "base_url": self.base_url}

    @property
    def guide(self) -> bool:
        """Whether the integration guide is spoken."""
        return self.dialect == "guide"

    def authorized(self, call: Call) -> bool:
        """The key is the user of HTTP basic authentication; any password will do."""
        scheme, _, encoded = call.headers.get("Authorization", "").partition(" ")
        try:
            user = base64.b64decode(encoded).decode().partition(":")[0]
        except ValueError:
            return False
        return scheme.lower() == "basic" and user == self.key

    def error(self, status: int, message: str = "") -> Answer:
        """Nothing in the body; the reason twice in each of two headers, one of them misspelt (recorded)."""
        reason = (message or HTTPStatus(status).phrase).encode("ascii", "replace").decode().replace("\n", " ")
        said = f"{reason}, {reason}"
        headers = {"X-BambooHR-Error-Message": said, "X-BambooHR-Error-Messsage": said}
        if status == 401:
            realm = 'Basic realm="https://api.bamboohr.com/acme"'
            reason = "API key not provided or invalid"
            headers = {"X-BambooHR-Error-Message": reason, "WWW-Authenticate": realm}
        return Answer(status=status, headers=headers, content_type=EMPTY)

    def throttled(self, fault: Fault) -> Answer:
        """429; says when to come back, except in the guide. It was 503 until September 2026."""
        usual = "" if self.guide else str(max(1, math.ceil(fault.seconds)))
        wait = usual if fault.retry_after is None else fault.retry_after
        answer = self.error(fault.status or 429, "Limit exceeded")
        return attrs.evolve(answer, headers={**answer.headers, **({"Retry-After": wait} if wait else {})})

    def headers(self) -> Mapping[str, str]:
        """What every answer of 2026 carries."""
        return {
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=31536000; includeSubdomains;",
            "Cache-Control": "no-cache, private",
            "X-Request-Id": f"1410{len(self.log):035d}",
            "Vary": "Authorization,User-Agent",
        }

    def person(self, id: str) -> Person | None:
        """By number only; `0` is whoever the key belongs to."""
        if id == "0":
            return next(iter(self.people), None)
        return next((p for p in self.people if p.id == int(id)), None) if id.isdecimal() else None

    def admit(self, call: Call) -> None:
        """Let the rows take effect whose day has come since the last request; a wrong address gets no further."""
        if not call.path.startswith(ROOTS[:1] if self.guide else ROOTS):
            raise Refused(self.error(404))
        before, self._followed = self._followed, self.clock.today()
        for person in self.people if self._followed > before else ():
            statuses = [row.date for row in person.statuses if before < row.date <= self._followed]
            jobs = [row.date for row in person.jobs if before < row.date <= self._followed]
            if statuses:
                follow_statuses(person, self._followed)
            if jobs:
                follow_jobs(person, self._followed)
            if came := [*statuses, *jobs]:
                person.updated = max(person.updated, datetime.combine(max(came), time(), UTC))

    def _found(self, id: str, table: str = "jobInfo") -> Person:
        """The person, who must be there, as must the table."""
        if (person := self.person(id)) is None or table not in TABLES:
            raise Refused(self.error(404, "Employee not found" if person is None else "Table not found"))
        return person

    def _view(self, call: Call) -> View:
        future = call.query.get("onlyCurrent", "true").lower() == "false"
        return View(self.people, self.clock.today(), self.guide or not future)

    def _classic(self, call: Call, body: Any, root: str) -> Answer:
        """JSON for who accepts exactly that; all others get XML."""
        if call.headers.get("Accept") == JSON:
            return Answer(body=body, content_type=JSON)
        return Answer(body=xml(root, body if root == "table" else ()), content_type="text/xml; charset=UTF-8")

    # -- reading employees --------------------------------------------------------------------------

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of this dialect, by alias."""
        return {alias: FIELDS[alias] for alias in IN_GUIDE} if self.guide else FIELDS

    def _asked(self, names: Iterable[str]) -> dict[str, Field]:
        """The fields asked for by alias or number, each by the name it was asked by, without unknown ones."""
        fields = self.fields
        numbered = {str(field.number): field for field in fields.values() if not field.deprecated}
        found = ((name, fields.get(name) or numbered.get(name)) for name in names)
        return {name: field for name, field in found if field is not None}

    def _hidden(self, person: Person) -> frozenset[str]:
        return self.restricted_fields if self.restricts(person) else frozenset()

    @route("GET", "/employees/directory")
    def directory(self, call: Call) -> Answer:
        """Whoever is active and here today."""
        view = self._view(call)
        shown = ("displayName", "workEmail") if self.guide else DIRECTORY_READERS
        dropped = self.restricted_fields if self.restricting else ()
        columns = [column for column in DIRECTORY if column[0] in shown and column[0] not in dropped]
        here = [person for person in self.people if self._here(person, view)]
        if not (here or self.guide):
            return self.error(404, "The directory is empty")
        rows: list[Row] = []
        for person in self.page(call, here, start=0, size=len(here)):
            hidden = self._hidden(person)
            cells = {
                alias: None if alias in hidden else DIRECTORY_READERS[alias](person, view) for alias, *_ in columns
            }
            rows.append({"id": str(person.id), **cells})
        fields = [{"id": alias, "type": kind, "name": label} for alias, kind, label in columns]
        return self._classic(call, {"fields": fields, "employees": self.shown(call, rows)}, "directory")

    def _here(self, person: Person, view: View) -> bool:
        hired = person.hired is not None and person.hired <= view.today
        came = hired or bool(due(person.statuses, view.today)) or not view.only_current
        return came and status(person, view) == "Active"

    @route("GET", "/employees/<id>")
    def employee(self, call: Call, id: str) -> Answer:
        """One person, with the fields asked for; without `fields` there is next to nothing."""
        person = self._found(id)
        names = call.query.get("fields", "firstName,lastName" if self.guide else "").split(",")
        if len(names) > 400:
            return self.error(400, "Too many fields")
        view, hidden, row = self._view(call), self._hidden(person), dict[str, Any](id=str(person.id))
        for name, field in self._asked(names).items():
            if field.alias not in hidden:
                value = field.read(person, view)
                row[name] = None if self.guide and value == NO_DAY else value
        return self._classic(call, row, "employee")

    @route("GET", "/employees", dialects=OBSERVED)
    def employees(self, call: Call) -> Answer:
        """Everyone, page by page; the cursor names the first of the next page. Nobody pages backwards here."""
        limit, view = call.number("page[limit]", 250), View(self.people, self.clock.today())
        try:
            if not 1 <= limit <= 2500:
                raise ValueError("page[limit] must be between 1 and 2500.")
            found = self._sorted(call, self._filtered(call, view), view)
        except ValueError as error:
            return newer_error("BadRequest", str(error))
        start, cursor = 0, opened(call.query.get("page[after]", ""))
        if "page[after]" in call.query:
            start = next((at for at, p in enumerate(found) if p.id == cursor.get("nextEmployee")), -1)
        if start < 0 or "page[before]" in call.query:
            return newer_error("BadPage", "The page cursor is not valid.")
        # The empty page was this very one: now come the records that belonged there.
        faults = {kind: f for kind, f in call.faults.items() if kind != "empty_page" or not cursor.get("again")}
        chosen = self.page(attrs.evolve(call, faults=faults), found, start=start, size=limit)
        stop = len(chosen) + (0 if "repeated_page" in faults else start)
        ahead = cursor_to(found[stop], again=not chosen) if stop < len(found) else None
        links = {"self": link(call.query)}
        if ahead:
            kept = {name: value for name, value in call.query.items() if not name.startswith("page[")}
            links["next"] = link({**kept, "page[after]": ahead, "page[limit]": str(limit)})
        names = [n for n in call.query.get("fields", "").split(",") if n in LISTED or n in LISTED_OPTIONS]
        rows = self.shown(call, [self._listed(person, (*BASE, *names), view) for person in chosen])
        # The toolkit's misshapen person keeps its `id_key`; in this list the id goes by another name.
        rows = [{**row, "employeeId": str(person.id)} for row, person in zip(rows, chosen, strict=True)]
        meta = {
            "total": self.total(call, found),
            "page": {"limit": limit, "nextCursor": ahead, "prevCursor": None},
        }
        return Answer(body={"data": rows, "meta": meta, "_links": links}, content_type=JSON)

    def _listed(self, person: Person, names: Iterable[str], view: View) -> Row:
        hidden = self._hidden(person)
        row = {name: None if name in hidden else self._cell(person, name, view) for name in names}
        return {**row, "_restrictedFields": [name for name in row if name in hidden]}

    def _cell(self, person: Person, name: str, view: View) -> str | None:
        """A value of the paged list, which knows neither blank dates nor our names of fields."""
        if key := LISTED_OPTIONS.get(name):
            word = FIELDS[key].read(person, view)
            return str(self.option(key, word)) if word else None
        value = FIELDS[LISTED[name]].read(person, view) if LISTED[name] in FIELDS else None
        return None if value == NO_DAY else value

    def _filtered(self, call: Call, view: View) -> list[Person]:
        found, query = list(self.people), MultiDict(call.query)
        texts = [*query.getlist("filter[ids]"), *query.getlist("filter[ids][]")]
        if texts:
            wanted = {int(text) for text in ",".join(texts).split(",")}
            found = [person for person in found if person.id in wanted]
        if word := call.query.get("filter[status]"):
            if word not in ("active", "inactive"):
                raise ValueError("filter[status] must be active or inactive.")
            found = [person for person in found if status(person, view).lower() == word]
        for name in ("firstName", "lastName", "jobTitleName"):
            if part := call.query.get(f"filter[{name}]", "").lower():
                found = [person for person in found if part in (self._cell(person, name, view) or "").lower()]
        return found

    def _sorted(self, call: Call, found: list[Person], view: View) -> list[Person]:
        def key_of(name: str) -> Callable[[Person], Any]:
            if name == "employeeId":
                return lambda person: person.id
            return lambda person: (self._cell(person, name, view) or "").lower()

        for name in reversed(call.query["sort"].split(",") if call.query.get("sort") else []):
            if name.removeprefix("-") not in SORTS:
                raise ValueError(f"Cannot sort by {name}.")
            found = sorted(found, key=key_of(name.removeprefix("-")), reverse=name.startswith("-"))
        return found

    @route("POST", "/reports/custom", dialects=OBSERVED)
    def report(self, call: Call) -> Answer:
        """Everyone, active or not, in one answer. Other forms than JSON are not emulated: not found."""
        accepted = "json" if call.headers.get("Accept") == JSON else ""
        if call.query.get("format", accepted).lower() != "json":
            return self.error(404, "Report format not found")
        if call.headers.get("Content-Type") != JSON:
            return self.error(400, "Malformed XML")
        body = self._body(call)
        names, filters = body.get("fields"), body.get("filters") or {}
        if not isinstance(names, list) or len(names) > 400:
            return self.error(400, "Between 1 and 400 fields are needed")
        dropped = self.restricted_fields if self.restricting else ()
        asked = {name: f for name, f in self._asked(map(str, names)).items() if f.alias not in dropped}
        people: Sequence[Person] = self.people
        if ids := {str(number) for number in filters.get("employeeIds") or ()}:
            people = [person for person in people if str(person.id) in ids]
        if since := (filters.get("lastChanged") or {}).get("value"):
            people = [person for person in people if person.updated > instant(str(since))]
        view = self._view(call)
        reads = [(name, field.alias, field.read) for name, field in asked.items() if name != "id"]
        uncalled = "lastChanged" in filters and "terminationDate" not in asked
        rows: list[Row] = []
        for person in self.page(call, people, start=0, size=len(people)):
            hidden, row = self._hidden(person), dict[str, Any](id=str(person.id))
            for name, alias, read in reads:
                row[name] = None if alias in hidden else read(person, view)
            rows.append({**row, "terminationDate": ""} if uncalled else row)
        fields = [{**field.column, "id": name} for name, field in asked.items()]
        kept = "must-revalidate, post-check=0,pre-check=0, no-cache, private"
        return Answer(
            body={"title": body.get("title", ""), "fields": fields, "employees": self.shown(call, rows)},
            content_type=JSON,
            headers={"Expires": "0", "Cache-Control": kept, "Pragma": "public"},
        )

    # -- changes ------------------------------------------------------------------------------------

    @route("GET", "/employees/changed")
    def changed(self, call: Call) -> Answer:
        """Who changed after `since`, each with the last thing that happened to them."""
        since, kind = instant(call.query.get("since", "")), call.query.get("type", "").lower()
        if kind not in ACTIONS or (self.guide and ACTIONS[kind] is None):
            return self.error(400, "Invalid type")
        events = [
            (person.id, "Updated" if person.updated > person.created else "Inserted", person.updated)
            for person in self.people
        ]
        events += [(number, "Deleted", at) for number, at in self.deleted.items()]
        found = [event for event in events if event[2] > since and ACTIONS[kind] in (None, event[1])]
        entries = {
            str(number): {"id": str(number), "action": action, "lastChanged": at.isoformat()}
            for number, action, at in found
        }
        if self.guide:
            for entry in entries.values():
                entry["action"] = entry["action"].lower()
            return self._classic(call, {"employees": entries}, "employees")
        latest = max((at for *_, at in found), default=since).isoformat()
        # An empty map leaves the vendor as an empty array, as it was recorded to do elsewhere.
        return self._classic(call, {"latest": latest, "employees": entries or []}, "employees")

    @route("GET", "/employees/changed/tables/<table>", dialects=OBSERVED)
    def changed_tables(self, call: Call, table: str) -> Answer:
        """All rows of whoever changed after `since` in any way; rows have no ids here (recorded 2026)."""
        if table not in TABLES:
            return self.error(404, "Table not found")
        since, view, employees = instant(call.query.get("since", "")), self._view(call), dict[str, Row]()
        for person in self.people:
            rows = self._rows(person, table, view) if person.updated > since else []
            for row in rows:
                del row["id"], row["employeeId"]
                if row.get("teams"):
                    row["teams"] = "[]"
                if table == "compensation":
                    row["rate"] = pay(person, view)
            if rows:
                changed = person.updated.isoformat().replace("+00:00", "Z")
                employees[str(person.id)] = {"lastChanged": changed, "rows": rows}
        return self._classic(call, {"table": table, "employees": employees}, "employees")

    # -- tables -------------------------------------------------------------------------------------

    @route("GET", "/employees/<id>/tables/<table>")
    def table(self, call: Call, id: str, table: str) -> Answer:
        """The rows of one person, or of `all`; what is to come is among them."""
        everyone = id == "all" and not self.guide
        one = self.person(id)
        if (one is None and not everyone) or table not in (IN_GUIDE_TABLES if self.guide else TABLES):
            return self.error(404, "Employee or table not found")
        view, people = self._view(call), self.people if one is None else [one]
        rows = [row for person in people for row in self._rows(person, table, view)]
        if not self.guide:
            return self._classic(call, rows, "table")
        title, names = IN_GUIDE_TABLES[table]
        rows = [{"id": row["id"], **{name: row[name] for name in names}} for row in rows]
        body = {"title": title, "fields": [{"id": name} for name in names], "rows": rows}
        return self._classic(call, body, "employees")

    def _rows(self, person: Person, table: str, view: View) -> list[Row]:
        if table == "compensation":
            head = {"id": str(900_000 + person.id), "employeeId": str(person.id)}
            seen = person.pay is not None and "payRate" not in self._hidden(person)
            return [{**head, **pay_cells(person)}] if seen else []
        rows: Sequence[HistoryRow] = person.statuses if table == "employmentStatus" else person.jobs
        return [
            {
                "id": str(self._number(row)),
                "employeeId": str(person.id),
                **(status_cells(row) if isinstance(row, StatusRow) else job_cells(row, person, view)),
            }
            for row in rows
        ]

    def _number(self, row: HistoryRow) -> int:
        """The id of a row, which the toolkit's has not; the row is kept, so that no other gets its id."""
        return self._numbers.setdefault(id(row), (len(self._numbers) + 1, row))[0]

    @route("POST", "/employees/<id>/tables/<table>")
    def add_row(self, call: Call, id: str, table: str) -> Answer:
        """A new row: 200 (in the guide 201) and nothing more, not even its id."""
        person = self._found(id, table)
        body = self._body(call)
        needed = {"employmentStatus": {"date", "employmentStatus"}, "compensation": {"startDate", "rate"}}
        missing = needed.get(table, {"date"}) - {name for name, value in body.items() if value}
        if call.prefix["version"] == "v1_1" and body.get("employmentStatus") == GONE:
            missing |= {"terminationTypeId", "terminationReasonId", "terminationRehireId"} - body.keys()
        if self.guide:
            missing |= body.keys() - {"date", "employmentStatus"}
        if missing:
            return self.error(400, f"Missing or unknown: {', '.join(sorted(missing))}")
        try:
            self._write_row(person, table, body)
        except ValueError as error:
            return self.error(400 if self.guide else 406, str(error))
        return Answer(status=201 if self.guide else 200, content_type=EMPTY)

    @route("POST", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def change_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Change some columns of a row: 200 and nothing more."""
        person = self._found(id, table)
        if (old := self._row(person, table, row)) is None:
            return self.error(404, "Row not found")
        body = self._body(call)
        try:
            self._write_row(person, table, body, old)
        except ValueError as error:
            return self.error(406, str(error))
        return Answer(content_type=EMPTY)

    @route("DELETE", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def delete_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Take a row back. 200 also when there was none: the body tells."""
        person = self._found(id, table)
        if (old := self._row(person, table, row)) is None:
            return Answer(body={"success": False, "error": "Row not found"}, content_type=JSON)
        person.statuses = [kept for kept in person.statuses if kept is not old]
        person.jobs = [kept for kept in person.jobs if kept is not old]
        self._follow(person, old)
        return Answer(body={"success": True}, content_type=JSON)

    def _row(self, person: Person, table: str, number: str) -> HistoryRow | None:
        tables: dict[str, Sequence[HistoryRow]] = {
            "employmentStatus": person.statuses,
            "jobInfo": person.jobs,
        }
        return next((row for row in tables.get(table, ()) if str(self._number(row)) == number), None)

    def _write_row(self, person: Person, table: str, body: Row, old: HistoryRow | None = None) -> None:
        """Write the columns named; in a new row those left out are blank. All or nothing."""
        if table == "compensation":
            day(body["startDate"])
            person.pay, person.currency = money(body["rate"], person.currency)
            return self.touch(person)
        columns = STATUS_COLUMNS if table == "employmentStatus" else JOB_COLUMNS
        cells = {columns[name]: self._value(name, value) for name, value in body.items() if name in columns}
        if old is None:
            return self._add(person, StatusRow(**cells) if table == "employmentStatus" else JobRow(**NO_JOB | cells))
        for stored, value in cells.items():
            setattr(old, stored, value)
        return self._follow(person, old)

    def _add(self, person: Person, row: HistoryRow) -> None:
        if isinstance(row, StatusRow):
            person.statuses.append(row)
        else:
            person.jobs.append(row)
        self._number(row)
        self._follow(person, row)

    def _follow(self, person: Person, row: HistoryRow) -> None:
        if isinstance(row, StatusRow):
            follow_statuses(person, self.clock.today())
        else:
            follow_jobs(person, self.clock.today())
        self.touch(person)

    # -- writing employees --------------------------------------------------------------------------

    @route("POST", "/employees")
    def create(self, call: Call) -> Answer:
        """A new person, active and with little else: no hire date, no number, no status row."""
        body, now = self._body(call), self.clock.now()
        if not (body.get("firstName") and body.get("lastName")):
            return self.error(400, "First name and last name are required")
        number = max((0, *(person.id for person in self.people), *self.deleted)) + 1
        person = Person(id=number, uuid=str(uuid.uuid4()), number="", given="", family="", created=now, updated=now)
        self._write(person, body, hiring=True)
        person.updated = now
        self.people.append(person)
        path = f"/api/gateway.php/acme/v1/employees/{number}"
        if self.guide:
            return Answer(status=201, headers={"Location": path}, content_type=EMPTY)
        return Answer(status=201, headers={"Location": self.origin + path}, body=self._echo(person), content_type=JSON)

    @route("POST", "/employees/<id>")
    def update(self, call: Call, id: str) -> Answer:
        """Only what is named changes. A field nobody knows is skipped; in the guide it refuses the whole."""
        person = self._found(id)
        body = self._body(call)
        self._write(person, body)
        self.touch(person)
        return Answer(content_type=EMPTY) if self.guide else Answer(body=self._echo(person, *body), content_type=JSON)

    @route("DELETE", "/employees/<id>", dialects=OBSERVED)
    def delete(self, call: Call, id: str) -> Answer:
        """For good; `employees/changed` remembers it."""
        person = self._found(id)
        self.people.remove(person)
        self.deleted[person.id] = self.clock.now()
        return Answer(status=204, content_type=EMPTY)

    def _echo(self, person: Person, *names: str) -> Row:
        view, asked = View(self.people, self.clock.today()), ("firstName", "lastName", "status", *names)
        fields = self._asked(asked).items()
        return {"id": str(person.id), **{name: field.read(person, view) for name, field in fields}}

    def _body(self, call: Call) -> Row:
        body = call.json()
        if not isinstance(body, dict):
            raise ValueError("Malformed JSON")
        return body

    def _write(self, person: Person, body: Row, *, hiring: bool = False) -> None:
        """Write all fields of a body, or none and refuse."""
        writable = self.fields.keys() - (WORKED_OUT - WRITTEN_IN_GUIDE if self.guide else WORKED_OUT)
        if self.guide and (unknown := body.keys() - writable):
            raise Refused(self.error(400, f"Unknown or read-only: {', '.join(sorted(unknown))}"))
        email = str(body.get("workEmail") or "").lower()
        if email and not self.guide and any(p.email.lower() == email for p in self.people if p is not person):
            raise Refused(self.error(409, "Duplicate email"))
        try:
            values = {name: self._value(name, value) for name, value in body.items() if name in writable}
        except ValueError as error:
            raise Refused(self.error(400 if self.guide else 409, str(error))) from error
        for name, value in values.items():
            self._set(person, FIELDS[name], value)
        # A row of history is dated today (inferred), or from the first day of who is only being hired.
        today = self.clock.today()
        start = (person.hired or today) if hiring else max(today, person.hired or today)
        if word := values.get("employmentHistoryStatus"):
            self._add(person, StatusRow(date=start, status=word))
        if job := {JOB[name]: value for name, value in values.items() if name in JOB}:
            same = {stored: getattr(person, stored) for stored in NO_JOB}
            self._add(person, JobRow(**{**same, **job, "date": start}))

    def _set(self, person: Person, field: Field, value: Any) -> None:
        """Keep a value where it belongs; jobs and statuses are rows, and those `_write` adds."""
        if field.alias == "hireDate":
            person.first_hired = value if person.first_hired in (None, person.hired) else person.first_hired
            person.hired = value
        elif field.alias == "originalHireDate":
            person.first_hired = value
        elif field.alias == "terminationDate":
            person.left, person.extra["terminationDate"] = value, value and value.isoformat()
        elif field.alias == "payRate":
            person.pay, person.currency = value
        elif field.stored:
            setattr(person, field.stored, value)
        elif field.alias in CUSTOM:
            person.custom[CUSTOM[field.alias]] = value.isoformat() if isinstance(value, date) else value
        elif field.alias not in (*JOB, "employmentHistoryStatus"):
            person.extra[field.alias] = value

    def _value(self, name: str, raw: Any) -> Any:
        """What a field or column comes to hold; raises `ValueError` where the vendor would not take it."""
        if name == "payRate":
            return money(raw, "USD")
        if name in ("reportsTo", "supervisor"):
            return self._named(str(raw or ""))
        if name == "date":
            return day(raw)
        if name in FIELDS and FIELDS[name].type == "date":
            return day(raw) if raw else None
        text = "" if raw is None else str(raw)
        if name not in CHOSEN_FROM or not text or self.guide:
            return text
        options = {word.casefold(): word for word in self.options[CHOSEN_FROM[name]]}
        if text.casefold() not in options:
            raise ValueError(f"{name}: no such option")
        return options[text.casefold()]

    def _named(self, name: str) -> int | None:
        """The one person of this name; two of that name are one too many."""
        found = [p.id for p in self.people if name in (full_name(p), f"{p.family}, {p.given}")]
        if name and len(found) != 1:
            raise ValueError("No such employee, or more than one")
        return found[0] if name else None

    # -- what the company is ------------------------------------------------------------------------

    @route("GET", "/meta/fields")
    def meta_fields(self, call: Call) -> Answer:
        """The fields with a number. A part of a field has dotted text; in the guide all ids are text."""
        rows = [field.meta for field in self.fields.values() if field.number is not None]
        if self.guide:
            rows = [{**row, "id": str(row["id"])} for row in rows]
        else:
            rows.append({"id": 4175, "name": "Accrual Level Start Date", "type": "date"})
            rows.append({"id": "19.1", "name": "Pay rate - Currency code", "type": "text", "alias": "payRate"})
        return self._classic(call, rows, "fields")

    def option(self, key: str, word: str) -> int:
        """The id of a word in a list, which keeps it for good; a new word gets the next."""
        words = self.options[key]
        return words.setdefault(word, 18_000 + 1_000 * KEYS.index(key) + len(words))

    @route("GET", "/meta/lists", dialects=OBSERVED)
    def meta_lists(self, call: Call) -> Answer:
        """What every list field may hold, archived options too; departments and locations are among them."""
        lists = [choice_row(choice, self.options[choice.key]) for choice in CHOICES]
        if call.query.get("format", "").lower() == "json" or call.headers.get("Accept") == JSON:
            return Answer(body=lists, content_type=f"{JSON}; charset=UTF-8")
        return self._classic(call, lists, "lists")

    @route("GET", "/meta/tables", dialects=OBSERVED)
    def meta_tables(self, call: Call) -> Answer:
        """The tables and their columns."""
        names = ("alias", "id", "name", "type")
        tables = [
            {"alias": table, "fields": [dict(zip(names, column, strict=True)) for column in columns]}
            for table, columns in TABLES.items()
        ]
        return self._classic(call, tables, "tables")

    @route("GET", "/meta/users", dialects=OBSERVED)
    def meta_users(self, call: Call) -> Answer:
        """Who may log in, by user id; here everyone with an address. Ids are numbers."""
        states = {"enabled", "disabled"}
        wanted = states & set(call.query.get("status", "").split(",")) or states
        view = self._view(call)
        rows = [user_row(person, view) for person in self.people if person.email]
        return self._classic(call, {str(row["id"]): row for row in rows if row["status"] in wanted}, "users")

    @route("GET", "/company_information", dialects=OBSERVED)
    def company(self, call: Call) -> Answer:
        """The company's name and address."""
        address = {"line1": "1 Sandbox Way", "line2": "", "city": "Arlington", "state": "VA", "zip": "22201"}
        names = {"legalName": "Acme, Inc.", "displayName": "Acme"}
        return Answer(body={**names, "address": address, "phone": "+1 555 0100"}, content_type=JSON)


# -- small shapes ---------------------------------------------------------------------------------------


def choice_row(choice: Choice, words: Mapping[str, int]) -> Row:
    """A list field with its options by name; one of all lists has no id, some no alias (recorded 2026)."""
    founded = "2020-01-06T09:00:00+00:00"
    options: list[Row] = [
        {
            "id": number,
            "archived": "no",
            "manageable": "no" if word in FIXED_WORDS else "yes",
            "createdDate": founded,
            "archivedDate": None,
            "name": word,
        }
        for word, number in sorted(words.items())
    ]
    if word := ARCHIVED.get(choice.key):
        closed = {"id": 17_000, "archived": "yes", "manageable": "yes", "createdDate": founded}
        options.append({**closed, "archivedDate": founded, "name": word})
    row: Row = {
        "fieldId": choice.field,
        "manageable": "yes",
        "multiple": choice.multiple,
        "name": choice.name,
    }
    named: Row = {"alias": choice.alias} if choice.alias else {}
    return {**({} if choice.id is None else {"id": choice.id}), **row, "options": options, **named}


def user_row(person: Person, view: View) -> Row:
    """A person's login; who never came in has no `lastLogin`."""
    row: Row = {"id": 2300 + person.id, "employeeId": person.id, "firstName": person.given}
    row |= {"lastName": person.family, "email": person.email}
    row["status"] = "enabled" if status(person, view) == "Active" else "disabled"
    return row if person.id % 5 == 0 else {**row, "lastLogin": person.updated.isoformat()}


def status_cells(row: StatusRow) -> Row:
    """A row of employmentStatus; the columns called `…Id` hold the option's *name* (recorded)."""
    return {
        "date": row.date.isoformat(),
        "employmentStatus": row.status,
        "comment": row.comment or None,
        "terminationReasonId": row.reason,
        "terminationTypeId": row.type,
        "terminationRehireId": row.rehire,
    }


def job_cells(row: JobRow, person: Person, view: View) -> Row:
    """A row of jobInfo; the manager is a name and nothing else (recorded 2026)."""
    manager = view.by_id.get(row.manager_id or 0)
    return {
        "date": row.date.isoformat(),
        "location": row.location,
        "department": row.department,
        "division": row.division,
        "jobTitle": row.title,
        "reportsTo": full_name(manager) if manager else "",
        "teams": person.teams or None,
    }


def pay_cells(person: Person) -> Row:
    """The one row of compensation that a person has here."""
    return {
        "startDate": person.hired.isoformat() if person.hired else NO_DAY,
        "endDate": None,
        "rate": {"currency": person.currency, "value": f"{person.pay or 0:.2f}"},
        "type": "Salary",
        "exempt": "Exempt",
        "reason": "",
        "comment": "",
        "paidPer": "Year",
        "paySchedule": "",
        "overtimeRate": "",
    }


def day(raw: Any) -> date:
    """A day as the vendor writes it; raises `ValueError` for anything else."""
    return date.fromisoformat(str(raw))


def instant(text: str) -> datetime:
    """An instant with its zone; raises `ValueError` where that is missing, as after an unescaped plus."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date and time with a zone is needed")
    return moment.astimezone(UTC)


def money(raw: Any, currency: str) -> tuple[Decimal | None, str]:
    """An amount written as a number, or as `{"value", "currency"}`."""
    if isinstance(raw, dict):
        raw, currency = raw.get("value"), str(raw.get("currency") or currency)
    try:
        return (Decimal(str(raw)) if raw not in (None, "") else None), currency
    except InvalidOperation as error:
        raise ValueError("not an amount") from error


def xml(root: str, rows: Iterable[Row]) -> str:
    """The least XML that shows a client it asked for the wrong thing: the rows of a table, else the root."""
    lines = [f'<?xml version="1.0"?>\n<{root}>']
    for row in rows:
        lines.append(f' <row id="{row["id"]}" employeeId="{row["employeeId"]}">')
        for name in row.keys() - {"id", "employeeId"}:
            lines.append(f'  <field id="{name}">{html.escape(str(row[name] or ""))}</field>')
        lines.append(" </row>")
    return "\n".join([*lines, f"</{root}>\n"])


def newer_error(code: str, message: str) -> Answer:
    """How the paged list, unlike its elders, says what is wrong (official description)."""
    return Answer(status=400, body={"error": {"code": code, "message": message}}, content_type=JSON)


def cursor_to(person: Person, *, again: bool = False) -> str:
    """The cursor of the page that this person opens; `again` if that page was just sent, empty."""
    told = {"nextEmployee": person.id, **({"again": True} if again else {})}
    return base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()


def opened(cursor: str) -> Row:
    """What a cursor says; nothing, where it is not one of ours."""
    try:
        told = json.loads(base64.b64decode(cursor))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def link(query: Mapping[str, str]) -> dict[str, str]:
    """A link of the paged list: it names the company's own host, whatever was called (recorded 2026)."""
    return {"href": f"https://acme.bamboohr.com/api/v1/employees?{urlencode(list(query.items()))}"}
