"""The corpora's cases, each read by the receiving path and judged: agreed, or how it differs.

Cases that are read alike (one mode, one clock, one zone) go through the parsers together, in batches, as
the messages of a listener would. What a difference amounts to, deviations.py says.
"""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from parsers import rfc3164, rfc5424
from parsers.compile import compile_grammar
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets
from parsers.render import records_to_json
from parsers.schema import Flag
from parsers.source import Source
from parsers.times import read_times
from tests.collector.streams import framed
from tests.parsers.comparing import Difference, Manner, Record, differences, microseconds
from tests.shared import Case, corpus

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
LENIENT: Final = Manner()
STRICT: Final = Manner(strict=True)
MANNERS: Final[Mapping[str, Manner]] = {
    **dict.fromkeys(
        (
            "go_syslog_rfc5424", "go_syslog_framing", "crewjam_rfc5424", "beats_rfc5424", "rust_rfc5424",
            "easypost_rfc5424", "simple_syslog_java", "telegraf_syslog", "syslogng_sdata",
        ),
        STRICT,
    ),
    "loghub_structured": Manner(bare_end=True),
    "ossec_predecode": Manner(bare_end=True),
    "rsyslog_testbench": Manner(leading_space=True, coarse=True),
    "captured_clients": Manner(relayed=True),
    "sc4s_vendors": Manner(coarse=True),
    "napalm_logs": Manner(coarse=True),
}  # fmt: skip
FILES: Final = (
    *MANNERS, "syslogng_msgparse", "syslogng_timestamps", "beats_rfc3164", "go_syslog_rfc3164",
    "syslog_loose", "vrl_parse_syslog", "parse_syslog_line", "nsyslog_parser", "glossy",
    "jeromer_mcuadros_3164", "fluentd_parser_syslog", "logstash_graylog_misc", "alloy_streams",
    "pcap_syslog", "beats_modules", "peer_consensus", "peer_outputs",
)  # fmt: skip
ELSEWHERE: Final = "liblognorm_rules"  # rules and not messages: tests/parsers/rules runs it

# The corpora's names for zones: what stands before a space or alone, and the zone that it is.
ZONES: Final[Mapping[str, tzinfo]] = {"UTC": UTC, "CET": ZoneInfo("Europe/Budapest")}
SDATA_HEADER: Final = b"<1>1 - - - - - "

_STAMPS: Final = {
    "timestamp-rfc3164": compile_grammar(rfc3164.TIMESTAMP),
    "timestamp-rfc5424": compile_grammar(rfc5424.TIMESTAMP),
}
_Reading = tuple[str, str, str]  # mode, clock and zone


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and everything in which our reading differs from its expectation."""

    file: str
    source: str
    octets: bytes
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        """Name file and case, show how the message begins, and say every difference."""
        told = "; ".join(map(str, self.differences))
        return f"{self.file}:{self.source}\n    {self.octets[:160]!r}\n    {told}"


@cache
def judged(file: str) -> tuple[Judged, ...]:
    """Read every case of a corpus and judge it; in the file's order."""
    cases = corpus(file) if file != "peer_outputs" else list(_as_cases(corpus(file)))
    octets = [b64decode(case["input_b64"]) for case in cases]
    found: list[tuple[Difference, ...]] = [()] * len(cases)
    for (mode, now, zone), places in _alike(cases).items():
        messages = [octets[place] for place in places]
        several = [cases[place] for place in places]
        for place, differing in zip(places, _judge(file, mode, now, zone, messages, several), strict=True):
            found[place] = tuple(differing)
    return tuple(
        Judged(file, source_of(case), message, differing)
        for case, message, differing in zip(cases, octets, found, strict=True)
    )


def source_of(case: Case) -> str:
    """Give the name of a case in its file."""
    source = case["source"]
    return source if isinstance(source, str) else " = ".join(source)


def _alike(cases: Sequence[Case]) -> dict[_Reading, list[int]]:
    """Sort cases by how they are to be read; give the places of each kind."""
    alike: defaultdict[_Reading, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        context = case.get("context", {})
        alike[case["mode"], str(context.get("now", NOON.isoformat())), context.get("tz", "UTC")].append(place)
    return alike


def _judge(
    file: str, mode: str, now: str, zone: str, messages: Sequence[bytes], cases: Sequence[Case]
) -> Iterable[list[Difference]]:
    manner = MANNERS.get(file, LENIENT)
    received, timezone = datetime.fromisoformat(now), ZONES[zone.partition(" ")[0]]
    if mode.startswith("timestamp-"):
        return [
            list(judge_stamp(message, case["expect"], received, Source(timezone=timezone), mode))
            for message, case in zip(messages, cases, strict=True)
        ]
    if mode.startswith("stream:"):
        return [
            list(judge_stream(message, case, manner)) for message, case in zip(messages, cases, strict=True)
        ]
    if mode == "sdata":
        mode, messages = "rfc5424", [SDATA_HEADER + message for message in messages]
    records = read(messages, Source(mode, timezone), received)
    return [differences(record, case["expect"], manner) for record, case in zip(records, cases, strict=True)]


def read(
    frames: Sequence[bytes],
    source: Source,
    received: datetime = NOON,
    framing_flags: Mapping[int, tuple[Flag, ...]] | None = None,
) -> Iterator[Record]:
    """Give the JSON record of every frame, with the exact octets beside it as ``octets``."""
    arrivals = [Arrival(int(received.timestamp()) * 10**9, "192.0.2.1", len(frames))]
    records = parse_frames(
        frames, arrivals, listener="corpus", transport="udp", source=source, framing_flags=framing_flags or {}
    )
    octets = exact_octets(records).to_pylist()
    assert octets == list(frames), "octets are lost"
    for record, octets_of_it in zip(records_to_json(records), octets, strict=True):
        yield {**record, "octets": octets_of_it}


def judge_stamp(
    text: bytes, expect: Case, received: datetime, source: Source, mode: str
) -> Iterator[Difference]:
    """Judge one stamp by itself: the instant that it names, or that it is none by its standard."""
    moments = pa.array([int(received.timestamp()) * 10**9], pa.int64())
    times = read_times([text], moments, source, _STAMPS[mode])
    found = times.timestamp.cast(pa.int64())[0].as_py()
    flagged = found is None or (times.mask is not None and times.mask[0].as_py() != 0)
    if expect.get("error"):
        if not flagged:
            yield Difference("timestamp", found, "an error")
    elif found != microseconds(expect["timestamp"]):
        yield Difference("timestamp", found, microseconds(expect["timestamp"]))


def judge_stream(stream: bytes, case: Case, manner: Manner) -> Iterator[Difference]:
    """Judge a stream: as many frames as expected, each read as expected."""
    expected = [*case["expect"]["frames"], *case["expect"].get("best_effort_more", [])]
    result = framed([stream], case.get("max_message_length") or 65_536)
    if len(result.frames) != len(expected):
        yield Difference("frames", len(result.frames), len(expected))
        return
    source = Source("rfc3164" if case["mode"].endswith("rfc3164") else "auto")
    for record, one in zip(read(result.frames, source, NOON, result.flags), expected, strict=True):
        raw = case["mode"].endswith(":raw")  # MSG is everything after PRI
        expect = {"after_pri" if raw and name == "message" else name: value for name, value in one.items()}
        yield from differences(record, expect, manner)


READING: Final = frozenset({"facility", "severity", "app_name", "proc_id", "message"})
COMPARED: Final = (*sorted(READING), "hostname", "timestamp", "msg_id")


def _as_cases(outputs: Iterable[Case]) -> Iterator[Case]:
    """Make a case of each input of the two peers: what both say of it, if they have read it in the same way.

    Where they have not, nothing is asserted but what holds for all: it is read, and its octets are there.
    """
    for output in outputs:
        ours, theirs = output["rsyslog"], output["syslog_ng"]
        mode = "rfc5424" if ours.get("format") == "rfc5424" else "rfc3164"
        common = {
            name: ours[name] for name in COMPARED if name in ours and theirs.get(name, ...) == ours[name]
        }
        expect = common if common.keys() >= READING and not theirs["error"] else {}
        yield {**output, "mode": mode, "expect": expect}
