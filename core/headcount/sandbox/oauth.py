"""What a sandbox grants by OAuth 2.0: codes, tokens with an end, and their renewal, to order."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qsl, urlencode

import attrs

from headcount.sandbox.calls import Answer, Call
from headcount.sandbox.clock import Clock

NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox</title>
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#222}}
h1{{font-size:1.5rem}} a{{display:inline-block;padding:.4rem 1.2rem;margin-right:1rem;border:1px solid #888;
border-radius:.3rem;color:inherit;text-decoration:none}} a:first-of-type{{background:#246;color:#fff}}</style>
<h1>May this application read your company's people?</h1>
<p>This is a sandbox: nobody's data is at stake.</p><p><a href="?{yes}">Yes</a> <a href="?{no}">No</a></p></html>
"""


@attrs.define
class _Code:
    redirect_uri: str
    scope: str
    challenge: str


@attrs.define(kw_only=True)
class Grants:
    """One application and what it was granted. A test sets what the vendor does, and reads what was done.

    `life` are the seconds that a token lives by the vendor's `clock`. `rotates`: each renewal gives a new refresh
    token and ends the old one. `repeats`: a renewal answers with the refresh token. `offline` is the scope without
    which there is none. `approves`: the person says yes.
    """

    clock: Clock
    client_id: str = "sandbox-client"
    client_secret: str = attrs.field(default="sandbox-client-secret", repr=False)
    life: float = 900
    rotates: bool = False
    repeats: bool = True
    offline: str = ""
    approves: bool = True
    renewed: list[datetime] = attrs.field(factory=list)
    """When a token was renewed, by the vendor's clock."""
    _codes: dict[str, _Code] = attrs.field(factory=dict, repr=False)
    _tokens: dict[str, datetime] = attrs.field(factory=dict, repr=False)
    _renewing: set[str] = attrs.field(factory=set, repr=False)
    _count: int = 0

    def authorize(self, call: Call) -> Answer:
        """The page that a person approves on: it sends the browser back with a code, or with their no.

        A browser, which asks for HTML, is shown the question; whoever asks for anything else is a test, and is sent
        back at once, by what `approves` says.
        """
        query = call.query
        if query.get("client_id") != self.client_id or not query.get("redirect_uri"):
            return Answer(status=400, body={"error": "invalid_request"})
        told = {"state": query["state"]} if "state" in query else {}
        said = query.get("said")
        if said is None and "text/html" in call.headers.get("Accept", ""):
            answers = {word: escape(urlencode({**query, "said": word})) for word in ("yes", "no")}
            return Answer(body=PAGE.format(**answers), content_type="text/html; charset=utf-8")
        if query.get("response_type") != "code" or not self.approves or said == "no":
            told["error"] = "access_denied" if query.get("response_type") == "code" else "unsupported_response_type"
        else:
            told["code"] = code = self._made("code")
            self._codes[code] = _Code(query["redirect_uri"], query.get("scope", ""), query.get("code_challenge", ""))
        joint = "&" if "?" in query["redirect_uri"] else "?"
        return Answer(status=302, headers={"Location": query["redirect_uri"] + joint + urlencode(told)})

    def token(self, call: Call) -> Answer:
        """A token for a code or a refresh token (RFC 6749, 4.1.3 and 6); the application says who it is in the body."""
        if fault := call.faults.get("error"):
            return Answer(status=fault.status or 503, body="down", content_type="text/html")
        form = dict(parse_qsl(call.body.decode(errors="replace")))
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _refused("invalid_client", 401)
        if form.get("grant_type") == "authorization_code":
            code = self._codes.pop(form.get("code", ""), None)
            if code is None or form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
                return _refused("invalid_grant")
            if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
                return _refused("invalid_grant")
            renewable = not self.offline or self.offline in code.scope.split()
            return self._given(self._made("refresh") if renewable else None, told=True)
        if form.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type")
        refresh = form.get("refresh_token", "")
        if refresh not in self._renewing:
            return _refused("invalid_grant")
        self.renewed.append(self.clock.exact())
        if self.rotates:
            self._renewing.discard(refresh)
            refresh = self._made("refresh")
        return self._given(refresh, told=self.rotates or self.repeats)

    def lives(self, headers: Mapping[str, str]) -> bool:
        """Whether a call carries a token whose life is not over."""
        token = _bearer(headers)
        return token in self._tokens and self.clock.exact() < self._tokens[token]

    def is_over(self, headers: Mapping[str, str]) -> bool:
        """Whether a call carries a token that lived once."""
        return not self.lives(headers) and _bearer(headers) in self._tokens

    def revoke(self) -> None:
        """Take every grant back, as a person does in the vendor's settings."""
        for kept in (self._codes, self._tokens, self._renewing):
            kept.clear()

    def expire(self) -> None:
        """End the life of every token at once; what renews them goes on."""
        self._tokens = dict.fromkeys(self._tokens, self.clock.exact())

    def _given(self, refresh: str | None, *, told: bool) -> Answer:
        token = self._made("token")
        self._tokens[token] = self.clock.exact() + timedelta(seconds=self.life)
        body = {"access_token": token, "token_type": "bearer", "expires_in": max(1, int(self.life))}
        if refresh:
            self._renewing.add(refresh)
            if told:
                body["refresh_token"] = refresh
        return Answer(body=body, headers=NOT_STORED, content_type="application/json")

    def _made(self, kind: str) -> str:
        self._count += 1
        return f"sandbox-{kind}-{hashlib.sha256(f'{kind}{self._count}'.encode()).hexdigest()[:24]}"


def _refused(error: str, status: int = 400) -> Answer:
    return Answer(status=status, body={"error": error}, headers=NOT_STORED, content_type="application/json")


def _bearer(headers: Mapping[str, str]) -> str:
    return headers.get("Authorization", "").removeprefix("Bearer ")


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
