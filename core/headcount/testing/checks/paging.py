"""Pages: only an empty one is the end, and whatever a server does between them, nobody is lost without a word."""

from __future__ import annotations

from headcount.testing.bench import PAGE, PEOPLE, Bench, Reading, read
from headcount.testing.checking import check, ensure


def _whole(bench: Bench, fault: str = "", *, people: int = PEOPLE, silent: bool = False, **how: object) -> Reading:
    """Read small pages under a fault: everybody comes once, or (`silent` False) it is said that they did not."""
    with bench.paged(people) as (box, account):
        if fault:
            box.play(fault, on=box.lists, **how)
        found = read(account.employees())
        everyone = {box.id_of(person) for person in box.people}
    ensure(len(found.ids) == len(set(found.ids)), "somebody came twice")
    ensure(set(found.ids) <= everyone, "somebody was invented")
    if set(found.ids) != everyone:
        told = found.error is not None or not found.report.complete
        ensure(told, f"{len(found.ids)} of {len(everyone)} people came, and the list is said to be complete")
        ensure(not silent, f"{len(found.ids)} of {len(everyone)} people came ({found.error or found.report.why})")
    return found


@check()
def reads_all_pages(bench: Bench) -> None:
    """Everybody comes, once, however many pages that takes: none, one, a full last one, one with a single person."""
    for people in (0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, PEOPLE):
        _whole(bench, people=people, silent=True)


@check()
def a_large_company_is_whole(bench: Bench) -> None:
    """Answers of a megabyte and more are read to their last byte."""
    people = 120 if bench.reads_one_by_one else 2500
    with bench.account(people) as (_, account):
        found = read(account.employees())
    ensure(found.error is None, f"a large list ends in {type(found.error).__name__}")
    ensure(len(found.people) == people, f"{len(found.people)} of {people} people came")


@check()
def clamped_page_size_detected(bench: Bench) -> None:
    """A server that gives fewer a page than were asked for loses nobody: the wish is no measure of the end."""
    for size in (1, 7):
        with bench.paged(30) as (box, account):
            box.play("clamped", on=box.lists, size=size, times=None)
            found = read(account.employees())
        ensure(len(found.people) == 30, f"with {size} a page {len(found.people)} of 30 people came")


@check()
def short_middle_page_not_end(bench: Bench) -> None:
    """A short page in the middle is not the end."""
    _whole(bench, "short_page", silent=True, times=None)


@check()
def empty_page_then_more(bench: Bench) -> None:
    """An empty page before the last is passed over, or the list is not said to be complete."""
    _whole(bench, "empty_page", times=None)


@check()
def a_list_in_circles_is_no_list(bench: Bench) -> None:
    """A page that comes again and again ends the read with an error, and not with one page for all."""
    found = _whole(bench, "repeated_page", times=None)
    ensure(found.error is not None or not found.report.complete, "the same page for ever is a complete list")


@check()
def people_who_move_between_pages_are_not_lost(bench: Bench) -> None:
    """A list that moves while it is read brings everybody once, or says that it may not have."""
    _whole(bench, "moving", times=None)


@check()
def a_wrong_total_proves_nothing(bench: Bench) -> None:
    """A total that does not agree with what came is no proof, and costs nobody."""
    for size in (7, -7):
        found = _whole(bench, "wrong_total", size=size, times=None)
        ensure(len(found.people) == PEOPLE, f"with a wrong total {len(found.people)} of {PEOPLE} people came")
        proved = found.report.complete and found.report.counted != PEOPLE
        ensure(not proved, "a total that is wrong proves the list")


@check("employees.count")
def the_count_is_held_against_the_list(bench: Bench) -> None:
    """Where the vendor counts people another way, a list of fewer is not complete."""
    with bench.account() as (box, account):
        box.people = [one for one in box.people if "unknown_status" not in one.tags]  # a count may be by words
        counted = bench.connector.employees.count and bench.connector.employees.count(account.http)
        there = len(box.people)
        ensure(counted in (None, there), f"the vendor's own count of {there} people is read as {counted}")


@check()
def a_lost_answer_costs_one_request(bench: Bench) -> None:
    """A page whose answer is lost is asked for again, and the rest goes on."""
    for kind in ("reset", "unreached", "truncated"):
        found = _whole(bench, kind, silent=True, after=1)
        ensure(found.error is None, f"{kind} on the second page ends the read: {found.error}")
