"""Reports that make awkward cases, played over the simulated history by the commands a coordinator sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from api.simulation import Act
from domain.milestone_commands import (
    CancelMilestone,
    CloseMilestoneAsNotApplicable,
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    MilestoneCommand,
    RedateMilestone,
    ReopenMilestone,
    ReportProgress,
    ResumeMilestone,
    StartMilestone,
    SuspendMilestone,
)
from domain.milestone_part import ReportPart
from tests.counting import Activity, Count

BODY = "Caso raro"
"""The institution that sends these reports."""

Case = tuple[str, str, MilestoneCommand]
"""How it stood before, where it is followed, and what is asked.

Followed ``local``, ``federal`` in a state, in Jalisco by ``district``, ``national``.
"""


def cases(now: datetime) -> list[Case]:
    """Return what is reported. The last of each kind changes a figure of the country and of a state, now."""
    past, future = (now - timedelta(days=9)).date().isoformat(), (now + timedelta(days=30)).date().isoformat()
    suspend = SuspendMilestone(instrument="SUP-1/2026", reason="Lo ordena un tribunal.")
    complete = CompleteMilestone(instrument="Acuerdo 1/2026")
    correct = CorrectMilestone(report="completion", reason="Fue hoy.", instrument="Acuerdo 2/2026")
    date = DateMilestone(due=past, basis="calendar", instrument="Acuerdo 3/2026", source="calendario")
    redate = RedateMilestone(due=future, instrument="Acuerdo 4/2026", reason="Se amplía.")
    cancel = CancelMilestone(instrument="Acuerdo 5/2026", reason="Quedó sin efecto.")
    close = CloseMilestoneAsNotApplicable(reason="No se presentó nada.")
    return [
        ("pending", "federal", suspend),
        ("pending", "federal", suspend),
        ("done_on_time", "national", ReopenMilestone(reason="Falta una parte.")),
        ("pending", "national", suspend),
        ("undated", "national", suspend),
        ("estimated", "national", complete),
        ("estimated", "federal", cancel),
        ("done_on_time", "federal", correct),
        ("suspended", "local", ResumeMilestone(instrument="SUP-2/2026")),
        ("without_report", "local", redate),
        ("without_report", "local", ReportProgress(done=1)),
        ("reported_unfinished", "local", cancel),
        ("done_late", "local", ReopenMilestone(reason="Falta una parte.")),
        ("done_on_time", "local", correct),
        ("done_on_time", "local", ReopenMilestone(reason="Falta una parte.")),
        ("pending", "local", cancel),
        ("undated", "local", close),
        ("pending", "local", complete),
        ("undated", "local", complete),
        ("undated", "local", suspend),
        ("undated", "local", date),
        ("without_report", "local", suspend),
        ("reported_unfinished", "local", complete),
        ("estimated", "local", StartMilestone()),
        ("conditional", "national", StartMilestone()),
        ("conditional", "local", StartMilestone()),
        ("conditional", "district", ReportPart(place="MX-JAL-D03", done=2)),
    ]


def reports(count: Count, now: datetime) -> Iterator[Act]:
    """Yield each case as a report on an activity that stands so, each on another one."""
    used: set[str] = set()
    for number, (standing, where, command) in enumerate(cases(now)):
        fits = _fits(count, standing, where)
        one = next(one for one in count.activities.values() if one.name not in used and fits(one))
        used.add(one.name)
        key = uuid5(NAMESPACE_URL, f"odd-case/{number}")
        yield Act(one.process, one.id, command, now - timedelta(minutes=5), key, "Enlace", BODY)


def _fits(count: Count, standing: str, where: str) -> Callable[[Activity], bool]:
    """Return the condition an activity has to meet; one that an article makes wait would refuse completion."""

    def fits(one: Activity) -> bool:
        is_national = one.plan["territory"] == "MX"
        place = "national" if is_national else "federal" if one.process.startswith("pef-") else "local"
        if (place, one.plan["scope"], one.plan["territory"]) == ("federal", "district", "MX-JAL"):
            place = "district"
        stands_so = one.standing(count.at) == standing or (
            standing == one.plan["kind"] == "conditional"
            and one.state == "open"
            and not one.begun
            and one.late_from is not None
        )
        return place == where and stands_so and not one.plan["required"]

    return fits
