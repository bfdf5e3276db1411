"""Reading match descriptions: literals, escapes, the forms of a placeholder, and where faults are told."""

import pytest

from parsers.rules.errors import FaultError
from parsers.rules.placeholders import Literal, Placeholder, description, unescape


def test_a_classic_placeholder_has_name_type_and_extradata_as_written() -> None:
    r"""The extradata reaches to the percent sign, blanks and escapes included."""
    items, end = description(r"a %x:char-to: \x3a% b", 0)
    assert items == [Literal(0, b"a "), Placeholder(3, "char-to", "x", {}, r" \x3a"), Literal(19, b" b")]
    assert end == 21


def test_white_space_and_line_ends_may_stand_inside_the_percent_signs() -> None:
    """A placeholder may reach over several lines."""
    items, _ = description("%\n   x:word\n  %%\t-:number %", 0)
    assert items == [Placeholder(5, "word", "x"), Placeholder(17, "number", None)]


@pytest.mark.parametrize(
    "text",
    [
        '%x:string-to{"extradata": "é, %"}%',
        '%{"name": "x", "type": "string-to", "extradata": "é, %",}%',
        '%[{"type": "string-to", "extradata": "é, %", "name": "x"},\n]%',
    ],
)
def test_json_forms_say_the_same(text: str) -> None:
    """Parameters, an object and an array of one object are one thing; a last comma is forgiven."""
    (item,), end = description(text, 0)
    assert isinstance(item, Placeholder)
    assert (item.kind, item.name, item.parameters) == ("string-to", "x", {"extradata": "é, %"})
    assert end == len(text)


def test_commas_inside_json_strings_stay() -> None:
    """Only a comma behind the last member is taken away, not one that is text."""
    (item,), _ = description('%{"type": "literal", "text": "a,]", }%', 0)
    assert isinstance(item, Placeholder)
    assert item.parameters == {"text": "a,]"}


def test_escapes_give_octets() -> None:
    r"""\x.., octal and C's letters are octets, %% is a percent sign, other backslashes are themselves."""
    assert unescape(r"\x41\101\t\\\"\q\xe9é") == b'AA\t\\"\\q\xe9\xc3\xa9'
    assert description("100%%", 0)[0] == [Literal(0, b"100%")]


def test_a_description_ends_with_its_line() -> None:
    """A line end outside a placeholder ends it; so does one with CR."""
    assert description("ab \r\nrule=:x", 0) == ([Literal(0, b"ab ")], 4)


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("ab %x:word", 3, "not closed"),
        ("ab %x:word and more", 11, "expected %"),
        ("ab %word% x", 4, "expected name:type%"),
        ("ab %x:% x", 6, "expected a type"),
        ('ab %{"type": word}% x', 13, "not JSON"),
        ("ab %{}% x", 4, '"type"'),
        ("ab %[1]% x", 4, "object"),
        ('ab %{"type": "word", "name": 3}%', 4, '"name"'),
        ("ab %x:char-to:y and\nrule=:%z:word%", 4, "not closed"),
        ("%" + '{"type":"alternative","parser":' * 2000 + "%", 1, "nested too deeply"),
    ],
)
def test_faults_have_their_place(text: str, offset: int, says: str) -> None:
    """What cannot be read is told with its offset and what was expected."""
    with pytest.raises(FaultError, match=says) as caught:
        description(text, 0)
    assert caught.value.offset == offset
