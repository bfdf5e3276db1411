"""Programs at the HTTP API, in tests: clients of one application, each somebody's."""

from starlette.requests import Request
from starlette.testclient import TestClient

from access.visitor import Limits, Visitor
from storage.layout import Layout
from web.app import create_app
from web.settings import WebSettings

ANN = Visitor("ann", "administrator")
BOB = Visitor("bob", "auditor", Limits(tenants=("lab",)))
EVE = Visitor("eve", "auditor")


class Asking:
    """Clients of one application, each somebody's."""

    def __init__(self, layout: Layout) -> None:
        self._visitor = ANN
        self.client = TestClient(
            create_app(layout, WebSettings(), identify=self._who), base_url="http://localhost"
        )

    async def _who(self, _request: Request) -> Visitor:
        return self._visitor

    def as_(self, visitor: Visitor) -> TestClient:
        """Ask as somebody from now on."""
        self._visitor = visitor
        return self.client
