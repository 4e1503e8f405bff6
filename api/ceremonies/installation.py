"""Where a program is installed: the environment whose packages run, and the Python beneath it.

Nothing of an environment is run to learn this, so that one may be looked at from another that is trusted.
"""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = "pyvenv.cfg"
"""What makes a folder an environment (PEP 405)."""


class NotAnInstallation(Exception):
    """This folder is no Python environment; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment and its Python."""

    programs: Path
    """The folder of its commands."""
    packages: Path
    """The folder its packages are in: ``site-packages``."""
    interpreter: Path
    """The program Python itself is, whatever links lead to it."""
    standard_library: Path
    python_version: str
    takes_from_outside: bool
    """Whether packages of the whole machine run in it, too."""


def running_installation() -> Installation:
    """Return the one this program runs in."""
    if (Path(sys.prefix) / CONFIGURATION).exists():
        return installation_at(Path(sys.prefix))
    paths = sysconfig.get_paths()
    return Installation(
        programs=Path(paths["scripts"]),
        packages=Path(paths["purelib"]),
        interpreter=Path(sys.executable).resolve(),
        standard_library=Path(paths["stdlib"]),
        python_version=platform.python_version(),
        takes_from_outside=False,
    )


def installation_at(folder: Path) -> Installation:
    """Return the one in a folder. Raises `NotAnInstallation`."""
    try:
        text = (folder / CONFIGURATION).read_text()
    except OSError as error:
        raise NotAnInstallation(
            f"{folder} is no Python environment: {CONFIGURATION} cannot be read ({error.strerror})."
        ) from error
    said = dict(re.findall(r"^\s*([\w-]+)\s*=\s*(.*?)\s*$", text, re.MULTILINE))
    # The standard library's own venv says 'version'; others that make environments say 'version_info'.
    version = re.match(r"(\d+\.\d+)\.\d+", said.get("version") or said.get("version_info", ""))
    if "home" not in said or version is None:
        raise NotAnInstallation(
            f"{folder / CONFIGURATION} does not say which Python it is: 'home', 'version'."
        )
    library = f"python{version[1]}"
    installation = Installation(
        programs=folder / "bin",
        packages=folder / "lib" / library / "site-packages",
        interpreter=(folder / "bin" / "python").resolve(),
        standard_library=Path(said["home"]).parent / "lib" / library,
        python_version=version[0],
        takes_from_outside=said.get("include-system-site-packages", "").lower() == "true",
    )
    for needed in (installation.packages, installation.interpreter, installation.standard_library):
        if not needed.exists():
            raise NotAnInstallation(f"{folder} is no whole Python environment: {needed} is not there.")
    return installation
