"""The credential: a wrong one is told apart from a narrow one, at once, and nobody hears what it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.auth import Credential
from headcount.connection import Connection
from headcount.errors import AuthError, Forbidden, Unsupported
from headcount.plugins import connect
from headcount.sandbox import Sandbox
from headcount.testing.bench import KEY, QUICK, Bench, Granted, granted_to, is_renewal, read
from headcount.testing.checking import check, ensure
from headcount.tokens import REVOKED
from headcount.vault import Vault

WRONG = "canary-wrong-credential"


def _wrong(bench: Bench, box: Sandbox) -> dict[str, Any]:
    """The sandbox's settings with another secret in place of each."""
    secrets = [field.name for field in attrs.fields(bench.connector.settings) if not field.repr]
    return {name: WRONG if name in secrets else value for name, value in box.settings.items()}


@check()
def bad_credential_classified(bench: Bench) -> None:
    """A wrong credential is an `AuthError` at the first request, that says where the right one is found."""
    with bench.box() as box, bench.connect(box, settings=_wrong(bench, box)) as account:
        error = read(account.employees()).error
        ensure(isinstance(error, AuthError), f"a wrong credential is {type(error).__name__}, and no AuthError")
        ensure(len(box.log) == 1, f"a wrong credential was tried {len(box.log)} times: that locks accounts")
        ensure(WRONG not in str(error), "the error shows the credential")


@check()
def revoked_on_the_way_is_told(bench: Bench) -> None:
    """A credential that dies in the middle of a read ends it as an `AuthError`: half a list is no list."""
    with bench.account() as (box, account):
        box.play("unauthorized", on=box.lists)
        found = read(account.employees())
        ensure(isinstance(found.error, AuthError), f"it ends as {type(found.error).__name__}, and not as an AuthError")
        ensure(not found.report.complete, "and is said to be complete")


@check()
def forbidden_is_not_revoked(bench: Bench) -> None:
    """What may not be seen is `Forbidden`, or read another way: never a wrong credential, never an empty list."""
    with bench.account() as (box, account):
        whole = read(account.employees()).people.keys()
        box.play("forbidden", on=box.lists, times=None)
        found = read(account.employees())
        told = isinstance(found.error, Forbidden | Unsupported) or found.people.keys() == whole
        ensure(told, f"a refusal of the list becomes {type(found.error).__name__} and {len(found.people)} people")
        ensure(not isinstance(found.error, AuthError), "a refusal is taken for a wrong credential")


@check("whoami", reads_only=True)
def token_owner_reported(bench: Bench) -> None:
    """Whose credential it is can be asked: with that person it dies."""
    with bench.reading() as account:
        me = account.whoami()
    ensure(me.id or me.name or me.work_email, "whoami names nobody")
    ensure(me.expires, "whoami does not say when the credential ends")


@check()
def a_permission_is_never_asked_twice(bench: Bench) -> None:
    """What is refused or not there is not tried again: no waiting brings a permission."""
    for kind, how in (("forbidden", {}), ("error", {"status": 404})):
        with bench.account(options=attrs.evolve(QUICK, tries=4)) as (box, account):
            box.play(kind, times=None, **how)
            error = read(account.employees()).error
            again = len(box.log) - len({(one.method, one.path, str(one.query)) for one in box.log})
            ensure(error is not None, f"everything answers {kind}, and the read has no error")
            ensure(not again, f"what is {kind} was asked for {again} times more")


# -- granted by OAuth -----------------------------------------------------------------------------


def _renewed(granted: Granted, times: int) -> None:
    ensure(len(granted.renewals) == times, f"a token is renewed {len(granted.renewals)} times, where {times} is due")


@check("oauth")
def every_expired_status_is_known(bench: Bench) -> None:
    """The status that the vendor answers an expired token with is one that the connector renews a token on."""
    with bench.granted() as granted, granted.connection() as account:
        granted.box.grants.expire()
        before = len(granted.box.log)
        read(account.employees())
        status, known = granted.box.log[before].status, granted_to(account).server.refused
        ensure(status >= 400, f"the sandbox answers an expired token with {status}")
        ensure(status in known, f"the vendor answers an expired token with {status}, and oauth.refused lacks that")


@check("oauth")
def expired_token_refreshes_once(bench: Bench) -> None:
    """A token that expires between two requests is renewed, once, and the refused request sent again."""
    with bench.granted() as granted, granted.connection() as account:
        whole = read(account.employees()).to_its_end().ids
        granted.box.grants.expire()
        found = read(account.employees())
        ensure(found.error is None, f"an expired token ends the read: {found.error}")
        ensure(found.ids == whole, f"{len(whole)} people are read with a new token, and {len(found.ids)} with another")
        _renewed(granted, 1)


@check("oauth")
def concurrent_refresh_single_flight(bench: Bench) -> None:
    """Many threads of two connections, refused at once, have one of them renew the token for all."""
    with bench.granted(rotates=True) as granted, granted.connection() as one, granted.connection() as other:
        for account in (one, other):
            read(account.employees()).to_its_end()
        granted.box.grants.expire()
        granted.box.play("slow", on=urlsplit(granted_to(one).server.token_endpoint).path, seconds=0.2, times=None)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda account: read(account.employees()), (one, other) * 4))
        failed = [str(one.error) for one in found if one.error is not None]
        ensure(not failed, f"{len(failed)} of {len(found)} reads at once fail, the first with: {''.join(failed[:1])}")
        _renewed(granted, 1)


@check("oauth")
def rotation_persisted_before_use(bench: Bench) -> None:
    """Where each renewal ends the refresh token before it, the new one is kept before anything is asked with it."""
    with bench.granted(rotates=True) as granted:
        first, after = granted.credential, list[bool]()

        class Watched(Vault):
            def put(self, name: str, credential: Credential) -> None:
                if credential.token != first.token:
                    after.append(is_renewal(granted.box.log[-1]))
                super().put(name, credential)

        alone = attrs.evolve(QUICK, threads=1)
        with Watched(granted.vault.url, key=KEY) as vault, granted.connection(vault=vault, options=alone) as account:
            granted.box.grants.expire()
            read(account.employees()).to_its_end()
        ensure(after == [True], "a new token is used before it is kept, or is not kept")
        ensure(granted.credential.refresh_token != first.refresh_token, "the refresh token that is kept is the old one")


@check("oauth")
def refresh_token_kept_when_absent(bench: Bench) -> None:
    """Where a renewal brings no refresh token, the one that there is goes on being used."""
    with bench.granted(repeats=False) as granted:
        for times in (1, 2):
            granted.age(1)
            with granted.connection() as account:
                read(account.employees()).to_its_end()
            _renewed(granted, times)


@check("oauth")
def token_renewed_early(bench: Bench) -> None:
    """A token is renewed before its life is over: with a clock that is right no request is refused for its age."""
    with bench.granted() as granted, granted.connection() as account:
        known = granted_to(account).server.refused
        for _ in range(6):
            granted.age(0.3)
            with granted.connection() as later:
                read(later.employees()).to_its_end()
        refused = [one for one in granted.box.log if one.status in known]
        ensure(not refused, f"{len(refused)} requests went out with a token whose life was over")
        _renewed(granted, 2)


@check("oauth")
def revoked_grant_is_told(bench: Bench) -> None:
    """A grant that was taken back is an `AuthError` that says so, and the vendor is not asked again with it."""
    with bench.granted() as granted, granted.connection() as account:
        read(account.employees()).to_its_end()
        granted.box.grants.revoke()
        _told(account)
        _renewed(granted, 1)
        asked = len(granted.box.log)
        with granted.connection() as another:
            for one in (account, another):
                _told(one)
        ensure(len(granted.box.log) == asked, "the vendor is asked again with what it has taken back")


def _told(account: Connection) -> None:
    error = read(account.employees()).error
    ensure(isinstance(error, AuthError), f"a grant that was taken back is {type(error).__name__}, and no AuthError")
    ensure(getattr(error, "code", "") == REVOKED, "the error's code does not say that the grant was taken back")


@check("oauth", once=True)
def what_is_granted_stays_with_the_vendor(bench: Bench) -> None:
    """The application's secret and the tokens go to hosts in the vendor's own domain, over https, and to no other."""
    fields: dict[str, Any] = {"client_id": "acme"}
    fields |= {field.name: "acme" for field in attrs.fields(bench.connector.settings) if field.default is attrs.NOTHING}
    with connect(bench.connector, **fields) as account:
        server = granted_to(account).server
    for url in (server.authorization_endpoint, server.token_endpoint, server.base_url):
        ensure(url.startswith("https://"), f"a secret goes to {url} in the clear")
        ensure(_domain(url) == _domain(bench.connector.base_url), f"a secret goes to {urlsplit(url).hostname}")


def _domain(url: str) -> list[str]:
    """The last two names of a host's: under them all are one owner's, as far as can be told without a list."""
    return (urlsplit(url).hostname or "").split(".")[-2:]
