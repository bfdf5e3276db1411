"""Every type: what it matches, what it gives, and what it does not match."""

import pytest

from parsers.rules import load
from parsers.rules.types import TYPES


def value(kind: str, text: str) -> object:
    """What a type gives for a whole text; None where it does not match."""
    found = load(f"version=2\nrule=:%v:{kind}%\n").match(text)
    return None if found is None else found["v"]


PLAIN = {
    "word": (["a,b", "é"], ["", "a b"]),
    "alpha": (["abC"], ["a1", "é", ""]),
    "rest": (["", "a b\nc"], []),
    "number": (["0", "007"], ["-1", "1.5", ""]),
    "float": (["1", "-4.2", ".5", "12."], ["1.2.3", "-", "1e5", "."]),
    "hexnumber": (["0xfF"], ["ff", "0x", "0xfg"]),
    "ipv4": (["10.0.0.1", "255.255.255.255"], ["256.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.456"]),
    "ipv6": (
        ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "::13.1.68.3", "::FFFF:129.144.52.38", "1:2:3:4:5:6:1.2.3.4",
         "fe80::1:2"],
        ["13.1.68.3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "12345::", "::1%eth0"],
    ),
    "mac48": (
        ["f0:f6:1c:5f:cc:a2", "F0-F6-1C-5F-CC-A2"],
        ["f0:f6-1c:5f:cc:a2", "f0:f6:1c:5f:cc", "f0:f6:1c:5f:cc:a2:00"],
    ),
    "date-iso": (["2024-02-29"], ["2024-13-01", "24-01-01", "2024-1-1"]),
    "time-24hr": (["23:59:59"], ["24:00:00", "1:00:00"]),
    "time-12hr": (["12:59:59"], ["13:00:00"]),
    "duration": (["0:00:01", "37:59:59"], ["00:60:00", ":00:00"]),
    "kernel-timestamp": (["[12345.123456]"], ["[1234.123456]", "12345.123456"]),
    "whitespace": ([" \t\n"], ["a", ""]),
    "date-rfc3164": (
        ["Oct 29 09:47:08", "oct  9 9:47:08", "Oct 09 2021 09:47:08", "Oct 29 09:47:08:"],
        ["Okt 29 09:47:08", "Oct 32 09:47:08", "Oct 29 24:47:08", "Oct 29"],
    ),
    "date-rfc5424": (
        ["1985-04-12T19:20:50.52-04:00", "1985-04-12T19:20:50Z", "1985-4-12T19:20:50.123456789+1:00"],
        ["1985-04-12 19:20:50Z", "1985-04-12T19:20:50", "1985-13-12T19:20:50Z"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_types_give_the_text_that_they_match(kind: str) -> None:
    """Each matches what liblognorm's manual says, and nothing beside it."""
    good, bad = PLAIN[kind]
    assert [value(kind, text) for text in good] == good
    assert [value(kind, text) for text in bad] == [None] * len(bad)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ('number{"format": "number"}', "42", 42),
        ('number{"format": "number"}', "9" * 30, 2**63 - 1),
        ('number{"maxval": 100}', "100", "100"),
        ('number{"maxval": "100"}', "101", None),
        ('number{"maxval": 100}', "1" * 5000, None),
        ('float{"format": "number"}', "-4.20", -4.2),
        ('hexnumber{"format": "number"}', "0x1F", 31),
        ('hexnumber{"maxval": 191}', "0xC0", None),
        ('date-rfc5424{"format": "timestamp-unix"}', "2000-03-11T14:15:16.9+01:00", 952780516),
        ('date-rfc5424{"format": "timestamp-unix-ms"}', "1969-12-31T23:59:59.9995Z", -1),
        ('date-rfc5424{"format": "timestamp-unix"}', "2001-02-31T00:00:00Z", None),
        ('date-rfc5424{"format": "timestamp-unix"}', "0001-01-01T00:00:00+23:00", -62135679600),
        ("quoted-string", '"a b"', "a b"),
        ("quoted-string", '""', ""),
        ("quoted-string", '"a', None),
        ("op-quoted-string", '"a b"', "a b"),
        ("op-quoted-string", "a", "a"),
        ("op-quoted-string", '"a', None),
        ("string", '"a \\" ""b"', 'a " "b'),
        ("string", "a\\ b", "a b"),
        ("string", '"a', None),
        ("string", '"a"b', None),
        ("string", '""', ""),
        ('string{"quoting.mode": "required"}', "a", None),
        ('string{"quoting.mode": "none"}', '"a"', '"a"'),
        ('string{"quoting.escape.mode": "double"}', '"a\\""b"', 'a\\"b'),
        ('string{"quoting.escape.mode": "none"}', '"a""b"', None),
        ('string{"quoting.escape.mode": "backslash"}', '"a\\"b\\\\"', 'a"b\\'),
        ('string{"quoting.char.begin": "<", "quoting.char.end": ">"}', "<a b>", "a b"),
        ('string{"matching.permitted": "ab"}', "abba", "abba"),
        ('string{"matching.permitted": [{"class": "hexdigit"}, {"chars": "x"}]}', "0xfF", "0xfF"),
        ('string{"matching.permitted": [{"class": "alpha"}]}', "a1", None),
        ("json", '{"a": [1, 2.5, null, {"b": "é"}]} \t ', {"a": [1, 2.5, None, {"b": "é"}]}),
        ("json", "[1]", [1]),
        ("json", '"a"', None),
        ("json", '{"a": NaN}', None),
        ("json", '{"a": ' + "9" * 5000 + "}", None),
        ("json", "[" * 100_000, None),
        ("json", "[" * 200 + "]" * 200, None),
        ("json:skipempty", '{"a": "", "b": [], "c": {"d": null}, "e": 0, "f": false}', {"e": 0, "f": False}),
        ("cee-syslog", '@cee: {"a": 1} ', {"a": 1}),
        ("cee-syslog", "@cee: [1]", None),
        ("cee-syslog", '@cee: {"a": 1} x', None),
        ("cee-syslog", '@CEE: {"a": 1}', None),
        ("checkpoint-lea", "a: b; c:d ; e:", {"a": "b", "c": "d ", "e": ""}),
        ("checkpoint-lea", "a", None),
        ("checkpoint-lea", "", None),
        ("name-value-list", "a=b  c='d e' f=\"\\\"\" ", {"a": "b", "c": "d e", "f": '"'}),
        ("name-value-list", "a=b c", None),
        ("name-value-list", "a= b=c", {"a": "", "b": "c"}),
        ("name-value-list:|", "a=1|b=text with spaces|", {"a": "1", "b": "text with spaces"}),
        ('name-value-list{"separator": ", ", "assignator": ":"}', "a:1, b c", None),
        ('name-value-list{"separator": ",", "assignator": ":"}', "a b:1, c:2 ", {"a b": "1", "c": "2"}),
        ("v2-iptables", "IN=eth0 OUT= DF", {"IN": "eth0", "OUT": "", "DF": None}),
        ("v2-iptables", "IN=eth0", None),
        ("cisco-interface-spec", "1.2.3.4/5", {"ip": "1.2.3.4", "port": "5"}),
        ("cisco-interface-spec", "in:1.2.3.4/5(u)",
         {"interface": "in", "ip": "1.2.3.4", "port": "5", "user": "u"}),
        ("cisco-interface-spec", "1.2.3.4", None),
    ],
)  # fmt: skip
def test_parameters_and_structured_types(kind: str, text: str, expected: object) -> None:
    """Each parameter does what RULES.md says, and what cannot be read does not match."""
    assert value(kind, text) == expected


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("%a:char-to:,% ,%b:rest%", "x,y", None),
        ("%a:char-to:,;%;%b:rest%", "x;y", {"a": "x", "b": "y"}),
        ("%a:char-to:,%%b:rest%", "x", None),
        ("%a:char-to:é%é", "xàé", {"a": "xà"}),
        ("%a:char-to:é.%.", "xà.", {"a": "xà"}),
        ("%a:char-sep:,%,%b:char-sep:,%", ",", {"a": "", "b": ""}),
        ("%a:string-to: -- % -- %b:rest%", "x - y -- z -- ", {"a": "x - y", "b": "z -- "}),
        ("%a:string-to:ab%ab", "aab", {"a": "a"}),
        ('%a:string{"matching.permitted": [{"class": "digit"}], "matching.mode": "lazy"}%%b:rest%', "12:3",
         {"a": "12", "b": ":3"}),
        ("%a:date-rfc3164% %b:word%", "Oct 29 09:47:08: x", {"a": "Oct 29 09:47:08:", "b": "x"}),
        ('%f:checkpoint-lea{"terminator": "]"}%]', "a: b; ]", {"f": {"a": "b"}}),
        ("%a:json%then %b:json%", '{"x": 1} then [2]', {"a": {"x": 1}, "b": [2]}),
        ("%.:json%", '{"x": 1}', {"x": 1}),
        ("%-:json%", '{"x": 1}', {}),
        ("%-:iptables%", "IN=eth0 OUT=", {"IN": "eth0", "OUT": ""}),
        ("%a:word% %a:word%", "x y", {"a": "x"}),
        ('%a:literal{"text": "x"}%%{"type": "literal", "text": "y"}%', "xy", {"a": "x"}),
    ],
)  # fmt: skip
def test_types_in_rules(rule: str, text: str, expected: object) -> None:
    """What a type leaves, the next part of the rule finds."""
    assert load(f"version=2\nrule=:{rule}\n").match(text) == expected


@pytest.mark.parametrize(
    ("version", "header", "extension", "expected"),
    [
        (2, "CEF:0|V|P|1|S|N|5|", "", {}),
        (2, "CEF:0|V|P|1|S|N|5|", "  a=b", {"a": "b"}),
        (2, "CEF:0|V|P|1|S|N|5|", "a=", {"a": ""}),
        (2, "CEF:0|V|P|1|S|N|5|", "a=b c d=e\\=f\\\\", {"a": "b c", "d": "e=f\\"}),
        (2, "CEF:0|V|P|1|S|N|5|", "a=b\\", None),
        (2, "CEF:0|V|P|1|S|N|5|", "a=\\x", None),
        (2, "CEF:0|V|P|1|S|N|5|", "a,b=c", None),
        (2, "CEF:0|V|P|1|S|N|5|", "nothing", None),
        (2, "CEF:0|V|P|1|S|N|", "a=b", None),
        (2, "CEF:0|V\\x|P|1|S|N|5|", "a=b", None),
        (1, "CEF:0|V|P|1|S|N|5|", " ", {}),
        (1, "CEF:0|V|P|1|S|N|5|", "  ", None),
    ],
)
def test_cef(version: int, header: str, extension: str, expected: object) -> None:
    """Header and extension, escapes undone; blanks before the extension, one at most in version 1."""
    found = load(f"version={version}\nrule=:%v:cef%\n").match(header + extension)
    assert (None if found is None else found["v"]["Extensions"]) == expected


def test_cef_header_is_unescaped() -> None:
    """A pipe or backslash in the header is written with a backslash."""
    found = load("rule=:%v:cef%\n").match("CEF:1|V\\|v|P\\\\|1|S|N|5|")
    assert found is not None
    assert (found["v"]["DeviceVendor"], found["v"]["DeviceProduct"]) == ("V|v", "P\\")


def test_every_type_is_documented() -> None:
    """RULES.md names every type that there is."""
    from pathlib import Path  # noqa: PLC0415

    import parsers.rules.types as module  # noqa: PLC0415

    text = Path(module.__file__).with_name("RULES.md").read_text("utf-8")
    assert [kind for kind in [*TYPES, *module.COMBINING] if f"`{kind}`" not in text] == []
