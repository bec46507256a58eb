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
| Webhooks | by API, and on its pages | on its pages: a test calls `webhooks.add` |

The present state of a `Person` follows from their table rows as the clock passes the rows' dates.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

import attrs
from werkzeug.datastructures import Authorization

from headcount.sandbox import (
    GUIDE,
    OBSERVED,
    Answer,
    Call,
    Fault,
    Happened,
    Hook,
    JobRow,
    Person,
    Refused,
    Sandbox,
    Shown,
    StatusRow,
    route,
    unauthenticated,
)
from headcount_bamboohr import paged, shapes
from headcount_bamboohr.history import GONE, HistoryRow, View, catch_up, follow, rows_of
from headcount_bamboohr.shapes import Field, Row

JSON = "application/json"
EVENTS = tuple(f"employee.{kind}" for kind in ("created", "updated", "deleted"))
FIELD_EVENTS = tuple(event.replace(".", "_with_fields.") for event in EVENTS)
OTHER_EVENTS = ("company.updated", "company.deleted", "company-integrations.updated")
EMPTY = "text/html; charset=UTF-8"


class BambooSandbox(Sandbox):
    """BambooHR, for the company `acme`: any other company is not found.

    Beside what every sandbox has: `options`, what each list field may hold, by the field's number (a test may
    add to it), `own`, the fields that this company added or named anew, by alias (a test may set them), and
    `deleted`, when each removed person went. `webhooks` is what it has to tell; form-encoded messages are sent as JSON.
    """

    name = "bamboohr"
    dialects: ClassVar[tuple[str, ...]] = GUIDE + OBSERVED
    lists = r"/reports/custom$|/employees$|/employees/(directory|changed)$"
    paged: ClassVar[tuple[str, ...]] = ()
    one_by_one = GUIDE
    grants_in = GUIDE + OBSERVED
    prefixes = ("/api/gateway.php/acme/v1", "/api/gateway.php/acme/v1_1", "/api/v1", "/api/v1_1")
    """The gateway, and as on the company's own host; the guide knows the first only."""
    webhook_forms = ({"events": EVENTS}, {"events": FIELD_EVENTS})
    oauth_paths: ClassVar[Mapping[str, tuple[str, ...]]] = {"guide": ("",), "observed": ("",)}
    restricted_fields = frozenset("homeEmail homePhone dateOfBirth gender maritalStatus ethnicity ssn payRate".split())

    def prepare(self) -> None:
        """Number the options; those that people bear are among them."""
        self.grants.life, self.grants.offline = 3600, "offline_access"
        self.deleted: dict[int, datetime] = {}
        self.own: dict[str, Field] = {}
        self.options: dict[int, dict[str, int]] = {choice.field: {} for choice in shapes.CHOICES}
        self._numbers: dict[int, tuple[int, HistoryRow]] = {}
        self._today = self.clock.today()
        for choice in shapes.CHOICES:
            used = {getattr(person, choice.stored) for person in self.people} if choice.stored else set[str]()
            for word in (*choice.words, *sorted(used - {""})):
                self.option(choice.field, word)

    def option(self, field: int, word: str) -> int:
        """The id of a word in a list, which keeps it for good; a new word gets the next."""
        return self.options[field].setdefault(word, 18_001 + sum(map(len, self.options.values())))

    def truth(self, person: Person) -> dict[str, Any]:
        """What takes effect on a day to come is not shown before it, but for the day on which somebody starts."""
        found, today = super().truth(person), self.clock.today()
        if person.hired and person.hired > today:
            found.pop("manager_id", None)
            del found["job_title"]
        if person.left and person.left > today:
            del found["termination_date"]
        if person.first_hired == person.hired:  # it is told of who was taken on again
            found["original_hire_date"] = None
        return found

    def new_hire(self) -> dict[str, Any]:
        """Who has a title and a kind of contract takes three requests."""
        return {**super().new_hire(), "job_title": "Engineer", "time_type": "full_time"}

    # -- the vendor's face --------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The gateway's address of this company."""
        return self.origin + self.prefixes[0]

    @property
    def settings(self) -> dict[str, Any]:
        """Company, key and address."""
        return {"company": "acme", "api_key": self.key, "base_url": self.base_url}

    def authorized(self, call: Call) -> bool:
        """The key is the user of HTTP basic authentication; any password will do."""
        if self.grants.lives(call.headers):
            return True
        sent = Authorization.from_header(call.headers.get("Authorization", ""))
        return sent is not None and sent.type == "basic" and sent.username == self.key

    @unauthenticated
    @route("GET", "/authorize.php", at="oauth_paths")
    def authorize(self, call: Call) -> Answer:
        return self.grants.authorize(call) if call.query.get("request") == "authorize" else self.error(404)

    @unauthenticated
    @route("POST", "/token.php", at="oauth_paths")
    def token(self, call: Call) -> Answer:
        """An hour; whether a renewal ends the old refresh token nobody has seen: a test may set `grants.rotates`."""
        return self.grants.token(call) if call.query.get("request") == "token" else self.error(404)

    def error(self, status: int, message: str = "") -> Answer:
        """Nothing in the body; the reason twice in each of two headers, one of them misspelt (recorded)."""
        reason = (message or HTTPStatus(status).phrase).encode("ascii", "replace").decode()
        said = f"{reason}, {reason}"
        headers = {"X-BambooHR-Error-Message": said, "X-BambooHR-Error-Messsage": said}
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
        """Be up to date before anything is answered; a wrong address gets no further."""
        granting = call.path in ("/authorize.php", "/token.php")
        if self.guide and not granting and not call.path.startswith(self.prefixes[0] + "/"):
            raise Refused(self.error(404))
        self.catch_up()

    def catch_up(self) -> None:
        """Let the rows take effect whose day has come since the last request."""
        before, self._today = self._today, self.clock.today()
        for person in self.people if self._today > before else ():
            if came := catch_up(person, before, self._today):
                person.updated = max(person.updated, datetime.combine(came, time(), UTC))

    def _found(self, id: str, table: str = "jobInfo") -> Person:
        """The person, who must be there and visible (else 403), as must the table to write to."""
        if (person := self.person(id)) is None or table not in shapes.WRITTEN:
            raise Refused(self.error(404, "Employee not found" if person is None else "Table not found"))
        if not self.sees(person):
            raise Refused(self.error(403))
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
        return shapes.IN_GUIDE if self.guide else {**shapes.FIELDS, **self.own}

    def _hidden(self, person: Person) -> frozenset[str]:
        return self.restricted_fields if self.restricts(person) else frozenset()

    @property
    def _dropped(self) -> frozenset[str]:
        """What a trimmed permission takes from everyone."""
        return self.restricted_fields if self.restricting else frozenset()

    def _row(self, person: Person, asked: Mapping[str, Field], view: View) -> Row:
        hidden, row = self._hidden(person), dict[str, Any](id=str(person.id))
        for name, field in asked.items():
            value = None if field.alias in hidden else field.read(person, view)
            row[name] = field.blank if value is None and not self.guide else value
        return row

    @route("GET", "/employees/directory")
    def directory(self, call: Call) -> Answer:
        """Whoever is active and here today."""
        columns = shapes.DIRECTORY_IN_GUIDE if self.guide else shapes.DIRECTORY
        view, asked = self._view(call), shapes.asked(columns, columns, self._dropped)
        here = [person for person in self.visible(call) if view.here(person)]
        if not (here or self.guide):
            return self.error(404, "The directory is empty")
        rows = [self._row(person, asked, view) for person in self.page(call, here, start=0, size=len(here))]
        return self._classic(call, {"fields": shapes.columns(asked), "employees": self.shown(call, rows)}, "directory")

    @route("GET", "/employees/<id>")
    def employee(self, call: Call, id: str) -> Answer:
        """One person, with the fields asked for; without `fields` there is next to nothing."""
        person = self._found(id)
        names = call.query.get("fields", "firstName,lastName" if self.guide else "").split(",")
        if len(names) > 400:
            return self.error(400, "Too many fields")
        asked = shapes.asked(self.fields, names, self._hidden(person))
        return self._classic(call, self._row(person, asked, self._view(call)), "employee")

    @route("GET", "/employees", dialects=OBSERVED)
    def employees(self, call: Call) -> Answer:
        """Everyone, page by page; the cursor names the first of the next page."""
        limit, view = call.number("page[limit]", 250), self._view(call)
        if not 1 <= limit <= 2500:
            raise paged.refused("BadRequest", "page[limit] must be between 1 and 2500.")
        found = paged.found(self.visible(call), call.query, view)
        ids = [person.id for person in found]
        start, again = paged.opened(call.query.get("page[after]"), ids)
        # the cursor after an empty page says so: the page that it asks for is not empty for ever
        chosen = self.page(call, found, start=start, size=limit) or (found[start : start + limit] if again else [])
        stop = ids.index(chosen[-1].id) + 1 if chosen else start
        ahead = paged.cursor(ids[stop], again=not chosen) if stop < len(ids) else None
        names = call.query.get("fields", "").split(",")
        rows = self.shown(call, [paged.row(p, names, self._hidden(p), view, self.option) for p in chosen])
        data = [{"employeeId": str(person.id), **row} for person, row in zip(chosen, rows, strict=True)]
        page = {"limit": limit, "nextCursor": ahead, "prevCursor": None}
        meta = {"total": self.total(call, found), "page": page}
        return Answer(body={"data": data, "meta": meta, "_links": paged.links(call.query, ahead)}, content_type=JSON)

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
        people = self.visible(call)
        if ids := set(map(str, filters.get("employeeIds", ()))):
            people = [person for person in people if str(person.id) in ids]
        if since := filters.get("lastChanged", {}).get("value"):
            people = [person for person in people if person.updated > instant(since)]
        view, asked = self._view(call), shapes.asked(self.fields, names, self._dropped)
        # with that filter each row has this field though nobody asked (recorded 2026)
        more = {"terminationDate": ""} if "lastChanged" in filters and "terminationDate" not in asked else {}
        rows = [{**self._row(p, asked, view), **more} for p in self.page(call, people, start=0, size=len(people))]
        kept = "must-revalidate, post-check=0,pre-check=0, no-cache, private"
        return Answer(
            body={"title": body.get("title", ""), "fields": shapes.columns(asked), "employees": self.shown(call, rows)},
            content_type=JSON,
            headers={"Expires": "0", "Cache-Control": kept, "Pragma": "public"},
        )

    @route("GET", "/employees/changed")
    def changed(self, call: Call) -> Answer:
        """Who changed after `since`, each with the last thing that happened to them."""
        since, kind = instant(call.query.get("since", "")), call.query.get("type", "").lower()
        if kind not in ("inserted", "updated", "deleted", *(() if self.guide else ("", "all"))):
            return self.error(400, "Invalid type")
        events = [(p.id, "updated" if p.updated > p.created else "inserted", p.updated) for p in self.visible(call)]
        events += [(number, "deleted", at) for number, at in self.deleted.items()]
        found = [event for event in events if event[2] > since and kind in ("", "all", event[1])]
        employees = {
            str(id): {"id": str(id), "action": action if self.guide else action.title(), "lastChanged": at.isoformat()}
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
        if table not in shapes.TABLES:
            return self.error(404, "Table not found")
        since, view, employees = instant(call.query.get("since", "")), self._view(call), dict[str, Row]()
        for person in self.visible(call):
            rows = self._rows(person, table, view) if person.updated > since else []
            for row in rows:
                del row["id"], row["employeeId"]
                row.update({"teams": "[]"} if row.get("teams") else {})
                row.update({"rate": shapes.pay(person, view)} if "rate" in row else {})
            if rows:
                changed = person.updated.isoformat().replace("+00:00", "Z")
                employees[str(person.id)] = {"lastChanged": changed, "rows": rows}
        return self._classic(call, {"table": table, "employees": employees}, "employees")

    # -- tables -------------------------------------------------------------------------------------

    @route("GET", "/employees/<id>/tables/<table>")
    def table(self, call: Call, id: str, table: str) -> Answer:
        """The rows of one person, or of `all`; what is to come is among them."""
        if table not in (shapes.TITLES_IN_GUIDE if self.guide else shapes.TABLES):
            return self.error(404, "Table not found")
        everyone = id == "all" and not self.guide
        view, people = self._view(call), self.visible(call) if everyone else [self._found(id)]
        rows = [row for person in people for row in self._rows(person, table, view)]
        if not self.guide:
            return self._classic(call, rows, "table")
        names = ("date", "employmentStatus") if table == "employmentStatus" else tuple(shapes.WRITTEN[table])
        rows = [{name: row[name] for name in ("id", *names)} for row in rows]
        body = {"title": shapes.TITLES_IN_GUIDE[table], "fields": [{"id": name} for name in names], "rows": rows}
        return self._classic(call, body, "table")

    def _rows(self, person: Person, table: str, view: View) -> list[Row]:
        if table == "compensation":
            seen = person.pay is not None and "payRate" not in self._hidden(person)
            rows = [(900_000 + person.id, shapes.pay_cells(person))] if seen else []
        else:
            rows = [(self._number(row), shapes.cells(row, person, view)) for row in rows_of(person, table)]
        return [{"id": str(number), "employeeId": str(person.id), **cells} for number, cells in rows]

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
        row = StatusRow(**cells) if table == "employmentStatus" else JobRow(**{**shapes.NO_JOB, **cells})
        self._add(person, table, row)
        return Answer(status=201 if self.guide else 200, content_type=EMPTY)

    @route("POST", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def change_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Change some columns of a row: 200 and nothing more."""
        person = self._found(id, table)
        if (old := self._numbered(person, table, row)) is None:
            return self.error(404, "Row not found")
        for stored, value in self._cells(table, self._body(call)).items():
            setattr(old, stored, value)
        self._follow(person, table)
        return Answer(content_type=EMPTY)

    @route("DELETE", "/employees/<id>/tables/<table>/<row>", dialects=OBSERVED)
    def delete_row(self, call: Call, id: str, table: str, row: str) -> Answer:
        """Take a row back. 200 also when there was none: the body tells."""
        person = self._found(id, table)
        if (old := self._numbered(person, table, row)) is None:
            return Answer(body={"success": False, "error": "Row not found"}, content_type=JSON)
        rows = rows_of(person, table)
        rows[:] = [one for one in rows if one is not old]  # another may say the same
        self._follow(person, table)
        return Answer(body={"success": True}, content_type=JSON)

    def _cells(self, table: str, body: Row) -> Row:
        """What a body says, by the attributes of a row."""
        columns = shapes.WRITTEN[table]
        return {str(columns[name].source): value for name, value in self._taken(columns, body, 406).items()}

    def _taken(self, fields: Mapping[str, Field], body: Row, status: int) -> Row:
        """What a body says of these fields, by their names; refuses the whole where one value is wrong."""
        options, people = {} if self.guide else self.options, self.visible()
        try:
            return {n: shapes.taken(fields[n], raw, people, options) for n, raw in body.items() if n in fields}
        except (ValueError, ArithmeticError) as error:
            raise Refused(self.error(400 if self.guide else status, str(error))) from error

    def _add(self, person: Person, table: str, row: HistoryRow) -> None:
        rows_of(person, table).append(row)
        self._follow(person, table)

    def _follow(self, person: Person, table: str) -> None:
        follow(person, table, self.clock.today())
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
        asked = shapes.asked(self.fields, ("firstName", "lastName", "status", *names), ())
        return self._row(person, asked, View(self.people, self.clock.today()))

    def _body(self, call: Call) -> Row:
        body = call.json()
        if not isinstance(body, dict):
            raise ValueError("Malformed JSON")
        return body

    def _write(self, person: Person, body: Row, *, hiring: bool = False) -> None:
        """Write all fields of a body, or none and refuse."""
        writable = self.fields.keys() - shapes.READ_ONLY | ({"terminationDate"} if self.guide else set())
        if self.guide and (unknown := body.keys() - writable):
            raise Refused(self.error(400, f"Unknown or read-only: {', '.join(sorted(unknown))}"))
        email = str(body.get("workEmail") or "").lower()
        if email and not self.guide and any(p.email.lower() == email for p in self.people if p is not person):
            raise Refused(self.error(409, "Duplicate email"))
        values = self._taken({name: self.fields[name] for name in writable}, body, 409)
        for name, value in values.items():
            self.fields[name].put(person, value)
        # A row of history is dated today (inferred), or from the first day of who is only being hired.
        start = person.hired or self.clock.today()
        start = start if hiring else max(start, self.clock.today())
        if word := values.get("employmentHistoryStatus"):
            self._add(person, "employmentStatus", StatusRow(date=start, status=word))
        if job := {shapes.JOB[name]: value for name, value in values.items() if name in shapes.JOB}:
            same = {stored: getattr(person, stored) for stored in shapes.NO_JOB}
            self._add(person, "jobInfo", JobRow(**{**same, **job, "date": start}))

    # -- webhooks -----------------------------------------------------------------------------------

    def monitored(self, hook: Hook) -> Shown:
        """What a webhook monitors of everybody as of today: what is entered for a day to come fires on that day. One
        that does not say what monitors all that can be."""
        self.catch_up()
        view = View(self.people, self.clock.today())
        every = [field.alias for field in self._numbered_fields()]
        asked = shapes.asked(self.fields, hook.about.get("monitorFields", every) or (), ())
        if "reportsTo" in asked:  # whose manager has another name has no other manager
            asked["reportsTo"] = shapes.FIELDS["supervisorEId"]
        return {str(person.id): {name: f.read(person, view) for name, f in asked.items()} for person in self.people}

    def worded(self, hook: Hook, happened: Happened) -> tuple[bytes, Mapping[str, str]] | None:
        """A message: of an event as documented, or of fields as recorded in 2022, with what was added since."""
        events, kind = hook.about.get("events") or FIELD_EVENTS, happened.kind
        at = f"{happened.at:%Y-%m-%dT%H:%M:%S}+0000"
        if f"employee.{kind}" in events:
            data: Row = {"companyId": "12345", "employeeId": happened.id}
            data |= {"changedFields": [*happened.fields]} if kind == "updated" else {}
            body: Row = {"type": f"employee.{kind}", "timestamp": at, "data": data}
        elif f"employee_with_fields.{kind}" in events:
            person, view = self.person(happened.id), View(self.people, self.clock.today())
            post = hook.about.get("postFields") or {}
            asked = {} if person is None else shapes.asked(self.fields, post, self._hidden(person))
            labels = [self.fields[name].label for name in happened.fields]
            told = {post[name]: {"value": field.read(person, view)} for name, field in asked.items() if person}
            one = {"id": happened.id, "action": kind.title(), "timestamp": at, "changedFields": labels, "fields": told}
            body = {"employees": [one]}
        else:
            return None
        sent = json.dumps(body).encode()
        return sent, self.signed(hook, sent, happened.at)

    def signed(self, hook: Hook, body: bytes, at: datetime) -> dict[str, str]:
        """The headers of a message. A retry bears the same ones: whether it is signed anew nobody has seen."""
        timestamp = str(int(at.timestamp()))
        signature = hmac.new(hook.key.encode(), body + timestamp.encode(), "sha256").hexdigest()
        headers = {"Content-Type": JSON, "X-BambooHR-Timestamp": timestamp, "X-BambooHR-Signature": signature}
        return {**headers, "company-domain": "acme"} if hook.about.get("includeCompanyDomain") else headers

    @route("GET", "/webhooks", dialects=OBSERVED)
    def list_webhooks(self, call: Call) -> Answer:
        """The caller's own, in brief."""
        own = [hook for hook in self.webhooks.hooks.values() if hook.owner == self.key]
        keys = ("id", "name", "created", "lastSent", "url")
        return Answer(body={"webhooks": [{key: _told(hook)[key] for key in keys} for hook in own]}, content_type=JSON)

    @route("POST", "/webhooks", dialects=OBSERVED)
    def make_webhook(self, call: Call) -> Answer:
        """201, and the private key this once."""
        about = self._wanted_webhook(call)
        hook = self.webhooks.add(about.pop("url"), **about)
        hook.name, hook.owner = about["name"], self.key
        return Answer(status=201, body={**_told(hook), "privateKey": hook.key}, content_type=JSON)

    @route("GET", "/webhooks/<int:id>", dialects=OBSERVED)
    def webhook(self, call: Call, id: int) -> Answer:
        return Answer(body=_told(self._own_webhook(id)), content_type=JSON)

    @route("PUT", "/webhooks/<int:id>", dialects=OBSERVED)
    def replace_webhook(self, call: Call, id: int) -> Answer:
        """All of it, but for its key."""
        hook, about = self._own_webhook(id), self._wanted_webhook(call)
        hook.url, hook.name, hook.about = about.pop("url"), about["name"], about
        hook.seen = self.monitored(hook)
        return Answer(body=_told(hook), content_type=JSON)

    @route("DELETE", "/webhooks/<int:id>", dialects=OBSERVED)
    def delete_webhook(self, call: Call, id: int) -> Answer:
        del self.webhooks.hooks[self._own_webhook(id).id]
        return Answer(body="Web hook has been deleted.", content_type="text/plain; charset=UTF-8")

    @route("GET", "/webhooks/<int:id>/log", dialects=OBSERVED)
    def webhook_log(self, call: Call, id: int) -> Answer:
        """Of the last 14 days, 200 at most."""
        hook, since = self._own_webhook(id), self.clock.now() - timedelta(days=14)
        sent = [one for one in self.webhooks.sent if one.hook is hook and one.sent_at and one.sent_at > since]
        rows = [
            {
                "webhookId": hook.id,
                "url": hook.url,
                "lastAttempted": _moment(one.sent_at),
                "lastSuccess": _moment(one.sent_at) if one.status and one.status < 300 else None,
                "statusCode": str(one.status or 0),
                "format": hook.about.get("format", "json"),
                "employeeIds": [one.id],
            }
            for one in sent[-200:]
        ]
        return Answer(body=rows, content_type=JSON)

    @route("GET", "/webhooks/monitor_fields", dialects=OBSERVED)
    def monitor_fields(self, call: Call) -> Answer:
        """The fields that can be monitored. Which those are nobody has recorded: here, those with a number."""
        rows = [{"id": str(f.number), "name": f.label, "alias": f.alias} for f in self._numbered_fields()]
        return Answer(body={"fields": rows}, content_type=JSON)

    @route("GET", "/webhooks/post-fields", dialects=OBSERVED)
    def post_fields(self, call: Call) -> Answer:
        """The fields that a message may hold; the pages and tables that they stand in are not emulated."""
        rows = [{"id": f.number, "name": f.label, "alias": f.alias, "type": f.type} for f in self._numbered_fields()]
        return Answer(body={"fields": rows, "tables": [], "pages": []}, content_type=JSON)

    def _numbered_fields(self) -> list[Field]:
        return [field for field in self.fields.values() if field.number is not None and not field.deprecated]

    def _own_webhook(self, id: int) -> Hook:
        hook = self.webhooks.hooks.get(str(id))
        if hook is None:
            raise Refused(_webhook_error(404, [{"error": f"No webhook was found with ID: {id}."}]))
        if hook.owner != self.key:
            raise Refused(_webhook_error(403, {"error": f"You do not have access to webhook ID: {id}"}))
        return hook

    def _wanted_webhook(self, call: Call) -> Row:
        """What a body asks for. Beside https it may name this machine: that much a sandbox has to allow."""
        body = self._body(call)
        events = body.get("events") or list(FIELD_EVENTS)
        monitored, post = body.get("monitorFields") or [], body.get("postFields") or {}
        known = (*EVENTS, *FIELD_EVENTS, *OTHER_EVENTS)
        issues = [f"{name} is required" for name in ("name", "url", "format") if not body.get(name)]
        if not str(body.get("url")).startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            issues.append("url must begin with https://")
        if body.get("format") not in (None, "json", "form-encoded"):
            issues.append("format must be json or form-encoded")
        if unknown := [event for event in events if event not in known]:
            issues.append(f"unknown events: {', '.join(map(str, unknown))}")
        if set(events) & set(EVENTS) and set(events) & set(FIELD_EVENTS):
            issues.append("employee events and employee_with_fields events cannot be mixed")
        if not monitored and {EVENTS[1], FIELD_EVENTS[1]} & set(events):
            issues.append("monitorFields is required")
        if issues:
            raise Refused(_webhook_error(400, [{"error": "Invalid request body", "issues": issues}]))
        offered = {field.alias for field in self._numbered_fields()} - self._dropped
        if strange := [name for name in (*monitored, *post) if name not in offered]:
            fields = [{"id": None, "name": name} for name in strange]
            raise Refused(
                _webhook_error(403, [{"error": "Permission denied to the following fields", "unknownFields": fields}])
            )
        names = {"name": body["name"], "url": body["url"], "format": body["format"], "events": events}
        told = {"includeCompanyDomain": bool(body.get("includeCompanyDomain"))}
        return {**names, "monitorFields": monitored or None, "postFields": post, **told}

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
        lists = [choice.row(self.options[choice.field]) for choice in shapes.CHOICES]
        if call.query.get("format", "").lower() == "json" or call.headers.get("Accept") == JSON:
            return Answer(body=lists, content_type=f"{JSON}; charset=UTF-8")
        return self._classic(call, lists, "lists")

    @route("GET", "/meta/tables", dialects=OBSERVED)
    def meta_tables(self, call: Call) -> Answer:
        """The tables and their columns."""
        tables = [
            {"alias": table, "fields": [column.meta for column in columns]} for table, columns in shapes.TABLES.items()
        ]
        return self._classic(call, tables, "tables")

    @route("GET", "/meta/users", dialects=OBSERVED)
    def meta_users(self, call: Call) -> Answer:
        """Who may log in, by user id; here everyone with an address. Ids are numbers."""
        wanted = call.query.get("status", "enabled,disabled").split(",")
        rows = [shapes.user_row(person) for person in self.visible() if person.email]
        return self._classic(call, {str(row["id"]): row for row in rows if row["status"] in wanted}, "users")

    @route("GET", "/company_information", dialects=OBSERVED)
    def company(self, call: Call) -> Answer:
        """The company's name and address."""
        address = {"line1": "1 Sandbox Way", "line2": "", "city": "Arlington", "state": "VA", "zip": "22201"}
        names = {"legalName": "Acme, Inc.", "displayName": "Acme"}
        return Answer(body={**names, "address": address, "phone": "+1 555 0100"}, content_type=JSON)


def _told(hook: Hook) -> Row:
    """A webhook as it is shown to its owner, without the key."""
    times = {"created": _moment(hook.created), "lastSent": _moment(hook.last_sent)}
    return {"id": hook.id, **hook.about, "name": hook.name, **times, "url": hook.url}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _webhook_error(status: int, errors: Any) -> Answer:
    return Answer(status=status, body={"errors": errors}, content_type=JSON)


def instant(text: str) -> datetime:
    """An instant with its zone; raises `ValueError` where that is missing, as after an unescaped plus."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date and time with a zone is needed")
    return moment.astimezone(UTC)
