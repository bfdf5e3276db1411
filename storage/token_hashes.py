"""Keys of a block's text without a Python object for any of them: Arrow's kernels over the octets themselves.

What a key is, storage/tokens.py defines. Every key is a part of the folded text: a word, two words with what
joins them, four numbers with dots. So a key's hash can be had from sums over the text: with ``c`` the octets
of a key and B an odd number, it is c[0] + c[1]·B + c[2]·B² + … mod 2^64, the difference of two running sums
of c[i]·Bⁱ, times B to the power of minus the key's place. Runs of word characters, and where digits begin in
them, are found by comparing each octet's kind with the next one's.

Only ASCII is read this way. Pieces with other characters in them go through ``tokens.text_keys``.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.tokens import PLAIN_LENGTH, WORD, Keys, text_keys

BASE: Final = 0x9E3779B97F4A7C15
CHUNK_OCTETS: Final = 1 << 18  # of text at a time: what is held for each octet stays near the processor
_MASK: Final = 0xFFFFFFFFFFFFFFFF
_INVERSE: Final = pow(BASE, -1, 1 << 64)
_BLANK: Final = b"\n"
_BLANKS: Final = re.compile(_BLANK)
_NO_KEY: Final = re.compile(rb"\s|[^0-9A-Za-z_]{3}")  # in a text of ASCII: here no key goes across

_NONE, _LETTER, _DIGIT = range(3)  # kinds of octets; "_" is a letter
_KINDS: Final = pa.array(
    [_DIGIT if chr(code).isdigit() else _LETTER if WORD.match(chr(code)) else _NONE for code in range(128)],
    pa.uint8(),
)
_JOINTS: Final = pa.array([not chr(code).isspace() for code in range(128)], pa.bool_())
# A run's own kind with those before and after it: before · 16 + own · 4 + after.
_FIRST: Final = 16  # codes below: the run begins a word
_PLAIN: Final = _LETTER * 4
_STEM: Final = _LETTER * 4 + _DIGIT
_NUMBER: Final = _DIGIT * 4


@dataclass(frozen=True, slots=True)
class HashedKeys:
    """The keys of texts: plain words and stems as they are (strings), the hashes of all others (uint64).

    Each is there once.
    """

    plain: pa.Array
    stems: pa.Array
    other: pa.Array


def hash_key(key: str) -> int:
    """Give the hash, of 64 bits, of a key that is folded already."""
    total = 0
    for octet in reversed(key.encode()):
        total = (total * BASE + octet) & _MASK
    return total


def hash_keys(keys: pa.Array) -> pa.Array:
    """Give the hashes (uint64) of many keys (strings without nulls)."""
    joined = pc.binary_join_element_wise(keys, "", _BLANK.decode())
    hashes = []
    for text in _chunks(_octets(joined), _BLANKS):
        octets = _numbers(text)
        ends = _positions(pc.equal(octets, _constant(_BLANK[0])))
        sums = _Sums(octets)
        hashes.append(sums.between(pc.add(ends[:-1], _constant(1, ends.type)), ends[1:]))
    return pa.concat_arrays(hashes) if hashes else pa.array([], pa.uint64())


def texts_keys(texts: pa.Array) -> HashedKeys:
    """Give the keys of all texts (strings without nulls) together."""
    ascii_texts, keys = _without_foreign(texts)
    lines = pc.binary_join_element_wise(pc.ascii_lower(ascii_texts), "", _BLANK.decode())
    plain, stems = [_strings(keys.plain)], [_strings(keys.stems)]
    other = [hash_keys(_strings(keys.other))]
    for text in _chunks(_octets(lines), _NO_KEY):
        found = _chunk_keys(text)
        plain.append(found.plain)
        stems.append(found.stems)
        other.append(found.other)
    return HashedKeys(*(pa.concat_arrays(arrays).unique() for arrays in (plain, stems, other)))


def _without_foreign(texts: pa.Array) -> tuple[pa.Array, Keys]:
    """Give the texts, and pieces of texts, that are of ASCII, and the keys of all other pieces."""
    is_ascii = pc.string_is_ascii(texts)
    if is_ascii.false_count == 0:
        return texts, Keys()
    pieces = set("\n".join(texts.filter(pc.invert(is_ascii)).to_pylist()).split())
    ours = set(filter(str.isascii, pieces))
    keys = text_keys("\n".join(pieces - ours))
    return pa.concat_arrays([texts.filter(is_ascii), _strings(ours)]), keys


def _strings(texts: Iterable[str]) -> pa.Array:
    return pa.array(list(texts), pa.string())


def _octets(lines: Any) -> bytes:
    """Give the octets that an array of strings shares, a blank first."""
    parts = lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]
    whole = [memoryview(_BLANK)]
    for part in parts:
        if len(part):
            _, offsets, octets = part.buffers()
            ends = pa.Array.from_buffers(pa.int32(), len(part) + 1, [None, offsets], offset=part.offset)
            whole.append(memoryview(octets)[ends[0].as_py() : ends[-1].as_py()])
    return b"".join(whole)


def _chunks(octets: bytes, places: re.Pattern[bytes]) -> Iterator[memoryview]:
    """Cut a text at blanks, or where a line is long, at ``places``; each chunk begins and ends with such."""
    text, start, last = memoryview(octets), 0, len(octets) - 1
    while start < last:
        end = octets.rfind(_BLANK, start + 1, start + CHUNK_OCTETS)
        if end < 0:
            found = places.search(octets, min(start + CHUNK_OCTETS, last))
            end = found.start() if found else last
        yield text[start : end + 1]
        start = end


def _numbers(text: memoryview) -> pa.Array:
    return pa.Array.from_buffers(pa.uint8(), len(text), [None, pa.py_buffer(text)])


class _Sums:
    """Running sums of a chunk, from which the hash of any part of it can be had."""

    def __init__(self, octets: pa.Array) -> None:
        self._inverses = _powers(_INVERSE, len(octets))
        terms = pc.multiply(octets.cast(pa.uint64()), _powers(BASE, len(octets))[: len(octets)])
        self._sums = pc.cumulative_sum(terms)

    def before(self, places: pa.Array) -> pa.Array:
        """Give the sums of all octets before these places, none of which is the first."""
        return pc.take(self._sums, pc.subtract(places, _constant(1, places.type)), boundscheck=False)

    def shift(self, starts: pa.Array) -> pa.Array:
        """Give what takes a part's place out of its sum."""
        return pc.take(self._inverses, starts, boundscheck=False)

    def between(self, starts: pa.Array, ends: pa.Array) -> pa.Array:
        """Give the hashes of parts."""
        return pc.multiply(pc.subtract(self.before(ends), self.before(starts)), self.shift(starts))


def _powers(base: int, count: int) -> pa.Array:
    """Give at least the first ``count`` powers of ``base`` mod 2^64."""
    size = max(CHUNK_OCTETS, 1 << (count - 1).bit_length())
    # A line without a place to cut it needs as many powers as it has octets: these are not kept.
    return _power_table(base, size) if size <= 2 * CHUNK_OCTETS else _power_table.__wrapped__(base, size)


@lru_cache(maxsize=4)
def _power_table(base: int, count: int) -> pa.Array:
    powers = pa.array([1], pa.uint64())
    while len(powers) < count:
        factor = pa.scalar(pow(base, len(powers), 1 << 64), pa.uint64())
        powers = pa.concat_arrays([powers, pc.multiply(powers, factor)])
    return powers


def _chunk_keys(text: memoryview) -> HashedKeys:
    octets = _numbers(text)
    kinds = pc.take(_KINDS, octets, boundscheck=False)
    bounds = pc.add(_positions(pc.not_equal(kinds[1:], kinds[:-1])), _constant(1, pa.int32()))
    if not len(bounds):
        return HashedKeys(_strings(()), _strings(()), pa.array([], pa.uint64()))
    own = pc.take(kinds, bounds, boundscheck=False)
    codes = _codes(own)
    starts = bounds.filter(pc.less(codes, _constant(_FIRST)))
    ends = bounds.filter(pc.equal(own, _constant(_NONE)))
    words = _Words(octets, starts, ends, codes.filter(pc.less(codes, _constant(_FIRST))))
    runs = pa.Array.from_buffers(
        pa.string(), len(bounds) - 1, [None, bounds.buffers()[1], pa.py_buffer(text)]
    )
    letters, begun = (runs.filter(pc.equal(codes, _constant(code))[:-1]).unique() for code in (_PLAIN, _STEM))
    short = pc.less_equal(pc.binary_length(letters), _constant(PLAIN_LENGTH, pa.int32()))
    long = letters.filter(pc.invert(short))
    stems = pc.utf8_slice_codeunits(pa.concat_arrays([begun, long]), 0, PLAIN_LENGTH)
    return HashedKeys(letters.filter(short), stems.unique(), words.hashes(_Sums(octets)))


def _positions(mask: pa.Array) -> pa.Array:
    return pc.indices_nonzero(mask).cast(pa.int32())


def _codes(own: pa.Array) -> pa.Array:
    """Give each run's code, from the kinds of the runs; before the first and after the last is no word."""
    none = pa.array([_NONE], pa.uint8())
    before = pc.multiply(pa.concat_arrays([none, own[:-1]]), _constant(16))
    after = pa.concat_arrays([own[1:], none])
    return pc.add(pc.add(before, pc.multiply(own, _constant(4))), after)


class _Words:
    """The words of a chunk: where they start and end, and the codes of the runs that begin them."""

    def __init__(self, octets: pa.Array, starts: pa.Array, ends: pa.Array, codes: pa.Array) -> None:
        self._octets = octets
        self._starts = starts
        self._ends = ends
        self._codes = codes
        self._lengths = pc.subtract(ends, starts)
        self._gaps = pc.subtract(starts[1:], ends[:-1])

    def hashes(self, sums: _Sums) -> pa.Array:
        """Give the hashes of words with digits or too long, pairs and addresses."""
        before, after, shift = sums.before(self._starts), sums.before(self._ends), sums.shift(self._starts)
        found = []
        for words, mask in ((1, self._other()), (2, self._joined()), (4, self._addresses())):
            count = len(before) - words + 1
            if mask.true_count:
                start, end = before[:count].filter(mask), after[words - 1 :].filter(mask)
                found.append(pc.multiply(pc.subtract(end, start), shift[:count].filter(mask)))
        return pa.concat_arrays(found) if found else pa.array([], pa.uint64())

    def _other(self) -> pa.Array:
        long = pc.greater(self._lengths, _constant(PLAIN_LENGTH, pa.int32()))
        return pc.or_(pc.not_equal(self._codes, _constant(_PLAIN)), long)

    def _joined(self) -> pa.Array:
        """Tell of each word whether it makes a pair with the next one."""
        first = self._separators()
        joined = pc.and_(self._one_apart(), pc.take(_JOINTS, first, boundscheck=False))
        second = pc.take(self._octets, pc.add(self._ends[:-1], _constant(1, pa.int32())), boundscheck=False)
        colons = pc.and_(pc.equal(first, _constant(ord(":"))), pc.equal(second, _constant(ord(":"))))
        return pc.or_(joined, pc.and_(colons, pc.equal(self._gaps, _constant(2, pa.int32()))))

    def _addresses(self) -> pa.Array:
        """Tell of each word whether it begins four numbers joined by dots."""
        short = pc.less_equal(self._lengths, _constant(3, pa.int32()))
        numbers = pc.and_(pc.equal(self._codes, _constant(_NUMBER)), short)
        dots = pc.and_(self._one_apart(), pc.equal(self._separators(), _constant(ord("."))))
        dotted = pc.and_(numbers[:-1], dots)
        if len(numbers) < 4:  # noqa: PLR2004 - an address has four
            return dotted[:0]
        return pc.and_(pc.and_(dotted[:-2], dotted[1:-1]), pc.and_(dotted[2:], numbers[3:]))

    def _one_apart(self) -> pa.Array:
        return pc.equal(self._gaps, _constant(1, pa.int32()))

    def _separators(self) -> pa.Array:
        """Give the first octet behind each word but the last."""
        return pc.take(self._octets, self._ends[:-1], boundscheck=False)


@lru_cache(maxsize=64)
def _constant(number: int, type_: pa.DataType | None = None) -> pa.Scalar:
    return pa.scalar(number, type_ or pa.uint8())
