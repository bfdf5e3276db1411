"""The OpenAPI document: it says what there is, and nothing else."""

import httpx
import pytest

from web.api import OPERATIONS, by_path
from web.api_document import document
from web.api_operation import ROOT
from web.routes import PAGES


def test_it_is_served(client: httpx.Client) -> None:
    """The document is there without an account, as OpenAPI 3.1, with the release's number."""
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert found["openapi"] == "3.1.0"
    assert found == document(OPERATIONS)


def test_every_operation_has_a_route_and_stands_in_the_document() -> None:
    """Routes and document are of one table: neither has what the other lacks."""
    routed = {
        (page.path, method) for page in PAGES if page.path.startswith("/api/") for method in page.methods
    }
    described = {
        (path, method.upper()) for path, here in document(OPERATIONS)["paths"].items() for method in here
    }
    assert routed == described == {(ROOT + one.path, one.method) for one in OPERATIONS}


def test_every_parameter_is_described() -> None:
    """Each parameter says what it is, and those of the path are required."""
    for path, methods in document(OPERATIONS)["paths"].items():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                assert parameter["description"], (path, parameter["name"])
                assert parameter["required"] is True or parameter["in"] == "query"
                assert (f"{{{parameter['name']}}}" in path) == (parameter["in"] == "path")


def test_who_may_is_said() -> None:
    """Operations that need a permission ask for a token or a session, and can answer 401 and 403."""
    for one in OPERATIONS:
        said = document([one])["paths"][ROOT + one.path][one.method.lower()]
        assert bool(said["security"]) == (one.needs is not None)
        assert ("401" in said["responses"]) == (one.needs is not None)


def test_only_the_document_is_for_everybody() -> None:
    """Nothing of the API but its own description is given to who has not signed in."""
    assert [one.path for one in by_path() if one.needs is None] == ["/api/v1/openapi.json"]


def test_two_operations_cannot_have_one_name() -> None:
    """Generated clients would lose one of them, so the start fails."""
    with pytest.raises(ValueError, match="give each its own"):
        document([OPERATIONS[0], OPERATIONS[0]])


def test_schemas_have_names_that_people_can_read() -> None:
    """No two models share a name, which would be told apart by the names of our modules."""
    assert [name for name in document(OPERATIONS)["components"]["schemas"] if not name.isalnum()] == []
