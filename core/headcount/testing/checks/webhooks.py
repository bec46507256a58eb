"""What the vendor sends by itself: proved first, kept once, and believed in nothing but whose record to read again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from headcount.auth import Credential
from headcount.errors import Unsupported
from headcount.sandbox import Message
from headcount.testing.bench import KEY, Bench, Kept, plain, read, same
from headcount.testing.checking import NotApplicable, check, ensure, named
from headcount.vault import Vault
from headcount.webhooks import Received

OTHER_DIGITS = str.maketrans("0123456789abcdef", "123456789abcdef0")
ADDRESS = "https://hooks.example.com/hr"


@attrs.frozen(kw_only=True)
class _Post:
    """A company that is kept, and an address that a webhook of each form sends to."""

    kept: Kept
    signed: bool

    def about(self, skip: int = 0, name: str = "Told") -> tuple[str, list[Message]]:
        """Somebody's name is another from now on: their id, and the messages that tell it."""
        box = self.kept.box
        box.webhooks.waiting.clear()
        person = plain(box, skip)
        person.given = f"{name} {person.given}"
        box.touch(person)
        box.webhooks.notice()
        told = list(box.webhooks.waiting)
        ensure(len(told) >= len(box.webhook_forms), "a change of a name is told by no message")
        return box.id_of(person), told

    def receive(self, one: Message, **other: Any) -> Received:
        """What the connection answers to a message, or to what was made of it."""
        headers, body = other.get("headers", one.headers), other.get("body", one.body)
        now = self.kept.box.clock.now()
        return self.kept.connection.webhook(headers, body, unsigned=not self.signed, now=now)

    @property
    def waiting(self) -> int:
        return self.kept.roster.waiting(self.kept.connection)

    def take_in(self) -> None:
        self.kept.roster.take_in(self.kept.connection)


@contextmanager
def _post(bench: Bench, *, proved: bool = False, keys: bool = True) -> Iterator[_Post]:
    """The sandbox and a roster, with a webhook of each form. Raises `NotApplicable` where it sends none, and where
    the check is about what nothing `proved`."""
    of = bench.connector.webhooks
    assert of is not None
    with Vault("sqlite://", key=KEY) as vault, bench.kept(vault=vault) as kept:
        box, connection = kept.box, kept.connection
        if not box.webhook_forms:
            raise NotApplicable("the sandbox sends no webhooks")
        kept.sync()
        hooks = [box.webhooks.add(ADDRESS, **form) for form in box.webhook_forms]
        ensure(
            of.signing is not None or not any(hook.key for hook in hooks), "the vendor signs, and nobody looks at it"
        )
        if proved and of.signing is None:
            raise NotApplicable("nothing proves who sends these")
        if keys and of.signing is not None:
            vault.put(connection.name, Credential(webhooks={hook.id: hook.key for hook in hooks}))
        yield _Post(kept=kept, signed=of.signing is not None)


@check("webhooks")
def every_message_names_whom_it_is_about(bench: Bench) -> None:
    """A message of any form that the vendor sends is taken, and names the person by the id that the roster knows."""
    with _post(bench) as post:
        id, told = post.about()
        for one in told:
            answer = post.receive(one)
            ensure(answer.status == 200, f"what the vendor sent is refused: {answer.why}")
            ensure(answer.ids == (id,), f"a message about one person names {len(answer.ids)}, or another")


@check("employees.some")
def some_are_read_as_in_the_whole_list(bench: Bench) -> None:
    """Who is read by themselves is, in every field, as in the list of everybody; who is not there is told."""
    with bench.account() as (box, account):
        box.departs(plain(box, 2), box.clock.advance(days=1).date())
        box.clock.advance(days=-1)
        whole = read(account.employees(ahead=True)).to_its_end()
        ids = whole.ids[::3]
        found = read(account.some([*ids, "987654321"], ahead=True))
        if isinstance(found.error, Unsupported):
            raise NotApplicable(str(found.error))
        found.to_its_end()
        ensure(found.people.keys() == set(ids), f"{len(found.people)} of {len(ids)} who were asked for came, or others")
        ensure(found.report.gone == ["987654321"], "who is not there is not told to be missing")
        others = [id for id, one in found.people.items() if not same(one, whole.people[id])]
        ensure(not others, f"{named(others)} are read otherwise by themselves than in the list")
        ensure(not read(account.some([])).people, "of nobody everybody is read")


@check("webhooks")
def bad_signature_rejected(bench: Bench) -> None:
    """What the vendor did not sign to the letter is refused, and leaves nothing."""
    with _post(bench, proved=True) as post:
        _, told = post.about()
        for one in told:
            other = {name: value.translate(OTHER_DIGITS) for name, value in one.headers.items()}
            for way, changed in (
                ("another body", {"body": one.body + b" "}),
                ("another signature", {"headers": other}),
                ("no signature", {"headers": {}}),
            ):
                answer = post.receive(one, **changed)
                ensure(answer.status == 401, f"a message with {way} is answered {answer.status}")
        ensure(not post.waiting, "a message that nobody signed has left something")


@check("webhooks")
def signature_checked_before_age(bench: Bench) -> None:
    """Of what nobody signed not even the time is looked at: whoever forges learns nothing from the answer."""
    with _post(bench, proved=True) as post:
        _, told = post.about()
        post.kept.box.clock.advance(days=30)
        for one in told:
            forged = post.receive(one, body=one.body + b" ")
            ensure(forged.status == 401, f"an old message that nobody signed is answered {forged.status}")
            ensure(post.receive(one).status == 400, "a message of a month ago is taken")


@check("webhooks")
def duplicate_ignored(bench: Bench) -> None:
    """Vendors send twice. The second time changes nothing, and is answered as the first."""
    with _post(bench, proved=True) as post:
        _, told = post.about()
        for one in told:
            first, again = post.receive(one), post.receive(one)
            ensure((first.status, again.status) == (200, 200), "a message that comes twice is refused")
            ensure(again.duplicate and not first.duplicate, "a message that comes twice counts twice")
        ensure(post.waiting == 1, f"one person was named, and {post.waiting} wait")


@check("webhooks")
def out_of_order_converges(bench: Bench) -> None:
    """In whatever order messages come, the roster is then as the vendor's records are."""
    with _post(bench) as post:
        post.kept.box.clock.advance(minutes=1)
        _, first = post.about(0, "First")
        post.kept.box.clock.advance(minutes=1)
        _, second = post.about(0, "Second")
        _, other = post.about(3, "Other")
        for one in (*other, *reversed(second), *reversed(first)):
            ensure(post.receive(one).status == 200, "a message that was overtaken is refused")
            post.take_in()
        ensure(not post.waiting, "who was read again still waits")
        post.kept.agrees()


@check("webhooks")
def replay_old_accepted_once(bench: Bench) -> None:
    """A message that is hours late, as after an outage of ours, is taken; and once."""
    with _post(bench, proved=True) as post:
        id, told = post.about()
        post.kept.box.clock.advance(minutes=155)
        for one in told:
            late, again = post.receive(one), post.receive(one)
            ensure(late.status == 200 and late.ids == (id,), f"a late message is answered {late.status}: {late.why}")
            ensure(again.duplicate, "a late message counts twice")


@check("webhooks")
def body_not_trusted_reread(bench: Bench) -> None:
    """What a message tells of somebody is not believed: the record is read again, as it is by then."""
    with _post(bench) as post:
        id, told = post.about(0, "Told")
        post.about(0, "Since")
        for one in told:
            post.receive(one)
        post.take_in()
        found = post.kept.people()[id].given_name or ""
        ensure(found.startswith("Since Told"), "somebody is kept as a message told, and not as they are")


@check("webhooks")
def own_fault_returns_5xx(bench: Bench) -> None:
    """What goes wrong on our side is answered with a 5xx, so that the vendor sends it again; then it is taken."""
    with _post(bench, keys=False) as post:
        _, told = post.about()
        inbox = post.kept.connection.inbox
        if post.signed:
            answer = post.receive(told[0])
            ensure(answer.status >= 500, f"without a key to prove it by a message is answered {answer.status}")
            keys = {one.hook.id: one.hook.key for one in told}
            post.kept.connection.vault.put(post.kept.connection.name, Credential(webhooks=keys))
        place, inbox.url = inbox.url, "sqlite:////nowhere/none.db"
        ensure(post.receive(told[0]).status >= 500, "where the store is down a message is not asked for again")
        inbox.url = place
        ensure(post.receive(told[0]).status == 200, "what is sent again after a fault of ours is not taken")
