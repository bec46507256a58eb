"""Insightly's REST API v3.1 on loopback: users and teams, to the letter of the guide or as observed.

| Topic           | `guide`                                   | `observed`                                |
|-----------------|-------------------------------------------|-------------------------------------------|
| Users           | read, POST, PUT (replaces), DELETE        | read only; a write is refused with 405    |
| Fields          | 14, with `CURRENCY_CODE`                  | 20, with `USER_CURRENCY`                  |
| Dates           | `2024-03-04T08:22:56Z`                    | `2024-03-04 08:22:56`, zeros for none     |
| Paging          | `$top` `$skip`; 500 unless asked, at most | `top` `skip`; 100 unless asked, 500 at most |
| Filter          | `$filter=FIELD eq value`, `$orderby`      | `/Users/Search` by one filter, no order   |
| Total           | none                                      | `X-Total-Count`, with `count_total=true`  |
| Groups          | none                                      | Teams, among them anonymous ones          |
| Profiles        | `/Permissions/Profiles`                   | none; `/Permissions` is the caller's own  |
| Unknown address | 404                                       | 405                                       |

Guide: the public integration guide of March 2026. Observed: the official description of v3.1, answers of
v2.1 recorded by the official Ruby client (2014, 2016), and what several independent clients agree on.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
from werkzeug.wrappers import Request

from headcount.sandbox import Answer, Call, Fault, Person, Sandbox, route

Row = dict[str, Any]

GUIDE = ("guide",)
OBSERVED = ("observed",)
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
ZERO_DATE = "0000-00-00 00:00:00"
INSTANCE_ID = 411_208
MOST = 500
IDLE_TEAM = "Silver"
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
FILTER = re.compile(r"(?P<field>\w+) eq ('(?P<quoted>.*)'|(?P<bare>\S+))")
SERVER_HEADERS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Server": "Microsoft-IIS/10.0",
    "X-Powered-By": "ASP.NET",
    "Set-Cookie": "snaptid=sandbox01; path=/; HttpOnly",  # its load balancer's; a client has no use for it
}
ERROR_PAGE = (
    "<!DOCTYPE html>\r\n<html><head><title>Runtime Error</title></head>\r\n"
    "<body><h1>Server Error</h1><p>The application failed.</p></body></html>\r\n"
)


class Refused(Exception):  # noqa: N818  it is an answer, not a mistake
    """A handler stops here and this is what the client gets."""

    def __init__(self, answer: Answer) -> None:
        """Take the answer along."""
        super().__init__(answer.status)
        self.answer = answer


@attrs.define(kw_only=True)
class Team:
    """A team; `members` holds a `Person.id` by the PERMISSION_ID of the membership."""

    id: int
    name: str | None
    anonymous: bool = False
    created: datetime
    updated: datetime
    members: dict[int, int]


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
    return (
        row if brief else row | {"TEAMMEMBERS": [member_row(team, permission) for permission in team.members]}
    )


def member_row(team: Team, permission: int) -> Row:
    """One membership of a team, as the official description has it."""
    return {"PERMISSION_ID": permission, "TEAM_ID": team.id, "MEMBER_USER_ID": team.members[permission]}


def spaced(moment: datetime) -> str:
    """UTC without saying so, as in every recorded body: `2024-03-04 08:22:56`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def iso(moment: datetime) -> str:
    """The guide says no more than "UTC timestamp": `2024-03-04T08:22:56Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(text: str) -> datetime:
    """An instant from a query; raises `ValueError` where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"The value '{text}' is not valid.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def spelt(value: Any) -> str:
    """A field's value as a query spells it: `true`, `null`, `42`, or the text itself; case is no matter."""
    return (value if isinstance(value, str) else json.dumps(value)).casefold()


def etag(body: Any) -> str:
    """The tag of what is read; the same content has the same tag."""
    return f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]}"'


def read(body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """The observed answer to a read."""
    return Answer(body=body, headers={"ETag": etag(body), "Vary": "Accept-Encoding", **(headers or {})})


def missing(what: str, key: object) -> Refused:
    """404 as recorded in 2016: a sentence as text, and a reason phrase of its own."""
    sentence, reason = f"No {what} with ID = {key}", f"{what} Not Found"
    return Refused(Answer(status=404, body=sentence, content_type=TEXT, reason=reason))


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
    if body.get(name) is None:
        raise ValueError(f"{name} is required.")
    return body[name]


def team_name(body: Row) -> str:
    """The TEAM_NAME of a body; the official description allows 255 characters."""
    name = given(body, "TEAM_NAME")
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise ValueError("TEAM_NAME is not valid.")
    return name


def membership(teams: Iterable[Team], key: str) -> tuple[Team, int]:
    """The team, of these, that has a member of this PERMISSION_ID; raises a 404 where none has."""
    for team in teams:
        for permission in team.members:
            if str(permission) == key:
                return team, permission
    raise missing("Team Member", key)


def asked(call: Call, name: str) -> bool:
    """Whether a switch such as `brief` is on in the query."""
    return call.query.get(name, "").lower() == "true"


class InsightlySandbox(Sandbox):
    """Insightly's emulator. The key is the one of the person with the lowest id."""

    name = "insightly"
    prefixes = ("/v3.1",)
    id_key = "USER_ID"
    restricted_fields = frozenset({"EMAIL_ADDRESS", "EMAIL_DROPBOX_IDENTIFIER", "EMAIL_DROPBOX_ADDRESS"})

    quota: int = 100_000
    """Requests a day, as the Enterprise plan's header told in live answers."""
    limit: tuple[int, float] | None = None
    """So many requests in so many seconds; Insightly says (10, 1.0), and (5, 1.0) is what was measured."""
    administrator: bool = True
    """Whether the key is an administrator's; others may not write users (guide) nor TeamMembers."""

    def __init__(self, **how: Any) -> None:
        """Take what `Sandbox` takes, and put the people into their teams."""
        super().__init__(**how)
        self.invitations: list[str] = []
        """The addresses that an invitation was mailed to, in order."""
        self._user_ids = itertools.count(max((p.id for p in self.people), default=0) + 1)
        self._team_ids = itertools.count(5_200_001)
        self._permission_ids = itertools.count(9_400_001)
        self._day, self._spent = self.clock.today(), 0
        self._recent: list[datetime] = []
        names = sorted({IDLE_TEAM}.union(*(p.teams for p in self.people)))
        self.teams = [self._made(name, [p.id for p in self.people if name in p.teams]) for name in names]
        # Insightly makes such a team when a record is shared with individuals; its name is not recorded.
        for some in filter(None, (self.people[:2], self.people[1:3])):
            self.teams.append(self._made(None, [p.id for p in some], anonymous=True))

    # -- what Insightly says --------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Scheme, host, port and version."""
        return f"{self.origin}/v3.1"

    @property
    def settings(self) -> dict[str, str]:
        """The API key and the base URL."""
        return {"api_key": self.key, "base_url": self.base_url}

    @property
    def seats_taken(self) -> int:
        """How many paid seats are taken: one by each user (guide)."""
        return len(self.people)

    def authorized(self, call: Call) -> bool:
        """HTTP Basic, key as user. Observed: any password, and even the bare key without a colon."""
        scheme, _, code = call.headers.get("Authorization", "").partition(" ")
        try:
            credentials = base64.b64decode(code, validate=True).decode()
        except ValueError:
            return False
        if self.dialect == "observed":
            credentials = credentials.partition(":")[0] + ":"
        return scheme.lower() == "basic" and credentials == f"{self.key}:"

    def error(self, status: int, message: str = "") -> Answer:
        """Text, JSON, HTML or nothing at all, by the status; what no one recorded (409, 429) is text."""
        match status:
            case 400 if not message:
                return Answer(status=400, content_type=TEXT, reason="A server exception was thrown.")
            case 401:
                return Answer(status=401, body={"Message": "Authorization has been denied for this request."})
            case 403:
                message = message or "API User does not have access to this object."
                return Answer(status=403, body=message, content_type=TEXT, reason="No Access to Data")
            case 405:
                return Answer(status=405, body={"Message": message})
            case 417:
                return Answer(status=417, content_type=TEXT)
            case _ if status >= 500:
                return Answer(
                    status=status, body=ERROR_PAGE, content_type=HTML, headers={"Cache-Control": "private"}
                )
        return Answer(status=status, body=message, content_type=TEXT)

    def quota_used(self, fault: Fault) -> Answer:
        """The status of throttling; only what remains, 0, tells the two apart."""
        answer = self.throttled(fault)
        return attrs.evolve(answer, headers={**answer.headers, "X-RateLimit-Remaining": "0"})

    def headers(self) -> Mapping[str, str]:
        """The day's quota and what remains of it; observed: also what the recorded server sends."""
        rate = {
            "X-RateLimit-Limit": str(self.quota),
            "X-RateLimit-Remaining": str(max(0, self.quota - self._spent)),
        }
        return rate if self.dialect == "guide" else {**SERVER_HEADERS, **rate}

    def _answer(self, request: Request, body: bytes, bites: Mapping[str, Fault]) -> Answer:
        try:
            self._admit()
            return super()._answer(request, body, bites)
        except Refused as refused:
            return refused.answer

    def _admit(self) -> None:
        """Count a call, or refuse it as one too many for the day or for the moment."""
        now = self.clock.now()
        if now.date() != self._day:
            self._day, self._spent = now.date(), 0
        if self._spent >= self.quota:
            raise Refused(self.quota_used(Fault(kind="quota")))
        if self.limit is not None:
            count, seconds = self.limit
            self._recent = [then for then in self._recent if now - then < timedelta(seconds=seconds)]
            if len(self._recent) >= count:
                raise Refused(self.throttled(Fault(kind="throttle")))
            self._recent.append(now)
        self._spent += 1

    # -- users, both dialects -------------------------------------------------------------------------

    @route("GET", "/Users/<id>")
    def get_user(self, call: Call, id: str) -> Answer:
        """One user by USER_ID."""
        return self._read(self._row(self._user(id)))

    @route("GET", "/Users/Me")
    def get_me(self, call: Call) -> Answer:
        """The user whose key it is."""
        if self._caller is None:
            raise missing("User", "Me")
        return self._read(self._row(self._caller))

    # -- users, observed ------------------------------------------------------------------------------

    @route("GET", "/Users", dialects=OBSERVED)
    def get_users(self, call: Call) -> Answer:
        """Everyone, inactive ones too; a `$top` or `$filter` is a parameter nobody knows."""
        return self._listed(call, self.people)

    @route("GET", "/Users/Search", dialects=OBSERVED)
    def search_users(self, call: Call) -> Answer:
        """Those of one filter: a field's value, or changed after an instant (official description)."""
        field, value, since = map(call.query.get, ("field_name", "field_value", "updated_after_utc"))
        if (field is None) != (value is None):
            raise ValueError("Both field_name and field_value must be given.")
        if field is not None and since is not None:
            raise ValueError("Only one optional parameter can be given.")
        if field is not None and value is not None:
            return self._listed(call, self._where(field, value))
        if since is not None:
            after = moment(since)
            return self._listed(call, [p for p in self.people if p.updated > after])
        return self._listed(call, self.people)

    # -- users, guide ---------------------------------------------------------------------------------

    @route("GET", "/Users", dialects=GUIDE)
    def query_users(self, call: Call) -> Answer:
        """Everyone, or those of a `$filter` of one comparison, by `$orderby` where it is given."""
        people: Sequence[Person] = self.people
        if wanted := call.query.get("$filter"):
            if not (found := FILTER.fullmatch(wanted.strip())):
                raise ValueError(f"The filter is not supported: {wanted}")
            people = self._where(found["field"], found["bare"] or found["quoted"])
        if order := call.query.get("$orderby"):
            field, _, way = order.strip().partition(" ")
            if way not in ("", "asc", "desc"):
                raise ValueError(f"The order is not supported: {order}")
            values = self._values(people, field)
            values.sort(key=lambda pair: (pair[1] is not None, pair[1]), reverse=way == "desc")
            people = [person for person, _ in values]
        return self._listed(call, people)

    @route("POST", "/Users", dialects=GUIDE)
    def post_user(self, call: Call) -> Answer:
        """Add a user, who takes a seat and is mailed an invitation. 201, where the guide allows 200 too."""
        self._only_administrators()
        body = {"ACTIVE": True, **sent(call)}
        if lacking := [name for name in ("FIRST_NAME", "LAST_NAME", "EMAIL_ADDRESS") if not body.get(name)]:
            raise ValueError(f"{lacking[0]} is required.")
        number, now = next(self._user_ids), self.clock.now()
        person = Person(
            id=number,
            uuid=str(uuid.UUID(int=number)),
            number=str(1000 + number),
            given="",
            family="",
            created=now,
            updated=now,
        )
        self._replace(person, body)
        self.people.append(person)
        self.invitations.append(person.email)
        return Answer(status=201, body=self._row(person))

    @route("PUT", "/Users", dialects=GUIDE)
    def put_user(self, call: Call) -> Answer:
        """Replace the user of the USER_ID in the body; what is left out becomes null or false."""
        self._only_administrators()
        body = sent(call)
        person = self._user(str(given(body, "USER_ID")))
        self._replace(person, body)
        return Answer(body=self._row(person))

    @route("DELETE", "/Users/<id>", dialects=GUIDE)
    def delete_user(self, call: Call, id: str) -> Answer:
        """Delete a user for good."""
        self._only_administrators()
        self.people.remove(self._user(id))
        return Answer(status=202)

    @route("GET", "/Permissions/Profiles", dialects=GUIDE)
    def get_profiles(self, call: Call) -> Answer:
        """What a PROFILE_ID stands for."""
        return Answer(body=[{"PROFILE_ID": key, "PROFILE_NAME": name} for key, name in PROFILES.items()])

    # -- teams, observed ------------------------------------------------------------------------------

    @route("GET", "/Teams", dialects=OBSERVED)
    def get_teams(self, call: Call) -> Answer:
        """All teams, the anonymous ones too; with `brief=true` without their members."""
        brief = asked(call, "brief")
        return self._paged(call, [team_row(team, brief=brief) for team in self.teams])

    @route("GET", "/Teams/<id>", dialects=OBSERVED)
    def get_team(self, call: Call, id: str) -> Answer:
        """One team by TEAM_ID."""
        return read(team_row(self._team(id)))

    @route("POST", "/Teams", dialects=OBSERVED)
    def post_team(self, call: Call) -> Answer:
        """Add a team; a regular one needs a name (another may bear it too), an anonymous one a member."""
        body = sent(call)
        anonymous = body.get("ANONYMOUS_TEAM") is True
        name = None if anonymous else team_name(body)
        team = self._made(name, self._member_ids(body, least=int(anonymous)), anonymous=anonymous)
        self.teams.append(team)
        self._settle()
        return self._created(f"Teams/{team.id}", team_row(team))

    @route("PUT", "/Teams", dialects=OBSERVED)
    def put_team(self, call: Call) -> Answer:
        """Change what the body holds of the team of its TEAM_ID.

        Left alone are members with `brief=true`, and names of anonymous teams, whose members must be sent.
        """
        body = sent(call)
        team = self._team(str(given(body, "TEAM_ID")))
        tag = call.headers.get("If-Match")
        if tag not in (None, etag(team_row(team))):
            raise ValueError(f"If-Match header value {tag} is not valid.")
        name = team_name(body) if "TEAM_NAME" in body and not team.anonymous else team.name
        if team.anonymous or ("TEAMMEMBERS" in body and not asked(call, "brief")):
            held = {user_id: permission for permission, user_id in team.members.items()}
            members = self._member_ids(body, least=int(team.anonymous))
            team.members = {held.get(user_id) or next(self._permission_ids): user_id for user_id in members}
        team.name, team.updated = name, self.clock.now()
        self._settle()
        return read(team_row(team))

    @route("DELETE", "/Teams/<id>", dialects=OBSERVED)
    def delete_team(self, call: Call, id: str) -> Answer:
        """Delete a team; its members stay users."""
        self.teams.remove(self._team(id))
        self._settle()
        return Answer(status=202)

    @route("POST", "/Teams/<id>/TeamMembers", dialects=OBSERVED)
    def post_member_of_team(self, call: Call, id: str) -> Answer:
        """Put the user of MEMBER_USER_ID into the team of the path."""
        return self._join(self._team(id), sent(call))

    @route("DELETE", "/Teams/<id>/TeamMembers/<permission>", dialects=OBSERVED)
    def delete_member_of_team(self, call: Call, id: str, permission: str) -> Answer:
        """Take a member, named by PERMISSION_ID, out of the team of the path."""
        return self._leave([self._team(id)], permission)

    @route("GET", "/TeamMembers", dialects=OBSERVED)
    def get_members(self, call: Call) -> Answer:
        """The members of all teams."""
        return self._paged(call, [member_row(team, key) for team in self.teams for key in team.members])

    @route("GET", "/TeamMembers/<permission>", dialects=OBSERVED)
    def get_member(self, call: Call, permission: str) -> Answer:
        """One membership by PERMISSION_ID."""
        return read(member_row(*membership(self.teams, permission)))

    @route("POST", "/TeamMembers", dialects=OBSERVED)
    def post_member(self, call: Call) -> Answer:
        """Put the user of MEMBER_USER_ID into the team of TEAM_ID; one that nobody knows is bad data."""
        self._only_administrators()
        body = sent(call)
        if body.get("TEAM_ID") not in [team.id for team in self.teams]:
            raise ValueError("TEAM_ID is not valid.")
        return self._join(self._team(str(body["TEAM_ID"])), body)

    @route("DELETE", "/TeamMembers/<permission>", dialects=OBSERVED)
    def delete_member(self, call: Call, permission: str) -> Answer:
        """Take a member, named by PERMISSION_ID, out of their team."""
        self._only_administrators()
        return self._leave(self.teams, permission)

    # -- the rest -------------------------------------------------------------------------------------

    @route("GET", "/Permissions", dialects=OBSERVED)
    def get_permissions(self, call: Call) -> Answer:
        """What the caller may do. The words of the states are not recorded."""
        rights = {"User": False, "Team": self.administrator, "Contact": True}
        objects = [
            {"OBJECT_TYPE": kind, "PERMISSIONS_STATE": "Enabled", "CAN_READ": True}
            | dict.fromkeys(("CAN_CREATE", "CAN_EDIT", "CAN_DELETE"), may_write)
            for kind, may_write in rights.items()
        ]
        return read({"PERMISSIONS_STATE": "Enabled", "OBJECT_PERMISSIONS": objects})

    @route("GET", "/Instance", dialects=OBSERVED)
    def get_instance(self, call: Call) -> Answer:
        """The company's Insightly."""
        return read(
            {
                "INSTANCE_NAME": "Headcount Sandbox",
                "INSTANCE_SUBDOMAIN": "headcount-sandbox",
                "PLAN_NAME": "Enterprise",
                "NEW_USER_EXPERIENCE_ENABLED": True,
            }
        )

    @route("GET", "/<path:rest>")
    @route("POST", "/<path:rest>")
    @route("PUT", "/<path:rest>")
    @route("PATCH", "/<path:rest>")
    @route("DELETE", "/<path:rest>")
    def get_lost(self, call: Call, rest: str) -> Answer:
        """An address or a method that is not served: 405 was seen live, even for unknown collections."""
        if self.dialect == "guide":
            return self.error(404, f"No resource at {rest}.")
        return self.error(405, f"The requested resource does not support http method '{call.method}'.")

    # -- within ---------------------------------------------------------------------------------------

    @property
    def _caller(self) -> Person | None:
        return min(self.people, key=lambda person: person.id, default=None)

    def _user(self, key: str) -> Person:
        for person in self.people:
            if str(person.id) == key:
                return person
        raise missing("User", key)

    def _team(self, key: str) -> Team:
        for team in self.teams:
            if str(team.id) == key:
                return team
        raise missing("Team", key)

    def _only_administrators(self) -> None:
        if not self.administrator:
            raise Refused(self.error(403))

    def _row(self, person: Person) -> Row:
        """A person as the caller sees them."""
        row = (guide_user_row if self.dialect == "guide" else user_row)(person, self.clock.today())
        if person is self._caller:
            row["ADMINISTRATOR"] = row["ADMINISTRATOR"] and self.administrator
        hidden = self.restricted_fields if self.restricts(person) else ()
        return {name: None if name in hidden else value for name, value in row.items()}

    def _values(self, people: Sequence[Person], field: str) -> list[tuple[Person, Any]]:
        """People, each with what the caller sees in `field`; raises `ValueError` where there is none."""
        rows = [(person, self._row(person)) for person in people]
        if any(field not in row for _, row in rows):
            raise ValueError(f"{field} is not a field of User.")
        return [(person, row[field]) for person, row in rows]

    def _where(self, field: str, value: str) -> list[Person]:
        return [person for person, has in self._values(self.people, field) if spelt(has) == value.casefold()]

    def _read(self, row: Row) -> Answer:
        return Answer(body=row) if self.dialect == "guide" else read(row)

    def _window(self, call: Call) -> tuple[int, int]:
        """Where the page starts and how long it is; only the dialect's own parameters count."""
        sigil, size = ("$", MOST) if self.dialect == "guide" else ("", 100)
        return max(0, call.number(f"{sigil}skip", 0)), min(max(0, call.number(f"{sigil}top", size)), MOST)

    def _listed(self, call: Call, people: Sequence[Person]) -> Answer:
        """A page of people, and how many there are where that is asked for."""
        total = self._total(call, people)
        start, size = self._window(call)
        page = self.page(call, people, start=start, size=size)
        rows = self.shown(call, [self._row(person) for person in page])
        return Answer(body=rows) if self.dialect == "guide" else read(rows, total)

    def _paged(self, call: Call, rows: Sequence[Row]) -> Answer:
        """A page of teams or members, and how many there are where that is asked for."""
        start, size = self._window(call)
        return read(self.page(call, rows, start=start, size=size), self._total(call, rows))

    def _total(self, call: Call, rows: Sequence[Any]) -> dict[str, str]:
        return {"X-Total-Count": str(self.total(call, rows))} if asked(call, "count_total") else {}

    def _replace(self, person: Person, body: Row) -> None:
        """Give a person the content of a body, or refuse it and leave everything as it was."""
        kept = guide_user_row(person, self.clock.today())
        if self.restricts(person):  # who cannot see a field cannot mean to empty it
            body = body | {name: kept[name] for name in self.restricted_fields & kept.keys()}
        new = {name: body.get(name) for name, kind in GUIDE_FIELDS.items() if kind}
        for name, value in new.items():
            if value is not None and type(value) is not GUIDE_FIELDS[name]:
                raise ValueError(f"{name} is not valid.")
        if new["PROFILE_ID"] not in (None, *PROFILES):
            raise ValueError("PROFILE_ID is not valid.")
        email = new["EMAIL_ADDRESS"] or ""
        others = {other.email.casefold() for other in self.people if other is not person}
        if email and email != person.email and email.casefold() in others:
            raise Refused(self.error(409, f"A user with the e-mail address {email} exists already."))
        if new["ACTIVE"] and not kept["ACTIVE"]:
            person.left, person.pending = None, False
        person.active = bool(new["ACTIVE"])
        person.given, person.family = new["FIRST_NAME"] or "", new["LAST_NAME"] or ""
        person.email, person.currency = email, new["CURRENCY_CODE"] or ""
        person.extra |= {name: new[name] for name in ("PROFILE_ID", "ROLE_ID", "TIMEZONE_ID")}
        person.extra["ADMINISTRATOR"] = bool(new["ADMINISTRATOR"])
        self.touch(person)

    def _made(self, name: str | None, members: Sequence[int], *, anonymous: bool = False) -> Team:
        now = self.clock.now()
        return Team(
            id=next(self._team_ids),
            name=name,
            anonymous=anonymous,
            created=now,
            updated=now,
            members={next(self._permission_ids): user_id for user_id in members},
        )

    def _member_id(self, body: Any) -> int:
        """The MEMBER_USER_ID of a body; raises `ValueError` where it is nobody's."""
        number = body.get("MEMBER_USER_ID") if isinstance(body, dict) else None
        if type(number) is int and any(person.id == number for person in self.people):
            return number
        raise ValueError("MEMBER_USER_ID is not valid.")

    def _member_ids(self, body: Row, *, least: int) -> list[int]:
        members = body.get("TEAMMEMBERS") or []
        if not isinstance(members, list) or len(members) < least:
            raise ValueError("TEAMMEMBERS is not valid.")
        return list(dict.fromkeys(map(self._member_id, members)))

    def _join(self, team: Team, body: Row) -> Answer:
        """Add a member; an anonymous team takes them only as a whole, through /Teams."""
        user_id = self._member_id(body)
        if team.anonymous or user_id in team.members.values():
            raise ValueError("The Team Member cannot be added.")
        permission = next(self._permission_ids)
        team.members[permission], team.updated = user_id, self.clock.now()
        self._settle()
        return self._created(f"TeamMembers/{permission}", member_row(team, permission))

    def _leave(self, teams: Sequence[Team], key: str) -> Answer:
        """Take a member out of whichever of these teams it is; an anonymous one gives none away."""
        team, permission = membership(teams, key)
        if team.anonymous:
            raise Refused(self.error(417))
        del team.members[permission]
        team.updated = self.clock.now()
        self._settle()
        return Answer(status=202)

    def _settle(self) -> None:
        """Write down with each person the names of their teams."""
        for person in self.people:
            joined = (team for team in self.teams if person.id in team.members.values())
            person.teams = [team.name for team in joined if team.name is not None]

    def _created(self, path: str, row: Row) -> Answer:
        return Answer(status=201, body=row, headers={"Location": f"{self.base_url}/{path}"})
