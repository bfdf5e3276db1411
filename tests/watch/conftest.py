"""What the watch's tests share: a stream that grows, as the relay's have it."""

from tests.relay.conftest import Append, append, layout

__all__ = ["Append", "append", "layout"]
