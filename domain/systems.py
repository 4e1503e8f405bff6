"""The fourteen functions of the electoral authorities (``systems.toml``), and which procedures carry each."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from domain.event import Payload
from domain.names import Names
from domain.procedure import Procedure, procedures


class System(Payload):
    """One function of the authorities."""

    number: int
    id: str
    """As it stands in addresses: ``electoral-justice``."""
    name: Names
    about: Names
    basis: tuple[str, ...]


@cache
def systems() -> Mapping[int, System]:
    """Return the fourteen by number, in order."""
    data = tomllib.loads(files("domain").joinpath("systems.toml").read_text("utf-8"))
    listed = [System.model_validate_json(json.dumps(item)) for item in data["system"]]
    return {system.number: system for system in listed}


def procedures_of(number: int) -> Sequence[Procedure]:
    """Return the procedures that carry a function, by name."""
    return sorted(
        (procedure for procedure in procedures().values() if procedure.system == number),
        key=lambda procedure: procedure.name.es,
    )
