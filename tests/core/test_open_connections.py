"""Connections stay open between requests, as vendors keep them; one that has died loses and doubles nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import headcount as hc

GET, POST = hc.Request("GET", "/people"), hc.Request("POST", "/people", json={"name": "Ada"})
OPTIONS = hc.Options(tries=3, first_wait=0.001, longest_wait=0.002)


class Vendor:
    """A server that keeps its connections open, and notes each that is made and each request that comes."""

    def __init__(self) -> None:
        self.connections = 0
        self.came: list[str] = []
        self.ends_after_answer = False
        """Closes each connection after an answer, and does not say so: it has waited long enough for the next."""
        self.ends_instead_of_second = False
        """Closes a connection at its second request, which has come in full, instead of answering."""


@contextmanager
def open_at(vendor: Vendor) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            vendor.connections += 1
            self.count = 0

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            vendor.came.append(self.command)
            self.count += 1
            if vendor.ends_instead_of_second and self.count == 2:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "11")
            self.end_headers()
            self.wfile.write(b'{"id": "1"}')
            self.close_connection = vendor.ends_after_answer

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def line(vendor: Vendor) -> Iterator[hc.Transport]:
    with open_at(vendor) as address:
        http = hc.Transport(address, hc.Bearer("k"), options=OPTIONS, writes=True)
        yield http
        http.close()


def test_one_connection_carries_many_requests(vendor: Vendor, line: hc.Transport) -> None:
    for _ in range(5):
        assert line.json(GET) == {"id": "1"}
    assert (vendor.connections, vendor.came) == (1, ["GET"] * 5)


def test_a_connection_that_the_vendor_has_closed_meanwhile_is_no_error(vendor: Vendor, line: hc.Transport) -> None:
    vendor.ends_after_answer = True
    for _ in range(50):
        assert line.json(GET) == {"id": "1"}
        assert line.json(POST) == {"id": "1"}
    assert vendor.came == ["GET", "POST"] * 50


def test_what_is_read_is_asked_for_again_on_another_connection(vendor: Vendor, line: hc.Transport) -> None:
    vendor.ends_instead_of_second = True
    for _ in range(3):
        assert line.json(GET) == {"id": "1"}
    assert vendor.came == ["GET"] * (3 + 2)


def test_a_write_goes_over_a_connection_that_nobody_has_left(vendor: Vendor, line: hc.Transport) -> None:
    """On one that was kept open nobody could say whether a write arrived before the vendor closed it."""
    vendor.ends_instead_of_second = True
    for _ in range(3):
        assert line.json(POST) == {"id": "1"}
    assert (vendor.connections, vendor.came) == (3, ["POST"] * 3)
