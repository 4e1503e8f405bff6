"""What is never written down of a case that is not public: the log is for everyone, and for ever.

A *listed* case has no public subject. A *reserved* one is known by a random reference instead of its folio, and has no
subject, no matter, no fact in free words; in its reports there are neither notes nor documents, and where words are
needed (an instrument, a reason) there is a random reference to them (LGTAIP 115; docs/decisions/0014).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from domain.entity import entities
from domain.event import Payload, Refused
from domain.procedure import Procedure

REFERENCE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A random reference: a UUID of version 4 in lower case (RFC 9562, section 5.4). It tells nothing of anybody."""

_LEFT_OUT = ("subject", "matter", "about", "note", "evidence")
"""The fields of commands that are left empty in a reserved case."""

_REFERRED_TO = ("folio", "instrument", "reason", "where", "source")
"""The fields of commands in whose place there is a random reference, which only the authority can resolve."""

_OF_THE_LAW = ("outcome", "body")
"""The fields of commands that only hold words that the procedure or the register of entities has."""


def refuse_private_words(procedure: Procedure, command: Payload, given: Iterable[str] = ()) -> None:
    """Refuse words about people in a command on a case whose docket is not public; ``given`` are its facts' ids."""
    if procedure.docket == "public":
        return
    if procedure.docket == "listed":
        wrong = ["subject"] if getattr(getattr(command, "subject", None), "public", False) else []
    else:
        _refuse_words_in_clear(procedure, command)
        wrong = [name for name in _LEFT_OUT if getattr(command, name, None)]
        wrong += _free_words(procedure, given)
        known = _known_words(procedure)
        wrong += [name for name in _OF_THE_LAW if (getattr(command, name, None) or "INE") not in known]
    if wrong:
        listed = ", ".join(wrong)
        raise Refused(
            "private-words",
            es=f"«{procedure.name.es}» no es público y la bitácora sí: quita {listed}.",
            en=f"'{procedure.name.en}' is not public and the log is: leave out {listed}.",
            fields=tuple(wrong),
        )


def _refuse_words_in_clear(procedure: Procedure, command: Payload) -> None:
    """Refuse a folio, an instrument or a reason that says something of a reserved case."""
    told = {name: getattr(command, name, None) for name in _REFERRED_TO}
    wrong = [name for name, value in told.items() if value is not None and not REFERENCE.fullmatch(value)]
    if wrong:
        listed = ", ".join(wrong)
        raise Refused(
            "reference-needed",
            es=f"«{procedure.name.es}» es reservado y la bitácora es pública: en vez de {listed} va una referencia al "
            "azar (un UUID versión 4 en minúsculas), y la autoridad guarda en su registro a qué corresponde.",
            en=f"'{procedure.name.en}' is reserved and the log is public: instead of {listed} there goes a random "
            "reference (a UUID of version 4 in lower case); the authority keeps in its register what it stands for.",
            fields=tuple(wrong),
        )


def _known_words(procedure: Procedure) -> set[str]:
    """Return the outcomes a procedure's steps may come to, and the bodies that may answer for one."""
    outcomes = {outcome.id for step in procedure.steps for outcome in step.outcomes}
    bodies = {step.body for step in procedure.steps} | {entity.opl.acronym for entity in entities().values()}
    return outcomes | bodies | {"INE"}


def _free_words(procedure: Procedure, given: Iterable[str]) -> list[str]:
    kinds: Mapping[str, str] = {fact.id: fact.kind for fact in procedure.facts}
    return ["facts" for id_ in given if kinds.get(id_) == "text"]
