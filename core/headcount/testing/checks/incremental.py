"""What changed since the last read: the same people as in the whole list, whatever happens in between."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from headcount.connection import Connection
from headcount.errors import HeadcountError, Unsupported
from headcount.roster import Progress
from headcount.testing.bench import Bench, Kept, Reading, plain, read, same
from headcount.testing.checking import NotApplicable, check, ensure, named


def _changed(kept: Kept, skip: int = 0, name: str = "Renamed") -> str:
    """Somebody's name is another from now on; returns their id."""
    person = plain(kept.box, skip)
    person.given = f"{name} {person.given}"
    kept.box.touch(person)
    return kept.box.id_of(person)


def _is_seen(kept: Kept, id: str, name: str, otherwise: str) -> None:
    """That the name which `_changed` gave somebody is the one that is kept of them."""
    ensure((kept.people()[id].given_name or "").startswith(name), otherwise)


def _told(account: Connection, since: datetime) -> Reading:
    """What changed since an instant. Raises `NotApplicable` where this server does not tell it."""
    found = read(account.changed(since))
    if isinstance(found.error, Unsupported):
        raise NotApplicable(str(found.error))
    return found


def _begun(bench: Bench, kept: Kept) -> None:
    """The first sync, after which changes are read. Raises `NotApplicable` where the server does not tell them."""
    kept.sync()
    kept.box.clock.advance(hours=1)
    _changed(kept, 9)
    if kept.sync().kind != "changes":
        raise NotApplicable("this server does not tell what changed")


@check("employees.changed")
def what_changed_is_as_in_the_whole_list(bench: Bench) -> None:
    """Who changed is read the same by the list of changes and by the list of everybody, in every field."""
    with bench.account() as (box, account):
        since = box.clock.advance(hours=1)
        box.clock.advance(minutes=5)
        touched = box.people[: bench.size : 2]
        for person in touched:
            box.touch(person)
        found = _told(account, since).to_its_end()
        whole = read(account.employees()).people
        missing = {box.id_of(person) for person in touched} - found.people.keys()
        ensure(not missing, f"{len(missing)} of {len(touched)} who changed are not among the changes")
        others = [id for id, one in found.people.items() if not same(one, whole[id])]
        ensure(
            not others, f"{len(others)} people are read otherwise by the list of changes than by the list of everybody"
        )


@check("employees.changed")
def full_then_changes_is_full(bench: Bench) -> None:
    """A roster that follows the changes is, after each, what a whole read would make it."""
    with bench.kept() as kept:
        _begun(bench, kept)
        for step in range(4):
            _changed(kept, step, f"Step {step}")
            if step == 1:
                kept.box.departs(plain(kept.box, 12), kept.box.clock.today())
            if step == 2:
                one: Any = kept.box.newcomer()
                one.given, one.family, one.email = "Nia", "Okoye", "nia.okoye@example.com"
                one.hired, one.first_hired = kept.box.clock.today(), kept.box.clock.today()
                kept.box.people.append(one)
                kept.box.touch(one)
            kept.sync()
            kept.agrees()


@check("employees.changed")
def a_change_during_the_read_is_not_lost(bench: Bench) -> None:
    """Who changes while the list is read, after their own page came, is brought by the next read."""
    with bench.kept() as kept:
        bench.small_pages(kept.box)
        told: list[str] = []

        def meanwhile(progress: Progress) -> None:
            if progress.received and not told:  # the first page has come
                kept.box.clock.advance(minutes=1)
                told.append(_changed(kept, 0, "Meanwhile"))
                kept.box.clock.advance(minutes=1)

        kept.sync(watching=meanwhile)
        ensure(told, "the check could not change anybody during the read")
        kept.sync()
        _is_seen(kept, told[0], "Meanwhile", "a change during the read was never seen")
        kept.agrees()


@check("employees.changed")
def equal_moments_at_the_boundary(bench: Bench) -> None:
    """Two who changed in the very instant up to which was read are both brought."""
    with bench.account() as (box, account):
        box.clock.advance(hours=1)
        one, other = plain(box, 0), plain(box, 1)
        box.touch(one)
        other.updated = one.updated
        found = _told(account, one.updated)
        missing = {box.id_of(one), box.id_of(other)} - found.people.keys()
        ensure(not missing, "who changed at the very instant is not among the changes: ask from before it")


@check("employees.changed")
def clock_skew_tolerated(bench: Bench) -> None:
    """A clock of ours that runs ahead or behind by ten minutes loses no change."""
    for minutes in (10, -10):
        with bench.kept(skew=timedelta(minutes=minutes)) as kept:
            kept.sync()
            kept.box.clock.advance(minutes=1)
            id = _changed(kept, 3, "Skewed")
            kept.sync(hours=0.05)
            _is_seen(kept, id, "Skewed", f"with a clock {minutes:+} minutes a change was lost")


@check("employees.changed")
def cursor_not_advanced_on_failure(bench: Bench) -> None:
    """A read that fails leaves off where it began: what it would have brought comes with the next."""
    with bench.kept() as kept:
        _begun(bench, kept)
        for number, on in enumerate(("", kept.box.lists)):
            id = _changed(kept, 4 + number, "Failed")
            kept.box.play("error", on=on, times=None)
            with contextlib.suppress(HeadcountError):
                kept.sync()
            kept.box.calm()
            kept.sync()
            _is_seen(kept, id, "Failed", "a change was lost with the read that failed")
            kept.agrees()


@check("employees.changed")
def a_record_put_aside_is_tried_again(bench: Bench) -> None:
    """A changed record that cannot be read is not skipped: it comes again until it can be."""
    with bench.kept() as kept:
        _begun(bench, kept)
        id = _changed(kept, 5, "Aside")
        kept.box.play("malformed", on=kept.box.lists, times=None)
        kept.sync()
        kept.box.calm()
        kept.sync()
        _is_seen(kept, id, "Aside", "a change was dropped while the cursor moved on")


@check(reads_only=True)
def a_second_read_has_the_same_people(bench: Bench) -> None:
    """Two whole reads one after the other bring the same people, each from the first page."""
    with bench.reading() as account:
        one, other = (read(account.employees()).to_its_end() for _ in range(2))
    differing = one.people.keys() ^ other.people.keys()
    ensure(not differing, f"the second read has {len(other.people)} people, the first had {len(one.people)}")
    ensure(one.people == other.people, "the second read says something else of somebody")


@check()
def no_later_read_starts_in_the_middle(bench: Bench) -> None:
    """A connector keeps nothing of the last read: whole reads of small pages all begin at the first."""
    with bench.paged() as (_box, account):
        sizes = [len(read(account.employees()).people) for _ in range(3)]
    ensure(sizes == [bench.size] * 3, f"three reads bring {named(sizes)} people")
