"""The zip of an export: made while it is sent, and checked by the programs that auditors have."""

import hashlib
import io
import json
import random
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.package import Written, packaged

PIECES = [b"one\n", b"two\n" * 100_000, b"three\n"]


def manifest(files: list[dict[str, Any]]) -> dict[str, Any]:
    """Give a manifest."""
    return {"files": files, "complete": True}


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_unzip_and_sha256sum_agree(tmp_path: Path, tool: Callable[[str], str]) -> None:
    """unzip(1) unpacks it, sha256sum(1) finds every file as the sums say, and a changed one is told."""
    path = tmp_path / "export.zip"
    path.write_bytes(b"".join(packaged(PIECES, "raw", "found", manifest)))
    unzipped = run([tool("unzip"), path.name], tmp_path)
    assert unzipped.returncode == 0, unzipped.stdout + unzipped.stderr
    folder = tmp_path / "found"
    names = {"messages.log", "manifest.json", "README.txt", "SHA256SUMS"}
    assert {one.name for one in folder.iterdir()} == names
    assert (folder / "messages.log").read_bytes() == b"".join(PIECES)
    check = [tool("sha256sum"), "-c", "SHA256SUMS"]
    checked = run(check, folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert set(checked.stdout.splitlines()) == {f"{name}: OK" for name in names - {"SHA256SUMS"}}
    with (folder / "messages.log").open("r+b") as file:
        file.write(b"O")
    changed = run(check, folder)
    assert changed.returncode != 0
    assert "messages.log: FAILED" in changed.stdout


def test_the_manifest_has_the_messages_sum() -> None:
    """The manifest is made when the messages' file is known, and its own sum stands beside."""
    told: list[Written] = []
    octets = b"".join(packaged(PIECES, "json", "found", manifest, told.extend))
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert archive.testzip() is None
        content = archive.read("found/manifest.json")
    whole = b"".join(PIECES)
    (file,) = json.loads(content)["files"]
    expected = {"name": "messages.jsonl", "octets": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    assert file == expected
    assert [one.name for one in told] == ["messages.jsonl", "manifest.json", "README.txt", "SHA256SUMS"]
    assert told[1].sha256 == hashlib.sha256(content).hexdigest()


def test_it_comes_in_pieces() -> None:
    """What was made is given on before the next is asked for, so that memory has a bound."""
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield random.Random(asked).randbytes(65_536)  # which no zip makes smaller

    pieces = packaged(endless(), "raw", "found", manifest)
    octets = sum(len(next(pieces)) for _ in range(50))
    assert octets > 50 * 16_384
    assert asked <= 100


def test_what_breaks_off_is_no_zip() -> None:
    """When the messages end with an error, what was given until then is no zip for any program."""

    def broken() -> Iterator[bytes]:
        yield from PIECES
        raise ValueError("damaged")

    given = io.BytesIO()
    with pytest.raises(ValueError, match="damaged"):
        given.writelines(packaged(broken(), "csv", "found", manifest))
    assert given.tell() > 0
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(given)


def test_what_cannot_be_told_is_no_zip() -> None:
    """Whoever is told of the files can refuse: the end is not given then."""

    def refuse(_files: list[Written]) -> None:
        raise ValueError("the trail is full")

    given = io.BytesIO()
    with pytest.raises(ValueError, match="the trail is full"):
        given.writelines(packaged(PIECES, "csv", "found", manifest, refuse))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(given)


def test_it_says_when_it_is_not_complete() -> None:
    """The first words for people are that messages are missing."""
    octets = b"".join(packaged([], "csv", "found", lambda files: {"files": files, "complete": False}))
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert "NOT COMPLETE" in archive.read("found/README.txt").decode().splitlines()[3]


def test_files_are_what_their_owner_may_read() -> None:
    """Modes and times of the files are as a person expects them."""
    octets = b"".join(packaged(PIECES, "csv", "found", manifest))
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        for one in archive.infolist():
            assert one.external_attr >> 16 == 0o100644
            assert one.date_time[0] >= 2026
