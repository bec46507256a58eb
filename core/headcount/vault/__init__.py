"""Where credentials are kept: encrypted in a store, or by a keeper of one's own.

Names are loaded when they are first used: they need an extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headcount.faces import lazily

if TYPE_CHECKING:
    from headcount.vault.vault import Keeper, Vault

__all__ = ["Keeper", "Vault"]

_ROOMS = {"Keeper": "vault", "Vault": "vault"}


__getattr__ = lazily(__name__, _ROOMS, "roster")


def __dir__() -> list[str]:
    return __all__
