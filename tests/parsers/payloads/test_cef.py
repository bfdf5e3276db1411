"""CEF: header and extension, by the checklist's rules and the standard's examples."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.payloads import cef
from tests.parsers.payloads.conftest import Pairs, pairs
from tests.shared import parameters, vectors

HEADER: Final = "CEF:0|V|P|1|id|n|5|"
UTF_8: Final = st.text(st.characters(codec="utf-8"))
KEYS: Final = st.from_regex(r"[A-Za-z0-9_.\[\]-]{1,20}", fullmatch=True)


def read(text: str) -> Pairs:
    """Read one text: the fields without what tells the payload."""
    (found,) = pairs(1, cef.read([text]))
    return [] if found is None else found[1:]


def extension(text: str) -> Pairs:
    """Read an extension alone."""
    return read(HEADER + text)[7:]


@pytest.mark.parametrize("vector", parameters(vectors("cef")))
def test_vectors(vector: dict[str, Any], parse: Any) -> None:
    """Every CEF vector is read as it says; the text of a message stays as it came."""
    expected = vector["expect"]
    row = parse(bytes.fromhex(vector["hex"]))
    fields = dict(row["fields"] or [])
    if expected.get("malformed"):
        assert fields == {}
        return
    assert fields["payload"] == "cef"
    assert fields.get("cef.name") == expected.get("name", fields.get("cef.name"))
    extra = {name: value for name, value in fields.items() if not name.startswith(("cef.", "payload"))}
    for name, value in expected["ext"].items():
        assert extra[name] == value
    if not expected["ext"]:
        assert extra == {}
    assert vector["text"].endswith(row["message"])
    assert row["message"].startswith("CEF:")


def test_header_fields() -> None:
    """CEF-1: seven fields; in them a pipe and a backslash are escaped, and an equals sign is free."""
    assert read(r"CEF:0|se\|c=1\\|threat|1.0|100|a \\\| \n b|Very-High|") == [
        ("cef.version", "0"),
        ("cef.vendor", "se|c=1\\"),
        ("cef.product", "threat"),
        ("cef.device_version", "1.0"),
        ("cef.signature", "100"),
        ("cef.name", r"a \| \n b"),
        ("cef.severity", "Very-High"),
    ]


def test_escapes_in_values() -> None:
    r"""CEF-2: in values ``\=``, ``\\``, ``\n`` and ``\r`` are escapes, a pipe is free, and the rest stays."""
    assert extension(r"a=x\=y b=c:\\new c=1\n2\r3 d=p|q\|r\t") == [
        ("a", "x=y"),
        ("b", r"c:\new"),
        ("c", "1\n2\r3"),
        ("d", r"p|q\|r\t"),
    ]


def test_values_run_to_the_next_key() -> None:
    """CEF-3: values have spaces in them, or nothing; the one space before a key is not the value's."""
    assert extension("cs1=two words  cs2= cs3=end ") == [("cs1", "two words "), ("cs2", ""), ("cs3", "end ")]


def test_spaces_before_the_first_key_and_no_extension() -> None:
    """An extension may begin with spaces, be empty, or begin with what is no key."""
    assert extension("  a=1 b=2") == [("a", "1"), ("b", "2")]
    assert extension("") == []
    assert extension("no key here") == []
    assert extension("odd a=1") == [("a", "1")]


@pytest.mark.parametrize("severity", ["0", "10", "Unknown", "Low", "Medium", "High", "Very-High", "severe"])
def test_severity_is_kept_as_sent(severity: str) -> None:
    """CEF-4: a number or a word; whatever was sent is the field."""
    assert ("cef.severity", severity) in read(f"CEF:0|V|P|1|id|n|{severity}|a=1")


@pytest.mark.parametrize(
    "before",
    [
        "", "<13>", "<134> ", "<13>Aug 21 09:24:00 host ", "Aug 21 09:24:00 host ",
        "<13>Aug 21 09:24:00 host vectra_cef -: ", "<13>Aug 21 09:24:00 host logger[1]: ", "<13>logger: ",
        "<13>1 2026-11-20T22:00:00Z host app - - - ", "<5>1 2020-01-24T22:53:03Z HOST ",
        "2019-02-19T12:02:54.464+01:00 192.168.40.94 ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["CEF:0", "CEF:1", "CEF: 0"])
def test_what_may_stand_before_it(before: str, version: str, parse: Any) -> None:
    """CEF-5: versions 0 and 1, behind either header, PRI alone, a TAG, or nothing."""
    row = parse(f"{before}{version}|V|P|1|id|n|5|src=10.0.3.7".encode())
    assert ("src", "10.0.3.7") in row["fields"]
    assert ("cef.version", version[-1]) in row["fields"]


def test_an_equals_sign_in_a_value() -> None:
    """CEF-6: only behind a space and a key's characters does an unescaped ``=`` begin a new value."""
    assert extension("request=http://h/?a=b&c=d dst=1.1.1.1 x:y=z cs[0].k-1=v") == [
        ("request", "http://h/?a=b&c=d"),
        ("dst", "1.1.1.1 x:y=z"),
        ("cs[0].k-1", "v"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CEF:0|V|P|1|id|n",
        "CEF:0|V|P|1|id|n|5",
        r"CEF:0|V|P|1|id|n\|5|",
        "CEF:|V|P|1|i|n|5|",
        "XCEF:0|V|P|1|i|n|5|",
    ],
)
def test_too_few_pipes(text: str) -> None:
    """CEF-7: with fewer than seven pipes, or without a version, it is a text like any other."""
    assert read(text) == []


def test_custom_strings_and_their_labels_stay_as_they_are() -> None:
    """A label does not rename its field: both are there under the sender's names."""
    assert extension("cs1Label=Rule Name cs1=R 1 cs1=again") == [
        ("cs1Label", "Rule Name"),
        ("cs1", "R 1"),
        ("cs1", "again"),
    ]


@given(st.lists(UTF_8, min_size=6, max_size=6), st.lists(st.tuples(KEYS, UTF_8)))
def test_what_was_escaped_comes_back(header: list[str], members: Pairs) -> None:
    """Header fields and values of any text, escaped as the standard says, are read as they were."""
    names = [text.replace("\\", "\\\\").replace("|", "\\|") for text in header]
    values = [
        value.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")
        for _, value in members
    ]
    written = " ".join(f"{key}={value}" for (key, _), value in zip(members, values, strict=True))
    found = read(f"CEF:0|{'|'.join(names)}|{written}")
    assert [value for _, value in found[1:7]] == header
    assert found[7:] == members


@given(st.lists(st.sampled_from(["CEF:", "0", "|", "\\", " ", "a", "=", "\n", "é", "\x00"]), max_size=40))
def test_nothing_raises(pieces: list[str]) -> None:
    """Whatever is put together of the format's own characters is read, or is none."""
    read("".join(pieces))
    extension("".join(pieces))
