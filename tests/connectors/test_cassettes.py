"""The wire format of each connector's main requests, pinned: replayed without a network, recorded from the sandboxes.

`make cassettes` records them anew. The host in them is the vendor's, the people are the sandboxes' own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import headcount as hc
from headcount.plugins import connect
from tests.connectors.vendors import DIALECTS, VENDORS, Vendor

FOLDER = Path(__file__).parents[2] / "cassettes"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
PEOPLE = 10
KEPT_HEADERS = ("content-type", "x-total-count", "x-ratelimit-remaining", "x-bamboohr-error-message")
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
    def request_as_kept(request: Any) -> Any:
        request.uri = re.sub(r"^http://127\.0\.0\.1:\d+", HOSTS[vendor.name], request.uri)
        request.headers = {}
        return request

    def response_as_kept(response: dict[str, Any]) -> dict[str, Any]:
        headers = {name: value for name, value in response["headers"].items() if name.lower() in KEPT_HEADERS}
        body = response["body"]["string"].decode() if isinstance(response["body"]["string"], bytes) else ""
        body = re.sub(r"http://127\.0\.0\.1:\d+", HOSTS[vendor.name], body)
        return {"status": response["status"], "headers": headers, "body": {"string": _readable(body).encode()}}

    return {
        "decode_compressed_response": True,
        "before_record_request": request_as_kept,
        "before_record_response": response_as_kept,
        "match_on": ["method", "scheme", "host", "path", "query", "body"],
    }


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=1, ensure_ascii=False) + "\n"
    except ValueError:
        return body


@pytest.fixture
def connection(request: pytest.FixtureRequest, vendor: Vendor, dialect: str) -> Iterator[hc.Connection]:
    """The vendor's own address when cassettes are replayed, the sandbox's when they are recorded."""
    options = hc.Options(rate=hc.UNLIMITED, threads=1)
    if request.config.getoption("--record-mode") in (None, "none"):
        with connect(vendor.connector, **SETTINGS[vendor.name], options=options) as replayed:
            yield replayed
    else:
        with vendor.start(people=PEOPLE, dialect=dialect, now=NOW) as box, box.connect(options=options) as recorded:
            yield recorded


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


def test_no_cassette_holds_a_secret_or_a_stranger() -> None:
    cassettes = sorted(FOLDER.glob("*/*.yaml"))
    assert len(cassettes) == 4 * len(VENDORS) * len(DIALECTS)
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
