"""Rebuilding: the columns give the octets of nearly every message back, and never anything unnoticed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.rebuild import exact_octets, rebuild, slimmed

ParseAll = Callable[..., pa.RecordBatch]

ALL_TIME: Final = datetime(1, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - bounds are without zone
THIS_YEAR: Final = datetime(2026, 1, 1), datetime(2026, 11, 20)  # noqa: DTZ001 - bounds are without zone
PRINTABLE: Final = "".join(map(chr, range(33, 127)))
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ZONES: Final = st.sampled_from(
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"]
)


def stored(records: pa.RecordBatch) -> pa.Table:
    """Do what storage does: null ``raw`` where the columns say the same."""
    return slimmed(pa.table(records))


def field(longest: int) -> st.SearchStrategy[str]:
    """Draw a HEADER field of RFC 5424, or NILVALUE."""
    return st.just("-") | st.text(PRINTABLE, min_size=1, max_size=longest)


@st.composite
def rfc5424_timestamps(draw: st.DrawFn) -> str:
    """Draw a TIMESTAMP that a calendar has."""
    time = draw(st.datetimes(*ALL_TIME))
    digits = draw(st.integers(0, 6))
    fraction = f".{time.microsecond:06}"[: digits + 1] if digits else ""
    offset = draw(st.sampled_from(["Z", "+00:00", "-00:00", "+02:00", "-03:30", "+23:59", "-12:45"]))
    return f"{time.year:04}-{time:%m-%dT%H:%M:%S}{fraction}{offset}"


@st.composite
def rfc5424_messages(draw: st.DrawFn) -> bytes:
    """Draw a message to the letter of RFC 5424, in UTF-8."""
    value = draw(TEXT).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")
    header = " ".join(
        [
            f"<{draw(st.integers(0, 191))}>1",
            draw(st.just("-") | rfc5424_timestamps()),
            *(draw(field(longest)) for longest in (255, 48, 128, 32)),
            draw(st.sampled_from(["-", "[a]", f'[a@1 b="{value}" b="x"][c]'])),
        ]
    )
    return (header + draw(st.just("") | TEXT.map(lambda text: " " + text) | st.just(" \ufeffx\n"))).encode()


@st.composite
def rfc3164_messages(draw: st.DrawFn) -> bytes:
    """Draw a message of RFC 3164 as it is sent."""
    time = draw(st.datetimes(*THIS_YEAR))
    day = draw(st.sampled_from([f"{time.day:2}", f"{time.day:02}", str(time.day)]))
    clock = draw(
        st.sampled_from(
            [f"{time:%H:%M:%S}", f"{time:%H:%M:%S.%f}", f"{time:%H:%M:%S} 2019", f"{time:%H:%M:%S}:"]
        )
    )
    header = draw(st.sampled_from(["", "host ", "host.example  ", "2001:db8::1 "]))
    tag = draw(st.sampled_from(["", "su", "su[7]", "su: ", "su[7]: ", "a/b(c)[7] ", "%ASA-4-1: "]))
    return f"<34>{time:%b} {day} {clock} {header}{tag}{draw(TEXT)}".encode()


@given(st.lists(st.binary(max_size=60) | rfc5424_messages() | rfc3164_messages(), max_size=8), ZONES)
def test_the_exact_octets_come_back_of_anything(parse_all: ParseAll, frames: list[bytes], zone: str) -> None:
    """Whatever octets were received, exactly those are given back from what is stored."""
    records = stored(parse_all(frames, timezone=ZoneInfo(zone)))
    assert exact_octets(records).to_pylist() == frames


@given(st.lists(rfc5424_messages(), min_size=1, max_size=8))
def test_rfc_5424_needs_no_raw(parse_all: ParseAll, frames: list[bytes]) -> None:
    """Every message to the letter of RFC 5424 and in UTF-8 is rebuilt from its columns."""
    assert rebuild(parse_all(frames)).to_pylist() == frames


@given(st.lists(rfc3164_messages(), min_size=1, max_size=8), ZONES)
def test_rfc_3164_needs_no_raw(parse_all: ParseAll, frames: list[bytes], zone: str) -> None:
    """The usual messages of RFC 3164 are rebuilt from their columns, whatever zone was assumed for them."""
    records = parse_all(frames, timezone=ZoneInfo(zone))
    assert rebuild(records).to_pylist() == frames


@pytest.mark.parametrize(
    "frame",
    [
        b"<34>2 2003-10-11t22:14:15.003Z h a p m [x y=z]tail\r\n",
        b"\xef\xbb\xbf<34>1 - h a p m -",
        b"1 2003-10-11T22:14:15Z h a - - (no SD)",
        b"<5>1 2020-01-24T22:53:03Z HOST CEF:0|x",
        b"<165>1 2007-02-15T09:17:15.719Z mib2d[1484]: x",
        b"<189>: 2020 Apr 29 13:58:46 EDT: %L2FM-4-L2FM_MAC_MOVE: Mac",
        b"Oct 11 22:14:15 h a: no PRI",
        b"<27>xapi[1]: x\n\0",
        b"<13>text\n",
        b"text",
        b"",
    ],
)
def test_most_deviants_need_no_raw_either(parse_all: ParseAll, frame: bytes) -> None:
    """Forms are made from what stood between the columns, so that lenient reading costs no octets."""
    assert rebuild(parse_all([frame])).to_pylist() == [frame]


@pytest.mark.parametrize(
    "frame",
    [
        b"<34>1 - h - - - - \xff",
        b"<34>1 2016-12-31T23:59:60Z h - - - -",
        b"<34>1 2016-12-31T23:59:59.1234567Z h - - - -",
        b"<34>1 2016-02-30T23:59:59Z h - - - -",
        b"<34>OCT 11 22:14:15 h a: b",
        b"<34>1 - - - - - - x" + b"\r\n\0" * 100,
    ],
)
def test_what_cannot_be_rebuilt_differs(parse_all: ParseAll, frame: bytes) -> None:
    """Where no form gives the octets back, the rebuilt ones differ, which storage sees."""
    assert rebuild(parse_all([frame])).to_pylist() != [frame]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, b"<34>1 2003-10-11T22:14:15.003000Z - - - - - x"),
        ({"message_form": "{timestamp}|{message}|{hostname}"}, b"2003-10-11T22:14:15.003000Z|x|-"),
        ({"message_form": "no field at all"}, b"no field at all"),
        ({"message_form": "{unknown}{message}"}, b"{unknown}x"),
        ({"timestamp_form": "%e %b %-d %H|+01:30"}, b"<34>1 11 Oct 11 23 - - - - - x"),
        ({"timestamp_form": "%S.%1N%2N%3N|-00:00:15"}, b"<34>1 00.000003 - - - - - x"),
        ({"timestamp_form": "%Q|nonsense"}, b"<34>1 %Q - - - - - x"),
        ({"format": "unparsed"}, b"<34>x"),
    ],
)
def test_the_forms_are_small_languages(parse_all: ParseAll, changed: dict[str, Any], expected: bytes) -> None:
    """Each form is read as the module says; what is in no language stands for itself."""
    records = parse_all([b"<34>1 2003-10-11T22:14:15.003Z - - - - - x"] * 2)
    table = pa.table(records)
    for name, value in {"timestamp_form": None, **changed}.items():
        column = pa.array([value] * 2, pa.string()).dictionary_encode()
        table = table.set_column(table.schema.get_field_index(name), name, column)
    assert rebuild(table).to_pylist() == [expected] * 2


def test_a_number_of_its_own_in_every_message_needs_no_raw(parse_all: ParseAll) -> None:
    """What devices count comes back from the column fields, so that one form serves all their messages."""
    frames = [b"<189>%d: r1: Oct 11 22:14:15: %%SYS-5-CONFIG_I: x" % number for number in range(200)]
    records = parse_all([*frames, b"<34>Oct 11 22:14:15 h a: x", *frames[:3]])
    assert stored(records)["raw"].null_count == len(records)
    assert len(records["message_form"].dictionary) == 1


def test_the_first_value_of_a_name_counts(parse_all: ParseAll) -> None:
    """Another field of the same name, from the text, stands behind the header's."""
    records = parse_all([b"<189>7: Oct 11 22:14:15: %SYS-5-CONFIG_I: sequence=8 b=2 c=3"])
    values = [value for name, value in records["fields"][0].as_py() if name == "sequence"]
    assert values[0] == "7"
    assert rebuild(records).to_pylist() == records["raw"].to_pylist()


def test_text_that_looks_like_a_form_is_no_danger(parse_all: ParseAll) -> None:
    """A message cannot make another out of itself: what looks like a form's name comes back or is kept."""
    frames = [b"<189>7{fields.sequence}: Oct 11 22:14:15: %A-5-B: {fields.sequence}", b"{pri} {fields.x}"]
    records = parse_all(frames)
    assert exact_octets(stored(records)).to_pylist() == frames


def test_tables_of_several_chunks_are_rebuilt_as_one(parse_all: ParseAll) -> None:
    """What archives are read as, chunks with dictionaries of their own, makes no difference."""
    batches = [
        parse_all(frames) for frames in ([b"<34>Oct 11 22:14:15 h a: b", b"x"], [], [b"<34>1 - - - - - -"])
    ]
    table = pa.Table.from_batches(batches)
    assert rebuild(table).to_pylist() == [b"<34>Oct 11 22:14:15 h a: b", b"x", b"<34>1 - - - - - -"]
    assert rebuild(batches[1]).to_pylist() == []


def test_what_was_slimmed_stays(parse_all: ParseAll) -> None:
    """Looking again at records takes away nothing more, and brings nothing back."""
    once = slimmed(parse_all([b"<34>1 - - - - - -", b"<34>1 - - - - - - \xff"]))
    assert once["raw"].to_pylist() == [None, b"<34>1 - - - - - - \xff"]
    assert slimmed(once).equals(once)
    assert slimmed(once.slice(0, 1))["raw"].to_pylist() == [None]


def test_raw_goes_first(parse_all: ParseAll) -> None:
    """Where the octets were kept, they are given, whatever the columns say."""
    records = pa.table(parse_all([b"<34>1 - - - - - -", b"text"]))
    kept = pa.array([b"kept", None], pa.binary())
    records = records.set_column(records.schema.get_field_index("raw"), "raw", kept)
    assert exact_octets(records).to_pylist() == [b"kept", b"text"]


def test_no_zone_setting_is_needed_to_rebuild(parse_all: ParseAll) -> None:
    """The offset that was assumed is in the form: summer and winter of one zone come back as sent."""
    frames = [b"<34>Jul 11 22:14:15 h a: b", b"<34>Jan 11 22:14:15 h a: b"]
    records = parse_all(frames, timezone=ZoneInfo("Europe/Berlin"), received=datetime(2026, 8, 1, tzinfo=UTC))
    assert sorted(records["timestamp_form"].to_pylist()) == ["%b %e %H:%M:%S|+01:00", "%b %e %H:%M:%S|+02:00"]
    assert rebuild(records).to_pylist() == frames
