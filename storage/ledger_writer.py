"""Appending to a tenant's ledger, and beginning one: leaves first, then the checkpoint, then its copy.

Each step may be the last before a crash: storage/ledger.py says what is believed then.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from socket import gethostname

import durable
from storage.layout import Layout
from storage.ledger import CHECKPOINT, LEAVES, LedgerError, LedgerState, read_ledger, read_note
from storage.ledger_leaves import Leaf, line_of
from storage.ledger_note import Checkpoint, NoteError, SigningKey, public_path
from storage.ledger_tree import EMPTY_ROOT, Tree, leaf_hash
from storage.lock import FolderLock


class LedgerWriter:
    """Appends to a tenant's ledger; begins one, with a key of its own, where there is none.

    It holds a lock until it is closed.

    Attributes:
        note: the newest checkpoint's text.
        began_with: the leaves that were there when it was opened.

    Raises:
        StreamLockedError: when another process appends.
        LedgerError: when what is there cannot be continued.
        OSError: when a file cannot be read or written.
    """

    def __init__(self, layout: Layout, tenant: str) -> None:
        self._layout = layout
        self._tenant = tenant
        self._folder = layout.ledger(tenant)
        self._lock = FolderLock(self._folder, f"the ledger of tenant {tenant}")
        try:
            state = read_ledger(layout, tenant)
            if state is not None and not state.checkpoint.size and not layout.ledger_key(tenant).exists():
                state = None  # its making was broken off
            self._key = self._begin() if state is None else self._load_key(state)
            self._tree = Tree(() if state is None else state.hashes)
            self._cut(state)
            self.began_with: list[Leaf] = [] if state is None else state.leaves()
            self.note = read_note(layout, tenant) or ""
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let the lock go."""
        self._lock.release()

    @property
    def size(self) -> int:
        """How many leaves the ledger has."""
        return self._tree.size

    def append(self, leaves: Sequence[Leaf]) -> None:
        """Append leaves, and sign that; durable when this returns.

        Raises:
            OSError: when that failed; the writer must be closed, and the ledger is as it was, or has them.
        """
        lines = [line_of(leaf) for leaf in leaves]
        descriptor = durable.open_for_append(self._folder / LEAVES)
        try:
            durable.append(descriptor, [line + b"\n" for line in lines])
        finally:
            os.close(descriptor)
        for line in lines:
            self._tree.append(leaf_hash(line))
        self.note = self._key.sign(self._checkpoint())
        durable.write_file(self._folder / CHECKPOINT, self.note.encode())
        durable.write_file(self._layout.ledger_signed(self._tenant), self.note.encode())

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self._key.name, self._tree.size, self._tree.root(), now())

    def _begin(self) -> SigningKey:
        """Make the key; it is kept last, so that a key without its ledger is a sign of something wrong."""
        key = SigningKey.make(f"{_host()}/sysledger/{self._tenant}")
        path = self._layout.ledger_key(self._tenant)
        durable.make_folder(path.parent)
        for of_another in (self._layout.ledger_signed(self._tenant), public_path(path)):
            durable.unlink(of_another)  # of a making that was broken off, or of a ledger that was given up
        empty = Checkpoint(key.name, 0, EMPTY_ROOT, now())
        durable.write_file(self._folder / LEAVES, b"")
        durable.write_file(self._folder / CHECKPOINT, key.sign(empty).encode())
        key.save(path)
        return key

    def _load_key(self, state: LedgerState) -> SigningKey:
        path = self._layout.ledger_key(self._tenant)
        try:
            key = SigningKey.load(path)
        except FileNotFoundError as error:
            raise LedgerError(
                f"{path} is not there, and without it the ledger of tenant {self._tenant} cannot be "
                f"continued: restore it from a backup. When it is lost, move {self._folder} and the .pub "
                "elsewhere: another ledger begins; tell those who keep checkpoints"
            ) from error
        except NoteError as error:
            raise LedgerError(str(error)) from error
        if key.vkey != state.vkey:
            raise LedgerError(f"{path} was replaced just now: see who did that, and try again")
        return key

    def _cut(self, state: LedgerState | None) -> None:
        """Cut what is behind the checkpoint: nobody has signed it."""
        if state is not None:
            path = self._folder / LEAVES
            length = sum(len(line) + 1 for line in state.lines)
            if path.exists() and path.stat().st_size != length:
                durable.cut(path, length)


def now() -> datetime:
    """Give the time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _host() -> str:
    """Give this machine's name as a key's name may hold it: no spaces, no plus."""
    return "".join(each if each.isalnum() or each in ".-_" else "-" for each in gethostname()) or "localhost"
