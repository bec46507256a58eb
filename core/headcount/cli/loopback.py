"""The way back from a vendor's page: a browser is sent to this machine with what was granted."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from headcount.errors import AuthError, ConfigError, HeadcountError, Unavailable

PATIENCE = 600.0
"""Seconds for which a person may take to say yes."""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>headcount</title>
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#222}}
h1{{font-size:1.5rem}}</style><h1>{title}</h1><p>{text}</p></html>
"""


class Loopback:
    """A server on this machine alone, for the one answer that a browser brings; use it as a context manager.

    Raises `ConfigError` where the port is taken.
    """

    def __init__(self, port: int) -> None:
        try:
            self._server = HTTPServer(("127.0.0.1", port), _Handler)
        except OSError:
            raise ConfigError(f"port {port} is in use: choose another with --port, and register it too") from None
        self._server.timeout = 1.0
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def granted(self, url: str, take: Callable[[str], None], *, browse: bool) -> None:
        """Have a person say yes at `url`, and `take` the address that their browser comes back with.

        Raises what `take` does, and `Unavailable` where nobody comes. An answer to another question, which any page may
        send here, is passed over.
        """
        outcome: list[HeadcountError | None] = []

        def answered(address: str) -> tuple[str, str]:
            try:
                take(self.address.rstrip("/") + address)
            except HeadcountError as error:
                if isinstance(error, AuthError) and error.status is None:
                    return "This is not the answer that was waited for", "Go back to the page of the vendor's."
                outcome.append(error)
                return "Access was not granted", "The terminal says why. You may close this page."
            outcome.append(None)
            return "headcount is connected", "You may close this page, and go back to the terminal."

        self._server.answered = answered  # type: ignore[attr-defined]
        if browse:
            webbrowser.open(url)
        until = time.monotonic() + PATIENCE
        while not outcome:
            if time.monotonic() > until:
                raise Unavailable("nobody came back from the vendor's page in ten minutes: begin again")
            self._server.handle_request()
        if outcome[0] is not None:
            raise outcome[0]


class _Handler(BaseHTTPRequestHandler):
    timeout = 5  # a browser opens lines ahead, and sends nothing on them

    def do_GET(self) -> None:
        if not self.path.startswith("/?"):
            self.send_error(404)
            return
        title, text = self.server.answered(self.path)  # type: ignore[attr-defined]
        body = PAGE.format(title=title, text=text).encode()
        self.send_response(200)
        for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("Referrer-Policy", "no-referrer")  # the address has the code in it
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address has the code in it."""
