"""Evidence: what a search gave, in numbers that anybody can check."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from access.sight import Sights
from access.visitor import CONSOLE, Limits, Visitor
from reviews.evidence import DAMAGES, Evidence, difference, gather, read, written
from storage.layout import Layout
from storage.results import Request
from storage.search import Searcher
from tests.reviews.conftest import DAY, Keep

FRAMES = [
    b"<35>1 2026-11-20T22:51:03.5Z web-01 sshd 4711 - - Failed password for admin",
    b"<38>1 2026-11-20T22:51:03Z web-02 sshd - - - Accepted publickey",
    b"no header, failed \xff\x00\x1b at all",
]
ASKED = Request("failed", start=DAY, end=DAY + timedelta(days=1), limit=None)
NOTHING = hashlib.sha256().hexdigest()
SOME = Evidence(3, 10, "aa", DAY, DAY, {"files": 1}, (), 0)


@pytest.fixture
def searcher(layout: Layout) -> Searcher:
    """Give the console's searcher."""
    return Sights(layout).searcher(CONSOLE)


def test_the_digest_is_that_of_the_raw_export(searcher: Searcher, keep: Keep) -> None:
    """The exact octets of each match, newest first, LF after each, whatever is in them."""
    keep(FRAMES)
    found = gather(searcher, ASKED)
    assert found.digest == hashlib.sha256(FRAMES[2] + b"\n" + FRAMES[0] + b"\n").hexdigest()
    assert (found.count, found.total) == (2, 3)
    assert found.oldest == DAY + timedelta(hours=12)
    assert found.newest is not None
    assert found.oldest <= found.newest < found.oldest + timedelta(seconds=1)
    assert found.figures["files"] == 1
    assert found.figures["rows_scanned"] == 3
    assert found.is_whole


def test_nothing_found_is_evidence(searcher: Searcher, keep: Keep) -> None:
    """No match has the digest of nothing, and says of how many messages that holds."""
    keep(FRAMES)
    found = gather(searcher, replace(ASKED, query="absent"))
    assert (found.count, found.total, found.digest) == (0, 3, NOTHING)
    assert (found.oldest, found.newest) == (None, None)
    assert gather(searcher, replace(ASKED, start=DAY - timedelta(days=9), end=DAY)).total == 0


def test_the_range_bounds_what_is_read(searcher: Searcher, keep: Keep) -> None:
    """What was received before the range, or at its end, is not in it."""
    keep([b"failed early"], DAY - timedelta(seconds=1))
    keep([b"failed within"], DAY)
    keep([b"failed late"], DAY + timedelta(days=1))
    found = gather(searcher, ASKED)
    assert (found.count, found.total) == (1, 1)
    assert found.digest == hashlib.sha256(b"failed within\n").hexdigest()


def test_a_page_limit_and_a_cursor_change_nothing(searcher: Searcher, keep: Keep) -> None:
    """Evidence is of all matches, however many a page would show."""
    keep([b"failed %d" % number for number in range(500)])
    assert gather(searcher, replace(ASKED, limit=10)) == gather(searcher, ASKED)


def test_what_cannot_be_read_is_named(searcher: Searcher, keep: Keep, layout: Layout) -> None:
    """Damage makes evidence that says what is missing, and that it is not whole."""
    keep([b"failed lost"])
    path = next(layout.data.rglob("*.parquet"))
    group = pq.read_metadata(path).row_group(0)
    (column,) = (
        group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "message"
    )
    octets = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    octets[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(bytes(octets))
    found = gather(searcher, ASKED)
    assert not found.is_whole
    assert found.damages == len(found.damaged) == 1
    assert path.name in found.damaged[0]
    assert str(layout.data) not in found.damaged[0]


def test_what_is_in_no_file_is_counted(searcher: Searcher, keep: Keep, layout: Layout) -> None:
    """With a file removed, what was found is no proof that there was nothing else."""
    for second in range(3):
        keep([b"failed", b"failed again"], DAY + timedelta(seconds=second))
    sorted(layout.data.glob("archive/**/*.parquet"))[1].unlink()
    found = gather(searcher, ASKED)
    assert (found.count, found.missing, found.damages, found.is_whole) == (4, 2, 0, False)


def test_limits_leave_out_what_is_not_seen(layout: Layout, keep: Keep) -> None:
    """Evidence for somebody limited to a host is of that host's messages, in its total, too."""
    keep(FRAMES)
    limited = Visitor("anna", "auditor", Limits(hosts=("web-01",)))
    found = gather(Sights(layout).searcher(limited), ASKED)
    assert (found.count, found.total) == (1, 1)
    assert found.digest == hashlib.sha256(FRAMES[0] + b"\n").hexdigest()


def test_masked_values_are_not_in_the_digest(keep: Keep, layout: Layout) -> None:
    """Archives that differ in a masked value alone give the same digest: it cannot be guessed from it."""
    keep([b"<35>1 2026-11-20T22:51:03Z secret-1 sshd - - - alice failed"])
    keep([b"<35>1 2026-11-20T22:51:03Z secret-2 sshd - - - alice failed"], DAY + timedelta(days=2))
    searcher = Sights(layout).searcher(Visitor("anna", "auditor", Limits(masked=("hostname",))))
    first = gather(searcher, ASKED)
    second = gather(searcher, replace(ASKED, start=DAY + timedelta(days=2), end=DAY + timedelta(days=3)))
    assert first.count == second.count == 1
    assert first.digest == second.digest


def test_evidence_survives_its_file() -> None:
    """What is written is read again, whatever text is in it."""
    for one in (SOME, replace(SOME, oldest=None, newest=None, damaged=("\x1b[31m é", "b"), damages=2)):
        assert read(written(one)) == one
    assert DAMAGES >= 1


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (SOME, ()),
        (replace(SOME, total=11), ()),
        (
            replace(SOME, count=2, digest="bb", total=9),
            ("3 matched then, 2 match now", "expired", "were removed: `sysledger verify`"),
        ),
        (replace(SOME, count=4, digest="bb", total=11), ("4 match now", "came late")),
        (replace(SOME, digest="bb"), ("As many match", "others")),
        (replace(SOME, count=2, digest="bb", damages=1), ("cannot be read now", "restore")),
    ],
)
def test_a_difference_is_explained(now: Evidence, said: tuple[str, ...]) -> None:
    """The same number and digest are the same; otherwise it is said what changed, and what to do."""
    found = difference(SOME, now)
    assert bool(found) == bool(said)
    assert all(part in " ".join(found) for part in said)


def test_what_was_damaged_and_is_mended_is_said() -> None:
    """A restored file explains why more is found."""
    broken = replace(SOME, count=1, digest="cc", damages=1)
    assert "could not be read then" in " ".join(difference(broken, SOME))
