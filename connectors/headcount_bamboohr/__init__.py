"""BambooHR.

Host     shared, with the company in the path; {company}.bamboohr.com/api/v1 serves the same
Auth     basic: the API key as user, any password; it sees what the user who made it may see;
         or a bearer token by OAuth, which lives an hour: it is sent to the company's own host, as the vendor's own
         client does; whether the shared host takes one nobody has seen
Pages    none in a report: one answer holds everyone; the paged list has a cursor, 2,500 a page
Reads    one custom report; else the paged list; else, as the guide has it, directory + changed + one by one
Writes   POST for both, with what changes alone; status and job are rows of tables with a day each
Dates    days are ISO; "" and 0000-00-00 mean no date
Groups   departments, divisions and locations are options of lists; an employee names them, without their ids
Limits   no number is published; 429, and 503 until 2026, with Retry-After
Errors   an empty body; the reason is in X-BambooHR-Error-Message or its misspelt twin, often doubled
"""

from __future__ import annotations

import attrs

import headcount as hc
from headcount_bamboohr.reading import (
    FIELDS,
    GROUP_FIELDS,
    PERMISSIONS,
    changed,
    classify,
    company,
    count,
    defined,
    group_id,
    groups,
    history,
    known,
    named_in,
    people,
    person,
    some,
    to_employee,
    to_group,
    to_webhook,
    webhooks,
    whoami,
    withheld,
)
from headcount_bamboohr.writing import (
    IN_ROWS,
    WRITABLE,
    all_rows,
    cancel_termination,
    delete,
    hire,
    join,
    made,
    rehire,
    status_rows,
    terminate,
    update,
    webhook,
    webhook_removed,
)


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    company: str = attrs.field(
        metadata=hc.setting("the name before .bamboohr.com in the address you log in at", host="bamboohr.com")
    )
    api_key: str = attrs.field(
        repr=False,
        metadata=hc.setting("BambooHR: click your picture > API Keys > Add New Key", unless="client_id"),
    )
    client_id: str | None = attrs.field(
        default=None,
        metadata=hc.setting("the application registered with BambooHR, for a token that a person grants by OAuth"),
    )
    client_secret: str | None = attrs.field(default=None, repr=False, metadata=hc.setting("given with the client_id"))


bamboohr = hc.Connector(
    name="bamboohr",
    title="BambooHR",
    settings=Settings,
    base_url="https://api.bamboohr.com/api/gateway.php/{company}/v1",
    auth=lambda settings: hc.Basic(settings.api_key, "x"),
    oauth=hc.AuthorizationServer(
        authorization_endpoint="https://{company}.bamboohr.com/authorize.php?request=authorize",
        token_endpoint="https://{company}.bamboohr.com/token.php?request=token",  # noqa: S106 - an address
        scope="offline_access company:info employee employee:job employee:name employee_directory field public.user "
        "report user",  # what reading takes
        base_url="https://{company}.bamboohr.com/api/v1",
    ),
    permissions=PERMISSIONS,
    classify=classify,
    employees=hc.Resource(
        all=people,
        one=person,
        changed=changed,
        some=some,
        known=known,
        to=to_employee,
        count=count,
        history=history,
        withheld=withheld,
        custom=defined,
        fields=FIELDS,
        elsewhere=("termination_type", "termination_reason"),
        never=frozenset({"ssn", "sin", "nationalId", "nin"}),
    ),
    groups=hc.Resource(all=groups, to=to_group, id=group_id, fields=GROUP_FIELDS),
    company=company,
    whoami=whoami,
    writable={**WRITABLE, **IN_ROWS},
    plans={
        hc.Hire: hc.Verb(plan=hire, facts=all_rows, made=made, required=("given_name", "family_name", "start_date")),
        hc.Update: hc.Verb(plan=update, facts=all_rows),
        hc.Terminate: hc.Verb(plan=terminate, facts=status_rows),
        hc.CancelTermination: hc.Verb(plan=cancel_termination, facts=status_rows),
        hc.Rehire: hc.Verb(plan=rehire, facts=all_rows),
        hc.Join: hc.Verb(plan=join, facts=all_rows),
        hc.Delete: hc.Verb(plan=delete),
    },
    cannot={hc.Leave: "an employee has one department, division and location: join another"},
    webhooks=hc.Webhooks(
        signing=hc.Signing(signature="X-BambooHR-Signature", timestamp="X-BambooHR-Timestamp"),
        ids=named_in,
        make=webhook,
        made=to_webhook,
        all=webhooks,
        remove=webhook_removed,
    ),
    sandbox="headcount_bamboohr.sandbox:BambooSandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [bamboohr]
