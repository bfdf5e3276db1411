"""The promises of the quarantine: what cannot be used is kept with its reason, within a bound."""

import json
from pathlib import Path

import pytest

from storage import quarantine


def test_octets_and_reason_are_kept(tmp_path: Path) -> None:
    """The octets lie there as they came, and beside them why and since when."""
    path = quarantine.keep(tmp_path / "q", "batch-a-1", b"\x00\xff", "because")
    assert path == tmp_path / "q" / "batch-a-1.octets"
    assert path.read_bytes() == b"\x00\xff"
    about = json.loads(path.with_suffix(".json").read_text())
    assert (about["reason"], about["octets"]) == ("because", 2)


def test_the_same_key_is_one_entry(tmp_path: Path) -> None:
    """What is found again at every start is kept once."""
    for _ in range(3):
        quarantine.keep(tmp_path, "x", b"1", "because")
    assert len(list(tmp_path.iterdir())) == 2


def test_keys_that_look_alike_are_kept_apart(tmp_path: Path) -> None:
    """Keys that differ in an octet that no file name should have, or far behind, are entries of their own."""
    keys = ["a/b", "a_b", "x" * 200 + "1", "x" * 200 + "2", "\ud800"]
    kept = [quarantine.keep(tmp_path, key, key.encode(errors="replace"), "because") for key in keys]
    assert len(set(kept)) == len(keys)


def test_a_full_quarantine_only_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that repeats does not fill the disk."""
    monkeypatch.setattr(quarantine, "FILES", 2)
    kept = [quarantine.keep(tmp_path, str(number), b"1", "because") for number in range(3)]
    assert kept[2] is None
    assert "is full" in caplog.text
