"""JSON in and out: the same with msgspec and without it, and nothing lost on the way."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount import codec

ADA = hc.Employee(
    id="7",
    status=hc.Coded(hc.EmployeeStatus.ACTIVE, "Full-Time"),
    given_name="Zoë 李",
    start_date=date(2020, 2, 29),
    created_at=datetime(2020, 1, 1, 23, 30, tzinfo=UTC),
    updated_at=datetime(2020, 1, 1, 23, 30, 5, 250000, tzinfo=UTC),
    manager_ids=("1", "2"),
    group_ids=None,
    custom_fields={"c1": hc.CustomField(key="c1", label="T-shirt", type="list", value=["S", {"x": 1.5}])},
    employments=(hc.Employment(id="e1", employee_id="7", start_date=date(2020, 2, 29)),),
    compensation=hc.Compensation(
        amount=Decimal("1234.10"), currency="EUR", period=hc.Coded(hc.PayPeriod.MONTH, "Monthly")
    ),
    demographics=hc.Demographics(date_of_birth=date(1990, 12, 31), home_address=hc.Address(city="Oslo")),
    absent={"job_title": hc.NullReason.NOT_PERMITTED},
    raw={"id": 7, "secret": None},
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=10,
)


@pytest.fixture(params=["msgspec", "json"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """With msgspec, and as if it were not installed."""
    if request.param == "json":
        monkeypatch.setattr(codec, "msgspec", None)
    else:
        pytest.importorskip("msgspec")
    return request.param


def test_a_record_is_plain_values() -> None:
    found = hc.to_dict(ADA)
    assert found["id"] == "7"
    assert found["status"] == {"value": "active", "source": "Full-Time"}
    assert found["start_date"] == "2020-02-29"
    assert found["manager_ids"] == ["1", "2"]
    assert found["group_ids"] is None
    assert found["compensation"]["amount"] == "1234.10"
    assert found["compensation"]["period"] == {"value": "month", "source": "Monthly"}
    assert found["demographics"]["date_of_birth"] == "1990-12-31"
    assert found["demographics"]["home_address"]["city"] == "Oslo"
    assert found["custom_fields"]["c1"]["value"] == ["S", {"x": 1.5}]
    assert found["employments"][0]["start_date"] == "2020-02-29"
    assert found["absent"] == {"job_title": "not_permitted"}
    assert found["display_name"] == "Zoë 李"


def test_instants_are_utc_and_end_in_z() -> None:
    found = hc.to_dict(ADA)
    assert found["created_at"] == "2020-01-01T23:30:00Z"
    assert found["updated_at"] == "2020-01-01T23:30:05.250000Z"


def test_every_field_is_written_but_the_vendors_record() -> None:
    assert set(hc.to_dict(ADA)) == {field.name for field in attrs.fields(hc.Employee)} - {"raw"} | {"display_name"}


def test_the_vendors_record_is_written_where_it_is_asked_for() -> None:
    assert hc.to_dict(ADA, raw=True)["raw"] == {"id": 7, "secret": None}
    assert "raw" not in hc.to_dict(ADA)["employments"][0]


@pytest.mark.parametrize(
    "record",
    [
        ADA,
        hc.Employee(id="1", status=hc.Coded(hc.EmployeeStatus.UNKNOWN)),
        hc.Group(id="1", name="A", type=hc.Coded(hc.GroupType.TEAM), address=hc.Address(city="Oslo")),
        hc.Company(id="1"),
        hc.Identity(),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_goes_to_json_and_back(library: str, record: Any) -> None:
    written = codec.dumps(hc.to_dict(record))
    assert codec.loads(written) == json.loads(written) == hc.to_dict(record)
    assert b"\n" not in written


@pytest.mark.parametrize(
    "record", [ADA, hc.Employee(id="1", status=hc.Coded(hc.EmployeeStatus.ACTIVE)), hc.Company(id="1")]
)
def test_a_record_with_the_vendors_own_goes_to_json_whether_it_has_one_or_not(library: str, record: Any) -> None:
    written = json.loads(codec.dumps(hc.to_dict(record, raw=True)))
    assert written["raw"] == dict(record.raw)


def test_both_write_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("msgspec")
    fast = codec.dumps(hc.to_dict(ADA))
    monkeypatch.setattr(codec, "msgspec", None)
    assert codec.dumps(hc.to_dict(ADA)) == fast
    assert "李".encode() in fast


def both(function: Any, value: Any) -> tuple[Any, Any]:
    with_it = function(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "msgspec", None)
        return with_it, function(value)


@given(value=VALUES)
def test_both_write_what_reads_the_same(value: Any) -> None:
    fast, plain = both(codec.dumps, value)
    assert json.loads(fast) == json.loads(plain) == value


@given(value=VALUES, ascii=st.booleans())
def test_both_read_the_same(value: Any, ascii: bool) -> None:
    fast, plain = both(codec.loads, json.dumps(value, ensure_ascii=ascii).encode())
    assert fast == plain == value


@pytest.mark.parametrize("value", [Decimal("0.10"), Decimal("1E+3"), Decimal("12345678901234567890.123456789")])
def test_money_is_written_as_text_and_exactly(library: str, value: Decimal) -> None:
    written = json.loads(codec.dumps({"amount": value}))["amount"]
    assert isinstance(written, str)
    assert Decimal(written) == value


def test_a_long_id_is_not_rounded(library: str) -> None:
    assert codec.loads(b'{"id": 123456789012345678901234567890}') == {"id": 123456789012345678901234567890}


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b'{"a": 1,}', b"[1] 2", b"\xff", b'{"a": NaN}', b"[Infinity]"])
def test_what_is_no_json_is_a_value_error(library: str, body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each library has its own
        codec.loads(body)


def test_a_mark_at_the_beginning_is_read_alike() -> None:
    def read(body: bytes) -> Any:
        try:
            return codec.loads(body)
        except ValueError:
            return "refused"

    fast, plain = both(read, b'\xef\xbb\xbf{"a": 1}')
    assert fast == plain
