"""`sysledger search --as`: what an account of the pages may see, for whoever gives it its limits."""

import subprocess
import sys
from pathlib import Path

import pytest

from access.access import Access
from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.archives import stored

Finished = subprocess.CompletedProcess[str]


def sysledger(folder: Path, *words: str) -> Finished:
    """Run one command in ``folder``."""
    command = [sys.executable, "-P", "-m", "sysledger", *words, "--data", str(folder / "data")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with messages of two hosts, and accounts that see one, or not everything of it."""
    frames = [
        f"<38>1 2026-11-20T12:00:00Z {host} sshd 1 - - user={user} action=login".encode()
        for host, user in (("fw-1", "bob"), ("web", "eve"), ("fw-2", "mallory"))
    ]
    stored(Layout(tmp_path / "data"), StreamName(), frames)
    access = Access(Layout(tmp_path / "data").access)
    access.accounts.add("fw", "auditor", Limits(hosts=("fw-*",)))
    access.accounts.add("blind", "auditor", Limits(masked=("user",)))
    access.close()
    return tmp_path


def test_an_account_s_sight_can_be_tried(folder: Path) -> None:
    """The command finds what the account would find, and what is masked for it is masked."""
    assert sysledger(folder, "search", "--count", "--as", "fw").stdout == "2\n"
    shown = sysledger(folder, "search", "--as", "blind", "--output", "json").stdout
    assert shown.count("user=(masked) action=login") == 3
    assert "mallory" not in shown
    assert sysledger(folder, "search", "mallory", "--count", "--as", "blind").stdout == "0\n"


def test_octets_would_show_what_is_masked(folder: Path) -> None:
    """Raw output is refused for an account with masks, and an account that is none is, too."""
    refused = sysledger(folder, "search", "--as", "blind", "--output", "raw")
    assert refused.returncode != 0
    assert "octets would show them" in " ".join(refused.stderr.split())
    assert refused.stdout == ""
    nobody = sysledger(folder, "search", "--as", "nobody")
    assert (nobody.returncode != 0, nobody.stdout) == (True, "")
    assert "no account 'nobody'" in nobody.stderr
