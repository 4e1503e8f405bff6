"""A small package of our own making, and environments it is really installed in, to be tampered with."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from api.ceremonies.installation import Installation, installation_at
from api.ceremonies.installed import Installed, installed_packages
from api.ceremonies.inventory import Inventory

PART = "lectura 1.2.0"
CONTENT = {
    "lectura/__init__.py": "def main():\n    print('leída')\n",
    "lectura/words.txt": "acta\n",
    "lectura-1.2.0.dist-info/METADATA": (
        "Metadata-Version: 2.4\nName: lectura\nVersion: 1.2.0\nLicense-Expression: MIT\n"
    ),
    "lectura-1.2.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "lectura-1.2.0.dist-info/entry_points.txt": "[console_scripts]\nlectura = lectura:main\n",
}


def made_wheel(folder: Path) -> Path:
    """Write the package into a folder."""
    wheel = folder / "lectura-1.2.0-py3-none-any.whl"
    listed = "".join(
        f"{name},{record_hash(text.encode())},{len(text.encode())}\n" for name, text in CONTENT.items()
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {
            **CONTENT,
            "lectura-1.2.0.dist-info/RECORD": f"{listed}lectura-1.2.0.dist-info/RECORD,,\n",
        }.items():
            archive.writestr(name, text)
    return wheel


def record_hash(content: bytes) -> str:
    """Return what RECORD says of a file."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def installed_in(folder: Path, wheel: Path) -> Path:
    """Make an environment, and let pip install the package there."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = ["-m", "pip", "--disable-pip-version-check", "--python", str(folder / "bin/python")]
    package = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([sys.executable, *pip, *package], check=True, capture_output=True)
    return folder


def copied(folder: Path, to: Path) -> Installation:
    """Copy an environment, to be tampered with."""
    shutil.copytree(folder, to, symlinks=True)
    return installation_at(to)


def looked_at(installation: Installation) -> tuple[Inventory, list[str]]:
    """Return what is installed, and what is said to be wrong with it."""
    found: Installed = installed_packages(installation)
    return Inventory(found.components), [each.en for each in found.findings]


def rewrite(installation: Installation, path: str, content: bytes) -> None:
    """Change a file and what its package's list says of it: nothing in the folder tells any more."""
    file, listed = installation.packages / path, installation.packages / "lectura-1.2.0.dist-info/RECORD"
    before = file.read_bytes()
    file.write_bytes(content)
    text = listed.read_text()
    assert record_hash(before) in text
    listed.write_text(text.replace(record_hash(before), record_hash(content)))
