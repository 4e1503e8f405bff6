"""What a place is called: the country, a state, one of its districts or municipalities."""

from __future__ import annotations

from api.settings import Language
from api.words import speak_plainly
from domain.entity import FEDERATION, entities

LETTERS_OF_A_STATE = len("MX-JAL")


def place_name(place: str, language: Language) -> str:
    """Return the name of a place (`domain.territory.Place`): Jalisco, or Jalisco, distrito 7. Raises ``KeyError``."""
    say = speak_plainly(language)
    if place == FEDERATION:
        return say("process.country")
    state, part = entities()[place[:LETTERS_OF_A_STATE]].name, place[LETTERS_OF_A_STATE + 1 :]
    if not part:
        return state
    if part.startswith("D"):
        return say("look.district_of", state=state, n=int(part[1:]))
    return say("look.municipality_of", state=state, n=part[1:])
