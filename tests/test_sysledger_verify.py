"""`sysledger verify` as people and scripts use it: what it prints, and its exit codes."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from storage.archive import seal
from storage.indexer import rebuild
from storage.journal import Journal
from storage.layout import Layout, StreamName
from storage.ledger_work import LedgerKeeper
from storage.settings import JournalSettings
from supervisor.advance import Advance
from tests.storage.conftest import NOON, parsed_batch

NAME = StreamName()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with a segment, its index and a journal."""
    made = Layout(tmp_path / "var")
    journal = Journal(made, NAME, JournalSettings(), NOON)
    for number in (1, 2):
        journal.append([parsed_batch([b"<13>1 - h a - - - %d" % number] * 5, number, "c")], NOON)
        if number == 1:
            journal.roll(NOON, 30)
    journal.close()
    seal(made, NAME, journal.finished[0], 1)
    rebuild(made, NAME)
    keeper = LedgerKeeper(made)
    keeper.once()
    keeper.close()
    return made


def verify(layout: Layout, *words: str) -> tuple[int, str]:
    """Run the command; give its exit code and what it printed."""
    command = [sys.executable, "-P", "-m", "sysledger", "verify", "--data", str(layout.data), *words]
    done = subprocess.run(command, cwd=layout.data.parent, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode()


def test_in_order(layout: Layout) -> None:
    """What is in order ends with 0 and a table of what was counted; JSON has the same for programs."""
    code, printed = verify(layout)
    stream, ledger = [line.split() for line in printed.splitlines() if line.startswith("default")]
    assert (code, stream) == (0, ["default/syslog", "10", "5", "1", "1", "0", "0", "0"])
    assert ledger == ["default", "1", "5", "0", "0", "0"]
    code, printed = verify(layout, "--output", "json", "--stream", "syslog", "--date", "2026-11-20")
    document = json.loads(printed)
    assert (code, document["faults"], document["streams"][0]["archive_messages"]) == (0, 0, 5)


def test_damage(layout: Layout) -> None:
    """Damage is named with file, octet and what to do, and the exit code is 65; an index is mended."""
    segment = next(layout.archive(NAME).rglob("*.parquet"))
    index = next(layout.index(NAME).rglob("*.seg"))
    for path in (segment, index):
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 1
        path.write_bytes(octets)
    code, printed = verify(layout)
    assert code == os.EX_DATAERR
    assert f"FAULT: {segment} at octet " in printed
    assert f"INDEX FAULT: {index} at octet " in printed
    assert "restore this file from a backup" in printed
    assert "verify --repair" in printed


def test_a_day_that_was_removed(layout: Layout) -> None:
    """A day that is gone without retention's doing is a fault of the ledger, with its numbers."""
    shutil.rmtree(layout.archive_day(NAME, date(2026, 11, 20)))
    code, printed = verify(layout)
    assert code == os.EX_DATAERR
    assert "records 1 to 5 of 2026-11-20 of default/syslog, 5 in the ledger since" in printed
    code, printed = verify(layout, "--output", "json")
    assert json.loads(printed)["ledgers"][0]["records"] == 0
    for words in (["search", "nothing"], ["search", "--count"], ["export", "--plain", "--file", "-"]):
        command = [sys.executable, "-P", "-m", "sysledger", *words, "--data", str(layout.data)]
        done = subprocess.run(command, cwd=layout.data.parent, capture_output=True, check=True, timeout=60)
        assert b"NOT in the result: 5 messages of this range in no file; sysledger verify" in done.stderr


def test_repair(layout: Layout) -> None:
    """--repair makes a damaged index anew; the next time all is in order."""
    index = next(layout.index(NAME).rglob("*.seg"))
    index.write_bytes(index.read_bytes()[:-1])
    assert verify(layout, "--repair")[0] == os.EX_DATAERR
    assert verify(layout)[0] == 0


def test_advance_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work is told about as it goes on, not more often than is readable."""
    monkeypatch.setattr("supervisor.advance.EACH_SECONDS", 0.0)
    told: list[str] = []
    advance = Advance("verified", 4 << 20, told.append)
    advance.more(3 << 20)
    advance.more(3 << 20)
    assert told == ["verified 3 of 4 MiB", "verified 6 MiB"]
    monkeypatch.setattr("supervisor.advance.EACH_SECONDS", 1000.0)
    Advance("verified", 1, told.append).more(1)
    assert len(told) == 2
