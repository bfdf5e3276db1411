"""The elements of STRUCTURED-DATA texts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.structured_data import SdElement, elements

SD_NAME = st.text(
    st.sampled_from([chr(octet) for octet in range(33, 127) if chr(octet) not in '=]"']),
    min_size=1,
    max_size=32,
)
PARAM_VALUE = st.text(st.characters(codec="utf-8"), max_size=20)
SD_ELEMENT = st.tuples(SD_NAME, st.lists(st.tuples(SD_NAME, PARAM_VALUE), max_size=4))


def written(sd_elements: list[SdElement]) -> str:
    """STRUCTURED-DATA as an originator writes it by section 6.3."""
    return "".join(
        f"[{sd_id}" + "".join(f' {name}="{escaped(value)}"' for name, value in params) + "]"
        for sd_id, params in sd_elements
    )


def escaped(value: str) -> str:
    """A PARAM-VALUE with the three escapes of section 6.3.3."""
    return re.sub(r'(["\\\]])', r"\\\1", value)


@given(st.lists(SD_ELEMENT, max_size=4))
def test_what_section_6_3_allows_is_read_exactly(sd_elements: list[SdElement]) -> None:
    """Whatever the ABNF of RFC 5424 section 6.3 allows comes back in order, repeated and unescaped."""
    assert elements(written(sd_elements)) == sd_elements


@given(st.text(max_size=60) | st.text(st.sampled_from('[]"\\=:; ab-\n'), max_size=60))
def test_never_raises(text: str) -> None:
    """Any text at all has elements, perhaps none."""
    for sd_id, params in elements(text):
        assert isinstance(sd_id, str)
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in params)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "[a " + "b" * 200_000,
        '[a b="' + "\\" * 200_000,
        "[a " + "=" * 200_000,
        " " * 200_000,
        "[a " + ";" * 200_000,
        "[a " + "x:" * 100_000,
        "[a " + "]" * 200_000,
        "[a b" + " " * 200_000,
        "[a " + " [" * 100_000,
        "[a " + "b " * 100_000,
        '[a b="' + "]" * 200_000,
    ],
    ids=range(12),
)
def test_hostile_texts_are_read_in_one_pass(text: str) -> None:
    """No text makes the scan look at the same octets over and over: this ends, well inside the timeout."""
    elements(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-", []),
        ("", []),
        ("[a@32473][b@32473]", [("a@32473", []), ("b@32473", [])]),
        ("[a@1][a@1]", [("a@1", []), ("a@1", [])]),
        (
            '[origin ip="192.0.2.1" ip="192.0.2.129"]',
            [("origin", [("ip", "192.0.2.1"), ("ip", "192.0.2.129")])],
        ),
        (r'[a@32473 b="x\"y\\z\]w"]', [("a@32473", [("b", r'x"y\z]w')])]),
        (r'[a@32473 p="1\2"]', [("a@32473", [("p", r"1\2")])]),
        (r'[a@32473 p="C:\dir\"] m"]', [("a@32473", [("p", r'C:\dir"] m')])]),
        ('[a b="one] two"]', [("a", [("b", "one] two")])]),
        ('[a b="x\0y\x07"]', [("a", [("b", "x\0y\x07")])]),
        ('[a [x="1" b:c="2" ;="3"]', [("a", [("[x", "1"), ("b:c", "2"), (";", "3")])]),
    ],
)
def test_examples_by_the_standard(text: str, expected: list[SdElement]) -> None:
    """Examples of RFC 5424 section 6.3 and of the checklist are read as the standard says."""
    assert elements(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[Originator@6876 sub=Hostd opID=WFU-34799d2d]",
            [("Originator@6876", [("sub", "Hostd"), ("opID", "WFU-34799d2d")])],
        ),
        (
            '[action:"Update"; flags:"150784"; ifdir:"inbound"]',
            [("", [("action", "Update"), ("flags", "150784"), ("ifdir", "inbound")])],
        ),
        (
            '[origin enterpriseId="3"] [categoryId=0 OibID="1a"]',
            [("origin", [("enterpriseId", "3")]), ("", [("categoryId", "0"), ("OibID", "1a")])],
        ),
        (
            '[ exampleSDID@32473 iut="3" ][examplePriority@32473 class="high"]',
            [("exampleSDID@32473", [("iut", "3")]), ("examplePriority@32473", [("class", "high")])],
        ),
        ('[x@1 eventSource= "Application" n = "1"]', [("x@1", [("eventSource", "Application"), ("n", "1")])]),
        ('[x@1 ="value"]', [("x@1", [("", "value")])]),
        ('[a@32473 b="unterminated', [("a@32473", [("b", "unterminated")])]),
        ("[a@32473 b=", [("a@32473", [("b", "")])]),
        ("[id", [("id", [])]),
        ("[]", [("", [])]),
        ("not structured data", []),
    ],
)
def test_deviations_are_read_as_meant(text: str, expected: list[SdElement]) -> None:
    """What senders write against section 6.3 is read as they mean it."""
    assert elements(text) == expected
