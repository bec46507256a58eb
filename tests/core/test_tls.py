"""Certificates are verified: a credential is not sent to whoever answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

import headcount as hc

SEEN: list[str] = []


class Said(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        SEEN.append(self.headers.get("Authorization", ""))
        body = b'{"ok": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def address(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    SEEN.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Said) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()


def ask(address: str, **options: object) -> object:
    http = hc.Transport(address, hc.Bearer("very-secret"), options=hc.Options(tries=3, **options))  # type: ignore[arg-type]
    try:
        return http.json(hc.Request("GET", "/"))
    finally:
        http.close()


def test_a_certificate_of_nobody_we_know_is_refused_and_gets_no_credential(address: str) -> None:
    with pytest.raises(hc.Unavailable, match="no certificate") as caught:
        ask(address)
    assert caught.value.code == "tls"
    assert SEEN == []


def test_a_certificate_of_an_authority_that_was_named_is_good(
    address: str, authority: trustme.CA, tmp_path: Path
) -> None:
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    assert ask(address, ca_bundle=str(bundle)) == {"ok": True}
    assert SEEN == ["Bearer very-secret"]


def test_a_certificate_for_another_host_is_refused(address: str, authority: trustme.CA, tmp_path: Path) -> None:
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with pytest.raises(hc.Unavailable) as caught:
        ask(address.replace("localhost", "127.0.0.1"), ca_bundle=str(bundle))
    assert caught.value.code == "tls"
    assert SEEN == []
