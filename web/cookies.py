"""The cookies that we give: which, and how far a browser may carry them.

``__Host-`` is a browser's word for: by TLS only, for this host only, and nobody else set it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

SESSION: Final = "sysledger-session"
OPENID: Final = "sysledger-openid"
BROWSER: Final = "sysledger-browser"


def cookie(request: Request, name: str, *, secure: bool) -> str:
    """Give what a browser brought of a cookie; nothing where it brought none."""
    return request.cookies.get(_full(name, secure=secure), "")


def give(response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None) -> None:
    """Give a cookie with a response.

    Args:
        response: that carries it.
        name: of the cookie.
        value: that the browser brings back; no script of a page sees it.
        secure: whether browsers come by TLS.
        seconds: how long it is kept; None until the browser is closed.
    """
    # Lax: a link from a mail or a ticket finds who follows it signed in; a form of another site does not.
    response.set_cookie(
        _full(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def take(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(_full(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax")


def _full(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
