"""Recordings (vcrpy): what was sent and answered, kept in a file without secrets, and answered from that file again."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from headcount.errors import ConfigError
from headcount.http import Request

KEPT_HEADERS = ("content-type", "date", "link", "location", "x-total-count")
"""Of an answer's headers; of a request's none is kept."""
TOKENS = frozenset(("access_token", "refresh_token", "id_token"))
SECRETS = TOKENS | {"client_secret", "code", "code_verifier", "client_assertion", "assertion", "password"}
"""What OAuth 2.0 calls what nobody else may know: in answers, and in forms and addresses."""
SCRUBBED = "scrubbed"
NEEDS = "recordings need headcount[testing]: pip install 'headcount[testing]'"


@contextmanager
def recorded(cassette: Path | str, *, keep: Collection[str] = KEPT_HEADERS) -> Iterator[None]:
    """Keep in a new file what is sent and answered meanwhile, without a credential: no header of a request, of those of
    an answer only these, and no token or secret of OAuth's in forms, addresses and answers.

    What the answers say of people is still in it. Raises `ConfigError` where the file is there already, or vcrpy is
    not installed.
    """
    if Path(cassette).exists():
        raise ConfigError(f"{cassette} is there already: take it away, or record into another file")
    with _vcr(cassette, record_mode="once", before_record_response=lambda answer: answer_as_kept(answer, keep)):
        yield


@contextmanager
def replayed(cassette: Path | str) -> Iterator[None]:
    """Answer what is sent from a recording, and send nothing. Raises `ConfigError` where vcrpy is not installed."""
    matched = ["method", "scheme", "host", "path", "query", "body"]
    with _vcr(cassette, record_mode="none", match_on=matched, allow_playback_repeats=True):
        yield


def answers_in(cassette: Path | str, base_url: str) -> tuple[tuple[Request, Any], ...]:
    """What was read in a recording of the vendor itself, as a `Subject` takes it: each request below the API's address,
    which may name settings in braces, with the body that was answered. Raises `ConfigError` for what is none."""
    try:
        from vcr.persisters.filesystem import FilesystemPersister  # type: ignore[import-untyped]
        from vcr.serializers import yamlserializer  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise ConfigError(NEEDS) from None
    try:
        kept = zip(*FilesystemPersister.load_cassette(cassette, yamlserializer), strict=True)
        read = [(one, answer) for one, answer in kept if one.method == "GET" and answer["status"]["code"] == 200]
        told = [(urlsplit(one.uri).path, dict(one.query), json.loads(answer["body"]["string"])) for one, answer in read]
    except Exception as error:  # noqa: BLE001 - a file of any kind may come
        raise ConfigError(
            f"{cassette} is no recording of vcrpy's with answers in JSON: {type(error).__name__}"
        ) from None
    above = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(urlsplit(base_url).path)))
    below = [(path[found.end() :], query, body) for path, query, body in told if (found := above.match(path))]
    return tuple((Request("GET", path, query), body) for path, query, body in below)


def _vcr(cassette: Path | str, **how: Any) -> Any:
    try:
        import vcr  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise ConfigError(NEEDS) from None
    how |= {"before_record_request": request_as_kept, "decode_compressed_response": True}
    return vcr.use_cassette(str(cassette), **how)


def request_as_kept(request: Any) -> Any:
    """A request of vcrpy's without headers, and without secrets in its address and its form."""
    form = str(request.headers.get("Content-Type", "")).startswith("application/x-www-form-urlencoded")
    request.headers, request.uri = {}, _address(request.uri)
    if form and request.body:
        request.body = _scrubbed(request.body.decode()).encode()
    return request


def answer_as_kept(answer: dict[str, Any], keep: Collection[str] = KEPT_HEADERS) -> dict[str, Any]:
    """An answer of vcrpy's with these headers alone, without secrets in the addresses and the body."""
    headers = {name: told for name, told in answer["headers"].items() if name.lower() in keep}
    headers |= {name: list(map(_address, told)) for name, told in headers.items() if name.lower() == "location"}
    return {**answer, "headers": headers, "body": {"string": _body(answer["body"]["string"])}}


def _body(body: bytes) -> bytes:
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if not isinstance(told, dict) or told.keys().isdisjoint(TOKENS):
        return body
    return json.dumps({name: SCRUBBED if name in TOKENS else value for name, value in told.items()}).encode()


def _address(url: str) -> str:
    parts = urlsplit(url)
    told = {name for name, _ in parse_qsl(parts.query)}
    return url if told.isdisjoint(SECRETS) else parts._replace(query=_scrubbed(parts.query)).geturl()


def _scrubbed(form: str) -> str:
    told = parse_qsl(form, keep_blank_values=True)
    return urlencode([(name, SCRUBBED if name in SECRETS else value) for name, value in told])
