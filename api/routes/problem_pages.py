"""What a problem's ``type`` leads to: the rule in words, for whoever follows the link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.access import PUBLIC
from api.reading import answer

router = APIRouter(prefix="/problemas", tags=["operations"], dependencies=[PUBLIC], include_in_schema=False)


class Rule(BaseModel):
    """A rule by which something is refused."""

    model_config = ConfigDict(frozen=True)

    rule: str
    es: str
    en: str


@router.get("/{rule}")
def explain(request: Request, rule: Annotated[str, Path(pattern=r"^[a-z0-9-]{3,80}$")]) -> Response:
    """Say what a rule's name stands for. What was wrong in one case is in that answer's ``detail``."""
    words = Rule(
        rule=rule,
        es=f"«{rule}» es el nombre estable de una regla. El caso concreto, su fundamento y qué hacer están en los "
        "campos «detail», «basis» y «errors» de la respuesta. Las reglas están en la carpeta «domain» del programa.",
        en=f"'{rule}' is the stable name of a rule. The case, its legal basis and what to do are in the answer's "
        "'detail', 'basis' and 'errors'. The rules are in the program's 'domain' folder.",
    )
    return answer(request, words)
