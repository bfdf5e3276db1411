"""Keys that we make ourselves, once, and that leave the appliance never: they sign what browsers carry."""

import secrets
from typing import Final

from access.database import Database

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, octets BLOB NOT NULL);
"""
OCTETS: Final = 32


class Keys:
    """The keys of an appliance, by their purpose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> bytes:
        """Give the key for a purpose, made at the first time; whoever asks gets the same."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO keys VALUES (?, ?)", (name, secrets.token_bytes(OCTETS))
            )
        octets: bytes = self._database.read("SELECT octets FROM keys WHERE name = ?", name)[0]["octets"]
        return octets
