"""What columns say of sources."""

from collections import Counter

import pyarrow as pa

from parsers.schema import ARCHIVE_SCHEMA
from tests.watch.records import START, table
from watch.observing import COLUMNS, Observed, canary_rows, observe, own_rows


def by_host(records: pa.Table) -> dict[str, Observed]:
    """Give what was observed, by host name."""
    return {one.host: one for one in observe(records)}


def test_a_source_is_a_peer_with_a_host_name() -> None:
    """Messages are counted by both together; no HOSTNAME is a name of its own."""
    records = table(
        {"hostname": "a"}, {"hostname": "a"}, {"hostname": "b"}, {"hostname": "a", "peer": "192.0.2.2"},
        {"hostname": None},
    )  # fmt: skip
    found = {(one.peer, one.host): one.messages for one in observe(records)}
    assert found == {
        ("192.0.2.1", "a"): 2, ("192.0.2.1", "b"): 1, ("192.0.2.2", "a"): 1, ("192.0.2.1", ""): 1,
    }  # fmt: skip


def test_nothing_is_observed_of_nothing() -> None:
    """A table without rows has no sources."""
    assert list(observe(ARCHIVE_SCHEMA.empty_table().select(COLUMNS))) == []


def test_very_many_sources_are_all_observed() -> None:
    """Looked at in parts, they are the same: each with its messages, none twice."""
    names = [f"host-{number % 5_000}" for number in range(12_000)]
    found = list(observe(table(*({"hostname": name} for name in names))))
    assert {one.host: one.messages for one in found} == Counter(names)
    assert len(found) == 5_000


def test_first_last_and_the_longest_pauses() -> None:
    """Times are those of receipt, whatever the order of the rows; the two longest pauses are exact."""
    times = [START + second for second in (0, 1, 100, 103, 50, 110)]
    other = {"hostname": "other", "received_at": START + 7}
    (one,) = [
        one for one in observe(table(other, *({"received_at": time} for time in times))) if one.host == "fw"
    ]
    assert (one.first, one.last) == (START, START + 110)
    assert one.gaps == (50.0, 49.0)


def test_kinds_are_counted() -> None:
    """Listeners, transports with their last time, formats, flags and severities are counted by source."""
    found = by_host(
        table(
            {"listener": "tls", "transport": "tls", "tls_identity": "sha-256:AA", "severity": 3},
            {"received_at": START + 5, "flags": ["year_inferred", "timezone_assumed"], "format": "rfc3164"},
            {"received_at": START + 9, "flags": ["year_inferred"], "format": "rfc3164"},
            {"hostname": "b", "flags": ["sd_malformed"]},
        )
    )
    fw = found["fw"]
    assert fw.counts == {
        "listener tls": 1, "listener udp": 2, "transport tls": 1, "transport udp": 2, "format rfc5424": 1,
        "format rfc3164": 2, "flag year_inferred": 2, "flag timezone_assumed": 1, "severity err": 1,
        "severity info": 2,
    }  # fmt: skip
    assert (fw.encrypted_last, fw.plain_last) == (START, START + 9)
    assert fw.identity == "sha-256:AA"
    assert found["b"].counts["flag sd_malformed"] == 1
    assert found["b"].identity is None


def test_skew_is_of_times_that_are_the_originators_own() -> None:
    """The median of timestamp - received_at, without times whose year or zone was put in here."""
    ahead = {"timestamp": START + 90}
    guessed = {"timestamp": START + 3_600, "flags": ["year_inferred"]}
    found = by_host(table(ahead, ahead, ahead, guessed, guessed, guessed, guessed, {"hostname": "b"}))
    assert found["fw"].skew == 90
    assert found["b"].skew is None


def test_malformed_is_what_departs_from_the_standard_and_what_is_unparsed() -> None:
    """A missing year is no fault of the sender's; malformed structure is, and so is what cannot be read."""
    found = by_host(
        table(
            {"flags": ["year_inferred"]}, {"flags": ["sd_malformed", "utf8_invalid"]}, {"format": "unparsed"}
        )
    )
    assert found["fw"].malformed == 2


def test_the_appliances_own_messages_are_told_apart() -> None:
    """Its log and canaries are own when they come from this machine; elsewhere anybody may use such names."""
    records = table(
        {"app_name": "sysledger-storage", "peer": "127.0.0.1"},
        {"app_name": "sysledger-canary", "peer": "127.0.0.1"},
        {"app_name": None, "hostname": "sysledger-canary", "peer": "127.0.0.1"},
        {"app_name": "sysledger-storage"},
        {"app_name": None, "hostname": None, "peer": "127.0.0.1"},
    )
    assert own_rows(records, {"127.0.0.1"}).to_pylist() == [True, True, True, False, False]
    assert canary_rows(records).to_pylist() == [False, True, True, False, False]


def test_tables_of_several_pieces_are_one() -> None:
    """Dictionaries that differ from chunk to chunk, as journals have them, change nothing."""
    first, second = table({"peer": "192.0.2.1"}), table({"peer": "192.0.2.2"}, {"peer": "192.0.2.1"})
    found = {one.peer: one.messages for one in observe(pa.concat_tables([first, second]))}
    assert found == {"192.0.2.1": 2, "192.0.2.2": 1}
