"""OAuth 2.0: a token that a person has granted, renewed before its life is over, and by one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import attrs

from headcount.auth import Credential
from headcount.errors import AuthError, Forbidden, Unavailable
from headcount.options import Options
from headcount.tokens import EXPIRED, LOST, REVOKED, SAYS, AuthorizationServer, TokenEndpoint, word_of

if TYPE_CHECKING:
    from headcount.vault import Vault

LEAVE_ALONE = 5.0
"""Seconds after a failed renewal in which a token that still lives is used without trying again."""
WAITS = (0.1, 0.5, 2.0, 5.0, 10.0)
"""Seconds between the tries to keep a new token: the old one may be worth nothing by then."""
DOUBT = timedelta(seconds=60)
"""A token that came because another was refused is not renewed for the same reason sooner."""


def utcnow() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class Authorization:
    """A grant that was asked for: the page to open in a browser, and what its answer is known by."""

    url: str = attrs.field(repr=False)
    redirect_uri: str
    state: str = attrs.field(repr=False)
    verifier: str | None = attrs.field(default=None, repr=False)


class OAuth:
    """The token of one connection, kept in a vault under its name. Threads share one; processes share the vault.

    It is renewed at 80 % of its life, and once where the vendor refuses it; whoever comes first renews it for all. The
    new one is in the vault before it is used. Where the vendor gives no new refresh token the old one is kept.

    Raises `AuthError` where no token can be had, its `code` being `revoked`, `lost`, `expired` or `client`, and
    `Unavailable` where the vendor cannot say so now.
    """

    def __init__(
        self,
        name: str,
        server: AuthorizationServer,
        *,
        vault: Callable[[], Vault],
        client_id: str,
        client_secret: str | None = None,
        vendor: str = "vendor",
        options: Options | None = None,
    ) -> None:
        self.name = name
        self.server = server
        self.mark = ("oauth", name, client_id)
        self._open_vault = vault
        self._client = (client_id, client_secret or "")
        self._endpoint = TokenEndpoint(server, f"{vendor}: {name}", self._client, options or Options())
        self._lock = threading.Lock()
        self._held: Credential | None = None
        self._former: Credential | None = None
        self._doubted = ""
        self._not_before = 0.0

    def __repr__(self) -> str:
        return f"<OAuth of {self.name}>"

    # -- what a transport asks ------------------------------------------------------------------------

    def headers(self) -> dict[str, str]:
        """The header that carries a token that lives: it may be renewed first."""
        held = self._held
        if held is None or self._is_due(held):
            held = self._renewed(held)
        return {"Authorization": _header(held)}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The tokens of this moment and of the one before, and the application's secret."""
        known = [text for one in (self._held, self._former) if one for text in (one.token, one.refresh_token)]
        return tuple(filter(None, (*known, self._client[1])))

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        """Whether there is another token than the one that was refused. One that has just come by this very way is
        not renewed again so: then it is not its age that is refused."""
        if status not in self.server.refused:
            return False
        held = self._held
        if held is None or sent.get("Authorization") != _header(held):
            return True
        doubted = held.token == self._doubted and held.made_at is not None and utcnow() < held.made_at + DOUBT
        if doubted or not held.refresh_token:
            return False
        return self._renewed(held, refused=True).token != held.token

    # -- being granted access -------------------------------------------------------------------------

    def authorization(self, redirect_uri: str, *, scope: str | None = None) -> Authorization:
        """Ask for a grant: a person opens its `url`, and the vendor sends their browser to `redirect_uri`. `scope` is
        what is asked for, where it is another than the connector's."""
        verifier = token_urlsafe(48) if self.server.pkce else None
        with self._endpoint.session(redirect_uri=redirect_uri, scope=scope or self.server.scope or None) as session:
            how = {"code_verifier": verifier} if verifier else {}
            url, state = session.create_authorization_url(self.server.authorization_endpoint, **how)
        return Authorization(url=url, redirect_uri=redirect_uri, state=state, verifier=verifier)

    def grant(self, asked: Authorization, answered: str) -> None:
        """Take what the browser came back with, the whole address, and keep the token that it is good for.

        Raises `Forbidden` where the person said no, and `AuthError` for an answer to another question.
        """
        told = {name: values[0] for name, values in parse_qs(urlsplit(answered).query).items()}
        if not compare_digest(told.get("state", "").encode(), asked.state.encode()):
            raise AuthError(
                self._endpoint.says("this is not the answer to what was asked: begin again, in one browser")
            )
        if "error" in told:
            why = word_of(told["error"])
            raise Forbidden(
                self._endpoint.says(f"access was not granted ({why}): the person who approves it must say yes")
            )
        how: dict[str, Any] = {"code_verifier": asked.verifier} if asked.verifier else {}
        new = self._endpoint.ask(
            lambda session, more: session.fetch_token(
                self.server.token_endpoint,
                grant_type="authorization_code",
                code=told.get("code", ""),
                redirect_uri=asked.redirect_uri,
                **how,
                **more,
            ),
            utcnow(),
            redirect_uri=asked.redirect_uri,
        )
        # a renewal under way, which would put the old grant in its place, is waited for
        self._hold(self._open_vault().change(self.name, lambda kept: attrs.evolve(kept.granted(new), known={})))

    def give_back(self) -> bool:
        """Whether the vendor took the token back: few have a way to (RFC 7009)."""
        kept = self._open_vault().get(self.name)
        if kept is None or not kept.token:
            return False
        self._hold(kept)  # so that no error shows what is sent now
        kind = "refresh_token" if kept.refresh_token else "access_token"
        return self._endpoint.give_back(kept.refresh_token or kept.token, kind)

    # -- renewing -------------------------------------------------------------------------------------

    def _is_due(self, held: Credential) -> bool:
        now = utcnow()
        if time.monotonic() < self._not_before and not held.is_over(now):
            return False
        return held.problem is not None or held.is_late(now)

    def _renewed(self, held: Credential | None, *, refused: bool = False) -> Credential:
        """Another credential than the one that is due or was refused: another thread's, another process's, or new."""
        with self._lock:
            if self._held is not None and self._held is not held and not self._is_due(self._held):
                return self._held
            vault = self._open_vault()

            def kept() -> tuple[Credential, bool]:
                found = vault.get(self.name)
                if found is None or not found.token:
                    raise AuthError(
                        self._endpoint.says("it is not connected yet: nobody has granted it access. Connect it")
                    )
                if found.problem is not None:
                    raise AuthError(self._endpoint.says(SAYS.get(found.problem, SAYS[REVOKED])), code=found.problem)
                same = refused and held is not None and found.token == held.token
                return found, not (same or self._is_due(found))

            found, good = kept()
            if not good:
                with vault.alone(self.name):
                    found, good = kept()
                    if not good:
                        found = self._new(vault, found, refused=refused)
            self._hold(found)
            return found

    def _new(self, vault: Vault, kept: Credential, *, refused: bool) -> Credential:
        """Renew it with the vendor, while nobody else does. That it was begun is durable before it is asked for, and
        the new one before it is used."""
        begun = utcnow()
        lives = not refused and not kept.is_over(begun)
        if not kept.refresh_token:
            if lives:
                self._not_before = time.monotonic() + LEAVE_ALONE
                return kept
            raise AuthError(self._endpoint.says(SAYS[EXPIRED]), code=EXPIRED)
        vault.put(self.name, attrs.evolve(kept, renewing_since=begun))
        self._hold(kept)  # so that no error shows what is sent now
        more = {"redirect_uri": kept.redirect_uri} if kept.redirect_uri else {}
        try:
            new = self._endpoint.ask(
                lambda session, how: session.refresh_token(
                    self.server.token_endpoint, refresh_token=kept.refresh_token, **more, **how
                ),
                begun,
                redirect_uri=kept.redirect_uri,
                refresh_token=kept.refresh_token,
            )
        except Unavailable:
            if not lives:
                raise
            self._not_before = time.monotonic() + LEAVE_ALONE
            return kept
        except AuthError as error:
            if error.code == REVOKED:
                problem = LOST if kept.renewing_since else REVOKED
                ended = attrs.evolve(kept, problem=problem)
                self._hold(ended)  # so that nothing more is sent with it
                vault.put(self.name, ended)
                raise AuthError(self._endpoint.says(SAYS[problem]), status=error.status, code=problem) from None
            raise
        new = kept.granted(new)
        self._keep(vault, new)
        self._doubted = new.token if refused else ""
        return new

    def _keep(self, vault: Vault, new: Credential) -> None:
        """Put it in the vault; a store that is away for a moment is waited for."""
        for wait in WAITS:
            try:
                return vault.put(self.name, new)
            except Exception:  # noqa: BLE001 - where somebody else keeps it, it may be anything
                time.sleep(wait)
        return vault.put(self.name, new)

    def _hold(self, credential: Credential) -> None:
        if self._held is not None and self._held.token != credential.token:
            self._former = self._held
        self._held = credential


def _header(credential: Credential) -> str:
    return f"Bearer {credential.token}"
