"""Who manages whom, and who belongs where: as the vendor says it, however strange that is."""

from __future__ import annotations

from headcount.model import GroupType
from headcount.testing.bench import Bench, offered, plain, read, tagged
from headcount.testing.checking import NotApplicable, check, ensure, named


@check()
def managers_are_people(bench: Bench) -> None:
    """A manager is named by the id by which that person is in the list, wherever in it they come."""
    bench.must_show("manager_id")
    with bench.people() as (_, people):
        strange = {one.manager_id for one in people.values() if one.manager_id} - people.keys()
        ensure(len(strange) <= 1, f"{len(strange)} managers are named by ids that nobody has")


@check()
def strange_managers_are_told(bench: Bench) -> None:
    """Who manages themselves, who is in a circle, and whose manager is not there are read, and told as they are."""
    bench.must_show("manager_id")
    with bench.people() as (box, people):
        own = tagged(box, "self_managed")
        ensure(people[box.id_of(own)].manager_id == box.id_of(own), "who manages themselves has another manager")
        one = people[box.id_of(tagged(box, "manager_cycle"))]
        ensure(people[one.manager_id or ""].manager_id == one.id, "a circle of managers is broken up")
        lost = people[box.id_of(tagged(box, "missing_manager"))]
        ensure(lost.manager_id not in people, "whose manager is not there has somebody else for one")


@check("groups")
def groups_that_are_named_are_listed(bench: Bench) -> None:
    """A group that a person is in is in the list of groups, by the same id."""
    with bench.account() as (_, account):
        listed = {group.id for group in offered(account.groups())}
        inside = {id for one in account.employees() for id in one.group_ids or ()}
    if not inside:
        raise NotApplicable("people do not name their groups")
    ensure(inside <= listed, f"people are in {len(inside - listed)} groups that the list of groups does not have")


@check("groups")
def places_land_as_they_are(bench: Bench) -> None:
    """Who works in a department or at a location is in the group of that name, and in no other of its kind."""
    with bench.account() as (box, account):
        groups = {group.id: group for group in offered(account.groups())}
        people = read(account.employees()).people
        tried = 0
        for kind, field in ((GroupType.DEPARTMENT, "department"), (GroupType.LOCATION, "location")):
            if not any(group.type.value is kind for group in groups.values()):
                continue
            for person in box.people:
                own = [groups[id] for id in people[box.id_of(person)].group_ids or () if id in groups]
                told = {group.name for group in own if group.type.value is kind}
                here = getattr(person, field)
                begun = not person.hired or person.hired <= box.clock.today()
                ensure(not told or told == {here}, f"somebody's {field} is another, or made up")
                ensure(told or not here or not begun or "restricted" in person.tags, f"somebody's {field} is lost")
                tried += 1
    if not tried:
        raise NotApplicable("departments and locations are not shown")


@check("groups")
def groups_have_names_and_types(bench: Bench) -> None:
    """Each group comes once, with a name, and a type whose word is the vendor's."""
    with bench.account() as (_, account):
        groups = offered(account.groups())
    ids = [group.id for group in groups]
    ensure(len(ids) == len(set(ids)), "a group comes twice")
    ensure(all(group.name.strip() for group in groups), "a group has no name")
    ensure(all(group.type.source for group in groups), "a group's type has no word of the vendor's beside it")


@check("groups")
def both_ends_of_a_membership_agree(bench: Bench) -> None:
    """Where a group names its members and a person their groups, they say the same."""
    with bench.account() as (_, account):
        groups = [group for group in offered(account.groups()) if group.member_ids is not None]
        people = read(account.employees()).people
    if not groups:
        raise NotApplicable("groups do not name their members")
    ids = {group.id for group in groups}
    one = {(member, group.id) for group in groups for member in group.member_ids or () if member in people}
    other = {(id, group) for id, person in people.items() for group in person.group_ids or () if group in ids}
    ensure(one == other, f"{len(one ^ other)} memberships are told from one end alone")


@check("groups")
def a_transfer_is_seen(bench: Bench) -> None:
    """Who is moved to another department is in that one then, and no longer in the old one."""
    with bench.kept() as kept:
        kept.sync()
        person = plain(kept.box, 5)
        id, before = kept.box.id_of(person), person.department
        mine = kept.people()[id].group_ids
        names = {group.id: group.name for group in kept.roster.groups()}
        if before not in {names.get(one) for one in mine or ()}:
            raise NotApplicable("departments are not shown")
        person.department = next(one.department for one in kept.box.people if one.department not in ("", before))
        if person.jobs:
            person.jobs[-1].department = person.department
        kept.box.touch(person)
        kept.sync()
        now = {names.get(one) for one in kept.people()[id].group_ids or ()}
        ensure(person.department in now, "who was moved is not in the new department")
        ensure(before not in now, "who was moved is still in the old department")
        ensure(("transferred", id) in kept.events(), "who was moved is not told to be transferred")


@check("employees.history")
def employments_belong_to_their_people(bench: Bench) -> None:
    """Past employments, where the vendor keeps them, are their person's own, in order, and one at most is going on."""
    with bench.account() as (_, account):
        found = read(account.employees(history=True))
    held = [one for one in found.people.values() if one.employments]
    if not held and found.report.notes:
        raise NotApplicable("; ".join(found.report.notes))
    ensure(held, "nobody has an employment")
    for one in held:
        ensure(all(stretch.employee_id == one.id for stretch in one.employments), "an employment is another person's")
        starts = [stretch.start_date for stretch in one.employments if stretch.start_date]
        ensure(starts == sorted(starts), "employments are not in order")
    strange = [one.id for one in held if len({stretch.id for stretch in one.employments}) != len(one.employments)]
    ensure(not strange, f"{named(strange)} has the same employment twice")
