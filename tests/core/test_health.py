"""How a credential fares is worked out from what is known, and says what is to be done before a connection dies."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.health import WARNED, CredentialHealth, concerns_of, looked_at, seen
from tests.core.conftest import Connect
from tests.core.toy import Toy, rows_of

TODAY = date(2026, 11, 29)


def owner(status: hc.EmployeeStatus = hc.EmployeeStatus.ACTIVE, left: date | None = None) -> hc.Employee:
    return hc.Employee(
        id="1", status=hc.Coded(status, status.value), start_date=date(2020, 1, 1), termination_date=left
    )


def kinds(health: CredentialHealth, of: hc.Employee | None = None, **more: bool) -> list[str]:
    return [concern.kind for concern in concerns_of(health, of, TODAY, **more)]


@pytest.mark.parametrize(
    ("of", "deleted", "told"),
    [
        (None, False, []),
        (owner(), False, []),
        (owner(left=date(2026, 12, 31)), False, ["owner-leaves"]),
        (owner(left=TODAY), False, ["owner-leaves"]),
        (owner(left=date(2026, 11, 28)), False, ["owner-left"]),
        (owner(hc.EmployeeStatus.TERMINATED), False, ["owner-left"]),
        (owner(hc.EmployeeStatus.INACTIVE), False, []),
        (owner(), True, ["owner-left"]),
        (owner(left=date(2026, 12, 31)), True, ["owner-left"]),
    ],
)
def test_who_leaves_is_told_before_the_day(of: hc.Employee | None, deleted: bool, told: list[str]) -> None:
    assert kinds(CredentialHealth(), of, deleted=deleted) == told


def test_who_was_taken_on_again_has_not_left() -> None:
    again = attrs.evolve(owner(left=date(2019, 6, 30)), start_date=date(2020, 1, 1))
    assert kinds(CredentialHealth(), again) == []


@pytest.mark.parametrize(
    ("days", "told"), [(400, []), (32, []), (31, ["ends"]), (1, ["ends"]), (0, ["ends"]), (-1, ["ended"])]
)
def test_the_end_is_warned_of_a_month_before(days: int, told: list[str]) -> None:
    assert timedelta(days=31) == WARNED
    assert kinds(CredentialHealth(ends_on=TODAY + timedelta(days=days))) == told


def test_a_warning_names_nobody() -> None:
    health = CredentialHealth(owner=hc.Identity(id="tweety", name="tweety"), ends_on=TODAY, lost=("salary",))
    person = attrs.evolve(owner(left=TODAY), id="tweety", given_name="tweety", work_email="tweety@example.com")
    told = " ".join(map(str, concerns_of(health, person, TODAY)))
    assert "tweety" not in told
    assert "headcount reconnect" in told


names = st.sets(st.sampled_from("abcdef"))


@given(st.lists(st.tuples(names, names), min_size=1, max_size=5))
def test_what_was_seen_and_is_withheld_is_lost_until_it_is_seen_again(looks: list[tuple[set[str], set[str]]]) -> None:
    health, lost, was = CredentialHealth(), set[str](), set[str]()
    for sees, hidden in looks:
        withheld = hidden - sees
        health = looked_at(CredentialHealth(), health, sees=sees, withheld=withheld)
        if sees or withheld:
            lost, was = (lost | was) & withheld, sees
        assert set(health.lost) == lost
        assert set(health.sees) == was


@given(
    st.builds(
        CredentialHealth,
        owner=st.builds(hc.Identity, id=st.none() | st.text(), name=st.none() | st.text(), expires=st.none()),
        granted=st.booleans(),
        made_on=st.none() | st.dates(),
        since=st.none() | st.datetimes(timezones=st.just(UTC)),
        ends_on=st.none() | st.dates(),
        asked_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        sees=names.map(lambda found: tuple(sorted(found))),
        lost=names.map(lambda found: tuple(sorted(found))),
    )
)
def test_it_is_kept_as_plain_values(health: CredentialHealth) -> None:
    assert CredentialHealth.of_dict(json.loads(json.dumps(health.as_dict()))) == health


def test_what_an_earlier_headcount_kept_of_the_owner_is_read() -> None:
    told = {"id": "1", "name": "Ada", "work_email": None, "role": "admin", "expires": "never"}
    assert CredentialHealth.of_dict(told) == CredentialHealth(
        owner=hc.Identity(id="1", name="Ada", role="admin", expires="never")
    )


def test_what_nobody_may_see_of_anybody_is_withheld(toy: Toy, connect: Connect) -> None:
    toy.given = [{**row, "hired": None} for row in rows_of(5)]
    with connect(toy) as connection:
        listing = connection.employees()
        assert seen(connection, listing.report) == ([], [])  # nobody was looked at
        assert len(list(listing)) == 5
        sees, withheld = seen(connection, listing.report)
    assert sees == ["family_name", "given_name", "start_date"]
    assert withheld == ["mobile_phone", "work_email"]


def test_a_credential_that_is_not_taken_is_an_error_and_no_health(toy: Toy, connect: Connect) -> None:
    connection = connect(toy)
    toy.key = "another"
    with pytest.raises(hc.AuthError):
        connection.health()


def test_when_it_was_asked_is_told(toy: Toy, connect: Connect) -> None:
    begun = datetime.now(UTC)
    with connect(toy) as connection:
        health = connection.health()
    assert health.asked_at is not None
    assert health.asked_at >= begun
    assert not health.granted
