"""LEEF 1.0 and 2.0: header and attributes, by the checklist's rules and IBM's examples."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.payloads import leef
from tests.parsers.payloads.conftest import Pairs, pairs
from tests.shared import parameters, vectors

KEYS: Final = st.from_regex(r"[A-Za-z0-9_]{1,20}", fullmatch=True)


def read(text: str) -> Pairs:
    """Read one text: the fields without what tells the payload."""
    (found,) = pairs(1, leef.read([text]))
    return [] if found is None else found[1:]


def attributes(text: str, header: str = "LEEF:1.0|V|P|1|41|") -> Pairs:
    """Read attributes alone."""
    return read(header + text)[5:]


@pytest.mark.parametrize("vector", parameters(vectors("leef")))
def test_vectors(vector: dict[str, Any], parse: Any) -> None:
    """Every LEEF vector has as many attributes as it says, and none holds its delimiter."""
    expected = vector["expect"]
    row = parse(bytes.fromhex(vector["hex"]))
    fields = row["fields"]
    assert ("payload", "leef") in fields
    found = [(name, value) for name, value in fields if not name.startswith(("leef.", "payload"))]
    assert len(found) == expected.get("n", len(found))
    assert not any(expected.get("delim", "\t") in value for _, value in found)
    assert vector["text"].endswith(row["message"])


def test_header_fields() -> None:
    """Five header fields; nothing is escaped in them."""
    assert read("LEEF:1.0|Microsoft|MS\\Exchange|4.0 SP1|15345|a=1") == [
        ("leef.version", "1.0"),
        ("leef.vendor", "Microsoft"),
        ("leef.product", "MS\\Exchange"),
        ("leef.device_version", "4.0 SP1"),
        ("leef.event_id", "15345"),
        ("a", "1"),
    ]


def test_tabs_separate() -> None:
    """LEEF-1: in 1.0 a tab, and nothing else, separates; an attribute without a key is none."""
    assert attributes("src=1.2.3.4\tmsg=a^b c=d\t\tusr= x\t=y\tz") == [
        ("src", "1.2.3.4"), ("msg", "a^b c=d"), ("usr", " x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "delimiter"),
    [
        ("^|", "^"), ("x5E|", "^"), ("0x5E|", "^"), ("0x5e|", "^"), ("x09|", "\t"), ("0x0009|", "\t"),
        ("|", "\t"),
        ("", "\t"), (",|", ","), ("x|", "x"), ("x7C|", "|"),
    ],
)  # fmt: skip
def test_delimiters(field: str, delimiter: str) -> None:
    """LEEF-2: 2.0 names a character, or its code; an empty field, or none, is a tab."""
    written = delimiter.join(["src=1.2.3.4", "dst=4=3", "msg=two words"])
    assert attributes(written, f"LEEF:2.0|V|P|1|41|{field}") == [
        ("src", "1.2.3.4"), ("dst", "4=3"), ("msg", "two words"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [
        "", "<13>", "<13>Jan 18 11:07:53 192.168.1.1 ", "Jan 18 11:07:53 myhostname ",
        "<13>1 2019-01-18T11:07:53.520Z 192.168.1.1 ", "<13>1 2019-01-18T11:07:53.520Z host app - - - ",
    ],
)  # fmt: skip
def test_what_may_stand_before_it(before: str, parse: Any) -> None:
    """LEEF-3: behind a BSD header, RFC 5424's, that one cut short, or nothing."""
    row = parse(f"{before}LEEF:2.0|Lancope|StealthWatch|1.0|41|^|src=10.0.1.8^dst=10.0.0.5".encode())
    assert {("src", "10.0.1.8"), ("dst", "10.0.0.5"), ("leef.event_id", "41")} <= set(row["fields"])


def test_a_key_may_come_again() -> None:
    """LEEF-4: duplicates are all kept, and a value may hold an equals sign."""
    assert attributes("cat=a\tcat=b=c") == [("cat", "a"), ("cat", "b=c")]


def test_something_else_than_tabs() -> None:
    """LEEF-5: spaces, ``#011``, and a space missing behind an attribute that is a number, are understood."""
    assert attributes("src=192.0.2.0 msg=two words sev=5cat=anomaly srcPort=81dstPort=21 usrName=joe") == [
        ("src", "192.0.2.0"), ("msg", "two words"), ("sev", "5"), ("cat", "anomaly"), ("srcPort", "81"),
        ("dstPort", "21"), ("usrName", "joe"),
    ]  # fmt: skip
    assert attributes("src=192.0.2.0#011msg=a b=c#011sev=5") == [
        ("src", "192.0.2.0"),
        ("msg", "a b=c"),
        ("sev", "5"),
    ]


@pytest.mark.parametrize(
    "text", ["LEEF:1.0|a|b|c", "LEEF:3.0|a|b|c|d|", "LEEF:|a|b|c|d|", "XLEEF:1.0|a|b|c|d|"]
)
def test_what_is_none(text: str) -> None:
    """With too few pipes, or another version, it is a text like any other."""
    assert read(text) == []


@given(
    st.sampled_from("\t^~;\x01").flatmap(
        lambda delimiter: st.tuples(
            st.just(delimiter),
            st.lists(
                st.tuples(KEYS, st.text(st.characters(codec="utf-8", exclude_characters=delimiter))),
                min_size=2,
            ),
        )
    )
)
def test_what_was_written_comes_back(given_: tuple[str, Pairs]) -> None:
    """Values of any text without the delimiter are read as they were."""
    delimiter, members = given_
    written = delimiter.join(f"{key}={value}" for key, value in members)
    assert attributes(written, f"LEEF:2.0|V|P|1|41|x{ord(delimiter):02X}|") == members


@given(
    st.lists(
        st.sampled_from(["LEEF:", "1.0", "2.0", "|", "x5E", "\t", " ", "a", "=", "#011", "sev=1"]),
        max_size=40,
    )
)
def test_nothing_raises(pieces: list[str]) -> None:
    """Whatever is put together of the format's own pieces is read, or is none."""
    read("".join(pieces))
    attributes("".join(pieces), "LEEF:2.0|V|P|1|41|")
