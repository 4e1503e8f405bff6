"""What may be asked of an entity: its zone, its letters, and whether facts hold, do not, or are not known."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from domain.entity import CENTRAL_ZONE, FEDERATION, Entity, entities, place_words, zone_of

JALISCO = entities()["MX-JAL"]


def with_facts(**facts: bool) -> Entity:
    return JALISCO.model_copy(update={"facts": facts})


def test_there_are_32_entities_in_ines_order() -> None:
    assert [entity.ine_number for entity in entities().values()] == list(range(1, 33))
    assert all(code == entity.code for code, entity in entities().items())
    assert FEDERATION not in entities()


def test_the_letters_tell_its_parts_of_a_plan_apart() -> None:
    assert JALISCO.letters == "JAL"
    assert len({entity.letters for entity in entities().values()}) == 32


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ((), True),
        (("yes",), True),
        (("no",), False),
        (("unheard_of",), None),
        (("yes", "no"), False),
        (("yes", "unheard_of"), None),
        (("unheard_of", "no"), False),
        (("no", "unheard_of"), False),
    ],
)
def test_facts_hold_do_not_hold_or_are_not_known(asked: tuple[str, ...], answer: bool | None) -> None:
    """One false fact settles it; without one, one unknown fact leaves it open."""
    assert with_facts(yes=True, no=False).satisfies(asked) is answer


@pytest.mark.parametrize(
    ("territory", "municipality", "zone"),
    [
        ("MX", None, "America/Mexico_City"),
        ("MX", "Tijuana", "America/Mexico_City"),
        ("MX-BCN", None, "America/Tijuana"),
        ("MX-ROO", None, "America/Cancun"),
        ("MX-SON", None, "America/Hermosillo"),
        ("MX-JAL", None, "America/Mexico_City"),
        ("MX-NAY", "Bahía de Banderas", "America/Bahia_Banderas"),
        ("MX-NAY", "Tepic", "America/Mazatlan"),
        ("MX-NAY", None, "America/Mazatlan"),
        ("MX-TAM", "Reynosa", "America/Matamoros"),
    ],
)
def test_a_place_keeps_its_states_zone_unless_the_law_gives_it_another(
    territory: str, municipality: str | None, zone: str
) -> None:
    assert zone_of(territory, municipality) == zone


def test_an_exception_is_of_its_own_state() -> None:
    """There is an Hidalgo, an Ocampo, a Guerrero in many states: only Coahuila's and Tamaulipas' keep another zone."""
    assert zone_of("MX-COA", "Hidalgo") != entities()["MX-COA"].zone
    assert zone_of("MX-MIC", "Hidalgo") == entities()["MX-MIC"].zone


def test_a_territory_that_is_not_one_has_no_zone() -> None:
    with pytest.raises(KeyError):
        zone_of("MX-XXX")


def test_every_zone_is_one_this_machine_knows() -> None:
    for zone in {CENTRAL_ZONE, *(entity.zone for entity in entities().values())}:
        assert ZoneInfo(zone).key == zone


@pytest.mark.parametrize(
    "wrong", [{"code": "JAL"}, {"code": "MX-jal"}, {"ine_number": 33}, {"capital": "Guadalajara"}]
)
def test_an_entity_out_of_shape_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Entity.model_validate({**JALISCO.model_dump(), **wrong})


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("MX", "todo el país"),
        ("MX-JAL", "Jalisco"),
        ("MX-JAL-D03", "Jalisco, distrito 3"),
        ("MX-JAL-M039", "Jalisco, municipio 039"),
        ("MX-XXX-D03", "MX-XXX, distrito 3"),
    ],
)
def test_a_place_is_called_by_its_name(place: str, words: str) -> None:
    assert place_words(place).es == words
