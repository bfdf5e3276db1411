"""The works whose time must be linear, and for each, one shape in how many the tests look at."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Final

import pyarrow as pa

from collector.dtls_framing import RecordFramer
from collector.framing import StreamFramer
from collector.gelf import GelfFramer
from collector.guests import datagram_guests
from collector.opening import Opening
from collector.relp import RelpSession
from parsers import payloads
from parsers.dialects import DIALECTS, dialects_of
from parsers.explain import explain
from parsers.payloads import cef, json_text, keyvalue, leef, snare
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets
from parsers.rules import RuleBase, load
from parsers.structured_data import elements
from storage.query import QueryError, parse
from tests.fuzz.linear import Work
from tests.fuzz.seeds import MESSAGES, QUERIES, counted, messages, of_group, read_rules, rulebases

QUADRATIC: Final = "a quadratic pattern"
_NOW: Final = 1_700_000_000 * 10**9
_FEW: Final = 256  # octets, where each goes in by itself
_TYPES: Final = 2  # messages of each dialect
_DIALECTS: Final = tuple({dialect.name: dialect for dialect in (*DIALECTS, *dialects_of("rfc3164"))}.values())


def _of_each_dialect() -> list[bytes]:
    """Give the shortest messages of every dialect that has any."""
    found: dict[str, list[bytes]] = {}
    for message in sorted(messages(), key=len):
        dialect = next(dialect for dialect in _DIALECTS if dialect.pattern.fullmatch(message))
        found.setdefault(dialect.name, []).append(message)
    return [message for several in found.values() for message in several[:_TYPES]]


def _each(call: Callable[[bytes], object]) -> Callable[[Sequence[bytes]], object]:
    return lambda inputs: list(map(call, inputs))


def _texts(inputs: Sequence[bytes]) -> list[str]:
    return [octets.decode("utf-8", "replace") for octets in inputs]


def _parse(inputs: Sequence[bytes]) -> object:
    arrivals = [Arrival(_NOW, "192.0.2.1", len(inputs))]
    return exact_octets(parse_frames(inputs, arrivals, listener="l", transport="udp"))


def _patterns(octets: bytes) -> None:
    for dialect in _DIALECTS:
        dialect.pattern.fullmatch(octets)
        for pattern, _ in dialect.unlike_patterns.values():
            pattern.fullmatch(octets)
        dialect.stamp_pattern.fullmatch(octets)


def _payloads(inputs: Sequence[bytes]) -> None:
    texts = _texts(inputs)
    for module in (cef, json_text, keyvalue, leef, snare):
        module.read(texts)
    column = pa.array(texts, pa.string())
    payloads.entries(column, column, pa.repeat(pa.scalar("rfc5424"), len(texts)))


@cache
def _bases() -> list[RuleBase]:
    return [load(text.decode(), name, read_rules) for name, text in rulebases().items()]


def _rules(inputs: Sequence[bytes]) -> None:
    texts = _texts(inputs)
    column = pa.array(texts, pa.string())
    for base in _bases():
        base.entries(column)
        list(map(base.match, texts))


def _frame(octets: bytes) -> None:
    framer = StreamFramer(len(octets))
    framer.feed(octets)
    framer.finish()


def _frame_by_octets(octets: bytes) -> None:
    framer = StreamFramer(len(octets))
    for place in range(len(octets)):
        framer.feed(octets[place : place + 1])
    framer.finish()


def _open_by_octets(octets: bytes) -> None:
    for transport in ("tcp", "relp", "gelf-tcp"):
        for proxied in (False, True):
            opening = Opening(transport, proxied=proxied)
            for place in range(len(octets)):
                if opening.feed(octets[place : place + 1]) is not None:
                    break
            else:
                opening.finish()


def _records(octets: bytes) -> None:
    framer = RecordFramer(len(octets))
    for place in range(0, len(octets), 7):
        framer.feed(octets[place : place + 7], gap=False)
    framer.finish()


def _relp(octets: bytes) -> None:
    session = RelpSession(1)
    session.feed(b"1 open 15 relp_version=0\n")
    for run in session.feed(octets):
        session.answer(run)
    session.leave()


def _relp_by_octets(octets: bytes) -> None:
    session = RelpSession(1)
    session.feed(b"1 open 15 relp_version=0\n")
    for place in range(len(octets)):
        session.feed(octets[place : place + 1])


def _gelf(octets: bytes) -> None:
    framer = GelfFramer(len(octets))
    framer.feed(octets)
    framer.finish()


def _gelf_by_octets(octets: bytes) -> None:
    framer = GelfFramer(len(octets))
    for place in range(len(octets)):
        framer.feed(octets[place : place + 1])


def _quadratic(octets: bytes) -> None:
    """Show that the measurement sees what it is for."""
    _QUADRATIC.search(octets)


def _query(octets: bytes) -> None:
    with suppress(QueryError):
        parse(octets.decode("utf-8", "replace"))


_QUADRATIC: Final = re.compile(rb"[a-z ]+!")
_BODIES: Final = [*MESSAGES[6:], *of_group("cef", "leef")]
_STREAMS: Final = [counted(MESSAGES[:3]), b"\n".join(MESSAGES[:3]) + b"\n", *of_group("framing")]
_OPENINGS: Final = [
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n<13>x\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13" + bytes(12) + b"\4\0\4\0\0\0\0<13>x",
    b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    b'{"version":"1.1","host":"h","short_message":"m"}\0',
    b"1 open 86 relp_version=0\n",
]
_RELP: Final = [b"2 syslog 19 <13>1 - h a - - - x\n3 syslog 0\n4 syslog 3 abc\n5 close 0\n"]
_OBJECTS: Final = [b'{"version":"1.1","host":"h"}\0{\n "short_message":\n"m"}\n{"host": "h"}\n<13>x\n']
_SD: Final = [message.partition(b"- ")[2] for message in of_group("sd")] + [
    b'[a@1 b="c\\"d\\]" e=f][g:"h"; i:"j"]'
]

WORKS: Final[dict[str, tuple[Work, int]]] = {
    "patterns": (Work(_each(_patterns), _of_each_dialect()), 150),
    "parse": (Work(_parse, _of_each_dialect()), 300),
    "payloads": (Work(_payloads, _BODIES), 200),
    "structured_data": (Work(lambda inputs: list(map(elements, _texts(inputs))), _SD), 80),
    "rules": (Work(_rules, MESSAGES[1:3] + MESSAGES[-1:]), 300),
    "explain": (Work(_each(lambda octets: explain(octets, received_at=_NOW)), MESSAGES, 512), 5000),
    "framing": (Work(_each(_frame), _STREAMS), 120),
    "framing_by_octets": (Work(_each(_frame_by_octets), _STREAMS, _FEW), 500),
    "opening_by_octets": (Work(_each(_open_by_octets), _OPENINGS, _FEW), 120),
    "records": (Work(_each(_records), _STREAMS, _FEW), 300),
    "datagrams": (Work(lambda inputs: datagram_guests(inputs, "udp"), _OPENINGS), 5),
    "relp": (Work(_each(_relp), _RELP), 5),
    "relp_by_octets": (Work(_each(_relp_by_octets), _RELP, _FEW), 30),
    "gelf": (Work(_each(_gelf), _OBJECTS), 5),
    "gelf_by_octets": (Work(_each(_gelf_by_octets), _OBJECTS, _FEW), 60),
    QUADRATIC: (Work(_each(_quadratic), MESSAGES[1:2], 256), 300),
    "queries": (Work(_each(_query), QUERIES), 150),
}
