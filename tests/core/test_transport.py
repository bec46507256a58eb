"""The only sender: what it tries again, what it refuses, what it keeps to itself, and how it reads lists."""

from __future__ import annotations

import functools
import itertools
import logging
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from requests import exceptions

import headcount as hc
from headcount import following as following_module
from headcount import transport as transport_module
from headcount.rate import Limiter
from headcount.sandbox import Answer
from tests.core.conftest import Line
from tests.core.toy import CURSOR, NUMBERED, OFFSET, SIZE, Toy, rows_of

PEOPLE = hc.Request("GET", "/numbered")
SAID = hc.Request("GET", "/said")
METHODS = ("POST", "PUT", "PATCH", "DELETE")
SLOW = 0.03
"""Longer than a vendor takes that is not worth asking ahead."""


def ids(pages: Any) -> list[Any]:
    return [record["id"] for page in pages for record in page.records]


def numbered(http: hc.Transport, **params: Any) -> list[Any]:
    return ids(http.pages(PEOPLE.having(**params), at="people", by=NUMBERED))


def raised(http: hc.Transport, request: hc.Request = SAID) -> hc.VendorError:
    with pytest.raises(hc.VendorError) as caught:
        http.json(request)
    return caught.value


def html(text: str = "") -> Answer:
    return Answer(body=f"<html>{text}</html>", content_type="text/html; charset=utf-8")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, noted and not waited."""
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    now = itertools.count()
    monkeypatch.setattr(
        transport_module,
        "limiter_of",
        lambda account, rate: Limiter(None, clock=lambda: 1000.0 * next(now), sleep=lambda seconds: None),
    )
    return taken


@contextmanager
def scripted(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one trick: it reads a request, and does this to the connection. Yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(2)


def test_a_limiter_of_the_callers_own_sets_the_pace_and_hears_of_refusals(toy: Toy, line: Line) -> None:
    class Noting:
        def __init__(self) -> None:
            self.waits, self.pauses = 0, list[float]()

        def wait(self) -> None:
            self.waits += 1

        def pause(self, seconds: float) -> None:
            self.pauses.append(seconds)

    noting = Noting()
    toy.say(Answer(status=429, body={}), Answer(body={"id": 1}))
    assert line(toy, how={"limiter": noting}).json(SAID) == {"id": 1}
    assert noting.waits == 2
    assert len(noting.pauses) == 1


# -- tried again ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["error", "reset", "truncated", "html", "wrong_type", "invalid_json", "throttle"])
def test_a_passing_fault_is_tried_again_and_nothing_is_lost(toy: Toy, line: Line, kind: str) -> None:
    toy.given = rows_of(25)
    toy.play(kind, on="/numbered", after=1, times=2)
    assert numbered(line(toy)) == list(range(1, 26))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_error_is_tried_as_often_as_was_said_and_no_more(toy: Toy, line: Line, status: int) -> None:
    toy.play("error", status=status, times=None)
    error = raised(line(toy, tries=3), PEOPLE)
    assert isinstance(error, hc.Unavailable)
    assert error.status == status
    assert len(toy.log) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (html("Down for maintenance"), "html"),
        (Answer(body="id,name\n", content_type="text/csv"), "content_type"),
        (Answer(body='{"people": [{"id": oops}]}'), "invalid_json"),
        (Answer(body='{"people": [{"id": 1'), "truncated"),
        (Answer(body=""), "empty"),
        (Answer(body="  \n "), "empty"),
    ],
)
def test_an_unusable_answer_is_told_apart_by_its_code(toy: Toy, line: Line, answer: Answer, code: str) -> None:
    toy.say(answer)
    error = raised(line(toy, tries=2))
    assert isinstance(error, hc.Unavailable)
    assert (error.code, error.status, len(toy.log)) == (code, 200, 2)


@pytest.mark.parametrize(("kind", "code"), [("reset", "reset"), ("truncated", "truncated")])
def test_a_broken_connection_is_told_apart_by_its_code(toy: Toy, line: Line, kind: str, code: str) -> None:
    toy.given = rows_of(9)
    toy.play(kind, times=None)
    error = raised(line(toy, tries=2), PEOPLE)
    assert (type(error), error.code, error.status, len(toy.log)) == (hc.Unavailable, code, None, 2)


def test_a_vendor_that_does_not_answer_in_time_is_a_timeout(toy: Toy, line: Line) -> None:
    toy.play("slow", seconds=0.15, times=None)
    error = raised(line(toy, tries=2, read_timeout=0.03), PEOPLE)
    assert (type(error), error.code) == (hc.Unavailable, "timeout")
    assert "0.03 s" in str(error)


def test_a_vendor_that_stops_answering_half_way_is_a_timeout() -> None:
    def stall(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[1,")
        time.sleep(0.15)

    with scripted(stall) as url:
        http = hc.Transport(url, hc.Bearer("k"), options=hc.Options(tries=1, read_timeout=0.05))
        assert raised(http).code == "timeout"
        http.close()


def test_a_chunked_answer_that_breaks_off_is_truncated() -> None:
    def half(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n"
        )

    with scripted(half) as url:
        http = hc.Transport(url, hc.Bearer("k"), options=hc.Options(tries=1))
        assert raised(http).code == "truncated"
        http.close()


def test_a_vendor_that_cannot_be_reached_says_where_it_was_sought() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    http = hc.Transport(f"http://127.0.0.1:{port}", hc.Bearer("k"), options=hc.Options(tries=1))
    error = raised(http)
    assert error.code == transport_module.NOT_SENT
    assert f"127.0.0.1:{port}" in str(error)
    http.close()


def test_a_list_that_is_not_there_is_told_apart_from_an_empty_one(toy: Toy, line: Line) -> None:
    toy.say(Answer(body={"persons": []}))
    with pytest.raises(hc.Unavailable) as caught:
        list(line(toy).pages(SAID, at="people"))
    assert caught.value.code == "no_list"


@pytest.mark.parametrize("body", [{"people": None}, {"people": {"id": 1}}, [], "people", 5, None])
def test_a_list_of_another_shape_is_no_list(toy: Toy, line: Line, body: Any) -> None:
    toy.say(Answer(body=b"null" if body is None else body if not isinstance(body, str) else f'"{body}"'))
    with pytest.raises(hc.Unavailable) as caught:
        list(line(toy).pages(SAID, at="people"))
    assert caught.value.code == "no_list"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 422])
def test_what_will_not_change_is_never_tried_again(toy: Toy, line: Line, status: int) -> None:
    toy.say(Answer(status=status, body={"message": "no"}))
    error = raised(line(toy))
    assert error.status == status
    assert len(toy.log) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, hc.AuthError), (403, hc.Forbidden), (404, hc.NotFound), (409, hc.Conflict), (422, hc.Rejected)],
)
def test_each_refusal_is_the_error_nearest_to_what_to_do(toy: Toy, line: Line, status: int, kind: type) -> None:
    toy.say(Answer(status=status, body={"message": "no"}))
    assert type(raised(line(toy))) is kind


def test_a_used_up_quota_is_not_tried_again(toy: Toy, line: Line) -> None:
    def spent(response: hc.Response) -> hc.VendorError | None:
        return hc.classify(response, kind=hc.QuotaExhausted if response.status == 429 else None)

    toy.play("throttle", times=None, retry_after="1")
    error = raised(line(toy, how={"classify": spent}), PEOPLE)
    assert type(error) is hc.QuotaExhausted
    assert error.retry_after == 1
    assert len(toy.log) == 1


def test_tries_do_not_multiply_in_a_list(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    toy.play("error", on="/numbered", after=1, times=None)
    with pytest.raises(hc.Unavailable):
        numbered(line(toy, tries=4))
    assert len(toy.log) == 1 + 4


# -- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_the_wait_that_the_vendor_asks_for_comes_first(toy: Toy, line: Line, naps: list[float], kind: str) -> None:
    refusal = Answer(status=429 if kind == "throttle" else 503, body={}, headers={"Retry-After": "7"})
    toy.say(refusal, Answer(body={"ok": True}))
    assert line(toy, longest_wait=0.02).json(SAID) == {"ok": True}
    assert len(naps) == 1
    assert 7 <= naps[0] <= 7.7


def test_a_wait_may_be_asked_for_as_a_date_by_the_vendors_own_clock(naps: list[float]) -> None:
    wrong = datetime.now(UTC) - timedelta(days=400)
    asked, now = (format_datetime(moment, usegmt=True) for moment in (wrong + timedelta(seconds=9), wrong))
    refused = f"HTTP/1.1 429 Slow\r\nDate: {now}\r\nRetry-After: {asked}\r\nConnection: close\r\n\r\n"
    with scripted(lambda connection: connection.sendall(refused.encode())) as url:
        http = hc.Transport(url, hc.Bearer("k"), options=hc.Options(tries=2))
        assert isinstance(raised(http), hc.RateLimited)
        http.close()
    assert len(naps) == 1
    assert 9 <= naps[0] <= 9.9


def test_a_wait_beyond_patience_is_raised_at_once(toy: Toy, line: Line, naps: list[float]) -> None:
    toy.say(Answer(status=429, body={}, headers={"Retry-After": "121"}))
    error = raised(line(toy))
    assert isinstance(error, hc.RateLimited)
    assert (error.retry_after, naps, len(toy.log)) == (121, [], 1)


def test_a_wait_within_patience_is_waited(toy: Toy, line: Line, naps: list[float]) -> None:
    toy.say(Answer(status=503, body={}, headers={"Retry-After": "120"}), Answer(body={"ok": True}))
    assert line(toy).json(SAID) == {"ok": True}
    assert naps[0] >= 120


def test_waits_without_word_of_the_vendor_grow_and_are_bounded(toy: Toy, line: Line, naps: list[float]) -> None:
    toy.say(Answer(status=500, body={}))
    raised(line(toy, tries=40, first_wait=1.0, longest_wait=8.0))
    assert len(naps) == 39
    assert all(0 <= nap <= min(8.0, 2.0**number) for number, nap in enumerate(naps))
    assert len(set(naps)) > 30, "without jitter all clients come back together"
    assert max(naps) > 4


def test_a_throttled_vendor_that_names_no_time_gets_its_whole_window(toy: Toy, line: Line, naps: list[float]) -> None:
    toy.say(Answer(status=429, body={}), Answer(body={"ok": True}))
    line(toy, rate=hc.Rate(100, per=60), longest_wait=90.0).json(SAID)
    assert 60 <= naps[0] <= 66


def test_a_refusal_for_haste_holds_every_thread_back(toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr(Limiter, "pause", lambda self, seconds: paused.append(seconds))
    toy.say(Answer(status=429, body={}, headers={"Retry-After": "0.01"}), Answer(body={"ok": True}))
    line(toy).json(SAID)
    assert len(paused) == 1
    assert paused[0] >= 0.01


# -- writes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_would_change_something_is_refused_before_anything_is_sent(
    toy: Toy, line: Line, method: str
) -> None:
    http = line(toy)
    request = hc.Request(method, "/people", json={"first": "Ada"})
    for way in (http.send, http.json, http.record, lambda request: list(http.pages(request))):
        with pytest.raises(hc.Unsupported):
            way(request)
    with pytest.raises(hc.Unsupported):
        list(http.stream(request, at="people"))
    assert toy.log == []
    assert http.requests == 0


def test_a_post_that_only_asks_is_sent_and_tried_again(toy: Toy, line: Line) -> None:
    toy.say(Answer(status=500, body={}), Answer(body={"ok": True}))
    report = hc.Request("POST", "/said", json={"fields": ["id"]}, safe=True)
    assert line(toy).json(report) == {"ok": True}
    assert [(logged.method, logged.body) for logged in toy.log] == [("POST", {"fields": ["id"]})] * 2


PUT = hc.Request("PUT", "/people/1", json={"first": "Ada"})
MAKE = hc.Request("POST", "/said", json={"first": "Ada"})


@pytest.fixture
def writer(toy: Toy, line: Line) -> hc.Transport:
    """A line that writes, and that would try five times what may be tried again."""
    return line(toy, how={"writes": True}, tries=5)


def refused(http: hc.Transport, request: hc.Request) -> hc.VendorError:
    with pytest.raises(hc.VendorError) as caught:
        http.send(request)
    return caught.value


@pytest.mark.parametrize("method", METHODS)
def test_a_line_that_writes_sends_what_changes_something(toy: Toy, writer: hc.Transport, method: str) -> None:
    toy.say(Answer(body={"ok": True}))
    assert writer.send(attrs.evolve(MAKE, method=method)).json() == {"ok": True}
    assert [(logged.method, logged.body) for logged in toy.log] == [(method, {"first": "Ada"})]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "code"),
    [("reset", "reset"), ("unreached", "reset"), ("truncated", "truncated"), ("error", None)],
)
def test_what_may_have_arrived_is_never_sent_twice(
    toy: Toy, writer: hc.Transport, kind: str, code: str | None, method: str
) -> None:
    """Not even what HTTP calls idempotent: between the two somebody else may have written."""
    toy.say(Answer(body={"ok": True}))
    toy.play(kind, times=None)
    error = refused(writer, attrs.evolve(MAKE, method=method))
    assert (type(error), error.code, len(toy.log)) == (hc.Unavailable, code, 1)


def test_a_write_without_an_answer_in_time_is_not_sent_twice(toy: Toy, line: Line) -> None:
    toy.play("slow", seconds=0.15, times=None)
    error = refused(line(toy, how={"writes": True}, tries=3, read_timeout=0.03), PUT)
    assert (error.code, arrived(toy)) == ("timeout", 1)


def arrived(toy: Toy) -> int:
    """How many requests came, once those under way are through."""
    deadline = time.monotonic() + 2
    while toy.busy and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(toy.log)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_error_of_a_write_is_not_tried_again(toy: Toy, writer: hc.Transport, status: int) -> None:
    toy.say(Answer(status=status, body={}, headers={"Retry-After": "0"}))
    assert (type(refused(writer, MAKE)), len(toy.log)) == (hc.Unavailable, 1)


def test_an_answer_to_a_write_that_is_no_json_is_not_asked_for_again(toy: Toy, writer: hc.Transport) -> None:
    toy.say(html("Down for maintenance"))
    with pytest.raises(hc.Unavailable) as caught:
        writer.json(MAKE)
    assert (caught.value.code, len(toy.log)) == ("html", 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_write_is_not_followed(toy: Toy, writer: hc.Transport, status: int, method: str) -> None:
    toy.say(Answer(status=status, headers={"Location": "/api/count"}))
    error = refused(writer, attrs.evolve(MAKE, method=method))
    assert (type(error), error.code, len(toy.log)) == (hc.Unavailable, "redirect", 1)
    assert "what writes is not sent twice" in str(error)


def test_a_write_that_was_refused_for_haste_is_sent_again(toy: Toy, writer: hc.Transport) -> None:
    toy.say(
        Answer(status=429, body={}), Answer(status=429, body={}, headers={"Retry-After": "0"}), Answer(body={"id": 1})
    )
    assert writer.json(MAKE) == {"id": 1}
    assert [logged.status for logged in toy.log] == [429, 429, 200]


def test_a_write_that_is_always_refused_for_haste_ends(toy: Toy, writer: hc.Transport) -> None:
    toy.say(Answer(status=429, body={}))
    assert (type(refused(writer, MAKE)), len(toy.log)) == (hc.RateLimited, 5)


def test_a_write_that_found_no_connection_is_sent_once_there_is_one(
    toy: Toy, writer: hc.Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing had left this machine."""
    port = int(toy.origin.rpartition(":")[2])
    tries: list[float] = []

    def nap(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 2:
            toy._port = port
            toy.start()

    toy.stop()
    monkeypatch.setattr(time, "sleep", nap)
    assert writer.send(PUT).status == 200
    monkeypatch.undo()
    assert (len(tries), [logged.method for logged in toy.log]) == (2, ["PUT"])


def test_a_write_that_never_finds_a_connection_ends_and_says_that_it_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = hc.Options(tries=3, first_wait=0.001, longest_wait=0.002)
    http = hc.Transport(f"http://127.0.0.1:{port}", hc.Bearer("k"), options=options, writes=True)
    error = refused(http, PUT)
    assert (error.code, http.requests) == (transport_module.NOT_SENT, 3)
    http.close()


def test_a_connection_that_is_not_taken_in_time_was_not_sent() -> None:
    error = exceptions.ConnectTimeout("HTTPConnectionPool: connect timed out")
    http = hc.Transport("http://127.0.0.1:9", hc.Bearer("k"))
    assert http._broken(PUT, error).code == transport_module.NOT_SENT
    assert http._broken(PUT, exceptions.ReadTimeout("Read timed out")).code == "timeout"
    http.close()


def test_reading_over_a_line_that_writes_is_tried_again_as_ever(toy: Toy, writer: hc.Transport) -> None:
    toy.say(Answer(status=500, body={}), Answer(body={"ok": True}))
    assert writer.json(SAID) == {"ok": True}
    assert len(toy.log) == 2


# -- the credential stays here --------------------------------------------------------------------


def test_a_redirect_to_another_host_is_not_followed_and_the_credential_does_not_go_there(toy: Toy, line: Line) -> None:
    with Toy() as other:
        other.say(Answer(body={"ok": True}))
        toy.say(Answer(status=302, headers={"Location": f"{other.base_url}/said"}))
        error = raised(line(toy))
        assert (type(error), error.code) == (hc.Unavailable, "redirect")
        assert len(toy.log) == 1
        assert other.log == []


def test_a_redirect_to_another_name_of_the_same_machine_is_another_host(toy: Toy, line: Line) -> None:
    toy.play("redirect")
    assert raised(line(toy), PEOPLE).code == "redirect"
    assert [logged.path for logged in toy.log] == ["/api/numbered"]


DISGUISES = [
    *("//evil.example/x", "https://127.0.0.1/x", "ftp://127.0.0.1/x", "http://evil.example\\@{host}/x"),
    *("http://{host}@evil.example/x", "http://evil.example\\.{host}/x", "//evil.example\\@{host}/x"),
]


@pytest.mark.parametrize("location", DISGUISES)
def test_no_disguise_of_another_host_is_followed(toy: Toy, line: Line, location: str) -> None:
    target = location.format(host=toy.origin.removeprefix("http://"))
    toy.say(Answer(status=307, headers={"Location": target}))
    assert raised(line(toy)).code == "redirect"
    toy.say(Answer(body=[{"id": 1}], headers={"Link": f'<{target}>; rel="next"'}))
    with pytest.raises(hc.Unavailable) as caught:
        list(line(toy).pages(SAID, by=hc.linked()))
    assert caught.value.code == "redirect"
    assert len(toy.log) == 2


@pytest.mark.parametrize("location", ["http://127.0.0.1:port/x", "http://[::1/x", "http://127.0.0.1:99999/x"])
def test_a_redirect_to_what_is_no_address_is_the_vendors_error(location: str) -> None:
    moved = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with scripted(lambda connection: connection.sendall(moved.encode())) as url:
        http = hc.Transport(url, hc.Bearer("k"), options=hc.Options(tries=1))
        assert raised(http).code == "redirect"
        http.close()


@pytest.mark.parametrize("location", ["/api/echo", "echo", "{origin}/api/echo"])
def test_a_redirect_on_the_same_host_is_followed(toy: Toy, line: Line, location: str) -> None:
    toy.say(Answer(status=302, headers={"Location": location.format(origin=toy.origin)}))
    found = line(toy).json(SAID)
    assert found["headers"]["authorization"] == f"Bearer {toy.key}"


def test_a_redirect_keeps_the_query_that_it_names(toy: Toy, line: Line) -> None:
    toy.say(Answer(status=302, headers={"Location": "/api/echo?page=2"}))
    assert line(toy).json(SAID.having(page=2))["query"] == {"page": ["2"]}


def test_a_redirect_in_a_circle_ends(toy: Toy, line: Line) -> None:
    toy.say(Answer(status=302, headers={"Location": "/api/said"}))
    assert raised(line(toy)).code == "redirect"
    assert len(toy.log) <= 5


def test_a_redirected_question_by_post_is_not_sent_again(toy: Toy, line: Line) -> None:
    toy.say(Answer(status=307, headers={"Location": "/api/echo"}))
    assert raised(line(toy), hc.Request("POST", "/said", safe=True)).code == "redirect"
    assert len(toy.log) == 1


@pytest.mark.parametrize("target", ["/api/echo?page=2", "echo?page=2", "{origin}/api/echo?page=2"])
def test_a_link_to_a_next_page_on_this_host_is_followed_with_the_credential(toy: Toy, line: Line, target: str) -> None:
    toy.say(Answer(body=[{"id": 1}], headers={"Link": f'<{target.format(origin=toy.origin)}>; rel="next"'}))
    pages = line(toy).pages(SAID.having(size=5), by=hc.linked())
    assert next(pages).following is not None
    with pytest.raises(hc.Unavailable):  # the echo is no list
        next(pages)
    assert (toy.log[-1].path, toy.log[-1].query, toy.log[-1].status) == ("/api/echo", {"page": "2"}, 200)


def test_a_list_is_read_by_its_links_to_the_end(toy: Toy, line: Line) -> None:
    link = '<?page={}>; rel="next", <?page=1>; rel="first"'
    toy.say(Answer(body=[{"id": 1}], headers={"Link": link.format(2)}))
    toy.say(Answer(body=[], headers={"Link": link.format(3)}), Answer(body=[{"id": 2}]))
    assert ids(line(toy).pages(SAID.having(size=5), by=hc.linked())) == [1, 2]
    assert [logged.query for logged in toy.log] == [{"size": "5"}, {"page": "2"}, {"page": "3"}]


def test_a_next_page_at_another_host_is_refused(toy: Toy, line: Line) -> None:
    with Toy(rows=rows_of(3)) as other:
        following = hc.Paging(next=lambda request, page: hc.Request("GET", f"{other.base_url}/numbered"))
        toy.given = rows_of(3)
        with pytest.raises(hc.Unavailable) as caught:
            list(line(toy).pages(PEOPLE, at="people", by=following))
        assert caught.value.code == "redirect"
        assert other.log == []


def test_a_next_page_by_its_whole_address_on_the_same_host_is_read(toy: Toy, line: Line) -> None:
    toy.given = rows_of(12)
    second = hc.Request("GET", f"{toy.base_url}/numbered?page=2")
    by = hc.Paging(next=lambda request, page: second if request == PEOPLE else None)
    assert ids(line(toy).pages(PEOPLE, at="people", by=by)) == list(range(1, 13))


@pytest.mark.parametrize("path", ["@{other}/api/said", ".{other}/said"])
def test_a_path_cannot_become_a_part_of_the_host(toy: Toy, path: str) -> None:
    with Toy() as other:
        other.say(Answer(body={"ok": True}))
        http = hc.Transport(toy.origin, hc.Bearer(toy.key), options=hc.Options(tries=1, connect_timeout=0.2))
        with pytest.raises(hc.HeadcountError):
            http.json(hc.Request("GET", path.format(other=other.origin.removeprefix("http://"))))
        http.close()
        assert other.log == []


SECRET = "qwertz-5551234567890-asdfgh"


def shown(error: BaseException) -> str:
    """Everything that a program might write down of an error."""
    return "\n".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


def parts_of(secret: str, size: int = 6) -> set[str]:
    return {secret[start : start + size] for start in range(len(secret) - size + 1)}


@pytest.mark.parametrize(
    "said",
    [
        "{secret}",
        "bad token: {secret}!",
        "x" * 290 + " {secret}",
        "x" * 285 + "{secret}" + "y" * 300,
    ],
    ids=["alone", "in a sentence", "at the cut", "over the cut"],
)
@pytest.mark.parametrize("secret", ["abc-def-ghi-jkl", SECRET], ids=["letters", "digits"])
def test_a_credential_that_the_vendor_echoes_is_not_repeated(toy: Toy, line: Line, said: str, secret: str) -> None:
    def reads_reason(response: hc.Response) -> hc.VendorError | None:
        return hc.classify(response, reason=response.json()["message"]) if response.status >= 400 else None

    toy.key = secret
    toy.say(Answer(status=400, body={"message": said.format(secret=secret)}))
    text = shown(raised(line(toy, how={"classify": reads_reason})))
    assert not [part for part in parts_of(secret) if part in text]


def test_the_password_of_basic_is_not_repeated_either(toy: Toy) -> None:
    def reads_reason(response: hc.Response) -> hc.VendorError | None:
        return hc.classify(response, reason=response.text)

    toy.authorized = lambda call: True  # type: ignore[method-assign]
    toy.say(Answer(status=400, body="user joe, password correct-horse-battery", content_type="text/plain"))
    http = hc.Transport(toy.base_url, hc.Basic("joe-the-user", "correct-horse-battery"), classify=reads_reason)
    assert "correct-horse" not in shown(raised(http))
    http.close()


def test_an_empty_secret_does_not_garble_the_message(toy: Toy, line: Line) -> None:
    toy.authorized = lambda call: True  # type: ignore[method-assign]
    toy.say(Answer(status=400, body={}))
    http = hc.Transport(toy.base_url, hc.Basic("", ""))
    assert "GET /said answered 400" in str(raised(http))
    http.close()


def test_a_placeholder_for_a_password_does_not_garble_the_message(toy: Toy) -> None:
    def reads_reason(response: hc.Response) -> hc.VendorError | None:
        return hc.classify(response, reason=response.json()["max"])

    toy.authorized = lambda call: True  # type: ignore[method-assign]
    toy.say(Answer(status=400, body={"max": "the extension exceeds the text"}))
    http = hc.Transport(toy.base_url, hc.Basic("the-api-key", "x"), classify=reads_reason)
    assert "the extension exceeds the text" in str(raised(http))
    http.close()


def test_a_credential_is_not_repeated_by_an_error_that_comes_with_a_good_status(toy: Toy, line: Line) -> None:
    def reads_body(response: hc.Response) -> hc.VendorError | None:
        error = response.json().get("error")
        return hc.AuthError(error, status=response.status) if error else None

    toy.key = "sesame-open-sesame"
    toy.say(Answer(body={"error": "no key is sesame-open-sesame"}))
    assert "sesame" not in shown(raised(line(toy, how={"classify": reads_body})))


@pytest.mark.parametrize("token", ["t\u00f6k\u2026n-secret-word", "secret-word-42\n", "secret-word-42\r\nX-Other: 1"])
def test_a_credential_that_cannot_be_sent_is_an_error_of_ours_that_does_not_show_it(
    toy: Toy, line: Line, token: str
) -> None:
    toy.given = rows_of(1)
    try:
        line(toy, token=token, tries=1).json(PEOPLE)
    except hc.HeadcountError as error:
        assert "secret-word" not in shown(error)  # noqa: PT017
    except Exception as error:  # noqa: BLE001
        pytest.fail(
            f"{type(error).__name__} is no error of ours" + (", and it shows it" if "secr" in repr(error) else "")
        )


@pytest.mark.parametrize("kind", ["unauthorized", "forbidden", "error", "html", "reset", "truncated", "redirect"])
def test_no_error_and_no_log_shows_the_credential(
    toy: Toy, line: Line, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    toy.key = "sesame-open-sesame"
    toy.given = rows_of(3)
    toy.play(kind, times=None)
    http = line(toy, tries=2)
    error = raised(http, PEOPLE)
    for text in (shown(error), caplog.text, repr(http), str(http), repr(vars(http))):
        assert "sesame" not in text
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_a_query_is_not_shown_by_an_error_of_the_line(toy: Toy, line: Line) -> None:
    toy.play("reset", times=None)
    text = shown(raised(line(toy, tries=1), PEOPLE.having(email="ada@example.com")))
    assert "ada" not in text


@pytest.mark.parametrize(
    "said",
    [
        "jane.doe@example.com is taken",
        "call +49 (30) 123-45678 now",
        "ssn 078-05-1120",
        "x" * 288 + " jane.doe@example.com",
        "x" * 290 + " +49 30 1234 5678",
    ],
)
def test_personal_data_in_a_vendors_reason_is_masked(toy: Toy, line: Line, said: str) -> None:
    def reads_reason(response: hc.Response) -> hc.VendorError | None:
        return hc.classify(response, reason=response.json()["message"])

    toy.say(Answer(status=400, body={"message": said}))
    text = str(raised(line(toy, how={"classify": reads_reason})))
    assert not re.search(r"jane|doe|\d{4}|\d-\d|\+49", text), text


def test_a_refused_credential_says_where_to_look(toy: Toy, line: Line) -> None:
    toy.play("unauthorized")
    error = raised(line(toy, how={"credential_advice": "Check token: Toy > Settings."}), PEOPLE)
    assert isinstance(error, hc.AuthError)
    assert str(error).endswith("Check token: Toy > Settings.")


def test_the_vendors_own_number_of_a_request_is_kept(toy: Toy, line: Line) -> None:
    toy.say(Answer(status=500, body={}, headers={"X-Request-Id": "r-77"}))
    assert raised(line(toy, tries=1)).request_id == "r-77"


def test_cookies_are_not_kept(toy: Toy, line: Line) -> None:
    http = line(toy)
    http.json(hc.Request("GET", "/echo"))
    assert "cookie" not in http.json(hc.Request("GET", "/echo"))["headers"]


def test_a_netrc_does_not_replace_the_credential(
    toy: Toy, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password other\ndefault login mallory password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    found = line(toy).json(hc.Request("GET", "/echo"))
    assert found["headers"]["authorization"] == f"Bearer {toy.key}"


def test_a_proxy_of_the_environment_is_used(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", toy.origin)
    toy.say(Answer(body={"by": "proxy"}))
    with_proxy = hc.Transport("http://hr.example.invalid/api", hc.Bearer(toy.key), options=hc.Options(tries=1))
    assert with_proxy.json(SAID) == {"by": "proxy"}
    with_proxy.close()
    without = hc.Transport("http://hr.example.invalid/api", hc.Bearer(toy.key), options=hc.Options(tries=1, proxies={}))
    assert raised(without).code == transport_module.NOT_SENT
    without.close()
    assert len(toy.log) == 1


# -- size -----------------------------------------------------------------------------------------


def test_an_answer_that_is_too_large_is_refused_and_not_asked_for_again(toy: Toy, line: Line) -> None:
    toy.play("oversized", size=1 << 20, times=None)
    error = raised(line(toy, max_bytes=1 << 16), PEOPLE)
    assert (type(error), error.code) == (hc.Unavailable, "too_large")
    assert len(toy.log) == 1


def test_an_answer_of_just_the_size_allowed_is_read(toy: Toy, line: Line) -> None:
    toy.say(Answer(body='"' + "x" * 998 + '"'))
    assert len(line(toy, max_bytes=1000).json(SAID)) == 998
    assert raised(line(toy, max_bytes=999)).code == "too_large"


# -- one record -----------------------------------------------------------------------------------


def test_a_record_comes_bare_or_wrapped_in_a_list_of_one(toy: Toy, line: Line) -> None:
    toy.say(Answer(body={"people": [{"id": 1}]}))
    assert line(toy).record(SAID, at="people") == {"id": 1}
    assert line(toy).record(SAID) == {"people": [{"id": 1}]}


def test_an_empty_list_where_one_record_was_due_is_not_found(toy: Toy, line: Line) -> None:
    toy.say(Answer(body={"people": []}))
    with pytest.raises(hc.NotFound):
        line(toy).record(SAID, at="people")


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "null"])
def test_what_is_no_record_is_told(toy: Toy, line: Line, body: str) -> None:
    toy.say(Answer(body=body))
    with pytest.raises(hc.Unavailable) as caught:
        line(toy).record(SAID)
    assert caught.value.code == "no_record"


@pytest.mark.parametrize("status", [403, 404, 405])
def test_what_this_server_does_not_offer_is_none(toy: Toy, line: Line, status: int) -> None:
    toy.say(Answer(status=status, body={}))
    assert line(toy).optional(SAID) is None


@pytest.mark.parametrize("status", [401, 500])
def test_a_failure_is_not_taken_for_an_absence(toy: Toy, line: Line, status: int) -> None:
    toy.say(Answer(status=status, body={}))
    with pytest.raises(hc.VendorError):
        line(toy, tries=1).optional(SAID)


def test_a_list_that_is_not_offered_has_no_pages(toy: Toy, line: Line) -> None:
    http = line(toy)
    toy.say(Answer(status=404, body={}))
    assert list(http.where_offered(http.pages(SAID, at="people"))) == []
    toy.told.clear()
    toy.say(Answer(status=403, body={}))
    with pytest.raises(hc.Forbidden):
        list(http.where_offered(http.pages(SAID, at="people")))


def test_the_first_way_that_is_offered_is_taken(toy: Toy, line: Line) -> None:
    toy.given = rows_of(12)
    toy.say(Answer(status=404, body={}))
    http = line(toy)
    ways = [lambda: http.pages(SAID, at="people"), lambda: http.pages(PEOPLE, at="people", by=NUMBERED)]
    assert ids(http.first_answered(*ways)) == list(range(1, 13))
    with pytest.raises(hc.NotFound):
        list(http.first_answered(ways[0], ways[0]))


def test_another_way_is_not_taken_once_a_page_has_come(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    toy.play("error", status=404, on="/numbered", after=1)
    http = line(toy)
    came: list[Any] = []
    way = functools.partial(http.pages, PEOPLE, at="people", by=NUMBERED)
    with pytest.raises(hc.NotFound):
        came.extend(record for page in http.first_answered(way, way) for record in page.records)
    assert len(came) == SIZE


def test_one_by_one_leaves_out_who_is_gone(toy: Toy, line: Line) -> None:
    toy.given = rows_of(3)
    pages = list(line(toy).one_by_one(hc.Request("GET", f"/people/{id}") for id in (1, 9, 3)))
    assert ids(pages) == [1, 3]
    assert [page.seen for page in pages] == [1, 3]


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize("tells_total", [True, False])
def test_a_list_costs_its_pages_and_the_empty_one_that_proves_the_end(
    toy: Toy, line: Line, count: int, tells_total: bool
) -> None:
    toy.given, toy.tells_total = rows_of(count), tells_total
    http = line(toy)
    assert numbered(http) == list(range(1, count + 1))
    assert http.requests == len(toy.log) == -(-count // SIZE) + 1


@pytest.mark.parametrize(
    ("path", "by", "at"),
    [
        ("/offset", OFFSET, "people"),
        ("/cursor", CURSOR, "people"),
        ("/after", hc.after_last("id"), None),
        ("/numbered", NUMBERED, "people"),
    ],
)
def test_every_way_of_paging_brings_everyone_once(
    toy: Toy, line: Line, path: str, by: hc.Paging, at: str | None
) -> None:
    toy.given = rows_of(34)
    assert ids(line(toy).pages(hc.Request("GET", path), at=at, by=by)) == list(range(1, 35))


@pytest.mark.parametrize(
    ("path", "by"),
    [("/offset", OFFSET), ("/cursor", CURSOR), ("/numbered", NUMBERED)],
    ids=["offset", "cursor", "numbered"],
)
@pytest.mark.parametrize("tells_total", [True, False])
def test_a_clamped_page_loses_nothing(toy: Toy, line: Line, path: str, by: hc.Paging, tells_total: bool) -> None:
    toy.given, toy.tells_total = rows_of(25), tells_total
    toy.play("clamped", size=4, times=None)
    assert ids(line(toy).pages(hc.Request("GET", path).having(size=10), at="people", by=by)) == list(range(1, 26))


@pytest.mark.parametrize(("path", "by"), [("/offset", OFFSET), ("/numbered", NUMBERED)])
@pytest.mark.parametrize("tells_total", [True, False])
def test_a_short_page_is_not_the_end(toy: Toy, line: Line, path: str, by: hc.Paging, tells_total: bool) -> None:
    toy.given, toy.tells_total = rows_of(38), tells_total
    toy.play("short_page", times=None)
    assert ids(line(toy).pages(hc.Request("GET", path), at="people", by=by)) == list(range(1, 39))


def test_an_empty_page_is_a_gap_where_the_total_promises_more(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    toy.play("empty_page", times=None)
    assert numbered(line(toy)) == list(range(1, 26))


def test_an_empty_page_is_the_end_where_no_total_promises_more(toy: Toy, line: Line) -> None:
    toy.given, toy.tells_total = rows_of(25), False
    toy.play("empty_page", times=None)
    assert numbered(line(toy)) == list(range(1, 11))
    assert len(toy.log) == 2


def test_a_total_that_is_never_reached_does_not_go_on_for_ever(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    toy.play("wrong_total", size=1000, times=None)
    assert numbered(line(toy)) == list(range(1, 26))
    assert len(toy.log) == 3 + 3


@pytest.mark.parametrize("tells_total", [True, False])
def test_a_page_that_comes_again_fails_loudly(toy: Toy, line: Line, tells_total: bool) -> None:
    toy.given, toy.tells_total = rows_of(25), tells_total
    toy.play("repeated_page", times=None)
    with pytest.raises(hc.Rejected) as caught:
        numbered(line(toy))
    assert caught.value.code == "loop"
    assert len(toy.log) == 2


def test_a_cursor_in_circles_fails_loudly(toy: Toy, line: Line) -> None:
    pages = [{"people": [{"id": number}], "next": str(number % 3)} for number in range(1, 9)]
    toy.say(*(Answer(body=page) for page in pages))
    with pytest.raises(hc.Rejected) as caught:
        list(line(toy).pages(SAID.having(token="0"), at="people", by=CURSOR))
    assert caught.value.code == "loop"
    assert len(toy.log) == 3


def test_a_cursor_that_stays_where_it_is_fails_loudly(toy: Toy, line: Line) -> None:
    toy.say(*(Answer(body={"people": [{"id": number}], "next": "same"}) for number in range(9)))
    with pytest.raises(hc.Rejected) as caught:
        list(line(toy).pages(SAID, at="people", by=CURSOR))
    assert caught.value.code == "loop"
    assert len(toy.log) == 2


def test_empty_pages_without_end_fail_loudly(toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_module, "MOST_BARREN", 5)
    toy.say(*(Answer(body={"people": [], "next": str(number)}) for number in range(1, 99)))
    with pytest.raises(hc.Rejected, match="6 empty pages came in a row") as caught:
        list(line(toy).pages(SAID.having(token="0"), at="people", by=CURSOR))
    assert caught.value.code == "loop"
    assert len(toy.log) == 6


def test_a_request_that_was_sent_already_is_not_sent_again(toy: Toy, line: Line) -> None:
    toy.given = rows_of(5)
    with pytest.raises(hc.Rejected) as caught:
        list(line(toy).pages(PEOPLE, at="people", by=hc.Paging(next=lambda request, page: request)))
    assert caught.value.code == "loop"
    assert len(toy.log) == 1


def test_a_page_that_comes_again_is_the_end_where_some_servers_do_not_page(toy: Toy, line: Line) -> None:
    toy.given = rows_of(8)
    toy.play("repeated_page", times=None)
    by = hc.numbered("page", repeat_ends=True)
    pages = list(line(toy).pages(PEOPLE, at="people", by=by))
    assert ids(pages) == list(range(1, 9))
    assert len(toy.log) == 2


def test_pages_of_one_record_that_differ_are_not_taken_for_one(toy: Toy, line: Line) -> None:
    toy.given = rows_of(4)
    assert numbered(line(toy), size=1) == [1, 2, 3, 4]


def test_a_page_tells_what_came_with_it(toy: Toy, line: Line) -> None:
    toy.given = rows_of(13)
    pages = list(line(toy).pages(PEOPLE, at="people", by=NUMBERED))
    assert [(page.seen, page.total, page.barren) for page in pages] == [(10, 13, 0), (13, 13, 0), (13, 13, 1)]
    assert pages[0].head == {"meta": {"total": 13}}


def test_nothing_is_asked_before_the_first_page_is_wanted(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    pages = line(toy).pages(PEOPLE, at="people", by=NUMBERED)
    assert toy.log == []
    next(pages)
    assert len(toy.log) == 1


# -- going on in the middle -----------------------------------------------------------------------

LISTS = [("/numbered", NUMBERED), ("/offset", OFFSET), ("/cursor", CURSOR), ("/after", hc.after_last("id"))]


@pytest.mark.parametrize(("path", "by"), LISTS, ids=[path for path, _ in LISTS])
@pytest.mark.parametrize("read", [1, 2, 3])
def test_a_list_goes_on_from_any_page_as_if_it_had_not_been_left(
    toy: Toy, line: Line, path: str, by: hc.Paging, read: int
) -> None:
    toy.given = rows_of(35)
    first, at = hc.Request("GET", path, {"size": SIZE}), None if path == "/after" else "people"
    before = list(itertools.islice(line(toy).pages(first, at=at, by=by), read))
    following = before[-1].following
    assert following is not None
    http = line(toy)
    http.go_on_from(following, seen=before[-1].seen)
    after = list(http.pages(first, at=at, by=by))
    assert ids([*before, *after]) == list(range(1, 36))
    assert after[-1].seen == 35
    assert after[-1].following is None
    assert after[0].response.request == following


def test_a_line_goes_on_once_and_with_the_list_that_was_left_alone(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    http = line(toy)
    http.go_on_from(PEOPLE.having(page=3), seen=20)
    assert len(ids(http.pages(hc.Request("GET", "/offset"), at="people", by=OFFSET))) == 25
    assert numbered(http, size=SIZE) == list(range(21, 26))
    assert len(numbered(http)) == 25
    http.go_on_from(PEOPLE.having(page=3), seen=20)
    http.go_on_from(None)
    assert len(numbered(http)) == 25


def test_a_list_that_goes_on_is_asked_ahead_no_further_than_its_total(toy: Toy, line: Line) -> None:
    toy.given = rows_of(95)
    toy.play("slow", seconds=SLOW, times=None)
    http = line(toy, threads=4)
    http.go_on_from(PEOPLE.having(page=7), seen=60)
    assert numbered(http) == list(range(61, 96))
    assert http.requests == len(toy.log) == 5
    assert toy.busiest > 1, "nothing was asked ahead"


def test_a_gap_is_crossed_by_a_list_that_goes_on_just_before_it(toy: Toy, line: Line) -> None:
    toy.given = rows_of(25)
    toy.play("empty_page", times=None)
    http = line(toy)
    http.go_on_from(PEOPLE.having(page=2), seen=10)
    assert numbered(http) == list(range(11, 26))


# -- asking ahead ---------------------------------------------------------------------------------


def test_pages_asked_ahead_come_in_order_and_cost_no_more(toy: Toy, line: Line) -> None:
    toy.given = rows_of(95)
    toy.play("slow", seconds=SLOW, times=None)
    http = line(toy, threads=4)
    assert numbered(http) == list(range(1, 96))
    assert http.requests == len(toy.log) == 11
    assert toy.busiest > 1, "nothing was asked ahead"
    assert toy.busiest <= 4


def test_with_one_thread_nothing_is_asked_ahead(toy: Toy, line: Line) -> None:
    toy.given = rows_of(45)
    toy.play("slow", seconds=SLOW, times=None)
    assert numbered(line(toy, threads=1)) == list(range(1, 46))
    assert toy.busiest == 1


def test_a_prompt_vendor_is_not_asked_ahead(toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_module, "PROMPT", 5.0)
    toy.given = rows_of(95)
    assert numbered(line(toy, threads=4)) == list(range(1, 96))
    assert toy.busiest == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("headcount")]


def test_without_a_total_nothing_is_asked_ahead(toy: Toy, line: Line) -> None:
    toy.given, toy.tells_total = rows_of(35), False
    toy.play("slow", seconds=SLOW, times=None)
    assert numbered(line(toy, threads=4)) == list(range(1, 36))
    assert toy.busiest == 1


def test_what_cannot_be_foreseen_is_not_asked_ahead(toy: Toy, line: Line) -> None:
    toy.given = rows_of(35)
    toy.play("slow", seconds=SLOW, times=None)
    assert ids(line(toy, threads=4).pages(hc.Request("GET", "/cursor"), at="people", by=CURSOR)) == list(range(1, 36))
    assert toy.busiest == 1


@pytest.mark.parametrize(
    ("kind", "path", "by"),
    [
        ("short_page", "/offset", OFFSET),
        ("clamped", "/offset", OFFSET),
        ("short_page", "/numbered", NUMBERED),
        ("clamped", "/numbered", NUMBERED),
        ("empty_page", "/numbered", NUMBERED),
    ],
)
def test_what_was_asked_ahead_in_vain_loses_and_doubles_nothing(
    toy: Toy, line: Line, kind: str, path: str, by: hc.Paging
) -> None:
    toy.given = rows_of(68)
    toy.play("slow", seconds=SLOW, times=None)
    toy.play(kind, times=None)
    came = ids(line(toy, threads=4).pages(hc.Request("GET", path), at="people", by=by))
    assert came == list(range(1, 69))
    assert toy.busiest > 1


@pytest.mark.parametrize(("path", "by"), [("/offset", OFFSET), ("/numbered", NUMBERED)], ids=["offset", "numbered"])
def test_never_more_are_under_way_than_was_allowed(toy: Toy, line: Line, path: str, by: hc.Paging) -> None:
    toy.given = rows_of(98)
    toy.play("slow", seconds=SLOW, times=None)
    toy.play("short_page", times=None)
    assert len(ids(line(toy, threads=3).pages(hc.Request("GET", path), at="people", by=by))) == 98
    assert toy.busiest <= 3


def test_a_reader_who_stops_early_leaves_nothing_running(toy: Toy, line: Line) -> None:
    toy.given = rows_of(500)
    toy.play("slow", seconds=SLOW, times=None)
    http = line(toy, threads=4)
    pages = http.pages(PEOPLE, at="people", by=NUMBERED)
    next(pages)
    next(pages)
    pages.close()  # type: ignore[attr-defined]  # a generator
    http.close()
    asked = http.requests
    assert asked <= 2 + 4
    time.sleep(2 * SLOW)
    assert http.requests == asked == len(toy.log)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("headcount")]


def test_pages_are_not_hoarded_for_a_slow_reader(toy: Toy, line: Line) -> None:
    toy.given = rows_of(500)
    toy.play("slow", seconds=0.015, times=None)
    pages = line(toy, threads=2).pages(PEOPLE, at="people", by=NUMBERED)
    next(pages)
    next(pages)
    time.sleep(0.15)
    assert len(toy.log) <= 2 + 2


def test_a_throttled_vendor_with_a_short_page_loses_nothing(toy: Toy, line: Line) -> None:
    toy.given = rows_of(68)
    toy.play("slow", seconds=SLOW, times=None)
    toy.play("short_page", times=None)
    toy.play("throttle", after=2, retry_after="0")
    came = ids(line(toy, threads=4).pages(hc.Request("GET", "/offset"), at="people", by=OFFSET))
    assert came == list(range(1, 69))


def test_an_error_in_the_middle_ends_what_was_asked_ahead(toy: Toy, line: Line) -> None:
    toy.given = rows_of(500)
    toy.play("slow", seconds=SLOW, times=None)
    toy.play("error", status=403, after=2)
    http = line(toy, threads=4)
    came: list[Any] = []
    pages = http.pages(PEOPLE, at="people", by=NUMBERED)
    with pytest.raises(hc.Forbidden):
        came.extend(record["id"] for page in pages for record in page.records)
    assert came == list(range(1, len(came) + 1))
    assert len(came) in (10, 20, 30, 40, 50)
    assert http.requests < 15


def test_a_throttled_vendor_is_no_longer_asked_ahead_and_nothing_is_lost(toy: Toy, line: Line) -> None:
    toy.given = rows_of(75)
    toy.play("slow", seconds=0.015, times=None)
    toy.play("throttle", after=3, retry_after="0")
    http = line(toy, threads=4)
    assert http.worth_asking_ahead
    assert numbered(http) == list(range(1, 76))
    assert not http.worth_asking_ahead
    toy.busiest = 0
    assert numbered(http) == list(range(1, 76))
    assert toy.busiest == 1


def test_one_line_reads_two_lists_at_a_time(toy: Toy, line: Line) -> None:
    toy.given = rows_of(55)
    toy.play("slow", seconds=SLOW, times=None)
    http = line(toy, threads=4)
    first = http.pages(PEOPLE, at="people", by=NUMBERED)
    second = http.pages(hc.Request("GET", "/offset"), at="people", by=OFFSET)
    pairs = list(zip(first, second, strict=True))
    assert ids(pair[0] for pair in pairs) == ids(pair[1] for pair in pairs) == list(range(1, 56))


# -- streams --------------------------------------------------------------------------------------

EVERYONE = hc.Request("GET", "/everyone")


def test_a_long_answer_comes_as_pages_from_one_request(toy: Toy, line: Line) -> None:
    toy.given = rows_of(1234)
    pages = list(line(toy).stream(EVERYONE, at="people", size=100))
    assert ids(pages) == list(range(1, 1235))
    assert [len(page.records) for page in pages] == [100] * 12 + [34]
    assert pages[0].head["version"] == 1
    assert len(toy.log) == 1


def test_a_stream_that_breaks_off_is_asked_for_again(toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "CHUNK", 2048)
    toy.given = rows_of(400)
    toy.play("truncated", times=2)
    came = ids(line(toy).stream(EVERYONE, at="people", size=50))
    assert list(dict.fromkeys(came)) == list(range(1, 401))
    assert len(toy.log) == 3


@pytest.mark.parametrize("kind", ["error", "reset", "html", "wrong_type", "invalid_json", "throttle"])
def test_a_stream_that_does_not_begin_is_asked_for_again(toy: Toy, line: Line, kind: str) -> None:
    toy.given = rows_of(30)
    toy.play(kind, times=2)
    assert ids(line(toy).stream(EVERYONE, at="people")) == list(range(1, 31))


def test_a_stream_that_always_breaks_off_ends_with_an_error(
    toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "CHUNK", 2048)
    toy.given = rows_of(400)
    toy.play("truncated", times=None)
    with pytest.raises(hc.Unavailable) as caught:
        for _ in itertools.islice(line(toy, tries=3).stream(EVERYONE, at="people", size=50), 60):
            pass
    assert caught.value.code == "truncated"
    assert len(toy.log) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (html(), "html"),
        (Answer(body='{"persons": []}'), "no_list"),
        (Answer(body='{"people": {}}'), "no_list"),
        (Answer(body='{"people": [{"id": oops}]}'), "invalid_json"),
        (Answer(body='{"people": [{"id": 1}'), "truncated"),
        (Answer(body="[]"), "invalid_json"),
        (Answer(body=""), "empty"),
    ],
)
def test_a_stream_that_is_unusable_is_told_apart_by_its_code(toy: Toy, line: Line, answer: Answer, code: str) -> None:
    toy.say(answer)
    with pytest.raises(hc.Unavailable) as caught:
        list(line(toy, tries=2).stream(SAID, at="people"))
    assert caught.value.code == code
    assert len(toy.log) == 2


def test_a_streamed_record_is_bounded_and_the_list_is_not(
    toy: Toy, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "CHUNK", 512)
    toy.given = rows_of(500)
    assert len(ids(line(toy, max_bytes=2000).stream(EVERYONE, at="people", size=50))) == 500
    toy.given = [{"id": 1, "first": "x" * 10_000}]
    with pytest.raises(hc.Unavailable) as caught:
        list(line(toy, max_bytes=2000).stream(EVERYONE, at="people"))
    assert caught.value.code == "too_large"
    assert len(toy.log) == 2


# -- what it is -----------------------------------------------------------------------------------


def test_what_is_sent_is_told(toy: Toy, line: Line) -> None:
    toy.given = rows_of(3)
    toy.play("error", times=1)
    told: list[tuple[str, int | None]] = []
    http = line(toy, how={"sent": lambda request, status, seconds: told.append((str(request), status))})
    http.json(PEOPLE)
    toy.play("reset", times=1)
    http.json(PEOPLE)
    assert told == [("GET /numbered", 500), ("GET /numbered", 200), ("GET /numbered", None), ("GET /numbered", 200)]


def test_a_line_that_was_closed_may_be_used_again(toy: Toy, line: Line) -> None:
    toy.given = rows_of(45)
    toy.play("slow", seconds=SLOW, times=None)
    http = line(toy, threads=4)
    assert len(numbered(http)) == 45
    http.close()
    http.close()
    assert len(numbered(http)) == 45


def test_closing_in_the_middle_of_a_list_is_no_strangers_error(toy: Toy, line: Line) -> None:
    toy.given = rows_of(300)
    toy.play("slow", seconds=0.012, times=None)
    http = line(toy, threads=2)
    pages = http.pages(PEOPLE, at="people", by=NUMBERED)
    came = ids([next(pages), next(pages)])
    http.close()
    try:
        came += ids(pages)
    except hc.HeadcountError:
        return
    assert came == list(range(1, 301))


def test_a_line_may_be_shared_between_threads(toy: Toy, line: Line) -> None:
    toy.given = rows_of(30)
    http = line(toy)
    found: list[list[Any]] = []
    threads = [threading.Thread(target=lambda: found.append(numbered(http))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(1, 31))] * 4
    assert http.requests == len(toy.log) == 16


def test_a_line_says_whom_it_asks_for_json(toy: Toy, line: Line) -> None:
    headers = line(toy).json(hc.Request("GET", "/echo", headers={"X-Mine": "1"}))["headers"]
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("headcount")
    assert headers["x-mine"] == "1"


def test_the_origin_is_where_a_vendors_relative_links_start(toy: Toy, line: Line) -> None:
    assert line(toy).origin == toy.origin


def test_options_are_values() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        hc.Options().threads = 9  # type: ignore[misc]
