"""The OpenAPI 3.1 document, made from the table of operations. Pure: operations in, document out."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from web.api_operation import ROOT, Media, Operation
from web.api_problem import MEDIA_TYPE, Problem
from web.cookies import SESSION

if TYPE_CHECKING:
    from pydantic import BaseModel

_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {"$ref": _REFERENCE.format(model=Problem.__name__)}
_JSON: Final = "application/json"
_SECURITY: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}]
_MEDIA: Final[dict[str, dict[str, Any]]] = {
    "text": {"schema": {"type": "string"}},
    "object": {"schema": {"type": "object"}},
    "octets": {},  # as OpenAPI 3.1 writes what has no schema
}
_WHY: Final = {
    202: "Not all of it yet; it goes on behind this answer. `Retry-After` says when to ask again.",
    400: "The request does not fit this document; `errors` says each place.",
    401: "No token or session came with the request, or one that is not valid (any more).",
    403: "The account's role or limits do not include this.",
    404: "There is no such thing, or none that the account may see.",
    409: "It cannot be done as things stand; `detail` says why.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "The request fits this document and still cannot be meant; `errors` says where, and what to write.",
    500: "Some of the archive could not be read, or the appliance failed; its own log has the reason.",
    503: "The appliance cannot do this now; `detail` says what to do.",
}
_ABOUT: Final = """\
Everything that the pages of this appliance show and do, for programs.

**Who asks.** Send an API token as `Authorization: Bearer TOKEN`. A token has the limits of its account, or
narrower ones. What an account may not see does not exist for it: 404, as for what was never there.

**Times** are RFC 3339 in UTC. `received_at` is when the appliance received a message, `timestamp` what the
sender's own clock said; the two are never mixed. Where a time is asked for, `-15m`, `-7d`, `today`,
`2026-11-20` and `2026-11-20T14:30:00+01:00` will do; without a zone it is UTC.

**Refusals** are problem details (RFC 9457). `detail` says what to do next, `errors` where the request is
wrong. A parameter that is not in this document is refused, and so is one that is given twice.

**Every answer says its scope**: what was searched, skipped, missing and damaged. What is damaged is
missing from the answer.
"""


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Give the document of these operations.

    Raises:
        ValueError: when two operations have one name.
    """
    names = [one.name for one in operations]
    if len(names) != len(set(names)):
        raise ValueError("two operations of web/api.py have the same name: give each its own")
    references, schemas = _schemas(operations)
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(ROOT + one.path, {})[one.method.lower()] = _operation(one, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sysledger", "version": version("sysledger"), "description": _ABOUT},
        "tags": [{"name": group} for group in dict.fromkeys(one.group for one in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token of an account."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SESSION,
                    "description": "Who is signed in to the pages. By TLS its name begins with `__Host-`.",
                },
            },
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Give the reference to each model, and the schemas under which they stand."""
    wanted: dict[tuple[type[BaseModel], Any], None] = {(Problem, "serialization"): None}
    for one in operations:
        if isinstance(one.gives, type):
            wanted[one.gives, "serialization"] = None
        if one.sends is not None:
            wanted[one.sends, "validation"] = None
    references, found = models_json_schema(list(wanted), ref_template=_REFERENCE)
    return references, found["$defs"]


def _operation(one: Operation, references: dict[Any, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.group],
        "parameters": _parameters(one),
        "responses": _responses(one, references),
        "security": [] if one.needs is None else _SECURITY,
    }
    notes = [one.notes] if one.notes else []
    notes += [] if one.needs is None else [f"Needs the permission `{one.needs}`."]
    if notes:
        made["description"] = " ".join(notes)
    if one.sends is not None:
        schema = references[one.sends, "validation"]
        made["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    return made


def _parameters(one: Operation) -> list[dict[str, Any]]:
    """Give the parameters; their model's schema stands on its own, so that none of it is a component."""
    schema = one.asks.model_json_schema(ref_template=_REFERENCE)
    needed = set(schema.get("required", ()))
    made = []
    for name, described in schema.get("properties", {}).items():
        in_path = f"{{{name}}}" in one.path
        about = described.pop("description", "")
        made.append(
            {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or name in needed,
                "description": about,
                "schema": _parameter_schema(described),
            }
        )
    return made


def _parameter_schema(described: dict[str, Any]) -> dict[str, Any]:
    """Give a parameter's schema: None is not a value of it, but its absence."""
    schema = {key: value for key, value in described.items() if key != "title"}
    if schema.get("default", ...) is None:
        del schema["default"]
        (only,) = [one for one in schema.pop("anyOf") if one != {"type": "null"}]
        schema |= only
    return schema


def _responses(one: Operation, references: dict[Any, Any]) -> dict[str, Any]:
    content = _content(one, references)
    made = {str(one.status): {"description": one.summary, **content}}
    for status in one.also:
        made[str(status)] = {**content, "description": _WHY[status]}
    refusals = {400, *one.refusals}
    refusals |= set() if one.needs is None else {401, 403}
    refusals |= set() if one.sends is None else {413, 415}
    for status in sorted(refusals | {500, 503}):
        described = _WHY.get(status, HTTPStatus(status).phrase)
        made[str(status)] = {"description": described, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    return made


def _content(one: Operation, references: dict[Any, Any]) -> dict[str, Any]:
    if one.gives is None:
        return {}
    if isinstance(one.gives, Media):
        text = _MEDIA[one.gives.schema]
        return {"description": one.gives.description, "content": dict.fromkeys(one.gives.types, text)}
    return {"content": {_JSON: {"schema": references[one.gives, "serialization"]}}}
