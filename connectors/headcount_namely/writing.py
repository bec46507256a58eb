"""How Namely is changed: for each verb the steps that make it, and what then shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import headcount as hc
from headcount_namely.reading import FIELDS, TIME, WORKER, all_groups, whoami

WRITABLE: hc.Writable = {
    **hc.keys_of(FIELDS, "given_name", "middle_name", "family_name", "preferred_name", "work_email", "personal_email"),
    **hc.keys_of(FIELDS, "work_phone", "mobile_phone", "home_phone", "employee_number", "job_title", "start_date"),
    **hc.keys_of(FIELDS, "worker_type", "time_type", "manager_id"),
    "group_ids": "groups",
    "demographics.date_of_birth": "dob",
    "demographics.gender": "gender",
    "demographics.ethnicity": "ethnicity",
    "demographics.marital_status": "marital_status",
    "custom_fields": "the field's own key",
}
EMPLOYEE_TYPES = ("Full Time", "Part Time", "Intern", "Contractor", "Freelance")  # production connectors
STAYS = {"termination_date": None, "termination_reason": None}
NO_TITLE = "Unknown Job Title"  # what a profile has that has none (official description)
CONTRACT = {  # our words for what Namely keeps in one
    "full_time": "Full Time",
    "part_time": "Part Time",
    "intern": "Intern",
    "contractor": "Contractor",
}


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    """One POST. The status is always sent: what it is without one has changed over the years (recorded 2014)."""
    if change.fields["start_date"] > ground.today.isoformat():
        ground.warn(f"The profile is active from now on, before its start on {change.fields['start_date']}.")
    body = written(change.fields, ground)
    yield hc.Step(
        says="Make the profile",
        request=hc.Request("POST", "/profiles", json={"profiles": [{**body, "user_status": "active"}]}),
        expect={**expected(change.fields, body), "status": "active"},
        makes=True,
    )


def made(response: hc.Response) -> str:
    id: str = response.json()["profiles"][0]["id"]
    return id


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    body = written(change.fields, ground)
    yield put(change.id, "Change the profile", body, expected(change.fields, body))


def terminate(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
    """The status and the date; ahead of the day the date alone, for the status takes effect at once."""
    if whoami(ground.http).id == change.id:
        ground.warn("The token of this connection is this person's: it dies with their status, and so the connection.")
    said: dict[str, Any] = {"last_day": change.last_day, "type": change.type, "comment": change.comment}
    keeps_reason = "terminated_reason" in ground.raw
    said |= {"reason": None if keeps_reason else change.reason, "eligible_for_rehire": change.eligible_for_rehire}
    lost = [name for name, value in said.items() if value is not None]
    if lost:
        ground.warn(f"Namely has no place for {', '.join(lost)}: kept in our journal alone.")
    day = change.on.isoformat()
    told = change.reason if keeps_reason else None
    reason = {"terminated_reason": told} if told else {}
    expect: dict[str, Any] = {"termination_date": day} | ({"termination_reason": told} if told else {})
    if change.on > ground.today:
        ground.warn(f"The profile stays active. Nobody has seen Namely end it by itself: terminate again on {day}.")
        status = {"status": ground.facts["status"]}
        yield put(change.id, "Set the departure date", {"departure_date": day, **reason}, expect | status)
    else:
        body = {"user_status": "inactive", "departure_date": day, **reason}
        yield put(change.id, "Make the profile inactive, and date it", body, expect | {"status": "inactive"})
        yield from sign_in(ground, active=False)


def cancel_termination(change: hc.CancelTermination, ground: hc.Ground) -> Iterator[hc.Step]:
    if ground.facts["status"] != "inactive" and not ground.facts["termination_date"]:
        return
    body = {"user_status": "active", **stays(ground)}
    yield put(change.id, "Take the departure back", body, {"status": "active", **STAYS})
    yield from sign_in(ground, active=True)


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    """The same profile; Namely keeps no dates of the employment before, and our journal does."""
    ground.warn("Namely overwrites the dates of the former employment; the plan and the journal keep them.")
    if change.on > ground.today:
        ground.warn(f"The profile is active from now on, before its start on {change.on}.")
    day = change.on.isoformat()
    own = written(change.fields, ground)
    body = {"user_status": "active", "start_date": day, **stays(ground), **own}
    expect = {"status": "active", "start_date": day, **STAYS, **expected(change.fields, own)}
    yield put(change.id, "Take the profile on again", body, expect)
    yield from sign_in(ground, active=True)


def stays(ground: hc.Ground) -> dict[str, str]:
    """What a departure left in the profile, emptied."""
    return {"departure_date": ""} | ({"terminated_reason": ""} if ground.facts["termination_reason"] else {})


def sign_in(ground: hc.Ground, *, active: bool) -> Iterator[hc.Step]:
    """The sign-in besides, as the guide has it, where a SCIM endpoint is configured and says that it takes PATCH:
    by Namely's own documentation it is there to be read from."""
    email = ground.facts["work_email"]
    user = hc.scim_user(ground.scim, email) if ground.scim and email else None
    if ground.scim and user and user.get("active") is not active and hc.scim_takes_patch(ground.scim):
        says = "Let the sign-in work again" if active else "Cut the sign-in"
        # nothing to look for: the profile shows the same from the step before, whatever the sign-in does
        yield hc.scim_change(ground.scim, user, {"active": active}, says=says, expect={})


def join(change: hc.Join, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    now = ground.facts["group_ids"] or []
    wanted = joined(now, change.group_id, ground)
    yield put(change.id, "Put the profile into the group", memberships(now, wanted, ground), {"group_ids": wanted})


def leave(change: hc.Leave, ground: hc.Ground) -> Iterator[hc.Step]:
    now = ground.facts["group_ids"] or []
    wanted = [id for id in now if id != change.group_id]
    if ground.group(change.group_id).type.value is not hc.GroupType.TEAM and wanted != now:
        raise hc.Unsupported("a person has one group of this kind: join another of it")
    yield put(change.id, "Take the profile out of the team", memberships(now, wanted, ground), {"group_ids": wanted})


def joined(now: list[str], id: str, ground: hc.Ground) -> list[str]:
    """The groups with one more; of every kind but teams a person has one."""
    type = ground.group(id).type
    instead = {group.id for group in ground.groups() if group.type == type and type.value is not hc.GroupType.TEAM}
    return sorted({*now, id} - (instead - {id}))


def memberships(now: list[str], wanted: list[str], ground: hc.Ground) -> dict[str, Any]:
    """In the guide the whole list of groups. The real server is said to take a group's title under the name of its
    type (a production connector), and nothing for teams."""
    types = ground.known.types
    asked = ground.http.pages(hc.Request("GET", "/group_types"), at="group_types")
    if not types and not list(ground.http.where_offered(asked)):  # one that keeps them from us raises
        return {"groups": [{"id": id, "type": ground.group(id).type.source} for id in wanted]}
    moved = {id for id in wanted if id not in now}
    rows = {raw["id"]: raw for page in all_groups(ground.http) for raw in page.records}
    if moved - rows.keys() or (wanted != now and not moved):
        raise hc.Unsupported("this server's API changes no teams; groups of a type can be joined")
    return {types[rows[id]["links"]["group_type"]]["field_name"]: rows[id]["title"] for id in moved}


def written(fields: hc.Facts, ground: hc.Ground) -> dict[str, Any]:
    """The fields under Namely's keys; what is emptied is sent as an empty text (recorded)."""
    plain = {name: "" if value is None else value for name, value in fields.items() if name != "group_ids"}
    body = hc.translated(plain, WRITABLE)
    hidden = body.keys() - keys_shown(ground) if body else ()
    if hidden:
        raise hc.Unsupported(
            f"this server does not show {', '.join(sorted(hidden))}: what is not shown cannot be proved"
        )
    if "job_title" in body:
        titles = ground.http.optional(hc.Request("GET", "/job_titles"))
        offered = [one["title"] for one in titles["job_titles"]] if titles else [body["job_title"]]
        body["job_title"] = hc.chosen("job_title", body["job_title"] or (NO_TITLE if titles else ""), offered)
    if "employee_type" in body:
        body["employee_type"] = hc.chosen("employee type", hc.contract(fields, CONTRACT) or "", ("", *EMPLOYEE_TYPES))
    ids = fields.get("group_ids", [])
    kinds = [ground.group(id).type for id in ids]
    if any(kind.value is not hc.GroupType.TEAM and kinds.count(kind) > 1 for kind in kinds):
        raise hc.Rejected("group_ids: a person has one group of each kind, but for teams")
    return body | memberships([], ids, ground) if ids else body


def keys_shown(ground: hc.Ground) -> Collection[str]:
    """What a profile shows here to this token: of the person, or of the first one there is."""
    if ground.raw:
        return ground.raw.keys()
    first = ground.http.json(hc.Request("GET", "/profiles", {"page": 1, "per_page": 1}))["profiles"]
    return first[0].keys() if first else WRITABLE.values()


def expected(fields: hc.Facts, body: dict[str, Any]) -> dict[str, Any]:
    """What the profile shows of these fields: the type of employee is one word there, and two of ours."""
    told = {name: value for name, value in fields.items() if WRITABLE.get(name) != "employee_type"}
    word = hc.contract(fields, CONTRACT)
    coded = {} if word is None else {"worker_type": WORKER.maybe(word), "time_type": TIME.maybe(word)}
    told |= {"job_title": body["job_title"]} if "job_title" in body else {}
    told |= {name: code and code.value for name, code in coded.items()}
    return told | ({"group_ids": sorted(fields["group_ids"])} if "group_ids" in fields else {})


def put(id: str, says: str, profile: dict[str, Any], expect: dict[str, Any]) -> hc.Step:
    request = hc.Request("PUT", f"/profiles/{hc.segment(id)}", json={"profiles": [profile]})
    return hc.Step(says=says, request=request, expect=expect)
