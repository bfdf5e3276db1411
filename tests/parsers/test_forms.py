"""Message forms: made from a layout and what stood between the columns, null where the format says it all."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from parsers.columns import MAXIMUM_FORMS
from parsers.dialects import STRICT_RFC3164, STRICT_RFC5424, UNPARSED
from parsers.forms import MAXIMUM_FORM, form_column
from parsers.layouts import CANONICAL, Gap, Present
from parsers.schema import Format

LAYOUT: Final = (Gap("before"), "<{pri}>", Present("proc_id", "[{proc_id}]"), "{message}")
Rows = Mapping[str, Sequence[bytes | None]]


def test_a_form_has_the_gaps_and_the_columns_that_are_there() -> None:
    """A gap's octets stand as they are, a column by its name, and an optional piece only with its column."""
    rows: Rows = {"before": [b"\n ", None, b""], "proc_id": [b"7", b"7", None], "message": [b"x"] * 3}
    assert form_column(LAYOUT, Format.RFC3164, rows, 3).to_pylist() == [
        "\n <{pri}>[{proc_id}]{message}",
        "<{pri}>[{proc_id}]{message}",
        "<{pri}>{message}",
    ]


@pytest.mark.parametrize(
    ("message", "trailer", "form"),
    [
        (b"x", None, None),
        (None, None, None),
        (
            b"x",
            b"\n",
            "<{pri}>1 {timestamp} {hostname} {app_name} {proc_id} {msg_id} {structured_data} {message}\n",
        ),
    ],
)
def test_what_the_format_says_by_itself_is_null(
    message: bytes | None, trailer: bytes | None, form: str | None
) -> None:
    """RFC 5424 to the letter has no form, with MSG or without; a trailing LF needs one."""
    rows: Rows = {"bom": [None] * 2, "message": [message, b"y"], "trailer": [trailer, None]}
    assert form_column(STRICT_RFC5424.layout, Format.RFC5424, rows, 2).to_pylist() == [form, None]


def test_rfc_3164_by_itself_is_tag_colon_space() -> None:
    """``TAG: `` and ``TAG[PID]: `` are the rule; other separators need a form."""
    rows: Rows = {
        "proc_id": [None, b"7", None],
        "separator": [b": ", b": ", b" "],
        "trailer": [None] * 3,
    }
    assert form_column(STRICT_RFC3164.layout, Format.RFC3164, rows, 3).to_pylist() == [
        None,
        None,
        "<{pri}>{timestamp} {hostname} {app_name} {message}",
    ]


def test_an_assumed_pri_is_not_in_the_form() -> None:
    """Where no PRI stood, none is given back."""
    rows: Rows = {"leading": [None] * 2, "pri": [None, b"13"], "trailer": [None] * 2}
    assert form_column(UNPARSED.layout, Format.UNPARSED, rows, 2).to_pylist() == ["{message}", None]


def test_forms_are_bounded() -> None:
    """A form too long, or one form too many, is none: the octets are kept instead."""
    many: list[bytes | None] = [b" " * number for number in range(MAXIMUM_FORM + 1)]
    rows: Rows = {"before": many, "proc_id": [None] * len(many)}
    forms = form_column(LAYOUT, Format.RFC3164, rows, len(many)).to_pylist()
    assert len(set(forms)) == MAXIMUM_FORMS + 1
    assert max(len(form) for form in forms if form) <= MAXIMUM_FORM


def test_every_format_has_a_form_of_its_own() -> None:
    """No format is without the form that null stands for."""
    assert set(CANONICAL) == set(Format)
