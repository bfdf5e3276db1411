"""What people are to be reminded of, each once: reviews that wait, or were missed, and findings overdue.

A reminder is a message of the appliance's own log, so that it is stored, searched and sent on like any other;
which ones were given stands in the file of the reviews, so that a restart repeats none. One that is given
just before the process is killed may be given again: twice is better than never. Reminders are read by
whoever may read that log, so they name no title, query or count.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Final, Literal, assert_never

from access.database import Database
from reviews import instants

Kind = Literal["waiting", "missed", "unmade", "overdue"]
MOST_AT_ONCE: Final = 20  # of a kind at one look; of more, as after a long stop, the number is told
_SD_ID: Final = "review@32473"
_MSGIDS: Final[dict[Kind, str]] = {
    "waiting": "REVIEW-WAITING",
    "missed": "REVIEW-MISSED",
    "unmade": "REVIEW-UNMADE",
    "overdue": "FINDING-OVERDUE",
}
_LISTED: Final[dict[Kind, tuple[str, str]]] = {
    "waiting": ("reviews wait", "reviews?show=waiting"),
    "missed": ("reviews were not signed off in time", "reviews?show=missed"),
    "unmade": ("reviews have a result that cannot be made", "reviews?show=waiting"),
    "overdue": ("findings are overdue", "findings?state=open"),
}
# A review that goes to somebody else, and a finding with another owner or day, is another reminder.
_REVIEWS: Final = (
    "SELECT r.number, r.reviewer AS who, r.due_at AS due, t.tenant, t.stream, r.reviewer AS about"
    " FROM reviews r JOIN results t ON t.number = r.result WHERE r.outcome IS NULL"
)
_OWED: Final[dict[Kind, str]] = {
    "waiting": f"{_REVIEWS} AND r.due_at >= ?1",
    "missed": f"{_REVIEWS} AND r.due_at < ?1",
    "unmade": f"{_REVIEWS} AND t.made_at IS NULL AND t.failure <> ''",
    "overdue": (
        "SELECT f.number, f.owner AS who, f.due, t.tenant, t.stream, f.due || ' ' || f.owner AS about"
        " FROM findings f JOIN results t ON t.number = f.result WHERE f.state = 'open' AND f.due < ?2"
    ),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing that somebody is to be reminded of.

    Attributes:
        kind: what it is about.
        number: of the review, or of the finding when it is overdue.
        who: the reviewer, or the finding's owner.
        due: until when, or the day.
        tenant: whose messages it is about.
        stream: likewise.
        about: what makes another reminder of it when it changes.
    """

    kind: Kind
    number: int
    who: str
    due: str
    tenant: str
    stream: str
    about: str


def owed(database: Database, now: datetime) -> list[Reminder]:
    """Give the reminders that are due and were not given, those of a kind together, oldest first."""
    given = (instants.written(now), now.astimezone(UTC).date().isoformat())
    found: list[Reminder] = []
    for kind, query in _OWED.items():
        rows = database.read(
            f"SELECT * FROM ({query}) AS one WHERE NOT EXISTS (SELECT 1 FROM reminded"  # noqa: S608 - ours
            " WHERE kind = ?3 AND of = one.number AND reminded.about = one.about) ORDER BY number",
            *given,
            kind,
        )
        found += [_reminder(kind, row) for row in rows]
    return found


def remind(database: Database, now: datetime, url: str) -> list[Reminder]:
    """Give what is owed, by the log, and note that it was given.

    Args:
        database: of the reviews.
        now: the time.
        url: where the pages are, ending with a slash.
    """
    some = owed(database, now)
    if not some:
        return []
    tell(some, url)
    with database.write() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO reminded (kind, of, about, at) VALUES (?, ?, ?, ?)",
            [(one.kind, one.number, one.about, instants.written(now)) for one in some],
        )
    return some


def tell(reminders: Iterable[Reminder], url: str) -> None:
    """Write reminders to the log: each on its own, and of many of a kind the number."""
    told: dict[Kind, int] = {}
    for one in reminders:
        told[one.kind] = told.get(one.kind, 0) + 1
        if told[one.kind] <= MOST_AT_ONCE:
            _tell(one, url)
    for kind, number in told.items():
        if number > MOST_AT_ONCE:
            what, where = _LISTED[kind]
            log.warning("and %d more %s: %s%s lists them", number - MOST_AT_ONCE, what, url, where)


def sentence(reminder: Reminder, url: str) -> str:
    """Say what somebody is reminded of, and what to do."""
    of = f"{reminder.number} of {reminder.tenant}/{reminder.stream}"
    who = _plain(reminder.who)
    match reminder.kind:
        case "waiting":
            said = f"review {of} waits for {who} until {_at(reminder.due)}: sign it off"
        case "missed":
            said = (
                f"review {of} was not signed off by {_at(reminder.due)} and waits for {who}: sign it off, or "
                "hand it over,"
            )
        case "unmade":
            said = (
                f"the result of review {of}, which waits for {who}, cannot be made: see why, and try again,"
            )
        case "overdue":
            said = (
                f"finding {of}, which {who} sees to, was due on {reminder.due}: resolve it, or give it "
                "another day,"
            )
        case _:
            assert_never(reminder.kind)
    place = "findings" if reminder.kind == "overdue" else "reviews"
    return f"{said} at {url}{place}/{reminder.number}"


def _tell(reminder: Reminder, url: str) -> None:
    number = "finding" if reminder.kind == "overdue" else "review"
    details = {
        "kind": reminder.kind,
        number: str(reminder.number),
        "who": _plain(reminder.who),
        "due": reminder.due,
        "tenant": reminder.tenant,
        "stream": reminder.stream,
    }
    log.log(
        logging.INFO if reminder.kind == "waiting" else logging.WARNING,
        "%s",
        sentence(reminder, url),
        extra={"msgid": _MSGIDS[reminder.kind], "structured_data": {_SD_ID: details}},
    )


def _plain(name: str) -> str:
    """Give a name without what would act on a terminal: an owner need not be an account."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _at(due: str) -> str:
    return f"{instants.read(due):%Y-%m-%d %H:%M} UTC"


def _reminder(kind: Kind, row: Row) -> Reminder:
    names = ("number", "who", "due", "tenant", "stream", "about")
    return Reminder(kind, *(row[name] for name in names))
