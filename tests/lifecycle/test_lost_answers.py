"""Whatever becomes of an answer, a change is made once and whole: each write of each verb, lost in every way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import attrs
import pytest
from werkzeug.wrappers import Response

import headcount as hc
from headcount.changes import CHANGES
from headcount.lifecycle.applying import settle
from headcount.sandbox import Answer, Sandbox
from tests.connectors.vendors import VENDORS
from tests.lifecycle.cases import (
    AT_ONCE,
    CASES,
    NO_REPORT,
    PATIENT,
    QUICK,
    TODAY,
    WRITES,
    Case,
    Hand,
    approved,
    case_named,
    held,
    plain,
    undisturbed,
    writes,
)

WRITE = {"method": WRITES, "on": NO_REPORT}
MEMORY = "sqlite://"
"""A journal that no test here takes to another process; a file is as the tests of killed processes have it."""
SETTLED = re.compile(r"headcount (resume|settle) [0-9a-f]{8}")
"""The way to settle it, in the text of the error."""


def done_and_failed(kind: type[Sandbox]) -> type[Any]:
    """A vendor that does what the write number `fails` says, and answers 500 all the same."""

    def answered(self: Any, request: Any, body: bytes, bites: Mapping[str, Any]) -> Answer:
        answer: Answer = kind._answer(self, request, body, bites)
        if self.fails is not None and is_write(request.method, request.path):
            self.fails -= 1
            if self.fails < 0:
                self.fails = None
                return self.error(500, "A server exception was thrown.")  # type: ignore[no-any-return]
        return answer

    return type("DoneAndFailed", (kind,), {"_answer": answered, "fails": None})


def is_write(method: str, path: str) -> bool:
    return bool(re.fullmatch(WRITES, method) and re.search(NO_REPORT, path))


Disturbance = Callable[[Sandbox, int], None]
DISTURBED: dict[str, tuple[Disturbance, hc.Policy]] = {
    "lost": (lambda box, at: box.play("reset", after=at, **WRITE), AT_ONCE),
    "lost-patient": (lambda box, at: box.play("reset", after=at, **WRITE), PATIENT),
    "unreached": (lambda box, at: box.play("unreached", after=at, **WRITE), AT_ONCE),
    "unreached-patient": (lambda box, at: box.play("unreached", after=at, **WRITE), PATIENT),
    "unreached-twice": (lambda box, at: box.play("unreached", after=at, times=2, **WRITE), AT_ONCE),
    "cut": (lambda box, at: box.play("truncated", after=at, **WRITE), AT_ONCE),
    "failed": (lambda box, at: box.play("error", after=at, **WRITE), AT_ONCE),
    "gateway": (lambda box, at: box.play("error", status=504, after=at, **WRITE), PATIENT),
}
"""What becomes of one write, and under which policy."""


@attrs.frozen
class Ended:
    """How it ended, and what stopped it on the way."""

    outcome: hc.Outcome
    stops: tuple[hc.HeadcountError, ...]


def to_the_end(connection: hc.Connection, change: hc.Change, clock: Hand) -> Ended:
    """Ask for it again, by its key and by its run in turn, until it is proved; each stop says how to settle it."""
    stops: list[hc.HeadcountError] = []
    while len(stops) < 6:
        try:
            again = len(stops) % 2
            outcome = connection.resume("k") if again else connection.make(change, key="k", approved_by="grace")
        except (hc.OutcomeUnknown, hc.VendorError) as error:
            _check_stop(connection, error)
            stops.append(error)
            clock.ahead += timedelta(seconds=91)
        else:
            return Ended(outcome, tuple(stops))
    raise AssertionError(f"it never ended: {stops}")


def _check_stop(connection: hc.Connection, error: hc.HeadcountError) -> None:
    run = connection.journal.run("k")
    assert run is not None
    assert run.state == ("unknown" if isinstance(error, hc.OutcomeUnknown) else "stopped")
    assert run.problem == str(error)
    if isinstance(error, hc.OutcomeUnknown):
        assert error.run == run.id
        assert SETTLED.search(str(error)), str(error)


ONE_OF_EACH = (
    *("bamboohr-guide-hire", "bamboohr-observed-hire-without-address", "bamboohr-observed-cancel"),
    *("namely-observed-hire", "namely-guide-terminate", "insightly-guide-hire", "insightly-guide-update"),
    *("insightly-observed-join", "insightly-observed-hire", "insightly-observed-update"),
)
ALWAYS = ("lost", "unreached")
EACH_WRITE = [pytest.param(case, at, id=f"{case}-{at + 1}") for case in CASES for at in range(case.writes)]


def applied(case: Case, box: Sandbox, disturb: Callable[[], None], policy: hc.Policy) -> Ended:
    """The change, disturbed: it is proved, and the vendor holds just what it would hold without the disturbance."""
    wanted = undisturbed(case)
    clock = Hand()
    journal = hc.Journal(MEMORY, now=clock)
    with case.connect(box, journal, policy=policy) as connection:
        change = case.ready(box, connection)
        disturb()
        ended = to_the_end(connection, change, clock)
    audit = journal.audit()
    journal.close()
    assert ended.outcome.state == "proved"
    assert len(held(box)["people"]) == len(wanted["people"]), "nobody twice, nobody gone"
    assert held(box) == wanted
    assert audit[-1]["state"] == "proved"
    return ended


@pytest.mark.parametrize(
    ("case", "at", "disturbance"),
    [
        pytest.param(*write.values, disturbance, id=f"{write.id}-{disturbance}")
        for write in EACH_WRITE
        for disturbance in DISTURBED
        if disturbance in ALWAYS or str(write.values[0]) in ONE_OF_EACH
    ],
)
def test_a_lost_answer_leaves_the_change_made_once_and_whole(case: Case, at: int, disturbance: str) -> None:
    disturb, policy = DISTURBED[disturbance]
    with case.start() as box:
        ended = applied(case, box, lambda: disturb(box, at), policy)
        sent = writes(box)
    done = [one for one in sent if 200 <= one.status < 300]
    assert len(done) == case.writes, "each write was done once"
    assert ended.outcome.sent == len(sent), "the journal counts what was sent"
    never = {"unreached": 1, "unreached-patient": 1, "unreached-twice": 2, "failed": 1, "gateway": 1}
    assert len(sent) - len(done) == len(ended.stops) == never.get(disturbance, 0)
    looked = disturbance.startswith("lost") or (disturbance == "cut" and ended.outcome.settled == 1)  # "" is not cut
    assert ended.outcome.settled == int(looked or str(case) == "insightly-observed-hire")  # SCIM's id is not ours
    for stop in ended.stops:  # it is not sent again at once: the vendor may be at work on it yet
        assert isinstance(stop, hc.OutcomeUnknown)
        assert "headcount resume" in str(stop)
        assert "sends it again if it is not there" in str(stop)


@pytest.mark.parametrize(("case", "at"), EACH_WRITE)
def test_a_500_after_the_work_was_done_is_not_done_again(case: Case, at: int) -> None:
    with case.start(done_and_failed(case.vendor.sandbox)) as box:
        ended = applied(case, box, lambda: setattr(box, "fails", at), AT_ONCE)
        sent = writes(box)
    assert [one.status for one in sent].count(500) == 1
    assert len(sent) == case.writes
    assert ended.outcome.settled == 1
    assert ended.stops == ()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_an_answer_that_comes_too_late_is_waited_for_and_not_doubled(name: str) -> None:
    """The vendor is still at work when we look: only the wait keeps it from being sent a second time."""
    case = case_named(name)
    clock = Hand()
    with case.start() as box:
        wanted = undisturbed(case)
        journal = hc.Journal(MEMORY, now=clock)
        options = attrs.evolve(QUICK, read_timeout=0.15)
        with case.connect(box, journal, policy=PATIENT, options=options) as connection:
            change = case.ready(box, connection)
            plan = connection.plan(change)
            box.play("slow", seconds=1.5, **WRITE)  # long enough for two looks, on a busy machine too
            with pytest.raises(hc.OutcomeUnknown, match="headcount resume"):
                connection.apply(plan, key="k", approval=approved(plan))
            with pytest.raises(hc.OutcomeUnknown, match="headcount resume"):
                connection.resume("k")
            assert writes(box) == [], "it is still at work"
            waited(lambda: bool(writes(box)))
            clock.ahead += timedelta(seconds=91)
            outcome = connection.resume("k")
        journal.close()
        assert (outcome.state, outcome.sent, outcome.settled) == ("proved", case.writes, 1)
        assert len(writes(box)) == case.writes
        assert held(box) == wanted


def waited(until: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_where_the_answer_is_lost_and_nothing_can_be_seen_it_is_unknown_and_then_settled(name: str) -> None:
    case = case_named(name)
    with case.start() as box:
        wanted = undisturbed(case)
        journal = hc.Journal(MEMORY)
        with case.connect(box, journal) as connection:
            plan = connection.plan(case.ready(box, connection))
            gone_blind = blind_after_first_write(box)
            with pytest.raises(hc.OutcomeUnknown) as stopped:
                connection.apply(plan, key="k", approval=approved(plan))
            assert re.search("headcount settle [0-9a-f]{8} --done` or `--not-done", str(stopped.value))
            with pytest.raises(hc.OutcomeUnknown):
                connection.resume("k")
            assert len(writes(box)) == 1, "while nothing can be seen, nothing more is sent"
            gone_blind()
            outcome = connection.resume("k")
        journal.close()
        assert (outcome.state, outcome.sent) == ("proved", case.writes)
        assert held(box) == wanted


def blind_after_first_write(box: Sandbox) -> Callable[[], None]:
    """Its answer is lost, and from then on nothing can be read; gives what ends that."""
    box.play("reset", **WRITE)
    before = box._respond

    def respond(request: Any) -> Any:
        if writes(box) and not is_write(request.method, request.path):
            return Response("down", 503)
        return before(request)

    box._respond = respond  # type: ignore[method-assign]

    def calm() -> None:
        box._respond = before  # type: ignore[method-assign]
        box.calm()

    return calm


REFUSALS: dict[str, Any] = {
    "unauthorized": hc.AuthError,
    "forbidden": hc.Forbidden,
    "throttle": (hc.RateLimited, hc.QuotaExhausted),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize(("case", "at"), [p for p in EACH_WRITE if str(p.values[0]) in ONE_OF_EACH])
def test_what_was_refused_was_not_done_and_is_sent_when_it_is_resumed(case: Case, at: int, refusal: str) -> None:
    wanted = undisturbed(case)
    with case.start() as box:
        journal = hc.Journal(MEMORY)
        with case.connect(box, journal) as connection:
            plan = connection.plan(case.ready(box, connection))
            lasting: dict[str, Any] = {"times": None, "retry_after": "0"} if refusal == "throttle" else {}
            box.play(refusal, after=at, **lasting, **WRITE)
            with pytest.raises(REFUSALS[refusal]):
                connection.apply(plan, key="k", approval=approved(plan))
            run = journal.run("k")
            assert run is not None
            assert (run.state, [step.state for step in run.steps]) == (
                "stopped",
                ["done"] * at + ["ready"] * (case.writes - at),
            )
            box.calm()
            outcome = connection.resume("k")
        journal.close()
        assert outcome.state == "proved"
        assert held(box) == wanted
        assert len([one for one in writes(box) if 200 <= one.status < 300]) == case.writes


@pytest.mark.parametrize("name", ONE_OF_EACH)
@pytest.mark.parametrize("done", [True, False])
def test_a_persons_word_settles_what_looking_cannot(name: str, done: bool) -> None:
    case = case_named(name)
    wanted = undisturbed(case)
    with case.start() as box:
        journal = hc.Journal(MEMORY)
        with case.connect(box, journal) as connection:
            before = {case.vendor.id_of(person) for person in box.people}
            plan = connection.plan(case.ready(box, connection))
            calm = blind_after_first_write(box)
            if not done:
                box.calm()
                box.play("unreached", **WRITE)
            with pytest.raises(hc.OutcomeUnknown) as stopped:
                connection.apply(plan, approval=approved(plan))
            calm()
            made = {case.vendor.id_of(person) for person in box.people} - before
            outcome = settle(connection, stopped.value.run, done=done, by="grace", id=next(iter(made), None))
        audit = journal.audit()
        journal.close()
        assert (outcome.state, outcome.sent) == ("proved", case.writes + (not done))
        assert held(box) == wanted
        if done:
            assert audit[-1]["steps"][0]["settled_by"] == "grace, by hand"


def test_a_step_that_nobody_doubts_is_not_settled_by_hand() -> None:
    case = case_named("namely-guide-update")
    with case.start() as box, case.connect(box, hc.Journal(MEMORY)) as connection:
        change = case.ready(box, connection)
        plan = connection.plan(change)
        box.play("forbidden", **WRITE)
        with pytest.raises(hc.Forbidden):
            connection.apply(plan, key="k", approval=approved(plan))
        with pytest.raises(hc.ConfigError, match=r"no step of run [0-9a-f]{8} is in doubt"):
            settle(connection, "k", done=True, by="grace")
        assert connection.resume("k").state == "proved"
        connection.journal.close()


def test_whoever_says_that_a_hire_was_done_says_whom_it_made() -> None:
    case = case_named("bamboohr-observed-hire")
    with case.start() as box, case.connect(box, hc.Journal(MEMORY)) as connection:
        plan = connection.plan(case.ready(box, connection))
        calm = blind_after_first_write(box)
        with pytest.raises(hc.OutcomeUnknown):
            connection.apply(plan, key="k", approval=approved(plan))
        with pytest.raises(hc.ConfigError, match="--id"):
            settle(connection, "k", done=True, by="grace")
        calm()
        assert connection.resume("k").state == "proved"
        connection.journal.close()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_page_of_html_in_place_of_an_answer_is_no_answer(name: str) -> None:
    """A proxy answers 200 with a page, and the vendor has done nothing."""
    case, clock = case_named(name), Hand()
    with case.start() as box, case.connect(box, hc.Journal(MEMORY, now=clock)) as connection:
        plan = connection.plan(case.ready(box, connection))
        box.play("html", **WRITE)
        before = held(box)
        with pytest.raises(hc.OutcomeUnknown, match="headcount resume"):
            connection.apply(plan, key="k", approval=approved(plan))
        assert held(box) == before
        clock.ahead += timedelta(seconds=91)
        assert connection.resume("k").state == "proved"
        assert held(box) == undisturbed(case)
        connection.journal.close()


THIRD: dict[str, Callable[[Any], None]] = {
    "namely-observed-title": lambda person: setattr(
        person, "title", "Engineer" if person.title == "Manager" else "Manager"
    ),
    "namely-guide-terminate": lambda person: setattr(person, "left", TODAY - timedelta(300)),
    "insightly-guide-update": lambda person: setattr(person, "given", "Renamed"),
    "bamboohr-observed-update": lambda person: setattr(person, "family", "Renamed"),
}


@pytest.mark.parametrize("name", THIRD)
def test_a_record_that_shows_neither_before_nor_after_is_a_persons_to_settle(name: str) -> None:
    """Somebody changed it meanwhile: it may have been done and undone, and is not sent over what they did."""
    case, clock = case_named(name), Hand()
    with case.start() as box, case.connect(box, hc.Journal(MEMORY, now=clock)) as connection:
        plan = connection.plan(case.ready(box, connection))
        box.play("unreached", **WRITE)
        with pytest.raises(hc.OutcomeUnknown, match="headcount resume"):
            connection.apply(plan, key="k", approval=approved(plan))
        THIRD[name](plain(box))
        before = held(box)
        clock.ahead += timedelta(hours=1)
        with pytest.raises(hc.OutcomeUnknown, match="look at the vendor's, and say `headcount settle"):
            connection.resume("k")
        assert len(writes(box)) == 1
        assert held(box) == before
        connection.journal.close()


@pytest.mark.parametrize("name", THIRD)
def test_what_was_refused_is_not_sent_later_over_a_record_that_moved(name: str) -> None:
    case = case_named(name)
    with case.start() as box, case.connect(box, hc.Journal(MEMORY)) as connection:
        plan = connection.plan(case.ready(box, connection))
        box.play("forbidden", **WRITE)
        with pytest.raises(hc.Forbidden):
            connection.apply(plan, key="k", approval=approved(plan))
        THIRD[name](plain(box))
        before = held(box)
        with pytest.raises(hc.Held, match=r"run [0-9a-f]{8} was planned with"):
            connection.resume("k")
        assert len(writes(box)) == 1
        assert held(box) == before
        connection.journal.close()


def test_nobody_is_hired_who_came_by_another_way_while_the_answer_was_lost() -> None:
    """Two people of the new one's name are there when we look: nobody can say which of them it is, if any."""
    case = case_named("bamboohr-observed-hire-without-address")
    with case.start() as box, case.connect(box, hc.Journal(MEMORY)) as connection:
        plan = connection.plan(case.ready(box, connection))
        box.play("unreached", **WRITE)
        with pytest.raises(hc.OutcomeUnknown, match="sends it again if it is not there"):
            connection.apply(plan, key="k", approval=approved(plan))
        for _ in range(2):
            twin = box.newcomer()
            twin.given, twin.family = "Ada", "King-Noel"
            box.people.append(twin)
        before = held(box)
        with pytest.raises(hc.OutcomeUnknown, match="look at the vendor's, and say `headcount settle"):
            connection.resume("k")
        assert len(writes(box)) == 1
        assert held(box) == before
        connection.journal.close()


def test_every_verb_of_every_vendor_is_among_the_cases() -> None:
    tried = {(case.vendor.name, verb_of(case)) for case in CASES}
    assert tried == {(vendor.name, kind.verb) for vendor in VENDORS for kind in vendor.connector.plans}
    assert sum(case.writes for case in CASES) == len(EACH_WRITE) == 71


def verb_of(case: Case) -> str:
    """By the beginning of its name; what is named after a field is an update."""
    verbs = (verb for verb in CHANGES if case.name.startswith(verb.removesuffix("-termination")))
    return next(verbs, "update")
