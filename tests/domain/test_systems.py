"""The fourteen functions of the authorities, and which procedures carry each."""

from __future__ import annotations

from domain.procedure import procedures
from domain.systems import procedures_of, systems


def test_there_are_fourteen_in_order_each_with_its_name_and_its_law() -> None:
    found = systems()
    assert list(found) == list(range(1, 15))
    assert all(number == system.number for number, system in found.items())
    assert len({system.id for system in found.values()}) == 14
    assert all(system.basis and system.about.es and system.about.en for system in found.values())


def test_every_function_but_the_comparison_of_plans_is_carried_by_some_procedure() -> None:
    """How close the states' plans are to the national one is worked out from the plans; nobody carries it out."""
    assert {system.id for number, system in systems().items() if not procedures_of(number)} == {
        "homologated-standards"
    }


def test_the_procedures_of_a_function_are_listed_by_name() -> None:
    for number in systems():
        names = [each.name.es for each in procedures_of(number)]
        assert names == sorted(names)


def test_every_procedure_carries_one_function() -> None:
    carried = [each.kind for number in systems() for each in procedures_of(number)]
    assert sorted(carried) == sorted(procedures())
