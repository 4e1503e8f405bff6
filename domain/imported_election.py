"""An election that is in the log only for what is imported of it: its plan is not followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from domain.calendar import Moment
from domain.deadline import DateBasis
from domain.entity import entities
from domain.event import Event, Payload, Refused
from domain.names import Names
from domain.procedure import procedures
from domain.process import Process, ProcessOpened

KIND = "local_election"
WITHOUT_PLAN = Names(
    es="De esta elección solo se sigue lo que se importó: el plan del catálogo no es el de su año.",
    en="Of this election only what was imported is followed: the catalogue's plan is not that of its year.",
)


class OpenImportedElection(Payload):
    """Begin to keep what is imported of a local election whose plan the catalogue does not have."""

    territory: Annotated[str, Field(pattern=r"^MX-[A-Z]{3}$")]
    election_day: Moment
    basis: DateBasis
    """Where that day comes from."""

    def decide(self, process: Process) -> Sequence[Event]:
        """Do nothing where it is open; refuse another territory's process, and one whose day is another."""
        opened = process.opened
        if opened is None:
            return [self._opened()]
        if not isinstance(opened, ProcessOpened) or opened.territory != self.territory:
            raise Refused(
                "import-of-another-territory",
                es=f"El archivo es de {self.territory} y el proceso de {opened.territory}: revisa --process.",
                en=f"The file is of {self.territory} and the process of {opened.territory}: check --process.",
            )
        if (process.election_day or "")[:10] != self.election_day[:10]:
            raise Refused(
                "import-of-another-election-day",
                es=f"La jornada del archivo es el {self.election_day} y la del proceso el {process.election_day}.",
                en=f"The vote of the file is on {self.election_day}, that of the process on {process.election_day}.",
            )
        return []

    def _opened(self) -> ProcessOpened:
        plan, name = procedures()[KIND], entities()[self.territory].name
        year = int(self.election_day[:4])
        cycle = f"{year - 1}-{year}"
        return ProcessOpened(
            kind=KIND, plan_version=plan.version, plan_digest=plan.digest,
            name=Names(es=f"{plan.name.es} {cycle}, {name}", en=f"{plan.name.en} {cycle}, {name}"),
            territory=self.territory, cycle=cycle, election_day=self.election_day, election_day_basis=self.basis,
            stages=(), milestones=0, confirmed=True, without_plan=WITHOUT_PLAN,
        )  # fmt: skip
