"""Putting records together: by key, by time, by sum."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import headcount as hc

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2"]),
        st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 20)),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1),
    ),
    max_size=12,
)
Rows = list[tuple[str, date | None, dict[str, int]]]


def test_a_stretch_holds_the_latest_of_every_name_to_the_day_before_the_next() -> None:
    rows = [("7", date(2020, 3, 1), {"title": "B"}), ("7", date(2020, 1, 1), {"title": "A", "team": "x"})]
    assert hc.timelines(rows) == {
        "7": (
            hc.Stretch(date(2020, 1, 1), date(2020, 2, 29), {"title": "A", "team": "x"}),
            hc.Stretch(date(2020, 3, 1), None, {"title": "B", "team": "x"}),
        )
    }


def test_of_two_rows_of_one_day_the_later_given_wins() -> None:
    day = date(2020, 1, 1)
    assert hc.timelines([("7", day, {"a": 1}), ("7", day, {"a": 2})]) == {"7": (hc.Stretch(day, None, {"a": 2}),)}


def test_no_rows_and_rows_without_a_day_are_no_stretches() -> None:
    assert hc.timelines([]) == {}
    assert hc.timelines([("7", None, {"a": 1})]) == {}


@given(rows=ROWS)
def test_stretches_follow_one_another_without_gap_or_overlap(rows: Rows) -> None:
    for key, made in hc.timelines(rows).items():
        assert [one.start for one in made] == sorted({day for own, day, _ in rows if own == key and day})
        assert all(one.end == after.start - timedelta(days=1) for one, after in pairwise(made))
        assert made[-1].end is None


@given(rows=ROWS, day=st.dates(date(2020, 1, 1), date(2020, 1, 25)))
def test_on_every_day_a_stretch_holds_what_the_rows_up_to_it_say(rows: Rows, day: date) -> None:
    made = hc.timelines(rows)
    for key in ("1", "2"):
        held: dict[str, int] = {}
        dated = [(start, values) for own, start, values in rows if own == key and start is not None]
        for start, values in sorted(dated, key=lambda row: row[0]):
            if start <= day:
                held.update(values)
        found = [one for one in made.get(key, ()) if one.start <= day and (one.end is None or day <= one.end)]
        assert [dict(one.values) for one in found] == ([held] if held else [])


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers())))
def test_values_of_a_key_keep_their_order_and_none_is_lost(pairs: list[tuple[int, int]]) -> None:
    made = hc.grouped(pairs)
    assert made == {key: tuple(value for own, value in pairs if own == key) for key, _ in pairs}
    assert list(made) == list(dict.fromkeys(key for key, _ in pairs))


@given(counts=st.lists(st.integers(0, 99) | st.none()))
def test_a_sum_is_known_only_where_every_part_is(counts: list[Any]) -> None:
    known = [count for count in counts if count is not None]
    assert hc.summed(counts) == (sum(known) if len(known) == len(counts) else None)
