"""From frames to records: each message is read by its source's settings, and nothing else changes for it."""

import logging
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.reader import Reader, Rules
from collector.settings import ListenerSettings
from collector.source_settings import SourceSettings
from collector.sources import Sources
from parsers.pipeline import Arrival, parse_frames
from parsers.schema import BATCH_SCHEMA, Flag

NOW = 1_795_262_400 * 10**9  # 2026-11-21T12:00:00Z
LISTENER = ListenerSettings(transport="udp", port=5514, timezone="UTC")
BSD = "<34>Nov 21 10:00:00 {} app: Zürich"
SOURCES: dict[str, Any] = {
    "vienna": {"networks": ["192.0.2.0/24"], "timezone": "Europe/Vienna", "charset": "iso-8859-1"},
    "tokyo": {"networks": ["2001:db8::/32"], "timezone": "Asia/Tokyo", "charset": "shift_jis"},
    "fw": {"hosts": ["fw-*"], "timezone": "America/New_York", "charset": "utf-8"},
}
PEERS = ("192.0.2.1", "2001:db8::1", "198.51.100.1")


def a_reader(rules: Rules | None = None, **sources: dict[str, Any]) -> Reader:
    """A reader of a UDP listener whose zone is UTC."""
    models = {name: SourceSettings.model_validate(one) for name, one in sources.items()}
    return Reader("office", "udp", Sources("office", LISTENER, models), rules)


def from_peers(*peers: str) -> list[Arrival]:
    """A run of one frame from each."""
    return [Arrival(NOW, peer, 1) for peer in peers]


def hours(records: pa.RecordBatch) -> list[int | None]:
    """The UTC hour of each message's own time."""
    return [None if time is None else time.astimezone(UTC).hour for time in records["timestamp"].to_pylist()]


def test_peers_have_zones_and_charsets_of_their_own() -> None:
    """The same text is another instant, and the same octets other letters, at another sender."""
    frame = BSD.format("host").encode("iso-8859-1")
    japanese = "<34>Nov 21 10:00:00 host app: 警告".encode("shift_jis")
    records = a_reader(**SOURCES).read([frame, japanese, frame], from_peers(*PEERS), {})
    assert hours(records) == [9, 1, 10]
    assert records["message"].to_pylist() == ["Zürich", "警告", "Z\ufffdrich"]
    invalid = ["utf8_invalid" in flags for flags in records["flags"].to_pylist()]
    assert invalid == [False, False, True]
    assert records["raw"].to_pylist() == [frame, japanese, frame]


def test_hosts_are_read_again_by_their_own_settings() -> None:
    """A host name that a source claims beats the peer's network, whatever its case."""
    frames = [BSD.format(host).encode() for host in ("FW-7", "core", "fw-8")]
    records = a_reader(**SOURCES).read(frames, [Arrival(NOW, "192.0.2.1", 2), Arrival(NOW, PEERS[2], 1)], {})
    assert hours(records) == [15, 9, 15]
    assert records["hostname"].to_pylist() == ["FW-7", "core", "fw-8"]
    assert records["peer"].to_pylist() == ["192.0.2.1", "192.0.2.1", "198.51.100.1"]


def test_date_order_is_the_sources() -> None:
    """05/06 is June at one sender, May at another, and no time at a third."""
    frame = b"<134> 05/06/2026:10:00:00 GMT ns 0-PPE-0 : default SSLLOG SSL_HANDSHAKE_SUCCESS 1 0 :  text"
    reader = a_reader(
        day={"networks": [PEERS[0]], "date_order": "day_first"},
        month={"networks": [PEERS[1]], "date_order": "month_first"},
    )
    records = reader.read([frame] * 3, from_peers(*PEERS), {})
    times = [datetime(2026, 6, 5, 10, tzinfo=UTC), datetime(2026, 5, 6, 10, tzinfo=UTC), None]
    assert records["timestamp"].to_pylist() == times


def test_format_is_the_sources() -> None:
    """A source may be held to one standard."""
    frame = BSD.format("host").encode()
    reader = a_reader(new={"networks": [PEERS[0]], "format": "rfc5424"})
    records = reader.read([frame] * 2, from_peers(*PEERS[:2]), {})
    assert records["format"].to_pylist() == ["unparsed", "rfc3164"]


hosts = st.sampled_from(("fw-1", "core", "FW-", "-"))
texts = st.binary(max_size=20)
messages = st.one_of(
    st.builds(lambda host, text: BSD.format(host).encode() + text, hosts, texts),
    st.builds(lambda host, text: f"<13>1 - {host} a - - - ".encode() + text, hosts, texts),
    texts,
)
flagged = st.sampled_from(((), (Flag.TRUNCATED,), (Flag.FRAMING_ERROR,)))


@given(st.lists(st.tuples(messages, st.sampled_from((*PEERS, "")), flagged), min_size=1, max_size=12))
def test_grouping_keeps_order_and_octets(received: list[tuple[bytes, str, tuple[Flag, ...]]]) -> None:
    """Whoever sent whatever together with whom: each record is as if its message had come alone."""
    reader = a_reader(**SOURCES)
    flags = {place: several for place, (_, _, several) in enumerate(received) if several}
    arrivals = from_peers(*(peer for _, peer, _ in received))
    records = reader.read([frame for frame, _, _ in received], arrivals, flags)
    assert records.schema == BATCH_SCHEMA
    assert records["raw"].to_pylist() == [frame for frame, _, _ in received]
    alone = [
        reader.read([frame], from_peers(peer), {0: several} if several else {}).to_pylist()
        for frame, peer, several in received
    ]
    assert records.to_pylist() == [record for one in alone for record in one]


def test_without_sources_it_is_parsing_alone() -> None:
    """Where no source is configured, records are what the parsers make of the frames, and of nothing less."""
    frames = [BSD.format("fw-1").encode(), b"<13>1 - h a - - - x"]
    arrivals = from_peers(*PEERS[:2])
    reader = a_reader()
    expected = parse_frames(frames, arrivals, listener="office", transport="udp")
    assert reader.read(frames, arrivals, {}).drop_columns(
        ["timestamp", "timestamp_form"]
    ) == expected.drop_columns(["timestamp", "timestamp_form"])


def test_rules_see_records_and_their_result_is_kept() -> None:
    """What rules add comes after reading, and before the batch goes."""
    place = BATCH_SCHEMA.get_field_index("app_name")

    def shout(records: pa.RecordBatch) -> pa.RecordBatch:
        return records.set_column(place, BATCH_SCHEMA.field(place), pa.array(["RULED"] * len(records)))

    records = a_reader(shout).read([b"<13>1 - h a - - - x"], from_peers(PEERS[0]), {})
    assert records["app_name"].to_pylist() == ["RULED"]


def test_rules_that_fail_take_no_message_along(caplog: pytest.LogCaptureFixture) -> None:
    """A mistake of ours behind reading costs fields, never messages, and is told once."""

    def broken(_: pa.RecordBatch) -> pa.RecordBatch:
        raise RuntimeError("a mistake of ours")

    reader = a_reader(broken)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert reader.read([b"<13>x"], from_peers(PEERS[0]), {})["raw"].to_pylist() == [b"<13>x"]
    assert len(caplog.records) == 1


def test_sequence_gaps_are_counted() -> None:
    """What the senders' own numbers say is missing is in the reader's report."""
    frames = [b'<13>1 - core a - - [meta sequenceId="%d"] x' % number for number in (1, 2, 5)]
    reader = a_reader()
    reader.read(frames, [Arrival(NOW, PEERS[0], 3)], {})
    assert reader.gaps.report()["missing"] == 2
