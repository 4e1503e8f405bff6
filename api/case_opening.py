"""Opening a case: its text, the case itself, its first steps and what follows at once, all in one commit."""

from __future__ import annotations

from datetime import datetime

from api.courses import legal_time, write_what_follows, years_of
from api.opening import refuse_before_the_start
from domain.calendar import opens_at
from domain.case import OpenCase
from domain.consequence import Course
from domain.entity import zone_of
from domain.log import LOG, LOG_STREAM
from domain.milestone import milestone_stream
from domain.milestone_rules import Circumstances, not_in_the_future
from domain.procedure import procedures
from domain.procedure_text import PROCEDURE_TEXT, adopted, procedure_text_stream
from domain.process import PROCESS, Process, process_stream
from domain.timetable import Grounds
from ledger.ledger import Folded, View


async def open_case(view: View, command: OpenCase, now: datetime) -> Folded[Process]:
    """Decide the opening of a case in a view, and return the case as it was before."""
    refuse_before_the_start((await view.load(LOG, LOG_STREAM)).state)
    process = command.process
    before = await view.load(PROCESS, process_stream(process))
    procedure = procedures()[command.kind]
    time = await legal_time(view, procedure, command.territory, years_of(command.received, now))
    opening = command.decide(before.state, time)
    if opening is None:
        return before
    not_in_the_future(Circumstances(opens_at(command.received, zone_of(command.territory)), now))
    text = procedure_text_stream(procedure.digest)
    view.write(text, adopted(procedure, (await view.load(PROCEDURE_TEXT, text)).state))
    view.write(process_stream(process), [opening.opened])
    facts = {fact.id: fact.value for fact in command.facts}
    grounds = Grounds(command.year, opened=command.received, facts=facts, time=time)
    course = Course(procedure, grounds, command.territory, {})
    for id_, planned in opening.milestones.items():
        view.write(milestone_stream(process, id_), [planned])
        course = course.after(id_, [planned], now)
    await write_what_follows(view, process, course, None, now)
    return before
