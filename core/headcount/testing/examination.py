"""An examination: every check of the kit on one connector, in each dialect, and the grade that comes of it."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime

import attrs

from headcount.errors import HeadcountError
from headcount.testing.bench import Bench, Subject
from headcount.testing.checking import Broken, Check, NotApplicable


class Result(enum.StrEnum):
    """What came of a check. `SKIPPED` says that the vendor, the dialect or the bench has nothing that it could try."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


def _in_one_line(text: str) -> str:
    """A stranger's words as one line of text that any terminal and any file can show."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


@attrs.frozen(kw_only=True)
class Verdict:
    """What came of one check in one dialect: `why` says what was broken, or why it does not apply."""

    check: Check
    dialect: str
    result: Result
    why: str = attrs.field(default="", converter=_in_one_line)
    seconds: float = 0.0


@attrs.frozen(kw_only=True)
class Examination:
    """All verdicts on a connector."""

    vendor: str
    version: str
    at: datetime
    verdicts: tuple[Verdict, ...]

    def of(self, result: Result) -> list[Verdict]:
        """The verdicts of one kind."""
        return [one for one in self.verdicts if one.result is result]

    @property
    def dialects(self) -> tuple[str, ...]:
        """The dialects in which it was examined."""
        return tuple(dict.fromkeys(one.dialect for one in self.verdicts))

    @property
    def applicable(self) -> int:
        """How many checks had something to try; a check counts once for each dialect."""
        return len(self.verdicts) - len(self.of(Result.SKIPPED))

    @property
    def passed(self) -> int:
        """How many of these passed."""
        return len(self.of(Result.PASSED))

    @property
    def grade(self) -> str:
        """The grade in words: how many of the applicable checks passed."""
        skipped = len(self.of(Result.SKIPPED))
        rest = "1 does not apply" if skipped == 1 else f"{skipped} do not apply"
        return f"{self.passed} of {self.applicable} applicable checks passed; {rest}"

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(one.seconds for one in self.verdicts)


def tried(bench: Bench, check: Check) -> Verdict:
    """Run one check, and say what came of it: whatever a connector raises is a verdict on it."""
    began = time.monotonic()
    result, why = Result.PASSED, ""
    try:
        bench.check(check)
    except NotApplicable as reason:
        result, why = Result.SKIPPED, str(reason)
    except Broken as broken:
        result, why = Result.FAILED, str(broken)
    except HeadcountError as error:
        result, why = Result.FAILED, f"it ends in {type(error).__name__}: {error}"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code: whatever it does, the other checks go on
        result, why = Result.FAILED, f"it breaks with {type(error).__name__}: {error}"
    seconds = time.monotonic() - began
    return Verdict(check=check, dialect=bench.dialect, result=result, why=why, seconds=seconds)


def benches(
    subject: Subject, checks: Iterable[Check], dialects: Collection[str] | None = None
) -> Iterator[tuple[Bench, Check]]:
    """Each check with the bench of each dialect that it runs in, dialect by dialect; of some dialects, or of all."""
    checks = tuple(checks)
    for number, dialect in enumerate(subject.dialects if dialects is None else dialects):
        bench = Bench(subject, dialect)
        yield from ((bench, check) for check in checks if number == 0 or not check.once)


def examine(
    subject: Subject,
    checks: Iterable[Check],
    *,
    dialects: Collection[str] | None = None,
    watching: Callable[[Verdict], None] = lambda verdict: None,
) -> Examination:
    """Run these checks on a connector, in each of its dialects or in some; `watching` is told of each verdict as it
    comes."""
    at = datetime.now(UTC)
    verdicts = []
    for bench, check in benches(subject, checks, dialects):
        verdicts.append(tried(bench, check))
        watching(verdicts[-1])
    return Examination(
        vendor=subject.connector.name, version=subject.connector.version, at=at, verdicts=tuple(verdicts)
    )
