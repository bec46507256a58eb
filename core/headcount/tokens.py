"""A vendor's token endpoint: where it is, what it gives, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.auth import Credential
from headcount.errors import AuthError, ConfigError, Forbidden, Unavailable, VendorError
from headcount.hosts import check_labels
from headcount.options import Options
from headcount.transport import NOT_SENT

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


@attrs.frozen(kw_only=True)
class AuthorizationServer:
    """Where a vendor grants access and gives out tokens. The addresses may name settings in braces.

    `scope` is what is asked for, where the vendor has scopes. `refused` are the statuses that an expired token may be
    answered with. `pkce` says that the vendor takes a code challenge (RFC 7636). `base_url` is where a token is sent,
    where that is another address than the connector's own; `revocation_endpoint` where it is given back (RFC 7009).
    """

    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str | None = None
    scope: str = ""
    refused: frozenset[int] = frozenset({401})
    pkce: bool = False
    base_url: str = ""

    def at(self, settings: Mapping[str, Any], home: str, base_url: str) -> AuthorizationServer:
        """For one company. `home` is the connector's own address; a company that is reached at another (a sandbox, a
        proxy) is granted access there too: its secrets go to no host that its settings do not name."""
        told = {name: value for name, value in settings.items() if value is not None}
        try:
            home = home.format(**told)
        except KeyError:
            home = ""
        there = urlsplit(base_url)
        usual = urlsplit(home).netloc == there.netloc

        def filled(template: str) -> str:
            if not usual:
                template = urlsplit(template)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
            check_labels(template, told, "oauth")
            return template.format(**told)

        return attrs.evolve(
            self,
            authorization_endpoint=filled(self.authorization_endpoint),
            token_endpoint=filled(self.token_endpoint),
            revocation_endpoint=self.revocation_endpoint and filled(self.revocation_endpoint),
            base_url=filled(self.base_url) if self.base_url and base_url == home else base_url,
        )


class TokenEndpoint:
    """Asks for tokens, and for nothing else. `whose` connection it is stands in each error."""

    def __init__(self, server: AuthorizationServer, whose: str, client: tuple[str, str], options: Options) -> None:
        self._server = server
        self._whose = whose
        self._client = client
        self._options = options

    def ask(
        self, ask: Callable[[Any, dict[str, Any]], Mapping[str, Any]], begun: datetime, **kept: str | None
    ) -> Credential:
        """What the token endpoint gives, beside what is kept. Nothing of what was sent or came is in an error."""
        options = self._options
        how: dict[str, Any] = {
            "timeout": (options.connect_timeout, min(options.read_timeout, 30.0)),
            "allow_redirects": False,  # they would take the secrets along
            "headers": {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        }
        status: list[int] = []

        def seen(response: Any) -> Any:
            status.append(response.status_code)
            return response

        with self.session() as session:
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
                problem = self._refusal(word_of(getattr(error, "error", "")), status[-1] if status else 0)
        raise problem

    def give_back(self, token: str, kind: str) -> bool:
        """Whether the vendor took a token back (RFC 7009), of the kind `refresh_token` or `access_token`."""
        if self._server.revocation_endpoint is None:
            return False
        options = self._options
        how = {"timeout": (options.connect_timeout, min(options.read_timeout, 30.0)), "allow_redirects": False}
        with self.session() as session:
            try:
                answer = session.revoke_token(self._server.revocation_endpoint, token, kind, **how)
            except Exception:  # noqa: BLE001 - whatever it is, it may show what was sent
                return False
        return bool(answer.status_code < 300)

    def _refusal(self, word: str, status: int) -> VendorError:
        """What an answer without a token means, by the error's name (RFC 6749, 5.2) and the status."""
        if status >= 500 or status == 429 or status < 400 or word in ("server_error", "temporarily_unavailable"):
            return self._away(f"answered {status} without a token")
        if word == "invalid_grant":
            return AuthError(self.says(SAYS[REVOKED]), status=status, code=REVOKED)
        if word in ("invalid_client", "unauthorized_client") or (not word and status == 401):
            return AuthError(self.says(SAYS[CLIENT]), status=status, code=CLIENT)
        if word in ("access_denied", "invalid_scope") or (not word and status == 403):
            what = f"the vendor gives this application no token ({word or status}). Its owner or an administrator can"
            return Forbidden(self.says(f"{what} allow it"), status=status)
        if not word:
            return self._away(f"answered {status} with nothing that is an answer")
        return AuthError(self.says(f"the vendor gives no token ({word}). Connect again"), status=status, code=word)

    def _away(self, what: str) -> Unavailable:
        """The request that the token is for was not sent, so it may be repeated, whatever it is."""
        where = urlsplit(self._server.token_endpoint).netloc
        return Unavailable(
            self.says(f"the token endpoint at {where} {what}. Nothing is lost; try again later"), code=NOT_SENT
        )

    def says(self, what: str) -> str:
        """The text of an error: whose connection it is, and what happened."""
        return f"{self._whose}: {what}"

    def session(self, **more: Any) -> Any:
        """Authlib's, for this application."""
        try:
            from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
        except ImportError:
            raise ConfigError("this needs headcount[oauth]: pip install 'headcount[oauth]'") from None
        client_id, client_secret = self._client
        session: Any = OAuth2Session(
            client_id,
            client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - a method, and no secret
            revocation_endpoint_auth_method="client_secret_post",
            code_challenge_method="S256",
            **more,
        )
        session.headers["User-Agent"] = "headcount"
        if self._options.proxies is not None:
            session.trust_env, session.proxies = False, dict(self._options.proxies)
        if self._options.ca_bundle:
            session.verify = self._options.ca_bundle
        return session


def word_of(told: object) -> str:
    """An error's name; nothing else that a vendor says there is shown."""
    return told if isinstance(told, str) and WORD.fullmatch(told) else ""


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
