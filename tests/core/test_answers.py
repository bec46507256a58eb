"""What a vendor's answer means: every status is the error that a caller can act on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.answers import REASON_LENGTH, retry_after
from headcount.http import Headers
from headcount.privacy import redact

GET = hc.Request("GET", "/people")


def answer(status: int, **headers: str) -> hc.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return hc.Response(request=GET, status=status, reason="Because", headers=Headers(named))


def error(status: int, **how: Any) -> hc.VendorError:
    found = hc.classify(answer(status), **how)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, hc.Rejected),
        (401, hc.AuthError),
        (402, hc.NotInPlan),
        (403, hc.Forbidden),
        (404, hc.NotFound),
        (405, hc.NotFound),
        (408, hc.Unavailable),
        (409, hc.Conflict),
        (410, hc.Rejected),
        (412, hc.Conflict),
        (422, hc.Rejected),
        (429, hc.RateLimited),
        (500, hc.Unavailable),
        (501, hc.NotFound),
        (502, hc.Unavailable),
        (503, hc.Unavailable),
        (504, hc.Unavailable),
        (599, hc.Unavailable),
    ],
)
def test_each_status_is_one_error(status: int, kind: type[hc.VendorError]) -> None:
    found = error(status)
    assert type(found) is kind
    assert found.status == status
    assert f"GET /people answered {status}: Because" in str(found)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Upgrade to Enterprise to use this", hc.NotInPlan),
        ("This feature is not in your plan", hc.NotInPlan),
        ("Your subscription does not include API access", hc.NotInPlan),
        ("You are not allowed to see this employee", hc.Forbidden),
        ("Your access level does not allow it", hc.Forbidden),
    ],
)
def test_what_no_permission_would_change_is_told_apart(reason: str, kind: type[hc.VendorError]) -> None:
    found = error(403, reason=reason)
    assert type(found) is kind
    assert isinstance(found, hc.Forbidden)
    assert ("Whoever pays for the vendor's account" in found.advice) is (kind is hc.NotInPlan)


@given(status=st.integers(100, 399))
def test_what_is_no_error_is_none(status: int) -> None:
    assert hc.classify(answer(status)) is None


@given(status=st.integers(400, 599))
def test_there_is_an_error_for_every_status(status: int) -> None:
    assert isinstance(error(status), hc.VendorError)


def test_a_vendor_may_throttle_with_another_status() -> None:
    assert type(error(406, throttled={406, 429})) is hc.RateLimited
    assert type(error(406)) is hc.Rejected


def test_a_vendor_may_mean_another_error() -> None:
    assert type(error(403, kind=hc.QuotaExhausted)) is hc.QuotaExhausted


def test_the_reason_that_the_connector_found_is_told() -> None:
    assert "no such field" in str(error(400, reason="no such\n  field"))


def test_several_problems_are_told_each_and_together() -> None:
    found = error(422, reason=lambda response: ["name is\n required", "", "ada@example.com is taken"])
    assert isinstance(found, hc.Rejected)
    assert found.problems == ("name is required", "<e-mail> is taken")
    assert str(found).endswith("answered 422: name is required; <e-mail> is taken")


def test_problems_are_for_a_request_that_is_refused_as_such() -> None:
    found = error(500, reason=lambda response: ["one", "two"])
    assert type(found) is hc.Unavailable
    assert str(found).endswith("answered 500: one; two")
    assert not hasattr(found, "problems")


def test_one_reason_or_none_is_no_list_of_problems() -> None:
    reasons: dict[str, Any] = {"no": "no", "not": lambda response: "not", "Because": lambda response: []}
    for said, reason in reasons.items():
        found = error(400, reason=reason)
        assert isinstance(found, hc.Rejected)
        assert found.problems == ()
        assert str(found).endswith(f"answered 400: {said}")


def test_a_reason_is_told_only_so_far() -> None:
    assert len(str(error(400, reason="long " * 1000))) < REASON_LENGTH + 100


def test_an_error_keeps_the_vendors_number_of_the_request() -> None:
    found = hc.classify(answer(500, X_Request_Id="r-1"))
    assert found is not None
    assert found.request_id == "r-1"


# -- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), ("7", 7.0), ("1.5", 1.5), (" 3 ", 3.0)])
def test_a_wait_in_seconds(value: str, seconds: float) -> None:
    assert retry_after(answer(429, Retry_After=value)) == seconds


def test_a_wait_until_a_date_by_our_clock_where_the_vendor_tells_no_time() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    told = retry_after(answer(429, Retry_After=then))
    assert told is not None
    assert 57 < told <= 60


def test_a_wait_until_a_date_by_the_vendors_clock() -> None:
    told = answer(429, Retry_After="Wed, 21 Oct 2015 07:28:30 GMT", Date="Wed, 21 Oct 2015 07:28:00 GMT")
    assert retry_after(told) == 30


def test_a_date_that_is_over_is_no_wait() -> None:
    assert retry_after(answer(429, Retry_After="Wed, 21 Oct 2015 07:28:30 GMT")) == 0


@given(value=st.text(max_size=30) | st.from_regex(r"[0-9².,:+ -]{1,12}", fullmatch=True))
def test_whatever_stands_in_the_header_is_a_wait_or_none(value: str) -> None:
    told = retry_after(answer(429, Retry_After=value))
    assert told is None or told >= 0


@pytest.mark.parametrize("value", ["", "soon", "-5", "²", "Wed, 99 Foo 2015", "1e3"])
def test_what_is_no_wait_is_none(value: str) -> None:
    assert retry_after(answer(429, Retry_After=value)) is None


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, True), (403, False), (404, False), (400, False)])
def test_only_what_passes_is_waited_for(status: int, waits: bool) -> None:
    found = hc.classify(answer(status, Retry_After="5"), wait=9)
    assert found is not None
    assert found.retry_after == (5 if waits else None)


def test_the_connectors_own_wait_is_for_where_no_header_tells() -> None:
    assert error(429, wait=9).retry_after == 9
    assert error(429).retry_after is None


# -- personal data --------------------------------------------------------------------------------


@given(
    local=st.from_regex(r"[a-z][a-z0-9._+-]{2,12}", fullmatch=True),
    before=st.sampled_from(["", "user ", "<", '"', "x" * 280 + " ", "mailto:"]),
)
def test_an_address_is_masked_wherever_it_stands(local: str, before: str) -> None:
    assert f"{local}@" not in str(error(400, reason=f"{before}{local}@mail.example.com is taken"))


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 1234567",
        "(555) 123-4567",
        "555-123-4567",
        "5551234567",
        "078-05-1120",
        "+1.555.123.4567",
        "4111 1111 1111 1111",
    ],
)
def test_a_long_number_is_masked(number: str) -> None:
    text = redact(f"the number {number} is taken")
    assert text.startswith("the number ")
    assert text.endswith("is taken")
    assert not [part for part in number.replace("(", " ").replace(")", " ").split() if len(part) > 3 and part in text]


@pytest.mark.parametrize("text", ["field hireDate is unknown", "page 3 of 17", "code 1234", "v1/people", "a @ b"])
def test_what_is_no_personal_data_is_told_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_an_error_can_be_written_as_json() -> None:
    found = error(429, wait=3)
    assert json.loads(json.dumps([str(found), found.status, found.retry_after, found.code])) == [
        str(found),
        429,
        3,
        None,
    ]


def test_the_tree_of_errors_is_the_one_that_opens_the_module() -> None:
    from headcount import errors

    drawn = errors.__doc__ or ""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, hc.HeadcountError) and kind.__name__ in drawn for kind in kinds)


@pytest.mark.parametrize(("status", "asked"), [(200, 0), (204, 0), (400, 1), (500, 1)])
def test_a_body_is_looked_into_for_a_reason_only_where_there_is_an_error(status: int, asked: int) -> None:
    looked: list[hc.Response] = []

    def reason(response: hc.Response) -> str:
        looked.append(response)
        return "no such thing"

    error = hc.classify(answer(status), reason=reason)
    assert len(looked) == asked
    assert ("no such thing" in str(error)) is bool(asked)
