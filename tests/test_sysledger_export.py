"""`sysledger export` as people and scripts use it: the file it writes, what it says, and its exit codes."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from storage.archive import seal
from storage.journal import Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings
from tests.storage.conftest import NOON, parsed_batch

NAME = StreamName()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with a segment and a journal, of five messages each."""
    made = Layout(tmp_path / "var")
    journal = Journal(made, NAME, JournalSettings(), NOON)
    for number in (1, 2):
        journal.append([parsed_batch([b"<13>1 - h a - - - %d" % number] * 5, number, "c")], NOON)
        if number == 1:
            journal.roll(NOON, 30)
    journal.close()
    seal(made, NAME, journal.finished[0], 1)
    return made


def export(layout: Layout, *words: str) -> tuple[int, bytes, str]:
    """Run the command; give its exit code and what it printed, on stdout and stderr."""
    command = [sys.executable, "-P", "-m", "sysledger", "export", "--data", str(layout.data), *words]
    done = subprocess.run(command, cwd=layout.data.parent, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr.decode()


def test_it_writes_a_zip_with_proof(layout: Layout) -> None:
    """Without options there is a zip of a telling name, whose manifest says who wrote it."""
    code, printed, said = export(layout)
    (path,) = layout.data.parent.glob("sysledger-default-syslog-*.zip")
    assert (code, printed) == (0, b"")
    assert f"10 messages in {path.name}" in said
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read(f"{path.stem}/manifest.json"))
        messages = archive.read(f"{path.stem}/messages.csv")
    assert (manifest["messages"], manifest["made_by"]["means"]) == (10, "console")
    assert manifest["files"][0]["sha256"] == hashlib.sha256(messages).hexdigest()


def test_it_writes_to_stdout(layout: Layout) -> None:
    """A dash is stdout: the messages alone, or the zip."""
    code, printed, said = export(layout, "--plain", "--format", "raw", "--file", "-", "2")
    assert (code, printed) == (0, b"<13>1 - h a - - - 2\n" * 5)
    assert "5 messages" in said
    _, printed, _ = export(layout, "--format", "parquet", "--file", "-")
    assert "sysledger-default-syslog/messages.parquet" in zipfile.ZipFile(io.BytesIO(printed)).namelist()


def test_damage_leaves_no_file(layout: Layout) -> None:
    """What lacks messages is not written, unless a part is wanted; either ends with an error."""
    segment = next(layout.archive(NAME).rglob("*.parquet"))
    segment.write_bytes(b"PAR1" + bytes(100))
    target = layout.data.parent / "found.zip"
    code, _, said = export(layout, "--file", str(target))
    assert code == os.EX_DATAERR
    assert "nothing was written" in said
    assert "--incomplete" in said
    assert not list(target.parent.glob("*found*"))
    code, _, said = export(layout, "--file", str(target), "--incomplete")
    assert code == os.EX_DATAERR
    assert "not complete" in said
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("found/manifest.json"))
    assert (manifest["complete"], manifest["messages"]) == (False, 5)


def test_where_nothing_can_be_written_it_says_so(layout: Layout) -> None:
    """A folder that is not there is told with the option that names another."""
    code, _, said = export(layout, "--file", str(layout.data / "none" / "found.zip"))
    assert code == os.EX_CANTCREAT
    assert "name another with --file" in said


def test_what_cannot_be_meant_is_refused(layout: Layout) -> None:
    """A query or range that cannot be read ends with a sentence, and writes nothing."""
    for words in (["severity:awful"], ["--from", "soon"], ["--from", "2026-11-02", "--to", "2026-11-01"]):
        code, _, said = export(layout, *words)
        assert code != 0
        assert said
    assert not list(layout.data.parent.glob("*.zip"))


def test_a_copy_that_is_read_only_can_be_exported(layout: Layout) -> None:
    """Where the trail cannot be told, whoever has the files still has them, and is warned."""
    (layout.data / "access").write_text("no folder can be made here")
    code, _, said = export(layout, "--file", str(layout.data.parent / "found.zip"))
    assert code == 0
    assert "the trail of who did what is not told" in said
