"""Work out roots of Merkle trees with pymerkle, and write them as JSON.

    python tests/interop/roots.py FOLDER VECTORS

It runs where pymerkle is and ours is not (``requirements/interop.txt``): its licence is the GPL. ``FOLDER`` is
a published log, whose bundles are cut here by the format's own words; ``VECTORS`` is ``tests/vectors``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

FOUND = "roots.json"
"""Where the answer is written."""


def roots(entries: Iterable[bytes]) -> list[str]:
    """Return the root of the tree of the first 0, 1, 2 … entries."""
    from pymerkle import InmemoryTree

    tree = InmemoryTree(algorithm="sha256")
    found = [tree.get_root().hex()]
    for entry in entries:
        tree.append_entry(entry)
        found.append(tree.get_root().hex())
    return found


def root_of_log(folder: Path) -> str:
    """Return the root over all entries of a published log."""
    from pymerkle import InmemoryTree

    tree = InmemoryTree(algorithm="sha256")
    for entry in entries(folder, int((folder / "checkpoint").read_text().split("\n")[1])):
        tree.append_entry(entry)
    return str(tree.get_root().hex())


def entries(folder: Path, size: int) -> Iterator[bytes]:
    """Yield the entries of a published log: of each bundle, every one after its length in two bytes."""
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        path = f"{number:03}" if number < 1000 else f"x{number // 1000:03}/{number % 1000:03}"
        name = path if width == 256 else f"{path}.p/{width}"
        bundle, at = (folder / "tile/entries" / name).read_bytes(), 0
        while at < len(bundle):
            end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
            yield bundle[at + 2 : end]
            at = end


if __name__ == "__main__":
    published, vectors = map(Path, sys.argv[1:])
    known = json.loads((vectors / "trees.json").read_text())["certificate_transparency"]["entries"]
    found = {
        "certificate_transparency": roots(bytes.fromhex(each) for each in known),
        "numbered": roots(f"entry {n}".encode() for n in range(600)),
        "log": root_of_log(published),
    }
    (published / FOUND).write_text(json.dumps(found))
