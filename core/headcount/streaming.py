"""One long JSON answer as a stream of pages: a list inside an object, read without holding it whole."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Any

from headcount import codec
from headcount.errors import Unavailable
from headcount.http import Response
from headcount.model import Raw
from headcount.paging import Page

_SPACE = " \t\r\n"
_decode = codec.standard.raw_decode


def pages_of(chunks: Iterable[bytes], response: Response, *, at: str, size: int, limit: int) -> Iterator[Page]:
    """Pages of `size` records from the list named `at` in a JSON object that arrives in `chunks`.

    The last page (perhaps empty) comes only when the object has ended properly. Raises `Unavailable` for a
    body that is cut off, is not JSON, has no such list, or holds a value of more than `limit` bytes.
    """
    text = _Text(chunks, response, limit)
    head: dict[str, Any] = {}
    seen = 0
    last: list[Raw] | None = None

    def page(records: list[Raw]) -> Page:
        return Page(records=records, response=response, head=head, seen=seen)

    text.expect("{")
    more = text.peek() != "}"
    while more:
        name = text.name()
        text.expect(":")
        if name != at or text.peek() != "[":
            head[name] = text.value()
        else:
            if last is not None:
                raise text.invalid()
            records: list[Raw] = []
            for record in text.items():
                records.append(record)
                seen += 1
                if len(records) == size:
                    yield page(records)
                    records = []
            last = records
        more = text.peek() == ","
        if more:
            text.expect(",")
    text.end()
    if last is None:
        raise response.unusable("no_list", f"JSON without a list named {at!r}")
    yield page(last)


class _Text:
    """A window that slides over the text as it arrives."""

    def __init__(self, chunks: Iterable[bytes], response: Response, limit: int) -> None:
        self._chunks = iter(chunks)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
        self._response, self._limit = response, limit
        self._buffer, self._at, self._any = "", 0, False

    def peek(self) -> str:
        """The next character that is not space."""
        while True:
            buffer, end = self._buffer, len(self._buffer)
            while self._at < end and buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < end:
                return buffer[self._at]
            if not self._more():
                code, what = ("truncated", "a body that stops half-way") if self._any else ("empty", "an empty body")
                raise self._response.unusable(code, what)

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise self.invalid()
        self._at += 1

    def value(self) -> Any:
        """The next JSON value, whole."""
        self.peek()
        while True:
            try:
                value, end = _decode(self._buffer, self._at)
            except RecursionError:
                raise self.invalid() from None
            except ValueError:
                if not self._more():
                    raise self.invalid() from None
                continue
            # a number that touches the end of what has come may go on in what has not
            open_ended = isinstance(value, int | float) and not self._buffer[end:].strip(".eE+-")
            if not open_ended or not self._more():
                self._at = end
                return value

    def name(self) -> str:
        """The name of a member of the object."""
        if self.peek() != '"':
            raise self.invalid()
        return str(self.value())

    def items(self) -> Iterator[Any]:
        """The values of the array that begins here."""
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.expect("]")
                return
            self.expect(",")

    def end(self) -> None:
        """The object ends, and nothing but space comes after it."""
        self.expect("}")
        while self._buffer[self._at :].strip(_SPACE) == "":
            self._at = len(self._buffer)
            if not self._more():
                return
        raise self.invalid()

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        rest = self._buffer[self._at :]
        if len(rest) > self._limit:
            raise self._response.unusable("too_large", f"one value of more than {self._limit} bytes")
        try:
            self._buffer, self._at, self._any = rest + self._decoder.decode(chunk), 0, True
        except UnicodeDecodeError:
            raise self.invalid() from None
        return True

    def invalid(self) -> Unavailable:
        return self._response.malformed(self._buffer)
