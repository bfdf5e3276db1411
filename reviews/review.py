"""Reviews: what a scheduled search gave for one period, waiting for a named reviewer, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from typing import Final, Literal

from access.database import Database
from reviews import history, instants, results, texts
from reviews.periods import Period, due_at
from reviews.searches import Saved
from reviews.texts import DoneError
from storage.results import Request

APPLIANCE: Final = "sysledger"  # who does what a schedule says; no account has this name
State = Literal["waiting", "missed", "signed", "late"]
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    Attributes:
        number: of it.
        search: number of the saved search.
        title: of the search when the period ended.
        about: of the search when the period ended.
        owner: of the search.
        reviewer: who is to sign off.
        period: receive times that it covers.
        due_at: until when it is to be signed off.
        result: number of what was found.
        outcome: ``signed`` when nothing was left to do, ``finding`` when one was opened, None until then.
        signed_by: who signed off.
        signed_at: when; None until then.
        note: what the reviewer said.
        finding: number of the finding that was opened.
    """

    number: int
    search: int
    title: str
    about: str
    owner: str
    reviewer: str
    period: Period
    due_at: datetime
    result: int
    outcome: Literal["signed", "finding"] | None
    signed_by: str
    signed_at: datetime | None
    note: str
    finding: int | None

    def state(self, now: datetime) -> State:
        """Say how it stands: missed is what nobody signed in time, late what somebody signed after that."""
        if self.signed_at is None:
            return "missed" if now > self.due_at else "waiting"
        return "late" if self.signed_at > self.due_at else "signed"


class Queue:
    """The reviews there are. Methods that name one raise LookupError when there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, number: int) -> Review:
        """Give one."""
        rows = self._database.read("SELECT * FROM reviews WHERE number = ?", number)
        if not rows:
            raise LookupError(number)
        return _review(rows[0])

    def newest(self, *, unsigned: bool = False, before: int | None = None) -> Iterator[Review]:
        """Give reviews with the highest number first, below ``before``; only those that wait, if asked to."""
        where = "number < ? AND outcome IS NULL" if unsigned else "number < ?"
        below = 1 << 62 if before is None else before
        while True:
            query = f"SELECT * FROM reviews WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608 - ours
            rows = self._database.read(query, below, _AT_ONCE)
            yield from map(_review, rows)
            if len(rows) < _AT_ONCE:
                return
            below = rows[-1]["number"]

    def with_finding(self, finding: int) -> list[int]:
        """Give the numbers of the reviews that were signed off with a finding."""
        rows = self._database.read("SELECT number FROM reviews WHERE finding = ? ORDER BY number", finding)
        return [row["number"] for row in rows]

    def ending(self, start: datetime, end: datetime) -> Sequence[Review]:
        """Give the reviews whose period ends in start < t ≤ end, by search and period."""
        rows = self._database.read(
            "SELECT * FROM reviews WHERE end > ? AND end <= ? ORDER BY search, start",
            instants.written(start),
            instants.written(end),
        )
        return [_review(row) for row in rows]

    def open(self, saved: Saved, period: Period, at: datetime) -> int:
        """Begin the review of a period: its result is asked for, and the schedule goes on behind it."""
        draft = saved.draft
        assert draft.schedule is not None  # noqa: S101 - only scheduled searches are reviewed
        asked = Request(draft.question.query, draft.question.name, period.start, period.end, "received", None)
        start, end = instants.written(period.start), instants.written(period.end)
        with self._database.write() as connection:
            result = results.ask(connection, asked, saved.owner, None, at)
            inserted = connection.execute(
                "INSERT INTO reviews (search, title, about, owner, reviewer, start, end, due_at, result)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    saved.number, draft.title, draft.about, saved.owner, draft.schedule.reviewer, start, end,
                    instants.written(due_at(draft.schedule, period)), result,
                ),
            )  # fmt: skip
            connection.execute("UPDATE schedules SET covered_until = ? WHERE search = ?", (end, saved.number))
            number = inserted.lastrowid or 0
            queued = f"queued for {draft.schedule.reviewer}"
            history.note(connection, "review", number, by=APPLIANCE, at=at, what=queued)
        return number

    def sign(self, number: int, by: str, note: str, at: datetime, finding: int | None = None) -> None:
        """Sign a review off with a note, and with the finding that was opened, if one was.

        Raises:
            TextError: when the note is missing or too long.
            DoneError: when it was signed already.
        """
        kept = texts.note(note)
        outcome = "signed" if finding is None else "finding"
        with self._database.write() as connection:
            self._still_waiting(number)
            connection.execute(
                "UPDATE reviews SET outcome = ?, signed_by = ?, signed_at = ?, note = ?, finding = ?"
                " WHERE number = ? AND outcome IS NULL",
                (outcome, by, instants.written(at), kept, finding, number),
            )
            what = "signed off" if finding is None else f"signed off with finding {finding}"
            history.note(connection, "review", number, by=by, at=at, what=what, text=kept)

    def hand_over(self, number: int, reviewer: str, by: str, note: str, at: datetime) -> None:
        """Give a review that waits to another reviewer, and say why.

        Raises:
            TextError: when the note is missing or too long.
            DoneError: when it was signed already.
        """
        kept = texts.note(note, "a reason")
        with self._database.write() as connection:
            waiting = self._still_waiting(number)
            connection.execute("UPDATE reviews SET reviewer = ? WHERE number = ?", (reviewer, number))
            said = f"handed over from {waiting.reviewer} to {reviewer}"
            history.note(connection, "review", number, by=by, at=at, what=said, text=kept)

    def _still_waiting(self, number: int) -> Review:
        review = self.get(number)
        if review.signed_at is not None:
            at = f"{review.signed_at:%Y-%m-%d %H:%M:%S} UTC"
            raise DoneError(
                f"Review {number} was signed off by {review.signed_by} at {at}. It is not changed any more; "
                "open a finding if something is left to do."
            )
        return review


def _review(row: Row) -> Review:
    return Review(
        number=row["number"],
        search=row["search"],
        title=row["title"],
        about=row["about"],
        owner=row["owner"],
        reviewer=row["reviewer"],
        period=Period(instants.read(row["start"]), instants.read(row["end"])),
        due_at=instants.read(row["due_at"]),
        result=row["result"],
        outcome=row["outcome"],
        signed_by=row["signed_by"],
        signed_at=instants.maybe_read(row["signed_at"]),
        note=row["note"],
        finding=row["finding"],
    )
