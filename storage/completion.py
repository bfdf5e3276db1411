"""What is being typed at a place in a query: the name of a field, or a field's value; and how either goes on.

Pure text: which names and values there are is for the caller to say.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from parsers.labels import FACILITIES, SEVERITIES
from storage import query_fields
from storage.query_fields import RULE_PREFIX, Kind

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]*)*")
_VALUE: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)(:=?|<=|>=|<|>)(.*)", re.DOTALL)
_TOKEN: Final = re.compile(r'(?:\\.|[^\s()"\\]|"(?:[^"\\]|\\.)*(?:"|$)|\\$)+', re.DOTALL)
_PLAIN: Final = re.compile(r"[\w.:@/\\+-]*\w", re.ASCII)
_LABELS: Final = {"severity": SEVERITIES, "facility": FACILITIES}
_TIMES: Final = {"received", "time", "seq"}


@dataclass(frozen=True, slots=True)
class Completing:
    """What is being typed.

    Attributes:
        field: whose value it is, as typed; empty when the name of a field is typed.
        prefix: of the name or value, up to the place.
        start: where in the query the name or value begins.
        end: where it ends, which may be behind the place.
        is_exact: after ``:=``, where only quotes may stand.
    """

    field: str
    prefix: str
    start: int
    end: int
    is_exact: bool = False


def completing(query: str, place: int) -> Completing | None:
    """Say what is typed at a place (in characters); None where nothing can be completed."""
    place = max(0, min(place, len(query)))
    for token in _TOKEN.finditer(query):
        if token.start() <= place <= token.end():
            return _inside(query, token.start(), token.end(), place)
    return Completing("", "", place, place)


def _inside(query: str, start: int, end: int, place: int) -> Completing | None:
    while start < place and query[start] in "-+":
        start += 1
    if named := _VALUE.fullmatch(query, start, end):
        value = named.start(3)
        if place < value or named[1].lower() in _TIMES:
            return None
        prefix = query[value:place].removeprefix('"').replace('\\"', '"')
        return Completing(named[1], prefix, value, end, named[2] == ":=")
    if not _NAME.fullmatch(query, start, place) and start != place:
        return None
    return Completing("", query[start:place], start, end)


def names(prefix: str, own: Iterable[str]) -> list[str]:
    """Give the names of fields that begin with ``prefix``, ours first, then those of the messages' own."""
    wanted = prefix.lower()
    ours = [one.name for one in query_fields.FIELDS if one.name != query_fields.ANY]
    found = [name for name in ours if name.startswith(wanted)]
    plain = wanted.removeprefix(RULE_PREFIX)
    for name in own:
        if name.lower().startswith(plain):
            clashes = (
                query_fields.find(name) or query_fields.close_name(name) or wanted.startswith(RULE_PREFIX)
            )
            found.append(RULE_PREFIX + name if clashes else name)
    return found


def known_values(field: str) -> tuple[str, ...] | None:
    """Give the values that a field can have; None when only the archive knows them."""
    found = query_fields.find(field)
    if found is None:
        return None
    if found.name in _LABELS:
        return _LABELS[found.name]
    if found.name == "flag":
        return (*found.values, "none")
    return found.values or None


def is_text(field: str) -> bool:
    """Tell whether a field's values are compared as texts, of which any can occur."""
    found = query_fields.find(field)
    return found is None or found.kind is not Kind.ORDER


def written(value: str, *, is_exact: bool = False) -> str | None:
    """Give a value as a query takes it: in quotes where it has to be; None when there is no way."""
    if not value or not value.isprintable():
        return None
    if _PLAIN.fullmatch(value) and not is_exact:
        return value.replace("\\", "\\\\")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
