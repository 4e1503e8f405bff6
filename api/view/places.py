"""What a place is called on a page: the country, a state, one of its districts or municipalities."""

from __future__ import annotations

from typing import get_args

from api.settings import Language
from api.words import speak_plainly
from domain.entity import FEDERATION, entities, place_words
from domain.text import without_accents

LETTERS_OF_A_STATE = len("MX-JAL")


def place_name(place: str, language: Language) -> str:
    """Return the name of a place (`domain.territory.Place`): Jalisco, or Jalisco, distrito 7."""
    if place == FEDERATION:
        return speak_plainly(language)("process.country")
    words = place_words(place)
    return words.es if language == "es" else words.en


def place_called(said: str) -> str:
    """Return the code of the country or a state that is said by its name; whatever else is said, as it is."""
    names = {
        without_accents(place_name(place, language)): place
        for place in (FEDERATION, *entities())
        for language in get_args(Language)
    }
    return names.get(without_accents(said), said)
