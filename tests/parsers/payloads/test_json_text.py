"""JSON, CEE and GELF: members become fields, whatever a sender nests, repeats or spells."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.payloads import json_text
from tests.parsers.payloads.conftest import Pairs, pairs
from tests.shared import parameters, vectors

GELF: Final = {name: case for name, case in vectors("gelf").items() if case["hex"].startswith("7b")}


def read(text: str) -> Pairs:
    """Read one text: all its fields, first what tells the payload."""
    (found,) = pairs(1, json_text.read([text]))
    return found or []


def members(text: str) -> Pairs:
    """Read one text that is JSON: its members."""
    found = read(text)
    assert found[:1] == [("payload", "json")]
    return found[1:]


def test_kinds_of_values() -> None:
    """Numbers stay as written, true and false are words, null is no field, an empty object holds nothing."""
    text = (
        '{"s":"x","i":-12,"f":1.50e3,"big":'
        + "9" * 5000
        + ',"t":true,"n":null,"b":false,"o":{},"a":[],"":"e"}'
    )
    assert members(text) == [
        ("s", "x"), ("i", "-12"), ("f", "1.50e3"), ("big", "9" * 5000), ("t", "true"), ("b", "false"),
        ("", "e"),
    ]  # fmt: skip
    assert members('{"n":NaN,"i":-Infinity}') == [("n", "NaN"), ("i", "-Infinity")]


def test_nesting() -> None:
    """Objects are flattened with dots, items stand one by one under the array's name, behind the rest."""
    text = '{"a":{"b":1,"c":{"d":"x"}},"l":[1,[2,null],{"k":3},true],"z":0}'
    assert members(text) == [
        ("z", "0"),
        ("a.b", "1"),
        ("l", "1"),
        ("l", "true"),
        ("a.c.d", "x"),
        ("l.k", "3"),
        ("l", "2"),
    ]


def test_a_key_that_comes_again() -> None:
    """Both values are there, in order."""
    assert members('{"a":1,"b":2,"a":3}') == [("a", "1"), ("b", "2"), ("a", "3")]


def test_an_array_of_objects() -> None:
    """An array of objects gives the members of each."""
    assert members('[{"a":1}, {"a":2}]') == [("a", "1"), ("a", "2")]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "}", "[]", "{}", "[1]", '["a"]', '[{"a":1},2]', '"a"', "1", "null", '{"a":1}x',
        '{"a":1} {"b":2}',
        '{"a":}', "{a:1}", "{'a':1}", '{"a":1,}', "@cee:", "@cee: x", "[" * 100_000, '{"a":' * 100_000,
        '{"a":[' * 30_000 + "]}" * 30_000,
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    """Anything but one object, or an array of them, is a text like any other, however deep it is nested."""
    assert read(text) == []


def test_blanks_around() -> None:
    """Blanks and a trailing NUL around the object do no harm, nor do control characters in a string."""
    assert members('  \n{"a":"x\ty"} \r\n\x00') == [("a", "x\ty")]


def test_surrogates() -> None:
    """A pair of surrogates is its character; a lone one, which no UTF-8 can hold, is U+FFFD."""
    assert members(r'{"a":"\ud83d\ude00","b\ud800":"\udfffx"}') == [("a", "😀"), ("b�", "�x")]


def test_bounds() -> None:
    """Nesting, items and the names of what is nested are bounded: a small message makes no large fields."""
    deep = '{"a":' * 30 + "1" + "}" * 30
    assert members(deep) == []
    assert members('{"a":' * 16 + "1" + "}" * 16) == [(".".join("a" * 16), "1")]
    assert len(members(json.dumps({"a": list(range(1000)), "b": 1}))) == json_text.ITEMS + 1
    long = "k" * (json_text.PREFIX + 1)
    assert members(json.dumps({long: {"a": 1}, "b": 1})) == [("b", "1")]
    assert members(json.dumps({long: "1"})) == [(long, "1")]


@given(st.integers(1, 12), st.integers(1, 300))
def test_fields_are_not_much_larger_than_the_message(depth: int, width: int) -> None:
    """However a message is built, its fields take less than fifty times its octets."""
    for inner in (["1"] * width, dict.fromkeys(map(str, range(width)), "1"), [{"": 1}] * width):
        value: Any = inner
        for _ in range(depth):
            value = {"k" * (200 // depth): value}
        text = json.dumps(value, separators=(",", ":"))
        assert sum(len(name) + len(text) for name, text in read(text)) < 50 * len(text)


def test_cee() -> None:
    """Behind the cookie ``@cee:`` it is CEE, with or without blanks."""
    assert read('@cee:{"a":1}') == [("payload", "cee"), ("a", "1")]
    assert read(' @cee:   {"short_message":"m","host":"h"}') == [
        ("payload", "cee"),
        ("short_message", "m"),
        ("host", "h"),
    ]


@pytest.mark.parametrize("vector", parameters(GELF))
def test_gelf_vectors(vector: dict[str, Any], parse: Any) -> None:
    """Every GELF vector that is one object is recognised, and ``_id`` is none of its fields."""
    text = vector["text"].rstrip("\0")
    if "\0" in text:
        text = text.partition("\0")[0]
    fields = parse(text.encode())["fields"]
    assert fields[0] == ("payload", "gelf")
    assert {"version", "host", "short_message"} <= dict(fields).keys()
    assert not {"_id", "id"} & dict(fields).keys()
    assert "level" not in vector["expect"] or dict(fields)["level"] == str(vector["expect"]["level"])


def test_gelf_fields() -> None:
    """GELF-1, GELF-2: standard fields by name, additional ones without underscore, ``_id`` left out."""
    text = (
        '{"version":"1.1","host":"h","short_message":"s","full_message":"f\\ng","timestamp":1385053862.3072,'
        '"level":1,"facility":"x","line":3,"file":"a.py","_user_id":9001,"_id":1,"_some":{"_in":"foo"},"other":"o"}'
    )
    assert read(text) == [
        ("payload", "gelf"), ("version", "1.1"), ("host", "h"), ("short_message", "s"), ("full_message",
        "f\ng"),
        ("timestamp", "1385053862.3072"), ("level", "1"), ("facility", "x"), ("line", "3"), ("file", "a.py"),
        ("user_id", "9001"), ("other", "o"), ("some._in", "foo"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '{"version":"1.0","host":"h","short_message":"m","_a":"b"}',
        '{"host":"","short_message":"m","_a":"b"}',
        '{"version":"1.1","short_message":"m","timestamp":"1385053862","_a":"b"}',
        '{"version":"1.1","host":"h","short_message":"m","nested":{"x":1},"_a":"b"}',
    ],
)  # fmt: skip
def test_gelf_deviations(text: str) -> None:
    """GELF-6: another version or none, no level, an empty host, nested objects: still GELF."""
    found = read(text)
    assert found[0] == ("payload", "gelf")
    assert ("a", "b") in found


def test_json_that_only_resembles_gelf() -> None:
    """Without ``short_message`` and a sender it is JSON, and underscores stay."""
    assert read('{"version":"1.1","host":"h","_id":"x"}') == [
        ("payload", "json"),
        ("version", "1.1"),
        ("host", "h"),
        ("_id", "x"),
    ]


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(codec="utf-8")) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab.é", max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


def flat(name: str, value: Any) -> Pairs:
    """Flatten a value as the module's docstring says, one by one."""
    if isinstance(value, dict):
        return [entry for key, inner in value.items() for entry in flat(f"{name}.{key}", inner)]
    if isinstance(value, list):
        return [entry for inner in value for entry in flat(name, inner)]
    if value is None:
        return []
    return [(name, json.dumps(value) if isinstance(value, bool) else str(value))]


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), VALUES, min_size=1, max_size=5),
    st.booleans(),
)
def test_what_was_written_comes_back(given_: dict[str, Any], ascii_only: bool) -> None:  # noqa: FBT001
    """Any object, written by Python, is read as what it is, in any order."""
    if {"short_message"} & given_.keys():
        return
    expected = sorted(entry for key, value in given_.items() for entry in flat(key, value))
    assert sorted(members(json.dumps(given_, ensure_ascii=ascii_only))) == expected


@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "]", '"', ":", ",", "a", "1", " ", "@cee:", "null", "\\", "\\ud800"])
    )
)
def test_nothing_raises(pieces: list[str]) -> None:
    """Whatever is put together of the format's own pieces is read, or is none."""
    read("".join(pieces))
    read('{"a":"' + "".join(pieces) + '"}')
