"""The vendors' real answers, read from where they lie, and what a sandbox's answer lacks against them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

FOLDER = Path(os.environ.get("HEADCOUNT_RECORDINGS", Path(__file__).parents[2] / "shared" / "recordings"))


@attrs.frozen
class Recording:
    """One recorded exchange: what was asked, and what the vendor answered."""

    method: str
    path: str
    query: dict[str, str]
    sent: Any
    status: int
    headers: dict[str, Any]
    body: Any


def recording(vendor: str, name: str) -> Recording:
    """The recording of this name; skips the test where the recordings are not on this machine."""
    file = FOLDER / vendor / f"{name}.json"
    if not file.exists():
        pytest.skip(f"the recordings are not here: no {file}")
    kept = json.loads(file.read_text())
    request, response = kept["request"], kept["response"]
    return Recording(
        request["method"],
        request["path"],
        request.get("query") or {},
        request.get("body"),
        response["status"],
        {name.lower(): value for name, value in response.get("headers", {}).items()},
        response.get("body"),
    )


def differences(recorded: Any, played: Any, *, ignore: frozenset[str] = frozenset(), at: str = "") -> list[str]:
    """Where the played answer has not the shape of the recorded one, a line each; [] when it has.

    A null on either side matches anything, and so does an empty list. In a list of objects each played
    one must hold the keys that *every* recorded one holds, and no key that none holds. `ignore` names
    keys not to compare (a tenant's own fields).
    """
    return list(_differences(recorded, played, ignore, at or "$"))


def _differences(recorded: Any, played: Any, ignore: frozenset[str], at: str) -> Iterator[str]:
    if recorded is None or played is None:
        return
    if _kind(recorded) != _kind(played):
        yield f"{at}: recorded {_kind(recorded)}, played {_kind(played)}"
    elif isinstance(recorded, list):
        if recorded and all(isinstance(item, dict) for item in [*recorded, *played]):
            always = set.intersection(*(set(item) for item in recorded))
            sample = {key: value for item in recorded for key, value in item.items() if value is not None}
            ever = {key for item in recorded for key in item}
            for number, item in enumerate(played):
                yield from _keys(always, ever, item, ignore, f"{at}[{number}]")
                for key in (ever & item.keys()) - ignore:
                    yield from _differences(sample.get(key), item[key], ignore, f"{at}[{number}].{key}")
        elif recorded and played:
            yield from _differences(recorded[0], played[0], ignore, f"{at}[0]")
    elif isinstance(recorded, dict):
        yield from _keys(set(recorded), set(recorded), played, ignore, at)
        for key in (recorded.keys() & played.keys()) - ignore:
            yield from _differences(recorded[key], played[key], ignore, f"{at}.{key}")


def _keys(always: set[str], ever: set[str], played: dict[str, Any], ignore: frozenset[str], at: str) -> Iterator[str]:
    if missing := sorted(always - played.keys() - ignore):
        yield f"{at}: lacks {', '.join(missing)}"
    if invented := sorted(played.keys() - ever - ignore):
        yield f"{at}: invents {', '.join(invented)}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]
