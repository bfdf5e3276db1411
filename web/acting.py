"""What people do to one review or one finding: a form is read, the deed done, and the page shown again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.visitor import Visitor, current
from reviews import making
from reviews.evidence import difference
from reviews.making import CannotMakeError
from reviews.results import Result
from web.deeds import fields_of, named
from web.desk import Desk, desk
from web.errors import NotFoundError
from web.findings import REFUSALS, told

CHECK: Final = "check"  # the deed that makes a result once more, which may take a while
Deed = Callable[[Desk, Visitor, int, Mapping[str, str]], None]
# Shows the page, with what was refused, which deed that was, and what was typed.
Show = Callable[[Desk, Visitor, int, str, str, Mapping[str, str] | None], Response]


@dataclass(frozen=True, slots=True)
class Subject:
    """What deeds are done to.

    Attributes:
        called: in a sentence, such as ``a review``.
        path: of the pages, without the number.
        show: shows the page of one.
        deeds: what can be done to one, by the word in its address.
    """

    called: str
    path: str
    show: Show
    deeds: Mapping[str, Deed]


async def shown(request: Request, subject: Subject) -> Response:
    """Show the page of the one that the address names."""
    served, number = desk(request), named(request)
    return await served.work(subject.show, served, current(), number, "", "", None)


async def act(request: Request, subject: Subject) -> Response:
    """Do what a form says to the one that the address names; a refusal is shown with what was typed."""
    served, number, visitor = desk(request), named(request), current()
    fields = await fields_of(request)
    deed = request.path_params["deed"]
    if deed not in subject.deeds:
        raise NotFoundError(f"Nothing of this name can be done to {subject.called}.")
    try:
        work = served.reviewing.behind if deed == CHECK else served.work
        await work(subject.deeds[deed], served, visitor, number, fields)
    except (*REFUSALS, CannotMakeError) as error:
        return await served.work(subject.show, served, visitor, number, told(error), deed, fields)
    return RedirectResponse(f"{subject.path}/{number}", 303)


def check(served: Desk, visitor: Visitor, result: Result) -> bool | None:
    """Make a result once more, and say whether it is the same; None for one that only now was to be made.

    Raises:
        CannotMakeError: when it cannot be made now.
    """
    if result.evidence is None:  # asked for, but not made: a check tries once more
        making.make(served.reviewing.means, result.number)
        return None
    then, now = making.check(served.reviewing.means, result.number, visitor)
    assert then.evidence is not None  # noqa: S101 - for the type checker
    return not difference(then.evidence, now)
