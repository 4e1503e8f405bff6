"""What text may be stored: NFC, no control characters, nothing that makes it read otherwise than it is written."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(
    "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""Control characters but the line break, other line breaks, overrides of direction, and lone surrogates."""


def without_control_characters(text: str) -> str:
    """Return ``text`` in NFC, or raise ``ValueError`` where it holds what no record should.

    Line breaks are allowed; NUL, other control characters, overrides of the direction of writing (which let a text be
    read as another) and lone surrogates are not.
    """
    if found := _FORBIDDEN.search(text):
        raise ValueError(f"character U+{ord(found[0]):04X} is not allowed here")
    return unicodedata.normalize("NFC", text)


def without_accents(text: str) -> str:
    """Return ``text`` in lower case without diacritics, for searching: 'Órganos' finds 'organos'."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
