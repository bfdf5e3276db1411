"""/healthz."""

import httpx


def test_it_says_ok(client: httpx.Client) -> None:
    """The address for watchers answers with plain text, also while there is no data at all."""
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["content-type"].startswith("text/plain")
