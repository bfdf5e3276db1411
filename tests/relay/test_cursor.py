"""relay/cursor.py."""

from pathlib import Path

import pytest

from relay.cursor import Cursor, CursorError
from storage.layout import StreamName


def test_a_cursor_that_was_written_is_read_again(tmp_path: Path) -> None:
    """Nothing at first, then always the last that was written; its folder is made."""
    cursor = Cursor(tmp_path / "relay" / "there.json", StreamName())
    assert cursor.read() is None
    for seq in (0, 7, 2**62):
        cursor.write(seq)
        assert cursor.read() == seq


def test_a_cursor_of_another_stream_is_refused(tmp_path: Path) -> None:
    """A destination whose stream was changed does not go on at a number that means nothing there."""
    path = tmp_path / "there.json"
    Cursor(path, StreamName()).write(7)
    with pytest.raises(CursorError, match="name the destination anew, or remove the file"):
        Cursor(path, StreamName("default", "other")).read()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"tenant": "default", "stream": "syslog", "seq": "x"}']
)
def test_a_damaged_cursor_is_refused(tmp_path: Path, content: bytes) -> None:
    """A damaged file ends the start with a sentence that says what to do, and is not overwritten."""
    path = tmp_path / "there.json"
    path.write_bytes(content)
    with pytest.raises(CursorError, match="remove it, and the destination begins anew"):
        Cursor(path, StreamName()).read()
    assert path.read_bytes() == content
