"""/healthz: says that the web role answers, for whoever watches it."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse


async def health(_request: Request) -> PlainTextResponse:
    """Answer; that is all there is to say."""
    return PlainTextResponse("ok\n")
