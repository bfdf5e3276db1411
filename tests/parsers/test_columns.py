"""The small steps from Python's values to Arrow columns."""

import pyarrow as pa
import pytest

from parsers.columns import (
    constant_column,
    dictionary_column,
    either,
    flags_column,
    mask_of,
    pri_columns,
    run_column,
    text_column,
    where,
)
from parsers.schema import DICTIONARY, FLAGS, Flag


def test_prival_is_facility_and_severity() -> None:
    """PRIVAL is facility * 8 + severity for all 192, and 13 where there is none (RFC 3164 section 4.3.3)."""
    facility, severity = pri_columns([*(b"%d" % prival for prival in range(192)), None])
    assert facility.to_pylist() == [*(prival // 8 for prival in range(192)), 1]
    assert severity.to_pylist() == [*(prival % 8 for prival in range(192)), 5]


def test_flags_come_out_in_one_order() -> None:
    """A row's flags are those of all its masks, each once, in the schema's order."""
    masks = [pa.array([mask_of(*flags) for flags in rows], pa.int32()) for rows in (
        [(), (Flag.UTF8_INVALID, Flag.PRI_ASSUMED), (Flag.TRUNCATED,)],
        [(), (Flag.UTF8_INVALID,), (Flag.FRAMING_ERROR,)],
    )]  # fmt: skip
    column = flags_column(either(*masks))
    assert column.type == FLAGS
    assert column.to_pylist() == [[], ["pri_assumed", "utf8_invalid"], ["framing_error", "truncated"]]


def test_null_does_not_hold() -> None:
    """A condition that is null sets no flag."""
    mask = where(pa.array([True, False, None]), Flag.TRUNCATED)
    assert mask.to_pylist() == [mask_of(Flag.TRUNCATED), 0, 0]


def test_octets_that_are_not_utf_8_are_marked_row_by_row() -> None:
    """One bad value in a column marks its own row; null and the honest U+FFFD are not bad."""
    column, mask = text_column([b"a\xffb", None, "\ufffd".encode(), b""])
    assert column.to_pylist() == ["a\ufffdb", None, "\ufffd", ""]
    assert mask is not None
    assert mask.to_pylist() == [mask_of(Flag.UTF8_INVALID), 0, 0, 0]
    assert text_column([b"a", None])[1] is None


def test_octets_that_are_not_utf_8_are_decoded_by_the_sources_charset() -> None:
    """UTF-8 stays UTF-8; what is not is read by the source's charset, flagged only where that fails, too."""
    column, mask = text_column(["höst".encode(), "höst".encode("latin-1"), None], "latin-1")
    assert column.to_pylist() == ["höst", "höst", None]
    assert mask is not None
    assert mask.to_pylist() == [0, 0, 0]
    column, mask = text_column(["日本".encode("shift_jis"), b"\x81\xff", b"a"], "shift_jis")
    assert column[0].as_py() == "日本"
    assert mask is not None
    assert [bool(flags) for flags in mask.to_pylist()] == [False, True, False]


@pytest.mark.parametrize("kind", [pa.string(), DICTIONARY])
def test_runs_are_written_out(kind: pa.DataType) -> None:
    """Each value stands as often as its count says; a count of nothing, not at all."""
    assert run_column(["a", "b", None, "a"], [1, 0, 2, 1], kind).to_pylist() == ["a", None, None, "a"]
    assert run_column([], [], kind).to_pylist() == []
    assert run_column(["a"], [0], kind).type == kind


@pytest.mark.parametrize("value", ["a", None])
@pytest.mark.parametrize("kind", [pa.string(), DICTIONARY])
def test_a_constant_is_one_value(value: str | None, kind: pa.DataType) -> None:
    """A constant column has its type and length, null or not, also when it has no rows."""
    column = constant_column(value, 3, kind)
    assert (column.type, column.to_pylist()) == (kind, [value] * 3)
    assert constant_column(value, 0, kind).to_pylist() == []


def test_encoding_keeps_nulls() -> None:
    """A dictionary column has the texts and the nulls of the column that it is made from."""
    column = dictionary_column(pa.array(["a", None, "a"]), DICTIONARY)
    assert (column.type, column.to_pylist()) == (DICTIONARY, ["a", None, "a"])


def test_runs_of_nothing_show_nothing_of_the_memory() -> None:
    """Beneath nulls stands 0, and not what another message has left in memory: a batch is written whole."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())  # the one that gives memory again as it was
    try:
        for count in (64, 500, 4000) * 20:
            used = [b"another tenant's " * (count // 4) for _ in range(8)]
            del used
            column = run_column([None, "a", None], [count, 1, count], DICTIONARY)
            octets = column.indices.buffers()[1].to_pybytes()
            assert octets == bytes(len(octets))
            assert column.to_pylist() == [None] * count + ["a"] + [None] * count
    finally:
        pa.set_memory_pool(before)
