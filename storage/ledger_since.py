"""Whether a ledger goes on from a checkpoint that somebody kept. Values only."""

from storage.ledger import LedgerState
from storage.ledger_note import Checkpoint, VerifierKey
from storage.ledger_tree import root_of


def since(state: LedgerState, note: str) -> tuple[Checkpoint, str]:
    """Hold a ledger against a checkpoint kept of it.

    Gives what the checkpoint says, and what is wrong: nothing when the ledger has all leaves that it had
    then, as they were.

    Raises:
        NoteError: when the ledger's key did not sign it.
    """
    kept = VerifierKey.parse(state.vkey).read(note)
    return kept, difference(state, kept)


def difference(state: LedgerState, kept: Checkpoint) -> str:
    """Say what is wrong with a ledger by an older checkpoint of its key; nothing when it goes on."""
    then = f"{kept.at:%Y-%m-%d %H:%M:%S} UTC, {leaves_of(kept.size)}"
    if kept.size > len(state.hashes):
        return (
            f"the ledger has {leaves_of(len(state.hashes))}, and had more at {then}: it was set back, or put "
            "in place of the one that was signed then"
        )
    if root_of(state.hashes[: kept.size]) != kept.root:
        return f"the ledger does not go on from its checkpoint of {then}: what was in it then is another now"
    return ""


def leaves_of(count: int) -> str:
    """Give a number of leaves in words."""
    return f"{count:,} {'leaf' if count == 1 else 'leaves'}"
