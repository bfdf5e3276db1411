"""CRC32c gives what others have computed."""

import pytest

from collector.checksum import crc32c


@pytest.mark.parametrize(
    ("octets", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE306_9283),
        (bytes(32), 0x8A91_36AA),
        (b"\xff" * 32, 0x62A8_AB43),
        (bytes(range(32)), 0x46DD_794E),
    ],
)
def test_examples(octets: bytes, checksum: int) -> None:
    """The examples of RFC 3720 appendix B.4, and the usual check value."""
    assert crc32c(octets) == checksum
