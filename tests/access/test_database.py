"""The promises about SQLite files."""

from pathlib import Path

import pytest

from access.database import Database, DatabaseError

SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY);"


def names(database: Database) -> list[str]:
    """Give what is kept."""
    return [row["name"] for row in database.read("SELECT name FROM things ORDER BY name")]


def half_way(database: Database) -> None:
    """Fail in the middle of a change."""
    with database.write() as connection:
        connection.execute("INSERT INTO things VALUES ('b')")
        with database.write() as inner:
            inner.execute("INSERT INTO things VALUES ('c')")
        raise ZeroDivisionError


def test_all_or_nothing(tmp_path: Path) -> None:
    """A change that fails half way leaves nothing; an inner one is part of the outer."""
    database = Database(tmp_path / "deep" / "x.sqlite", [SCHEMA])
    with database.write() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
    with pytest.raises(ZeroDivisionError):
        half_way(database)
    assert names(database) == ["a"]
    other = Database(tmp_path / "deep" / "x.sqlite", [SCHEMA])
    with other.write() as connection:
        connection.execute("INSERT INTO things VALUES ('d')")
    assert names(database) == ["a", "d"]
    other.close()
    database.close()


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A file of something else is refused with what to do, and left as it is."""
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"this is no database, but it is long enough to look at " * 100)
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="put a copy of the file in its place"):
        Database(path, [SCHEMA])
    assert path.read_bytes() == before


def test_a_disk_without_room(tmp_path: Path) -> None:
    """What cannot be written is told with the file and what to do, and nothing of the change is left."""
    database = Database(tmp_path / "x.sqlite", [SCHEMA])
    with database.write() as connection:
        connection.execute("INSERT INTO things VALUES ('a')")
    database.read("PRAGMA max_page_count = 3")
    with pytest.raises(DatabaseError, match=r"x\.sqlite cannot be used \(database or disk is full\)"):
        write_much(database)
    assert names(database) == ["a"]
    database.read("PRAGMA max_page_count = 1000")
    write_much(database)
    assert len(names(database)) == 3
    database.close()


def test_a_folder_that_became_read_only(tmp_path: Path) -> None:
    """Likewise."""
    database = Database(tmp_path / "x.sqlite", [SCHEMA])
    database.read("PRAGMA query_only = ON")
    with pytest.raises(DatabaseError, match="its folder may be written"):
        write_much(database)
    assert names(database) == []
    database.close()


def write_much(database: Database) -> None:
    """Write more than a page holds."""
    with database.write() as connection:
        connection.execute("INSERT INTO things VALUES ('b')")
        connection.execute("INSERT INTO things VALUES (?)", ("c" * 100_000,))
