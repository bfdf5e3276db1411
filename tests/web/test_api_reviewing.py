"""/api/v1/reviews and /saved: what is reviewed, and what came of it."""

from storage.layout import Layout
from tests.web.asking import ANN, BOB, Asking
from tests.web.furnished import furnish


def test_reviews_and_saved_searches_are_listed(layout: Layout) -> None:
    """What was scheduled is there with its period, its state, and what was found."""
    furnish(layout)
    client = Asking(layout).as_(ANN)
    (saved,) = client.get("/api/v1/saved").json()["saved"]
    assert (saved["schedule"], saved["reviewer"]) == ("daily at 00:00 UTC", "ann")
    review, _ = client.get("/api/v1/reviews").json()["reviews"]
    assert (review["search"], review["reviewer"], review["signed_at"]) == (saved["number"], "ann", None)
    assert review["from"] < review["to"] < review["due_at"]
    assert client.get(f"/api/v1/reviews/{review['number']}").json() == review
    assert client.get("/api/v1/reviews/99").status_code == 404


def test_a_record_has_every_review_of_its_range(layout: Layout) -> None:
    """As many as the list has, oldest first, with what none covers; somebody limited sees none of them."""
    furnish(layout)
    asking = Asking(layout)
    client = asking.as_(ANN)
    listed = client.get("/api/v1/reviews").json()["reviews"]
    found = client.get("/api/v1/reviews/record?from=2000-01-01").json()
    assert found == {"reviews": listed[::-1], "gaps": []}
    assert client.get("/api/v1/reviews/record?from=2000-01-01&to=2000-02-01").json()["reviews"] == []
    refused = client.get("/api/v1/reviews/record?from=2001-01-01&to=2000-01-01")
    assert refused.status_code == 422
    assert "Swap them" in refused.text
    assert client.get("/api/v1/reviews/record?from=soon").status_code == 422
    none = asking.as_(BOB).get("/api/v1/reviews/record?from=2000-01-01").json()
    assert none == {"reviews": [], "gaps": []}
