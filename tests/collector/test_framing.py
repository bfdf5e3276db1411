"""What the framer takes for a frame, where it resynchronises, what it holds back; and cuts do not matter."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.framing import StreamFramer
from collector.guests import Guest
from parsers.schema import Flag
from tests.collector.guests import LIKE_GUESTS, STREAMS_OF_GUESTS
from tests.collector.streams import Framed, counted, cuts, framed, framed_however_cut
from tests.shared import parameters, vectors

MESSAGE = b"<13>1 - h a - - - x"
OTHER = b"<34>Oct 11 22:14:15 mymachine su: failed"
CUT_SHORT = (Flag.FRAMING_ERROR, Flag.TRUNCATED)

# Where the vectors' reading is not ours, and why.
DEVIATIONS = {
    "FR09": "rule 0.1 of the checklist: a LF inside MSG-LEN is part of the message; parsing strips it",
    "FR12": "a policy vector: 019 is no MSG-LEN, and read as a line nothing is lost; flagged framing_error",
    "FR13": "a policy vector: more than nine digits are no MSG-LEN, read as a line nothing is lost; flagged",
    "FR20": "a policy vector: by rule 6587-8 nothing shows that 19 is a count; kept whole, flagged",
}


@pytest.mark.parametrize("vector", parameters(vectors("framing")))
def test_vector(vector: dict[str, Any]) -> None:
    """Every framing vector gives its frames however it is cut, but for the listed deviations.

    What the vectors leave out as incomplete, we keep, flagged truncated.
    """
    result = framed_however_cut(bytes.fromhex(vector["hex"]))
    expected = [bytes.fromhex(frame) for frame in vector["expect"]["frames_hex"]]
    assert (result.complete == expected) != (vector["id"] in DEVIATIONS)
    assert result.guest is None
    assert result.discarded == 0


@pytest.mark.usefixtures("shared")
def test_vectors_are_there() -> None:
    """The vectors that the test above runs are all 21, FR01 to FR21."""
    assert list(vectors("framing")) == [f"FR{number:02}" for number in range(1, 22)]


def test_counted_line_feed_stays() -> None:
    """A LF that MSG-LEN counts is part of the frame (FR09), and not of the next one."""
    assert framed_however_cut(counted(MESSAGE + b"\n", OTHER)).frames == [MESSAGE + b"\n", OTHER]


def test_leading_zero_is_no_msg_len() -> None:
    """FR12: what looks like a count and is none becomes a line, whole and flagged."""
    assert framed_however_cut(b"0" + counted(MESSAGE)) == Framed(
        [b"0" + counted(MESSAGE)], {0: (Flag.FRAMING_ERROR,)}
    )


def test_absurd_msg_len_allocates_nothing() -> None:
    """FR13: more than nine digits are never taken for a count."""
    result = framed_however_cut(b"99999999999 <13>\n" + MESSAGE + b"\n")
    assert result == Framed([b"99999999999 <13>", MESSAGE], {0: (Flag.FRAMING_ERROR,)})


def test_end_inside_a_counted_frame() -> None:
    """FR18, FR21: what came is kept, and never as complete."""
    assert framed_however_cut(b"44 " + MESSAGE) == Framed([MESSAGE], {0: CUT_SHORT})


@pytest.mark.parametrize("trailer", [b"\n", b"\r\n", b"\0", b"\n\0", b"\n\n", b"\r\n\r\n"])
def test_trailers(trailer: bytes) -> None:
    """LF, CR LF and NUL end a line, also several of them; none of it is part of a message."""
    assert framed_however_cut(MESSAGE + trailer + OTHER + trailer).frames == [MESSAGE, OTHER]


def test_carriage_returns_inside_a_line_stay() -> None:
    """Only the one CR before LF is a TRAILER; any other is text."""
    assert framed_however_cut(b"<13>a\rb\r\r\n<13>c\r\x00").frames == [b"<13>a\rb\r", b"<13>c\r"]


def test_indentation_stays() -> None:
    """A line that starts with SP and has no PRI keeps them; before a PRI they are skipped (Cisco ASA)."""
    assert framed_however_cut(b"<13>a\n   at x\n <14>b\n \n").frames == [b"<13>a", b"   at x", b"<14>b"]


def test_a_long_line_of_blanks_is_a_frame() -> None:
    """A blank line is nothing, but one longer than any indentation is text, however its octets come."""
    blanks = b" " * 90
    assert framed_however_cut(b"<13>a\n  \n" + blanks + b"\r\n" + MESSAGE + b"\n", 80) == Framed(
        [b"<13>a", blanks[:80], MESSAGE], {1: (Flag.TRUNCATED,)}, discarded=11
    )


def test_methods_may_change_from_frame_to_frame() -> None:
    """RFC 6587 section 3.4.3: octet counting and lines in one stream, in any order."""
    stream = counted(MESSAGE) + OTHER + b"\n" + counted(OTHER, MESSAGE) + b"\n" + MESSAGE + b"\x00" + OTHER
    assert framed_however_cut(stream).frames == [MESSAGE, OTHER, OTHER, MESSAGE, MESSAGE, OTHER]


def test_count_in_characters() -> None:
    """FR11: a count that is too small; the frame goes on to the next MSG-LEN and is flagged."""
    message = "<13>1 - h a - - - Größe".encode()
    stream = b"%d %b" % (len(message.decode()), message) + counted(OTHER)
    assert framed_however_cut(stream) == Framed([message, OTHER], {0: (Flag.FRAMING_ERROR,)})


def test_count_too_small_before_a_line_feed() -> None:
    """The frame with the wrong count goes on to the LF."""
    stream = b"10 " + OTHER + b"\r\n" + counted(MESSAGE)
    assert framed_however_cut(stream) == Framed([OTHER, MESSAGE], {0: (Flag.FRAMING_ERROR,)})


def test_garbage_at_the_end_is_a_frame_of_its_own() -> None:
    """Nothing shows that the count was wrong, so the frame stands, and the rest is kept, flagged."""
    assert framed_however_cut(counted(MESSAGE) + b"xaaa") == Framed(
        [MESSAGE, b"xaaa"], {1: (Flag.FRAMING_ERROR,)}
    )


@pytest.mark.parametrize("name", STREAMS_OF_GUESTS)
def test_guest_is_lost(name: Guest) -> None:
    """A stream of another protocol is recognised by its first octets; it is lost, and its octets counted."""
    octets = STREAMS_OF_GUESTS[name]
    result = framed_however_cut(octets + MESSAGE + b"\n")
    assert result == Framed(guest=name, discarded=len(octets) + len(MESSAGE) + 1)


@pytest.mark.parametrize("octets", LIKE_GUESTS)
def test_text_like_a_guest_is_not_lost(octets: bytes) -> None:
    """What only begins like another protocol is a line."""
    assert framed_however_cut(octets + b"\n" + MESSAGE + b"\n").frames == [octets, MESSAGE]


@pytest.mark.parametrize("name", STREAMS_OF_GUESTS)
def test_only_the_beginning_makes_a_guest(name: Guest) -> None:
    """After a message the same octets are messages themselves: nothing of them is lost."""
    result = framed_however_cut(MESSAGE + b"\n" + STREAMS_OF_GUESTS[name])
    assert result.guest is None
    assert result.frames[0] == MESSAGE
    assert len(result.frames) > 1


class TestOversize:
    """Rule 6587-10: the first octets are kept, the rest is consumed, the stream goes on."""

    maximum = 32
    long = b"<13>1 - h a - - - " + b"long " * 20

    @pytest.mark.parametrize("after", [b"", b"\n"])
    def test_counted(self, after: bytes) -> None:
        """The rest of a counted frame is consumed by its count."""
        result = framed_however_cut(counted(self.long) + after + counted(MESSAGE), self.maximum)
        assert result == Framed(
            [self.long[:32], MESSAGE], {0: (Flag.TRUNCATED,)}, discarded=len(self.long) - 32
        )

    @pytest.mark.parametrize("trailer", [b"\n", b"\x00"])
    def test_line(self, trailer: bytes) -> None:
        """The rest of a line is consumed up to its TRAILER."""
        result = framed_however_cut(self.long + trailer + MESSAGE + trailer, self.maximum)
        assert result == Framed(
            [self.long[:32], MESSAGE], {0: (Flag.TRUNCATED,)}, discarded=len(self.long) - 32
        )

    @pytest.mark.parametrize("trailer", [b"\n", b"\r\n", b"\x00"])
    def test_longest(self, trailer: bytes) -> None:
        """A message of exactly the maximum is whole."""
        exact = MESSAGE.ljust(self.maximum, b".")
        assert framed_however_cut(exact + trailer + counted(exact), self.maximum) == Framed([exact, exact])

    def test_two_mebioctets(self) -> None:
        """A frame of 2 MiB, then FR01's kind: the connection goes on, and little is held meanwhile."""
        framer, result = StreamFramer(), Framed()
        stream = counted(b"<13>" + b"a" * 2_097_152, MESSAGE)
        for start in range(0, len(stream), 4096):
            result.add(framer.feed(stream[start : start + 4096]))
            assert framer.held_octets < 65_536 + 8192
        result.add(framer.finish())
        assert [len(frame) for frame in result.frames] == [65_536, len(MESSAGE)]
        assert result.discarded == 2_097_156 - 65_536

    def test_endless_line(self) -> None:
        """A line that never ends costs no more memory than the longest message."""
        framer = StreamFramer(4096)
        for _ in range(100):
            framer.feed(b"a" * 4096)
            assert framer.held_octets <= 4096 + 16


class TestHolding:
    """A counted frame is held until the octet after it shows whether the count was right."""

    def test_settle_gives_it(self) -> None:
        """When the sender falls silent, the frame is given as it was counted."""
        framer = StreamFramer()
        assert framer.feed(counted(MESSAGE)).frames == []
        assert framer.holding
        assert framer.settle().frames == [MESSAGE]
        assert not framer.holding
        assert framer.feed(counted(OTHER, MESSAGE)).frames == [OTHER]

    def test_settle_gives_no_half_frame(self) -> None:
        """What is not complete by its count waits, however long the silence."""
        framer = StreamFramer()
        framer.feed(counted(MESSAGE)[:-1])
        assert not framer.holding
        assert framer.settle().frames == []
        assert framer.feed(b"x").frames == []
        assert framer.finish().frames == [MESSAGE]

    def test_settle_gives_no_half_line(self) -> None:
        """A line waits for its TRAILER."""
        framer = StreamFramer()
        framer.feed(MESSAGE)
        assert framer.settle().frames == []
        assert framer.feed(b"y\n").frames == [MESSAGE + b"y"]

    def test_without_pri(self) -> None:
        """FR19: a counted message without PRI is known by its end."""
        framer = StreamFramer()
        framer.feed(b"12 Use the BFG!")
        assert framer.holding
        assert framer.settle().frames == [b"Use the BFG!"]

    def test_rest_after_settle_is_flagged(self) -> None:
        """What comes later and starts no frame is kept as one of its own, flagged."""
        framer, result = StreamFramer(), Framed()
        for piece in (counted(MESSAGE), None, b"\x9fe", counted(OTHER)):
            result.add(framer.settle() if piece is None else framer.feed(piece))
        result.add(framer.finish())
        assert result == Framed([MESSAGE, b"\x9fe", OTHER], {1: (Flag.FRAMING_ERROR,)})

    def test_lines_are_never_held(self) -> None:
        """A line is complete with its TRAILER."""
        framer = StreamFramer()
        assert framer.feed(MESSAGE + b"\n").frames == [MESSAGE]
        assert not framer.holding


# Octets that framing looks at, alone and in the shapes that it tells apart.
SHAPES = st.sampled_from(
    [
        *(b"<", b"<13>", b"1", b"0", b"25", b"3 ", b"12 ", b" ", b"\n", b"\r", b"\0", b"a", b"bc"),
        *(b"7 <1>abcd", b"4 <1>x", b"3 abc", b"30 ", b"40 <", b"x\xda", b"\x16\x03\x01", b"999999999 <"),
        *(b"GET /", b" HTTP/1.1", b"1 open ", b"SSH-2.0-", b'{"short_message"', b"\x1f\x8b\x08", b"x\x9c"),
        *(piece for octets in STREAMS_OF_GUESTS.values() for piece in (octets, octets[: len(octets) // 2])),
    ]
)
STREAMS = st.one_of(st.lists(SHAPES, max_size=40).map(b"".join), st.binary(max_size=200))
MAXIMA = st.sampled_from([16, 20, 33, 65_536])


@given(STREAMS, MAXIMA)
@settings(max_examples=400, deadline=None)
def test_cuts_do_not_matter(stream: bytes, maximum: int) -> None:
    """The same octets give the same frames, flags and counts, however they are cut."""
    framed_however_cut(stream, maximum)


@given(STREAMS)
@settings(max_examples=400, deadline=None)
def test_nothing_is_lost_silently(stream: bytes) -> None:
    """Every octet is in a frame, or counted as discarded, or framing: MSG-LEN SP, TRAILER, SP before PRI."""
    result = framed([stream])
    given_octets = b"".join(result.frames)
    left = list(given_octets)
    for octet in set(stream) - set(b"0123456789 \n\r\0"):
        if result.guest is None:
            assert left.count(octet) == stream.count(octet)
    assert len(given_octets) + result.discarded <= len(stream)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20))
@settings(deadline=None)
def test_counted_messages_of_any_octets_come_back(bodies: list[bytes]) -> None:
    """Octet counting is transparent: a message of any octets after its PRI comes back as it was."""
    messages = [b"<13>" + body for body in bodies]
    assert framed([counted(*messages)]) == Framed(messages)


@given(st.lists(st.binary(max_size=300).filter(lambda body: not set(body) & set(b"\n\0\r")), max_size=20))
@settings(deadline=None)
def test_lines_come_back(bodies: list[bytes]) -> None:
    """Non-transparent framing gives back every message without LF, CR and NUL."""
    messages = [b"<13>" + body for body in bodies]
    stream = b"".join(message + b"\n" for message in messages)
    assert framed([stream]) == Framed(messages)


@pytest.mark.parametrize(
    "stream",
    [
        b"<13>" + b"a" * 70_000,
        b"70000 <13>" + b"b" * 69_996,
        b"4 <1>xy" + b"<" * 70_000,
        b" " * 70_000,
        b"9" * 70_000,
        b"GET " + b"/" * 70_000,
        b"{" + b" " * 70_000,
        b"GET / HTTP/1.1\n" + b"a" * 70_000,
    ],
    ids=["line", "counted", "wrong count", "spaces", "digits", "request", "object", "request and field"],
)
def test_octet_by_octet_is_not_quadratic(stream: bytes) -> None:
    """Whatever dribbles in, an octet costs little: the tail is looked at only when that may decide."""
    framer = CountingFramer(65_536)
    for position in range(len(stream)):
        framer.feed(stream[position : position + 1])
    assert framer.looked_at < 32 * len(stream)


class CountingFramer(StreamFramer):
    """Counts the octets that runs over the tail look at."""

    looked_at = 0

    def _cut(self, octets: bytes, after: Any) -> Any:
        self.looked_at += len(octets) - self._searched
        return super()._cut(octets, after)


def test_cuts_are_all_tried() -> None:
    """The helper of these tests cuts at each position, and octet by octet."""
    assert list(cuts(b"abc")) == [[b"a", b"bc"], [b"ab", b"c"], [b"a", b"b", b"c"]]
