"""What nine other projects expect of RFC 5424 messages, held against what we read.

The cases are the files of trust S in ../shared/corpora (its README says how a case is written). Where we
read a case differently on purpose, deviations.toml names it with the reason; a case listed there that
agrees after all fails, so that the list stays true.
"""

import re
import tomllib
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from parsers.render import parse_lines
from tests.shared import Case, corpus, parameters

FILES: Final = (
    "go_syslog_rfc5424",
    "crewjam_rfc5424",
    "beats_rfc5424",
    "rust_rfc5424",
    "easypost_rfc5424",
    "simple_syslog_java",
    "telegraf_syslog",
    "syslogng_sdata",
)
DEVIATIONS: Final[dict[str, str]] = {
    entry["source"]: entry["reason"]
    for entry in tomllib.loads(Path(__file__).with_name("deviations.toml").read_text("utf-8"))["deviation"]
}
RECEIVED_AT: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
VERBATIM: Final = ("facility", "severity", "hostname", "app_name", "proc_id", "msg_id")

Record = dict[str, Any]


def cases() -> list[tuple[str, Case]]:
    """Every case after its id, which is the file's and the case's own name."""
    return [(f"{file}:{case['source']}", case) for file in FILES for case in corpus(file)]


@pytest.mark.parametrize("case", parameters(cases()))
def test_agrees_with_the_corpus_or_the_deviation_has_a_reason(case: Case) -> None:
    """We read every message as the corpus says, or deviations.toml says why not."""
    differences = disagreements(case)
    reason = deviation(case["source"])
    if reason is None:
        assert not differences
    else:
        assert differences, f"agrees after all: take it off deviations.toml (its reason there: {reason})"


@pytest.mark.usefixtures("shared")
def test_every_deviation_names_a_case() -> None:
    """No entry of deviations.toml is about a case that does not exist."""
    sources = [case["source"] for _, case in cases()]
    unused = [pattern for pattern in DEVIATIONS if not any(fnmatchcase(name, pattern) for name in sources)]
    assert not unused


def deviation(source: str) -> str | None:
    """Give the reason why a case is read differently, None where it is not."""
    return next((reason for pattern, reason in DEVIATIONS.items() if fnmatchcase(source, pattern)), None)


def disagreements(case: Case) -> list[str]:
    """Everything in which our reading of a case's messages differs from the corpus', in words."""
    octets, expect = b64decode(case["input_b64"]), case["expect"]
    mode = case["mode"].removeprefix("stream:")
    if mode == "sdata":
        return compare(record_of(b"<1>1 - - - - - " + octets, "rfc5424"), expect)
    if mode in {"rfc5424", "rfc3164"}:
        return compare(record_of(octets, mode), expect)
    messages = frames(octets, mode)
    if len(messages) != len(expect["frames"]):
        return [f"{len(messages)} frames instead of {len(expect['frames'])}"]
    form = "rfc3164" if mode.endswith("rfc3164") else "rfc5424"
    pairs = zip(messages, expect["frames"], strict=True)
    return [difference for message, one in pairs for difference in compare(record_of(message, form), one)]


def frames(octets: bytes, framing: str) -> list[bytes]:
    """The frames of these corpora's well-framed streams (tests/collector puts framing itself to the test)."""
    if framing.startswith("non-transparent"):
        return [frame for frame in octets.split(b"\n") if frame]
    found = []
    while octets:
        length, _, octets = octets.partition(b" ")
        found.append(octets[: int(length)])
        octets = octets[int(length) :]
    return found


def record_of(message: bytes, form: str) -> Record:
    """Give the JSON record of one message."""
    lines = [b64encode(message)]
    (record,) = parse_lines(lines, base64=True, format=form, received_at=RECEIVED_AT, timezone=UTC)
    return record


def compare(record: Record, expect: Case) -> list[str]:
    """Hold a record against a corpus' expectation: what is absent there is not asserted."""
    if expect.get("error"):
        return _compare_rejected(record, expect)
    found = [
        f"{name} is {record[name]!r} instead of {expect[name]!r}"
        for name in VERBATIM
        if name in expect and record[name] != expect[name]
    ]
    return found + _compare_parts(record, expect) + _compare_flags(record, expect)


def _compare_rejected(record: Record, expect: Case) -> list[str]:
    """We never reject; where the reference does, the record must say that something is wrong."""
    found = [] if record["flags"] or record["format"] == "unparsed" else ["accepted without a flag"]
    partial = expect.get("partial", {})
    found += [
        f"{name} is {record[name]!r}, though the PRI says {partial[name]!r}"
        for name in ("facility", "severity")
        if partial.get(name) is not None and record[name] != partial[name]
    ]
    if "structured_data" in expect.get("lenient", {}):
        found += _compare_structured_data(record, expect["lenient"]["structured_data"])
    return found


def _compare_parts(record: Record, expect: Case) -> list[str]:
    found = []
    if "message_b64" in expect:
        octets = b64decode(expect["message_b64"])
        if record["message"] != octets.decode(errors="replace"):
            found.append(f"message is {record['message']!r} instead of {octets!r}")
        if not b64decode(record["raw_base64"]).endswith(octets):
            found.append("the MSG's octets are lost")
    elif "message" in expect and record["message"] != without_bom(expect["message"]):
        found.append(f"message is {record['message']!r} instead of {expect['message']!r}")
    if "structured_data" in expect:
        found += _compare_structured_data(record, expect["structured_data"])
    if "sd_flat" in expect and flat(record) != expect["sd_flat"]:
        found.append(f"structured data is {flat(record)} instead of {expect['sd_flat']}")
    return found + _compare_timestamp(record, expect)


def without_bom(text: str | None) -> str | None:
    """MSG as the record keeps it: the BOM belongs to its form, not to its text."""
    return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") if text else text


def _compare_structured_data(record: Record, expected: dict[str, dict[str, str]] | None) -> list[str]:
    found = {sd_id: dict(params) for sd_id, params in record["structured_data_elements"] or []}
    return [] if found == (expected or {}) else [f"structured data is {found} instead of {expected}"]


def flat(record: Record) -> dict[str, str | bool]:
    """Structured data as telegraf flattens it."""
    flattened: dict[str, str | bool] = {}
    for sd_id, params in record["structured_data_elements"]:
        flattened |= {f"{sd_id}_{name}": value for name, value in params} or {sd_id: True}
    return flattened


def _compare_timestamp(record: Record, expect: Case) -> list[str]:
    text = record["timestamp"]
    if "timestamp_unix" in expect:
        same = text is not None and microseconds(text) == round(expect["timestamp_unix"] * 1_000_000)
        return [] if same else [f"timestamp is {text} instead of {expect['timestamp_unix']}"]
    if "timestamp" not in expect:
        return []
    expected = expect["timestamp"]
    if expected is None or text is None:
        same = expected is text
    elif expected.startswith("--"):  # no year on the wire
        same = text[5:].startswith(expected[2:])
    else:
        same = microseconds(text) == microseconds(expected)
    return [] if same else [f"timestamp is {text} instead of {expected}"]


def microseconds(text: str) -> int:
    """Microseconds from 1970 of an RFC 3339 text: year 0000, which datetime has not, is legal there."""
    stamp = re.fullmatch(r"(\d{4})(.{15})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    assert stamp is not None, text
    year, rest, fraction, offset = stamp.groups()
    same = datetime.fromisoformat(f"{2000 + int(year) % 400}{rest}{offset.replace('Z', '+00:00')}")
    cycles = int(year) // 400 - 5  # of 146,097 days, after which the calendar repeats
    seconds = int(same.timestamp()) + cycles * 146_097 * 86_400
    return seconds * 1_000_000 + int(f"{fraction or 0:0<6}"[:6])


def _compare_flags(record: Record, expect: Case) -> list[str]:
    """What a strict reference accepts carries no flag, but for what it does not look at."""
    version = expect.get("version", 1)
    allowed = set() if version == 1 else {"version_unknown"}
    if "message_b64" in expect:
        allowed.add("utf8_invalid")
    if record["format"] == "rfc3164":
        allowed |= {"year_inferred", "timezone_assumed"}
    found = sorted(set(record["flags"]) - allowed)
    if version != 1 and "version_unknown" not in record["flags"]:
        return [f"VERSION {version} without the flag version_unknown"]
    return [f"flagged {', '.join(found)}, though nothing is wrong"] if found else []
