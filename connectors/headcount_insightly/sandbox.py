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
| SCIM            | `/scim/v2`, beside the API                | the same                                  |

Guide: the public integration guide of March 2026. Observed: the official description of v3.1, answers of
v2.1 recorded by the official Ruby client (2014, 2016), and what several independent clients agree on.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs

from headcount.sandbox import GUIDE, OBSERVED, Answer, Call, Fault, Person, Refused, ScimSandbox, route
from headcount_insightly import shapes
from headcount_insightly.shapes import MOST, PROFILES, TEXT, Row, Team, asked, given, member_row, team_row

T = TypeVar("T")

IDLE_TEAM = "Silver"


def one(what: str, key: str, among: Mapping[int, T]) -> T:
    """What has this id. Else 404 as recorded in 2016: a sentence as text, and a reason phrase of its own."""
    if key.isdecimal() and int(key) in among:
        return among[int(key)]
    sentence = f"No {what} with ID = {key}"
    raise Refused(Answer(status=404, body=sentence, content_type=TEXT, reason=f"{what} Not Found"))


class InsightlySandbox(ScimSandbox):
    """Insightly's emulator. The key is the one of the person with the lowest id.

    `limit` is (10, 1.0) as Insightly says, and (5, 1.0) as was measured. `invitations` are the addresses that
    one was mailed to, in order.
    """

    name = "insightly"
    prefixes = ("/v3.1",)
    dialects = GUIDE + OBSERVED
    lists = r"/Users(/Search)?$"
    id_key = "USER_ID"
    scim_paths = dict.fromkeys(GUIDE + OBSERVED, ("/scim/v2",))  # the guide's; the real one is shown in the settings
    scim_required = ("userName", "name.givenName", "name.familyName", "displayName", "emails")
    restricted_fields = frozenset({"EMAIL_ADDRESS", "EMAIL_DROPBOX_IDENTIFIER", "EMAIL_DROPBOX_ADDRESS"})

    quota: int = 100_000
    """Requests a day, as the Enterprise plan's header told in live answers."""
    administrator: bool = True
    """Whether the key is an administrator's; others may not write users (guide) nor TeamMembers."""

    def prepare(self) -> None:
        """Put the people into their teams."""
        self.invitations: list[str] = []
        self._team_ids = itertools.count(5_200_001)
        self._permission_ids = itertools.count(9_400_001)
        self._day, self._spent = self.clock.today(), 0
        names = sorted({IDLE_TEAM}.union(*(person.teams for person in self.people)))
        self.teams = [self._made(name, [p.id for p in self.people if name in p.teams]) for name in names]
        # Insightly makes such a team when a record is shared with individuals; its name is not recorded.
        for some in filter(None, (self.people[:2], self.people[1:3])):
            self.teams.append(self._made(None, [person.id for person in some]))

    def new_hire(self) -> dict[str, Any]:
        """In the guide a user needs a profile; no dialect knows a first day."""
        hire = {name: value for name, value in super().new_hire().items() if name != "start_date"}
        return {**hire, "custom_fields": {"PROFILE_ID": "Standard"}} if self.guide else hire

    @property
    def writing_settings(self) -> dict[str, Any]:
        """Observed, users are written by SCIM alone."""
        return self.settings if self.guide else {**self.settings, **self.scim_settings}

    # -- what Insightly says --------------------------------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        """The API key and the base URL."""
        return {"api_key": self.key, "base_url": self.base_url}

    def authorized(self, call: Call) -> bool:
        """HTTP Basic, key as user. Observed: any password, and even the bare key without a colon."""
        scheme, _, code = call.headers.get("Authorization", "").partition(" ")
        try:
            credentials = base64.b64decode(code, validate=True).decode()
        except ValueError:
            return False
        if not self.guide:
            credentials = credentials.partition(":")[0] + ":"
        return scheme.lower() == "basic" and credentials == f"{self.key}:"

    def admit(self, call: Call) -> None:
        """Count a call, or refuse it as one too many for the day."""
        if (today := self.clock.today()) != self._day:
            self._day, self._spent = today, 0
        if self._spent >= self.quota:
            raise Refused(self.face(call).quota_used(Fault(kind="quota")))
        self._spent += 1

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
            case _ if status >= 500:
                html, headers = "text/html; charset=utf-8", {"Cache-Control": "private"}
                return Answer(status=status, body=shapes.ERROR_PAGE, content_type=html, headers=headers)
        return Answer(status=status, body=message, content_type=TEXT)

    def no_route(self, call: Call, status: int) -> Answer:
        """405 was seen live, even for unknown collections; the guide knows 404."""
        if self.guide:
            return self.error(404, f"No resource at {call.path}.")
        return self.error(405, f"The requested resource does not support http method '{call.method}'.")

    def quota_used(self, fault: Fault) -> Answer:
        """The status of throttling; only what remains, 0, tells the two apart."""
        answer = self.throttled(fault)
        return attrs.evolve(answer, headers={**answer.headers, "X-RateLimit-Remaining": "0"})

    def headers(self) -> Mapping[str, str]:
        """The day's quota and what remains of it; observed: also what the recorded server sends."""
        remaining = max(0, self.quota - self._spent)
        rate = {"X-RateLimit-Limit": str(self.quota), "X-RateLimit-Remaining": str(remaining)}
        return rate if self.guide else {**shapes.SERVER_HEADERS, **rate}

    def _read(self, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a read; observed ones are tagged."""
        tags = {} if self.guide else {"ETag": shapes.etag(body), "Vary": "Accept-Encoding"}
        return Answer(body=body, headers={**tags, **(headers or {})})

    def _created(self, path: str, row: Row) -> Answer:
        return Answer(status=201, body=row, headers={"Location": f"{self.base_url}/{path}"})

    # -- users, both dialects -------------------------------------------------------------------------

    @route("GET", "/Users/<id>")
    def get_user(self, call: Call, id: str) -> Answer:
        """One user by USER_ID; `Me` is the user whose key it is."""
        return self._read(self._row(self._user(id)))

    @property
    def _me(self) -> int:
        return min((person.id for person in self.people), default=0)

    def _user(self, key: str) -> Person:
        wanted = str(self._me) if key == "Me" and self.people else key
        return one("User", wanted, {person.id: person for person in self.visible()})

    def _row(self, person: Person) -> Row:
        """A person as the caller sees them."""
        row = (shapes.guide_user_row if self.guide else shapes.user_row)(person, self.clock.today())
        if not self.administrator and person.id == self._me:
            row["ADMINISTRATOR"] = False
        hidden = self.restricted_fields if self.restricts(person) else ()
        return {name: None if name in hidden else value for name, value in row.items()}

    def _listed(self, call: Call, rows: Sequence[Any], *, people: bool = False) -> Answer:
        """A page, and how many there are where that is asked for; only the dialect's own parameters count."""
        sigil, usual = ("$", MOST) if self.guide else ("", 100)
        size = min(max(0, call.number(f"{sigil}top", usual)), MOST)
        counted = not self.guide and asked(call, "count_total")
        total = {"X-Total-Count": str(self.total(call, rows))} if counted else {}
        page = self.page(call, rows, start=max(0, call.number(f"{sigil}skip", 0)), size=size)
        return self._read(self.shown(call, [self._row(person) for person in page]) if people else page, total)

    def _values(self, people: Sequence[Person], field: str) -> list[tuple[Person, Any]]:
        """People, each with what the caller sees in `field`; raises `ValueError` where there is none."""
        rows = [(person, self._row(person)) for person in people]
        if any(field not in row for _, row in rows):
            raise ValueError(f"{field} is not a field of User.")
        return [(person, row[field]) for person, row in rows]

    def _where(self, people: Sequence[Person], field: str, value: str) -> list[Person]:
        return [person for person, has in self._values(people, field) if shapes.spelt(has) == value.casefold()]

    # -- users, observed ------------------------------------------------------------------------------

    @route("GET", "/Users", dialects=OBSERVED)
    def get_users(self, call: Call) -> Answer:
        """Everyone, inactive ones too; a `$top` or `$filter` is a parameter nobody knows."""
        return self._listed(call, self.visible(call), people=True)

    @route("GET", "/Users/Search", dialects=OBSERVED)
    def search_users(self, call: Call) -> Answer:
        """Those of one filter: a field's value, or changed after an instant (official description)."""
        field, value, since = map(call.query.get, ("field_name", "field_value", "updated_after_utc"))
        if (field is None) != (value is None) or (field is not None and since is not None):
            raise ValueError("Only one filter can be given: field_name with field_value, or updated_after_utc.")
        people = self.visible(call)
        if field is not None and value is not None:
            people = self._where(people, field, value)
        elif since is not None:
            after = datetime.fromisoformat(since)
            people = [person for person in people if person.updated > after.replace(tzinfo=after.tzinfo or UTC)]
        return self._listed(call, people, people=True)

    # -- users, guide ---------------------------------------------------------------------------------

    @route("GET", "/Users", dialects=GUIDE)
    def query_users(self, call: Call) -> Answer:
        """Everyone, or those of a `$filter` of one comparison, by `$orderby` where it is given."""
        people = self.visible(call)
        if wanted := call.query.get("$filter"):
            if not (found := shapes.FILTER.fullmatch(wanted.strip())):
                raise ValueError(f"The filter is not supported: {wanted}")
            people = self._where(people, found["field"], found["bare"] or found["quoted"])
        if order := call.query.get("$orderby"):
            field, _, way = order.strip().partition(" ")
            if way not in ("", "asc", "desc"):
                raise ValueError(f"The order is not supported: {order}")
            values = self._values(people, field)
            values.sort(key=lambda pair: (pair[1] is not None, pair[1]), reverse=way == "desc")
            people = [person for person, _ in values]
        return self._listed(call, people, people=True)

    @route("POST", "/Users", dialects=GUIDE)
    def post_user(self, call: Call) -> Answer:
        """Add a user, who takes a seat and is mailed an invitation. 201, where the guide allows 200 too."""
        self._only_administrators()
        body = {"ACTIVE": True, **shapes.sent(call)}
        for name in ("FIRST_NAME", "LAST_NAME", "EMAIL_ADDRESS"):
            given(body, name)
        person = self.newcomer()
        self._replace(person, body)
        self.people.append(person)
        self.invitations.append(person.email)
        return Answer(status=201, body=self._row(person))

    @route("PUT", "/Users", dialects=GUIDE)
    def put_user(self, call: Call) -> Answer:
        """Replace the user of the USER_ID in the body; what is left out becomes null or false."""
        self._only_administrators()
        body = shapes.sent(call)
        person = self._user(str(given(body, "USER_ID")))
        self._replace(person, body)
        return Answer(body=self._row(person))

    @route("DELETE", "/Users/<id>", dialects=GUIDE)
    def delete_user(self, call: Call, id: str) -> Answer:
        """Delete a user for good."""
        self._only_administrators()
        self.people.remove(self._user(id))
        return Answer(status=202)

    def _only_administrators(self, *, nested: bool = False) -> None:
        """For users and members; the description has no 403 for members `nested` in their team's path."""
        if not (self.administrator or nested):
            raise Refused(self.error(403))

    def _replace(self, person: Person, body: Row) -> None:
        """Give a person the content of a body, or refuse it and leave everything as it was."""
        kept = shapes.guide_user_row(person, self.clock.today())
        if self.restricts(person):  # who cannot see a field cannot mean to empty it
            body = body | {name: kept[name] for name in self.restricted_fields & kept.keys()}
        new = shapes.written(body)
        email = new["EMAIL_ADDRESS"] or ""
        others = {other.email.casefold() for other in self.people if other is not person}
        if email and email != person.email and email.casefold() in others:
            raise Refused(self.error(409, f"A user with the e-mail address {email} exists already."))
        if new["ACTIVE"] != kept["ACTIVE"]:
            self.scim_activate(person, bool(new["ACTIVE"]))
        person.given, person.family = new["FIRST_NAME"] or "", new["LAST_NAME"] or ""
        person.email, person.currency = email, new["CURRENCY_CODE"] or ""
        person.extra |= {name: new[name] for name in ("PROFILE_ID", "ROLE_ID", "TIMEZONE_ID")}
        person.extra["ADMINISTRATOR"] = bool(new["ADMINISTRATOR"])
        self.touch(person)

    def scim_active(self, person: Person) -> bool:
        return shapes.active(person, self.clock.today())

    def scim_activate(self, person: Person, active: bool) -> None:
        """Who is made active is neither pending nor gone."""
        if active:
            person.left, person.pending = None, False
        person.active = active

    @route("GET", "/Permissions/Profiles", dialects=GUIDE)
    def get_profiles(self, call: Call) -> Answer:
        """What a PROFILE_ID stands for."""
        return Answer(body=[{"PROFILE_ID": key, "PROFILE_NAME": name} for key, name in PROFILES.items()])

    # -- teams, observed ------------------------------------------------------------------------------

    @route("GET", "/Teams", dialects=OBSERVED)
    def get_teams(self, call: Call) -> Answer:
        """All teams, the anonymous ones too; with `brief=true` without their members."""
        return self._listed(call, [team_row(team, brief=asked(call, "brief")) for team in map(self._seen, self.teams)])

    @route("GET", "/Teams/<id>", dialects=OBSERVED)
    def get_team(self, call: Call, id: str) -> Answer:
        """One team by TEAM_ID."""
        return self._read(team_row(self._seen(self._team(id))))

    @route("POST", "/Teams", dialects=OBSERVED)
    def post_team(self, call: Call) -> Answer:
        """Add a team; a regular one needs a name (another may bear it too), an anonymous one a member."""
        body = shapes.sent(call)
        name = None if body.get("ANONYMOUS_TEAM") is True else shapes.team_name(body)
        team = self._made(name, self._member_ids(body, least=int(name is None)))
        self.teams.append(team)
        self._settle(team)
        return self._created(f"Teams/{team.id}", team_row(team))

    @route("PUT", "/Teams", dialects=OBSERVED)
    def put_team(self, call: Call) -> Answer:
        """Change what is sent of a team: with `brief=true` not its members, of an anonymous one its members alone."""
        body = shapes.sent(call)
        team = self._team(str(given(body, "TEAM_ID")))
        tag = call.headers.get("If-Match")
        if tag not in (None, shapes.etag(team_row(self._seen(team)))):
            raise ValueError(f"If-Match header value {tag} is not valid.")
        name = shapes.team_name(body) if "TEAM_NAME" in body and not team.anonymous else team.name
        if team.anonymous or ("TEAMMEMBERS" in body and not asked(call, "brief")):
            held = {user_id: permission for permission, user_id in team.members.items()}
            members = self._member_ids(body, least=int(team.anonymous))
            members += [user_id for user_id in team.members.values() if user_id in self._hidden]
            team.members = {held.get(user_id) or next(self._permission_ids): user_id for user_id in members}
        team.name = name
        self._settle(team)
        return self._read(team_row(self._seen(team)))

    @route("DELETE", "/Teams/<id>", dialects=OBSERVED)
    def delete_team(self, call: Call, id: str) -> Answer:
        """Delete a team; its members stay users."""
        team = self._team(id)
        self.teams.remove(team)
        self._settle(team)
        return Answer(status=202)

    @route("GET", "/TeamMembers", dialects=OBSERVED)
    def get_members(self, call: Call) -> Answer:
        """The members of all teams."""
        teams = map(self._seen, self.teams)
        return self._listed(call, [member_row(team, key) for team in teams for key in team.members])

    @route("GET", "/TeamMembers/<permission>", dialects=OBSERVED)
    def get_member(self, call: Call, permission: str) -> Answer:
        """One membership by PERMISSION_ID."""
        return self._read(member_row(self._team_with(permission, self.teams), int(permission)))

    @route("POST", "/TeamMembers", dialects=OBSERVED)
    @route("POST", "/Teams/<id>/TeamMembers", dialects=OBSERVED)
    def post_member(self, call: Call, id: str | None = None) -> Answer:
        """Put a user into the team of the path, or of TEAM_ID; an anonymous one takes them as a whole, through PUT."""
        self._only_administrators(nested=id is not None)
        body = shapes.sent(call)
        named = (team for team in self.teams if team.id == body.get("TEAM_ID"))
        team = next(named, None) if id is None else self._team(id)
        user_id = self._member_id(body)
        if team is None or team.anonymous or user_id in team.members.values():
            raise ValueError("The Team Member cannot be added.")
        permission = next(self._permission_ids)
        team.members[permission] = user_id
        self._settle(team)
        return self._created(f"TeamMembers/{permission}", member_row(team, permission))

    @route("DELETE", "/TeamMembers/<permission>", dialects=OBSERVED)
    @route("DELETE", "/Teams/<id>/TeamMembers/<permission>", dialects=OBSERVED)
    def delete_member(self, call: Call, permission: str, id: str | None = None) -> Answer:
        """Take a member, named by PERMISSION_ID, out of their team; an anonymous one gives none away."""
        self._only_administrators(nested=id is not None)
        team = self._team_with(permission, self.teams if id is None else [self._team(id)])
        if team.anonymous:
            raise Refused(self.error(417))
        del team.members[int(permission)]
        self._settle(team)
        return Answer(status=202)

    def _made(self, name: str | None, members: Iterable[int]) -> Team:
        """A new team; an anonymous one where it has no name."""
        joined = {next(self._permission_ids): user_id for user_id in members}
        return Team(id=next(self._team_ids), name=name, members=joined, created=(now := self.clock.now()), updated=now)

    @property
    def _hidden(self) -> set[int]:
        return {person.id for person in self.people if not self.sees(person)}

    def _seen(self, team: Team) -> Team:
        """A team as the caller sees it: without the members whom they may not see, who stay in it all the same."""
        hidden = self._hidden
        return attrs.evolve(team, members={key: id for key, id in team.members.items() if id not in hidden})

    def _team(self, key: str) -> Team:
        return one("Team", key, {team.id: team for team in self.teams})

    def _team_with(self, permission: str, teams: Iterable[Team]) -> Team:
        return one("Team Member", permission, {key: team for team in teams for key in self._seen(team).members})

    def _member_id(self, body: Any) -> int:
        """The MEMBER_USER_ID of a body; raises `ValueError` where it is nobody's."""
        number = body.get("MEMBER_USER_ID") if isinstance(body, dict) else None
        if number not in {person.id for person in self.visible()}:
            raise ValueError("MEMBER_USER_ID is not valid.")
        return int(number)

    def _member_ids(self, body: Row, *, least: int) -> list[int]:
        members = body.get("TEAMMEMBERS") or []
        if len(members) < least:
            raise ValueError("TEAMMEMBERS is not valid.")
        return list(dict.fromkeys(map(self._member_id, members)))

    def _settle(self, changed: Team) -> None:
        """Note that a team changed now, and write down with each person the names of their teams."""
        changed.updated = self.clock.now()
        for person in self.people:
            joined = (team for team in self.teams if person.id in team.members.values())
            person.teams = [team.name for team in joined if team.name is not None]

    # -- the rest, observed ---------------------------------------------------------------------------

    @route("GET", "/Permissions", dialects=OBSERVED)
    def get_permissions(self, call: Call) -> Answer:
        """What the caller may do. The words of the states are not recorded."""
        return self._read(shapes.permissions(self.administrator))

    @route("GET", "/Instance", dialects=OBSERVED)
    def get_instance(self, call: Call) -> Answer:
        """The company's Insightly."""
        return self._read(shapes.INSTANCE)
