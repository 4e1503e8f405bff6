"""What a document is to the log: the SHA-256 of its bytes, how many they are, and of which kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.event import Refused
from domain.text import without_control_characters

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081…"])]
"""SHA-256 of a document's bytes, in lower-case hexadecimal (FIPS 180-4)."""

LONGEST_NAME = 200
_PATHS = ("/", "\\", ":")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is kept: its address is its content."""

    sha256: str
    size_bytes: int
    media_type: str
    """What its bytes are, whatever it was called (RFC 6838)."""


def usable_name(name: str) -> str:
    """Return a file's name as it may be shown. Raises `Refused` where it is a path, or reads otherwise than it is."""
    try:
        shown = without_control_characters(name).strip()
    except ValueError:
        raise _unusable("caracteres que no se ven", "characters that cannot be seen") from None
    if not shown or "\n" in shown or len(shown) > LONGEST_NAME:
        raise _unusable(
            f"más de {LONGEST_NAME} letras o ninguna", f"more than {LONGEST_NAME} letters, or none"
        )
    if any(sign in shown for sign in _PATHS) or shown.strip(". ") == "":
        raise _unusable("una ruta de carpetas", "a path of folders")
    return shown


def _unusable(es: str, en: str) -> Refused:
    return Refused(
        "document-name-unusable",
        es=f"El nombre del archivo tiene {es}: cámbialo por uno sencillo, como «acuerdo-12.pdf».",
        en=f"The file's name has {en}: give it a plain one, such as 'agreement-12.pdf'.",
        fields=("name",),
    )
