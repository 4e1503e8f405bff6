"""Who may see what of a case?

Anyone sees what its docket says (`domain.procedure.Docket`). *Public*: everything but persons. *Listed*: folio,
matter, stage and ruling, none of its steps. *Reserved*: nothing; it is only counted. Who has authority over its
territory (``reach``) sees all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from psycopg import Cursor, sql

from domain.entity import FEDERATION
from domain.process import CaseOpened, CaseSubject
from domain.territory import covers


def shown_subject(opened: CaseOpened, reach: str | None) -> CaseSubject | None:
    """Return whom a case is about, where that may be said to whoever looks."""
    subject = opened.subject
    if subject is None or (reach is not None and covers(reach, opened.territory)):
        return subject
    return subject if subject.public and opened.docket == "public" else None


def shown_payload(opened: CaseOpened, payload: Mapping[str, Any], reach: str | None) -> dict[str, Any]:
    """Return the fields of an event of a case as they may be shown: a subject that is not keeps its name alone."""
    if "subject" not in payload or shown_subject(opened, reach) is not None:
        return dict(payload)
    return {**payload, "subject": None}


def is_shown(process: sql.Composable, reach: str | None) -> sql.Composed:
    """Return the condition that whoever looks may see the steps of the process with this id."""
    return sql.SQL(
        "NOT EXISTS (SELECT FROM cases WHERE cases.id = {process} AND cases.docket <> 'public' AND NOT {reached})"
    ).format(process=process, reached=is_reached(sql.Identifier("cases"), reach))


def is_measured(process: sql.Composable) -> sql.Composed:
    """Return the condition that the process with this id may be measured: no reserved case, of which one may tell."""
    return sql.SQL(
        "NOT EXISTS (SELECT FROM cases WHERE cases.id = {process} AND cases.docket = 'reserved')"
    ).format(process=process)


def is_listed(case: sql.Identifier, reach: str | None) -> sql.Composed:
    """Return the condition that whoever looks may know of a case, a row with ``docket`` and ``territory``."""
    return sql.SQL("({case}.docket <> 'reserved' OR {reached})").format(
        case=case, reached=is_reached(case, reach)
    )


def is_whole(case: sql.Identifier, reach: str | None) -> sql.Composed:
    """Return the condition that whoever looks may see all of a case, a row with ``docket`` and ``territory``."""
    return sql.SQL("({case}.docket = 'public' OR {reached})").format(
        case=case, reached=is_reached(case, reach)
    )


def is_reached(case: sql.Identifier, reach: str | None) -> sql.Composable:
    """Return `domain.access.covers` of a case's territory as a condition."""
    if reach in {None, FEDERATION}:
        return sql.SQL("false" if reach is None else "true")
    return sql.SQL("{case}.territory = {reach}").format(case=case, reach=sql.Literal(reach))


def cases_among(cursor: Cursor[Any], processes: Collection[str]) -> set[str]:
    """Return those of these processes that are case files, as far as they are told.

    `projections.case_versions` is told before those who ask: projections are told in the order of their names.
    """
    rows = cursor.execute("SELECT id FROM cases WHERE id = ANY(%s)", [list(processes)])
    return {id_ for (id_,) in rows}
