"""The normalized record: what every connector yields, in the words the field uses.

Everything not known is `None`, and `Employee.absent` says why. Nothing is guessed: a word nobody has mapped
is kept beside `UNKNOWN`, a full name is never split, a day is a `date` and an instant is a UTC `datetime`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar

import attrs

Raw = Mapping[str, Any]
"""A record as the vendor sent it."""

E = TypeVar("E", bound=enum.StrEnum)
EMPTY: Mapping[str, Any] = MappingProxyType({})


class Scope(enum.StrEnum):
    """The class of personal data that a field belongs to, and so what a reader must ask for to get it."""

    IDENTITY = "identity"
    WORK = "work"
    CONTACT = "contact"
    CUSTOM = "custom"
    DEMOGRAPHIC = "demographic"
    COMPENSATION = "compensation"


DEFAULT_SCOPES = frozenset({Scope.IDENTITY, Scope.WORK, Scope.CONTACT, Scope.CUSTOM})
"""What a connection reads unless it asks for more or less."""


class EmployeeStatus(enum.StrEnum):
    """What the vendor says of an employment. `INACTIVE` says no more than that: it is not `TERMINATED`."""

    PENDING = "pending"
    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    INACTIVE = "inactive"
    TERMINATED = "terminated"
    RETIRED = "retired"
    DECEASED = "deceased"
    UNKNOWN = "unknown"


class WorkerType(enum.StrEnum):
    """In what relation a person works for the company."""

    EMPLOYEE = "employee"
    CONTRACTOR = "contractor"
    CONTINGENT = "contingent"
    INTERN = "intern"
    APPRENTICE = "apprentice"
    VOLUNTEER = "volunteer"
    DIRECTOR = "director"
    OTHER = "other"
    UNKNOWN = "unknown"


class TimeType(enum.StrEnum):
    """How much of the working time a person works."""

    FULL_TIME = "full_time"
    PART_TIME = "part_time"
    PER_DIEM = "per_diem"
    UNKNOWN = "unknown"


class TerminationType(enum.StrEnum):
    """By whose will, or by what event, an employment ended."""

    VOLUNTARY = "voluntary"
    INVOLUNTARY = "involuntary"
    REDUNDANCY = "redundancy"
    END_OF_CONTRACT = "end_of_contract"
    RETIREMENT = "retirement"
    DEATH = "death"
    MUTUAL = "mutual"
    NO_SHOW = "no_show"
    OTHER = "other"
    UNKNOWN = "unknown"


class GroupType(enum.StrEnum):
    """What kind of group a group is."""

    COMPANY = "company"
    BUSINESS_UNIT = "business_unit"
    DIVISION = "division"
    DEPARTMENT = "department"
    TEAM = "team"
    COST_CENTER = "cost_center"
    LOCATION = "location"
    JOB_FAMILY = "job_family"
    CUSTOM = "custom"
    UNKNOWN = "unknown"


class PayPeriod(enum.StrEnum):
    """The time that an amount of pay is for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    HALF_MONTH = "half_month"
    MONTH = "month"
    TWO_MONTHS = "two_months"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    FIXED = "fixed"
    UNKNOWN = "unknown"


class NullReason(enum.StrEnum):
    """Why a field is `None`."""

    NOT_IN_VENDOR_MODEL = "not_in_vendor_model"
    NOT_REQUESTED = "not_requested"
    NOT_PERMITTED = "not_permitted"
    EMPTY_AT_SOURCE = "empty_at_source"
    REDACTED = "redacted"
    UNREADABLE = "unreadable"


class DeletionBasis(enum.StrEnum):
    """On what evidence a record is held to be deleted."""

    EXPLICIT_EVENT = "explicit_event"
    EXPLICIT_404 = "explicit_404"
    ABSENT_FROM_COMPLETE_SNAPSHOT = "absent_from_complete_snapshot"
    OUT_OF_SCOPE = "out_of_scope"
    MERGED = "merged"
    OPERATOR = "operator"


class Lifecycle(enum.StrEnum):
    """Where a person stands on a given day, from dates and status together."""

    PRE_START = "pre_start"
    EMPLOYED = "employed"
    ON_LEAVE = "on_leave"
    LEFT = "left"
    UNKNOWN = "unknown"


@attrs.frozen
class Coded(Generic[E]):
    """A value of ours beside the vendor's own word for it, so that nothing is lost and nothing guessed."""

    value: E
    source: str | None = None


class Codes(Generic[E]):
    """A vendor's words for one of our enums: `STATUS("Active")` is `Coded(EmployeeStatus.ACTIVE, "Active")`.

    Case and surrounding space do not matter. A word that the table lacks gives the enum's `UNKNOWN` and keeps
    the word. `silent` are words that say nothing of this matter.
    """

    def __init__(self, kind: type[E], words: Mapping[str, E], *, silent: Iterable[str] = ()) -> None:
        self._kind = kind
        self._silent = frozenset(word.casefold() for word in silent)
        self._words = {word.casefold(): value for word, value in words.items()}
        self._made: dict[str | None, Coded[E]] = {}

    def __call__(self, word: str | None) -> Coded[E]:
        coded = self._made.get(word)
        if coded is None:
            value = self._words.get((word or "").strip().casefold(), self._kind("unknown"))
            coded = self._made[word] = Coded(value, word)
        return coded

    def maybe(self, word: str | None) -> Coded[E] | None:
        """The same, with `None` where the vendor says nothing of it."""
        return None if word is None or word.strip().casefold() in self._silent else self(word)


@attrs.frozen(kw_only=True)
class Address:
    """A postal address. `country` and `region` are as the vendor writes them: a code or a name."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


@attrs.frozen(kw_only=True)
class CustomField:
    """One field that this company has added. `key` is frozen at the vendor; `label` may be renamed."""

    key: str
    label: str | None = None
    type: str | None = None
    value: Any = None


@attrs.frozen(kw_only=True)
class Demographics:
    """Who a person is beyond their work; read only when the `demographic` scope is asked for."""

    date_of_birth: date | None = None
    gender: str | None = None
    ethnicity: str | None = None
    marital_status: str | None = None
    home_address: Address | None = None


@attrs.frozen(kw_only=True)
class Compensation:
    """What a person is paid; read only when the `compensation` scope is asked for.

    `amount` is in units of `currency` (ISO 4217) for each `period`.
    """

    amount: Decimal | None = None
    currency: str | None = None
    period: Coded[PayPeriod] | None = None


def full_name(*parts: str | None) -> str | None:
    """The parts of a name that there are, in their order; `None` where there are none."""
    return " ".join(filter(None, parts)) or None


P = ParamSpec("P")
R = TypeVar("R")


def or_none(kind: Callable[P, R], *args: P.args, **fields: P.kwargs) -> R | None:
    """`kind(**fields)`, or `None` where every field is `None`: a record of nothing is no record."""
    for value in fields.values():
        if value is not None:
            return kind(*args, **fields)
    return None


_IDENTITY = {"scope": Scope.IDENTITY}
_WORK = {"scope": Scope.WORK}
_CONTACT = {"scope": Scope.CONTACT}
_CUSTOM = {"scope": Scope.CUSTOM}
_DEMOGRAPHIC = {"scope": Scope.DEMOGRAPHIC}
_COMPENSATION = {"scope": Scope.COMPENSATION}


@attrs.frozen(kw_only=True)
class Employment:
    """One stretch of an employment, from `start_date` to `end_date` (the last day; `None` = still open)."""

    id: str = attrs.field(metadata=_IDENTITY)
    employee_id: str = attrs.field(metadata=_IDENTITY)
    start_date: date | None = attrs.field(default=None, metadata=_WORK)
    end_date: date | None = attrs.field(default=None, metadata=_WORK)
    status: Coded[EmployeeStatus] | None = attrs.field(default=None, metadata=_WORK)
    worker_type: Coded[WorkerType] | None = attrs.field(default=None, metadata=_WORK)
    time_type: Coded[TimeType] | None = attrs.field(default=None, metadata=_WORK)
    job_title: str | None = attrs.field(default=None, metadata=_WORK)
    department: str | None = attrs.field(default=None, metadata=_WORK)
    division: str | None = attrs.field(default=None, metadata=_WORK)
    location: str | None = attrs.field(default=None, metadata=_WORK)
    manager_id: str | None = attrs.field(default=None, metadata=_WORK)
    compensation: Compensation | None = attrs.field(default=None, metadata=_COMPENSATION)
    is_primary: bool | None = attrs.field(default=None, metadata=_WORK)
    raw: Raw = attrs.field(default=EMPTY, repr=False, eq=False, metadata=_CUSTOM)


_GONE = frozenset({EmployeeStatus.TERMINATED, EmployeeStatus.RETIRED, EmployeeStatus.DECEASED})
_HERE = frozenset({EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED})


def lifecycle_of(status: EmployeeStatus, start: date | None, end: date | None, on: date) -> Lifecycle:
    """`Employee.lifecycle`, from what it rests on."""
    if start and end and end < start:
        end = None
    if end and (on > end or (on == end and status not in _HERE)):
        return Lifecycle.LEFT
    if (start and on < start) or status is EmployeeStatus.PENDING:
        return Lifecycle.PRE_START
    if status is EmployeeStatus.UNKNOWN:
        return Lifecycle.UNKNOWN
    if end is None and status not in _HERE:
        return Lifecycle.LEFT if status in _GONE else Lifecycle.UNKNOWN
    return Lifecycle.ON_LEAVE if status is EmployeeStatus.ON_LEAVE else Lifecycle.EMPLOYED


@attrs.frozen(kw_only=True)
class Employee:
    """A person who works, will work or has worked for the company, as the vendor tells it today.

    `group_ids` is `None` where the vendor does not tell the groups, `()` where there are none. `manager_ids`
    holds every manager the vendor names, `manager_id` the first; by itself it holds that one. `absent` gives the
    reason for each `None`, and for `custom_fields` where those that there are could not be told. `raw` is the vendor's
    record, less what was not asked for.
    """

    id: str = attrs.field(metadata=_IDENTITY)
    status: Coded[EmployeeStatus] = attrs.field(metadata=_WORK)
    given_name: str | None = attrs.field(default=None, metadata=_IDENTITY)
    middle_name: str | None = attrs.field(default=None, metadata=_IDENTITY)
    family_name: str | None = attrs.field(default=None, metadata=_IDENTITY)
    preferred_name: str | None = attrs.field(default=None, metadata=_IDENTITY)
    work_email: str | None = attrs.field(default=None, metadata=_IDENTITY)
    personal_email: str | None = attrs.field(default=None, metadata=_CONTACT)
    work_phone: str | None = attrs.field(default=None, metadata=_WORK)
    mobile_phone: str | None = attrs.field(default=None, metadata=_CONTACT)
    home_phone: str | None = attrs.field(default=None, metadata=_CONTACT)
    employee_number: str | None = attrs.field(default=None, metadata=_IDENTITY)
    job_title: str | None = attrs.field(default=None, metadata=_WORK)
    worker_type: Coded[WorkerType] | None = attrs.field(default=None, metadata=_WORK)
    time_type: Coded[TimeType] | None = attrs.field(default=None, metadata=_WORK)
    original_hire_date: date | None = attrs.field(default=None, metadata=_WORK)
    start_date: date | None = attrs.field(default=None, metadata=_WORK)
    termination_date: date | None = attrs.field(default=None, metadata=_WORK)
    termination_type: Coded[TerminationType] | None = attrs.field(default=None, metadata=_WORK)
    termination_reason: str | None = attrs.field(default=None, metadata=_WORK)
    manager_id: str | None = attrs.field(default=None, metadata=_WORK)
    manager_ids: tuple[str, ...] = attrs.field(
        default=attrs.Factory(lambda self: () if self.manager_id is None else (self.manager_id,), takes_self=True),
        metadata=_WORK,
    )
    group_ids: tuple[str, ...] | None = attrs.field(default=None, metadata=_WORK)
    company_id: str | None = attrs.field(default=None, metadata=_WORK)
    work_location_id: str | None = attrs.field(default=None, metadata=_WORK)
    timezone: str | None = attrs.field(default=None, metadata=_WORK)
    photo_url: str | None = attrs.field(default=None, metadata=_IDENTITY)
    record_url: str | None = attrs.field(default=None, metadata=_WORK)
    created_at: datetime | None = attrs.field(default=None, metadata=_WORK)
    updated_at: datetime | None = attrs.field(default=None, metadata=_WORK)
    custom_fields: Mapping[str, CustomField] = attrs.field(default=EMPTY, metadata=_CUSTOM)
    employments: tuple[Employment, ...] = attrs.field(default=(), metadata=_WORK)
    demographics: Demographics | None = attrs.field(default=None, metadata=_DEMOGRAPHIC)
    compensation: Compensation | None = attrs.field(default=None, metadata=_COMPENSATION)
    absent: Mapping[str, NullReason] = attrs.field(default=EMPTY, metadata=_WORK)
    raw: Raw = attrs.field(default=EMPTY, repr=False, eq=False, metadata=_CUSTOM)

    @property
    def display_name(self) -> str | None:
        """The preferred name, else the given one, and the family name; `None` where there are none."""
        return full_name(self.preferred_name or self.given_name, self.family_name)

    def lifecycle(self, on: date) -> Lifecycle:
        """Where this person stands on a day of the company's calendar.

        Dates lead, the status decides where they are silent: vendors show people as active before their
        first day, and keep one who will leave active until then. A termination date before the start date
        belongs to an earlier employment. An inactive person without dates may never have left: `UNKNOWN`.
        """
        return lifecycle_of(self.status.value, self.start_date, self.termination_date, on)

    def is_employed(self, on: date) -> bool | None:
        """Whether this person is employed on a day, on leave or not; `None` where nobody can say."""
        lifecycle = self.lifecycle(on)
        if lifecycle is Lifecycle.UNKNOWN:
            return None
        return lifecycle in (Lifecycle.EMPLOYED, Lifecycle.ON_LEAVE)


@attrs.frozen(kw_only=True)
class Group:
    """A named set of employees: a department, a location, a team. `member_ids` is `None` where not told."""

    id: str = attrs.field(metadata=_WORK)
    name: str = attrs.field(metadata=_WORK)
    type: Coded[GroupType] = attrs.field(metadata=_WORK)
    code: str | None = attrs.field(default=None, metadata=_WORK)
    parent_id: str | None = attrs.field(default=None, metadata=_WORK)
    owner_ids: tuple[str, ...] = attrs.field(default=(), metadata=_WORK)
    member_ids: tuple[str, ...] | None = attrs.field(default=None, metadata=_WORK)
    address: Address | None = attrs.field(default=None, metadata=_WORK)
    timezone: str | None = attrs.field(default=None, metadata=_WORK)
    active: bool | None = attrs.field(default=None, metadata=_WORK)
    created_at: datetime | None = attrs.field(default=None, metadata=_WORK)
    updated_at: datetime | None = attrs.field(default=None, metadata=_WORK)
    raw: Raw = attrs.field(default=EMPTY, repr=False, eq=False, metadata=_CUSTOM)


@attrs.frozen(kw_only=True)
class Company:
    """The company whose people these are."""

    id: str = attrs.field(metadata=_WORK)
    legal_name: str | None = attrs.field(default=None, metadata=_WORK)
    display_name: str | None = attrs.field(default=None, metadata=_WORK)
    address: Address | None = attrs.field(default=None, metadata=_WORK)
    phone: str | None = attrs.field(default=None, metadata=_WORK)
    timezone: str | None = attrs.field(default=None, metadata=_WORK)
    country: str | None = attrs.field(default=None, metadata=_WORK)
    raw: Raw = attrs.field(default=EMPTY, repr=False, eq=False, metadata=_CUSTOM)


@attrs.frozen(kw_only=True)
class Identity:
    """Whose credential a connection uses: whose rights it has, and with whom it dies.

    `expires` is a sentence on when the credential ends, with its source, where anything is known of it.
    """

    id: str | None = attrs.field(default=None, metadata=_IDENTITY)
    name: str | None = attrs.field(default=None, metadata=_IDENTITY)
    work_email: str | None = attrs.field(default=None, metadata=_IDENTITY)
    role: str | None = attrs.field(default=None, metadata=_WORK)
    expires: str | None = attrs.field(default=None, metadata=_WORK)

    @property
    def called(self) -> str | None:
        """What the owner is called: a name, else an address, else an id."""
        return self.name or self.work_email or self.id
