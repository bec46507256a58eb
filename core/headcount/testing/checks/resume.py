"""A sync that is broken off: the next one goes on, and it is as if nothing had been."""

from __future__ import annotations

from headcount.roster import Progress
from headcount.testing.bench import Bench, Kept, plain
from headcount.testing.checking import check, ensure

MOST = 12
"""It is stopped at no more steps than these."""
FEW = 24
"""So many people where each costs a request; nobody odd is among the last of them."""


class _Stopped(BaseException):
    """Ends a sync as Ctrl-C would."""


def _broken_off(kept: Kept, at: int) -> bool:
    """Sync, and stop at this step of it; False where it has no so many."""
    seen = 0

    def stop(progress: Progress) -> None:
        nonlocal seen
        if seen == at:
            raise _Stopped
        seen += 1

    try:
        kept.sync(full=True, watching=stop)
    except _Stopped:
        return True
    return False


@check()
def a_sync_that_is_stopped_anywhere_is_made_good(bench: Bench) -> None:
    """Stopped at whatever step, and synced again, a roster is the one that an undisturbed sync would have made."""
    steps = 0
    with bench.kept(FEW if bench.reads_one_by_one else None) as kept:
        bench.small_pages(kept.box)
        while _broken_off(kept, steps) and steps < MOST:
            steps += 1
            kept.box.clock.advance(minutes=1)
        kept.sync(full=True)
        ensure(steps > 1, "a sync has no steps at which it could be stopped")
        ensure(len(kept.people()) == len(kept.box.people), f"{len(kept.people())} people are kept, and others are not")
        kept.agrees()
        ensure(not kept.events(), "a first read has told events of people who were simply there")


@check()
def no_event_twice_after_a_stop(bench: Bench) -> None:
    """What happened is told once, however often the sync that learns of it is stopped."""
    with bench.kept(FEW if bench.reads_one_by_one else None) as kept:
        kept.sync()
        person = plain(kept.box, 3)
        kept.box.departs(person, kept.box.clock.today())
        at = 0
        while _broken_off(kept, at) and at < MOST:
            at += 1
        kept.sync(full=True)
        told = [kind for kind, id in kept.events() if id == kept.box.id_of(person)]
        ensure(len(told) == len(set(told)), f"an event is told more than once: {', '.join(told)}")
        ensure(told, "somebody left, and nothing is told of it")
