"""A text as a QR code (ISO/IEC 18004), for a page to draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby, product
from typing import TYPE_CHECKING, Literal, cast

import zxingcpp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

_DARK, _LIGHT = 0, 255
_PIECE = 8
"""How many units are drawn by one look: 200 codes a second are drawn on the night of a deadline."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A drawing of squares, each a unit wide, with the quiet zone a reader needs around it."""

    size: int
    """How many units each side has."""
    path: str
    """The dark squares, as the ``d`` of an SVG path to be drawn with a stroke one unit wide."""


def qr_code(text: str, level: Literal["L", "M"] = "M") -> QrCode:
    """Return a text as a code that is still read with a sixth of it covered, or a fourteenth of it (level L)."""
    # Without saying so, what is not ASCII would be written in Windows-1252: a dash would come back as another byte.
    encoding = {} if text.isascii() else {"eci": "UTF-8"}
    image = zxingcpp.create_barcode(
        text, zxingcpp.BarcodeFormat.QRCode, ec_level=level, **encoding
    ).to_image()
    size = image.shape[0]
    # Its types do not say that it is a buffer.
    units = memoryview(cast("Buffer", image)).tobytes()
    strokes = _strokes()
    rows = []
    for row in range(size):
        end = (row + 1) * size
        pieces = [strokes[units[at : min(at + _PIECE, end)]] for at in range(row * size, end, _PIECE)]
        rows.append(f"M0 {row}.5{''.join(pieces)}")
    return QrCode(size, "".join(rows))


@cache
def _strokes() -> Mapping[bytes, str]:
    """Return how each piece of a row is drawn, from where the pen is to the piece's end."""
    pieces = (
        bytes(units) for width in range(1, _PIECE + 1) for units in product((_DARK, _LIGHT), repeat=width)
    )
    return {piece: _stroke(piece) for piece in pieces}


def _stroke(piece: bytes) -> str:
    runs = ((unit, len(list(run))) for unit, run in groupby(piece))
    return "".join(f"h{width}" if unit == _DARK else f"m{width} 0" for unit, width in runs)
