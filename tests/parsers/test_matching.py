"""Which dialect a frame is of: the first that matches, in whatever company."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from parsers.dialects import dialects_of
from parsers.matching import match_frames

FRAMES: Final = [
    b"<34>1 2003-10-11T22:14:15.003Z h a p m - x",
    b"<34>Oct 11 22:14:15 h a[7]: x",
    b"<34>Oct 11 22:14:15 a[7]: x",
    b"<34>Oct 11 22:14:15 h notice a[7]: x",
    b"<189>7: Oct 11 22:14:15: %SYS-5-CONFIG_I: x",
    b"<34>1 - h a p m [x y=z] z",
    b"<134>1 1563249630.774 mx events x=y",
    b"<30>system,info x",
    b"a=1 b=2",
    b"<27>xapi: x",
    b"Use the BFG!",
    b"",
]


@given(st.lists(st.sampled_from(FRAMES)))
def test_every_frame_is_matched_once_by_the_first_dialect_that_fits(frames: list[bytes]) -> None:
    """None is left out, none comes twice, each goes to its first dialect, and the places keep their order."""
    dialects = dialects_of("auto")
    found: dict[int, str] = {}
    for dialect, places, rows in match_frames(frames, dialects):
        assert list(places) == sorted(places)
        assert {len(column) for column in rows.values()} == {len(places)}
        found |= dict.fromkeys(places, dialect.name)
    first = [next(one.name for one in dialects if one.pattern.fullmatch(frame)) for frame in frames]
    assert [found[place] for place in range(len(frames))] == first


def test_the_groups_stand_in_the_order_of_the_places() -> None:
    """Each results name's octets are those of the frames at the places given."""
    frames = [b"<34>Oct 11 22:14:15 h%d a: x" % number for number in range(600)]
    frames[5::7] = [b"junk %d" % number for number in range(len(frames[5::7]))]
    for dialect, places, rows in match_frames(frames, dialects_of("auto")):
        name = "hostname" if dialect.name == "RFC 3164" else "message"
        for place, octets in zip(places, rows[name], strict=True):
            assert octets is not None
            assert octets in frames[place]
