"""What the deadlines of the domain's tests are counted from: an election, and a case received on 1 March 2027."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.deadline import Anchors, DateBasis, Resolved, resolve
from domain.legal_time import LegalTime, UnderWay
from domain.names import Names

BLANK = Names(es="", en="")
ELECTION = Resolved("2027-06-06", "law", BLANK)
ANCHORS = Anchors(
    2027,
    ELECTION,
    {
        ("F046", "due"): Resolved("2027-03-22", "law", BLANK),
        ("F050", "due"): Resolved("2027-03-22", "calendar", BLANK),
        ("F050", "start"): Resolved("2027-01-31", "calendar", BLANK),
        ("F070", "due"): Resolved("2027-06-06T08:00", "estimated", BLANK),
        ("S03", "done"): Resolved("2027-03-10T13:20", "law", BLANK),
    },
    opened="2027-03-01T09:30",
    facts={"notified_on": "2027-03-03", "summoned_at": "2027-03-05T17:00"},
    period_end="2027-03-31",
)
"""Outside an electoral process."""

INSIDE = replace(ANCHORS, time=LegalTime(processes=[UnderWay(date(2026, 9, 10))]))
"""While an electoral process is under way."""


def found(rule: str, anchors: Anchors = ANCHORS, basis: DateBasis = "law") -> Resolved:
    """Return what a rule comes to; it must come to something."""
    resolved = resolve(rule, anchors, basis)
    assert isinstance(resolved, Resolved), resolved
    return resolved
