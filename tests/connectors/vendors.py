"""The three vendors with their sandboxes, and what each shows of a person: an independent reading of the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from headcount import Connector
from headcount.sandbox import Person, Sandbox
from headcount_bamboohr import bamboohr
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_insightly import insightly
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import namely
from headcount_namely.sandbox import NamelySandbox


@attrs.frozen(kw_only=True)
class Vendor:
    """A connector, its sandbox, the path of its list of people, its page size, and the id it shows a person by."""

    connector: Connector
    sandbox: type[Sandbox]
    people_path: str
    page_size: int
    id_of: Callable[[Person], str]

    @property
    def name(self) -> str:
        return self.connector.name

    def __str__(self) -> str:
        return self.name

    def start(self, **options: Any) -> Sandbox:
        return self.sandbox(**options)


NAMELY = Vendor(
    connector=namely, sandbox=NamelySandbox, people_path="/profiles", page_size=50, id_of=lambda person: person.uuid
)
BAMBOOHR = Vendor(
    connector=bamboohr,
    sandbox=BambooSandbox,
    people_path="/employees",
    page_size=2500,
    id_of=lambda person: str(person.id),
)
INSIGHTLY = Vendor(
    connector=insightly,
    sandbox=InsightlySandbox,
    people_path="/Users",
    page_size=500,
    id_of=lambda person: str(person.id),
)
VENDORS = (NAMELY, BAMBOOHR, INSIGHTLY)
DIALECTS = ("guide", "observed")
