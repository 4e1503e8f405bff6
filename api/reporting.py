"""Writing a report: the command on the milestone as it is, and everything that follows from it, in one commit.

Shared by the API and by what plays a simulated history.
"""

from __future__ import annotations

from datetime import datetime

from fastapi.concurrency import run_in_threadpool

from api.courses import course_of, rounds_required, write_what_follows
from api.documents.receiving import kept_document
from api.predecessors import required_milestones
from domain.consequence import Course
from domain.docket import refuse_private_words
from domain.document import Document
from domain.legal_time import LegalTime
from domain.milestone import MILESTONE, Milestone, milestone_stream
from domain.milestone_commands import CompleteMilestone, MilestoneCommand
from domain.milestone_evidence import AttachEvidence
from domain.milestone_replacement import ReplaceMilestone
from domain.milestone_rules import Circumstances
from domain.working_calendar import authority_of
from ledger.documents import DocumentFolder
from ledger.ledger import View


async def write_report(
    view: View,
    process: str,
    milestone: str,
    command: MilestoneCommand,
    occurred_at: datetime,
    now: datetime,
    document: Document | None = None,
) -> None:
    """Decide a command on a milestone, and write what happens. Raises `domain.event.Refused`.

    ``document`` is the one the command names by its digest, where it is kept.
    """
    stream = milestone_stream(process, milestone)
    state = (await view.load(MILESTONE, stream)).state
    course = await course_of(view, process, now)
    # Only a completion is judged by what must come before it.
    required = (
        await required_by(view, process, state, course) if isinstance(command, CompleteMilestone) else {}
    )
    step = course.procedure.step(state.plan.row) if course and state.plan else None
    facts = course.grounds.facts if course else {}
    if course is not None:
        refuse_private_words(course.procedure, command)
    time = course.grounds.time if course else _time_of(state)
    actor = view.author.actor if view.author else ""
    replacing = await _replacing(view, process, command)
    circumstances = Circumstances(occurred_at, now, required, step, facts, time, document, replacing, actor)
    events = command.decide(state, circumstances)
    view.write(stream, events)
    if course is not None and events:
        after = course.after(milestone, events, occurred_at)
        await write_what_follows(view, process, after, milestone, now)


async def document_attached(documents: DocumentFolder, command: MilestoneCommand) -> Document | None:
    """Return the document that a command attaches, where it is kept."""
    if not isinstance(command, AttachEvidence):
        return None
    return await run_in_threadpool(kept_document, documents, command.evidence.sha256)


async def _replacing(view: View, process: str, command: MilestoneCommand) -> Milestone | None:
    """Return the activity that is to replace another."""
    if not isinstance(command, ReplaceMilestone):
        return None
    return (await view.load(MILESTONE, milestone_stream(process, command.replaced_by))).state


def _time_of(milestone: Milestone) -> LegalTime:
    """Return how days count for an election's step: its body's own days of rest are not looked for."""
    return LegalTime(authority_of(milestone.plan.territory)) if milestone.plan else LegalTime()


async def required_by(
    view: View, process: str, milestone: Milestone, course: Course | None
) -> dict[str, Milestone]:
    """Return the steps an article makes a condition of completing this one, by id."""
    if course is not None:
        return rounds_required(course, milestone)
    return dict(await required_milestones(view, process, milestone))
