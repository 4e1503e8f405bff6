"""Telling what became of each row, in the caller's language."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from api.batches.answer import FieldOfRow, RowAnswer, RowOutcome, changes_between
from api.batches.deciding import Decided
from api.batches.request import Row
from api.preconditions import Changed
from api.problems import Problem, problem_of
from api.proof_address import proof_address
from api.recording import LISTED_CHANGES, told_change
from api.settings import Language
from ledger.ledger import Ledger
from ledger.log import StoredEvent, Tail

MAX_CONFLICTS_TOLD = 200
"""For how many rows a batch also tells what changed since."""


def told(
    one: Decided, outcome: RowOutcome, language: Language, since: Mapping[str, Sequence[StoredEvent]]
) -> RowAnswer:
    """Return what became of a row that was not recorded."""
    if one.refusal is not None:
        return _refused(one, language, since)
    changes = changes_between(one.before.state, one.after.state) if one.before and one.after else ()
    return RowAnswer(**_named(one), outcome=outcome, changes=changes)


def recorded(one: Decided, command_id: UUID, position: int, version: int, recorded_at: datetime) -> RowAnswer:
    """Return the receipt of a row that was recorded."""
    changes = changes_between(one.before.state, one.after.state) if one.before and one.after else ()
    return RowAnswer(
        **_named(one), outcome="recorded", changes=changes, command_id=command_id, position=position,
        proof=proof_address(position), version=version, recorded_at=recorded_at,
    )  # fmt: skip


async def changes_since(ledger: Ledger, decided: Sequence[Decided]) -> dict[str, list[StoredEvent]]:
    """Return what came after it was read, for the streams of the first conflicts."""
    conflicts = [one.refusal for one in decided if isinstance(one.refusal, Changed)][:MAX_CONFLICTS_TOLD]
    streams = list(dict.fromkeys(conflict.stream for conflict in conflicts))
    found = await asyncio.to_thread(ledger.log.read_streams, [Tail(stream) for stream in streams])
    return dict(zip(streams, found, strict=True))


def _refused(one: Decided, language: Language, since: Mapping[str, Sequence[StoredEvent]]) -> RowAnswer:
    refusal = one.refusal
    if isinstance(refusal, Changed):
        later = [stored for stored in since.get(refusal.stream, ()) if stored.position > refusal.read]
        es = "Alguien la cambió después de que la leíste: revisa los cambios y vuelve a enviar esta fila."
        en = "Somebody changed it after you read it: look at the changes and send this row again."
        return RowAnswer(
            **_named(one), outcome="conflict", rule="changed-since-read", message=es if language == "es" else en,
            since=tuple(told_change(stored) for stored in later[-LISTED_CHANGES:]),
        )  # fmt: skip
    assert refusal is not None  # noqa: S101 - asked of refused rows alone
    problem: Problem = problem_of(refusal)
    return RowAnswer(
        **_named(one), outcome="refused", rule=problem.rule,
        message=problem.es if language == "es" else problem.en, basis=problem.basis or None,
        errors=tuple(
            FieldOfRow(field=error["field"], message=error["es"] if language == "es" else error["en"])
            for error in problem.errors
        ),
    )  # fmt: skip


def _named(one: Decided) -> dict[str, Any]:
    row = one.row
    if isinstance(row, Row):
        return {
            "row": row.number, "process": row.item.process, "milestone": row.item.milestone,
            "report": row.item.report,
        }  # fmt: skip
    words = {name: row.sent.get(name) for name in ("process", "milestone", "report")}
    return {"row": row.number} | {
        name: word[:100] if isinstance(word, str) else None for name, word in words.items()
    }
