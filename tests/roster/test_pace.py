"""Processes that share a store share a vendor's allowance, and never exceed it together."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

import headcount as hc
from headcount.roster import pace
from headcount.roster.pace import StorePacer, account_key
from headcount.roster.tables import rates
from headcount.store import open_store, reading
from headcount_insightly.sandbox import InsightlySandbox
from tests.core.test_rate import FakeTime, most_in_any
from tests.core.toy import QUICK, Toy

ROOT = Path(__file__).parents[2]
ACCOUNT = account_key("toy", "https://toy.example.com", ("secret",))
STARTS = """
import json, sys, threading, time
import headcount as hc
from headcount.roster.pace import StorePacer
from headcount.store import open_store

url, key, count, per, threads, seconds = json.loads(sys.argv[1])
pacer = StorePacer(open_store(url), key, count and hc.Rate(count, per=per))
moments = []

def work():
    while time.time() < until:
        pacer.wait()
        moments.append(time.time())

print("ready", flush=True)
sys.stdin.readline()
until = time.time() + seconds
running = [threading.Thread(target=work) for _ in range(threads)]
[thread.start() for thread in running]
[thread.join() for thread in running]
print(json.dumps(moments))
"""
ASKS = """
import json, sys
import headcount as hc
from headcount.roster.pace import StorePacer
from headcount.store import open_store

url, key, vendor, settings, times = json.loads(sys.argv[1])
with hc.connect(vendor, **settings) as connection:
    line = connection.reading_line(StorePacer(open_store(url), key, connection.connector.rate))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(times):
        line.json(hc.Request("GET", "/Users/Me"))
    line.close()
"""


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    found = open_store(store)
    rates.create(found, checkfirst=True)
    yield found
    found.dispose()


def together(code: str, count: int, *given: Any) -> list[str]:
    """What so many processes of this code say, that begin at once."""
    pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    running = [subprocess.Popen([sys.executable, "-c", code, json.dumps(given)], **pipe) for _ in range(count)]
    assert [process.stdout.readline() for process in running if process.stdout] == ["ready\n"] * count
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * count
    return said


def row(engine: Engine, key: str = ACCOUNT) -> Any:
    with reading(engine).begin() as connection:
        return connection.execute(select(rates).where(rates.c.key == key)).one()


# -- several processes ----------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "per", "seconds"), [(20, 3.0, 4.5), (5, 1.0, 2.5)])
def test_processes_and_their_threads_never_exceed_the_count_in_any_window(
    count: int, per: float, seconds: float, engine: Engine, store: str
) -> None:
    said = together(STARTS, 4, store, ACCOUNT, count, per, 2, seconds)
    moments = sorted(moment for line in said for moment in json.loads(line))
    assert most_in_any(per, moments) <= count
    assert len(moments) >= 0.7 * count / per * seconds, "and most of the allowance is used"


def test_a_pause_in_one_process_holds_another(engine: Engine, store: str) -> None:
    code = (
        "import sys; from headcount.roster.pace import StorePacer; from headcount.store import open_store; "
        "StorePacer(open_store(sys.argv[1]), sys.argv[2], None).pause(1.5)"
    )
    paced = [StorePacer(engine, ACCOUNT, rate) for rate in (hc.Rate(1000), None)]
    for pacer in paced:
        pacer.wait()
    subprocess.run([sys.executable, "-c", code, store, ACCOUNT], check=True, cwd=ROOT)
    before = time.time()
    held: list[float] = []

    def hold(pacer: StorePacer) -> None:
        pacer.wait()
        held.append(time.time())

    threads = [threading.Thread(target=hold, args=(pacer,)) for pacer in paced]
    StorePacer(engine, "another account", hc.Rate(1000)).wait()
    other = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = row(engine).not_before
    assert before < until
    assert other < until
    assert min(held) >= until - 0.05, "on PostgreSQL its clock and ours are the same only here"
    assert max(held) < until + 1.0


def test_two_connections_to_one_account_are_never_refused(engine: Engine, store: str) -> None:
    """Over real lines, from two processes: what they send together stays within what the vendor counts."""
    with InsightlySandbox(people=3) as box:
        rate = hc.Rate(12, per=1.0)
        box.limit = (rate.count, rate.per)
        code = ASKS.replace("connection.connector.rate", f"hc.Rate({rate.count}, per={rate.per})")
        together(code, 2, store, ACCOUNT, box.name, box.settings, 15)
        assert [logged.status for logged in box.log if logged.path.endswith("/Users/Me")] == [200] * 30


def test_what_the_vendor_asks_for_is_there_for_everyone(engine: Engine) -> None:
    with Toy() as toy:
        toy.play("throttle", times=1, retry_after="1")
        before = time.time()
        pacer = StorePacer(engine, ACCOUNT, None)
        line = hc.Transport(toy.base_url, hc.Bearer(toy.key), vendor="toy", options=QUICK, limiter=pacer)
        line.json(hc.Request("GET", "/echo"))
        line.close()
        assert time.time() - before >= 1.0
        assert [logged.status for logged in toy.log] == [429, 200]
    assert before + 1.0 <= row(engine).not_before <= time.time()


# -- the pace itself ------------------------------------------------------------------------------


class Paced:
    """A store in memory, on a clock that moves only where somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = FakeTime()
        monkeypatch.setattr(pace, "time", SimpleNamespace(time=self.fake.clock))
        self.engine = open_store("sqlite://")
        rates.create(self.engine)

    def __call__(self, rate: hc.Rate | None, key: str = ACCOUNT) -> StorePacer:
        return StorePacer(self.engine, key, rate, sleep=self.fake.sleep)

    def starts(self, pacer: StorePacer, count: int) -> list[float]:
        taken = []
        for _ in range(count):
            pacer.wait()
            taken.append(self.fake.now)
        return taken


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Paced]:
    found = Paced(monkeypatch)
    yield found
    found.engine.dispose()


@trying(max_examples=60, deadline=None)
@given(
    count=st.one_of(st.integers(1, 7), st.sampled_from([10, 25, 60])),
    per=st.sampled_from([0.5, 1.0, 60.0]),
    idle=st.lists(st.floats(0.01, 90), max_size=20),
)
def test_never_more_than_the_count_start_in_any_window(count: int, per: float, idle: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        paced = Paced(monkeypatch)
        rate = hc.Rate(count, per=per)
        pacers = [paced(rate), paced(rate)]
        moments = []
        for number, seconds in enumerate([*idle, *[0.0] * 3 * count]):
            paced.fake.now += seconds
            pacers[number % 2].wait()
            moments.append(paced.fake.now)
        paced.engine.dispose()
    assert most_in_any(per, moments) <= count


@pytest.mark.parametrize(
    ("rate", "least"),
    [(hc.Rate(1), 1.0), (hc.Rate(5), 0.8), (hc.Rate(20), 0.9), (hc.Rate(100, per=60), 0.9), (hc.Rate(1000), 0.9)],
)
def test_nine_tenths_of_the_allowance_are_used(rate: hc.Rate, least: float, paced: Paced) -> None:
    moments = paced.starts(paced(rate), 3 * rate.count + 1)
    assert least * rate.count <= (len(moments) - 1) / (moments[-1] - moments[0]) * rate.per <= 1.05 * rate.count


def test_a_tenth_may_start_at_once_after_nobody_did(paced: Paced) -> None:
    moments = paced.starts(paced(hc.Rate(50)), 7)
    assert moments == pytest.approx([*[100.0] * 5, 100 + 1 / 45, 100 + 2 / 45], abs=0.002)


def test_without_a_rate_nobody_waits_and_nothing_is_written(paced: Paced) -> None:
    paced.starts(paced(None), 100)
    assert paced.fake.slept == []
    with paced.engine.begin() as connection:
        assert connection.execute(select(rates)).all() == []


@pytest.mark.parametrize("rate", [None, hc.Rate(100)])
def test_a_pause_holds_everyone_and_the_longest_counts(rate: hc.Rate | None, paced: Paced) -> None:
    one, other = paced(rate), paced(rate)
    one.pause(30)
    other.pause(5)
    assert paced.starts(other, 1) == [130.0]
    assert paced.starts(paced(rate, key="another"), 1) == [130.0]


def test_a_pause_during_a_wait_prolongs_it(paced: Paced) -> None:
    more = [30.0]

    def sleep(seconds: float) -> None:
        paced.fake.sleep(seconds)
        if more:
            paced(None).pause(more.pop())

    paced(None).pause(10)
    StorePacer(paced.engine, ACCOUNT, None, sleep=sleep).wait()
    assert paced.fake.now == 140.0


def test_accounts_do_not_wait_for_each_other(paced: Paced) -> None:
    for number in range(5):
        paced.starts(paced(hc.Rate(1, per=60), key=f"account {number}"), 1)
    assert paced.fake.slept == []


def test_an_account_has_one_key_that_tells_nothing_of_its_credential() -> None:
    assert account_key("toy", "https://toy.example.com/", ["secret"]) == ACCOUNT
    others = [
        account_key("other", "https://toy.example.com", ("secret",)),
        account_key("toy", "https://toy.example.org", ("secret",)),
        account_key("toy", "https://toy.example.com", ("secre", "t")),
        account_key("toy", "https://toy.example.com", ()),
    ]
    assert len({ACCOUNT, *others}) == 5
    assert len(ACCOUNT) == 64
    assert "secret" not in ACCOUNT


# -- a store that cannot be used ------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [lambda pacer: pacer.wait(), lambda pacer: pacer.pause(5)],
    ids=["wait", "pause"],
)
@pytest.mark.parametrize("rate", [None, hc.Rate(5)])
def test_a_store_that_cannot_be_used_is_an_error_and_no_wait(
    rate: hc.Rate | None, ask: Callable[[StorePacer], None], engine: Engine
) -> None:
    rates.drop(engine)
    with pytest.raises(hc.ConfigError, match="cannot be used to keep the pace") as stopped:
        ask(StorePacer(engine, ACCOUNT, rate))
    assert "\n" not in str(stopped.value)
    assert ACCOUNT not in str(stopped.value)


def test_a_store_that_may_only_be_read_is_an_error_and_no_wait(engine: Engine, store: str) -> None:
    def only_read(connection: Any, _: Any) -> None:
        sqlite = store.startswith("sqlite")
        connection.execute("PRAGMA query_only=ON" if sqlite else "SET default_transaction_read_only = on")
        connection.commit()

    other = open_store(store)
    event.listen(other, "connect", only_read)
    StorePacer(other, ACCOUNT, None).wait()
    for ask in (StorePacer(other, ACCOUNT, hc.Rate(5)).wait, lambda: StorePacer(other, ACCOUNT, None).pause(5)):
        with pytest.raises(hc.ConfigError, match=r"cannot be used to keep the pace: (Operational|Internal)Error"):
            ask()
    other.dispose()
