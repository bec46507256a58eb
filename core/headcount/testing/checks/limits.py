"""The vendor's limits: heard as what they are, and waited for as long as is asked; and how many requests it takes."""

from __future__ import annotations

import time

import attrs

from headcount.errors import QuotaExhausted, RateLimited, Unavailable
from headcount.http import Headers, Request, Response
from headcount.sandbox import Sandbox
from headcount.testing.bench import QUICK, Bench, read
from headcount.testing.checking import NotApplicable, check, ensure

FEW = 40
"""So many requests at most that do not grow with the people: lists, names of fields, whose credential it is."""


@check()
def throttling_is_waited_for(bench: Bench) -> None:
    """Too many requests is a reason to wait, and for nobody to be lost."""
    with bench.account() as (box, account):
        calm = read(account.employees())
        sent = len(box.log)
        box.play("throttle", on=box.lists, retry_after="0")
        found = read(account.employees())
        ensure(found.error is None, f"one refusal for too many requests ends the read: {found.error}")
        ensure(found.people.keys() == calm.people.keys(), "people are lost where the vendor asks to wait")
        ensure(len(box.log) == 2 * sent + 1, "a refusal for too many requests costs more than one request")


@check()
def retry_after_is_kept_to(bench: Bench) -> None:
    """A vendor that says when to come back is not asked before: seconds, or a date."""
    with bench.account() as (box, account):
        box.play("throttle", on=box.lists, retry_after="1")
        began = time.monotonic()
        found = read(account.employees())
        ensure(found.error is None, f"a refusal with Retry-After ends the read: {found.error}")
        ensure(time.monotonic() - began >= 0.95, "the vendor asked for a second, and was asked again before")


@check()
def throttling_without_end_is_told(bench: Bench) -> None:
    """A vendor that never has time is told as that, and not as an empty company."""
    with bench.account(options=attrs.evolve(QUICK, tries=2)) as (box, account):
        box.play("throttle", on=box.lists, retry_after="0", times=None)
        error = read(account.employees()).error
        told = isinstance(error, RateLimited | QuotaExhausted | Unavailable)
        ensure(told, f"being throttled for ever is {type(error).__name__}")


@check()
def a_used_up_quota_stops_at_once(bench: Bench) -> None:
    """Where the day's quota is used up nothing is tried again: that would use up tomorrow's patience."""
    with bench.account() as (box, account):
        box.play("quota", on=box.lists, times=None)
        found = read(account.employees())
        asked = len([one for one in box.requests(box.lists) if one.status in (403, 406, 429, 503)])
        own_face = type(box).quota_used is not Sandbox.quota_used
    ensure(found.error is not None, "a used-up quota is no error")
    if not own_face:
        raise NotApplicable("a used-up quota looks as too many requests")
    ensure(isinstance(found.error, QuotaExhausted), f"a used-up quota is {type(found.error).__name__}")
    ensure(asked == 1, f"a used-up quota was asked {asked} times")
    ensure(getattr(found.error, "retry_after", None), "it is not said when the quota is free again")


@check(once=True)
def every_signal_of_limits_is_heard(bench: Bench) -> None:
    """429 is a limit for every vendor, with the seconds or the date that it names."""
    classify = bench.connector.classify
    if classify is None:
        raise NotApplicable("the connector reads errors as everybody does")
    for value in ("7", "Wed, 10 Mar 2027 12:00:00 GMT", "nonsense", ""):
        headers = Headers({"Retry-After": value, "Content-Type": "application/json"})
        error = classify(Response(request=Request("GET", "/people"), status=429, headers=headers, body=b"{}"))
        ensure(isinstance(error, RateLimited | QuotaExhausted), f"429 is {type(error).__name__}")
        if value == "7" and isinstance(error, RateLimited):
            ensure(error.retry_after == 7, "the seconds of Retry-After are not heard")


@check()
def requests_do_not_grow_with_people(bench: Bench) -> None:
    """Twice the people take the requests of twice the pages, and never one for each person."""
    bench.must_list()
    counts = {}
    for people in (50, 250):
        with bench.account(people) as (box, account):
            read(account.employees()).to_its_end()
            counts[people] = len(box.log)
    more = counts[250] - counts[50]
    ensure(more <= 200 / 10, f"200 people more take {more} requests more")
    ensure(counts[50] <= FEW, f"50 people take {counts[50]} requests")


@check("employees.changed")
def nothing_new_costs_little(bench: Bench) -> None:
    """Where nothing changed, finding that out takes fewer requests than reading everybody, or as few."""
    bench.must_list()
    with bench.kept(250) as kept:
        kept.sync()
        full = len(kept.box.log)
        if kept.sync().kind != "changes":
            raise NotApplicable("this server does not tell what changed")
        ensure(len(kept.box.log) - full <= full, f"nothing new takes {len(kept.box.log) - full} requests, all {full}")
