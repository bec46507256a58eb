"""Insightly: a CRM, so its users are employees with little detail.

Host     one for each pod: https://api.{pod}.insightly.com/v3.1; the key's page shows the pod
Auth     basic: the API key as user, an empty password; the key acts as the user it belongs to
Pages    top and skip up to 500 a page, the total in X-Total-Count when asked; the guide has $top and $skip
Reads    Users with the inactive among them, and no sure way to have them filtered: filter on our side
Writes   PUT replaces the whole user, its id in the body; where the instance offers none of it, SCIM
Dates    instants only, UTC: `yyyy-MM-dd HH:mm:ss` in bodies, ISO 8601 in the guide
Groups   Teams with their members; anonymous teams are made by sharing a record, and left out
Limits   10 a second are promised and 5 kept; X-RateLimit-Remaining: 0 beside a 429 is the day's quota
Errors   JSON, plain text, HTML or nothing; the reason may stand in the status line
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

import attrs

import headcount as hc


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    api_key: str = attrs.field(
        repr=False, metadata=hc.setting("Insightly: click your picture > User Settings > API Key")
    )
    pod: str = attrs.field(
        default="na1", metadata=hc.setting("Insightly: User Settings shows the API URL with it, such as na1")
    )
    scim_url: str | None = attrs.field(
        default=None,
        metadata=hc.setting("Insightly: System Settings > Security > SAML and SCIM, once it is enabled", address=True),
    )
    scim_token: str | None = attrs.field(
        default=None, repr=False, metadata=hc.setting("Insightly: beside the SCIM URL; another than the API key")
    )


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
WRITABLE: hc.Writable = {
    "given_name": "FIRST_NAME",
    "family_name": "LAST_NAME",
    "work_email": "EMAIL_ADDRESS",
    "timezone": "TIMEZONE_ID",
    "custom_fields.PROFILE_ID": "PROFILE_ID",
    "custom_fields.ROLE_ID": "ROLE_ID",
    "custom_fields.ADMINISTRATOR": "ADMINISTRATOR",
}
SCIM = {"given_name": "name.givenName", "family_name": "name.familyName"}
STAMPS = ("DATE_UPDATED_UTC",)  # of the user's fields those that change by themselves
READ_ONLY = "This Insightly offers no writing of users over REST (official description: read only endpoint)"
UNDATED = "Insightly keeps no dates of an employment"
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


def whole(http: hc.Transport, id: str, raw: hc.Raw) -> hc.Facts:
    """Every field of the user: PUT sends them all, so all of them must be as they were planned with."""
    return {f"raw.{name}": value for name, value in raw.items() if name not in STAMPS}


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.warn("Insightly mails an invitation to the new user, which nothing suppresses, and a paid seat is taken.")
    expect = {**named(change.fields, ground), "status": "active"}
    if by_rest(ground):
        body = {"ADMINISTRATOR": False, "ACTIVE": True, **user_body(change.fields, ground)}
        request = hc.Request("POST", "/Users", json=body)
        yield hc.Step(says="Make the user", request=request, expect=expect, makes=True)
    else:
        by_scim(ground, change.fields)
        yield hc.scim_create(scim_body(change.fields), says="Make the user", expect=expect)


def made(response: hc.Response) -> str | None:
    """USER_ID. What SCIM calls an id need not be that one: there the new user is looked up by e-mail."""
    id = response.json().get("USER_ID")
    return None if id is None else str(id)


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    return changed(ground, "Change the user", change.fields, named(change.fields, ground))


def terminate(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
    """ACTIVE false: their records stay theirs."""
    if change.on > ground.today:
        raise hc.Unsupported(f"{UNDATED}: terminate on {change.on}, and not before")
    ground.warn(f"{UNDATED}: the day, the reason and the like are kept in our journal alone.")
    if whoami(ground.http).id == change.id:
        ground.warn("The API key of this connection is this user's: it dies with them, and so the connection.")
    return changed(ground, "Deactivate the user", {"ACTIVE": False}, {"status": "inactive"})


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    if change.on > ground.today:
        raise hc.Unsupported(f"{UNDATED}: rehire on {change.on}, and not before")
    ground.warn("An active user takes a paid seat.")
    expect = {**named(change.fields, ground), "status": "active"}
    return changed(ground, "Activate the user again", {**change.fields, "ACTIVE": True}, expect)


def delete(change: hc.Delete, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.warn("This cannot be undone, and their records lose their owner: to terminate is nearly always better.")
    path = f"/Users/{hc.segment(change.id)}"
    step = hc.Step(says="Delete the user", request=hc.Request("DELETE", path), expect={"there": False})
    yield step if by_rest(ground) else hc.scim_delete(scim_self(ground), says=step.says, expect=step.expect)


def join(change: hc.Join, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    team = team_of(change.group_id, ground)
    request = hc.Request("POST", f"/Teams/{hc.segment(change.group_id)}/TeamMembers")
    request = attrs.evolve(request, json={"MEMBER_USER_ID": ground.raw["USER_ID"]})
    teams = sorted({*ground.facts["group_ids"], str(team["TEAM_ID"])})
    yield hc.Step(says=f"Put the user into the team {team['TEAM_NAME']}", request=request, expect={"group_ids": teams})


def leave(change: hc.Leave, ground: hc.Ground) -> Iterator[hc.Step]:
    """A membership is deleted by its own PERMISSION_ID, which the team tells."""
    team = team_of(change.group_id, ground)
    own = [one["PERMISSION_ID"] for one in team["TEAMMEMBERS"] or () if str(one["MEMBER_USER_ID"]) == change.id]
    teams = [id for id in ground.facts["group_ids"] if id != change.group_id]
    says = f"Take the user out of the team {team['TEAM_NAME']}"
    path = f"/Teams/{hc.segment(change.group_id)}/TeamMembers"
    requests = (hc.Request("DELETE", f"{path}/{permission}") for permission in own)
    return (hc.Step(says=says, request=request, expect={"group_ids": teams}) for request in requests)


def team_of(id: str, ground: hc.Ground) -> hc.Raw:
    """Raises `Unsupported` where this server has no teams, as the guide's has none."""
    if ground.known.teams is None:
        raise hc.Unsupported("this server offers no teams")
    ground.group(id)
    return ground.http.record(hc.Request("GET", f"/Teams/{hc.segment(id)}"))


def changed(ground: hc.Ground, says: str, fields: hc.Facts, expect: hc.Facts) -> Iterator[hc.Step]:
    """The whole user with some fields changed, or over SCIM only those."""
    if by_rest(ground):
        user = {**ground.raw, **user_body(fields, ground)}
        kept = {f"raw.{name}": value for name, value in user.items() if name not in STAMPS}
        request = hc.Request("PUT", "/Users", json=user)
        yield hc.Step(says=f"{says}: the whole user is sent", request=request, expect={**expect, **kept})
    else:
        by_scim(ground, fields)
        yield hc.scim_change(
            ground.scim_line, scim_self(ground), scim_changes(fields, ground), says=says, expect=expect
        )


def by_rest(ground: hc.Ground) -> bool:
    """The guide, which has user writes, has permission profiles as well; the official description has neither."""
    return bool(ground.known.profiles)


def by_scim(ground: hc.Ground, fields: hc.Facts) -> None:
    """Raises `Unsupported` where there is no such line, or it does not carry these fields."""
    if ground.scim is None:
        raise hc.Unsupported(f"{READ_ONLY}. Configure its SCIM endpoint: scim_url and scim_token (Enterprise plan)")
    over = [name for name in fields if name not in (*SCIM, "work_email", "ACTIVE")]
    if over:
        raise hc.Unsupported(f"{READ_ONLY}, and SCIM carries no {', '.join(over)}")


def scim_self(ground: hc.Ground) -> hc.Raw:
    """The user as SCIM has it, by e-mail: the two numbers need not be one."""
    email = ground.facts["work_email"]
    by_scim(ground, {})
    user = hc.scim_user(ground.scim_line, email) if email else None
    if user is None:
        raise hc.Unsupported("the SCIM endpoint does not know this user by their e-mail address")
    return user


def scim_body(fields: hc.Facts) -> dict[str, Any]:
    """The five attributes that Insightly requires."""
    given, family, email = fields["given_name"], fields["family_name"], fields["work_email"]
    return {
        "userName": email,
        "name": {"givenName": given, "familyName": family},
        "displayName": hc.full_name(given, family),
        "emails": [{"value": email, "type": "work", "primary": True}],
        "active": True,
    }


def scim_changes(fields: hc.Facts, ground: hc.Ground) -> dict[str, Any]:
    changes = {SCIM[name]: value for name, value in fields.items() if name in SCIM}
    names = [fields.get(name, ground.facts[name]) for name in SCIM]
    changes |= {"displayName": hc.full_name(*names)} if changes else {}
    email = fields.get("work_email")
    changes |= {"userName": email, "emails": [{"value": email, "type": "work", "primary": True}]} if email else {}
    return changes | ({"active": fields["ACTIVE"]} if "ACTIVE" in fields else {})


def user_body(fields: hc.Facts, ground: hc.Ground) -> dict[str, Any]:
    """The fields under Insightly's names; a profile may be given by its name."""
    body = {WRITABLE.get(name, name): value for name, value in fields.items()}
    profile, role = body.get("PROFILE_ID"), body.get("ROLE_ID")
    return (
        body
        | ({"PROFILE_ID": profile_id(str(profile), ground)} if profile is not None else {})
        | ({"ROLE_ID": int(str(role))} if str(role).isdecimal() else {})
        | ({"ADMINISTRATOR": is_true(body["ADMINISTRATOR"])} if "ADMINISTRATOR" in body else {})
    )


def profile_id(told: str, ground: hc.Ground) -> int:
    profiles: Mapping[int, str] = ground.known.profiles
    ids = {name: id for id, name in profiles.items()} | {str(id): id for id in profiles}
    return ids[hc.chosen("PROFILE_ID", told, ids)]


def is_true(value: Any) -> bool:
    return hc.chosen("ADMINISTRATOR", str(value), ("true", "false")) == "true"


def named(fields: hc.Facts, ground: hc.Ground) -> dict[str, Any]:
    """What the user shows of these fields: a profile by its name."""
    body = user_body(fields, ground)
    told = {name: body.get(WRITABLE[name]) for name in fields}
    profile = told.get("custom_fields.PROFILE_ID")
    return told | ({"custom_fields.PROFILE_ID": ground.known.profiles[profile]} if profile is not None else {})


def classify(response: hc.Response) -> hc.VendorError | None:
    """A 429 with nothing remaining is the day's quota: nothing succeeds before it is renewed."""
    if response.status == 429 and response.headers.get("X-RateLimit-Remaining") == "0":
        used_up = f"the day's quota of {response.headers.get('X-RateLimit-Limit', '?')} requests is used up"
        return hc.classify(response, reason=used_up, kind=hc.QuotaExhausted, wait=DAY)
    return hc.classify(response, reason=reason)


def reason(response: hc.Response) -> str:
    said = response.said
    return str(said.get("Message", "") if isinstance(said, dict) else said)


insightly = hc.Connector(
    name="insightly",
    title="Insightly",
    settings=Settings,
    base_url="https://api.{pod}.insightly.com/v3.1",
    auth=lambda settings: hc.Basic(settings.api_key),
    rate=hc.Rate(5),
    classify=classify,
    employees=hc.Resource(all=users, one=user, known=known, to=to_employee, id=itemgetter("USER_ID"), fields=FIELDS),
    groups=hc.Resource(all=teams, to=to_group, id=itemgetter("TEAM_ID"), belongs=is_real_team, fields=GROUP_FIELDS),
    company=company,
    whoami=whoami,
    writable=WRITABLE,
    plans={
        hc.Hire: hc.Verb(plan=hire, made=made, required=("given_name", "family_name", "work_email")),
        hc.Update: hc.Verb(plan=update, facts=whole),
        hc.Terminate: hc.Verb(plan=terminate, facts=whole),
        hc.Rehire: hc.Verb(plan=rehire, facts=whole),
        hc.Join: hc.Verb(plan=join),
        hc.Leave: hc.Verb(plan=leave),
        hc.Delete: hc.Verb(plan=delete),
    },
    cannot={hc.CancelTermination: f"{UNDATED}, so there is none to take back: rehire the user"},
    scim=lambda s: (s.scim_url, hc.Bearer(s.scim_token)) if s.scim_url and s.scim_token else None,
    sandbox="headcount_insightly.sandbox:InsightlySandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [insightly]
