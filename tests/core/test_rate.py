"""How fast a vendor may be asked: never faster, by however many threads and connections."""

from __future__ import annotations

import gc
import threading
import time
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.rate import Limiter, limiter_of
from tests.core.conftest import Line
from tests.core.toy import Toy


class FakeTime:
    """A clock that moves only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lock = threading.Lock()
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        with self.lock:
            self.slept.append(seconds)
            self.now += seconds


def starts(limiter: Limiter, fake: FakeTime, count: int) -> list[float]:
    taken = []
    for _ in range(count):
        limiter.wait()
        taken.append(fake.now)
    return taken


def most_in_any(per: float, moments: list[float]) -> int:
    return max(sum(1 for other in moments if start <= other < start + per - 1e-9) for start in moments)


@given(
    count=st.integers(1, 7), per=st.sampled_from([0.5, 1.0, 60.0]), pauses=st.lists(st.floats(0.01, 90), max_size=30)
)
def test_never_more_than_the_count_start_in_any_window(count: int, per: float, pauses: list[float]) -> None:
    fake = FakeTime()
    limiter = Limiter(hc.Rate(count, per=per), clock=fake.clock, sleep=fake.sleep)
    moments = []
    for pause in [*pauses, *[0.0] * 20]:
        fake.now += pause
        limiter.wait()
        moments.append(fake.now)
    assert most_in_any(per, moments) <= count


def test_never_more_than_the_count_start_whichever_thread_asks() -> None:
    class Slow(deque[float]):
        def append(self, moment: float) -> None:
            time.sleep(0.0005)  # so that every thread gets its turn in the middle of another's
            super().append(moment)

    limiter = Limiter(hc.Rate(5, per=60), clock=lambda: 100.0)
    limiter._starts = Slow(maxlen=5)
    waits: list[float] = []
    threads = [threading.Thread(target=lambda: waits.append(limiter._take())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.0] * 5 + [60.0] * 15


def test_threads_that_wait_keep_the_pace_together() -> None:
    fake = FakeTime()
    limiter = Limiter(hc.Rate(5, per=60), clock=fake.clock, sleep=fake.sleep)
    threads = [threading.Thread(target=starts, args=(limiter, fake, 10)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake.now - 100 >= (60 / 5 - 1) * 60, "sixty starts take eleven windows after the first"


def test_the_whole_allowance_may_be_used_at_once() -> None:
    fake = FakeTime()
    moments = starts(Limiter(hc.Rate(5, per=60), clock=fake.clock, sleep=fake.sleep), fake, 11)
    assert moments == [100.0] * 5 + [160.0] * 5 + [220.0]


def test_without_a_rate_nobody_waits() -> None:
    fake = FakeTime()
    starts(Limiter(None, clock=fake.clock, sleep=fake.sleep), fake, 1000)
    assert fake.slept == []


@pytest.mark.parametrize("rate", [None, hc.Rate(100, per=1)])
def test_a_pause_holds_everyone_and_the_longest_counts(rate: hc.Rate | None) -> None:
    fake = FakeTime()
    limiter = Limiter(rate, clock=fake.clock, sleep=fake.sleep)
    limiter.pause(30)
    limiter.pause(5)
    assert starts(limiter, fake, 3) == [130.0] * 3


def test_a_pause_during_a_wait_prolongs_it() -> None:
    fake = FakeTime()
    more = [30.0]

    def sleep(seconds: float) -> None:
        fake.sleep(seconds)
        if more:
            limiter.pause(more.pop())

    limiter = Limiter(None, clock=fake.clock, sleep=sleep)
    limiter.pause(10)
    limiter.wait()
    assert fake.now == 140.0


def test_one_account_has_one_limiter() -> None:
    rate = hc.Rate(5, per=60)
    one = limiter_of(("toy", "https://a", 1), rate)
    assert limiter_of(("toy", "https://a", 1), hc.Rate(5, per=60)) is one
    assert limiter_of(("toy", "https://b", 1), rate) is not one
    assert limiter_of(("toy", "https://a", 2), rate) is not one
    assert limiter_of(("other", "https://a", 1), rate) is not one


def test_a_limiter_that_nobody_uses_is_forgotten() -> None:
    from headcount.rate import _accounts

    account = ("toy", "https://forgotten", 1)
    limiter = limiter_of(account, None)
    assert (account, None) in _accounts
    del limiter
    gc.collect()
    assert (account, None) not in _accounts


def test_connections_of_one_credential_share_the_allowance_and_others_do_not(toy: Toy, line: Line) -> None:
    first, second, other = line(toy), line(toy), line(toy, token="another")
    assert first._limiter is second._limiter
    assert first._limiter is not other._limiter


def test_each_request_of_a_line_waits_its_turn(toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    monkeypatch.setattr(Limiter, "wait", lambda self: waits.append(1))
    toy.play("error", times=2)
    line(toy).json(hc.Request("GET", "/count"))
    assert len(waits) == 3, "a try is a request like any other"


def test_a_line_keeps_the_pace(toy: Toy, line: Line) -> None:
    http = line(toy, rate=hc.Rate(4, per=0.08))
    before = time.monotonic()
    for _ in range(9):
        http.json(hc.Request("GET", "/echo"))
    assert time.monotonic() - before >= 2 * 0.08
    assert len(toy.log) == 9
