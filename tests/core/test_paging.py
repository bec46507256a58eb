"""How one page leads to the next, where totals stand, and what is made of pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.http import Headers
from headcount.paging import BARREN

GET = hc.Request("GET", "/people")


def response(**headers: str) -> hc.Response:
    return hc.Response(request=GET, status=200, headers=Headers(headers))


def page(*records: Any, head: Any = None, total: int | None = None, seen: int = 0, barren: int = 0) -> hc.Page:
    return hc.Page(records=records, response=response(), head=head or {}, total=total, seen=seen, barren=barren)


# -- totals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "total"),
    [
        ({"meta": {"total": 5}}, 5),
        ({"meta": {"total_count": 7, "total": 5}}, 7),
        ({"meta": {"total": 0}}, 0),
        ({"meta": {"total": True}}, None),
        ({"meta": {"total": None}}, None),
        ({"meta": {}}, None),
        ({"meta": [5]}, None),
        ({"meta": None}, None),
        ({}, None),
    ],
)
def test_a_total_is_read_where_it_stands_and_never_made_up(head: Any, total: int | None) -> None:
    assert hc.total_at("meta.total_count", "meta.total")(page(head=head)) == total


@pytest.mark.parametrize(
    ("value", "total"), [("5", 5), (" 0 ", 0), ("", None), ("many", None), ("-1", None), ("²", None)]
)
def test_a_total_in_a_header_is_a_number_or_nothing(value: str, total: int | None) -> None:
    headers: dict[str, Any] = {"X-Total-Count": value}
    told = hc.Page(records=[], response=response(**headers))
    assert hc.total_header("x-total-count")(told) == total
    assert hc.total_header("X-Other")(told) is None


# -- paginators -----------------------------------------------------------------------------------


def test_one_page_is_one_page() -> None:
    assert hc.single.next(GET, page({"id": 1}, total=99)) is None
    assert hc.single.total(page(total=5)) is None


def test_numbered_goes_on_from_the_page_that_was_asked_for() -> None:
    following = hc.numbered("page").next
    assert following(GET, page({"id": 1})) == GET.having(page=2)
    assert following(GET.having(page=0), page({"id": 1})) == GET.having(page=1)
    assert following(GET.having(page=7, size=5), page({"id": 1})) == GET.having(page=8, size=5)


def test_numbered_ends_at_an_empty_page_and_not_at_a_short_one() -> None:
    following = hc.numbered("page").next
    assert following(GET.having(size=50), page({"id": 1})) is not None
    assert following(GET, page()) is None


def test_numbered_goes_on_past_a_gap_where_the_total_promises_more_but_not_for_ever() -> None:
    following = hc.numbered("page").next
    assert following(GET, page(total=9, seen=5, barren=1)) == GET.having(page=2)
    assert following(GET, page(total=9, seen=9, barren=1)) is None
    assert following(GET, page(total=9, seen=5, barren=BARREN)) is None


def test_offset_goes_on_by_what_came() -> None:
    following = hc.offset("skip", "$skip").next
    second = following(GET.having(top=50), page({"id": 1}, {"id": 2}))
    assert second == GET.having(top=50, skip=2, **{"$skip": 2})
    assert second is not None
    assert following(second, page({"id": 3})) == GET.having(top=50, skip=3, **{"$skip": 3})
    assert following(second, page()) is None


def test_cursor_goes_on_until_there_is_none() -> None:
    following = hc.cursor("after", lambda page: page.head.get("next")).next
    assert following(GET, page({"id": 1}, head={"next": "t2"})) == GET.having(after="t2")
    assert following(GET, page(head={"next": "t3"})) == GET.having(after="t3"), "an empty page is not the end"
    assert following(GET, page({"id": 1}, head={"next": None})) is None


AT = "https://api.example/v1/people?size=5"


def link(header: str, *, request: hc.Request = GET, url: str = AT) -> hc.Request | None:
    """The request that a page with this Link header leads to."""
    answered = hc.Response(request=request, status=200, headers=Headers({"Link": header} if header else {}), url=url)
    return hc.linked().next(request, hc.Page(records=[], response=answered))


@pytest.mark.parametrize(
    "header",
    [
        '<https://api.example/v1/people?page=2>; rel="next"',
        "</v1/people?page=2>; rel=next",
        '<people?page=2>;rel="next"',
        '<?page=2>; REL="Next"',
        '<?page=2>; rel="last next"',
        '<?page=9>; rel="last", <?page=2>; rel="next", <?page=1>; rel="first"',
        '<?page=1>; rel="prev"; title="back, to the first", <?page=2>; rel="next"; title="on, to the second"',
        '<?page=1>; rel="next prefetch"; rel="x",<?page=2>; rel="next"',
        "<?page=2>; rel='next'",
    ],
)
def test_a_link_to_the_next_page_is_found_whatever_stands_beside_it(header: str) -> None:
    assert link(header) == GET.having(page="2")


def test_a_link_is_the_whole_request_and_says_all_of_the_query() -> None:
    assert link("<?page=2>; rel=next", request=GET.having(size=5)) == GET.having(page="2")
    assert link("<?after=a%2Bb&x=&f=1&f=2>; rel=next") == GET.having(after="a+b", x="", f=["1", "2"])
    headed = hc.Request("GET", "/people", headers={"X-Version": "2"})
    assert link("<?page=2>; rel=next", request=headed) == headed.having(page="2")


def test_a_link_to_another_place_is_an_address_of_its_own() -> None:
    for target in ("/v2/people?page=2", "https://other.example/v2/people?page=2", "//other.example/v2/people?page=2"):
        host = "other.example" if "other" in target else "api.example"
        found = link(f"<{target}>; rel=next")
        assert found == hc.Request("GET", f"https://{host}/v2/people", {"page": "2"}), "the transport looks at the host"
    assert link("<http://api.example/v1/people?page=2>; rel=next") == hc.Request(
        "GET", "http://api.example/v1/people", {"page": "2"}
    ), "another scheme is another place"


@pytest.mark.parametrize(
    "header",
    ["", " ", '<?page=1>; rel="prev"', '<?page=9>; rel="last"; title="next to nothing"', "nonsense", "<?page=2>"],
)
def test_where_no_link_is_next_the_list_ends(header: str) -> None:
    assert link(header) is None


@pytest.mark.parametrize(
    "header",
    [
        '<?page=2>; title="a=b=c"; rel="next"',
        '<https://api.example/v1/people;v=2?page=2>; rel="next"',
        '<https://api.example/v1/people;v?page=2>; rel="next"',
        '<?page=2; rel="next"',
        '<http://[::1/x>; rel="next"',
    ],
)
def test_a_next_page_that_cannot_be_made_out_is_an_error_and_not_the_end(header: str) -> None:
    with pytest.raises(hc.RecordError, match="the Link header names a next page"):
        link(header)


def test_links_may_come_with_a_total() -> None:
    answered = hc.Response(request=GET, status=200, headers=Headers({"X-Total-Count": "7"}))
    assert hc.linked(total=hc.total_header("X-Total-Count")).total(hc.Page(records=[], response=answered)) == 7


def test_after_last_asks_for_what_comes_after_the_last_record() -> None:
    following = hc.after_last("id").next
    assert following(GET, page({"id": 1}, {"id": 5})) == GET.having(after=5)
    assert following(GET, page()) is None


@pytest.mark.parametrize("last", [{"name": "Ada"}, None, 5])
def test_a_last_record_that_cannot_be_gone_on_from_is_an_error_of_ours(last: Any) -> None:
    with pytest.raises(hc.HeadcountError):
        hc.after_last("id").next(GET, page({"id": 1}, last))


# -- newest first ---------------------------------------------------------------------------------

SINCE = 100


def at(number: int) -> datetime:
    return datetime.fromtimestamp(number, UTC)


def of(*numbers: Any) -> hc.Page:
    return page(*({"at": number} for number in numbers), total=999)


def newest(*pages: hc.Page, oldest: Any = None, since: int = SINCE) -> list[list[Any]]:
    """What comes of pages asked for newest first; `oldest` is what the list begins with when it is turned round."""

    def turned() -> Iterator[hc.Page]:
        if oldest is None:
            pytest.fail("the order was not in doubt")
        yield of(oldest)

    made = hc.newest_first(pages, at=lambda raw: at(raw["at"]), since=at(since), turned=turned)
    return [[raw["at"] for raw in one.records] for one in made]


DOWN = tuple(range(130, 115, -1))


def test_pages_come_whole_up_to_the_one_that_reaches_back_far_enough() -> None:
    assert newest(of(*DOWN), of(110, 105, 90), of(80)) == [[*DOWN], [110, 105, 90]]


def test_a_page_that_ends_at_the_very_instant_is_not_the_last() -> None:
    assert newest(of(*DOWN, 100), of(100, 99), of(98)) == [[*DOWN, 100], [100, 99]]


def test_a_list_without_an_older_one_is_read_to_its_end() -> None:
    assert newest(of(120, 110), of(105), of()) == [[120, 110], [105], []]


def test_an_instant_that_rises_shows_a_list_that_is_not_sorted() -> None:
    for pages in ([of(120, 121, 90)], [of(*DOWN), of(114, 113), of(117, 90)], [of(*DOWN, 105), of(107, 90)]):
        with pytest.raises(hc.Unsupported, match="does not sort by what was changed last"):
            newest(*pages)


def test_those_who_were_pushed_onto_the_next_page_are_no_rise() -> None:
    assert newest(of(*DOWN, 112, 111), of(112, 111, 90)) == [[*DOWN, 112, 111], [112, 111, 90]]


def test_equal_instants_are_in_order_and_an_unreadable_one_is_passed_over() -> None:
    assert newest(of(*DOWN, 110, 110, None, "x", 110), of(110, 90)) == [[*DOWN, 110, 110, None, "x", 110], [110, 90]]
    assert newest(of(None, "x"), of(*DOWN), of(90)) == [[None, "x"], [*DOWN], [90]]


@pytest.mark.parametrize("records", [(90,), (120, 90), (120, 90, 90, 90), (130, 120, 110, 90)])
def test_an_order_that_may_be_an_accident_is_asked_for_the_other_way_round(records: tuple[int, ...]) -> None:
    older = records[-1] if len(set(records)) > 1 else 80
    assert newest(of(*records), oldest=older) == [list(records)]
    for same in (records[0], "unreadable"):
        with pytest.raises(hc.Unsupported):
            newest(of(*records), oldest=same)


def test_a_list_that_shows_the_same_head_both_ways_is_not_sorted() -> None:
    with pytest.raises(hc.Unsupported):
        newest(of(90, 90, 90), oldest=90)


def test_a_list_turned_round_that_is_empty_proves_nothing() -> None:
    made = hc.newest_first([of(120, 90)], at=lambda raw: at(raw["at"]), since=at(SINCE), turned=list)
    with pytest.raises(hc.Unsupported):
        list(made)


def test_a_list_of_changes_reaches_to_the_newest_on_its_first_page_and_has_no_total() -> None:
    pages = [of(*DOWN), of(110, 90)]
    made = list(hc.newest_first(pages, at=lambda raw: at(raw["at"]), since=at(SINCE), turned=list))
    assert [one.until for one in made] == [at(130), None]
    assert [one.total for one in made] == [None, None]
    (quiet,) = hc.newest_first([of(*range(90, 70, -1))], at=lambda raw: at(raw["at"]), since=at(SINCE), turned=list)
    assert quiet.until == at(SINCE), "it never reaches back to before what was asked"


# -- asked for by id ------------------------------------------------------------------------------


def test_who_is_missing_from_an_answer_is_asked_for_alone() -> None:
    asked: list[Any] = []

    def missing(ids: Any) -> Iterator[hc.Page]:
        asked.extend(ids)
        yield page({"id": "3"})

    made = hc.with_missing([page({"id": 1}, None, 5), page({"id": "2"})], ["1", "2", "3", "4"], missing)
    assert [len(one.records) for one in made] == [3, 1, 1]
    assert asked == ["3", "4"]
    assert len(list(hc.with_missing([page({"id": 1})], ["1"], lambda ids: pytest.fail("nobody is missing")))) == 1


# -- lists made of lists --------------------------------------------------------------------------


def joined(*pages: hc.Page) -> list[Any]:
    made = hc.joined(pages, key="boss_id", unless=("boss_uuid",), by="boss_number", on="number")
    return [record for page in made for record in page.records]


def test_records_that_point_by_number_are_joined_across_pages() -> None:
    first = {"id": "a", "number": "1", "boss_number": "2"}
    second = {"id": "b", "number": "2", "boss_number": None}
    third = {"id": "c", "number": "3", "boss_number": "9"}
    found = joined(page(first, second), page(third))
    assert [(record["id"], record["boss_id"]) for record in found] == [("a", "b"), ("b", None), ("c", None)]


def test_records_that_tell_the_id_are_left_as_they_are_and_come_as_they_are_read() -> None:
    read: list[int] = []

    def pages() -> Any:
        for number in range(3):
            read.append(number)
            yield page({"id": number, "boss_uuid": None})

    made = hc.joined(pages(), key="boss_id", unless=("boss_uuid",), by="boss_number", on="number")
    assert next(iter(made)).records == ({"id": 0, "boss_uuid": None},)
    assert read == [0]


@pytest.mark.parametrize(
    "odd", [{"number": "7"}, {"id": "x", "number": {"a": 1}}, {"id": "x", "boss_number": ["1"]}, None, 5]
)
def test_a_misshapen_record_does_not_keep_the_others_from_being_joined(odd: Any) -> None:
    whole = [{"id": "a", "number": "1", "boss_number": "2"}, {"id": "b", "number": "2", "boss_number": None}]
    found = joined(page(*whole, odd))
    assert [(record["id"], record["boss_id"]) for record in found[:2]] == [("a", "b"), ("b", None)]
    assert len(found) == 3


def test_records_that_are_joined_cannot_be_gone_on_with() -> None:
    pages = [attrs.evolve(page({"id": "a", "number": "1"}), following=GET), page({"id": "b", "boss_number": "1"})]
    made = hc.joined(pages, key="boss_id", unless=("boss_uuid",), by="boss_number", on="number")
    assert [one.following for one in made] == [None, None]
    whole = [attrs.evolve(page({"boss_uuid": "x"}), following=GET)]
    (told,) = hc.joined(whole, key="boss_id", unless=("boss_uuid",), by="boss_number", on="number")
    assert told.following == GET


def test_a_part_of_a_list_is_not_joined() -> None:
    def part(*pages: hc.Page) -> list[hc.Page]:
        return list(hc.joined(pages, key="b", unless=("boss_uuid",), by="boss_number", on="number", part=True))

    with pytest.raises(hc.Unsupported, match="only the whole list"):
        part(page({"id": "a"}), page({"id": "b", "boss_number": "1"}))
    assert len(part(page({"id": "a", "boss_number": None}))) == 1
    assert len(part(page({"id": "a", "boss_number": "7", "boss_uuid": "x"}))) == 1


def test_a_record_may_be_made_of_a_part_of_another() -> None:
    pages = [page({"options": [{"id": 1}, {"id": 2}]}, {"options": []}, total=2, seen=2)]
    (made,) = hc.reshaped(pages, lambda raw: raw["options"])
    assert list(made.records) == [{"id": 1}, {"id": 2}]
    assert (made.total, made.seen) == (2, 2)


def test_a_thing_that_is_named_again_comes_once_and_in_its_order() -> None:
    pages = [page({"id": 2, "n": "b"}, {"id": 1}, {"id": 2, "n": "b"}), page({"id": 1}, {"id": 3}), page({"id": 3})]
    made = list(hc.distinct(pages, lambda raw: raw["id"]))
    assert [[record["id"] for record in one.records] for one in made] == [[2, 1], [3], []]


@pytest.mark.parametrize("odd", [{"name": "x"}, {"id": ["x"]}, None, 5])
def test_a_misshapen_record_comes_with_the_distinct_ones(odd: Any) -> None:
    (made,) = hc.distinct([page({"id": 1}, odd, {"id": 1}, {"id": 2})], lambda raw: raw["id"])
    assert list(made.records) == [{"id": 1}, odd, {"id": 2}]
