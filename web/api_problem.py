"""What the API answers when it cannot answer: problem details (RFC 9457), each with what to do next.

The same request refused by a page gets a page; an address below ``/api/`` gets one of these.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

API: Final = "/api/"
MEDIA_TYPE: Final = "application/problem+json"
_NO_OPERATION: Final = "There is no such operation. See /api/v1/openapi.json for those that there are."


Where = Literal["query", "path", "body"]


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: Where = Field(description="In which part of the request.")
    name: str = Field(description="Of the parameter or the body's member, with dots; empty for the whole.")
    what: str = Field(description="What is wrong, and what to write.")
    hint: str = Field(default="", description="What may have been meant.")
    position: int | None = Field(default=None, description="Character at which it is, from 0.")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always about:blank: the status says the kind.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The response's status.")
    detail: str = Field(description="What happened, and what to do next.")
    errors: list[Fault] = Field(default_factory=list, description="Each thing that is wrong, all at once.")


class ApiError(HTTPException):
    """What was asked of the API cannot be answered; ``faults`` says each reason."""

    def __init__(self, status: int, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(status, detail)
        self.faults = tuple(faults)


def is_api(path: str) -> bool:
    """Say whether an address belongs to the API, so that its refusals are problem details."""
    return path.startswith(API)


def problem(
    status: int, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Give the response that tells a problem.

    Args:
        status: of HTTP.
        detail: what happened, and what to do next.
        faults: what is wrong with the request.
        headers: of the response, beside its media type.
    """
    told = Problem(title=_title(status), status=status, detail=detail, errors=list(faults))
    # A fault quotes what was sent: JSON's escapes let any of it through, half a surrogate pair included.
    return Response(json.dumps(_told(told)), status, dict(headers or {}), MEDIA_TYPE)


def api_refused(error: HTTPException) -> Response:
    """Answer a request to the API that a handler or the table of routes refused."""
    faults = error.faults if isinstance(error, ApiError) else ()
    # Starlette's own errors say no more than their status, as title and detail alike.
    is_ours = error.detail != _title(error.status_code)
    detail = error.detail if is_ours else _NO_OPERATION
    return problem(error.status_code, detail, faults, error.headers)


def _told(told: Problem) -> dict[str, Any]:
    return told.model_dump(exclude_none=True)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
