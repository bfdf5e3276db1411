"""Who may open what, and what is said to others."""

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response

from access.visitor import Limits, Role, Visitor, visiting
from web.errors import ForbiddenError
from web.visiting import only_for


@pytest.mark.parametrize(
    ("role", "limits", "why"),
    [
        ("operator", Limits(), "ada is operator, which does not include the permission trail"),
        ("auditor", Limits(tenants=("shop",)), "The limits of ada leave the auditor's permission trail out"),
    ],
)
def test_a_refusal_says_whether_role_or_limits_are_why(role: Role, limits: Limits, why: str) -> None:
    """An administrator learns from a refusal what to change: the role, or the limits."""

    async def nothing(_request: Request) -> Response:
        return Response()

    async def ask() -> Response:
        return await only_for("trail", nothing)(Request({"type": "http", "method": "GET", "path": "/trail"}))

    with visiting(Visitor("ada", role, limits)), pytest.raises(ForbiddenError, match=why):
        anyio.run(ask)
