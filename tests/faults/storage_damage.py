"""Octets flipped and files cut, at any place of a small data folder: what is read, said and mended then.

    python -m tests.faults.storage_damage [PLACES A FILE]

Without a number every octet of journal and archive is flipped once, which takes most of an hour.
"""

import logging
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from parsers.rebuild import exact_octets
from storage.archive import seal
from storage.catalogue import Catalogue, DamagedError
from storage.indexer import rebuild
from storage.journal import Journal
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from storage.settings import JournalSettings
from storage.verify import Verified, Wanted, repair, verify
from tests.storage.conftest import parsed_batch

NAME = StreamName()
NOON = int(datetime(2026, 11, 19, 12, tzinfo=UTC).timestamp())
LIMITS = JournalSettings(batches=3)
BATCHES = 11
ROWS = 6
CUTS = 1000
RARE = "needle%d"  # a word that stands in one message


class Folder:
    """A data folder with segments, an index, a finished journal and one that is written."""

    def __init__(self, data: Path) -> None:
        self.layout = Layout(data)
        self.truth: dict[int, bytes] = {}
        journal = Journal(self.layout, NAME, LIMITS, NOON)
        for number in range(1, BATCHES + 1):
            messages = [self._message(number, row) for row in range(ROWS)]
            self.truth |= {len(self.truth) + place: octets for place, octets in enumerate(messages, 1)}
            journal.append([parsed_batch(messages, number, "c", (NOON + number) * 10**9)], NOON + number)
            if journal.is_full(NOON + number):
                journal.roll(NOON + number, 30)
        journal.close()
        for path in journal.finished[:-1]:
            seal(self.layout, NAME, path, 1)
        rebuild(self.layout, NAME)

    @staticmethod
    def _message(number: int, row: int) -> bytes:
        if row == ROWS - 1:
            return b"\x00\xff no form of ours %d" % number  # kept as raw
        rare = RARE.encode() % (number * ROWS + row)
        return b"<%d>1 2026-11-19T12:00:00.%dZ host%d app %d - - %s failed" % (
            number + row, number, row, row, rare,
        )  # fmt: skip

    def files(self, kind: str) -> list[Path]:
        """Give the files under journal, archive or index that mean something."""
        found = sorted((self.layout.data / kind).rglob("*"))
        return [path for path in found if path.is_file() and path.stat().st_size and "lock" not in path.name]

    def read(self) -> tuple[dict[int, bytes], set[Path]]:
        """Give every record that can be read, and the files that are said to be damaged."""
        snapshot = Catalogue(self.layout).snapshot(NAME)
        damaged = {damage.path for damage in snapshot.damaged}
        found: dict[int, bytes] = {}
        for block in snapshot.blocks:
            try:
                table = block.read()
            except DamagedError as error:
                damaged.add(error.damage.path)
                continue
            found |= zip(table["seq"].to_pylist(), exact_octets(table).to_pylist(), strict=True)
        return found, damaged

    def verified(self) -> Verified:
        """Verify the stream."""
        (verified,) = verify(self.layout, Wanted())
        return verified

    def check(self, path: Path) -> str:
        """See that readers give what is right, and say what is missing; give what became of the damage."""
        found, damaged = self.read()
        for seq, octets in found.items():
            assert octets == self.truth[seq], f"record {seq} is another: {octets!r}"
        lost = self.truth.keys() - found.keys()
        assert not lost or path in damaged, f"{len(lost)} records are missing, and {path} is not named"
        counted = Searcher(self.layout).count(Request(query="failed"))
        whole = sum(b"failed" in octets for octets in self.truth.values())
        assert counted.count == whole or path in {damage.path for damage in counted.scope.damaged}
        faults = self.verified().faults
        assert path in {fault.path for fault in faults}, f"verify does not name {path}"
        return "lost" if lost else "named"

    def check_index(self, path: Path) -> str:
        """See that searches are complete with a damaged index, and that verify names and mends it."""
        for seq, octets in list(self.truth.items())[:: ROWS + 1]:
            if b"needle" in octets:
                word = octets.split()[7].decode()
                page = Searcher(self.layout).page(Request(query=word))
                assert page.records["seq"].to_pylist() == [seq], f"{word} is not found"
        verified = self.verified()
        assert verified.damaged_indexes, f"verify does not name {path}"
        repair(self.layout, [verified])
        assert not self.verified().faults
        return "made anew"

    def check_recovery(self) -> None:
        """Start storage on a damaged journal: what can be read is kept, the rest has a reason."""
        before, _ = self.read()
        journal = Journal(self.layout, NAME, LIMITS, NOON)
        journal.append([parsed_batch([b"after"], BATCHES + 1, "c", NOON * 10**9)], NOON)
        journal.roll(NOON, 30)
        journal.close()
        for finished in journal.finished:
            try:
                seal(self.layout, NAME, finished, 1)
            except DamagedError:
                continue
        found, _ = self.read()
        assert before.items() <= found.items()
        assert b"after" in found.values()
        assert list(found.values()).count(b"after") == 1
        assert not [fault for fault in self.verified().faults if fault.path.suffix != ".journal"]


def places(size: int, count: int | None, draw: random.Random) -> Iterator[int]:
    """Give offsets in a file: every one, or some at random with the first and the last."""
    if count is None or count >= size:
        yield from range(size)
    else:
        yield from {0, size - 1, *draw.sample(range(size), count)}


def flip(path: Path, place: int, draw: random.Random) -> None:
    """Change one octet."""
    octets = bytearray(path.read_bytes())
    octets[place] ^= draw.randrange(1, 256)
    path.write_bytes(octets)


def play(folder: Path, kind: str, count: int | None, seed: int = 1) -> Counter[str]:
    """Flip octets of each file of journal or archive, one at a time; give what became of them."""
    draw, outcome = random.Random(seed), Counter[str]()
    made = Folder(folder / "data")
    for path in made.files(kind):
        good = path.read_bytes()
        for place in places(len(good), count, draw):
            flip(path, place, draw)
            try:
                outcome[made.check(path)] += 1
            except Exception as error:
                error.add_note(f"octet {place} of {path}")
                raise
            path.write_bytes(good)
    shutil.rmtree(made.layout.data)
    return outcome


def play_index(folder: Path, count: int, seed: int = 1) -> Counter[str]:
    """Flip octets of an index, each time in one that was made anew; give what became of them."""
    draw, outcome = random.Random(seed), Counter[str]()
    made = Folder(folder / "data")
    for _ in range(count):
        path = draw.choice(made.files("index"))
        place = draw.randrange(path.stat().st_size)
        flip(path, place, draw)
        try:
            outcome[made.check_index(path)] += 1
        except Exception as error:
            error.add_note(f"octet {place} of {path}")
            raise
    shutil.rmtree(made.layout.data)
    return outcome


def cut(folder: Path, kind: str, count: int, seed: int = 1) -> Counter[str]:
    """Cut files off at some places."""
    draw, outcome = random.Random(seed), Counter[str]()
    made = Folder(folder / "data")
    for path in made.files(kind):
        good = path.read_bytes()
        for length in draw.sample(range(len(good)), count):
            path.write_bytes(good[:length])
            found, damaged = made.read()
            assert all(octets == made.truth[seq] for seq, octets in found.items())
            outcome["named" if path in damaged else "a torn tail"] += 1
            if kind == "archive":
                assert path in {fault.path for fault in made.verified().faults}
            path.write_bytes(good)
    shutil.rmtree(made.layout.data)
    return outcome


def recover(folder: Path, count: int, seed: int = 1) -> int:
    """Flip octets of journals, and start storage on each; give how often."""
    draw, times = random.Random(seed), 0
    for number in range(count):
        made = Folder(folder / f"data{number}")
        path = draw.choice(made.files("journal"))
        place = draw.randrange(path.stat().st_size)
        flip(path, place, draw)
        try:
            made.check_recovery()
        except Exception as error:
            error.add_note(f"octet {place} of {path}")
            raise
        shutil.rmtree(made.layout.data)
        times += 1
    return times


def main() -> None:
    """Flip octets everywhere."""
    logging.disable(logging.CRITICAL)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("journal", "archive"):
            _tell(f"{kind}: octets flipped, and what became of it", play(Path(folder), kind, count))
            _tell(f"{kind}: files cut", cut(Path(folder), kind, count or CUTS))
        _tell("index: octets flipped", play_index(Path(folder), count or CUTS))
        _tell("journal: octets flipped, and storage started", recover(Path(folder), count or CUTS))


def _tell(what: str, outcome: object) -> None:
    print(f"{what}: {outcome}", flush=True)  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
