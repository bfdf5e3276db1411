"""/archive: what every stream holds and how it is; damage is loud; what one may not see is not there."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from access.visitor import Visitor
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from tests.web.operators import client_of

DAY = date(2026, 11, 20)
FRAMES = [b"<13>1 - fw app - - - message %d" % number for number in range(7)]
TRAIL = StreamName("trail", "access")


def test_what_is_stored(layout: Layout) -> None:
    """Each stream with its messages, days, sizes and index, and all of them together."""
    web = StreamName("default", "web")
    for name in (StreamName(), web):
        stored(layout, name, FRAMES)
    rebuild(layout, web)
    with client_of(layout) as client:
        answer = client.get("/archive")
    assert answer.status_code == 200
    for said in (
        'href="/archive/default/syslog"', 'href="/archive/default/web"', "2026-11-20", "0 %", "100 %", "14",
        "whole",
    ):  # fmt: skip
        assert said in answer.text, said
    assert 'id="damage"' not in answer.text


def test_damage_is_named(layout: Layout) -> None:
    """A segment that cannot be read, an index that cannot be, and the quarantine: each with what to do."""
    stored(layout, StreamName(), FRAMES)
    rebuild(layout, StreamName())
    (layout.index_day(StreamName(), DAY) / "manifest.json").write_bytes(b"{")
    (layout.archive_day(StreamName(), DAY) / f"{100:020d}-{200:020d}.parquet").write_bytes(b"no parquet")
    folder = layout.data / "quarantine" / StreamName().folder
    folder.mkdir(parents=True)
    (folder / "batch.octets").write_bytes(b"x")
    with client_of(layout) as client:
        answer = client.get("/archive").text
    assert f"{100:020d}-{200:020d}.parquet at octet 0" in answer
    assert "default/syslog 2026-11-20" in answer
    assert "sysledger index rebuild" in answer
    assert "1 piece of octets" in answer


def test_the_trail_is_not_there_for_operators(layout: Layout) -> None:
    """Neither its name nor its damage; an administrator sees it."""
    stored(layout, TRAIL, FRAMES)
    (layout.archive_day(TRAIL, DAY) / f"{100:020d}-{200:020d}.parquet").write_bytes(b"no parquet")
    with client_of(layout, visitor=Visitor("ann", "operator")) as client:
        answer = client.get("/archive").text
        assert "trail/access" not in answer
        assert "parquet" not in answer
        assert "nothing that you may see" in answer
    with client_of(layout, visitor=Visitor("root", "administrator")) as client:
        assert "trail/access" in client.get("/archive").text


def test_no_journal_is_held_open(layout: Layout, store: Callable[..., None]) -> None:
    """A journal that is removed after a look frees its room on the disk at once."""
    store(FRAMES, sealed=False)
    (journal,) = layout.journal(StreamName()).glob("*.journal")
    with client_of(layout) as client:
        assert "7" in client.get("/archive").text
        open_files = {path.resolve() for path in Path("/proc/self/fd").iterdir()}
    assert journal.resolve() not in open_files


def test_nothing_is_stored(layout: Layout) -> None:
    """An empty data folder is no error; and the page is for operators."""
    with client_of(layout) as client:
        assert "Nothing is stored yet" in client.get("/archive").text
    with client_of(layout, visitor=Visitor("ann", "auditor")) as client:
        assert client.get("/archive").status_code == 403
