"""Why a message was read the way it was: octet by octet, leniency by leniency, clause by clause.

pyparsing runs the same grammars here that the receiving path runs compiled (design section 4), watched
by parsers/trace.py. What the receiving path decided (format, columns, flags) is asked of itself, so that
an explanation can never tell another story than the record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

from parsers.clauses import LENIENCIES, RFC3164_RULES, RFC5424_RULES, UNPARSED_RULES, Rule
from parsers.dialects import COLUMNS, STRICT_RFC3164, STRICT_RFC5424, dialects_of
from parsers.grammar import to_text
from parsers.labels import FACILITIES, SEVERITIES
from parsers.matching import dialect_of
from parsers.pipeline import Arrival, parse_frames
from parsers.render import JsonRecord, records_to_json
from parsers.schema import Flag, Format
from parsers.source import UNKNOWN_SOURCE, Source
from parsers.structured_data import unescape
from parsers.trace import THE_END, Expectation, Reading, Trace, quoted, trace


@dataclass(frozen=True, slots=True)
class Range:
    """Octets of the message, from ``start`` up to and without ``end``, and what they were read as.

    ``value`` is what they mean: decoded, unescaped, with labels; None where they stand for nothing (SP,
    punctuation, NILVALUE).
    """

    start: int
    end: int
    production: str
    octets: bytes
    value: str | None
    clause: str


@dataclass(frozen=True, slots=True)
class Leniency:
    """A flag of the record, in words."""

    flag: str
    sentence: str
    clause: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where the message departs from a standard's grammar, at ``offset`` counted from 0.

    ``definitions`` are those of the productions around the place, by ``clause`` and its neighbours.
    """

    standard: Format
    offset: int
    expected: str
    found: str
    clause: str
    definitions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The mismatch in words; people count octets from 1."""
        return f"octet {self.offset + 1}: expected {self.expected} ({self.clause}), found {self.found}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about how a message was read.

    ``ranges`` cover every octet of the message exactly once, in order.
    """

    message: bytes
    record: JsonRecord
    ranges: tuple[Range, ...]
    leniencies: tuple[Leniency, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def format(self) -> str:
        """The format that was decided on."""
        return str(self.record["format"])


# The standards to the letter: what a flagged message is held against.
_STANDARDS: Final = {Format.RFC5424: STRICT_RFC5424.grammar, Format.RFC3164: STRICT_RFC3164.grammar}
_RULES: Final[Mapping[Format, Mapping[str, Rule]]] = {
    Format.RFC5424: RFC5424_RULES,
    Format.RFC3164: RFC3164_RULES,
}
_TITLES: Final = {Format.RFC5424: "RFC 5424", Format.RFC3164: "RFC 3164"}
_TAGS: Final = {"app_name": "TAG", "proc_id": "PID"}  # RFC 3164's names of these columns
_CONTAINERS: Final = (
    "SYSLOG-MSG",
    "HEADER",
    "MSG",
)  # begin where their first part does, and say less than it
_CHARACTERS: Final = ("SP", "NILVALUE")
_WITHOUT_VALUE: Final = frozenset(
    {"SP", "NILVALUE", "BOM", "TRAILER", "SD-ELEMENT", "SD-PARAM", "SEPARATOR", "LEADING"}
    | {"AFTER-PRI", "CLOCK-MARK", "AFTER-TIME", "AFTER-HOSTNAME"}
)
_NOTHING: Final = Reading(None, None, 0, 0)


def explain(
    message: bytes,
    *,
    received_at: int,
    source: Source = UNKNOWN_SOURCE,
) -> Explanation:
    """Explain how ``message`` is read when it is received.

    Args:
        message: its octets, without transport framing.
        received_at: nanoseconds since the epoch.
        source: how its source's messages are read.
    """
    arrivals = [Arrival(received_at=received_at, peer="", count=1)]
    records = parse_frames([message], arrivals, listener="explain", transport="file", source=source)
    (record,) = records_to_json(records)
    return Explanation(
        message=message,
        record=record,
        ranges=tuple(_ranges(message, record, source)),
        leniencies=tuple(_leniencies(record)),
        mismatches=tuple(_mismatches(message, record, source.format)),
    )


def _leniencies(record: JsonRecord) -> Iterator[Leniency]:
    for flag in record["flags"]:
        yield Leniency(flag, *LENIENCIES[Flag(flag)])


def _ranges(message: bytes, record: JsonRecord, source: Source) -> Iterator[Range]:
    dialect = dialect_of(message, dialects_of(source.format))
    rules = {**_RULES.get(dialect.format, UNPARSED_RULES), **dialect.rules}
    reading = trace(dialect.grammar, to_text(message)).reading or _NOTHING
    for start, end, production_name in _merged(_productions(reading, rules)):
        octets = message[start:end]
        value = _value(production_name, octets, record, source.charset)
        yield Range(start, end, production_name, octets, value, rules[production_name].clause)


def _productions(
    reading: Reading, rules: Mapping[str, Rule], within: str = "MSG"
) -> Iterator[tuple[int, int, str]]:
    """The readings to show: whole productions, and the octets between them under what they belong to."""
    name = _production(reading, rules) or within
    whole = name != within and rules[name].whole
    if reading.start < reading.end and (whole or not reading.parts):
        yield reading.start, reading.end, name
    elif not whole:
        for part in reading.parts:
            yield from _productions(part, rules, name)


def _production(reading: Reading, rules: Mapping[str, Rule]) -> str | None:
    """The name of what was read: the element's own where the RFC or the dialect has it, else its column's."""
    column = reading.column or ""
    names = (reading.production, _TAGS.get(column), COLUMNS.get(column))
    return next((name for name in names if name in rules), None)


def _merged(parts: Iterator[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Join neighbours of one production, such as the punctuation of an SD-PARAM."""
    for name, run in groupby(parts, key=itemgetter(2)):
        found = list(run)
        yield found[0][0], found[-1][1], name


def _value(production: str, octets: bytes, record: JsonRecord, charset: str) -> str | None:
    match production:
        case "PRI":
            facility, severity = divmod(int(octets.strip(b"<>")), len(SEVERITIES))
            return (
                f"facility {facility} ({FACILITIES[facility]}), severity {severity} ({SEVERITIES[severity]})"
            )
        case "TIMESTAMP":
            return None if record["timestamp"] is None else str(record["timestamp"])
        case "PARAM-VALUE":
            return unescape(_text(octets, charset))
        case "PID":
            return _text(octets.strip(b"[]"), charset)
        case name if name in _WITHOUT_VALUE:
            return None
    return None if octets == b"-" else _text(octets, charset)


def _text(octets: bytes, charset: str) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode(charset, "replace")


def _mismatches(message: bytes, record: JsonRecord, form: str) -> list[Mismatch]:
    """Where the message departs from its standard; from each that was tried when it follows none."""
    if not record["flags"] and record["format"] != Format.UNPARSED:
        return []
    text, decided = to_text(message), record["format"]
    tried = [standard for standard in _STANDARDS if form in {"auto", standard}]
    found = {standard: trace(_STANDARDS[standard], text) for standard in tried}
    if decided in tried:  # another standard only where the message follows that one further
        reach = len(message) if found[decided].reading else found[decided].offset
        tried = [standard for standard in tried if standard == decided or found[standard].offset > reach]
    departed = [standard for standard in tried if found[standard].reading is None]
    departed.sort(key=lambda standard: -found[standard].offset)
    return [_mismatch(standard, found[standard], message) for standard in departed]


def _mismatch(standard: Format, stuck: Trace, message: bytes) -> Mismatch:
    rules, last = _RULES[standard], stuck.expected[-1]
    wanted = list(dict.fromkeys(_wanted(one, stuck.offset, rules) for one in stuck.expected))
    around = [name for name, start in last.productions if start < stuck.offset and name not in _CONTAINERS]
    names = [name for name in [*wanted, *around[-1:], last.after] if name and name not in _CHARACTERS]
    known = [rules[name] for name in dict.fromkeys(names) if name in rules]
    return Mismatch(
        standard=standard,
        offset=stuck.offset,
        expected=" or ".join(wanted) + _place(last, alone=len(wanted) == 1),
        found=_found(message, stuck.offset),
        clause=known[0].clause if known else rules[_CONTAINERS[0]].clause,
        definitions=tuple(rule.definition for rule in known),
    )


def _wanted(expectation: Expectation, offset: int, rules: Mapping[str, Rule]) -> str:
    """Name what could have stood here: a field by its own name, inside a field its smallest production."""
    begun = any(
        start < offset and name in rules and rules[name].whole for name, start in expectation.productions
    )
    here = [name for name, start in expectation.productions if start == offset and name in rules]
    fields = [name for name in here if name not in _CONTAINERS]
    return fields[-1 if begun else 0] if fields else expectation.element


def _place(expectation: Expectation, *, alone: bool) -> str:
    if expectation.after in {None, *_CHARACTERS}:
        return ""
    if expectation.before and alone:
        return f" between {expectation.after} and {expectation.before}"
    return f" after {expectation.after}"


def _found(message: bytes, offset: int) -> str:
    if offset >= len(message):
        return THE_END
    octet = message[offset : offset + 1]
    visible = octet.isascii() and octet.decode().isprintable()
    return quoted(octet.decode()) if visible else f"octet {octet.hex()}"


def as_text(explanation: Explanation) -> str:
    """Give an explanation as lines for a terminal; whatever could steer one is escaped."""
    rows = [("octets", "production", "clause", "read as")]
    rows += [
        (f"{one.start + 1}-{one.end}", one.production, one.clause, _shown(one)) for one in explanation.ranges
    ]
    widths = [max(map(len, column)) + 2 for column in list(zip(*rows, strict=True))[:3]]
    lines = [f"format: {explanation.format}", ""]
    lines += [
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + row[3] for row in rows
    ]
    if explanation.leniencies:
        lines += ["", "leniencies:"]
        lines += [f"  {one.flag}: {one.sentence} ({one.clause})" for one in explanation.leniencies]
    else:
        lines += ["", "leniencies: none, it conforms to its standard"]
    for mismatch in explanation.mismatches:
        lines += ["", f"against {_TITLES[mismatch.standard]}:", f"  {mismatch.sentence}"]
        lines += [f"      {definition}" for definition in mismatch.definitions]
    return "\n".join(lines) + "\n"


def _shown(one: Range) -> str:
    text = one.octets.decode("latin-1") if one.value is None else one.value
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return f"({shown})" if one.value is None else shown
