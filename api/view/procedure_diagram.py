"""A procedure as a picture: its steps in boxes, stage by stage, and arrows from outcomes to what they open or close.

Everything is drawn from the procedure's data. What opens goes by the right, one lane for each step that is opened;
what closes goes by the left; in a plan, which has no outcomes, a lane leads from each step to those that follow it.
Measures are pixels of the drawing, which a page shows at its own size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.settings import Language
from api.view.drawing import elbow, lanes, wrapped
from api.view.formats import in_language
from api.words import speak
from domain.procedure import Procedure
from domain.spoken_rule import rule_in_words
from domain.step import Outcome, Step

BOX = 252
"""How wide a box is: with its arrows it fits a phone."""
INSIDE = 10
"""Between the edge of a box and its words."""
LINE = 16
"""From one line of words to the next."""
GAP = 14
"""Between two boxes."""
LANE = 8
"""Between two lanes."""
MARGIN = 16
"""Between the boxes and the first lane."""
BAND_SIZE, NAME_SIZE, SMALL_SIZE = 15, 13, 12
"""Of the letters, as ``procedures.css`` has them."""

Line = tuple[float, str]
"""A line of words: its baseline and what it says."""


@dataclass(frozen=True, slots=True)
class Port:
    """The place on a box where arrows leave: an outcome, or that the step was done."""

    outcome: str
    """Its id; empty for whatever outcome."""
    y: float
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Box:
    """A step, with the lines of its name and of its deadline."""

    step: Step
    y: float
    height: float
    may_not_arise: bool
    """Whether something has to open it, or the law only asks for it in some cases."""
    names: Sequence[Line]
    dues: Sequence[Line]
    ports: Sequence[Port]

    @property
    def entry(self) -> float:
        """Where arrows arrive."""
        return self.y + LINE

    def leaves(self, outcome: str) -> float:
        """Return where the arrows of an outcome leave; in a plan, those to what follows."""
        return next(
            (port.y for port in self.ports if port.outcome == outcome), self.y + self.height - LINE / 2
        )


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from a step to another."""

    what: str
    """``opens``, ``closes`` or ``precedes``."""
    source: str
    outcome: str
    """The outcome it leaves from; empty for whatever outcome."""
    target: str
    lane: int
    path: str
    """As SVG writes it."""
    y: float
    """Where it arrives."""


@dataclass(frozen=True, slots=True)
class Band:
    """The name of a stage, over its boxes."""

    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Diagram:
    """The whole picture."""

    width: float
    height: float
    left: float
    """Where the boxes begin."""
    right: float
    """Where they end."""
    bands: Sequence[Band]
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


@dataclass(frozen=True, slots=True)
class _Link:
    """That an outcome of a step, or the step itself, opens, closes or precedes another."""

    what: str
    source: str
    outcome: str
    target: str

    @property
    def trunk(self) -> str:
        """The step at the end where arrows share a lane: the one where they meet."""
        return self.source if self.what == "precedes" else self.target


def draw(procedure: Procedure, language: Language) -> Diagram:
    """Return the picture of a procedure, with its words in a language."""
    bands, boxes, height = _Stack(procedure, language).built()
    by_id = {box.step.id: box for box in boxes}
    links = list(_links(procedure))
    lane_of = {
        what: lanes(_spans([link for link in links if link.what == what], by_id))
        for what in ("opens", "precedes", "closes")
    }
    left = _room(lane_of["closes"]) if lane_of["closes"] else 1
    right = left + BOX
    arrows = []
    for link in links:
        lane = lane_of[link.what][link.trunk]
        edge, away = (left, -1) if link.what == "closes" else (right, 1)
        leaves, arrives = by_id[link.source].leaves(link.outcome), by_id[link.target].entry
        path = elbow((edge, leaves), edge + away * (MARGIN + lane * LANE), (edge + away * 6, arrives))
        arrows.append(Arrow(link.what, link.source, link.outcome, link.target, lane, path, arrives))
    width = right + max(_room(lane_of["opens"]), _room(lane_of["precedes"]))
    return Diagram(width, height, left, right, bands, boxes, arrows)


def _links(procedure: Procedure) -> Iterator[_Link]:
    """Yield every arrow there is to draw."""
    known = procedure.by_id
    for step in procedure.steps:
        yield from (_Link("opens", step.id, "", row) for row in step.opens)
        for outcome in step.outcomes:
            yield from (_Link("opens", step.id, outcome.id, row) for row in outcome.opens)
            yield from (_Link("closes", step.id, outcome.id, row) for row in outcome.closes)
        if procedure.is_plan:
            yield from (_Link("precedes", link.id, "", step.id) for link in step.after if link.id in known)


def _spans(links: Sequence[_Link], boxes: Mapping[str, Box]) -> Mapping[str, tuple[float, float]]:
    """Return how far each lane has to reach."""
    heights: dict[str, list[float]] = {}
    for link in links:
        ends = (boxes[link.source].leaves(link.outcome), boxes[link.target].entry)
        heights.setdefault(link.trunk, []).extend(ends)
    return {trunk: (min(found), max(found)) for trunk, found in heights.items()}


def _room(lane_of: Mapping[str, int]) -> float:
    """Return what the lanes on one side take."""
    return MARGIN + LANE * max(lane_of.values()) + 4 if lane_of else 4


class _Stack:
    """The boxes, one under another, while they are being put there."""

    def __init__(self, procedure: Procedure, language: Language) -> None:
        self._procedure = procedure
        self._language = language
        self._say = speak(language)
        self._y = 4.0

    def built(self) -> tuple[Sequence[Band], Sequence[Box], float]:
        """Return the names of the stages, the boxes, and how high it all is."""
        bands: list[Band] = []
        boxes: list[Box] = []
        for stage in self._procedure.stages:
            steps = [step for step in self._procedure.steps if step.stage == stage.id]
            if steps:
                self._y += GAP if bands else 0
                bands.append(Band(self._lines(in_language(stage.name, self._language), BAND_SIZE)))
                self._y += 10
                boxes += [self._box(step) for step in steps]
        return bands, boxes, self._y

    def _box(self, step: Step) -> Box:
        top = self._y
        self._y += LINE + 6  # The line of its id.
        names = self._lines(in_language(step.name, self._language), NAME_SIZE)
        dues = self._lines(self._due(step), SMALL_SIZE)
        ports = [self._port(outcome.id, self._outcome(outcome)) for outcome in step.outcomes]
        if step.opens:
            ports.append(self._port("", self._say("procedure.when_done") + _to(step.opens)))
        height = self._y + 8 - top
        self._y += 8 + GAP
        may_not_arise = step.kind == "conditional" or step.id in self._procedure.openers
        return Box(step, top, height, may_not_arise, names, dues, ports)

    def _port(self, outcome: str, text: str) -> Port:
        self._y += 5
        lines = self._lines(text, SMALL_SIZE)
        return Port(outcome, lines[0][0] - 4, lines)

    def _lines(self, text: str, size: float) -> Sequence[Line]:
        """Put words under what is there already."""
        found: list[Line] = []
        for line in wrapped(text, size, BOX - 2 * INSIDE, bold=size != SMALL_SIZE):
            self._y += LINE
            found.append((self._y - 3, line))
        return found

    def _due(self, step: Step) -> str:
        if step.due is None:
            return str(self._say("procedure.no_rule"))
        return in_language(rule_in_words(step.due, self._procedure), self._language)

    def _outcome(self, outcome: Outcome) -> str:
        said = in_language(outcome.name, self._language) + _to(outcome.opens)
        if outcome.closes:
            said += f" ✕ {', '.join(outcome.closes)}"
        if outcome.ends:
            said += " ■\N{NO-BREAK SPACE}" + self._say("procedure.ends")
        return said


def _to(rows: Sequence[str]) -> str:
    return f" → {', '.join(rows)}" if rows else ""
