"""What text a record may hold."""

from __future__ import annotations

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.event import Line, Prose
from domain.text import without_accents, without_control_characters

LINE, PROSE = TypeAdapter(Line), TypeAdapter(Prose)


MISLEADING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Overrides of the direction of writing (Unicode Standard Annex 9): with them a text is read as another."""


@hypothesis.given(st.text())
def test_text_is_kept_in_one_normal_form_or_refused(text: str) -> None:
    categories = {unicodedata.category(character) for character in text.replace("\n", "")}
    if categories & {"Cc", "Cs", "Zl", "Zp"} or any(character in MISLEADING for character in text):
        with pytest.raises(ValueError, match=r"U\+[0-9A-F]{4}"):
            without_control_characters(text)
        return
    kept = without_control_characters(text)
    assert unicodedata.is_normalized("NFC", kept)
    assert without_control_characters(kept) == kept


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\t", "\r", "\x7f", "\x85", "\u2028", "\ud800", *MISLEADING]
)
def test_control_characters_and_lone_surrogates_are_refused(character: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(character):04X}"):
        without_control_characters(f"a{character}b")
    for kind in (LINE, PROSE):
        with pytest.raises(ValidationError):
            kind.validate_python(f"a{character}b")


def test_decomposed_accents_are_composed() -> None:
    assert LINE.validate_python("Jose\u0301") == "José"


@pytest.mark.parametrize(("kind", "longest"), [(LINE, 300), (PROSE, 4000)])
def test_text_is_trimmed_and_neither_empty_nor_endless(kind: TypeAdapter[str], longest: int) -> None:
    assert kind.validate_python("  una palabra ") == "una palabra"
    assert len(kind.validate_python("ñ" * longest)) == longest
    for wrong in ("", "   ", "ñ" * (longest + 1)):
        with pytest.raises(ValidationError):
            kind.validate_python(wrong)


def test_prose_may_have_lines() -> None:
    assert PROSE.validate_python("one\ntwo") == "one\ntwo"


def test_a_line_is_one_line() -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python("one\ntwo")


@pytest.mark.parametrize(
    ("text", "found"),
    [("Órganos", "organos"), ("ÑANDÚ", "nandu"), ("Güera", "guera"), ("STRASSE", "strasse"), ("", "")],
)
def test_searching_ignores_accents_and_capitals(text: str, found: str) -> None:
    assert without_accents(text) == found
    assert without_accents(without_accents(text)) == found
