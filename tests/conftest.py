"""What all tests share: the corpora beside the checkout, the real programs, and the rule about skips."""

import os
import shutil
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.shared import ABSENT, SHARED

# No example fails for having been slow: how long one takes depends on what else the machine does.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
TOOLS = os.environ.get("SYSLEDGER_TEST_TOOLS", "/opt/sysledger-test-tools")


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """Let programs that tests start hear Ctrl-C, which a run in the background ignores and hands down."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Give the path of a real program (rsyslogd, loggen, logger, openssl, chromium), or skip."""

    def find(name: str) -> str:
        path = shutil.which(name, path=f"{TOOLS}:{os.environ['PATH']}:/usr/sbin:/sbin")
        if path is None:
            pytest.skip(f"{name} is not here: run tests/install-tools as root to have it")
        return path

    return find


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder with the standards' vectors and the corpora, or skip."""
    if not SHARED.is_dir():
        pytest.skip(ABSENT)
    return SHARED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration nothing is skipped, but for want of shared/: a missing program fails."""
    report = yield
    allowed = hasattr(report, "wasxfail") or ABSENT in str(report.longrepr)
    if report.skipped and os.environ.get("CI") == "true" and not allowed:
        report.outcome = "failed"
        report.longrepr = f"skipped, which continuous integration does not allow: {call.excinfo}"
    return report
