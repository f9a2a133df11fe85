"""
What every test of every folder starts from.

Fixtures that only one folder needs stay in that folder. The first lines run before any
test module is imported: whoever runs the tests may have a fettled of his own configured.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import hypothesis
import pytest
import structlog

#: Variables that are addressed to the tests themselves.
FOR_TESTS = "FETTLED_TEST_"

for _name in [name for name in os.environ if name.startswith("FETTLED_")]:
    if not _name.startswith(FOR_TESTS):
        del os.environ[_name]

IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}

# No deadlines: how long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("dev", deadline=None, print_blob=True)
hypothesis.settings.register_profile(
    "ci", deadline=None, print_blob=True, derandomize=True, database=None
)
hypothesis.settings.load_profile("ci" if IN_CI else "dev")


def _refused(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return IN_CI and (report.skipped or hasattr(report, "wasxfail"))


def _turn_into_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = getattr(report, "wasxfail", "") or report.longrepr
    report.__dict__.pop("wasxfail", None)
    report.outcome = "failed"
    report.longrepr = f"nothing is skipped or expected to fail under CI: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail, under CI, what was skipped or expected to fail: .ci/run installs what is needed."""
    report = yield
    if _refused(report):
        _turn_into_failure(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail, under CI, a whole file that skips itself."""
    report = yield
    if _refused(report):
        _turn_into_failure(report)
    return report


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """Undo what a test set up of logging for its whole process."""
    yield
    structlog.reset_defaults()
