"""How BambooHR is changed: for each verb the steps that make it, and what then shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

import headcount as hc
from headcount_bamboohr.reading import FIELDS, is_custom

WRITABLE: hc.Writable = {
    **hc.keys_of(FIELDS, "given_name", "middle_name", "family_name", "preferred_name", "work_email", "personal_email"),
    **hc.keys_of(FIELDS, "work_phone", "mobile_phone", "home_phone", "employee_number"),
    **hc.keys_of(FIELDS, "start_date", "original_hire_date"),
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
EVENTS = ("employee.created", "employee.updated", "employee.deleted")
MONITORED = {"supervisorEId": "reportsTo"}  # what is read -> under what it is monitored
REHIRE = {True: "Yes", False: "No", None: "Upon review"}


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
    """One person's rows of a table that have a day, in order: recorded as a bare list, in the guide inside `rows`."""
    answer = http.json(hc.Request("GET", f"/employees/{hc.segment(id)}/tables/{table}"))
    found: list[hc.Raw] = answer["rows"] if isinstance(answer, dict) else answer
    return sorted((row for row in found if row.get("date")), key=order)


def order(row: hc.Raw) -> tuple[str, int, str]:
    """By day, and of one day by id: the row that was added last is in force."""
    return row["date"], len(str(row.get("id"))), str(row.get("id"))


def offered(http: hc.Transport) -> dict[str, list[str]]:
    """The columns of each table that rows can be written to; the guide knows a day and a status, and no more."""
    tables: list[hc.Raw] | None = http.optional(hc.Request("GET", "/meta/tables"))
    told = {one["alias"]: [field.get("alias") for field in one["fields"]] for one in tables or ()}
    return {"employmentStatus": ["date", "employmentStatus"], **told}


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    """The employee, then the row that gives them a status (without one they are in no list), then the job."""
    start, word = change.fields["start_date"], contract(change.fields, ground)
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


def made(response: hc.Response) -> str | None:
    """The id in the body (recorded 2026), else the last part of the Location, which is absolute or not."""
    body = response.said
    if isinstance(body, dict) and "id" in body:
        return str(body["id"])
    _, found, id = str(response.headers.get("Location")).rstrip("/").rpartition("/employees/")
    return id if found else None


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    """What has a day by a row, all else by the record."""
    plain = {name: value for name, value in change.fields.items() if name not in IN_ROWS}
    day = (change.on or ground.today).isoformat()
    if plain:
        ground.only_now(change.on)
        yield record_change(change.id, plain, ground)
    word = contract(change.fields, ground)
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
    this, history = f"status from {day}", sorted(name for name in ground.facts if name.startswith("status from "))
    if history and history[-1] != this and gone(ground.facts[history[-1]]):
        raise hc.Rejected(f"the history ends with a termination already ({history[-1]}): take that back first")
    later = [name for name in history if name > this]
    if later:
        ground.warn(f"The history goes on after {day}: {', '.join(later)}.")
    shows = {"status": ground.facts["status"]} if ground.ahead(change.on) else {}
    shows |= {"status": "terminated", "termination_date": day} if ground.past(change.on) and not later else {}
    plainly = status_step(change.id, day, {"employmentStatus": GONE}, ground, "Add the row with a status alone", shows)
    row = {"employmentStatus": GONE, **told}
    step = status_step(change.id, day, row, ground, "Add the row that ends the employment", shows)
    yield attrs.evolve(step, otherwise=(plainly,)) if told else plainly


def gone(rows: list[hc.Raw]) -> bool:
    return bool(rows) and rows[-1].get("employmentStatus") == GONE


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
    lists = ground.known.lists
    words = {one["name"]: [o["name"] for o in one["options"] if o.get("archived") != "yes"] for one in lists}
    wanted = {
        "terminationTypeId": str(TYPES.get(change.kind, change.kind)) if change.kind else change.type,
        "terminationReasonId": change.reason,
        "terminationRehireId": REHIRE[change.eligible_for_rehire],
    }
    told = {column: word for column, word in wanted.items() if word and LEAVING[column] in words}
    chosen = {column: hc.chosen(LEAVING[column], word, words[LEAVING[column]]) for column, word in told.items()}
    remark = comment(change)
    return chosen | ({"comment": remark} if lists and remark else {})


def cancel_termination(change: hc.CancelTermination, ground: hc.Ground) -> Iterator[hc.Step]:
    """The row is taken back: the last of the history, where that is a termination."""
    table = rows(ground.http, change.id, "employmentStatus")
    if not table or table[-1]["employmentStatus"] != GONE:
        return
    if "jobInfo" not in offered(ground.http):
        raise hc.Unsupported("this server takes no row of a history back: rehire instead")
    day = f"status from {table[-1]['date']}"
    left = ground.facts[day][:-1]
    others = [row for row in table[:-1] if row["employmentStatus"] == GONE]
    expect = {day: left} if others else {day: left, "termination_date": None}
    path = f"/employees/{hc.segment(change.id)}/tables/employmentStatus/{table[-1]['id']}"
    yield hc.Step(says="Take the row back", request=hc.Request("DELETE", path), expect=expect)


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    """A later row. BambooHR then moves the hire date to the original one, and sets it to the day (documentation)."""
    table = rows(ground.http, change.id, "employmentStatus")
    worked = [row["employmentStatus"] for row in table if row["employmentStatus"] != GONE]
    word = contract(change.fields, ground) or (worked[-1] if worked else None)
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


def contract(fields: hc.Facts, ground: hc.Ground) -> str | None:
    """The word of the employment history, as the company spells it; None where nothing was said of it."""
    word = hc.contract(fields, CONTRACT)
    return word and hc.chosen("employment status", word, listed(ground, "employmentHistoryStatus") or [word])


def listed(ground: hc.Ground, alias: str) -> list[str]:
    """The options of one of the company's lists; none where the server tells no lists."""
    return [option["name"] for one in ground.known.lists if one.get("alias") == alias for option in one["options"]]


def status_row(id: str, day: str, word: str, ground: hc.Ground, says: str) -> hc.Step:
    return status_step(id, day, {"employmentStatus": word}, ground, says, {})


def status_step(id: str, day: str, row: dict[str, str], ground: hc.Ground, says: str, shows: hc.Facts) -> hc.Step:
    """One row more, unless it is there already."""
    request = hc.Request("POST", row_path(id, "employmentStatus"), json={"date": day, **row})
    return hc.Step(
        says=says, request=request, expect={**added("status", day, said(row, ("comment",)), ground), **shows}
    )


def added(name: str, day: str, row: dict[str, Any], ground: hc.Ground, *, again: bool = False) -> dict[str, Any]:
    """The day's rows with one more, unless the last of them says the same; `again` adds it all the same."""
    there = ground.facts.get(f"{name} from {day}", [])
    return {f"{name} from {day}": there if there[-1:] == [row] and not again else [*there, row]}


def row_path(id: str, table: str) -> str:
    return f"/employees/{id if id == '{id}' else hc.segment(id)}/tables/{table}"


def job_change(id: str, day: str, fields: hc.Facts, ground: hc.Ground) -> Iterator[hc.Step]:
    """A row of jobInfo; a server that takes none takes the same as fields of the record, from today on."""
    if any(name in fields for name in JOB):
        way = job_row if "jobInfo" in offered(ground.http) else job_fields
        yield from way(id, day, job_body(fields, ground), fields, ground)


def job_row(id: str, day: str, changes: dict[str, str], fields: hc.Facts, ground: hc.Ground) -> Iterator[hc.Step]:
    """What is in force with what changes: what a row leaves out is blank from then on."""
    table = rows(ground.http, id, "jobInfo") if ground.employee else []
    before = [row for row in table if row["date"] <= day]
    held = said(before[-1], ("teams",)) if before else {}
    row = {**held, **changes}
    if said(row) == held:
        return  # it is in force already
    if row.get("reportsTo"):
        check_unique(row["reportsTo"], ground)
    later = [one["date"] for one in table if one["date"] > day]
    if later:
        ground.warn(f"Rows of {', '.join(later)} set the job anew on their days.")
    manager = f"raw.manager from {day}"
    moved = row.get("reportsTo", "") != (ground.facts.get(manager) or "")
    expect = added("job_title", day, said(row, ("reportsTo",)), ground, again=moved)
    request = hc.Request("POST", row_path(id, "jobInfo"), json={"date": day, **row})
    yield hc.Step(says="Add the row of the job", request=request, expect={**expect, manager: row.get("reportsTo")})


def job_fields(id: str, day: str, changes: dict[str, str], fields: hc.Facts, ground: hc.Ground) -> Iterator[hc.Step]:
    """Of somebody to come the record shows no job before the day (recorded): there the history is looked at."""
    ahead = day > ground.today.isoformat()
    if ground.employee is not None and ahead:
        raise hc.Unsupported("this server dates no job: change it on the day, and not before")
    boss = {"supervisor": changes.pop("reportsTo")} if "reportsTo" in changes else {}
    shows: dict[str, Any] = {"job_title": changes["jobTitle"]} if "jobTitle" in changes else {}
    shows |= {"raw.supervisor": boss["supervisor"]} if boss else {}
    shows |= {"group_ids": sorted(kept_groups(fields, ground))} if "group_ids" in fields else {}
    if ahead:
        ground.warn(f"This server shows the job from {day} on; until then it is read from the history.")
        shows = added("job_title", day, changes, ground)
    path = f"/employees/{id if id == '{id}' else hc.segment(id)}"
    yield hc.Step(says="Set the job", request=hc.Request("POST", path, json={**changes, **boss}), expect=shows)


def job_body(fields: hc.Facts, ground: hc.Ground) -> dict[str, str]:
    """The columns of a job row. Groups and the manager are told by name, titles in the company's own spelling."""
    groups = [ground.group(id) for id in fields.get("group_ids", ())]
    body = {group.type.source or "": group.name for group in groups}
    if len(body) < len(groups):
        raise hc.Rejected("group_ids: an employee has one department, one division and one location")
    if fields.get("job_title"):
        titles = listed(ground, "jobTitle") or [fields["job_title"]]
        body["jobTitle"] = hc.chosen("job_title", fields["job_title"], titles)
    if "manager_id" in fields:
        body["reportsTo"] = manager_name(fields["manager_id"], ground)
    return body | ({"jobTitle": ""} if "job_title" in fields and not fields["job_title"] else {})


def manager_name(id: str | None, ground: hc.Ground) -> str:
    """The full name, which is how a row names a manager: two people of one name cannot be told apart."""
    if id is None:
        return ""
    name = full_name(ground.find(id))
    check_unique(name, ground)
    return name


def check_unique(name: str, ground: hc.Ground) -> None:
    """Raises `Unsupported` where a row that names this manager could mean two."""
    if [full_name(one) for one in ground.everyone()].count(name) > 1:
        raise hc.Unsupported("a manager is named without an id, and another employee bears the same name")


def full_name(employee: hc.Employee) -> str:
    return hc.full_name(employee.given_name, employee.family_name) or ""


def kept_groups(fields: hc.Facts, ground: hc.Ground) -> set[str]:
    """The groups after the change: one of each list."""
    new = [ground.group(id) for id in fields["group_ids"]]
    lists = {group.type.source for group in new}
    now = [ground.group(id) for id in ground.facts.get("group_ids") or ()]
    return {group.id for group in now if group.type.source not in lists} | {group.id for group in new}


def webhook(http: hc.Transport, url: str, name: str, wanted: hc.Wanted) -> hc.Request:
    """One for the events of people, and for changes of what is read of them, as far as that can be monitored: what
    cannot comes with the next sync."""
    offered = http.record(hc.Request("GET", "/webhooks/monitor_fields"))["fields"]
    read = {MONITORED.get(key, key) for key in hc.asked(FIELDS, wanted)}
    fields = [one["alias"] for one in offered if one["alias"] in read or ("custom_fields" in wanted and is_custom(one))]
    body = {"name": name, "url": url, "format": "json", "events": EVENTS, "monitorFields": fields}
    return hc.Request("POST", "/webhooks", json=body)


def webhook_removed(id: str) -> hc.Request:
    return hc.Request("DELETE", f"/webhooks/{hc.segment(id)}")
