"""What is told of reviews and findings: all of it as JSON, the gist of it as rows."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from access.visitor import Limits
from reviews import making
from reviews.making import Means
from reviews.periods import Period
from reviews.store import Store
from reviews.told import (
    FINDING_COLUMNS,
    REVIEW_COLUMNS,
    finding_document,
    finding_row,
    review_document,
    review_row,
)
from tests.reviews.conftest import DAILY, DAY, Keep, draft

NEXT = DAY + timedelta(days=1)


@pytest.fixture
def full(store: Store, means: Means, keep: Keep) -> Store:
    """Give a store with a review and a finding of its result, both number 1."""
    keep([b"<35>1 - web-01 sshd - - - failed", b"other"])
    search = store.searches.add(draft(schedule=DAILY), "anna", (), DAY)
    store.queue.open(store.searches.get(search), Period(DAY, NEXT), NEXT)
    making.make_all(means)
    store.findings.save("A failure", 1, by="rita", note="", at=NEXT)
    return store


def test_a_review_is_told(full: Store) -> None:
    """Period, state, result and digest are JSON, and the row has what people look for."""
    review, result = full.queue.get(1), full.results.get(1)
    told = json.loads(json.dumps(review_document(review, result, NEXT)))
    assert (told["state"], told["from"], told["to"]) == (
        "waiting", "2026-11-20T00:00:00.000000Z", "2026-11-21T00:00:00.000000Z",
    )  # fmt: skip
    assert (told["result"]["evidence"]["count"], told["result"]["evidence"]["total"]) == (1, 2)
    row = dict(zip(REVIEW_COLUMNS, review_row(told), strict=True))
    assert (row["matches"], row["state"], row["reviewer"]) == ("1", "waiting", "rita")
    assert row["period"] == "2026-11-20T00:00 to 2026-11-21T00:00"


def test_a_finding_is_told(full: Store) -> None:
    """The same of a finding, whose limits are told where there are any."""
    finding, result = full.findings.get(1), full.results.get(1)
    told = finding_document(finding, replace(result, limits=Limits(hosts=("web-*",))))
    assert told["result"]["limits"] == {"hosts": ["web-*"]}
    row = dict(zip(FINDING_COLUMNS, finding_row(told), strict=True))
    assert (row["title"], row["matches"], row["of"], row["due"]) == ("A failure", "1", "2", "")


def test_what_is_not_made_is_told(full: Store) -> None:
    """A result that failed, or is on its way, has no number."""
    finding, result = full.findings.get(1), full.results.get(1)
    unmade = replace(result, evidence=None, made_at=None, limits=None)
    assert finding_document(finding, unmade)["result"]["evidence"] is None
    assert finding_row(finding_document(finding, unmade))[5] == "not made"
    failed = replace(unmade, failure="no disk")
    assert finding_row(finding_document(finding, failed))[5] == "failed"
