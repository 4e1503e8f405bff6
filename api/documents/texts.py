"""Plain text, CSV and XML: in UTF-8 from the first byte to the last, and nothing that a browser would run."""

from __future__ import annotations

import codecs
import re
from typing import IO

from api.documents.refusals import not_taken

PIECE_BYTES = 64 * 1024
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_RUNS = re.compile(
    r"<(!doctype|html|head|body|script|iframe|svg|style|object|embed|link|meta|base|img|xsl:)\b"
    r"|<\?xml-stylesheet|<\w+:(svg|html|script)\b"
    r"|www\.w3\.org/(2000/svg|1999/xhtml|1999/XSL)",
    re.IGNORECASE,
)
"""What makes a browser take a text for a page or a drawing, and XML that says how it is to be changed."""
_LONGEST = 40
"""Of what `_RUNS` finds, so that it is found across two pieces, too."""


def kind_of_text(file: IO[bytes]) -> str:
    """Return the media type of a text. Raises `domain.event.Refused` where it is none, or a page."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    beginning, last = "", ""
    while True:
        piece = file.read(PIECE_BYTES)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError:
            raise _unknown() from None
        if _NOT_TEXT.search(text):
            raise _unknown()
        beginning = beginning or text[:200]
        is_markup = beginning.lstrip().startswith("<")
        if is_markup and _RUNS.search(last + text):
            raise not_taken("una página o un dibujo (HTML, SVG)", "a page or a drawing (HTML, SVG)")
        if not piece:
            break
        last = text[-_LONGEST:]
    return "application/xml" if beginning.lstrip().startswith("<?xml") else "text/plain"


def _unknown() -> Exception:
    return not_taken(
        "de un tipo que no se reconoce, o un texto que no está en UTF-8",
        "of a kind that is not known, or a text that is not in UTF-8",
    )
