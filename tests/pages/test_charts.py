"""The geometry of the charts: what is drawn is where it should be, and never outside."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.view.charts import Span, lane, segments, span_of
from api.view.look import Look, level_of
from projections.tally import Tally

DAYS = st.dates(date(2026, 1, 1), date(2028, 1, 1))
COUNTS = st.integers(0, 3000)
LOOK = Look("done", "done")


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_the_pieces_of_a_bar_are_what_is_due(a: int, b: int, c: int, d: int, e: int) -> None:
    tally = Tally(
        due=a + b + c + d + e,
        done_on_time=a,
        done_late=b,
        reported_unfinished=c,
        without_report=d,
        suspended=e,
    )
    pieces = segments(tally)

    assert sum(piece.value for piece in pieces) == tally.due
    if pieces:
        assert abs(pieces[-1].x + pieces[-1].width - 100) < 0.1


@given(DAYS, st.integers(0, 400), DAYS, st.integers(1, 700))
def test_a_lane_stays_within_its_timeline(start: date, length: int, first: date, days: int) -> None:
    span = Span(first, first + timedelta(days=days))
    due = start + timedelta(days=length)
    place = lane(start.isoformat(), due.isoformat(), LOOK, span)

    if place is None:
        assert due < span.first or start > span.last
    else:
        assert 0 <= place.x <= 100
        assert 0 <= place.x + place.width <= 100.02


def test_what_is_late_is_drawn_until_today() -> None:
    span = Span(date(2026, 11, 1), date(2026, 11, 30))
    place = lane(None, "2026-11-10", LOOK, span, until=date(2026, 11, 20))

    assert place is not None
    assert round(place.overdue_width * 30 / 100) == 10


def test_what_has_no_date_has_no_place() -> None:
    span = Span(date(2026, 11, 1), date(2026, 11, 30))

    assert lane(None, None, LOOK, span) is None
    assert span_of([None, None]) is None


def test_a_timeline_begins_and_ends_with_a_month() -> None:
    assert span_of(["2026-11-10", None, "2027-02-03T08:00"]) == Span(date(2026, 11, 1), date(2027, 2, 28))


def test_a_month_is_named_where_it_begins_and_a_year_where_it_does() -> None:
    ticks = Span(date(2026, 11, 1), date(2027, 2, 28)).months("es")

    assert [(tick.name, tick.year) for tick in ticks] == [
        ("nov", "2026"),
        ("dic", ""),
        ("ene", "2027"),
        ("feb", ""),
    ]


def test_a_level_goes_by_what_is_due_and_not_done() -> None:
    assert level_of(Tally(pending=40, undated=12)) == "none"
    assert level_of(Tally(due=9, done_on_time=8, done_late=1)) == "ok"
    assert level_of(Tally(due=9, done_on_time=7, without_report=1, suspended=1)) == "few"
    assert level_of(Tally(due=9, done_on_time=6, reported_unfinished=3)) == "many"
