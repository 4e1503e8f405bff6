"""What the API and the pages have to say, worked out from a count of the published events (`tests.counting`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from domain.procedure import procedures
from tests.counting import LATE, Activity, Count, Document, Figures
from tests.pages.site import FEDERAL

DUE = ("done_on_time", "done_late", "reported_unfinished", "without_report", "suspended")
FIGURES = (
    "total", "counted", "due", *DUE, "done_ahead", "pending", "due_soon", "undated", "done_undated", "estimated",
    "left_out", "late_by_law", "blocked",
)  # fmt: skip
RESPONSIBLE = ("INE", "OPL", "parties", "tribunals", "others")
NUMBERS = ("due_soon", "reported_unfinished", "without_report", "suspended", "blocked", "undated")
"""What stands below "En cifras" after what is done."""
LISTED, ON_THE_FIRST_PAGE, LATEST = 10, 6, 8
"""How many the API's short lists, the national page's and the latest entries name."""

Expected = dict[str, Any]
Heard = tuple[int, Document]


class Nation:
    """The country."""

    def __init__(self, count: Count) -> None:
        self.count = count
        self.work = list(count.activities.values())
        self.federal_work = [one for one in self.work if one.process == FEDERAL]
        self.figures = count.figures()

    def api(self) -> Expected:
        """Return the figures of ``/api/v1/entities/MX/status``."""
        federal = self.count.figures(self.federal_work)
        return {
            "total": whole(self.figures),
            "federal": whole(federal),
            "local": whole(self.figures - federal),
            "by_responsible": by_responsible(self.count, self.work),
            "stages": by_stage(self.count, self.work),
            "federal_stages": by_stage(self.count, self.federal_work),
            "late_by_law": self.late_by_law(),
            "upcoming": self.upcoming(),
        }

    def page(self) -> Expected:
        """Return what the national page prints (`tests.pages.printed.national_page`)."""
        count, figures = self.count, self.figures
        done = figures["done_on_time"] + figures["done_late"]
        ahead = [figures["done_ahead"]] if figures["done_ahead"] > 1 else []
        return {
            "kicker": self.kicker(),
            "headline": [figures["due"], done] if figures["due"] else [],
            "sentence": [*due_columns(figures), *ahead] if figures["due"] else [],
            "stages": self.stages(),
            "numbers": [
                [done, figures["due"]], [figures["done_on_time"], figures["done_late"]],
                *([figures[name]] for name in NUMBERS),
            ],
            "tiles": {code: State(count, code).tile() for code in states(count)},
            "by responsible": table(by_responsible(count, self.work)),
            "latest": latest(chain.from_iterable(count.heard.values())),
            "late": self._listed(self.late_by_law()),
            "upcoming": self._listed(self.upcoming()),
        }  # fmt: skip

    def kicker(self) -> list[int]:
        """Return the two years, the local processes, those to be confirmed, and the days to or from election day."""
        opened = self.count.opened
        election_day = date.fromisoformat(opened[FEDERAL]["election_day"])
        days = (election_day - self.count.at.astimezone(ZoneInfo("America/Mexico_City")).date()).days
        to_go = [days, election_day.day, election_day.year] if days > 0 else [-days] if days < -1 else []
        unconfirmed = sum(not process["confirmed"] for process in opened.values())
        return [2026, 2027, len(opened) - 1, *filter(None, [unconfirmed]), *to_go]

    def stages(self) -> list[list[int]]:
        """Return what is done of what is due in each stage of the federal process, as its opening orders them."""
        found = {one["stage"]: one["tally"] for one in by_stage(self.count, self.federal_work)}
        return [done_of_due(found[stage["id"]]) for stage in self.count.opened[FEDERAL]["stages"]]

    def late_by_law(self) -> list[str]:
        """Return the ten that are open and longest past a date of law or of an approved calendar."""
        late = (one for one in self.work if one.standing(self.count.at) in LATE)
        return _first_due(one for one in late if one.dates["rests_on"] in ("law", "calendar"))

    def upcoming(self) -> list[str]:
        """Return the ten that are due next."""
        pending = (one for one in self.work if one.standing(self.count.at) == "pending")
        return _first_due(one for one in pending if one.state != "stopped")

    def _listed(self, names: list[str]) -> dict[str, list[int]]:
        return listed(self.count, (self.count.activities[name] for name in names[:ON_THE_FIRST_PAGE]))


class State:
    """One of the 32 states."""

    def __init__(self, count: Count, code: str) -> None:
        self.count, self.code = count, code
        opened = [name for name, one in count.opened.items() if one["territory"] == code]
        self.process = opened[0] if opened else ""
        self.local_work, self.federal_work = count.work[self.process, code], count.work[FEDERAL, code]
        self.local, self.federal = count.figures(self.local_work), count.figures(self.federal_work)
        opl = count.figures(
            one
            for one in self.local_work
            if one.plan["responsible"] == "OPL" and one.plan["row"] in procedures()["local_election"].by_id
        )
        self.is_loaded = opl["counted"] > 2 * (opl["undated"] + opl["done_undated"])
        self.undated = self.local["undated"] + self.local["done_undated"]
        self.missing = [self.undated, self.local["counted"]]

    def api(self) -> Expected:
        """Return the figures of ``/api/v1/entities/{code}/status``."""
        heard = self.count.heard
        own = sorted([*heard[self.process, self.code], *heard[FEDERAL, self.code]], key=position_of)
        reported = [document["time"] for _, document in own if not _is_opening(document)]
        return {
            "process": self.process,
            "confirmed": self.count.opened[self.process]["confirmed"],
            "calendar_loaded": self.is_loaded,
            "local": whole(self.local),
            "federal": whole(self.federal),
            "by_stage": by_stage(self.count, self.local_work),
            "by_responsible": by_responsible(self.count, self.local_work),
            "undated": self.undated,
            "blocked": self.local["blocked"] + self.federal["blocked"],
            "last_activity_at": reported[-1] if reported else None,
            "position": self._position(),
        }

    def _position(self) -> int:
        """Return the last event that changed what is told of it: national activities hold up and are mirrored."""
        national = [
            one for one in self.count.heard[FEDERAL, "MX"] if one[1]["subject"].startswith("milestone/")
        ]
        heard = self.count.heard
        return max(map(position_of, [*heard[self.process, self.code], *heard[FEDERAL, self.code], *national]))

    def page(self) -> Expected:
        """Return what the state's page prints (`tests.pages.printed.state_page`)."""
        count, local = self.count, self.local
        national = count.work[FEDERAL, "MX"]
        return {
            "sentence": [
                *(due_columns(local) if local["due"] else []),
                *(self.missing if self.is_loaded and self.undated else []),
            ],
            "unloaded": [] if self.is_loaded else self.missing,
            "by stage": [*table(by_stage(count, self.local_work)), due_columns(local)],
            "by responsible": table(by_responsible(count, self.local_work)),
            "federal": [due_columns(self.federal)],
            "late": self._standing(self.local_work, *LATE),
            "soon": self._standing(self.local_work, "due_soon"),
            "blocked": self._standing(self.local_work, "blocked"),
            "undated": self._standing(self.local_work, "undated", "done_undated"),
            "undated in all": [self.undated] if self.undated else [],
            "undated by stage": self._undated_by_stage(),
            "federal late and soon": self._standing(self.federal_work, *LATE, "due_soon"),
            "national late and soon": self._standing(national, *LATE, "due_soon"),
            "latest": latest([*count.heard[self.process, self.code], *count.heard[FEDERAL, self.code]]),
        }

    def line(self) -> list[int]:
        """Return its line in the table of states."""
        local, federal = done_columns(self.local), done_columns(self.federal)
        return [*local, *self.missing, *federal]

    def tile(self) -> list[int]:
        """Return its tile on the map: in words first, then as it is drawn."""
        both = [*done_of_due(self.local), *done_of_due(self.federal)]
        return [*([] if self.is_loaded else self.missing), *both, *both]

    def _standing(self, work: list[Activity], *groups: str) -> dict[str, list[int]]:
        """Return the activities that are counted in one of these groups, as they are listed."""
        return listed(self.count, (one for one in work if self.count.adds[one.name].keys() & set(groups)))

    def _undated_by_stage(self) -> list[list[int]]:
        """Return how many rows of each stage have no date at all, of whatever kind they are."""
        undated = Counter(
            one.plan["stage"] for one in self.local_work
            if not any(act.dates["starts"] or act.dates["due"] for act in (one, *self.count.acts(one)))
        )  # fmt: skip
        return [[undated[stage]] for stage in stages(self.count, self.local_work) if undated[stage]]


def states(count: Count) -> list[str]:
    """Return the states that have a process, in the order in which these were opened."""
    return [opened["territory"] for opened in count.opened.values() if opened["territory"] != "MX"]


def stages(count: Count, work: Iterable[Activity]) -> list[str]:
    """Return the stages there are, in the order of the plan: the federal and the local ones are alike."""
    there = {one.plan["stage"] for one in work}
    return [stage["id"] for stage in count.opened[FEDERAL]["stages"] if stage["id"] in there]


def by_stage(count: Count, work: list[Activity]) -> list[dict[str, Any]]:
    """Return the figures of each stage, as the API does."""
    return _grouped(count, work, "stage", stages(count, work))


def by_responsible(count: Count, work: list[Activity]) -> list[dict[str, Any]]:
    """Return the figures of each kind of responsible, as the API does."""
    return [one for one in _grouped(count, work, "responsible", RESPONSIBLE) if one["tally"]["total"]]


def _grouped(count: Count, work: list[Activity], what: str, values: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {what: value, "tally": whole(count.figures(one for one in work if one.plan[what] == value))}
        for value in values
    ]


def whole(figures: Figures) -> dict[str, int]:
    """Return figures as the API writes them: each of them, though it be nought."""
    return {name: figures[name] for name in FIGURES}


def table(grouped: list[dict[str, Any]]) -> list[list[int]]:
    """Return the lines of a table of figures."""
    return [due_columns(one["tally"]) for one in grouped]


def due_columns(figures: Mapping[str, int]) -> list[int]:
    """Return what is due and its five parts."""
    return [figures["due"], *(figures[name] for name in DUE)]


def done_columns(figures: Figures) -> list[int]:
    """Return what is due and its parts, what is done together."""
    return [
        figures["due"],
        figures["done_on_time"] + figures["done_late"],
        *(figures[name] for name in DUE[2:]),
    ]


def done_of_due(figures: Mapping[str, int]) -> list[int]:
    """Return what is done of what is due; nothing is said where nothing is."""
    return [figures["done_on_time"] + figures["done_late"], figures["due"]] if figures["due"] else []


def listed(count: Count, work: Iterable[Activity]) -> dict[str, list[int]]:
    """Return activities as they are listed: a late one says how many it holds back."""
    return {
        one.name: [held] if (held := count.holds_back[one.name]) and one.standing(count.at) in LATE else []
        for one in work
    }


def latest(heard: Iterable[Heard]) -> list[int]:
    """Return the positions of the latest entries, the plan's own left out."""
    positions = sorted(position for position, document in heard if document["type"] != "MilestonePlanned.v1")
    return positions[: -LATEST - 1 : -1]


def position_of(heard: Heard) -> int:
    """Return where it stands in the feed."""
    return heard[0]


def _is_opening(document: Document) -> bool:
    return document["type"] in {"MilestonePlanned.v1", "ProcessOpened.v1"}


def _first_due(work: Iterable[Activity]) -> list[str]:
    found = [(one.late_from, one.planned_at_position, one.name) for one in work if one.late_from]
    return [name for _, _, name in sorted(found)[:LISTED]]
