"""A body says which days of a year it does not work, with its instrument, and business days skip them."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from domain.calendar import statutory_calendars
from domain.event import Refused
from domain.legal_time import STATUTORY, LegalTime
from domain.working_calendar import (
    WORKING_CALENDAR,
    LoadWorkingCalendar,
    WorkingCalendar,
    WorkingCalendarLoaded,
    authority_of,
    calendar_stream,
)
from tests.domain.decisions import envelope

JULY = (date(2027, 7, 19), date(2027, 7, 20))
ASKED = LoadWorkingCalendar(territory="MX-CMX", year=2027, days=JULY, instrument="IECM/ACU-CG-1/2027")
LOADED = WorkingCalendarLoaded(territory="MX-CMX", year=2027, days=JULY, instrument="IECM/ACU-CG-1/2027")


def after(*events: WorkingCalendarLoaded) -> WorkingCalendar:
    calendar = WORKING_CALENDAR.initial
    for version, event in enumerate(events, start=1):
        calendar = WORKING_CALENDAR.evolve(calendar, event, envelope(version))
    return calendar


def test_a_calendar_is_loaded_with_the_instrument_that_says_so() -> None:
    assert WORKING_CALENDAR.initial.non_working_days() is None
    assert list(ASKED.decide(WORKING_CALENDAR.initial)) == [LOADED]

    found = after(LOADED).non_working_days()
    assert found is not None
    assert (found.body, found.year, found.days, found.instrument) == (
        "IECM (Ciudad de México)",
        2027,
        JULY,
        "IECM/ACU-CG-1/2027",
    )


def test_the_same_days_in_another_order_or_twice_are_the_same_calendar() -> None:
    again = ASKED.model_copy(update={"days": (*reversed(JULY), JULY[0])})
    assert list(again.decide(WORKING_CALENDAR.initial)) == [LOADED]
    assert list(again.decide(after(LOADED))) == []


def test_another_calendar_replaces_the_one_before_whole() -> None:
    later = LOADED.model_copy(update={"days": (date(2027, 12, 27),), "instrument": "IECM/ACU-CG-9/2027"})
    assert after(LOADED, later) == WorkingCalendar(later)


def test_the_same_days_by_another_instrument_are_recorded() -> None:
    renewed = ASKED.model_copy(update={"instrument": "IECM/ACU-CG-9/2027"})
    (event,) = renewed.decide(after(LOADED))
    assert isinstance(event, WorkingCalendarLoaded)
    assert event.instrument == "IECM/ACU-CG-9/2027"


def test_a_day_of_another_year_is_refused_and_named() -> None:
    with pytest.raises(Refused) as caught:
        ASKED.model_copy(update={"days": (*JULY, date(2028, 1, 3))}).decide(WORKING_CALENDAR.initial)
    assert (caught.value.rule, caught.value.fields) == ("day-of-another-year", ("days",))
    assert "2028-01-03" in caught.value.es
    assert "2028-01-03" in caught.value.en
    assert "con el calendario de 2028" in caught.value.es
    assert "with the calendar of 2028" in caught.value.en


@pytest.mark.parametrize("territory", [STATUTORY, "", "MX-", "mx", "IECM", "MX-CMX "])
def test_an_authority_is_named_by_its_territory_so_nobody_replaces_the_days_of_the_law(
    territory: str,
) -> None:
    with pytest.raises(ValidationError):
        LoadWorkingCalendar(territory=territory, year=2027, days=JULY, instrument="x")


def test_business_days_of_the_body_skip_the_days_it_loaded_and_those_of_others_do_not() -> None:
    found = after(LOADED).non_working_days()
    assert found is not None
    calendars = {**statutory_calendars(), (authority_of("MX-CMX"), 2027): found}

    assert LegalTime(authority_of("MX-CMX"), calendars).add_business_days(date(2027, 7, 16), 1) == date(
        2027, 7, 21
    )
    assert LegalTime(STATUTORY, calendars).add_business_days(date(2027, 7, 16), 1) == date(2027, 7, 19)


def test_a_calendar_is_stored_as_json_and_read_back_the_same() -> None:
    assert WorkingCalendarLoaded.model_validate_json(LOADED.model_dump_json()) == LOADED
    assert calendar_stream("IECM", 2027) == "calendar/IECM-2027"
