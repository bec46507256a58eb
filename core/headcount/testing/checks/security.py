"""What must not get out: secrets, people's data, requests to other hosts; and what must not get in."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.errors import ConfigError, HeadcountError, Unavailable
from headcount.model import Scope
from headcount.plugins import connect
from headcount.privacy import is_never_read
from headcount.testing.bench import QUICK, Bench, plain, read
from headcount.testing.checking import NotApplicable, check, ensure, fail, named

CANARY = ("Canarygiven", "Canaryfamily", "canary.address@example.com", "+1 555 0147 258")
HOSTILE = (
    "evil.example/",
    "evil.example#",
    "evil.example?x=",
    "a@evil.example",
    "evil.example\\",
    "127.0.0.1:80/",
    "..",
)
PLACE = re.compile(r"{(\w+)}")


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + (str(record.exc_info) if record.exc_info else ""))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """All that is logged meanwhile, by anybody, at every level."""
    root, heard = logging.getLogger(), _Heard()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard.lines
    finally:
        root.removeHandler(heard)
        root.setLevel(before)


def _told(error: BaseException | None) -> str:
    return "" if error is None else "".join(traceback.format_exception(error)) + repr(error)


def _everything_said(bench: Bench) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is said while things go wrong, with the secrets of the sandbox that it was said about."""
    for kind in ("error", "html", "invalid_json", "truncated", "malformed", "unauthorized", "forbidden", "reset"):
        with bench.account(people=25, options=attrs.evolve(QUICK, tries=2)) as (box, account), _listening() as heard:
            person = plain(box)
            person.given, person.family, person.email, person.mobile_phone = CANARY
            box.play(kind, on=box.lists, times=None)
            found = read(account.employees())
            refused = "".join(f"{one.error} {one!r}" for one in found.report.refused)
            said = "\n".join((*heard, _told(found.error), refused, repr(account), str(found.report.notes)))
            secrets = (box.key, *bench.connector.auth(account.settings).secrets)
            yield f"{kind}: {said}", tuple(secret for secret in secrets if len(secret) > 4)  # a dummy password is none


@check()
def no_secret_is_ever_said(bench: Bench) -> None:
    """A credential stands in no log, no error, no traceback's text and no repr."""
    for said, secrets in _everything_said(bench):
        shown = [secret for secret in secrets if secret and secret in said]
        ensure(not shown, f"a credential is shown while the vendor answers with {said.partition(':')[0]}")


@check()
def no_persons_data_is_ever_said(bench: Bench) -> None:
    """A person's name, address and number stand in no log and in no error."""
    for said, _ in _everything_said(bench):
        shown = [word for word in CANARY if word in said]
        ensure(not shown, f"a person's data is shown while the vendor answers with {said.partition(':')[0]}")


@check()
def what_was_not_asked_for_is_not_there(bench: Bench) -> None:
    """Without the scope for it nothing of a person's birth, pay, home or own fields is asked for or kept."""
    with bench.account(scopes=(Scope.IDENTITY, Scope.WORK)) as (_, account):
        for one in account.employees():
            kept = (one.demographics, one.compensation, one.personal_email, one.mobile_phone, one.home_phone)
            ensure(not any(kept), "personal data comes without the scope for it")
            ensure(not one.custom_fields and not one.raw, "custom fields or the raw record come without the scope")


@check(reads_only=True)
def government_ids_are_never_read(bench: Bench) -> None:
    """Government ids, health and bank data are dropped unread, whoever asks."""
    seen = {
        key for one in bench.everyone.people.values() for key in (*one.raw, *one.custom_fields) if is_never_read(key)
    }
    ensure(not seen, f"{named(seen)} is kept")


@check(once=True)
def the_host_is_the_vendors(bench: Bench) -> None:
    """What a company types as its name leads to the vendor's host, and to no other."""
    places = PLACE.findall(bench.connector.base_url)
    if not places:
        raise NotApplicable("the address has no part that a company gives")
    fields: dict[str, Any] = {
        field.name: "acme" for field in attrs.fields(bench.connector.settings) if field.default is attrs.NOTHING
    }
    with connect(bench.connector, **fields) as account:
        home = (urlsplit(account.http.base_url).hostname or "").removeprefix("acme.")
    for hostile in HOSTILE:
        try:
            with connect(bench.connector, **{**fields, **dict.fromkeys(places, hostile)}) as account:
                host = urlsplit(account.http.base_url).hostname or ""
        except ConfigError:
            continue
        ensure(host == home or host.endswith(f".{home}"), f"a company's name leads to the host {host}")


@check()
def a_redirect_takes_no_credential_along(bench: Bench) -> None:
    """A server that sends the reader to another host does not get the credential there."""
    with bench.account(options=attrs.evolve(QUICK, tries=1)) as (box, account):
        box.play("redirect", on=box.lists, times=None)
        read(account.employees())
        carries = {name.lower() for name in bench.connector.auth(account.settings).headers()}
        there = [one for one in box.log if one.path.endswith("/elsewhere")]
        carried = [one for one in there if carries & {name.lower() for name in one.headers}]
        ensure(not carried, "the credential went to another host")


@check()
def an_answer_without_end_is_cut_off(bench: Bench) -> None:
    """An answer larger than is allowed is an error, and not the machine's end."""
    with bench.account(options=attrs.evolve(QUICK, tries=1, max_bytes=1 << 20)) as (box, account):
        box.play("oversized", on=box.lists, size=3 << 20, times=None)
        found = read(account.employees())
        ensure(isinstance(found.error, HeadcountError), "an answer of any size is taken")
        ensure(isinstance(found.error, Unavailable) or not found.people, "half an answer is a list")


@check("employees.one")
def an_id_stays_in_its_place(bench: Bench) -> None:
    """An id with slashes, dots or questions in it leads to no other address of the vendor."""
    with bench.account() as (box, account):
        whole = {one.path for one in box.log}
        for id in ("../../meta?x=1", "a/b", "..", "%2e%2e", "1#x"):
            try:
                account.employee(id)
            except HeadcountError:
                continue
            fail("a strange id brings somebody")
        strange = [one.path for one in box.log if one.status == 200 and one.path not in whole and "meta?" in one.path]
        ensure(not strange, "a strange id led to another address")


@check()
def who_is_forgotten_leaves_no_trace(bench: Bench) -> None:
    """Somebody who is forgotten stands in no byte of the store."""
    with bench.kept(people=25) as kept:
        person = plain(kept.box)
        person.given, person.family, person.email, person.mobile_phone = CANARY
        kept.sync()
        id = kept.box.id_of(person)
        ensure(id in kept.people(), "the person is not kept to begin with")
        kept.roster.forget(kept.connection, id)
        kept.sync(full=True)
        ensure(id not in kept.people(), "who was forgotten is read again")
        stored = b"".join(file.read_bytes() for file in kept.file.parent.glob("roster.db*"))
        left = [word for word in CANARY[:3] if word.encode() in stored]
        ensure(not left, "a forgotten person's data stands in the store")


@check()
def two_companies_stay_apart(bench: Bench) -> None:
    """Two accounts in one roster have their own people, and nobody of the other's."""
    with bench.kept(people=25) as kept, bench.box(people=30, seed=7) as other:
        with bench.connect(other, name="another", scopes=tuple(Scope)) as account:
            kept.sync()
            kept.roster.sync(account)
            one = {person.id for person in kept.roster.employees(kept.connection)}
            two = {person.id for person in kept.roster.employees("another")}
        ensure(
            (len(one), len(two)) == (25, 30), f"two companies of 25 and 30 people are kept as {len(one)} and {len(two)}"
        )
