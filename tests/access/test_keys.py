"""Keys are made once, differ, and are the same for whoever asks."""

from pathlib import Path

from access.access import Access


def test_the_same_for_all(tmp_path: Path) -> None:
    """Two processes that ask get the same key, and a later one, too."""
    one, other = Access(tmp_path / "access"), Access(tmp_path / "access")
    key = one.keys.get("tickets")
    assert other.keys.get("tickets") == key
    one.close()
    other.close()
    later = Access(tmp_path / "access")
    assert later.keys.get("tickets") == key
    later.close()


def test_one_a_purpose(access: Access) -> None:
    """Another purpose has another key; each is 256 bits."""
    keys = {access.keys.get("a"), access.keys.get("b")}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {32}
