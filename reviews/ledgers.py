"""What of a tenant's ledger is kept beside a result, and whether today's ledger still goes on from it.

A result's count and digest say what was found; a checkpoint kept with them says what the archive held then,
as it was signed. When the ledger goes on from it, nothing that was in it then was changed or taken out since.
"""

import logging
from typing import Final

from access.ledger import sees_ledger
from access.sight import Sights
from access.visitor import Visitor
from storage.layout import Layout
from storage.ledger import LedgerError, read_ledger, read_note
from storage.ledger_note import NoteError
from storage.ledger_since import since

GONE: Final = "The ledger that was there then is not there any more."
UNREADABLE: Final = "The ledger is not as it was signed, or cannot be read: run sysledger ledger show."
ANOTHER: Final = (
    "The ledger's checkpoint of then has the signature of another key than today's: it was begun anew."
)
log = logging.getLogger(__name__)


class Ledgers:
    """The ledgers of an appliance, for results."""

    def __init__(self, layout: Layout, sights: Sights) -> None:
        self._layout = layout
        self._sights = sights

    def checkpoint(self, visitor: Visitor, tenant: str) -> str:
        """Give a tenant's newest checkpoint; nothing for who may not know of it, or where there is none."""
        if not sees_ledger(self._sights, visitor, tenant):
            return ""
        return read_note(self._layout, tenant) or ""

    def fault(self, tenant: str, kept: str) -> str:
        """Say why a tenant's ledger does not go on from a checkpoint that was kept; nothing when it does."""
        try:
            state = read_ledger(self._layout, tenant)
            if state is None:
                return GONE
            said = since(state, kept)[1]
        except NoteError:
            return ANOTHER
        except (LedgerError, OSError) as error:
            log.error("the ledger of tenant %s: %s", tenant, error)  # noqa: TRY400 - the reason is all there is
            return UNREADABLE
        return f"{said[:1].upper()}{said[1:]}." if said else ""
