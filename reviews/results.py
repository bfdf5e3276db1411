"""Results: a search over a range that has ended, asked for once, made once, checked as often as one likes.

A result is asked for first and made afterwards, which may take a while; one that an end of the process broke
off is made at the next start. What was made is never changed: a check of it is kept beside it.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection, Row
from threading import Lock
from typing import Final

from access import limits
from access.database import Database
from access.visitor import Limits
from reviews import evidence, instants
from reviews.evidence import Evidence
from storage.layout import StreamName
from storage.results import Request

_AT_ONCE: Final = 500  # numbers in one question to SQLite


@dataclass(frozen=True, slots=True)
class Result:
    """One result.

    Attributes:
        number: of it.
        asked: what was looked for; its range has an end.
        asked_by: the account.
        asked_at: when.
        limits: of whoever asked, which it was made within; None until it is known.
        made_at: when it was made; None until then.
        evidence: what it was; None until it is made.
        failure: why it could not be made the last time it was tried; nothing when it was not, or is made.
    """

    number: int
    asked: Request
    asked_by: str
    asked_at: datetime
    limits: Limits | None
    made_at: datetime | None
    evidence: Evidence | None
    failure: str


@dataclass(frozen=True, slots=True)
class Check:
    """A result made once more: by whom, when, what it was then."""

    by: str
    at: datetime
    evidence: Evidence


def ask(connection: Connection, asked: Request, by: str, made_with: Limits | None, at: datetime) -> int:
    """Note a result to be made, within the caller's transaction, and give its number."""
    assert asked.end is not None  # noqa: S101 - a range that goes on has no result
    inserted = connection.execute(
        "INSERT INTO results (tenant, stream, query, time, since, until, asked_by, asked_at, limits)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            asked.name.tenant, asked.name.stream, asked.query, asked.time,
            instants.maybe_written(asked.start), instants.written(asked.end), by, instants.written(at),
            None if made_with is None else _text(made_with),
        ),
    )  # fmt: skip
    return inserted.lastrowid or 0


class Results:
    """The results there are. Methods that name one raise LookupError when there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._underway: set[int] = set()
        self._changing = Lock()

    @contextmanager
    def making(self, number: int) -> Iterator[bool]:
        """Say whether nobody else in this process makes a result, and keep others from it meanwhile."""
        with self._changing:
            is_first = number not in self._underway
            self._underway.add(number)
        try:
            yield is_first
        finally:
            if is_first:
                with self._changing:
                    self._underway.discard(number)

    def get(self, number: int) -> Result:
        """Give one."""
        return self.several([number])[number]

    def several(self, numbers: Collection[int]) -> dict[int, Result]:
        """Give those of these numbers that there are."""
        found: dict[int, Result] = {}
        wanted = sorted(set(numbers))
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._database.read(f"SELECT * FROM results WHERE number IN ({marks})", *some)  # noqa: S608 - marks
            found.update((row["number"], _result(row)) for row in rows)
        return found

    def unmade(self) -> list[int]:
        """Give the numbers of those that were asked for, not made, and did not fail, oldest first."""
        query = "SELECT number FROM results WHERE made_at IS NULL AND failure = '' ORDER BY number"
        return [row["number"] for row in self._database.read(query)]

    def ask(self, asked: Request, by: str, made_with: Limits, at: datetime) -> int:
        """Note a result to be made, and give its number."""
        with self._database.write() as connection:
            return ask(connection, asked, by, made_with, at)

    def made(self, number: int, found: Evidence, made_with: Limits, at: datetime) -> None:
        """Keep what a result is. The second of two who made it at the same time changes nothing."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE results SET evidence = ?, limits = ?, made_at = ?, failure = ''"
                " WHERE number = ? AND made_at IS NULL",
                (evidence.written(found), _text(made_with), instants.written(at), number),
            )

    def failed(self, number: int, why: str) -> None:
        """Keep why a result could not be made; it is tried again when somebody asks for it."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE results SET failure = ? WHERE number = ? AND made_at IS NULL", (why, number)
            )

    def check(self, number: int, found: Evidence, by: str, at: datetime) -> None:
        """Keep what a result is when it is made once more."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO checks (result, by, at, evidence) VALUES (?, ?, ?, ?)",
                (number, by, instants.written(at), evidence.written(found)),
            )

    def checks(self, number: int) -> list[Check]:
        """Give what a result was when it was made once more, oldest first."""
        rows = self._database.read("SELECT * FROM checks WHERE result = ? ORDER BY number", number)
        return [Check(row["by"], instants.read(row["at"]), evidence.read(row["evidence"])) for row in rows]


def _text(made_with: Limits) -> str:
    return json.dumps(limits.written(made_with))


def _result(row: Row) -> Result:
    asked = Request(
        row["query"],
        StreamName(row["tenant"], row["stream"]),
        instants.maybe_read(row["since"]),
        instants.read(row["until"]),
        row["time"],
        None,
    )
    return Result(
        number=row["number"],
        asked=asked,
        asked_by=row["asked_by"],
        asked_at=instants.read(row["asked_at"]),
        limits=None if row["limits"] is None else limits.made(json.loads(row["limits"])),
        made_at=instants.maybe_read(row["made_at"]),
        evidence=None if row["evidence"] is None else evidence.read(row["evidence"]),
        failure=row["failure"],
    )
