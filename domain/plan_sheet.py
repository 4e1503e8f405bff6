"""A body's calendar, one sheet, read against its plan: which activity gets which date, and what contradicts what.

Nothing is recorded here and nothing guessed: a row is an activity by an explicit id, by a name that is word for word
ours, or because a person said so (`domain.plan_layout`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.calendar import day_of
from domain.milestone import Milestone
from domain.names import Names
from domain.plan_layout import PlanField, PlanLayout, plain

HEADINGS_WITHIN = 40
"""In how many rows from the top the headings are looked for."""

DATES: tuple[PlanField, ...] = ("starts", "due")

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_SPOKEN = re.compile(r"(\d{1,2}) de ([a-z]+) (?:de|del) (\d{4})")
_WRITTEN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?")


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row of a calendar that names an activity."""

    row: int
    """Its row in the sheet, counted from 0."""
    name: str
    """What the calendar calls it."""
    milestone: str | None
    """The activity of our plan; None where that is not known."""
    starts: str | None
    due: str | None
    columns: tuple[int, ...]
    """The columns its dates are in, counted from 0."""
    contradictions: tuple[Names, ...] = ()

    def contradicted(self, es: str, en: str) -> PlanLine:
        """Return the line with one contradiction more."""
        return replace(self, contradictions=(*self.contradictions, Names(es=es, en=en)))


@dataclass(frozen=True, slots=True)
class PlanReading:
    """A calendar as it was read: every row that names an activity, and what is wrong with the sheet as a whole."""

    lines: Sequence[PlanLine]
    contradictions: Sequence[Names]
    headings: Sequence[str]
    """The cells of the row that was taken for the headings; empty where there was none."""


def read_plan(
    rows: Sequence[Sequence[str]],
    layout: PlanLayout,
    milestones: Mapping[str, Milestone],
    territory: str,
    cycle: str,
) -> PlanReading:
    """Return a sheet read against the activities of a process."""
    found = _headings(rows, layout)
    if found is None:
        return PlanReading((), (), ())
    top, columns = found
    names = _names(milestones)
    lines = [
        _line(number, row, columns, layout, milestones, names, territory)
        for number, row in enumerate(rows[top + 1 :], start=top + 1)
    ]
    checked = [_against_cycle(line, cycle) for line in lines if line is not None]
    checked = list(_against_each_other(checked))
    dates = {line.milestone: line.due for line in checked if line.milestone and line.due}
    checked = [_against_plan(line, milestones, dates) for line in checked]
    return PlanReading(checked, tuple(_label(rows[:top], checked)), tuple(rows[top]))


def _headings(
    rows: Sequence[Sequence[str]], layout: PlanLayout
) -> tuple[int, Mapping[PlanField, int]] | None:
    """Return the row of the headings and the column of each field: the first row that names activity and date."""
    for number, row in enumerate(rows[:HEADINGS_WITHIN]):
        columns: dict[PlanField, int] = {}
        for column, cell in enumerate(row):
            if known := layout.columns.get(plain(cell)):
                columns.setdefault(known, column)
        if "due" in columns and ("id" in columns or "name" in columns):
            return number, columns
    return None


def _names(milestones: Mapping[str, Milestone]) -> Mapping[str, str]:
    """Return the activity of each name that only one has."""
    found: dict[str, list[str]] = {}
    for id_, milestone in milestones.items():
        if milestone.plan is not None:
            found.setdefault(plain(milestone.plan.name.es), []).append(id_)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}


def _line(
    number: int, row: Sequence[str], columns: Mapping[PlanField, int], layout: PlanLayout,
    milestones: Mapping[str, Milestone], names: Mapping[str, str], territory: str,
) -> PlanLine | None:  # fmt: skip
    cells = {field: row[column] if column < len(row) else "" for field, column in columns.items()}
    name = cells.get("name") or cells.get("id") or ""
    if not name or not (cells["due"] or cells.get("id") or cells.get("starts")):
        # A title between the rows: a stage, a subprocess.
        return None
    id_ = cells.get("id", "")
    own = f"{id_}{territory.removeprefix('MX')}"
    by_id = next((each for each in (id_, own) if each in milestones), None)
    milestone = by_id or names.get(plain(name)) or layout.rows.get(plain(name))
    where = tuple(columns[field] for field in DATES if field in columns and cells[field])
    line = PlanLine(number, name, milestone, _moment(cells.get("starts", "")), _moment(cells["due"]), where)
    if milestone is not None and milestone not in milestones:
        line = replace(line, milestone=None)
    if id_ and by_id is None:
        line = line.contradicted(
            f"No hay una actividad {id_} en este proceso.", f"There is no activity {id_} here."
        )
    for field in DATES:
        if cells.get(field) and _moment(cells[field]) is None:
            said = cells[field][:40]
            line = line.contradicted(f"«{said}» no es una fecha.", f"'{said}' is no date.")
    return line


def _moment(text: str) -> str | None:
    """Return a date as we write it: ISO 8601, day first with slashes, or in Spanish words; None where it is none."""
    text = text.strip()
    if _MOMENT.fullmatch(text):
        return text if _is_day(text[:10]) else None
    if written := _WRITTEN.fullmatch(text):
        day, month, year = (int(part) for part in written.groups())
    elif (spoken := _SPOKEN.fullmatch(plain(text))) and spoken[2] in _MONTHS:
        day, month, year = int(spoken[1]), _MONTHS.index(spoken[2]) + 1, int(spoken[3])
    else:
        return None
    moment = f"{year:04}-{month:02}-{day:02}"
    return moment if _is_day(moment) else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _against_cycle(line: PlanLine, cycle: str) -> PlanLine:
    years = {int(cycle[:4]), int(cycle[-4:])}
    for moment in (line.starts, line.due):
        if moment and day_of(moment).year not in years:
            line = line.contradicted(
                f"{moment} está fuera del ciclo {cycle}.", f"{moment} lies outside the cycle {cycle}."
            )
    if line.starts and line.due and day_of(line.starts) > day_of(line.due):
        line = line.contradicted(
            f"Termina ({line.due}) antes de empezar ({line.starts}).",
            f"It is due ({line.due}) before it starts ({line.starts}).",
        )
    return line


def _against_each_other(lines: Sequence[PlanLine]) -> Iterator[PlanLine]:
    """Yield the lines; those of one activity that comes twice contradict each other."""
    rows: dict[str, list[int]] = {}
    for line in lines:
        if line.milestone:
            rows.setdefault(line.milestone, []).append(line.row)
    for line in lines:
        if line.milestone and len(rows[line.milestone]) > 1:
            where = ", ".join(str(row + 1) for row in rows[line.milestone])
            yield line.contradicted(
                f"{line.milestone} aparece más de una vez: filas {where}.",
                f"{line.milestone} comes more than once: rows {where}.",
            )
        else:
            yield line


def _against_plan(line: PlanLine, milestones: Mapping[str, Milestone], dates: Mapping[str, str]) -> PlanLine:
    """Compare a date with the law's, and with those of the activities that must be over before."""
    milestone = milestones.get(line.milestone or "")
    if milestone is None or milestone.plan is None or line.due is None:
        return line
    due, now = line.due, milestone.schedule
    if now and now.basis == "law" and now.due and day_of(now.due) != day_of(due):
        line = line.contradicted(
            f"La ley da el {now.due} y el calendario el {line.due}: se reprograma aparte, con su instrumento.",
            f"The law gives {now.due} and the calendar {line.due}: it is re-dated by itself, with its instrument.",
        )
    for needed in milestone.plan.required:
        other = milestones.get(needed.milestone)
        before = dates.get(needed.milestone) or (other.schedule.due if other and other.schedule else None)
        if before and day_of(before) > day_of(due):
            line = line.contradicted(
                f"Vence el {line.due}, antes que {needed.milestone} ({before}), que debe concluir primero "
                f"({needed.basis}).",
                f"It is due {line.due}, before {needed.milestone} ({before}), which must be over first "
                f"({needed.basis}).",
            )
    return line


_OFFICES = {"ayuntamientos": ("ayuntamiento", "municip"), "gubernatura": ("gubernatura", "gobernador"),
            "diputaciones": ("diputa",)}  # fmt: skip


def _label(titles: Sequence[Sequence[str]], lines: Sequence[PlanLine]) -> Iterator[Names]:
    """Yield the offices that the sheet's title names and none of its rows is about."""
    title = plain(" ".join(cell for row in titles for cell in row))
    names = " ".join(plain(line.name) for line in lines)
    for office, words in _OFFICES.items():
        if office in title and not any(word in names for word in words):
            yield Names(
                es=f"El título dice «{office}» y ninguna fila trata de eso.",
                en=f"The title says '{office}' and no row is about that.",
            )
