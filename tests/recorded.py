"""The vendors' real answers, read from where they lie."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

import headcount as hc

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


def answers(vendor: str, *asked: tuple[str, hc.Request]) -> tuple[tuple[hc.Request, Any], ...]:
    """Requests, each with the answer that was recorded under a name; none where the recordings are not here."""
    files = [(request, FOLDER / vendor / f"{name}.json") for name, request in asked]
    return tuple(
        (request, json.loads(file.read_text())["response"]["body"]) for request, file in files if file.exists()
    )


def spec(name: str) -> dict[str, Any] | None:
    """The vendor's own description of its API; None where it is not here."""
    file = FOLDER.parent / "specs" / name
    if not file.exists():
        return None
    found: dict[str, Any] = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found
