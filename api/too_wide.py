"""Questions about all cases that would have every step of them looked at: refused, with those that may be asked."""

from __future__ import annotations

from api.problems import Problem
from projections.case_steps import is_too_wide
from projections.milestone_filter import MilestoneFilter


def refuse_too_wide(where: MilestoneFilter) -> None:
    """Refuse such a question: its list would not be found in time among a million steps."""
    if is_too_wide(where):
        raise Problem(
            422,
            "too-wide",
            es="De los pasos de todos los expedientes se pregunta por función, procedimiento, grupo de calidad, "
            "entidad, etapa, situación, aviso que falta o lo que se debe; lo demás, de un expediente.",
            en="Steps of all cases are asked for by function, procedure, group of quality, state, stage, standing, "
            "missing notice or what is owed; all else of one case.",
        )
