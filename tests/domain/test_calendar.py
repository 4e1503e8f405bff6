"""Legal time against a slow reference written from the law, and against a library of public holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import holidays
import hypothesis
import pytest
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.calendar import (
    Moment,
    add_months,
    closes_at,
    day_of,
    last_day_of,
    next_weekday,
    nth_weekday,
    opens_at,
    statutory_calendars,
)

LOADED_YEARS = (2025, 2026, 2027)
ELECTION_DAY = date(2027, 6, 6)


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def days_of_rest(year: int) -> set[date]:
    """Return the days of article 74 of the Ley Federal del Trabajo, found by looking at every day of the year."""
    days = every_day(date(year, 1, 1), date(year, 12, 31))
    fixed = {(1, 1), (5, 1), (9, 16), (12, 25)}
    mondays = {(2, 1), (3, 3), (11, 3)}
    rest = {day for day in days if (day.month, day.day) in fixed}
    rest |= {day for day in days if day.weekday() == 0 and (day.month, (day.day + 6) // 7) in mondays}
    if (year - 2024) % 6 == 0:
        rest.add(date(year, 10, 1))  # the federal executive takes office, every six years
    if year == 2027:
        rest.add(ELECTION_DAY)  # fraction IX: ordinary elections
    return rest


# The days of law ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", LOADED_YEARS)
def test_the_statutory_days_are_those_of_article_74(year: int) -> None:
    assert set(statutory_calendars()["statutory", year].days) == days_of_rest(year)
    assert "LFT 74" in statutory_calendars()["statutory", year].instrument


@pytest.mark.parametrize("year", LOADED_YEARS)
def test_a_library_of_public_holidays_agrees_but_for_election_day(year: int) -> None:
    """Election day is a day of rest by fraction IX; the library knows none. It falls on a Sunday, so no count moves."""
    library = set(holidays.country_holidays("MX", years=year))
    ours = set(statutory_calendars()["statutory", year].days)

    assert ours - library == ({ELECTION_DAY} if year == 2027 else set())
    assert library - ours == set()
    assert ELECTION_DAY.weekday() == 6


def test_the_first_of_october_is_a_day_of_rest_only_every_six_years() -> None:
    """The library says so of 2024 and 2030; none of our years is one, and ours say so too."""
    found = [
        year for year in range(2024, 2031) if date(year, 10, 1) in holidays.country_holidays("MX", years=year)
    ]

    assert found == [2024, 2030]
    assert [year for year in range(2024, 2031) if date(year, 10, 1) in days_of_rest(year)] == found
    assert all(
        date(year, 10, 1) not in statutory_calendars()["statutory", year].days for year in LOADED_YEARS
    )


def test_every_loaded_day_is_of_its_year_once_and_has_an_instrument() -> None:
    for (body, year), loaded in statutory_calendars().items():
        assert (loaded.body, loaded.year) == (body, year)
        assert list(loaded.days) == sorted(set(loaded.days)), (body, year)
        assert {day.year for day in loaded.days} <= {year}, (body, year)
        assert loaded.instrument.strip(), (body, year)


# Months and weekdays -----------------------------------------------------------------------------------

any_day = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@hypothesis.given(any_day, st.integers(-36, 36))
def test_months_keep_the_day_or_end_with_their_month(day: date, count: int) -> None:
    found = add_months(day, count)

    assert (found.year - day.year) * 12 + found.month - day.month == count
    assert found.day <= day.day
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


@hypothesis.given(any_day)
def test_the_last_day_of_a_month_is_followed_by_a_first(day: date) -> None:
    last = last_day_of(day.year, day.month)

    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(days=1)).day == 1


def test_february_ends_as_its_year_says() -> None:
    assert last_day_of(2027, 2) == date(2027, 2, 28)
    assert last_day_of(2028, 2) == date(2028, 2, 29)
    assert add_months(date(2028, 2, 29), -12) == date(2027, 2, 28)
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)


@hypothesis.given(any_day, st.integers(0, 6), st.sampled_from([1, 2, 3, 4, -1]))
def test_the_nth_weekday_of_a_month_is_the_nth_when_counted(day: date, weekday: int, nth: int) -> None:
    month = every_day(day.replace(day=1), last_day_of(day.year, day.month))
    such = [each for each in month if each.weekday() == weekday]

    assert nth_weekday(day.year, day.month, weekday, nth) == such[nth - 1 if nth > 0 else -1]


@hypothesis.given(any_day, st.integers(0, 6))
def test_the_next_weekday_is_the_first_such_day_after(day: date, weekday: int) -> None:
    found = next_weekday(day, weekday)

    assert found.weekday() == weekday
    assert timedelta(days=1) <= found - day <= timedelta(days=7)


def test_election_day_is_the_first_sunday_of_june() -> None:
    """LGIPE 22: 2 June 2024, 6 June 2027 and 6 June 2021 were or will be."""
    found = [nth_weekday(year, 6, 6, 1) for year in (2021, 2024, 2027)]
    assert found == [date(2021, 6, 6), date(2024, 6, 2), ELECTION_DAY]
    assert next_weekday(ELECTION_DAY, 2) == date(2027, 6, 9)


# Moments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2027-06-06", "2027-06-06T07:30", "2000-01-01", "2100-12-31T23:59"])
def test_a_moment_is_a_day_or_a_day_and_hour(text: str) -> None:
    assert TypeAdapter(Moment).validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "2027", "2027-6-6", "2027-06-06T7:30", "2027-06-06 07:30", "2027-06-06T07:30:00", "2027-06-06T24:00",
        "2027-02-29", "2027-13-01", "1999-12-31", "2101-01-01", "2027-06-06T07:30Z", "2027-06-06T", "2027-06-06\n",
        " 2027-06-06", "mañana", "\u0662\u0660\u0662\u0667-06-06", "2027-06-06T07:60", "99999-01-01", "NaN",
    ],
)  # fmt: skip
def test_anything_else_is_not_a_moment(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(text)


def test_a_day_opens_at_0_00_and_closes_at_24_00_of_its_zone() -> None:
    assert day_of("2027-06-06T07:30") == ELECTION_DAY
    assert opens_at("2027-06-06", "America/Cancun") == datetime(2027, 6, 6, 5, tzinfo=UTC)
    assert closes_at("2027-06-06", "America/Cancun") == datetime(2027, 6, 7, 5, tzinfo=UTC)


def test_an_hour_opens_and_closes_at_itself() -> None:
    eight = datetime(2027, 6, 6, 14, tzinfo=UTC)
    assert opens_at("2027-06-06T08:00", "America/Mexico_City") == eight
    assert closes_at("2027-06-06T08:00", "America/Mexico_City") == eight


def test_a_day_has_23_or_25_hours_where_clocks_move() -> None:
    """On the northern border clocks still move: 14 March and 7 November 2027."""
    lengths = [
        (closes_at(day, "America/Tijuana").astimezone(UTC) - opens_at(day, "America/Tijuana").astimezone(UTC))
        for day in ("2027-03-14", "2027-06-06", "2027-11-07")
    ]
    assert lengths == [timedelta(hours=hours) for hours in (23, 24, 25)]
