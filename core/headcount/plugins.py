"""Finding connectors: whatever is installed under the entry-point group `headcount`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import attrs
import pluggy

from headcount import hookspecs
from headcount.connector import Connector
from headcount.errors import PluginError
from headcount.model import DEFAULT_SCOPES, Scope

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.lifecycle import Journal, Policy
    from headcount.options import Options
    from headcount.vault import Keeper, Vault

API = 1
"""The version of what a plugin builds on. It is counted up when something that is public there goes or changes."""


@attrs.frozen
class Plugins:
    """What was found: a plugin manager with every plugin that loads, and why the others do not."""

    manager: pluggy.PluginManager
    broken: dict[str, str]

    def connectors(self) -> dict[str, Connector]:
        """Every connector by name. One that two plugins bring is left out and told in `broken`: whichever of them were
        taken, somebody would be surprised."""
        found: dict[str, tuple[str, Connector]] = {}
        twice: dict[str, list[str]] = {}
        for plugin, connector in self._brought():
            if connector.name in found:
                twice.setdefault(connector.name, [found[connector.name][0]]).append(plugin)
            found.setdefault(connector.name, (plugin, connector))
        for name, both in twice.items():
            self.broken.update(dict.fromkeys(both, f"{' and '.join(both)} both bring {name!r}: uninstall one of them"))
        return {name: connector for name, (_, connector) in sorted(found.items()) if name not in twice}

    def _brought(self) -> Iterator[tuple[str, Connector]]:
        """What each plugin brings; one that fails is told in `broken`, and the others go on."""
        for implementation in self.manager.hook.headcount_connectors.get_hookimpls():
            try:
                brought: list[Any] = list(implementation.function())  # type: ignore[call-overload]  # pluggy types it so
                wrong = [one for one in brought if not isinstance(one, Connector)]
                if wrong:
                    raise TypeError(f"headcount_connectors must return connectors, not {type(wrong[0]).__name__}")
            except Exception as error:  # noqa: BLE001 - a stranger's code
                self.broken[implementation.plugin_name] = f"{type(error).__name__}: {error}"
            else:
                yield from ((implementation.plugin_name, connector) for connector in brought)

    def connector(self, name: str) -> Connector:
        """The connector of this name. Raises `PluginError` that says which there are."""
        found = self.connectors()
        if name in found:
            return found[name]
        near = get_close_matches(name, found, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        failed = "".join(f" The plugin {plugin} did not load: {why}." for plugin, why in self.broken.items())
        raise PluginError(f"no connector is named {name!r}; there are: {', '.join(found) or 'none'}.{hint}{failed}")


@functools.cache
def plugins() -> Plugins:
    """Load every installed plugin, once a process.

    Written out because pluggy's own loader drops a second distribution with the same entry-point name and
    stops at a plugin that fails to import; here each loads by itself, and what fails is told.
    """
    manager, broken = new_manager(), dict[str, str]()
    for point in sorted(entry_points(group=hookspecs.PROJECT), key=lambda p: (p.name, p.value)):
        distribution = point.dist.name if point.dist else "?"
        name = f"{distribution}:{point.name}"
        if manager.has_plugin(name):
            continue  # one distribution found twice on the path
        try:
            plugin = point.load()
            _check_api(plugin)
            manager.register(plugin, name)
            manager.check_pending()
        except Exception as error:  # noqa: BLE001 - a stranger's code: whatever it does, the others go on
            broken[name] = " ".join(f"{type(error).__name__}: {error}".split())
            if manager.has_plugin(name):
                manager.unregister(name=name)
    return Plugins(manager, broken)


def keeper_of(manager: pluggy.PluginManager) -> Keeper | None:
    """Where a plugin keeps credentials in the place of the store; None where none does.

    Raises `PluginError` where it cannot be had, or two plugins bring one: what one has kept the other would not find.
    """
    names = " and ".join(one.plugin_name for one in manager.hook.headcount_keeper.get_hookimpls())
    try:
        found: list[Keeper] = manager.hook.headcount_keeper()
    except Exception as error:  # noqa: BLE001 - a stranger's code, whose words may show what it keeps
        raise PluginError(
            f"{names}: headcount_keeper raised {type(error).__name__}: see what that plugin needs"
        ) from None
    if len(found) > 1:
        raise PluginError(f"{names} both say where credentials are kept: uninstall one of them")
    return found[0] if found else None


def usual_vault(store: str | None, manager: pluggy.PluginManager) -> Vault:
    """The vault where a program has given none: what a plugin keeps, else what is sealed in the store.

    Raises `PluginError` as `keeper_of`, and `ConfigError` where there is neither a keeper nor a key.
    """
    from headcount.vault import Vault  # it takes an extra, which who has no vault need not have

    return Vault(store, keeper=keeper_of(manager))


def _check_api(plugin: Any) -> None:
    """Raise `PluginError` for a plugin that says, in `HEADCOUNT_API`, that it was built for another API than this."""
    built_for = getattr(plugin, "HEADCOUNT_API", API)
    if built_for != API:
        newer = isinstance(built_for, int) and built_for > API
        do = "upgrade headcount" if newer else "upgrade the plugin, or ask its author to"
        raise PluginError(f"it was built for API {built_for} of headcount, and this one has {API}: {do}")


def new_manager() -> pluggy.PluginManager:
    """A plugin manager that knows the hooks and has no plugins: for tests, and for programs that choose theirs."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def connect(
    vendor: str | Connector,
    *,
    scopes: frozenset[Scope] | tuple[Scope | str, ...] = DEFAULT_SCOPES,
    options: Options | None = None,
    store: Journal | str | None = None,
    policy: Policy | None = None,
    name: str | None = None,
    vault: Vault | None = None,
    **settings: Any,
) -> Connection:
    """A connection to a company's account: `headcount.connect("acmehr", company="…", token="…")`.

    `vendor` is a connector's name, or a connector. Settings that are not given come from the environment
    (`HEADCOUNT_ACMEHR_TOKEN`) or from `headcount.toml`. Nothing is sent yet. `store` is where what is applied is
    recorded, `policy` what may be applied without a person's approval, `name` what the connection is called: by itself
    `acmehr-acme`, for the vendor and the company. `vault` keeps what it logs in with: a secret that is told nowhere
    else is looked for there, by that name. Instead of a vendor it may be a connection of `headcount.toml`.

    Raises `PluginError` for an unknown vendor and `ConfigError` for settings that are missing or wrong.
    """
    from headcount.connection import Connection, name_of  # who only lists connectors need not pay for the line
    from headcount.keeping import secrets_kept
    from headcount.settings import load, named

    found = plugins()
    of = named().get(vendor) if isinstance(vendor, str) else None
    connector = vendor if isinstance(vendor, Connector) else found.connector(of.vendor if of else vendor)
    name, place = name or (of.name if of else None), store if isinstance(store, str | None) else store.url
    secrets: dict[str, str] = {}

    def kept(company: str | None) -> dict[str, str]:
        keeper = None if vault is not None else keeper_of(found.manager)
        secrets.update(secrets_kept(name or name_of(connector, company), vault, place, keeper))
        return secrets

    made, base_url = load(connector.settings, connector.name, settings, base_url=connector.base_url, of=of, kept=kept)
    more: dict[str, Any] = {"options": options, "store": store, "policy": policy, "name": name, "vault": vault}
    return Connection(connector, made, base_url, found.manager, scopes=scopes, kept=bool(secrets), **more)
