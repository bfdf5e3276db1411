"""Which settings apply to a message, in words and for programs."""

from typing import Any

import pytest

from collector.applied import Applied, SourcesByListener, applied
from collector.settings import CollectorSettings

CONF: dict[str, Any] = {
    "listeners": {"edge": {"transport": "tcp", "port": 0, "timezone": "UTC", "date_order": "day_first"}},
    "sources": {
        "vienna": {"networks": ["192.0.2.0/24"], "timezone": "Europe/Vienna", "charset": "iso-8859-1"},
        "fw": {"hosts": ["fw-*"], "format": "rfc3164", "listeners": ["edge"]},
    },
}


def asked(listener: str | None = None, **given: str) -> Applied:
    """What applies at a listener of CONF."""
    return applied(CollectorSettings.model_validate(CONF), listener, given=given)


def test_a_source_says_what_it_sets() -> None:
    """The source, what told it, its own settings beside the listener's, and what is the listener's."""
    found = asked()
    assert found.sentence(found.sources.of("192.0.2.7", None)) == (
        "source 'vienna' by network 192.0.2.0/24: time zone Europe/Vienna (listener's: local), "
        "character set iso-8859-1 (listener's: utf-8); "
        "as a listener has it: format auto, date order not set"
    )


def test_a_listener_is_named() -> None:
    """Sources that are for certain listeners apply there only."""
    found = asked("edge")
    assert found.sentence(found.sources.of("192.0.2.7", "fw-1")) == (
        "source 'fw' by host name fw-*: format rfc3164 (listener's: auto); "
        "as listener 'edge' has it: time zone UTC, character set utf-8, date order day_first"
    )
    assert asked().sources.of("192.0.2.7", "fw-1").name == "vienna"


def test_without_a_source_all_is_the_listeners() -> None:
    """No source is said, too."""
    found = asked("edge")
    assert found.sentence(found.sources.of("", None)) == (
        "no source: as listener 'edge' has it: "
        "format auto, time zone UTC, character set utf-8, date order day_first"
    )


def test_the_command_line_comes_first() -> None:
    """What it sets holds for every source."""
    found = asked(timezone="Asia/Tokyo")
    chosen = found.sources.of("192.0.2.7", None)
    assert str(chosen.reading.timezone) == "Asia/Tokyo"
    assert chosen.reading.charset == "iso-8859-1"
    assert found.sentence(chosen) == (
        "source 'vienna' by network 192.0.2.0/24: character set iso-8859-1 (listener's: utf-8); "
        "by the command line: time zone Asia/Tokyo; as a listener has it: format auto, date order not set"
    )


def test_programs_get_every_value() -> None:
    """The document has what applies, wherever it comes from."""
    found = asked("edge", format="rfc3164")
    assert found.document(found.sources.of("192.0.2.7", None)) == {
        "name": "vienna",
        "by": "network 192.0.2.0/24",
        "format": "rfc3164",
        "timezone": "Europe/Vienna",
        "charset": "iso-8859-1",
        "date_order": "day_first",
    }
    assert found.document(found.sources.own)["name"] is None


def test_an_unknown_listener_is_told() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="there is no listener 'nowhere': use one of edge"):
        asked("nowhere")


def test_readings_by_listener() -> None:
    """A message's listener, peer and host name tell its reading; of a listener that is gone, a guess."""
    reading_of = SourcesByListener(CollectorSettings.model_validate(CONF))
    assert str(reading_of("edge", "192.0.2.7", None).timezone) == "Europe/Vienna"
    assert str(reading_of("edge", "10.0.0.1", "core").timezone) == "UTC"
    assert reading_of("edge", "192.0.2.7", "fw-1").format == "rfc3164"
    assert str(reading_of("gone", "192.0.2.7", "fw-1").timezone) == "Europe/Vienna"
