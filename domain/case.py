"""Case files (*expedientes*): a small process for one complaint, request or audit, opened from its procedure.

Its first steps are dated from the moment it was received; the others when what they are counted from happens
(`domain.consequence`). A person is never named: a subject is a public name, or an opaque id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.calendar import Moment
from domain.deadline import BadRule
from domain.docket import refuse_private_words
from domain.entity import FEDERATION, Entity, entities, zone_of
from domain.event import Line, Payload, Refused
from domain.legal_time import LegalTime
from domain.milestone import milestone_id
from domain.milestone_events import MilestonePlanned, Requirement
from domain.names import Names
from domain.occurrence import occurrences
from domain.procedure import Fact, PlanError, Procedure, procedures
from domain.process import CaseOpened, CaseSubject, FactGiven, Kind, Matter, Process, ProcessOpened
from domain.row import planned
from domain.step import Step
from domain.timetable import Grounds, Timetable

_READ = {
    "day": re.compile(r"20\d\d-\d\d-\d\d"),
    "instant": re.compile(r"20\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d"),
    "year": re.compile(r"20\d\d"),
    "number": re.compile(r"\d{1,12}"),
    "text": re.compile(r".+"),
}
"""How the values of facts are written, by kind."""

_WRITTEN = {
    "day": Names(es="como 2026-11-05, un día que exista", en="as 2026-11-05, a day that exists"),
    "instant": Names(
        es="como 2026-11-05T10:30, hora que exista", en="as 2026-11-05T10:30, a time that exists"
    ),
    "year": Names(es="como 2026", en="as 2026"),
    "number": Names(es="como un entero sin comas ni puntos", en="as a whole number without commas or points"),
    "choice": Names(es="con uno de sus valores", en="with one of its values"),
    "text": Names(es="con al menos una letra", en="with at least one letter"),
}
"""The same in words."""


@dataclass(frozen=True, slots=True)
class CaseOpening:
    """What opening a case records: the case and its milestones by id, in the order of the procedure."""

    process: str
    opened: CaseOpened
    milestones: Mapping[str, MilestonePlanned]


class OpenCase(Payload):
    """Begin a case file: its steps are recorded with it, in one piece."""

    kind: Kind
    """The procedure it follows."""
    territory: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
    folio: Annotated[Line, Field(max_length=80)]
    """Its number in the authority's own register; with kind, territory and year it makes the case's id.

    Of a reserved case, a random reference instead (`domain.docket.REFERENCE`)."""
    received: Moment
    """When it was received, in the authority's zone: ``2026-11-05T10:30``."""
    subject: CaseSubject | None = None
    matter: Line | None = None
    about: Matter | None = None
    """The process or the activity it is about: ``pef-2026-2027/F070``."""
    facts: Annotated[tuple[FactGiven, ...], Field(max_length=30)] = ()

    @property
    def year(self) -> int:
        """The year it is about: its fact ``year``, or that of its reception."""
        given = next((fact.value for fact in self.facts if fact.id == "year"), self.received[:4])
        return int(given)

    @property
    def process(self) -> str:
        """The id of the case: ``pos-2026-mx-ut-scg-q-12``."""
        return case_id(_procedure(self.kind), self.territory, self.received[:4], self.folio)

    def decide(self, process: Process, time: LegalTime) -> CaseOpening | None:
        """Return everything the opening records, or None where the case is open already."""
        procedure = _procedure(self.kind)
        if procedure.is_plan:
            raise Refused(
                "not-a-case",
                es=f"«{procedure.name.es}» es el plan de una elección: se abre con su ciclo, no con un folio.",
                en=f"'{procedure.name.en}' is the plan of an election: it is opened by its cycle, not by a folio.",
                fields=("kind",),
            )
        refuse_wrong_territory(procedure, self.territory)
        self._refuse_wrong_facts(procedure)
        refuse_private_words(procedure, self, [fact.id for fact in self.facts])
        if process.opened is not None:
            self._refuse_another(process.opened)
            return None
        return self._opening(procedure, time)

    def _refuse_another(self, opened: ProcessOpened | CaseOpened) -> None:
        """Refuse where another case has this id: the same folio with other contents, or one that reads the same."""
        ours = (self.folio, self.received, self.subject, self.matter, self.about, self.facts)
        if isinstance(opened, CaseOpened) and ours == (
            opened.folio, opened.received, opened.subject, opened.matter, opened.about, opened.facts
        ):  # fmt: skip
            return
        raise Refused(
            "folio-taken",
            es=f"El folio «{self.folio}» ya es de otro expediente ({self.process}): revisa si es el mismo.",
            en=f"The folio '{self.folio}' belongs to another case ({self.process}): see whether it is the same.",
            fields=("folio",),
        )

    def _opening(self, procedure: Procedure, time: LegalTime) -> CaseOpening:
        entity = entities().get(self.territory)
        grounds = Grounds(
            self.year, opened=self.received, facts={fact.id: fact.value for fact in self.facts}, time=time
        )
        milestones = case_milestones(procedure, entity, grounds)
        opened = CaseOpened(
            kind=procedure.kind, plan_version=procedure.version, plan_digest=procedure.digest,
            name=Names(es=f"{procedure.name.es} {self.folio}", en=f"{procedure.name.en} {self.folio}"),
            territory=self.territory, folio=self.folio, received=self.received,
            zone=zone_of(self.territory), year=self.year,
            body=entity.opl.acronym if entity and procedure.body in {"OPL", ""} else procedure.body or "INE",
            subject=self.subject, matter=self.matter, about=self.about, facts=self.facts,
            docket=procedure.docket, stages=procedure.stages, milestones=len(milestones),
        )  # fmt: skip
        return CaseOpening(self.process, opened, milestones)

    def _refuse_wrong_facts(self, procedure: Procedure) -> None:
        given = {fact.id: fact.value for fact in self.facts}
        if len(given) != len(self.facts):
            raise _wrong_fact(
                "se repite un dato: envía cada uno una vez", "a fact is repeated: send each once"
            )
        for id_, value in given.items():
            fact = procedure.fact(id_)
            if fact is None:
                raise _unknown_fact(procedure, id_)
            _refuse_wrong_value(fact, value)
        for fact in procedure.facts:
            if fact.required and fact.id not in given:
                raise _wrong_fact(
                    f"falta «{fact.id}» ({fact.name.es}): agrégalo a «facts», {_WRITTEN[fact.kind].es}",
                    f"'{fact.id}' is missing ({fact.name.en}): add it to 'facts', {_WRITTEN[fact.kind].en}",
                )


def case_milestones(
    procedure: Procedure, entity: Entity | None, grounds: Grounds
) -> Mapping[str, MilestonePlanned]:
    """Return the milestones a case begins with, by id."""
    steps = [
        step for step in procedure.steps if entity is None or entity.satisfies(step.applies) is not False
    ]
    rows = {step.id for step in steps}
    try:
        schedules = Timetable(steps, grounds).schedules
    except (BadRule, PlanError) as error:
        raise Refused(
            "plan-cannot-be-dated",
            es=f"El expediente no se puede fechar: {error}",
            en=f"The case cannot be dated: {error}",
            fields=("received",),
        ) from error
    return {
        milestone_id(step.id, occurrence=occurrence): planned(
            step,
            schedule,
            part=entity,
            rows=rows,
            occurrence=occurrence,
            required=[
                Requirement(milestone=link.id, basis=link.requires)
                for link in step.after
                if link.requires and link.id in rows
            ],
            condition=why_it_may_not_arise(procedure, step),
        )
        for step in steps
        for occurrence, schedule in occurrences(step, schedules[step.id], grounds)
    }


def why_it_may_not_arise(procedure: Procedure, step: Step) -> Names | None:
    """Say what has to happen for a step to arise, where something has to."""
    openers = procedure.openers.get(step.id)
    if not openers:
        return None
    es, en = [], []
    for row, outcome in openers:
        found = procedure.step(row).outcome(outcome) if outcome else None
        es.append(f"{row} resulta «{found.name.es}»" if found else f"se cumple {row}")
        en.append(f"{row} comes to '{found.name.en}'" if found else f"{row} is done")
    return Names(es=f"Surge si {' o '.join(es)}.", en=f"It arises if {' or '.join(en)}.")


def case_id(procedure: Procedure, territory: str, year: str, folio: str) -> str:
    """Return the id of a case: ``pes-2027-mx-0001``."""
    plain = unicodedata.normalize("NFKD", folio).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise Refused(
            "folio-unreadable",
            es="El folio no tiene letras ni números.",
            en="The folio has neither letters nor digits.",
            fields=("folio",),
        )
    place = "mx" if territory == FEDERATION else territory.removeprefix("MX-").lower()
    return f"{procedure.prefix}-{year}-{place}-{slug}"


def refuse_wrong_territory(procedure: Procedure, territory: str) -> None:
    """Refuse a procedure where it is not opened, and say where it is."""
    allowed = may_be_opened_in(procedure)
    if territory not in allowed:
        some = ", ".join(allowed[:3])
        raise Refused(
            "wrong-territory",
            es=f"«{procedure.name.es}» no se abre en {territory}: usa un territorio como {some}.",
            en=f"'{procedure.name.en}' is not opened in {territory}: use a territory such as {some}.",
            fields=("territory",),
        )


def may_be_opened_in(procedure: Procedure) -> tuple[str, ...]:
    """Return the territories a procedure is opened in, the country first."""
    country = () if procedure.jurisdiction == "state" else (FEDERATION,)
    states = () if procedure.jurisdiction == "federal" else procedure.territories or tuple(entities())
    return (*country, *states)


def _procedure(kind: str) -> Procedure:
    procedure = procedures().get(kind)
    if procedure is None:
        raise Refused(
            "unknown-procedure",
            es=f"No existe el procedimiento «{kind}».",
            en=f"There is no procedure '{kind}'.",
            fields=("kind",),
        )
    return procedure


def _refuse_wrong_value(fact: Fact, value: str) -> None:
    if fact.kind == "choice":
        known = {choice.id for choice in fact.choices}
        if value not in known:
            listed = ", ".join(sorted(known))
            raise _wrong_fact(
                f"«{fact.id}» no puede ser «{value}»: usa uno de {listed}",
                f"'{fact.id}' cannot be '{value}': use one of {listed}",
            )
    elif not _READ[fact.kind].fullmatch(value) or (fact.kind in {"day", "instant"} and not _exists(value)):
        raise _wrong_fact(
            f"«{fact.id}» no puede ser «{value}»: escríbelo {_WRITTEN[fact.kind].es}",
            f"'{fact.id}' cannot be '{value}': write it {_WRITTEN[fact.kind].en}",
        )


def _exists(moment: str) -> bool:
    """Tell whether there is such a day: no 31 February."""
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _unknown_fact(procedure: Procedure, id_: str) -> Refused:
    if not procedure.facts:
        return _wrong_fact(
            f"este procedimiento no pide datos y se envió «{id_}»: quítalo",
            f"this procedure asks for no facts and '{id_}' was sent: leave it out",
        )
    known = ", ".join(each.id for each in procedure.facts)
    return _wrong_fact(
        f"«{id_}» no es un dato de este procedimiento: usa {known}",
        f"'{id_}' is not a fact of this procedure: use {known}",
    )


def _wrong_fact(es: str, en: str) -> Refused:
    return Refused(
        "wrong-fact",
        es=f"El expediente no se abre: {es}.",
        en=f"The case is not opened: {en}.",
        fields=("facts",),
    )
