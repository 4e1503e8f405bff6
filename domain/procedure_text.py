"""The text of a procedure as it stood when a case was opened from it.

It is kept in the log, once for each text: a case follows its own text to the end, whatever this program's files say
by then, and whoever replays the log needs nothing else. Its stream is ``procedure/{digest}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from domain.event import Envelope, Event, Subject
from domain.procedure import Procedure, load_procedure, procedures


class ProcedureAdopted(Event, type="ProcedureAdopted.v1"):
    """A text of a procedure came into use: cases were opened from it from then on."""

    kind: str
    plan_version: int
    text: str
    """The file as it was; its SHA-256 is in the stream's name."""


ProcedureTextEvent = ProcedureAdopted
"""Everything that can happen to the text of a procedure."""


@dataclass(frozen=True, slots=True)
class ProcedureText:
    """A text as its events leave it."""

    adopted: ProcedureAdopted | None = None

    def procedure(self) -> Procedure:
        """Return the procedure it describes. Only for a text that was adopted."""
        assert self.adopted is not None  # noqa: S101 - a case is opened together with its text
        today = procedures().get(self.adopted.kind)
        if today is not None and today.text == self.adopted.text:
            return today
        return _loaded(self.adopted.text, self.adopted.kind)


def evolve(_text: ProcedureText, event: Event, _envelope: Envelope) -> ProcedureText:
    """Return the text after one more event."""
    match event:
        case ProcedureAdopted():
            return ProcedureText(event)
        case _ as unknown:
            assert_never(unknown)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


PROCEDURE_TEXT: Subject[ProcedureText] = Subject("procedure", ProcedureText(), evolve)
"""How the text of a procedure is folded."""


def adopted(procedure: Procedure, text: ProcedureText) -> Sequence[Event]:
    """Return what keeps a procedure's text, nothing where it is kept already."""
    if text.adopted is not None:
        return []
    return [ProcedureAdopted(kind=procedure.kind, plan_version=procedure.version, text=procedure.text)]


def procedure_text_stream(digest: str) -> str:
    """Return the stream of a text, by its SHA-256."""
    return f"procedure/{digest}"


@lru_cache(maxsize=256)
def _loaded(text: str, kind: str) -> Procedure:
    return load_procedure(text.encode(), f"{kind}.toml")
