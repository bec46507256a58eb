"""Every connector test runs on every vendor and in both dialects, unless it names fewer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headcount import Connection, Scope
from headcount.sandbox import Sandbox
from tests.connectors.vendors import DIALECTS, VENDORS, Vendor


@pytest.fixture(params=VENDORS, ids=str)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def box(vendor: Vendor, dialect: str) -> Iterator[Sandbox]:
    """The vendor's sandbox with sixty people, the awkward ones among them."""
    with vendor.start(people=60, dialect=dialect) as running:
        yield running


@pytest.fixture
def connection(box: Sandbox) -> Iterator[Connection]:
    """A connection to it that may see everything."""
    with box.connect(scopes=tuple(Scope)) as open_connection:
        yield open_connection
