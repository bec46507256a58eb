"""What Insightly shows of a user, a team and a membership, and what it reads of a client: pure functions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from headcount.sandbox import Call, Person

Row = dict[str, Any]

TEXT = "text/plain; charset=utf-8"
MOST = 500
FILTER = re.compile(r"(?P<field>\w+) eq ('(?P<quoted>.*)'|(?P<bare>\S+))")
SERVER_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Server": "Microsoft-IIS/10.0",
    "X-Powered-By": "ASP.NET",
    "Set-Cookie": "snaptid=sandbox01; path=/; HttpOnly",  # its load balancer's; a client has no use for it
}
ERROR_PAGE = "<!DOCTYPE html>\r\n<html><head><title>Runtime Error</title></head><body>Server Error</body></html>\r\n"
INSTANCE = {
    "INSTANCE_NAME": "Headcount Sandbox",
    "INSTANCE_SUBDOMAIN": "headcount-sandbox",
    "PLAN_NAME": "Enterprise",
    "NEW_USER_EXPERIENCE_ENABLED": True,
}
ZERO_DATE = "0000-00-00 00:00:00"
INSTANCE_ID = 411_208
PROFILES = {101: "Administrator", 102: "Standard", 103: "Read Only"}
TIMEZONES = {
    "Berlin": "W. Europe Standard Time",
    "London": "GMT Standard Time",
    "New York": "Eastern Standard Time",
    "Tokyo": "Tokyo Standard Time",
}
BLANKS: Row = {
    "TIMEZONE_ID": "",
    "EMAIL_DROPBOX_IDENTIFIER": "",
    "EMAIL_DROPBOX_ADDRESS": None,
    "CONTACT_DISPLAY": "",
    "CONTACT_ORDER": None,
    "TASK_WEEK_START": None,
    "PROFILE_ID": None,
    "ROLE_ID": None,
    "DATE_UPDATED_UTC": ZERO_DATE,
}
GUIDE_FIELDS: Mapping[str, type | None] = {
    "USER_ID": None,
    "FIRST_NAME": str,
    "LAST_NAME": str,
    "EMAIL_ADDRESS": str,
    "ADMINISTRATOR": bool,
    "ACTIVE": bool,
    "PROFILE_ID": int,
    "ROLE_ID": int,
    "TIMEZONE_ID": str,
    "CURRENCY_CODE": str,
    "DATE_CREATED_UTC": None,
    "DATE_UPDATED_UTC": None,
    "CONTACT_ID": None,
    "INSTANCE_ID": None,
}
"""The guide's fields of a user; where a client may write one, its type."""


@attrs.define(kw_only=True)
class Team:
    """A team, anonymous where it has no name; `members` holds a `Person.id` by the PERMISSION_ID of the membership."""

    id: int
    name: str | None
    created: datetime
    updated: datetime
    members: dict[int, int]

    @property
    def anonymous(self) -> bool:
        return self.name is None


def active(person: Person, today: date) -> bool:
    """Whether someone can sign in on that day."""
    return person.active and not person.pending and (person.left is None or person.left >= today)


def user_row(person: Person, today: date) -> Row:
    """A user with the 20 fields of the official description, in its order."""
    dropbox = person.uuid.replace("-", "")[:6].upper()
    first = person.id == 1
    row: Row = {
        "USER_ID": person.id,
        "CONTACT_ID": 70_000_000 + person.id,
        "FIRST_NAME": person.given or None,
        "LAST_NAME": person.family or None,
        "TIMEZONE_ID": TIMEZONES.get(person.location, "UTC"),
        "EMAIL_ADDRESS": person.email or None,
        "EMAIL_DROPBOX_IDENTIFIER": dropbox,
        "EMAIL_DROPBOX_ADDRESS": f"{INSTANCE_ID}-{dropbox}@mailbox.example.com",
        "ADMINISTRATOR": first,
        "ACCOUNT_OWNER": first,
        "ACTIVE": active(person, today),
        "DATE_CREATED_UTC": spaced(person.created),
        "DATE_UPDATED_UTC": spaced(person.updated),
        "USER_CURRENCY": person.currency or None,
        "CONTACT_DISPLAY": "FirstLast",
        "CONTACT_ORDER": "FirstLast",
        "TASK_WEEK_START": 2,
        "INSTANCE_ID": INSTANCE_ID,
        "PROFILE_ID": 101 if first else 103 if person.status_word == "Contractor" else 102,
        "ROLE_ID": 201 if first else 202,
    }
    if "blanks" in person.tags:
        row |= BLANKS
    return row | {name: value for name, value in person.extra.items() if name in row}


def guide_user_row(person: Person, today: date) -> Row:
    """A user with the 14 fields of the guide, in its order."""
    row = user_row(person, today)
    row |= {
        "CURRENCY_CODE": row["USER_CURRENCY"],
        "DATE_CREATED_UTC": iso(person.created),
        "DATE_UPDATED_UTC": iso(person.updated),
    }
    return {field: row[field] for field in GUIDE_FIELDS}


def team_row(team: Team, *, brief: bool = False) -> Row:
    """A team, as recorded in 2014; the official description names ANONYMOUS_TEAM in its prose only."""
    row: Row = {
        "TEAM_ID": team.id,
        "TEAM_NAME": team.name,
        "ANONYMOUS_TEAM": team.anonymous,
        "DATE_CREATED_UTC": spaced(team.created),
        "DATE_UPDATED_UTC": spaced(team.updated),
    }
    return row if brief else row | {"TEAMMEMBERS": [member_row(team, permission) for permission in team.members]}


def member_row(team: Team, permission: int) -> Row:
    """One membership of a team, as the official description has it."""
    return {"PERMISSION_ID": permission, "TEAM_ID": team.id, "MEMBER_USER_ID": team.members[permission]}


def spaced(moment: datetime) -> str:
    """UTC without saying so, as in every recorded body: `2024-03-04 08:22:56`."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def iso(moment: datetime) -> str:
    """The guide says no more than "UTC timestamp": `2024-03-04T08:22:56Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def permissions(administrator: bool) -> Row:
    """What the caller may do. The words of the states are not recorded."""
    writes = ("CAN_CREATE", "CAN_EDIT", "CAN_DELETE")
    objects = [
        {"OBJECT_TYPE": kind, "PERMISSIONS_STATE": "Enabled", "CAN_READ": True, **dict.fromkeys(writes, may)}
        for kind, may in {"User": False, "Team": administrator, "Contact": True}.items()
    ]
    return {"PERMISSIONS_STATE": "Enabled", "OBJECT_PERMISSIONS": objects}


def etag(body: Any) -> str:
    """The tag of what is read; the same content has the same tag."""
    return f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]}"'


def sent(call: Call) -> Row:
    """The object in the body; raises a `ValueError` without words where there is none."""
    try:
        body = call.json()
    except ValueError as error:
        raise ValueError from error
    if not isinstance(body, dict):
        raise ValueError
    return body


def given(body: Row, name: str) -> Any:
    """A field that the body must have; raises `ValueError` where it has not."""
    if body.get(name) in (None, ""):
        raise ValueError(f"{name} is required.")
    return body[name]


def team_name(body: Row) -> str:
    """The TEAM_NAME of a body; the official description allows 255 characters."""
    name = str(given(body, "TEAM_NAME"))
    if len(name) > 255:
        raise ValueError("TEAM_NAME is not valid.")
    return name


def spelt(value: Any) -> str:
    """A field's value as a query spells it: `true`, `null`, `42`, or the text itself; case is no matter."""
    return (value if isinstance(value, str) else json.dumps(value)).casefold()


def asked(call: Call, name: str) -> bool:
    """Whether a switch such as `brief` is on in the query."""
    return call.query.get(name, "").lower() == "true"


def written(body: Row) -> Row:
    """What a client may write of a user, null where it is left out; a `ValueError` where it makes no sense."""
    new = {name: body.get(name) for name, kind in GUIDE_FIELDS.items() if kind}
    for name, value in new.items():
        if value is not None and type(value) is not GUIDE_FIELDS[name]:
            raise ValueError(f"{name} is not valid.")
    if new["PROFILE_ID"] not in (None, *PROFILES):
        raise ValueError("PROFILE_ID is not valid.")
    return new
