"""Who may see what stands in the reviews: nobody learns by them what a search of their own would not show.

A result is seen by whoever sees its stream, and whose limits leave at least what the result was made with. So
a count that was made over all hosts is not there for somebody who may see one host.
"""

from dataclasses import replace

from access.visitor import Limits, Visitor
from storage.layout import StreamName
from storage.results import Request


def may_see(visitor: Visitor, name: StreamName, made_with: Limits | None) -> bool:
    """Say whether a visitor may see what was made of a stream with these limits.

    ``made_with`` None is for what holds nothing of the stream yet, though its query may name what is masked.
    """
    if not visitor.sees(name.tenant, name.stream):
        return False
    return not visitor.limits.masked if made_with is None else _within_stream(visitor.limits, made_with)


def may_use(visitor: Visitor, name: StreamName, masked_from_owner: tuple[str, ...]) -> bool:
    """Say whether a visitor may see a shared search, whose words may be what is masked for the visitor."""
    return visitor.sees(name.tenant, name.stream) and set(visitor.limits.masked) <= set(masked_from_owner)


def with_range(limits: Limits, asked: Request) -> Limits:
    """Give limits that a request's range of receive times narrows further: it sees nothing outside."""
    if asked.time != "received":
        return limits
    start = max((one for one in (limits.start, asked.start) if one), default=None)
    end = min((one for one in (limits.end, asked.end) if one), default=None)
    return replace(limits, start=start, end=end)


def _within_stream(outer: Limits, inner: Limits) -> bool:
    """Compare limits within one stream that both see: which others they see does not matter."""
    masked = set(outer.masked) <= set(inner.masked)
    return _covers_sources(outer, inner) and _covers_times(outer, inner) and masked


def _covers_sources(outer: Limits, inner: Limits) -> bool:
    if not (outer.hosts or outer.networks):
        return True
    if not (inner.hosts or inner.networks):
        return False
    return set(inner.hosts) <= set(outer.hosts) and set(inner.networks) <= set(outer.networks)


def _covers_times(outer: Limits, inner: Limits) -> bool:
    starts = outer.start is None or (inner.start is not None and inner.start >= outer.start)
    ends = outer.end is None or (inner.end is not None and inner.end <= outer.end)
    return starts and ends
