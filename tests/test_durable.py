"""The promises of durable.py: the system calls it says, and what holds when any of them fails."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import durable
import storage

CALLS = ("open", "writev", "fsync", "fdatasync", "ftruncate", "close", "rename", "remove", "mkdir")


class Calls:
    """Stands before the system calls of durable.py: notes each, and fails the one with number ``fail``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.fail = -1
        for name in CALLS:
            monkeypatch.setattr(durable, name, self._before(name, getattr(durable, name)))

    def _before(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            number = len(self.made)
            self.made.append(name)
            if number == self.fail:
                if name == "close":
                    real(*arguments)  # a descriptor is gone whatever close says
                raise OSError(errno.EIO, f"{name} was made to fail")
            return real(*arguments)

        return call


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Watch durable.py's system calls."""
    return Calls(monkeypatch)


SYNC_FOLDER = ["open", "fsync", "close"]


def _write(folder: Path) -> None:
    durable.write_file(folder / "file", b"new")


def _publish(folder: Path) -> None:
    temporary = durable.temporary_name(folder / "file")
    temporary.write_bytes(b"new")
    durable.publish(temporary, folder / "file")


def _append(folder: Path) -> None:
    descriptor = os.open(folder / "file", os.O_WRONLY | os.O_APPEND)
    try:
        durable.append(descriptor, [b"-", memoryview(b"more"), b""])
    finally:
        os.close(descriptor)


def _cut(folder: Path) -> None:
    durable.cut(folder / "file", 1)


def _sync_data(folder: Path) -> None:
    with (folder / "file").open("rb+") as file:
        durable.sync_data(file.fileno())


def _unlink(folder: Path) -> None:
    durable.unlink(folder / "file")


def _make_folder(folder: Path) -> None:
    durable.make_folder(folder / "a" / "b")


def _rename_folder(folder: Path) -> None:
    (folder / "day").mkdir()
    durable.rename_folder(folder / "day", folder / "gone")


FUNCTIONS: dict[Callable[[Path], None], tuple[list[str], set[bytes | None]]] = {
    _write: (["open", "writev", "fsync", "close", "rename", *SYNC_FOLDER], {b"old", b"new"}),
    _publish: (["open", "fsync", "close", "rename", *SYNC_FOLDER], {b"old", b"new"}),
    _append: (["writev", "fdatasync"], {b"old"}),
    _cut: (["open", "ftruncate", "fsync", "close"], {b"old", b"o"}),
    _sync_data: (["fdatasync"], {b"old"}),
    _unlink: (["remove", *SYNC_FOLDER], {b"old", None}),
    _make_folder: (["mkdir", *SYNC_FOLDER, "mkdir", *SYNC_FOLDER], {b"old"}),
    _rename_folder: (["rename", *SYNC_FOLDER], {b"old"}),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_calls(function: Callable[[Path], None], calls: Calls, tmp_path: Path) -> None:
    """Every function makes the system calls that its docstring lists, in that order."""
    (tmp_path / "file").write_bytes(b"old")
    function(tmp_path)
    assert calls.made == FUNCTIONS[function][0]


@pytest.mark.parametrize(
    ("function", "number"),
    [(function, number) for function, (made, _) in FUNCTIONS.items() for number in range(len(made))],
)
def test_each_call_fails(function: Callable[[Path], None], number: int, calls: Calls, tmp_path: Path) -> None:
    """Whichever call fails, the caller is told, and the file is whole: the old one or the new one."""
    (tmp_path / "file").write_bytes(b"old")
    calls.fail = number
    with pytest.raises(OSError, match="was made to fail"):
        function(tmp_path)
    path = tmp_path / "file"
    found = path.read_bytes() if path.exists() else None
    assert found in FUNCTIONS[function][1]


def test_append_goes_on_after_a_short_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A write that takes only some of the octets is continued where it stopped."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    monkeypatch.setattr(durable, "writev", lambda file, pieces: os.write(file, bytes(pieces[0])[:2]))
    descriptor = durable.open_for_append(path)
    assert durable.append(descriptor, [b"abc", b"", b"defg"]) == 7
    os.close(descriptor)
    assert path.read_bytes() == b"abcdefg"


def test_append_takes_any_number_of_pieces(tmp_path: Path) -> None:
    """More pieces than one system call takes are written all the same."""
    path = tmp_path / "file"
    path.write_bytes(b"")
    descriptor = durable.open_for_append(path)
    durable.append(descriptor, [b"%04d" % number for number in range(3000)])
    os.close(descriptor)
    assert path.read_bytes() == b"".join(b"%04d" % number for number in range(3000))


def test_the_only_one_that_syncs_and_renames() -> None:
    """No other module of storage calls fsync or rename."""
    pattern = re.compile(r"\b(fsync|fdatasync)\b|\bos\.(rename|replace)\(|\.rename\(")
    found = [
        f"{path.name}: {line.strip()}"
        for path in Path(storage.__path__[0]).glob("*.py")
        if path.name != "durable.py"
        for line in path.read_text().splitlines()
        if pattern.search(line) and "durable." not in line and not line.lstrip().startswith("#")
    ]
    assert not found
