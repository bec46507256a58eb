"""How Insightly is changed: for each verb the steps that make it, and what then shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

import headcount as hc
from headcount_insightly.reading import FIELDS, whoami

WRITABLE: hc.Writable = {
    **hc.keys_of(FIELDS, "given_name", "family_name", "work_email", "timezone"),
    "custom_fields.PROFILE_ID": "PROFILE_ID",
    "custom_fields.ROLE_ID": "ROLE_ID",
    "custom_fields.ADMINISTRATOR": "ADMINISTRATOR",
}
SCIM = {"given_name": "name.givenName", "family_name": "name.familyName"}
STAMPS = ("DATE_UPDATED_UTC",)  # of the user's fields those that change by themselves
READ_ONLY = "This Insightly offers no writing of users over REST (official description: read only endpoint)"
UNDATED = "Insightly keeps no dates of an employment"


def whole(http: hc.Transport, id: str, raw: hc.Raw) -> hc.Facts:
    """Every field of the user: PUT sends them all, so all of them must be as they were planned with."""
    return {f"raw.{name}": value for name, value in raw.items() if name not in STAMPS}


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.warn("A paid seat is taken.")
    expect = {**named(change.fields, ground), "status": "active"}
    if by_rest(ground):
        ground.warn("Insightly mails an invitation to the new user, which nothing suppresses.")
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
