"""What the HTTP API is made of: one operation an address and method, with what it is asked and what it gives.

The table of them (web/api.py) makes the routes and the OpenAPI document alike, so that neither can say
what the other does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from access.visitor import Permission

ROOT: Final = "/api/v1"
Method = Literal["GET", "POST", "PATCH", "DELETE"]


class Asked(BaseModel):
    """Parameters of a path and a query. One that nobody knows is refused: it was meant to matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sent(BaseModel):
    """A request's body. Unknown members are refused, and no value is taken for one of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)


class Nothing(Asked):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Media:
    """An answer that is no JSON: its media types, and what it is."""

    types: tuple[str, ...]
    description: str
    schema: Literal["text", "object", "octets"] = "text"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the API.

    Attributes:
        method: of HTTP.
        path: below ROOT, as OpenAPI writes it.
        name: its operationId.
        summary: what it gives or does, in a sentence.
        answer: the handler. A function is called in a thread as ``answer(desk, asked)``, with a third
            argument ``sent`` where there is a body, and gives a model. A coroutine function is awaited with
            the request in place of the desk. Both may give a response in place of the model.
        gives: the model of its answer, another media type, or None for no content.
        asks: the model of its parameters; those named in ``path`` come from there.
        sends: the model of the body; None for none.
        needs: the permission without which it is refused; None for nobody's.
        status: of its answer.
        also: other statuses with which it gives the same model.
        refusals: statuses that it may give besides those that every operation may.
        group: under which it stands in the document.
        notes: what else a caller has to know.
    """

    method: Method
    path: str
    name: str
    summary: str
    answer: Callable[..., Any]
    gives: type[BaseModel] | Media | None
    asks: type[Asked] = Nothing
    sends: type[Sent] | None = None
    needs: Permission | None = "read"
    status: int = 200
    also: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()
    group: str = "Messages"
    notes: str = ""


def _digits(value: object) -> object:
    """Refuse what only looks like a number: pydantic would read ``1_000``, `` 5`` and ``1.0``."""
    if isinstance(value, str) and not value.removeprefix("-").isdecimal():
        raise ValueError("write a whole number in decimal digits")
    if isinstance(value, str) and not value.isascii():
        raise ValueError("write the digits 0 to 9")
    return value


def _yes(value: object) -> object:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise ValueError("write true or false")
        return value == "true"
    return value


def _whole(value: object) -> object:
    """Take 1.0 for 1, as JSON Schema does: programs of some languages know no other numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_iso(value: object) -> object:
    """Refuse days that pydantic would read besides: seconds since 1970."""
    if isinstance(value, str) and len(value) != len("2026-11-20"):
        raise ValueError("write a day as 2026-11-20")
    return value


WHOLE: Final = BeforeValidator(_whole)
ISO_DAY: Final = BeforeValidator(_as_iso)
DECIMAL: Final = BeforeValidator(_digits)
Yes = Annotated[bool, BeforeValidator(_yes)]
NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,62}$"
TenantName = Annotated[str, Field(pattern=NAME, description="Name of the tenant.", examples=["default"])]
StreamNamed = Annotated[
    str, Field(pattern=NAME, description="Name of the stream inside the tenant.", examples=["syslog"])
]
