"""What somebody would write by hand for one vendor: requests, orjson, and the constructors of headcount's model.

R reads and parses every page and keeps nothing. R' also makes an `Employee` of each record, reasons for what is
missing included, and writes it as one line of JSON, to the byte what headcount writes. Neither tries again, paces
itself, proves anything complete, or says what is wrong with a record: that is what headcount is measured to cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import orjson
import requests

from headcount.model import (
    Coded,
    CustomField,
    Employee,
    EmployeeStatus,
    NullReason,
    TimeType,
    WorkerType,
)

Row = dict[str, Any]
Known = dict[str, Any]
EMPTY, ABSENT = NullReason.EMPTY_AT_SOURCE, NullReason.NOT_PERMITTED
NO_SUCH, UNASKED = NullReason.NOT_IN_VENDOR_MODEL, NullReason.NOT_REQUESTED


class Words(dict[str | None, Coded[Any] | None]):
    """A vendor's words; one that is not in the table is kept beside "unknown"."""

    def __init__(self, kind: type[Any], words: Mapping[str, str], silent: Iterable[str] = ()) -> None:
        super().__init__({word: Coded(kind(value), word) for word, value in words.items()})
        self.update(dict.fromkeys([None, *silent]))
        self.kind = kind

    def __missing__(self, word: str) -> Coded[Any]:
        made = self[word] = Coded(self.kind("unknown"), word)
        return made


NOT_STAFF = ("Intern", "Contractor", "Freelance")
GONE = ("Terminated", "Furloughed")
STAFF = {"Intern": "intern", "Contractor": "contractor", "Freelance": "contractor"}
NAMELY_WORKER = Words(WorkerType, STAFF | {"Full Time": "employee", "Part Time": "employee"})
NAMELY_TIME = Words(TimeType, {"Full Time": "full_time", "Part Time": "part_time"}, NOT_STAFF)
BAMBOOHR_WORKER = Words(WorkerType, STAFF | {"Full-Time": "employee", "Part-Time": "employee"}, GONE)
BAMBOOHR_TIME = Words(TimeType, {"Full-Time": "full_time", "Part-Time": "part_time"}, GONE + NOT_STAFF)
REPORT = (
    "id status employmentHistoryStatus firstName middleName lastName preferredName workEmail homeEmail workPhone "
    "mobilePhone homePhone employeeNumber jobTitle originalHireDate hireDate terminationDate supervisorEId "
    "supervisorId department division location photoUrl lastChanged customShirtSize customBadgeDate"
).split()


def session(settings: Mapping[str, str]) -> requests.Session:
    """A session with the vendor's credential."""
    made = requests.Session()
    made.headers["Accept"] = "application/json"
    if "token" in settings:
        made.headers["Authorization"] = f"Bearer {settings['token']}"
    else:
        made.auth = (settings["api_key"], "")
    return made


# -- reading --------------------------------------------------------------------------------------------


def namely_pages(http: requests.Session, base: str) -> Iterator[list[Row]]:
    page = 1
    while True:
        answer = http.get(f"{base}/profiles", params={"page": page, "per_page": 50})
        answer.raise_for_status()
        rows: list[Row] = orjson.loads(answer.content)["profiles"]
        if not rows:
            return
        yield rows
        page += 1


def insightly_pages(http: requests.Session, base: str) -> Iterator[list[Row]]:
    skip = 0
    while True:
        answer = http.get(f"{base}/Users", params={"top": "500", "skip": str(skip), "count_total": "true"})
        answer.raise_for_status()
        rows: list[Row] = orjson.loads(answer.content)
        if not rows:
            return
        yield rows
        skip += len(rows)


def bamboohr_pages(http: requests.Session, base: str) -> Iterator[list[Row]]:
    answer = http.post(
        f"{base}/reports/custom",
        params={"format": "JSON", "onlyCurrent": "true"},
        json={"title": "headcount", "fields": REPORT, "filterDuplicates": "no"},
    )
    answer.raise_for_status()
    yield orjson.loads(answer.content)["employees"]


# -- what is known beside the records -------------------------------------------------------------------


def namely_known(http: requests.Session, base: str) -> Known:
    groups = http.get(f"{base}/groups", params={"page": 1, "per_page": 50}).json()["groups"]
    fields = http.get(f"{base}/profiles/fields").json()["fields"]
    return {
        "places": {group["id"] for group in groups if group["type"] == "Office Locations"},
        "custom": {one["name"]: one for one in fields if not one["default"]},
        "web": base.partition("/namely/")[0],
    }


def insightly_known(http: requests.Session, base: str) -> Known:
    teams: dict[str, tuple[str, ...]] = {}
    for team in http.get(f"{base}/Teams", params={"top": 500}).json():
        if not team["ANONYMOUS_TEAM"]:
            for member in team["TEAMMEMBERS"]:
                id = str(member["MEMBER_USER_ID"])
                teams[id] = (*teams.get(id, ()), str(team["TEAM_ID"]))
    profiles = http.get(f"{base}/Permissions/Profiles")
    named = {one["PROFILE_ID"]: one["PROFILE_NAME"] for one in profiles.json()} if profiles.ok else {}
    return {"teams": teams, "profiles": named}


def bamboohr_known(http: requests.Session, base: str) -> Known:
    lists, fields = http.get(f"{base}/meta/lists").json(), http.get(f"{base}/meta/fields").json()
    return {
        "options": {
            (one["alias"], option["name"]): str(option["id"])
            for one in lists
            if one.get("alias") in ("department", "division", "location")
            for option in one["options"]
        },
        "custom": {one["alias"]: one for one in fields if one.get("alias", "").startswith("custom")},
    }


# -- normalizing ----------------------------------------------------------------------------------------


STATUS = {
    word: Coded(EmployeeStatus(word.lower()), word) for word in ("active", "inactive", "pending", "Active", "Inactive")
}
REFINED = {
    "Terminated": Coded(EmployeeStatus.TERMINATED, "Terminated"),
    "Furloughed": Coded(EmployeeStatus.ON_LEAVE, "Furloughed"),
}
ON = {True: Coded(EmployeeStatus.ACTIVE, "true"), False: Coded(EmployeeStatus.INACTIVE, "false")}
NAMELY_NEVER: dict[str, NullReason] = {
    **dict.fromkeys(("original_hire_date", "termination_type", "timezone"), NO_SUCH),
    **dict.fromkeys(("demographics", "compensation"), UNASKED),
}
NAMELY_KEYS = (
    ("given_name", "first_name"),
    ("middle_name", "middle_name"),
    ("family_name", "last_name"),
    ("preferred_name", "preferred_name"),
    ("work_email", "email"),
    ("personal_email", "personal_email"),
    ("work_phone", "office_phone"),
    ("mobile_phone", "mobile_phone"),
    ("home_phone", "home_phone"),
    ("employee_number", "employee_id"),
    ("job_title", "job_title"),
    ("worker_type", "employee_type"),
    ("time_type", "employee_type"),
    ("start_date", "start_date"),
    ("termination_date", "departure_date"),
    ("termination_reason", "terminated_reason"),
    ("manager_id", "reports_to"),
    ("group_ids", "links"),
    ("company_id", "company_uuid"),
    ("work_location_id", "links"),
    ("photo_url", "image"),
    ("record_url", "id"),
    ("created_at", "created_at"),
    ("updated_at", "updated_at"),
)
BAMBOOHR_NEVER: dict[str, NullReason] = {
    "termination_type": UNASKED,
    "termination_reason": UNASKED,
    **dict.fromkeys(("company_id", "timezone", "record_url", "created_at"), NO_SUCH),
    **dict.fromkeys(("demographics", "compensation"), UNASKED),
}
BAMBOOHR_KEYS = (
    ("given_name", "firstName"),
    ("middle_name", "middleName"),
    ("family_name", "lastName"),
    ("preferred_name", "preferredName"),
    ("work_email", "workEmail"),
    ("personal_email", "homeEmail"),
    ("work_phone", "workPhone"),
    ("mobile_phone", "mobilePhone"),
    ("home_phone", "homePhone"),
    ("employee_number", "employeeNumber"),
    ("job_title", "jobTitle"),
    ("worker_type", "employmentHistoryStatus"),
    ("time_type", "employmentHistoryStatus"),
    ("original_hire_date", "originalHireDate"),
    ("start_date", "hireDate"),
    ("termination_date", "terminationDate"),
    ("manager_id", "supervisorEId"),
    ("group_ids", "department"),
    ("work_location_id", "location"),
    ("photo_url", "photoUrl"),
    ("updated_at", "lastChanged"),
)
INSIGHTLY_NEVER: dict[str, NullReason] = dict.fromkeys(
    (
        "middle_name preferred_name personal_email work_phone mobile_phone home_phone employee_number job_title "
        "worker_type time_type original_hire_date start_date termination_date termination_type termination_reason "
        "manager_id work_location_id photo_url record_url demographics compensation"
    ).split(),
    NO_SUCH,
)
INSIGHTLY_KEYS = (
    ("given_name", "FIRST_NAME"),
    ("family_name", "LAST_NAME"),
    ("work_email", "EMAIL_ADDRESS"),
    ("group_ids", "USER_ID"),
    ("company_id", "INSTANCE_ID"),
    ("timezone", "TIMEZONE_ID"),
    ("created_at", "DATE_CREATED_UTC"),
    ("updated_at", "DATE_UPDATED_UTC"),
)


def reasons(
    employee: Employee, raw: Row, never: Mapping[str, NullReason], keys: Iterable[tuple[str, str]]
) -> dict[str, NullReason]:
    """The reason for each None."""
    found = dict(never)
    for name, key in keys:
        if getattr(employee, name) is None:
            found[name] = EMPTY if key in raw else ABSENT
    return found


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and text != "0000-00-00" else None


def spaced(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text and text != "0000-00-00 00:00:00" else None


def stripped(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def namely_employee(raw: Row, known: Known) -> Employee:
    links = raw["links"]
    groups = tuple([one["id"] for one in links["groups"]] + [one["id"] for one in links["teams"]])
    managers = tuple([one["id"] for one in raw["reports_to"] if one["id"] != "no_guid"])
    image, kind, word = raw["image"], raw["employee_type"]["title"], raw["user_status"]
    employee = Employee(
        id=raw["id"],
        status=STATUS.get(word) or Coded(EmployeeStatus.UNKNOWN, word),
        given_name=stripped(raw["first_name"]),
        middle_name=stripped(raw["middle_name"]),
        family_name=stripped(raw["last_name"]),
        preferred_name=stripped(raw["preferred_name"]),
        work_email=stripped(raw["email"]),
        personal_email=stripped(raw.get("personal_email")),
        work_phone=stripped(raw["office_phone"]),
        mobile_phone=stripped(raw["mobile_phone"]),
        home_phone=stripped(raw["home_phone"]),
        employee_number=stripped(raw["employee_id"]),
        job_title=(raw["job_title"] or {}).get("title"),
        worker_type=NAMELY_WORKER[kind],
        time_type=NAMELY_TIME[kind],
        start_date=day(raw["start_date"]),
        termination_date=day(raw["departure_date"]),
        termination_reason=stripped(raw["terminated_reason"]),
        manager_id=managers[0] if managers else None,
        manager_ids=managers,
        group_ids=groups,
        company_id=raw["company_uuid"],
        work_location_id=next((id for id in groups if id in known["places"]), None),
        photo_url=known["web"] + image["original"] if image else None,
        record_url=f"{known['web']}/people/{raw['id']}",
        created_at=datetime.fromtimestamp(raw["created_at"], UTC),
        updated_at=datetime.fromtimestamp(raw["updated_at"], UTC),
        custom_fields={
            key: CustomField(key=key, label=field["label"], type=field["type"], value=raw[key] or None)
            for key, field in known["custom"].items()
            if key in raw
        },
        raw=raw,
    )
    object.__setattr__(employee, "absent", reasons(employee, raw, NAMELY_NEVER, NAMELY_KEYS))
    return employee


def bamboohr_employee(raw: Row, known: Known) -> Employee:
    options, word, manager = known["options"], raw["employmentHistoryStatus"], raw["supervisorEId"] or None
    groups = {kind: options[kind, raw[kind]] for kind in ("department", "division", "location") if raw[kind]}
    refined = REFINED.get(word)
    follows = refined and (refined.value == "on_leave") == (raw["status"] == "Active")
    employee = Employee(
        id=raw["id"],
        status=refined if refined and follows else STATUS[raw["status"]],
        given_name=stripped(raw["firstName"]),
        middle_name=stripped(raw["middleName"]),
        family_name=stripped(raw["lastName"]),
        preferred_name=stripped(raw["preferredName"]),
        work_email=stripped(raw["workEmail"]),
        personal_email=stripped(raw["homeEmail"]),
        work_phone=stripped(raw["workPhone"]),
        mobile_phone=stripped(raw["mobilePhone"]),
        home_phone=stripped(raw["homePhone"]),
        employee_number=stripped(raw["employeeNumber"]),
        job_title=stripped(raw["jobTitle"]),
        worker_type=BAMBOOHR_WORKER[word],
        time_type=BAMBOOHR_TIME[word],
        original_hire_date=day(raw["originalHireDate"]),
        start_date=day(raw["hireDate"]),
        termination_date=day(raw["terminationDate"]),
        manager_id=manager,
        manager_ids=(manager,) if manager else (),
        group_ids=tuple(groups.values()),
        work_location_id=groups.get("location"),
        photo_url=stripped(raw["photoUrl"]),
        updated_at=datetime.fromisoformat(raw["lastChanged"]).astimezone(UTC),
        custom_fields={
            key: CustomField(key=key, label=field["name"], type=field["type"], value=raw[key] or None)
            for key, field in known["custom"].items()
            if key in raw
        },
        raw=raw,
    )
    object.__setattr__(employee, "absent", reasons(employee, raw, BAMBOOHR_NEVER, BAMBOOHR_KEYS))
    return employee


def insightly_employee(raw: Row, known: Known) -> Employee:
    id = str(raw["USER_ID"])
    custom = {}
    if raw["PROFILE_ID"] is not None:
        named = known["profiles"].get(raw["PROFILE_ID"], raw["PROFILE_ID"])
        custom["PROFILE_ID"] = CustomField(key="PROFILE_ID", label="Permission profile", value=named)
    if raw["ROLE_ID"] is not None:
        custom["ROLE_ID"] = CustomField(key="ROLE_ID", label="Role", value=raw["ROLE_ID"])
    custom["ADMINISTRATOR"] = CustomField(key="ADMINISTRATOR", label="Administrator", value=raw["ADMINISTRATOR"])
    employee = Employee(
        id=id,
        status=ON[raw["ACTIVE"]],
        given_name=stripped(raw["FIRST_NAME"]),
        family_name=stripped(raw["LAST_NAME"]),
        work_email=stripped(raw["EMAIL_ADDRESS"]),
        timezone=stripped(raw["TIMEZONE_ID"]),
        company_id=str(raw["INSTANCE_ID"]),
        group_ids=known["teams"].get(id, ()),
        created_at=spaced(raw["DATE_CREATED_UTC"]),
        updated_at=spaced(raw["DATE_UPDATED_UTC"]),
        custom_fields=custom,
        raw=raw,
    )
    object.__setattr__(employee, "absent", reasons(employee, raw, INSIGHTLY_NEVER, INSIGHTLY_KEYS))
    return employee


# -- writing --------------------------------------------------------------------------------------------


def coded(value: Coded[Any] | None) -> Row | None:
    return None if value is None else {"value": value.value, "source": value.source}


def line(it: Employee) -> bytes:
    """The employee as orjson writes it best: days, instants and enums as they are."""
    return orjson.dumps(
        {
            "id": it.id,
            "status": coded(it.status),
            "given_name": it.given_name,
            "middle_name": it.middle_name,
            "family_name": it.family_name,
            "preferred_name": it.preferred_name,
            "work_email": it.work_email,
            "personal_email": it.personal_email,
            "work_phone": it.work_phone,
            "mobile_phone": it.mobile_phone,
            "home_phone": it.home_phone,
            "employee_number": it.employee_number,
            "job_title": it.job_title,
            "worker_type": coded(it.worker_type),
            "time_type": coded(it.time_type),
            "original_hire_date": it.original_hire_date,
            "start_date": it.start_date,
            "termination_date": it.termination_date,
            "termination_type": coded(it.termination_type),
            "termination_reason": it.termination_reason,
            "manager_id": it.manager_id,
            "manager_ids": it.manager_ids,
            "group_ids": it.group_ids,
            "company_id": it.company_id,
            "work_location_id": it.work_location_id,
            "timezone": it.timezone,
            "photo_url": it.photo_url,
            "record_url": it.record_url,
            "created_at": it.created_at,
            "updated_at": it.updated_at,
            "custom_fields": {
                key: {"key": one.key, "label": one.label, "type": one.type, "value": one.value}
                for key, one in it.custom_fields.items()
            },
            "employments": it.employments,
            "demographics": None,
            "compensation": None,
            "absent": it.absent,
            "display_name": it.display_name,
        },
        option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE,
    )


Pages = Callable[[requests.Session, str], Iterator[list[Row]]]
PAGES: dict[str, Pages] = {"namely": namely_pages, "insightly": insightly_pages, "bamboohr": bamboohr_pages}
KNOWN = {"namely": namely_known, "insightly": insightly_known, "bamboohr": bamboohr_known}
EMPLOYEE = {"namely": namely_employee, "insightly": insightly_employee, "bamboohr": bamboohr_employee}


def read(vendor: str, settings: Mapping[str, str]) -> int:
    """R: how many records came."""
    return sum(len(rows) for rows in PAGES[vendor](session(settings), settings["base_url"]))


def write(vendor: str, settings: Mapping[str, str], out: BinaryIO) -> int:
    """R': how many lines were written."""
    http, base, employee = session(settings), settings["base_url"], EMPLOYEE[vendor]
    known, count = KNOWN[vendor](http, base), 0
    for rows in PAGES[vendor](http, base):
        for raw in rows:
            out.write(line(employee(raw, known)))
            count += 1
    return count
