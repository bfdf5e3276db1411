"""Hostile inputs for hypothesis: a real one, changed by a few steps that it can take back one by one."""

from collections.abc import Callable, Sequence
from typing import Final

from hypothesis import strategies as st

_INSERTED: Final = (
    b" ", b"\n", b"\r\n", b"\0", b"<", b">", b"<191>", b"<192>", b"1 ", b"0", b"-", b" - ", b"[", b"]", b'"',
    b"\\", b"=", b"|", b"\t", b"#011", b":", b": ", b"%", b"{", b"}", b",", b"\xef\xbb\xbf", b"\xff", b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"999999999 ", b"1000000000 ", b"18446744073709551616", b"9" * 400, b"-1", b"1e309",
    b"0000-02-30T25:61:61.1234567Z", b"Feb 30 24:00:60 ", b"9999-12-31T23:59:60+14:00", b"\\ud800", b"NaN",
    b"CEF:0|", b"LEEF:2.0|", b"@cee:", b"%ASA-6-1: ", b"12 syslog 5 ", b"\x1e\x0f", b"\x16\x03\x01",
)  # fmt: skip
_LARGEST: Final = 20_000  # octets

_Step = Callable[[bytes], bytes]


def _place(octets: bytes, thousandths: int) -> int:
    return len(octets) * thousandths // 1_000


@st.composite
def _steps(draw: st.DrawFn, others: Sequence[bytes]) -> _Step:
    kind = draw(st.sampled_from(("insert", "replace", "flip", "cut", "drop", "repeat", "splice", "case")))
    begin, length = draw(st.integers(0, 1_000)), draw(st.integers(0, 64))
    times = draw(st.sampled_from((2, 3, 17, 200, 2_000))) if kind == "repeat" else 0
    piece = (
        draw(st.one_of(st.sampled_from(_INSERTED), st.binary(max_size=8)))
        if kind in {"insert", "replace"}
        else b""
    )
    other = draw(st.sampled_from(others)) if kind == "splice" else b""
    bit = 1 << draw(st.integers(0, 7)) if kind == "flip" else 0

    def step(octets: bytes) -> bytes:
        start = _place(octets, begin)
        head, stretch, tail = octets[:start], octets[start : start + length], octets[start + length :]
        changed = {
            "insert": lambda: head + piece + stretch + tail,
            "replace": lambda: head + piece + tail,
            "flip": lambda: head + bytes(octet ^ bit for octet in stretch[:1]) + stretch[1:] + tail,
            "cut": lambda: head,
            "drop": lambda: head + tail,
            "repeat": lambda: head + stretch * times + tail,
            "splice": lambda: head + other[_place(other, begin) :],
            "case": lambda: head + stretch.swapcase() + tail,
        }[kind]()
        return changed[:_LARGEST]

    return step


def mutated(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Give real inputs, changed by up to six steps: cut, spliced, repeated, bits flipped, pieces put in."""

    @st.composite
    def inputs(draw: st.DrawFn) -> bytes:
        octets: bytes = draw(st.sampled_from(seeds))
        for step in draw(st.lists(_steps(seeds), max_size=6)):
            octets = step(octets)
        return octets

    return inputs()
