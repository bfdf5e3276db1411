"""Reviews, findings and results as documents of JSON's types, and as rows of a table for people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from access import limits
from reviews import instants
from reviews.evidence import Evidence
from reviews.findings import Finding
from reviews.results import Result
from reviews.review import Review

FINDING_COLUMNS: Final = ("number", "title", "state", "owner", "due", "matches", "of", "stream", "query")
REVIEW_COLUMNS: Final = ("number", "title", "period", "state", "reviewer", "due", "matches", "signed by")
RECORD_COLUMNS: Final = (
    "number", "title", "period", "state", "signed by", "signed at", "note", "matches", "sha256",
)  # fmt: skip
_SHOWN: Final = len("2026-11-20T22:51")


def evidence_document(found: Evidence) -> dict[str, Any]:
    """Give evidence: numbers, digest, scope."""
    return {
        "count": found.count,
        "total": found.total,
        "sha256": found.digest,
        "oldest": instants.maybe_written(found.oldest),
        "newest": instants.maybe_written(found.newest),
        "scope": dict(found.figures),
        "damaged": list(found.damaged),
        "damages": found.damages,
        "checkpoint": found.checkpoint or None,
    }


def result_document(result: Result) -> dict[str, Any]:
    """Give a result: what was asked, by whom, within which limits, and what it is, once it is made."""
    asked = result.asked
    return {
        "number": result.number,
        "query": asked.query,
        "tenant": asked.name.tenant,
        "stream": asked.name.stream,
        "time": asked.time,
        "from": instants.maybe_written(asked.start),
        "to": instants.maybe_written(asked.end),
        "asked_by": result.asked_by,
        "asked_at": instants.written(result.asked_at),
        "made_at": instants.maybe_written(result.made_at),
        "limits": None if result.limits is None else limits.written(result.limits),
        "failure": result.failure,
        "evidence": None if result.evidence is None else evidence_document(result.evidence),
    }


def finding_document(finding: Finding, result: Result) -> dict[str, Any]:
    """Give a finding with its result."""
    return {
        "number": finding.number,
        "title": finding.title,
        "state": finding.state,
        "owner": finding.owner,
        "due": None if finding.due is None else finding.due.isoformat(),
        "resolution": finding.resolution,
        "opened_by": finding.opened_by,
        "opened_at": instants.written(finding.opened_at),
        "resolved_by": finding.resolved_by,
        "resolved_at": instants.maybe_written(finding.resolved_at),
        "result": result_document(result),
    }


def review_document(review: Review, result: Result, now: datetime) -> dict[str, Any]:
    """Give a review with its result, and how it stands now."""
    return {
        "number": review.number,
        "search": review.search,
        "title": review.title,
        "about": review.about,
        "owner": review.owner,
        "reviewer": review.reviewer,
        "from": instants.written(review.period.start),
        "to": instants.written(review.period.end),
        "due_at": instants.written(review.due_at),
        "state": review.state(now),
        "signed_by": review.signed_by,
        "signed_at": instants.maybe_written(review.signed_at),
        "note": review.note,
        "finding": review.finding,
        "result": result_document(result),
    }


def finding_row(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the FINDING_COLUMNS of a finding's document."""
    result = document["result"]
    count, total = _numbers(result)
    stream = f"{result['tenant']}/{result['stream']}"
    told = (document["title"], document["state"], document["owner"], document["due"] or "")
    return (str(document["number"]), *told, count, total, stream, result["query"])


def review_row(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the REVIEW_COLUMNS of a review's document."""
    period = f"{document['from'][:_SHOWN]} to {document['to'][:_SHOWN]}"
    told = (document["title"], period, document["state"], document["reviewer"], document["due_at"][:_SHOWN])
    return (str(document["number"]), *told, _numbers(document["result"])[0], document["signed_by"])


def record_row(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the RECORD_COLUMNS of a review's document."""
    period = f"{document['from'][:_SHOWN]} to {document['to'][:_SHOWN]}"
    number, found = document["finding"], document["result"]["evidence"]
    note = document["note"] if number is None else f"{document['note']} (finding {number})"
    signed = ((document["signed_at"] or "")[:_SHOWN], note, _numbers(document["result"])[0])
    told = (document["title"], period, document["state"], document["signed_by"], *signed)
    return (str(document["number"]), *told, "" if found is None else found["sha256"])


def _numbers(result: Mapping[str, Any]) -> tuple[str, str]:
    found = result["evidence"]
    if found is None:
        return "failed" if result["failure"] else "not made", ""
    return f"{found['count']:,}", f"{found['total']:,}"
