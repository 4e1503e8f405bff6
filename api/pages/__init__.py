"""The public site: one file a page, each with its ``router``. The list is the table of contents."""

from __future__ import annotations

from api.pages import (
    about,
    account,
    activities,
    administration,
    administrative_acts,
    bulk_upload,
    calendar_upload,
    calendars,
    case,
    cases,
    changes,
    checkpoint,
    confirm,
    conformance,
    enrolment,
    entities,
    entity,
    evidence,
    files,
    issuers,
    late_reports,
    milestone,
    national,
    news,
    notices,
    own_calendar,
    procedure,
    procedures,
    process,
    processes,
    proof,
    proposal_decision,
    proposals,
    quality,
    receipt,
    reference,
    replay,
    report,
    rule,
    search,
    sign_in,
    subscriptions,
    systems,
    tables,
    tally_sheets,
    work,
)
from api.view.page import problem_page

__all__ = ["problem_page", "routers", "staff_routers"]

routers = [
    module.router
    for module in (
        national,
        entities,
        entity,
        processes,
        process,
        tally_sheets,
        procedures,
        procedure,
        milestone,
        activities,
        cases,
        case,
        conformance,
        proposals,
        quality,
        administrative_acts,
        late_reports,
        changes,
        checkpoint,
        replay,
        search,
        about,
        reference,
        rule,
        tables,
        calendars,
        news,
        own_calendar,
        files,
    )
]
"""Every page of the site; all of them are public."""

staff_routers = [
    module.router
    for module in (
        report,
        receipt,
        work,
        sign_in,
        issuers,
        enrolment,
        account,
        confirm,
        notices,
        subscriptions,
        administration,
        systems,
        bulk_upload,
        calendar_upload,
        evidence,
        proof,
        proposal_decision,
    )
]
"""The pages of those who work with the log, first what everybody asks for; each says for itself who may ask it."""
