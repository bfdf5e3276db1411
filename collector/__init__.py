"""The world's octets in, acknowledged batches out: listeners, framing, and the hand-off's sending side."""
