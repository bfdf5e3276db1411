"""A tenant's ledger: what came into its archive, in a Merkle tree with signed checkpoints.

    ledger/tenant=T/leaves.jsonl    a leaf a line (storage/ledger_leaves.py), only ever appended to
    ledger/tenant=T/checkpoint      the newest checkpoint: size, root and time, signed with the tenant's key
    tls/ledger/T.key, T.pub         that key, and the line by which others check its signatures
    tls/ledger/T.signed             the checkpoint again, where only who has the key can set it back

A checkpoint commits to every leaf before it, and those to every record: who has kept one can tell whether
anything behind it was changed, removed or put in between, whoever did it. What stands in leaves.jsonl behind
the checkpoint's size is not in the ledger: a crash left it there, and the next append cuts it.

Older checkpoints are no secret, so that whoever may write the folder ``ledger`` could put one of them back,
cut the leaves to its size, and have what they changed in the archive signed as new. A ledger must therefore
go on from T.signed, too.

The checkpoint is written only after the leaves are on the disk, T.signed only after the checkpoint. The
indexer role appends (ledger_writer.py, ledger_work.py), one process at a time; everybody may read.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.expired import expired_spans
from storage.layout import Layout, StreamName, entries, is_name
from storage.ledger_leaves import Leaf, LeafError, RecordsLeaf, expired_by, has_expired, read_leaf
from storage.ledger_note import Checkpoint, NoteError, VerifierKey, public_path
from storage.ledger_tree import leaf_hash, root_of
from storage.spans import union

LEAVES: Final = "leaves.jsonl"
CHECKPOINT: Final = "checkpoint"


class LedgerError(Exception):
    """A ledger is not what its checkpoint says, or cannot be continued; the message says what to do next."""

    exit_code = os.EX_DATAERR


@dataclass(frozen=True, slots=True)
class LedgerState:
    """A ledger whose signature and root were found right.

    Attributes:
        checkpoint: the newest.
        note: its text, as it is signed.
        vkey: the line by which the signature was checked.
        lines: the leaves' octets.
        hashes: the leaves' hashes.
    """

    checkpoint: Checkpoint
    note: str
    vkey: str
    lines: Sequence[bytes]
    hashes: Sequence[bytes]

    def leaves(self) -> list[Leaf]:
        """Give the leaves.

        Raises:
            LedgerError: when one is of a kind that this release does not know.
        """
        try:
            return [read_leaf(line) for line in self.lines]
        except LeafError as error:
            raise LedgerError(f"{error}: update this appliance") from error


def ledger_tenants(layout: Layout) -> list[str]:
    """Give the tenants that have a ledger, or a key for one, sorted.

    A name that we would never give is somebody else's.
    """
    folders = {path.name.removeprefix("tenant=") for path in entries(layout.data / "ledger", "tenant=*")}
    names = folders | {path.stem for path in layout.tls.glob("ledger/*.key")}
    return sorted(name for name in names if is_name(name))


def read_note(layout: Layout, tenant: str) -> str | None:
    """Give the text of a tenant's newest checkpoint, unchecked; None when there is none."""
    return _read(layout.ledger(tenant) / CHECKPOINT)


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return None


def read_vkey(layout: Layout, tenant: str) -> str | None:
    """Give the line by which a tenant's checkpoints are checked; None when there is none."""
    vkey = _read(public_path(layout.ledger_key(tenant)))
    return None if vkey is None else vkey.strip()


def read_ledger(layout: Layout, tenant: str) -> LedgerState | None:
    """Read a tenant's ledger, and check its signature and root; None when there is none yet.

    Raises:
        LedgerError: when they are wrong, or parts are missing.
        OSError: when a file cannot be read.
    """
    signed = _read(layout.ledger_signed(tenant))  # before the checkpoint, which is never older than it
    note, vkey = read_note(layout, tenant), read_vkey(layout, tenant)
    if note is None:
        if vkey is None:
            return None
        raise LedgerError(
            f"the ledger of tenant {tenant} has a key and no checkpoint: {layout.ledger(tenant)} was "
            "removed. Restore it from a backup. To begin another ledger, move "
            f"{layout.ledger_key(tenant)} and its .pub elsewhere, and tell those who keep checkpoints"
        )
    if vkey is None:
        vkey = _begun(layout, tenant, note)
        if vkey is None:
            return None
    state = _checked(layout, tenant, note, vkey)
    if signed is not None and signed != note:
        _check_not_set_back(layout, tenant, state, signed)
    return state


def leaves_there(layout: Layout, tenant: str, leaves: Sequence[Leaf]) -> list[RecordsLeaf]:
    """Give the leaves about records that are there by the ledger.

    Those that have expired are left out: by leaves that say so, and by what retention has noted since.
    """
    expired = expired_by(leaves)
    for stream in {leaf.stream for leaf in leaves}:
        noted = expired_spans(layout, StreamName(tenant, stream)) or []
        expired[stream] = union([*expired[stream], *noted])
    return [
        leaf
        for leaf in leaves
        if isinstance(leaf, RecordsLeaf) and not has_expired(leaf, expired[leaf.stream])
    ]


def _begun(layout: Layout, tenant: str, note: str) -> str | None:
    """Give nothing for a ledger whose making was broken off before its key was kept."""
    if note.split("\n")[1:2] == ["0"]:
        return None
    raise LedgerError(
        f"the key of the ledger of tenant {tenant} is not there: restore "
        f"{public_path(layout.ledger_key(tenant))} from a backup, or make it again from a copy of the line "
        f"that sysledger ledger key printed. Where the data folder was copied without its keys, move "
        f"{layout.ledger(tenant)} elsewhere: another ledger begins"
    )


def _checked(layout: Layout, tenant: str, note: str, vkey: str) -> LedgerState:
    path = layout.ledger(tenant) / LEAVES
    try:
        checkpoint = VerifierKey.parse(vkey).read(note)
    except NoteError as error:
        raise LedgerError(
            f"the checkpoint of tenant {tenant} is not to be believed: {error}. Restore "
            f"{layout.ledger(tenant)} from a backup, and find out who changed it"
        ) from error
    lines = _lines(path, checkpoint.size)
    hashes = [leaf_hash(line) for line in lines]
    if len(hashes) != checkpoint.size or root_of(hashes) != checkpoint.root:
        raise LedgerError(
            f"{path} is not what its checkpoint of {checkpoint.at:%Y-%m-%d %H:%M:%S} UTC signs: of "
            f"{checkpoint.size} leaves {len(lines)} are there, and their root is another. It was changed or "
            "damaged: restore it from a backup, and find out who changed it"
        )
    return LedgerState(checkpoint, note, vkey, lines, hashes)


def _check_not_set_back(layout: Layout, tenant: str, state: LedgerState, signed: str) -> None:
    path = layout.ledger_signed(tenant)
    try:
        newest = VerifierKey.parse(state.vkey).read(signed)
    except NoteError as error:
        raise LedgerError(
            f"{path} is not to be believed: {error}. Restore it from a backup, and find out who changed it"
        ) from error
    size = newest.size
    if size > len(state.hashes) or root_of(state.hashes[:size]) != newest.root:
        raise LedgerError(
            f"the ledger of tenant {tenant} was set back: {path} has signed {size} leaves at "
            f"{newest.at:%Y-%m-%d %H:%M:%S} UTC, and it does not go on from them. Restore "
            f"{layout.ledger(tenant)} as it was then. When you have restored an older backup yourself, and "
            f"sysledger ledger verify --against a checkpoint kept elsewhere is right, remove {path}"
        )


def _lines(path: Path, size: int) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")[:-1][:size]
    except FileNotFoundError:
        return []
