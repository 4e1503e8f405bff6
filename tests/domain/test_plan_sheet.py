"""Calendars as bodies write them, read against a plan. Every sheet here is made up."""

from __future__ import annotations

import pytest

from domain.milestone import Milestone
from domain.milestone_events import Requirement
from domain.plan import opening
from domain.plan_layout import PLAN_LAYOUT, ColumnMapped, MapPlanLayout, PlanLayout, RowMapped
from domain.plan_sheet import PlanLine, PlanReading, read_plan
from domain.variant import plan_for
from tests.domain.decisions import envelope

PLAN = {
    id_: Milestone(plan, schedule=plan.schedule)
    for id_, plan in opening(
        plan_for("local_election", "MX-JAL", "2026-2027"), "MX-JAL", "2026-2027"
    ).milestones.items()
}
HEADINGS = ["Clave", "Actividad", "Inicio", "Término"]


def read(*rows: list[str], layout: PlanLayout = PLAN_LAYOUT.initial) -> PlanReading:
    return read_plan(rows, layout, PLAN, "MX-JAL", "2026-2027")


def one(*row: str) -> PlanLine:
    (line,) = read(HEADINGS, list(row)).lines
    return line


def mapped(command: MapPlanLayout, layout: PlanLayout = PLAN_LAYOUT.initial) -> PlanLayout:
    for event in command.decide(layout):
        layout = PLAN_LAYOUT.evolve(layout, event, envelope(1))
    return layout


def test_an_activity_is_known_by_its_id_or_by_its_name_word_for_word() -> None:
    plan = PLAN["L010"].plan
    assert plan is not None
    by_id = one("L010", "Otra redacción", "2026-10-01", "2026-11-01")
    by_name = one("", f"  {plan.name.es.upper()}. ", "", "2026-11-01")

    assert (by_id.milestone, by_id.starts, by_id.due) == ("L010", "2026-10-01", "2026-11-01")
    assert by_name.milestone == "L010"


def test_a_name_that_only_resembles_ours_is_left_for_a_person() -> None:
    plan = PLAN["L010"].plan
    assert plan is not None

    assert one("", f"{plan.name.es} y algo más", "", "2026-11-01").milestone is None


def test_what_a_person_said_once_is_remembered() -> None:
    command = MapPlanLayout(
        territory="MX-JAL",
        columns=(
            ColumnMapped(heading="FECHA LÍMITE", field="due"),
            ColumnMapped(heading="Tarea", field="name"),
        ),
        rows=(RowMapped(name="Sesión uno", milestone="L010"),),
    )
    layout = mapped(command)

    (line,) = read(["No.", "TAREA", "Fecha  límite"], ["1", "sesion uno.", "2026-11-01"], layout=layout).lines

    assert (line.milestone, line.due) == ("L010", "2026-11-01")
    assert command.decide(layout) == []


@pytest.mark.parametrize(
    ("written", "due"),
    [("2026-11-01", "2026-11-01"), ("01/11/2026", "2026-11-01"), ("1 de Noviembre de 2026", "2026-11-01"),
     ("2026-11-01T08:00", "2026-11-01T08:00"), ("31/02/2027", None), ("noviembre", None), ("45231", None)],
)  # fmt: skip
def test_dates_are_read_as_people_here_write_them_and_no_other_way(written: str, due: str | None) -> None:
    line = one("L010", "x", "", written)

    assert line.due == due
    assert bool(line.contradictions) == (due is None)


@pytest.mark.parametrize(
    ("row", "said"),
    [(("L010", "x", "2026-12-01", "2026-11-01"), "antes de empezar"),
     (("L010", "x", "", "2031-11-01"), "fuera del ciclo"),
     (("L999", "x", "", "2026-11-01"), "No hay una actividad L999")],
)  # fmt: skip
def test_what_contradicts_itself_is_said(row: tuple[str, ...], said: str) -> None:
    assert any(said in words.es for words in one(*row).contradictions)


def test_the_same_activity_twice_contradicts_itself_in_both_rows() -> None:
    lines = read(HEADINGS, ["L010", "x", "", "2026-11-01"], ["L010", "y", "", "2026-11-02"]).lines

    assert [len(line.contradictions) for line in lines] == [1, 1]
    assert "filas 2, 3" in lines[0].contradictions[0].es


def test_a_date_that_is_not_the_law_s_is_said_and_not_taken() -> None:
    id_, milestone = next(
        (id_, each) for id_, each in PLAN.items() if each.schedule and each.schedule.basis == "law"
    )
    assert milestone.schedule is not None
    assert milestone.schedule.due is not None

    line = one(id_, "x", "", "2026-12-31")
    same = one(id_, "x", "", milestone.schedule.due[:10])

    assert "La ley da el" in line.contradictions[0].es
    assert same.contradictions == ()


def test_an_activity_due_before_what_must_be_over_first_is_said_with_the_article() -> None:
    plan = PLAN["L010"].plan
    assert plan is not None
    needs = plan.model_copy(update={"required": (Requirement(milestone="L012", basis="LGIPE 41"),)})
    milestones = {**PLAN, "L010": PLAN["L010"]._replace(plan=needs)}
    rows = [HEADINGS, ["L010", "x", "", "2026-11-01"], ["L012", "y", "", "2026-12-01"]]

    lines = read_plan(rows, PLAN_LAYOUT.initial, milestones, "MX-JAL", "2026-2027").lines

    assert [words.en for words in lines[0].contradictions] == [
        "It is due 2026-11-01, before L012 (2026-12-01), which must be over first (LGIPE 41)."
    ]
    assert lines[1].contradictions == ()


def test_a_title_that_no_row_is_about_is_said() -> None:
    reading = read(["Calendario de ayuntamientos"], HEADINGS, ["L010", "Algo", "", "2026-11-01"])

    (words,) = reading.contradictions
    assert words.es == "El título dice «ayuntamientos» y ninguna fila trata de eso."
    assert reading.lines[0].row == 2


def test_titles_between_rows_and_rows_without_dates_are_no_activities() -> None:
    assert read(HEADINGS, ["", "Etapa de preparación", "", ""], ["", "", "", ""]).lines == []


def test_a_sheet_without_headings_we_know_has_no_lines() -> None:
    assert read(["a", "b"], ["L010", "2026-11-01"]).headings == ()
