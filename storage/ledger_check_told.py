"""What checking proofs found, as sentences for people and as a document for programs. Values only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from parsers.render import JsonRecord
from storage.ledger_check import Checked
from storage.ledger_note import Checkpoint
from storage.ledger_proof import octets_told
from storage.ledger_proven import ProvenRecord
from storage.ledger_since import leaves_of
from storage.spans import Span

SPANS_SHOWN: Final = 5
OWN_KEY: Final = "The ledger's key was given by whoever checks."
FOREIGN_KEY: Final = (
    "WITHOUT --key: all fits together under the key in the export itself, and that is all. Whoever makes an "
    "export up puts a key of their own in. Take the key from somebody you trust (sysledger ledger key), and "
    "check once more."
)
_MEANING: Final = (
    "Of each message: its exact octets, its number in the stream, when it was received, and from whom by "
    "which listener. It was in the ledger when the checkpoint was signed, as it is here."
)
_NOT_PROVEN: Final = (
    "Not proven, since no signature covers it: what was asked, by whom and when (manifest.json, of which the "
    "appliance's trail has the checksum); fields and flags that were read from a message; and that nothing "
    "is missing where numbers have gaps. Whoever has the appliance and its key can sign another ledger from "
    "then on: only a checkpoint that somebody else kept shows that (sysledger ledger verify --against)."
)


def sentences(checked: Checked) -> Iterator[str]:
    """Give what was found, what it means and what it does not."""
    for fault in checked.faults:
        yield f"FAULT: {fault}"
    if checked.further:
        yield f"and {checked.further} more faults"
    if checked.unproven:
        yield (
            f"NOT PROVEN: {checked.unproven} of {checked.messages} messages, which were not in the ledger "
            "when the export was made: make it again later"
        )
    if checked.checkpoint is not None:
        yield _signed(checked.checkpoint)
    if checked.is_proven:
        word = "PROVEN" if checked.is_own_key else "FITS TOGETHER"
        yield f"{word}: {checked.proven} of {checked.messages} messages are in the ledger as they are here."
        yield _MEANING
        yield _told_spans(checked.spans)
    else:
        yield f"NOT ALL IS PROVEN: {checked.proven} of {checked.messages} messages fit."
    yield OWN_KEY if checked.is_own_key else FOREIGN_KEY
    if checked.missing:
        yield (
            f"NOT ALL WAS THERE: {checked.missing} records of the days that were searched are in the ledger, "
            "and were in no file of the archive when the export was made (manifest.json). Messages that were "
            "asked for may be among them: sysledger verify says which, on the appliance. Restore them, and "
            "export again."
        )
    yield _NOT_PROVEN
    if checked.others:
        yield f"Not looked at: {', '.join(checked.others)[:500]}"


def document(checked: Checked) -> dict[str, Any]:
    """Give it in JSON's types."""
    return {
        "proven": checked.is_proven and checked.is_own_key,
        "fits_together": checked.is_proven,
        "key_given": checked.is_own_key,
        "key": checked.vkey,
        "ledger": None if checked.checkpoint is None else _checkpoint_told(checked.checkpoint),
        "messages": checked.messages,
        "messages_proven": checked.proven,
        "messages_not_in_the_ledger": checked.unproven,
        "records_missing": checked.missing,
        "numbers": [list(span) for span in checked.spans],
        "faults": checked.faults,
        "further_faults": checked.further,
        "not_looked_at": checked.others,
    }


def message_sentences(
    given: JsonRecord, checkpoint: Checkpoint, record: ProvenRecord, *, is_own_key: bool
) -> Iterator[str]:
    """Give what is proven of one message."""
    stream = f"{given['tenant']}/{given['stream']}"
    word = "PROVEN" if is_own_key else "FITS TOGETHER"
    received = datetime.fromtimestamp(record.received_at // 10**9, UTC)
    yield _signed(checkpoint)
    yield f"{word}: message {record.seq} of {stream}"
    yield f"received {received:%Y-%m-%dT%H:%M:%S}.{record.received_at % 10**9:09d}Z"
    yield f"by {record.transport}, listener {record.listener}, from {record.peer}"
    yield f"TLS identity {record.tls_identity or 'none'}"
    yield f"octets {record.octets!r}"
    yield OWN_KEY if is_own_key else FOREIGN_KEY


def message_document(
    given: JsonRecord, checkpoint: Checkpoint, record: ProvenRecord, *, is_own_key: bool
) -> dict[str, Any]:
    """Give what is proven of one message in JSON's types."""
    return {
        "proven": is_own_key,
        "fits_together": True,
        "key_given": is_own_key,
        "ledger": _checkpoint_told(checkpoint),
        "tenant": given["tenant"],
        "stream": given["stream"],
        "seq": record.seq,
        "received_at": record.received_at,
        "peer": record.peer,
        "listener": record.listener,
        "transport": record.transport,
        "tls_identity": record.tls_identity,
        **octets_told(record.octets),
    }


def _signed(checkpoint: Checkpoint) -> str:
    return (
        f"Ledger {checkpoint.origin}, {leaves_of(checkpoint.size)}, root {checkpoint.root.hex()}, "
        f"signed {checkpoint.at:%Y-%m-%d %H:%M:%S} UTC"
    )


def _checkpoint_told(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "origin": checkpoint.origin,
        "leaves": checkpoint.size,
        "root": checkpoint.root.hex(),
        "signed": f"{checkpoint.at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _told_spans(spans: list[Span]) -> str:
    if not spans:
        return "There are no messages in it."
    shown = ", ".join(
        f"{first} to {last}" if first < last else str(first) for first, last in spans[:SPANS_SHOWN]
    )
    if len(spans) == 1:
        return f"Their numbers are {shown} without a gap: no message of the stream between them is missing."
    more = f" and {len(spans) - SPANS_SHOWN} runs more" if len(spans) > SPANS_SHOWN else ""
    return f"Their numbers are {shown}{more}: those between are not in this export, asked for or not."
