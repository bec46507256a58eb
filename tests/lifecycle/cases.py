"""Every write of every verb that the vendors do, in both dialects, and what a vendor holds before and after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

import headcount as hc
from headcount.plugins import new_manager
from headcount.sandbox import Logged, Person, Sandbox, population
from headcount.settings import load
from headcount_insightly.sandbox import InsightlySandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor

NOW = datetime.now(UTC)
TODAY = NOW.date()
QUICK = hc.Options(rate=hc.UNLIMITED, first_wait=0.001, longest_wait=0.01, read_timeout=5.0, tries=2)
AT_ONCE = hc.Policy(allow_delete=True, looks=(), settle_after=timedelta(0))
PATIENT = hc.Policy(allow_delete=True, looks=())
"""As a company has it: what looking does not find is sent again only after a while."""
SIZE, FROM = 26, 21
"""So many people are there; nobody special is among the last of them."""
WRITES = "POST|PUT|PATCH|DELETE"
NO_REPORT = r"^(?!.*/reports/)"
"""A report is asked for by POST and changes nothing."""


class Hand:
    """A clock that is moved by hand, ahead of the real one."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@attrs.frozen(kw_only=True, eq=False)
class Case:
    """One change at one vendor: so many `writes` make it. `before` is done to the sandbox beforehand."""

    name: str
    vendor: Vendor
    dialect: str
    change: Callable[[Sandbox, hc.Connection], hc.Change]
    before: Callable[[Sandbox, hc.Connection], Any] = lambda box, connection: None
    writes: int = 1
    over_scim: bool = False

    def __str__(self) -> str:
        return f"{self.vendor}-{self.dialect}-{self.name}"

    def start(self, kind: type[Sandbox] | None = None) -> Sandbox:
        """The vendor's sandbox, the same whenever it is started; of another `kind` where one is given."""
        return (kind or self.vendor.sandbox)(people=SIZE, dialect=self.dialect, now=NOW)

    def connect(self, box: Sandbox, store: hc.Journal | str | None = None, **how: Any) -> hc.Connection:
        settings = {**box.settings, **getattr(box, "scim_settings", {})} if self.over_scim else None
        return connected(box, self.vendor, store=store, settings=settings, **how)

    def ready(self, box: Sandbox, connection: hc.Connection) -> hc.Change:
        """What is to be asked for, once everything before it is done; the log begins anew."""
        self.before(box, connection)
        change = self.change(box, connection)
        box.log.clear()
        return change


def connected(
    box: Sandbox,
    vendor: Vendor,
    *plugins: object,
    store: hc.Journal | str | None = None,
    policy: hc.Policy = AT_ONCE,
    options: hc.Options = QUICK,
    settings: dict[str, Any] | None = None,
) -> hc.Connection:
    """A connection that may see everything, with these plugins and no others."""
    manager = new_manager()
    for plugin in plugins:
        manager.register(plugin)
    kind = vendor.connector.settings
    made, base_url = load(kind, vendor.name, settings or box.settings, base_url=vendor.connector.base_url)
    return hc.Connection(
        vendor.connector,
        made,
        base_url,
        manager,
        scopes=tuple(hc.Scope),
        options=options,
        store=store,
        policy=policy,
    )


def approved(plan: hc.Plan, by: str = "grace") -> hc.Approval:
    return hc.Approval(plan=plan.digest, by=by, at=datetime.now(UTC))


def writes(box: Sandbox) -> list[Logged]:
    """The requests that would change something, whether they arrived or not."""
    return [one for one in box.log if re.fullmatch(WRITES, one.method) and re.search(NO_REPORT, one.path)]


def held(box: Sandbox) -> dict[str, Any]:
    """All that the vendor holds, but for the moments when it was written, and the ids of rows nobody asked for."""
    people = [attrs.asdict(person) for person in box.people]
    for person in people:
        del person["created"], person["updated"]
    found: dict[str, Any] = {"people": people}
    if isinstance(box, InsightlySandbox):
        found["teams"] = [(team.id, sorted(team.members.values())) for team in box.teams]
        found["invitations"] = list(box.invitations)
    return found


@cache
def undisturbed(case: Case) -> dict[str, Any]:
    """What the vendor holds once the change was applied with nothing in its way."""
    with (
        TemporaryDirectory() as folder,
        case.start() as box,
        case.connect(box, hc.Journal(f"sqlite:///{folder}/journal.db")) as connection,
    ):
        change = case.ready(box, connection)
        before = held(box)
        plan = connection.plan(change)
        assert not writes(box), "planning writes nothing"
        outcome = connection.apply(plan, approval=approved(plan))
        assert (outcome.state, outcome.sent) == ("proved", case.writes)
        assert [one.status // 100 for one in writes(box)] == [2] * case.writes
        assert held(box) != before
        connection.journal.close()
        return held(box)


# -- who ------------------------------------------------------------------------------------------


_plain = next(p for p in population(SIZE, now=NOW)[FROM:] if p.active and not p.tags and not p.left)
PLAIN = _plain.id
TITLE = "Director" if _plain.title != "Director" else "Analyst"
"""Another than theirs."""


def plain(box: Sandbox) -> Person:
    """Somebody of whom there was nothing special to say before the test began: the same one all through it."""
    return next(person for person in box.people if person.id == PLAIN)


def boss(box: Sandbox) -> Person:
    """Somebody who can be anybody's manager, by name too."""
    names = [(p.given, p.family) for p in box.people]
    return next(p for p in box.people[19:FROM] if p.active and not p.tags and names.count((p.given, p.family)) == 1)


def teamed(box: Sandbox) -> Person:
    return next(p for p in box.people[FROM:] if p.active and not p.tags and p.teams)


def group_of(connection: hc.Connection, id: str, kind: str, *, own: bool) -> str:
    """A group of this kind that somebody is in, or is not."""
    mine = connection.employee(id).group_ids or ()
    return next(g.id for g in connection.groups() if g.type.value == kind and (g.id in mine) is own)


PERSON = {"given_name": "Ada", "family_name": "King-Noel", "work_email": "ada.king-noel@example.com"}


def _hire(**more: Any) -> Callable[[Sandbox, hc.Connection], hc.Change]:
    return lambda box, connection: hc.Hire({**PERSON, **more})


def _cases(vendor: Vendor, dialect: str) -> Iterator[Case]:
    id_of = vendor.id_of

    def case(name: str, change: Callable[[Sandbox, hc.Connection], hc.Change], **more: Any) -> Case:
        return Case(name=name, vendor=vendor, dialect=dialect, change=change, **more)

    def terminated(days: int) -> Callable[[Sandbox, hc.Connection], Any]:
        return lambda box, c: c.terminate(id_of(plain(box)), on=TODAY + timedelta(days), approved_by="grace")

    def update(**fields: Any) -> Callable[[Sandbox, hc.Connection], hc.Change]:
        return lambda box, c: hc.Update(id=id_of(plain(box)), fields=fields)

    def terminate(days: int, **more: Any) -> Callable[[Sandbox, hc.Connection], hc.Change]:
        return lambda box, c: hc.Terminate(id=id_of(plain(box)), on=TODAY + timedelta(days), **more)

    def joined(kind: str) -> Callable[[Sandbox, hc.Connection], hc.Change]:
        return lambda box, c: hc.Join(id=id_of(plain(box)), group_id=group_of(c, id_of(plain(box)), kind, own=False))

    def left(box: Sandbox, c: hc.Connection) -> hc.Change:
        return hc.Leave(id=id_of(teamed(box)), group_id=group_of(c, id_of(teamed(box)), "team", own=True))

    def title(box: Sandbox, c: hc.Connection) -> hc.Change:
        return hc.Update(id=id_of(plain(box)), fields={"job_title": TITLE})

    def manager(box: Sandbox, c: hc.Connection) -> hc.Change:
        return hc.Update(id=id_of(plain(box)), fields={"manager_id": id_of(boss(box))})

    def cancel(box: Sandbox, c: hc.Connection) -> hc.Change:
        return hc.CancelTermination(id=id_of(plain(box)))

    def rehire(**fields: Any) -> Callable[[Sandbox, hc.Connection], hc.Change]:
        return lambda box, c: hc.Rehire(id=id_of(plain(box)), on=TODAY, fields=fields)

    def delete(box: Sandbox, c: hc.Connection) -> hc.Change:
        return hc.Delete(id=id_of(plain(box)))

    guide, soon = dialect == "guide", (TODAY + timedelta(20)).isoformat()
    if vendor is NAMELY:
        contract = {} if guide else {"time_type": "full_time"}
        yield case("hire", _hire(start_date=soon, job_title="Engineer", **contract))
        yield case("update", update(family_name="Neumann", mobile_phone="+49 30 901820"))
        yield case("title", title)
        yield case("manager", manager)
        yield case("terminate", terminate(0, reason="Relocation"))
        yield case("terminate-later", terminate(40))
        yield case("cancel", cancel, before=terminated(40))
        yield case("rehire", rehire(), before=terminated(-4))
        yield case("join", joined("department"))
        if guide:
            yield case("join-team", joined("team"))
            yield case("leave", left)
    if vendor is BAMBOOHR:
        yield case("hire", _hire(start_date=soon, job_title="Engineer", time_type="full_time"), writes=3)
        nameless = lambda box, c: hc.Hire(  # noqa: E731 - a hire of whom only names can be looked for
            {"given_name": "Ada", "family_name": "King-Noel", "start_date": soon, "time_type": "full_time"}
        )
        yield case("hire-without-address", nameless, writes=2)
        yield case("update", update(family_name="Neumann", mobile_phone="+49 30 901820"))
        yield case("title", title)
        yield case("manager", manager)
        yield case("update-all", update(family_name="Neumann", time_type="part_time", job_title=TITLE), writes=3)
        yield case("terminate", terminate(0, type="voluntary", reason="Relocation", comment="She moves"))
        yield case("terminate-later", terminate(40, type="voluntary", eligible_for_rehire=True))
        yield case("rehire", rehire(), before=terminated(-4))
        yield case("rehire-as", rehire(mobile_phone="+49 30 1", job_title="Manager"), before=terminated(-4), writes=3)
        yield case("join", joined("department"))
        if not guide:
            yield case("cancel", cancel, before=terminated(40))
            yield case("cancel-past", cancel, before=terminated(-4))
            yield case("delete", delete)
    if vendor is INSIGHTLY and guide:
        yield case("hire", _hire(custom_fields={"PROFILE_ID": "Standard"}))
        yield case("update", update(family_name="Neumann"))
        yield case("terminate", terminate(0))
        yield case("rehire", rehire(), before=terminated(0))
        yield case("delete", delete)
    if vendor is INSIGHTLY and not guide:
        yield case("join", joined("team"))
        yield case("leave", left)
        yield case("hire", _hire(), over_scim=True)
        yield case("update", update(family_name="Neumann"), over_scim=True)
        yield case("terminate", terminate(0), over_scim=True)
        yield case("rehire", rehire(), before=terminated(0), over_scim=True)
        yield case("delete", delete, over_scim=True)


def every() -> Iterable[Case]:
    for vendor in (NAMELY, BAMBOOHR, INSIGHTLY):
        for dialect in ("guide", "observed"):
            yield from _cases(vendor, dialect)


CASES = tuple(every())
ROOT = Path(__file__).parents[2]


def case_named(name: str) -> Case:
    return next(case for case in CASES if str(case) == name)
