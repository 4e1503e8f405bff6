"""Which witnesses, and how many of which, before a checkpoint counts as witnessed (C2SP tlog-policy).

    witness uni  uni.example.mx+1f2e…+BA…   https://testigo.uni.example.mx
    witness pan  …
    witness prd  …
    group   todos 2 uni pan prd
    quorum  todos

A group is of witnesses and of groups named above it, and takes a number of them, ``all`` or ``any``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.note import COSIGNATURE, BadNote, PublicKey, parse_vkey

MOST_WITNESSES = 12
"""With the log's own keys a checkpoint has sixteen signatures at most: more are not read by everybody."""


class BadPolicy(ValueError):
    """A policy is not written as it has to be. The message says in which line, and what."""


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness the log asks."""

    name: str
    """What the policy calls it."""
    key: PublicKey
    address: str
    """Where it is asked, without the end slash; empty: it is not asked, somebody else brings what it signs."""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these, each the name of a witness or of a group."""

    needed: int
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """The witnesses, and who of them is needed. Without a quorum nothing is needed, and nothing is witnessed."""

    witnesses: Sequence[KnownWitness]
    groups: Mapping[str, Group]
    quorum: str | None

    def is_met(self, signed: Collection[str]) -> bool:
        """Tell whether these witnesses, by the policy's names, are enough."""
        return self.quorum is not None and self._holds(self.quorum, signed)

    @property
    def needed(self) -> int:
        """How many witnesses it takes at the least."""
        return 0 if self.quorum is None else self._fewest(self.quorum)

    def _holds(self, name: str, signed: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in signed
        return sum(self._holds(each, signed) for each in group.members) >= group.needed

    def _fewest(self, name: str) -> int:
        group = self.groups.get(name)
        return sum(sorted(map(self._fewest, group.members))[: group.needed]) if group else 1


NO_WITNESSES = WitnessPolicy((), {}, None)


def parse_policy(text: str) -> WitnessPolicy:
    """Read a policy. Raises `BadPolicy`."""
    read = _Reading()
    for number, line in enumerate(text.splitlines(), start=1):
        if words := line.partition("#")[0].split():
            try:
                read.line(words)
            except (BadPolicy, BadNote) as error:
                raise BadPolicy(f"line {number}: {error}") from error
    if read.quorum is None:
        raise BadPolicy("it says no quorum: 'quorum none' where none is needed")
    if len(read.witnesses) > MOST_WITNESSES:
        raise BadPolicy(f"{len(read.witnesses)} witnesses are over the {MOST_WITNESSES} there can be")
    quorum = None if read.quorum == "none" else read.quorum
    return WitnessPolicy(tuple(read.witnesses.values()), read.groups, quorum)


@dataclass(slots=True)
class _Reading:
    """A policy as far as it was read."""

    witnesses: dict[str, KnownWitness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def line(self, words: Sequence[str]) -> None:
        match words:
            case ["log", _, *_]:
                pass  # For those who verify: which log it is, the service knows.
            case ["witness", name, vkey, *address] if len(address) <= 1:
                self._refuse_known(name)
                self.witnesses[name] = self._once(_witness(name, vkey, *address))
            case ["group", name, needed, _, *_]:
                self._refuse_known(name)
                self.groups[name] = self._group(needed, words[3:])
            case ["quorum", name] if self.quorum is None:
                if name != "none":
                    self._refuse_unknown(name)
                self.quorum = name
            case _:
                raise BadPolicy("this is no witness, group or quorum, or a second quorum")

    def _once(self, witness: KnownWitness) -> KnownWitness:
        # Two names are not two witnesses: whoever has the key would count twice.
        for known in self.witnesses.values():
            if known.key.key == witness.key.key:
                raise BadPolicy(f"this is the key of {known.name} again: one witness counts once")
        return witness

    def _group(self, needed: str, members: Sequence[str]) -> Group:
        for name in members:
            self._refuse_unknown(name)
        if len(set(members)) < len(members):
            raise BadPolicy("a group has each of its members once")
        number = {"all": str(len(members)), "any": "1"}.get(needed, needed)
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(members)):
            raise BadPolicy(f"a group takes 'all', 'any' or 1 to {len(members)} of its members, not {needed}")
        return Group(int(number), tuple(members))

    def _refuse_known(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise BadPolicy(f"the name {name} is taken")

    def _refuse_unknown(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise BadPolicy(f"{name} is no witness and no group that was named above")


def _witness(name: str, vkey: str, address: str = "") -> KnownWitness:
    key = parse_vkey(vkey)
    if key.kind != COSIGNATURE:
        raise BadPolicy(f"the key of {name} is no witness's: 'bitacora witness show' prints it")
    if address and not address.startswith(("https://", "http://")):
        raise BadPolicy(f"{address} is no address: https://…")
    return KnownWitness(name, key, address.rstrip("/"))
