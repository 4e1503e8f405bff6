"""Which witnesses an auditor trusts, and how many of which have to have signed (C2SP tlog-policy).

log     bitacora.example.mx/2027+5f1c8a02+AY…
witness uni     testigo.uni.example.mx+1f2e…+BA…
witness diario  …
group   todos 2 uni diario tribunal
quorum  todos
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bitacora_verifier.note import COSIGNATURE, Key, parse_vkey
from bitacora_verifier.refusal import Kind, Refused


@dataclass(frozen=True, slots=True)
class Policy:
    """The witnesses by what the policy calls them, its groups (how many of which), and which of all is asked for."""

    witnesses: Mapping[str, Key]
    groups: Mapping[str, tuple[int, Sequence[str]]]
    quorum: str
    logs: Sequence[Key] = ()
    """Keys of logs that the policy pins."""

    def is_met(self, signed: Collection[str]) -> bool:
        """Tell whether these witnesses are enough."""
        return self._holds(self.quorum, signed)

    @property
    def fewest(self) -> int:
        """How many witnesses it takes at the least."""
        return self._fewest(self.quorum)

    def _holds(self, name: str, signed: Collection[str]) -> bool:
        if name not in self.groups:
            return name in signed
        needed, members = self.groups[name]
        return sum(self._holds(each, signed) for each in members) >= needed

    def _fewest(self, name: str) -> int:
        if name not in self.groups:
            return 1
        needed, members = self.groups[name]
        return sum(sorted(map(self._fewest, members))[:needed])


def parse_policy(text: str) -> Policy:
    """Read a policy. Raises `Refused` with the line that is wrong."""
    read = _Reading()
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        try:
            if words:
                read.line(words)
        except Refused as refused:
            raise Refused(
                Kind.ASKED_WRONGLY,
                f"The policy, line {number}: {refused.en}",
                f"La política, línea {number}: {refused.es}",
            ) from refused
    if not read.quorum:
        raise _bad("The policy names no quorum.", "La política no dice qué quórum.")
    return Policy(read.witnesses, read.groups, read.quorum, tuple(read.logs))


def policy_of(vkeys: Sequence[str], quorum: int | None) -> Policy:
    """Return the policy that so many of these witnesses sign, all where it is not said. Raises `Refused`."""
    read = _Reading()
    for vkey in vkeys:
        read.line(["witness", vkey.partition("+")[0], vkey])
    read.line(["group", "+", "all" if quorum is None else str(quorum), *read.witnesses])
    return Policy(read.witnesses, read.groups, "+")


@dataclass(slots=True)
class _Reading:
    """A policy as far as it was read."""

    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, Sequence[str]]] = field(default_factory=dict)
    logs: list[Key] = field(default_factory=list)
    quorum: str = ""

    def line(self, words: Sequence[str]) -> None:
        match words:
            case ["log", vkey, *address] if len(address) <= 1:
                self.logs.append(parse_vkey(vkey))
            case ["witness", name, vkey, *address] if len(address) <= 1:
                self._refuse_known(name)
                self.witnesses[name] = self._witness(parse_vkey(vkey, COSIGNATURE))
            case ["group", name, needed, _, *_]:
                self._refuse_known(name)
                self.groups[name] = self._group(needed, words[3:])
            case ["quorum", name] if not self.quorum:
                # Who asks for nothing is not told that it was there.
                self._refuse_unknown(name)
                self.quorum = name
            case _:
                raise _bad(
                    "this is no log, witness, group or quorum, or a second quorum.",
                    "esto no es log, witness, group ni quorum, o es un segundo quorum.",
                )

    def _witness(self, key: Key) -> Key:
        # Two names are not two witnesses: whoever has the key would count twice.
        for name, known in self.witnesses.items():
            if known.key == key.key:
                raise _bad(
                    f"this is the key of '{name}' again: one witness counts once.",
                    f"esta es otra vez la clave de «{name}»: un testigo cuenta una vez.",
                )
        return key

    def _group(self, needed: str, members: Sequence[str]) -> tuple[int, Sequence[str]]:
        for name in members:
            self._refuse_unknown(name)
        number = {"all": str(len(members)), "any": "1"}.get(needed, needed)
        is_number = number.isascii() and number.isdigit() and 1 <= int(number) <= len(members)
        if len(set(members)) < len(members) or not is_number:
            raise _bad(
                f"a group takes 'all', 'any' or 1 to {len(members)} of its members, each named once.",
                f"un grupo pide «all», «any» o de 1 a {len(members)} de sus miembros, cada uno una vez.",
            )
        return int(number), tuple(members)

    def _refuse_known(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise _bad(f"the name '{name}' is taken.", f"el nombre «{name}» ya está usado.")

    def _refuse_unknown(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise _bad(
                f"'{name}' is no witness and no group that was named above.",
                f"«{name}» no es un testigo ni un grupo nombrado antes.",
            )


def _bad(en: str, es: str) -> Refused:
    return Refused(Kind.ASKED_WRONGLY, en, es)
