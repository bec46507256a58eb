"""The pytest fixture that comes with headcount: a vendor's sandbox, started for a test and stopped after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from headcount.sandbox import Sandbox

Start = Callable[..., "Sandbox"]


@pytest.fixture
def headcount_sandbox() -> Iterator[Start]:
    """Starts sandboxes by name: `box = headcount_sandbox("acmehr", people=30, dialect="guide")`.

    The options are those of `headcount.sandbox.Sandbox`. `headcount.connect("acmehr", **box.settings)`
    reaches it, and `box.connect()` is the same without the vendor's pace.
    """
    from headcount.plugins import plugins
    from headcount.sandboxes import sandbox_of

    with ExitStack() as running:

        def start(vendor: str, **options: Any) -> Sandbox:
            return running.enter_context(sandbox_of(plugins().connector(vendor))(**options))

        yield start
