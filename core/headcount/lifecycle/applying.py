"""Applying a plan: what must be so before anything is sent, and how a run is begun and gone on with."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from headcount.changes import Change
from headcount.errors import (
    ConfigError,
    Conflict,
    Held,
    NotFound,
    Rejected,
)
from headcount.facts import differences, in_words
from headcount.lifecycle.approval import Approval
from headcount.lifecycle.outcome import Outcome, Run, State
from headcount.lifecycle.running import Applying, lease
from headcount.plan import Plan
from headcount.planning import NAMES, facts, plan_of, verb_of

if TYPE_CHECKING:
    from headcount.connection import Connection

LONGEST_KEY = 200


def make(connection: Connection, change: Change, *, key: str | None, approved_by: str | None) -> Outcome:
    """Plan and apply, as `Connection.make` says."""
    journal = connection.journal  # who has none, for want of an extra, hears of it before anything is read
    if key is not None and (run := journal.run_of_key(_checked(key))) is not None:
        return again(connection, run, change, key)
    try:
        plan = connection.plan(change)
    except (Conflict, NotFound, Rejected):
        # whoever asked with the same key a moment ago may have done it while we planned
        if key is None or (run := journal.run_of_key(key)) is None:
            raise
        return again(connection, run, change, key)
    approval = None
    if approved_by is not None:
        approval = Approval(plan=plan.digest, by=approved_by, at=journal.now())
    return apply(connection, plan, key=key, approval=approval, fresh=True)


def apply(
    connection: Connection, plan: Plan, *, key: str | None, approval: Approval | None, fresh: bool = False
) -> Outcome:
    """Apply a plan, as `Connection.apply` says; one that is `fresh` was made a moment ago, and cannot have moved."""
    journal, policy = connection.journal, connection.policy
    key = plan.digest if key is None else _checked(key)
    if (run := journal.run_of_key(key)) is not None:
        return again(connection, run, plan.change, key)
    _check_place(connection, plan)
    approval = _approved(connection, plan, approval)
    policy.check(plan, approval, journal.now())
    looked_at = plan.made_at
    if not fresh:
        looked_at = journal.now()
        _check_drift(connection, plan, looked_at)
    run, new = journal.begin(plan, key, approval, lease(connection), looked_at, connection.name)
    return Applying(connection, run, resumed=False).go() if new else again(connection, run, plan.change, key)


def _checked(key: str) -> str:
    if not (0 < len(key.strip()) <= LONGEST_KEY >= len(key) and key.isprintable()):
        raise ConfigError(f"a key has 1 to {LONGEST_KEY} characters that can be printed")
    return key


def resume(connection: Connection, name: str) -> Outcome:
    """Go on with a run, as `Connection.resume` says; one that was proved is over, whatever the record shows by now."""
    return _go_on(connection, _found(connection, name))


def _go_on(connection: Connection, run: Run) -> Outcome:
    if run.state is not State.PROVED:
        run = connection.journal.claim(run, lease(connection))
    return Outcome.of(run, repeated=True) if run.state is State.PROVED else Applying(connection, run).go()


def settle(connection: Connection, name: str, *, done: bool, by: str, id: str | None = None) -> Outcome:
    """Go on with a run whose lost step a person has looked into: it was `done` (and made employee `id`), or not.

    Raises `ConfigError` where no step of it is in doubt.
    """
    run = _found(connection, name)
    at = _in_doubt(run)
    if at is None:
        raise ConfigError(f"no step of run {run.id[:8]} is in doubt: resume it")
    makes = done and run.plan.steps[at].makes
    if makes and not id:
        raise ConfigError("say whom the step made: --id")
    if id and not makes:
        raise ConfigError("--id is for a hire that was done: the step in doubt makes nobody")
    if id:
        _check_made(connection, run, id)
    word = Approval(plan=run.plan.digest, by=by, at=connection.journal.now())
    claimed = connection.journal.claim(run, lease(connection))
    if claimed.state is State.PROVED or _in_doubt(claimed) != at:
        connection.journal.release(claimed)
        raise Held(f"run {run.id[:8]} went on meanwhile: look at it again")
    applying = Applying(connection, claimed)
    applying.settled_by_hand(at, done=done, by=word.by, id=id)
    return applying.go()


def _in_doubt(run: Run) -> int | None:
    """The place of the step whose answer is not known."""
    return next((at for at, step in enumerate(run.steps) if step.state == "sent"), None)


def _check_made(connection: Connection, run: Run, id: str) -> None:
    """Whoever a hire is said to have made bears the name that it gave them."""
    wanted = {name: value for name, value in getattr(run.plan.change, "fields", {}).items() if name in NAMES}
    if differences(wanted, facts(connection, verb_of(connection, run.plan.change), id)):
        raise ConfigError(f"employee {id} bears another name than the one who was to be hired")


def again(connection: Connection, run: Run, change: Change, key: str) -> Outcome:
    """What a key gives when it is asked for once more: its result, or the rest of the work."""
    _check_place(connection, run.plan)
    if run.plan.change != change:
        raise ConfigError(f"the key {key[:60]!r} was used for another change, in run {run.id[:8]}: use a new key")
    return _go_on(connection, run)


def _found(connection: Connection, name: str) -> Run:
    """The run of this name, which must be one of this connection's account."""
    journal = connection.journal
    run = journal.run(name)
    if run is None:
        raise ConfigError(f"no run in {journal.place} is called {name[:60]!r}: `headcount journal` lists them")
    _check_place(connection, run.plan)
    return run


def _check_place(connection: Connection, plan: Plan) -> None:
    vendor, address = connection.connector.name, connection.http.base_url
    if (plan.vendor, plan.address) != (vendor, address):
        raise Held(f"the plan is for {plan.vendor} at {plan.address}, and this connection is to {vendor} at {address}")


def _check_drift(connection: Connection, plan: Plan, now: datetime) -> None:
    """Plan once more: what is applied is what planning gives now, or nothing."""
    try:
        fresh = plan_of(connection, plan.change, now)
    except (Conflict, NotFound, Rejected) as error:
        raise Held(f"the plan no longer fits: {error}") from error
    if fresh == plan:
        return
    before = plan.before
    moved = differences(before, {name: fresh.before.get(name, value) for name, value in before.items()})
    told = "; ".join(in_words(moved, "was", "is")) or "another plan would be made now"
    raise Held(f"the record has moved since the plan was made: {told}. Plan again, and have the new plan approved")


def _approved(connection: Connection, plan: Plan, approval: Approval | None) -> Approval | None:
    """What plugins say to a plan: a text refuses it, an approval approves it."""
    hook = connection.hooks.hook.headcount_before_apply
    try:
        answers = hook(vendor=connection.connector.name, plan=plan, approval=approval) or ()
    except Exception as error:
        raise Held(f"a plugin failed in headcount_before_apply: {type(error).__name__}; nothing was sent") from error
    for said in answers:
        if isinstance(said, str):
            raise Held(f"a plugin refuses the plan: {said}")
        if isinstance(said, Approval):
            approval = approval or said
    return approval
