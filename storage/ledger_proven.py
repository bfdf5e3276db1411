"""Checking proofs of messages (storage/ledger_proof.py), with a checkpoint and nothing else. Pure.

What is proven of a message: its exact octets, its number and time of receipt, and who was at the other end.
Not proven is what was read from the octets: a leaf commits to that for its records together, not one by one.
"""

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, Final

from storage.ledger_leaves import LeafError, RecordsLeaf, read_leaf
from storage.ledger_note import Checkpoint, VerifierKey
from storage.ledger_proof import SENDER, VERSION, JsonLine
from storage.ledger_tree import ProofError, leaf_hash, root_by_inclusion

_LARGEST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """What is proven of a message; received_at in ns since 1970."""

    seq: int
    received_at: int
    peer: str | None
    listener: str | None
    transport: str | None
    tls_identity: str | None
    octets: bytes

    def hashed(self) -> bytes:
        """Give the octets whose hash is in the ledger (storage/ledger_records.py)."""
        senders = b"".join(map(_netstring, (self.peer, self.listener, self.transport, self.tls_identity)))
        return b"%d\n%d\n%b\n%b" % (self.seq, self.received_at, senders, self.octets)


@dataclass(frozen=True, slots=True)
class Unproven:
    """A message of which the proofs say that they do not prove it, and the number of its octets."""

    seq: int
    length: int


class Proofs:
    """Checks the lines of proofs, one after the other.

    Attributes:
        tenant: whose messages they are, by the first line.
        stream: likewise.
        leaves: how many leaves were proven to be in the ledger.

    Args:
        checkpoint: one that is believed.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.tenant: str | None = None
        self.stream: str | None = None
        self._checkpoint = checkpoint
        self._leaves: dict[int, tuple[RecordsLeaf, bytes]] = {}

    @property
    def leaves(self) -> int:
        """How many leaves were proven to be in the ledger."""
        return len(self._leaves)

    def take(self, text: bytes) -> ProvenRecord | Unproven | None:
        """Check a line; give the message that it is about, None when it is about none.

        Raises:
            ProofError: when it does not prove what it says.
        """
        try:
            line = json.loads(text, object_pairs_hook=each_once)
        except (ValueError, RecursionError) as error:
            raise ProofError("a line of the proofs is not JSON") from error
        if not isinstance(line, dict):
            raise ProofError("a line of the proofs is no object")
        return self.take_line(line)

    def take_line(self, line: JsonLine) -> ProvenRecord | Unproven | None:
        """Check a line that was read already. Gives and raises as ``take``."""
        kind = line.get("kind")
        if kind == "proofs":
            self._begin(line)
        elif self.stream is None:
            raise ProofError("the proofs do not begin with whose they are")
        elif kind == "leaf":
            self._take_leaf(line)
        elif kind == "record":
            return self._record(line)
        elif kind == "none":
            return Unproven(_number(line, "seq"), _number(line, "length"))
        else:
            raise ProofError(
                f"the proofs have a line of the kind {str(kind)[:50]!r}, which this release does not know"
            )
        return None

    def _begin(self, line: JsonLine) -> None:
        if self.stream is not None or line.get("version") != VERSION:
            raise ProofError("the proofs begin twice, or are of another release: check them with that one")
        self.tenant, self.stream = _text(line, "tenant"), _text(line, "stream")
        if not self._checkpoint.origin.endswith(f"/{self.tenant}"):
            raise ProofError(
                f"the proofs are of tenant {self.tenant}, the checkpoint of {self._checkpoint.origin}"
            )

    def _take_leaf(self, line: JsonLine) -> None:
        number, octets = _number(line, "leaf"), _text(line, "line").encode()
        found = root_by_inclusion(leaf_hash(octets), number, self._checkpoint.size, _hashes(line))
        if found != self._checkpoint.root:
            raise ProofError(f"leaf {number} is not in the ledger that the checkpoint signs")
        try:
            leaf = read_leaf(octets)
        except LeafError as error:
            raise ProofError(f"leaf {number}: {error}") from error
        if not isinstance(leaf, RecordsLeaf) or leaf.stream != self.stream:
            raise ProofError(f"leaf {number} is not about records of the stream {self.stream}")
        self._leaves[number] = leaf, _hashes({"hashes": [leaf.root]})[0]

    def _record(self, line: JsonLine) -> ProvenRecord:
        peer, listener, transport, tls_identity = (_optional(line, name) for name in SENDER)
        seq, received_at = _number(line, "seq"), _number(line, "received_at", -_LARGEST)
        record = ProvenRecord(seq, received_at, peer, listener, transport, tls_identity, _octets(line))
        number, place = _number(line, "leaf"), _number(line, "place")
        if number not in self._leaves:
            raise ProofError(f"message {record.seq}: its leaf {number} does not stand before it")
        leaf, root = self._leaves[number]
        if root_by_inclusion(leaf_hash(record.hashed()), place, leaf.records, _hashes(line)) != root:
            raise ProofError(f"message {record.seq} is not in the ledger as it stands here: it was altered")
        return record


def check_document(document: JsonLine, key: VerifierKey) -> tuple[Checkpoint, ProvenRecord]:
    """Check all that proves one message (``Prover.document``).

    Args:
        document: as it was given.
        key: of the ledger; whoever takes the one in the document believes whoever made it.

    Raises:
        NoteError: when the checkpoint was not signed with the key.
        ProofError: when it does not prove the message.
    """
    checkpoint = key.read(_text(document, "checkpoint"))
    proofs = Proofs(checkpoint)
    begin = {name: document.get(name) for name in ("version", "tenant", "stream")}
    proofs.take_line({"kind": "proofs", **begin})
    for name in ("leaf", "record"):
        line = document.get(name)
        if not isinstance(line, dict) or line.get("kind") != name:
            raise ProofError(f"the proof has no {name}")
        found = proofs.take_line(line)
    assert isinstance(found, ProvenRecord)  # noqa: S101 - for the type checker: a line of the kind record
    return checkpoint, found


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON; a name that comes twice would be another value for another program.

    Raises:
        ValueError: when one does.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a name twice")
    return made


def _netstring(text: str | None) -> bytes:
    if text is None:
        return b"-"
    octets = text.encode()
    return b"%d:%b" % (len(octets), octets)


def _number(line: JsonLine, name: str, least: int = 0) -> int:
    value = line.get(name)
    if type(value) is not int or not least <= value < _LARGEST:
        raise ProofError(f"{name} is missing in the proofs, or no number")
    return value


def _text(line: JsonLine, name: str) -> str:
    value = line.get(name)
    try:
        if isinstance(value, str) and value.encode() is not None:
            return value
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can write it, UTF-8 cannot
        pass
    raise ProofError(f"{name} is missing in the proofs, or no text")


def _optional(line: JsonLine, name: str) -> str | None:
    return None if line.get(name, "") is None else _text(line, name)


def _octets(line: JsonLine) -> bytes:
    try:
        if "octets" in line:
            return _text(line, "octets").encode()
        return b64decode(_text(line, "octets_base64"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("the octets of a message in the proofs cannot be read") from error


def _hashes(line: JsonLine) -> list[bytes]:
    hashes: Any = line.get("hashes")
    try:
        return [bytes.fromhex(each) for each in hashes]
    except (TypeError, ValueError) as error:
        raise ProofError("the hashes of a line of the proofs cannot be read") from error
