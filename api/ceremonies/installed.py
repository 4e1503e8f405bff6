"""The packages of an installation, every file of theirs hashed and held against what its package said it would be.

A package lists its files and their hashes in ``RECORD`` (PyPA, *Recording installed projects*). What is changed, gone
or came beside them is named. ``RECORD`` is on the same disk: who changes a file may change it there, too, which is why
the digest is over the files themselves, and is compared with another machine's or an earlier one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path

from api.ceremonies.installation import Installation
from api.ceremonies.inventory import Component, Kind
from api.ceremonies.outcome import Finding, finding, sha256

OWN = "bitacora-electoral"
OWN_PACKAGES = ("api", "bitacora_verifier", "domain", "ledger", "projections")
"""What our wheel brings."""

UNLISTED = "(no package)"
"""The part that files come under which are no package's: they run as well."""

HOW_IT_CAME = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""Files about the act of installing: by whom and from where. They are checked, and are not in the digest."""
COMPILED = (".pyc", ".pyo")

Say = Callable[[str], None]
"""Hears which package is looked at."""


@dataclass(slots=True)
class Installed:
    """The packages that are there, and what is not as it should be."""

    components: list[Component] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    runs_from_folder: bool = False
    """Whether our own code runs from a folder of sources: no list says what its files should be."""
    wheel_sha256: str = ""
    """What our own package's file came to when it was installed, where that was noted."""


def installed_packages(installation: Installation, say: Say = lambda _: None) -> Installed:
    """Return every package of an installation."""
    found, claimed = Installed(), set[str]()
    if installation.takes_from_outside:
        found.findings.append(finding("takes_from_outside"))
    for package in _readable(installation, found):
        say(_name(package))
        if _name(package) in {component.name for component in found.components}:
            found.findings.append(finding("part_twice", part=_name(package)))
            continue
        _look_at(package, installation, found, claimed)
    unlisted = {
        as_text(path.relative_to(installation.packages).as_posix()): path
        for path in _files_below(installation.packages)
        if os.path.normpath(path) not in claimed
    }
    if unlisted:
        found.findings += [finding("file_unlisted", file=path) for path in unlisted]
        hashed = {path: sha256(file.read_bytes()) for path, file in unlisted.items() if file.is_file()}
        found.components.append(Component(UNLISTED, "", files=hashed))
    return found


def _readable(installation: Installation, found: Installed) -> list[Distribution]:
    """Return the packages that say what they are, by name; the others are named among what is wrong."""
    readable = []
    for package in distributions(path=[str(installation.packages)]):
        try:
            if package.metadata["Name"] and package.version:
                readable.append(package)
                continue
        except (KeyError, TypeError):
            # What Python raises where there is no METADATA, or nothing in it.
            pass
        found.findings.append(finding("part_unreadable", part=as_text(str(package.locate_file("")))))
    return sorted(readable, key=_name)


def as_text(path: str) -> str:
    """Return a path as it is told: ASCII, whatever bytes its name is made of, on one line."""
    return path.encode("unicode_escape").decode("ascii")


def _look_at(package: Distribution, installation: Installation, found: Installed, claimed: set[str]) -> None:
    name, part = _name(package), f"{_name(package)} {package.version}"
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    is_folder = bool(origin.get("dir_info", {}).get("editable"))
    files: dict[str, str] = {}
    if package.files is None:
        found.findings.append(finding("part_without_list", part=part))
    for path in package.files or ():
        place = Path(os.path.normpath(str(path.locate())))
        claimed.add(str(place))
        if path.suffix in COMPILED:
            continue
        shown = as_text(path.as_posix())
        try:
            content = place.read_bytes()
        except OSError:
            found.findings.append(finding("file_missing", file=shown, part=part))
            continue
        if not _is_as_listed(path, content):
            found.findings.append(finding("file_changed", file=shown, part=part))
        # The one line of an editable package's .pth is a folder of this machine.
        if path.name not in HOW_IT_CAME and not (is_folder and path.suffix == ".pth"):
            files[shown] = sha256(without_interpreter(content, installation.programs))
    if name == OWN:
        found.wheel_sha256 = origin.get("archive_info", {}).get("hashes", {}).get("sha256", "")
        if is_folder:
            found.runs_from_folder = True
            files |= _sources(package)
    elif is_folder:
        found.findings.append(finding("part_from_folder", part=part))
    kind: Kind = "application" if name == OWN else "library"
    found.components.append(Component(name, package.version, kind, licence_of(package), files))


def _is_as_listed(path: PackagePath, content: bytes) -> bool:
    """Tell whether a file is what its package's list says; one for which the list has no hash is only listed."""
    if path.hash is None:
        return path.name in HOW_IT_CAME
    if path.hash.mode not in hashlib.algorithms_guaranteed:
        return False
    digest = hashlib.new(path.hash.mode, content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == path.hash.value


def without_interpreter(content: bytes, programs: Path) -> bytes:
    """Return a command with only ``#!python`` for the interpreter of this installation: where it is, is no matter."""
    interpreter = re.escape(os.fsencode(programs)) + rb"/python[0-9.]*"
    # The second form is for paths that are too long for a first line, or have spaces.
    line = rb"#!(?:%b|/bin/sh\n'''exec' \"?%b\"? \"\$0\" \"\$@\"\n' ''')\n" % (interpreter, interpreter)
    return re.sub(rb"\A" + line, b"#!python\n", content)


def licence_of(package: Distribution) -> str:
    """Return under which licence a package says it is; empty where it does not."""
    metadata = package.metadata
    # A whole licence's text may stand there; its name is what is wanted.
    said = [*(metadata.get_all("License-Expression") or ()), *(metadata.get_all("License") or ())]
    short = [" ".join(text.split()) for text in said if 0 < len(text) <= 80 and text != "UNKNOWN"]
    classified = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or ()
        if text.startswith("License :: ")
    ]
    return short[0] if short else ", ".join(classified)


def _sources(package: Distribution) -> dict[str, str]:
    """Return the files of our own packages in the folders that an editable installation names."""
    lists = [path for path in package.files or () if path.suffix == ".pth"]
    folders = [Path(line) for path in lists for line in path.read_text().splitlines()]
    return {
        as_text(file.relative_to(folder).as_posix()): sha256(file.read_bytes())
        for folder in folders
        for name in OWN_PACKAGES
        for file in _files_below(folder / name)
    }


def _files_below(folder: Path, but: Sequence[str] = ("__pycache__",)) -> Iterator[Path]:
    """Yield the files below a folder, links to folders among them, in order; not what Python compiled of them."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in but and name not in links)
        yield from (Path(place, name) for name in sorted([*names, *links]))


def standard_library(installation: Installation) -> Component:
    """Return Python itself: its program, its shared library and its standard library. No list says what they should be.

    Where the same Python was installed in the same way, it comes to the same.
    """
    library = installation.standard_library
    packages = ("__pycache__", "site-packages", "dist-packages")
    files = {
        f"lib/{as_text(file.relative_to(library).as_posix())}": file
        for file in _files_below(library, packages)
        if file.is_file() and file.suffix not in COMPILED
    }
    files |= {f"lib/{file.name}": file for file in library.parent.glob("libpython*.so*")}
    files[f"bin/{installation.interpreter.name}"] = installation.interpreter
    hashed = {path: sha256(file.read_bytes()) for path, file in files.items()}
    return Component("python", installation.python_version, "platform", "PSF-2.0", hashed)


def _name(package: Distribution) -> str:
    """Return a package's name in its one way (PyPA, *Names and normalization*)."""
    return re.sub(r"[-_.]+", "-", package.metadata["Name"] or "").lower()
