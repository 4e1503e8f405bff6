"""The public site: one file a page, each with its ``router``. The list is the table of contents."""

from __future__ import annotations

from api.pages import (
    about,
    account,
    activities,
    case,
    cases,
    conformance,
    enrolment,
    entities,
    entity,
    files,
    milestone,
    national,
    procedure,
    procedures,
    process,
    processes,
    proposals,
    quality,
    reference,
    rule,
    search,
    sign_in,
    tables,
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
        procedures,
        procedure,
        milestone,
        activities,
        cases,
        case,
        conformance,
        proposals,
        quality,
        search,
        about,
        reference,
        rule,
        tables,
        files,
    )
]
"""Every page of the site; all of them are public."""

staff_routers = [module.router for module in (sign_in, enrolment, account)]
"""The pages of those who work with the log; each says for itself who may ask it."""
