"""SQLite files: tables made where they are missing, one writer at a time, durable when a change is told done.

SQLite syncs by itself (``synchronous=FULL`` in its write-ahead log); nothing of ours is between.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final

import durable

BUSY_SECONDS: Final = 10.0  # the command line and the pages may change something at the same time
FILE_MODE: Final = 0o600  # of what holds secrets


class DatabaseError(Exception):
    """The file cannot be used; the message says what to do."""


class Database:
    """One SQLite file. Safe for threads, and beside other processes.

    Args:
        path: of the file, made with its folder when it is missing.
        schemas: ``CREATE TABLE IF NOT EXISTS`` statements, run in order.

    Raises:
        DatabaseError: when it is no such file, or cannot be written.
    """

    def __init__(self, path: Path, schemas: Sequence[str]) -> None:
        self.path = path
        self._lock = RLock()
        try:
            self._connection = self._opened(schemas)
        except (sqlite3.Error, OSError) as error:
            reason = f"{path} cannot be opened ({error})"
            raise DatabaseError(
                f"{reason}: see that its folder may be written, or put a copy of the file in its place"
            ) from error

    def _opened(self, schemas: Sequence[str]) -> sqlite3.Connection:
        durable.make_folder(self.path.parent)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        for schema in schemas:
            connection.executescript(schema)
        return connection

    def read(self, sql: str, *parameters: object) -> list[sqlite3.Row]:
        """Give the rows of a query.

        Raises:
            DatabaseError: when the file cannot be read.
        """
        with self._lock, self._telling():
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Change things within the block: all of it or, when it raises, nothing.

        Raises:
            DatabaseError: when the file cannot be written.
        """
        with self._lock:
            if self._connection.in_transaction:  # a block within a block is part of it
                yield self._connection
                return
            with self._telling():
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # SQLite ends it by itself where the disk is full
                        self._connection.execute("ROLLBACK")
                    raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise DatabaseError(
                f"{self.path} cannot be used ({error}), and nothing was changed: see that its disk has room "
                "and its folder may be written"
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
