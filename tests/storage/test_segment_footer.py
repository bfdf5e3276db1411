"""The promises about a segment's end: nothing of it is believed before its checksum was compared."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from storage.catalogue import Catalogue
from storage.journal_reader import DamagedError
from storage.layout import Layout, StreamName
from storage.segment_footer import TAIL_OCTETS, FooterError, read_metadata
from storage.segments import read_footer, segment_metadata

Archive = Callable[..., Path]


def test_every_octet_of_the_footer_is_guarded(layout: Layout, name: StreamName, archive: Archive) -> None:
    """A wrong octet anywhere in the footer is damage with the file's path, no crash and no wrong range."""
    path = archive(layout, [{"message": "a"}, {"message": "b"}])
    good = path.read_bytes()
    footer = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    for place in range(footer - 8, len(good)):
        damaged = bytearray(good)
        damaged[place] ^= 0x11
        path.write_bytes(damaged)
        with pytest.raises(FooterError):
            read_metadata(path)
    for read in (read_footer, segment_metadata):
        with pytest.raises(DamagedError, match="not a readable segment: the file does not end"):
            read(path)
    assert [each.path for each in Catalogue(layout).snapshot(name).damaged] == [path]


def test_a_file_that_was_cut(layout: Layout, archive: Archive) -> None:
    """A segment cut anywhere, or emptied, is damage."""
    path = archive(layout, [{"message": "a"}])
    good = path.read_bytes()
    for length in [*range(30), *range(30, len(good), 101), len(good) - 1]:
        path.write_bytes(good[:length])
        with pytest.raises(DamagedError, match="not a readable segment"):
            read_footer(path)


def test_a_long_footer(layout: Layout, archive: Archive) -> None:
    """A footer longer than what is read at first is read whole."""
    path = archive(layout, [{"message": "a"}] * 60, block_rows=1)
    assert int.from_bytes(path.read_bytes()[-8:-4], "little") > TAIL_OCTETS
    assert len(read_footer(path).row_groups) == 60


def test_parquet_engines_read_it(layout: Layout, archive: Archive) -> None:
    """Our checksum does not disturb who reads the file as Parquet."""
    path = archive(layout, [{"message": "a"}, {"message": "b"}])
    assert pq.read_table(path, partitioning=None)["message"].to_pylist() == ["a", "b"]
