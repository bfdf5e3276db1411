"""/api: what programs may ask, for people: the OpenAPI document as a page."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from web.api import OPERATIONS
from web.api_document import document
from web.api_operation import ROOT, Operation
from web.desk import desk

TEMPLATE: Final = "api.html"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, where it stands, what it may be, and what it is."""

    name: str
    where: str
    kind: str
    about: str
    required: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation. ``may`` is whether who asks may do it."""

    name: str
    method: str
    path: str
    summary: str
    notes: str
    needs: str
    may: bool
    parameters: tuple[Parameter, ...]


async def api(request: Request) -> Response:
    """Show the operations, by group."""
    visitor = current()
    shown = [(one.group, _shown(one, may=one.needs is None or visitor.may(one.needs))) for one in OPERATIONS]
    groups = [(group, [one for _, one in several]) for group, several in groupby(shown, lambda pair: pair[0])]
    return desk(request).page(TEMPLATE, page="api", groups=groups, root=ROOT, base=_base(request))


def _shown(one: Operation, *, may: bool) -> Shown:
    described = document([one])
    said = described["paths"][ROOT + one.path][one.method.lower()]
    schemas = described["components"]["schemas"]
    parameters = [_parameter(each["name"], each["in"], each["schema"], each) for each in said["parameters"]]
    if one.sends is not None:
        sent = schemas[one.sends.__name__]
        needed = sent.get("required", ())
        parameters += [
            _parameter(name, "body", _referred(schema, schemas), {"required": name in needed})
            for name, schema in sent["properties"].items()
        ]
    return Shown(
        name=one.name,
        method=one.method,
        path=ROOT + one.path,
        summary=one.summary,
        notes=one.notes,
        needs=one.needs or "",
        may=may,
        parameters=tuple(parameters),
    )


def _referred(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Give a member's schema with what is said where its type is described."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**schemas.get(name, {}), **schema}


def _parameter(name: str, where: str, schema: dict[str, Any], said: dict[str, Any]) -> Parameter:
    about = said.get("description") or schema.get("description", "")
    return Parameter(name, where, _kind(schema), about, bool(said.get("required")))


def _kind(schema: dict[str, Any]) -> str:
    """Say in a few words what a value may be."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = "" if low is None or high is None else f" {low} to {high:,}"
    return f"{schema.get('format') or schema.get('type', 'any')}{bounds}"


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
