"""OAuth 2.0: a token that a person has granted, renewed before its life is over, and by one at a time."""

from __future__ import annotations

import re
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
from headcount.errors import AuthError, ConfigError, Forbidden, Unavailable, VendorError
from headcount.options import Options
from headcount.transport import NOT_SENT

if TYPE_CHECKING:
    from headcount.vault import Vault

LEAVE_ALONE = 5.0
"""Seconds after a failed renewal in which a token that still lives is used without trying again."""
WAITS = (0.1, 0.5, 2.0, 5.0, 10.0)
"""Seconds between the tries to keep a new token: the old one may be worth nothing by then."""
DOUBT = timedelta(seconds=60)
"""A token that came because another was refused is not renewed for the same reason sooner."""
WORD = re.compile(r"[a-z_]{1,40}")
REVOKED, LOST, EXPIRED, CLIENT = "revoked", "lost", "expired", "client"
SAYS: Mapping[str, str] = {
    REVOKED: "the vendor takes the refresh token no more: the grant was taken back or has ended, or its owner has "
    "left. Connect again, as somebody who may see what is to be read",
    LOST: "the vendor takes the refresh token no more, and an earlier renewal got no usable answer: a vendor that "
    "gives out a new refresh token each time takes that one alone. Connect again; nothing else is lost",
    EXPIRED: "the token's life is over, and the vendor gave none to renew it with. Connect again; where the vendor has "
    "a scope for it (offline_access), ask for that",
    CLIENT: "the vendor does not know this application. Check client_id and client_secret with whoever registered it",
}
"""Why a token cannot be had, by the error's `code`, and what to do."""


def utcnow() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@attrs.frozen(kw_only=True)
class AuthorizationServer:
    """Where a vendor grants access and gives out tokens. The endpoints may name settings in braces.

    `scope` is what is asked for, where the vendor has scopes. `refused` are the statuses that an expired token may be
    answered with. `pkce` says that the vendor takes a code challenge (RFC 7636).
    """

    authorization_endpoint: str
    token_endpoint: str
    scope: str = ""
    refused: frozenset[int] = frozenset({401})
    pkce: bool = False

    def at(self, settings: Mapping[str, Any], home: str, base_url: str) -> AuthorizationServer:
        """For one company. `home` is the connector's own address; a company that is reached at another (a sandbox, a
        proxy) is granted access there too: its secrets go to no host that its settings do not name."""
        told = {name: value for name, value in settings.items() if value is not None}
        try:
            usual = urlsplit(home.format(**told)).netloc == urlsplit(base_url).netloc
        except KeyError:
            usual = False
        there = urlsplit(base_url)

        def endpoint(template: str) -> str:
            if usual:
                return template.format(**told)
            return urlsplit(template)._replace(scheme=there.scheme, netloc=there.netloc).geturl().format(**told)

        found = attrs.evolve(self, authorization_endpoint=endpoint(self.authorization_endpoint))
        return attrs.evolve(found, token_endpoint=endpoint(self.token_endpoint))


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
        self.vendor = vendor
        self.mark = ("oauth", name, client_id)
        self._open_vault = vault
        self._client = (client_id, client_secret or "")
        self._options = options or Options()
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
        with self._session(redirect_uri=redirect_uri, scope=scope or self.server.scope or None) as session:
            how = {"code_verifier": verifier} if verifier else {}
            url, state = session.create_authorization_url(self.server.authorization_endpoint, **how)
        return Authorization(url=url, redirect_uri=redirect_uri, state=state, verifier=verifier)

    def grant(self, asked: Authorization, answered: str) -> None:
        """Take what the browser came back with, the whole address, and keep the token that it is good for.

        Raises `Forbidden` where the person said no, and `AuthError` for an answer to another question.
        """
        told = {name: values[0] for name, values in parse_qs(urlsplit(answered).query).items()}
        if not compare_digest(told.get("state", "").encode(), asked.state.encode()):
            raise AuthError(self._says("this is not the answer to what was asked: begin again, in one browser"))
        if "error" in told:
            why = _word(told["error"])
            raise Forbidden(self._says(f"access was not granted ({why}): the person who approves it must say yes"))
        how: dict[str, Any] = {"code_verifier": asked.verifier} if asked.verifier else {}
        new = self._asked(
            lambda session, more: session.fetch_token(
                self.server.token_endpoint,
                grant_type="authorization_code",
                code=told.get("code", ""),
                redirect_uri=asked.redirect_uri,
                **how,
                **more,
            ),
            redirect_uri=asked.redirect_uri,
        )
        vault = self._open_vault()
        with vault.alone(self.name):  # a renewal under way would put the old grant in its place
            vault.put(self.name, new)
        self._hold(new)

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
                if found is None:
                    raise AuthError(self._says("it is not connected yet: nobody has granted it access. Connect it"))
                if found.problem is not None:
                    raise AuthError(self._says(SAYS.get(found.problem, SAYS[REVOKED])), code=found.problem)
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
            raise AuthError(self._says(SAYS[EXPIRED]), code=EXPIRED)
        vault.put(self.name, attrs.evolve(kept, renewing_since=begun))
        self._hold(kept)  # so that no error shows what is sent now
        more = {"redirect_uri": kept.redirect_uri} if kept.redirect_uri else {}
        try:
            new = self._asked(
                lambda session, how: session.refresh_token(
                    self.server.token_endpoint, refresh_token=kept.refresh_token, **more, **how
                ),
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
                vault.put(self.name, attrs.evolve(kept, problem=problem))
                raise AuthError(self._says(SAYS[problem]), status=error.status, code=problem) from None
            raise
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

    # -- asking the vendor ----------------------------------------------------------------------------

    def _asked(self, ask: Callable[[Any, dict[str, Any]], Mapping[str, Any]], **kept: str | None) -> Credential:
        """What the token endpoint gives, beside what is kept. Nothing of what was sent or came is in an error."""
        options, begun = self._options, utcnow()
        how: dict[str, Any] = {
            "timeout": (options.connect_timeout, min(options.read_timeout, 30.0)),
            "allow_redirects": False,  # they would take the secrets along
            "headers": {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        }
        status: list[int] = []

        def seen(response: Any) -> Any:
            status.append(response.status_code)
            return response

        with self._session() as session:
            for hook in ("access_token_response", "refresh_token_response"):
                session.register_compliance_hook(hook, seen)
            try:
                answer = ask(session, how)
                if answer.get("access_token") and status[-1] < 300:
                    return _credential(answer, begun, **kept)
                problem = self._refusal("", status[-1])
            except (OSError, ValueError):  # those of requests are the one or the other
                problem = self._refusal("", status[-1]) if status else self._away("cannot be reached, or broke off")
            except Exception as error:  # noqa: BLE001 - whatever it is, it may show what was sent
                problem = self._refusal(_word(getattr(error, "error", "")), status[-1] if status else 0)
        raise problem

    def _refusal(self, word: str, status: int) -> VendorError:
        """What an answer without a token means, by the error's name (RFC 6749, 5.2) and the status."""
        if status >= 500 or status == 429 or status < 400 or word in ("server_error", "temporarily_unavailable"):
            return self._away(f"answered {status} without a token")
        if word == "invalid_grant":
            return AuthError(self._says(SAYS[REVOKED]), status=status, code=REVOKED)
        if word in ("invalid_client", "unauthorized_client") or (not word and status == 401):
            return AuthError(self._says(SAYS[CLIENT]), status=status, code=CLIENT)
        if word in ("access_denied", "invalid_scope") or (not word and status == 403):
            what = f"the vendor gives this application no token ({word or status}). Its owner or an administrator can"
            return Forbidden(self._says(f"{what} allow it"), status=status)
        if not word:
            return self._away(f"answered {status} with nothing that is an answer")
        return AuthError(self._says(f"the vendor gives no token ({word}). Connect again"), status=status, code=word)

    def _away(self, what: str) -> Unavailable:
        """The request that the token is for was not sent, so it may be repeated, whatever it is."""
        where = urlsplit(self.server.token_endpoint).netloc
        return Unavailable(
            self._says(f"the token endpoint at {where} {what}. Nothing is lost; try again later"), code=NOT_SENT
        )

    def _says(self, what: str) -> str:
        return f"{self.vendor}: {self.name}: {what}"

    def _session(self, **more: Any) -> Any:
        try:
            from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
        except ImportError:
            raise ConfigError("this needs headcount[oauth]: pip install 'headcount[oauth]'") from None
        client_id, client_secret = self._client
        session: Any = OAuth2Session(
            client_id,
            client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - a method, and no secret
            code_challenge_method="S256",
            **more,
        )
        session.headers["User-Agent"] = "headcount"
        if self._options.proxies is not None:
            session.trust_env, session.proxies = False, dict(self._options.proxies)
        if self._options.ca_bundle:
            session.verify = self._options.ca_bundle
        return session


def _word(told: object) -> str:
    """An error's name; nothing else that a vendor says there is shown."""
    return told if isinstance(told, str) and WORD.fullmatch(told) else ""


def _header(credential: Credential) -> str:
    return f"Bearer {credential.token}"


def _credential(
    answer: Mapping[str, Any],
    begun: datetime,
    *,
    redirect_uri: str | None = None,
    refresh_token: str | None = None,
) -> Credential:
    """What the answer gives. Its life counts from when it was asked for, by this machine's clock alone."""
    try:
        life = float(answer["expires_in"])
    except (KeyError, TypeError, ValueError):
        life = 0.0
    return Credential(
        token=str(answer["access_token"]),
        refresh_token=str(answer.get("refresh_token") or "") or refresh_token,
        made_at=begun,
        expires_at=begun + timedelta(seconds=life) if 0 < life < 1e9 else None,
        redirect_uri=redirect_uri,
    )
