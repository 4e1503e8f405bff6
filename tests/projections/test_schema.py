"""Which tables are this version's: those made by exactly this code and these plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from projections.schema import current_schema


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small rooms in place of ours."""
    for file in ("domain/milestone.py", "domain/procedures/plan.toml", "projections/order.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("first")
    monkeypatch.setattr("projections.schema.files", lambda room: tmp_path / room)
    return tmp_path


def named() -> str:
    """Return the name, made anew."""
    return current_schema.__wrapped__()


@pytest.mark.parametrize(
    "file", ["domain/milestone.py", "domain/procedures/plan.toml", "projections/order.py"]
)
def test_a_change_of_code_or_of_a_plan_gives_another_schema(rooms: Path, file: str) -> None:
    before = named()
    (rooms / file).write_text("other")

    assert named() != before
    (rooms / file).write_text("first")
    assert named() == before


def test_a_file_that_was_renamed_gives_another_schema(rooms: Path) -> None:
    before = named()
    (rooms / "projections/order.py").rename(rooms / "projections/sequence.py")

    assert named() != before


def test_what_is_compiled_or_written_beside_the_code_changes_nothing(rooms: Path) -> None:
    before = named()
    (rooms / "domain/__pycache__").mkdir()
    (rooms / "domain/__pycache__/milestone.pyc").write_text("compiled")
    (rooms / "projections/notes.md").write_text("notes")

    assert named() == before
