"""The hex dump."""

from hypothesis import given
from hypothesis import strategies as st

from web.octets import hex_dump


def test_a_line_has_sixteen_octets() -> None:
    """A line says where it starts, its octets in two halves, and those that are ASCII as text."""
    first, second = hex_dump(b"<34>1 \x00\xff0123456789", 100)
    assert first.offset == "00000000"
    assert first.left == "3c 33 34 3e 31 20 00 ff"
    assert first.right == "30 31 32 33 34 35 36 37"
    assert first.text == "<34>1 \u00b7\u00b701234567"
    assert (second.offset, second.left, second.right, second.text) == ("00000010", "38 39", "", "89")


@given(st.binary(max_size=200), st.integers(0, 250))
def test_the_dump_is_the_octets(octets: bytes, limit: int) -> None:
    """Read back, the dump is the octets up to the limit."""
    read = "".join(f"{line.left} {line.right} " for line in hex_dump(octets, limit))
    assert bytes.fromhex(read) == octets[:limit]
