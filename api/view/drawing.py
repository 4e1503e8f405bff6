"""What any drawing needs: words broken into lines, lanes that do not meet, and lines with round corners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTHS = {
    "iljtfrI.,;:()|!'": 0.4,
    "mwMW%→": 0.95,
    " \N{NO-BREAK SPACE}": 0.32,
    "ABCDEFGHJKLNOPQRSTUVXYZÁÉÍÓÚÑ": 0.72,
}
"""How wide characters are, in parts of the size of the letters: as in the widest of the usual fonts."""
_WIDTH_OF = {character: width for characters, width in _WIDTHS.items() for character in characters}
_OTHERS = 0.62
_BOLD = 1.12
"""How much wider bold letters are."""
CORNER = 5


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> Sequence[str]:
    """Break words into lines that fit into the room, both in pixels; a word that is longer stands alone."""
    size *= _BOLD if bold else 1
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _width(text: str, size: float) -> float:
    return sum(_WIDTH_OF.get(character, _OTHERS) for character in text) * size


def lanes(spans: Mapping[str, tuple[float, float]]) -> Mapping[str, int]:
    """Give each span, from one height to another, a lane: the short ones first, and no two in one lane that meet."""
    taken: list[list[tuple[float, float]]] = []
    found: dict[str, int] = {}
    for name, (top, bottom) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
        lane = next(
            (
                number
                for number, others in enumerate(taken)
                if all(bottom < other_top or top > other_bottom for other_top, other_bottom in others)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((top, bottom))
        found[name] = lane
    return found


def elbow(start: tuple[float, float], lane: float, end: tuple[float, float]) -> str:
    """Return the path from a point to another by way of a vertical lane."""
    (x0, y0), (x1, y1) = start, end
    if y0 == y1:
        return f"M{x0:g} {y0:g}H{x1:g}"
    corner = min(CORNER, abs(y1 - y0) / 2, abs(lane - x0), abs(lane - x1))
    out = corner if lane > x0 else -corner
    back = -corner if x1 < lane else corner
    down = corner if y1 > y0 else -corner
    return (
        f"M{x0:g} {y0:g}H{lane - out:g}Q{lane:g} {y0:g} {lane:g} {y0 + down:g}"
        f"V{y1 - down:g}Q{lane:g} {y1:g} {lane + back:g} {y1:g}H{x1:g}"
    )
