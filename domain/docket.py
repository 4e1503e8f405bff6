"""What is never written down of a case that is not public: the log is for everyone, and for ever.

A *listed* case has no public subject. A *reserved* one has no subject, no matter, no fact in free words, and its
reports have neither notes nor documents; its folio should be an opaque one, too (LGTAIP 115).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.event import Payload, Refused
from domain.procedure import Procedure


def refuse_private_words(procedure: Procedure, command: Payload, given: Iterable[str] = ()) -> None:
    """Refuse words about people in a command on a case whose docket is not public; ``given`` are its facts' ids."""
    if procedure.docket == "public":
        return
    told = {name: getattr(command, name, None) for name in ("subject", "matter", "about", "note", "evidence")}
    if procedure.docket == "listed":
        wrong = ["subject"] if getattr(told["subject"], "public", False) else []
    else:
        wrong = [name for name, value in told.items() if value]
        wrong += _free_words(procedure, given)
    if wrong:
        listed = ", ".join(wrong)
        raise Refused(
            "private-words",
            es=f"«{procedure.name.es}» no es público y la bitácora sí: quita {listed}.",
            en=f"'{procedure.name.en}' is not public and the log is: leave out {listed}.",
            fields=tuple(wrong),
        )


def _free_words(procedure: Procedure, given: Iterable[str]) -> list[str]:
    kinds: Mapping[str, str] = {fact.id: fact.kind for fact in procedure.facts}
    return ["facts" for id_ in given if kinds.get(id_) == "text"]
