"""Which days and hours count, against a slow reference that looks at every day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import hypothesis
import pytest
from hypothesis import strategies as st

from domain.calendar import CalendarNotLoaded, NonWorkingDays, statutory_calendars
from domain.legal_time import LegalTime, UnderWay
from tests.domain.test_calendar import LOADED_YEARS, days_of_rest, every_day

LAW = LegalTime()
"""Only the days of rest of the law."""

PROCESS = UnderWay(date(2026, 9, 10), date(2027, 8, 31))
DURING = LegalTime(processes=(PROCESS,))

WORKING_DAYS = [
    day
    for day in every_day(date(LOADED_YEARS[0], 1, 1), date(LOADED_YEARS[-1], 12, 31))
    if day.weekday() < 5 and day not in days_of_rest(day.year)
]

# Business days -----------------------------------------------------------------------------------------


def test_every_day_of_the_loaded_years_is_working_or_not_as_the_reference_says() -> None:
    for day in every_day(date(2025, 1, 1), date(2027, 12, 31)):
        assert LAW.is_business_day(day) == (day in WORKING_DAYS), day


inner_days = st.dates(date(2025, 7, 1), date(2027, 6, 30))


@hypothesis.given(inner_days, st.integers(-80, 80))
def test_business_days_are_counted_as_one_does_on_a_wall_calendar(day: date, count: int) -> None:
    later = [working for working in WORKING_DAYS if working > day]
    earlier = [working for working in reversed(WORKING_DAYS) if working < day]
    expected = day if count == 0 else (later if count > 0 else earlier)[abs(count) - 1]

    assert LAW.add_business_days(day, count) == expected


@hypothesis.given(inner_days, st.integers(-80, 80).filter(bool))
def test_counting_business_days_never_ends_on_a_day_off(day: date, count: int) -> None:
    found = LAW.add_business_days(day, count)

    assert LAW.is_business_day(found)
    assert found.weekday() < 5
    assert found not in holidays.country_holidays("MX", years=found.year)


@hypothesis.given(st.sampled_from(WORKING_DAYS[100:-100]), st.integers(0, 80))
def test_from_a_working_day_business_days_forth_and_back_return_to_it(day: date, count: int) -> None:
    assert LAW.add_business_days(LAW.add_business_days(day, count), -count) == day


def test_the_day_counted_from_is_not_counted() -> None:
    friday = date(2026, 1, 30)
    assert LAW.add_business_days(friday, 1) == date(2026, 2, 3)  # Monday 2 February is a day of rest
    assert LAW.add_business_days(date(2026, 2, 3), -1) == friday


@pytest.mark.parametrize(
    ("day", "body", "missing"),
    [
        (date(2099, 3, 2), "statutory", ("statutory", 2099)),
        (date(2099, 3, 2), "NOBODY", ("statutory", 2099)),
        (date(2027, 3, 2), "NOBODY", ("NOBODY", 2027)),
        (date(2027, 3, 6), "NOBODY", ("NOBODY", 2027)),
    ],
)
def test_business_days_of_a_calendar_that_is_not_loaded_are_refused(
    day: date, body: str, missing: tuple[str, int]
) -> None:
    with pytest.raises(CalendarNotLoaded) as caught:
        LegalTime(body).is_business_day(day)
    assert (caught.value.body, caught.value.year) == missing
    with pytest.raises(CalendarNotLoaded):
        LegalTime(body).add_business_days(day, 1)


def test_a_bodys_own_days_are_added_to_those_of_the_law() -> None:
    own = NonWorkingDays(body="INE", year=2026, days=(date(2026, 7, 20),), instrument="Acuerdo de ejemplo")
    time = LegalTime("INE", {**statutory_calendars(), ("INE", 2026): own})

    assert not time.is_business_day(date(2026, 7, 20))
    assert not time.is_business_day(date(2026, 9, 16))
    assert time.add_business_days(date(2026, 7, 17), 1) == date(2026, 7, 21)


@hypothesis.given(
    st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40),
    st.dates(date(2026, 3, 1), date(2026, 9, 30)),
    st.integers(-30, 30),
)
def test_a_body_s_business_days_are_those_of_the_wall_calendar_less_its_own(
    own: set[date], day: date, count: int
) -> None:
    loaded = NonWorkingDays(body="INE", year=2026, days=tuple(own), instrument="Acuerdo de ejemplo")
    working = [each for each in WORKING_DAYS if each not in own and each.year == 2026]
    ahead = [each for each in (working if count > 0 else reversed(working)) if (each - day).days * count > 0]
    expected = ahead[abs(count) - 1] if count else day

    found = LegalTime("INE", {**statutory_calendars(), ("INE", 2026): loaded}).add_business_days(day, count)

    assert found == expected


# Procedural days and hours -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 5), False),
        (date(2026, 9, 10), True),
        (date(2026, 9, 16), True),
        (date(2027, 6, 6), True),
        (date(2027, 8, 29), True),
        (date(2027, 9, 4), False),
    ],
)
def test_all_days_count_from_the_opening_of_a_process_to_its_close(day: date, expected: bool) -> None:
    assert DURING.counts(day) == expected


def test_a_process_that_is_not_closed_goes_on() -> None:
    assert UnderWay(date(2026, 9, 10)).includes(date(2099, 1, 1))
    assert not UnderWay(date(2026, 9, 10)).includes(date(2026, 9, 9))


@hypothesis.given(st.dates(date(2026, 7, 1), date(2026, 12, 1)), st.integers(-40, 40))
def test_procedural_days_are_counted_one_by_one_across_the_beginning_of_a_process(
    day: date, count: int
) -> None:
    counting = [
        each
        for each in every_day(date(2026, 1, 1), date(2027, 6, 1))
        if PROCESS.includes(each) or each in WORKING_DAYS
    ]
    later = [each for each in counting if each > day]
    earlier = [each for each in reversed(counting) if each < day]
    expected = day if count == 0 else (later if count > 0 else earlier)[abs(count) - 1]

    assert DURING.add_procedural_days(day, count) == expected


@pytest.mark.parametrize(
    ("start", "hours", "during", "outside"),
    [
        ("2026-11-20T15:00", 48, "2026-11-22T15:00", "2026-11-24T15:00"),  # a Friday
        ("2026-11-21T10:00", 24, "2026-11-22T10:00", "2026-11-24T00:00"),  # a Saturday
        ("2026-11-18T00:00", 24, "2026-11-19T00:00", "2026-11-19T00:00"),
        ("2026-11-13T23:30", 1, "2026-11-14T00:30", "2026-11-17T00:30"),  # Monday 16 is a day of rest
        ("2026-11-13T12:00", 0, "2026-11-13T12:00", "2026-11-13T12:00"),
    ],
)
def test_procedural_hours_stand_still_on_days_that_do_not_count(
    start: str, hours: int, during: str, outside: str
) -> None:
    at = datetime.fromisoformat(start)

    assert DURING.add_procedural_hours(at, hours) == datetime.fromisoformat(during)
    assert LAW.add_procedural_hours(at, hours) == datetime.fromisoformat(outside)


@hypothesis.given(st.datetimes(datetime(2026, 10, 1), datetime(2027, 5, 1)), st.integers(0, 400))  # noqa: DTZ001 - local time
def test_inside_a_process_procedural_hours_are_hours(start: datetime, hours: int) -> None:
    assert DURING.add_procedural_hours(start, hours) == start + timedelta(hours=hours)
