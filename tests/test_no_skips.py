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
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-p", "no:cacheprovider", "-rs", "--rootdir", tmp_path,
         "-c", os.devnull, tmp_path],
        check=False, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "BITACORA_NO_SKIPS": setting},
    )  # fmt: skip

    assert answer.returncode == code, answer.stdout
    assert "no root" in answer.stdout
