"""The promises of proofs of single messages, and of what an export's manifest says of the ledger."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from storage.blocks import utc_today
from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName
from storage.ledger import LedgerError, read_ledger
from storage.ledger_export import ExportProofs, days_of, ledger_of, ledger_told
from storage.ledger_leaves import ExpiredLeaf
from storage.ledger_note import NoteError, SigningKey, VerifierKey
from storage.ledger_proof import LeafIndex, Prover
from storage.ledger_proven import ProvenRecord, check_document
from storage.ledger_records import record_hashes
from storage.ledger_since import difference
from storage.ledger_tree import ProofError, leaf_hash
from storage.ledger_writer import LedgerWriter
from storage.results import Request
from storage.search import Searcher
from tests.storage.conftest import NOON
from tests.storage.ledgers import MESSAGES, NAME, archived, ledgered

AT = NOON * 10**9


@pytest.fixture
def prover(layout: Layout) -> Prover:
    """Give what proves messages 1 to 14 of a stream, seven a leaf."""
    archived(layout)
    archived(layout, number=2)
    ledgered(layout)
    return Prover(layout, NAME, ledger_of(layout, "default"))


def test_a_message(prover: Prover) -> None:
    """A message's proof holds all that it takes to check it, also as JSON: octets, times, senders, key."""
    for seq, octets in enumerate(MESSAGES * 2, 1):
        document = json.loads(json.dumps(prover.document(seq, AT)))
        checkpoint, record = check_document(document, VerifierKey.parse(document["key"]))
        assert checkpoint == prover.state.checkpoint
        assert record == ProvenRecord(seq, AT, "192.0.2.1", "tcp", "tcp", None, octets)


def test_the_octets_that_are_hashed(prover: Prover, layout: Layout) -> None:
    """What is checked is hashed as what is archived, by two ways that have nothing in common."""
    (first, *_) = Catalogue(layout).holding(NAME, 1)
    table = first.read()
    identity = pa.array(["CN=é"] * table.num_rows).dictionary_encode()
    table = table.set_column(table.schema.get_field_index("tls_identity"), "tls_identity", identity)
    made = [
        ProvenRecord(seq, AT, "192.0.2.1", "tcp", "tcp", "CN=é", octets).hashed()
        for seq, octets in enumerate(MESSAGES, 1)
    ]
    assert [leaf_hash(one) for one in made] == record_hashes(table)
    assert prover.proven == 0


def test_what_has_no_proof(prover: Prover, layout: Layout) -> None:
    """A number that no leaf has, one of another day and one that came after the checkpoint have none."""
    archived(layout, number=3)
    assert prover.document(15, AT) is None
    assert prover.document(1, AT + 86_400 * 10**9) is None
    index = LeafIndex(prover.state.leaves(), NAME.stream)
    assert [index.leaf_of(seq, AT) for seq in (0, 1, 7, 8, 14, 15)] == [None, 0, 0, 1, 1, None]
    assert LeafIndex(prover.state.leaves(), "other").leaf_of(1, AT) is None


def test_an_archive_that_was_altered(prover: Prover, layout: Layout) -> None:
    """What the archive has not as the ledger says is not proven, and nothing else suffers."""
    path = min(layout.archive(NAME).rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-9])
    assert [line["kind"] for line in prover.lines([(1, AT, 5), (8, AT, 5)])] == [
        "proofs",
        "none",
        "leaf",
        "record",
    ]
    assert (prover.proven, prover.unproven) == (1, 1)


def test_an_archive_put_in_place_of_another(prover: Prover, layout: Layout, tmp_path: Path) -> None:
    """Other records under the same numbers, in a file that is whole, are not proven."""
    other = Layout(tmp_path / "other")
    archived(other, [b"<13>forged"] * len(MESSAGES))
    forged, path = (min(each.archive(NAME).rglob("*.parquet")) for each in (other, layout))
    path.write_bytes(forged.read_bytes())
    assert [line["kind"] for line in prover.lines([(1, AT, 5)])] == ["proofs", "none"]


def test_a_ledger_of_then(prover: Prover) -> None:
    """A ledger goes on from what it was, and from nothing else of the same key."""
    state = prover.state
    then = replace(state.checkpoint, size=1, root=state.hashes[0])
    assert not difference(state, then)
    assert "does not go on" in difference(state, replace(then, root=state.hashes[1]))
    assert "had more at" in difference(state, replace(then, size=3))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("record", "octets"), "other"), (("record", "peer"), None), (("record", "seq"), 2),
        (("record", "received_at"), AT + 1), (("record", "hashes"), []), (("record", "leaf"), 1),
        (("leaf", "hashes"), []), (("leaf", "line"), "{}"), (("tenant",), "other"), (("stream",), "other"),
        (("checkpoint",), ""), (("version",), 2), (("record",), None), (("leaf",), {"kind": "record"}),
        (("record", "kind"), "none"),
    ],
)  # fmt: skip
def test_an_altered_proof(path: tuple[str, ...], value: object, prover: Prover) -> None:
    """No part of a message's proof can be altered."""
    document = json.loads(json.dumps(prover.document(1, AT)))
    inner = document if len(path) == 1 else document[path[0]]
    inner[path[-1]] = value
    with pytest.raises((ProofError, NoteError)):
        check_document(document, VerifierKey.parse(document["key"]))


def test_another_key(prover: Prover) -> None:
    """A proof is held against the key that is given, and not against the one in it."""
    document = prover.document(1, AT)
    assert document is not None
    with pytest.raises(NoteError):
        check_document(document, SigningKey.make("vm/sysledger/default").verifier)


def test_no_ledger(layout: Layout) -> None:
    """Where there is no ledger yet, it is said when there will be one."""
    with pytest.raises(LedgerError, match="has no ledger yet"):
        ledger_of(layout, "default")
    told = ledger_told(layout, Request("", NAME), Searcher(layout))
    assert told == {"fault": "tenant default has no ledger yet"}


def test_what_the_manifest_says(prover: Prover, layout: Layout) -> None:
    """The ledger's count of the range's days stands beside what is stored: what is missing is seen."""
    state = read_ledger(layout, "default")
    assert state is not None
    request = Request(
        "nothing", NAME, datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    )
    told = ledger_told(layout, request, Searcher(layout))
    assert (told["checkpoint"], told["key"], told["leaves"]) == (state.note, state.vkey, 2)
    days = told["days"]
    assert (days["from"], days["to"]) == ("2026-11-20", "2026-11-20")
    assert (days["records_in_the_ledger"], days["records_stored"], days["records_missing"]) == (14, 14, 0)
    min(layout.archive(NAME).rglob("*.parquet")).unlink()
    days = ledger_told(layout, replace(request, start=None), Searcher(layout))["days"]
    assert (days["from"], days["records_stored"], days["records_missing"]) == (None, 7, 7)
    archived(layout, number=3)
    days = ledger_told(layout, replace(request, start=None), Searcher(layout))["days"]
    assert (days["records_stored"], days["records_missing"]) == (14, 7)  # new ones make up for nothing
    early = replace(request, start=None, end=datetime(2026, 11, 20, tzinfo=UTC))
    assert ledger_told(layout, early, Searcher(layout))["days"]["records_in_the_ledger"] == 0
    writer = LedgerWriter(layout, "default")
    writer.append([ExpiredLeaf(NAME.stream, 1, 7, datetime(2026, 11, 21, tzinfo=UTC))])
    writer.close()
    days = ledger_told(layout, request, Searcher(layout))["days"]
    assert (days["records_in_the_ledger"], days["records_missing"]) == (7, 0)
    other = ledger_told(layout, replace(request, name=StreamName("default", "other")), Searcher(layout))
    assert other["days"]["records_in_the_ledger"] == 0
    assert prover.state.note == state.note  # proofs hold by the state that they began with


def test_the_days_of_a_request() -> None:
    """A range reaches over whole UTC days of receipt; one of device times may reach over any."""
    start, end = datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
    assert days_of(Request(start=start, end=end)) == (date(2026, 11, 20), date(2026, 11, 20))
    assert days_of(Request(start=start)) == (date(2026, 11, 20), utc_today())
    assert days_of(Request(start=start, end=end, time="device")) == (None, utc_today())


def test_what_is_noted_is_let_go(layout: Layout) -> None:
    """Proofs that nobody takes leave nothing behind."""
    archived(layout)
    ledgered(layout)
    proofs = ExportProofs(layout, NAME)
    files = proofs.files()
    proofs.close()
    with pytest.raises(ValueError, match="closed"):
        list(files["proofs.jsonl"])
