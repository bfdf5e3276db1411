"""Proofs that messages are in their tenant's ledger: made from the archive, checked without it.

proofs.jsonl, a JSON object a line; storage/ledger_proven.py checks it, and so can anybody with RFC 6962:

    {"kind":"proofs","version":1,"tenant":T,"stream":S}

first; then for each message, in the order of the file that they prove,

    {"kind":"record","seq":…,"received_at":…,"peer":…,"listener":…,"transport":…,"tls_identity":…,
     "octets":TEXT,"leaf":N,"place":P,"hashes":[HEX…]}

which is record P of leaf N, with the proof that the leaf's root has it; received_at is in ns since 1970, and
octets_base64 is there in place of octets that are not UTF-8. Before the first message of a leaf comes

    {"kind":"leaf","leaf":N,"line":TEXT,"hashes":[HEX…]}

with the proof that the checkpoint has it. Of a message that cannot be proven there is, with the length of its
octets, {"kind":"none","seq":…,"length":…}.
"""

import json
import logging
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from parsers.rebuild import exact_octets
from storage.blocks import day_of
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.ledger import LedgerState
from storage.ledger_leaves import Leaf, RecordsLeaf
from storage.ledger_records import UnknownOctetsError, record_hashes
from storage.ledger_tree import inclusion_in, levels_of
from storage.ledger_verify import records_of

VERSION: Final = 1
SENDER: Final = ("peer", "listener", "transport", "tls_identity")
BLOCKS_KEPT: Final = 4  # of up to 32 MiB of messages; an export goes from one to the next
log = logging.getLogger(__name__)

JsonLine = dict[str, Any]


class LeafIndex:
    """Which leaf says something of a message of one stream. Safe for threads.

    Attributes:
        size: how many leaves the ledger has, of all streams.
    """

    def __init__(self, leaves: Sequence[Leaf], stream: str) -> None:
        self.size = len(leaves)
        # by days since 0001: first, last, which leaf
        self._days: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for number, leaf in enumerate(leaves):
            if isinstance(leaf, RecordsLeaf) and leaf.stream == stream:
                self._days[leaf.date.toordinal()].append((leaf.first, leaf.last, number))
        for several in self._days.values():
            several.sort()

    def leaf_of(self, seq: int, received_at: int) -> int | None:
        """Give which leaf (from 0) says something of a message; None when none does.

        Args:
            seq: its number.
            received_at: in ns since 1970.
        """
        several = self._days.get(day_of(received_at).toordinal(), [])
        place = bisect_right(several, seq, key=lambda each: each[0]) - 1
        if place < 0 or seq > several[place][1]:
            return None
        return several[place][2]


class Prover:
    """Proves messages of one stream by a state of its ledger. Not safe for threads.

    Attributes:
        state: the ledger.
        proven: how many messages were proven.
        unproven: how many could not be.
    """

    def __init__(self, layout: Layout, name: StreamName, state: LedgerState) -> None:
        self.state = state
        self.proven = 0
        self.unproven = 0
        self._layout = layout
        self._name = name
        self._hash_levels = levels_of(state.hashes)
        self._leaves = state.leaves()
        self._index = LeafIndex(self._leaves, name.stream)
        self._blocks: OrderedDict[int, _Block | None] = OrderedDict()

    def lines(self, wanted: Iterable[tuple[int, int, int]]) -> Iterator[JsonLine]:
        """Give the lines that prove messages, in the same order.

        Args:
            wanted: seq, received_at (ns since 1970) and number of octets of each.
        """
        yield {
            "kind": "proofs", "version": VERSION, "tenant": self._name.tenant, "stream": self._name.stream,
        }  # fmt: skip
        given: set[int] = set()
        for seq, received_at, length in wanted:
            found = self._found(seq, received_at)
            if found is None:
                self.unproven += 1
                yield {"kind": "none", "seq": seq, "length": length}
                continue
            number, line = found
            if number not in given:
                given.add(number)
                yield self._leaf_line(number)
            self.proven += 1
            yield line

    def document(self, seq: int, received_at: int) -> JsonLine | None:
        """Give all that proves one message, in one object; None when it cannot be proven.

        Args:
            seq: its number.
            received_at: in ns since 1970.
        """
        found = self._found(seq, received_at)
        if found is None:
            return None
        number, line = found
        return {
            "proof": "sysledger message",
            "version": VERSION,
            "tenant": self._name.tenant,
            "stream": self._name.stream,
            "checkpoint": self.state.note,
            "key": self.state.vkey,
            "leaf": self._leaf_line(number),
            "record": line,
        }

    def _found(self, seq: int, received_at: int) -> tuple[int, JsonLine] | None:
        number = self._index.leaf_of(seq, received_at)
        block = None if number is None else self._block(number)
        line = None if block is None or number is None else block.line(seq, number)
        return None if line is None or number is None else (number, line)

    def _leaf_line(self, number: int) -> JsonLine:
        hashes = [each.hex() for each in inclusion_in(self._hash_levels, number)]
        return {
            "kind": "leaf", "leaf": number, "line": self.state.lines[number].decode(), "hashes": hashes,
        }  # fmt: skip

    def _block(self, number: int) -> "_Block | None":
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        self._blocks[number] = self._read(number)
        if len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[number]

    def _read(self, number: int) -> "_Block | None":
        """Read a leaf's records; none when the archive has not what the leaf says."""
        leaf = self._leaves[number]
        assert isinstance(leaf, RecordsLeaf)  # noqa: S101 - for the type checker: the index has no others
        try:
            records = records_of(self._layout.archive_day(self._name, leaf.date), leaf)
            levels = levels_of(record_hashes(records))
        except (DamagedError, UnknownOctetsError, OSError) as error:
            log.error("leaf %d of the ledger of %s proves nothing: %s", number, self._name.tenant, error)  # noqa: TRY400 - the reason is all there is
            return None
        if not levels[0] or levels[-1][0].hex() != leaf.root:
            log.error(
                "records %d to %d of %s/%s are not what leaf %d of the ledger says: run sysledger verify",
                leaf.first, leaf.last, self._name.tenant, self._name.stream, number,
            )  # fmt: skip
            return None
        return _Block.of(records, levels)


@dataclass(frozen=True, slots=True)
class _Block:
    """A leaf's records, and all nodes of the tree over them."""

    seqs: list[int]
    received: list[int]
    senders: list[JsonLine]
    octets: list[bytes]
    levels: list[Sequence[bytes]]

    @classmethod
    def of(cls, records: pa.Table, levels: list[Sequence[bytes]]) -> "_Block":
        return cls(
            records["seq"].to_pylist(),
            records["received_at"].cast(pa.int64()).to_pylist(),
            records.select(list(SENDER)).to_pylist(),
            exact_octets(records).to_pylist(),
            levels,
        )

    def line(self, seq: int, number: int) -> JsonLine | None:
        """Give the line that proves a record of this leaf; None when there is no such record."""
        place = bisect_left(self.seqs, seq)
        if place == len(self.seqs) or self.seqs[place] != seq:
            return None
        return {
            "kind": "record",
            "seq": seq,
            "received_at": self.received[place],
            **self.senders[place],
            **octets_told(self.octets[place]),
            "leaf": number,
            "place": place,
            "hashes": [each.hex() for each in inclusion_in(self.levels, place)],
        }


def octets_told(octets: bytes) -> JsonLine:
    """Give octets as JSON has them: as text where that gives them back."""
    try:
        return {"octets": octets.decode()}
    except UnicodeDecodeError:
        return {"octets_base64": b64encode(octets).decode()}


def written(lines: Iterable[JsonLine]) -> Iterator[bytes]:
    """Give lines as octets."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for line in lines:
        yield encode(line).encode() + b"\n"
