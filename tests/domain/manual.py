"""The procedure that the manual of the language is, and a folder of procedures with one file more."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.procedure import procedures
from domain.variant import variants

ROOT = Path(__file__).parents[2]
WORKED_EXAMPLE = "worked_example"
"""The kind of the manual's procedure."""


def manual_as_a_file() -> str:
    """Return the blocks of the manual, which one after another are a file."""
    text = (ROOT / "docs/procedimientos.md").read_text("utf-8")
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


@contextmanager
def procedures_with(name: str, text: str, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the program find one file more among its procedures, and nothing else be otherwise.

    ``name`` is the file's place in their folder: a state's own plan is ``variants/jal.toml``.
    """
    folder = scratch / "procedures"
    shutil.copytree(ROOT / "domain/procedures", folder)
    (folder / name).write_text(text, "utf-8")
    with monkeypatch.context() as patch:
        for module in ("domain.procedure", "domain.variant"):
            patch.setattr(f"{module}.files", lambda _: scratch)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """Let the files be read again."""
    procedures.cache_clear()
    variants.cache_clear()
