"""The 32 federal entities and the federation: their names, institutes, zones and what they elect.

Facts are data with their sources (``entities.toml``). A fact that is not listed is *unknown*, not false.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pydantic import Field

from domain.event import Payload
from domain.names import Names

FEDERATION = "MX"
"""The territory code of the whole country."""

CENTRAL_ZONE = "America/Mexico_City"
"""The zone of INE's central bodies and of everything national."""


class Institute(Payload):
    """The public local electoral body (*Organismo Público Local*, OPL)."""

    name: str
    acronym: str
    source: str


class PollingStations(Payload):
    """How many polling stations there were in 2024, and whether that is an estimate."""

    count: int
    estimated: bool


class Seats(Payload):
    """How many offices each local body has: deputies, and municipalities that elect."""

    congress: int
    municipalities: int


class Entity(Payload):
    """A federal entity, identified by its ISO 3166-2 code."""

    code: str = Field(pattern=r"^MX-[A-Z]{3}$")
    ine_number: int = Field(ge=1, le=32)
    name: str
    abbreviation: str
    opl: Institute
    federal_districts: int
    circumscription: int
    nominal_list_2024: int
    polling_stations_2024: PollingStations
    zone: str
    """IANA zone of the capital; some municipalities keep another (`zone_of`)."""
    tile: tuple[int, int]
    """Column and row in the map of equal tiles."""
    seats: Seats
    elects: Names
    facts: Mapping[str, bool]
    confirmed: bool
    """Whether its local process of 2027 is certain."""
    doubt: Names | None = None
    sources: tuple[str, ...] = ()
    note: Names | None = None

    @property
    def letters(self) -> str:
        """The three letters that tell its parts of a plan apart: ``JAL``."""
        return self.code.removeprefix("MX-")

    def satisfies(self, facts: tuple[str, ...]) -> bool | None:
        """Tell whether every fact holds; None where one is unknown and none is false."""
        values = [self.facts.get(fact) for fact in facts]
        if False in values:
            return False
        return None if None in values else True


class ZoneException(Payload):
    """A municipality that keeps another zone than its state's capital."""

    entity: str
    municipality: str
    zone: str


@cache
def _data() -> tuple[Mapping[str, Entity], tuple[ZoneException, ...]]:
    data = tomllib.loads(files("domain").joinpath("entities.toml").read_text("utf-8"))
    listed = [Entity.model_validate_json(json.dumps(item)) for item in data["entity"]]
    exceptions = tuple(
        ZoneException.model_validate({key: item[key] for key in ("entity", "municipality", "zone")})
        for item in data["zone_exception"]
    )
    return {
        entity.code: entity for entity in sorted(listed, key=lambda entity: entity.ine_number)
    }, exceptions


def entities() -> Mapping[str, Entity]:
    """Return the 32 entities by code, in INE's order."""
    return _data()[0]


def place_words(place: str) -> Names:
    """Return what a place (`domain.territory.Place`) is called: the country, a state, or its part by number.

    A state that is none is called by its code.
    """
    if place == FEDERATION:
        return Names(es="todo el país", en="the whole country")
    state, _, part = place[3:].partition("-")
    known = entities().get(f"MX-{state}")
    name = known.name if known else f"MX-{state}"
    if not part:
        return Names(es=name, en=name)
    is_district = part[0] == "D"
    # Districts are counted; municipalities are known by INEGI's three digits.
    number = str(int(part[1:])) if is_district else part[1:]
    return Names(
        es=f"{name}, {'distrito' if is_district else 'municipio'} {number}",
        en=f"{name}, {'district' if is_district else 'municipality'} {number}",
    )


def zone_of(territory: str, municipality: str | None = None) -> str:
    """Return the IANA zone of the country's capital, a state's, or one of its municipalities."""
    if territory == FEDERATION:
        return CENTRAL_ZONE
    for exception in _data()[1]:
        if (exception.entity, exception.municipality) == (territory, municipality):
            return exception.zone
    return entities()[territory].zone
