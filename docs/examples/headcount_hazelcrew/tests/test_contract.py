"""The contract that every connector keeps, against Hazelcrew's sandbox, and what its tokens and its postings do."""

from __future__ import annotations

from datetime import date

import headcount as hc
import pytest
from headcount.sandbox import Person
from headcount.testing import ConnectorContract

from headcount_hazelcrew import hazelcrew
from headcount_hazelcrew.sandbox import READ, HazelcrewSandbox


class TestHazelcrew(ConnectorContract):
    connector = hazelcrew
    sandbox = HazelcrewSandbox


def somebody(box: HazelcrewSandbox) -> Person:
    """Somebody with nothing odd about them."""
    return box.people[30]


def test_the_token_says_whose_it_is_and_when_it_ends() -> None:
    with HazelcrewSandbox(people=40) as box, hc.connect(hazelcrew, **box.settings) as hr:
        me = hr.whoami()
    assert (me.id, me.role) == ("1", "crew:read crew:write")
    assert me.expires is not None
    assert me.expires.endswith("UTC, it says")


def test_a_token_that_may_not_write_plans_and_changes_nothing() -> None:
    with HazelcrewSandbox(people=40) as box, hc.connect(hazelcrew, store="sqlite://", **box.settings) as hr:
        box.scopes = (READ,)
        id, before = box.id_of(somebody(box)), somebody(box).title
        plan = hr.plan(hc.Update(id=id, fields={"job_title": "Keeper"}))
        with pytest.raises(hc.Forbidden, match="the token lacks the scope crew:write"):
            hr.apply(plan)
        assert somebody(box).title == before


def test_days_leave_as_the_vendor_writes_them() -> None:
    with HazelcrewSandbox(people=40) as box, hc.connect(hazelcrew, **box.settings) as hr:
        plan = hr.plan(hc.Terminate(id=box.id_of(somebody(box)), on=date(2031, 12, 30), reason="Moves abroad"))
    assert plan.steps[0].request.json == {"day": "30/12/2031", "why": "Moves abroad"}
    assert plan.expect["termination_date"] == "2031-12-30"


def test_who_joins_a_crew_keeps_the_site() -> None:
    with HazelcrewSandbox(people=40) as box, hc.connect(hazelcrew, store="sqlite://", **box.settings) as hr:
        person = somebody(box)
        crew = next(group for group in hr.groups() if group.type.source == "crew" and group.name != person.department)
        site = person.location
        outcome = hr.join(box.id_of(person), crew.id, approved_by="grace")
        assert outcome.state == "proved"
        assert (person.department, person.location) == (crew.name, site)
