"""What Insightly sends, and what it means: shapes, tables, raw to model, lists and look-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import attrs

import headcount as hc


@attrs.define(kw_only=True)
class User:
    """A user, as the official description names the fields; every one but USER_ID may be null."""

    USER_ID: str
    ACTIVE: bool
    FIRST_NAME: str | None = None
    LAST_NAME: str | None = None
    EMAIL_ADDRESS: str | None = None
    TIMEZONE_ID: str | None = None
    INSTANCE_ID: str | None = None
    DATE_CREATED_UTC: datetime | None = None
    DATE_UPDATED_UTC: datetime | None = None


@attrs.define(kw_only=True)
class Member:
    """One user's place in a team."""

    MEMBER_USER_ID: str


@attrs.define(kw_only=True)
class Team:
    """A team with its members. ANONYMOUS_TEAM was recorded as false in 2014, and is named in the description's text."""

    TEAM_ID: str
    TEAM_NAME: str
    TEAMMEMBERS: list[Member] | None = None
    DATE_CREATED_UTC: datetime | None = None
    DATE_UPDATED_UTC: datetime | None = None


@attrs.define(kw_only=True)
class Me:
    """The user whose key it is; the guide's example leaves out what a list of users has."""

    USER_ID: str
    FIRST_NAME: str | None = None
    LAST_NAME: str | None = None
    EMAIL_ADDRESS: str | None = None
    ADMINISTRATOR: bool | None = None


@attrs.define(kw_only=True)
class Instance:
    """The company's account."""

    INSTANCE_SUBDOMAIN: str
    INSTANCE_NAME: str | None = None


ACTIVE = {
    True: hc.Coded(hc.EmployeeStatus.ACTIVE, "true"),
    False: hc.Coded(hc.EmployeeStatus.INACTIVE, "false"),
}
TEAM = hc.Coded(hc.GroupType.TEAM, "Team")
NO_TEAMS = {"group_ids": hc.NullReason.NOT_IN_VENDOR_MODEL}
RIGHTS = {"PROFILE_ID": "Permission profile", "ROLE_ID": "Role", "ADMINISTRATOR": "Administrator"}
FIELDS: hc.Fields = {
    "given_name": "FIRST_NAME",
    "family_name": "LAST_NAME",
    "work_email": "EMAIL_ADDRESS",
    "timezone": "TIMEZONE_ID",
    "company_id": "INSTANCE_ID",
    "group_ids": "USER_ID",  # by the members that the teams name
    "created_at": "DATE_CREATED_UTC",
    "updated_at": "DATE_UPDATED_UTC",
    "custom_fields": tuple(RIGHTS),
}
GROUP_FIELDS: hc.Fields = {
    "member_ids": "TEAMMEMBERS",
    "created_at": "DATE_CREATED_UTC",
    "updated_at": "DATE_UPDATED_UTC",
}
PERMISSIONS = {  # Insightly's help on API access and on profiles
    "": "System Settings > Security > Profiles > the profile of the key's owner",
    "employees": "System Settings > User List > the key's owner > API Access",
}
PAGES = hc.offset("skip", "$skip", total=hc.total_header("X-Total-Count"))
DAY = 86_400.0  # seconds: the quota is for 24 hours, and no header says when they began
ALL = {"top": 500, "$top": 500, "skip": 0, "$skip": 0, "count_total": "true"}

wire = hc.Wire(blank=("0000-00-00 00:00:00",))


@attrs.frozen
class Known:
    """What a user does not say: the teams by user (None: not told), and the names of permission profiles."""

    teams: Mapping[str, tuple[str, ...]] | None = None
    profiles: Mapping[int, str] = {}


def to_employee(raw: hc.Raw, known: Known) -> hc.Employee:
    user = wire.read(raw, User)
    id = str(user.USER_ID)
    return hc.Employee(
        id=id,
        status=ACTIVE[user.ACTIVE],
        given_name=user.FIRST_NAME,
        family_name=user.LAST_NAME,
        work_email=user.EMAIL_ADDRESS,
        timezone=user.TIMEZONE_ID,
        company_id=user.INSTANCE_ID,
        group_ids=None if known.teams is None else known.teams.get(id, ()),
        created_at=user.DATE_CREATED_UTC,
        updated_at=user.DATE_UPDATED_UTC,
        custom_fields=rights(raw, known),
        absent=NO_TEAMS if known.teams is None else {},
    )


def rights(raw: hc.Raw, known: Known) -> dict[str, hc.CustomField]:
    """Profile, role and administrator: a profile by its name where the server tells it, else by its id."""
    values = {key: raw[key] for key in RIGHTS if raw.get(key) is not None}
    if "PROFILE_ID" in values:
        values["PROFILE_ID"] = known.profiles.get(values["PROFILE_ID"], values["PROFILE_ID"])
    return {key: hc.CustomField(key=key, label=RIGHTS[key], value=value) for key, value in values.items()}


def to_group(raw: hc.Raw, known: None = None) -> hc.Group:
    team = wire.read(raw, Team)
    members = team.TEAMMEMBERS
    return hc.Group(
        id=team.TEAM_ID,
        name=team.TEAM_NAME,
        type=TEAM,
        member_ids=None if members is None else tuple(member.MEMBER_USER_ID for member in members),
        created_at=team.DATE_CREATED_UTC,
        updated_at=team.DATE_UPDATED_UTC,
    )


def is_real_team(raw: hc.Raw) -> bool:
    return not raw.get("ANONYMOUS_TEAM")


def users(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/Users", ALL), by=PAGES)


def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
    """The official description's search, from a second earlier: whether it includes its own instant is not said."""
    after = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    return http.pages(hc.Request("GET", "/Users/Search", {**ALL, "updated_after_utc": after}), by=PAGES)


def user(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(hc.Request("GET", f"/Users/{hc.segment(id)}"))


def teams(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/Teams", ALL), by=PAGES)


def known(http: hc.Transport, wanted: hc.Wanted) -> Known:
    profiles = http.optional(hc.Request("GET", "/Permissions/Profiles")) or []
    return Known(teams_by_user(http), {one["PROFILE_ID"]: one["PROFILE_NAME"] for one in profiles})


def teams_by_user(http: hc.Transport) -> dict[str, tuple[str, ...]] | None:
    """Each user's teams, from the teams' side; None where this server tells no teams."""
    pages = list(http.where_offered(teams(http, hc.Ask())))
    if not pages:
        return None
    real = (to_group(raw) for page in pages for raw in page.records if is_real_team(raw))
    return hc.grouped((member, team.id) for team in real for member in team.member_ids or ())


def company(http: hc.Transport) -> hc.Company:
    raw = http.record(hc.Request("GET", "/Instance"))
    instance = wire.read(raw, Instance)
    return hc.Company(id=instance.INSTANCE_SUBDOMAIN, display_name=instance.INSTANCE_NAME, raw=raw)


def whoami(http: hc.Transport) -> hc.Identity:
    me = wire.read(http.record(hc.Request("GET", "/Users/Me")), Me)
    return hc.Identity(
        id=me.USER_ID,
        name=hc.full_name(me.FIRST_NAME, me.LAST_NAME),
        work_email=me.EMAIL_ADDRESS,
        role="administrator" if me.ADMINISTRATOR else "user",
        expires="not by itself: an Insightly key lives until it is made anew or its user is deactivated",
    )


def classify(response: hc.Response) -> hc.VendorError | None:
    """A 429 with nothing remaining is the day's quota: nothing succeeds before it is renewed."""
    if response.status == 429 and response.headers.get("X-RateLimit-Remaining") == "0":
        used_up = f"the day's quota of {response.headers.get('X-RateLimit-Limit', '?')} requests is used up"
        return hc.classify(response, reason=used_up, kind=hc.QuotaExhausted, wait=DAY)
    return hc.classify(response, reason=reason)


def reason(response: hc.Response) -> str:
    said = response.said
    return str(said.get("Message", "") if isinstance(said, dict) else said)
