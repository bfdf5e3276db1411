"""Everything that reviewing keeps, over one SQLite file: data/reviews/reviews.sqlite."""

from pathlib import Path
from typing import Final

from access.database import Database
from reviews import history
from reviews.findings import Findings
from reviews.history import Event, Subject
from reviews.results import Results
from reviews.review import Queue
from reviews.schema import SCHEMAS, upgrade
from reviews.searches import Searches

FILE: Final = "reviews.sqlite"


class Store:
    """Saved searches, results, reviews and findings.

    Args:
        folder: of the file, which is made when it is missing.

    Raises:
        DatabaseError: when the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / FILE, SCHEMAS)
        upgrade(self.database)
        self.searches = Searches(self.database)
        self.results = Results(self.database)
        self.queue = Queue(self.database)
        self.findings = Findings(self.database)

    def events(self, subject: Subject, number: int) -> list[Event]:
        """Give what happened to a saved search, a review or a finding, oldest first."""
        return history.events(self.database, subject, number)

    def close(self) -> None:
        """Close the file."""
        self.database.close()
