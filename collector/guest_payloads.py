"""GELF and compressed octets at a syslog port: told by what is inside, as the first octets could be text's.

GELF 1.1 over TCP    one JSON object, then NUL (many senders: LF)
GELF 1.1 over UDP    that object, whole or by zlib or gzip, or a chunk: 1E 0F, message id, number, count
"""

import json
import re
import zlib
from typing import Any, Final

_LONGEST_OBJECT: Final = 65_536  # octets of a JSON object that are looked at
_LONGEST_DEFLATE_HEADER: Final = 1_024  # after so many octets a compressed stream has given its first one
_EITHER_HEADER: Final = 32 + zlib.MAX_WBITS  # zlib's or gzip's (zlib manual, inflateInit2)
_KEYS: Final = frozenset({"host", "short_message"})
_VERSIONS: Final = ("1.1", "1.0")  # another program's JSON may have a version of its own
_MAXIMUM_CHUNKS: Final = 128

_TRAILER: Final = re.compile(rb"[\n\0]")
_ZLIB: Final = re.compile(rb"x[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
# Without 78 5E, which is the text "x^", and which no sender's level of compression gives.
_ZLIB_STREAM: Final = re.compile(rb"x(?:[\x01\x9c\xda]|\Z)|\x1f(?:\x8b(?:\x08|\Z)|\Z)")
_PRI: Final = re.compile(rb"(?:[1-9][0-9]{0,8} )?<[0-9]{1,3}>")
_TEXT: Final = re.compile(rb"[\t\r\n -~]+")
# Of noise that looks compressed one in 100,000 gives so much text of so many characters.
_TELLING_TEXT: Final = 32
_TELLING_CHARACTERS: Final = 7
_CHUNK: Final = re.compile(rb"\x1e\x0f.{8}(.)(.)", re.DOTALL)


def gelf_stream(octets: bytes, *, complete: bool) -> bool | None:
    """Whether a connection begins with a GELF message; None while its end is not there.

    Args:
        octets: the first of the connection.
        complete: whether no more octets come.
    """
    if not octets.startswith(b"{"):
        return False
    octets = octets[:_LONGEST_OBJECT]
    end = _TRAILER.search(octets)
    if end is None and not complete and len(octets) < _LONGEST_OBJECT:
        return None
    return _is_gelf(octets if end is None else octets[: end.start()])


def gelf_datagram(octets: bytes) -> bool:
    """Whether a datagram is GELF: a chunk, compressed, or as it is."""
    if chunk := _CHUNK.match(octets):
        return chunk[1] < chunk[2] and chunk[2][0] <= _MAXIMUM_CHUNKS
    if _ZLIB.match(octets) is None:
        return _is_gelf(octets)
    inflated = _inflate(octets, _LONGEST_OBJECT)
    if inflated is not None and len(inflated) == _LONGEST_OBJECT:  # it goes on: look at what is there
        return inflated.startswith(b"{") and b'"short_message"' in inflated
    return inflated is not None and _is_gelf(inflated)


def compressed_stream(octets: bytes, *, complete: bool) -> bool | None:
    """Whether a connection is zlib's or gzip's (rsyslog's ``stream:always``); None while that is unclear.

    Args:
        octets: the first of the connection.
        complete: whether no more octets come.
    """
    if _ZLIB_STREAM.match(octets) is None:
        return False
    octets = octets[:_LONGEST_DEFLATE_HEADER]
    if (inflates := _inflates(octets)) is not None:
        return inflates
    return None if not complete and len(octets) < _LONGEST_DEFLATE_HEADER else False


def _is_gelf(octets: bytes) -> bool:
    """Whether these octets are one JSON object with everything that GELF 1.1 requires."""
    if not octets.startswith(b"{") or b'"short_message"' not in octets:
        return False
    try:
        found: Any = json.loads(octets.rstrip(b"\0\r\n"))
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        return False
    return isinstance(found, dict) and found.keys() >= _KEYS and found.get("version") in _VERSIONS


def _inflates(octets: bytes) -> bool | None:
    """Whether these octets give text, as logs begin; None when they end before that is clear.

    Something comes out of many texts that are not compressed at all, but nothing that reads. The octets go
    in one by one: zlib that sees an error further on gives nothing at all, so that an answer would depend on
    where the octets were cut.
    """
    inflater, found = zlib.decompressobj(_EITHER_HEADER), b""
    try:
        for place in range(len(octets)):
            found += inflater.decompress(octets[place : place + 1], _TELLING_TEXT)
            if inflater.eof or _PRI.match(found):  # at its end the checksum was right
                return True
            if len(found) >= _TELLING_TEXT:
                return _TEXT.fullmatch(found) is not None and len(set(found)) >= _TELLING_CHARACTERS
    except zlib.error:
        return False
    return None


def _inflate(octets: bytes, most: int) -> bytes | None:
    try:
        return zlib.decompressobj(_EITHER_HEADER).decompress(octets, most)
    except zlib.error:
        return None
