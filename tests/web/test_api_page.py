"""/api: what programs may ask, for people."""

import re
from html import unescape

from starlette.requests import Request
from starlette.testclient import TestClient

from access.visitor import Visitor
from storage.layout import Layout
from web.api import OPERATIONS
from web.app import create_app
from web.settings import WebSettings


def page_for(layout: Layout, visitor: Visitor) -> str:
    """Give the page as somebody sees it."""

    async def identify(_request: Request) -> Visitor:
        return visitor

    client = TestClient(create_app(layout, WebSettings(), identify=identify), base_url="http://localhost")
    answer = client.get("/api")
    assert answer.status_code == 200
    return str(answer.text)


def test_every_operation_is_listed(layout: Layout) -> None:
    """Each operation is there with its method, path, and every parameter of the query, path and body."""
    page = page_for(layout, Visitor("ann", "administrator"))
    for one in OPERATIONS:
        part = page[page.index(f'id="{one.name}"') :].partition("</details>")[0]
        assert f"<code>/api/v1{one.path}</code>" in part
        assert one.method in part
        for model in (one.asks, one.sends):
            for name, field in model.model_fields.items() if model else ():
                assert f"<code>{field.validation_alias or name}</code>" in part
    assert "Not for your role" not in page


def test_who_may_not_is_told(layout: Layout) -> None:
    """An auditor sees which operations are not for the role."""
    page = page_for(layout, Visitor("bob", "auditor"))
    part = page[page.index('id="addUser"') :].partition("</summary>")[0]
    assert "Not for your role" in part
    part = page[page.index('id="search"') :].partition("</summary>")[0]
    assert "Not for your role" not in part


def test_the_example_is_for_this_appliance(layout: Layout) -> None:
    """The command to begin with has the address at which the page was asked for."""
    text = unescape(re.sub(r"<[^>]*>", "", page_for(layout, Visitor("bob", "auditor"))))
    assert 'curl -H "Authorization: Bearer TOKEN" "http://localhost/api/v1/search?' in text
