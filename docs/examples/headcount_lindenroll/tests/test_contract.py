"""The contract that every connector keeps, against Lindenroll's sandbox."""

from __future__ import annotations

from headcount.testing import ConnectorContract

import headcount_lindenroll
from headcount_lindenroll.sandbox import LindenrollSandbox


class TestLindenroll(ConnectorContract):
    connector = headcount_lindenroll.lindenroll
    sandbox = LindenrollSandbox
