"""The contract, kept by every connector of this repository, in every dialect of its vendor."""

from __future__ import annotations

import headcount as hc
from headcount.sandbox import OBSERVED, Answer, Call, route
from headcount.testing import ConnectorContract
from headcount_bamboohr import bamboohr
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly import insightly
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import namely
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.test_insightly_sandbox import NEW_IN_V31
from tests.recorded import answers, spec


class TestNamely(ConnectorContract):
    connector = namely
    sandbox = NamelySandbox


class TestBambooHR(ConnectorContract):
    connector = bamboohr
    sandbox = BambooSandbox
    spec = spec("bamboohr-openapi.yaml")
    recorded = answers(
        "bamboohr",
        ("n21-get-meta-lists", hc.Request("GET", "/meta/lists")),
        ("n23-get-meta-fields", hc.Request("GET", "/meta/fields")),
    )


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
    spec = spec("insightly-v3.1-users-teams.json")
    recorded = answers(
        "insightly", ("v21_get_teams", hc.Request("GET", "/Teams")), ("v21_get_users", hc.Request("GET", "/Users"))
    )
    not_compared = NEW_IN_V31
