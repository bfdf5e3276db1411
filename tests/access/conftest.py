"""What the tests of access share: accounts in a folder of their own, and a clock that a test sets."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from access.access import Access

NOON = 1_795_262_400.0  # 2026-11-21 12:00 UTC
PASSWORD = "correct horse battery staple"


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        """Give the seconds since the epoch."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at noon."""
    return Clock()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a new appliance with one administrator, ada: a password costs time to keep."""
    folder = tmp_path_factory.mktemp("made-once") / "access"
    made = Access(folder, Clock())
    made.accounts.add("ada", "administrator", password=PASSWORD)
    made.close()
    return folder


@pytest.fixture
def access(tmp_path: Path, clock: Clock, made_once: Path) -> Iterator[Access]:
    """Give the access of a new appliance, with one administrator: ada."""
    copytree(made_once, tmp_path / "access")
    opened = Access(tmp_path / "access", clock)
    yield opened
    opened.close()
