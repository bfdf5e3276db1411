"""The promises about room on the disk: what is kept free, and what is told once."""

import errno
import logging
import os
from pathlib import Path

import pytest

import durable
from durable import NotWrittenError
from storage.room import HYSTERESIS, Room


def test_what_is_kept_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that would leave less than is kept free is refused; to go on, a fourth more must be free."""
    room = Room(tmp_path / "not there yet")
    free = 1000
    monkeypatch.setattr(Room, "free", lambda _room: free)
    room.need(200, 800)
    room.need(5000, 0)
    with pytest.raises(NotWrittenError, match=r"storage\.keep_free"):
        room.need(201, 800)
    room.refused(OSError(errno.ENOSPC, "full"), 1.0)
    with pytest.raises(NotWrittenError):
        room.need(200, 800)
    free += 800 // HYSTERESIS
    room.need(200, 800)


def test_it_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What changes is logged, with since when and why; what stays as it is is not."""
    room = Room(tmp_path)
    assert room.free() > 0
    with caplog.at_level(logging.WARNING):
        for now in (5.0, 6.0):
            room.refused(OSError(errno.EROFS, "Read-only file system", "/x"), now)
        assert (room.since, room.reason) == (5.0, "/x: Read-only file system")
        for _ in range(2):
            room.found(15.0)
    assert (room.since, room.reason) == (None, "")
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "after 10 seconds" in caplog.messages[1]


@pytest.mark.parametrize("number", sorted(durable.REFUSALS))
def test_refusals_leave_everything_as_it_was(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full or read-only disk is told apart from other failures: nothing was changed, and it can go on."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "file"
    durable.write_file(path, b"old")
    descriptor = durable.open_for_append(path)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "writev", refuse)
        with pytest.raises(NotWrittenError):
            durable.append(descriptor, [b"x"])
        with pytest.raises(NotWrittenError):
            durable.write_file(path, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert durable.append(descriptor, [b"er"]) == 2
    assert path.read_bytes() == b"older"
    for call in ("fdatasync", "ftruncate"):
        with monkeypatch.context() as patch:
            patch.setattr(durable, "writev" if call == "ftruncate" else call, refuse)
            patch.setattr(durable, call, refuse)
            with pytest.raises(OSError, match=os.strerror(number)) as caught:
                durable.append(descriptor, [b"?"])
            assert not isinstance(caught.value, NotWrittenError), "these failures are final"
    os.close(descriptor)
