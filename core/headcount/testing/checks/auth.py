"""The credential: a wrong one is told apart from a narrow one, at once, and nobody hears what it was."""

from __future__ import annotations

from typing import Any

import attrs

from headcount.errors import AuthError, Forbidden, Unsupported
from headcount.sandbox import Sandbox
from headcount.testing.bench import QUICK, Bench, read
from headcount.testing.checking import check, ensure

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
