"""What there is of a program: each part with its files, in one order, and one digest over all of it.

The digest (*huella del software*) is the SHA-256 of a text that anybody can write again. For each part, by name: a line
``name version``, and for each of its files, by path, a line ``sha256  path`` as ``sha256sum`` writes it. No time, no
folder of a machine and no compiled copy is in it, so two machines with the same installation come to the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from api.ceremonies.outcome import Finding, finding, sha256

Kind = Literal["application", "library", "platform"]
"""What a part is, in CycloneDX's words."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a program: a package, Python, PostgreSQL."""

    name: str
    version: str
    kind: Kind = "library"
    licence: str = ""
    """As the part itself says; empty where it does not."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of each file by its path, in hexadecimal."""

    @property
    def label(self) -> str:
        """Name and version, as it is told."""
        return f"{self.name} {self.version}".strip()

    @property
    def lines(self) -> Iterator[str]:
        """What enters the digest."""
        yield f"{self.label}\n"
        for path in sorted(self.files):
            yield f"{self.files[path]}  {path}\n"

    @property
    def digest(self) -> str:
        """The digest over this part alone."""
        return sha256("".join(self.lines).encode())


@dataclass(frozen=True, slots=True)
class Inventory:
    """All parts of a program."""

    components: Sequence[Component]

    @property
    def digest(self) -> str:
        """The digest over all parts."""
        ordered = sorted(self.components, key=lambda component: component.name)
        return sha256("".join(line for component in ordered for line in component.lines).encode())

    @property
    def files(self) -> int:
        """How many files there are."""
        return sum(len(component.files) for component in self.components)


def differences(before: Inventory, now: Inventory) -> list[Finding]:
    """Return what is not as it was: parts that came, went or have another version, and each file that differs."""
    old = {component.name: component for component in before.components}
    new = {component.name: component for component in now.components}
    found: list[Finding] = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(finding("part_gone", part=old[name].label))
        elif name not in old:
            found.append(finding("part_new", part=new[name].label))
        elif old[name].version != new[name].version:
            found.append(finding("part_version", part=name, before=old[name].version, now=new[name].version))
        else:
            found += _changed_files(old[name], new[name])
    return found


def _changed_files(before: Component, now: Component) -> list[Finding]:
    found = []
    for path in sorted({*before.files, *now.files}):
        old, new = before.files.get(path), now.files.get(path)
        if old != new:
            kind = "file_gone" if new is None else "file_new" if old is None else "file_other"
            found.append(finding(kind, file=path, part=now.label))
    return found
