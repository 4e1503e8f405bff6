"""Reading the QR codes of a page as a telephone does.

The program draws with the library's writer (Zint's); these read with its reader (ZXing's own): neither knows the other.
"""

from __future__ import annotations

import re

import zxingcpp

DOTS = 4
"""How many dots wide a square is drawn."""


def scanned(page: str) -> list[str]:
    """Return what the codes of a page hold, in order. Raises ``ValueError`` where one of them cannot be read."""
    codes = re.findall(r'<svg class="qr"[^>]*viewBox="0 0 (\d+) \1".*?<path d="([^"]*)"', page, re.DOTALL)
    return [read(int(side), path) for side, path in codes]


def read(side: int, path: str) -> str:
    """Return what a code of so many squares a side holds."""
    width = DOTS * side
    dots = bytearray(b"\xff" * width * width)
    for y, moves in re.findall(r"M0 (\d+)\.5([^M]*)", path):
        x = 0
        for move, units in re.findall(r"([hm])(\d+)", moves):
            for row in range(DOTS * int(y), DOTS * int(y) + DOTS) if move == "h" else ():
                start = row * width + DOTS * x
                dots[start : start + DOTS * int(units)] = bytes(DOTS * int(units))
            x += int(units)
    (found,) = zxingcpp.read_barcodes(memoryview(dots).cast("B", (width, width)))
    return str(found.text)
