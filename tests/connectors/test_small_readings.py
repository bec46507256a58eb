"""Small things that a connector makes of what it is given, each by itself and without a server."""

from __future__ import annotations

from typing import Any

import pytest

import headcount as hc
from headcount.codec import dumps
from headcount.http import Headers
from headcount_insightly import insightly
from headcount_insightly import reading as insightly_reading
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import reading as namely_reading


def answered(status: int, body: Any = None, **headers: str) -> hc.Response:
    told = Headers(
        {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    )
    return hc.Response(request=hc.Request("GET", "/people"), status=status, headers=Headers(told), body=dumps(body))


@pytest.mark.parametrize(("status", "kind"), [(404, hc.NotFound), (401, hc.AuthError), (500, hc.Unavailable)])
def test_a_quota_that_is_used_up_is_told_by_429_alone(status: int, kind: type[hc.VendorError]) -> None:
    error = insightly_reading.classify(answered(status, X_RateLimit_Remaining="0"))
    assert type(error) is kind
    assert type(insightly_reading.classify(answered(429, X_RateLimit_Remaining="0"))) is hc.QuotaExhausted


def test_where_no_teams_are_told_the_groups_are_not_in_the_vendors_model() -> None:
    for dialect, reason in (("guide", hc.NullReason.NOT_IN_VENDOR_MODEL), ("observed", None)):
        with InsightlySandbox(people=3, dialect=dialect) as box, box.connect() as account:
            person = next(account.employees())
            assert (person.group_ids is None) is (dialect == "guide")
            assert person.absent.get("group_ids") is reason


def test_the_role_of_a_key_is_its_owners() -> None:
    with InsightlySandbox(people=3) as box, box.connect() as account:
        assert insightly.whoami
        assert account.whoami().role == "administrator"
        box.administrator = False
        assert account.whoami().role == "user"


def test_a_group_without_a_name_bears_its_id() -> None:
    named = {"id": "7", "title": "Sales", "name": "Other"}
    told = [{"id": "7"}, {"id": "7", "name": "Sales"}, named]
    assert [namely_reading.to_group(raw, namely_reading.Known()).name for raw in told] == ["7", "Sales", "Sales"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"message": "Invalid", "errors": ["Email is taken", ["Name is too long"]]},
            "Email is taken; Name is too long",
        ),
        ({"message": "Invalid", "errors": None}, "Invalid"),
        ({"message": "Invalid"}, "Invalid"),
        ({"errors": {"email": ["is taken"]}}, "is taken"),
        ([], ""),
    ],
)
def test_the_reason_is_in_the_errors_and_else_in_the_message(body: Any, said: str) -> None:
    error = namely_reading.classify(answered(422, body))
    assert isinstance(error, hc.Rejected)
    assert (said in str(error)) if said else str(error).startswith("GET /people answered 422")
    assert "Invalid" not in str(error) or said == "Invalid"


def profile(**more: Any) -> hc.Employee:
    return namely_reading.to_employee(
        {"id": "7", "user_status": "active", **more}, namely_reading.Known(web="https://a.b")
    )


def test_the_first_of_several_managers_is_the_manager() -> None:
    person = profile(reports_to=[{"id": "1"}, {"id": "2"}, {"id": namely_reading.NOBODY}])
    assert (person.manager_id, person.manager_ids) == ("1", ("1", "2"))


@pytest.mark.parametrize(
    ("salary", "told"),
    [
        ({"amount": "10", "currency": "EUR", "pay_period": "monthly"}, ("10", "EUR")),
        ({"yearly_amount": "120", "currency_type": "USD"}, ("120", "USD")),
        ({"yearly_amount": "120", "amount": "10", "currency_type": "USD"}, ("120", "USD")),
        ({"currency": "EUR"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_pay_is_the_year_s_where_that_is_told_and_else_the_period_s(salary: Any, told: Any) -> None:
    pay = profile(salary=salary).compensation
    assert (None if pay is None else (str(pay.amount), pay.currency)) == told


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("/pictures/7", "https://a.b/pictures/7"),
        ({"original": "/pictures/7"}, "https://a.b/pictures/7"),
        ("https://c.d/7", "https://c.d/7"),
        ("", None),
        (None, None),
    ],
)
def test_a_picture_is_below_the_web_address_or_stands_whole(image: Any, url: str | None) -> None:
    assert profile(image=image).photo_url == url


def test_groups_are_not_told_where_a_profile_has_no_word_of_them() -> None:
    assert profile().group_ids is None
    assert profile(department={"id": "d"}).group_ids is None  # where that alone stands, others may be hidden
    assert profile(groups=[], department={"id": "d"}).group_ids == ("d",)
    assert profile(links={"groups": [{"id": "g"}], "teams": [{"id": "t"}]}).group_ids == ("g", "t")


def test_the_place_of_work_is_a_location_and_no_team() -> None:
    kinds = {id: hc.Coded(kind, kind.value) for id, kind in (("t", hc.GroupType.TEAM), ("l", hc.GroupType.LOCATION))}
    known = namely_reading.Known(kinds=kinds)
    assert namely_reading.location(("other", "t", "l"), known) == "l"
    assert namely_reading.location(("t",), known) is None
