"""What must hold for any octets whatever: a function a target, that raises where it does not.

Two engines drive them: hypothesis, bounded and the same each time, as tests (test_targets.py), and by hand
and for hours tests/fuzz/run.py. Where a target needs more than one input (a stream and how it is cut), the
first octets say the rest (``Choices``), so that a guided engine can find that, too.
"""

import atexit
import gzip
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, timedelta, timezone
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyparsing import ParseException

from collector.credentials import Credentials
from collector.datagram_reading import Received
from collector.datagrams import sort_datagrams
from collector.dtls_framing import RecordFramer
from collector.dtls_records import begins_session, carries_data, number_of, records_of
from collector.dtls_session import Doorkeeper, cookie_context
from collector.framing import Frames, StreamFramer
from collector.gelf import GelfFramer
from collector.gelf_chunks import MAGIC, Chunks
from collector.gelf_datagrams import GelfDatagrams
from collector.guests import LONGEST_OPENING, Guest, NeedMore, guest
from collector.inflate import StreamInflater
from collector.opening import Opened, Opening
from collector.proxy import Header, Malformed, read_header
from collector.relp import SMALLEST_MAXIMUM_OCTETS, RelpSession
from collector.sequences import SequenceGaps
from collector.settings import ListenerSettings
from collector.tls_context import tls_context
from collector.tls_session import TlsSession
from parsers import payloads
from parsers.dialects import DIALECTS
from parsers.explain import as_text, explain
from parsers.grammar import to_text
from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets, rebuild
from parsers.render import records_to_json
from parsers.rules import RuleBase, RuleErrors, load
from parsers.rules.base import flattened
from parsers.schema import BATCH_SCHEMA
from parsers.source import Source
from parsers.structured_data import elements
from relay.relp_client import RelpClient, RelpError
from storage.query import QueryError, parse
from tests.fuzz.seeds import read_rules, rulebases

Target = Callable[[bytes], None]

NOW: Final = 1_700_000_000 * 10**9
_SOURCES: Final = (
    Source(),
    Source(format="rfc5424"),
    Source(format="rfc3164", timezone=timezone(timedelta(hours=-11, minutes=-30)), charset="latin-1"),
    Source(timezone=UTC, charset="shift_jis", date_order="month_first"),
    Source(charset="utf-16", date_order="day_first"),
)
_FRAMING: Final = frozenset(b"0123456789 \r\n\0")  # what framing may take away
_BLANKS: Final = b" \t\r\n\0"
_MAXIMA: Final = (16, 100, 2_048, 65_536)
_LARGEST_ANSWER: Final = 1 << 16
_ROOM: Final = 64  # octets that a framer may hold beyond what was asked of it
# How much larger than a message what is made of it may be: a name can stand before each value.
_FIELDS_TIMES: Final = 400
_EXPLANATION_TIMES: Final = 400
_EXPLANATION_OCTETS: Final = 20_000


_CHOICES: Final = 4


class Choices:
    """Small decisions, taken from the first four octets of an input; the rest is the input proper."""

    def __init__(self, octets: bytes) -> None:
        self._choices, self.rest = octets[:_CHOICES].ljust(_CHOICES, b"\0"), octets[_CHOICES:]
        self._place = 0

    def choose(self, below: int) -> int:
        """Give a number from 0 on."""
        self._place += 1
        return self._choices[self._place - 1] % below

    def pieces(self) -> list[bytes]:
        """Cut the input into pieces, of one size or of growing ones."""
        size, grows = self.choose(256) + 1, self.choose(3)
        pieces = []
        place = 0
        while place < len(self.rest):
            pieces.append(self.rest[place : place + size])
            place += size
            size += grows
        return pieces


def _check_kept(octets: bytes, frames: list[bytes], discarded: int) -> None:
    """Nothing is lost but delimiters, unless it is counted, and nothing is added."""
    lost = len(octets.translate(None, bytes(_FRAMING)))
    lost -= sum(len(frame.translate(None, bytes(_FRAMING))) for frame in frames)
    assert 0 <= lost <= discarded
    assert sum(map(len, frames)) + discarded <= len(octets)


def framing(octets: bytes) -> None:
    """However a stream is cut it gives the same frames; nothing is lost uncounted; a bound is held to."""
    choices = Choices(octets)
    maximum = _MAXIMA[choices.choose(len(_MAXIMA))]
    whole, _ = _framed([choices.rest], StreamFramer(maximum))
    pieces = choices.pieces()
    cut, held = _framed(pieces, StreamFramer(maximum))
    assert cut == whole
    frames, flags, discarded, _ = whole
    assert held <= max(maximum, LONGEST_OPENING) + max(map(len, pieces), default=0) + _ROOM
    assert flags.keys() <= set(range(len(frames)))
    assert all(len(frame) <= maximum for frame in frames)
    _check_kept(choices.rest, frames, discarded)


def _framed(
    pieces: Sequence[bytes], framer: StreamFramer | GelfFramer
) -> tuple[tuple[list[bytes], dict[int, Any], int, Guest | None], int]:
    """Give frames, flags, discarded octets and guest of a stream, and the most that was held."""
    held = 0
    frames: list[bytes] = []
    flags: dict[int, Any] = {}
    discarded = 0
    stranger: Guest | None = None
    for piece in (*pieces, None):
        out = framer.finish() if piece is None else framer.feed(piece)
        flags |= {len(frames) + number: several for number, several in out.flags.items()}
        frames += out.frames
        discarded += out.discarded
        stranger = out.guest
        held = max(held, len(framer._tail))  # noqa: SLF001 - the bound is the point
    assert not framer._tail  # noqa: SLF001 - as above
    return (frames, flags, discarded, stranger), held


def records(octets: bytes) -> None:
    """Records with gaps between them give frames, none of them too long; nothing is lost uncounted."""
    choices = Choices(octets)
    maximum = _MAXIMA[choices.choose(len(_MAXIMA))]
    every = choices.choose(5)
    framer = RecordFramer(maximum)
    outs: list[Frames] = []
    for number, piece in enumerate(choices.pieces(), 1):
        outs.append(framer.feed(piece, gap=bool(every) and number % every == 0))
    outs.append(framer.finish())
    assert not framer.holding
    frames = [frame for out in outs for frame in out.frames]
    assert all(len(frame) <= maximum for frame in frames)
    _check_kept(choices.rest, frames, sum(out.discarded for out in outs))


def parsing(octets: bytes) -> None:
    """Any octets are one record, of valid columns, from which they come back; alone and among others."""
    choices = Choices(octets)
    source = _SOURCES[choices.choose(len(_SOURCES))]
    frames = [choices.rest, b"<13>1 - h a - - - x", choices.rest[: choices.choose(256)], b""]
    records = _parsed(frames, source)
    records.validate(full=True)
    assert records.schema == BATCH_SCHEMA
    assert records["raw"].to_pylist() == frames
    assert exact_octets(_archived(records)).to_pylist() == frames
    for row, frame in enumerate(frames):
        assert _parsed([frame], source).to_pylist() == records.slice(row, 1).to_pylist()
    _check_fields(records["fields"], sum(map(len, frames)))
    assert len(list(records_to_json(records))) == len(frames)
    SequenceGaps().count(records)


def _parsed(frames: list[bytes], source: Source) -> pa.RecordBatch:
    arrivals = [Arrival(NOW, "192.0.2.1", len(frames))]
    return parse_frames(frames, arrivals, listener="l", transport="udp", source=source)


def _archived(records: pa.RecordBatch) -> pa.RecordBatch:
    """Null what the columns give back, as storage does."""
    same = pc.fill_null(pc.equal(records["raw"], rebuild(records)), fill_value=False)
    kept = pc.if_else(same, pa.scalar(None, pa.binary()), records["raw"])
    return records.set_column(records.schema.get_field_index("raw"), records.schema.field("raw"), kept)


def _check_fields(fields: pa.MapArray, octets: int) -> None:
    assert fields.keys.null_count == fields.items.null_count == 0
    made = sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in (fields.keys, fields.items))
    assert made <= _FIELDS_TIMES * (octets + 1)


def dialects(octets: bytes) -> None:
    """Both engines of every dialect's grammar read the same."""
    message = Choices(octets).rest
    for dialect in DIALECTS:
        match = dialect.pattern.fullmatch(message)
        compiled = match and {name: value for name, value in match.groupdict().items() if value is not None}
        try:
            read = dialect.grammar.parse_string(to_text(message)).as_dict()
        except ParseException:
            assert compiled is None, dialect.name
        else:
            assert compiled == {name: value.encode("latin-1") for name, value in read.items()}, dialect.name


def payload(octets: bytes) -> None:
    """The fields of any text are valid and not many times larger than it."""
    text = octets.decode("utf-8", "replace")
    message, sd = pa.array([text, None, text], pa.string()), pa.array([text] * 3, pa.string())
    found = payloads.entries(message, sd, pa.repeat(pa.scalar("rfc5424"), 3))
    size = 0
    for entries in found:
        assert len(entries.rows) == len(entries.names) == len(entries.values)
        for column in (entries.rows, entries.names, entries.values):
            column.validate(full=True)
            assert column.null_count == 0
        assert not len(entries.rows) or pc.max(entries.rows).as_py() < len(message)
        size += sum(len(one) for one in (*entries.names.to_pylist(), *entries.values.to_pylist()))
    assert size <= _FIELDS_TIMES * (3 * len(octets) + 1)


def structured_data(octets: bytes) -> None:
    """The elements of any text are texts out of it."""
    text = octets.decode("utf-8", "replace")
    found = elements(text)
    words = [word for sd_id, params in found for word in (sd_id, *chain.from_iterable(params))]
    assert sum(map(len, words)) <= len(text)


def explaining(octets: bytes) -> None:
    """An explanation covers every octet once, in order, steers no terminal, and is bounded."""
    choices = Choices(octets)
    source = _SOURCES[choices.choose(3)]
    message = choices.rest
    found = explain(message, received_at=NOW, source=source)
    places = [0, *chain.from_iterable((one.start, one.end) for one in found.ranges), len(message)]
    assert places[::2] == places[1::2]
    assert b"".join(one.octets for one in found.ranges) == message
    shown = as_text(found)
    assert shown.replace("\n", "").isprintable()
    assert len(shown) <= _EXPLANATION_TIMES * len(message) + _EXPLANATION_OCTETS


@cache
def _bases() -> tuple[RuleBase, ...]:
    return tuple(load(text.decode(), name, read_rules) for name, text in rulebases().items())


def rules(octets: bytes) -> None:
    """Every rulebase reads the same out of a text alone, and out of a column of texts; nothing raises."""
    text = octets.decode("utf-8", "replace")
    column = pa.array([text, None, ""], pa.string())
    for base in _bases():
        found = base.match(text)
        alone = [] if found is None else sorted(flattened(found))
        entries = base.entries(column)
        several = zip(
            entries.rows.to_pylist(), entries.names.to_pylist(), entries.values.to_pylist(), strict=True
        )
        assert sorted((name, value) for row, name, value in several if row == 0) == alone
        base.unparsed(text)


def rule_file(octets: bytes) -> None:
    """Any text is a rulebase, or is refused with lines and columns that are in it."""
    text = octets.decode("utf-8", "replace")
    try:
        base = load(text, "fuzz")
    except RuleErrors as errors:
        base, faults = errors.rest, errors.errors
    else:
        faults = ()
    lines = text.count("\n") + 1
    assert all(1 <= fault.line <= lines and fault.column >= 1 for fault in faults)
    base.match(text)
    base.match("")


def query(octets: bytes) -> None:
    """Any text is a query, or is refused with a place in it."""
    text = octets.decode("utf-8", "replace")
    try:
        parse(text)
    except QueryError as error:
        position = error.position
    else:
        position = 0
    assert 0 <= position <= len(text)


def guests(octets: bytes) -> None:
    """Who knocks is told once and for all: more octets never change the answer, and at last there is one."""
    choices = Choices(octets)
    transport = ("tcp", "tls", "relp", "relp-tls", "gelf-tcp")[choices.choose(5)]
    known: Guest | NeedMore | None = NeedMore(1)
    for place in sorted({*range(1, 80), *range(80, len(choices.rest), 997), len(choices.rest)}):
        found = guest(choices.rest[:place], transport)
        assert isinstance(known, NeedMore) or found == known
        known = found
    assert not isinstance(guest(choices.rest, transport, complete=True), NeedMore)
    if not isinstance(known, NeedMore):
        assert guest(choices.rest, transport, complete=True) == known


def opening(octets: bytes) -> None:
    """However the first octets of a connection are cut it opens alike; none is lost uncounted."""
    choices = Choices(octets)
    proxied, transport = bool(choices.choose(2)), ("tcp", "relp", "gelf-tcp", None)[choices.choose(4)]
    whole = _opened([choices.rest], transport, proxied=proxied)
    cut = _opened(choices.pieces(), transport, proxied=proxied)
    if whole.guest is None and whole.failure is None:
        assert (cut.octets, cut.source) == (whole.octets, whole.source)
    else:  # more or less of what is turned away has come by then
        assert (cut.guest, cut.failure, cut.source) == (whole.guest, whole.failure, whole.source)


def _opened(pieces: Any, transport: str | None, *, proxied: bool) -> Opened:
    """Open a connection; ``octets`` has what came after the opening, too."""
    first = Opening(transport, proxied=proxied)
    taken = 0
    rest = list(pieces)
    for number, piece in enumerate(rest):
        taken += len(piece)
        opened = first.feed(piece)
        if opened is not None:
            assert len(opened.octets) + opened.discarded <= taken
            behind = b"".join(rest[number + 1 :])
            return Opened(opened.octets + behind, opened.source, opened.guest, opened.failure)
    return first.finish()


def proxy(octets: bytes) -> None:
    """A PROXY header is what it is whatever follows, and octets are awaited only as far as needed."""
    found: Header | Malformed | NeedMore = NeedMore(1)
    for place in range(1, min(len(octets), 400) + 1):
        more = read_header(octets[:place])
        if isinstance(more, NeedMore):
            assert isinstance(found, NeedMore)
            assert more.octets > place
        assert isinstance(found, NeedMore) or more == found
        if isinstance(more, Header):
            assert more.octets <= place
        found = more


def datagrams(octets: bytes) -> None:
    """What a socket gave becomes frames, arrivals that add up, or guests whose octets are counted."""
    choices = Choices(octets)
    pieces = choices.pieces() or [b""]
    received = Received(pieces, [0] * len(pieces), [("192.0.2.1", len(pieces))])
    found = sort_datagrams(received, NOW)
    assert sum(run.count for run in found.arrivals) == len(found.frames)
    assert len(found.frames) + len(found.guests) + found.empty == len(pieces)
    assert found.flags.keys() <= set(range(len(found.frames)))
    if not found.compressed:
        assert sum(map(len, found.frames)) + found.discarded == len(choices.rest)


def gelf_stream(octets: bytes) -> None:
    """However a stream of GELF is cut it gives the same objects, and nothing is lost uncounted."""
    choices = Choices(octets)
    maximum = _MAXIMA[choices.choose(len(_MAXIMA))]
    whole = _framed([choices.rest], GelfFramer(maximum))[0]
    cut, held = _framed(choices.pieces(), GelfFramer(maximum))
    assert cut == whole
    assert held <= maximum + 256 + 2 * _ROOM
    frames, flags, discarded, _ = whole
    assert flags.keys() <= set(range(len(frames)))
    assert all(len(frame) <= maximum for frame in frames)
    lost = len(choices.rest.translate(None, _BLANKS)) - sum(
        len(one.translate(None, _BLANKS)) for one in frames
    )
    assert 0 <= lost <= discarded


def gelf_chunks(octets: bytes) -> None:
    """Chunks in any order, twice, or of several messages give each message once at most; no more is held."""
    choices = Choices(octets)
    size = choices.choose(32) + 1
    chunks, joined = Chunks(), 0
    for number, place in enumerate(range(0, len(choices.rest), size + 2)):
        head, data = choices.rest[place : place + 2], choices.rest[place + 2 : place + 2 + size]
        identifier = bytes([head[0] % 4]) * 8
        message = chunks.add(
            "192.0.2.1", MAGIC + identifier + bytes([head[-1] % 8, head[-1] // 8]) + data, number / 8
        )
        joined += len(message or b"")
    assert joined <= len(choices.rest)
    assert chunks.incomplete <= 4
    chunks.close()
    assert chunks.incomplete == 0


def gelf_datagrams(octets: bytes) -> None:
    """Datagrams, compressed or not, whole or damaged, give frames that are not too long."""
    choices = Choices(octets)
    maximum = _MAXIMA[choices.choose(len(_MAXIMA))]
    times = 1 << choices.choose(11)
    plain = choices.rest * times
    bomb = zlib.compress(plain) if choices.choose(2) else gzip.compress(plain, mtime=0)
    damaged = bomb[: len(bomb) // 2] + choices.rest[:8] + bomb[len(bomb) // 2 :]
    datagrams = [one for one in (choices.rest, bomb, damaged, zlib.compress(bomb)) if one]
    reader = GelfDatagrams(maximum)
    found = reader.read(datagrams, [Arrival(NOW, "192.0.2.1", len(datagrams))], {}, 0.0)
    assert sum(run.count for run in found.arrivals) == len(found.frames)
    unfinished = reader.chunks.incomplete + sum(reader.chunks.lost.values())
    assert len(found.frames) + len(found.guests) + unfinished == len(datagrams)
    assert found.flags.keys() <= set(range(len(found.frames)))
    assert all(len(frame) <= maximum for frame in found.frames)


def inflating(octets: bytes) -> None:
    """However a compressed stream is cut it gives the same octets, up to where it is damaged."""
    choices = Choices(octets)
    stream = choices.rest
    if choices.choose(2):
        stream = zlib.compress(stream) + zlib.compress(stream[::-1]) + stream[:4]
    size = choices.choose(256) + 1
    pieces = [stream[place : place + size] for place in range(0, len(stream), size)]
    assert _inflated(pieces) == _inflated([stream])


def _inflated(pieces: Sequence[bytes]) -> tuple[bytes, str | None]:
    inflater, found = StreamInflater(), b""
    for piece in pieces:
        inflater.feed(piece)
        while inflater.pending:
            found += inflater.piece()
    return found, inflater.failure


def relp(octets: bytes) -> None:
    """However a RELP session is cut it takes the same messages and gives the same answers, in order."""
    choices = Choices(octets)
    opens = b"1 open 15 relp_version=0\n" if choices.choose(4) else b""
    stores = choices.choose(3)
    pieces = choices.pieces()
    whole = _session([opens + choices.rest], stores)
    assert _session([opens, *pieces], stores) == whole


def _session(pieces: list[bytes], stores: int) -> tuple[list[bytes], bytes, str | None, bool]:
    """Run a session whose messages are stored at the end, the last first, or never."""
    session = RelpSession(1)
    runs = []
    messages: list[bytes] = []
    longest = max(map(len, pieces))
    for piece in pieces:
        for run in session.feed(piece):
            runs.append(run)
            messages += run.messages
            assert all(len(message) <= SMALLEST_MAXIMUM_OCTETS for message in run.messages)
        assert session.answers.unacknowledged <= sum(run.commands for run in runs)
    assert session.answers.unacknowledged_octets <= sum(map(len, pieces)) + longest
    if stores:
        for run in reversed(runs):
            session.answer(run)
        assert session.answers.unacknowledged == 0 or session.failure is not None
    session.leave()
    return messages, bytes(session.take_outgoing()), session.failure, session.ended


def relp_client(octets: bytes) -> None:
    """Whatever a RELP server answers, each message is acknowledged once at most, or the session ends."""
    choices = Choices(octets)
    client = RelpClient()
    client.open()
    for seq in range(3):
        client.syslog(seq, b"x")
    with suppress(RelpError):
        acknowledged = [seq for piece in choices.pieces() for seq in client.receive(piece)]
        assert acknowledged == list(range(len(acknowledged)))


@cache
def _credentials(transport: str) -> Credentials:
    """Give a listener's credentials, with a certificate of the appliance's own making."""
    folder = Path(tempfile.mkdtemp(prefix="sysledger-fuzz-"))
    atexit.register(shutil.rmtree, folder)
    listener = ListenerSettings.model_validate({"transport": transport, "port": 6514})
    return Credentials("fuzz", listener, folder, cookie_context if transport == "dtls" else tls_context)


def tls(octets: bytes) -> None:
    """Nothing that comes before a handshake is done raises, gives plaintext, or makes long answers."""
    choices = Choices(octets)
    session = TlsSession(_credentials("tls"))
    answered = 0
    for piece in choices.pieces():
        progress = session.receive(piece)
        assert not progress.plaintext
        answered += len(progress.answer)
    assert not session.established
    assert answered <= _LARGEST_ANSWER
    session.close()


def dtls(octets: bytes) -> None:
    """Datagrams of anything raise nothing; who asks without a cookie gets short answers and no session."""
    choices = Choices(octets)
    keeper = Doorkeeper(_credentials("dtls"))
    for piece in [choices.rest, *choices.pieces()]:
        assert all(number_of(record) >= 0 for record in records_of(piece))
        if begins_session(piece) and not carries_data(piece):
            answers, session = keeper.greet(piece, b"192.0.2.1 1")
            assert session is None
            assert sum(map(len, answers)) <= _LARGEST_ANSWER


TARGETS: Final[dict[str, Target]] = {
    one.__name__: one
    for one in (
        framing, records, parsing, dialects, payload, structured_data, explaining, rules, rule_file, query,
        guests, opening, proxy, datagrams, gelf_stream, gelf_chunks, gelf_datagrams, inflating, relp,
        relp_client, tls, dtls,
    )
}  # fmt: skip
