"""A case by HTTP: opened, reported on step by step, and what follows looked at in the log."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import uuid4

from httpx2 import Response

from domain.milestone import MILESTONE, Milestone, milestone_stream
from domain.process import PROCESS, Process, process_stream
from domain.step import Step
from tests.api.harness import ACT, Api, milestone


def open_case(api: Api, *, token: str | None = None, key: str | None = None, **words: Any) -> Response:
    """Open an ordinary sanctioning case, or what ``words`` say instead."""
    case = {
        "occurred_at": ACT,
        "kind": "ordinary_sanctioning",
        "territory": "MX",
        "folio": "UT/SCG/Q/12/2026",
        "received": "2026-11-20T10:00",
        "matter": "Afiliación indebida",
        "facts": [{"id": "filed", "value": "during_process"}],
        **words,
    }
    headers = {
        "Authorization": f"Bearer {token or api.token('administrator', 'MX')}",
        "Idempotency-Key": key or str(uuid4()),
    }
    return api.client.post("/api/v1/cases", json=case, headers=headers)


def load_calendar(api: Api, territory: str, year: int, *days: str, **words: Any) -> Response:
    """Say which days of a year an authority does not work."""
    calendar = {
        "occurred_at": ACT,
        "territory": territory,
        "year": year,
        "days": list(days),
        "instrument": f"Acuerdo {year}",
        **words,
    }
    headers = {
        "Authorization": f"Bearer {api.token('administrator', 'MX')}",
        "Idempotency-Key": str(uuid4()),
    }
    return api.client.post("/api/v1/working-calendars", json=calendar, headers=headers)


def report(
    api: Api, case: str, step: str, what: str = "completion", body: Mapping[str, Any] | None = None
) -> Response:
    """Report on a step as it is now."""
    path = milestone(step, case)
    return api.write(f"{path}/{what}", body, etag=f'"{step_of(api, case, step)[1]}"')


def step_of(api: Api, case: str, step: str) -> tuple[Milestone, int]:
    """Return a step as the log has it, and the position of its last event."""
    folded = _load(api, MILESTONE, milestone_stream(case, step))
    return folded.state, folded.position


def case_of(api: Api, case: str) -> Process:
    """Return a case as the log has it."""
    state: Process = _load(api, PROCESS, process_stream(case)).state
    return state


def due(api: Api, case: str, step: str) -> str | None:
    """Return when a step is due."""
    schedule = step_of(api, case, step)[0].schedule
    return schedule.due if schedule else None


def enough(step: Step, outcome: str, facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the progress that just reaches what an outcome needs, None where it needs nothing."""
    found = step.outcome(outcome) if outcome else None
    if found is None or not found.needs:
        return None
    values = {id_: _threshold(step, id_, facts) for id_ in found.needs}
    figures = [{"quantity": id_, "value": value} for id_, value in values.items()]
    return {"done": values.get(step.quantities[0].id, 0), "figures": figures}


def _threshold(step: Step, quantity: str, facts: Mapping[str, str]) -> int:
    measured = next(each for each in step.quantities if each.id == quantity)
    if measured.at_least_percent and measured.of:
        return ceil(Decimal(facts[measured.of]) * Decimal(measured.at_least_percent) / 100)
    assert measured.target is not None
    return measured.target


def _load(api: Api, subject: Any, stream: str) -> Any:
    assert api.client.portal is not None
    return api.client.portal.call(api.resources.ledger.load, subject, stream)
