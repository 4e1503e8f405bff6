"""A state's own plan is one file that names only what is different in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain import variant as module
from domain.conformance import compare
from domain.plan import opening
from domain.procedure import PlanError, procedures
from domain.variant import load_variant, plan_for

JALISCO = """
extends = "local_election"
territory = "MX-JAL"
version = 2
source = "Prueba"

[[changes]]
id = "L010"
due = "15 october, year before"
basis = ["Código electoral local 210"]

[[removes]]
id = "L116"
why = { es = "La ley local no la prevé.", en = "Local law does not have it." }
basis = ["Código electoral local"]

[[adds]]
id = "X01"
stage = "preparation"
group = "bodies"
name = { es = "Un acto más", en = "One more act" }
kind = "act"
basis = ["Código electoral local 1"]
rule = { es = "Treinta días antes.", en = "Thirty days before." }
due = "election day - 30 days"
responsible = "OPL"
body = "OPL"
after = [{ id = "L010" }]
scope = "state"
article = "not"
source = "Prueba"
"""


@pytest.fixture
def jalisco(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jalisco's variant, as if its file were there."""
    found = load_variant(JALISCO.encode(), "variants/jal.toml")
    monkeypatch.setattr(module, "variants", lambda: (found,))


@pytest.mark.usefixtures("jalisco")
def test_a_state_s_plan_has_what_its_file_adds_lacks_and_changes_and_the_rest_as_it_is() -> None:
    national, own = procedures()["local_election"], plan_for("local_election", "MX-JAL", "2026-2027")

    assert own.version == 2
    assert own.digest != national.digest
    assert set(own.by_id) == set(national.by_id) - {"L116"} | {"X01"}
    assert own.step("L010").due == "15 october, year before"
    assert own.step("L010").name == national.step("L010").name
    assert plan_for("local_election", "MX-SON", "2026-2027") is national


@pytest.mark.usefixtures("jalisco")
def test_a_process_opened_in_the_state_follows_it() -> None:
    milestones = opening(plan_for("local_election", "MX-JAL", "2026-2027"), "MX-JAL", "2026-2027").milestones

    assert milestones["L010"].schedule.due == "2026-10-15"
    assert milestones["X01"].schedule.due == "2027-05-07"
    assert "L116" not in milestones


@pytest.mark.usefixtures("jalisco")
def test_the_comparison_names_each_difference() -> None:
    milestones = opening(
        plan_for("local_election", "MX-JAL", "2026-2027"), "MX-JAL", "2026-2027"
    ).milestones.values()
    own = {row.row: row.schedule.due for row in milestones}

    found = compare(procedures()["local_election"], "MX-JAL", "2027-06-06", own)

    told = {row.row: row.difference for row in found.rows}
    assert (told["L010"], told["L116"], told["X01"]) == ("dated", "missing", "added")
    assert found.compared - found.kept == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('basis = ["Código electoral local 210"]', 'same_as = ["F999"]'), "L010: there is no act F999"),
        (('id = "L010"\ndue', 'id = "L999"\ndue'), "unknown step L999"),
        (('id = "X01"', 'id = "L001"'), "L001 is a step of the national plan"),
        (("15 october, year before", "someday"), "not a deadline rule"),
        (("local_election", "nowhere"), "there is no nowhere"),
        (("MX-JAL", "MX-ZZZ"), "MX-ZZZ"),
        (('territory = "MX-JAL"', ""), "either of a state"),
        (("version = 2", "version = 2\nelection_years = { first = 2030 }"), "either of a state"),
        (("[[removes]]", '[[stages]]\nid = "nowhere"\n\n[[removes]]'), "unknown stage nowhere"),
    ],
)
def test_a_wrong_variant_is_refused_at_load_naming_file_and_reason(
    change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(PlanError, match=complaint) as caught:
        load_variant(JALISCO.replace(*change).encode(), "variants/jal.toml")
    assert "variants/jal.toml" in str(caught.value)


def test_the_example_in_the_documentation_can_be_loaded() -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to.md").read_text("utf-8")
    example = text.partition('```toml\nextends = "local_election"')[2].partition("```")[0]

    assert load_variant(f'extends = "local_election"{example}'.encode(), "example").territory == "MX-JAL"
