"""How a credential is told: whose it is, when it ends, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from headcount.connector import Connector, sources

if TYPE_CHECKING:
    from headcount.health import CredentialHealth

THINGS = ("company", "groups", "employees")


def credential_told(health: CredentialHealth) -> Iterator[tuple[str, str]]:
    """Whose it is and when it ends: for people, each line with its label."""
    owner = f"{health.owner.called}'s" if health.owner.called else "whose is not told"
    way = "granted by OAuth" if health.granted else "a key"
    made = f", made on {health.made_on}" if health.made_on else ""
    used = f", used here since {health.since:%Y-%m-%d}" if health.since else ""
    yield "credential", f"{owner}, {way}{made}{used}"
    yield from end_told(health)


def end_told(health: CredentialHealth) -> Iterator[tuple[str, str]]:
    """When it ends, and what is to be done."""
    on = f"on {health.ends_on}, " if health.ends_on and health.made_on else ""
    by = f"by {health.ends_on} at the latest, " if health.ends_on and not health.made_on else ""
    yield "ends", f"{on or by}{health.owner.expires or 'not known'}"
    for concern in health.concerns:
        yield "warning", str(concern)


def sight_told(health: CredentialHealth, connector: Connector) -> Iterator[tuple[str, str]]:
    """What it may see, and what it may not, each with what somebody has to allow in the vendor's own words."""
    things = [name for name in THINGS if name in health.sees]
    fields = len(health.sees) - len(things)
    if fields:
        things.append(f"{fields} fields")
    yield "sees", ", ".join(things) or "nothing"
    wanting: dict[str, list[str]] = {}
    for name in health.withheld:
        allow = connector.permissions.get(name) or connector.permissions.get("") or "its owner's permissions"
        keys = ", ".join(sources(connector.employees, name))
        wanting.setdefault(allow, []).append(f"{name} ({keys})" if keys else name)
    for allow, names in wanting.items():
        yield "withheld", f"{', '.join(names)}: allow {allow}"
    if not wanting:
        yield "withheld", "nothing that headcount reads"


def credential_plain(health: CredentialHealth) -> dict[str, Any]:
    """For programs, with plain values."""
    concerns = [{"kind": one.kind, "on": one.on and one.on.isoformat(), "text": one.text} for one in health.concerns]
    return {**health.as_dict(), "concerns": concerns}
