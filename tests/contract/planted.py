"""Planted faults: small broken variants of our own connectors, each a defect that a public connector really has or had.

Each says where it was seen, and by which checks it must be caught; the docs have the table of all that catch it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any

import attrs

import headcount as hc
from headcount.errors import RecordError
from headcount.reader import id_of
from headcount.sandbox import Answer, Call, Sandbox, route
from headcount.testing import Subject
from headcount_bamboohr import bamboohr
from headcount_bamboohr import reading as bamboo
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly import insightly
from headcount_insightly import reading as insight
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import namely
from headcount_namely import reading as name
from headcount_namely.sandbox import NamelySandbox
from tests.recorded import answers, spec

Pages = Iterator[hc.Page]
To = Callable[[hc.Raw, Any], hc.Employee]
SANDBOXES: dict[str, type[Sandbox]] = {
    "namely": NamelySandbox,
    "bamboohr": BambooSandbox,
    "insightly": InsightlySandbox,
}


@attrs.frozen(kw_only=True, eq=False)
class Planted:
    """One fault: what the connector does wrong, where that was seen, and a check that must catch it."""

    name: str
    seen: str
    connector: hc.Connector | Callable[[], hc.Connector]
    """The broken one, or what makes it: one that keeps something in mind is made anew for each check."""
    caught_by: str
    dialect: str = "observed"
    more: dict[str, Any] = attrs.field(factory=dict)
    """What else is examined than usual: another sandbox, a description, recordings."""
    takes_sources: bool = False
    """Whether it takes what the vendor published or really answered, which does not lie everywhere."""

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        """The broken connector on its vendor's sandbox."""
        broken = self.connector if isinstance(self.connector, hc.Connector) else self.connector()
        return Subject(connector=broken, **{"sandbox": SANDBOXES[broken.name], **self.more})


def reads(connector: hc.Connector, **parts: Any) -> hc.Connector:
    """A connector that reads people otherwise."""
    return attrs.evolve(connector, employees=attrs.evolve(connector.employees, **parts))


def mapped(connector: hc.Connector, change: Callable[[hc.Employee, hc.Raw], dict[str, Any]]) -> hc.Connector:
    """A connector that makes something else of each record: the fields that `change` gives."""
    right: To = connector.employees.to

    @wraps(right)
    def to(raw: hc.Raw, known: Any) -> hc.Employee:
        made = right(raw, known)
        return attrs.evolve(made, **change(made, raw))

    return reads(connector, to=to)


def listed(connector: hc.Connector, path: str, params: dict[str, Any], by: hc.Paging, at: str | None) -> hc.Connector:
    """A connector that pages in its own way."""
    return reads(connector, all=lambda http, ask: http.pages(hc.Request("GET", path, params), at=at, by=by))


def paged(connector: hc.Connector, change: Callable[[hc.Page], hc.Page | None]) -> hc.Connector:
    """A connector that does something to its pages; None leaves one out."""
    right = connector.employees.all

    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        for page in right(http, ask):
            if (made := change(page)) is not None:
                yield made

    return reads(connector, all=all)


def keeping(connector: hc.Connector, keep: Callable[[hc.Raw], bool]) -> hc.Connector:
    """A connector that leaves records out of its pages."""
    return paged(connector, lambda page: attrs.evolve(page, records=[raw for raw in page.records if keep(raw)]))


# -- pages ----------------------------------------------------------------------------------------


def _until_short(request: hc.Request, page: hc.Page) -> hc.Request | None:
    return request.having(page=request.params["page"] + 1) if len(page.records) == 50 else None


def _by_an_invented_total(request: hc.Request, page: hc.Page) -> hc.Request | None:
    last = -(-page.head.get("meta", {}).get("total_entries", 0) // 50)
    return request.having(page=request.params["page"] + 1) if request.params["page"] < last else None


def _from_where_it_ended() -> hc.Connector:
    """Keeps the request of the last page, and begins the next whole read with it."""
    last: list[hc.Request] = []

    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        start = last[-1] if last else hc.Request("GET", "/profiles", name.FIFTY)
        for page in http.pages(start, at="profiles", by=hc.numbered("page")):
            if page.records:
                last[:] = [page.response.request]
            yield page

    return reads(namely, all=all)


def _cut_at_a_mebibyte() -> hc.Connector:
    """Stops listening after so many bytes, and takes what came for all."""

    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        left = 1 << 20
        for page in bamboohr.employees.all(http, ask):
            records = []
            for raw in page.records:
                left -= len(json.dumps(raw))
                records += [raw] if left > 0 else []
            yield attrs.evolve(page, records=records)

    return reads(bamboohr, all=all)


def _one_by_one(http: hc.Transport, ask: hc.Ask) -> Pages:
    for page in insightly.employees.all(http, ask):
        rows = [http.record(hc.Request("GET", f"/Users/{raw['USER_ID']}")) for raw in page.records]
        yield attrs.evolve(page, records=rows)


# -- changes --------------------------------------------------------------------------------------


def _after_the_moment(http: hc.Transport, ask: hc.Ask, since: datetime) -> Pages:
    params = {**insight.ALL, "updated_after_utc": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    return http.pages(hc.Request("GET", "/Users/Search", params), by=insight.PAGES)


def _cursor_moved_first() -> hc.Connector:
    """Writes down how far it has read before it has read it."""
    reached: list[datetime] = []

    def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Pages:
        begin = max([since, *reached])
        me = http.send(hc.Request("GET", "/Users/Me"))
        reached.append((me.date or since) - timedelta(seconds=1))
        return insight.changed(http, ask, begin)

    return reads(insightly, changed=changed)


def _baseline_after_the_read() -> hc.Connector:
    """Takes the end of the whole read for the moment up to which every change is in it."""
    baseline: list[datetime] = []

    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        for page in insightly.employees.all(http, ask):
            baseline[:] = [page.response.date or datetime.now(UTC)]
            yield page

    def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Pages:
        return insight.changed(http, ask, max([since, *baseline]))

    return reads(insightly, all=all, changed=changed)


def _active_changes_alone(http: hc.Transport, ask: hc.Ask, since: datetime) -> Pages:
    for page in insight.changed(http, ask, since):
        yield attrs.evolve(page, records=[raw for raw in page.records if raw.get("ACTIVE")])


def _bad_changes_dropped(http: hc.Transport, ask: hc.Ask, since: datetime) -> Pages:
    for page in insight.changed(http, ask, since):
        rows = [raw for raw in page.records if _maps(insightly, raw, ask.known)]
        yield attrs.evolve(page, records=rows, total=None)


# -- records --------------------------------------------------------------------------------------


def _maps(connector: hc.Connector, raw: Any, known: Any) -> bool:
    try:
        connector.employees.to(dict(raw), known)
    except Exception:  # noqa: BLE001 - as those do who drop what they cannot read
        return False
    return id_of(connector.employees, raw) is not None


def _unreadable_dropped() -> hc.Connector:
    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        for page in namely.employees.all(http, ask):
            yield attrs.evolve(page, records=[raw for raw in page.records if _maps(namely, raw, ask.known)], total=None)

    return reads(namely, all=all, count=None)


def _through_a_datetime(day: date | None) -> date | None:
    return day and datetime(day.year, day.month, day.day, tzinfo=UTC).astimezone().date()


def _status(made: hc.Employee, was: hc.EmployeeStatus, now: hc.EmployeeStatus) -> dict[str, Any]:
    return {"status": hc.Coded(now, made.status.source)} if made.status.value is was else {}


def _without(*fields: str) -> dict[str, Any]:
    return dict.fromkeys(fields)


def _titled(raw: hc.Raw, known: Any) -> hc.Employee:
    raw["job_title"]["title"].strip()
    return name.to_employee(raw, known)


def _told(raw: hc.Raw, known: Any) -> hc.Employee:
    if str(raw.get("first_name", "")).startswith("Canary"):
        raise RecordError(f"cannot read {raw['first_name']} {raw['last_name']}")
    return namely.employees.to(raw, known)


def _directory(http: hc.Transport, ask: hc.Ask) -> Pages:
    return http.pages(hc.Request("GET", "/employees/directory"), at="employees")


def _only_who_is_here(http: hc.Transport, ask: hc.Ask) -> Pages:
    today = "2027-03-10"
    for page in bamboohr.employees.all(http, ask):
        kept = [row for row in page.records if str(row.get("hireDate") or "") <= today]
        yield attrs.evolve(page, records=kept)


# -- errors and writes ----------------------------------------------------------------------------


def _retried(response: hc.Response) -> hc.VendorError | None:
    if response.status in (403, 404):
        return hc.classify(response, kind=hc.Unavailable)
    return insight.classify(response)


def _quota_is_a_limit(response: hc.Response) -> hc.VendorError | None:
    return hc.classify(response, reason=insight.reason)


def _steps(connector: hc.Connector, kind: type[Any], change: Callable[[hc.Step, Any], hc.Step]) -> hc.Connector:
    """A connector whose plans of one verb send something else."""
    verb = connector.plans[kind]

    def plan(asked: Any, ground: hc.Ground) -> Iterator[hc.Step]:
        return (change(step, asked) for step in verb.plan(asked, ground))

    return attrs.evolve(connector, plans={**connector.plans, kind: attrs.evolve(verb, plan=plan)})


def _repeatable(step: hc.Step, asked: Any) -> hc.Step:
    return attrs.evolve(step, request=attrs.evolve(step.request, safe=True))


def _what_changed_alone(step: hc.Step, asked: Any) -> hc.Step:
    own = {"USER_ID", "FIRST_NAME", "LAST_NAME", "EMAIL_ADDRESS", "ACTIVE"}
    body = {key: value for key, value in step.request.json.items() if key in own}
    expect = {key: value for key, value in step.expect.items() if not key.startswith("raw.")}
    return attrs.evolve(step, request=attrs.evolve(step.request, json=body), expect=expect)


def _expects_nothing(step: hc.Step, asked: Any) -> hc.Step:
    return attrs.evolve(step, expect={"there": True})


def _inactive_at_once(step: hc.Step, asked: Any) -> hc.Step:
    (profile,) = step.request.json["profiles"]
    body = {"profiles": [{**profile, "user_status": "inactive"}]}
    expect = {key: value for key, value in step.expect.items() if key != "status"}
    return attrs.evolve(step, request=attrs.evolve(step.request, json=body), expect=expect)


def _told_by(**other: Any) -> hc.Connector:
    """BambooHR whose webhooks are stated otherwise."""
    assert bamboohr.webhooks is not None
    return attrs.evolve(bamboohr, webhooks=attrs.evolve(bamboohr.webhooks, **other))


def _signed_with_a_dot(body: bytes, timestamp: str) -> bytes:
    return timestamp.encode() + b"." + body


@attrs.frozen
class _Open:
    """Settings that show what they should not."""

    company: str = attrs.field(metadata=hc.setting("the name before .namely.com", host="namely.com"))
    token: str = attrs.field(metadata=hc.setting("Namely: API > Personal Access Tokens"))
    scim_url: str | None = attrs.field(default=None, metadata=hc.setting("SCIM", address=True))
    scim_token: str | None = attrs.field(default=None, repr=False, metadata=hc.setting("SCIM"))


@attrs.frozen
class _KeyAlone:
    """Settings without the application's."""

    company: str = attrs.field(metadata=hc.setting("the name before .namely.com", host="namely.com"))
    token: str = attrs.field(repr=False, metadata=hc.setting("Namely: API > Personal Access Tokens"))


def _granted(connector: hc.Connector, **parts: Any) -> hc.Connector:
    """A connector that is granted access otherwise."""
    assert connector.oauth is not None
    return attrs.evolve(connector, oauth=attrs.evolve(connector.oauth, **parts))


def _header_kept() -> hc.Connector:
    """Makes the header of a token once, and sends it for as long as the process lives."""
    first: list[str] = []

    def all(http: hc.Transport, ask: hc.Ask) -> Pages:
        first[:] = first or [http._auth.headers()["Authorization"]]
        return http.pages(
            hc.Request("GET", "/profiles", name.FIFTY, headers={"Authorization": first[0]}),
            at="profiles",
            by=hc.numbered("page"),
        )

    return reads(namely, all=all, count=None)


class Forgets(NamelySandbox):
    """A test server that takes a token whose life is over."""

    def authorized(self, call: Call) -> bool:
        return self.grants.is_over(call.headers) or super().authorized(call)


class Invents(BambooSandbox):
    """A test server with a key that the vendor was never seen to send, and without one that it sends."""

    @route("GET", "/meta/fields")
    def invented_fields(self, call: Call) -> Answer:
        return Answer(body=[{"id": 1, "name": "First name", "kind": "text"}])


class OneForAll(NamelySandbox):
    """A test server without anybody whom connectors lose."""

    def prepare(self) -> None:
        self.people = [person for person in self.people if not person.tags]
        super().prepare()


class Deaf(InsightlySandbox):
    """A test server on which no fault bites, so that no check could fail."""

    lists = "/Nowhere"


HIDEABLE = ("personal_email", "demographics", "compensation")


def _access_levels(http: hc.Transport, wanted: hc.Wanted) -> Any:
    http.optional(hc.Request("GET", "/customAccessLevels"))
    return bamboohr.employees.known(http, wanted)


class LikesInvented(BambooSandbox):
    """A test server that has an endpoint which the vendor's API does not have."""

    @route("GET", "/customAccessLevels")
    def get_levels(self, call: Call) -> Answer:
        return Answer(body=[])


RECORDED = answers("bamboohr", ("n23-get-meta-fields", hc.Request("GET", "/meta/fields")))
SPEC = spec("bamboohr-openapi.yaml")
NANGO_NAMELY = "Nango namely-pat"
NANGO_BAMBOO = "Nango bamboohr-basic"
FAULTS: tuple[Planted, ...] = (
    Planted(
        name="stops on a short page",
        seen=f"{NANGO_NAMELY}, helpers/paginate.ts: asks for 100 where 50 is the most",
        connector=listed(namely, "/profiles", {**name.FIFTY}, hc.Paging(next=_until_short), "profiles"),
        caught_by="clamped_page_size_detected",
    ),
    Planted(
        name="reads the first page alone",
        seen="insightly-python: silently the first 500",
        connector=listed(insightly, "/Users", dict(insight.ALL), hc.single, None),
        caught_by="reads_all_pages",
    ),
    Planted(
        name="pages by a total that the vendor does not send",
        seen="fishbone Namely: meta.total_count, where the documentation has count",
        connector=listed(namely, "/profiles", {**name.FIFTY}, hc.Paging(next=_by_an_invented_total), "profiles"),
        caught_by="reads_all_pages",
    ),
    Planted(
        name="the next whole read starts at the last page",
        seen="fishbone identity_delta_orchestrator.go: keeps the last page's token",
        connector=_from_where_it_ended,
        caught_by="no_later_read_starts_in_the_middle",
    ),
    Planted(
        name="a body is cut at 1 MiB",
        seen="fishbone: LimitReader on the answer",
        connector=_cut_at_a_mebibyte(),
        caught_by="a_large_company_is_whole",
    ),
    Planted(
        name="one request for each person",
        seen="PyBambooHR",
        connector=reads(insightly, all=_one_by_one),
        caught_by="requests_do_not_grow_with_people",
    ),
    Planted(
        name="changes strictly after the moment",
        seen=f"{NANGO_BAMBOO}/syncs/employees.ts: > on lastChanged",
        connector=reads(insightly, changed=_after_the_moment),
        caught_by="equal_moments_at_the_boundary",
    ),
    Planted(
        name="the cursor moves though the read failed",
        seen=f"{NANGO_BAMBOO}: the checkpoint advances whatever came",
        connector=_cursor_moved_first,
        caught_by="cursor_not_advanced_on_failure",
    ),
    Planted(
        name="the baseline is taken after the read",
        seen="fishbone delta: now() after the full sync",
        connector=_baseline_after_the_read,
        caught_by="a_change_during_the_read_is_not_lost",
    ),
    Planted(
        name="changes and list disagree on who counts",
        seen="fishbone BambooHR: an active-only directory, and a delta with all",
        connector=reads(insightly, changed=_active_changes_alone),
        caught_by="what_changed_is_as_in_the_whole_list",
    ),
    Planted(
        name="changed rows that cannot be read are dropped",
        seen=f"{NANGO_BAMBOO} unified: rows that fail validation are filtered out while the checkpoint advances",
        connector=reads(insightly, changed=_bad_changes_dropped),
        caught_by="a_record_put_aside_is_tried_again",
    ),
    Planted(
        name="unreadable rows are dropped",
        seen=f"{NANGO_BAMBOO} unified: rows that fail validation are filtered out",
        connector=_unreadable_dropped(),
        caught_by="malformed_row_put_aside",
    ),
    Planted(
        name="an unknown status becomes active",
        seen=f"{NANGO_NAMELY}; baton-bamboohr: default ENABLED",
        connector=mapped(namely, lambda m, raw: _status(m, hc.EmployeeStatus.UNKNOWN, hc.EmployeeStatus.ACTIVE)),
        caught_by="unknown_word_kept_and_reported",
    ),
    Planted(
        name="an unknown status becomes pending",
        seen=f"{NANGO_BAMBOO}: contractors included",
        connector=mapped(namely, lambda m, raw: _status(m, hc.EmployeeStatus.UNKNOWN, hc.EmployeeStatus.PENDING)),
        caught_by="unknown_word_kept_and_reported",
    ),
    Planted(
        name="inactive becomes terminated",
        seen=NANGO_NAMELY,
        connector=mapped(
            insightly, lambda m, raw: _status(m, hc.EmployeeStatus.INACTIVE, hc.EmployeeStatus.TERMINATED)
        ),
        caught_by="inactive_is_not_terminated",
    ),
    Planted(
        name="everybody is active",
        seen="baton-bamboohr: fetches the status, and never maps it",
        connector=mapped(namely, lambda m, raw: {"status": hc.Coded(hc.EmployeeStatus.ACTIVE, m.status.source)}),
        caught_by="status_walks_through_a_life",
    ),
    Planted(
        name="a null breaks the mapping",
        seen=f"{NANGO_NAMELY}: job_title, employee_id or employee_type null raises for the whole page",
        connector=reads(namely, to=wraps(name.to_employee)(_titled)),
        caught_by="a_missing_value_loses_nobody",
    ),
    Planted(
        name="the employee number is the id",
        seen=f"{NANGO_BAMBOO}/syncs/employees.ts: rows without one are dropped",
        connector=mapped(bamboohr, lambda m, raw: {"id": raw.get("employeeNumber") or m.id}),
        caught_by="everybody_comes",
    ),
    Planted(
        name="people to come are hidden",
        seen=f"{NANGO_BAMBOO}: onlyCurrent=true",
        connector=reads(bamboohr, all=_only_who_is_here),
        caught_by="future_hire_visible",
    ),
    Planted(
        name="the directory is the roster",
        seen="StackOne's example; fishbone BambooHR: the directory has who is active, and few fields",
        connector=reads(bamboohr, all=_directory),
        caught_by="everybody_comes",
    ),
    Planted(
        name="the last day is dropped unless terminated",
        seen=f"{NANGO_BAMBOO}: terminationDate only where the status maps to TERMINATED",
        connector=mapped(
            namely,
            lambda m, raw: {} if m.status.value is hc.EmployeeStatus.TERMINATED else _without("termination_date"),
        ),
        caught_by="a_last_day_is_kept_whatever_the_status",
    ),
    Planted(
        name="the first day stands for the last",
        seen=f"{NANGO_BAMBOO}, before PR 526",
        connector=mapped(namely, lambda m, raw: {"termination_date": m.termination_date and m.start_date}),
        caught_by="values_land_as_they_are",
    ),
    Planted(
        name="a day goes through a datetime",
        seen="Nango toISOString(); Merge's and Kombo's types",
        connector=mapped(namely, lambda m, raw: {"start_date": _through_a_datetime(m.start_date)}),
        caught_by="a_day_never_shifts",
    ),
    Planted(
        name="a title is made up",
        seen=f"{NANGO_NAMELY}: offices named Main Office, type always OFFICE",
        connector=mapped(bamboohr, lambda m, raw: {"job_title": m.job_title or "Employee"}),
        caught_by="nothing_is_fabricated",
    ),
    Planted(
        name="an empty text is a value",
        seen=f"{NANGO_BAMBOO}: the manager's address is ''",
        connector=mapped(insightly, lambda m, raw: {"work_email": m.work_email or ""}),
        caught_by="blanks_are_nothing",
    ),
    Planted(
        name="one address for home and work",
        seen=f"{NANGO_BAMBOO}: the same address as HOME and WORK",
        connector=mapped(namely, lambda m, raw: {"personal_email": m.work_email}),
        caught_by="values_land_as_they_are",
    ),
    Planted(
        name="a name is split by guess",
        seen="connectors that read a full name alone",
        connector=mapped(
            insightly, lambda m, raw: {"given_name": " ".join(filter(None, (m.given_name, m.family_name))).split()[0]}
        ),
        caught_by="names_are_not_split_or_folded",
    ),
    Planted(
        name="a contractor is an employee",
        seen=f"{NANGO_NAMELY}: Freelance becomes TEMPORARY",
        connector=mapped(
            bamboohr,
            lambda m, raw: {"worker_type": m.worker_type and hc.Coded(hc.WorkerType.EMPLOYEE, m.worker_type.source)},
        ),
        caught_by="a_contractor_is_no_employee",
    ),
    Planted(
        name="the manager is named by number",
        seen="Airbyte bamboo-hr: supervisorId taken for an id",
        connector=mapped(bamboohr, lambda m, raw: {"manager_id": m.manager_id and str(int(m.manager_id) + 1000)}),
        caught_by="managers_are_people",
    ),
    Planted(
        name="groups are invented",
        seen=f"{NANGO_BAMBOO}: the department's name, or `unknown`, for its id",
        connector=mapped(bamboohr, lambda m, raw: {"group_ids": (raw.get("department") or "unknown",)}),
        caught_by="groups_that_are_named_are_listed",
    ),
    Planted(
        name="what is hidden is called empty",
        seen="Airbyte bamboo-hr: columns that come null are null",
        connector=mapped(namely, lambda m, raw: {"absent": dict.fromkeys(HIDEABLE, hc.NullReason.EMPTY_AT_SOURCE)}),
        caught_by="hidden_is_not_empty",
    ),
    Planted(
        name="changed custom fields lose their labels",
        seen="connectors that copy a blob",
        connector=mapped(
            namely,
            lambda m, raw: {
                "custom_fields": {key: attrs.evolve(one, label=None) for key, one in m.custom_fields.items()}
            },
        ),
        caught_by="custom_fields_roundtrip",
    ),
    Planted(
        name="a look-up has fewer fields than the list",
        seen="StackOne's example: get_employee without fields returns names alone",
        connector=reads(
            bamboohr,
            one=lambda http, ask, of: {
                "id": of,
                "status": "Active",
                **dict.fromkeys(("firstName", "lastName", "jobTitle", "hireDate", "workEmail")),
            },
        ),
        caught_by="one_is_as_in_the_list",
    ),
    Planted(
        name="a permission is tried again",
        seen="Ampersand Insightly: a 404 for a permission is retryable, asserted by its own test",
        connector=attrs.evolve(insightly, classify=_retried),
        caught_by="a_permission_is_never_asked_twice",
    ),
    Planted(
        name="a used-up quota is waited for",
        seen="connectors that know 429 alone",
        connector=attrs.evolve(insightly, classify=_quota_is_a_limit),
        caught_by="a_used_up_quota_stops_at_once",
    ),
    Planted(
        name="a person's data stands in an error",
        seen="connectors that print the record they cannot read",
        connector=reads(namely, to=wraps(name.to_employee)(_told)),
        caught_by="no_persons_data_is_ever_said",
    ),
    Planted(
        name="a secret is no secret",
        seen="settings that are printed whole",
        connector=attrs.evolve(namely, settings=_Open),
        caught_by="secrets_are_marked",
    ),
    Planted(
        name="an expired token is taken for a missing permission",
        seen="clients that renew on 401 alone; Namely's own sample application renews on 403",
        connector=_granted(namely, refused=frozenset({401})),
        caught_by="every_expired_status_is_known",
    ),
    Planted(
        name="no refresh token is asked for",
        seen="BambooHR gives one for the scope offline_access alone; a connection then ends after an hour",
        connector=_granted(bamboohr, scope="employee employee_directory"),
        caught_by="expired_token_refreshes_once",
    ),
    Planted(
        name="a token goes on being sent when there is a new one",
        seen="clients that make their session's headers once",
        connector=_header_kept,
        caught_by="expired_token_refreshes_once",
    ),
    Planted(
        name="tokens are asked for at a host of somebody else's",
        seen="not in public: it takes a slip in one line, and works",
        connector=_granted(namely, token_endpoint="https://oauth.example.com/{company}/token"),
        caught_by="what_is_granted_stays_with_the_vendor",
    ),
    Planted(
        name="a grant is offered and never used",
        seen="not in public: what a connector says of itself goes further than its settings",
        connector=attrs.evolve(namely, settings=_KeyAlone),
        caught_by="revoked_grant_is_told",
    ),
    Planted(
        name="a sandbox whose tokens do not end",
        seen="test servers that never look at a token",
        connector=namely,
        caught_by="every_expired_status_is_known",
        more={"sandbox": Forgets},
    ),
    Planted(
        name="a hire is repeated after a failure",
        seen="corsair#1330: POST is retried on 5xx",
        connector=_steps(insightly, hc.Hire, _repeatable),
        caught_by="a_failure_is_not_sent_again_blindly",
        dialect="guide",
    ),
    Planted(
        name="a partial update wipes the rest",
        seen="Insightly's PUT replaces the whole user",
        connector=_steps(insightly, hc.Update, _what_changed_alone),
        caught_by="a_partial_update_keeps_the_rest",
        dialect="guide",
    ),
    Planted(
        name="nobody looks whether it was done",
        seen="connectors that take 200 for done",
        connector=_steps(namely, hc.Update, _expects_nothing),
        caught_by="what_was_not_done_is_noticed",
    ),
    Planted(
        name="a leaving ahead ends the job today",
        seen="connectors that know a status alone",
        connector=_steps(namely, hc.Terminate, _inactive_at_once),
        caught_by="a_leaving_ahead_waits_for_its_day",
    ),
    Planted(
        name="the count counts who is active",
        seen="fishbone BambooHR",
        connector=reads(namely, count=lambda http: name.count_of(http, "active")),
        caught_by="the_count_is_held_against_the_list",
    ),
    Planted(
        name="a webhook is proved by another formula",
        seen="several guides print timestamp, dot, body; the public delivery of 2022 is signed otherwise",
        connector=_told_by(
            signing=hc.Signing(
                signature="X-BambooHR-Signature", timestamp="X-BambooHR-Timestamp", signed=_signed_with_a_dot
            )
        ),
        caught_by="every_message_names_whom_it_is_about",
    ),
    Planted(
        name="nobody looks at the signature of a webhook",
        seen="nowhere yet: the vendor signs, and the connector does not say so",
        connector=_told_by(signing=None),
        caught_by="bad_signature_rejected",
    ),
    Planted(
        name="one form of webhooks is read alone",
        seen="nowhere yet: the vendor describes two families of bodies",
        connector=_told_by(ids=lambda body: [one["id"] for one in body["employees"]]),
        caught_by="every_message_names_whom_it_is_about",
    ),
    Planted(
        name="the company is taken for the person",
        seen="nowhere yet: the two ids stand side by side in an event",
        connector=_told_by(ids=lambda body: [body["data"]["companyId"]]),
        caught_by="every_message_names_whom_it_is_about",
    ),
    Planted(
        name="who is named is read otherwise than in the list",
        seen="nowhere yet: a look-up by id hides who is to leave, and the list tells it",
        connector=reads(bamboohr, some=lambda http, ask, ids: http.one_by_one(bamboo.by_id(ask, id) for id in ids)),
        caught_by="some_are_read_as_in_the_whole_list",
    ),
    Planted(
        name="a sandbox without the people who are lost",
        seen="baton-bamboohr: 122 lines of test",
        connector=namely,
        caught_by="lifecycle_people_are_there",
        more={"sandbox": OneForAll},
    ),
    Planted(
        name="a sandbox whose faults do not bite",
        seen="tests that cannot fail",
        connector=insightly,
        caught_by="faults_bite",
        more={"sandbox": Deaf},
    ),
    Planted(
        name="a sandbox that is not as the vendor was recorded",
        seen="fishbone: its test server invents the total that it then pages by",
        connector=bamboohr,
        caught_by="answers_have_the_recorded_shape",
        more={"sandbox": Invents, "recorded": RECORDED} if RECORDED else {},
        takes_sources=True,
    ),
    Planted(
        name="an endpoint that the vendor does not have",
        seen="fishbone: /profiles/{id}/groups and tables/customAccessLevels, tests green",
        connector=reads(bamboohr, known=_access_levels),
        caught_by="requests_are_in_the_vendors_description",
        more={"sandbox": LikesInvented, "spec": SPEC} if SPEC else {},
        takes_sources=True,
    ),
)
