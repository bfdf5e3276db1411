"""What a tenant's ledger says was received: what searches should meet, whatever files are there."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from threading import Lock

from storage.layout import Layout, StreamName
from storage.ledger import LedgerError, read_ledger, read_note
from storage.ledger_leaves import Leaf, RecordsLeaf, expired_by, has_expired
from storage.spans import Span as Seqs
from storage.spans import union
from storage.windows import Span

Blocks = dict[
    str, list[tuple[int, int, Seqs]]
]  # by stream: the first and the last receipt (ns), and the numbers

log = logging.getLogger(__name__)


class Known:
    """Numbers of one tenant's records, kept until its ledger goes on. Safe to use from several threads.

    A ledger that is not to be believed says nothing here: sysledger verify tells why.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._note: str | None = None
        self._blocks: Blocks = {}
        self._lock = Lock()

    def seqs(self, name: StreamName, received: Span) -> list[Seqs]:
        """Give the numbers of a stream's records in blocks that reach into times of receipt (ns).

        Those that the ledger says have expired are left out.
        """
        with self._lock:
            blocks = self._current(name.tenant).get(name.stream, [])
        return union(seqs for oldest, newest, seqs in blocks if received.meets(oldest, newest))

    def _current(self, tenant: str) -> Blocks:
        try:
            note = read_note(self._layout, tenant)
            if note != self._note:
                state = read_ledger(self._layout, tenant)
                self._blocks = {} if state is None else _by_stream(state.leaves())
                self._note = note
        except (LedgerError, OSError) as error:
            log.warning("what the ledger of tenant %s has is not looked at by searches: %s", tenant, error)
            self._blocks = {}
        return self._blocks


def _by_stream(leaves: Sequence[Leaf]) -> Blocks:
    expired = expired_by(leaves)
    found: Blocks = defaultdict(list)
    for leaf in leaves:
        if isinstance(leaf, RecordsLeaf) and not has_expired(leaf, expired[leaf.stream]):
            found[leaf.stream].append((leaf.oldest, leaf.newest, (leaf.first, leaf.last)))
    return found
