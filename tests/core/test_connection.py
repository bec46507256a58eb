"""One connector and one company's settings: what it can do, what it cannot, and what it never shows."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.listing import Resume
from headcount.plugins import new_manager
from tests.core.conftest import Connect
from tests.core.toy import FIELDS, TOY, Settings, Toy, count, reads, rows_of


def to_group(raw: hc.Raw, known: Any) -> hc.Group:
    return hc.Group(id=str(raw["id"]), name=str(raw["first"]), type=hc.Coded(hc.GroupType.TEAM))


def groups(http: hc.Transport, ask: hc.Ask) -> Any:
    return http.pages(hc.Request("GET", "/numbered"), at="people", by=hc.numbered("page"))


def test_one_employee_is_read_by_the_vendors_id(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(3)
    person = connect(toy).employee("2")
    assert (person.id, person.given_name) == ("2", "First2")
    assert [logged.path for logged in toy.log] == ["/api/people/2"]
    assert person.absent["job_title"] is hc.NullReason.NOT_IN_VENDOR_MODEL


def test_one_employee_is_the_same_as_in_the_list(toy: Toy, connect: Connect) -> None:
    toy.given = [{"id": 1, "first": "", "state": "Active", "pay": "5"}]
    connection = connect(toy, scopes=list(hc.Scope))
    assert connection.employee("1") == next(connection.employees())
    assert connection.employee("1").raw == next(connection.employees()).raw


def test_an_employee_who_is_not_there_is_not_found(toy: Toy, connect: Connect) -> None:
    with pytest.raises(hc.NotFound):
        connect(toy).employee("9")


def test_an_employee_who_cannot_be_read_is_a_record_error_without_the_value(toy: Toy, connect: Connect) -> None:
    toy.given = [{"id": 1, "hired": "born-yesterday"}]
    with pytest.raises(hc.RecordError) as caught:
        connect(toy).employee("1")
    assert "toy: Person.hired: not a date" in str(caught.value)
    assert "yesterday" not in str(caught.value)


def test_what_the_vendor_cannot_do_is_refused_and_what_it_can_is_told(toy: Toy, connect: Connect) -> None:
    connection = connect(toy, reads(one=None))
    for verb in (connection.groups, connection.company, connection.whoami, lambda: connection.employee("1")):
        with pytest.raises(hc.Unsupported, match=r"toy cannot .*; it can: employees"):
            verb()
    assert toy.log == []


def test_what_a_connector_can_is_read_off_what_is_there(toy: Toy, connect: Connect) -> None:
    assert connect(toy).connector.can == ("employees", "employees.one")
    whole = connect(
        toy,
        reads(count=count, history=lambda http: {}),
        groups=hc.Resource(all=groups, to=to_group),
        whoami=lambda http: hc.Identity(id="1"),
        company=lambda http: hc.Company(id="c"),
    )
    assert whole.connector.can == (
        "company",
        "employees",
        "employees.count",
        "employees.history",
        "employees.one",
        "groups",
        "whoami",
    )
    assert whole.whoami() == hc.Identity(id="1")
    assert whole.company() == hc.Company(id="c")


def test_groups_are_listed_as_employees_are(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(12)
    made: hc.Resource[hc.Group] = hc.Resource(all=groups, to=to_group)
    teams = connect(toy, groups=made).groups()
    assert [team.id for team in teams] == [str(number) for number in range(1, 13)]
    assert teams.report.accepted == 12


def test_a_server_that_does_not_describe_the_company_is_told(toy: Toy, connect: Connect) -> None:
    def company(http: hc.Transport) -> hc.Company:
        return hc.Company(id=http.record(hc.Request("GET", "/company"))["id"])

    with pytest.raises(hc.Unsupported, match="does not describe the company"):
        connect(toy, company=company).company()


def test_identity_and_work_are_always_read(toy: Toy, connect: Connect) -> None:
    assert connect(toy, scopes=()).scopes == {hc.Scope.IDENTITY, hc.Scope.WORK}
    assert connect(toy, scopes=("compensation",)).scopes == {hc.Scope.IDENTITY, hc.Scope.WORK, hc.Scope.COMPENSATION}


def test_a_scope_that_does_not_exist_is_refused(toy: Toy, connect: Connect) -> None:
    with pytest.raises(ValueError, match="salary"):
        connect(toy, scopes=("salary",))


def test_a_list_is_told_what_is_wanted(toy: Toy, connect: Connect) -> None:
    asked: list[list[str]] = []

    def everyone(http: hc.Transport, ask: hc.Ask) -> Any:
        asked.append(hc.asked(FIELDS, ask.wanted))
        return iter(())

    list(connect(toy, reads(all=everyone)).employees())
    list(connect(toy, reads(all=everyone), scopes=("compensation",)).employees())
    assert asked == [["first", "last", "mail", "mobile", "hired"], ["first", "last", "mail", "hired", "pay"]]


def test_what_is_known_beside_the_records_is_read_once_a_list(toy: Toy, connect: Connect) -> None:
    read: list[int] = []

    def known(http: hc.Transport, wanted: hc.Wanted) -> str:
        read.append(1)
        return "known"

    def to(raw: hc.Raw, known: Any) -> hc.Employee:
        return hc.Employee(id=str(raw["id"]), status=hc.Coded(hc.EmployeeStatus.ACTIVE), job_title=known)

    toy.given = rows_of(25)
    titles = {person.job_title for person in connect(toy, reads(known=known, to=to)).employees()}
    assert (titles, read) == ({"known"}, [1])


def test_a_connection_shows_where_it_leads_and_not_the_credential(
    toy: Toy, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    toy.given = rows_of(25)
    toy.key = "sesame-open-sesame"
    connection = connect(toy)
    list(connection.employees())
    assert repr(connection) == f"<Connection to toy at {toy.base_url}>"
    for text in (str(connection), repr(vars(connection)), repr(vars(connection.http)), caplog.text):
        assert "sesame" not in text


def test_a_refused_credential_says_where_to_find_another(toy: Toy, connect: Connect) -> None:
    toy.revoked = True
    with pytest.raises(hc.AuthError) as caught:
        list(connect(toy).employees())
    assert "Check token: Toy: Settings > Tokens." in str(caught.value)
    assert toy.key not in str(caught.value)


def test_a_connection_closes_at_the_end_of_its_block_and_may_be_used_again(toy: Toy, connect: Connect) -> None:
    toy.given = rows_of(3)
    with connect(toy) as connection:
        assert len(list(connection.employees())) == 3
    assert connection.http._sessions == []
    assert len(list(connection.employees())) == 3


def test_nothing_but_reading_can_be_sent(toy: Toy, connect: Connect) -> None:
    with pytest.raises(hc.Unsupported):
        connect(toy).http.send(hc.Request("DELETE", "/people/1"))
    assert toy.log == []


def test_the_settings_that_the_line_that_writes_is_made_of_do_not_show_the_secret(toy: Toy, connect: Connect) -> None:
    connection = connect(toy)
    assert connection.settings == Settings(token=toy.key)
    assert toy.key not in repr(connection.settings)


def test_the_line_that_writes_is_made_when_it_is_needed_and_is_another(toy: Toy, connect: Connect) -> None:
    connection = connect(toy)
    assert "writer" not in vars(connection)
    assert connection.writer.send(hc.Request("DELETE", "/people/1")).status == 200
    with pytest.raises(hc.Unsupported):
        connection.http.send(hc.Request("DELETE", "/people/1"))
    assert [logged.method for logged in toy.log] == ["DELETE"]


def test_without_a_scim_endpoint_there_is_no_line_to_it(toy: Toy, connect: Connect) -> None:
    connection = connect(toy)
    assert connection.scim is None
    assert connection.scim_writer is None


def test_a_scim_line_has_an_address_and_a_credential_of_its_own(toy: Toy, connect: Connect) -> None:
    with Toy() as other:
        other.key = "another-key"
        connection = connect(toy, scim=lambda settings: (other.base_url, hc.Bearer(other.key)))
        assert connection.scim is not None
        assert connection.scim_writer is not None
        assert connection.scim.json(hc.Request("GET", "/count")) == {"count": 0}
        with pytest.raises(hc.Unsupported):
            connection.scim.send(hc.Request("DELETE", "/people/1"))
        connection.scim_writer.send(hc.Request("DELETE", "/people/1"))
        assert [logged.method for logged in other.log] == ["GET", "DELETE"]
        assert toy.log == []


def test_closing_closes_every_line_that_was_opened(toy: Toy, connect: Connect) -> None:
    connection = connect(toy, scim=lambda settings: (toy.base_url, hc.Bearer(settings.token)))
    every = (connection.http, connection.scim, connection.writer, connection.scim_writer)
    lines = [line for line in every if line is not None]
    for line in lines:
        line.send(hc.Request("GET", "/count"))
    connection.close()
    assert [line._sessions for line in lines] == [[]] * 4


def test_looking_one_up_gives_the_vendors_whole_record_beside_it(toy: Toy, connect: Connect) -> None:
    toy.given = [{"id": 1, "state": "Active", "pay": "5", "shoe": 43}]
    person, raw = connect(toy, scopes=()).looked_up("1")
    assert raw == toy.given[0]
    assert person.compensation is None


def test_what_is_known_is_remembered_for_look_ups_until_it_is_to_be_forgotten(toy: Toy, connect: Connect) -> None:
    read: list[int] = []
    toy.given = rows_of(2)
    connection = connect(toy, reads(known=lambda http, wanted: read.append(1)))
    for id in ("1", "2"):
        connection.employee(id)
    assert read == [1]
    connection.forget()
    connection.employee("1")
    assert read == [1, 1]


def test_what_a_connector_can_lists_its_verbs(toy: Toy, connect: Connect) -> None:
    verb = hc.Verb(plan=lambda change, ground: ())
    can = connect(toy, plans={hc.CancelTermination: verb, hc.Hire: verb}).connector.can
    assert can == ("cancel-termination", "employees", "employees.one", "hire")


@pytest.mark.parametrize(
    ("company", "name", "called"),
    [("acme", None, "toy-acme"), (None, None, "toy"), ("", None, "toy"), ("acme", "acme-hr", "acme-hr")],
)
def test_a_connection_has_a_name_of_its_own(toy: Toy, company: str | None, name: str | None, called: str) -> None:
    @attrs.frozen
    class Account:
        token: str = attrs.field(repr=False)
        company: str | None = None

    made = attrs.evolve(TOY, settings=Account)
    with hc.Connection(made, Account(toy.key, company), toy.base_url, new_manager(), name=name) as connection:
        assert connection.name == called
    with hc.connect(TOY, token=toy.key, base_url=toy.base_url, name=name) as connection:
        assert connection.name == (name or "toy")


def test_a_vendor_that_does_not_tell_what_changed_is_told_at_once(toy: Toy, connect: Connect) -> None:
    with pytest.raises(hc.Unsupported, match="toy cannot tell what changed; it can: employees"):
        connect(toy).changed(datetime.now(UTC))
    assert toy.log == []


def test_what_changed_is_asked_for_in_utc_and_since_an_instant(toy: Toy, connect: Connect) -> None:
    asked: list[tuple[datetime, bool]] = []

    def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Any:
        asked.append((since, ask.ahead))
        return http.pages(hc.Request("GET", "/numbered"), at="people", by=hc.numbered("page"))

    toy.given = rows_of(2)
    connection = connect(toy, reads(changed=changed))
    assert "employees.changed" in connection.connector.can
    noon = datetime(2026, 3, 4, 12, tzinfo=timezone(timedelta(hours=2)))
    assert [person.id for person in connection.changed(noon)] == ["1", "2"]
    list(connection.changed(noon, ahead=True))
    assert asked == [(datetime(2026, 3, 4, 10, tzinfo=UTC), False), (datetime(2026, 3, 4, 10, tzinfo=UTC), True)]
    assert asked[0][0].tzinfo is UTC
    with pytest.raises(ValueError, match="with its zone"):
        connection.changed(datetime(2026, 3, 4, 12))


def test_what_is_dated_ahead_is_asked_for_where_it_is_wanted(toy: Toy, connect: Connect) -> None:
    asked: list[bool] = []

    def everyone(http: hc.Transport, ask: hc.Ask) -> Any:
        asked.append(ask.ahead)
        return iter(())

    connection = connect(toy, reads(all=everyone))
    list(connection.employees())
    list(connection.employees(ahead=True))
    assert asked == [False, True]


def test_a_list_is_read_on_a_line_of_the_callers_own(toy: Toy, connect: Connect) -> None:
    class Counting:
        waits = 0

        def wait(self) -> None:
            self.waits += 1

        def pause(self, seconds: float) -> None:
            pytest.fail("nobody asked to wait")

    toy.given, pace = rows_of(3), Counting()
    connection = connect(toy)
    with closing(connection.reading_line(pace)) as line:
        people = connection.employees(http=line)
        assert len(list(people)) == 3
        assert (line.requests, connection.http.requests, pace.waits) == (2, 0, 2)
        assert people.report.requests == 2
        with pytest.raises(hc.Unsupported, match="only reads"):
            line.json(hc.Request("POST", "/people"))


def test_a_list_goes_on_only_on_a_line_of_its_own(toy: Toy, connect: Connect) -> None:
    resume = Resume(request=hc.Request("GET", "/numbered", {"page": 2}), received=10)
    with pytest.raises(ValueError, match="reading_line"):
        connect(toy).employees(resume=resume)


def test_a_connector_has_a_version_for_how_it_reads(toy: Toy, connect: Connect) -> None:
    assert connect(toy).connector.version == "1"
    assert connect(toy, version="2").connector.version == "2"
