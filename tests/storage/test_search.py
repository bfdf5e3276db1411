"""Searching: exact, newest first, complete whatever the index knows, by files alone."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers.schema import ARCHIVE_SCHEMA
from storage.archive import seal
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from storage.query import And, Every, Not, NumericRange, Or, Phrase, Prefix, QueryError, parse
from storage.results import Cursor
from storage.search import Request, Searcher
from storage.segment_writer import difference

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
DAY = date(2026, 11, 20)
JOINERS = ".:@/\\+-"
WHOLE = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")


def seqs(records: pa.Table) -> list[int]:
    """Give the seq of each record."""
    found: list[int] = records["seq"].to_pylist()
    return found


def found(layout: Layout, query: str, **more: Any) -> list[int]:
    """Give the seqs that a new searcher finds, in its order."""
    return seqs(Searcher(layout).page(Request(query, **more)).records)


# A slow reading of storage/tokens.py's definition, character by character, with nothing shared with the code.


def is_word(character: str) -> bool:
    """Tell whether this is a letter, digit or underscore."""
    return character.isalnum() or character == "_"


def alike(left: str, right: str) -> bool:
    """Tell whether two characters differ in case at most."""
    return left.casefold() == right.casefold()


def ends_of(pattern: list[str], text: str, start: int) -> Iterator[int]:
    """Give every place where a term that begins at ``start`` can end; a list's "*" and "?" are wild."""
    if not pattern:
        yield start
    elif pattern[0] == "*":
        yield from ends_of(pattern[1:], text, start)
        if start < len(text) and (is_word(text[start]) or text[start] in JOINERS):
            yield from ends_of(pattern, text, start + 1)
    elif start < len(text):
        wild = pattern[0] == "?" and (is_word(text[start]) or text[start] in JOINERS)
        if wild or (pattern[0] != "?" and alike(pattern[0], text[start])):
            yield from ends_of(pattern[1:], text, start + 1)


def occurs(pattern: list[str], text: str) -> bool:
    """Tell whether a term that is no address occurs in a text."""
    for start in range(len(text) + 1):
        before_is_free = start == 0 or not is_word(text[start - 1])
        if not before_is_free and (is_word(pattern[0]) or pattern[0] == "?"):
            continue
        for end in ends_of(pattern, text, start):
            after_is_free = end == len(text) or not is_word(text[end])
            if after_is_free or not (is_word(pattern[-1]) or pattern[-1] == "?"):
                return True
    return False


def occurs_in_order(words: list[str], text: str) -> bool:
    """Tell whether words follow each other with only other characters, at least one, between them."""
    places = {
        start
        for start in range(len(text))
        if start == 0 or not is_word(text[start - 1]) or not is_word(words[0][0])
    }
    for number, word in enumerate(words):
        ends = {place + len(word) for place in places if alike_at(word, text, place)}
        if number == len(words) - 1:
            return any(end == len(text) or not is_word(text[end]) or not is_word(word[-1]) for end in ends)
        places = set()
        for end in ends:
            place = end
            while place < len(text) and not is_word(text[place]):
                place += 1
                places.add(place)
    return False


def alike_at(word: str, text: str, place: int) -> bool:
    """Tell whether ``word`` stands at a place."""
    part = text[place : place + len(word)]
    return len(part) == len(word) and all(map(alike, word, part))


def holds(query: Any, row: dict[str, Any]) -> bool:  # noqa: PLR0911 - one for each kind of query
    """Tell by the slow reading whether a row matches the query objects that the parser gave."""
    if isinstance(query, And):
        return all(holds(part, row) for part in query.subqueries)
    if isinstance(query, Or):
        return any(holds(part, row) for part in query.subqueries)
    if isinstance(query, Not):
        return not holds(query.query, row)
    if isinstance(query, Every):
        return query.fieldname is None or row.get({"host": "hostname"}[query.fieldname]) is not None
    if isinstance(query, NumericRange):
        value = row[query.fieldname]
        return (query.start is None or value >= query.start) and (query.end is None or value <= query.end)
    columns = {"any": WHOLE, "host": ("hostname",), "msg": ("message",), "pid": ("proc_id",)}[query.fieldname]
    texts = [row[column] for column in columns if row.get(column) is not None]
    if isinstance(query, Phrase):
        return any(occurs_in_order(query.words, text) for text in texts)
    pattern = list(query.text) + ["*"] * isinstance(query, Prefix)
    return any(occurs(pattern, text) for text in texts)


PIECES = [
    "fail", "Failed", "password", "straße", "STRASSE", "web", "Web01", "fw-1", "x9", "10", "uid=0", "a.b.c",
    "ΣΊΣ", "bob@mail.example.com", "/var/log/x", "fe80", "k", "\u212a", "_", "é", "e\u0301", "\u0345a", "-",
    "::", "a1b2",
]  # fmt: skip
SPACES = [" ", "  ", ", ", ".", ":", "=", "/", "", "\t", "(", ")-", "\u00a0"]
texts = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(SPACES)), max_size=6).map(
    lambda parts: "".join(piece + space for piece, space in parts)
)
rows = st.fixed_dictionaries(
    {
        "message": st.none() | texts,
        "hostname": st.none() | st.sampled_from(["fw-1", "FW-2.example.com", "web01", "straße"]),
        "proc_id": st.none() | st.sampled_from(["1", "77", "web"]),
        "severity": st.integers(0, 7),
    }
)
words = st.sampled_from([*PIECES, "example.com", "log/x", "b.c", "var", "mail", "0", "01", "none"]).filter(
    lambda word: word not in {"-", "::"}
)
leaves = st.one_of(
    words,
    words.map(lambda word: f"{word}*"),
    words.map(lambda word: f"*{word[1:]}" if len(word) > 1 else "?"),
    words.map(lambda word: word[:1] + "?" + word[2:]),
    st.lists(words, min_size=2, max_size=3).map(lambda parts: '"' + " ".join(parts) + '"'),
    words.map(lambda word: f"host:{word}"),
    words.map(lambda word: f"pid:{word}*"),
    st.integers(0, 7).map(lambda code: f"severity<={code}"),
    st.just("host:*"),
)
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} {pair[1]})"),
        inner.map(lambda one: f"NOT {one}"),
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(rows, min_size=1, max_size=12), asked=st.lists(queries, min_size=1, max_size=12))
def test_index_and_columns_find_what_a_slow_scan_finds(
    content: list[dict[str, Any]], asked: list[str], archive: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Index and columns together find exactly what the definition says, read character by character."""
    layout = Layout(tmp_path_factory.mktemp("search"))
    archive(layout, content, block_rows=2)
    scanned, indexed = Searcher(layout), Searcher(layout)
    before = [seqs(scanned.page(Request(query)).records) for query in asked]
    rebuild(layout, StreamName())
    for query, without_index in zip(asked, before, strict=True):
        read = parse(query)
        expected = [number for number, row in reversed(list(enumerate(content, 1))) if holds(read, row)]
        assert without_index == expected, query
        page = indexed.page(Request(query))
        assert seqs(page.records) == expected, query
        assert page.scope.scanned_unindexed == 0


def moment(text: str) -> datetime:
    """Read a time of 2026-11-20, in UTC."""
    return datetime.fromisoformat(f"2026-11-20T{text}+00:00")


def test_newest_first_when_blocks_overlap(layout: Layout, archive: Any) -> None:
    """The newest come first by receive time and then by seq, though blocks overlap in time."""
    shuffled = random.Random(5)
    times = [NOON + shuffled.randrange(50) for _ in range(200)]
    archive(layout, [{"received_at": time, "message": "x"} for time in times], block_rows=7)
    expected = [seq for _, seq in sorted(((time, seq) for seq, time in enumerate(times, 1)), reverse=True)]
    searcher = Searcher(layout)
    assert seqs(searcher.page(Request("x", limit=None)).records) == expected
    assert seqs(searcher.page(Request("x", limit=9)).records) == expected[:9]
    assert [seq for table in searcher.stream(Request("x", limit=None)) for seq in seqs(table)] == expected


def test_pages_go_on_where_they_ended(layout: Layout, archive: Any) -> None:
    """Page after page gives every match once, in order; the cursor survives being written in a link."""
    archive(
        layout, [{"received_at": NOON + number // 5, "message": "x"} for number in range(50)], block_rows=8
    )
    searcher = Searcher(layout)
    collected: list[int] = []
    cursor = None
    for _ in range(20):
        page = searcher.page(Request("x", limit=7, before=cursor))
        collected += seqs(page.records)
        if page.next is None:
            break
        cursor = Cursor.decode(str(page.next))
    assert collected == list(range(50, 0, -1))


def test_oldest_first_is_newest_first_backwards(layout: Layout, archive: Any) -> None:
    """Over overlapping blocks and several days, page by page, the order is the other one, to the record."""
    times = [NOON + number % 5 * 10**9 + number for number in range(10)]
    archive(layout, [{"received_at": time} for time in times], block_rows=3)
    archive(layout, [{"received_at": NOON + 2 * 86_400 * 10**9 + n} for n in range(4)], 11, block_rows=2)
    newest = found(layout, "", limit=None)
    assert found(layout, "", limit=None, oldest_first=True) == newest[::-1]
    searcher, pages, before = Searcher(layout), [], None
    for _ in range(9):
        page = searcher.page(Request("", limit=3, before=before, oldest_first=True))
        pages += seqs(page.records)
        before = page.next
        if before is None:
            break
    assert pages == newest[::-1]
    start = datetime.fromtimestamp(NOON / 10**9 + 1, UTC)
    inside = [seq for seq in newest[::-1] if seq > 10 or times[seq - 1] >= NOON + 10**9]
    assert found(layout, "", limit=None, oldest_first=True, start=start) == inside


def test_a_page_on_its_way(layout: Layout, archive: Any) -> None:
    """A page can be looked at after each block; only the last look is whole, and says what follows."""
    archive(layout, [{"message": "a"} for _ in range(12)], block_rows=4)
    steps = [step() for step in Searcher(layout).pages(Request("a", limit=10))]
    assert [step.scope.complete for step in steps] == [False] * len(steps)
    assert steps[-1].next is not None
    assert all(step.next is None for step in steps[:-1])
    assert [step.records.num_rows for step in steps] == sorted(step.records.num_rows for step in steps)
    assert seqs(steps[-1].records) == list(range(12, 2, -1))


def test_a_full_page_stops_early(layout: Layout, archive: Any) -> None:
    """Blocks that cannot be on the page are not read, and the scope says that the search is not complete."""
    archive(layout, [{"message": "x"}] * 40, block_rows=4)
    scope = Searcher(layout).page(Request("x", limit=3)).scope
    assert (scope.blocks, scope.scanned_unindexed, scope.rows_scanned, scope.complete) == (10, 1, 4, False)


@pytest.mark.parametrize(
    "text", ["1", "-", "1-", "a-b", "1-2-3", "²-1", f"{1 << 63}-1", f"1-{1 << 63}", "9" * 5000 + "-1"]
)
def test_a_cursor_of_another_kind_is_refused(text: str) -> None:
    """What is no cursor says so."""
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.decode(text)


def test_receive_time_range(layout: Layout, archive: Any) -> None:
    """From the start on, up to the end without it, to the nanosecond."""
    archive(layout, [{"received_at": NOON + number * 10**9} for number in range(10)])
    assert found(layout, "", start=moment("12:00:03"), end=moment("12:00:06")) == [6, 5, 4]
    with pytest.raises(ValueError, match="zone"):
        found(layout, "", start=datetime(2026, 11, 20))  # noqa: DTZ001 - that is the point


def test_device_time_range(layout: Layout, archive: Any) -> None:
    """A record without a device time is in no range of device times, and in every search without one."""
    rows_of = [{"timestamp": None if number % 2 else NOON // 1000 + number * 10**6} for number in range(10)]
    archive(layout, rows_of, block_rows=2)
    archive(layout, [{"timestamp": None}] * 3, first_seq=11)
    inside: Any = {"start": moment("12:00:00"), "end": moment("12:00:05"), "time": "device"}
    assert found(layout, "", **inside) == [5, 3, 1]
    assert found(layout, "time<2030") == [9, 7, 5, 3, 1]
    assert len(found(layout, "", time="device")) == 13
    assert Searcher(layout).count(Request("", **inside)).count == 3


def test_years_are_searched_from_the_newest_day(layout: Layout, archive: Any) -> None:
    """Of years only the days that a page needs are opened; further pages give the others, each once."""
    days = 70
    paths = [
        archive(
            layout,
            [{"message": "x", "received_at": NOON + (number - days) * 86_400 * 10**9}] * 3,
            3 * number + 1,
        )
        for number in range(days)
    ]
    searcher = Searcher(layout)
    page = searcher.page(Request("x", limit=3))
    assert seqs(page.records) == [210, 209, 208]
    assert (page.scope.files, page.scope.blocks, page.scope.complete) == (1, 1, False)
    assert searcher.count(Request("x")).scope.files == days
    paths[0].write_bytes(b"torn")
    collected = seqs(page.records)
    while page.next is not None:
        page = searcher.page(Request("x", limit=50, before=page.next))
        collected += seqs(page.records)
    assert collected == list(range(210, 3, -1))
    assert [damage.path for damage in page.scope.damaged] == [paths[0]]


def test_a_search_while_days_are_sealed(
    layout: Layout, archive: Any, make_batch: Any, open_journal: Any, name: StreamName
) -> None:
    """What is sealed into an older day, after a search has read it from the journal, is not given twice."""
    yesterday = NOON - 86_400 * 10**9
    archive(layout, [{"message": "needle", "received_at": yesterday}])
    archive(layout, [{"message": "needle", "received_at": yesterday - 86_400 * 10**9}], first_seq=2)
    journal = open_journal()
    first = journal.state.next_seq
    times = [yesterday + 1, NOON]
    journal.append([make_batch([b"needle", b"needle"], received=times)], NOON / 10**9)
    tables = Searcher(layout).stream(Request("needle", limit=None))
    collected = seqs(next(tables))
    journal.roll(NOON / 10**9, 365)
    for path in journal.finished:
        seal(layout, name, path, 3)
    collected += [seq for table in tables for seq in seqs(table)]
    assert sorted(collected) == sorted([1, 2, first, first + 1])


def test_days_and_statistics_rule_blocks_out(layout: Layout, archive: Any) -> None:
    """What the blocks' own ranges exclude is not read."""
    archive(layout, [{"message": "x"}] * 40, block_rows=4)
    scope = Searcher(layout).page(Request("seq:9..10")).scope
    assert (scope.skipped_by_time, scope.rows_scanned) == (9, 4)


def test_counting(layout: Layout, archive: Any) -> None:
    """A count is exact, with a condition and without."""
    archive(layout, [{"message": "x" if number % 3 else "y"} for number in range(40)])
    searcher = Searcher(layout)
    assert searcher.count(Request("y")).count == 14
    assert searcher.count(Request("y", limit=2)).count == 14
    everything = searcher.count(Request(""))
    assert (everything.count, everything.scope.rows_scanned) == (40, 0)
    assert searcher.count(Request("", start=moment("12:00:00"), end=moment("12:00:00"))).count == 0


def test_histogram(layout: Layout, archive: Any) -> None:
    """Every match is in the bar of its time, by severity, and no other."""
    archive(layout, [{"received_at": NOON + number * 10**9, "severity": number % 8} for number in range(80)])
    drawn = Searcher(layout).histogram(
        Request("severity<=3", start=moment("12:00:00"), end=moment("12:01:00")), buckets=6
    )
    assert drawn.width == 10 * 10**9
    assert list(drawn.starts) == [NOON + bar * drawn.width for bar in range(6)]
    for bar, counts in enumerate(drawn.counts):
        seconds = range(bar * 10, bar * 10 + 10)
        assert list(counts) == [sum(second % 8 == code <= 3 for second in seconds) for code in range(8)]


def test_histogram_of_device_times(layout: Layout, archive: Any) -> None:
    """By device time, from the oldest to the newest there is, without the records that have none."""
    times = [None if number == 3 else NOON // 1000 + number * 10**6 for number in range(10)]
    archive(layout, [{"timestamp": time} for time in times])
    drawn = Searcher(layout).histogram(Request("", time="device"), buckets=5)
    assert list(drawn.starts) == list(range(NOON, NOON + 10 * 10**9, 2 * 10**9))
    assert [sum(counts) for counts in drawn.counts] == [2, 1, 2, 2, 2]


def test_a_histogram_of_all_time(layout: Layout, archive: Any) -> None:
    """A range of ten thousand years, and device times of year 0, are drawn with every match in a bar."""
    archive(layout, [{"timestamp": -62_167_219_200_000_000}, {"timestamp": 253_402_300_799_999_999}])
    ends: Any = {"start": datetime.min.replace(tzinfo=UTC), "end": datetime.max.replace(tzinfo=UTC)}
    searcher = Searcher(layout)
    for request, expected in (
        (Request("", **ends), 2), (Request("", time="device"), 2), (Request("", time="device", **ends), 0),
    ):  # fmt: skip
        assert sum(map(sum, searcher.histogram(request).counts)) == expected


def test_histogram_of_nothing(layout: Layout) -> None:
    """Where nothing is, there is no bar with anything in it."""
    assert not sum(map(sum, Searcher(layout).histogram(Request("")).counts))


def test_fields_are_compared_by_their_kind(layout: Layout, archive: Any) -> None:
    """Text by its terms, names as a whole, flags and rule fields by what is in them, null by its absence."""
    archive(layout, [
        {"hostname": "FW-1.example.com", "transport": "udp", "flags": ["utf8_invalid", "truncated"]},
        {"app_name": "sshd", "peer": "10.0.0.70", "fields": [("src", "10.0.3.7"), ("src", "::1")],
         "message": ""},
        {"message": "app sshd", "severity": 3, "facility": 4, "format": "unparsed",
         "flags": ["pri_assumed"]},
    ])  # fmt: skip
    rebuild(layout, StreamName())
    for query, expected in {
        "host:fw-1": [1], "host:fw*": [1], "host:fw": [1], "host:w": [], "host:*": [1], "-host:*": [3, 2],
        "app:sshd": [2], "sshd": [3, 2], "peer:10.0.0.7": [], "peer:10.0.0.70": [2], "peer:10.0.*": [2],
        "transport:UDP": [1], "transport:u": [], "transport:?dp": [1], "format:unparsed": [3],
        "flag:truncated": [1], "flag:none": [2], "flag:*": [3, 1], "flag:utf8*": [1], "-flag:none": [3, 1],
        "src:10.0.3.7": [2], "fields.src:::1": [2], "src:::1": [], "src:10.0.3": [2], "dst:10.0.3.7": [],
        "src:*": [2],
        "severity<=err": [3], "facility:auth": [3], 'msg:""': [2], "msg:*": [3, 2], "-msg:*": [1],
        "/ss.d$/": [3, 2], "app:/^SSH/": [2], "host:/example/ OR seq:3": [3, 1], "peer:/^10/": [2],
    }.items():  # fmt: skip
        assert found(layout, query) == expected, query


def test_a_query_that_cannot_be_read(layout: Layout) -> None:
    """A mistake in the query is told before anything is read, by every way to search."""
    searcher = Searcher(layout)
    for ask in (
        searcher.page,
        searcher.count,
        searcher.histogram,
        lambda request: list(searcher.stream(request)),
    ):
        with pytest.raises(QueryError):
            ask(Request('"open'))


def test_one_record_and_its_neighbours(layout: Layout, archive: Any) -> None:
    """A record is found by its seq, with those before and after it, of all hosts or of its own."""
    archive(layout, [{"hostname": "a" if number % 3 else None} for number in range(1, 31)], block_rows=4)
    searcher = Searcher(layout)
    assert seqs(searcher.record(StreamName(), 17)) == [17]
    assert seqs(searcher.record(StreamName(), 31)) == []
    assert seqs(searcher.neighbours(StreamName(), 17, 2, 3)) == [15, 16, 17, 18, 19, 20]
    assert seqs(searcher.neighbours(StreamName(), 1, 2, 1)) == [1, 2]
    assert seqs(searcher.neighbours(StreamName(), 17, 2, 3, same_host=True)) == [14, 16, 17, 19, 20, 22]
    assert seqs(searcher.neighbours(StreamName(), 15, 2, 1, same_host=True)) == [9, 12, 15, 18]
    assert seqs(searcher.neighbours(StreamName(), 99)) == []


def test_the_journal_is_searched(layout: Layout, archive: Any, make_batch: Any, open_journal: Any) -> None:
    """What is journalled and not sealed yet is found like the rest, and said to be without an index."""
    archive(layout, [{"message": "old needle", "received_at": NOON - 10**9}])
    rebuild(layout, StreamName())
    journal = open_journal()
    journal.append([make_batch([b"<13>new needle", b"<13>hay"])], NOON / 10**9)
    page = Searcher(layout).page(Request("needle"))
    assert page.records["message"].to_pylist() == ["<13>new needle", "old needle"]
    assert (page.scope.scanned_unindexed, page.scope.scanned_indexed) == (1, 1)


def test_following_sees_what_is_journalled(layout: Layout, make_batch: Any, open_journal: Any) -> None:
    """Who follows gets the new matches, oldest first and each once, and none from before."""
    journal = open_journal()
    journal.append([make_batch([b"needle 0"], number=1)], NOON / 10**9)
    followed = Searcher(layout).follow(Request("needle"), poll=0.001)
    assert next(followed).num_rows == 0
    journal.append([make_batch([b"needle 1", b"hay", b"needle 2"], number=2)], NOON / 10**9)
    journal.append([make_batch([b"needle 3"], number=3)], NOON / 10**9)
    collected: list[str] = []
    for table in followed:
        collected += table["message"].to_pylist()
        if len(collected) >= 3:
            break
    assert collected == ["needle 1", "needle 2", "needle 3"]


def test_following_goes_on_from_a_number(layout: Layout, make_batch: Any, open_journal: Any) -> None:
    """Whoever lost the connection goes on after the last record that was seen."""
    journal = open_journal()
    journal.append([make_batch([b"one", b"two", b"three"])], NOON / 10**9)
    assert seqs(next(Searcher(layout).follow(Request(), 0, since=1))) == [2, 3]


def test_a_damaged_segment_hides_nothing_else(layout: Layout, archive: Any) -> None:
    """What a damaged file keeps back is named in the scope; everything else is found."""
    whole = archive(layout, [{"message": "needle"}] * 4)
    broken = archive(layout, [{"message": "needle"}] * 4, first_seq=5)
    octets = bytearray(broken.read_bytes())
    octets[4:200] = bytes(196)
    broken.write_bytes(bytes(octets))
    page = Searcher(layout).page(Request("needle"))
    assert seqs(page.records) == [4, 3, 2, 1]
    assert {damage.path for damage in page.scope.damaged} == {broken}
    assert whole != broken


def test_threads_share_a_searcher(layout: Layout, archive: Any) -> None:
    """A searcher answers several threads at a time, as the web's."""
    archive(layout, [{"message": f"needle{number} common"} for number in range(40)])
    rebuild(layout, StreamName())
    searcher = Searcher(layout)
    failures: list[str] = []

    def ask(start: int) -> None:
        failures.extend(
            f"needle{number}"
            for number in range(start, 40, 4)
            if seqs(searcher.page(Request(f"needle{number}")).records) != [number + 1]
        )

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_match_is_given_whole(layout: Layout, archive: Any, name: StreamName) -> None:
    """A match has every column as it is stored, whichever of them the search looked at."""
    row = {
        "hostname": "h", "app_name": "a", "proc_id": "1", "msg_id": "m", "structured_data": '[x y="z"]',
        "message": "needle", "timestamp": 5, "flags": ["truncated"], "fields": [("k", "v")], "raw": b"r",
        "tls_identity": "t", "severity": 3,
    }  # fmt: skip
    archive(layout, [{"message": "x"}, row, {"hostname": "needle"}])
    searcher = Searcher(layout)
    for query in ("needle host:h", "app:a", "", "/needle/ severity:3", "k:v"):
        records = searcher.page(Request(query)).records
        whole = records.filter(pc.equal(records["seq"], 2))
        assert whole.schema.equals(ARCHIVE_SCHEMA)
        assert whole.num_rows == 1
        assert difference(searcher.record(name, 2), whole) is None
