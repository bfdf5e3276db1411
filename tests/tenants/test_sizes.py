"""Sizes and days as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.names import TenantError
from tenants.sizes import days_of, days_text, quota_of, room_of, size_text


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("none", None), ("", None), ("1", 1), ("500 MiB", 500 << 20), ("5G", 5 << 30), ("1.5 GiB", 3 << 29),
        ("2 tb", 2 << 40), ("7 KiB", 7168), ("1000000 octets", 1_000_000),
    ],
)  # fmt: skip
def test_quotas(text: str, octets: int | None) -> None:
    """A number with a unit of 1024, or of octets."""
    assert quota_of(text) == octets


@pytest.mark.parametrize("text", ["0", "-1", "x", "1,5 G", "5 GX", "9" * 30, "1e9", "\u0665"])
def test_what_is_no_quota_says_what_to_write(text: str) -> None:
    """With an example."""
    with pytest.raises(TenantError, match="none"):
        quota_of(text)


@given(st.one_of(st.none(), st.integers(1, 1 << 60)))
def test_a_quota_that_is_shown_reads_the_same(quota: int | None) -> None:
    """Whoever sends a form back unchanged changes nothing."""
    assert quota_of(size_text(quota)) == quota


def test_room_whose_unit_was_forgotten_is_refused() -> None:
    """``500`` for 500 GiB would let all of a tenant expire."""
    assert (room_of("500 GiB"), room_of("none"), room_of("1 MiB")) == (500 << 30, None, 1 << 20)
    for text in ("500", "1023 KiB"):
        with pytest.raises(TenantError, match="write a unit"):
            room_of(text)


@given(st.one_of(st.none(), st.integers(0, 36_500)))
def test_days_that_are_shown_read_the_same(days: int | None) -> None:
    """Likewise."""
    assert days_of(days_text(days)) == days


@pytest.mark.parametrize("text", ["-1", "1.5", "36501", "never", "\u00b2", "9" * 5000])
def test_what_is_no_number_of_days_says_what_to_write(text: str) -> None:
    """With an example."""
    with pytest.raises(TenantError, match="ever"):
        days_of(text)
