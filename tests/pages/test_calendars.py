"""Deadlines as calendars: read by `icalendar`, and the same as the API's."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from api.view.calendar_file import calendar_rows
from domain.entity import CENTRAL_ZONE
from domain.milestone_events import MilestoneCancelled, MilestoneRedated, MilestoneReplaced, Schedule
from domain.names import Names
from tests.pages.docket import LISTED, RESERVED
from tests.pages.site import FEDERAL, JALISCO, ORIGIN, Site
from tests.pages.staff import happen

MOVED = Schedule(
    due="2027-03-15", basis="estimated", explanation=Names(es="Por acuerdo.", en="By agreement.")
)


def events(site: Site, path: str) -> dict[str, Any]:
    """Return a calendar's events by the part of their ids before the log's name."""
    answer = site.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found: list[Any] = Calendar.from_ical(answer.content).walk("VEVENT")
    by_id = {str(event["uid"]).removesuffix(f"@{ORIGIN}"): event for event in found}
    assert len(by_id) == len(found)
    return by_id


def milestones(site: Site, process: str, **filters: str) -> dict[str, Any]:
    """Return a process's activities as the API tells them."""
    found: list[Any] = []
    cursor = ""
    while True:
        asked = {"limit": "500", **filters, **({"cursor": cursor} if cursor else {})}
        page = site.data(f"/processes/{process}/milestones", **asked)
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return {f"{process}.{row['id']}": row for row in found}


def is_shown(row: Any) -> bool:
    return bool(row["due"] or row["starts"]) and (row["kind"] != "limit" or row["date_official"])


@pytest.mark.parametrize("process", [FEDERAL, JALISCO])
def test_a_process_s_calendar_has_every_dated_activity_of_the_api(site: Site, process: str) -> None:
    told = {id_ for id_, row in milestones(site, process).items() if is_shown(row)}

    assert told
    assert set(events(site, f"/calendarios/procesos/{process}.ics")) == told


def test_a_state_s_calendar_has_its_local_and_its_federal_dates_once_each(site: Site) -> None:
    rows = milestones(site, JALISCO, territory="MX-JAL") | milestones(site, FEDERAL, territory="MX-JAL")
    told = {id_ for id_, row in rows.items() if is_shown(row) and not row["same_as"]}

    assert {id_.partition(".")[0] for id_ in told} == {JALISCO, FEDERAL}
    assert set(events(site, "/calendarios/MX-JAL.ics")) == told


def test_the_country_s_calendar_has_the_national_dates_and_no_state_s(site: Site) -> None:
    told = {id_ for id_, row in milestones(site, FEDERAL, territory="MX").items() if is_shown(row)}

    assert set(events(site, "/calendarios/MX.ics")) == told


def test_a_citizens_date_known_from_the_statute_alone_is_in_no_calendar(site: Site) -> None:
    rows = {
        id_: row for id_, row in milestones(site, FEDERAL).items() if row["kind"] == "limit" and row["due"]
    }
    shown = events(site, f"/calendarios/procesos/{FEDERAL}.ics")

    assert rows
    assert set(rows) & set(shown) == set()
    assert [row for row in rows.values() if row["date_official"]] == []


def test_a_citizens_date_of_an_instrument_is_shown() -> None:
    class Row:
        kind, due, starts, date_official = "limit", "2027-02-10", None, True

    row: Any = Row()
    assert calendar_rows([row]) == [row]
    Row.date_official = False
    assert calendar_rows([row]) == []


def test_an_event_says_when_what_by_which_law_and_where_it_is_told(site: Site) -> None:
    rows, shown = milestones(site, JALISCO), events(site, f"/calendarios/procesos/{JALISCO}.ics")
    row = next(
        row for row in rows.values() if is_shown(row) and row["kind"] == "act" and len(row["due"] or "") == 10
    )
    event = shown[f"{JALISCO}.{row['id']}"]

    assert event.decoded("dtstart") == date.fromisoformat(row["due"])
    assert "dtend" not in event
    assert str(event["summary"]) == f"{row['name']['es']} (MX-JAL)"
    whose = (
        "Fecha simulada, de ningún instrumento: "
        if row["date_official"]
        else "la autoridad no la ha validado"
    )
    for words in (*row["basis"], row["rule"]["es"], whose):
        assert words in str(event["description"])
    assert str(event["url"]).endswith(f"/procesos/{JALISCO}/actividades/{row['id']}")
    assert row["responsible"] in event["categories"].to_ical().decode()
    assert event["transp"] == "TRANSPARENT"
    recorded = site.data(f"/events/{row['position']}")["time"]
    assert event.decoded("dtstamp") == datetime.fromisoformat(recorded).replace(microsecond=0)


def test_a_period_lasts_from_its_first_day_to_its_last(site: Site) -> None:
    rows, shown = milestones(site, FEDERAL), events(site, f"/calendarios/procesos/{FEDERAL}.ics")
    row = next(
        row
        for row in rows.values()
        if row["kind"] == "period" and row["starts"] and row["due"] and len(row["starts"] + row["due"]) == 20
    )
    event = shown[f"{FEDERAL}.{row['id']}"]

    assert event.decoded("dtstart") == date.fromisoformat(row["starts"])
    # The end of an all-day event is the day after its last (RFC 5545, 3.6.1).
    assert event.decoded("dtend") == date.fromisoformat(row["due"]) + timedelta(days=1)


def test_an_exact_hour_is_in_the_zone_it_is_meant_in(site: Site) -> None:
    rows, shown = milestones(site, FEDERAL), events(site, f"/calendarios/procesos/{FEDERAL}.ics")
    exact = [row for row in rows.values() if row["kind"] == "act" and "T" in (row["due"] or "")]
    calendar = Calendar.from_ical(site.get(f"/calendarios/procesos/{FEDERAL}.ics").content)
    zones = {str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")}

    assert exact
    for row in exact:
        start = shown[f"{FEDERAL}.{row['id']}"].decoded("dtstart")
        assert start.isoformat()[:16] == row["due"]
        assert shown[f"{FEDERAL}.{row['id']}"]["dtstart"].params["TZID"] == row["zone"]
    assert {row["zone"] for row in exact} <= zones
    assert CENTRAL_ZONE in zones


def test_the_status_follows_the_record_and_the_sequence_the_re_datings(site: Site) -> None:
    rows = milestones(site, FEDERAL)
    shown = events(site, f"/calendarios/procesos/{FEDERAL}.ics")
    for id_, event in shown.items():
        row = rows[id_]
        assert event["sequence"] == row["redatings"]
        cancelled = row["status"] in {"cancelled", "not_applicable"}
        open_to_doubt = "estimated" in {row["date_basis"], row["rests_on"]} or not row["arisen"]
        assert event["status"] == (
            "CANCELLED" if cancelled else "TENTATIVE" if open_to_doubt else "CONFIRMED"
        )


def test_a_re_dated_and_cancelled_activity_keeps_its_id_and_says_so(site: Site) -> None:
    path = f"/calendarios/procesos/{JALISCO}.ics"
    row = next(row for row in milestones(site, JALISCO).values() if row["standing"] == "pending")
    before, id_ = site.get(path), f"{JALISCO}.{row['id']}"
    was = events(site, path)[id_]
    happen(
        site, JALISCO, row["id"], MilestoneRedated(schedule=MOVED, instrument="ACG-9/2026", reason="Acuerdo")
    )
    moved = events(site, path)[id_]
    happen(site, JALISCO, row["id"], MilestoneCancelled(reason="Acuerdo", instrument="ACG-10/2026"))
    cancelled = events(site, path)[id_]

    assert moved["uid"] == was["uid"]
    assert (moved["sequence"], was["sequence"]) == (row["redatings"] + 1, row["redatings"])
    assert moved.decoded("dtstart") == date(2027, 3, 15)
    assert moved["status"] == "TENTATIVE"
    assert cancelled["status"] == "CANCELLED"
    assert site.get(path, If_None_Match=before.headers["ETag"]).status_code == 200


def test_a_replaced_activity_is_called_off_in_the_calendar_and_the_other_is_not(site: Site) -> None:
    path = f"/calendarios/procesos/{JALISCO}.ics"
    pending = [row["id"] for row in milestones(site, JALISCO).values() if row["standing"] == "pending"]
    one, other = pending[:2]
    was = events(site, path)
    happen(site, JALISCO, one, MilestoneReplaced(replaced_by=other, instrument="SUP-1", reason="Sentencia"))
    shown = events(site, path)

    assert shown[f"{JALISCO}.{one}"]["status"] == "CANCELLED"
    assert shown[f"{JALISCO}.{one}"]["description"].startswith(f"Sustituida por {other}.\n")
    assert "Sustituida" not in shown[f"{JALISCO}.{other}"]["description"]
    assert shown[f"{JALISCO}.{one}"]["uid"] == was[f"{JALISCO}.{one}"]["uid"]
    assert shown[f"{JALISCO}.{other}"]["status"] == was[f"{JALISCO}.{other}"]["status"] != "CANCELLED"


def test_a_calendar_is_sent_once_until_one_of_its_dates_changes(site: Site) -> None:
    first = site.get("/calendarios/MX-COL.ics")
    again = site.get("/calendarios/MX-COL.ics", If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"].startswith("public")
    assert site.get("/calendarios/MX-COL.ics?lang=en").headers["ETag"] != first.headers["ETag"]


def test_a_simulated_calendar_says_so_in_its_name(site: Site) -> None:
    calendar = Calendar.from_ical(site.get("/calendarios/MX-JAL.ics").content)

    assert str(calendar["x-wr-calname"]) == str(calendar["name"]) == "Datos simulados: Plazos: Jalisco"
    assert calendar.decoded("refresh-interval") == timedelta(hours=1)


def test_what_is_not_there_has_no_calendar(site: Site) -> None:
    assert site.get("/calendarios/MX-XXX.ics").status_code == 404
    assert site.get("/calendarios/procesos/pel-1900-mex.ics").status_code == 404


def test_only_a_public_case_has_a_calendar_and_news(docket: Site) -> None:
    unknown = docket.get("/calendarios/procesos/des-2026-jal-nada.ics")
    for kept in (RESERVED, LISTED):
        for path in (f"/calendarios/procesos/{kept.id}.ics", f"/novedades/procesos/{kept.id}.atom"):
            assert docket.get(path).status_code == unknown.status_code == 404
    public = next(case["id"] for case in docket.data("/cases")["items"] if case["docket"] == "public")

    assert docket.get(f"/calendarios/procesos/{public}.ics").status_code == 200
    assert docket.get(f"/novedades/procesos/{public}.atom").status_code == 200


def test_the_largest_calendar_is_made_in_seconds(site: Site) -> None:
    began = time.monotonic()
    found = events(site, f"/calendarios/procesos/{FEDERAL}.ics")

    assert len(found) > 1_000
    assert time.monotonic() - began < 10
    assert max(event.decoded("dtstamp") for event in found.values()) <= datetime.now(UTC)
