"""Labels of facility and severity."""

import pytest

from parsers.labels import (
    FACILITIES,
    FACILITY_ALIASES,
    SEVERITIES,
    SEVERITY_ALIASES,
    facility_code,
    severity_code,
)


def test_every_label_gives_its_code_and_back() -> None:
    """The 24 facilities and 8 severities of RFC 5427 have their codes, also written as digits."""
    assert len(FACILITIES) == 24
    assert len(SEVERITIES) == 8
    for code, label in enumerate(FACILITIES):
        assert facility_code(label) == facility_code(label.upper()) == facility_code(str(code)) == code
    for code, label in enumerate(SEVERITIES):
        assert severity_code(label) == severity_code(label.title()) == severity_code(str(code)) == code


@pytest.mark.parametrize(
    ("alias", "code"),
    [("security", 4), ("logaudit", 13), ("logalert", 14), ("solaris-cron", 15), ("clock", 15), ("cron2", 15)],
)
def test_facility_aliases(alias: str, code: int) -> None:
    """A facility is also found under its usual other names."""
    assert facility_code(alias) == code


@pytest.mark.parametrize(
    ("alias", "code"),
    [("panic", 0), ("emergency", 0), ("critical", 2), ("error", 3), ("warn", 4), ("informational", 6)],
)
def test_severity_aliases(alias: str, code: int) -> None:
    """A severity is also found under its usual other names."""
    assert severity_code(alias) == code


def test_aliases_never_hide_a_label() -> None:
    """No alias is one of RFC 5427's own labels."""
    assert not set(FACILITY_ALIASES) & set(FACILITIES)
    assert not set(SEVERITY_ALIASES) & set(SEVERITIES)


@pytest.mark.parametrize("label", ["", "24", "-1", "٣", "1_3", "fatal", "99999999"])
def test_an_unknown_facility_is_refused_with_the_known_ones(label: str) -> None:
    """The error says which labels and aliases there are."""
    with pytest.raises(ValueError, match=r"use 0 to 23, one of kern, .*local7, or an alias .*security"):
        facility_code(label)


@pytest.mark.parametrize("label", ["", "8", "fatal", "kern"])
def test_an_unknown_severity_is_refused_with_the_known_ones(label: str) -> None:
    """The error says which labels and aliases there are."""
    with pytest.raises(ValueError, match=r"use 0 to 7, one of emerg, .*debug, or an alias .*panic"):
        severity_code(label)
