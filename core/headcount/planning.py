"""Making a plan: read what it needs, check what can be checked before anything is sent, and ask the connector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from headcount.changes import Change, Hire, Rehire, Terminate, Update
from headcount.connector import Resource
from headcount.errors import ConfigError, Conflict, NotFound, RecordError, Rejected, Unsupported
from headcount.facts import Facts, differences, facts_of, same, scope_of
from headcount.listing import Listing
from headcount.model import EMPTY, Employee, EmployeeStatus, NullReason, Raw
from headcount.plan import Plan, Step
from headcount.privacy import is_never_read
from headcount.reader import wanted_fields
from headcount.verbs import Ground, Verb, check_writable

if TYPE_CHECKING:
    from headcount.connection import Connection

EMAILS = ("work_email", "personal_email")
NAMES = ("given_name", "family_name")
HERE = frozenset({EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED, EmployeeStatus.PENDING})


def plan_of(connection: Connection, change: Change, now: datetime | None = None) -> Plan:
    """The plan of a change, as `Connection.plan` says."""
    now = now or datetime.now(UTC)
    connection.forget()
    verb = verb_of(connection, change)
    fields: Facts = getattr(change, "fields", EMPTY)
    _check(connection, change, verb, fields)
    with _known_shapes(connection):
        ground = _ground(connection, change, verb, now)
    _check_against(connection, change, fields, ground)
    planned = change
    if isinstance(change, Update | Rehire):
        planned = attrs.evolve(change, fields=_changed(fields, ground))
    nothing = isinstance(planned, Update) and not planned.fields
    try:
        with _known_shapes(connection):
            steps = () if nothing else tuple(_needed(verb.plan(planned, ground), ground.facts))
    except (Rejected, Unsupported) as error:
        name = connection.connector.name
        error.args = (str(error) if str(error).startswith(f"{name}:") else f"{name}: {error}",)
        raise
    if steps and isinstance(change, Rehire) and ground.employee is not None:
        _check_left(ground.employee, change, ground.today)
    return Plan(
        vendor=connection.connector.name,
        address=connection.http.base_url,
        change=change,
        name=None if ground.employee is None else ground.employee.display_name,
        steps=steps,
        warnings=tuple(ground.warnings) if steps else (),
        made_at=now.astimezone(UTC),
    )


@contextmanager
def _known_shapes(connection: Connection) -> Iterator[None]:
    """An answer of a shape that the connector does not know is an error that says so, and no traceback."""
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{connection.connector.name}: the server answered in a shape that the connector does not know "
            f"({type(error).__name__}). Report this to the connector's author"
        ) from error


def verb_of(connection: Connection, change: Change) -> Verb:
    """How this vendor makes such a change. Raises `Unsupported` that says what it can."""
    connector = connection.connector
    verb = connector.plans.get(type(change))
    if verb is None:
        why = connector.cannot.get(type(change), "it has no such thing")
        can = ", ".join(kind.verb for kind in connector.plans) or "only be read"
        raise Unsupported(f"{connector.name} cannot {change.words}: {why}. It can: {can}")
    return verb


def facts(connection: Connection, verb: Verb, id: str) -> Facts:
    """What the vendor shows now of an employee; `{"there": False}` where there is none."""
    with _known_shapes(connection):
        return _look(connection, verb, id)[2]


def newcomer(connection: Connection, fields: Facts) -> Employee | None:
    """Whoever a hire would make or has made, found by e-mail, and by names where it has none.

    Raises `Conflict` where that cannot be told: the e-mail belongs to somebody of another name, more than one has
    it, or records could not be read and one of them may be the one.
    """
    emails = [fields[name] for name in EMAILS if fields.get(name)]
    listing = _sought(connection, fields)
    found = [one for one in listing if (_has_one_of(one, emails) if emails else _same_names(one, fields))]
    vendor = connection.connector.name
    if len(found) > 1:
        raise Conflict(f"{vendor}: {len(found)} people have this e-mail, or this name: {_ids(found)}")
    report = listing.report
    if not found and report.rejected:
        raise Conflict(f"{vendor}: {report.rejected} records cannot be read, and one of them may be the one")
    if not found and not report.complete and (report.total, report.counted) != (None, None):
        raise Conflict(f"{vendor}: who is not found may be there all the same: {report.why}")
    if found and not _same_names(found[0], fields):
        raise Conflict(f"{vendor}: the e-mail belongs to employee {found[0].id}, whose name is another")
    return found[0] if found else None


def _sought(connection: Connection, fields: Facts) -> Listing[Employee]:
    """The people among whom somebody is looked for: everyone, or those that the vendor finds by e-mail and names."""
    resource = connection.connector.employees
    find = resource.find
    if find is not None:
        resource = attrs.evolve(resource, all=lambda http, ask: find(http, ask, fields), count=None)
    return _people(connection, resource)


def _people(connection: Connection, resource: Resource[Employee] | None = None) -> Listing[Employee]:
    """Everyone as the connector reads them: a company's own mapping is for who reads, and writes nothing."""
    resource = resource or connection.connector.employees
    return Listing(resource, connection.http, wanted_fields(Employee, connection.scopes), Employee)


def _has_one_of(employee: Employee, emails: Iterable[str]) -> bool:
    return any(same("email", email, getattr(employee, name)) for email in emails for name in EMAILS)


def _same_names(employee: Employee, fields: Facts) -> bool:
    return all(same(name, fields.get(name), getattr(employee, name)) for name in NAMES)


def _ids(found: Iterable[Employee]) -> str:
    return ", ".join(employee.id for employee in found)


def _look(connection: Connection, verb: Verb, id: str) -> tuple[Employee | None, Raw, Facts]:
    try:
        employee, raw = connection.looked_up(id)  # as the connector reads it: a company's own mapping writes nothing
    except NotFound:
        return None, EMPTY, {"there": False}
    if employee.id != id:
        raise Rejected(f"{connection.connector.name}: {id} is no id but a name for employee {employee.id}: say which")
    return employee, raw, {**facts_of(employee), **verb.facts(connection.http, id, raw)}


def _ground(connection: Connection, change: Change, verb: Verb, now: datetime) -> Ground:
    employee: Employee | None = None
    raw: Raw = EMPTY
    seen: Facts = {"there": False}
    id = change.whom
    if id is not None:
        employee, raw, seen = _look(connection, verb, id)
        if employee is None:
            raise NotFound(f"{connection.connector.name}: there is no employee {id}. {NotFound.advice}", status=404)
    return Ground(
        http=connection.http,
        scim=connection.scim,
        today=now.astimezone(UTC).date(),
        known=connection.known(),
        employee=employee,
        raw=raw,
        facts=seen,
        everyone=cache(lambda: tuple(_people(connection))),
        find=cache(lambda one: connection.looked_up(one)[0]),
        groups=cache(lambda: tuple(connection.groups())),
    )


def _check(connection: Connection, change: Change, verb: Verb, fields: Facts) -> None:
    """What can be told from the change alone."""
    vendor = connection.connector.name
    check_writable(vendor, change, connection.connector.writable)
    if isinstance(change, Update | Rehire) and "group_ids" in fields:
        raise Rejected("groups are changed by join and leave, one at a time")
    if isinstance(change, Rehire) and "start_date" in fields:
        raise Rejected("a rehire starts on the day that it is `on`: leave start_date out")
    unread = sorted({scope_of(name) for name in fields} - connection.scopes)
    if unread:
        raise ConfigError(
            f"{vendor}: what is written is read back, and this connection does not read {', '.join(unread)} fields: "
            f"connect with these scopes too"
        )
    missing = [name for name in verb.required if isinstance(change, Hire) and fields.get(name) in (None, "")]
    if missing:
        raise Rejected(
            f"{vendor}: a hire needs {', '.join(missing)}", problems=[f"{name} is required" for name in missing]
        )


def _check_against(connection: Connection, change: Change, fields: Facts, ground: Ground) -> None:
    """What can be told from the change and from who is there."""
    vendor = connection.connector.name
    if isinstance(change, Hire):
        found = newcomer(connection, fields)
        if found is not None:
            raise Conflict(
                f"{vendor}: this person is there already: employee {found.id}, {found.status.value}. "
                "Update or rehire that one"
            )
    absent = {} if ground.employee is None else ground.employee.absent
    hidden = [name for name in fields if absent.get(name) is NullReason.NOT_PERMITTED]
    if hidden:
        ground.warn(
            f"The record does not show {', '.join(hidden)} to this credential: if that stays so, it is not proved."
        )
    if isinstance(change, Terminate) and ground.employee is not None:
        start = ground.employee.start_date
        if start is not None and change.on < start:
            raise Rejected(f"{vendor}: an employment that begins on {start} cannot end on {change.on}")
    _check_custom(connection, fields, ground)
    if fields.get("manager_id") is not None:
        _check_manager(vendor, fields["manager_id"], change.whom, ground)


def _check_custom(connection: Connection, fields: Facts, ground: Ground) -> None:
    """A custom field is one that the company has: under any other key stands what verbs and policies watch over."""
    connector = connection.connector
    asked = {name.partition(".")[2] for name in fields if name.startswith("custom_fields.")}
    asked -= {name.partition(".")[2] for name in connector.writable}
    told = connector.employees.custom(ground.known)
    have = (
        {name.partition(".")[2] for name in ground.facts if name.startswith("custom_fields.")} if told is None else told
    )
    wrong = sorted(key for key in asked if key not in have or is_never_read(key))
    if wrong:
        raise Rejected(
            f"{connector.name}: there is no custom field {', '.join(wrong)}; there are {', '.join(have) or 'none'}"
        )


def _check_manager(vendor: str, manager: str, id: str | None, ground: Ground) -> None:
    """A manager must be there, and must not report to the employee, however far up."""
    seen: dict[str, None] = {}
    above: str | None = manager
    while above is not None and above not in seen:
        if above == id:
            way = " > ".join([*seen, above]) if seen else above
            raise Rejected(f"{vendor}: manager_id would close a circle: {id} is above {manager} ({way})")
        seen[above] = None
        try:
            above = _manager_of(above, ground)
        except NotFound:
            if above == manager:
                raise Rejected(f"{vendor}: manager_id: there is no employee {manager}") from None
            return  # a dangling reference further up is the vendor's, and closes no circle


def _manager_of(id: str, ground: Ground) -> str | None:
    """A record may name the manager in a way that only a look at everyone resolves."""
    employee = ground.find(id)
    if employee.absent.get("manager_id") is NullReason.UNREADABLE:
        return next((one.manager_id for one in ground.everyone() if one.id == id), None)
    return employee.manager_id


def _check_left(employee: Employee, change: Rehire, today: date) -> None:
    left, start = employee.termination_date, employee.start_date
    gone = left is not None and left <= today and not (start is not None and left < start)
    if employee.status.value in HERE and not gone:
        raise Rejected(
            f"employee {employee.id} is {employee.status.value}, and so cannot be rehired"
            + (f": they leave on {left}; take that back, or wait for it" if left and left > today else "")
        )
    if employee.termination_date is not None and change.on < employee.termination_date:
        raise Rejected(f"employee {employee.id} leaves on {employee.termination_date}, after {change.on}")


def _changed(fields: Facts, ground: Ground) -> Facts:
    """Only what is not so already: what need not be sent can harm nothing. What cannot be read may be anything."""
    untold = {} if ground.employee is None else ground.employee.absent
    changed = {
        name: value
        for name, value in fields.items()
        if untold.get(name) is NullReason.UNREADABLE or not _as_written(name, value, ground.facts.get(name))
    }
    # two of ours that a vendor may keep in one word: who asks for both means both
    together = {name for name in ("worker_type", "time_type") if name in fields}
    return changed | ({name: fields[name] for name in together} if together & changed.keys() else {})


def _as_written(name: str, value: Any, now: Any) -> bool:
    """To the letter: a proof forgives how a vendor writes a phone number, and a person who corrects one means it."""
    if name.endswith("phone") and isinstance(value, str) and isinstance(now, str):
        return value.strip() == now.strip()
    return same(name, value, now)


def _needed(steps: Iterable[Step], seen: Facts) -> Iterator[Step]:
    """The steps that change something, each with what its facts are now."""
    for step in steps:
        if not step.expect or differences(step.expect, seen):
            yield _grounded(step, seen)


def _grounded(step: Step, seen: Facts) -> Step:
    before = {name: seen.get(name) for name in step.expect}
    return attrs.evolve(step, before=before, otherwise=tuple(_grounded(other, seen) for other in step.otherwise))
