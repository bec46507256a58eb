"""What BambooHR shows of a person on a day, and what it calls things: fields, lists, tables, columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from headcount.sandbox import Person, StatusRow
from headcount.sandbox.people import DEPARTMENTS, DIVISIONS, LOCATIONS, TEAMS, TITLES
from headcount_bamboohr.history import GONE, HistoryRow, View, status

Row = dict[str, Any]
Reader = Callable[[Person, View], Any]

BLANK = {"date": "0000-00-00", "currency": " USD", "state": ""}
"""What stands for nothing in a field of this type (recorded 2026); in all other types it is null."""


def full_name(person: Person) -> str:
    """Given name first."""
    return f"{person.given} {person.family}"


def pay(person: Person, view: View) -> str | None:
    """An amount and its currency, in one text."""
    return None if person.pay is None else f"{person.pay:.2f} {person.currency}"


def at_work(attribute: str) -> Reader:
    """Reads what the job says."""
    return lambda person, view: getattr(view.job(person), attribute, None)


def of_manager(read: Callable[[Person], str]) -> Reader:
    """Reads something of the manager."""
    return lambda person, view: read(manager) if (manager := view.manager(person)) else None


def manager_id(person: Person, view: View) -> str | None:
    """The manager's id as it was written, though nobody bear it."""
    job = view.job(person)
    return str(job.manager_id) if job and job.manager_id else None


def before_rehire(person: Person, view: View) -> date | None:
    """The day of the first hire of who came back."""
    return person.first_hired if person.first_hired != person.hired else None


def custom(alias: str, key: str) -> Reader:
    """Reads a field of the company's own: what was written, or else what the person came with."""
    return lambda person, _: person.extra.get(alias, person.custom.get(key))


@attrs.frozen
class Field:
    """A field of an employee or a column of a table: its alias, number, label and type, as the vendor lists them.

    `source` is the attribute that holds it, or how it is worked out; without one it is whatever was written.
    Only fields with a number stand in `meta/fields`.
    """

    alias: str
    number: int | None
    label: str
    type: str
    source: str | Reader | None = None
    deprecated: bool = False

    def read(self, person: Person, view: View) -> Any:
        """The value; None where there is none."""
        if self.source is None:
            value = person.extra.get(self.alias)
        else:
            value = getattr(person, self.source) if isinstance(self.source, str) else self.source(person, view)
        return value.isoformat() if isinstance(value, date) else None if value == "" else value

    def put(self, person: Person, value: Any) -> None:
        """Keep what was written where it belongs; a job or a status is a row, and not kept here."""
        if self.alias == "hireDate":
            person.first_hired = value if person.first_hired in (None, person.hired) else person.first_hired
            person.hired = value
        elif self.alias == "originalHireDate":
            person.first_hired = value
        elif self.alias == "payRate":
            person.pay, person.currency = value
        elif isinstance(self.source, str):
            setattr(person, self.source, value)
        elif self.alias not in (*JOB, "employmentHistoryStatus"):
            person.extra[self.alias] = value

    @property
    def blank(self) -> str | None:
        """What stands for nothing."""
        return BLANK.get(self.type)

    @property
    def column(self) -> Row:
        """How a report announces it."""
        return {"id": self.alias, "type": "text" if self.type == "phone" else self.type, "name": self.label}

    @property
    def meta(self) -> Row:
        """How `meta/fields` and `meta/tables` list it."""
        row: Row = {"id": self.number, "name": self.label, "type": self.type, "alias": self.alias}
        return {**row, "deprecated": True} if self.deprecated else row


FIELDS = {
    field.alias: field
    for field in (
        Field("id", None, "EEID", "int", lambda p, _: str(p.id)),
        Field("displayName", None, "Display Name", "text", lambda p, _: full_name(p)),
        Field("firstName", 1, "First Name", "text", "given"),
        Field("lastName", 2, "Last Name", "text", "family"),
        Field("middleName", 5, "Middle Name", "text", "middle"),
        Field("preferredName", 1358, "Preferred Name", "text", "preferred"),
        Field("employeeNumber", 636, "Employee #", "employee_number", "number"),
        Field("bestEmail", None, "Email", "email", lambda p, _: p.email or p.personal_email),
        Field("workEmail", 15, "Work Email", "email", "email"),
        Field("homeEmail", 1357, "Home Email", "email", "personal_email"),
        Field("workPhone", 634, "Work Phone", "phone", "work_phone"),
        Field("workPhoneExtension", 635, "Work Ext.", "text"),
        Field("mobilePhone", 13, "Mobile Phone", "phone", "mobile_phone"),
        Field("homePhone", 14, "Home Phone", "phone", "home_phone"),
        Field("hireDate", 3, "Hire Date", "date", "hired"),
        Field("originalHireDate", 4333, "Original Hire Date", "date", before_rehire),
        Field("terminationDate", -38, "Termination Date", "date", lambda p, view: view.left(p)),
        Field("jobTitle", 17, "Job Title", "list", at_work("title")),
        Field("department", 4, "Department", "list", at_work("department")),
        Field("division", 1355, "Division", "list", at_work("division")),
        Field("location", 18, "Location", "list", at_work("location")),
        Field("reportsTo", 91, "Reporting to", "employee", of_manager(full_name)),
        Field("supervisor", None, "Supervisor name", "text", of_manager(lambda boss: f"{boss.family}, {boss.given}")),
        Field("supervisorId", None, "Supervisor ID", "text", of_manager(lambda boss: boss.number)),
        Field("supervisorEId", None, "Supervisor EID", "text", manager_id),
        Field("employmentHistoryStatus", 16, "Employment Status", "list", lambda p, view: view.word(p)),
        Field("status", 387, "Status", "status", lambda p, _: status(p)),
        Field("employmentStatus", 387, "Employment Status", "status", lambda p, _: status(p), deprecated=True),
        Field("payRate", 19, "Pay rate", "currency", pay),
        Field("payType", 156, "Pay type", "pay_type"),
        Field("payPer", 4330, "Paid per", "paid_per"),
        Field("exempt", 4042, "Overtime Status", "exempt"),
        Field("dateOfBirth", 6, "Birth Date", "date", "born"),
        Field("gender", 154, "Gender", "gender", "gender"),
        Field("maritalStatus", 155, "Marital Status", "marital_status", "marital_status"),
        Field("ethnicity", 1037, "Ethnicity", "list", "ethnicity"),
        Field("ssn", 7, "SSN", "ssn"),
        Field("sin", None, "SIN", "text"),
        Field("nin", None, "NIN", "text"),
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
        Field("skypeUsername", 4059, "Skype Username", "text"),
        Field("pronouns", 4553, "Pronouns", "list"),
        Field("photoUploaded", None, "Employee photo exists", "bool", lambda p, _: False),
        Field(
            "photoUrl", None, "Employee photo url", "url", lambda p, _: f"https://photos.example.com/acme/{p.id}.jpg"
        ),
        Field("canUploadPhoto", None, "", "bool", lambda p, _: 1),
        Field("customShirtSize", 4601, "Shirt size", "text", custom("customShirtSize", "shirt_size")),
        Field("customBadgeDate", 4602, "Badge date", "date", custom("customBadgeDate", "badge_date")),
        Field("createdByUserId", None, "Created By User Id", "int"),
        Field("lastChanged", None, "Last changed", "timestamp", lambda p, _: p.updated.isoformat()),
    )
}
IN_GUIDE = {
    alias: FIELDS[alias]
    for alias in (
        "id firstName lastName workEmail homeEmail jobTitle department location division employmentHistoryStatus "
        "hireDate supervisor mobilePhone workPhone gender dateOfBirth country state status employeeNumber supervisorId"
    ).split()
} | {"terminationDate": attrs.evolve(FIELDS["terminationDate"], source="left")}
"""The guide's fields; it lets `terminationDate` be written, so there it is what was written."""
BOSS = ("reportsTo", "supervisor")
NO_JOB: Row = {"title": "", "department": "", "division": "", "location": "", "manager_id": None}
JOB = {
    "jobTitle": "title",
    "department": "department",
    "division": "division",
    "location": "location",
    **dict.fromkeys(BOSS, "manager_id"),
}
"""Fields of an employee that are really kept in rows of jobInfo, and where in such a row."""
READ_ONLY = frozenset(
    "id displayName bestEmail terminationDate supervisorId supervisorEId status employmentStatus photoUploaded "
    "photoUrl canUploadPhoto createdByUserId lastChanged".split()
)

DIRECTORY = {
    # the directory's manager has the given name first, a report's `supervisor` the other way round (recorded 2026)
    name: FIELDS["reportsTo" if name == "supervisor" else name]
    for name in (
        "displayName firstName lastName preferredName jobTitle workPhone mobilePhone workEmail department location "
        "division facebook linkedIn twitterFeed pinterest instagram pronouns workPhoneExtension supervisor "
        "photoUploaded photoUrl canUploadPhoto"
    ).split()
}
DIRECTORY_IN_GUIDE = {name: FIELDS[name] for name in ("displayName", "workEmail")}


def asked(fields: Mapping[str, Field], names: Iterable[str], hidden: Iterable[str]) -> dict[str, Field]:
    """The fields asked for by alias or number, each by the name it was asked by; without unknown and hidden ones."""
    numbered = {str(field.number): field for field in fields.values() if not field.deprecated}
    found = ((name, fields.get(name) or numbered.get(name)) for name in names)
    return {name: field for name, field in found if field and field.alias not in hidden}


def columns(fields: Mapping[str, Field]) -> list[Row]:
    """How a report and the directory announce their fields."""
    return [{**field.column, "id": name} for name, field in fields.items()]


def taken(field: Field, raw: Any, people: Iterable[Person], options: Mapping[int, Iterable[str]]) -> Any:
    """What a field or column comes to hold; raises `ValueError` where the vendor would not take it."""
    if field.type == "currency":
        amount, currency = (raw["value"], raw["currency"]) if isinstance(raw, dict) else (raw, "USD")
        return Decimal(str(amount)), currency
    if field.type == "date":
        return date.fromisoformat(str(raw)) if raw or field.alias == "date" else None
    text = str(raw or "")
    if text and field.alias in BOSS:
        found: list[Any] = [p.id for p in people if text in (full_name(p), f"{p.family}, {p.given}")]
    elif text and field.number is not None and field.number in options:
        found = [word for word in options[field.number] if word.casefold() == text.casefold()]
    else:
        return text or (None if field.alias in BOSS else "")
    if len(found) != 1:
        raise ValueError(f"{field.label}: no such option, or more than one")
    return found[0]


# -- lists and tables -----------------------------------------------------------------------------------


@attrs.frozen
class Choice:
    """What a list field, here given by its number, may hold. A list without an alias is found by its name.

    `stored` is the attribute of a person that holds such a word.
    """

    id: int | None
    field: int
    name: str
    alias: str | None
    words: tuple[str, ...] = ()
    stored: str = ""
    multiple: str = "no"

    def row(self, options: Mapping[str, int]) -> Row:
        """How `meta/lists` shows it: one of all lists has no id, some have no alias (recorded 2026)."""
        founded = "2020-01-06T09:00:00+00:00"
        shown: list[Row] = [
            {
                "id": number,
                "archived": "yes" if word == ARCHIVED else "no",
                "manageable": "no" if word in FIXED else "yes",
                "createdDate": founded,
                "archivedDate": founded if word == ARCHIVED else None,
                "name": word,
            }
            for word, number in sorted(options.items())
        ]
        row: Row = {"id": self.id, "fieldId": self.field, "manageable": "yes", "multiple": self.multiple}
        row |= {"name": self.name, "options": shown, "alias": self.alias}
        return {key: value for key, value in row.items() if value is not None}


ARCHIVED = "Facilities (closed)"
FIXED = ("Contractor", GONE)  # the company cannot rename these two
STATUSES = ("Contractor", "Full-Time", "Furloughed", "Intern", "Part-Time", GONE)
TYPES = ("Death", "Resignation (Voluntary)", "Termination (Involuntary)")
REASONS = ("Attendance", "Other employment", "Performance", "Relocation")
CHOICES = (
    Choice(3440, 16, "Employment Status", "employmentHistoryStatus", STATUSES, "status_word"),
    Choice(3441, 17, "Job Title", "jobTitle", TITLES, "title"),
    Choice(3442, 18, "Location", "location", LOCATIONS, "location"),
    Choice(3443, 4, "Department", "department", (*DEPARTMENTS, ARCHIVED), "department"),
    Choice(3446, 4313, "Termination Type", None, TYPES),
    Choice(3448, 4314, "Termination Reason", None, REASONS),
    Choice(3450, 4315, "Eligible For Re-hire", None, ("No", "Upon review", "Yes")),
    Choice(3452, 1355, "Division", "division", DIVISIONS, "division"),
    Choice(3499, 4549, "Teams", "teams", TEAMS, multiple="yes"),
    Choice(None, 4043, "Pay Group", "payGroup"),
)
TABLES = {
    "employmentStatus": (
        Field("date", 1936, "Date", "date", "date"),
        Field("employmentStatus", 16, "Employment Status", "list", "status"),
        Field("comment", 4312, "Comment", "textarea", "comment"),
        Field("terminationReasonId", 4314, "Termination Reason", "list", "reason"),
        Field("terminationTypeId", 4313, "Termination Type", "list", "type"),
        Field("terminationRehireId", 4315, "Eligible For Re-hire", "list", "rehire"),
    ),
    "jobInfo": (
        Field("date", 4020, "Date", "date", "date"),
        Field("location", 18, "Location", "list", "location"),
        Field("department", 4, "Department", "list", "department"),
        Field("division", 1355, "Division", "list", "division"),
        Field("jobTitle", 17, "Job Title", "list", "title"),
        Field("reportsTo", 91, "Reporting to", "employee", "manager_id"),
        Field("teams", 4549, "Teams", "multilist"),
    ),
    "compensation": (
        Field("startDate", 4021, "Date", "date"),
        Field("rate", 19, "Pay rate", "currency"),
        Field("type", 156, "Pay type", "pay_type"),
        Field("exempt", 4042, "Overtime Status", "exempt"),
        Field("paidPer", 4330, "Paid per", "paid_per"),
    ),
}
WRITTEN = {
    table: {column.alias: column for column in TABLES[table] if column.source}
    for table in ("employmentStatus", "jobInfo")
}
"""The columns that can be written, of the tables that can be."""
TITLES_IN_GUIDE = {"employmentStatus": "Employment Status", "jobInfo": "Job Information"}


def cells(row: HistoryRow, person: Person, view: View) -> Row:
    """A row of a table. The manager is a name and nothing else (recorded 2026), and so are options called `…Id`."""
    if isinstance(row, StatusRow):
        said = {name: getattr(row, str(column.source)) for name, column in WRITTEN["employmentStatus"].items()}
        return {**said, "date": row.date.isoformat(), "comment": row.comment or None}
    said = {name: getattr(row, str(column.source)) for name, column in WRITTEN["jobInfo"].items()}
    manager = view.by_id.get(row.manager_id or 0)
    reports_to = full_name(manager) if manager else ""
    return {**said, "date": row.date.isoformat(), "reportsTo": reports_to, "teams": person.teams or None}


def pay_cells(person: Person) -> Row:
    """The one row of compensation that a person has here."""
    start = person.hired.isoformat() if person.hired else BLANK["date"]
    rate = {"currency": person.currency, "value": f"{person.pay or 0:.2f}"}
    row: Row = {"startDate": start, "endDate": None, "rate": rate, "type": "Salary", "exempt": "Exempt"}
    return {**row, "reason": "", "comment": "", "paidPer": "Year", "paySchedule": "", "overtimeRate": ""}


def user_row(person: Person) -> Row:
    """A person's login; who never came in has no `lastLogin`."""
    row: Row = {"id": 2300 + person.id, "employeeId": person.id, "firstName": person.given}
    row |= {"lastName": person.family, "email": person.email}
    row["status"] = "enabled" if status(person) == "Active" else "disabled"
    return row if person.id % 5 == 0 else {**row, "lastLogin": person.updated.isoformat()}
