"""Who is gone: only who is missing from complete lists, twice, and whom the vendor no longer has when asked."""

from __future__ import annotations

from contextlib import suppress

from headcount.errors import HeadcountError, NotFound
from headcount.testing.bench import Bench, plain
from headcount.testing.checking import check, ensure, fail


@check()
def a_departure_takes_two_complete_lists(bench: Bench) -> None:
    """Who is missing once stays; who is missing twice is deleted, with the basis of that, and nobody else is."""
    with bench.kept() as kept:
        kept.sync(full=True)
        gone = plain(kept.box, 2)
        kept.box.people.remove(gone)
        id = kept.box.id_of(gone)
        kept.sync(full=True)
        ensure(id in kept.people(), "somebody was deleted for missing from one list")
        run = kept.sync(full=True)
        for _ in range(2):
            run = kept.sync(full=True)
        proved = run.proof.value != "none"
        ensure((id in kept.people()) is not proved, f"proof {run.proof.value}, and who is gone is not dealt with by it")
        ensure(len(kept.people()) == bench.size - proved, "somebody else is gone too")
        told = [event for event in kept.roster.events() if event.kind == "deleted"]
        ensure(len(told) == proved, f"{len(told)} deletions are told")


@check()
def who_comes_back_is_the_same_person(bench: Bench) -> None:
    """Who was deleted and is there again is undeleted, with their history, and not hired anew."""
    with bench.kept() as kept:
        kept.sync(full=True)
        person = plain(kept.box, 2)
        at = kept.box.people.index(person)
        kept.box.people.remove(person)
        for _ in range(4):
            kept.sync(full=True)
        kept.box.people.insert(at, person)
        kept.box.touch(person)
        kept.sync(full=True)
        id = kept.box.id_of(person)
        ensure(id in kept.people(), "who is there again is not kept")
        ensure(len(kept.people()) == bench.size, f"{len(kept.people())} of {bench.size} are kept")
        ensure("hired" not in [kind for kind, of in kept.events() if of == id], "who is there again is hired anew")


@check("employees.one")
def an_unknown_id_is_not_found(bench: Bench) -> None:
    """A look-up of nobody is `NotFound`: not an empty person, and no refusal of the credential."""
    with bench.account() as (_box, account):
        for id in ("999999999", "00000000-0000-4000-8000-000000000000"):
            try:
                account.employee(id)
            except NotFound:
                continue
            except HeadcountError as error:
                fail(f"an unknown id is {type(error).__name__}: {error}")
            fail("an unknown id brings somebody")


@check()
def a_list_that_is_not_there_is_nobodys_departure(bench: Bench) -> None:
    """A 404 for the list says that the server has no such list, and nothing of the people."""
    with bench.kept() as kept:
        kept.sync()
        kept.box.play("error", on=kept.box.lists, status=404, times=None)
        for _ in range(3):
            with suppress(HeadcountError):
                kept.sync(full=True)
        ensure(len(kept.people()) == bench.size, "people are gone with a 404 for the list")


@check()
def who_left_is_still_there(bench: Bench) -> None:
    """Somebody who left stays in the list as somebody who left: inactive is not deleted."""
    with bench.kept() as kept:
        kept.sync()
        person = plain(kept.box, 4)
        kept.box.departs(person, kept.box.clock.today())
        for _ in range(3):
            kept.sync(full=True)
        id = kept.box.id_of(person)
        ensure(id in kept.people(), "who left is deleted")
        kinds = {kind for kind, of in kept.events() if of == id}
        ensure(
            kinds & {"terminated", "deactivated", "termination_scheduled"}, "somebody left, and nothing is told of it"
        )
        ensure("deleted" not in kinds, "who left is told to be deleted")
