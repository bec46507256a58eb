"""Nothing is sent that nobody let pass: policy, approvals by digest, plugins, plans that moved or were touched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount import codec
from headcount.changes import CHANGES
from headcount.sandbox import Sandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY
from tests.lifecycle.cases import (
    AT_ONCE,
    CASES,
    TODAY,
    Case,
    Hand,
    approved,
    case_named,
    connected,
    held,
    plain,
    writes,
)

STRICT = hc.Policy(looks=())
"""As it comes."""


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with case_named("namely-observed-terminate").start() as running:
        yield running


@pytest.fixture
def journal() -> Iterator[hc.Journal]:
    found = hc.Journal("sqlite://", now=Hand())
    yield found
    found.close()


def clock_of(journal: hc.Journal) -> Hand:
    assert isinstance(journal.now, Hand)
    return journal.now


def connect(box: Sandbox, journal: hc.Journal, *plugins: object, policy: hc.Policy = STRICT) -> hc.Connection:
    return connected(box, NAMELY, *plugins, store=journal, policy=policy)


def termination(box: Sandbox) -> hc.Terminate:
    return hc.Terminate(id=plain(box).uuid, on=TODAY)


def rename(box: Sandbox) -> hc.Update:
    return hc.Update(id=plain(box).uuid, fields={"family_name": "Neumann"})


def nothing_sent(box: Sandbox, journal: hc.Journal) -> None:
    assert writes(box) == []
    assert journal.runs() == []


# -- policy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_a_person_must_approve_is_not_sent_without(case: Case) -> None:
    if case.dialect == "observed" and case.vendor is not INSIGHTLY:
        return  # the verbs are the same
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.policy = STRICT
        if plan.change.verb in ("update", "join", "leave"):
            assert connection.apply(plan).state == "proved"
        else:
            with pytest.raises(hc.Held, match="deleting needs a policy" if case.name == "delete" else "an approval of"):
                connection.apply(plan)
            assert writes(box) == []
        connection.journal.close()


def test_the_policy_says_which_verbs_need_no_approval(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal, policy=hc.Policy(at_once=frozenset({"terminate"}), looks=())) as connection:
        with pytest.raises(hc.Held, match="to update needs an approval"):
            connection.apply(connection.plan(rename(box)))
        assert connection.apply(connection.plan(termination(box))).state == "proved"


def test_there_is_no_such_verb() -> None:
    with pytest.raises(hc.ConfigError, match="no verb is called fire; there are hire"):
        hc.Policy(at_once=frozenset({"fire"}))


@pytest.mark.parametrize("allow", [True, False])
def test_deleting_needs_a_policy_and_an_approval_whatever_else_is_said(allow: bool, journal: hc.Journal) -> None:
    case = case_named("insightly-guide-delete")
    policy = hc.Policy(at_once=frozenset(CHANGES), allow_delete=allow, looks=())
    with case.start() as box, case.connect(box, journal, policy=policy) as connection:
        plan = connection.plan(case.ready(box, connection))
        with pytest.raises(hc.Held, match="needs an approval" if allow else "needs a policy that allows it"):
            connection.apply(plan)
        if not allow:
            with pytest.raises(hc.Held, match="needs a policy that allows it"):
                connection.apply(plan, approval=approved(plan))
        nothing_sent(box, journal)
        if allow:
            assert connection.apply(plan, approval=approved(plan)).state == "proved"


@pytest.mark.parametrize("hours", [24, 1])
def test_a_plan_grows_old(hours: int, box: Sandbox, journal: hc.Journal) -> None:
    clock = clock_of(journal)
    with connect(box, journal, policy=hc.Policy(max_age=timedelta(hours=hours), looks=())) as connection:
        plan = connection.plan(rename(box))
        clock.ahead = timedelta(hours=hours, seconds=1)
        with pytest.raises(hc.Held, match=f"may be {hours} hours old: plan again"):
            connection.apply(plan)
        nothing_sent(box, journal)
        clock.ahead = timedelta(hours=hours) - timedelta(minutes=1)
        assert connection.apply(plan).state == "proved"


def test_a_plan_of_the_future_is_refused(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(rename(box))
        for ahead, refused in ((timedelta(minutes=6), True), (timedelta(minutes=4), False)):
            later = attrs.evolve(plan, made_at=plan.made_at + ahead)
            if refused:
                with pytest.raises(hc.Held, match="plan again"):
                    connection.apply(later)
                nothing_sent(box, journal)
            else:
                assert connection.apply(later).state == "proved"


# -- approvals ------------------------------------------------------------------------------------


def test_an_approval_is_of_one_plan_and_no_other(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan, other = connection.plan(termination(box)), connection.plan(attrs.evolve(termination(box), comment="x"))
        with pytest.raises(hc.Held, match=f"the approval is of plan {other.digest[:12]}, and this is"):
            connection.apply(plan, approval=approved(other))
        nothing_sent(box, journal)


def test_the_same_change_planned_again_needs_another_approval(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        first = connection.plan(termination(box))
        again = attrs.evolve(connection.plan(termination(box)), made_at=first.made_at + timedelta(seconds=1))
        assert first == again
        with pytest.raises(hc.Held, match="the approval is of plan"):
            connection.apply(again, approval=approved(first))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"by": "  "}, "who approves is said in"),
        ({"by": ""}, "who approves is said in"),
        ({"at": datetime.now(UTC) - timedelta(days=1)}, "older than the plan, or from the future"),
        ({"at": datetime.now(UTC) + timedelta(days=1)}, "older than the plan, or from the future"),
        ({"plan": ""}, "the approval is of plan"),
    ],
)
def test_an_approval_says_who_when_and_which(
    change: dict[str, Any], words: str, box: Sandbox, journal: hc.Journal
) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(termination(box))
        with pytest.raises((hc.Held, hc.ConfigError), match=words):
            connection.apply(plan, approval=attrs.evolve(approved(plan), **change))
        nothing_sent(box, journal)


def test_a_moment_without_a_zone_is_held_to_be_utc(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(termination(box))
        moment = datetime.now(UTC)
        approval = hc.Approval(plan=plan.digest, by="grace", at=moment.replace(tzinfo=None))
        assert approval.at == moment
        assert hc.Approval.from_json(approval.to_json().replace("+00:00", "")) == approval
        assert connection.apply(plan, approval=approval).state == "proved"


def test_an_approval_is_a_file(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(termination(box))
        text = approved(plan, "grace").to_json()
        assert hc.Approval.from_json(text) == hc.Approval.from_json(text.encode())
        read = hc.Approval.from_json(text)
        outcome = connection.apply(hc.Plan.from_json(plan.to_json()), approval=read)
        assert outcome.state == "proved"
        (run,) = journal.runs()
        assert run.approved_by == "grace"
        assert journal.audit()[-1]["approved_by"] == "grace"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "7", '{"plan": "x"}', '{"plan": 1, "by": [], "at": "x"}', "{"]
)
def test_what_is_no_approval_is_refused(text: str) -> None:
    with pytest.raises(hc.ConfigError, match="this is no approval: make one with `headcount approve"):
        hc.Approval.from_json(text)


def test_an_approval_of_an_applied_plan_applies_it_no_second_time(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(termination(box))
        connection.apply(plan, approval=approved(plan))
        plain(box).active, plain(box).left = True, None
        assert connection.apply(plan, approval=approved(plan)).repeated
        assert len(writes(box)) == 1


# -- plugins --------------------------------------------------------------------------------------


def before(say: Callable[..., Any]) -> object:
    return SimpleNamespace(headcount_before_apply=hc.hookimpl(say))


def after(say: Callable[..., Any]) -> object:
    return SimpleNamespace(headcount_applied=hc.hookimpl(say))


def test_a_plugin_may_refuse_a_plan_with_a_text(box: Sandbox, journal: hc.Journal) -> None:
    approving = before(lambda plan: approved(plan, "policy engine"))
    refusing = before(lambda plan: "no changes on Sundays")
    for plugins in ((approving, refusing), (refusing, approving), (refusing,)):
        with connect(box, journal, *plugins) as connection:
            plan = connection.plan(termination(box))
            with pytest.raises(hc.Held, match="a plugin refuses the plan: no changes on Sundays"):
                connection.apply(plan, approval=approved(plan))
            with pytest.raises(hc.Held, match="a plugin refuses the plan: no changes on Sundays"):
                connection.make(rename(box), key="k")
    nothing_sent(box, journal)


def test_a_plugin_may_approve_a_plan(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal, before(lambda vendor, plan: approved(plan, f"{vendor}'s engine"))) as connection:
        connection.apply(connection.plan(termination(box)))
    (run,) = journal.runs()
    assert run.approved_by == "namely's engine"


def test_what_a_person_approved_stays_theirs(box: Sandbox, journal: hc.Journal) -> None:
    seen: list[hc.Approval | None] = []

    def say(plan: hc.Plan, approval: hc.Approval | None) -> hc.Approval:
        seen.append(approval)
        return approved(plan, "engine")

    with connect(box, journal, before(say)) as connection:
        plan = connection.plan(termination(box))
        connection.apply(plan, approval=approved(plan, "grace"))
    (run,) = journal.runs()
    assert run.approved_by == "grace"
    assert [approval and approval.by for approval in seen] == ["grace"]


def test_a_plugins_approval_of_another_plan_is_none(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal, before(lambda plan: hc.Approval(plan="0" * 64, by="x", at=datetime.now(UTC)))) as c:
        with pytest.raises(hc.Held, match="the approval is of plan 000000000000"):
            c.apply(c.plan(termination(box)))
        nothing_sent(box, journal)


def test_a_plugin_that_fails_stops_the_plan_before_anything_is_sent(box: Sandbox, journal: hc.Journal) -> None:
    def fails(plan: hc.Plan) -> None:
        raise RuntimeError("broken")

    with connect(box, journal, before(fails)) as connection:
        with pytest.raises(hc.Held, match="a plugin failed in headcount_before_apply: RuntimeError; nothing was sent"):
            connection.apply(connection.plan(rename(box)))
        nothing_sent(box, journal)


def test_plugins_are_told_once_of_what_was_proved(box: Sandbox, journal: hc.Journal) -> None:
    told: list[tuple[str, str, str]] = []

    def say(vendor: str, plan: hc.Plan, outcome: hc.Outcome) -> None:
        assert plain(box).family == "Neumann"
        told.append((vendor, plan.digest, outcome.state))

    with connect(box, journal, after(say)) as connection:
        plan = connection.plan(rename(box))
        for _ in range(3):
            connection.apply(plan, key="k")
        connection.make(rename(box), key="k")
    assert told == [("namely", plan.digest, "proved")]


def test_plugins_are_not_told_of_what_is_not_proved(box: Sandbox, journal: hc.Journal) -> None:
    told: list[str] = []
    with connect(box, journal, after(lambda outcome: told.append(outcome.state))) as connection:
        box.play("unreached", method="PUT")
        with pytest.raises(hc.OutcomeUnknown):
            connection.make(rename(box), key="k")
        assert told == []
        clock_of(journal).ahead += timedelta(seconds=91)
        connection.resume("k")
    assert told == ["proved"]


def test_a_plugin_that_fails_afterwards_is_noted_and_undoes_nothing(box: Sandbox, journal: hc.Journal) -> None:
    def fails(outcome: hc.Outcome) -> None:
        raise RuntimeError("the ticket system is down: secret")

    with connect(box, journal, after(fails)) as connection:
        outcome = connection.make(rename(box), key="k")
        assert outcome.state == "proved"
        assert outcome.notes == ("a plugin failed in headcount_applied: RuntimeError",)
        assert connection.make(rename(box), key="k").repeated
    assert [run.state for run in journal.runs()] == ["proved"]


# -- a plan that was touched ----------------------------------------------------------------------

ROUNDS = 1000
WORDS = ("", "x", "1", "2026-01-01", "Terminated", "active", "inactive", "../users", "DELETE", "{id}", "ä", "null")


def digested(told: Any) -> str:
    """A plan's text with the digest that its content has now: as somebody does who knows how plans are made."""
    body = {name: value for name, value in told.items() if name not in ("headcount", "digest")}
    return codec.pretty({**told, "digest": sha256(codec.canonical(body)).hexdigest()})


def touched_bytes(text: str, dice: random.Random) -> str:
    """With a character turned, taken out or put in."""
    at = dice.randrange(len(text))
    some = dice.choice('abcxyz0189"{}[],:. \n\\-/Äé\t')
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + some + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + some + text[at:]
    to = dice.randrange(at, min(len(text), at + 40))
    return text[:at] + text[to:]


def touched_values(text: str, dice: random.Random, *, redigest: bool) -> str:
    """With one value of it another, one key renamed, gone, or put in; JSON all the same."""
    told = json.loads(text)
    spots = [spot for spot in _spots(told) if spot[1] not in ("digest",) or not redigest]
    inside, key = dice.choice(spots)
    kind = dice.randrange(5)
    if kind == 0 and isinstance(inside, dict):
        inside[f"{key}x"] = inside.pop(key)
    elif kind == 1:
        del inside[key]
    elif kind == 2 and isinstance(inside, list):
        inside.append(inside[key])
    elif kind == 2:
        inside[dice.choice(["extra", "schemas", "status", "says"])] = dice.choice(WORDS)
    else:
        inside[key] = _other(inside[key], dice)
    return digested(told) if redigest else codec.pretty(told)


def _other(value: Any, dice: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice([1, -1, 10])
    if isinstance(value, str) and value:
        at = dice.randrange(len(value))
        return dice.choice(
            [value[:at] + "q" + value[at + 1 :], value[:at], value.upper(), value + " ", dice.choice(WORDS)]
        )
    return dice.choice([*WORDS, 1, None, True, [], {}])


def _spots(told: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON value: what it is in, and under which key."""
    for key, value in list(told.items() if isinstance(told, dict) else enumerate(told)):
        yield told, key
        if isinstance(value, dict | list):
            yield from _spots(value)


TOUCHED: dict[str, Callable[[str, random.Random], str]] = {
    "bytes": touched_bytes,
    "values": lambda text, dice: touched_values(text, dice, redigest=False),
    "values-and-digest": lambda text, dice: touched_values(text, dice, redigest=True),
}
PLANS = ("namely-observed-terminate", "bamboohr-observed-hire", "insightly-guide-update", "insightly-observed-update")


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("how", TOUCHED)
def test_a_plan_that_was_touched_is_never_sent(how: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand and more plans, each changed somewhere; even one whose digest was made anew, and was approved."""
    case, dice = case_named(name), random.Random(f"{how} {name}")
    rounds = ROUNDS // (len(PLANS) * len(TOUCHED)) + 1
    refused: dict[str, int] = {}
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        text = plan.to_json()
        assert digested(json.loads(text)) == text
        for _ in range(rounds):
            other = TOUCHED[how](text, dice)
            if other == text or _says_the_same(other, plan):
                continue
            with pytest.raises(hc.HeadcountError) as stopped:
                _applied(connection, other)
            refused[type(stopped.value).__name__] = refused.get(type(stopped.value).__name__, 0) + 1
            assert writes(box) == [], other
            assert connection.journal.runs() == []
        assert sum(refused.values()) > rounds * 0.8
        assert connection.apply(hc.Plan.from_json(text), approval=approved(plan)).state == "proved", "that was the plan"
        connection.journal.close()


def _applied(connection: hc.Connection, text: str) -> None:
    plan = hc.Plan.from_json(text)
    connection.apply(plan, approval=approved(plan))


def _says_the_same(text: str, plan: hc.Plan) -> bool:
    """Another moment within the plan's life, or another order of what has none: it is the plan of the same change."""
    try:
        return hc.Plan.from_json(text) == plan
    except hc.HeadcountError:
        return False


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "7", '"plan"', "{", '{"headcount": 1}', "[" * 5000 + "]" * 5000),
        '{"headcount": 2, "vendor": "namely"}',
        '{"headcount": 1, "vendor": "namely", "address": "", "change": {"verb": "fire"}, "made_at": "2026-01-01"}',
        '{"headcount": 1, "vendor": "namely", "address": "", "change": {"verb": "delete"}, "made_at": "2026-01-01"}',
    ],
)
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(hc.ConfigError, match=r"this is no plan|is of format 2"):
        hc.Plan.from_json(text)


def test_a_moment_without_a_zone_is_no_moment_of_a_plan(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        told = json.loads(connection.plan(rename(box)).to_json())
        told["made_at"] = told["made_at"].replace("+00:00", "")
        with pytest.raises((hc.Held, hc.ConfigError)):
            connection.apply(hc.Plan.from_json(digested(told)))
        nothing_sent(box, journal)


def test_a_plan_for_one_account_is_not_applied_to_another(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection, case_named("namely-observed-terminate").start() as other:
        plan = connection.plan(rename(box))
        with connect(other, journal) as elsewhere, pytest.raises(hc.Held, match="the plan is for namely at"):
            elsewhere.apply(plan)
        assert writes(other) == []


def test_a_plan_goes_into_a_file_and_back(box: Sandbox) -> None:
    for case in CASES:
        with case.start() as running, case.connect(running, hc.Journal("sqlite://")) as connection:
            plan = connection.plan(case.ready(running, connection))
            read = hc.Plan.from_json(plan.to_json())
            assert (read, read.digest, read.to_json()) == (plan, plan.digest, plan.to_json())
            connection.journal.close()


# -- a record that moved --------------------------------------------------------------------------


def test_a_record_that_moved_is_held_and_what_moved_is_shown(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        was = plain(box).title
        wanted, moved = [title for title in ("Manager", "Specialist", "Engineer") if title != was][:2]
        plan = connection.plan(hc.Update(id=plain(box).uuid, fields={"job_title": wanted}))
        plain(box).title = moved
        with pytest.raises(hc.Held) as stopped:
            connection.apply(plan)
        assert f"job_title was {was}, and is {moved}" in str(stopped.value)
        assert "Plan again" in str(stopped.value)
        nothing_sent(box, journal)


def test_what_moved_that_is_not_about_work_is_not_shown(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(hc.Update(id=plain(box).uuid, fields={"mobile_phone": "+49 30 4711"}))
        plain(box).mobile_phone = "+1 555 0199"
        with pytest.raises(hc.Held) as stopped:
            connection.apply(plan)
        assert "mobile_phone was another than it is" in str(stopped.value)
        assert "555" not in str(stopped.value)


@pytest.mark.parametrize("name", ["insightly-guide-update", "insightly-guide-terminate"])
def test_where_the_whole_record_is_sent_anything_that_moved_holds_it(name: str) -> None:
    case = case_named(name)
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        plain(box).given = "Renamed-Meanwhile"
        with pytest.raises(hc.Held, match="has moved since the plan was made") as stopped:
            connection.apply(plan, approval=approved(plan))
        assert "Renamed" not in str(stopped.value)
        assert writes(box) == []
        assert plain(box).given == "Renamed-Meanwhile"
        connection.journal.close()


def test_a_history_that_grew_meanwhile_holds_the_plan() -> None:
    case = case_named("bamboohr-observed-rehire-as")
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        connection.rehire(BAMBOOHR.id_of(plain(box)), on=TODAY, approved_by="somebody else")
        sent = len(writes(box))
        with pytest.raises(hc.Held):
            connection.apply(plan, approval=approved(plan))
        assert len(writes(box)) == sent
        connection.journal.close()


def test_somebody_who_is_gone_meanwhile_holds_the_plan(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal) as connection:
        plan = connection.plan(rename(box))
        box.people.remove(plain(box))
        with pytest.raises(hc.Held, match="the plan no longer fits"):
            connection.apply(plan)
        nothing_sent(box, journal)


HIRES = [str(case) for case in CASES if case.name == "hire"]


@pytest.mark.parametrize("address", ["ada.king-noel@example.com", "ADA.King-Noel@Example.com"])
@pytest.mark.parametrize("name", HIRES)
def test_somebody_who_was_hired_meanwhile_is_not_hired_again(name: str, address: str) -> None:
    case = case_named(name)
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(case.ready(box, connection))
        newcomer = box.newcomer()
        newcomer.given, newcomer.family, newcomer.email = "Ada", "King-Noel", address
        newcomer.hired = TODAY
        box.people.append(newcomer)
        before = held(box)
        with pytest.raises(hc.Held, match="no longer fits"):
            connection.apply(plan, approval=approved(plan))
        assert writes(box) == []
        assert held(box) == before
        connection.journal.close()


def test_what_is_done_already_needs_nothing(box: Sandbox, journal: hc.Journal) -> None:
    with connect(box, journal, policy=AT_ONCE) as connection:
        first = connection.make(termination(box), key="one", approved_by="grace")
        plan = connection.plan(termination(box))
        assert plan.steps == ()
        outcome = connection.apply(plan, key="two", approval=approved(plan))
        assert (outcome.state, outcome.sent, first.sent) == ("proved", 0, 1)
        assert len(writes(box)) == 1
