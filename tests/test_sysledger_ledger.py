"""`sysledger ledger` as people and scripts use it: what it prints, and its exit codes."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.layout import Layout
from storage.ledger_export import ledger_of
from storage.ledger_leaves import RecordsLeaf, line_of
from storage.ledger_note import Checkpoint, SigningKey
from storage.ledger_proof import Prover
from storage.ledger_proven import ProvenRecord
from storage.ledger_tree import leaf_hash
from tests.storage.conftest import NOON
from tests.storage.ledgers import NAME, archived, ledgered


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with seven messages in the ledger, and seven that are not in it yet."""
    made = Layout(tmp_path / "var")
    archived(made)
    ledgered(made)
    archived(made, number=2)
    return made


def sysledger(layout: Layout, *words: str, data: bool = True) -> tuple[int, str, str]:
    """Run a command; give its exit code, and what it printed on stdout and stderr."""
    where = ["--data", str(layout.data)] if data else []
    command = [sys.executable, "-P", "-m", "sysledger", *words, *where]
    done = subprocess.run(command, cwd=layout.data.parent, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_what_there_is(layout: Layout) -> None:
    """Show tells what is in the ledger and what is not yet; key and checkpoint print what others keep."""
    code, printed, _ = sysledger(layout, "ledger", "show")
    assert (code, printed.split("\n")[1].split()[:4]) == (0, ["default", "1", "7", "7"])
    (told,) = json.loads(sysledger(layout, "ledger", "show", "--output", "json")[1])
    state = ledger_of(layout, "default")
    assert sysledger(layout, "ledger", "key")[:2] == (0, f"{told['vkey']}\n")
    assert sysledger(layout, "ledger", "checkpoint")[:2] == (0, state.note)
    assert (told["note"], told["records"], told["waiting"], told["fault"]) == (state.note, 7, 7, "")


def test_no_such_tenant(layout: Layout) -> None:
    """A tenant that is not there is told with those that are."""
    for command in ("show", "key"):
        code, _, said = sysledger(layout, "ledger", command, "--tenant", "other")
        assert (code, "there is default" in said) == (os.EX_USAGE, True)


def test_a_kept_checkpoint(layout: Layout) -> None:
    """A ledger goes on from a checkpoint that was kept, until it is put in place of another: that is seen."""
    kept = layout.data.parent / "kept"
    kept.write_text(sysledger(layout, "ledger", "checkpoint")[1])
    ledgered(layout)
    code, printed, _ = sysledger(layout, "ledger", "verify", "--against", str(kept))
    assert code == 0
    assert "the ledger of tenant default goes on from" in printed
    begin_anew(layout)
    code, printed, _ = sysledger(layout, "ledger", "verify", "--against", str(kept))
    assert code == os.EX_DATAERR
    assert "FAULT" in printed
    kept.write_text("nothing\n")
    code, printed, _ = sysledger(layout, "ledger", "verify", "--against", str(kept), "--output", "json")
    assert code == os.EX_DATAERR
    assert "of no ledger here" in json.loads(printed)["against"][0]["fault"]


def begin_anew(layout: Layout) -> None:
    """Make another ledger, as somebody does who wants to hide something."""
    for path in (*layout.ledger("default").iterdir(), *layout.ledger_key("default").parent.iterdir()):
        path.unlink()
    ledgered(layout)


def test_a_changed_archive(layout: Layout) -> None:
    """What is not as it was signed is named, and the exit code is 65."""
    min(layout.archive(NAME).rglob("*.parquet")).unlink()
    code, printed, _ = sysledger(layout, "ledger", "verify", "--date", "2026-11-20")
    assert code == os.EX_DATAERR
    assert "records 1 to 7 of 2026-11-20" in printed


def test_an_export_is_checked_elsewhere(layout: Layout) -> None:
    """An export with proofs is checked without the data folder; the key makes the difference, and is told."""
    ledgered(layout)
    path, key = layout.data.parent / "export.zip", layout.data.parent / "key"
    assert sysledger(layout, "export", "--proofs", "--file", str(path))[0] == 0
    key.write_text(sysledger(layout, "ledger", "key")[1])
    layout.data.rename(layout.data.parent / "gone")
    for given in (str(key), key.read_text().strip()):
        code, printed, _ = sysledger(layout, "ledger", "check", str(path), "--key", given, data=False)
        assert (code, "PROVEN: 14 of 14 messages" in printed) == (0, True)
        assert "1 to 14 without a gap" in printed
    code, printed, _ = sysledger(layout, "ledger", "check", str(path), data=False)
    assert (code, "\nPROVEN" in printed) == (os.EX_NOINPUT, False)
    assert "WITHOUT --key" in printed
    code, printed, _ = sysledger(layout, "ledger", "check", str(path), "--output", "json", data=False)
    told = json.loads(printed)
    assert (code, told["proven"], told["fits_together"]) == (os.EX_NOINPUT, False, True)
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 3] ^= 1
    path.write_bytes(octets)
    code, _, _ = sysledger(layout, "ledger", "check", str(path), "--key", str(key), data=False)
    assert code == os.EX_DATAERR


def test_an_export_of_an_archive_that_lacks_a_day(layout: Layout) -> None:
    """What was removed from the archive before the export is told by its check: it cannot be all of it."""
    path = layout.data.parent / "export.zip"
    ledgered(layout)
    min(layout.archive(NAME).rglob("*.parquet")).unlink()
    sysledger(layout, "export", "nothing-like-this", "--proofs", "--file", str(path))
    key = sysledger(layout, "ledger", "key")[1].strip()
    code, printed, _ = sysledger(layout, "ledger", "check", str(path), "--key", key, data=False)
    assert code == os.EX_DATAERR
    assert "NOT ALL WAS THERE: 7 records of the days that were searched are in the ledger" in printed
    _, printed, _ = sysledger(
        layout, "ledger", "check", str(path), "--key", key, "--output", "json", data=False
    )
    assert json.loads(printed)["records_missing"] == 7


def test_what_is_not_in_the_ledger_yet(layout: Layout) -> None:
    """Messages that came lately are exported, said to be unproven, and the check says so, too."""
    path = layout.data.parent / "export.zip"
    code, _, said = sysledger(layout, "export", "--proofs", "--format", "raw", "--file", str(path))
    assert (code, "7 of them are not in the ledger yet" in said) == (0, True)
    code, printed, _ = sysledger(layout, "ledger", "check", str(path), data=False)
    assert (code, "NOT PROVEN: 7 of 14" in printed) == (os.EX_DATAERR, True)
    assert sysledger(layout, "export", "--proofs", "--plain")[0] != 0


def test_one_message(layout: Layout) -> None:
    """The proof of one message is checked likewise."""
    proof, state = layout.data.parent / "proof.json", ledger_of(layout, "default")
    document = Prover(layout, NAME, state).document(1, NOON * 10**9)
    assert document is not None
    proof.write_text(json.dumps(document))
    code, printed, _ = sysledger(layout, "ledger", "check", str(proof), "--key", state.vkey, data=False)
    assert (code, "PROVEN: message 1 of default/syslog" in printed) == (0, True)
    assert "received 2026-11-20T12:00:00.000000000Z" in printed
    proof.write_text(json.dumps({**document, "record": {**document["record"], "octets": "other"}}))
    code, _, said = sysledger(layout, "ledger", "check", str(proof), "--key", state.vkey, data=False)
    assert (code, "altered" in said) == (os.EX_DATAERR, True)
    proof.write_text("[]")
    assert sysledger(layout, "ledger", "check", str(proof), data=False)[0] == os.EX_DATAERR


def test_a_proof_that_would_steer_the_terminal(tmp_path: Path) -> None:
    """Whoever made a proof up, or has a certificate with odd names, adds no line to what is printed."""
    key = SigningKey.make("elsewhere/sysledger/default")
    odd = "\x1b[2K\nPROVEN: message 1\nThe ledger's key was given by whoever checks.\x9b8m"
    record = ProvenRecord(1, NOON * 10**9, odd, odd, "tcp", odd, b"<13>x")
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    root = leaf_hash(record.hashed())
    line = line_of(RecordsLeaf("syslog", at.date(), 1, 1, 1, 1, 1, root.hex(), "", at))
    told = {"kind": "record", **asdict(record), "octets": "<13>x", "leaf": 0, "place": 0, "hashes": []}
    whole = {
        "version": 1, "tenant": "default", "stream": "syslog", "key": key.vkey, "record": told,
        "checkpoint": key.sign(Checkpoint(key.name, 1, leaf_hash(line), at)),
        "leaf": {"kind": "leaf", "leaf": 0, "line": line.decode(), "hashes": []},
    }  # fmt: skip
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(whole))
    code, printed, _ = sysledger(Layout(tmp_path / "var"), "ledger", "check", str(proof), data=False)
    assert (code, "FITS TOGETHER: message 1 of default/syslog" in printed) == (os.EX_NOINPUT, True)
    assert not {"\x1b", "\x9b"} & set(printed)
    assert not any(each.startswith(("PROVEN", "The ledger's key")) for each in printed.splitlines())


def test_no_ledger(tmp_path: Path) -> None:
    """Where there is no ledger yet, that is said, and proofs are not promised."""
    made = Layout(tmp_path / "var")
    archived(made)
    assert sysledger(made, "ledger", "show")[0] == 0
    for words in (["ledger", "key"], ["export", "--proofs"]):
        code, _, said = sysledger(made, *words)
        assert (code, "has no ledger yet" in said) == (os.EX_DATAERR, True)
    assert not list(tmp_path.glob("*.zip"))
