"""The sandbox: that the checks have somebody to look at, that its faults bite, and that it is as the vendor is."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs

from headcount.connector import Ask
from headcount.http import Request
from headcount.model import Employee
from headcount.reader import wanted_fields
from headcount.sandbox import AWKWARD
from headcount.testing.bench import PAGE, Bench, read, same
from headcount.testing.checking import NotApplicable, check, ensure, named
from headcount.testing.shapes import answer_schema, differences, misfits

BITES = {
    "error": "an error page",
    "html": "a page of HTML",
    "invalid_json": "a body that is no JSON",
    "forbidden": "a refusal",
    "unauthorized": "a refused credential",
}


@check()
def lifecycle_people_are_there(bench: Bench) -> None:
    """The sandbox has everybody whom connectors lose: the pending, the future, the gone, the rehired, the nameless."""
    with bench.box() as box:
        there = {tag for person in box.people for tag in person.tags}
    ensure(there >= set(AWKWARD), f"the sandbox has nobody who is {named(set(AWKWARD) - there)}")


@check()
def the_sandbox_tells_the_same_twice(bench: Bench) -> None:
    """Two sandboxes of one seed have the same people, so that what fails once fails again."""
    with bench.account(people=20) as (_, account):
        one = read(account.employees()).people
    with bench.account(people=20) as (_, account):
        other = read(account.employees()).people
    ensure(one.keys() == other.keys() and all(same(one[id], other[id]) for id in one), "the same seed has other people")


@check()
def faults_bite(bench: Bench) -> None:
    """Each fault that the checks order is played: a check whose fault does not bite could not fail."""
    for kind, what in BITES.items():
        with bench.account(people=20) as (box, account):
            box.play(kind, on=box.lists, times=None)
            found = read(account.employees())
            other = found.error is not None or [one for one in box.log if one.status >= 400] or found.report.notes
            ensure(other, f"the fault {kind} did nothing: play it where people are listed, as {what}")
    for kind, left in (("empty_list", 0), ("half_list", 10)):
        with bench.account(people=20) as (box, account):
            box.play(kind, on=box.lists, times=None)
            came = len(read(account.employees()).people)
            ensure(came <= left, f"the fault {kind} leaves {came} of 20: list `self.visible(call)`")
    if not bench.reads_one_by_one:  # else what stands in the list says nothing of the people
        with bench.account(people=20) as (box, account):
            box.play("malformed", on=box.lists, times=None)
            found = read(account.employees())
            ensure(
                found.report.rejected or found.error, "the fault malformed did nothing: send `self.shown(call, rows)`"
            )


@check()
def pages_are_pages(bench: Bench) -> None:
    """A list that is said to have pages has them, and a server that is told to give fewer a page does."""
    of = bench.connector.employees
    with bench.paged() as (box, account):
        wanted = wanted_fields(Employee, account.scopes)
        ask = Ask(wanted, of.known(account.http, wanted))
        sizes = [len(page.records) for page, _ in zip(of.all(account.http, ask), range(2), strict=False)]
        listed = box.requests(box.lists)
    ensure(listed, f"nothing was asked for at {box.lists or 'any path'}: say in `lists` where people are listed")
    ensure(
        max(sizes) <= PAGE, "the fault clamped does nothing: send `self.page(…)`, or say in `paged` that there are none"
    )


@check()
def unknown_keys_tolerated(bench: Bench) -> None:
    """A key that the vendor adds tomorrow changes nothing today."""
    with bench.account() as (box, account):
        before = read(account.employees()).people
        box.play("unknown_keys", on=box.lists, times=None)
        found = read(account.employees())
        ensure(found.error is None, f"a new key ends the read: {found.error}")
        ensure(not found.report.rejected, f"{found.report.rejected} people are put aside for a new key")
        now = {id: _without_new(one) for id, one in found.people.items()}
        others = [id for id, one in now.items() if not same(one, before[id])]
        ensure(now.keys() == before.keys() and not others, "a new key changes what is read")


def _without_new(one: Employee) -> Employee:
    """Without the keys that the fault adds: a vendor that describes no custom fields may have them be some."""
    own = {key: field for key, field in one.custom_fields.items() if not key.startswith("x_")}
    return attrs.evolve(one, custom_fields=own)


@check()
def answers_have_the_recorded_shape(bench: Bench) -> None:
    """Where real answers of the vendor were recorded, the sandbox answers in their shape: the same keys and types."""
    bench.must_be_observed()
    if not bench.subject.recorded:
        raise NotApplicable("no recorded answers were given")
    with bench.account() as (_, account):
        for request, body in bench.subject.recorded:
            found = differences(body, account.http.json(request), ignore=bench.subject.not_compared)
            ensure(not found, f"{request}: the sandbox is not as the vendor was recorded: {'; '.join(found[:3])}")


@check()
def answers_fit_the_vendors_description(bench: Bench) -> None:
    """Where the vendor describes its API, and no recording tells better, the sandbox's answers are valid by that."""
    bench.must_be_observed()
    if (spec := bench.subject.spec) is None:
        raise NotApplicable("no description of the vendor's API was given")
    with bench.account(people=20) as (box, account):
        list(account.employees())
        reads = [one for one in box.log if one.method == "GET" and one.status == 200]
        recorded = {request.path for request, _ in bench.subject.recorded}
        tried = 0
        for path in dict.fromkeys(one.path for one in reads):
            below = path.removeprefix(urlsplit(account.http.base_url).path)
            if below not in recorded and (schema := answer_schema(spec, below)) is not None:
                found = misfits(schema, account.http.json(Request("GET", below)), spec)
                ensure(not found, f"GET {below}: not as the vendor describes it: {'; '.join(found[:3])}")
                tried += 1
    if not tried:
        raise NotApplicable("the description has none of the answers that a read takes")
