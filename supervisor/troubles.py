"""What an operator has to see of the state, a line each; the appliance's own log has the story."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from supervisor import summary

_SENDERS_SHOWN: Final = 3  # with gaps in their numbers, of each listener; JSON has more
_FINDINGS_SHOWN: Final = 5
_NAME_LENGTH: Final = 60
_REASON_LENGTH: Final = 240
# Entries of a role's report that are zero when all is well.
_TROUBLES: Final = {
    "batches_refused": "batches refused",
    "unreadable": "messages that are not of the hand-off",
    "seal_errors": "journals not sealed",
    "merge_errors": "merges that failed",
    "errors": "errors",
}


def troubles(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines for everything that is not as it should be.

    Args:
        document: as of ``overview``, or as of /status.json.
    """
    roles = document["roles"].values()
    yield from _listener_troubles(summary.listeners(roles))
    there = summary.destinations(roles)
    yield from chain.from_iterable(_destination_troubles(*one) for one in there.items())
    yield from chain.from_iterable(map(_role_troubles, roles))
    yield from _damages(document.get("streams", ()))


def shown(text: str, most: int = _NAME_LENGTH) -> str:
    """Give a text from the wire as it may be shown: nothing in it steers a terminal."""
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return visible if len(visible) <= most else f"{visible[:most]}..."


def _listener_troubles(listeners: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, listener in listeners.items():
        for reason, number in listener["lost"].items():
            yield f"LOST at {name}: {number:,} messages ({reason})"
        for reason, number in listener["refused"].items():
            yield f"REFUSED at {name}: {number:,} connections ({reason})"
        for protocol, number in listener["guests"].items():
            yield f"TURNED AWAY at {name}: {number:,} of another protocol ({protocol})"
        if number := listener["relp"]["perhaps_sent_again"]:
            sessions = listener["relp"]["broken_sessions"]
            yield f"PERHAPS TWICE at {name}: {number:,} messages ({sessions:,} RELP sessions broke off)"
        if number := listener["not_admitted"]:
            yield f"TURNED AWAY at {name}: {number:,} messages of senders not in sender_networks"
        yield from _sequence_gaps(name, listener["gaps"])


def _sequence_gaps(listener: str, reports: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What senders' own numbers say is missing; several collectors count each for itself."""
    missing = sum(report.get("missing", 0) for report in reports)
    if not missing:
        return
    yield f"MISSING at {listener}: {missing:,} messages never came, by the numbers that senders give them"
    if len(reports) > 1:
        yield "  (or another collector process had them: each counts for itself; see collector.processes)"
    senders = [sender for report in reports for sender in report.get("senders", ()) if sender["missing"]]
    for sender in nlargest(_SENDERS_SHOWN, senders, key=itemgetter("missing")):
        starts = f", which began anew {sender['restarts']:,} times" if sender["restarts"] else ""
        name = f"{shown(sender['host'] or '-')} at {shown(sender['peer'])}"
        yield f"  {sender['missing']:,} of {name}{starts}"


def _destination_troubles(name: str, destination: Mapping[str, Any]) -> Iterator[str]:
    """What keeps messages from going on, and those that never will."""
    if not destination["connected"]:
        why = shown(destination["error"], _REASON_LENGTH) or "it has not answered yet"
        yield f"NOT CONNECTED to {name}: {destination['behind']:,} messages wait ({why})"
    if missing := destination["missing"]:
        yield f"NOT SENT to {name}: {missing:,} messages had expired or are damaged"
    if too_long := destination["too_long"]:
        yield f"NOT SENT to {name}: {too_long:,} messages are longer than RELP servers take"


def _role_troubles(role: Mapping[str, Any]) -> Iterator[str]:
    if not role["running"]:
        return
    if role.get("cannot_write_since") is not None:
        yield f"NOT STORED: {shown(str(role.get('cannot_write_reason')), _REASON_LENGTH)}"
    if summary.entry(role, "handoff", "queue", "failing"):
        yield f"NOT QUEUED: the disk queue of {role['role']} cannot be written; see its last lines in the log"
    findings = role.get("findings_lasting", ())
    for finding in findings[:_FINDINGS_SHOWN]:
        yield f"FOUND {finding['kind']}: {_about(finding)}{shown(str(finding['text']), _REASON_LENGTH)}"
    if len(findings) > _FINDINGS_SHOWN:
        yield "  and more: see sysledger sources"
    yield from map(_ledger, role.get("ledgers_stopped", ()))
    yield from _quotas(role.get("tenants", {}))
    yield from _late(role.get("waits", {}))
    for name, child in role.get("roles", {}).items():
        if child["starts"] > 1:
            again = child["starts"] - 1
            yield f"RESTARTED {name}: {'once' if again == 1 else f'{again:,} times'}"
    for entry, what in _TROUBLES.items():
        if number := role.get(entry):
            yield f"ERRORS in {role['role']}: {number:,} {what}"


def _ledger(tenant: str) -> str:
    return f"LEDGER of tenant {shown(tenant)} is not continued: sysledger ledger verify says why"


def _about(finding: Mapping[str, Any]) -> str:
    """Whom a finding's text speaks of, to be put before it."""
    host, peer = (shown(str(finding.get(name) or "")) for name in ("host", "peer"))
    if finding["kind"] == "canary":
        return f"listener {host} "
    return f"{host or 'no HOSTNAME'} at {peer} " if peer else f"{host} " if host else ""


def _late(waits: Mapping[str, int]) -> Iterator[str]:
    """What people have not done in time; the role of the pages counts it."""
    if number := waits.get("reviews_missed"):
        what = "review" if number == 1 else "reviews"
        yield f"MISSED: {number:,} {what} not signed off in time; see sysledger reviews list --missed"
    if number := waits.get("findings_overdue"):
        what = "finding" if number == 1 else "findings"
        yield f"OVERDUE: {number:,} {what} not resolved in time; see sysledger findings list --overdue"


def _quotas(tenants: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for tenant, came in tenants.items():
        if (octets := came["octets_today"]) > (quota := came["quota"]):
            yield f"ABOVE QUOTA: tenant {shown(tenant)}, {octets:,} octets of messages today of {quota:,}"


def _damages(streams: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for stream in streams:
        for damage in stream["damaged"]:
            yield f"DAMAGED {damage['path']} at octet {damage['offset']}: {damage['reason']}"
