"""Insightly: a CRM, so its users are employees with little detail.

Host     one for each pod: https://api.{pod}.insightly.com/v3.1; the key's page shows the pod
Auth     basic: the API key as user, an empty password; the key acts as the user it belongs to
Pages    top and skip up to 500 a page, the total in X-Total-Count when asked; the guide has $top and $skip
Reads    Users with the inactive among them, and no sure way to have them filtered: filter on our side
Writes   PUT replaces the whole user, its id in the body; where the instance offers none of it, SCIM
Dates    instants only, UTC: `yyyy-MM-dd HH:mm:ss` in bodies, ISO 8601 in the guide
Groups   Teams with their members; anonymous teams are made by sharing a record, and left out
Limits   10 a second are promised and 5 kept; X-RateLimit-Remaining: 0 beside a 429 is the day's quota
Errors   JSON, plain text, HTML or nothing; the reason may stand in the status line
"""

from __future__ import annotations

from operator import itemgetter

import attrs

import headcount as hc
from headcount_insightly.reading import (
    FIELDS,
    GROUP_FIELDS,
    PERMISSIONS,
    changed,
    classify,
    company,
    is_real_team,
    known,
    teams,
    to_employee,
    to_group,
    user,
    users,
    whoami,
)
from headcount_insightly.writing import (
    UNDATED,
    WRITABLE,
    delete,
    hire,
    join,
    leave,
    made,
    rehire,
    terminate,
    update,
    whole,
)


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    api_key: str = attrs.field(
        repr=False, metadata=hc.setting("Insightly: click your picture > User Settings > API Key")
    )
    pod: str = attrs.field(
        default="na1", metadata=hc.setting("Insightly: User Settings shows the API URL with it, such as na1")
    )
    scim_url: str | None = attrs.field(
        default=None,
        metadata=hc.setting("Insightly: System Settings > Security > SAML and SCIM, once it is enabled", address=True),
    )
    scim_token: str | None = attrs.field(
        default=None, repr=False, metadata=hc.setting("Insightly: beside the SCIM URL; another than the API key")
    )


insightly = hc.Connector(
    name="insightly",
    title="Insightly",
    settings=Settings,
    base_url="https://api.{pod}.insightly.com/v3.1",
    auth=lambda settings: hc.Basic(settings.api_key),
    permissions=PERMISSIONS,
    rate=hc.Rate(5),
    classify=classify,
    employees=hc.Resource(
        all=users, one=user, changed=changed, known=known, to=to_employee, id=itemgetter("USER_ID"), fields=FIELDS
    ),
    groups=hc.Resource(all=teams, to=to_group, id=itemgetter("TEAM_ID"), belongs=is_real_team, fields=GROUP_FIELDS),
    company=company,
    whoami=whoami,
    writable=WRITABLE,
    plans={
        hc.Hire: hc.Verb(plan=hire, made=made, required=("given_name", "family_name", "work_email")),
        hc.Update: hc.Verb(plan=update, facts=whole),
        hc.Terminate: hc.Verb(plan=terminate, facts=whole),
        hc.Rehire: hc.Verb(plan=rehire, facts=whole),
        hc.Join: hc.Verb(plan=join),
        hc.Leave: hc.Verb(plan=leave),
        hc.Delete: hc.Verb(plan=delete),
    },
    cannot={hc.CancelTermination: f"{UNDATED}, so there is none to take back: rehire the user"},
    sandbox="headcount_insightly.sandbox:InsightlySandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [insightly]
