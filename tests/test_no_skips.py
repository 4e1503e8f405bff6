"""A test that is passed over fails where a change is judged, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("setting", "code"), [("", 0), ("1", 1)])
@pytest.mark.parametrize(
    "how", ["@pytest.mark.skip(reason='no root')", "@pytest.mark.skipif(True, reason='no root')", ""]
)
def test_what_is_passed_over_fails_where_nothing_may_be(
    tmp_path: Path, how: str, setting: str, code: int
) -> None:
    body = "pass" if how else "pytest.skip('no root')"
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n{how}\ndef test_one(): {body}\n\ndef test_two(): pass\n"
    )
    answer = told(tmp_path, setting)

    assert answer.returncode == code, answer.stdout
    assert "no root" in answer.stdout


@pytest.mark.parametrize(("setting", "codes"), [("", {0}), ("1", {1, 2})])
@pytest.mark.parametrize(
    "how",
    ["pytest.skip('no root', allow_module_level=True)", "pytest.importorskip('no_root', reason='no root')"],
)
def test_a_file_that_is_passed_over_as_a_whole_fails_where_nothing_may_be(
    tmp_path: Path, how: str, setting: str, codes: set[int]
) -> None:
    (tmp_path / "test_passed_over.py").write_text(f"import pytest\n\n{how}\n\ndef test_one(): pass\n")
    (tmp_path / "test_run.py").write_text("def test_two(): pass\n")
    answer = told(tmp_path, setting)

    assert answer.returncode in codes, answer.stdout
    assert "no root" in answer.stdout


def told(folder: Path, setting: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder, with the setting as `.ci/run` has it or without."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-p", "no:cacheprovider", "-rs", "--rootdir", folder,
         "-c", os.devnull, folder],
        check=False, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "BITACORA_NO_SKIPS": setting},
    )  # fmt: skip
