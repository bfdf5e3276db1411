"""What a tenant's ledger says was received, day by day: what searches should meet, whatever is there."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from threading import Lock

from storage.blocks import NANOSECONDS_A_DAY, day_start
from storage.layout import Layout, StreamName
from storage.ledger import LedgerError, read_ledger, read_note
from storage.ledger_leaves import Leaf, RecordsLeaf, expired_by
from storage.spans import Span as Seqs
from storage.spans import union, without
from storage.windows import Span

Days = dict[str, dict[date, list[Seqs]]]  # by stream

log = logging.getLogger(__name__)


class Known:
    """Numbers of one tenant's records, kept until its ledger goes on. Safe to use from several threads.

    A ledger that is not to be believed says nothing here: sysledger verify tells why.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._note: str | None = None
        self._days: Days = {}
        self._lock = Lock()

    def seqs(self, name: StreamName, received: Span) -> list[Seqs]:
        """Give the numbers of a stream's records on the UTC days wholly within times of receipt (ns).

        Those that the ledger says have expired are left out.
        """
        with self._lock:
            days = self._current(name.tenant).get(name.stream, {})
        whole = [seqs for day, seqs in days.items() if _holds(received, day)]
        return union(span for seqs in whole for span in seqs)

    def _current(self, tenant: str) -> Days:
        try:
            note = read_note(self._layout, tenant)
            if note != self._note:
                state = read_ledger(self._layout, tenant)
                self._days = {} if state is None else _by_day(state.leaves())
                self._note = note
        except (LedgerError, OSError) as error:
            log.warning("what the ledger of tenant %s has is not looked at by searches: %s", tenant, error)
            self._days = {}
        return self._days


def _holds(received: Span, day: date) -> bool:
    return received.holds(day_start(day), day_start(day) + NANOSECONDS_A_DAY - 1)


def _by_day(leaves: Sequence[Leaf]) -> Days:
    expired = expired_by(leaves)
    found: dict[str, dict[date, list[Seqs]]] = defaultdict(lambda: defaultdict(list))
    for leaf in leaves:
        if isinstance(leaf, RecordsLeaf):
            found[leaf.stream][leaf.date].append((leaf.first, leaf.last))
    return {
        stream: {day: without(seqs, expired[stream]) for day, seqs in days.items()}
        for stream, days in found.items()
    }
