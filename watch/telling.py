"""Tells of findings through the log, which the appliance keeps as messages of its own."""

import logging
from collections.abc import Iterable
from typing import Final

from watch.findings import Finding, News
from watch.words import duration, shown

log = logging.getLogger(__name__)

MOST_TOLD: Final = 20  # of a kind at one look; a network that is cut makes thousands silent at once
_SD_ID: Final = "finding@32473"
_ENDS: Final = {
    "silent": "sends again",
    "new": "is no longer new",
    "skew": "has its clock where it usually is, or has kept the new time for a day",
    "downgrade": "sends encrypted again",
    "same-name": "is no longer the name of several addresses",
    "malformed": "has no more malformed messages than usual",
    "missing": "has missed no more messages of late",
    "canary": "its canary is found again",
}
_NOT_TOLD: Final = frozenset({"new"})  # that these end is no news


def tell(news: Iterable[News]) -> None:
    """Log what has begun and what has ended: each once, and of many at once the number."""
    told: dict[tuple[str, bool], int] = {}
    for one in news:
        kind = one.finding.kind
        if not one.begins and kind in _NOT_TOLD:
            continue
        number = told[kind, one.begins] = told.get((kind, one.begins), 0) + 1
        if number <= MOST_TOLD:
            _tell(one)
    for (kind, begins), number in told.items():
        if number > MOST_TOLD:
            log.warning(
                "and %d more findings of kind %s %s: 'sysledger sources --findings' lists them",
                number - MOST_TOLD, kind, "have begun" if begins else "have ended",
            )  # fmt: skip


def _tell(news: News) -> None:
    finding = news.finding
    level = logging.INFO
    if news.begins:
        level = logging.ERROR if finding.kind == "canary" else logging.WARNING
    details = {
        "kind": finding.kind,
        "tenant": finding.tenant,
        "peer": finding.peer,
        "host": shown(finding.host),
    }
    log.log(
        level, "%s", sentence(news),
        extra={
            "msgid": f"{finding.kind.upper()}{'' if news.begins else '-END'}",
            "structured_data": {_SD_ID: details},
        },
    )  # fmt: skip


def sentence(news: News) -> str:
    """Give what is told of a finding's begin or end, for people."""
    finding = news.finding
    if news.begins:
        return f"{subject(finding)}: {finding.text}"
    lasted = duration((finding.ended or finding.since) - finding.since)
    return f"{subject(finding)}: {_ENDS[finding.kind]}, after {lasted}"


def subject(finding: Finding) -> str:
    """Say what a finding is about."""
    if finding.kind == "canary":
        return f"listener {finding.host}"
    tenant = "" if finding.tenant == "default" else f" of tenant {finding.tenant}"
    if finding.kind == "same-name":
        return f"host name {shown(finding.host)}{tenant}"
    return f"source {shown(finding.host or '-')} at {shown(finding.peer)}{tenant}"
