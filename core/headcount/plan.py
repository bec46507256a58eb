"""A plan: the requests that would make a change, and what the record shows before and after. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import attrs

from headcount import codec
from headcount.changes import CHANGES, Change
from headcount.errors import ConfigError, Held, Rejected
from headcount.facts import Facts, same, shown
from headcount.http import Request, segment
from headcount.model import EMPTY

FORMAT = 1
FEW = 4


@attrs.frozen(kw_only=True)
class Step:
    """One request of a plan. `{id}` in its path is the id that the step that `makes` the employee was answered.

    `expect` are the facts that hold once it is done, `before` the same facts as they are now: with both a lost
    answer can be settled by looking. `over` names the line it is sent on. Where the vendor refuses the request as
    such, the first of `otherwise` is sent instead.
    """

    says: str
    request: Request = attrs.field(repr=str)
    expect: Facts = attrs.field(default=EMPTY, repr=False)
    before: Facts = attrs.field(default=EMPTY, repr=False)
    makes: bool = False
    over: str = "rest"
    otherwise: tuple[Step, ...] = attrs.field(default=(), repr=False)

    def in_place_of(self, id: str | None) -> Request:
        """The request to send for this employee."""
        return attrs.evolve(self.request, path=self.request.path.replace("{id}", segment(id) if id else "{id}"))


@attrs.frozen(kw_only=True)
class Plan:
    """The requests that would make a change, in order, and what the record shows before and after.

    Making one sends nothing that changes anything, and two plans of the same change on the same record are equal.
    `digest` names a plan: whoever approves one approves exactly these bytes. `name` is whose plan it is, for people.
    """

    vendor: str
    address: str
    change: Change
    name: str | None = attrs.field(default=None, repr=False)
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    made_at: datetime = attrs.field(eq=False)

    @property
    def before(self) -> Facts:
        """What the record shows now of all that is to change, and of what must stay."""
        return {name: value for step in self.steps for name, value in step.before.items()}

    @property
    def expect(self) -> Facts:
        """What the record must show once everything is done."""
        return {name: value for step in self.steps for name, value in step.expect.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything the plan says, in hex."""
        return sha256(codec.canonical(_told(self))).hexdigest()

    def to_json(self) -> str:
        """The plan as JSON text, its digest included. It holds personal data: what is to be written."""
        return codec.pretty({"headcount": FORMAT, **_told(self), "digest": self.digest})

    @staticmethod
    def from_json(text: str | bytes) -> Plan:
        """The plan that `to_json` wrote.

        Raises `ConfigError` for what is no plan, and `Held` for one that is not byte for byte as it was made.
        """
        raw = text.encode() if isinstance(text, str) else text
        try:
            told = codec.loads(raw)
            plan = _read(told)
        except (ValueError, KeyError, TypeError, AttributeError, Rejected):
            raise ConfigError("this is no plan: make one with `headcount plan … -o plan.json`") from None
        if plan.to_json().encode() != raw:
            raise Held("the plan was changed after it was made: plan again, and have the new plan approved")
        return plan

    def __str__(self) -> str:
        return "\n".join(map(_one_line, _lines(self)))


def _told(plan: Plan) -> dict[str, Any]:
    told = _values(plan)
    return {**told, "change": {"verb": plan.change.verb, **told["change"]}}


def _values(value: Any) -> Any:
    """A value of this room as plain ones; what is as it would be without being said is left out."""
    if attrs.has(type(value)):
        fields = ((field, getattr(value, field.name)) for field in attrs.fields(type(value)))
        return {field.name: _values(own) for field, own in fields if not _is_default(field, own, value)}
    if isinstance(value, Mapping):
        return {str(key): _values(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_values(own) for own in value]
    return value.isoformat() if isinstance(value, date) else value


def _is_default(field: attrs.Attribute[Any], own: Any, of: Any) -> bool:
    default = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # attrs types it as a function
        default = default.factory(of) if default.takes_self else default.factory()  # type: ignore[union-attr]
    return default is not attrs.NOTHING and bool(own == default)


def _read(told: Mapping[str, Any]) -> Plan:
    if told["headcount"] != FORMAT:
        raise ConfigError(f"the plan is of format {told['headcount']}, and this headcount reads {FORMAT}: plan again")
    change = dict(told["change"])
    kind = CHANGES[change.pop("verb")]
    steps = tuple(map(_step, told.get("steps", ())))
    made_at = datetime.fromisoformat(told["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return Plan(
        vendor=_text(told["vendor"]),
        address=_text(told["address"]),
        change=kind(**change),
        name=_text(told["name"]) if "name" in told else None,
        steps=steps,
        warnings=tuple(map(_text, told.get("warnings", ()))),
        made_at=made_at,
    )


def _step(told: Mapping[str, Any]) -> Step:
    asked = told["request"]
    safe = {"safe": True} if asked.get("safe") is True else {}
    return Step(
        says=_text(told["says"]),
        request=Request(
            _text(asked["method"]),
            _text(asked["path"]),
            _mapping(asked.get("params")),
            asked.get("json"),
            _mapping(asked.get("headers")),
            **safe,
        ),
        expect=_mapping(told.get("expect")),
        before=_mapping(told.get("before")),
        makes=told.get("makes") is True,
        over=_text(told.get("over", "rest")),
        otherwise=tuple(map(_step, told.get("otherwise", ()))),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is None:
        return EMPTY
    if not isinstance(value, dict):
        raise TypeError("no mapping")
    return value


def _lines(plan: Plan) -> Iterator[str]:
    """The plan as a person reads it: what changes, by which requests, and what to mind."""
    whom = f"employee {plan.change.whom}" if plan.change.whom else "a new employee"
    yield f"{plan.change.words} {whom}" + (f", {plan.name}" if plan.name else "")
    yield f"{plan.vendor} · {plan.address}"
    yield f"plan {plan.digest[:12]} of {plan.made_at:%Y-%m-%d %H:%M} UTC"
    before = plan.before
    changes = {name: wanted for name, wanted in plan.expect.items() if not same(name, wanted, before.get(name))}
    width = max(map(len, plan.expect), default=0)
    yield ""
    for name, wanted in changes.items():
        yield f"  {name:{width}}  {shown(before.get(name))} → {shown(wanted)}"
    kept = {name: value for name, value in plan.expect.items() if name not in changes}
    if len(kept) > FEW:
        yield f"  {len(kept)} facts more must stay as they are"
    else:
        yield from (f"  {name:{width}}  {shown(value)}, and stays so" for name, value in kept.items())
    if not plan.steps:
        yield "  nothing to do: the record shows it already"
    for number, step in enumerate(plan.steps, 1):
        yield ""
        yield f"  {number}. {step.says}"
        yield from _requested(step, "     ")
        for other in step.otherwise:
            yield "     or, where that is refused:" + (f" {other.says}" if other.says != step.says else "")
            yield from _requested(other, "        ")
    if plan.warnings:
        yield ""
    yield from (f"  ! {warning}" for warning in plan.warnings)


def _one_line(text: str) -> str:
    """A line that is one, whatever the vendor's texts hold: nothing in it moves the cursor or turns the writing."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _requested(step: Step, indent: str) -> Iterator[str]:
    line = "" if step.over == "rest" else f" over {step.over.upper()}"
    yield f"{indent}{step.request}{line}"
    if step.request.json is not None:
        yield f"{indent}{codec.canonical(step.request.json, sort=False).decode()}"
