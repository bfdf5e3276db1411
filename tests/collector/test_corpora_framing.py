"""Streams of other projects' tests and of real senders, held against what the framer makes of them.

The corpora's README says how a case is written. They expect fields of each frame, so the frames are read by
the parsers, whose own reading is not judged here. A listed deviation that agrees after all fails.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Final

import pytest

from parsers.pipeline import Arrival, parse_frames
from parsers.schema import Flag
from tests.collector.streams import Framed, counted, cuts, framed, framed_however_cut
from tests.shared import Case, corpus, parameters

FILES: Final = ("go_syslog_framing", "telegraf_syslog", "alloy_streams", "pcap_syslog")
FIELDS: Final = ("facility", "severity", "hostname", "app_name", "proc_id", "msg_id", "message")
RECEIVED_AT: Final = 1_795_262_400 * 10**9
LONG: Final = 4096  # octets; longer streams are not cut at every position

NEWLINE: Final = (
    "the corpus writes a LF inside MSG as backslash and n, telegraf's own notation; the frame is the same"
)
DEVIATIONS: Final = {
    f"influxdata/telegraf:plugins/inputs/syslog/testcases/octet_counting_{mode}_tcp_1st_newline_ok": NEWLINE
    for mode in ("strict", "best_effort")
}


def streams() -> list[tuple[str, Case]]:
    """The cases that are streams, each after its id."""
    cases = [(f"{file}:{case['source']}", case) for file in FILES for case in corpus(file)]
    return [(name, case) for name, case in cases if case["mode"].startswith("stream:")]


@pytest.mark.parametrize("case", parameters(streams()))
def test_stream(case: Case) -> None:
    """Every stream gives the frames that its project expects, or the deviation has a reason."""
    differences = list(disagreements(case))
    if case["source"] in DEVIATIONS:
        assert differences, "agrees after all: take it off DEVIATIONS"
    else:
        assert not differences


@pytest.mark.usefixtures("shared")
def test_corpora_are_there() -> None:
    """The streams that the test above runs are all there, and every deviation is about one of them."""
    sources = [case["source"] for _, case in streams()]
    assert len(sources) == 31
    assert set(sources) >= DEVIATIONS.keys()


def disagreements(case: Case) -> Iterator[str]:
    """What differs from the corpus' expectation, in words."""
    stream = b64decode(case["input_b64"])
    maximum = case.get("max_message_length") or 65_536
    result = framed_however_cut(stream, maximum) if len(stream) <= LONG else framed([stream], maximum)
    expected = [*case["expect"]["frames"], *case["expect"].get("best_effort_more", [])]
    if len(result.frames) != len(expected):
        yield f"{len(result.frames)} frames instead of {len(expected)}"
        return
    for number, one in enumerate(expected):
        yield from compare(result, number, one, case["mode"])


def compare(result: Framed, number: int, expected: Case, mode: str) -> Iterator[str]:
    """What differs in one frame. One that the reference rejects must have a flag, of framing or parsing."""
    record = record_of(result.frames[number], result.flags.get(number, ()), mode)
    if "error_text" in expected:
        if not record["flags"] and record["format"] == "rfc5424":
            yield f"frame {number} has no flag"
        return
    wanted = expected.get("partial", expected)
    for name in FIELDS:
        if name in wanted and (record[name] or None) != (wanted[name] or None):
            yield f"frame {number}: {name} is {record[name]!r} instead of {wanted[name]!r}"


def record_of(frame: bytes, flags: tuple[Flag, ...], mode: str) -> Case:
    """Read a frame by the parsers; in mode raw, MSG is everything after the PRI."""
    form = "rfc3164" if mode.endswith("rfc3164") else "auto"
    records = parse_frames(
        [frame],
        [Arrival(RECEIVED_AT, "192.0.2.1", 1)],
        listener="tcp",
        transport="tcp",
        format=form,
        timezone=UTC,
        framing_flags={0: flags} if flags else {},
    )
    record: Case = records.drop_columns(["received_at"]).to_pylist()[0]
    if mode.endswith(":raw"):
        record["message"] = re.sub(rb"\A<\d+>", b"", frame).decode().rstrip()  # as that parser does
    return record


def captured(framing: str) -> list[bytes]:
    """The messages that real senders sent by one framing."""
    return [b64decode(case["input_b64"]) for case in corpus("captured_clients") if case["framing"] == framing]


@pytest.mark.parametrize(("framing", "trailer", "messages"), [("lf", b"\n", 14), ("nul", b"\0", 3)])
def test_captured_lines(shared: Path, framing: str, trailer: bytes, messages: int) -> None:
    """What real senders sent in lines comes back message by message, however the stream is cut."""
    assert shared.is_dir()
    sent = captured(framing)
    assert len(sent) == messages
    assert framed_however_cut(b"".join(message + trailer for message in sent)) == Framed(sent)


def test_captured_octet_counting(shared: Path) -> None:
    """What real senders sent by octet counting comes back, with the LF that many of them count."""
    assert shared.is_dir()
    sent = captured("octet-counting")
    assert len(sent) == 22
    assert framed_however_cut(counted(*sent)) == Framed(sent)


def test_captured_end_of_stream(shared: Path) -> None:
    """winston frames nothing: the message ends with the connection."""
    assert shared.is_dir()
    for message in captured("none(end of stream)"):
        assert framed_however_cut(message) == Framed([message])


def test_captured_senders_in_one_stream(shared: Path) -> None:
    """A relay may pass on all of them over one connection: each frame by its own method."""
    assert shared.is_dir()
    lines, others = captured("lf"), captured("octet-counting")
    stream = b"".join(counted(other) + line + b"\n" for line, other in zip(lines, others, strict=False))
    sent = [message for pair in zip(others, lines, strict=False) for message in pair]
    whole = framed([stream])
    assert whole == Framed(sent)
    assert all(framed(pieces) == whole for pieces in cuts(stream))
