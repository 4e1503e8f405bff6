"""The checkpoint: how the log stands, who signed that, and how anybody verifies it without us."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.checkpoint_state import CheckpointState, checkpoint_state
from api.problems import Problem
from api.view.page import Content, answer
from api.view.visit import Asked, Reading

router = APIRouter(tags=["pages"])


@router.get("/sello", response_class=HTMLResponse)
def checkpoint_page(visit: Asked) -> Response:
    """El sello de integridad: hasta dónde está firmada la bitácora, por quién, y cómo se comprueba."""
    try:
        state = checkpoint_state(visit.resources)
    except Problem:
        state = None

    def content(_: Reading) -> Content:
        return {"seal": state, "data": "/api/v1/checkpoint" if state else ""}

    return answer(visit, "checkpoint.html", content, beside=_changes(state) if state else "")


def _changes(state: CheckpointState) -> str:
    """Return what changes on the page though nothing is recorded: who has signed, and when."""
    signed = [one.cosigned_at for one in state.witnesses]
    return f"{state.size} {state.signed_at} {state.stamped_size} {signed} {state.witnesses_stand_still}"
