"""The wire format of each connector's main requests, pinned: replayed without a network, recorded from the sandboxes.

`make cassettes` records them anew. The host in them is the vendor's, the people are the sandboxes' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import headcount as hc
from headcount.changes import Change
from headcount.planning import plan_of
from headcount.plugins import connect
from headcount.testing.recordings import answer_as_kept, request_as_kept
from tests.connectors.vendors import DIALECTS, VENDORS, Vendor

FOLDER = Path(__file__).parents[2] / "cassettes"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
PEOPLE = 10
KEPT_HEADERS = ("content-type", "location", "x-total-count", "x-ratelimit-remaining", "x-bamboohr-error-message")
SETTINGS: dict[str, dict[str, Any]] = {
    "namely": {"company": "acme", "token": "scrubbed"},
    "bamboohr": {"company": "acme", "api_key": "scrubbed"},
    "insightly": {"api_key": "scrubbed"},
}
HOSTS = {
    "namely": "https://acme.namely.com",
    "bamboohr": "https://api.bamboohr.com",
    "insightly": "https://api.na1.insightly.com",
}


@pytest.fixture
def vcr_cassette_dir(vendor: Vendor) -> str:
    return str(FOLDER / vendor.name)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest, dialect: str) -> str:
    return f"{request.node.originalname.removeprefix('test_')}-{dialect}"


@pytest.fixture
def vcr_config(vendor: Vendor) -> dict[str, Any]:
    def at_home(text: str) -> str:
        return re.sub(r"http://127\.0\.0\.1:\d+", HOSTS[vendor.name], text)

    def request_at_home(request: Any) -> Any:
        request.uri = at_home(request.uri)
        return request_as_kept(request)

    def answer_at_home(answer: dict[str, Any]) -> dict[str, Any]:
        kept = answer_as_kept(answer, KEPT_HEADERS)
        headers = {name: [at_home(value) for value in told] for name, told in sorted(kept["headers"].items())}
        return {
            **kept,
            "headers": headers,
            "body": {"string": _readable(at_home(kept["body"]["string"].decode())).encode()},
        }

    return {
        "decode_compressed_response": True,
        "before_record_request": request_at_home,
        "before_record_response": answer_at_home,
        "match_on": ["method", "scheme", "host", "path", "query", "body"],
    }


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=1, ensure_ascii=False) + "\n"
    except ValueError:
        return body


@pytest.fixture
def connection(request: pytest.FixtureRequest, vendor: Vendor, dialect: str, tmp_path: Path) -> Iterator[hc.Connection]:
    """The vendor's own address when cassettes are replayed, the sandbox's when they are recorded."""
    how: dict[str, Any] = {
        "options": hc.Options(rate=hc.UNLIMITED, threads=1),
        "store": hc.Journal(f"sqlite:///{tmp_path}/journal.db", now=lambda: NOW),
        "policy": hc.Policy(looks=()),
    }
    if request.config.getoption("--record-mode") in (None, "none"):
        with connect(vendor.connector, **SETTINGS[vendor.name], **how) as replayed:
            yield replayed
    else:
        with vendor.start(people=PEOPLE, dialect=dialect, now=NOW) as box, box.connect(**how) as recorded:
            yield recorded
    how["store"].close()


@pytest.mark.vcr
def test_employees(connection: hc.Connection) -> None:
    listing = connection.employees()
    people = list(listing)
    assert len(people) == PEOPLE
    assert listing.report.rejected == 0
    assert people[0].work_email == "imani.silva.1@example.com"
    statuses = [person.status.source for person in people]
    assert None not in statuses


@pytest.mark.vcr
def test_groups(connection: hc.Connection, vendor: Vendor, dialect: str) -> None:
    if vendor.name == "insightly" and dialect == "guide":
        with pytest.raises(hc.Unsupported):
            list(connection.groups())
        return
    groups = list(connection.groups())
    assert groups
    assert all(group.name and group.type.source for group in groups)


@pytest.mark.vcr
def test_whoami(connection: hc.Connection) -> None:
    assert connection.whoami().work_email == "imani.silva.1@example.com"


@pytest.mark.vcr
def test_one_employee_that_is_not_there(connection: hc.Connection) -> None:
    with pytest.raises(hc.NotFound):
        connection.employee("999999")


def applied(connection: hc.Connection, change: Change) -> hc.Outcome:
    """The outcome of a change on the day of the cassettes, by the way that a person's approval takes."""
    plan = plan_of(connection, change, NOW)
    return connection.apply(plan, approval=hc.Approval(plan=plan.digest, by="Ada King", at=NOW))


def offers_no_writes(vendor: Vendor, dialect: str) -> bool:
    return (vendor.name, dialect) == ("insightly", "observed")


@pytest.mark.vcr
def test_a_hire(connection: hc.Connection, vendor: Vendor, dialect: str) -> None:
    fields = {"given_name": "Ada", "family_name": "King", "work_email": "ada.king@example.com"}
    fields |= {} if vendor.name == "insightly" else {"start_date": "2026-05-04"}
    fields |= {"time_type": "full_time", "job_title": "Engineer"} if vendor.name == "bamboohr" else {}
    if offers_no_writes(vendor, dialect):
        with pytest.raises(hc.Unsupported):
            plan_of(connection, hc.Hire(fields), NOW)
        return
    outcome = applied(connection, hc.Hire(fields))
    assert outcome.state == "proved"
    assert outcome.sent == (3 if vendor.name == "bamboohr" else 1)
    assert outcome.id is not None
    assert connection.employee(outcome.id).work_email == "ada.king@example.com"


@pytest.mark.vcr
def test_a_termination(connection: hc.Connection, vendor: Vendor, dialect: str) -> None:
    id = next(person.id for person in connection.employees() if person.work_email == "imani.silva.1@example.com")
    if offers_no_writes(vendor, dialect):
        with pytest.raises(hc.Unsupported):
            plan_of(connection, hc.Terminate(id=id, on=NOW.date()), NOW)
        return
    on = NOW.date() - timedelta(days=0 if vendor.name == "insightly" else 7)
    assert whose_key_dies(vendor) in " ".join(plan_of(connection, hc.Terminate(id=id, on=on), NOW).warnings)
    if vendor.name == "namely":  # whose token it is: nothing could be read back
        return
    assert (outcome := applied(connection, hc.Terminate(id=id, on=on, type="voluntary"))).state == "proved"
    assert outcome.shown["status"] in ("inactive", "terminated")


def whose_key_dies(vendor: Vendor) -> str:
    return "" if vendor.name == "bamboohr" else "dies with"


def test_no_cassette_holds_a_secret_or_a_stranger() -> None:
    cassettes = sorted(FOLDER.glob("*/*.yaml"))
    assert len(cassettes) == 6 * len(VENDORS) * len(DIALECTS)
    for file in cassettes:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"authorization|sandbox-key|scrubbed|127\.0\.0\.1", text, re.IGNORECASE), file
        assert not re.search(r"\b(?!000)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b", text), f"{file}: a government id?"
        strangers = set(re.findall(r"[\w.+-]+@[\w.-]+\.\w+", text))
        assert all(re.search(r"[@.]example\.(com|net|org)$", address) for address in strangers), strangers


def test_cassettes_can_be_read_by_a_person() -> None:
    for file in FOLDER.glob("*/*.yaml"):
        kept = yaml.safe_load(file.read_text(encoding="utf-8"))
        for exchange in kept["interactions"]:
            assert isinstance(exchange["response"]["body"]["string"], str)
        assert max(map(len, file.read_text(encoding="utf-8").splitlines())) < 1000
