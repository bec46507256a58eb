"""What a sync may believe: the limits beyond which departures and changes are held for a person to decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs

from headcount.errors import ConfigError

DEPARTURE = "departure"
"""What is held where a person is held to be gone; else it is the name of a field."""
OPEN, REJECTED = "open", "rejected"
"""How a hold stands: for a person to decide, or not to be believed. One that was released is no longer there."""
STANDING = frozenset({"status", "start_date", "termination_date"})
"""The fields by which somebody is there or not. They are counted among those who are, though nobody had them before,
and held together: half of them would make somebody leave who does not."""


@attrs.frozen(kw_only=True)
class Limits:
    """How much may change in one sync before it is held.

    So many departures at the most, and no more than this percentage of the people there are; up to `few` are never
    too many for the percentage. An absence counts once it was seen in `confirmations` complete lists in a row.
    A field may change in `storm_percent` of the people, and be lost by `coverage_percent` of those who have it; up to
    `storm_few` people are never a storm.
    """

    departures: int = 50
    departures_percent: float = 5.0
    few: int = 2
    confirmations: int = 2
    storm_percent: float = 20.0
    coverage_percent: float = 10.0
    storm_few: int = 10

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(Limits):
            if getattr(self, field.name) < (1 if field.name == "confirmations" else 0):
                raise ConfigError(f"limits: {field.name} must not be less than {int(field.name == 'confirmations')}")


@attrs.frozen(kw_only=True)
class Alarm:
    """Why something is held: what (`departures`, `group`, `credential`, `storm`, `coverage`, `empty`, `others`), how
    many of how many, and the limit in words. `about` is the field or the group."""

    kind: str
    count: int
    of: int
    limit: str
    about: str = ""

    def __str__(self) -> str:
        said = {
            "departures": f"{self.count:,} of {self.of:,} people are no longer in the list",
            "group": f"all {self.count:,} people of group {self.about} are no longer in the list at once",
            "storm": f"{self.about} is another for {self.count:,} of {self.of:,} people",
            "coverage": f"{self.about} is gone for {self.count:,} of the {self.of:,} people who had it",
            "empty": f"the list is empty, and {self.of:,} people are known",
            "others": f"nobody of the {self.of:,} people known is among the {self.count:,} who came: another account?",
            "credential": f"{self.count:,} people are no longer in the list, and the credential is another's or has "
            "another role than at the last full read",
        }[self.kind]
        return f"{said} ({self.limit})" if self.limit else said


@attrs.frozen(kw_only=True)
class Verdict:
    """What of a sync is held: departures, all or none; changes of these fields."""

    departures: bool = False
    fields: frozenset[str] = frozenset()
    alarms: tuple[Alarm, ...] = ()


LOST, CHANGED, GAINED = "lost", "changed", "gained"
"""How a field differs from what is kept."""


@attrs.frozen(kw_only=True)
class People:
    """How many there are to hold something against: all who are kept, and those among them who are here or coming."""

    all: int
    here: int


def storms(
    counted: Mapping[str, Counter[str]], coverage: Mapping[str, int], people: People, limits: Limits
) -> list[Alarm]:
    """The fields that changed in too many people at once. `counted` has by field how often it differs, and how."""
    alarms = []
    for field, how in sorted(counted.items()):
        had, of = coverage.get(field, 0), people.here if field in STANDING else people.all
        lost, changed = how[LOST], how[LOST] + how[CHANGED]
        if had or field in STANDING:  # any other field that nobody had is new, and no storm
            changed += how[GAINED]
        if lost > limits.storm_few and lost > had * limits.coverage_percent / 100:
            limit = f"at most {limits.coverage_percent:g} %"
            alarms.append(Alarm(kind="coverage", about=field, count=lost, of=had, limit=limit))
        elif changed > limits.storm_few and changed > of * limits.storm_percent / 100:
            limit = f"at most {limits.storm_percent:g} %"
            alarms.append(Alarm(kind="storm", about=field, count=changed, of=of, limit=limit))
    return alarms


def departures(missing: People, people: People, limits: Limits) -> list[Alarm]:
    """Whether too many are gone at once: of all, or of those who are here or coming."""
    for gone, of in ((missing.here, people.here), (missing.all, people.all)):
        if gone > limits.departures or (gone > limits.few and gone > of * limits.departures_percent / 100):
            limit = f"at most {limits.departures:,}, and {limits.departures_percent:g} %"
            return [Alarm(kind="departures", count=gone, of=of, limit=limit)]
    return []


def emptied(groups: Iterable[tuple[str, int]], people: People, limits: Limits) -> list[Alarm]:
    """Whether everybody of a group is gone at once: the groups of which that is so, each with its number."""
    why = "a permission that was lost?"
    return [
        Alarm(kind="group", about=name, count=count, of=people.all, limit=why)
        for name, count in groups
        if count > limits.few
    ]


def judged(alarms: Sequence[Alarm]) -> Verdict:
    """What the alarms hold."""
    fields = frozenset(alarm.about for alarm in alarms if alarm.kind in ("storm", "coverage"))
    return Verdict(
        departures=any(alarm.kind in ("departures", "group", "credential") for alarm in alarms),
        fields=fields | STANDING if fields & STANDING else fields,
        alarms=tuple(alarms),
    )
