"""One run of a plan: its steps sent, settled where an answer was lost, and proved by reading back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs

from headcount.changes import Hire
from headcount.errors import (
    ConfigError,
    HeadcountError,
    Held,
    NotFound,
    OutcomeUnknown,
    RecordError,
    Rejected,
    Unavailable,
    VendorError,
    VerifyError,
)
from headcount.facts import Facts, differences, in_words, redacted
from headcount.http import Response, check_content_type
from headcount.lifecycle.outcome import Outcome, Run, State
from headcount.plan import Step
from headcount.planning import facts, newcomer, verb_of
from headcount.transport import NOT_SENT, Transport

if TYPE_CHECKING:
    from headcount.connection import Connection

NEVER_ARRIVED = (NOT_SENT, "tls")


class Applying:
    """One run that is ours to go on with; one that is `resumed` may find the record moved since it was planned."""

    def __init__(self, connection: Connection, run: Run, *, resumed: bool = True) -> None:
        self._connection = connection
        self._journal = connection.journal
        self._policy = connection.policy
        self._run = run
        self._plan = run.plan
        self._verb = verb_of(connection, run.plan.change)
        self._id = run.employee
        self._steps = list(run.steps)
        self._resumed = resumed

    def go(self) -> Outcome:
        """Send what is not sent, settle what is in doubt, and prove the whole."""
        try:
            for at in range(len(self._steps)):
                self._do(at)
            seen = self._proved()
        except OutcomeUnknown as error:
            self._end(State.UNKNOWN, error)
            raise
        except VerifyError as error:
            self._end(State.DIFFERS, error)
            raise
        except Held:
            raise
        except HeadcountError as error:
            if any(step.state == "done" for step in self._steps):
                error.args = (f"{error} Part of it is done: `headcount resume {self._run.id[:8]}` does the rest",)
            self._end(State.STOPPED, error)
            raise
        except BaseException as error:
            self._end(State.STOPPED, error)
            raise
        self._end(State.PROVED, None)
        return self._told(seen)

    def settled_by_hand(self, at: int, *, done: bool, by: str, id: str | None) -> None:
        """A person's word on a step that is in doubt; the audit keeps whose it was."""
        self._journal.record(
            {
                "run": self._run.id,
                "step": self._steps[at].number,
                "said": "done" if done else "not done",
                "by": by,
                "employee": id,
            }
        )
        self._note(at, state="done" if done else "ready", settled_by=f"{by}, by hand" if done else None, employee=id)

    # -- one step ---------------------------------------------------------------------------------------

    def _step(self, at: int) -> Step:
        """The step that is sent here: the plan's, or one in its place after that was refused."""
        step, way = self._plan.steps[at], self._steps[at].way
        return step.otherwise[way - 1] if way else step

    def _do(self, at: int) -> None:
        if self._steps[at].state == "sent":
            self._settle(at)
        if self._steps[at].state == "ready" and self._resumed:
            self._check_base(at)
        while self._steps[at].state == "ready":
            self._send(at)

    def _check_base(self, at: int) -> None:
        """Before a step of a run that was left in the middle is sent: the record is as it was planned with."""
        step = self._step(at)
        found = self._looked(step) if step.expect else False
        if found:
            self._note(at, state="done", settled_by="look", employee=None if found is True else found)
        elif found is None:
            error = Held(
                f"{self._plan.vendor}: the record is not as run {self._run.id[:8]} was planned with: "
                "what is left of it is not sent. Plan again"
            )
            self._end(State.STOPPED, error)
            raise error

    def _send(self, at: int) -> None:
        now, step = self._steps[at], self._step(at)
        line = self._line(step)
        self._note(at, state="sent", sent=now.sent + 1, sent_at=self._journal.now(), status=None)
        try:
            response = line.send(step.in_place_of(self._id))
            if response.body.strip():
                check_content_type(response)  # a page of HTML with a good status comes from in between
        except VendorError as error:
            if isinstance(error, Unavailable) and error.code not in NEVER_ARRIVED:
                self._settle(at, lost=error)
                return
            self._refused(at, error)
            return
        made = self._made(step, response) if step.makes else None
        if step.makes and made is None:
            self._note(at, status=response.status)  # it was answered, and so is not sent again
            self._settle(at)
            return
        self._note(at, state="done", status=response.status, settled_by="answer", employee=made)

    def _refused(self, at: int, error: VendorError) -> None:
        """The vendor has not done it: another form of it is next, or nothing more."""
        others = self._plan.steps[at].otherwise[self._steps[at].way :]
        form = isinstance(error, Rejected | NotFound) and error.code not in NEVER_ARRIVED
        if form and others:
            self._note(at, state="ready", way=self._steps[at].way + 1, status=error.status)
            return
        self._note(at, state="ready", status=error.status)
        raise error

    def _settle(self, at: int, *, lost: VendorError | None = None) -> None:
        """Look whether a step whose answer is not known was done. One that was just `lost` is not sent again now: the
        vendor may still be at work; later, and not found, it is."""
        step, entry = self._step(at), self._steps[at]
        found = self._looked(step)
        if found:
            self._note(at, state="done", settled_by="look", employee=None if found is True else found)
            return
        due = (entry.sent_at or self._journal.now()) + self._policy.settle_after
        absent = found is False and entry.status is None
        if absent and lost is None and self._journal.now() >= due:
            self._note(at, state="ready")
            return
        name = self._run.id[:8]
        how = (
            f"from {due:%H:%M:%S} UTC on, `headcount resume {name}` looks again, and sends it again if it is not there"
            if absent
            else f"look at the vendor's, and say `headcount settle {name} --done` or `--not-done`"
        )
        why = f" ({lost.code or lost.status})" if lost else ""
        raise OutcomeUnknown(
            f"{self._plan.vendor}: the answer to step {entry.number}, {step.request}, was lost{why}, and it may have "
            f"arrived: {how}",
            run=self._run.id,
        ) from lost

    def _looked(self, step: Step) -> str | bool | None:
        """True, or whom it made: it was done. False: it was not. None: the record shows neither."""
        try:
            if step.makes:
                change = self._plan.change
                assert isinstance(change, Hire)
                person = newcomer(self._connection, change.fields)
                return False if person is None else person.id
            seen = self._seen()
        except (VendorError, RecordError, OutcomeUnknown):
            return None
        if not step.expect:
            return None
        if not differences(step.expect, seen):
            return True
        return None if differences(step.before, seen) else False

    def _made(self, step: Step, response: Response) -> str | None:
        """The id of who was made, as the answer tells it; None where it does not, and looking must."""
        try:
            return self._verb.made(response)
        except (HeadcountError, LookupError, TypeError, ValueError, AttributeError):
            return None

    def _line(self, step: Step) -> Transport:
        connection = self._connection
        if step.over == "rest":
            return connection.writer
        if connection.scim_writer is None:
            raise ConfigError(f"{self._plan.vendor}: the plan goes over {step.over}, and no such line is configured")
        return connection.scim_writer

    # -- the whole --------------------------------------------------------------------------------------

    def _proved(self) -> Facts:
        """What the record shows, where it is what was wanted. Vendors may take a moment to show what they took."""
        expect = self._expect()
        if not expect:
            return self._seen() if self._id else {}
        seen = self._seen()
        for seconds in self._policy.looks:
            if not differences(expect, seen):
                break
            time.sleep(seconds)
            seen = self._seen()
        wrong = differences(expect, seen)
        if wrong:
            told = "; ".join(in_words(wrong, "should be", "is"))
            raise VerifyError(
                f"{self._plan.vendor} took the change of employee {self._id}, and its record shows something else: "
                f"{told}. Run {self._run.id[:8]} has it all; put right at the vendor what is wrong",
                differences=wrong,
                run=self._run.id,
            )
        return seen

    def _expect(self) -> dict[str, Any]:
        taken = (self._step(at) for at in range(len(self._steps)))
        return {name: value for step in taken for name, value in step.expect.items()}

    def _seen(self) -> Facts:
        """What the vendor shows now."""
        self._connection.forget()
        try:
            return facts(self._connection, self._verb, self._id) if self._id else {}
        except (VendorError, RecordError) as error:
            if self._steps and all(step.state == "done" for step in self._steps):
                raise OutcomeUnknown(
                    f"everything was sent and answered, and cannot be read back: {error}. Once it can, "
                    f"`headcount resume {self._run.id[:8]}` proves it; nothing is sent again",
                    run=self._run.id,
                ) from error
            raise

    def _note(self, at: int, *, employee: str | None = None, **changes: Any) -> None:
        entry = attrs.evolve(self._steps[at], **changes)
        self._journal.note(self._run, entry, lease=lease(self._connection), employee=employee)
        self._steps[at] = entry
        self._id = employee or self._id

    def _end(self, state: State, error: BaseException | None) -> None:
        problem = None if error is None else str(error) if isinstance(error, HeadcountError) else type(error).__name__
        self._journal.finish(self._run, state, problem=problem, record=self._record(state, problem))
        self._run = attrs.evolve(self._run, state=state, problem=problem, steps=tuple(self._steps), employee=self._id)

    def _record(self, state: State, problem: str | None) -> dict[str, Any]:
        """What is kept for good: who had what done to whom, with personal values by their class only."""
        plan = self._plan
        steps = [(self._step(at), entry) for at, entry in enumerate(self._steps)]
        return {
            "run": self._run.id,
            "vendor": plan.vendor,
            "address": plan.address,
            "verb": plan.change.verb,
            "employee": self._id,
            "plan": plan.digest,
            "approved_by": self._run.approved_by,
            "state": state,
            "problem": problem,
            "steps": [
                {"request": str(step.request), "state": e.state, "sent": e.sent, "settled_by": e.settled_by}
                for step, e in steps
            ],
            "before": redacted(plan.before),
            "expect": redacted(self._expect()),
        }

    def _told(self, seen: Facts) -> Outcome:
        """The outcome, after plugins were told of it; one that fails cannot undo what is done, and is noted."""
        outcome = Outcome.of(self._run, shown=seen)
        call: Callable[..., Any] = self._connection.hooks.hook.headcount_applied
        try:
            call(vendor=self._plan.vendor, plan=self._plan, outcome=outcome)
        except Exception as error:  # noqa: BLE001 - a stranger's code, and the change is made
            return attrs.evolve(outcome, notes=(f"a plugin failed in headcount_applied: {type(error).__name__}",))
        return outcome


def lease(connection: Connection) -> timedelta:
    """For how long a run is held: longer than one request may be under way."""
    return timedelta(seconds=60 + connection.http.options.longest)
