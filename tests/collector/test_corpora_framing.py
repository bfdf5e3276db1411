"""Streams of other projects' tests and of real senders, held against what the framer makes of them.

The corpora's README says how a case is written. What stands in each frame, tests/parsers/test_corpora.py
judges; here it is where frames begin and end.
"""

from base64 import b64decode
from pathlib import Path
from typing import Final

import pytest

from tests.collector.streams import Framed, counted, cuts, framed, framed_however_cut
from tests.shared import Case, corpus, parameters

FILES: Final = ("go_syslog_framing", "telegraf_syslog", "alloy_streams", "pcap_syslog")
LONG: Final = 4096  # octets; longer streams are not cut at every position


def streams() -> list[tuple[str, Case]]:
    """The cases that are streams, each after its id."""
    cases = [(f"{file}:{case['source']}", case) for file in FILES for case in corpus(file)]
    return [(name, case) for name, case in cases if case["mode"].startswith("stream:")]


@pytest.mark.parametrize("case", parameters(streams()))
def test_stream(case: Case) -> None:
    """Every stream gives as many frames as its project expects, and the same ones however it is cut."""
    stream = b64decode(case["input_b64"])
    maximum = case.get("max_message_length") or 65_536
    result = framed_however_cut(stream, maximum) if len(stream) <= LONG else framed([stream], maximum)
    expected = [*case["expect"]["frames"], *case["expect"].get("best_effort_more", [])]
    assert len(result.frames) == len(expected)


@pytest.mark.usefixtures("shared")
def test_corpora_are_there() -> None:
    """The streams that the test above runs are all there."""
    assert len(streams()) == 31


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
