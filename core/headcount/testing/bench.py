"""What a check works on: the connector, its sandbox in one dialect (or a live account, or recordings), and a roster."""

from __future__ import annotations

import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import attrs

from headcount.auth import Credential
from headcount.connection import Connection
from headcount.connector import Connector
from headcount.errors import HeadcountError, Unsupported
from headcount.http import Request
from headcount.lifecycle import Journal, Policy
from headcount.model import Employee, NullReason, Scope
from headcount.oauth import OAuth
from headcount.options import UNLIMITED, Options
from headcount.plugins import connect
from headcount.report import Report
from headcount.testing.checking import Check, NotApplicable, ensure, fail, named
from headcount.testing.recordings import replayed

OBSERVED = ("observed",)
if TYPE_CHECKING:
    from headcount.roster import Roster, Run, SyncPolicy
    from headcount.sandbox import Logged, Person, Sandbox
    from headcount.vault import Vault

QUICK = Options(rate=UNLIMITED, first_wait=0.002, longest_wait=0.01, tries=3, read_timeout=5.0)
AT_ONCE = Policy(allow_delete=True, looks=(), settle_after=timedelta(0))
PEOPLE, PAGE = 60, 20
"""So many people are in a sandbox, and so many come on a page where a check is about pages."""
FEW = 36
"""So many are in one where each of them takes a request: the awkward ones, and plain ones enough."""
NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
KEY = urlsafe_b64encode(b"a key for checks, and none else.").decode()
"""What the vaults of the checks are sealed with."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@attrs.frozen(kw_only=True)
class Subject:
    """A connector, and what it is examined against.

    `sandbox` is the vendor's emulator; without one, `cassettes` is a folder of recordings (vcrpy), one file a dialect,
    and `settings` are those that they were recorded with. With `live` the account of `settings` is read, and nothing
    else. `spec` is the vendor's description of its API (OpenAPI, parsed), `recorded` are requests with the answers that
    the vendor really gave, and `not_compared` the keys in these that are a company's own, or newer.
    """

    connector: Connector
    sandbox: type[Sandbox] | None = None
    cassettes: Path | None = None
    live: bool = False
    settings: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    spec: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    recorded: tuple[tuple[Request, Any], ...] = attrs.field(default=(), repr=False)
    not_compared: frozenset[str] = frozenset()

    @property
    def dialects(self) -> tuple[str, ...]:
        """The ways of speaking in which it is examined."""
        if self.live:
            return ("live",)
        if self.sandbox is not None:
            return self.sandbox.dialects
        if self.cassettes is not None:
            return tuple(sorted(file.stem for file in self.cassettes.glob("*.yaml")))
        return ()


class People(dict[str, Employee]):
    """People by id. Who is not there is a promise broken, and no mistake of the check's."""

    def __missing__(self, id: str) -> NoReturn:
        fail("somebody whom the vendor has is not in the list, or bears another id there")


@attrs.frozen
class Reading:
    """What came of reading a list to its end, or to the error that ended it."""

    people: People
    ids: list[str]
    report: Report
    error: HeadcountError | None

    def to_its_end(self) -> Reading:
        """The same, where it came to its end. Raises the error that ended it before."""
        if self.error is not None:
            raise self.error
        return self


def read(listing: Iterable[Employee]) -> Reading:
    """Read a list, whatever becomes of it."""
    people = People()
    ids: list[str] = []
    error: HeadcountError | None = None
    try:
        for one in listing:
            people[one.id] = one
            ids.append(one.id)
    except HeadcountError as ended:
        error = ended
    return Reading(people, ids, listing.report, error)  # type: ignore[attr-defined]


class Bench:
    """One subject in one dialect. What a check opens it closes with its `with`."""

    def __init__(self, subject: Subject, dialect: str) -> None:
        self.subject, self.connector, self.dialect = subject, subject.connector, dialect

    def check(self, check: Check) -> None:
        """Run one check. Raises `NotApplicable` with the reason, or `Broken`, or whatever else went wrong."""
        missing = [name for name in check.needs if name not in self.connector.can]
        if missing:
            raise NotApplicable(f"{self.connector.name} has no {', '.join(missing)}")
        if self.subject.sandbox is None and not check.reads_only:
            raise NotApplicable("it takes a sandbox")
        check.run(self)

    # -- the sandbox --------------------------------------------------------------------------------

    @contextmanager
    def box(self, people: int | None = None, **how: Any) -> Iterator[Sandbox]:
        """The sandbox, running."""
        if self.subject.sandbox is None:
            raise NotApplicable("it takes a sandbox")
        how.setdefault("now", NOON)
        with self.subject.sandbox(people=self.size if people is None else people, dialect=self.dialect, **how) as box:
            yield box

    def connect(self, box: Sandbox, *, settings: Mapping[str, Any] | None = None, **how: Any) -> Connection:
        """A connection of the connector that is examined, whatever is installed under its name."""
        how.setdefault("options", QUICK)
        return connect(self.connector, **{**(box.settings if settings is None else settings), **how})

    @contextmanager
    def account(self, people: int | None = None, **how: Any) -> Iterator[tuple[Sandbox, Connection]]:
        """The sandbox and a connection to it that may see everything."""
        how.setdefault("scopes", tuple(Scope))
        with self.box(people) as box, self.connect(box, **how) as connection:
            yield box, connection

    @contextmanager
    def paged(self, people: int | None = None, **how: Any) -> Iterator[tuple[Sandbox, Connection]]:
        """The same, with pages so small that there are several."""
        if self.subject.sandbox is not None and self.dialect not in self.subject.sandbox.paged:
            raise NotApplicable("the list of people has no pages")
        with self.account(people, **how) as (box, connection):
            self.small_pages(box)
            yield box, connection

    @contextmanager
    def writing(self) -> Iterator[tuple[Sandbox, Connection]]:
        """The sandbox, on today's date, and a connection that may write, with a journal of its own."""
        with ExitStack() as stack:
            box = stack.enter_context(self.box(now=None))
            journal = Journal("sqlite://")
            stack.callback(journal.close)
            how: dict[str, Any] = {"store": journal, "policy": AT_ONCE, "scopes": tuple(Scope)}
            yield box, stack.enter_context(self.connect(box, settings=box.writing_settings, **how))

    def small_pages(self, box: Sandbox) -> None:
        """Let the list come in small pages from now on, where it has pages."""
        if self.dialect in box.paged:
            box.play("clamped", on=box.lists, size=PAGE, times=None)

    def must_list(self) -> None:
        """Raise `NotApplicable` where people are read one by one: what stands in a list says nothing of them."""
        if self.reads_one_by_one:
            raise NotApplicable("in this dialect people are read one by one: there is no other way")

    def must_be_observed(self) -> None:
        """Raise `NotApplicable` in a dialect other than the one that the vendor describes, and was recorded in."""
        if self.dialect not in OBSERVED:
            raise NotApplicable("this dialect is not the one that is described and recorded")

    @property
    def size(self) -> int:
        """So many people are in its sandbox."""
        return FEW if self.reads_one_by_one else PEOPLE

    @property
    def reads_one_by_one(self) -> bool:
        """Whether people are read one by one in this dialect, for want of another way."""
        return self.subject.sandbox is not None and self.dialect in self.subject.sandbox.one_by_one

    @contextmanager
    def kept(self, people: int | None = None, *, skew: timedelta = timedelta(), **how: Any) -> Iterator[Kept]:
        """The sandbox, a connection, and a roster that is kept of it."""
        from headcount.roster import Roster

        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            store = f"sqlite:///{folder}/roster.db"
            box, connection = stack.enter_context(self.account(people, store=store, **how))
            roster = stack.enter_context(Roster(store, now=lambda: box.clock.now() + skew))
            yield Kept(box=box, connection=connection, roster=roster, file=Path(folder) / "roster.db")

    @contextmanager
    def granted(self, **how: Any) -> Iterator[Granted]:
        """The sandbox, and a vault with what a person has granted there; `how` is what the vendor does (`Grants`)."""
        from headcount.vault import Vault

        with ExitStack() as stack:
            box = stack.enter_context(self.box(people=5))
            if self.dialect not in box.grants_in:
                raise NotApplicable("the sandbox grants no access")
            for name, value in how.items():
                setattr(box.grants, name, value)
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            vault = stack.enter_context(Vault(f"sqlite:///{folder}/vault.db", key=KEY))
            granted = Granted(bench=self, box=box, vault=vault)
            granted.grant()
            yield granted

    # -- reading only -------------------------------------------------------------------------------

    @contextmanager
    def reading(self, **how: Any) -> Iterator[Connection]:
        """A connection that reads: to the live account, to recordings, or to the sandbox."""
        how.setdefault("scopes", tuple(Scope))
        if self.subject.live:
            with connect(self.connector, **{**self.subject.settings, **how}) as connection:
                yield connection
        elif self.subject.sandbox is not None:
            with self.box() as box, self.connect(box, **how) as connection:
                yield connection
        elif self.subject.cassettes is not None:
            with replayed(self.subject.cassettes / f"{self.dialect}.yaml"):
                how.setdefault("options", attrs.evolve(QUICK, threads=1))
                with connect(self.connector, **{**self.subject.settings, **how}) as connection:
                    yield connection
        else:
            raise NotApplicable("there is nothing to read from: no sandbox, no recording, no account")

    @cached_property
    def _read(self) -> Reading:
        with self.reading() as connection:
            return read(connection.employees())

    @property
    def everyone(self) -> Reading:
        """Everybody, read once for all the checks that look at what came; the read must not end in an error.

        One that does is not made again either: an account that refuses is not asked by every check.
        """
        found = self._read
        ensure(not isinstance(found.error, Unsupported), f"the list of people is not supported: {found.error}")
        ensure(found.to_its_end().people, "nobody came: there is nothing that could be looked at")
        return found

    @contextmanager
    def people(self) -> Iterator[tuple[Sandbox, People]]:
        """The sandbox as it was started, and everybody of it as they were read."""
        with self.box() as box:
            yield box, self.everyone.people

    def shown(self, field: str) -> bool:
        """Whether this vendor, in this dialect, tells a field, be it that somebody has none."""
        people = self.everyone.people.values()
        told = (one.absent.get(field, NullReason.EMPTY_AT_SOURCE) is NullReason.EMPTY_AT_SOURCE for one in people)
        return any(told)

    def must_show(self, *fields: str) -> None:
        """Raise `NotApplicable` where a field is none of the connector's, or is shown of nobody."""
        for field in fields:
            if field not in self.connector.employees.fields or not self.shown(field):
                raise NotApplicable(f"{field} is not shown")


@attrs.frozen(kw_only=True)
class Kept:
    """A sandbox, a connection, and the roster that is kept of it, by the sandbox's clock."""

    box: Sandbox
    connection: Connection
    roster: Roster
    file: Path

    def sync(self, *, hours: float = 1, full: bool = False, policy: SyncPolicy | None = None, **how: Any) -> Run:
        """Let time pass, and sync."""
        self.box.clock.advance(hours=hours)
        return self.roster.sync(self.connection, full=full, policy=policy, **how)

    def people(self, **question: Any) -> People:
        """Who is kept, by id."""
        return People((one.id, one) for one in self.roster.employees(**question))

    def events(self) -> list[tuple[str, str]]:
        """The kinds of the events so far, each with the id of whom it happened to."""
        return [(event.kind.value, event.employee_id) for event in self.roster.events()]

    def agrees(self) -> None:
        """Everybody is kept as a read of the whole list brings them now."""
        now = read(self.connection.employees(ahead=True)).to_its_end()
        kept = self.people()
        ensure(kept.keys() == now.people.keys(), f"{len(kept)} people are kept, and a whole read has {len(now.people)}")
        others = [differing for id, one in now.people.items() if (differing := differences(one, kept[id]))]
        fields = named(set().union(*others))
        ensure(not others, f"{fields} of {len(others)} people is kept otherwise than a whole read brings it")


@attrs.frozen(kw_only=True)
class Granted:
    """A sandbox, and the vault with what a person has granted there."""

    bench: Bench
    box: Sandbox
    vault: Vault

    def connection(self, **how: Any) -> Connection:
        """A connection by the token in the vault, as another process would make it."""
        return self.bench.connect(
            self.box, settings=self.box.granted_settings, **{"name": "granted", "vault": self.vault, **how}
        )

    def grant(self) -> None:
        """Ask for access, and say yes in the browser."""
        with self.connection() as connection:
            auth = granted_to(connection)
            asked = auth.authorization("http://127.0.0.1/back")
            page = urlsplit(asked.url)
            browser = HTTPConnection(page.netloc, timeout=5)
            browser.request("GET", f"{page.path}?{page.query}")
            back = browser.getresponse().getheader("Location") or ""
            browser.close()
            ensure(back, "the page on which a person grants access sends nobody back")
            auth.grant(asked, back)

    @property
    def credential(self) -> Credential:
        """What is kept."""
        return self.vault.get("granted") or Credential()

    @property
    def renewals(self) -> list[Logged]:
        """The requests for another token."""
        return [one for one in self.box.log if is_renewal(one)]

    def age(self, share: float) -> None:
        """Let so much of a token's life pass, by the vendor's clock and by ours."""
        passed = timedelta(seconds=share * self.box.grants.life)
        self.box.clock.advance(seconds=passed.total_seconds())
        kept = self.credential
        made_at, expires_at = (moment and moment - passed for moment in (kept.made_at, kept.expires_at))
        self.vault.put("granted", attrs.evolve(kept, made_at=made_at, expires_at=expires_at))


def granted_to(connection: Connection) -> OAuth:
    """What a connection by OAuth logs in with."""
    if not isinstance(connection.auth, OAuth):
        fail("with a client_id it does not log in by OAuth")
    return connection.auth


def is_renewal(request: Logged) -> bool:
    """Whether this asked for another token."""
    return isinstance(request.body, dict) and request.body.get("grant_type") == "refresh_token"


UNTOLD = ("updated_at", "record_url", "photo_url", "raw", "employments", "absent")


def same(one: Employee, other: Employee) -> bool:
    """Whether two records say the same of a person, but for when it was touched, where it is, and why it is silent."""
    return not differences(one, other)


def differences(one: Employee, other: Employee) -> set[str]:
    """The fields in which they do not."""

    def told(employee: Employee) -> dict[str, Any]:
        found = {field.name: getattr(employee, field.name) for field in attrs.fields(Employee)}
        found["group_ids"] = tuple(sorted(employee.group_ids or ()))
        found["custom_fields"] = {key: field.value for key, field in employee.custom_fields.items() if field.value}
        return {name: value for name, value in found.items() if name not in UNTOLD}

    first, second = told(one), told(other)
    return {name for name in first if first[name] != second[name]}


def plain(box: Sandbox, skip: int = 0) -> Person:
    """Somebody with nothing odd about them."""
    found = [one for one in box.people[1:] if not one.tags and one.active and not one.pending and not one.left]
    return found[skip]


def tagged(box: Sandbox, tag: str) -> Person:
    """The person who bears this tag. Raises `NotApplicable` where nobody does: the fixture checks tell that."""
    found = next((one for one in box.people if tag in one.tags), None)
    if found is None:
        raise NotApplicable(f"the sandbox has nobody who is {tag}")
    return found


def offered(listing: Any) -> Any:
    """A list, where this server has it. Raises `NotApplicable` where it does not."""
    try:
        return list(listing)
    except Unsupported as error:
        raise NotApplicable(str(error)) from error
