"""Every fault that a sandbox can play ends in the right error or the right retry: nothing lost, nothing invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import requests

import headcount as hc
from headcount.sandbox import FAULTS, Sandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.generated import check_table

PEOPLE = 60
OPTIONS = hc.Options(rate=hc.UNLIMITED, first_wait=0.005, longest_wait=0.02, max_bytes=1 << 20, tries=4, threads=1)


@attrs.frozen
class Line:
    """One way in which a vendor is read: a dialect, or the way that is left when another is closed."""

    vendor: Vendor
    dialect: str
    way: str = ""
    on: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.vendor.connector.title, self.dialect, self.way)))

    def prepare(self, box: Sandbox) -> None:
        if self.way == "paged list":
            box.play("forbidden", on="/reports/custom", times=None)


LINES = (
    Line(NAMELY, "guide", on="/profiles$"),
    Line(NAMELY, "observed", on="/profiles$"),
    Line(BAMBOOHR, "guide", on="/employees/"),
    Line(BAMBOOHR, "observed", on="/reports/custom"),
    Line(BAMBOOHR, "observed", way="paged list", on="/v1/employees$"),
    Line(INSIGHTLY, "guide", on="/Users$"),
    Line(INSIGHTLY, "observed", on="/Users$"),
)
REPORT = LINES[3]
HOW: dict[str, dict[str, Any]] = {  # how each fault is ordered here, where it is not simply played once
    "throttle": {"retry_after": "0"},
    "quota": {"retry_after": "0", "times": None},
    "slow": {"seconds": 1.0},
    "oversized": {"size": 2 << 20},
    "clamped": {"times": None},
    "short_page": {"times": None},
    "empty_page": {"times": None},
    "repeated_page": {"times": None},
    "moving": {"times": None},
    "wrong_total": {"times": None, "size": 7},
    "empty_list": {"times": None},
    "half_list": {"times": None},
}
ABOUT_PAGES = ("short_page", "empty_page", "repeated_page", "moving", "clamped", "wrong_total")
AGREED = ("empty_list", "half_list", "lost_department")
RETRIED = ("throttle", "error", "html", "wrong_type", "invalid_json", "truncated", "reset", "unreached", "slow")


@attrs.frozen
class Outcome:
    """What came of one read under one fault."""

    error: str | None
    ids: frozenset[str]
    report: hc.Report

    @property
    def hidden(self) -> set[str]:
        """The fields that are kept from us for everybody."""
        counts = self.report.absent.items()
        return {name for (name, reason), count in counts if reason is hc.NullReason.NOT_PERMITTED and count == PEOPLE}

    def told(self, calm: Outcome) -> str:
        if self.error:
            return f"`{self.error}`"
        parts = [f"{len(self.ids)} of {PEOPLE}"]
        if self.report.rejected:
            parts.append(f"{self.report.rejected} put aside")
        if self.hidden > calm.hidden:
            more = len(self.hidden - calm.hidden)
            parts.append(f"{more} field{'s' if more > 1 else ''} not permitted")
        parts.append("complete" if self.report.complete else "not proved")
        return ", ".join(parts)


def played(line: Line, kind: str | None) -> Outcome:
    with line.vendor.start(people=PEOPLE, dialect=line.dialect) as box:
        line.prepare(box)
        if kind in ABOUT_PAGES and kind != "clamped" and line is not REPORT:
            box.play("clamped", on=line.on, size=20, times=None)
        if kind is not None:
            box.play(kind, on=line.on, **HOW.get(kind, {}))
        everyone = {line.vendor.id_of(person) for person in box.people}
        options = attrs.evolve(OPTIONS, read_timeout=0.5) if kind == "slow" else OPTIONS
        with box.connect(options=options) as connection:
            listing = connection.employees()
            ids: list[str] = []
            raised: hc.HeadcountError | None = None
            try:
                ids.extend(employee.id for employee in listing)
            except hc.HeadcountError as error:
                raised = error
        assert box.key not in str(raised), "the error shows the credential"
        outcome = Outcome(None if raised is None else type(raised).__name__, frozenset(ids), listing.report)
        assert outcome.ids <= everyone, "somebody was invented"
        assert len(ids) == len(outcome.ids), "somebody was read twice"
        assert listing.report.received == listing.report.accepted + listing.report.rejected
        silent = raised is None and len(ids) + listing.report.rejected < PEOPLE and listing.report.complete
        # where the vendor's own number agrees with what it leaves out, one read cannot know better: who remembers
        # the read before it can, and that is what a roster's guard is for
        assert not silent or kind in AGREED, "somebody was lost, and the report says complete"
        return outcome


@pytest.fixture(params=LINES, ids=str)
def line(request: pytest.FixtureRequest) -> Line:
    found: Line = request.param
    return found


@pytest.mark.parametrize("kind", RETRIED)
def test_a_passing_fault_is_tried_again_and_costs_nobody(line: Line, kind: str) -> None:
    calm, outcome = played(line, None), played(line, kind)
    assert outcome.error is None
    assert len(outcome.ids) == PEOPLE
    assert outcome.report.complete == calm.report.complete
    assert outcome.report.requests == calm.report.requests + 1


@pytest.mark.parametrize(("kind", "error"), [("unauthorized", "AuthError"), ("redirect", "Unavailable")])
def test_what_cannot_pass_is_an_error_at_once(line: Line, kind: str, error: str) -> None:
    assert played(line, kind).error == error


@pytest.mark.parametrize(("kind", "status"), [("reset", 201), ("unreached", 0)])
def test_a_connection_is_closed_after_the_deed_or_before_it(kind: str, status: int) -> None:
    user = {"FIRST_NAME": "Nia", "LAST_NAME": "Okoye", "EMAIL_ADDRESS": "nia.okoye@example.com"}
    with INSIGHTLY.start(people=5, dialect="guide") as box, requests.Session() as session:
        session.auth = (box.key, "")
        box.play(kind, on="/Users", method="POST", times=20)
        for count in range(1, 21):  # whoever sees the connection closed sees all that was done
            person = user | {"EMAIL_ADDRESS": f"nia.{count}@example.com"}
            with pytest.raises(requests.ConnectionError):
                session.post(f"{box.base_url}/Users", json=person, timeout=5)
            assert len(box.people) == 5 + (count if kind == "reset" else 0)
            assert [one.status for one in box.log] == [status] * count
        assert session.post(f"{box.base_url}/Users", json=user, timeout=5).status_code == 201


def test_what_did_not_arrive_is_not_counted() -> None:
    with INSIGHTLY.start(people=5) as box, requests.Session() as session:
        session.auth, box.limit = (box.key, ""), (1, 60.0)
        box.play("unreached", times=3)
        for _ in range(3):
            with pytest.raises(requests.ConnectionError):
                session.get(f"{box.base_url}/Users", timeout=5)
        answers = [session.get(f"{box.base_url}/Users", timeout=5) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[0].headers["X-RateLimit-Remaining"] == "99999"


def test_a_fault_bites_and_counts_only_its_methods() -> None:
    with INSIGHTLY.start(people=5, dialect="guide") as box, requests.Session() as session:
        session.auth = (box.key, "")
        box.play("error", on="/Users", method="PUT|DELETE", after=1, status=503)
        asked = ("GET", "POST", "DELETE", "GET", "POST", "DELETE", "DELETE")
        answers = [session.request(method, f"{box.base_url}/Users/404", timeout=5).status_code for method in asked]
        assert answers == [404, 404, 404, 404, 404, 503, 404]


def test_a_fault_that_stays_is_an_error_after_the_last_try(line: Line) -> None:
    with line.vendor.start(people=PEOPLE, dialect=line.dialect) as box:
        line.prepare(box)
        box.play("error", on=line.on, status=500, times=None)
        with box.connect(options=OPTIONS) as connection, pytest.raises(hc.Unavailable, match="500"):
            list(connection.employees())
        assert len([one for one in box.requests(line.on) if one.status == 500]) == OPTIONS.tries


def test_a_used_up_quota_stops_at_once_and_says_until_when() -> None:
    with INSIGHTLY.start(people=PEOPLE, dialect="observed") as box:
        box.play("quota", on="/Users", times=None)
        with (
            box.connect() as connection,
            pytest.raises(
                hc.QuotaExhausted, match=r"quota of 100000 .* free again by \d{4}-\d\d-\d\d \d\d:\d\d UTC"
            ) as caught,
        ):
            list(connection.employees())
        assert caught.value.retry_after == 86_400
        assert len(box.requests("/Users")) == 1


@pytest.mark.parametrize("line", [line for line in LINES if line is not REPORT], ids=str)
@pytest.mark.parametrize("kind", ["clamped", "short_page"])
def test_a_short_page_is_not_the_end(line: Line, kind: str) -> None:
    assert len(played(line, kind).ids) == PEOPLE


def test_a_report_that_holds_too_few_is_not_complete() -> None:
    outcome = played(REPORT, "clamped")
    assert len(outcome.ids) < PEOPLE
    assert not outcome.report.complete
    assert "it counts 60 when asked" in outcome.report.why


def test_an_empty_page_is_not_the_end_where_the_total_promises_more() -> None:
    for dialect in ("guide", "observed"):
        outcome = played(Line(NAMELY, dialect, on="/profiles"), "empty_page")
        assert len(outcome.ids) == PEOPLE
        assert outcome.report.complete


@pytest.mark.parametrize("line", [line for line in LINES if line.vendor is not BAMBOOHR], ids=str)
def test_a_list_in_circles_is_an_error(line: Line) -> None:
    assert played(line, "repeated_page").error == "Rejected"


@pytest.mark.parametrize("line", [line for line in LINES if line.vendor is not BAMBOOHR], ids=str)
def test_people_who_move_between_pages_are_found_or_missed_aloud(line: Line) -> None:
    outcome = played(line, "moving")
    assert len(outcome.ids) == PEOPLE or not outcome.report.complete


def test_a_wrong_total_proves_nothing_unless_a_count_does(line: Line) -> None:
    outcome = played(line, "wrong_total")
    assert len(outcome.ids) == PEOPLE
    assert outcome.report.complete == (line is REPORT)  # a report has no total, and its count is asked elsewhere


@pytest.mark.parametrize("line", [line for line in LINES if str(line) != "BambooHR guide"], ids=str)
def test_a_record_of_another_shape_is_put_aside_and_the_rest_come(line: Line) -> None:
    outcome = played(line, "malformed")
    assert outcome.error is None
    assert outcome.report.rejected == 1
    assert len(outcome.ids) == PEOPLE - 1
    refused = outcome.report.refused[0]
    assert refused.id
    assert "example.com" not in str(refused.error)


def test_a_lost_permission_is_told_and_is_nobodys_departure(line: Line) -> None:
    outcome = played(line, "lost_permission")
    assert len(outcome.ids) == PEOPLE
    if line.vendor is not INSIGHTLY:  # it sends nulls for what it hides, and does not say that it hides
        assert outcome.hidden > played(line, None).hidden


@pytest.mark.parametrize(("kind", "left"), [("empty_list", 0), ("half_list", PEOPLE // 2)])
def test_a_list_cut_short_with_its_total_looks_whole_unless_it_is_counted_elsewhere(
    line: Line, kind: str, left: int
) -> None:
    calm, outcome = played(line, None), played(line, kind)
    assert outcome.error is None
    assert len(outcome.ids) == left
    if line is REPORT:
        assert "it counts 60 when asked" in outcome.report.why
        assert not outcome.report.complete
    else:
        assert outcome.report.complete == calm.report.complete


def test_a_department_out_of_sight_is_missing_and_everything_counted_agrees(line: Line) -> None:
    calm, outcome = played(line, None), played(line, "lost_department")
    assert outcome.error is None
    assert PEOPLE // 2 < len(outcome.ids) < PEOPLE
    assert outcome.report.complete == calm.report.complete


def test_a_forbidden_list_is_read_another_way_or_is_an_error(line: Line) -> None:
    outcome = played(line, "forbidden")
    if line.vendor is BAMBOOHR:
        assert len(outcome.ids) == PEOPLE
    else:
        assert outcome.error == "Forbidden"


def test_an_answer_without_end_is_not_read_to_its_end(line: Line) -> None:
    outcome = played(line, "oversized")
    if line is REPORT:  # read as a stream, it is seen to be no report, and asked for again
        assert len(outcome.ids) == PEOPLE
    else:
        assert outcome.error == "Unavailable"


def test_the_table_of_faults_in_the_docs_is_what_happens() -> None:
    check_table("faults.md", _table())


def _table() -> Iterator[str]:
    yield "| fault | " + " | ".join(map(str, LINES)) + " |"
    yield "| --- |" + " --- |" * len(LINES)
    calm = [played(line, None) for line in LINES]
    for kind in FAULTS:
        told = [played(line, kind).told(before) for line, before in zip(LINES, calm, strict=True)]
        yield f"| `{kind}` | " + " | ".join(told) + " |"
