"""What the visitor of a request sees: handlers get it from the desk."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from access.limits import told
from access.sight import Sights, shows_octets
from access.visitor import Visitor, current
from storage.layout import StreamName
from storage.search import Searcher

MASKED_OCTETS: Final = (
    "Some values are masked for you, and the exact octets of a message would show them. Take CSV or JSON, or "
    "ask an administrator of this appliance."
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one visitor sees.

    Attributes:
        visitor: whose sight it is.
        searcher: answers as if the rest were not there; keep it for work that goes on in other threads.
        shows_octets: exact octets may be given, since no value is masked; else refuse with MASKED_OCTETS.
        told: the limits in words, one a line; an answer within limits says so.
    """

    visitor: Visitor
    searcher: Searcher
    shows_octets: bool
    told: tuple[str, ...]


def sight_of_visitor(sights: Sights) -> Sight:
    """Give the sight of who asks.

    Raises:
        LimitsUnreadableError: when the visitor's limits cannot be applied.
    """
    visitor = current()
    return Sight(visitor, sights.searcher(visitor), shows_octets(visitor), tuple(told(visitor.limits)))


def key(sights: Sights, name: StreamName) -> Hashable:
    """Give what tells two visitors apart, and one before and after a change, whose answers may differ.

    Whatever is kept of an answer about a stream is kept under this, too.
    """
    visitor = current()
    who = (visitor.name, visitor.role, visitor.means, visitor.limits)
    return (*who, sights.sees(visitor, name), sights.stamp())
