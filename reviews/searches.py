"""Saved searches: questions with a name, their owner's or shared, and when they are reviewed."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from sqlite3 import Connection, Row

from access.database import Database
from reviews import history, instants, texts
from reviews.periods import Schedule, first_start
from storage.layout import StreamName
from storage.query import parse
from storage.results import TimeKind

_ANY = "SELECT * FROM searches LEFT JOIN schedules ON search = number"
_SELECT = f"{_ANY} WHERE removed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Question:
    """What a saved search asks.

    Attributes:
        query: in the query language.
        name: of the stream.
        time: which of a record's times ``start`` and ``end`` mean.
        start: as typed, such as ``-7d``; a review has its own period instead.
        end: as typed.
        extra: what else stands in the search's address, such as its columns, ready to be joined to it.
    """

    query: str
    name: StreamName
    time: TimeKind = "received"
    start: str = ""
    end: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an owner decides of a saved search.

    Attributes:
        title: in one line.
        about: what it is for, and what a reviewer is to look at.
        shared: whether others who may see its stream may use it.
        question: what it asks.
        schedule: when it is reviewed; None for never.
    """

    title: str
    about: str
    shared: bool
    question: Question
    schedule: Schedule | None = None

    def checked(self) -> "Draft":
        """Give it as it is kept.

        Raises:
            TextError: when the title is missing or a text too long.
            QueryError: when the query cannot be read.
        """
        parse(self.question.query)
        return replace(self, title=texts.title(self.title), about=texts.about(self.about))


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved search.

    Attributes:
        number: of it.
        draft: what its owner decided.
        owner: the account.
        masked: what is masked for everybody who ever wrote its words.
        created_at: when it was saved first.
        changed_at: when it was last changed.
        covered_until: the end of the last period whose review was made, or was to be; None without schedule.
    """

    number: int
    draft: Draft
    owner: str
    masked: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    covered_until: datetime | None


class Searches:
    """The saved searches there are. Methods that name one raise LookupError when there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, number: int) -> Saved:
        """Give one."""
        rows = self._database.read(f"{_SELECT} AND number = ?", number)
        if not rows:
            raise LookupError(number)
        return _saved(rows[0])

    def even_removed(self, number: int) -> Saved:
        """Give one, though it was removed: its reviews and its history are still there."""
        rows = self._database.read(f"{_ANY} WHERE number = ?", number)
        if not rows:
            raise LookupError(number)
        return _saved(rows[0])

    def all(self) -> list[Saved]:
        """Give every one, by title."""
        found = self._database.read(f"{_SELECT} ORDER BY title COLLATE NOCASE, number")
        return [_saved(row) for row in found]

    def scheduled(self) -> list[Saved]:
        """Give those that have a schedule, in the order they were made."""
        found = self._database.read(f"{_SELECT} AND cadence IS NOT NULL ORDER BY number")
        return [_saved(row) for row in found]

    def add(self, draft: Draft, by: str, masked: tuple[str, ...], at: datetime) -> int:
        """Save a search, and give its number; raises what ``Draft.checked`` does."""
        draft, now = draft.checked(), instants.written(at)
        with self._database.write() as connection:
            inserted = connection.execute(
                "INSERT INTO searches (owner, masked, created_at, changed_at, title, about, shared, query,"
                " tenant, stream, time, since, until, extra)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (by, json.dumps(masked), now, now, *_columns(draft)),
            )
            number = inserted.lastrowid or 0
            _schedule(connection, number, None, draft.schedule, at)
            history.note(connection, "search", number, by=by, at=at, what="saved", text=_told(draft))
        return number

    def change(self, number: int, draft: Draft, by: str, masked: tuple[str, ...], at: datetime) -> None:
        """Change a saved search. Reviews that were made stay as they are; the next one follows them.

        Args:
            number: of the search.
            draft: what it is from now on.
            by: who changes it.
            masked: what is masked for that one.
            at: when.

        Raises:
            TextError: when the title is missing, a text too long, or the stream another one: who may see its
                history is told by its stream.
            QueryError: when the query cannot be read.
        """
        draft = draft.checked()
        with self._database.write() as connection:
            before = self.get(number)
            if draft.question.name != before.draft.question.name:
                raise texts.TextError("a saved search stays with its stream: save another one")
            connection.execute(
                "UPDATE searches SET changed_at = ?, masked = ?, title = ?, about = ?, shared = ?, query = ?,"
                " tenant = ?, stream = ?, time = ?, since = ?, until = ?, extra = ? WHERE number = ?",
                (instants.written(at), _within(before.masked, masked), *_columns(draft), number),
            )
            _schedule(connection, number, before.draft.schedule, draft.schedule, at)
            history.note(connection, "search", number, by=by, at=at, what="changed", text=_told(draft))

    def remove(self, number: int, by: str, at: datetime) -> None:
        """Take a saved search and its schedule away; its reviews stay."""
        with self._database.write() as connection:
            self.get(number)
            connection.execute(
                "UPDATE searches SET removed_at = ? WHERE number = ?", (instants.written(at), number)
            )
            connection.execute("DELETE FROM schedules WHERE search = ?", (number,))
            history.note(connection, "search", number, by=by, at=at, what="removed")


def _within(masked: tuple[str, ...], also: tuple[str, ...]) -> str:
    return json.dumps([name for name in masked if name in also])


def _schedule(
    connection: Connection, number: int, before: Schedule | None, now: Schedule | None, at: datetime
) -> None:
    """Keep a schedule: one that goes on covers from where it was, a new one from its last boundary."""
    if now is None:
        connection.execute("DELETE FROM schedules WHERE search = ?", (number,))
        return
    given = (now.cadence, now.hour, now.weekday, now.reviewer, now.days, now.zone)
    if before is not None:
        connection.execute(
            "UPDATE schedules SET cadence = ?, hour = ?, weekday = ?, reviewer = ?, days = ?, zone = ?"
            " WHERE search = ?",
            (*given, number),
        )
        return
    connection.execute(
        "INSERT INTO schedules (cadence, hour, weekday, reviewer, days, zone, search, covered_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*given, number, instants.written(_first(connection, number, now, at))),
    )


def _first(connection: Connection, number: int, schedule: Schedule, at: datetime) -> datetime:
    """Give where a schedule begins: never before the end of a review that the search already has."""
    start = first_start(schedule, at)
    (last,) = connection.execute("SELECT max(end) FROM reviews WHERE search = ?", (number,)).fetchone()
    return start if last is None else max(start, instants.read(last))


def _columns(draft: Draft) -> tuple[object, ...]:
    asked = draft.question
    where = (asked.name.tenant, asked.name.stream, asked.time, asked.start, asked.end, asked.extra)
    return (draft.title, draft.about, int(draft.shared), asked.query, *where)


def _told(draft: Draft) -> str:
    asked, schedule = draft.question, draft.schedule
    said = [f"query: {asked.query or '(everything)'}", f"stream: {asked.name.tenant}/{asked.name.stream}"]
    said += ["shared"] if draft.shared else []
    if schedule is not None:
        said.append(f"{schedule.told()} for {schedule.reviewer}, to sign off within {schedule.days} days")
    return "\n".join(said)


def _saved(row: Row) -> Saved:
    schedule = None
    if row["cadence"] is not None:
        schedule = Schedule(
            row["cadence"], row["hour"], row["weekday"], row["reviewer"], row["days"], row["zone"]
        )
    question = Question(
        row["query"],
        StreamName(row["tenant"], row["stream"]),
        row["time"],
        row["since"],
        row["until"],
        row["extra"],
    )
    return Saved(
        number=row["number"],
        draft=Draft(row["title"], row["about"], bool(row["shared"]), question, schedule),
        owner=row["owner"],
        masked=tuple(json.loads(row["masked"])),
        created_at=instants.read(row["created_at"]),
        changed_at=instants.read(row["changed_at"]),
        covered_until=instants.maybe_read(row["covered_until"]),
    )
