"""STRUCTURED-DATA under IANA's SD-IDs becomes fields; an alarm is held against RFC 5674."""

from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.payloads import iana_sd
from parsers.structured_data import elements
from tests.parsers.payloads.conftest import Pairs, pairs
from tests.shared import parameters, vectors

ALARMS: Final = {name: case for name, case in vectors().items() if name.startswith("5674")}
ALARM: Final = 'resource="su root" probableCause="unauthorizedAccessAttempt" perceivedSeverity="major"'


def read(*texts: str | None, format_: str = "rfc5424") -> list[Any]:
    """Read STRUCTURED-DATA texts: a list of pairs each, None for one without."""
    column = pa.array(texts, pa.string())
    return pairs(len(texts), iana_sd.read(column, pa.repeat(pa.scalar(format_), len(texts))))


@pytest.mark.parametrize("sd_id", iana_sd.SD_IDS)
def test_every_registered_sd_id(sd_id: str) -> None:
    """A parameter is named by its SD-ID and itself, wherever the element stands; others are not touched."""
    first, second, third = read(f'[a@32473 x="1"][{sd_id} x="2"][b@32473 x="3"]', f'[{sd_id} x="4"]', None)
    assert (first[0], second[0], third) == ((f"{sd_id}.x", "2"), (f"{sd_id}.x", "4"), None)
    assert len(first) == 1 or sd_id == "alarm"
    assert read(f'[{sd_id}x x="1"][x{sd_id} x="2"]', f'[{sd_id}@1 x="1"]') == [None] * 2


def test_values_are_unescaped_and_names_may_repeat() -> None:
    """RFC 5424 sections 6.3.3 and 7.2: three escapes, and ``ip`` as often as it comes."""
    assert read(r'[origin ip="192.0.2.1" ip="192.0.2.129" software="a\"b\\c\]d\e"]') == [
        [("origin.ip", "192.0.2.1"), ("origin.ip", "192.0.2.129"), ("origin.software", r'a"b\c]d\e')]
    ]


def test_standard_elements_of_rfc_5424(parse: Any) -> None:
    """Section 7: timeQuality, origin and meta of a whole message."""
    row = parse(
        b'<165>1 2003-10-11T22:14:15.003Z host app - ID47 [timeQuality tzKnown="1" isSynced="0"]'
        b'[meta sequenceId="29" language="en"][exampleSDID@32473 iut="3"] text'
    )
    assert row["fields"] == [
        ("timeQuality.tzKnown", "1"),
        ("timeQuality.isSynced", "0"),
        ("meta.sequenceId", "29"),
        ("meta.language", "en"),
    ]


@pytest.mark.parametrize("vector", parameters({k: v for k, v in vectors().items() if k.startswith("5675")}))
def test_snmp_vector(vector: dict[str, Any], parse: Any) -> None:
    """RFC 5675 section 3.2: engine, context and every variable binding, names by their case."""
    fields = parse(bytes.fromhex(vector["hex"]))["fields"]
    assert fields[:3] == [
        ("snmp.ctxEngine", "800002b804616263"),
        ("snmp.ctxName", "ctx1"),
        ("snmp.v1", "1.3.6.1.2.1.1.3.0"),
    ]
    assert ("snmp.a2", "linkUp") in fields
    assert read('[snmp c1="1" C1="2" d3="0"]') == [[("snmp.c1", "1"), ("snmp.C1", "2"), ("snmp.d3", "0")]]


@pytest.mark.parametrize("vector", parameters(ALARMS))
def test_alarm_vectors(vector: dict[str, Any], parse: Any) -> None:
    """RFC 5674's examples: nothing is amiss, though PRI says another severity than the alarm."""
    row = parse(bytes.fromhex(vector["hex"]))
    fields = dict(row["fields"])
    assert fields["alarm.perceivedSeverity"] == "major"
    assert fields["alarm.probableCause"] == "unauthorizedAccessAttempt"
    assert "alarm.invalid" not in fields
    assert row["flags"] == []
    assert row["severity"] == 5


@pytest.mark.parametrize(
    ("given_", "invalid"),
    [
        (ALARM, []),
        (f'{ALARM} eventType="communicationsAlarm" trendIndication="moreSevere"', []),
        ('resource="x"', ["probableCause", "perceivedSeverity"]),
        (ALARM.replace("major", "bad"), ["perceivedSeverity"]),
        (f'{ALARM} trendIndication="up"', ["trendIndication"]),
        (ALARM.replace("unauthorizedAccessAttempt", "newlyRegistered"), []),
        ("", ["resource", "probableCause", "perceivedSeverity"]),
    ],
)
def test_what_an_alarm_lacks(given_: str, invalid: list[str]) -> None:
    """RFC 5674 section 3: what is missing, or has a value that it does not list, is named; it is no flag."""
    (found,) = read(f"[alarm {given_}]" if given_ else "[alarm]")
    assert [value for name, value in found or [] if name == "alarm.invalid"] == invalid


def test_malformed_elements_are_read_as_meant(parse: Any) -> None:
    """What section 6.3 does not allow is flagged as ever, and gives the fields that can be made out."""
    assert read('[origin enterpriseId=3 ip = "a"] [meta x="1"]', '[="1"][meta a="b', '[ meta a="b"]') == [
        [("origin.enterpriseId", "3"), ("origin.ip", "a"), ("meta.x", "1")],
        [("meta.a", "b")],
        [("meta.a", "b")],
    ]
    row = parse(
        b'<14>1 2024-06-11T14:08:02Z h Veeam - - [origin enterpriseId="3x3"] [categoryId=0 x="1"] text'
    )
    assert ("origin.enterpriseId", "3x3") in row["fields"]


def test_other_formats_have_none() -> None:
    """Only RFC 5424 has STRUCTURED-DATA."""
    assert read('[meta a="b"]', format_="rfc3164") == [None]


SD_NAMES: Final = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='= ]"'), min_size=1, max_size=32
)
PARAMS: Final = st.lists(st.tuples(SD_NAMES, st.text(st.characters(codec="utf-8"))))


@given(st.lists(st.tuples(st.sampled_from([*iana_sd.SD_IDS, "other@32473"]), PARAMS), min_size=1))
def test_what_was_written_comes_back(given_: list[tuple[str, Pairs]]) -> None:
    """Any elements, escaped as section 6.3.3 says, are read as they were."""
    text = "".join(
        f"[{sd_id}"
        + "".join(
            f' {name}="' + value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]") + '"'
            for name, value in params
        )
        + "]"
        for sd_id, params in given_
    )
    expected = [
        (f"{sd_id}.{name}", value)
        for sd_id, params in given_
        for name, value in params
        if sd_id in iana_sd.SD_IDS
    ]
    (found,) = read(text)
    assert [pair for pair in found or [] if pair[0] != "alarm.invalid"] == expected


@given(
    st.lists(st.sampled_from(["[", "]", "meta", "alarm", " ", "=", '"', "\\", "a", "é", ":"]), max_size=40)
)
def test_nothing_raises_and_both_readings_agree(pieces: list[str]) -> None:
    """Whatever stands there is read as parsers/structured_data.py reads it."""
    text = "".join(["[meta ", *pieces])
    expected = [
        (f"{sd_id}.{name}", value)
        for sd_id, params in elements(text)
        for name, value in params
        if sd_id in iana_sd.SD_IDS and name
    ]
    (found,) = read(text)
    assert [pair for pair in found or [] if pair[0] != "alarm.invalid"] == expected
