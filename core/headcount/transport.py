"""The only sender: credentials, pace, retries, errors, pages, and the guards around them."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs
import backoff
import requests
from requests import exceptions

from headcount.answers import Classify, classify
from headcount.auth import Auth, lasting
from headcount.errors import (
    ConfigError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
    Unsupported,
    VendorError,
)
from headcount.following import follow, records_in
from headcount.hosts import absolute, redirected
from headcount.http import Headers, Request, Response, check_content_type
from headcount.model import Raw
from headcount.options import Options
from headcount.paging import Page, Paging, single
from headcount.privacy import DISCREET, masked, texts_in, without
from headcount.rate import Pacer, Rate, limiter_of
from headcount.streaming import pages_of

T = TypeVar("T")
Sent = Callable[[Request, int | None, float], None]
"""Told of each request: what was sent, the status (None where no answer came), and the seconds it took."""

CHUNK = 1 << 18
REDIRECTS = 3
NOT_SENT = "not_sent"
"""The code of an error that came before anything was sent: what was not sent was not done."""
BROKEN: tuple[tuple[Any, tuple[str, ...], str, str], ...] = (
    (
        exceptions.SSLError,
        ("certificate",),
        "tls",
        "has no certificate at {host} that can be verified. Check base_url, ca_bundle.",
    ),
    (exceptions.SSLError, (), "reset", "broke the encrypted connection. Try again later."),
    (exceptions.ConnectTimeout, (), NOT_SENT, "did not take the connection at {host} in time. Check base_url."),
    (exceptions.ReadTimeout, (), "timeout", "did not answer within {seconds} s. Try later, or raise read_timeout."),
    (exceptions.ChunkedEncodingError, (), "truncated", "stopped in the middle of its answer. Try again later."),
    (exceptions.ContentDecodingError, (), "truncated", "stopped in the middle of its answer. Try again later."),
    (exceptions.ConnectionError, ("timed out",), "timeout", "stopped answering for {seconds} s. Raise read_timeout."),
    (Exception, ("aborted", "reset"), "reset", "closed the connection without an answer. Try again later."),
    (
        exceptions.ConnectionError,
        ("failed to establish", "failed to resolve"),
        NOT_SENT,
        "cannot be reached at {host}. Check base_url, the network, and any proxy.",
    ),
    (Exception, (), "unreachable", "cannot be reached at {host}. Check base_url, the network, and any proxy."),
)
"""What breaks a connection: the exceptions of requests, words in them, our code for it, and what to do."""


class Transport:
    """A line to one vendor account. Safe to share between threads; `close()` it, or let it go.

    It refuses what is not `safe`, unless it `writes`. What may have arrived is then never sent again by itself:
    only what was refused because of too many requests, or never left this machine. A `limiter` of the caller's own
    takes the place of the one that the process keeps for the account.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        vendor: str = "vendor",
        account: str = "",
        rate: Rate | None = None,
        classify: Classify = classify,
        credential_advice: str = "",
        options: Options | None = None,
        sent: Sent | None = None,
        writes: bool = False,
        limiter: Pacer | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account or urlsplit(base_url).netloc
        self.vendor = vendor
        self.requests = 0
        self._auth = auth
        _check_can_be_sent(auth, vendor, credential_advice)
        self.options = options or Options()
        self._pace = self.options.rate or rate
        self._limiter = limiter or limiter_of((vendor, self.base_url, hash(lasting(auth))), self._pace)
        self._classify = classify
        self._credential_advice = credential_advice
        self._sent = sent
        self._writes = writes
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._throttled = False
        self._resumed: tuple[Request, int] | None = None

    @property
    def origin(self) -> str:
        """Scheme and host of the base URL: where a vendor's relative links start."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    # -- one request ------------------------------------------------------------------------------

    def send(self, request: Request) -> Response:
        """Send one request and read the answer; wait and try again where that may help.

        Raises the `VendorError` that is left, or `Unsupported` for a request that would change something.
        """
        return self._patiently(lambda: self._once(request), request)

    def json(self, request: Request) -> Any:
        """What one request answers, as Python values; an answer that is no JSON is tried again like any fault."""
        return self.answered(request)[1]

    def record(self, request: Request, *, at: str | None = None) -> Raw:
        """The one record that a request answers with; `at` names the list of one that it is wrapped in.

        Raises `NotFound` where that list is empty.
        """
        response, body = self.answered(request)
        if at is not None:
            found = records_in(body, at, response)
            if not found:
                raise NotFound(f"{self.vendor}: {request} answered without a record. {NotFound.advice}", status=404)
            body = found[0]
        if not isinstance(body, dict):
            raise response.unusable("no_record", "JSON that is not a record")
        return body

    def optional(self, request: Request) -> Any:
        """What a request answers, or None where this server has no such thing, or keeps it from this credential."""
        try:
            return self.json(request)
        except (NotFound, Forbidden):
            return None

    def where_offered(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages of a list, or none where this server has no such list."""
        try:
            yield from pages
        except NotFound:
            return

    def first_answered(
        self,
        *ways: Callable[[], Iterable[Page]],
        unless: tuple[type[VendorError], ...] = (NotFound, Forbidden),
    ) -> Iterator[Page]:
        """The pages of the first of these ways that this server offers to this credential.

        The next way is tried only where one is refused by an error of `unless`, and while no page has come; what the
        last one raises is raised.
        """
        for number, way in enumerate(ways, 1):
            pages = iter(way())
            try:
                first = next(pages, None)
            except unless:
                if number == len(ways):
                    raise
                continue
            if first is not None:
                yield first
                yield from pages
            return

    def one_by_one(self, requests: Iterable[Request]) -> Iterator[Page]:
        """A page of one record for each request; a record that is gone meanwhile is left out."""
        for seen, request in enumerate(requests, 1):
            try:
                response, record = self.answered(request)
            except NotFound:
                continue
            yield Page(records=[record], response=response, seen=seen)

    def answered(self, request: Request) -> tuple[Response, Any]:
        """The response to one request, and what it says as Python values."""

        def attempt() -> tuple[Response, Any]:
            response = self._once(request)
            return response, response.json()

        return self._patiently(attempt, request)

    def _patiently(self, attempt: Callable[[], T], request: Request, *, hopeless: Callable[[], bool] = bool) -> T:
        """The one retry policy: full jitter, the vendor's Retry-After first, and only what may be repeated."""
        patient = backoff.on_exception(
            self._waits,  # type: ignore[arg-type]  # backoff sends the error in, which its types do not say
            VendorError,
            giveup=lambda error: hopeless() or not self._worth_repeating(error, request),
            max_tries=self.options.tries,
            jitter=None,  # ours is in the waits: backoff's would cut what the vendor asked for
            logger=None,  # backoff logs the text of exceptions
        )
        result: T = patient(attempt)()
        return result

    def _worth_repeating(self, error: Exception, request: Request) -> bool:
        if isinstance(error, VendorError) and (error.retry_after or 0) > self.options.patience:
            return False
        if isinstance(error, Unavailable):
            return error.code not in ("too_large", "redirect", "tls") if request.safe else error.code == NOT_SENT
        return isinstance(error, RateLimited)

    def _waits(self) -> Generator[float, VendorError, None]:
        """Seconds to wait after each error that backoff sends in."""
        longest, most = self.options.longest_wait, self.options.first_wait
        error = yield 0.0
        while True:
            least = error.retry_after
            if least is None and isinstance(error, RateLimited) and self._pace:
                # no word on when: the vendor's window is over after its whole length at the latest
                least = min(longest, max(self._pace.per, most))
            if least is None:
                seconds = random.uniform(0, min(longest, most))
            else:
                seconds = least + random.uniform(0, min(most, 0.1 * least))
            if isinstance(error, RateLimited):
                self._limiter.pause(seconds)
            error = yield seconds
            most *= 2

    def _once(self, request: Request) -> Response:
        answer, started = self._open(request)
        with answer:
            response = self._received(request, answer, self._body(request, answer), started)
        self._raise_for(response)
        return response

    def _open(self, request: Request) -> tuple[requests.Response, float]:
        """Send; once more, where the credential was refused and could be renewed. The body is not read yet."""
        headers = self._auth.headers()
        answer, started = self._reached(request, headers)
        renew: Callable[[int, dict[str, str]], bool] | None = getattr(self._auth, "renew", None)
        if renew is None or answer.status_code < 400:
            return answer, started
        try:
            renewed = renew(answer.status_code, headers)
        except BaseException:
            answer.close()
            raise
        if not renewed:
            return answer, started
        answer.close()
        self._tell(request, answer.status_code, started)
        return self._reached(request, self._auth.headers())  # what was refused was not done: a write is safe too

    def _reached(self, request: Request, credential: dict[str, str]) -> tuple[requests.Response, float]:
        """Send, and follow redirects that stay on this host."""
        if not (request.safe or self._writes):
            raise Unsupported(f"{self.vendor}: {request} would change something, and this connection only reads")
        url, params = absolute(request.path, self.base_url, self.vendor), dict(request.params)
        for _ in range(REDIRECTS + 1):
            self._limiter.wait()
            started = time.monotonic()
            session = self._session()
            if not request.safe:
                session.close()  # a connection that has died unnoticed would leave open whether a write has arrived
            with self._lock:
                self.requests += 1
            try:
                answer = session.request(
                    request.method,
                    url,
                    params=params,
                    json=request.json,
                    headers={**credential, **request.headers},
                    timeout=(self.options.connect_timeout, self.options.read_timeout),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as error:
                self._tell(request, None, started)
                # `from None`: the exceptions of requests carry the whole URL, query and all
                raise self._broken(request, error) from None
            location = answer.headers.get("Location")
            if not (300 <= answer.status_code < 400 and location):
                return answer, started
            answer.close()
            self._tell(request, answer.status_code, started)
            if not request.safe:
                raise Unavailable(
                    f"{self.vendor}: {request} is redirected, and what writes is not sent twice. Check base_url",
                    code="redirect",
                )
            url, params = redirected(request, url, location, self.base_url, self.vendor), {}
        raise Unavailable(f"{self.vendor}: {request} is redirected in a circle", code="redirect")

    def _body(self, request: Request, answer: requests.Response) -> bytes:
        chunks: list[bytes] = []
        size, most = 0, self.options.max_bytes
        for chunk in self._chunks(request, answer):
            size += len(chunk)
            if size > most:
                raise self._too_large(request)
            chunks.append(chunk)
        return b"".join(chunks)

    def _chunks(self, request: Request, answer: requests.Response) -> Iterator[bytes]:
        try:
            yield from answer.iter_content(CHUNK)
        except requests.RequestException as error:
            raise self._broken(request, error) from None

    def _received(self, request: Request, answer: requests.Response, body: bytes, started: float) -> Response:
        seconds = self._tell(request, answer.status_code, started)
        return Response(
            request=request,
            status=answer.status_code,
            reason=answer.reason or "",
            headers=Headers(answer.headers),
            body=body,
            seconds=seconds,
            url=answer.url,
        )

    def _tell(self, request: Request, status: int | None, started: float) -> float:
        seconds = time.monotonic() - started
        if self._sent is not None:
            self._sent(request, status, seconds)
        return seconds

    def _raise_for(self, response: Response) -> None:
        if self._classify(response) is None:
            return
        error = self._classify(self._without_secrets(response))
        if error is None:
            return
        self._throttled = self._throttled or isinstance(error, RateLimited)
        advice = (error.status == 401 and self._credential_advice) or error.advice
        sent = [] if response.request.safe else list(texts_in(response.request.json))
        said = without(str(error).rstrip(". "), sent)
        if isinstance(error, Rejected):
            error.problems = tuple(without(problem, sent) for problem in error.problems)
        error.args = (f"{self.vendor}: {said}. {advice}",)
        raise error

    def _without_secrets(self, response: Response) -> Response:
        """A vendor may repeat the credential in its error; what becomes a message never held it."""
        secrets = self._auth.secrets
        return attrs.evolve(
            response,
            reason=masked(response.reason, secrets),
            headers=Headers({name: masked(value, secrets) for name, value in response.headers.items()}),
            body=masked(response.text, secrets).encode(),
        )

    def _broken(self, request: Request, error: requests.RequestException) -> Unavailable:
        """What an exception of requests means for the caller."""
        text = str(error).lower()
        code, what = next(
            (code, what)
            for kinds, words, code, what in BROKEN
            if isinstance(error, kinds) and (not words or any(word in text for word in words))
        )
        seconds = f"{self.options.read_timeout:g}"
        what = what.format(host=urlsplit(self.base_url).netloc, seconds=seconds)
        return Unavailable(f"{self.vendor}: {request}: the vendor {what}", code=code)

    def _too_large(self, request: Request) -> Unavailable:
        megabytes = self.options.max_bytes / (1 << 20)
        return Unavailable(
            f"{self.vendor}: {request} answers with more than {megabytes:g} MiB; read no further. "
            "Raise max_bytes if that is right.",
            code="too_large",
        )

    # -- lists ------------------------------------------------------------------------------------

    def pages(self, request: Request, *, at: str | None = None, by: Paging = single) -> Iterator[Page]:
        """Every page from this request on, in order; `at` names the list in the body (None: the body is it).

        Where the requests to come are foreseeable they are sent ahead, a few at a time. A request or a page
        that comes a second time is an error: a vendor that goes in circles never ends a read silently.
        """
        seen = 0
        if self._resumed is not None and _same_list(request, self._resumed[0]):
            (request, seen), self._resumed = self._resumed, None
        return follow(self, request, at=at, by=by, seen=seen)

    def go_on_from(self, request: Request | None, *, seen: int = 0) -> None:
        """Begin the next list of this method and path with this request, after `seen` records: once. None forgets it.

        Only for a line that nobody else reads through.
        """
        self._resumed = None if request is None else (request, seen)

    def stream(self, request: Request, *, at: str, size: int = 500) -> Iterator[Page]:
        """One answer of any length, read as it comes: pages of `size` records, in memory that stays flat.

        `head` holds what stood before the list. Where the answer breaks off it is asked for again from the
        start, and what had come already comes a second time.
        """
        running: Iterator[Page] | None = None
        tries = 0

        def step() -> Page | None:
            nonlocal running, tries
            if running is None:
                running, tries = self._streamed(request, at, size), tries + 1
            try:
                return next(running, None)
            except VendorError:
                running = None
                raise

        # the tries are of the whole answer: each page that came would otherwise grant new ones
        while (page := self._patiently(step, request, hopeless=lambda: tries >= self.options.tries)) is not None:
            yield page

    def _streamed(self, request: Request, at: str, size: int) -> Iterator[Page]:
        answer, started = self._open(request)
        with answer:
            if answer.status_code >= 400:
                self._raise_for(self._received(request, answer, self._body(request, answer), started))
            response = self._received(request, answer, b"", started)
            check_content_type(response)
            limit = self.options.max_bytes
            yield from pages_of(self._chunks(request, answer), response, at=at, size=size, limit=limit)

    # -- sessions ---------------------------------------------------------------------------------

    def _session(self) -> requests.Session:
        """This thread's own session; sharing one between threads is not safe."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new_session()
            with self._lock:
                self._sessions.append(session)
        return session

    def _new_session(self) -> requests.Session:
        session = _Session()
        DISCREET.hosts.add(urlsplit(self.base_url).hostname or "")
        logging.getLogger("urllib3.connectionpool").addFilter(DISCREET)  # once, however often it is said
        # read from the environment once and here: in each request it costs a fifth of the time, and a
        # ~/.netrc would replace the connection's own credential
        found = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.trust_env = False
        session.proxies = dict(found["proxies"] if self.options.proxies is None else self.options.proxies)
        session.verify = self.options.ca_bundle or found["verify"] or True
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"Accept": "application/json", "User-Agent": "headcount"})
        return session

    @property
    def pool(self) -> ThreadPoolExecutor:
        """The threads that ask ahead; made when the first list is worth it."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.options.threads, thread_name_prefix="headcount")
            return self._pool

    def close(self) -> None:
        """Close every open connection. The transport may be used again; it then opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            pool, self._pool = self._pool, None
            self._local = threading.local()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        for session in sessions:
            session.close()

    @property
    def worth_asking_ahead(self) -> bool:
        """Not behind a limit that has been met: there threads only collect refusals."""
        return self.options.threads > 1 and not self._throttled

    @property
    def threads(self) -> int:
        """How many requests may be under way at once."""
        return self.options.threads


def _same_list(one: Request, other: Request) -> bool:
    return (one.method, one.path) == (other.method, other.path)


class _Session(requests.Session):
    """A session that leaves redirects to us: requests would look where they lead even when told not to follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _check_can_be_sent(auth: Auth, vendor: str, advice: str) -> None:
    """A credential with characters that no header may hold was not copied as it is. One that is renewed is not read
    before it is needed."""
    if hasattr(auth, "renew"):
        return
    for value in auth.headers().values():
        if not (value.isprintable() and value.isascii()):
            raise ConfigError(f"{vendor}: the credential holds characters that no credential has. {advice}".strip())
