"""Roots of Merkle trees as pymerkle has them, which knew nothing of ours: `make interop`."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.interop import roots
from tests.interop.check_exports import PYTHON, ROOT, TIMEOUT_SECONDS
from tests.verifier.published import published, sample_entries, write

SIZE = 70_000
VECTORS = ROOT / "tests" / "vectors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published log of seventy thousand entries, and beside it what pymerkle found."""
    folder = write(published(sample_entries(SIZE)), tmp_path_factory.mktemp("log"))
    subprocess.run([PYTHON, roots.__file__, folder, VECTORS], check=True, timeout=TIMEOUT_SECONDS)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    """What it found."""
    said: dict[str, Any] = json.loads((folder / roots.FOUND).read_text())
    return said


@pytest.mark.parametrize("name", ["certificate_transparency", "numbered"])
def test_it_works_out_the_same_root_of_every_tree_to_six_hundred_leaves(
    found: dict[str, Any], name: str
) -> None:
    ours = json.loads((VECTORS / "trees.json").read_text())[name]["roots"]

    assert len(found["numbered"]) == 601
    assert found[name] == ours


def test_it_works_out_the_signed_root_of_seventy_thousand_entries(
    found: dict[str, Any], folder: Path
) -> None:
    origin, size, root = (folder / "checkpoint").read_text().split("\n")[:3]

    assert (origin != "", int(size)) == (True, SIZE)
    assert found["log"] == base64.b64decode(root).hex()


def test_of_another_entry_it_works_out_another_root(found: dict[str, Any], folder: Path) -> None:
    bundle = folder / "tile/entries/100"
    kept = bundle.read_bytes()
    bundle.write_bytes(kept[:40] + bytes([kept[40] ^ 1]) + kept[41:])
    subprocess.run([PYTHON, roots.__file__, folder, VECTORS], check=True, timeout=TIMEOUT_SECONDS)

    assert json.loads((folder / roots.FOUND).read_text())["log"] != found["log"]
