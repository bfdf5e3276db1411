"""A batch's payloads together: which message has which, and that nothing raises and nothing is mixed up."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import payloads
from parsers.fields import Entries
from parsers.rebuild import exact_octets
from tests.parsers.payloads.conftest import Pairs, ReadAll, pairs

ONE_OF_EACH: Final = {
    "cef": "CEF:0|V|P|1|id|n|5|src=10.0.3.7 a=b c=d",
    "leef": "LEEF:1.0|V|P|1|41|src=10.0.3.7\ta=b\tc=d",
    "json": '{"src":"10.0.3.7"}',
    "cee": '@cee: {"src":"10.0.3.7"}',
    "gelf": '{"version":"1.1","host":"h","short_message":"m","_src":"10.0.3.7"}',
    "keyvalue": "src=10.0.3.7 a=b c=d",
    "snare": "MSWinEventLog\t1\tSecurity\t563\tWed Mar 10 09:30:15 2010\t538\tSecurity",
}
PROSE: Final = (
    None, "", " ", "session opened for user root by (uid=0)", "a | b | c | d | e | f | g |", "{not json",
    "[{",
    "#011 and \t tabs", "x = y = z = 1", "CEF and LEEF are formats", "é ü 漢字", "\x00\ufffd",
)  # fmt: skip


def test_each_is_recognised_among_others(read_all: ReadAll) -> None:
    """In one batch each message has its own payload's fields, and prose has none."""
    messages = [each for payload in ONE_OF_EACH.values() for each in (payload, *PROSE)]
    found = read_all(messages)
    told = [fields and dict(fields)["payload"] for fields in found]
    assert told == [each for payload in ONE_OF_EACH for each in (payload, *[None] * len(PROSE))]
    for payload, fields in zip(ONE_OF_EACH, found[:: len(PROSE) + 1], strict=True):
        assert fields is not None
        assert fields[0] == ("payload", payload)
        assert ("src", "10.0.3.7") in fields or payload == "snare"


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ('{"raw":"CEF:0|V|P|1|id|n|5|a=1 b=2 c=3"}', "json"),
        ("CEF:0|V|P|1|id|LEEF:1.0|5|a=1 b=2 c=LEEF:1.0|V|P|1|E|x=1", "cef"),
        ("LEEF:1.0|V|P|1|E|msg=MSWinEventLog\t1\ta\tb\tc\td\ta=1\tb=2\tc=3", "leef"),
        (ONE_OF_EACH["snare"] + " a=1 b=2 c=3", "snare"),
        ('{"broken": "CEF:0|V|P|1|id|n|5|a=1', "cef"),
    ],
)
def test_a_message_has_one_payload(read: Callable[[str], Pairs], message: str, payload: str) -> None:
    """What stands inside of a payload is part of it; what only begins like one does not hide another."""
    found = read(message)
    assert [value for name, value in found if name == "payload"] == [payload]


@pytest.mark.parametrize("payload", ONE_OF_EACH)
@pytest.mark.parametrize(
    "before", ["", "<14>", "<14>Nov 20 22:00:00 host app: ", "<14>1 2026-11-20T22:00:00Z h a - - - "]
)
def test_the_text_stays_untouched(payload: str, before: str, parse_all: Any) -> None:
    """The fields come on top: the message's text and octets are what was sent, behind any header."""
    frame = (before + ONE_OF_EACH[payload]).encode()
    (row,) = parse_all([frame]).to_pylist()
    assert ("payload", payload) in row["fields"]
    assert row["message"] == ONE_OF_EACH[payload]
    assert exact_octets(pa.Table.from_batches([parse_all([frame])]).to_batches()[0])[0].as_py() == frame


def test_slices_and_empty_batches() -> None:
    """A column that is part of a longer one is read from its own beginning; an empty one has no fields."""
    message = pa.array([ONE_OF_EACH["cef"], *PROSE, ONE_OF_EACH["keyvalue"]], pa.string())
    formats = pa.repeat(pa.scalar("rfc3164"), len(message))
    nothing = pa.nulls(len(message), pa.string())
    part = pairs(len(message) - 1, payloads.entries(message.slice(1), nothing.slice(1), formats.slice(1)))
    assert [fields is None for fields in part] == [True] * len(PROSE) + [False]
    assert payloads.entries(message.slice(0, 0), nothing.slice(0, 0), formats.slice(0, 0)) == []


def test_prose_is_never_made_into_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages without a payload never leave Arrow: no format is asked to read them."""
    asked: list[str] = []

    def read(texts: Sequence[str]) -> list[Entries]:
        asked.extend(texts)
        return []

    formats = tuple(
        payloads._Format(how.needles, how.sieve, (read,), how.begins)  # noqa: SLF001
        for how in payloads._FORMATS  # noqa: SLF001
    )
    monkeypatch.setattr(payloads, "_FORMATS", formats)
    prose = ["accepted a=1 | b", "a { x } \t y", "pam: user=root uid=0", *PROSE[:5]] * 100
    pairs(
        len(prose),
        payloads.entries(pa.array(prose), pa.nulls(len(prose), pa.string()), pa.array(["x"] * len(prose))),
    )
    assert set(asked) <= {"a | b | c | d | e | f | g |"}


PIECES: Final[list[str]] = [
    *ONE_OF_EACH.values(), "CEF:", "0|", "|", "LEEF:2.0|", "x5E", "{", "}", "[", "]", '"', ":", ",", "a",
    "=", " ", "\t",
    "\\", "MSWinEventLog", "1", "#011", "@cee:", "[meta ", "é", "\x00", "\n", "\udced",
]  # fmt: skip


@given(
    bodies=st.lists(
        st.lists(st.sampled_from(PIECES), max_size=30).map(
            lambda pieces: "".join(pieces).encode("utf-8", "surrogateescape")
        )
        | st.binary(max_size=60),
        max_size=8,
    ),
    before=st.sampled_from(
        [b"", b"<14>", b"<14>Nov 20 22:00:00 host app: ", b"<14>1 2026-11-20T22:00:00Z h a - - "]
    ),
)
def test_no_exception_escapes(parse_all: Any, bodies: list[bytes], before: bytes) -> None:
    """Whatever octets come, behind whatever header: every message is kept, and the fields are in order."""
    records = parse_all([before + body for body in bodies])
    assert len(records) == len(bodies)
    records["fields"].validate(full=True)
    alone = [parse_all([before + body])["fields"].to_pylist()[0] for body in bodies]
    assert records["fields"].to_pylist() == alone
