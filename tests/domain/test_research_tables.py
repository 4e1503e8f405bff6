"""The catalogue against the research tables it was made from.

The tables are no part of the project: where they lie beside the repository (``../shared/data``) every row is compared;
elsewhere only the comparison itself is tested, and the substance stays in ``test_catalogue`` and ``test_entity_data``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from domain.entity import entities
from domain.plan import opening
from domain.step import Step
from domain.variant import plan_for
from tests.domain.test_catalogue import CYCLE, federal, local, schedules

RESEARCH = Path(__file__).parents[3] / "shared" / "data"

# The names we changed so that they also fit an entity that elects no ayuntamientos.
RENAMED = {"L012", "L110", "L112", "L116"}

# The English names we made say what the Spanish ones say.
RETRANSLATED = {
    "F010", "F021", "F032", "F033", "F063", "F075", "F090", "F108", "F140", "F150", "F169", "F177", "L001", "L010",
    "L021", "L022", "L023", "L043", "L060", "L065", "L075", "L080", "L082", "L085", "L100", "L114", "L121", "L130",
    "L131", "L134",
}  # fmt: skip

# What the parties or aspirants file, though the table names the body that receives it.
FILED_BY_OTHERS = {"F048", "F063", "F071"}

# The tables write 23:59 for 24:00, and the day of an hour that LGIPE 251.6 fixes.
REDATED = {
    "F088": ("2027-06-03", "2027-06-06T19:00"),
    "F155": ("2027-06-06T07:30", "2027-06-06"),
    "F162": ("2027-06-06T20:00", "2027-06-06"),
}

# What the table has begin before the plan it is of is not loaded.
BEGINNING_OF_THE_PREP = "2026-08-01"

STAGES = {"results and declarations of validity": "results", "final opinion / close": "close"}
GROUPS = {"register": "voter_register", "casillas": "polling_places"}
LEADS = {"INE/OPL": "OPL", "Tribunal local": "tribunals", "TEPJF": "tribunals"}
SCOPES = {"casilla": "polling_station", "acta": "tally_sheet", "state (where applicable)": "state"}
MARKS = {"verified": "read", "partly verified": "partly", "unverified": "not"}


def differences(row: Mapping[str, str], step: Step) -> list[str]:
    """Return where a step differs from its row of the research tables, in what both plans share."""
    links = [link.id for link in step.after]
    pairs: dict[str, tuple[object, object]] = {
        "predecessors": (links, row["predecessors"].split(";") if row["predecessors"] else []),
        "mark": (step.article, MARKS[row["verified"]]),
        "stage": (step.stage, STAGES.get(row["stage"], row["stage"].replace(" ", "_"))),
    }
    if step.id not in RENAMED:
        pairs["name"] = (step.name.es, row["name_es"])
    if step.id not in RENAMED | RETRANSLATED:
        pairs["English name"] = (step.name.en, row["name_en"])
    if "responsible" in row and step.id not in FILED_BY_OTHERS:
        pairs["body"] = (step.body, row["responsible"])
    if "lead" in row:
        pairs["lead"] = (step.responsible, LEADS.get(row["lead"], row["lead"]))
    group = row.get("group") or row.get("subprocess", step.group)
    pairs["group"] = (step.group, GROUPS.get(group, group.replace(" ", "_")))
    if "scope" in row:
        pairs["scope"] = (step.scope, SCOPES.get(row["scope"], row["scope"]))
    if row.get("same_as"):
        pairs["same act"] = (set(row["same_as"].split(";")) - set(step.same_as), set())
    return [
        f"{step.id}: {what}: {ours} is not {theirs}"
        for what, (ours, theirs) in pairs.items()
        if ours != theirs
    ]


def test_a_difference_from_the_research_tables_is_noticed() -> None:
    """The negative control of the comparison below."""
    step = federal().step("F123")
    row = {
        "predecessors": "F122", "verified": "verified", "scope": "district", "stage": "preparation",
        "group": "polling places", "responsible": "Presidencias de consejos distritales",
        "name_es": step.name.es, "name_en": step.name.en,
    }  # fmt: skip
    assert differences(row, step) == []
    for what, wrong in {
        "predecessors": "F121",
        "verified": "unverified",
        "scope": "casilla",
        "name_es": "Otra",
        "name_en": "Another",
        "stage": "close",
        "group": "money",
        "responsible": "Consejo General",
    }.items():
        assert len(differences({**row, what: wrong}, step)) == 1


if RESEARCH.is_dir():

    def _rows(name: str) -> list[dict[str, str]]:
        with (RESEARCH / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_the_plans_list_the_researched_steps_in_the_same_order() -> None:
        assert [step.id for step in federal().steps] == [row["id"] for row in _rows("federal_milestones.csv")]
        assert [step.id for step in local().steps] == [row["id"] for row in _rows("local_milestones.csv")]

    @pytest.mark.parametrize("row", _rows("federal_milestones.csv"), ids=lambda row: row["id"])
    def test_a_federal_step_is_the_researched_one(row: dict[str, str]) -> None:
        assert differences(row, federal().step(row["id"])) == []

    @pytest.mark.parametrize("row", _rows("local_milestones.csv"), ids=lambda row: row["id"])
    def test_a_local_step_is_the_researched_one(row: dict[str, str]) -> None:
        assert differences(row, local().step(row["id"])) == []

    _FEDERAL_DATES = schedules(opening(federal(), "MX", CYCLE))
    # F008 opens as one milestone a month: its months have their own test above.
    _DATED_ONCE = [row for row in _rows("federal_milestones.csv") if row["id"] != "F008"]

    @pytest.mark.parametrize("row", _DATED_ONCE, ids=lambda row: row["id"])
    def test_a_federal_step_opens_on_the_researched_dates(row: dict[str, str]) -> None:
        schedule = _FEDERAL_DATES[row["id"]]
        researched = REDATED.get(row["id"], (row["start_2026_2027"], row["end_2026_2027"]))
        assert (schedule.starts or "", schedule.due or "") == researched

    @pytest.mark.parametrize("row", _rows("entities.csv"), ids=lambda row: row["iso_3166_2"])
    def test_an_entity_is_the_researched_one(row: dict[str, str]) -> None:
        entity = entities()[row["iso_3166_2"]]
        assert entity.ine_number == int(row["ine_number"])
        assert (entity.name, entity.abbreviation) == (row["official_name"], row["abbreviation"])
        assert (entity.opl.name, entity.opl.acronym) == (row["opl_name"], row["opl_acronym"])
        assert entity.federal_districts == int(row["federal_districts_2023"])
        assert entity.circumscription == int(row["circunscripcion_2023"])
        assert entity.nominal_list_2024 == int(row["lista_nominal_2024"])
        assert entity.polling_stations_2024.count == int(row["casillas_2024"])
        assert entity.polling_stations_2024.estimated == row["casillas_2024_kind"].startswith("ESTIMATE")
        assert entity.facts["elects_governor"] == (row["gubernatura_2027"] == "1")
        assert entity.facts["elects_congress"] == (row["congreso_2027"] == "1")
        assert entity.seats.congress == int(row["congreso_seats_last"])
        local_level = entity.facts["elects_municipalities"] or entity.facts["elects_alcaldias"]
        assert local_level == (row["ayuntamientos_2027"] == "1")

    _MEXICO = opening(plan_for("local_election", "MX-MEX", CYCLE), "MX-MEX", CYCLE).milestones

    @pytest.mark.parametrize("row", _rows("prep_local_deliverables_ieem.csv"), ids=lambda row: row["row"])
    def test_a_deliverable_of_estado_de_mexico_is_the_researched_one(row: dict[str, str]) -> None:
        step = _MEXICO[f"P{int(row['row']):03}"]
        assert step.basis == (f"Reglamento de Elecciones, anexo 13, entregable {row['entregable_anexo13']}",)
        starts = None if row["start"] < BEGINNING_OF_THE_PREP else row["start"]
        assert (step.schedule.starts, step.schedule.due) == (starts, row["end"])
        assert (step.responsible == "others") == (row["responsible"] == "ENTE AUDITOR")
        assert (step.kind == "conditional") == (row["responsible"] == "N/A")
