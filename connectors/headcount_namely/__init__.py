"""Namely.

Host     one for each company: https://{company}.namely.com/api/v1
Auth     a bearer token; a personal one has its owner's rights, lives two years, and dies with its owner;
         one by OAuth lives 15 minutes, and is refused with 401 or 403 once it is over
Pages    by number, 50 at most; the total is in meta.total_count (docs), meta.total (guide), or nowhere
Reads    a record is always wrapped in a list; what the token may not see is left out of it
Writes   one profile in a list of one; PUT leaves what it does not name; leaving is a status and a date
Dates    days ISO, and MM/DD/YYYY until 2014; instants in epoch seconds, ISO in the guide; "" means none
Groups   departments, divisions and offices are groups, told apart by group_types; teams are a list of their own
Limits   100 a minute on the list of profiles, refused with 406 (docs) or 429 (guide), without Retry-After
Errors   {"message", "errors"}, where errors may be null, and nest
"""

from __future__ import annotations

from datetime import timedelta

import attrs

import headcount as hc
from headcount_namely.reading import (
    FIELDS,
    GROUP_FIELDS,
    NEVER,
    PERMISSIONS,
    Known,
    changed,
    classify,
    company,
    count,
    defined,
    find,
    group_types,
    groups,
    known,
    named_in,
    profile,
    profiles,
    some,
    to_employee,
    to_group,
    whoami,
)
from headcount_namely.writing import WRITABLE, cancel_termination, hire, join, leave, made, rehire, terminate, update


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    company: str = attrs.field(
        metadata=hc.setting("the name before .namely.com in the address you log in at", host="namely.com")
    )
    token: str = attrs.field(
        repr=False,
        metadata=hc.setting(
            "Namely: API (the lightning bolt) > Personal Access Tokens > Create New", unless="client_id"
        ),
    )
    client_id: str | None = attrs.field(
        default=None,
        metadata=hc.setting("the application registered with Namely, for a token that a person grants by OAuth"),
    )
    client_secret: str | None = attrs.field(default=None, repr=False, metadata=hc.setting("given with the client_id"))
    scim_url: str | None = attrs.field(
        default=None, metadata=hc.setting("https://{company}.namely.com/api/scim/v2, where it is enabled", address=True)
    )
    scim_token: str | None = attrs.field(
        default=None, repr=False, metadata=hc.setting("Namely: the admin settings of single sign-on; not the API token")
    )


namely = hc.Connector(
    name="namely",
    title="Namely",
    settings=Settings,
    base_url="https://{company}.namely.com/api/v1",
    auth=lambda settings: hc.Bearer(settings.token),
    oauth=hc.AuthorizationServer(
        authorization_endpoint="https://{company}.namely.com/api/v1/oauth2/authorize",
        token_endpoint="https://{company}.namely.com/api/v1/oauth2/token",  # noqa: S106 - an address
        refused=frozenset({401, 403}),  # its own sample application renews on 403
    ),
    key_life=timedelta(days=730),
    permissions=PERMISSIONS,
    rate=hc.Rate(90, per=60),
    classify=classify,
    employees=hc.Resource(
        all=profiles,
        one=profile,
        changed=changed,
        some=some,
        known=known,
        to=to_employee,
        count=count,
        find=find,
        fields=FIELDS,
        never=NEVER,
        custom=defined,
    ),
    groups=hc.Resource(
        all=groups,
        known=lambda http, wanted: Known(types=group_types(http)),
        to=to_group,
        fields=GROUP_FIELDS,
    ),
    company=company,
    whoami=whoami,
    writable=WRITABLE,
    plans={
        hc.Hire: hc.Verb(plan=hire, made=made, required=("given_name", "family_name", "work_email", "start_date")),
        hc.Update: hc.Verb(plan=update),
        hc.Terminate: hc.Verb(plan=terminate),
        hc.CancelTermination: hc.Verb(plan=cancel_termination),
        hc.Rehire: hc.Verb(plan=rehire),
        hc.Join: hc.Verb(plan=join),
        hc.Leave: hc.Verb(plan=leave),
    },
    cannot={hc.Delete: "no profile can be deleted through its API: terminate it"},
    webhooks=hc.Webhooks(ids=named_in),  # told by the guide alone: nobody has seen one, or what proves it
    sandbox="headcount_namely.sandbox:NamelySandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [namely]
