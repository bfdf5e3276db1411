"""What the pages of saved searches, reviews and findings are sent: a number in the address, a form."""

from typing import Final

from starlette.requests import Request

from web.errors import NotFoundError
from web.forms import submitted

_NUMBER_DIGITS: Final = 18


async def fields_of(request: Request) -> dict[str, str]:
    """Give the texts of a form that was sent to us; raises what ``web.forms.submitted`` does."""
    return {name: str(value) for name, value in (await submitted(request)).multi_items()}


def named(request: Request) -> int:
    """Read the number in an address."""
    text = request.path_params["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS):
        raise NotFoundError("This address ends with a number, such as 12.")
    return int(text)
