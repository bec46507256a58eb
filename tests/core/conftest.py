"""What the tests of the core share: the toy vendor, and lines to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import attrs
import pytest
from hypothesis import settings

import headcount as hc
from headcount.plugins import new_manager
from tests.core.toy import QUICK, TOY, Settings, Toy

settings.register_profile("core", deadline=None)  # a busy machine is no failure
settings.load_profile("core")

Line = Callable[..., hc.Transport]
Connect = Callable[..., hc.Connection]


@pytest.fixture
def toy() -> Iterator[Toy]:
    """A running toy vendor with nobody in it."""
    with Toy() as sandbox:
        yield sandbox


@pytest.fixture
def line() -> Iterator[Line]:
    """Makes transports to a toy vendor; options by keyword. They are closed at the end."""
    with ExitStack() as stack:

        def make(toy: Toy, *, token: str | None = None, how: dict[str, Any] | None = None, **options: Any) -> Any:
            transport = hc.Transport(
                toy.base_url,
                hc.Bearer(token or toy.key),
                vendor="toy",
                options=attrs.evolve(QUICK, **options),
                **(how or {}),
            )
            stack.callback(transport.close)
            return transport

        yield make


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes connections to a toy vendor with no plugins but those given; they are closed at the end."""
    with ExitStack() as stack:

        def make(
            toy: Toy,
            employees: hc.Resource[hc.Employee] | None = None,
            *,
            plugins: tuple[object, ...] = (),
            scopes: Any = hc.DEFAULT_SCOPES,
            options: hc.Options = QUICK,
            store: str | None = None,
            policy: hc.Policy | None = None,
            **connector: Any,
        ) -> Any:
            manager = new_manager()
            for plugin in plugins:
                manager.register(plugin)
            made = attrs.evolve(TOY, employees=employees or TOY.employees, **connector)
            how: dict[str, Any] = {"scopes": scopes, "options": options, "store": store, "policy": policy}
            connection = hc.Connection(made, Settings(token=toy.key), toy.base_url, manager, **how)
            stack.callback(connection.close)
            return connection

        yield make
