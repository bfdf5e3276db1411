"""The index: it rules out what it can, never what matches, and its loss or damage hides nothing."""

import random
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whoosh.index import TOC
from whoosh.writing import SegmentWriter

import durable
from storage import index, index_codec, index_manifest
from storage.catalogue import Block, Catalogue
from storage.index import IndexBusyError, IndexWriter, octets_of, remove_index
from storage.index_cache import IndexCache, Verdict
from storage.index_codec import IndexDamagedError, filter_of, hashes
from storage.index_keys import MAXIMUM_VALUES, MAXIMUM_WORDS
from storage.index_manifest import (
    NAME,
    PAGE_OCTETS,
    PAGES_READ,
    ManifestError,
    read_manifest,
    sums_of,
)
from storage.indexer import Indexer, rebuild
from storage.layout import Layout, StreamName
from storage.query import parse
from storage.results import Scope
from storage.search import Request, Searcher
from storage.settings import IndexSettings
from storage.token_hashes import hash_keys

DAY = date(2026, 11, 20)
STREAM = StreamName()


def verdicts(layout: Layout, query: str, cache: IndexCache | None = None) -> list[Verdict]:
    """Ask the index of every block, oldest first."""
    blocks = sorted(Catalogue(layout).snapshot(STREAM).blocks, key=lambda block: block.first_seq)
    question = (cache or IndexCache(layout)).question(STREAM, parse(query), Scope())
    return [question.verdict(block) for block in blocks]


def maybe(layout: Layout, query: str) -> list[int]:
    """Give the numbers, from 0, of the blocks that the index does not rule out."""
    return [number for number, verdict in enumerate(verdicts(layout, query)) if verdict is Verdict.MAYBE]


def seqs(layout: Layout, query: str) -> list[int]:
    """Give the seqs that a new searcher finds."""
    found: list[int] = Searcher(layout).page(Request(query, limit=None)).records["seq"].to_pylist()
    return found


def test_blocks_are_ruled_out(layout: Layout, archive: Any) -> None:
    """Words, parts, addresses, phrases, prefixes, header values: only the blocks that have them are read."""
    content = [f"filler {number} word{chr(97 + number)}" for number in range(8)]
    content[2] = "from 10.0.3.7 mail.example.com user=alice failed2ban"
    archive(
        layout,
        [{"message": text, "hostname": f"h{place // 2}"} for place, text in enumerate(content)],
        block_rows=1,
    )
    rebuild(layout, STREAM)
    for query in (
        "alice", "ALICE", "10.0.3.7", "10.0.3", "example.com", "user=alice", '"from 10.0.3.7"', "ali*",
        "10.0.*", "failed*", "failed2*", "*.example.com", "filler alice OR alice",
        "msg:alice", "alice severity<=info",
    ):  # fmt: skip
        assert maybe(layout, query) == [2], query
    assert maybe(layout, "host:h1") == [2, 3]
    assert maybe(layout, "host:h*") == list(range(8))
    assert maybe(layout, "host:/1$/") == [2, 3]
    assert maybe(layout, "severity<=err") == []
    assert maybe(layout, "filler") == [0, 1, 3, 4, 5, 6, 7]
    assert maybe(layout, "NOT alice") == maybe(layout, "/alice/") == maybe(layout, "*lic*") == list(range(8))


def test_rare_tokens_with_digits_skip_most_blocks(layout: Layout, archive: Any) -> None:
    """Among random addresses and numbers one that is nowhere leaves few blocks in."""
    chance = random.Random(3)
    archive(
        layout,
        [{"message": f"{chance.getrandbits(64):x} {chance.randrange(1 << 16)}"} for _ in range(3200)],
        block_rows=100,
    )
    rebuild(layout, STREAM)
    left = sum(len(maybe(layout, f"x{number}y")) for number in range(50))
    assert left < 50 * 32 * 0.05


def test_more_words_and_values_than_are_listed(layout: Layout, archive: Any) -> None:
    """A block of more distinct words, stems or header values than are listed is still asked rightly."""
    letters = "abcdefghij"
    count = max(MAXIMUM_WORDS, MAXIMUM_VALUES) + 10
    words = ["".join(letters[int(digit)] for digit in f"{number:05}") for number in range(count)]
    rows = [
        {"message": f"{word} {word}x1", "hostname": word, "proc_id": str(place)}
        for place, word in enumerate(words)
    ]
    archive(layout, [*rows, {"message": "other"}], block_rows=count)
    rebuild(layout, STREAM)
    assert maybe(layout, words[7]) == maybe(layout, f"{words[7][:4]}*") == [0]
    assert maybe(layout, f"host:{words[7]}") == maybe(layout, f"host:{words[7]}*") == [0]
    assert maybe(layout, "pid:7") == [0]
    assert maybe(layout, "zzz") == maybe(layout, "host:zzz") == []
    assert seqs(layout, f"host:{words[7]}") == seqs(layout, f"{words[7]}x1") == [8]


def test_small_blocks_list_little(layout: Layout, archive: Any) -> None:
    """A block of few records whose words are all different keeps them in its filter, which costs less."""
    letters = "abcdefghij"
    words = ["".join(letters[int(digit)] for digit in f"{number:05}") for number in range(MAXIMUM_WORDS)]
    archive(
        layout,
        [{"message": " ".join(words[place : place + 64])} for place in range(0, len(words), 64)],
        1,
        64,
    )
    rebuild(layout, STREAM)
    assert maybe(layout, words[7]) == maybe(layout, f"{words[7][:4]}*") == [0]
    assert maybe(layout, "zzz") == []
    assert octets_of(layout.index_day(STREAM, DAY)) < 5 * len(words)


def test_an_index_of_another_release_is_made_anew(
    layout: Layout, archive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written in another version of the format is scanned, and replaced by the indexer."""
    archive(layout, [{"message": "one"}, {"message": "two"}], block_rows=1)
    with monkeypatch.context() as patched:
        patched.setattr(index_manifest, "VERSION", index_manifest.VERSION - 1)
        rebuild(layout, STREAM)
    assert set(verdicts(layout, "one")) == {Verdict.UNKNOWN}
    assert seqs(layout, "one") == [1]
    Indexer(IndexSettings(), layout).once()
    assert maybe(layout, "one") == [0]


def test_checksums_of_a_file_larger_than_is_read_at_once(tmp_path: Path) -> None:
    """Each page has its own checksum, wherever it lies in the file."""
    octets = random.Random(1).randbytes((PAGES_READ + 1) * PAGE_OCTETS + 5)
    (tmp_path / "file").write_bytes(octets)
    sums = sums_of(tmp_path / "file")
    pages = [octets[at : at + PAGE_OCTETS] for at in range(0, len(octets), PAGE_OCTETS)]
    assert (sums.octets, sums.pages.tolist()) == (len(octets), list(map(zlib.crc32, pages)))


@given(st.sets(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=6), max_size=400))
def test_filters_know_their_keys(keys: set[str]) -> None:
    """Every key that was put into a filter is found in it."""
    octets = filter_of(hash_keys(pa.array(sorted(keys), pa.string())))
    bits = int.from_bytes(octets, "little")
    for key in keys:
        assert all(bits >> (number * len(octets) * 8 >> 32) & 1 for number in hashes(key))


def test_filters_rule_out_most_other_keys() -> None:
    """About one key in a hundred that was not put in seems to be there."""
    octets = filter_of(hash_keys(pa.array([f"in{number}" for number in range(10_000)])))
    bits = int.from_bytes(octets, "little")
    false = sum(
        all(bits >> (number * len(octets) * 8 >> 32) & 1 for number in hashes(f"out{key}"))
        for key in range(2000)
    )
    assert false < 60
    assert len(octets) == 15_000


def test_what_is_not_indexed_is_scanned(layout: Layout, archive: Any) -> None:
    """A segment that came after the last commit is unknown to the index, and searched."""
    archive(layout, [{"message": "needle"}])
    rebuild(layout, STREAM)
    archive(layout, [{"message": "needle"}], first_seq=2)
    assert verdicts(layout, "needle") == [Verdict.MAYBE, Verdict.UNKNOWN]
    scope = Searcher(layout).page(Request("needle")).scope
    assert (scope.scanned_indexed, scope.scanned_unindexed) == (1, 1)


def test_another_file_of_the_same_name_is_not_believed_indexed(layout: Layout, archive: Any) -> None:
    """A segment that was put in another's place (a restored backup) is scanned."""
    archive(layout, [{"message": "needle", "received_at": 1_795_176_000_000_000_000}])
    rebuild(layout, STREAM)
    archive(layout, [{"message": "other", "received_at": 1_795_176_000_000_000_001}])
    assert verdicts(layout, "other") == [Verdict.UNKNOWN]
    assert seqs(layout, "other") == [1]


def test_a_segment_that_is_gone_is_forgotten(layout: Layout, archive: Any) -> None:
    """After a removal and a commit the other segments are indexed as before."""
    first = archive(layout, [{"message": "needle one"}])
    archive(layout, [{"message": "needle two"}], first_seq=2)
    rebuild(layout, STREAM)
    with IndexWriter(layout, STREAM, DAY) as writer:
        writer.remove([first.name])
        writer.commit(optimise=True)
    assert verdicts(layout, "one") == [Verdict.UNKNOWN, Verdict.NO]


def test_readers_see_a_commit(layout: Layout, archive: Any) -> None:
    """A reader that is kept open knows what was committed since, without being told."""
    archive(layout, [{"message": "needle"}])
    cache = IndexCache(layout)
    assert verdicts(layout, "needle", cache) == [Verdict.UNKNOWN]
    rebuild(layout, STREAM)
    assert verdicts(layout, "needle", cache) == [Verdict.MAYBE]
    remove_index(layout, STREAM, DAY)
    assert verdicts(layout, "needle", cache) == [Verdict.UNKNOWN]
    assert octets_of(layout.index_day(STREAM, DAY)) == 0


def test_two_writers_do_not_meet(layout: Layout, archive: Any) -> None:
    """Who comes second is told that the index is being written."""
    archive(layout, [{"message": "needle"}])
    with IndexWriter(layout, STREAM, DAY), pytest.raises(IndexBusyError, match="wait for the indexer"):
        rebuild_at_once(layout)


def rebuild_at_once(layout: Layout) -> None:
    """Enter a second writer, without patience."""
    with IndexWriter(layout, STREAM, DAY):
        pass


def index_blocks(layout: Layout, blocks: list[Block]) -> None:
    """Add one segment in a commit of its own."""
    with IndexWriter(layout, STREAM, DAY) as writer:
        writer.add(blocks)
        writer.commit()


def crash(*_: Any, **__: Any) -> None:
    """Stand for a process that ends here."""
    raise OSError("the process ends here")


PLACES = [
    (index_codec, "clean_files", True),
    (index, "write_manifest", False),
    (index, "sums_of", False),
    (TOC, "write", False),
    (SegmentWriter, "_flush_segment", False),
    (durable, "rename", False),
    (durable, "fsync", False),
]


@pytest.mark.parametrize(("owner", "name", "is_committed"), PLACES)
def test_a_commit_happens_or_not(
    layout: Layout,
    archive: Any,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    *,
    is_committed: bool,
) -> None:
    """Wherever a commit is cut short, readers see the index before it or after it, and the next one works."""
    archive(layout, [{"message": "needle one"}])
    rebuild(layout, STREAM)
    archive(layout, [{"message": "needle two"}], first_seq=2)
    blocks = sorted(Catalogue(layout).snapshot(STREAM).blocks, key=lambda block: block.first_seq)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        with pytest.raises(OSError, match="ends here"):
            index_blocks(layout, blocks[1:])
    expected = Verdict.NO if is_committed else Verdict.UNKNOWN
    assert verdicts(layout, "one") == [Verdict.MAYBE, expected]
    assert seqs(layout, "needle") == [2, 1]
    with IndexWriter(layout, STREAM, DAY) as writer:
        if not is_committed:
            writer.add(blocks[1:])
        writer.commit(optimise=True)
    assert verdicts(layout, "one") == [Verdict.MAYBE, Verdict.NO]
    left = {path.name for path in layout.index_day(STREAM, DAY).iterdir()}
    manifest = read_manifest(layout.index_day(STREAM, DAY))
    assert manifest is not None
    assert left == {*manifest.files, NAME, index.LOCK_NAME}


def test_nothing_added_is_there_without_a_commit(layout: Layout, archive: Any) -> None:
    """A writer that is left without a commit has changed nothing."""
    archive(layout, [{"message": "needle"}])
    with IndexWriter(layout, STREAM, DAY) as writer:
        writer.add(Catalogue(layout).snapshot(STREAM).blocks)
    assert verdicts(layout, "needle") == [Verdict.UNKNOWN]


Damage = Callable[[bytearray, float], bytes]


def flipped(octets: bytearray, place: float) -> bytes:
    """Give octets with one bit wrong."""
    octets[int(place * len(octets))] ^= 4
    return bytes(octets)


def cut(octets: bytearray, place: float) -> bytes:
    """Give the first part of octets."""
    return bytes(octets[: int(place * len(octets))])


def zeroed(octets: bytearray, place: float) -> bytes:
    """Give octets of which the rest was never written, as after a loss of power."""
    start = int(place * len(octets))
    return bytes(octets[:start]) + bytes(len(octets) - start)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, 9),
    place=st.floats(0, 0.9999),
    how=st.sampled_from([flipped, cut, zeroed]),
    query=st.sampled_from(["needle", "n33dle", "10.0.3.7", "need*", "host:a", "severity<=err", "absent"]),
)
def test_damage_hides_nothing(
    layout: Layout, archive: Any, which: int, place: float, how: Damage, query: str
) -> None:
    """Whatever octet of whatever file of the index is wrong, the same is found as without it."""
    folder = layout.index_day(STREAM, DAY)
    if not folder.exists():
        content = [f"filler{number} x{number:04x}y 10.0.{number}.1" for number in range(60)]
        content[31] += " needle n33dle 10.0.3.7"
        rows: list[dict[str, Any]] = [{"message": text, "hostname": "a"} for text in content]
        rows[31] |= {"hostname": "b", "severity": 3}
        archive(layout, rows, block_rows=5)
        rebuild(layout, STREAM)
        assert (len(seqs(layout, "host:b")), maybe(layout, "n33dle")) == (1, [6])
    files = sorted(path for path in folder.iterdir() if path.stat().st_size)
    path = files[which % len(files)]
    right = path.read_bytes()
    try:
        path.write_bytes(how(bytearray(right), place))
        page = Searcher(layout).page(Request(query, limit=None))
        found = page.records["seq"].to_pylist()
    finally:
        path.write_bytes(right)
    assert found == {"host:a": [seq for seq in range(60, 0, -1) if seq != 32], "absent": []}.get(query, [32])
    assert page.scope.damaged == []


def test_a_damaged_index_is_said(layout: Layout, archive: Any) -> None:
    """A scope names the index that could not be read; the writer throws it away and begins anew."""
    archive(layout, [{"message": "needle"}])
    rebuild(layout, STREAM)
    folder = layout.index_day(STREAM, DAY)
    (folder / NAME).write_bytes(b"00000000\n{}")
    page = Searcher(layout).page(Request("needle"))
    assert page.records.num_rows == 1
    assert [damage.path for damage in page.scope.damaged_indexes] == [folder]
    with pytest.raises(ManifestError):
        read_manifest(folder)
    with IndexWriter(layout, STREAM, DAY) as writer:
        assert writer.manifest.segments == {}
        writer.add(Catalogue(layout).snapshot(STREAM).blocks)
        writer.commit()
    assert verdicts(layout, "needle") == [Verdict.MAYBE]


def test_damage_is_not_merged_into_a_new_index(layout: Layout, archive: Any) -> None:
    """Putting an index together reads the old one checked, too."""
    archive(layout, [{"message": "needle"}])
    rebuild(layout, STREAM)
    path = next(layout.index_day(STREAM, DAY).glob("*.seg"))
    path.write_bytes(flipped(bytearray(path.read_bytes()), 0.5))
    with (
        pytest.raises(IndexDamagedError, match="damaged at octet"),
        IndexWriter(layout, STREAM, DAY) as writer,
    ):
        writer.commit(optimise=True)


def test_an_index_of_nothing(layout: Layout) -> None:
    """Where there is no archive there is no index, and no complaint."""
    assert rebuild(layout, STREAM) == 0
    assert verdicts(layout, "x") == []
    assert octets_of(Path("/nowhere")) == 0
