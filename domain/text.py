"""What text may be stored: NFC, no control characters, no lone surrogates."""

from __future__ import annotations

import unicodedata


def without_control_characters(text: str) -> str:
    """Return ``text`` in NFC, or raise ``ValueError`` where it holds what no record should.

    Line breaks are allowed; NUL, other control characters and lone surrogates are not.
    """
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character != "\n"):
            raise ValueError(f"character U+{ord(character):04X} is not allowed here")
    return unicodedata.normalize("NFC", text)


def without_accents(text: str) -> str:
    """Return ``text`` in lower case without diacritics, for searching: 'Órganos' finds 'organos'."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
