"""A check: one promise that a connector keeps, with the function that tries it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

if TYPE_CHECKING:
    from headcount.testing.bench import Bench


class Broken(AssertionError):
    """A promise that is not kept: what was seen, in a sentence for the connector's author."""


class NotApplicable(Exception):
    """Says that a check asks for what this vendor, or this way of speaking, does not have."""


@attrs.frozen(kw_only=True)
class Check:
    """One promise. `protects` is the sentence on what it protects, `needs` the capabilities without which it does not
    apply, `reads_only` says that it needs no sandbox: it runs on a live account and on recordings too. One that is
    `once` does not depend on the dialect."""

    name: str
    group: str
    protects: str
    needs: tuple[str, ...] = ()
    reads_only: bool = False
    once: bool = False
    run: Callable[[Bench], None] = attrs.field(repr=False)


def check(*needs: str, reads_only: bool = False, once: bool = False) -> Callable[[Callable[[Bench], None]], Check]:
    """Make a check of a function: its name, its room, and its docstring, which says what it protects."""

    def made(run: Callable[[Bench], None]) -> Check:
        return Check(
            name=run.__name__,
            group=run.__module__.rpartition(".")[2],
            protects=" ".join((inspect.getdoc(run) or "").split()),
            needs=needs,
            reads_only=reads_only,
            once=once,
            run=run,
        )

    return made


def checks_in(rooms: Collection[ModuleType]) -> Iterator[Check]:
    """The checks of these rooms, in the order in which they stand there."""
    for room in rooms:
        yield from (value for value in vars(room).values() if isinstance(value, Check))


def ensure(kept: Any, otherwise: str) -> None:
    """Raise `Broken` with the sentence `otherwise`, unless the promise is kept. It is no assert: `-O` leaves it in."""
    if not kept:
        fail(otherwise)


def fail(otherwise: str) -> NoReturn:
    """Raise `Broken` with this sentence."""
    raise Broken(otherwise)


def named(some: Collection[Any], *, most: int = 3) -> str:
    """A few of many, for a message: ids and names of fields, never what stands in them."""
    few = sorted(map(str, some))
    return ", ".join(few[:most]) + (f" and {len(few) - most} more" if len(few) > most else "")
