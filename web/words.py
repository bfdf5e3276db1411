"""Formats, transports, flags, counts and scopes in plain words, for people who have not read the RFCs."""

from collections.abc import Collection
from typing import Final, Literal

from parsers.clauses import LENIENCIES
from parsers.schema import Flag, Format
from storage.results import Scope

Reach = Literal["full", "searching", "counting", "stopped"]

DAYS_NAMED: Final = 5
_REACHED: Final[dict[Reach, str]] = {
    "full": "What comes then was not looked at yet, since this page is full.",
    "searching": "The search is under way: what comes then is looked at next.",
    "counting": "What comes then is being counted.",
    "stopped": "What comes then was not looked at, since this was stopped.",
}
FORMATS: Final[dict[str, str]] = {
    Format.RFC5424: "RFC 5424, the syslog protocol",
    Format.RFC3164: "RFC 3164, BSD syslog",
    Format.CEF: "CEF, the Common Event Format, without a syslog header",
    Format.LEEF: "LEEF, the Log Event Extended Format, without a syslog header",
    Format.GELF: "GELF, the Graylog Extended Log Format",
    Format.JSON: "a JSON object without a syslog header",
    Format.KEYVALUE: "pairs of key=value without a syslog header",
    Format.UNPARSED: "unparsed: it matched no known format and was kept as it came",
}
TRANSPORTS: Final[dict[str, str]] = {
    "udp": "UDP (RFC 5426): unencrypted, and the sender's address can be forged",
    "tcp": "TCP (RFC 6587): unencrypted",
    "tls": "TLS (RFC 5425): encrypted",
}


def count(number: int, one: str, many: str = "") -> str:
    """Give a number with its noun, as ``1 message`` or ``1,234 messages``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """Give a message of ours as a sentence of its own."""
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "?", "!")) else begun + "."


def flag(name: str) -> tuple[str, str]:
    """Give the meaning of a flag and the clause it comes from; a newer release's flag is named as unknown."""
    try:
        return LENIENCIES[Flag(name)]
    except (ValueError, KeyError):
        return "A leniency that this release does not know.", ""


def scope(searched: Scope, reach: Reach = "full") -> str:
    """Say what an answer covers; ``reach``: why it does not cover the whole range, where it does not."""
    aside = searched.skipped_by_time + searched.skipped_by_index
    read = searched.scanned_indexed + searched.scanned_unindexed
    where = "in this range" if searched.complete else "so far"
    files = f"{count(searched.files, 'file')} of {count(searched.days, 'day')}"
    whole = f"{files} with {count(searched.blocks, 'block')} {where}"
    skipped = f"{searched.skipped_by_index:,} by the index, {searched.skipped_by_time:,} by their times"
    ruled_out = f"{count(aside, 'block')} ruled out without reading ({skipped})"
    unindexed = f"{searched.scanned_unindexed:,} without an index"
    looked_at = f"{count(searched.rows_scanned, 'message')} looked at"
    scanned = f"{count(read, 'block')} read ({unindexed}), {looked_at}"
    damaged = f"damaged: {len(searched.damaged) or 'none'}"
    missing = (
        f", missing: {f'{searched.missing:,}' if searched.missing else 'none'}" if searched.complete else ""
    )
    return f"{f'{whole}; {ruled_out}; {scanned}; {damaged}{missing}'}. {_cover(searched, reach)}"


def _cover(searched: Scope, reach: Reach) -> str:
    if not searched.complete:
        return _REACHED[reach]
    if searched.damaged:
        return "What is damaged is missing from this answer."
    if searched.missing:
        lacking = count(searched.missing, "message of this range is", "messages of this range are")
        return f"{lacking} in no file, and missing from this answer: sysledger verify says which and why."
    return "This covers the whole range."


def damaged_indexes(days: Collection[str]) -> str:
    """Say that the indexes of these days cannot be read; nothing when there are none."""
    if not days:
        return ""
    some = ", ".join(sorted(days)[:DAYS_NAMED]) + (" …" if len(days) > DAYS_NAMED else "")
    which = f"The index of {count(len(days), 'day')} ({some}) cannot be read."
    return (
        f"{which} Every message of those days was looked at instead: nothing is missing from this answer, it "
        "only took longer. The command sysledger index rebuild makes the index anew."
    )
