"""What is being typed at a place in a query, and how it may go on."""

import pytest

from storage.completion import Completing, completing, known_values, names, written


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("|", Completing("", "", 0, 0)),
        ("ho|", Completing("", "ho", 0, 2)),
        ("-ho|st", Completing("", "ho", 1, 5)),
        ("host:fw|-1", Completing("host", "fw", 5, 9)),
        ("a (host:|", Completing("host", "", 8, 8)),
        ('app:"my a|', Completing("app", "my a", 4, 9)),
        ("severity<=e|", Completing("severity", "e", 10, 11)),
        ('host:="a|', Completing("host", "a", 6, 8, is_exact=True)),
        ("fields.sr|", Completing("", "fields.sr", 0, 9)),
        ("10.0|", None),
        ('"failed pass|', None),
        ("time:2|", None),
        ("ho|st:a", None),
        ("a |", Completing("", "", 2, 2)),
    ],
)
def test_what_is_typed_is_found(query: str, expected: Completing | None) -> None:
    """The name or value around the place, from its begin to its end; nothing where neither is typed."""
    assert completing(query.replace("|", ""), query.index("|")) == expected


def test_a_place_out_of_the_query() -> None:
    """A place behind the end is the end."""
    assert completing("ho", 99) == Completing("", "ho", 0, 2)


def test_names_go_on() -> None:
    """Our own fields come first; a message's own field that could be taken for one of ours is written out."""
    assert names("se", ["session", "seq"]) == ["severity", "seq", "session", "fields.seq"]
    assert names("fields.s", ["src"]) == ["fields.src"]


def test_values_that_are_known() -> None:
    """Severities, facilities and flags are known without looking; hosts are not."""
    severities, flags = known_values("sev"), known_values("flag")
    assert severities is not None
    assert severities[0] == "emerg"
    assert flags is not None
    assert flags[-1] == "none"
    assert known_values("host") is None
    assert known_values("src") is None


def test_values_are_written_as_queries_take_them() -> None:
    """A value with blanks goes in quotes, one that cannot be typed is not offered."""
    assert written("fw-1.example.com") == "fw-1.example.com"
    assert written("my app") == '"my app"'
    assert written('a"b') == '"a\\"b"'
    assert written("fw-1", is_exact=True) == '"fw-1"'
    assert written("a\x1b") is None
    assert written("") is None
