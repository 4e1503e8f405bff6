"""What a place is called on a page: the country, a state, one of its districts or municipalities."""

from __future__ import annotations

from api.settings import Language
from api.words import speak_plainly
from domain.entity import FEDERATION, place_words

LETTERS_OF_A_STATE = len("MX-JAL")


def place_name(place: str, language: Language) -> str:
    """Return the name of a place (`domain.territory.Place`): Jalisco, or Jalisco, distrito 7."""
    if place == FEDERATION:
        return speak_plainly(language)("process.country")
    words = place_words(place)
    return words.es if language == "es" else words.en
