"""What happened to a saved search, a review or a finding, in order; lines are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection
from typing import Literal

from access.database import Database
from reviews import instants

Subject = Literal["search", "review", "finding"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of history: when, who, what in a word or two, and what was said."""

    at: datetime
    by: str
    what: str
    text: str


def note(  # noqa: PLR0913 - who did what to what, when, and what they said
    connection: Connection, subject: Subject, of: int, *, by: str, at: datetime, what: str, text: str = ""
) -> None:
    """Add a line, within the caller's transaction."""
    connection.execute(
        "INSERT INTO history (subject, of, at, by, what, text) VALUES (?, ?, ?, ?, ?, ?)",
        (subject, of, instants.written(at), by, what, text),
    )


def events(database: Database, subject: Subject, of: int) -> list[Event]:
    """Give the lines of one subject, oldest first."""
    rows = database.read(
        "SELECT at, by, what, text FROM history WHERE subject = ? AND of = ? ORDER BY number", subject, of
    )
    return [Event(instants.read(row["at"]), row["by"], row["what"], row["text"]) for row in rows]
