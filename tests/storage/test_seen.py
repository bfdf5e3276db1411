"""What is outside a view is not there: no answer tells of it, and none changes with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage.catalogue import Catalogue
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from storage.masking import MASK
from storage.results import Cursor, Scope
from storage.search import Request, Searcher
from storage.seen import KEPT, Seen, all_streams
from storage.view import View

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
SECOND = 10**9
NAME = StreamName()
FW = View(hosts=("fw-*",))
FACETS = ("severity", "host", "app", "peer", "fields", "user")
QUERIES = (
    "", "failed", "fail*", '"failed password"', "/pass.*/", "NOT failed", "-host:web", "host:*", "app:cron",
    "user:alice", "user:*", "alice OR bob", "severity<=3", "seq:2..5", "peer:10.0.0.1", "time:2026-11-20",
    "received>=2026-11-20T12:00:03", 'msg:""', "masked",
)  # fmt: skip


def limited(layout: Layout, view: View = FW) -> Searcher:
    """Give a searcher of somebody with this view."""
    return Searcher(layout).limited(view, all_streams)


def seqs(records: pa.Table) -> list[int]:
    """Give the seq of each record."""
    found: list[int] = records["seq"].to_pylist()
    return found


def values(records: pa.Table) -> list[dict[str, Any]]:
    """Give records as they can be compared; nanoseconds are too fine for Python's times."""
    place = records.column_names.index("received_at")
    found: list[dict[str, Any]] = records.set_column(
        place, "received_at", records["received_at"].cast(pa.int64())
    ).to_pylist()
    return found


def everything_said(searcher: Searcher, count: int, queries: Sequence[str] = QUERIES) -> list[Any]:
    """Ask a searcher in every way there is about a stream of ``count`` records, and give all that it says."""
    said: list[Any] = []
    for query in queries:
        asked = Request(query, limit=2)
        for request in (asked, replace(asked, oldest_first=True)):
            page = searcher.page(request)
            said += [values(page.records), page.scope, page.next]
        said.append(
            searcher.page(replace(asked, time="device", start=datetime(2026, 11, 1, tzinfo=UTC))).scope
        )
        said.append(searcher.count(asked))
        surveys = [survey() for survey in searcher.survey(asked, 10, FACETS)]
        said += [surveys[-1], len(surveys)]
        said += [values(table) for table in searcher.stream(replace(asked, limit=None))]
        said.append(values(searcher.page(replace(asked, before=Cursor(NOON + 4 * SECOND, 5))).records))
    for seq in range(count + 2):
        said.append(values(searcher.record(NAME, seq)))
        for same_host in (False, True):
            said.append(values(searcher.neighbours(NAME, seq, 2, 2, same_host=same_host)))
    follower = searcher.follow(Request("failed"), poll=0.001, since=0)
    said += [values(next(follower)) for _ in range(4)]
    return said


def written(folder: Path, rows: Sequence[dict[str, Any]], archive: Any, *, is_indexed: bool = True) -> Layout:
    """Give a data folder with these rows as an archive, two records a block."""
    layout = Layout(folder)
    archive(layout, rows, block_rows=2)
    if is_indexed:
        rebuild(layout, NAME)
    return layout


texts = st.sampled_from(
    ["failed password", "fail over", "accepted", "", "user alice", "by bob", "masked", None]
)
seen_rows = st.fixed_dictionaries(
    {
        "hostname": st.sampled_from(["fw-1", "FW-2"]),
        "message": texts,
        "app_name": st.sampled_from(["cron", "sshd", None]),
        "severity": st.integers(0, 7),
        "timestamp": st.none() | st.integers(0, 8).map(lambda second: (NOON + second * SECOND) // 1000),
        "peer": st.sampled_from(["10.0.0.1", "192.0.2.9"]),
        "fields": st.sampled_from([None, [("user", "alice")], [("user", "bob"), ("src", "10.0.0.1")]]),
    }
)
hidden_rows = st.fixed_dictionaries(
    {
        "hostname": st.sampled_from(["web", "dns", "xfw-1", None]),
        "message": texts,
        "app_name": st.sampled_from(["cron", "nginx", None]),
        "severity": st.integers(0, 7),
        "timestamp": st.none() | st.integers(-900_000, 900_000).map(lambda time: NOON // 1000 + time * 1000),
        "peer": st.sampled_from(["10.0.0.1", "203.0.113.5"]),
        "fields": st.sampled_from([None, [("user", "alice")], [("user", "mallory"), ("dst", "10.0.0.9")]]),
    }
)
some_queries = st.lists(st.sampled_from(QUERIES), min_size=3, max_size=3, unique=True)
# Not shrunk: each try writes archives, and what is found is small anyway.
SLOW = settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SLOW
@given(
    data=st.data(),
    shape=st.lists(st.booleans(), min_size=1, max_size=6),
    is_indexed=st.booleans(),
    asked=some_queries,
)
def test_no_answer_changes_with_what_is_hidden(
    data: Any,
    shape: list[bool],
    is_indexed: bool,  # noqa: FBT001 - a parameter
    asked: list[str],
    archive: Any,
    tmp_path_factory: Any,
) -> None:
    """Other texts, hosts, times and fields in the records that are not seen: every answer is the same.

    Records, counts, bars, facets, cursors, scopes, neighbours, and how often a survey tells of its progress.
    """
    folder, said = tmp_path_factory.mktemp("seen"), []
    own = [data.draw(seen_rows) for is_seen in shape if is_seen]
    for number in range(2):
        seen, rows = iter(own), []
        for place, is_seen in enumerate(shape):
            row = dict(next(seen) if is_seen else data.draw(hidden_rows))
            aside = 0 if is_seen or place in {0, len(shape) - 1} else data.draw(st.integers(-900, 900))
            rows.append(row | {"received_at": NOON + place * SECOND + aside * 10**6})
        layout = written(folder / str(number), rows, archive, is_indexed=is_indexed)
        said.append(everything_said(limited(layout), len(shape), asked))
    assert said[0] == said[1]


@SLOW
@given(rows=st.lists(st.one_of(seen_rows, hidden_rows), min_size=1, max_size=6), queries=some_queries)
def test_it_answers_like_an_archive_of_what_is_seen(
    rows: list[dict[str, Any]], queries: list[str], archive: Any, tmp_path_factory: Any
) -> None:
    """A view's answers are those of an archive that never had the rest."""
    folder = tmp_path_factory.mktemp("seen")
    rows = [row | {"received_at": NOON + place * SECOND, "seq": place} for place, row in enumerate(rows, 1)]
    own = [row for row in rows if (row["hostname"] or "").lower().startswith("fw-")]
    whole = limited(written(folder / "whole", rows, archive))
    alone = Searcher(written(folder / "own", own, archive) if own else Layout(folder / "none"))
    for query in queries:
        asked = Request(query, limit=None)
        found, survey = whole.page(asked), [one() for one in whole.survey(asked, 10, FACETS)][-1]
        expected = [one() for one in alone.survey(asked, 10, FACETS)][-1]
        assert values(found.records) == values(alone.page(asked).records)
        assert whole.count(asked).count == survey.total == found.records.num_rows
        assert (survey.facets, survey.histogram.starts) == (expected.facets, expected.histogram.starts)
        assert survey.histogram.counts == expected.histogram.counts


@SLOW
@given(
    rows=st.lists(seen_rows, min_size=1, max_size=4),
    masked=st.sampled_from([("user",), ("us*", "src")]),
    asked=some_queries,
)
def test_no_answer_changes_with_a_masked_value(
    rows: list[dict[str, Any]],
    masked: tuple[str, ...],
    asked: list[str],
    archive: Any,
    tmp_path_factory: Any,
) -> None:
    """Records that differ only in a masked value give the same answers, to every question."""
    folder, said = tmp_path_factory.mktemp("masked"), []
    for value in ("dave_7", "carol-9"):
        changed = []
        for place, row in enumerate(rows):
            text = f"{row['message']}: login of {value}, USER={value.upper()}"
            about = {"message": text, "fields": [("user", value)], "structured_data": f'[a@1 b="{value}"]'}
            changed.append(row | about | {"received_at": NOON + place * SECOND, "raw": value.encode()})
        layout = written(folder / value, changed, archive)
        said.append(everything_said(limited(layout, View(masked=masked)), len(rows), asked))
        queries = (
            value,
            f"{value[:3]}*",
            f"/{value}/",
            f"user:{value}",
            f'"login of {value}"',
            f"sd:{value}",
        )
        for query in queries:
            assert limited(layout, View(masked=masked)).count(Request(query)).count == 0
            assert Searcher(layout).count(Request(query)).count == len(rows)
    assert said[0] == said[1]


def test_the_index_is_asked_only_about_what_is_seen(tmp_path: Path, archive: Any) -> None:
    """A word of a hidden record decides nothing: neither which blocks are read, nor how they are counted."""
    rows = [{"hostname": host, "message": word} for host, word in (("fw-1", "a"), ("web", "secret")) * 2]
    layout = written(tmp_path, rows, archive)
    scopes = [limited(layout).page(Request(word)).scope for word in ("secret", "nowhere")]
    assert scopes[0] == scopes[1] == Scope(files=1, blocks=2, scanned_unindexed=2, rows_scanned=2)
    assert Searcher(layout).page(Request("nowhere")).scope.skipped_by_index == 2


def test_the_index_helps_where_all_is_seen(tmp_path: Path, archive: Any) -> None:
    """Blocks of which nothing is hidden are ruled out by the index, and counted without being read."""
    rows = [{"hostname": host} for host in ("fw-1", "fw-1", "fw-2", "web", "dns", "dns")]
    layout = written(tmp_path, rows, archive)
    searcher = limited(layout)
    scope = searcher.page(Request("nowhere")).scope
    assert (scope.blocks, scope.skipped_by_index, scope.scanned_unindexed, scope.rows_scanned) == (2, 1, 1, 1)
    counted = searcher.count(Request())
    assert (counted.count, counted.scope.rows_scanned) == (3, 0)


def test_a_block_of_which_nothing_is_seen_is_none(tmp_path: Path, archive: Any) -> None:
    """Neither files, blocks nor times of others' records are in what an answer covers."""
    layout = written(tmp_path, [{"hostname": "web", "received_at": NOON - SECOND}] * 6, archive)
    searcher = limited(layout)
    page = searcher.page(Request())
    assert page.scope == Scope()
    assert (page.records.num_rows, page.next) == (0, None)
    survey = [one() for one in searcher.survey(Request(), 10, FACETS)]
    assert (len(survey), survey[0].blocks, survey[0].histogram.starts) == (1, 0, ())
    assert searcher.count(Request()).count == 0


def test_a_view_of_times_is_a_range(tmp_path: Path, archive: Any) -> None:
    """What was received outside is not there, even for who asks for that very time."""
    rows = [{"received_at": NOON + place * SECOND} for place in range(6)]
    layout = written(tmp_path, rows, archive)
    at = [datetime(2026, 11, 20, 12, 0, second, tzinfo=UTC) for second in (2, 5)]
    searcher = limited(layout, View(start=at[0], end=at[1]))
    assert seqs(searcher.page(Request()).records) == [5, 4, 3]
    assert seqs(searcher.page(Request(end=at[0])).records) == []
    assert seqs(searcher.page(Request(start=at[1])).records) == []
    assert seqs(searcher.page(Request("seq>0", start=at[0])).records) == [5, 4, 3]
    assert searcher.count(Request()).count == 3
    assert [seqs(searcher.record(NAME, seq)) for seq in (2, 3, 6)] == [[], [3], []]
    assert seqs(searcher.neighbours(NAME, 3, 2, 9)) == [3, 4, 5]


def test_neighbours_are_the_nearest_that_are_seen(tmp_path: Path, archive: Any) -> None:
    """However many records of others lie between, those before and after are those that are seen."""
    hosts = ["fw-1", "web", "web", "fw-2", "web", "fw-1", "web", "web", "web", "fw-1"]
    searcher = limited(written(tmp_path, [{"hostname": host} for host in hosts], archive))
    assert seqs(searcher.neighbours(NAME, 4, 2, 2)) == [1, 4, 6, 10]
    assert seqs(searcher.neighbours(NAME, 6, 1, 1, same_host=True)) == [1, 6, 10]
    assert seqs(searcher.neighbours(NAME, 5, 2, 2)) == []
    hidden_host = limited(Layout(tmp_path), View(masked=("host",)))
    assert seqs(hidden_host.neighbours(NAME, 4, 2, 2, same_host=True)) == [4]


def test_a_stream_that_is_not_there(tmp_path: Path, archive: Any) -> None:
    """Whoever may not see a stream gets what there is of a stream that never was."""
    layout = written(tmp_path, [{"message": "failed"}] * 3, archive)
    nobody = Searcher(layout).limited(View(), lambda name: name.stream == "other")
    asked = QUERIES[:4]
    nothing = everything_said(Searcher(Layout(tmp_path / "empty")), 3, asked)
    assert everything_said(nobody, 3, asked) == nothing
    assert nobody.last_seq(NAME) == 0
    assert Seen(layout, sees=lambda _: False).holding(NAME, 1) == []
    assert everything_said(Searcher(layout), 3, asked) != nothing


def test_sight_may_end_while_somebody_follows(tmp_path: Path, archive: Any) -> None:
    """Who follows a stream sees no more of it from the moment at which it is no longer there for them."""
    layout = written(tmp_path, [{"message": "failed"}] * 3, archive)
    allowed = [True]
    somebody = Searcher(layout).limited(View(), lambda _: allowed[0])
    follower = somebody.follow(Request("failed"), 0.001, since=1)
    assert seqs(next(follower)) == [2]
    allowed[0] = False
    assert [seqs(next(follower)) for _ in range(2)] == [[], []], "not even what was listed before"
    allowed[0] = True
    assert seqs(next(follower)) == [3]


def test_order_holds_though_blocks_shrink(tmp_path: Path, archive: Any) -> None:
    """Newest first, and oldest first, though the newest record of a block is not seen."""
    times = [5, 50, 9, 40, 30, 31]
    hosts = ["fw-1", "web", "fw-1", "fw-1", "fw-1", "fw-1"]
    rows = [
        {"hostname": host, "received_at": NOON + time * SECOND}
        for host, time in zip(hosts, times, strict=True)
    ]
    searcher = limited(written(tmp_path, rows, archive))
    assert seqs(searcher.page(Request()).records) == [4, 6, 5, 3, 1]
    assert seqs(searcher.page(Request(oldest_first=True)).records) == [1, 3, 5, 6, 4]
    seen: list[int] = []
    before = None
    for _ in range(6):
        page = searcher.page(Request(limit=1, before=before))
        seen, before = seen + seqs(page.records), page.next
        if before is None:
            break
    assert seen == [4, 6, 5, 3, 1]


def test_the_journal_is_covered_too(layout: Layout, make_batch: Any, open_journal: Any) -> None:
    """What is not sealed yet is limited like the rest, also while it grows."""
    journal, searcher = open_journal(), Searcher(layout)
    own = searcher.limited(View(masked=("message",)), all_streams)
    others = searcher.limited(View(networks=("10.0.0.0/8",)), all_streams)
    for number in (1, 2):
        journal.append([make_batch([b"failed password"] * 3, number)], NOON / 10**9)
        assert own.page(Request()).records["message"].to_pylist() == [MASK] * 3 * number
        assert own.page(Request()).records["raw"].null_count == 3 * number
        assert own.count(Request("failed")).count == 0
        assert others.page(Request()).scope == Scope()
        assert searcher.count(Request("failed")).count == 3 * number


def test_damage_is_told_to_whoever_sees_the_stream(tmp_path: Path, archive: Any) -> None:
    """An answer that may lack something says so, under every view; what else is damaged hides nothing."""
    path = archive(Layout(tmp_path), [{"hostname": "fw-1"}, {"hostname": "web"}] * 2, block_rows=2)
    octets = bytearray(path.read_bytes())
    octets[8] ^= 255  # in the first page of the first block
    path.write_bytes(octets)
    for view in (View(), FW, View(masked=("host",))):
        page = limited(Layout(tmp_path), view).page(Request())
        assert [damage.path for damage in page.scope.damaged] == [path]
        assert 3 in seqs(page.records)


def test_what_is_remembered_is_bounded() -> None:
    """Somebody who searches years keeps a bounded part of what was found of each block."""
    assert KEPT * 400 < 32 << 20


@pytest.mark.parametrize(
    "view", [View(hosts=("FW-*",)), View(networks=("10.0.0.0/8",)), View(masked=("user",))]
)
def test_columns_come_as_asked_for(tmp_path: Path, archive: Any, view: View) -> None:
    """A block gives the columns that are asked for, in that order, whatever a view has to read besides."""
    row = {"hostname": "fw-1", "peer": "10.0.0.1", "message": "by bob", "fields": [("user", "bob")]}
    layout = written(tmp_path, [row, {}], archive)
    (block,) = Seen(layout, view).snapshot(NAME).blocks
    for names in (["seq"], ["message", "seq"], ["fields", "hostname", "severity"], None):
        for encoded in (False, True):
            table = block.read(names, encoded=encoded)
            assert table.column_names == (
                names or Catalogue(layout).snapshot(NAME).blocks[0].read().column_names
            )
