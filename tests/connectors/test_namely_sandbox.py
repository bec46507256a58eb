"""Namely's sandbox answers as Namely was recorded to, and to the letter of the guide in the other dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from operator import methodcaller
from typing import Any

import attrs
import pytest
import requests

from headcount.sandbox import Person, find, population
from headcount.testing.shapes import differences
from headcount_namely.sandbox import NamelySandbox
from headcount_namely.shapes import KEYS, guid, guide_profile, profile, salary
from tests.recorded import recording

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DIALECTS = ("guide", "observed")
Row = dict[str, Any]

TENANT = frozenset(  # fields of the companies that were recorded, and of ours
    """twitter facebook instagram test_number_field test_date_custom_field test_select_custom_field
    test_long_text_custom_field test_text_custom_field allergies veterans_status description favorite_cookie
    favorite_color custom_field one_two_three text test_field testing_field field salary_change_reason
    hourly_salary ytd_bonus bonus_reason 2011_vesting_start_date 2011_grant_date 2011_number_of_shares
    2011_strike_price 2012_vesting_start_date 2012_grant_date_1 2012_number_of_shares 2012_strike_price
    2012_grant_date 2013_vesting_start_date 2013_number_of_shares 2013_strike_price 2014_grant_date
    2014_vesting_date 2014_number_of_shares 2014_strike_price target_bonus___general target_bonus
    target_bonus_2013 req_no flsa salary_min salary_max salary_currency budgeted_headcount
    date_to_fill
    position_type replacement_for replacement_date_of_term_transfer replacement_terminated_or_transferred
    req_open_date req_filled_date position_filled_by initiating_manager initiating_manager___approval
    director_vice_president director_vice_president___approval svp_evp_coo svp_evp_coo___approval
    human_resources human_resources___approval finance finance___approval ceo ceo___approval testfileimport2
    testfileimport icims_id current_salary replicon_access employment_type options desired_salary
    greenhouse_id jobvite_id select_test shirt_size badge_date""".split()
)
SINCE_2016 = frozenset(KEYS["modern"]) - frozenset(KEYS["2015"]) - {"full_name", "reports_to", "employee_type"}
PAYROLL = frozenset(salary(population(1, now=NOW)[0])) - frozenset(salary(population(1, now=NOW)[0], "2015"))

Start = Callable[..., NamelySandbox]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def started(*, era: str = "modern", **how: Any) -> NamelySandbox:
            sandbox = stack.enter_context(NamelySandbox(now=NOW, **how))
            sandbox.era = era
            return sandbox

        yield started


@pytest.fixture(params=DIALECTS)
def sandbox(request: pytest.FixtureRequest, start: Start) -> NamelySandbox:
    return start(people=120, dialect=request.param)


def ask(sandbox: NamelySandbox, method: str, path: str, **how: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {sandbox.key}"} | how.pop("headers", {})
    with requests.Session() as session:
        return session.request(method, sandbox.base_url + path, headers=headers, timeout=5, **how)


def get(sandbox: NamelySandbox, path: str, **query: Any) -> Any:
    answer = ask(sandbox, "GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(sandbox: NamelySandbox, method: str, path: str, **sent: Any) -> requests.Response:
    return ask(sandbox, method, path, json={"profiles": [sent]})


def replay(sandbox: NamelySandbox, name: str, path: str = "", **query: Any) -> tuple[Any, Any]:
    """The recorded body and ours, where status and the vendor's headers already agree."""
    recorded = recording("namely", name)
    asked = path or recorded.path.removeprefix("/api/v1")
    how: Row = {"json": recorded.sent} if recorded.sent else {}
    answer = ask(sandbox, recorded.method, asked, params=recorded.query | query, **how)
    assert answer.status_code == recorded.status
    ours = {name.lower() for name in answer.headers}
    unplayed = {
        "content-encoding",
        "transfer-encoding",
        "content-length",
        "content-security-policy-report-only",
    }
    assert recorded.headers.keys() - ours - unplayed == set()
    for header in ("cache-control", "content-type", "status"):
        assert answer.headers.get(header) == recorded.headers.get(header)
    return recorded.body, answer.json()


def known(people: int = 60) -> list[Person]:
    """People who have pay and show it: nobody's salary has another key, and no recorded list has both."""
    return [person for person in population(people, now=NOW) if not person.tags & {"blanks", "restricted"}]


# -- recordings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "era"), [("20141021_GET_profiles_200", "2014"), ("20151021_GET_profiles_200", "2015")]
)
def test_an_old_list_has_the_recorded_shape(start: Start, name: str, era: str) -> None:
    recorded, played = replay(start(people=known(), era=era), name)
    assert differences(recorded, played, ignore=TENANT) == []
    assert len(played["profiles"]) == 30
    kept = [key for key in recorded["profiles"][0] if key not in TENANT]
    assert [key for key in played["profiles"][0] if key not in TENANT] == kept


def test_the_list_of_2016_has_the_recorded_shape(start: Start) -> None:
    recorded, played = replay(start(people=known()), "20160922_GET_profiles_per_page-1_200")
    newer = SINCE_2016 | PAYROLL | {"active", "total_count"}
    assert differences(recorded, played, ignore=TENANT | newer) == []
    kept = [key for key in recorded["profiles"][0] if key not in TENANT]
    assert [key for key in played["profiles"][0] if key not in TENANT | newer] == kept


def test_a_page_after_an_id_has_the_recorded_shape(start: Start) -> None:
    sandbox = start(people=38, era="2015")
    recorded, played = replay(sandbox, "20151021_GET_profiles_after-077fe93c_200", after=sandbox.people[29].uuid)
    assert differences(recorded, played, ignore=TENANT | {"currency", "currency_type"}) == []
    assert played["meta"] == {"count": 8, "status": 200, "after": sandbox.people[29].uuid}


def test_the_page_after_the_last_id_is_empty_as_recorded(start: Start) -> None:
    sandbox = start(people=38, era="2015")
    last = sandbox.people[-1].uuid
    recorded, played = replay(sandbox, "20151021_GET_profiles_after-dbce5fdc_200", after=last)
    assert played == recorded | {"meta": recorded["meta"] | {"after": last}}


@pytest.mark.parametrize("name", ["20141031_GET_profiles.20332458_200", "20141031_PUT_profiles.20332458_200"])
def test_one_profile_has_the_recorded_shape(start: Start, name: str) -> None:
    sandbox = start(people=5, era="2014")
    recorded, played = replay(sandbox, name, f"/profiles/{sandbox.people[0].uuid}")
    assert differences(recorded, played, ignore=TENANT) == []
    assert played["meta"] == recorded["meta"]


def test_an_unknown_profile_is_refused_as_recorded(start: Start) -> None:
    recorded, played = replay(start(era="2014"), "20141022_GET_profiles.123456789_404")
    assert played == recorded


def test_a_created_profile_has_the_recorded_shape(start: Start) -> None:
    recorded, played = replay(start(people=3, era="2014"), "20141031_POST_profiles_200")
    assert differences(recorded, played, ignore=TENANT) == []
    created = played["profiles"][0]
    assert created["user_status"] == recorded["profiles"][0]["user_status"]
    assert created["start_date"] == "03/04/2026"
    blank = {key for key, value in recorded["profiles"][0].items() if value == ""} - TENANT
    assert {key for key, value in created.items() if value == ""} - TENANT == blank


def test_an_empty_profile_is_refused_as_recorded(start: Start) -> None:
    recorded, played = replay(start(era="2014"), "20141031_POST_profiles_422")
    assert played == recorded


def test_a_limited_owner_sees_as_little_of_themselves_as_recorded(start: Start) -> None:
    sandbox = start(era="2014")
    sandbox.restricting = True
    recorded = recording("namely", "20141105_GET_profiles.me_200").body
    sandbox.restricted_fields = frozenset(KEYS["2014"]) - recorded["profiles"][0].keys() | TENANT
    recorded, played = replay(sandbox, "20141105_GET_profiles.me_200")
    assert differences(recorded, played) == []


def test_profile_fields_have_the_recorded_shape(start: Start) -> None:
    recorded, played = replay(start(era="2014"), "20141023_GET_profiles.fields_limit-all_200")
    assert differences(recorded, played) == []
    default = {field["name"] for field in recorded["fields"] if field["default"]}
    assert default <= {field["name"] for field in played["fields"]}


def test_job_titles_have_the_recorded_shape(start: Start) -> None:
    assert differences(*replay(start(era="2015"), "20150417_GET_job_titles_limit-all_200")) == []


def test_a_country_has_the_recorded_shape(start: Start) -> None:
    assert differences(*replay(start(era="2014"), "20141023_GET_countries.US_200")) == []


def test_the_home_feed_has_the_recorded_shape(start: Start) -> None:
    recorded, played = replay(start(era="2014"), "20141031_GET_events_limit-all_200")
    assert differences(recorded, played) == []
    times = [event["created_at"] for event in played["events"]]
    assert times == sorted(times, reverse=True)


# -- both dialects ----------------------------------------------------------------------------------


def test_without_the_key_nothing_is_told(sandbox: NamelySandbox) -> None:
    answer = ask(sandbox, "GET", "/profiles", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.json() == ({"error": ""} if not sandbox.guide else {"message": "Unauthorized", "errors": []})


def test_the_token_of_someone_who_left_is_refused(sandbox: NamelySandbox) -> None:
    assert sandbox.owner is not None
    sandbox.owner.active = False
    assert ask(sandbox, "GET", "/profiles").status_code == (403 if not sandbox.guide else 401)


def test_what_does_not_exist_is_refused_in_the_dialects_own_way(sandbox: NamelySandbox) -> None:
    answers = [ask(sandbox, "GET", "/fields"), ask(sandbox, "GET", "/time_off/of/nobody")]
    if not sandbox.guide:
        answers += [ask(sandbox, "DELETE", f"/profiles/{sandbox.people[0].uuid}")]
        assert {(a.status_code, a.text) for a in answers} == {(401, '{"error": ""}')}
        return
    answers += [ask(sandbox, "GET", path) for path in ("/teams", "/group_types", "/profiles.json", "/companies/info")]
    assert {(a.status_code, a.text) for a in answers} == {(404, '{"message": "Not found", "errors": []}')}


def test_a_page_is_never_longer_than_fifty(sandbox: NamelySandbox) -> None:
    usual = {"observed": 30, "guide": 25}[sandbox.dialect]
    for asked, given in [({}, usual), ({"per_page": 10}, 10), ({"per_page": 500}, 50), ({"per_page": 0}, 1)]:
        page = get(sandbox, "/profiles", **asked)
        assert len(page["profiles"]) == given
        totals = {"total_count": 120, "status": 200} if not sandbox.guide else {"total": 120}
        assert page["meta"] == {"count": given, **totals}


def test_the_pages_hold_everyone_once_and_end_with_an_empty_one(sandbox: NamelySandbox) -> None:
    pages = [get(sandbox, "/profiles", page=n, per_page=50)["profiles"] for n in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page] == [person.uuid for person in sandbox.people]
    assert pages[-1] == []


def test_a_profile_has_the_same_keys_in_a_list_and_alone(sandbox: NamelySandbox) -> None:
    listed = get(sandbox, "/profiles")["profiles"][3]
    assert get(sandbox, f"/profiles/{listed['id']}")["profiles"] == [listed]
    assert ask(sandbox, "HEAD", f"/profiles/{listed['id']}").status_code == 200
    assert get(sandbox, "/profiles/me")["profiles"][0]["id"] == sandbox.people[0].uuid


def test_a_number_is_no_profile_id(sandbox: NamelySandbox) -> None:
    answer = ask(sandbox, "GET", "/profiles/1")
    assert (answer.status_code, answer.json()) == (404, {"message": "Profile not found", "errors": []})


def test_someone_hired_is_there_and_can_be_changed_and_leave_and_return(sandbox: NamelySandbox) -> None:
    new: Row = {
        "first_name": "Nina",
        "last_name": "Ny",
        "email": "nina@example.com",
        "start_date": "2026-04-01",
    }
    answer = send(sandbox, "POST", "/profiles", user_status="active", **new)
    assert answer.status_code == 201
    path = f"/profiles/{answer.json()['profiles'][0]['id']}"
    row = get(sandbox, path)["profiles"][0]
    assert {key: row[key] for key in new} == new
    sandbox.clock.advance(days=1)
    boss = sandbox.people[4]
    send(sandbox, "PUT", path, reports_to=boss.uuid, preferred_name="Nin")
    person = sandbox.people[-1]
    assert (person.manager_id, person.preferred) == (boss.id, "Nin")
    assert person.updated == sandbox.clock.now()
    send(sandbox, "PUT", path, user_status="inactive", departure_date="2026/5/7")
    row = get(sandbox, path)["profiles"][0]
    assert (row["user_status"], row["departure_date"], row["first_name"]) == (
        "inactive",
        "2026-05-07",
        "Nina",
    )
    send(sandbox, "PUT", path, user_status="active", departure_date="")
    row = get(sandbox, path)["profiles"][0]
    assert row["user_status"] == "active"
    assert not row["departure_date"]


def test_what_makes_no_sense_is_refused_and_changes_nothing(sandbox: NamelySandbox) -> None:
    person = sandbox.people[5]
    before = attrs.asdict(person)
    for sent, wrong in (
        ({"user_status": "gone"}, "user_status is not valid"),
        ({"start_date": "soon"}, "start_date is not valid"),
        ({"reports_to": "nobody"}, "reports_to is not valid"),
        ({"salary": {"much": 1}}, "salary is not valid"),
    ):
        answer = send(sandbox, "PUT", f"/profiles/{person.uuid}", first_name="Changed", **sent)
        assert answer.status_code == 422
        assert answer.json() == {"message": "error updating profile", "errors": [wrong]}
        assert attrs.asdict(person) == before


def test_a_mail_address_belongs_to_one(sandbox: NamelySandbox) -> None:
    taken = sandbox.people[0].email
    new = {"first_name": "A", "last_name": "B", "start_date": "2026-01-01", "user_status": "active"}
    answer = send(sandbox, "POST", "/profiles", email=taken, **new)
    assert (answer.status_code, answer.json()["errors"]) == (422, [f"{taken} is already taken"])


def test_a_pending_profile_needs_what_its_dialect_asks(sandbox: NamelySandbox) -> None:
    answer = send(sandbox, "POST", "/profiles", first_name="A", email="a@example.com", user_status="pending")
    missing = ["last_name", "start_date"] + (["personal_email"] if not sandbox.guide else [])
    assert answer.json()["errors"] == [f"{key} is a required field" for key in missing]


def test_a_fault_shows_the_vendors_face(sandbox: NamelySandbox) -> None:
    sandbox.play("throttle", retry_after="3")
    answer = ask(sandbox, "GET", "/profiles")
    assert (answer.status_code, answer.headers["Retry-After"]) == (406 if not sandbox.guide else 429, "3")
    sandbox.play("error", status=504)
    answer = ask(sandbox, "GET", "/profiles")
    assert answer.status_code == 504
    assert answer.headers["Content-Type"].startswith("text/html" if not sandbox.guide else "application/json")
    sandbox.play("wrong_total")
    assert 127 in get(sandbox, "/profiles")["meta"].values()
    sandbox.play("malformed")
    assert list(get(sandbox, "/profiles")["profiles"][-1]["email"]) == ["unexpected"]
    sandbox.play("clamped", size=4)
    assert len(get(sandbox, "/profiles")["profiles"]) == 4


def test_the_limit_holds_for_the_list_of_profiles_and_ends_with_its_window(sandbox: NamelySandbox) -> None:
    sandbox.limit = (2, 60)
    statuses = [ask(sandbox, "GET", "/profiles").status_code for _ in range(3)]
    assert statuses == [200, 200, 406 if not sandbox.guide else 429]
    assert ask(sandbox, "GET", "/profiles/me").status_code == 200
    sandbox.clock.advance(seconds=61)
    assert ask(sandbox, "GET", "/profiles").status_code == 200


def test_what_a_trimmed_permission_hides_is_not_there_at_all(sandbox: NamelySandbox) -> None:
    rows = get(sandbox, "/profiles", per_page=50)["profiles"]
    restricted = find(sandbox.people, "restricted").uuid
    for row in rows:
        assert ("salary" in row) is (row["id"] != restricted)
    sandbox.play("lost_permission")
    rows = get(sandbox, "/profiles")["profiles"]
    assert not any(row.keys() & sandbox.restricted_fields for row in rows)
    assert all(row["updated_at"] for row in rows)


def test_the_same_name_has_the_same_id_in_every_sandbox(start: Start) -> None:
    one, other = (get(start(seed=seed), "/job_titles")["job_titles"] for seed in (1, 2))
    assert {t["title"]: t["id"] for t in one} == {t["title"]: t["id"] for t in other}


# -- observed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "key", "value"),
    [
        ("pending", "user_status", "pending"),
        ("left", "user_status", "inactive"),
        ("left", "employee_type", {"title": "Full Time"}),
        ("future_leaver", "user_status", "active"),
        ("future_leaver", "departure_date", "2026-03-29"),
        ("unknown_status", "user_status", "sabbatical"),
        ("contractor", "employee_type", {"title": "Contractor"}),
        ("on_leave", "employee_type", {"title": "Furloughed"}),
        ("blanks", "start_date", ""),
        ("blanks", "job_title", {"id": guid("job_title", "Unknown Job Title"), "title": "Unknown Job Title"}),
        ("blanks", "mobile_phone", None),
        ("no_email", "email", ""),
    ],
)
def test_awkward_people_look_as_namely_shows_them(tag: str, key: str, value: Any) -> None:
    assert profile(find(population(40, now=NOW), tag))[key] == value


def test_a_manager_is_a_list_of_one_even_when_there_is_none(start: Start) -> None:
    sandbox = start()
    rows = {row["id"]: row for row in get(sandbox, "/profiles", per_page=50)["profiles"]}
    head, lost, own = (
        rows[person.uuid]["reports_to"]
        for person in (
            sandbox.people[0],
            *(find(sandbox.people, t) for t in ("missing_manager", "self_managed")),
        )
    )
    assert head == [{"id": "no_guid", "first_name": "Nobody", "last_name": "Nobody", "email": "None"}]
    assert lost[0]["id"] not in rows
    assert rows[own[0]["id"]]["reports_to"] == own


def test_the_full_name_prefers_the_preferred() -> None:
    person = attrs.evolve(population(1, now=NOW)[0], given="Robert", preferred="Bob", family="Ray")
    assert profile(person)["full_name"] == "Bob Ray"


def test_before_2018_a_pending_person_was_inactive() -> None:
    assert profile(find(population(40, now=NOW), "pending"), era="2015")["user_status"] == "inactive"


def test_custom_fields_come_last(start: Start) -> None:
    assert list(get(start(), "/profiles")["profiles"][0])[-2:] == ["shirt_size", "badge_date"]


def test_a_filter_keeps_whom_it_fits(start: Start) -> None:
    sandbox = start()
    rows = get(sandbox, "/profiles", per_page=50)["profiles"]
    texts = ("user_status", "email", "first_name", "last_name", "personal_email")
    facts: dict[str, Callable[[Row], Any]] = {name: methodcaller("get", name) for name in texts}
    facts["job_title"] = lambda row: row["job_title"]["title"]
    facts["reports_to"] = lambda row: row["reports_to"][0]["id"]
    for name, of in facts.items():
        found = get(sandbox, "/profiles", **{"per_page": 50, f"filter[{name}]": of(rows[-1])})
        wanted = [row["id"] for row in rows if of(row) == of(rows[-1])]
        assert [row["id"] for row in found["profiles"]] == wanted
        assert found["meta"]["total_count"] == len(wanted)


def test_a_sort_orders_the_whole_list(start: Start) -> None:
    sandbox = start()
    for key in ("first_name", "last_name", "created_at", "updated_at"):
        for turned in (False, True):
            rows = get(sandbox, "/profiles.json", sort="-" * turned + key, per_page=50)["profiles"]
            values = [row[key] for row in rows]
            assert values == sorted(values, reverse=turned)


def test_the_legacy_cursor_leads_through_everyone(start: Start) -> None:
    sandbox = start(people=70)
    read: list[str] = []
    while page := get(sandbox, "/profiles", **({"after": read[-1]} if read else {}))["profiles"]:
        read += [row["id"] for row in page]
    assert read == [person.uuid for person in sandbox.people]


@pytest.mark.parametrize(("era", "size"), [("2014", 70), ("2015", 70), ("modern", 30)])
def test_limit_all_is_refused_since_2017(start: Start, era: str, size: int) -> None:
    assert len(get(start(people=70, era=era), "/profiles", limit="all")["profiles"]) == size


@pytest.mark.parametrize(("era", "count"), [("2014", 30), ("2015", 70), ("modern", 30)])
def test_what_the_count_counts_depends_on_the_generation(start: Start, era: str, count: int) -> None:
    assert get(start(people=70, era=era), "/profiles")["meta"]["count"] == count


def test_departments_divisions_and_offices_are_groups(start: Start) -> None:
    sandbox = start()
    groups = {group["id"]: group for group in get(sandbox, "/groups", page=2)["groups"]}
    types = {kind["id"]: kind for kind in get(sandbox, "/group_types")["group_types"]}
    page = get(sandbox, "/profiles", per_page=50)
    for person, row in zip(sandbox.people, page["profiles"], strict=True):
        told = [groups[link["id"]] for link in row["links"]["groups"]]
        assert [group["title"] for group in told] == [
            name for name in (person.department, person.division, person.location) if name
        ]
        assert all(group["type"] == types[group["links"]["group_type"]]["title"] for group in told)
    assert {group["id"] for group in page["linked"]["groups"]} == groups.keys()
    for group in groups.values():
        members = get(sandbox, f"/groups/{group['id']}")["groups"][0]["links"]["profiles"]
        assert len(members) == group["count"]
    by_type = [g for kind in types for g in get(sandbox, f"/group_types/{kind}/groups")["groups"]]
    assert sorted(g["id"] for g in by_type) == sorted(groups)
    assert [kind["deletable"] for kind in types.values()] == [False, True, False]
    assert get(sandbox, f"/group_types/{next(iter(types))}")["group_types"][0]["type"] == "department"


def test_a_group_stays_when_its_last_member_leaves_it(start: Start) -> None:
    sandbox = start(people=population(1, now=NOW))
    before = get(sandbox, "/groups")["groups"]
    sandbox.people[0].department = ""
    counts = {group["id"]: group["count"] for group in get(sandbox, "/groups")["groups"]}
    assert sorted(counts.values()) == [0, 1, 1]
    assert counts.keys() == {group["id"] for group in before}


def test_teams_link_both_ways(start: Start) -> None:
    sandbox = start()
    teams = get(sandbox, "/teams")
    ids = {team["id"] for team in teams["teams"]}
    rows = get(sandbox, "/profiles", per_page=50)["profiles"]
    assert {link["id"] for row in rows for link in row["links"]["teams"]} == ids
    one = get(sandbox, f"/teams/{min(ids)}")
    assert one["teams"][0]["links"]["team_categories"] == [one["linked"]["categories"][0]["id"]]


def test_small_collections_have_no_meta_but_titles_and_tiers_have(start: Start) -> None:
    sandbox = start()
    assert list(get(sandbox, "/countries")) == ["countries"]
    assert [c["iso"] for c in get(sandbox, "/currency_types")["currency_types"]].count("JPY") == 2
    titles, tiers = get(sandbox, "/job_titles"), get(sandbox, "/job_tiers")
    assert titles["meta"] == {"count": len(titles["job_titles"]), "status": 200}
    of_tiers = [title for row in tiers["job_tiers"] for title in row["links"]["job_titles"]]
    assert sorted(of_tiers) == sorted(title["id"] for title in titles["job_titles"])


def test_an_unknown_id_is_not_found(start: Start) -> None:
    sandbox = start()
    for what in ("Profile", "Group", "Group type", "Team", "Country"):
        path = {"Country": "countries"}.get(what, what.lower().replace(" ", "_") + "s")
        answer = ask(sandbox, "GET", f"/{path}/none.json")
        assert (answer.status_code, answer.json()) == (404, {"message": f"{what} not found", "errors": []})


def test_the_company_is_told_to_anyone(start: Start) -> None:
    info = ask(start(), "GET", "/companies/info", headers={"Authorization": ""}).json()
    assert info["permalink"] == "acme"


def test_a_written_profile_comes_back_whole(start: Start) -> None:
    sandbox = start()
    titles = get(sandbox, "/job_titles")["job_titles"]
    sent: Row = {
        "job_title": titles[2]["id"],
        "employee_type": "Part Time",
        "salary": {"yearly_amount": 50000.5, "currency_type": "USD", "date": "2026-01-01"},
        "bio": "Written.",
        "shirt_size": "XL",
        "nonsense": "forgotten",
        "company_uuid": "not theirs to write",
        "home": {"city": "Leeds", "zip": "LS1"},
        "departments": "Finance",
        "divisions": "Atlantis",
    }
    person = sandbox.people[2]
    answer = send(sandbox, "PUT", f"/profiles/{person.uuid}", **sent)
    assert answer.status_code == 200
    row = answer.json()["profiles"][0]
    assert row == get(sandbox, f"/profiles/{person.uuid}")["profiles"][0]
    assert list(row) == [*KEYS["modern"], "shirt_size", "badge_date"]
    assert row["job_title"] == {"id": titles[2]["id"], "title": titles[2]["title"]}
    assert (row["employee_type"]["title"], row["salary"]["yearly_amount"]) == ("Part Time", 50000.5)
    assert (row["bio"], row["shirt_size"], row["home"]["zip"]) == ("Written.", "XL", "LS1")
    assert row["company_uuid"] != sent["company_uuid"]
    assert (person.department, person.division != "Atlantis") == ("Finance", True)


def test_a_text_once_cleared_is_empty_and_not_null(start: Start) -> None:
    sandbox = start()
    path = f"/profiles/{sandbox.people[25].uuid}"
    assert get(sandbox, path)["profiles"][0]["middle_name"] is None
    assert send(sandbox, "PUT", path, middle_name="").json()["profiles"][0]["middle_name"] == ""
    assert send(sandbox, "PUT", path, middle_name="Q").json()["profiles"][0]["middle_name"] == "Q"


def test_a_job_title_nobody_made_is_refused(start: Start) -> None:
    sandbox = start()
    path = f"/profiles/{sandbox.people[2].uuid}"
    assert send(sandbox, "PUT", path, job_title="Astronaut").json()["errors"] == ["job_title is not valid"]
    assert send(sandbox, "PUT", path, job_title={"title": "Engineer"}).status_code == 200
    assert sandbox.people[2].title == "Engineer"


def test_the_home_feed_is_no_log_of_changes(start: Start) -> None:
    sandbox = start()
    before = get(sandbox, "/events")["events"]
    send(sandbox, "PUT", f"/profiles/{sandbox.people[2].uuid}", bio="New.")
    assert get(sandbox, "/events")["events"] == before
    rest = get(sandbox, "/events", after=before[-1]["id"])["events"]
    assert len(before) == 30
    assert not {event["id"] for event in before} & {event["id"] for event in rest}


# -- guide ------------------------------------------------------------------------------------------


def test_the_guides_fields_have_the_guides_shapes(start: Start) -> None:
    sandbox = start(dialect="guide")
    rows = get(sandbox, "/profiles", per_page=50)["profiles"]
    person, row = sandbox.people[30], rows[30]
    assert row["department"] == {"id": guid("department", person.department), "title": person.department}
    assert row["office"] == {"id": guid("location", person.location), "name": person.location}
    assert row["reports_to"].keys() == {"id", "first_name", "last_name"}
    assert row["salary"].keys() == {"amount", "currency", "pay_period"}
    assert [group["type"] for group in row["groups"]][:3] == ["department", "division", "location"]
    assert row["job_title"] == person.title
    assert datetime.fromisoformat(row["updated_at"]) == person.updated
    assert rows[0]["reports_to"] is None
    assert guide_profile(find(sandbox.people, "blanks"))["start_date"] is None


def test_the_guide_knows_no_filter_and_no_order(start: Start) -> None:
    sandbox = start(dialect="guide")
    plain = get(sandbox, "/profiles")
    assert get(sandbox, "/profiles", sort="-updated_at", **{"filter[user_status]": "inactive"}) == plain


def test_the_guide_answers_an_update_with_what_changed(start: Start) -> None:
    sandbox = start(dialect="guide")
    person = sandbox.people[9]
    sent: Row = {
        "job_title": "Senior Engineer",
        "department": {"id": guid("department", "Sales")},
        "badge": "B1",
    }
    row = send(sandbox, "PUT", f"/profiles/{person.uuid}", **sent).json()["profiles"][0]
    sent["department"]["title"] = "Sales"
    assert row == {
        "id": person.uuid,
        **sent,
        "updated_at": sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert "badge" not in get(sandbox, f"/profiles/{person.uuid}")["profiles"][0]


def test_in_the_guide_groups_are_paged_and_can_be_joined(start: Start) -> None:
    sandbox = start(dialect="guide")
    page = get(sandbox, "/groups", per_page=2, page=2)
    everything = get(sandbox, "/groups")
    assert page == {
        "groups": everything["groups"][2:4],
        "meta": {"count": 2, "total": everything["meta"]["total"]},
    }
    chosen = [group for group in everything["groups"] if group["title"] in ("Finance", "Tokyo", "Red")]
    person = sandbox.people[7]
    send(sandbox, "PUT", f"/profiles/{person.uuid}", groups=[{"id": group["id"]} for group in chosen])
    assert (person.department, person.location, person.teams) == ("Finance", "Tokyo", ["Red"])


def test_the_guides_events_are_a_log_of_changes(start: Start) -> None:
    sandbox = start(dialect="guide", people=3)
    assert get(sandbox, "/events") == {"events": [], "meta": {"count": 0, "total": 0}}
    path = f"/profiles/{sandbox.people[2].uuid}"
    send(sandbox, "PUT", path, first_name="X")
    send(sandbox, "PUT", path, user_status="inactive", departure_date="2026-01-01")
    send(sandbox, "PUT", path, user_status="active")
    events = get(sandbox, "/events")["events"]
    assert [event["type"] for event in events] == ["profile_updated", "profile_terminated", "profile_rehired"]
    assert events[0] == {
        "id": "evt001",
        "type": "profile_updated",
        "profile_id": sandbox.people[2].uuid,
        "occurred_at": sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert sandbox.people[2].left == date(2026, 1, 1)


# -- people out of sight --------------------------------------------------------------------------------


def test_a_lost_department_is_nowhere(sandbox: NamelySandbox) -> None:
    sandbox.play("lost_department", on="/profiles$", department="Sales")
    gone = [person for person in sandbox.people if person.department == "Sales"]
    meta = get(sandbox, "/profiles", per_page=1)["meta"]
    assert meta["total" if sandbox.guide else "total_count"] == 120 - len(gone) == len(sandbox.visible())
    ids = {row["id"] for page in (1, 2, 3) for row in get(sandbox, "/profiles", per_page=50, page=page)["profiles"]}
    assert ids == {person.uuid for person in sandbox.visible()}
    assert ask(sandbox, "GET", f"/profiles/{gone[0].uuid}").status_code == 404
    assert send(sandbox, "PUT", f"/profiles/{gone[0].uuid}", first_name="Nia").status_code == 404
    assert send(sandbox, "PUT", f"/profiles/{min(ids)}", reports_to=gone[0].uuid).status_code == 422
    sandbox.calm()
    assert ask(sandbox, "GET", f"/profiles/{gone[0].uuid}").status_code == 200


def test_what_is_counted_by_status_and_by_group_is_what_is_visible(start: Start) -> None:
    sandbox = start(people=120)
    sandbox.play("lost_department", on="/groups$")
    rows = {row["title"]: row for row in get(sandbox, "/groups")["groups"]}
    assert rows[sandbox.lost_department]["count"] == 0
    assert get(sandbox, f"/groups/{rows[sandbox.lost_department]['id']}")["groups"][0]["links"]["profiles"] == []
    words = ("active", "inactive", "pending", "sabbatical")
    query = [{"per_page": 1, "filter[user_status]": word} for word in words]
    assert sum(get(sandbox, "/profiles", **one)["meta"]["total_count"] for one in query) == len(sandbox.visible())
    hidden = {person.uuid for person in sandbox.people if not sandbox.sees(person)}
    assert not hidden & {event["links"]["profile"] for event in get(sandbox, "/events")["events"]}


def test_the_guides_log_of_changes_is_silent_of_a_lost_department(start: Start) -> None:
    sandbox = start(people=120, dialect="guide")
    for person in sandbox.people:
        sandbox.touch(person)
    sandbox.play("lost_department")
    events = [event for page in (1, 2, 3) for event in get(sandbox, "/events", per_page=50, page=page)["events"]]
    assert {event["profile_id"] for event in events} == {person.uuid for person in sandbox.visible()}


def test_a_list_can_be_half_or_empty_and_says_so(sandbox: NamelySandbox) -> None:
    total = "total" if sandbox.guide else "total_count"
    sandbox.play("half_list", on="/profiles$", times=2)
    pages = [get(sandbox, "/profiles", per_page=50, page=page) for page in (1, 2)]
    assert [(len(page["profiles"]), page["meta"][total]) for page in pages] == [(50, 60), (10, 60)]
    sandbox.play("empty_list", on="/profiles$")
    page = get(sandbox, "/profiles")
    assert (page["profiles"], page["meta"][total]) == ([], 0)
    assert get(sandbox, "/profiles")["meta"][total] == 120


def test_a_field_of_the_company_can_be_named_anew(start: Start) -> None:
    sandbox = start()
    sandbox.labels["shirt_size"] = "T-shirt"
    labels = {field["name"]: field["label"] for field in get(sandbox, "/profiles/fields")["fields"]}
    assert (labels["shirt_size"], labels["badge_date"]) == ("T-shirt", "Badge date")
