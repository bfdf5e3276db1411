"""What counts once: tickets that were brought back stay used for as long as they would hold."""

import time
from collections.abc import Callable
from typing import Final

from access import secrets
from access.database import Database

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS used (digest TEXT PRIMARY KEY, until REAL NOT NULL);
"""


class Used:
    """The tickets of an appliance that were used. Kept over restarts, which must not make them count anew."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def take(self, ticket: str, seconds: float) -> bool:
        """Use a ticket; False when it was used before. Of two who bring it at the same time one gets it.

        Args:
            ticket: one of ours: whoever asks has looked at its signature, or strangers could fill the table.
            seconds: at least as long as it holds yet.
        """
        now = self._clock()
        with self._database.write() as connection:
            connection.execute("DELETE FROM used WHERE until <= ?", (now,))
            row = (secrets.digest(ticket), now + seconds)
            return connection.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", row).rowcount == 1
