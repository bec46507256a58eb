"""The contract, kept by every connector of this repository, in every dialect of its vendor."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

import headcount as hc
from headcount.sandbox import OBSERVED, Answer, Call, route
from headcount.testing import ConnectorContract
from headcount_bamboohr import bamboohr
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly import insightly
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import namely
from headcount_namely.sandbox import NamelySandbox

SHARED = Path(os.environ.get("HEADCOUNT_RECORDINGS", Path(__file__).parents[2] / "shared" / "recordings")).parent
COMPANYS_OWN = frozenset({"favorite_color", "2012_number_of_shares"})


def recorded(vendor: str, *asked: tuple[str, hc.Request]) -> tuple[tuple[hc.Request, Any], ...]:
    """Requests, each with the answer that was recorded under a name; none where the recordings are not here."""
    files = [(request, SHARED / "recordings" / vendor / f"{name}.json") for name, request in asked]
    return tuple(
        (request, json.loads(file.read_text())["response"]["body"]) for request, file in files if file.exists()
    )


def spec(name: str) -> dict[str, Any] | None:
    """The vendor's own description of its API; None where it is not here."""
    file = SHARED / "specs" / name
    if not file.exists():
        return None
    found: dict[str, Any] = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


class TestNamely(ConnectorContract):
    connector = namely
    sandbox = NamelySandbox


class TestBambooHR(ConnectorContract):
    connector = bamboohr
    sandbox = BambooSandbox
    one_by_one = ("guide",)


class BambooWithoutReports(BambooSandbox):
    """A company that may not run reports: its people are read from the paged list."""

    dialects = OBSERVED
    lists = "/employees$"
    paged = OBSERVED

    @route("POST", "/reports/custom", dialects=OBSERVED)
    def post_report(self, call: Call) -> Answer:
        return self.error(403)


class TestBambooHRWithoutReports(ConnectorContract):
    connector = bamboohr
    sandbox = BambooWithoutReports


class TestInsightly(ConnectorContract):
    connector = insightly
    sandbox = InsightlySandbox


__all__ = ["ClassVar", "pytest"]
