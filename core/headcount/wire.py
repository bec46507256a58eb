"""Reading one vendor's records: its blanks, its date forms, and the attrs classes that state its shapes."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from headcount.errors import RecordError
from headcount.model import Raw

if TYPE_CHECKING:
    import cattrs

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]


class Unreadable(ValueError):
    """A value that is not of the kind it should be; its text names the kind, never the value."""


class Wire:
    """Reads one vendor's records into the attrs classes that state their shapes.

    `blank` are the texts by which this vendor says "nothing" (an empty text always does). `dates` are the
    forms of its days, as `strptime` writes them, tried in order. Instants are read from epoch seconds and
    from ISO 8601, with a space or a T; one without an offset is UTC. Texts lose the space around them.
    """

    def __init__(self, *, blank: Iterable[str] = (), dates: Iterable[str] = ("%Y-%m-%d",)) -> None:
        self._blank = frozenset({"", *blank})
        self._dates = tuple(dates)
        self._hooks: dict[type[Any], Hook] = {}

    def read(self, raw: Raw, kind: type[T]) -> T:
        """The record as `kind`; keys that it does not know are left alone.

        Raises `RecordError`, which names class and field and never a value.
        """
        hook = self._hooks.get(kind)
        if hook is None:
            hook = self._hooks[kind] = self._converter.get_structure_hook(kind)
        try:
            result: T = hook(raw, kind)
        except Exception as error:  # noqa: BLE001 - whatever a strange record makes cattrs raise
            raise RecordError(_explain(error, kind.__name__)) from None
        return result

    @cached_property
    def _converter(self) -> cattrs.Converter:
        import cattrs  # only who reads a record pays for it

        converter = cattrs.Converter()
        for kind, read in (
            (str, self._text),
            (date, self.date),
            (datetime, instant),
            (Decimal, _decimal),
            (bool, _truth),
            (int, _whole),
        ):
            converter.register_structure_hook(kind, lambda value, _, read=read: read(value))
        converter.register_structure_hook_factory(_is_optional, lambda kind: self._optional(converter, kind))
        return converter

    def _optional(self, converter: cattrs.Converter, kind: Any) -> Hook:
        """`T | None`, with T's hook looked up once: nearly every field of an HR record is one."""
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        blank, read = self._blank, converter.get_structure_hook(inner)

        def structure(value: Any, _: Any) -> Any:
            if value is None:
                return None
            if type(value) is str:
                value = value.strip()
                if value in blank:
                    return None
            return read(value, inner)

        def text(value: Any, _: Any) -> Any:
            if type(value) is str:
                value = value.strip()
                return None if value in blank else value
            return None if value is None else read(value, inner)

        return text if inner is str else structure

    def date(self, value: Any) -> date:
        """A day of the calendar, in one of the vendor's forms; never through an instant."""
        if isinstance(value, str):
            for form in self._dates:
                try:
                    # strptime makes a datetime without a zone, and its day is the day that was written
                    return date.fromisoformat(value) if form == _ISO and len(value) == 10 else _day(value, form)
                except ValueError:
                    continue
        raise Unreadable("a date")

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            text = value.strip()
            if text in self._blank:
                raise Unreadable("given")
            return text
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise Unreadable("text")


_ISO = "%Y-%m-%d"


def _day(value: str, form: str) -> date:
    return datetime.strptime(value, form).date()  # noqa: DTZ007


def instant(value: Any) -> datetime:
    """A UTC instant from epoch seconds or ISO 8601; without an offset it is held to be UTC already."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not isinstance(value, bool):
            return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        pass
    raise Unreadable("an instant")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            raise Unreadable("an amount") from None
        if amount.is_finite():
            return amount
    raise Unreadable("an amount")


def _truth(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise Unreadable("true or false")


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    raise Unreadable("a whole number")


def _is_optional(kind: Any) -> bool:
    if get_origin(kind) not in (Union, types.UnionType):
        return False
    return len(get_args(kind)) == 2 and type(None) in get_args(kind)


def _explain(error: BaseException, kind: str) -> str:
    """What is wrong with a record, a field at a time: `Person.hireDate: not a date`."""
    import cattrs

    found = cattrs.transform_error(error, path=kind, format_exception=_reason)
    return "; ".join(part.replace(" @ ", ": ") for part in map(_turn, found)) or f"{kind}: unreadable"


def _turn(message: str) -> str:
    """cattrs says `what @ where`; a reader looks for the place first."""
    what, _, where = message.rpartition(" @ ")
    return f"{where}: {what}" if what else message


def _reason(error: BaseException, _: type[Any] | None) -> str:
    if isinstance(error, Unreadable):
        return f"not {error}"
    if isinstance(error, KeyError):
        return "missing"
    return "of another shape"
