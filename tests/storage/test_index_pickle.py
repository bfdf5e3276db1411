"""Pickles of the index: those that Whoosh writes are read, others run nothing."""

import os
import pickle
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import whoosh.codec.whoosh3

from storage import index_pickle
from storage.index_manifest import read_manifest, sums_of, write_manifest
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher

DAY = date(2026, 11, 20)


class Harmful:
    """What makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        """Say what to call."""
        return os.mkdir, (str(self.path),)


def test_whooshs_own_are_read() -> None:
    """What Whoosh's files hold comes back as it was."""
    found = index_pickle.loads(
        pickle.dumps({"terms": defaultdict(int, a=1), "places": {1, 2}, "n": (b"", None)})
    )
    assert found == {"terms": {"a": 1}, "places": {1, 2}, "n": (b"", None)}


def test_others_run_nothing(tmp_path: Path) -> None:
    """A pickle that calls a function is refused before it does."""
    with pytest.raises(index_pickle.ForeignPickleError, match=r"posix\.mkdir"):
        index_pickle.loads(pickle.dumps(Harmful(tmp_path / "made")))
    assert not (tmp_path / "made").exists()


def test_a_forged_index_runs_nothing(layout: Layout, archive: Any, tmp_path: Path) -> None:
    """An index that somebody has put together with care, checksums and all, is damaged, and no more."""
    archive(layout, [{"message": "needle"}])
    rebuild(layout, StreamName())
    folder = layout.index_day(StreamName(), DAY)
    manifest = read_manifest(folder)
    assert manifest is not None
    (name,) = (each for each in manifest.files if each.endswith(".toc"))
    octets = (folder / name).read_bytes()
    start = octets.rindex(b"\x80\x05\x95")  # where the last pickle begins: the list of segments
    (folder / name).write_bytes(octets[:start] + pickle.dumps(Harmful(tmp_path / "made")))
    manifest.files[name] = sums_of(folder / name)
    write_manifest(folder, manifest)
    page = Searcher(layout).page(Request("needle"))
    assert page.records.num_rows == 1
    assert [damage.reason for damage in page.scope.damaged_indexes] == [
        "a file of the index names posix.mkdir, which none of ours does"
    ]
    assert not (tmp_path / "made").exists()


def test_whoosh_has_no_other_way_to_read_pickles() -> None:
    """The modules of Whoosh that read our files have our loaders in place of pickle's."""
    assert whoosh.codec.whoosh3.loads is index_pickle.loads
    assert whoosh.columns.loads is index_pickle.loads
    assert whoosh.filedb.structfile.load_pickle is index_pickle.load
