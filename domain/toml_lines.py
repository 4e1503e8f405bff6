"""On which line of a TOML file a value is written, so that a refusal can say where to look.

``tomllib`` gives values without their places. This reads the file once more, only as far as our data files go: tables,
arrays of tables, keys, and arrays with one inline table a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Place = tuple[int | str, ...]
"""The way to a value: ``("steps", 2, "outcomes", 0, "id")``."""

_HEADER = re.compile(r"\s*(\[\[?)([A-Za-z0-9_.-]+)\]\]?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def lines_of(text: str) -> Mapping[Place, int]:
    """Return the line, counted from 1, on which each table, key and inline table of an array begins."""
    found: dict[Place, int] = {(): 1}
    counts: dict[Place, int] = {}
    table: Place = ()
    array: Place = ()
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _STRING.sub('""', line).partition("#")[0]
        if depth == 0 and (header := _HEADER.match(bare)):
            table = _table(header[2].split("."), counts, repeated=header[1] == "[[")
            found[table] = number
            if header[1] == "[[":
                found.setdefault(table[:-1], number)
            continue
        if depth == 0 and (key := _KEY.match(bare)):
            array = (*table, key[1])
            found[array] = number
        elif depth == 1 and bare.lstrip().startswith("{"):
            counts[array] = counts.get(array, -1) + 1
            found[*array, counts[array]] = number
        depth += sum(bare.count(opening) for opening in "[{") - sum(bare.count(closing) for closing in "]}")
    return found


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a value, or of the nearest thing around it that has one."""
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _table(names: list[str], counts: dict[Place, int], *, repeated: bool) -> Place:
    """Return where a header leads: into the last of each array of tables, and into a new one where it begins one."""
    place: Place = ()
    for number, name in enumerate(names, start=1):
        place = (*place, name)
        if repeated and number == len(names):
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place
