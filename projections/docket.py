"""What may anyone see of a case?

That is its docket (`domain.procedure.Docket`). *Public*: everything but persons. *Listed*: folio, matter, stage and
ruling. *Reserved*: nothing; it is only counted. What people wrote in reports (notes, reasons, evidence) is told of
public cases alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from psycopg import Cursor, sql

from domain.process import CaseOpened, CaseSubject

WRITTEN = frozenset({"note", "reason", "about"})
"""The fields of events, besides the subject, the facts and the evidence, in which a person may be named."""


def public_subject(opened: CaseOpened) -> CaseSubject | None:
    """Return whom a case is about, where that may be said."""
    subject = opened.subject
    return subject if subject and subject.public and opened.docket == "public" else None


def public_payload(opened: CaseOpened, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event of a case that may be shown; the others keep their names and lose their values."""
    shown = dict(payload)
    if "subject" in shown and public_subject(opened) is None:
        shown["subject"] = None
    if opened.docket == "public":
        return shown
    shown |= dict.fromkeys(WRITTEN & shown.keys())
    return shown | {name: [] for name in ("facts", "evidence") if name in shown}


def is_shown(process: sql.Composable) -> sql.Composed:
    """Return the condition that the process with this id is no reserved case."""
    return sql.SQL(
        "NOT EXISTS (SELECT FROM cases WHERE cases.id = {process} AND cases.docket = 'reserved')"
    ).format(process=process)


def cases_among(cursor: Cursor[Any], processes: Collection[str]) -> set[str]:
    """Return those of these processes that are case files, as far as they are told.

    `projections.case_versions` is told before those who ask: projections are told in the order of their names.
    """
    rows = cursor.execute("SELECT id FROM cases WHERE id = ANY(%s)", [list(processes)])
    return {id_ for (id_,) in rows}
