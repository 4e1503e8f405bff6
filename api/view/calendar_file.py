"""Deadlines as a calendar (iCalendar, RFC 5545): one event for each dated activity.

An act is on its last day, a period over its days, an exact hour in the zone it is meant in. Nothing makes anybody
busy. An event is *tentative* while its date is an estimate or what it depends on has not happened, and *cancelled*
where the activity is, or does not apply. ``SEQUENCE`` counts how often its dates moved (section 3.8.7.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from api.view.formats import in_language
from api.view.visit import Visit
from api.words import speak_plainly
from domain.calendar import Moment, closes_at, day_of, opens_at
from projections.milestones import MilestoneRow

if TYPE_CHECKING:
    from icalendar import Event

MEDIA_TYPE = "text/calendar; charset=utf-8"
ASKED_AGAIN = "PT1H"
"""How often a calendar need ask again (RFC 7986, section 5.7)."""
SPANS = {"period", "prohibition"}
"""Kinds that last: they are shown from their first day to their last."""


def calendar_rows(rows: Iterable[MilestoneRow]) -> list[MilestoneRow]:
    """Return the activities that a calendar shows: dated, and no citizen's limit whose date nobody has set.

    A date for citizens that is known from the statute alone is kept out, as from every headline.
    """
    return [row for row in rows if (row.due or row.starts) and (row.kind != "limit" or row.date_official)]


def calendar_file(
    visit: Visit, name: str, rows: Iterable[MilestoneRow], stamps: Mapping[int, datetime], address: str
) -> bytes:
    """Return the calendar of some activities; ``stamps`` are when their last changes were recorded."""
    identity, say = visit.resources.identity(), speak_plainly(visit.language)
    shown = f"{say('page.simulated')}: {name}" if identity.simulated else name
    from icalendar import Calendar, vText  # noqa: PLC0415 - it takes 9 MB, and is seldom asked for

    calendar = Calendar()
    for key, value in (
        ("prodid", f"-//{identity.origin}//Bitacora Electoral//{visit.language.upper()}"),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("name", shown),
        # What calendars read that do not know RFC 7986.
        ("x-wr-calname", shown),
        ("description", f"{say('page.independent')} {say('page.catalogue')}"),
        ("refresh-interval", ASKED_AGAIN),
        ("x-published-ttl", ASKED_AGAIN),
    ):
        calendar.add(key, vText(value) if key != "refresh-interval" else timedelta(hours=1))
    calendar["refresh-interval"].params["VALUE"] = "DURATION"
    for row in rows:
        calendar.add_component(_event(visit, say, row, stamps[row.position], address))
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _event(
    visit: Visit, say: Callable[..., str], row: MilestoneRow, changed_at: datetime, address: str
) -> Event:
    link = f"{address}/procesos/{row.process}/actividades/{row.id}"
    place = "" if row.territory == "MX" else f" ({row.territory})"
    from icalendar import Event  # noqa: PLC0415 - as above

    event = Event()
    event.add("uid", f"{row.process}.{row.id}@{visit.resources.identity().origin}")
    event.add("dtstamp", changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", row.redatings)
    event.add("summary", f"{in_language(row.name, visit.language)}{place}")
    event.add("description", _description(visit, say, row, link))
    event.add("categories", [say(f"look.{row.responsible}"), row.process])
    event.add("status", _status(row))
    event.add("transp", "TRANSPARENT")
    event.add("url", link)
    first, last = _span(row)
    event.add("dtstart", first)
    if last is not None:
        event.add("dtend", last)
    return event


def _status(row: MilestoneRow) -> str:
    if row.status in {"cancelled", "not_applicable"}:
        return "CANCELLED"
    if "estimated" in {row.date_basis, row.rests_on} or not row.arisen:
        return "TENTATIVE"
    return "CONFIRMED"


def _description(visit: Visit, say: Callable[..., str], row: MilestoneRow, link: str) -> str:
    """Return what is to be known of a date: who, by which law, how it was found, and where it is told."""
    lines = [
        f"{say('milestone.replaced_by')} {row.replaced_by}." if row.replaced_by else "",
        row.body,
        "; ".join(row.basis),
        in_language(row.rule, visit.language),
        in_language(row.explanation, visit.language),
        _whose(visit, say, row),
        link,
    ]
    return "\n".join(line for line in lines if line)


def _whose(visit: Visit, say: Callable[..., str], row: MilestoneRow) -> str:
    """Say whose word a date is: who loaded it cites an instrument, and nobody does in a simulated log."""
    if not row.date_official:
        return say("feed.date_not_official")
    simulated = visit.resources.identity().simulated
    return say("feed.date_simulated" if simulated else "feed.date_official", source=row.date_source)


def _span(row: MilestoneRow) -> tuple[date | datetime, date | datetime | None]:
    """Return the two ends as a calendar has them: a day by itself has no end, and an end is the day after the last."""
    due, starts = row.due or row.starts, row.starts if row.kind in SPANS else None
    if due is None:
        raise ValueError(f"{row.process}/{row.id} has no date to show")
    if starts is None or starts == due:
        return (opens_at(due, row.zone) if _has_hour(due) else day_of(due)), None
    if _has_hour(starts) or _has_hour(due):
        return opens_at(starts, row.zone), closes_at(due, row.zone)
    return day_of(starts), day_of(due) + timedelta(days=1)


def _has_hour(moment: Moment) -> bool:
    return "T" in moment
