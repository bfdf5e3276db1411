"""Conditions written for a field and one of its values, so that they find just the records that have it."""

import re
from typing import Final

from storage import query_fields
from storage.facets import FIELD_NAMES
from storage.query_fields import RULE_PREFIX, Kind

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_LONGEST: Final = 300  # characters of a value; a longer one makes an address that nobody can pass on


def condition(name: str, value: str | None) -> str | None:
    """Give the query for the records that have ``value`` in a field, or for None, those that have none.

    ``name`` is a facet's (storage/facets.py); of ``fields`` a value is a name, and records that have such a
    field are found. None when there is no way to write it.
    """
    if name == FIELD_NAMES:
        own = None if value is None else own_name(value)
        return None if own is None else f"{own}:*"
    typed = field_name(name)
    if typed is None:
        return None
    if value is None:
        return "flag:none" if typed == "flag" else f"-{typed}:*"
    if len(value) > _LONGEST or not value.isprintable():
        return None
    found = query_fields.find(typed)
    if found is not None and found.kind is Kind.ORDER:
        return f"{typed}:{value}"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    is_text = found is None or found.kind is Kind.TEXT
    return f'{typed}:="{quoted}"' if is_text and value.strip() else f'{typed}:"{quoted}"'


def without(found: str) -> str:
    """Give the query for the records that a condition of ``condition`` does not find."""
    if found.startswith("-"):
        return found[1:]
    return "-" + found


def field_name(name: str) -> str | None:
    """Give a field's name as a query takes it: after ``fields.`` where it could be another's slip."""
    if _NAME.fullmatch(name) is None:
        return None
    known = query_fields.find(name)
    if known is not None:
        return known.name
    return name if query_fields.close_name(name) is None else RULE_PREFIX + name


def own_name(name: str) -> str | None:
    """Give the name of a message's own field, which may be written like one of ours."""
    if _NAME.fullmatch(name) is None:
        return None
    is_plain = query_fields.find(name) is None and query_fields.close_name(name) is None
    return name if is_plain else RULE_PREFIX + name
