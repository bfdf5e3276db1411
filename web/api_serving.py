"""How a request of the API becomes plain values, and what a handler gives becomes a response."""

import json
from collections.abc import Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response

from access.visitor import current
from web.api_operation import Asked, Media, Operation, Sent
from web.api_problem import ApiError, Fault, Where
from web.desk import desk
from web.errors import ForbiddenError
from web.forms import is_own
from web.visible import plain
from web.visiting import Handler, only_for

MAXIMUM_BODY: Final = 65_536  # octets; no body of the API has to be longer
_JSON: Final = "application/json"
_BAD, _TOO_LONG, _NOT_JSON = 400, 413, 415
_SHOWN: Final = 100  # characters of what was sent that an error quotes
_FAULTS: Final = 20  # that an answer tells; a thousand wrong members have one cause

A = TypeVar("A", bound=Asked)
S = TypeVar("S", bound=Sent)
M = TypeVar("M", bound=BaseModel)


def serving(operations: Iterable[Operation]) -> Handler:
    """Give the handler of one path: that operation answers which has the request's method.

    Each is guarded by the permission that it needs.
    """
    by_method: dict[str, Handler] = {one.method: only_for(one.needs, _answering(one)) for one in operations}

    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await by_method[method](request)

    return serve


def asked_of(model: type[A], query: Iterable[tuple[str, str]], path: Mapping[str, str]) -> A:
    """Read the parameters of a query and a path.

    Raises:
        ApiError: 400 with everything that is wrong, when they do not fit ``model``.
    """
    several = {name for name, field in _named(model).items() if _is_list(field.annotation)}
    given: dict[str, Any] = {}
    faults = []
    for name, value in query:
        if name in several:
            given.setdefault(name, []).append(value)
        elif name in given:
            faults.append(Fault(where="query", name=_shown(name), what="It is given twice. Give it once."))
        else:
            given[name] = value
    if hidden := [name for name in path if name in given]:
        faults += [
            Fault(where="query", name=name, what="It stands in the path. Leave it out.") for name in hidden
        ]
    return _validated(lambda: model.model_validate({**given, **path}), model, set(path), faults)


async def sent_by(model: type[S], request: Request) -> S:
    """Read the body of a request.

    Raises:
        ApiError: 413, 415 or 400, when it is too long, not JSON, or does not fit ``model``.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise ApiError(_NOT_JSON, f"Send the body as JSON, with the header Content-Type: {_JSON}.")
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > MAXIMUM_BODY:
            raise ApiError(_TOO_LONG, f"The body is too long. Send at most {MAXIMUM_BODY:,} octets.")
    return _validated(lambda: model.model_validate_json(bytes(octets)), model, None, [])


def _answering(operation: Operation) -> Handler:
    async def answer(request: Request) -> Response:
        if operation.method != "GET" and current().means != "token" and not is_own(request):
            raise ForbiddenError(
                "A page of another site asked for this change. Send it from outside a browser, or with an "
                "API token as 'Authorization: Bearer TOKEN'."
            )
        asked = asked_of(operation.asks, request.query_params.multi_items(), request.path_params)
        sent = () if operation.sends is None else (await sent_by(operation.sends, request),)
        if iscoroutinefunction(operation.answer):
            if request.method == "HEAD" and isinstance(operation.gives, Media):
                return Response(media_type=operation.gives.types[0])
            return _response(operation, await operation.answer(request, asked, *sent))
        served = desk(request)
        return await served.work(_worked, operation, served, asked, *sent)

    return answer


def _worked(operation: Operation, *arguments: Any) -> Response:
    return _response(operation, operation.answer(*arguments))


def _response(operation: Operation, found: Response | BaseModel | None) -> Response:
    if isinstance(found, Response):
        return found
    if found is None:
        return Response(status_code=operation.status)
    return Response(found.model_dump_json(by_alias=True), operation.status, media_type=_JSON)


def _validated(read: Callable[[], M], model: type[M], path: set[str] | None, faults: list[Fault]) -> M:
    """Read, or tell what is wrong: ``path`` are the names that stand there; None for a body."""
    found = None
    try:
        found = read()
    except ValidationError as error:
        faults += [_fault(one, model, path) for one in error.errors(include_url=False)[:_FAULTS]]
    if found is None or faults:
        raise ApiError(_BAD, "The request cannot be read. See errors, and /api/v1/openapi.json.", faults)
    return found


def _fault(error: Any, model: type[BaseModel], path: set[str] | None) -> Fault:
    place = [str(part) for part in error["loc"]]
    name = _shown(".".join(place))
    where: Where = "body" if path is None else "path" if place and place[0] in path else "query"
    if error["type"] == "extra_forbidden":
        known = sorted(_named(model))
        what = f"There is no such name here. Known are: {', '.join(known) or 'none'}."
    else:
        what = plain(str(error["msg"]).removeprefix("Value error, "))[: 3 * _SHOWN].strip()
        what = f"{what[:1].upper()}{what[1:]}."
    return Fault(where=where, name=name, what=what)


def _shown(text: str) -> str:
    return plain(text)[:_SHOWN]


def _named(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Give a model's fields by the names under which they are sent."""
    return {str(field.validation_alias or name): field for name, field in model.model_fields.items()}


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in {list, tuple}


def json_text(value: object) -> str:
    """Give a value as JSON in one line, for an event of a stream."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
