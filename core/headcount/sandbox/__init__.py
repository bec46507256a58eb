"""What vendor sandboxes are made of: a real HTTP server on loopback, people, a clock, and faults to order."""

from headcount.sandbox.calls import GUIDE, OBSERVED, Answer, Call, Logged, Refused, Row, phrase, route, unauthenticated
from headcount.sandbox.clock import Clock
from headcount.sandbox.faults import FAULTS, Fault
from headcount.sandbox.oauth import Grants
from headcount.sandbox.people import AWKWARD, JobRow, Person, StatusRow, find, population, tree
from headcount.sandbox.rest import RestSandbox
from headcount.sandbox.scim import ScimSandbox
from headcount.sandbox.server import Sandbox
from headcount.sandbox.webhooks import WEBHOOK_FAULTS, Happened, Hook, Message, Outbox, Shown

__all__ = [
    "AWKWARD",
    "FAULTS",
    "GUIDE",
    "OBSERVED",
    "Answer",
    "Call",
    "Clock",
    "Fault",
    "Grants",
    "Happened",
    "Hook",
    "JobRow",
    "Logged",
    "Message",
    "Outbox",
    "Person",
    "Refused",
    "RestSandbox",
    "Row",
    "Sandbox",
    "ScimSandbox",
    "Shown",
    "StatusRow",
    "WEBHOOK_FAULTS",
    "find",
    "phrase",
    "population",
    "route",
    "tree",
    "unauthenticated",
]
