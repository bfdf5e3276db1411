"""The promises of the ledger's Merkle tree: RFC 6962's roots, and proofs that prove nothing else."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ledger_tree import (
    EMPTY_ROOT,
    ProofError,
    Tree,
    inclusion_in,
    leaf_hash,
    levels_of,
    node_hash,
    root_by_inclusion,
    root_of,
)

# The leaves and roots that the authors of Certificate Transparency test their own trees with.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(each) for each in LEAVES]
MOST = 40  # leaves: several levels, full and not

SIZES = st.integers(1, MOST)


def leaves(size: int) -> list[bytes]:
    """Give the leaf hashes of a tree of ``size`` different leaves."""
    return [leaf_hash(b"%d" % each) for each in range(size)]


def defined(hashes: Sequence[bytes]) -> bytes:
    """Give the root by the words of RFC 6962 section 2.1, as slowly as they stand."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256().digest()
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return node_hash(defined(hashes[:middle]), defined(hashes[middle:]))


def test_known_roots() -> None:
    """The roots are those that Certificate Transparency's own tests expect, of 0 to 8 leaves."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == Tree().root() == EMPTY_ROOT
    assert [root_of(HASHES[: size + 1]).hex() for size in range(8)] == ROOTS
    assert [Tree(HASHES[: size + 1]).root().hex() for size in range(8)] == ROOTS


def test_known_proofs() -> None:
    """A proof is the one that Certificate Transparency's own tests expect."""
    assert [each.hex()[:8] for each in inclusion_in(levels_of(HASHES), 5)] == [
        "bc1a0643",
        "ca854ea1",
        "d37ee418",
    ]


@given(SIZES)
def test_every_way_to_the_root(size: int) -> None:
    """The fast root and that of the growing tree are the one of the definition, at every size."""
    hashes, tree = leaves(size), Tree()
    for each in hashes:
        tree.append(each)
    assert root_of(hashes) == tree.root() == defined(hashes)
    assert tree.size == size


@given(SIZES, st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    """Every leaf's proof leads to the root, and to another root for another leaf or place."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_in(levels_of(hashes), index)
    assert root_by_inclusion(hashes[index], index, size, proof) == root_of(hashes)
    assert root_by_inclusion(leaf_hash(b"other"), index, size, proof) != root_of(hashes)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index)) if size > 1 else None
    if other is not None:
        assert not leads(hashes[index], other, size, proof, root_of(hashes))


@given(SIZES, st.data())
def test_altered_inclusion(size: int, data: st.DataObject) -> None:
    """A proof with a hash altered, left out, added or moved leads nowhere."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_in(levels_of(hashes), index)
    for altered in alterations(proof):
        assert not leads(hashes[index], index, size, altered, root_of(hashes))


def leads(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether a proof leads to a root."""
    try:
        return root_by_inclusion(leaf, index, size, proof) == root
    except ProofError:
        return False


def alterations(proof: list[bytes]) -> list[list[bytes]]:
    """Give a proof with each hash altered, cut and left out, and with one more in front and behind."""
    strange = leaf_hash(b"strange")
    made = [[strange, *proof], [*proof, strange]]
    for place, each in enumerate(proof):
        before, after = proof[:place], proof[place + 1 :]
        flipped = bytes([each[0] ^ 1]) + each[1:]
        made += [[*before, flipped, *after], [*before, each[:-1], *after], before + after]
    return made


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_such_leaf(index: int, size: int) -> None:
    """There is no proof of a leaf that a tree has not, and none is believed."""
    with pytest.raises(IndexError):
        inclusion_in(levels_of(leaves(size)), index)
    with pytest.raises(ProofError, match="of a tree of only"):
        root_by_inclusion(leaf_hash(b""), index, size, [])
