"""Keys by kernels: the same keys as storage.tokens gives, under hashes that a search can work out, too."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import token_hashes
from storage.token_hashes import hash_key, hash_keys, texts_keys
from storage.tokens import text_keys

ADDRESSES = st.lists(st.integers(0, 1200).map(str), min_size=3, max_size=6).map(".".join)
PIECES = st.sampled_from(
    [
        "Failed",
        "user1",
        "a::b",
        "fe80::1",
        "x" * 32,
        "y" * 33,
        "z" * 40 + "1",
        "=",
        "::",
        "a_b",
        "_",
        "7",
        "\0a",
    ]
)
ASCII = st.text(st.sampled_from("aB19_.:-/@= \t\n\x1c\x00"), max_size=20)
FOREIGN = st.text(st.sampled_from("aB1.:ßẞéKΣ²٣\u00a0\u3000\u4e00 "), max_size=12)
TEXTS = st.lists(
    st.lists(ADDRESSES | PIECES | ASCII | FOREIGN, max_size=4).map(" ".join) | ADDRESSES | ASCII, max_size=6
)


def check(texts: list[str]) -> None:
    """Compare both ways to the keys of texts."""
    expected, found = text_keys("\n".join(texts)), texts_keys(pa.array(texts, pa.string()))
    assert set(found.plain.to_pylist()) == expected.plain
    assert set(found.stems.to_pylist()) == expected.stems
    assert set(map(hash_key, expected.other)) <= set(found.other.to_pylist())
    for keys in (found.plain, found.stems, found.other):
        assert len(keys.unique()) == len(keys)


@given(TEXTS)
def test_the_same_keys_are_found(texts: list[str]) -> None:
    """Words, stems, pairs and addresses of any text, of ASCII or not, are those of storage.tokens."""
    check(texts)


@given(TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cutting_a_text_changes_nothing(monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> None:
    """However few octets are looked at in one go, the keys are the same."""
    monkeypatch.setattr(token_hashes, "CHUNK_OCTETS", 7)
    check(texts)


def test_nothing_else_is_found() -> None:
    """Apart from rows of more than four numbers, a text has no keys but its own."""
    texts = ["src=10.0.3.7:443 fe80::1 bob@mail.example.com id 7f3a /var/log/x " + "w" * 33, "", "user1"]
    expected = text_keys("\n".join(texts))
    assert set(texts_keys(pa.array(texts)).other.to_pylist()) == set(map(hash_key, expected.other))


def test_a_message_longer_than_what_is_looked_at_in_one_go() -> None:
    """One text of more octets than a chunk has is read whole."""
    word = "x1" * token_hashes.CHUNK_OCTETS
    found = texts_keys(pa.array([f"first1 {word} last1", "other1"])).other.to_pylist()
    assert set(map(hash_key, ("first1", word, "last1", "other1"))) == set(found)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8)))
def test_both_ways_to_a_hash_agree(keys: list[str]) -> None:
    """The hash of a key that a search asks for is the one that the kernels give."""
    assert hash_keys(pa.array(keys, pa.string())).to_pylist() == [hash_key(key) for key in keys]
