"""One host: a credential never follows a name, a redirect or a link to another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

from urllib3.util import parse_url

from headcount.errors import ConfigError, Unavailable
from headcount.http import Request

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One name between the dots of a host's."""


def check_labels(template: str, told: Mapping[str, Any], whose: str) -> None:
    """Raise `ConfigError` where what fills a place in the host's name is more than one label of it: anything else may
    lead to another host."""
    for place in re.findall(r"{(\w+)}", urlsplit(template).netloc):
        if told.get(place) is not None and not LABEL.fullmatch(str(told[place]).lower()):
            raise ConfigError(f"{whose}: {place} must be one name of letters, digits and hyphens")


def absolute(path: str, base_url: str, vendor: str) -> str:
    """The whole address of a path; one that is whole already must be on the host of `base_url`.

    Raises `Unavailable` where it is not.
    """
    if "://" not in path:
        return f"{base_url}/{path.lstrip('/')}"
    if origin(path) != origin(base_url):
        raise Unavailable(
            f"{vendor} names {_host(path)} for what comes next; credentials for {_host(base_url)} are not sent "
            "there. Check base_url.",
            code="redirect",
        )
    return path


def redirected(request: Request, url: str, location: str, base_url: str, vendor: str) -> str:
    """Where a redirect leads, for a request that only asks and stays on this host.

    Raises `Unavailable` for any other.
    """
    target = ""
    with suppress(ValueError):  # what is no address is nowhere
        target = urljoin(url, location)
    if origin(target) == origin(base_url) and request.method in ("GET", "HEAD"):
        return target
    raise Unavailable(
        f"{vendor}: {request} is redirected to {_host(target)}, and credentials are not sent after it. Check the "
        f"company and base_url ({base_url}).",
        code="redirect",
    )


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None for what is none, or brings a credential of its own.

    It is read by what connects: of `https://one\\@other/` two readers name two hosts.
    """
    try:
        parts = parse_url(url)
    except ValueError:
        return None
    if parts.auth is not None:
        return None
    scheme = parts.scheme or ""
    return scheme, parts.host or "", parts.port or {"https": 443, "http": 80}.get(scheme, 0)


def _host(url: str) -> str:
    found = origin(url)
    return (found and found[1]) or "another place"
