"""CRC32c, the checksum of Castagnoli (RFC 3720 appendix B.4), which PROXY protocol headers may carry."""

from typing import Final

_POLYNOMIAL: Final = 0x82F6_3B78  # reflected
_ALL: Final = 0xFFFF_FFFF


def _entry(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


_TABLE: Final = tuple(map(_entry, range(256)))


def crc32c(octets: bytes) -> int:
    """Give the checksum of ``octets``; 100 nanoseconds an octet, for headers of some hundred."""
    checksum = _ALL
    for octet in octets:
        checksum = _TABLE[(checksum ^ octet) & 255] ^ checksum >> 8
    return checksum ^ _ALL
