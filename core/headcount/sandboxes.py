"""Finding the sandbox that a connector brings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from headcount.connector import Connector
from headcount.errors import ConfigError, Unsupported

if TYPE_CHECKING:
    from headcount.sandbox import Sandbox


def sandbox_of(connector: Connector) -> type[Sandbox]:
    """The class of a connector's sandbox.

    Raises `Unsupported` where it brings none, and `ConfigError` where the extra that runs it is missing.
    """
    if connector.sandbox is None:
        raise Unsupported(f"{connector.name} brings no sandbox")
    module, _, name = connector.sandbox.partition(":")
    try:
        found: type[Sandbox] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != "werkzeug":
            raise
        raise ConfigError("this needs headcount[sandbox]: pip install 'headcount[sandbox]'") from error
    return found
