"""What verifying found, as rows for people and as a document for programs."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from storage.findings import Finding, Weight
from storage.ledger_verify import VerifiedLedger
from storage.verify import Verified

COLUMNS: Final = (
    "stream",
    "messages",
    "in journals",
    "segments",
    "indexed blocks",
    "missing",
    "double",
    "faults",
)
LEDGER_COLUMNS: Final = (
    "ledger of tenant",
    "leaves",
    "records found as signed",
    "expired",
    "not in it yet",
    "faults",
)
NOTES_SHOWN: Final = 20  # a stream's quarantine may hold a thousand entries


def rows(verified: Sequence[Verified]) -> list[tuple[object, ...]]:
    """Give a row for each stream, of COLUMNS."""
    return [
        (
            f"{each.name.tenant}/{each.name.stream}", each.archive_messages + each.journal_messages,
            each.journal_messages, each.segments, each.indexed_blocks, each.missing, each.double,
            len(each.faults),
        )
        for each in verified
    ]  # fmt: skip


def ledger_rows(verified: Sequence[VerifiedLedger]) -> list[tuple[object, ...]]:
    """Give a row for each ledger, of LEDGER_COLUMNS."""
    return [
        (
            each.tenant, each.leaves, each.records, each.expired,
            "not counted" if each.waiting is None else each.waiting, len(each.faults),
        )
        for each in verified
    ]  # fmt: skip


def sentences(findings: Sequence[Finding]) -> Iterator[str]:
    """Give each fault, and the first notes: where, what, and what to do next."""
    faults = [finding for finding in findings if finding.is_fault]
    notes = [finding for finding in findings if not finding.is_fault]
    for each in faults:
        yield f"{each.weight.value.upper()}: {each.path} at octet {each.offset}: {each.what}; {each.advice}"
    for each in notes[:NOTES_SHOWN]:
        yield f"note: {each.path}: {each.what}; {each.advice}"
    if len(notes) > NOTES_SHOWN:
        yield f"and {len(notes) - NOTES_SHOWN} notes more: see --output json"


def document(
    verified: Sequence[Verified], ledgers: Sequence[VerifiedLedger], refused: Sequence[Finding]
) -> dict[str, Any]:
    """Give all of it, made of JSON's types."""
    return {
        "streams": [
            {
                "tenant": each.name.tenant,
                "stream": each.name.stream,
                "messages": each.archive_messages + each.journal_messages,
                "last_seq": each.last_seq,
                "journal_files": each.journal_files,
                "journal_messages": each.journal_messages,
                "segments": each.segments,
                "archive_messages": each.archive_messages,
                "message_octets": each.message_octets,
                "indexed_blocks": each.indexed_blocks,
                "pending_segments": each.pending_segments,
                "missing": each.missing,
                "double": each.double,
                "findings": [_finding(finding) for finding in each.findings],
            }
            for each in verified
        ],
        "ledgers": [ledger_document(each) for each in ledgers],
        "refused": [_finding(finding) for finding in refused],
        "faults": sum(len(each.faults) for each in verified) + sum(len(each.faults) for each in ledgers),
    }


def ledger_document(verified: VerifiedLedger) -> dict[str, Any]:
    """Give what was found of one ledger, made of JSON's types."""
    return {
        "tenant": verified.tenant,
        "checkpoint": None if verified.state is None else verified.state.note,
        "leaves": verified.leaves,
        "records": verified.records,
        "expired": verified.expired,
        "waiting": verified.waiting,
        "findings": [_finding(finding) for finding in verified.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "weight": finding.weight.value if finding.weight is not Weight.INDEX_FAULT else "index",
        "file": str(finding.path),
        "offset": finding.offset,
        "what": finding.what,
        "advice": finding.advice,
    }
