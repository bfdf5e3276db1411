"""The shortcut to BSD's usual stamp ends where the whole grammar ends, or does not match."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from parsers.compile import compile_grammar
from parsers.stamps import USUAL_STAMP, calendar_stamp
from parsers.zones import NAMES

USUAL: Final = compile_grammar(USUAL_STAMP)
WHOLE: Final = compile_grammar(calendar_stamp(named=False))
STAMPS: Final = st.sampled_from(
    ["Nov 20 22:00:11", "Nov  5 22:00:11", "Nov 5 22:00:11", "Nov 20 2026 22:00:11", "May 20 22:00:11.123"]
)
BEHIND: Final = st.lists(
    st.sampled_from(
        [
            " ",
            ":",
            ".",
            ",",
            "[",
            "(",
            "/",
            "+",
            "-",
            "1",
            "2026",
            "01",
            "am",
            "PM",
            "GMT",
            "host",
            "a",
            "_",
            *NAMES,
        ]
    ),
    max_size=5,
).map("".join)


@given(STAMPS, BEHIND)
def test_the_usual_stamp_is_the_whole_stamp(stamp: str, behind: str) -> None:
    """Nothing of a stamp is left to what follows: no fraction, half of a day, year or zone."""
    octets = (stamp + behind).encode()
    usual, whole = USUAL.match(octets), WHOLE.match(octets)
    if usual is not None:
        assert whole is not None
        assert usual.end() == whole.end()


def test_usual_stamps_are_found_by_the_shortcut() -> None:
    """Before a colon, and before a word that cannot belong to a time."""
    for octets in (
        b"Nov 20 22:00:11.123: %SYS",
        b"Nov  5 22:00:11 sshd[7]: x",
        b"May 2 2026 22:00:11 web1 x",
    ):
        assert USUAL.match(octets)
