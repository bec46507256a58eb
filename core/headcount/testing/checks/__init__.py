"""The checks by what they are about, a room each: what a connector promises, and how each promise is tried."""

from headcount.testing.checking import checks_in
from headcount.testing.checks import (
    auth,
    completeness,
    dates,
    declare,
    deletion,
    errors,
    fixtures,
    incremental,
    limits,
    normalise,
    paging,
    relations,
    resume,
    security,
    webhooks,
    writes,
)

CHECKS = tuple(
    checks_in(
        (
            declare,
            fixtures,
            auth,
            paging,
            completeness,
            incremental,
            resume,
            deletion,
            normalise,
            dates,
            relations,
            limits,
            errors,
            writes,
            webhooks,
            security,
        )
    )
)
"""Every check, group by group."""
GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
"""The names of the groups, in their order."""

__all__ = ["CHECKS", "GROUPS"]
