"""The promises of the hand-off's receiving side: nothing twice, nothing passed over, nothing unchecked."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

from parsers import rebuild
from parsers.batch import BatchError, BatchHeader, decode_records, encode_records
from parsers.rebuild import exact_octets
from parsers.schema import BATCH_SCHEMA
from storage.commit import Commit
from storage.handoff import BATCH_ROWS, PEERS, Peers, Verdict, check_batch, names_in, stream_of
from storage.journal import Batch, Journal
from storage.layout import StreamName

NOON = 1_795_176_000

MakeRecords = Callable[[Sequence[bytes]], pa.RecordBatch]


def header(number: int = 1, messages: int = 1, collector: str = "c", stream: str = "syslog") -> BatchHeader:
    """Make a batch header."""
    return BatchHeader("default", stream, collector, number, messages, 10)


def test_batches_in_order_are_stored() -> None:
    """After HELLO, batches that follow each other are taken, whatever number they begin with."""
    peers = Peers()
    peers.hello(b"1", "c")
    assert [peers.judge(b"1", header(number), 6) for number in (7, 8, 9)] == [Verdict.STORE] * 3


def test_batches_sent_again_are_known() -> None:
    """Numbers that are stored are acknowledged again and not stored again."""
    peers = Peers()
    peers.hello(b"1", "c")
    verdicts = [peers.judge(b"1", header(number), 3) for number in (2, 3, 4)]
    assert verdicts == [Verdict.KNOWN, Verdict.KNOWN, Verdict.STORE]


def test_what_comes_behind_a_missing_batch_waits() -> None:
    """After a gap nothing is taken until the next HELLO: else the missing batch would look known later."""
    peers = Peers()
    peers.hello(b"1", "c")
    verdicts = [peers.judge(b"1", header(number), 0) for number in (1, 3, 4)]
    assert verdicts == [Verdict.STORE, Verdict.WAIT, Verdict.WAIT]
    peers.hello(b"1", "c")
    assert [peers.judge(b"1", header(number), 1) for number in (2, 3)] == [Verdict.STORE, Verdict.STORE]


def test_streams_count_for_themselves() -> None:
    """Each stream has its own numbers."""
    peers = Peers()
    peers.hello(b"1", "c")
    assert peers.judge(b"1", header(5), 4) is Verdict.STORE
    assert peers.judge(b"1", header(1, stream="other"), 0) is Verdict.STORE
    assert peers.judge(b"1", header(6), 5) is Verdict.STORE


def test_who_did_not_say_hello_waits() -> None:
    """Batches on a connection without HELLO, or under another collector's id, are not taken."""
    peers = Peers()
    peers.hello(b"1", "c")
    assert peers.judge(b"2", header(), 0) is Verdict.WAIT
    assert peers.judge(b"1", header(collector="d"), 0) is Verdict.WAIT


def test_one_connection_carries_several_collectors() -> None:
    """Who drains an earlier run's queue says HELLO for both; a HELLO begins anew for one of them alone."""
    peers = Peers()
    peers.hello(b"1", "c")
    peers.hello(b"1", "old")
    assert peers.judge(b"1", header(1), 0) is Verdict.STORE
    assert peers.judge(b"1", header(7, collector="old"), 6) is Verdict.STORE
    assert peers.judge(b"1", header(2), 1) is Verdict.STORE
    peers.hello(b"1", "old")
    assert peers.judge(b"1", header(9, collector="old"), 7) is Verdict.STORE
    assert peers.judge(b"1", header(4), 2) is Verdict.WAIT


def test_connections_are_bounded() -> None:
    """Only so many connections are remembered; one that was forgotten has to say HELLO again."""
    peers = Peers()
    for number in range(PEERS + 1):
        peers.hello(b"%d" % number, "c")
    assert peers.judge(b"0", header(), 0) is Verdict.WAIT
    assert peers.judge(b"1", header(), 0) is Verdict.STORE


def test_a_good_batch_is_described(make_records: MakeRecords) -> None:
    """A batch that is in order gives its rows and the ranges of its times."""
    octets = header().encode()
    content = check_batch(header(), octets, encode_records(make_records([b"a"])))
    assert (content.header, content.rows) == (octets, 1)
    assert content.statistics.received_min == content.statistics.received_max == NOON * 10**9
    assert content.statistics.timestamp_min is None


def test_batches_are_numbered_from_one() -> None:
    """A batch under a number that would look like one stored already is refused, not acknowledged."""
    for number in (0, -3, 1 << 64):
        with pytest.raises(BatchError, match="they count from 1"):
            BatchHeader.decode(header(number).encode())


@pytest.mark.parametrize(
    "octets",
    [b"[" * 4096, b'{"tenant":"\\ud800"}', b"9" * 5000, b'{"number":' + b"9" * 4000 + b"}", b"\xff", b"null"],
)
def test_hostile_headers_are_refused(octets: bytes) -> None:
    """Whatever stands where a batch header should, it is refused with an answer that can be sent."""
    with pytest.raises(BatchError):
        BatchHeader.decode(octets)
    commit = Commit()
    stream, number, collector = names_in(octets)
    commit.refuse(b"1", stream, number, "because", collector)
    assert [answer[1] for answer in commit.answers({}, 1)] == [b"REFUSED"]


def replaced(records: pa.RecordBatch, name: str, values: list[object]) -> pa.RecordBatch:
    """Give ``records`` with other values in one column."""
    place = BATCH_SCHEMA.get_field_index(name)
    columns = [*records.columns]
    columns[place] = pa.array(values, BATCH_SCHEMA.field(place).type)
    return pa.RecordBatch.from_arrays(columns, schema=BATCH_SCHEMA)


def test_bad_batches_are_refused(make_records: MakeRecords) -> None:
    """What reading relies on is checked before anything is journalled."""
    records = make_records([b"a"])
    good = encode_records(records).to_pybytes()
    empty = encode_records(records.slice(0, 0))
    cases = [
        (header(), b"no Arrow", "not an Arrow IPC payload"),
        (header(), good[:-300], "not an Arrow IPC payload"),
        (header(messages=2), good, "1 records where the header says 2"),
        (header(messages=0), empty, f"send 1 to {BATCH_ROWS}"),
        (header(), encode_records(replaced(records, "raw", [None])), "null in raw"),
        (header(), encode_records(replaced(records, "facility", [None])), "null in facility"),
        (header(), encode_records(replaced(records, "received_at", [-1])), "before 1970"),
    ]
    for head, payload, reason in cases:
        with pytest.raises(BatchError, match=reason):
            check_batch(head, head.encode(), payload)


def test_damaged_columns_are_refused(make_records: MakeRecords) -> None:
    """Octets of a column that are not what its type says are found before a reader trips over them."""
    payload = bytearray(encode_records(make_records([b"plain text here"])).to_pybytes())
    place = payload.find(b"plain text here")
    payload[place] = 0xFF
    with pytest.raises(BatchError, match="the columns are damaged"):
        check_batch(header(), header().encode(), bytes(payload))


def test_only_octets_that_columns_do_not_give_back_are_journalled(
    make_parsed: Callable[..., Batch],
) -> None:
    """Every message is rebuilt and compared before it is journalled; ``raw`` is kept where it differs."""
    messages = [b"<34>1 - h a p m - text", b"<34>1 - h a p m - \xff", b"<34>Oct 11 22:14:15 h a: text"]
    batch = make_parsed(messages)
    records = decode_records(batch.content.payload)
    assert records["raw"].to_pylist() == [None, messages[1], None]
    assert exact_octets(records).to_pylist() == messages


def test_a_mistake_in_rebuild_keeps_the_batch_as_it_came(
    make_records: MakeRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the messages of a batch cannot be rebuilt at all, all their octets are journalled."""

    def broken(records: pa.RecordBatch) -> pa.Array:
        raise KeyError(records.num_rows)

    monkeypatch.setattr(rebuild, "rebuild", broken)
    payload = encode_records(make_records([b"<13>plain"]))
    assert check_batch(header(), header().encode(), payload).payload is payload


def test_names_are_checked() -> None:
    """A tenant or stream that cannot be a folder is refused."""
    with pytest.raises(BatchError, match=r"stream '\.\./x'"):
        stream_of(header(stream="../x"))


def test_what_a_bad_header_still_tells() -> None:
    """An answer to an unreadable header names what can be read of it."""
    assert names_in(header(7).encode()) == ("default/syslog", 7, "c")
    assert names_in(b'{"tenant":"a"}') == ("a/None", 0, "None")
    assert names_in(b"\xff") == ("unknown", 0, "unknown")
    assert names_in(b"[1]") == ("unknown", 0, "unknown")


def test_refusals_are_answered_before_acknowledgements(
    open_journal: Callable[..., Journal], make_batch: Callable[..., Batch], name: StreamName
) -> None:
    """An acknowledgement speaks for all numbers up to its own, so the refused ones are told first."""
    journal, commit = open_journal(), Commit()
    batch = make_batch([b"a"], 3)
    commit.greet(b"id")
    commit.acknowledge(b"id", name, "collector-1")
    commit.store(name, batch)
    commit.refuse(b"id", "default/syslog", 2, "bad", "collector-1")
    assert commit.last_number(journal, "collector-1") == 3
    journal.append(commit.batches[name], NOON)
    assert list(commit.answers({name: journal}, 64)) == [
        [b"id", b"WELCOME", b"64"],
        [b"id", b"REFUSED", b"default/syslog", b"2", b"bad", b"collector-1"],
        [b"id", b"ACK", b"default/syslog", b"3", b"64", b"collector-1"],
    ]
