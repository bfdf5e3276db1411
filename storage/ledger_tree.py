"""The Merkle tree of the ledger: RFC 6962 section 2.1, with the check of RFC 9162 section 2.1.3. Pure.

A tree stands over leaves in their order. Its root changes with any of them, with their order and with their
number. A short list of hashes, an inclusion proof, shows that a leaf is in a tree of which the root is known.
Whether a tree is an older one with leaves added behind its own leaves say, which lie beside it.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_OCTETS: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
_LEAF: Final = b"\x00"  # RFC 6962 section 2.1: so that nobody can take a node for a leaf
_NODE: Final = b"\x01"


class ProofError(Exception):
    """A proof does not prove what it is given for."""


def leaf_hash(leaf: bytes) -> bytes:
    """Give the hash of a leaf's octets."""
    return sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of the node above two others."""
    return sha256(_NODE + left + right).digest()


def levels_of(hashes: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Give all nodes of the tree over ``hashes``, the leaves first, the root (when there is a leaf) last.

    A node without a sister rises as it is: that gives the tree of RFC 6962, whose left part is always as
    large a power of two as can be. Many proofs are taken from one such list (``inclusion_in``).
    """
    levels: list[Sequence[bytes]] = [hashes]
    level = hashes
    while len(level) > 1:
        above = [
            sha256(b"%b%b%b" % (_NODE, left, right)).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            above.append(level[-1])
        levels.append(above)
        level = above
    return levels


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Give the root of the tree over leaves, of which ``hashes`` are the leaf hashes."""
    return levels_of(hashes)[-1][0] if hashes else EMPTY_ROOT


class Tree:
    """A tree that grows, of which only its full parts' roots are kept: about log2(size) hashes.

    Attributes:
        size: how many leaves it has.
    """

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._full: list[bytes] = []  # roots of the full parts, largest first: one a set bit of size
        self.extend(hashes)

    def append(self, leaf: bytes) -> None:
        """Add a leaf, given as its leaf hash."""
        size, node = self.size, leaf
        while size & 1:
            node = node_hash(self._full.pop(), node)
            size >>= 1
        self._full.append(node)
        self.size += 1

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaves, given as their leaf hashes, in order."""
        for each in hashes:
            self.append(each)

    def root(self) -> bytes:
        """Give the root as it is now."""
        if not self._full:
            return EMPTY_ROOT
        root = self._full[-1]
        for part in reversed(self._full[:-1]):
            root = node_hash(part, root)
        return root


def inclusion_in(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Give the proof that leaf ``index`` is in the tree with all these nodes (RFC 6962 section 2.1.1).

    Args:
        levels: as ``levels_of`` gives them.
        index: which leaf, from 0.

    Raises:
        IndexError: when the tree has no such leaf.
    """
    if not 0 <= index < len(levels[0]):
        raise IndexError(f"leaf {index} of a tree of {len(levels[0])}")
    proof = []
    for level in levels[:-1]:
        sister = index ^ 1
        if sister < len(level):
            proof.append(level[sister])
        index >>= 1
    return proof


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Give the root that a tree has when the proof is right (RFC 9162 section 2.1.3.2).

    Whoever calls compares it with the root that they trust.

    Args:
        leaf: the leaf hash.
        index: which leaf it is, from 0.
        size: how many leaves the tree has.
        proof: the hashes beside the way up.

    Raises:
        ProofError: when the proof has not the shape that it must have for this leaf and size.
    """
    if not 0 <= index < size:
        raise ProofError(f"the proof is for leaf {index} of a tree of only {size}")
    _check_hashes([leaf, *proof])
    at, last, root = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise ProofError("the proof has more hashes than the tree has levels")
        if at & 1 or at == last:
            root = node_hash(each, root)
            at, last = _risen(at, last)
        else:
            root = node_hash(root, each)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the proof has fewer hashes than the tree has levels")
    return root


def _risen(at: int, last: int) -> tuple[int, int]:
    """Go up to where this node has a sister on its left, or to the top."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(each) != HASH_OCTETS for each in hashes):
        raise ProofError(f"a hash in the proof has not {HASH_OCTETS} octets")
