"""What lands in the model: what the vendor says of a person, no more, and a reason for what is missing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import attrs

from headcount.connector import sources
from headcount.errors import RecordError
from headcount.model import Coded, Employee, EmployeeStatus, NullReason, Raw, Scope, WorkerType
from headcount.reader import id_of, wanted_fields
from headcount.sandbox import Person, Sandbox
from headcount.testing.bench import Bench, plain, tagged
from headcount.testing.checking import NotApplicable, check, ensure, fail, named

BLANK = ("", "0000-00-00", "null", "None")
MERELY_INACTIVE = frozenset({"inactive", "false", "0", "disabled", "no"})


def _everyone(bench: Bench) -> Iterator[tuple[Sandbox, Person, Employee]]:
    """Each person of the sandbox with what was read of them, but for those of whom fields are kept from the caller."""
    with bench.people() as (box, people):
        for person in box.people:
            if box.id_of(person) in people and "restricted" not in person.tags:
                yield box, person, people[box.id_of(person)]


@check()
def values_land_as_they_are(bench: Bench) -> None:
    """Each value that is read is the person's own: no other person's, no other field's, nothing split or guessed."""
    wrong: set[str] = set()
    for box, person, employee in _everyone(bench):
        for field, value in box.truth(person).items():
            told = getattr(employee, field)
            if told is not None and told != value:
                wrong.add(field)
    ensure(not wrong, f"{named(wrong, most=5)} is read as something that the person does not have")


@check()
def what_is_there_is_read(bench: Bench) -> None:
    """A value that the vendor has and a field is declared for is not called empty."""
    lost: set[str] = set()
    for box, person, employee in _everyone(bench):
        for field, value in box.truth(person).items():
            empty = getattr(employee, field) is None and employee.absent.get(field) is NullReason.EMPTY_AT_SOURCE
            if value is not None and empty:
                lost.add(field)
    ensure(not lost, f"{named(lost, most=5)} is called empty, and the person has it")


@check()
def nothing_is_fabricated(bench: Bench) -> None:
    """Of a person without a title, a day or a place nothing is made up."""
    with bench.people() as (box, people):
        person = tagged(box, "blanks")
        employee = people[box.id_of(person)]
        made = [field for field, value in box.truth(person).items() if value is None and getattr(employee, field)]
        ensure(not made, f"{named(made)} is made up for a person who has none")
        ensure(employee.demographics is None or employee.demographics.date_of_birth is None, "a birthday is made up")
        ensure(employee.compensation is None, "a compensation is made up")


@check(reads_only=True)
def blanks_are_nothing(bench: Bench) -> None:
    """An empty text and a zero date are nothing, and never a value."""
    blank = {
        field.name
        for employee in bench.everyone.people.values()
        for field in attrs.fields(Employee)
        if field.name not in ("raw", "absent", "custom_fields")
        and isinstance(getattr(employee, field.name), str)
        and getattr(employee, field.name).strip() in BLANK
    }
    ensure(not blank, f"{named(blank)} is a blank text, and ought to be None")


@check(reads_only=True)
def every_none_has_its_reason(bench: Bench) -> None:
    """Each field that is None says why: not in the vendor's model, not permitted, not asked for, or empty there."""
    for employee in bench.everyone.people.values():
        empty = {f.name for f in attrs.fields(Employee) if f.default is None and getattr(employee, f.name) is None}
        ensure(empty <= employee.absent.keys(), f"{named(empty - employee.absent.keys())} is None without a reason")
        strange = employee.absent.keys() - empty - {"custom_fields"}
        ensure(not strange, f"{named(strange)} has a reason to be None, and is not")


@check()
def hidden_is_not_empty(bench: Bench) -> None:
    """What a permission hides is not called empty, where the vendor lets the two be told apart."""
    of = bench.connector.employees
    with bench.account() as (box, account):
        before = {one.id: one for one in account.employees()}
        box.play("lost_permission", on=box.lists)
        after = {one.id: one for one in account.employees()}
    said, lied = False, set[str]()
    for id, one in after.items():
        hidden = (before[id].raw.keys() - one.raw.keys()) | set(of.withheld(one.raw))
        said = said or bool(hidden)
        for field in of.fields:
            if getattr(one, field) is None and hidden >= set(sources(of, field)):
                lied |= {field} if one.absent.get(field) is NullReason.EMPTY_AT_SOURCE else set()
    if not said:
        raise NotApplicable("this vendor sends nulls for what it hides, and does not say that it hides")
    ensure(not lied, f"{named(lied)} is hidden, and called empty")


@check()
def status_walks_through_a_life(bench: Bench) -> None:
    """Who is pending is not at work, who is there is, who left is not, and whose leaving is ahead still is."""
    with bench.people() as (box, people):
        today = box.clock.today()

        def of(tag: str) -> Employee:
            return people[box.id_of(tagged(box, tag))]

        ensure(of("left").is_employed(today) is not True, "who left is at work")
        ensure(of("left").status.value is not EmployeeStatus.ACTIVE, "who left is active")
        for tag in ("pending", "future_hire"):
            known = of(tag).start_date is not None or of(tag).status.value is not EmployeeStatus.ACTIVE
            ensure(
                not known or of(tag).is_employed(today) is not True, f"who is {tag} is at work before their first day"
            )
        for tag in ("future_leaver", "rehired", "on_leave", "contractor"):
            ensure(of(tag).is_employed(today) is not False, f"who is {tag} is held to be gone")
        ensure(people[box.id_of(box.people[0])].is_employed(today) is True, "who is there is not at work")


@check(reads_only=True)
def inactive_is_not_terminated(bench: Bench) -> None:
    """Somebody of whom the vendor says no more than inactive is not said to be terminated."""
    made = [
        one.status.source
        for one in bench.everyone.people.values()
        if one.status.value is EmployeeStatus.TERMINATED
        and str(one.status.source).casefold() in MERELY_INACTIVE
        and one.termination_date is None
    ]
    ensure(not made, f"the word {made[:1]} becomes terminated, though nobody is known to have left")


@check()
def unknown_word_kept_and_reported(bench: Bench) -> None:
    """A word that nobody has mapped becomes `unknown`, is kept beside it and counted: never active, never a guess."""
    with bench.people() as (box, people):
        employee = people[box.id_of(tagged(box, "unknown_status"))]
        if "sabbatical" not in str(employee.raw).casefold():
            raise NotApplicable("this vendor has no words for where somebody stands")
        coded = [getattr(employee, field.name) for field in attrs.fields(Employee)]
        told = [one for one in coded if isinstance(one, Coded) and "sabbatical" in str(one.source).casefold()]
        ensure(told, "a word that nobody has mapped is kept nowhere")
        ensure(all(one.value == "unknown" for one in told), "a word that nobody has mapped was made one that we know")
        words = {word.casefold() for _, word in bench.everyone.report.unknown}
        ensure(
            any("sabbatical" in word for word in words), "a word that nobody has mapped is not counted in the report"
        )


@check()
def a_contractor_is_no_employee(bench: Bench) -> None:
    """Who is a contractor at the vendor is not read as an employee."""
    with bench.people() as (box, people):
        employee = people[box.id_of(tagged(box, "contractor"))]
        if employee.worker_type is None:
            raise NotApplicable("the kind of worker is not shown")
        ensure(employee.worker_type.value is not WorkerType.EMPLOYEE, "a contractor is read as an employee")


@check(reads_only=True)
def words_keep_their_source(bench: Bench) -> None:
    """Beside each of our words stands the vendor's own, so that a mapping can be put right later."""
    silent = [
        one.id for one in bench.everyone.people.values() if one.status.value != "unknown" and not one.status.source
    ]
    ensure(not silent, f"the status of {len(silent)} people has no word of the vendor's beside it")


@check()
def names_are_not_split_or_folded(bench: Bench) -> None:
    """Names in any script, with spaces and accents, land letter by letter."""
    with bench.account() as (box, account):
        of_many_words = plain(box)
        of_many_words.given, of_many_words.family = "Ana María", "de la Cruz"
        people = {one.id: one for one in account.employees()}
        for person in (of_many_words, tagged(box, "unicode_name"), tagged(box, "right_to_left_name")):
            employee = people[box.id_of(person)]
            parts = (employee.given_name or employee.preferred_name, employee.family_name or person.family)
            ensure(parts == (person.given, person.family), "a name of many words, or in another script, is another")
        addresses = {people[box.id_of(tagged(box, tag))].id for tag in ("namesake", "duplicate_email")}
        ensure(box.id_of(box.people[0]) not in addresses and len(addresses) == 2, "two people were made one")


@check()
def custom_fields_roundtrip(bench: Bench) -> None:
    """A company's own fields keep their key, their label and their value."""
    with bench.people() as (box, people):
        if not any("shirt" in str(one.raw).casefold() for one in people.values()):
            raise NotApplicable("the vendor shows no custom fields")
        for person in box.people:
            one = people[box.id_of(person)]
            own = {_as_key(field.label or key): field.value for key, field in one.custom_fields.items()}
            wrong = [key for key, value in person.custom.items() if own.get(_as_key(key), value) != value]
            ensure(not wrong or "restricted" in person.tags, f"the custom field {named(wrong)} has another value")
            ensure(all(key == field.key for key, field in one.custom_fields.items()), "a custom field has another key")
        all_of_them = [field for one in people.values() for field in one.custom_fields.values()]
        shirts = [field for field in all_of_them if "shirt" in field.key.casefold()]
        ensure(shirts, "the vendor shows custom fields, and they are not read")
        ensure(all(field.label for field in shirts), "a custom field has no label")


@check(reads_only=True)
def raw_is_the_vendors(bench: Bench) -> None:
    """The vendor's own record is kept beside ours, and no key in it is ours."""
    ours = {field.name for field in attrs.fields(Employee)} - {"id"}
    for employee in bench.everyone.people.values():
        ensure(employee.raw, "there is no raw record, though everything was asked for")
    keys = {
        key
        for keys in bench.connector.employees.fields.values()
        for key in ((keys,) if isinstance(keys, str) else keys)
    }
    seen = {key for one in bench.everyone.people.values() for key in one.raw}
    ensure(keys & seen, "the raw record has none of the vendor's keys that fields names")
    ensure(not ours & seen - keys, f"the raw record has {named(ours & seen - keys)}, which is a name of ours")


def _as_key(text: str) -> str:
    return text.casefold().replace(" ", "_")


def _records(bench: Bench) -> Iterator[tuple[Raw, Any]]:
    """A few raw records, and what is known beside them."""
    with bench.reading() as account:
        known = bench.connector.employees.known(account.http, wanted_fields(Employee, tuple(Scope)))
        rows = [dict(one.raw) for one in list(account.employees())[:25]]
    ensure(rows, "nobody came: there is nothing that could be looked at")
    for row in rows:
        yield row, known


@check(reads_only=True)
def mapping_is_pure(bench: Bench) -> None:
    """The same record gives the same person, and stays as it was."""
    to = bench.connector.employees.to
    for raw, known in _records(bench):
        before = copy.deepcopy(raw)
        one, other = to(raw, known), to(raw, known)
        ensure(one == other, "the same record gives two different people")
        ensure(raw == before, "reading a record changes it")


@check(reads_only=True)
def a_missing_value_loses_nobody(bench: Bench) -> None:
    """A person of whom any one value is null, or not sent, is read all the same: no more is required than an id, and
    one key more by which a record is known to be a person's."""
    of = bench.connector.employees
    lost: set[str] = set()
    for raw, known in list(_records(bench))[:8]:
        for key in raw:
            for variant in ({**raw, key: None}, {name: value for name, value in raw.items() if name != key}):
                if id_of(of, variant) is None or not of.belongs(variant):
                    continue
                try:
                    of.to(variant, known)
                except RecordError:
                    lost.add(key)
                except Exception as error:  # noqa: BLE001 - whatever it is, the person is lost
                    fail(f"who has no {key} breaks the mapping: {type(error).__name__}")
    ensure(len(lost) <= 1, f"who has no {named(lost, most=5)} cannot be read")


@check("employees.one")
def one_is_as_in_the_list(bench: Bench) -> None:
    """Somebody who is looked up is the same person as in the list."""
    with bench.account() as (box, account):
        listed = {one.id: one for one in account.employees()}
        for person in box.people[:12]:
            alone, among = account.employee(box.id_of(person)), listed[box.id_of(person)]
            fields = [
                f.name for f in attrs.fields(Employee) if f.name not in ("raw", "absent", "updated_at", "manager_ids")
            ]
            silent = (*alone.absent.items(), *among.absent.items())
            unseen = {name for name, why in silent if why is not NullReason.EMPTY_AT_SOURCE}
            other = [n for n in fields if n not in unseen and _differs(getattr(alone, n), getattr(among, n))]
            ensure(not other, f"{named(other)} is another when somebody is looked up")


def _differs(one: Any, other: Any) -> bool:
    """Whether two values are different. Of a whole of parts, such as an address, those that both tell."""
    if not attrs.has(type(one)) or not attrs.has(type(other)) or isinstance(one, Coded):
        return bool(one != other)
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in attrs.fields(type(one)))
    return any(_differs(*pair) for pair in pairs if None not in pair)
