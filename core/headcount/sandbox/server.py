"""The server every vendor's sandbox runs on: routes, the key, faults, and a log of what was asked."""

from __future__ import annotations

import copy
import functools
import re
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import attrs
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from headcount.http import Headers
from headcount.sandbox.calls import GUIDE, OBSERVED, Answer, Call, Handler, Logged, Refused, Row, T, logged, response_of
from headcount.sandbox.clock import Clock
from headcount.sandbox.company import Company
from headcount.sandbox.faults import Fault
from headcount.sandbox.oauth import Grants
from headcount.sandbox.people import Person
from headcount.sandbox.webhooks import Happened, Hook, Outbox, Shown

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from headcount.connection import Connection


@attrs.define
class _Playing:
    fault: Fault
    seen: int = 0
    played: int = 0

    def bites(self, method: str, path: str) -> bool:
        fault = self.fault
        if not re.search(fault.on, path) or not (fault.method == "" or re.fullmatch(fault.method, method)):
            return False
        self.seen += 1
        if self.seen <= self.fault.after or (self.fault.times is not None and self.played >= self.fault.times):
            return False
        self.played += 1
        return True


class Face(Protocol):
    """Whose credential a call must carry, and how its errors look; `Sandbox` has the words for each."""

    def authorized(self, call: Call) -> bool: ...
    def error(self, status: int, message: str = "") -> Answer: ...
    def throttled(self, fault: Fault) -> Answer: ...
    def quota_used(self, fault: Fault) -> Answer: ...
    def no_route(self, call: Call, status: int) -> Answer: ...


class Sandbox(Company, ABC):
    """A vendor's emulator: a real HTTP server on loopback, with people, a clock, and faults to order.

    Use it as a context manager, or call `start()` and `stop()`. A vendor's class states its `name`, the
    `prefixes` its API hangs under, its `id_key`, its routes, and the faces of its errors.

    `people` is a count (made by `population(people, seed=seed)`) or the people themselves.
    """

    name: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    """Where the API hangs, e.g. `"/api/v1"`; may hold werkzeug arguments such as `<company>`."""
    id_key: ClassVar[str] = "id"
    dialects: ClassVar[tuple[str, ...]] = OBSERVED
    """The ways of speaking it knows: one, unless a vendor's descriptions disagree and it speaks both."""
    lists: ClassVar[str] = ""
    """Finds the paths of the lists of people (a regular expression): where the faults about lists are played."""
    paged: ClassVar[tuple[str, ...]] = GUIDE + OBSERVED
    """The dialects in which the list of people comes in pages."""
    one_by_one: ClassVar[tuple[str, ...]] = ()
    """The dialects in which people can be read in no other way than one by one."""
    grants_in: ClassVar[tuple[str, ...]] = ()
    """The dialects in which a person can grant access by OAuth: there are routes to `grants`."""
    limit: tuple[int, float] | None = None
    """So many requests in any so many seconds, of those that are `limited`; more are `throttled`."""
    webhook_forms: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """The forms of messages that webhooks send, each as the `about` of a webhook; none where there are no webhooks."""
    signs: ClassVar[bool] = True
    """Whether a webhook has a private key."""

    def __init__(
        self,
        *,
        people: int | Sequence[Person] = 50,
        seed: int = 1,
        dialect: str = "observed",
        now: datetime | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        if dialect not in self.dialects:
            raise ValueError(f"no dialect is called {dialect!r}; there are: {', '.join(self.dialects)}")
        self.dialect = dialect
        clock = Clock() if now is None else Clock.at(now)
        super().__init__(people, clock=clock, seed=seed)
        self.grants = Grants(clock=clock)
        self.webhooks = Outbox(clock, shown=self.monitored, worded=self.worded, signs=self.signs)
        self.key = f"{self.name}-sandbox-key-{seed}"
        self.log: list[Logged] = []
        self.revoked = False
        self._playing: list[_Playing] = []
        self._lock = threading.RLock()
        self._host, self._port = host, port
        self._server: BaseWSGIServer | None = None
        self._map = _map(type(self), dialect)
        self._admitted: deque[datetime] = deque()
        self.prepare()

    def prepare(self) -> None:
        """Called once the people are there: make what else the vendor keeps."""

    def touch(self, person: Person) -> None:
        super().touch(person)
        self.webhooks.notice()

    @property
    def guide(self) -> bool:
        """Whether the integration guide is spoken."""
        return self.dialect == "guide"

    # -- what a vendor says -------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """What a connector is given as `base_url`: where the first prefix begins, unless a vendor says otherwise."""
        return self.origin + self.prefixes[0]

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The keywords that `headcount.connect(self.name, …)` takes to reach this sandbox."""

    @property
    def granted_settings(self) -> dict[str, Any]:
        """Those that lead here by a grant, for a vendor that knows OAuth: the application in the place of the key."""
        told = {name: value for name, value in self.settings.items() if value != self.key}
        return {**told, "client_id": self.grants.client_id, "client_secret": self.grants.client_secret}

    @property
    def writing_settings(self) -> dict[str, Any]:
        """The settings that writing takes: those that reading does, unless a vendor has another line for it."""
        return self.settings

    def face(self, call: Call) -> Face:
        """Who looks at the call's credential and words its errors: the sandbox, unless another API hangs there."""
        return self

    @abstractmethod
    def authorized(self, call: Call) -> bool:
        """Whether the call carries `self.key` in the vendor's way."""

    @abstractmethod
    def error(self, status: int, message: str = "") -> Answer:
        """The vendor's face of an error of this status (401, 403, 404, 405, 500, …)."""

    def throttled(self, fault: Fault) -> Answer:
        """The vendor's face of too many requests; `fault` may ask for a `status` and a `retry_after`."""
        answer = self.error(fault.status or 429, "Too many requests")
        hint = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return attrs.evolve(answer, headers={**answer.headers, **hint})

    def no_route(self, call: Call, status: int) -> Answer:
        """The vendor's face of an address it does not have (404), or has for other methods only (405)."""
        return self.error(status, f"no {call.method} at {call.path}")

    def limited(self, call: Call) -> bool:
        """Whether the vendor counts this call against its `limit`."""
        return True

    def admit(self, call: Call) -> None:
        """Called before each handler, and before the credential is looked at; raise `Refused` to answer at once."""

    def quota_used(self, fault: Fault) -> Answer:
        """The vendor's face of a used-up daily quota; where it has none, the same as throttling."""
        return self.throttled(fault)

    def headers(self) -> Mapping[str, str]:
        """Headers that every answer of this vendor carries."""
        return {}

    def monitored(self, hook: Hook) -> Shown:
        """What a webhook may see of everybody, by id and field: what is another than before has happened."""
        return {}

    def worded(self, hook: Hook, happened: Happened) -> tuple[bytes, Mapping[str, str]] | None:
        """The body and the headers of a message; None for what this webhook is not told of."""
        return None

    # -- what a handler uses ------------------------------------------------------------------------

    def page(self, call: Call, rows: Sequence[T], *, start: int, size: int, number: int | None = None) -> list[T]:
        """The rows of one page, after the faults that concern pages.

        By number: give the page's `number` (from 1) and the `size` asked for; `start` is then worked out.
        By offset: give `start`.
        """
        if fault := call.faults.get("clamped"):
            size = min(size, fault.size or 10)
        if number is not None:
            start = (number - 1) * size
        second = number == 2 if number is not None else 0 < start <= size
        stop = start + size
        for kind, kept in (("short_page", size // 2), ("empty_page", 0)):
            if kind in call.faults:
                if second:
                    stop = start + kept
                elif number is not None and number > 2:
                    start, stop = start - size + kept, stop - size + kept
        if "repeated_page" in call.faults:
            start, stop = 0, size
        chosen = list(rows[start:stop])
        if "moving" in call.faults and stop < len(rows):
            self.people.insert(0, self.people.pop())
        return chosen

    def total(self, call: Call, rows: Sequence[Any]) -> int:
        """How many rows the vendor says there are."""
        fault = call.faults.get("wrong_total")
        return len(rows) + (0 if fault is None else 7 if fault.size is None else fault.size)

    def shown(self, call: Call, rows: list[Row], *, id_key: str = "") -> list[Row]:
        """The rows of a list of people as they leave: one of them misshapen but for its id, where that is the fault, or
        all of them with keys that nobody knows."""
        if "unknown_keys" in call.faults:
            rows = [{**row, "x_new": "text", "x_more": {"of": [{"this": 1}]}} for row in rows]
        if "malformed" in call.faults and rows:
            kept = id_key or self.id_key
            rows[-1] = {key: value if key == kept else {"unexpected": [value]} for key, value in rows[-1].items()}
        return rows

    # -- what a test uses ---------------------------------------------------------------------------

    def play(self, kind: str, **how: Any) -> None:
        """Order a fault: `sandbox.play("throttle", on="/profiles", after=2, retry_after="1")`; see `Fault`."""
        self._playing.append(_Playing(Fault(kind=kind, **how)))

    def calm(self) -> None:
        """Take back every fault, and let the key work and see everything and everyone again."""
        self._playing.clear()
        self.revoked = self.restricting = False
        self.lost_department = ""

    def requests(self, path: str = "") -> list[Logged]:
        """The requests logged so far in whose path this regular expression is found."""
        return [logged for logged in self.log if re.search(path, logged.path)]

    @property
    def origin(self) -> str:
        """Scheme, host and port; raises `RuntimeError` before `start()`."""
        if self._server is None:
            raise RuntimeError("the sandbox is not started: use it in a with block, or call start()")
        return f"http://{self._host}:{self._server.port}"

    def connect(self, **keywords: Any) -> Connection:
        """A connection to this sandbox that keeps no pace and waits little; `keywords` are those of `connect`."""
        from headcount.options import UNLIMITED, Options
        from headcount.plugins import connect

        keywords.setdefault("options", Options(rate=UNLIMITED, first_wait=0.01, longest_wait=0.05))
        return connect(self.name, **{**self.settings, **keywords})

    def start(self) -> Self:
        """Bind the port (0: any free one) and serve from threads; returns at once."""
        handler = type("Handler", (_Quiet,), {"clock": self.clock})
        self._server = make_server(self._host, self._port, self._application, threaded=True, request_handler=handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port. Harmless when not started."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- serving ------------------------------------------------------------------------------------

    def _application(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._respond(Request(environ))(environ, start)

    def _respond(self, request: Request) -> Response:
        body = request.get_data()
        with self._lock:
            bites = {p.fault.kind: p.fault for p in self._playing if p.bites(request.method, request.path)}
        if slow := bites.get("slow"):
            time.sleep(slow.seconds)
        if "unreached" in bites:
            with self._lock:
                self.log.append(logged(request, body, 0, self.clock.now()))
            _reset(request.environ["werkzeug.socket"])
            return Response()
        with self._lock:
            answer = self._answer(request, body, bites)
            if request.method != "GET":
                self.webhooks.notice()
            self.log.append(logged(request, body, answer.status, self.clock.now()))
            response = response_of(answer, self.headers())
        if "truncated" in bites:
            whole = response.get_data()
            response.set_data(whole[: len(whole) // 2])
            response.headers["Content-Length"] = str(len(whole))
            response.headers["Connection"] = "close"
        if "reset" in bites:  # by now all is done and logged
            _reset(request.environ["werkzeug.socket"])
        return response

    def _answer(self, request: Request, body: bytes, bites: Mapping[str, Fault]) -> Answer:
        self.revoked = self.revoked or "unauthorized" in bites
        self.restricting = self.restricting or "lost_permission" in bites
        if lost := bites.get("lost_department"):
            self.lost_department = lost.department or self.lost_department or self._largest_department()
        arguments: Mapping[str, Any] = {}
        missing = 0
        try:
            name, arguments = self._map.bind_to_environ(request.environ).match()
            handler: Handler | None = getattr(self, name)
        except HTTPException as error:
            handler, missing = None, error.code or 404
        prefix = {key: value for key, value in arguments.items() if f"<{key}>" in "".join(self.prefixes)}
        rest = {key: value for key, value in arguments.items() if key not in prefix}
        call = Call(request.method, request.path, request.args, Headers(dict(request.headers)), body, prefix, bites)
        face = self.face(call)
        try:
            self._count(call)
            if handler is not None and getattr(handler, "open", False):
                return handler(call, **rest)
            if not face.authorized(call) or self.revoked:
                return face.error(401)
            for kind, answer in self._instead(face).items():
                if kind in bites:
                    return answer(bites[kind])
            if handler is None:
                return face.no_route(call, missing)
            if "unheeded" in bites:
                return self._unheeded(handler, call, rest)
            return handler(call, **rest)
        except Refused as refused:
            return refused.answer
        except ValueError as error:
            return face.error(400, str(error))

    def _unheeded(self, handler: Handler, call: Call, rest: Mapping[str, Any]) -> Answer:
        """Answer as if it were done, and do nothing."""
        before = copy.deepcopy(self.people)
        try:
            return handler(call, **rest)
        finally:
            self.people[:] = before

    def _count(self, call: Call) -> None:
        if self.limit is not None and self.limited(call):
            count, seconds = self.limit
            now = self.clock.exact()
            while self._admitted and now - self._admitted[0] >= timedelta(seconds=seconds):
                self._admitted.popleft()
            if len(self._admitted) >= count:
                left = timedelta(seconds=seconds) - (now - self._admitted[0])
                raise Refused(self.face(call).throttled(Fault(kind="throttle", seconds=left.total_seconds())))
            self._admitted.append(now)
        self.admit(call)

    def _instead(self, face: Face) -> Mapping[str, Callable[[Fault], Answer]]:
        page = "<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body>Back soon.</body></html>"
        return {
            "throttle": face.throttled,
            "quota": face.quota_used,
            "error": lambda fault: face.error(fault.status or 500, "A server exception was thrown."),
            "forbidden": lambda fault: face.error(403),
            "html": lambda fault: Answer(body=page, content_type="text/html; charset=utf-8"),
            "wrong_type": lambda fault: Answer(body="id,name\n1,x\n", content_type="text/csv"),
            "invalid_json": lambda fault: Answer(body='{"profiles": [{"id": oops}]}'),
            "oversized": lambda fault: Answer(body='"' + "x" * ((fault.size or 1 << 20) - 2) + '"'),
            "redirect": lambda fault: Answer(
                status=302,
                headers={"Location": f"http://localhost:{self._server.port if self._server else 0}/elsewhere"},
            ),
        }


@functools.cache
def _map(kind: Any, dialect: str) -> Map:
    """The routes of a sandbox's class in one dialect, compiled once: it takes longer than starting a server."""
    rules = [
        Rule(prefix + pattern, methods=[method], endpoint=name)
        for name in dir(kind)
        for method, pattern, dialects, at in getattr(getattr(kind, name), "routes", ())
        if dialect in dialects
        for prefix in (kind.prefixes if at == "prefixes" else getattr(kind, at)[dialect])
    ]
    return Map(rules, strict_slashes=False)


def _reset(connection: socket.socket) -> None:
    """Close with a reset, as a machine that dies does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # werkzeug ends each connection after its answer all the same
    disable_nagle_algorithm = True  # headers and body are two writes: without this each answer waits 40 ms
    clock: Clock

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The header `Date` is by the vendor's clock."""
        return http_date(self.clock.now())

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: `Sandbox.log` has it all."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """A client that goes away, or a `reset` that was ordered, is no news."""
