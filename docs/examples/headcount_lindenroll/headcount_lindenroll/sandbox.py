"""Lindenroll on loopback: names as objects, days as dd.mm.yyyy, and units behind a Link header."""

from __future__ import annotations

from headcount.sandbox import Answer, Call, Person, RestSandbox, Row, phrase, route

STANDING = {"pending": "coming", "active": "employed", "on_leave": "paused", "terminated": "former"}
UNITS = {"department": "department", "location": "site"}
UNITS_A_PAGE = 5


class LindenrollSandbox(RestSandbox):
    """Lindenroll's emulator. The key is the one of the person with the lowest id."""

    name = "lindenroll"
    prefixes = ("/api/v2",)
    id_key = "ref"
    auth = "X-Linden-Key"
    credential = "key"
    people_at = "/people"
    owner_at = "/me"
    paging = "cursor"
    page_param = "after"
    size_param = "limit"
    size = 50
    next_at = "paging.after"
    total_at = "paging.count"
    since_param = "changed_after"
    restricted_fields = frozenset({"ends", "lead"})
    dates = "%d.%m.%Y"
    fields = {
        "name.first": "given",
        "name.last": "family",
        "mail": "email",
        "post": "title",
        "begins": "hired",
        "ends": "left",
        "lead": "manager_id",
    }

    def row(self, person: Person) -> Row:
        """As Lindenroll shows one: a dash for no post, and one word for where somebody stands."""
        row, word = super().row(person), self.status(person)
        word = "hired in" if word == "active" and person.status_word == "Contractor" else STANDING.get(word, word)
        return {
            **row,
            "post": row["post"] or "-",
            "standing": word,
            "department": self.group_id("department", person.department),
            "site": self.group_id("location", person.location),
            "changed": int(person.updated.timestamp()),
        }

    def error(self, status: int, message: str = "") -> Answer:
        told = {"type": "about:blank", "title": phrase(status), "status": status, "detail": message}
        return Answer(status=status, body=told, content_type="application/problem+json")

    @route("GET", "/units")
    def get_units(self, call: Call) -> Answer:
        """Departments and sites, a few a page."""
        rows = {}
        for person in self.people:
            for kind, sort in UNITS.items():
                title = getattr(person, kind)
                if ref := self.group_id(kind, title):
                    rows[ref] = {"ref": ref, "title": title, "sort": sort}
        number = call.number("page", 1)
        page = self.page(call, list(rows.values()), start=0, size=UNITS_A_PAGE, number=number)
        more = number * UNITS_A_PAGE < len(rows)
        link = {"Link": f'<{self.base_url}/units?page={number + 1}>; rel="next"'} if more else {}
        return Answer(body=page, headers=link)
