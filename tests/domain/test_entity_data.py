"""The entities as data: what each is, what it elects in 2027, and what is not known."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from domain.entity import entities, zone_of

GOVERNORS = {
    "MX-AGU", "MX-BCN", "MX-BCS", "MX-CAM", "MX-COL", "MX-CHH", "MX-GRO", "MX-MIC", "MX-NAY", "MX-NLE",
    "MX-QUE", "MX-ROO", "MX-SLP", "MX-SIN", "MX-SON", "MX-TLA", "MX-ZAC",
}  # fmt: skip


def test_there_are_32_entities_and_300_districts() -> None:
    assert [entity.ine_number for entity in entities().values()] == list(range(1, 33))
    assert sum(entity.federal_districts for entity in entities().values()) == 300
    assert {entity.circumscription for entity in entities().values()} == {1, 2, 3, 4, 5}
    assert len({entity.tile for entity in entities().values()}) == 32


def test_seventeen_states_elect_governor_and_all_but_coahuila_a_congress() -> None:
    assert {code for code, entity in entities().items() if entity.facts["elects_governor"]} == GOVERNORS
    assert {code for code, entity in entities().items() if not entity.facts["elects_congress"]} == {"MX-COA"}


def test_mexico_city_elects_alcaldias_and_durango_and_veracruz_no_ayuntamientos() -> None:
    without = {code for code, entity in entities().items() if not entity.facts["elects_municipalities"]}
    assert without == {"MX-CMX", "MX-DUR", "MX-VER"}
    assert {code for code, entity in entities().items() if entity.facts["elects_alcaldias"]} == {"MX-CMX"}
    assert entities()["MX-CMX"].elects.es == "congreso y alcaldías"
    assert entities()["MX-DUR"].seats.municipalities == 0


def test_only_coahuila_is_to_be_confirmed() -> None:
    doubtful = {code: entity.doubt for code, entity in entities().items() if not entity.confirmed}
    assert list(doubtful) == ["MX-COA"]
    assert doubtful["MX-COA"] is not None


def test_an_unknown_fact_is_left_out_and_not_denied() -> None:
    for entity in entities().values():
        assert entity.satisfies(("votes_abroad",)) is None
        assert entity.satisfies(("local_party_window",)) is None


def test_every_zone_exists_and_the_border_keeps_its_own() -> None:
    for code in entities():
        ZoneInfo(zone_of(code))
    assert zone_of("MX-BCN") == "America/Tijuana"
    assert zone_of("MX-CHH", "Ojinaga") == "America/Ojinaga"
    assert zone_of("MX-CHH", "Juárez") == "America/Ciudad_Juarez"
    assert zone_of("MX-NAY", "Bahía de Banderas") == "America/Bahia_Banderas"
    assert zone_of("MX-TAM", "Reynosa") == "America/Matamoros"
    assert zone_of("MX-TAM", "Ciudad Victoria") == "America/Monterrey"
