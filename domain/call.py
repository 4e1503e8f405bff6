"""The instrument that calls an election which the calendar of law does not (*convocatoria*: LGIPE 23, 24)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.calendar import Moment
from domain.event import Line, Payload, Refused
from domain.procedure import Procedure


class Call(Payload):
    """What an instrument says of the election it calls."""

    instrument: Line
    """The decree, call or agreement."""
    election_day: Moment | None = None
    """The day of the vote, where the instrument sets it: ``2027-11-28``."""
    matter: Line | None = None
    """What is elected and where, in words that are public: ``Ayuntamiento de Irimbo``."""
    number: Annotated[int, Field(ge=1, le=999)] = 1
    """Which of the extraordinary elections of that territory and year it is."""


def refuse_wrong_call(procedure: Procedure, cycle: str, call: Call | None) -> None:
    """Refuse a plan that needs a call and has none, that has one and needs none, or whose call is not whole."""
    if procedure.off is not None and call is None:
        raise Refused(
            "procedure-off",
            es=f"«{procedure.name.es}» está apagado: {procedure.off.reason.es} Fuente: {procedure.off.source}. "
            "Se abre con el instrumento que la convoque («call»).",
            en=f"'{procedure.name.en}' is off: {procedure.off.reason.en} Source: {procedure.off.source}. "
            "It is opened with the instrument that calls it ('call').",
            fields=("call",),
        )
    if procedure.called and (call is None or call.election_day is None or call.matter is None):
        raise Refused(
            "call-incomplete",
            es=f"«{procedure.name.es}» se abre con su convocatoria: instrumento, jornada («election_day») y lo que "
            "se elige («matter»).",
            en=f"'{procedure.name.en}' is opened with its call: the instrument, the day of the vote ('election_day') "
            "and what is elected ('matter').",
            basis="LGIPE 23, 24",
            fields=("call",),
        )
    if call is not None and not procedure.called and procedure.off is None:
        raise Refused(
            "call-not-expected",
            es=f"«{procedure.name.es}» la convoca la ley en su fecha: se abre sin «call».",
            en=f"'{procedure.name.en}' is called by law on its date: it is opened without a 'call'.",
            fields=("call",),
        )
    if call is not None and call.election_day is not None and call.election_day[:4] != cycle[-4:]:
        raise Refused(
            "call-of-another-year",
            es=f"La convocatoria fija la jornada el {call.election_day}, que no es del ciclo {cycle}.",
            en=f"The call sets the vote on {call.election_day}, which is not in the cycle {cycle}.",
            fields=("cycle",),
        )
