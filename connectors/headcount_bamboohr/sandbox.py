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
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import attrs
from werkzeug.datastructures import MultiDict

from headcount.sandbox import OBSERVED, Answer, Call, Fault, JobRow, Person, Refused, Sandbox, StatusRow, route
from headcount_bamboohr.history import GONE, HistoryRow, View, catch_up, due, follow_jobs, follow_statuses
from headcount_bamboohr.shapes import (
    ALWAYS_LISTED,
    CHOICES,
    DIRECTORY,
    DIRECTORY_IN_GUIDE,
    FIELDS,
    IN_GUIDE,
    JOB,
    LISTED,
    NO_JOB,
    OPTION_IDS,
    READ_ONLY,
    TABLES,
    TITLES_IN_GUIDE,
    WRITTEN,
    Field,
    Row,
    full_name,
    job_cells,
    pay,
    pay_cells,
    status,
    status_cells,
    user_row,
)

JSON = "application/json"
EMPTY = "text/html; charset=UTF-8"
ACTIONS = {"": None, "all": None, "inserted": "Inserted", "updated": "Updated", "deleted": "Deleted"}


class BambooSandbox(Sandbox):
    """BambooHR, for the company `acme`: any other company is not found.

    Beside what every sandbox has: `options`, what each list field may hold, by the field's number (a test may
    add to it), and `deleted`, when each removed person went.
    """

    name = "bamboohr"
    prefixes = ("/api/gateway.php/acme/v1", "/api/gateway.php/acme/v1_1", "/api/v1", "/api/v1_1")
    """The gateway, and as on the company's own host; the guide knows the first only."""
    restricted_fields = frozenset("homeEmail homePhone dateOfBirth gender maritalStatus ethnicity ssn payRate".split())

    def prepare(self) -> None:
        """Number the options; those that people bear are among them."""
        self.deleted: dict[int, datetime] = {}
        self.options: dict[int, dict[str, int]] = {choice.field: {} for choice in CHOICES}
        self._numbers: dict[int, tuple[int, HistoryRow]] = {}
        self._today = self.clock.today()
        for choice in CHOICES:
            used = {getattr(person, choice.stored) for person in self.people} if choice.stored else set[str]()
            for word in (*choice.words, *sorted(used - {""})):
                self.option(choice.field, word)

    def option(self, field: int, word: str) -> int:
        """The id of a word in a list, which keeps it for good; a new word gets the next."""
        return self.options[field].setdefault(word, 18_001 + sum(map(len, self.options.values())))

    # -- the vendor's face --------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The gateway's address of this company."""
        return self.origin + self.prefixes[0]

    @property
    def settings(self) -> dict[str, str]:
        """Company, key and address."""
        return {"company": "acme", "api_key": self.key, "base_url": self.base_url}

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
        reason = (message or HTTPStatus(status).phrase).encode("ascii", "replace").decode()
        headers = dict.fromkeys(("X-BambooHR-Error-Message", "X-BambooHR-Error-Messsage"), f"{reason}, {reason}")
        if status == 401:
            realm = 'Basic realm="https://api.bamboohr.com/acme"'
            headers = {"X-BambooHR-Error-Message": "API key not provided or invalid", "WWW-Authenticate": realm}
        return Answer(status=status, headers=headers, content_type=EMPTY)

    def throttled(self, fault: Fault) -> Answer:
        """429; says when to come back, except in the guide. It was 503 until September 2026."""
        if fault.retry_after is None and not self.guide:
            fault = attrs.evolve(fault, retry_after=str(max(1, math.ceil(fault.seconds))))
        return super().throttled(fault)

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
        return next((person for person in self.people if id in ("0", str(person.id))), None)

    def admit(self, call: Call) -> None:
        """Let the rows take effect whose day has come since the last request; a wrong address gets no further."""
        if self.guide and not call.path.startswith(self.prefixes[0] + "/"):
            raise Refused(self.error(404))
        before, self._today = self._today, self.clock.today()
        for person in self.people if self._today > before else ():
            if came := catch_up(person, before, self._today):
                person.updated = max(person.updated, datetime.combine(came, time(), UTC))

    def _found(self, id: str, table: str = "jobInfo") -> Person:
        """The person, who must be there, as must the table to write to."""
        if (person := self.person(id)) is None or table not in WRITTEN:
            raise Refused(self.error(404, "Employee not found" if person is None else "Table not found"))
        return person

    def _view(self, call: Call) -> View:
        future = call.query.get("onlyCurrent", "true").lower() == "false"
        return View(self.people, self.clock.today(), self.guide or not future)

    def _classic(self, call: Call, body: Any, root: str) -> Answer:
        """JSON for who accepts exactly that; all others get XML, here only just enough to see that."""
        if call.headers.get("Accept") == JSON:
            return Answer(body=body, content_type=JSON)
        return Answer(body=f'<?xml version="1.0"?>\n<{root}/>\n', content_type="text/xml; charset=UTF-8")

    # -- reading employees --------------------------------------------------------------------------

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields of this dialect, by alias."""
        return IN_GUIDE if self.guide else FIELDS

    def _asked(self, names: Iterable[str]) -> dict[str, Field]:
        """The fields asked for by alias or number, each by the name it was asked by, without unknown ones."""
        fields = self.fields
        numbered = {str(field.number): field for field in fields.values() if not field.deprecated}
        found = ((name, fields.get(name) or numbered.get(name)) for name in names)
        return {name: field for name, field in found if field is not None}

    def _hidden(self, person: Person) -> frozenset[str]:
        return self.restricted_fields if self.restricts(person) else frozenset()

    def _allowed(self, asked: Mapping[str, Field]) -> dict[str, Field]:
        """Without the columns that a trimmed permission takes from everyone."""
        dropped = self.restricted_fields if self.restricting else ()
        return {name: field for name, field in asked.items() if field.alias not in dropped}

    def _row(self, person: Person, asked: Mapping[str, Field], view: View) -> Row:
        hidden, row = self._hidden(person), dict[str, Any](id=str(person.id))
        for name, field in asked.items():
            value = None if field.alias in hidden else field.read(person, view)
            row[name] = field.blank if value is None and not self.guide else value
        return row

    @route("GET", "/employees/directory")
    def directory(self, call: Call) -> Answer:
        """Whoever is active and here today."""
        view, asked = self._view(call), self._allowed(DIRECTORY_IN_GUIDE if self.guide else DIRECTORY)
        here = [person for person in self.people if self._here(person, view)]
        if not (here or self.guide):
            return self.error(404, "The directory is empty")
        rows = [self._row(person, asked, view) for person in self.page(call, here, start=0, size=len(here))]
        body = {"fields": columns(asked), "employees": self.shown(call, rows)}
        return self._classic(call, body, "directory")

    def _here(self, person: Person, view: View) -> bool:
        hired = person.hired is not None and person.hired <= view.today
        came = hired or bool(due(person.statuses, view.today)) or not view.only_current
        return came and status(person) == "Active"

    @route("GET", "/employees/<id>")
    def employee(self, call: Call, id: str) -> Answer:
        """One person, with the fields asked for; without `fields` there is next to nothing."""
        person = self._found(id)
        names = call.query.get("fields", "firstName,lastName" if self.guide else "").split(",")
        if len(names) > 400:
            return self.error(400, "Too many fields")
        hidden = self._hidden(person)
        asked = {name: field for name, field in self._asked(names).items() if field.alias not in hidden}
        return self._classic(call, self._row(person, asked, self._view(call)), "employee")

    @route("GET", "/employees", dialects=OBSERVED)
    def employees(self, call: Call) -> Answer:
        """Everyone, page by page; the cursor names the first of the next page.

        Nobody pages backwards here: `prevCursor` is null, and `page[before]` is passed over.
        """
        limit, view = call.number("page[limit]", 250), View(self.people, self.clock.today())
        if not 1 <= limit <= 2500:
            raise refused("BadRequest", "page[limit] must be between 1 and 2500.")
        found = in_order(wanted(self.people, call.query, view), call.query.get("sort", ""), view)
        ids = [person.id for person in found]
        start, cursor = 0, dict[str, Any]()
        if after := call.query.get("page[after]"):
            try:
                cursor = json.loads(base64.b64decode(after))
                start = ids.index(cursor["nextEmployee"])
            except (ValueError, KeyError):
                raise refused("BadPage", "The page cursor is not valid.") from None
        chosen = self.page(call, found, start=start, size=limit)
        if not chosen and cursor.get("again"):  # the empty page was this very one: it is not empty for ever
            chosen = found[start : start + limit]
        stop = ids.index(chosen[-1].id) + 1 if chosen else start
        links, ahead = {"self": link(call.query)}, None
        if stop < len(ids):
            told = {"nextEmployee": ids[stop]} | ({} if chosen else {"again": True})
            ahead = base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()
            links["next"] = link({"page[after]": ahead, **{k: v for k, v in call.query.items() if k != "page[after]"}})
        names = [*ALWAYS_LISTED, *(name for name in call.query.get("fields", "").split(",") if name in LISTED)]
        rows = self.shown(call, [self._listed(person, names, view) for person in chosen])
        return Answer(
            body={
                "data": [{"employeeId": str(p.id), **row} for p, row in zip(chosen, rows, strict=True)],
                "meta": {
                    "total": self.total(call, found),
                    "page": {"limit": limit, "nextCursor": ahead, "prevCursor": None},
                },
                "_links": links,
            },
            content_type=JSON,
        )

    def _listed(self, person: Person, names: Iterable[str], view: View) -> Row:
        """A row of the paged list, which knows no blank but null, and names what it hides."""
        hidden, row = self._hidden(person), dict[str, Any]()
        for name in names:
            field = LISTED[name]
            value = None if field.alias in hidden else field.read(person, view)
            row[name] = str(self.option(field.number or 0, value)) if value and name in OPTION_IDS else value
        return {**row, "_restrictedFields": [name for name in row if LISTED[name].alias in hidden]}

    @route("POST", "/reports/custom", dialects=OBSERVED)
    def report(self, call: Call) -> Answer:
        """Everyone, active or not, in one answer. Other forms than JSON are not emulated: not found."""
        accepted = "json" if call.headers.get("Accept") == JSON else ""
        if call.query.get("format", accepted).lower() != "json":
            return self.error(404, "Report format not found")
        if call.headers.get("Content-Type") != JSON:
            return self.error(400, "Malformed XML")
        body = self._body(call)
        names, filters = list(map(str, body.get("fields", []))), body.get("filters") or {}
        if len(names) > 400:
            return self.error(400, "Too many fields")
        people: Sequence[Person] = self.people
        if ids := set(map(str, filters.get("employeeIds", ()))):
            people = [person for person in people if str(person.id) in ids]
        if since := filters.get("lastChanged", {}).get("value"):
            people = [person for person in people if person.updated > instant(since)]
        view, asked = self._view(call), self._allowed(self._asked(names))
        # with that filter each row has this field though nobody asked (recorded 2026)
        more = {"terminationDate": ""} if "lastChanged" in filters and "terminationDate" not in asked else {}
        rows = [{**self._row(p, asked, view), **more} for p in self.page(call, people, start=0, size=len(people))]
        kept = "must-revalidate, post-check=0,pre-check=0, no-cache, private"
        return Answer(
            body={"title": body.get("title", ""), "fields": columns(asked), "employees": self.shown(call, rows)},
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
        events = [(p.id, "Updated" if p.updated > p.created else "Inserted", p.updated) for p in self.people]
        events += [(number, "Deleted", at) for number, at in self.deleted.items()]
        found = [event for event in events if event[2] > since and ACTIONS[kind] in (None, event[1])]
        employees = {
            str(id): {"id": str(id), "action": action.lower() if self.guide else action, "lastChanged": at.isoformat()}
            for id, action, at in found
        }
        if self.guide:
            return self._classic(call, {"employees": employees}, "employees")
        latest = max((at for *_, at in found), default=since).isoformat()
        # An empty map leaves the vendor as an empty array, as it was recorded to do elsewhere.
        return self._classic(call, {"latest": latest, "employees": employees or []}, "employees")

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
                row.update({"teams": "[]"} if row.get("teams") else {})
                row.update({"rate": pay(person, view)} if "rate" in row else {})
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
        if (one is None and not everyone) or table not in (TITLES_IN_GUIDE if self.guide else TABLES):
            return self.error(404, "Employee or table not found")
        view, people = self._view(call), self.people if one is None else [one]
        rows = [row for person in people for row in self._rows(person, table, view)]
        if not self.guide:
            return self._classic(call, rows, "table")
        names = ("date", "employmentStatus") if table == "employmentStatus" else tuple(WRITTEN[table])
        rows = [{name: row[name] for name in ("id", *names)} for row in rows]
        body = {"title": TITLES_IN_GUIDE[table], "fields": [{"id": name} for name in names], "rows": rows}
        return self._classic(call, body, "table")

    def _rows(self, person: Person, table: str, view: View) -> list[Row]:
        if table == "compensation":
            seen = person.pay is not None and "payRate" not in self._hidden(person)
            return [{"id": str(900_000 + person.id), "employeeId": str(person.id), **pay_cells(person)}] if seen else []
        return [
            {
                "id": str(self._number(row)),
                "employeeId": str(person.id),
                **(status_cells(row) if isinstance(row, StatusRow) else job_cells(row, person, view)),
            }
            for row in rows_of(person, table)
        ]

    def _number(self, row: HistoryRow) -> int:
        """The id of a row, which the toolkit's has not; the row is kept, so that no other gets its id."""
        return self._numbers.setdefault(id(row), (len(self._numbers) + 1, row))[0]

    def _numbered(self, person: Person, table: str, number: str) -> HistoryRow | None:
        return next((row for row in rows_of(person, table) if str(self._number(row)) == number), None)

    @route("POST", "/employees/<id>/tables/<table>")
    def add_row(self, call: Call, id: str, table: str) -> Answer:
        """A new row: 200 (in the guide 201) and nothing more, not even its id. What it leaves out is blank."""
        person = self._found(id, table)
        body = self._body(call)
        needed = {"date", "employmentStatus"} if table == "employmentStatus" else {"date"}
        if "/v1_1/" in call.path and body.get("employmentStatus") == GONE:
            needed |= {"terminationTypeId", "terminationReasonId", "terminationRehireId"}
        unknown = body.keys() - {"date", "employmentStatus"} if self.guide else ()
        if wrong := sorted({name for name in needed if not body.get(name)}.union(unknown)):
            return self.error(400, f"Missing or unknown: {', '.join(wrong)}")
        cells = self._cells(table, body)
        if table == "employmentStatus":
            self._add(person, StatusRow(**cells))
        else:
            self._add(person, JobRow(**{**NO_JOB, **cells}))
        return Answer(status=201 if self.guide else 200, content_type=EMPTY)

    @route("POST", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def change_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Change some columns of a row: 200 and nothing more."""
        person = self._found(id, table)
        if (old := self._numbered(person, table, row)) is None:
            return self.error(404, "Row not found")
        for stored, value in self._cells(table, self._body(call)).items():
            setattr(old, stored, value)
        self._follow(person, old)
        return Answer(content_type=EMPTY)

    @route("DELETE", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def delete_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Take a row back. 200 also when there was none: the body tells."""
        person = self._found(id, table)
        if (old := self._numbered(person, table, row)) is None:
            return Answer(body={"success": False, "error": "Row not found"}, content_type=JSON)
        person.statuses = [kept for kept in person.statuses if kept is not old]
        person.jobs = [kept for kept in person.jobs if kept is not old]
        self._follow(person, old)
        return Answer(body={"success": True}, content_type=JSON)

    def _cells(self, table: str, body: Row) -> dict[str, Any]:
        """What a body says, by the attributes of a row; refuses the whole where one value is wrong."""
        columns = WRITTEN[table]
        try:
            return {str(columns[n].source): self._value(columns[n], v) for n, v in body.items() if n in columns}
        except ValueError as error:
            raise Refused(self.error(400 if self.guide else 406, str(error))) from error

    def _add(self, person: Person, row: HistoryRow) -> None:
        rows: list[Any] = person.statuses if isinstance(row, StatusRow) else person.jobs
        rows.append(row)
        self._follow(person, row)

    def _follow(self, person: Person, row: HistoryRow) -> None:
        follow = follow_statuses if isinstance(row, StatusRow) else follow_jobs
        follow(person, self.clock.today())
        self.touch(person)

    # -- writing employees --------------------------------------------------------------------------

    @route("POST", "/employees")
    def create(self, call: Call) -> Answer:
        """A new person, active and with little else: no hire date, no number, no status row."""
        body, person = self._body(call), self.newcomer()
        if not (body.get("firstName") and body.get("lastName")):
            return self.error(400, "First name and last name are required")
        self._write(person, body, hiring=True)
        person.updated = person.created
        self.people.append(person)
        path = f"{self.prefixes[0]}/employees/{person.id}"
        if self.guide:
            return Answer(status=201, headers={"Location": path}, content_type=EMPTY)
        return Answer(status=201, headers={"Location": self.origin + path}, body=self._echo(person), content_type=JSON)

    @route("POST", "/employees/<id>")
    def update(self, call: Call, id: str) -> Answer:
        """Only what is named changes. A field nobody knows is skipped; in the guide it refuses the whole."""
        person, body = self._found(id), self._body(call)
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
        asked = self._asked(("firstName", "lastName", "status", *names))
        return self._row(person, asked, View(self.people, self.clock.today()))

    def _body(self, call: Call) -> Row:
        body = call.json()
        if not isinstance(body, dict):
            raise ValueError("Malformed JSON")
        return body

    def _write(self, person: Person, body: Row, *, hiring: bool = False) -> None:
        """Write all fields of a body, or none and refuse."""
        writable = self.fields.keys() - READ_ONLY | ({"terminationDate"} if self.guide else set())
        if self.guide and (unknown := body.keys() - writable):
            raise Refused(self.error(400, f"Unknown or read-only: {', '.join(sorted(unknown))}"))
        email = str(body.get("workEmail") or "").lower()
        if email and not self.guide and any(p.email.lower() == email for p in self.people if p is not person):
            raise Refused(self.error(409, "Duplicate email"))
        fields = {name: self.fields[name] for name in body if name in writable}
        try:
            values = {name: self._value(field, body[name]) for name, field in fields.items()}
        except ValueError as error:
            raise Refused(self.error(400 if self.guide else 409, str(error))) from error
        for name, value in values.items():
            put(person, fields[name], value)
        # A row of history is dated today (inferred), or from the first day of who is only being hired.
        start = person.hired or self.clock.today()
        start = start if hiring else max(start, self.clock.today())
        if word := values.get("employmentHistoryStatus"):
            self._add(person, StatusRow(date=start, status=word))
        if job := {JOB[name]: value for name, value in values.items() if name in JOB}:
            same = {stored: getattr(person, stored) for stored in NO_JOB}
            self._add(person, JobRow(**{**same, **job, "date": start}))

    def _value(self, field: Field, raw: Any) -> Any:
        """What a field or column comes to hold; raises `ValueError` where the vendor would not take it."""
        if field.type == "currency":
            return money(raw)
        if field.type == "date":
            return date.fromisoformat(str(raw)) if raw or field.alias == "date" else None
        text = str(raw or "")
        if field.alias in ("reportsTo", "supervisor"):
            return self._named(text)
        if self.guide or not text or field.number not in self.options:
            return text
        words = {word.casefold(): word for word in self.options[field.number]}
        if text.casefold() not in words:
            raise ValueError(f"{field.label}: no such option")
        return words[text.casefold()]

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
            return self._classic(call, [{**row, "id": str(row["id"])} for row in rows], "fields")
        rows.append({"id": 4175, "name": "Accrual Level Start Date", "type": "date"})
        rows.append({"id": "19.1", "name": "Pay rate - Currency code", "type": "text", "alias": "payRate"})
        return self._classic(call, rows, "fields")

    @route("GET", "/meta/lists", dialects=OBSERVED)
    def meta_lists(self, call: Call) -> Answer:
        """What every list field may hold, archived options too; departments and locations are among them."""
        lists = [choice.row(self.options[choice.field]) for choice in CHOICES]
        if call.query.get("format", "").lower() == "json" or call.headers.get("Accept") == JSON:
            return Answer(body=lists, content_type=f"{JSON}; charset=UTF-8")
        return self._classic(call, lists, "lists")

    @route("GET", "/meta/tables", dialects=OBSERVED)
    def meta_tables(self, call: Call) -> Answer:
        """The tables and their columns."""
        tables = [{"alias": table, "fields": [column.meta for column in columns]} for table, columns in TABLES.items()]
        return self._classic(call, tables, "tables")

    @route("GET", "/meta/users", dialects=OBSERVED)
    def meta_users(self, call: Call) -> Answer:
        """Who may log in, by user id; here everyone with an address. Ids are numbers."""
        wanted = call.query.get("status", "enabled,disabled").split(",")
        rows = [user_row(person) for person in self.people if person.email]
        return self._classic(call, {str(row["id"]): row for row in rows if row["status"] in wanted}, "users")

    @route("GET", "/company_information", dialects=OBSERVED)
    def company(self, call: Call) -> Answer:
        """The company's name and address."""
        address = {"line1": "1 Sandbox Way", "line2": "", "city": "Arlington", "state": "VA", "zip": "22201"}
        names = {"legalName": "Acme, Inc.", "displayName": "Acme"}
        return Answer(body={**names, "address": address, "phone": "+1 555 0100"}, content_type=JSON)


def rows_of(person: Person, table: str) -> Sequence[HistoryRow]:
    """A person's rows of one of the two tables that hold history."""
    return person.statuses if table == "employmentStatus" else person.jobs


def put(person: Person, field: Field, value: Any) -> None:
    """Keep what was written where it belongs; a job or a status is a row, and not kept here."""
    if field.alias == "hireDate":
        person.first_hired = value if person.first_hired in (None, person.hired) else person.first_hired
        person.hired = value
    elif field.alias == "originalHireDate":
        person.first_hired = value
    elif field.alias == "payRate":
        person.pay, person.currency = value
    elif isinstance(field.source, str):
        setattr(person, field.source, value)
    elif field.alias not in (*JOB, "employmentHistoryStatus"):
        person.extra[field.alias] = value


def money(raw: Any) -> tuple[Decimal | None, str]:
    """An amount written as a number, or as `{"value", "currency"}`."""
    amount, currency = (raw.get("value"), raw.get("currency")) if isinstance(raw, dict) else (raw, None)
    try:
        return (Decimal(str(amount)) if amount else None), currency or "USD"
    except InvalidOperation as error:
        raise ValueError("not an amount") from error


def instant(text: str) -> datetime:
    """An instant with its zone; raises `ValueError` where that is missing, as after an unescaped plus."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date and time with a zone is needed")
    return moment.astimezone(UTC)


def columns(asked: Mapping[str, Field]) -> list[Row]:
    """How a report and the directory announce their fields."""
    return [{**field.column, "id": name} for name, field in asked.items()]


def wanted(people: Iterable[Person], query: Mapping[str, str], view: View) -> list[Person]:
    """The people whom the paged list's filters leave."""
    given = MultiDict(query)
    ids = ",".join([*given.getlist("filter[ids]"), *given.getlist("filter[ids][]")])
    found = [person for person in people if not ids or str(person.id) in ids.split(",")]
    if state := query.get("filter[status]"):
        if state not in ("active", "inactive"):
            raise refused("BadRequest", "filter[status] must be active or inactive.")
        found = [person for person in found if status(person).lower() == state]
    for name in ("firstName", "lastName", "jobTitleName"):
        if part := query.get(f"filter[{name}]", "").lower():
            found = [person for person in found if part in (LISTED[name].read(person, view) or "").lower()]
    return found


def in_order(people: list[Person], sort: str, view: View) -> list[Person]:
    """The people of the paged list by the names in `sort`, each downwards where it begins with a minus."""
    for named in reversed(sort.split(",") if sort else []):
        name = named.removeprefix("-")
        if name not in ("employeeId", *ALWAYS_LISTED) or name == "photoUrl":
            raise refused("BadRequest", f"Cannot sort by {name}.")
        people = sorted(people, key=partial(sort_key, name, view), reverse=named != name)
    return people


def sort_key(name: str, view: View, person: Person) -> int | str:
    """What the paged list is sorted by: ids are numbers, all else is text in any case."""
    return person.id if name == "employeeId" else (LISTED[name].read(person, view) or "").lower()


def refused(code: str, message: str) -> Refused:
    """How the paged list, unlike its elders, says what is wrong (official description)."""
    return Refused(Answer(status=400, body={"error": {"code": code, "message": message}}, content_type=JSON))


def link(query: Mapping[str, str]) -> dict[str, str]:
    """A link of the paged list: it names the company's own host, whatever was called (recorded 2026)."""
    return {"href": f"https://acme.bamboohr.com/api/v1/employees?{urlencode(list(query.items()))}"}
