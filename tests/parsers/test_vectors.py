"""The byte-exact vectors of ../shared/standards/vectors.json that are about message formats."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from parsers.lines import parse_lines, reading
from parsers.source import Source
from tests.shared import parameters, vectors

VECTORS: Final = parameters(vectors("5424", "5424-deviant", "3164", "3164-deviant", "pri", "sd"))
RECEIVED_AT: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9

Record = dict[str, Any]


def record_of(message: bytes) -> Record:
    """Give the JSON record of one message."""
    lines = [b64encode(message)]
    (record,) = parse_lines(lines, base64=True, received_at=RECEIVED_AT, read=reading(Source()))
    return record


def pri(record: Record) -> int:
    """Give the PRIVAL that a record's facility and severity make."""
    return int(record["facility"] * 8 + record["severity"])


def sd_elements(record: Record) -> list[list[Any]]:
    """Give a record's SD-ELEMENTs."""
    found: list[list[Any]] = record["structured_data_elements"]
    return found


def timestamp_is_valid(record: Record, valid: bool) -> bool:  # noqa: FBT001 - the vector's value
    """A TIMESTAMP that section 6.2.3 allows is read without a flag, any other carries one."""
    flagged = bool({"timestamp_lenient", "timestamp_invalid"} & set(record["flags"]))
    if valid:
        return record["timestamp"] is not None and not flagged
    return flagged or record["format"] == "unparsed"


# What an expectation of the vectors means in a record.
EXPECTATIONS: Final[Mapping[str, Callable[[Record, Any], bool]]] = {
    "facility": lambda record, value: record["facility"] == value,
    "severity": lambda record, value: record["severity"] == value,
    "pri_severity": lambda record, value: record["severity"] == value,
    "pri": lambda record, value: pri(record) == value,
    "pri_valid": lambda record, valid: ("pri_assumed" in record["flags"]) is not valid,
    "fallback_pri": lambda record, value: value is None or pri(record) == value,
    "hostname": lambda record, value: record["hostname"] == value,
    "app": lambda record, value: record["app_name"] == value,
    "tag": lambda record, value: record["app_name"] == value,
    "procid": lambda record, value: record["proc_id"] == value,
    "msgid": lambda record, value: record["msg_id"] == value,
    "msg": lambda record, value: record["message"] == value,
    # The punctuation after TAG belongs to CONTENT (RFC 3164 section 4.1.3); we have it in message_form.
    "content": lambda record, value: value.removeprefix(": ") == record["message"],
    "timestamp": lambda record, value: record["timestamp"] == value,
    "ts_utc": lambda record, value: record["timestamp"] == value,
    "timestamp_valid": timestamp_is_valid,
    "sd": lambda record, value: sd_elements(record) == value,
    "sd_ids": lambda record, value: [sd_id for sd_id, _ in sd_elements(record)] == value,
    "params": lambda record, value: sd_elements(record)[0][1] == value,
    "value": lambda record, value: sd_elements(record)[0][1][0][1] == value,
    "lenient": lambda record, value: sd_elements(record)[0][1] == value,
    "malformed": lambda record, _: "sd_malformed" in record["flags"],
    "alarm": lambda record, value: dict(dict(sd_elements(record))["alarm"]).items() >= value.items(),
    "alarm_params": lambda record, value: len(dict(sd_elements(record))["alarm"]) == value,
    "accuracy_us": lambda record, value: ["syncAccuracy", str(value)] in sd_elements(record)[0][1],
    "utf8": lambda record, value: value == "unknown" or ("utf8_invalid" in record["flags"]) is not value,
    "value_utf8": lambda record, value: ("utf8_invalid" in record["flags"]) is not value,
    "version": lambda record, _: "version_unknown" in record["flags"] and record["format"] == "rfc5424",
}
# Words for people, hints for readers of records, and what a relay would send, which we are not.
NOT_OURS: Final = frozenset(
    ["note", "use_receive_time_hint", "relay_out", "relay", "strict_hostname", "strict_msg_starts", "smart"]
)
# A HOSTNAME with SP in it makes six fields of five, and all of them are as the ABNF has them.
CONFORMING_BY_CHANCE: Final = "5424-DEV06"


@pytest.mark.parametrize("vector", VECTORS)
def test_is_read_as_the_vector_says(vector: dict[str, Any]) -> None:
    """Every vector of the formats is read as its expectation says."""
    message, expect = bytes.fromhex(vector["hex"]), vector["expect"]
    assert len(message) == vector["octets"]
    record = record_of(message)
    for name, value in expect.items():
        assert name in NOT_OURS or EXPECTATIONS[name](record, value), (name, value, record)


@pytest.mark.parametrize("vector", VECTORS)
def test_deviant_vectors_are_kept_and_flagged(vector: dict[str, Any]) -> None:
    """No vector is dropped, and one that deviates from its standard says so by a flag or its format."""
    record = record_of(bytes.fromhex(vector["hex"]))
    deviant = "deviant" in vector["group"] and vector["id"] != CONFORMING_BY_CHANCE
    assert record["flags"] or record["format"] == "unparsed" or not deviant
