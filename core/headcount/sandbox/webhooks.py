"""Webhooks of a sandbox: who changed is told by HTTP, again where the receiver is down, and wrongly to order."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.sandbox.clock import Clock

MINUTES = (5, 10, 20, 40, 80)
"""After so many minutes each a message is sent again that was answered with a 5xx, or not at all."""
WEBHOOK_FAULTS: dict[str, str] = {
    "duplicated": "sends a message twice",
    "disordered": "sends what is due in the opposite order",
    "late": "keeps a message back for three hours, and signs it as of the time of the change",
    "truncated": "sends half of a body, with the signature of the whole",
}
LATE = timedelta(hours=3)
SECONDS = 10.0

Shown = dict[str, dict[str, Any]]
"""What a webhook sees of each person, by id and by the vendor's name of the field."""


@attrs.define(kw_only=True)
class Hook:
    """A webhook: where it sends, and the private key that it signs with. `about` is what else the vendor keeps of it,
    `seen` what it last saw of everybody."""

    id: str
    url: str
    key: str = ""
    name: str = ""
    owner: str = ""
    created: datetime
    last_sent: datetime | None = None
    about: dict[str, Any] = attrs.field(factory=dict)
    seen: Shown = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class Happened:
    """What became of a person: `created`, `updated` or `deleted`, when, and which fields of the vendor's changed."""

    id: str
    kind: str
    at: datetime
    fields: tuple[str, ...] = ()


@attrs.define(kw_only=True)
class Message:
    """A message to a receiver, as often as it was tried; `status` is the last answer, None where none came."""

    hook: Hook
    id: str
    body: bytes
    headers: Mapping[str, str]
    due: datetime
    tries: int = 0
    status: int | None = None
    sent_at: datetime | None = None


class Outbox:
    """What a sandbox has to tell its webhooks, and has told: its `monitored` says what is to be seen, and its `worded`
    how it is told."""

    def __init__(
        self,
        clock: Clock,
        *,
        shown: Callable[[Hook], Shown],
        worded: Callable[[Hook, Happened], tuple[bytes, Mapping[str, str]] | None],
        signs: bool,
    ) -> None:
        self.hooks: dict[str, Hook] = {}
        self.waiting: list[Message] = []
        self.sent: list[Message] = []
        """Every message that was tried, with how it was answered last."""
        self._clock, self._shown, self._worded, self._signs = clock, shown, worded, signs
        self._lock = threading.RLock()
        self._faults: list[str] = []
        self._made = 0

    def add(self, url: str, **about: Any) -> Hook:
        """Make a webhook, as somebody at the vendor's own pages would. It is told of what happens from now on."""
        with self._lock:
            self._made += 1
            key = f"{0x5EED0000 + self._made:032x}" if self._signs else ""
            hook = Hook(id=str(self._made), url=url, key=key, created=self._clock.now(), about=about)
            hook.seen = self._shown(hook)
            self.hooks[hook.id] = hook
        return hook

    def play(self, kind: str, times: int = 1) -> None:
        """Order a fault, for the next so many messages; `WEBHOOK_FAULTS` has what there are."""
        if kind not in WEBHOOK_FAULTS:
            raise ValueError(f"no fault is called {kind!r}; there are: {', '.join(WEBHOOK_FAULTS)}")
        self._faults += [kind] * times

    def notice(self) -> None:
        """See what has happened since the last look, and let it wait to be sent."""
        with self._lock:
            for hook in self.hooks.values():
                before, hook.seen = hook.seen, self._shown(hook)
                for happened in self._happened(before, hook.seen):
                    if (worded := self._worded(hook, happened)) is not None:
                        body, headers = worded
                        self.waiting.append(
                            Message(hook=hook, id=happened.id, body=body, headers=headers, due=happened.at)
                        )

    def _happened(self, before: Shown, after: Shown) -> Iterable[Happened]:
        """Who is new is told of twice, as created and as updated."""
        now = self._clock.now()
        for id, shown in after.items():
            old = before.get(id)
            if old is None:
                yield Happened(id=id, kind="created", at=now)
            if fields := tuple(name for name, value in shown.items() if (old or {}).get(name) != value):
                yield Happened(id=id, kind="updated", at=now, fields=fields)
        yield from (Happened(id=id, kind="deleted", at=now) for id in before if id not in after)

    def deliver(self) -> list[Message]:
        """Send what is due by the sandbox's clock, and return it."""
        self.notice()
        now = self._clock.now()
        with self._lock:
            due = [one for one in self.waiting if one.due <= now]
            self.waiting = [one for one in self.waiting if one.due > now]
            if self._bites("disordered", due):
                due.reverse()
        for one in due:
            self._send(one, now)
        return due

    def _send(self, one: Message, now: datetime) -> None:
        if one.tries == 0 and self._bites("late"):
            one.due = now + LATE
            self.waiting.append(one)
            return
        body = one.body[: len(one.body) // 2] if self._bites("truncated") else one.body
        for _ in range(2 if self._bites("duplicated") else 1):
            one.status = posted(one.hook.url, body, one.headers)
        one.tries, one.sent_at, one.hook.last_sent = one.tries + 1, now, now
        with self._lock:
            if one not in self.sent:
                self.sent.append(one)
            if (one.status is None or one.status >= 500) and one.tries <= len(MINUTES):
                one.due = now + timedelta(minutes=MINUTES[one.tries - 1])
                self.waiting.append(one)

    def _bites(self, kind: str, of: object = True) -> bool:
        with self._lock:
            if of and kind in self._faults:
                self._faults.remove(kind)
                return True
        return False

    def deliver_by_itself(self, every: float = 1.0) -> None:
        """Deliver from a thread from now on: for a sandbox that is run by hand."""

        def run() -> None:
            pause = threading.Event()
            while not pause.wait(every):
                self.deliver()

        threading.Thread(target=run, daemon=True).start()


def posted(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Send a body to an address; the status of the answer, None where none came."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.netloc, timeout=SECONDS)
    try:
        line.request("POST", parts.path + (f"?{parts.query}" if parts.query else "") or "/", body, dict(headers))
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()
