"""Whether it was everybody: what came adds up, what cannot be read is put aside, and silence is no departure."""

from __future__ import annotations

import attrs

from headcount.errors import HeadcountError
from headcount.roster import RunState
from headcount.testing.bench import QUICK, Bench, read, same
from headcount.testing.checking import check, ensure


@check(reads_only=True)
def received_is_accepted_and_rejected(bench: Bench) -> None:
    """Every record that came is counted once: read, or put aside with a reason."""
    report = bench.everyone.report
    ensure(report.received == report.accepted + report.rejected, "what came is not what was read and put aside")
    ensure(report.accepted == len(bench.everyone.people), "some were counted and did not come out")
    ensure(
        not report.rejected, f"{report.rejected} people cannot be read: {report.refused and report.refused[0].error}"
    )


@check()
def everybody_comes(bench: Bench) -> None:
    """Everybody whom the vendor has comes: the active, the gone, those to come, and those without an address."""
    with bench.people() as (box, people):
        missing = [person for person in box.people if box.id_of(person) not in people]
        tags = sorted({tag for person in missing for tag in person.tags} or {"of no special kind"} if missing else ())
        ensure(not missing, f"{len(missing)} of {len(box.people)} people do not come, among them: {', '.join(tags)}")
        ensure(len(people) == len(box.people), "more people come than there are")


@check(reads_only=True)
def complete_says_why(bench: Bench) -> None:
    """A list that is called complete says by which number, and one that is not says what is lacking."""
    report = bench.everyone.report
    ensure(report.why.strip(), "the report does not say why it is complete or not")
    proved = not report.complete or len(bench.everyone.people) in (report.total, report.counted)
    ensure(proved, "the list is called complete, and no number says so")
    ensure(report.walked, f"the list was not walked to its end: {report.why}")


@check()
def malformed_row_put_aside(bench: Bench) -> None:
    """A record that cannot be read is put aside by its id, and takes nobody with it."""
    bench.must_list()
    with bench.account() as (box, account):
        box.play("malformed", on=box.lists, times=None)
        found = read(account.employees())
    ensure(found.error is None, f"one strange record ends the read: {found.error}")
    ensure(found.report.rejected, "a record without any field we know was read as a person")
    gone = bench.size - len(found.people) - found.report.rejected
    ensure(gone == 0, f"{gone} people were neither read nor put aside")
    ensure(all(one.id for one in found.report.refused), "what was put aside has no id, though it came with one")


@check()
def a_partial_run_keeps_the_last_good_state(bench: Bench) -> None:
    """A person whose record cannot be read stays as they were, is in quarantine, and the sync is not called done."""
    bench.must_list()
    with bench.kept() as kept:
        kept.sync()
        before = kept.people()
        kept.box.play("malformed", on=kept.box.lists, times=None)
        run = kept.sync(full=True)
        ensure(run.state is not RunState.DONE, "the sync is called done")
        ensure(kept.roster.quarantine(), "nothing is in quarantine")
        now = kept.people()
        ensure(now.keys() == before.keys(), "who could not be read is gone")
        ensure(all(same(one, before[id]) for id, one in now.items()), "who could not be read is another")
        kept.box.calm()
        kept.sync(full=True)
        ensure(not kept.roster.quarantine(), "who can be read again stays in quarantine")


@check()
def a_drop_in_population_is_held(bench: Bench) -> None:
    """Half a list, with a total that agrees, makes nobody leave: it is held, or it is not believed."""
    with bench.kept() as kept:
        kept.sync()
        kept.box.play("half_list", times=None)
        for _ in range(3):
            kept.sync(full=True)
        ensure(len(kept.people()) == bench.size, f"{bench.size - len(kept.people())} people departed by half a list")
        ensure("deleted" not in {kind for kind, _ in kept.events()}, "somebody is told to be deleted")


@check()
def an_empty_answer_never_passes(bench: Bench) -> None:
    """A list with nobody in it is not a company without people."""
    with bench.kept() as kept:
        kept.sync()
        kept.box.play("empty_list", times=None)
        for _ in range(3):
            try:
                run = kept.sync(full=True)
            except HeadcountError:
                continue
            ensure(run.state is not RunState.DONE, "an empty list is called done")
        ensure(len(kept.people()) == bench.size, "an empty list made people leave")


@check()
def a_lost_permission_is_no_change(bench: Bench) -> None:
    """Fields that a permission no longer shows are out of sight: nobody's value is emptied, and nothing happened."""
    with bench.kept() as kept:
        kept.sync()
        before, events = kept.people(), kept.events()
        kept.box.play("lost_permission")
        kept.sync(full=True)
        kept.sync(full=True)
        now = kept.people()
        ensure(now.keys() == before.keys(), "people are gone with a permission")
        ensure(all(same(one, before[id]) for id, one in now.items()), "values are gone with a permission")
        ensure(kept.events() == events, "something is told to have happened")


@check()
def a_hidden_department_is_no_departure(bench: Bench) -> None:
    """People whom the credential may no longer see have not left."""
    with bench.kept() as kept:
        kept.sync()
        kept.box.play("lost_department")
        for _ in range(3):
            kept.sync(full=True)
        ensure(len(kept.people()) == bench.size, f"{bench.size - len(kept.people())} people departed out of sight")


@check()
def truncated_body_detected(bench: Bench) -> None:
    """A body that stops half-way is no list: it is asked for again, and is an error where it never comes whole."""
    with bench.account(options=attrs.evolve(QUICK, tries=2)) as (box, account):
        box.play("truncated", on=box.lists, times=None)
        found = read(account.employees())
        ensure(found.error is not None, f"half a body is read as {len(found.people)} people")
        ensure(not found.report.complete, "half a body is a complete list")
