"""What people send: read within bounds, and only from a form of ours, sent by the browser that we gave it to.

Three things keep another site from sending a form in somebody's name. The browser says for whom it asks
(Sec-Fetch-Site, and Origin); it sends no session's cookie along with another site's form (SameSite); and each
form holds a token that only our pages know, made of the session that it was shown in.
"""

import hmac
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from markupsafe import Markup
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request

from access.visitor import Visitor, current
from web.errors import ForbiddenError, UnclearError
from web.tickets import Tickets

Fields = ImmutableMultiDict[str, str]  # a mapping; a field that is repeated has all with getlist
FIELD: Final = "csrf"
MOST_OCTETS: Final = 1 << 20
MOST_FIELDS: Final = 1000
_KIND: Final = "application/x-www-form-urlencoded"
_PURPOSE: Final = "form"


class Forms:
    """The tokens of an application's forms."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    def token(self) -> str:
        """Give the token of forms that are shown to who asks."""
        return self._tickets.tag(_PURPOSE, _whose(current()))

    def hidden_input(self) -> Markup:
        """Give the field that each form holds."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self.token())

    def is_right(self, token: str) -> bool:
        """Say whether a form was shown to who asks."""
        return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self.token().encode())


async def submitted(request: Request) -> Fields:
    """Give the fields of a form that was sent to us, each a text.

    Raises:
        ForbiddenError: when it is no form of ours, or was shown to somebody else, or long ago.
        UnclearError: when it cannot be read.
        HTTPException: 413, when it is too long; 415, when it is no form.
    """
    if not is_own(request):
        raise ForbiddenError(
            "Another site sent this form in your name. Nothing was changed. Send it from here."
        )
    fields = await _fields(request)
    forms: Forms = request.app.state.forms
    if current().means != "token" and not forms.is_right(fields.get(FIELD, "")):
        raise ForbiddenError(
            "This form was shown to another session, or long ago. Nothing was changed. Go back, load the "
            "page again, and send it from there."
        )
    return fields


def is_own(request: Request) -> bool:
    """Say whether a browser sent this for one of our own pages; what is no browser says nothing, and may."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _fields(request: Request) -> Fields:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise HTTPException(415)
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > MOST_OCTETS:
            raise HTTPException(413)
    try:
        return ImmutableMultiDict(
            parse_qsl(
                octets.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
            )
        )
    except ValueError as error:  # not ASCII, not UTF-8, or too many
        raise UnclearError("The form cannot be read. Load its page again, and send it from there.") from error


def _whose(visitor: Visitor) -> str:
    return f"{visitor.means}\n{visitor.name}\n{visitor.session}"
