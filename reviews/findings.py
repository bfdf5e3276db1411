"""Findings: results that somebody put their name to.

A finding is a **statement** ("this was there, and nothing else"), or a matter: **open**, with an owner
and a day by which it is due, until it is **resolved** with a resolution; it can be opened again. All that
happens to it stands in its history.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from sqlite3 import Row
from typing import Final, Literal, get_args

from access.database import Database
from reviews import history, instants, texts
from reviews.texts import DoneError

State = Literal["statement", "open", "resolved"]
STATES: Final[tuple[State, ...]] = get_args(State)
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        number: of it.
        title: in one line.
        state: statement, open or resolved.
        owner: who sees to it: an account, or whoever else; of a statement, who made it.
        due: the day by which it is to be resolved, UTC; None for a statement.
        resolution: what came of it, the last time it was resolved; nothing until then.
        result: number of what was found.
        opened_by: who saved it.
        opened_at: when.
        resolved_by: who resolved it last.
        resolved_at: when; None while it is not resolved.
    """

    number: int
    title: str
    state: State
    owner: str
    due: date | None
    resolution: str
    result: int
    opened_by: str
    opened_at: datetime
    resolved_by: str
    resolved_at: datetime | None

    def is_overdue(self, today: date) -> bool:
        """Say whether it should have been resolved before today."""
        return self.state == "open" and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True)
class Matter:
    """Who is to see to what a finding found, and until which day."""

    owner: str
    due: date


class Findings:
    """The findings there are. Methods that name one raise LookupError when there is none.

    Those that change one raise TextError for a text that is missing or too long, and DoneError when its state
    is not what the change is for.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, number: int) -> Finding:
        """Give one."""
        rows = self._database.read("SELECT * FROM findings WHERE number = ?", number)
        if not rows:
            raise LookupError(number)
        return _finding(rows[0])

    def newest(self, state: State | None = None, before: int | None = None) -> Iterator[Finding]:
        """Give findings with the highest number first, below ``before``, in one state or any."""
        below = 1 << 62 if before is None else before
        states = STATES if state is None else (state,)
        marks = ", ".join("?" * len(states))
        query = (
            f"SELECT * FROM findings WHERE number < ? AND state IN ({marks})"  # noqa: S608 - marks
            " ORDER BY number DESC LIMIT ?"
        )
        while True:
            rows = self._database.read(query, below, *states, _AT_ONCE)
            yield from map(_finding, rows)
            if len(rows) < _AT_ONCE:
                return
            below = rows[-1]["number"]

    def save(  # noqa: PLR0913 - what a finding is
        self, title: str, result: int, *, by: str, note: str, at: datetime, matter: Matter | None = None
    ) -> int:
        """Save a finding, and give its number: a statement, or an open matter. The note may be empty."""
        kept, said = texts.title(title), texts.about(note)
        state: State = "statement" if matter is None else "open"
        owner = by if matter is None else texts.owner(matter.owner)
        due = None if matter is None else matter.due.isoformat()
        with self._database.write() as connection:
            inserted = connection.execute(
                "INSERT INTO findings (title, state, owner, due, resolution, result, opened_by, opened_at)"
                " VALUES (?, ?, ?, ?, '', ?, ?, ?)",
                (kept, state, owner, due, result, by, instants.written(at)),
            )
            number = inserted.lastrowid or 0
            what = "stated" if matter is None else _opened(matter)
            history.note(connection, "finding", number, by=by, at=at, what=what, text=said)
        return number

    def open(self, number: int, matter: Matter, by: str, note: str, at: datetime) -> None:
        """Open a statement, or a resolved finding again, or give an open one another owner or day."""
        kept, owner = texts.note(note), texts.owner(matter.owner)
        with self._database.write() as connection:
            before = self.get(number)
            connection.execute(
                "UPDATE findings SET state = 'open', owner = ?, due = ?, resolved_by = '', resolved_at = NULL"
                " WHERE number = ?",
                (owner, matter.due.isoformat(), number),
            )
            what = _opened(matter) if before.state != "open" else _handed(before, Matter(owner, matter.due))
            if before.state == "resolved":
                what = what.replace("opened", "opened again")
            history.note(connection, "finding", number, by=by, at=at, what=what, text=kept)

    def resolve(self, number: int, by: str, resolution: str, at: datetime) -> None:
        """Resolve an open finding."""
        kept = texts.note(resolution, "a resolution")
        with self._database.write() as connection:
            self._expect_open(number)
            connection.execute(
                "UPDATE findings SET state = 'resolved', resolution = ?, resolved_by = ?, resolved_at = ?"
                " WHERE number = ?",
                (kept, by, instants.written(at), number),
            )
            history.note(connection, "finding", number, by=by, at=at, what="resolved", text=kept)

    def comment(self, number: int, by: str, text: str, at: datetime, what: str = "noted") -> None:
        """Add what somebody says to a finding, or found when checking it."""
        kept = texts.note(text)
        with self._database.write() as connection:
            self.get(number)
            history.note(connection, "finding", number, by=by, at=at, what=what, text=kept)

    def _expect_open(self, number: int) -> None:
        finding = self.get(number)
        if finding.state != "open":
            raise DoneError(
                f"Finding {number} is not open, but {finding.state}. Open it first, if it is to be resolved."
            )


def _opened(matter: Matter) -> str:
    return f"opened for {matter.owner}, due {matter.due.isoformat()}"


def _handed(before: Finding, now: Matter) -> str:
    if before.owner == now.owner:
        return f"due {now.due.isoformat()}"
    return f"handed over from {before.owner} to {now.owner}, due {now.due.isoformat()}"


def _finding(row: Row) -> Finding:
    return Finding(
        number=row["number"],
        title=row["title"],
        state=row["state"],
        owner=row["owner"],
        due=None if row["due"] is None else date.fromisoformat(row["due"]),
        resolution=row["resolution"],
        result=row["result"],
        opened_by=row["opened_by"],
        opened_at=instants.read(row["opened_at"]),
        resolved_by=row["resolved_by"],
        resolved_at=instants.maybe_read(row["resolved_at"]),
    )
