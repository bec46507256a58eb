"""From dated rows to the stretches of time between them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

import headcount as hc

ROWS = st.lists(
    st.tuples(
        st.dates(date(2020, 1, 1), date(2020, 1, 20)),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1),
    ),
    max_size=12,
)


def test_a_stretch_holds_the_latest_of_every_name_to_the_day_before_the_next() -> None:
    rows = [(date(2020, 3, 1), {"title": "B"}), (date(2020, 1, 1), {"title": "A", "team": "x"})]
    assert list(hc.stretches(rows)) == [
        hc.Stretch(date(2020, 1, 1), date(2020, 2, 29), {"title": "A", "team": "x"}),
        hc.Stretch(date(2020, 3, 1), None, {"title": "B", "team": "x"}),
    ]


def test_of_two_rows_of_one_day_the_later_given_wins() -> None:
    day = date(2020, 1, 1)
    assert list(hc.stretches([(day, {"a": 1}), (day, {"a": 2})])) == [hc.Stretch(day, None, {"a": 2})]


def test_no_rows_are_no_stretches() -> None:
    assert list(hc.stretches([])) == []


@given(rows=ROWS)
def test_stretches_follow_one_another_without_gap_or_overlap(rows: list[tuple[date, dict[str, int]]]) -> None:
    made = list(hc.stretches(rows))
    assert [stretch.start for stretch in made] == sorted({day for day, _ in rows})
    assert all(stretch.end == after.start - timedelta(days=1) for stretch, after in pairwise(made))
    assert not made or made[-1].end is None


@given(rows=ROWS, day=st.dates(date(2020, 1, 1), date(2020, 1, 25)))
def test_on_every_day_a_stretch_holds_what_the_rows_up_to_it_say(
    rows: list[tuple[date, dict[str, int]]], day: date
) -> None:
    held: dict[str, int] = {}
    for start, values in sorted(rows, key=lambda row: row[0]):
        if start <= day:
            held.update(values)
    found = [one for one in hc.stretches(rows) if one.start <= day and (one.end is None or day <= one.end)]
    assert [dict(one.values) for one in found] == ([held] if held else [])
