"""What can go wrong on purpose: faults that a sandbox plays to order."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Fault:
    """One fault. It bites requests in whose path `on` is found, after the first `after` of them, `times` times.

    `on` is a regular expression: `/profiles` for whatever holds that, `/profiles$` for that list alone. `method`
    is one for the whole method, as `PUT|POST`; other requests are neither bitten nor counted. Empty is any.

    `kind` is one of `FAULTS`; the sandbox of a vendor gives it that vendor's own face (its throttling
    status, its error page). `times=None` means for ever.
    """

    kind: str
    on: str = ""
    method: str = ""
    after: int = 0
    times: int | None = 1
    status: int | None = None
    retry_after: str | None = None
    seconds: float = 0.0
    size: int | None = None
    department: str = ""

    def __attrs_post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"no fault is called {self.kind!r}; there are: {', '.join(FAULTS)}")


FAULTS: dict[str, str] = {
    "throttle": "refuses as the vendor does when there are too many requests (`status`, `retry_after`)",
    "quota": "refuses as the vendor does when the day's quota is used up",
    "error": "answers `status` (500 unless said) with the vendor's error page",
    "html": "answers 200 with a page of HTML where JSON was due",
    "wrong_type": "answers 200 with text/csv where JSON was due",
    "invalid_json": "answers 200 with a body that is not JSON, complete to its last byte",
    "truncated": "promises the whole body and stops half-way",
    "reset": "does what was asked, and closes the connection without an answer",
    "unreached": "closes the connection before anything is done: the request never arrived",
    "slow": "waits `seconds` before it answers",
    "oversized": "answers with a body of `size` bytes",
    "redirect": "sends the client to another host",
    "unauthorized": "refuses the credential from now on",
    "forbidden": "says that the credential may not do this",
    "lost_permission": "from now on leaves out the fields that `Sandbox.restricted_fields` names",
    "clamped": "never puts more than `size` records on a page, whatever was asked",
    "short_page": "puts half the records on the second page; the others follow on the next",
    "empty_page": "answers an empty second page; the records that belonged there follow on the next",
    "repeated_page": "answers the first page again and again",
    "moving": "moves a person not yet read to the front after each page",
    "wrong_total": "says that there are `size` more people than there are",
    "malformed": "gives one person of the list a shape that nobody knows",
    "unknown_keys": "adds keys that nobody knows to each person of a list",
    "unheeded": "says yes to a write, and leaves everybody as they were",
    "empty_list": "answers a list of people without anybody in it, and its total says 0",
    "half_list": "answers a list with the first half of the people, and its total says no more",
    "lost_department": "from now on hides everyone of `department` (the largest unless said), as if nobody were there",
}
