"""Who may say that a plan is applied: the policy, and the approvals that name a plan by its digest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import attrs

from headcount import codec
from headcount.changes import CHANGES, Delete
from headcount.errors import ConfigError, Held, RecordError
from headcount.plan import Plan
from headcount.wire import Wire

LONGEST_NAME = 200
SKEW = timedelta(minutes=5)
"""So much may clocks differ between who plans, who approves and who applies."""


def _utc(moment: datetime) -> datetime:
    """A moment without a zone is held to be UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _name(by: str) -> str:
    """Who approves, in one line. Raises `ConfigError` for what no person is called."""
    name = by.strip()
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise ConfigError(f"who approves is said in 1 to {LONGEST_NAME} characters that can be printed")
    return name


@attrs.frozen(kw_only=True)
class Approval:
    """Somebody's word that one plan may be applied: who, when, and which, by its digest."""

    plan: str
    by: str = attrs.field(converter=_name)
    at: datetime = attrs.field(converter=_utc)

    def to_json(self) -> str:
        """The approval as the text of a file."""
        return codec.pretty({"plan": self.plan, "by": self.by, "at": self.at.isoformat()})

    @staticmethod
    def from_json(text: str | bytes) -> Approval:
        """The approval that `to_json` wrote. Raises `ConfigError` for what is none."""
        try:
            return Wire().read(codec.loads(text), Approval)
        except (ValueError, RecordError):
            raise ConfigError("this is no approval: make one with `headcount approve plan.json --by NAME`") from None


def _verbs(given: Iterable[str]) -> frozenset[str]:
    verbs = frozenset(given)
    if wrong := sorted(verbs - CHANGES.keys()):
        raise ConfigError(f"no verb is called {', '.join(wrong)}; there are {', '.join(CHANGES)}")
    return verbs


@attrs.frozen(kw_only=True)
class Policy:
    """What may be applied at once, and what a person must approve.

    `at_once` are the verbs that need no approval. A plan older than `max_age` is refused. Deleting needs
    `allow_delete` and an approval. A step whose answer was lost and that looking does not find is sent again once
    `settle_after` has passed since it was sent: an answer may be lost while the vendor is still at work. After the
    last step the record is read back at once, and again after each of `looks` (seconds) while it differs.
    """

    at_once: frozenset[str] = attrs.field(default=frozenset({"update", "join", "leave"}), converter=_verbs)
    allow_delete: bool = False
    max_age: timedelta = timedelta(hours=24)
    settle_after: timedelta = timedelta(seconds=90)
    looks: tuple[float, ...] = (0.5, 2.0)

    def check(self, plan: Plan, approval: Approval | None, now: datetime) -> None:
        """Raise `Held` where this plan may not be applied now."""
        age = now - plan.made_at
        if age > self.max_age or age < -SKEW:
            raise Held(
                f"the plan was made at {plan.made_at:%Y-%m-%d %H:%M} UTC, and may be {_hours(self.max_age)} old: "
                "plan again"
            )
        if isinstance(plan.change, Delete) and not self.allow_delete:
            raise Held("deleting needs a policy that allows it: Policy(allow_delete=True), or --allow-delete")
        if approval is None:
            if not plan.steps:
                return
            if plan.change.verb not in self.at_once or isinstance(plan.change, Delete):
                raise Held(
                    f"to {plan.change.words} needs an approval of plan {plan.digest[:12]}: apply it with --yes or "
                    "--approval FILE; in Python give `approval`, or `approved_by` to a verb"
                )
            return
        if approval.plan != plan.digest:
            raise Held(
                f"the approval is of plan {approval.plan[:12]}, and this is {plan.digest[:12]}: approve this one"
            )
        if not plan.made_at - SKEW <= approval.at <= now + SKEW:
            raise Held("the approval is older than the plan, or from the future: approve it again")


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} hours"
