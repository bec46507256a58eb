"""A vendor of the usual kind from its shape alone: people at a path, as JSON, in pages, behind a key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import attrs

from headcount.sandbox.calls import Answer, Call, Refused, Row, T, phrase, route
from headcount.sandbox.people import Person
from headcount.sandbox.server import Sandbox

READ_ONLY = frozenset({"id", "uuid", "created", "updated"})
STATUSES = {"Full-Time": "active", "Part-Time": "active", "Contractor": "active", "Furloughed": "on_leave"}


def _put(body: Row, place: str, value: Any) -> None:
    """Set what stands at a place such as `meta.total`."""
    *above, last = place.split(".")
    for name in above:
        body = body.setdefault(name, {})
    body[last] = value


def _head(place: str) -> str:
    """The top-level key of a place."""
    return place.partition(".")[0]


def _places(body: Row, above: str = "") -> Iterator[tuple[str, Any]]:
    """Each place of a body with what stands there: `{"name": {"first": "Ada"}}` has `name.first`."""
    for key, value in body.items():
        if isinstance(value, dict) and value:
            yield from _places(value, f"{above}{key}.")
        else:
            yield above + key, value


class RestSandbox(Sandbox):
    """The emulator of a vendor whose API is of the usual kind. A class states its shape, and what a person looks like::

        class AcmeSandbox(RestSandbox):
            name = "acme"
            people_at = "/staff"
            paging = "offset"
            fields = {"first": "given", "last": "family", "mail": "email", "starts": "hired"}

            def row(self, person):
                return {**super().row(person), "state": self.status(person)}

    All faults are played, but for `quota`: a vendor that has one says how it looks, in `quota_used`.
    """

    prefixes = ("/v1",)

    auth: ClassVar[str] = "bearer"
    """How the key comes: `bearer`, `basic` (as the user, without a password), or the name of a header."""
    credential: ClassVar[str] = "token"
    """The connector's setting that takes the key."""

    people_at: ClassVar[str] = "/employees"
    """Where people are listed; each is below it, by id."""
    fields: ClassVar[Mapping[str, str]] = {}
    """The vendor's keys of a person, each with the attribute of `Person` that it shows, and that a write sets. A key
    with a dot stands in an object: `{"name.first": "given"}`."""
    dates: ClassVar[str] = "%Y-%m-%d"
    """How the vendor writes a day, as `strftime` has it."""
    items: ClassVar[str | None] = None
    """The key of the list in an answer: by itself the last word of its path; `""` where the list is the answer."""

    paging: ClassVar[str] = "number"
    """By `number`, `offset` or `cursor`, by `link` (the header, `rel="next"`), or `none`: all in one answer."""
    page_param: ClassVar[str] = "page"
    """The parameter that says which page: its number, offset or cursor."""
    size_param: ClassVar[str] = "per_page"
    size: ClassVar[int] = 100
    """So many are on a page at most, and unless fewer are asked for."""
    next_at: ClassVar[str] = "next"
    """Where the next cursor stands beside the list, such as `meta.next`; null on the last page."""
    total_at: ClassVar[str] = ""
    """Where the total stands beside the list, such as `meta.total`; nowhere unless said."""
    total_header: ClassVar[str] = ""
    """The header that has the total."""

    since_param: ClassVar[str] = ""
    """The parameter of the list that leaves only who changed after an instant."""
    count_at: ClassVar[str] = ""
    """Where people are counted."""
    owner_at: ClassVar[str] = ""
    """Where the person is whose key it is: the one with the lowest id."""
    groups: ClassVar[Mapping[str, Collection[str]]] = {}
    """Where groups are listed, with the attributes of `Person` that name them: `{"/departments": ("department",)}`."""
    writes: ClassVar[Collection[str]] = ()
    """Of `POST` (answers 201 and where the new one is), `PATCH` (sets what it names), `PUT` (empties what it does not
    name) and `DELETE` those that people can be written by."""

    _people_paths: ClassVar[Mapping[str, Collection[str]]]
    _count_paths: ClassVar[Mapping[str, Collection[str]]]
    _owner_paths: ClassVar[Mapping[str, Collection[str]]]
    _group_paths: ClassVar[Mapping[str, Collection[str]]]

    def __init_subclass__(cls, **how: Any) -> None:
        super().__init_subclass__(**how)

        def paths(*places: str) -> Mapping[str, Collection[str]]:
            hang = tuple(prefix + place for prefix in cls.prefixes for place in places if place)
            return dict.fromkeys(cls.dialects, hang)

        cls._people_paths, cls._count_paths = paths(cls.people_at), paths(cls.count_at)
        cls._owner_paths, cls._group_paths = paths(cls.owner_at), paths(*cls.groups)
        cls.lists = f"{cls.people_at}$"
        cls.paged = () if cls.paging == "none" else cls.dialects

    def prepare(self) -> None:
        """Number the groups that there are."""
        self._group_ids: dict[tuple[str, str], str] = {}
        for path in self.groups:
            self._groups_of(path)

    # -- what a vendor says -------------------------------------------------------------------------

    def row(self, person: Person) -> Row:
        """A person as the vendor shows them: the id, and the `fields`. A vendor's class adds what is not as simple."""
        row: Row = {self.id_key: self.id_of(person)}
        for place, name in self.fields.items():
            _put(row, place, self.told(getattr(person, name)))
        return row

    def told(self, value: Any) -> Any:
        """An attribute as the vendor says it: a day by `dates`, an instant in ISO 8601, null for what is empty."""
        if isinstance(value, datetime):
            return value.isoformat()
        return value.strftime(self.dates) if isinstance(value, date) else None if value == "" else value

    def day(self, text: Any) -> date:
        """The day that a body says by `dates`. Raises `ValueError`, which is answered with 400, for anything else."""
        found = datetime.strptime(str(text), self.dates).date()  # noqa: DTZ007 - a day that is written is that day
        if found.strftime(self.dates) != text:
            raise ValueError("the day is not written as days are here")
        return found

    def wrote(self, person: Person, body: Row) -> None:
        """Take what a body says into a person, who may be new.

        What a row shows and `fields` does not have is passed over, for clients that send back the whole of it. Raises
        `ValueError`, before anything is set, for a key that no row has and a value that is not of its kind.
        """
        said, row = dict(_places(body)), self.row(person)
        nested = {_head(place) for place in self.fields if "." in place}
        known = row.keys() - nested | dict(_places(row)).keys()
        if unknown := sorted(place for place in said if place not in known and _head(place) not in known):
            raise ValueError(f"{', '.join(unknown)}: there is no such field")
        kinds = {field.name: str(field.type) for field in attrs.fields(Person)}
        named = {place: self.fields[place] for place in said if self.fields.get(place, "id") not in READ_ONLY}
        values = {name: self._taken(place, kinds[name], said[place]) for place, name in named.items()}
        for name, value in values.items():
            setattr(person, name, value)

    def _taken(self, place: str, kind: str, value: Any) -> Any:
        """What a body says at a place, as an attribute of this kind; raises `ValueError` for anything else."""
        if value is None:
            return "" if kind == "str" else None
        if kind.startswith("date"):
            return self.day(value)
        if kind.startswith("int") and str(value).isdecimal():
            return int(value)
        if kind == "str" and isinstance(value, str):
            return value
        raise ValueError(f"{place} is not valid")

    def status(self, person: Person) -> str:
        """One word on where a person stands: pending, active, on_leave, terminated, or one of the company's own."""
        if person.pending:
            return "pending"
        gone = not person.active or (person.left is not None and person.left <= self.clock.today())
        return "terminated" if gone else STATUSES.get(person.status_word, person.status_word)

    def group_id(self, kind: str, name: str) -> str | None:
        """The id of the group of this name among those that an attribute of `Person` names; None for no name."""
        return self._group_ids.setdefault((kind, name), str(len(self._group_ids) + 1)) if name else None

    def group_row(self, kind: str, id: str, name: str) -> Row:
        """A group as the vendor shows it."""
        return {"id": id, "name": name, "type": kind}

    @property
    def settings(self) -> dict[str, Any]:
        return {self.credential: self.key, "base_url": self.base_url}

    def authorized(self, call: Call) -> bool:
        told = call.headers.get("Authorization" if self.auth in ("bearer", "basic") else self.auth, "")
        user = base64.b64encode(f"{self.key}:".encode()).decode()
        return bool(told == {"bearer": f"Bearer {self.key}", "basic": f"Basic {user}"}.get(self.auth, self.key))

    def error(self, status: int, message: str = "") -> Answer:
        return Answer(status=status, body={"error": message or phrase(status)})

    def one(self, id: str) -> Person:
        """The person of this id, for a route below them; who is not there, or not to be seen, is answered with 404."""
        found = next((person for person in self.visible() if self.id_of(person) == id), None)
        if found is None:
            raise Refused(self.error(404, f"there is nobody with the id {id}"))
        return found

    # -- reading ------------------------------------------------------------------------------------

    @route("GET", "", at="_people_paths")
    def get_people(self, call: Call) -> Answer:
        """Everybody, or who changed after an instant."""
        people = self.visible(call)
        if since := call.query.get(self.since_param):
            after = datetime.fromisoformat(since)
            after = after.replace(tzinfo=after.tzinfo or UTC)
            people = [person for person in people if person.updated > after]
        return self._listed(call, people, lambda page: self.shown(call, list(map(self._seen, page))))

    @route("GET", "/<id>", at="_people_paths")
    def get_person(self, call: Call, id: str) -> Answer:
        """One person by the vendor's id."""
        return Answer(body=self._seen(self.one(id)))

    @route("GET", "", at="_count_paths")
    def get_count(self, call: Call) -> Answer:
        """How many people there are."""
        return Answer(body={"count": len(self.visible())})

    @route("GET", "", at="_owner_paths")
    def get_owner(self, call: Call) -> Answer:
        """The person whose key it is."""
        owner = min(self.visible(), key=lambda person: person.id, default=None)
        return self.error(404) if owner is None else Answer(body=self._seen(owner))

    @route("GET", "", at="_group_paths")
    def get_groups(self, call: Call) -> Answer:
        """The groups of one path."""
        path = next(path for path in self.groups if call.path.endswith(path))
        rows = [self.group_row(kind, id, name) for (kind, name), id in self._groups_of(path).items()]
        return self._listed(call, rows, list)

    def _groups_of(self, path: str) -> Mapping[tuple[str, str], str]:
        """The ids of the groups of a path, by kind and name; one that has nobody any more stays."""
        for kind in self.groups[path]:
            for person in self.people:
                value = getattr(person, kind)
                for name in value if isinstance(value, list) else (value,):
                    self.group_id(kind, name)
        return {told: id for told, id in self._group_ids.items() if told[0] in self.groups[path]}

    def _listed(self, call: Call, found: Sequence[T], rows: Callable[[list[T]], list[Row]]) -> Answer:
        """A page of a list, with what the vendor says beside it."""
        name = call.path.rpartition("/")[2] if self.items is None else self.items
        page, following = self._paged(call, found)
        headers: dict[str, str] = {}
        if self.total_header:
            headers[self.total_header] = str(self.total(call, found))
        if self.paging == "link":
            numbers = {"first": "1", "next": following}
            headers["Link"] = ", ".join(self._link(call, rel, number) for rel, number in numbers.items() if number)
        if not name:
            return Answer(body=rows(page), headers=headers)
        body: Row = {name: rows(page)}
        if self.total_at:
            _put(body, self.total_at, self.total(call, found))
        if self.paging == "cursor":
            _put(body, self.next_at, following)
        return Answer(body=body, headers=headers)

    def _paged(self, call: Call, found: Sequence[T]) -> tuple[list[T], str | None]:
        """A page, and what leads to the next one; None on the last."""
        size = min(max(1, call.number(self.size_param, self.size)), self.size)
        if self.paging == "none":
            return list(found), None
        if self.paging == "offset":
            return self.page(call, found, start=max(0, call.number(self.page_param, 0)), size=size), None
        number = max(1, call.number(self.page_param, 1))
        page = self.page(call, found, start=0, size=size, number=number)
        more = page[-1] is not found[-1] if page else number == 2 and "empty_page" in call.faults
        return page, str(number + 1) if more else None

    def _link(self, call: Call, rel: str, number: str) -> str:
        query = urlencode({**call.query, self.page_param: number})
        return f'<{self.origin}{call.path}?{query}>; rel="{rel}"'

    def _seen(self, person: Person) -> Row:
        """A person as the caller sees them: without the fields that are kept from them."""
        hidden = self.restricted_fields if self.restricts(person) else ()
        return {key: value for key, value in self.row(person).items() if key not in hidden}

    # -- writing ------------------------------------------------------------------------------------

    @route("POST", "", at="_people_paths")
    def post_person(self, call: Call) -> Answer:
        """Make a person."""
        body, person = self._sent(call), self.newcomer()
        self.wrote(person, body)
        self.people.append(person)
        place = f"{self.base_url}{self.people_at}/{self.id_of(person)}"
        return Answer(status=201, body=self._seen(person), headers={"Location": place})

    @route("PATCH", "/<id>", at="_people_paths")
    @route("PUT", "/<id>", at="_people_paths")
    def change_person(self, call: Call, id: str) -> Answer:
        """Change a person; who cannot see a field cannot mean to empty it."""
        body, person = self._sent(call), self.one(id)
        if call.method == "PUT":
            said, seen = dict(_places(body)), self._seen(person).keys()
            left_out: Row = {place: None for place in self.fields if _head(place) in seen and place not in said}
            body = {}
            for place, value in (left_out | said).items():
                _put(body, place, value)
        self.wrote(person, body)
        self.touch(person)
        return Answer(body=self._seen(person))

    @route("DELETE", "/<id>", at="_people_paths")
    def delete_person(self, call: Call, id: str) -> Answer:
        """Delete a person for good."""
        self._only_where_written(call)
        self.people.remove(self.one(id))
        return Answer(status=204)

    def _sent(self, call: Call) -> Row:
        self._only_where_written(call)
        body = call.json()
        if not isinstance(body, dict):
            raise ValueError("the body is no object")
        return body

    def _only_where_written(self, call: Call) -> None:
        if call.method not in self.writes:
            raise Refused(self.no_route(call, 405))
