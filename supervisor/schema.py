"""What the settings models say of themselves: fields by their trail, bounds, kinds, units, secrets.

The checks' messages (supervisor/config.py) and the commented default file (supervisor/reference.py)
both read it from here, so that they cannot disagree.
"""

import json
import re
import types
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

Part = str | int
Model = type[BaseModel]

# In the order in which a range is told. Which attribute of annotated_types or pydantic bounds what.
_LIMITS: Final = (
    ("ge", "at least {}"),
    ("gt", "more than {}"),
    ("le", "at most {}"),
    ("lt", "less than {}"),
    ("min_length", "at least {} long"),
    ("max_length", "at most {} long"),
    ("multiple_of", "a multiple of {}"),
    ("pattern", "matching {}"),
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_KINDS: Final = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (timedelta, "a time span such as 'PT30S'"),
    (Path, "a path"),
    (SecretStr, "a secret text"),
    (SecretBytes, "a secret text"),
    (str, "text"),
)


def unwrap(annotation: Any) -> Any:
    """Give the type inside ``Annotated`` and ``Optional``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, types.UnionType}:
            inner = [kind for kind in get_args(annotation) if kind is not type(None)]
            if len(inner) != 1:
                return annotation
            annotation = inner[0]
        else:
            return annotation


def is_model(annotation: Any) -> bool:
    """Whether a table of its own stands behind this annotation."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def entry_model(annotation: Any) -> Model | None:
    """Give the model of the entries, when the annotation is a mapping or a list of models."""
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) not in {dict, Mapping, list, tuple, Sequence}:
        return None
    entry: Any = unwrap(arguments[1] if get_origin(annotation) in {dict, Mapping} else arguments[0])
    return entry if is_model(entry) else None


def field_at(schema: Model, trail: Sequence[Part]) -> FieldInfo | None:
    """Give the field that ``trail`` leads to, or None when none is there (an entry, an unknown key)."""
    table = table_at(schema, trail[:-1])
    return table.model_fields.get(str(trail[-1])) if table is not None and trail else None


def table_at(schema: Model, trail: Sequence[Part]) -> Model | None:
    """Give the model of the table that ``trail`` leads to, or None when no table is there."""
    table: Model | None = schema
    entries: Model | None = None
    for part in trail:
        if entries is not None:
            table, entries = entries, None
            continue
        field = table.model_fields.get(str(part)) if table is not None else None
        if field is None:
            return None
        annotation: Any = unwrap(field.annotation)
        table = annotation if is_model(annotation) else None
        entries = entry_model(annotation)
    return table if entries is None else None


def bounds(field: FieldInfo) -> str:
    """Give the bounds as one phrase (``1 to 65535``, ``at least 1``), or "" without any."""
    found = {name: value for item in _limit_holders(field) for name, value in _limits_of(item)}
    if {"ge", "le"} <= found.keys():
        span = f"{found.pop('ge')} to {found.pop('le')}"
        return ", ".join([span, *_phrases(found)])
    return ", ".join(_phrases(found))


def _limit_holders(field: FieldInfo) -> list[Any]:
    """The metadata of the field itself, and of an annotation below an Optional."""
    inner = [
        item
        for argument in get_args(field.annotation)
        if get_origin(field.annotation) in {Union, types.UnionType} and get_origin(argument) is Annotated
        for item in get_args(argument)[1:]
    ]
    nested = [item for holder in inner if isinstance(holder, FieldInfo) for item in holder.metadata]
    return [*field.metadata, *inner, *nested]


def _limits_of(item: Any) -> list[tuple[str, Any]]:
    found = [(name, getattr(item, name, None)) for name, _ in _LIMITS]
    return [
        (name, f"{limit:.15g}" if isinstance(limit, float) else limit)
        for name, limit in found
        if limit is not None
    ]


def _phrases(found: Mapping[str, Any]) -> list[str]:
    return [text.format(found[name]) for name, text in _LIMITS if name in found]


def kind(field: FieldInfo) -> str:
    """Give what is to be written there, as a phrase: ``a whole number``, ``one of "udp", "tcp"``."""
    return _kind(unwrap(field.annotation))


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(_text(choice) for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(_text(choice.value) for choice in annotation)
    if is_model(annotation) or get_origin(annotation) in {dict, Mapping}:
        return "a table"
    if get_origin(annotation) in {list, tuple, set, frozenset, Sequence}:
        return f"a list of {_kind(unwrap(get_args(annotation)[0])).removeprefix('a ')}"
    if isinstance(annotation, type):
        return next((text for known, text in _KINDS if issubclass(annotation, known)), annotation.__name__)
    return "a value"


def key(name: str) -> str:
    """Write a key as TOML does: bare where it can be, quoted elsewhere."""
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _text(choice: object) -> str:
    return json.dumps(choice, ensure_ascii=False)


def unit(field: FieldInfo) -> str:
    """Give the unit that the model names (``json_schema_extra={"unit": …}``), or ""."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def is_secret(field: FieldInfo) -> bool:
    """Whether the value must never be shown."""
    annotation = unwrap(field.annotation)
    return isinstance(annotation, type) and issubclass(annotation, (SecretStr, SecretBytes))
