"""A text as a QR code (ISO/IEC 18004), for a page to draw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import zxingcpp

if TYPE_CHECKING:
    from typing_extensions import Buffer

_DARK = re.compile(rb"\x00+")


@dataclass(frozen=True, slots=True)
class QrCode:
    """A drawing of squares, each a unit wide, with the quiet zone a reader needs around it."""

    size: int
    """How many units each side has."""
    path: str
    """The dark squares, as the ``d`` of an SVG path."""


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
    dark = (
        f"M{run.start()} {row}h{run.end() - run.start()}v1H{run.start()}z"
        for row in range(size)
        for run in _DARK.finditer(units[row * size : (row + 1) * size])
    )
    return QrCode(size, "".join(dark))
