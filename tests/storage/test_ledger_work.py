"""The promises of keeping and verifying ledgers: each record is in once, and every change of one is named."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from storage import ledger_work
from storage.archive import seal
from storage.expired import note_expired
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.ledger import read_ledger
from storage.ledger_leaves import ExpiredLeaf, RecordsLeaf
from storage.ledger_verify import VerifiedLedger, Wanted, records_to_read, verify_ledgers
from storage.ledger_work import LedgerKeeper
from storage.merge import merge
from storage.retention import expire
from storage.segment_writer import Origin, SegmentWriter
from storage.segments import footer_of, list_segments, read_row_group
from storage.settings import JournalSettings, RetentionSettings, StorageSettings

MakeBatch = Callable[..., Batch]
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
DAY = date(2026, 11, 20)
A_DAY = 86_400
ACME = StreamName("acme", "syslog")


class Site:
    """A data folder with a stream that is written to, and its ledger."""

    def __init__(self, layout: Layout, make: MakeBatch) -> None:
        self.layout = layout
        self._make = make
        self._number = 0

    def store(
        self, count: int, *, name: StreamName = ACME, times: list[int] | None = None, now: int = NOON
    ) -> None:
        """Archive so many messages as a segment (or one a day)."""
        self._number += 1
        messages = [b"<13>1 - host%d app - - - word of %d" % (row % 3, self._number) for row in range(count)]
        received = [now * 10**9] * count if times is None else times
        journal = Journal(self.layout, name, JournalSettings(), now)
        journal.append([self._make(messages, self._number, received=received, name=name)], now)
        journal.roll(now, 30)
        for path in journal.finished:
            seal(self.layout, name, path, 1)
        journal.close()

    def keep(self) -> dict[str, Any]:
        """Let a process bring the ledger in step; give what it counted."""
        keeper = LedgerKeeper(self.layout)
        keeper.once()
        keeper.close()
        return keeper.state()

    def leaves(self, tenant: str = "acme") -> list[RecordsLeaf | ExpiredLeaf]:
        """Give the ledger's leaves."""
        state = read_ledger(self.layout, tenant)
        assert state is not None
        return state.leaves()

    def verified(self, **wanted: Any) -> VerifiedLedger:
        """Verify acme's ledger."""
        (found,) = verify_ledgers(self.layout, Wanted("acme", **wanted))
        return found

    def fault(self) -> str:
        """Give the one thing that is wrong."""
        (fault,) = self.verified().faults
        return fault.what


@pytest.fixture
def site(layout: Layout, make_parsed: MakeBatch) -> Site:
    """Give a site without messages."""
    return Site(layout, make_parsed)


def spans(leaves: list[RecordsLeaf | ExpiredLeaf]) -> list[tuple[int, int]]:
    """Give what leaves cover."""
    return [(leaf.first, leaf.last) for leaf in leaves]


def rewritten(layout: Layout, change: Callable[[pa.Table], pa.Table], day: date = DAY) -> None:
    """Rewrite a day's first segment as somebody would who knows the format: all its checksums are right."""
    folder = layout.archive_day(ACME, day)
    segment = list_segments(folder)[0]
    records = change(read_row_group(segment.path, footer_of(segment).metadata, 0, None))
    segment.path.unlink()
    writer = SegmentWriter(folder, "forged", 1)
    writer.write(records)
    writer.finish(ACME, Origin([], 0, 0, {}))
    writer.publish()


def with_text(name: str, row: int, text: str | bytes) -> Callable[[pa.Table], pa.Table]:
    """Give what writes another text into one record."""

    def change(records: pa.Table) -> pa.Table:
        column = records[name].cast(pa.binary() if name == "raw" else pa.string())
        rows = pa.array([place == row for place in range(records.num_rows)])
        other = pc.if_else(rows, pa.scalar(text, column.type), column)
        place, field = records.schema.names.index(name), records.schema.field(name)
        return records.set_column(place, field, other.cast(field.type))

    return change


def test_each_record_comes_in_once(site: Site) -> None:
    """What is archived comes in, in blocks, and only what is new the next time."""
    site.store(5)
    kept = {"ledger_records": 5, "ledger_leaves": 1, "ledger_errors": 0, "ledgers_stopped": []}
    assert site.keep() == kept
    assert site.keep()["ledger_records"] == 0
    site.store(3)
    assert site.keep()["ledger_records"] == 3
    assert spans(site.leaves()) == [(1, 5), (6, 8)]
    found = site.verified()
    assert (found.leaves, found.records, found.expired, found.waiting, found.findings) == (2, 8, 0, 0, [])
    assert records_to_read(site.layout, Wanted()) == 8


def test_each_tenant_has_its_own(site: Site) -> None:
    """A tenant's ledger says nothing of another's."""
    site.store(5)
    site.store(2, name=StreamName("other", "syslog"))
    site.store(1, name=StreamName("other", "web"))
    site.keep()
    assert [leaf.records for leaf in site.leaves() if isinstance(leaf, RecordsLeaf)] == [5]
    assert {leaf.stream for leaf in site.leaves("other")} == {"syslog", "web"}
    assert [each.tenant for each in verify_ledgers(site.layout, Wanted())] == ["acme", "other"]


def test_a_tenant_without_a_ledger(site: Site) -> None:
    """Before the first leaf there is a note, and no fault."""
    site.store(5)
    found = site.verified()
    assert (found.state, found.faults, [each.what for each in found.findings]) == (
        None, [], ["tenant acme has no ledger yet"],
    )  # fmt: skip


def test_what_waits_is_told(site: Site) -> None:
    """Records that are in no leaf yet are counted, and are no fault."""
    site.store(5)
    site.keep()
    site.store(3)
    found = site.verified()
    assert (found.waiting, found.faults) == (3, [])
    assert "3 records of 2026-11-20 of acme/syslog are not in the ledger" in found.findings[0].what


@pytest.mark.parametrize("when", ["before", "after", "between"])
def test_merging_changes_nothing(site: Site, when: str) -> None:
    """Segments may be merged before they come in, after that, or when some have: the ledger is the same."""
    site.store(5)
    if when != "before":
        site.keep()
    site.store(3)
    if when == "after":
        site.keep()
    merge(site.layout, ACME, DAY, small=100, level=1)
    site.keep()
    assert sum(leaf.records for leaf in site.leaves() if isinstance(leaf, RecordsLeaf)) == 8
    found = site.verified()
    assert (found.records, found.waiting, found.findings) == (8, 0, [])


def test_a_day_that_ends_between_records(site: Site) -> None:
    """Where the records of two days take turns, each day's leaf has its own."""
    midnight = (NOON + A_DAY // 2) * 10**9
    site.store(6, times=[midnight - 2, midnight - 1, midnight + 1, midnight - 1, midnight + 2, midnight + 3])
    site.keep()
    assert spans(site.leaves()) == [(1, 4), (3, 6)]
    found = site.verified()
    assert (found.records, found.waiting, found.findings) == (6, 0, [])
    settings = StorageSettings(retention=RetentionSettings(days=1))
    expire(site.layout, settings, DAY + timedelta(days=2), dry_run=False)
    found = site.verified()
    assert (found.records, found.expired, found.faults) == (3, 3, [])


def test_what_has_expired(site: Site) -> None:
    """Retention is no fault, noted in the ledger or not yet; a day that comes back is verified."""
    site.store(5)
    site.store(2, now=NOON + A_DAY)
    site.keep()
    saved = site.layout.data / "saved"
    shutil.copytree(site.layout.archive_day(ACME, DAY), saved)
    settings = StorageSettings(retention=RetentionSettings(days=1))
    expire(site.layout, settings, DAY + timedelta(days=2), dry_run=False)
    for _ in range(2):
        found = site.verified()
        assert (found.records, found.expired, found.faults) == (2, 5, [])
        site.keep()
    assert spans([leaf for leaf in site.leaves() if isinstance(leaf, ExpiredLeaf)]) == [(1, 5)]
    shutil.copytree(saved, site.layout.archive_day(ACME, DAY))
    assert site.verified().records == 7


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("message", "word of l", "octets, times of receipt or senders are not what they were"),
        ("peer", "192.0.2.9", "octets, times of receipt or senders are not what they were"),
        ("app_name", "other", "octets, times of receipt or senders are not what they were"),
        ("raw", b"<13>1 - host2 app - - - word of 1", None),
        (
            "raw",
            b"<13>1 - host2 app - - - word of 2",
            "octets, times of receipt or senders are not what they were",
        ),
    ],
)
def test_a_changed_record(site: Site, name: str, text: str | bytes, what: str | None) -> None:
    """A value that is changed with all checksums made right is found; a form of the same octets is none."""
    site.store(5)
    site.keep()
    rewritten(site.layout, with_text(name, 2, text))
    if what is None:
        assert site.verified().findings == []
    else:
        assert site.fault().endswith(what)


def test_a_column_changed_for_searches(site: Site) -> None:
    """Another HOSTNAME beside the octets that were received hides a message: that is found, too."""
    site.store(5)
    site.keep()

    def forge(records: pa.Table) -> pa.Table:
        records = with_text("raw", 2, b"<13>1 - host2 app - - - word of 1")(records)
        return with_text("hostname", 2, "elsewhere")(records)

    rewritten(site.layout, forge)
    assert site.fault().endswith("what was read from them is not what it was: searches go wrong")


def test_removed_and_added_records(site: Site) -> None:
    """Records that are taken out, a segment that is removed, and records put in between are found."""
    site.store(5)
    site.store(5)
    site.keep()
    folder = site.layout.archive_day(ACME, DAY)
    shutil.copytree(folder, site.layout.data / "saved")
    rewritten(site.layout, lambda records: records.filter(pc.not_equal(records["seq"], 3)))
    assert "records 1 to 5 of 2026-11-20 of acme/syslog, 5 in the ledger since" in site.fault()
    assert site.fault().endswith("4 are there")
    shutil.rmtree(folder)
    shutil.copytree(site.layout.data / "saved", folder)
    list_segments(folder)[1].path.unlink()
    assert site.fault().endswith("none are there")
    shutil.rmtree(folder)
    shutil.copytree(site.layout.data / "saved", folder)
    rewritten(site.layout, lambda records: pa.concat_tables([records, records.slice(4, 1)]))
    assert site.fault().endswith("6 are there")


def test_a_day_or_a_stream_alone(site: Site) -> None:
    """What is asked for is verified, and nothing else."""
    site.store(5)
    site.store(2, now=NOON + A_DAY)
    site.store(1, name=StreamName("acme", "web"))
    site.keep()
    assert site.verified(day=DAY).records == 6
    assert site.verified(stream="web").records == 1
    quick = site.verified(quick=True)
    assert (quick.leaves, quick.records, quick.waiting) == (3, 0, None)


def test_a_segment_that_cannot_be_read(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged segment is left out and told; when it is restored it comes in, after others did."""
    site.store(5)
    path = list_segments(site.layout.archive_day(ACME, DAY))[0].path
    octets = path.read_bytes()
    path.write_bytes(octets[:-3])
    site.store(2)
    kept = {"ledger_records": 2, "ledger_leaves": 1, "ledger_errors": 1, "ledgers_stopped": []}
    assert site.keep() == kept
    assert "does not come into the ledger" in caplog.text
    path.write_bytes(octets)
    assert site.keep()["ledger_records"] == 5
    assert spans(site.leaves()) == [(6, 7), (1, 5)]
    assert site.verified().findings == []


def test_a_ledger_that_was_forged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A ledger that is not to be believed is neither continued nor believed; others' go on."""
    site.store(5)
    site.keep()
    with site.layout.ledger("acme").joinpath("leaves.jsonl").open("r+b") as file:
        file.write(b'{"v":2')
    site.store(2)
    site.store(2, name=StreamName("other", "syslog"))
    kept = site.keep()
    assert (kept["ledger_records"], kept["ledgers_stopped"]) == (2, ["acme"])
    assert "the ledger of tenant acme is not continued" in caplog.text
    found = site.verified()
    assert (found.state, found.records) == (None, 0)
    assert "is not what its checkpoint" in found.faults[0].what


def test_a_pause(site: Site) -> None:
    """While the appliance sheds load the ledger waits, and goes on afterwards."""
    site.store(5)
    keeper = LedgerKeeper(site.layout)
    keeper.hear("shedding")
    keeper.once()
    assert keeper.state()["ledger_records"] == 0
    keeper.hear("ok")
    keeper.once()
    assert keeper.state()["ledger_records"] == 5
    keeper.close()


def test_checkpoints_are_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The newest checkpoint is told once an hour, so that a relay carries it elsewhere."""
    caplog.set_level("INFO")
    site.store(5)
    keeper = LedgerKeeper(site.layout)
    keeper.once()
    site.store(5)
    keeper.once()
    keeper.close()
    told = [
        each.message for each in caplog.records if "checkpoint of the ledger of tenant acme" in each.message
    ]
    assert len(told) == 1
    assert "/sysledger/acme\\n1\\n" in told[0]


def test_files_of_others_are_left_alone(site: Site) -> None:
    """Keeping a ledger changes nothing of the archive."""
    site.store(5)
    before = {path: path.stat().st_mtime_ns for path in (site.layout.data / "archive").rglob("*")}
    site.keep()
    assert {path: path.stat().st_mtime_ns for path in (site.layout.data / "archive").rglob("*")} == before


def test_an_expiry_that_never_was(site: Site) -> None:
    """What is said to have expired is signed only of days that are gone, and told for people to compare."""
    site.store(5)
    site.store(2, now=NOON + A_DAY)
    site.keep()
    note_expired(site.layout, ACME, [(1, 1_000_000)])
    site.keep()
    assert [leaf for leaf in site.leaves() if isinstance(leaf, ExpiredLeaf)] == []
    shutil.rmtree(site.layout.archive_day(ACME, DAY))
    site.keep()
    assert spans([leaf for leaf in site.leaves() if isinstance(leaf, ExpiredLeaf)]) == [(1, 5)]
    found = site.verified()
    assert (found.expired, found.faults) == (5, [])
    (told,) = found.findings
    assert "days of acme/syslog said to have expired: 1, 2026-11-20 to 2026-11-20" in told.what
    (site.layout.archive(ACME) / ".expired.json").unlink()
    shutil.rmtree(site.layout.archive_day(ACME, DAY + timedelta(days=1)))
    assert "none are there" in site.fault()


def test_a_folder_that_changed_just_now(site: Site) -> None:
    """A segment that comes within the clock's step of the look before is seen by the next look."""
    site.store(5)
    keeper = LedgerKeeper(site.layout)
    keeper.once()
    folder = site.layout.archive_day(ACME, DAY)
    then = folder.stat().st_mtime_ns
    site.store(2)
    os.utime(folder, ns=(then, then))
    keeper.once()
    keeper.close()
    assert keeper.state()["ledger_records"] == 7


def test_a_segment_restored_in_its_place(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written over changes no folder: what could not be read is tried again, and told once."""
    site.store(5)
    folder = site.layout.archive_day(ACME, DAY)
    path = list_segments(folder)[0].path
    octets = path.read_bytes()
    path.write_bytes(octets[:-3])
    os.utime(folder, (NOON, NOON))
    monkeypatch.setattr(ledger_work, "UNREAD_SECONDS", 0.0)
    keeper = LedgerKeeper(site.layout)
    keeper.once()
    keeper.once()
    assert keeper.state()["ledger_errors"] == 1
    path.write_bytes(octets)
    keeper.once()
    keeper.close()
    assert keeper.state()["ledger_records"] == 5
