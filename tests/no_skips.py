"""Nothing is passed over where it matters: with ``BITACORA_NO_SKIPS`` set, as `.ci/run` does, a skipped test fails.

On a developer's machine a test may say that it takes root; before a change is accepted it has to run.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that was passed over fail, and say why it was."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let a file that was passed over as a whole fail, too: none of its tests would be missed."""
    report = yield
    _refuse(report)
    return report


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("BITACORA_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was passed over, and here nothing may be: {report.longrepr}"
