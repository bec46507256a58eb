"""Finding the sandbox that a connector brings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from headcount.connector import Connector
from headcount.errors import ConfigError, PluginError, Unsupported

if TYPE_CHECKING:
    from headcount.sandbox import Sandbox


def sandbox_of(connector: Connector) -> type[Sandbox]:
    """The class of a connector's sandbox.

    Raises `Unsupported` where it brings none, `ConfigError` where the extra that runs it is missing, and `PluginError`
    where it does not load.
    """
    if connector.sandbox is None:
        raise Unsupported(f"{connector.name} brings no sandbox")
    module, _, name = connector.sandbox.partition(":")
    try:
        found: type[Sandbox] = getattr(import_module(module), name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "werkzeug":
            raise ConfigError("this needs headcount[sandbox]: pip install 'headcount[sandbox]'") from error
        raise PluginError(
            f"the sandbox of {connector.name}, {connector.sandbox}, does not load: {type(error).__name__}: {error}"
        ) from error
    return found
