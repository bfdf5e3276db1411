"""How reviewing stands, in numbers: what waits for whom, what was missed, what is overdue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from sqlite3 import Row

from access.database import Database
from reviews import instants


@dataclass(frozen=True, slots=True)
class Standing:
    """The numbers of a moment.

    Attributes:
        waiting: reviews that nobody has signed off yet, those that are missed among them.
        missed: reviews that were to be signed off before now.
        open: findings that somebody is to see to, those that are overdue among them.
        overdue: findings that were to be resolved before today, UTC.
        reviews_of: how many reviews wait for whom, by account.
        findings_of: how many findings are open for whom, by owner.
    """

    waiting: int = 0
    missed: int = 0
    open: int = 0
    overdue: int = 0
    reviews_of: Mapping[str, int] = field(default_factory=dict)
    findings_of: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, int]:
        """Give the numbers of all together, as the role reports them."""
        return {
            "reviews_waiting": self.waiting,
            "reviews_missed": self.missed,
            "findings_open": self.open,
            "findings_overdue": self.overdue,
        }


def standing(database: Database, now: datetime) -> Standing:
    """Count what waits now."""
    reviews = database.read(
        "SELECT reviewer AS name, count(*) AS number, sum(due_at < ?) AS late FROM reviews"
        " WHERE outcome IS NULL GROUP BY reviewer",
        instants.written(now),
    )
    findings = database.read(
        "SELECT owner AS name, count(*) AS number, sum(due < ?) AS late FROM findings"
        " WHERE state = 'open' GROUP BY owner",
        now.astimezone(UTC).date().isoformat(),
    )
    return Standing(
        waiting=_sum(reviews, "number"),
        missed=_sum(reviews, "late"),
        open=_sum(findings, "number"),
        overdue=_sum(findings, "late"),
        reviews_of={row["name"]: row["number"] for row in reviews},
        findings_of={row["name"]: row["number"] for row in findings},
    )


def _sum(rows: list[Row], column: str) -> int:
    return sum(row[column] or 0 for row in rows)
