"""Every address there is, in one table: path, handler, the template that it fills, and who may go there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.visitor import Permission
from web import finding, finding_new, findings, review, review_record, reviews, saved, saved_search
from web.account import account
from web.api import by_path
from web.api_page import api
from web.archive import archive
from web.balance import balance
from web.complete import complete
from web.device import device
from web.export import export
from web.exports import exports, stop_export
from web.health import health
from web.ledger import checkpoint, ledger, proof
from web.listeners import listeners
from web.message import message, octets
from web.openid import openid, openid_back
from web.overview import overview
from web.retention import retention
from web.search import home, progress, search, stop
from web.sign_in import sign_in, sign_out
from web.sources import sources
from web.stream import stream
from web.tail import events, tail
from web.tenant import change_tenant, tenant
from web.tenants import add as add_tenant
from web.tenants import tenants
from web.trail import trail
from web.user import user
from web.users import users
from web.welcome import welcome


@dataclass(frozen=True, slots=True)
class Page:
    """One address.

    Attributes:
        path: as Starlette writes it.
        handler: answers.
        template: that the handler fills.
        needs: the permission without which nobody gets there; None lets everybody in.
        methods: those that are answered; HEAD comes with GET.
    """

    path: str
    handler: Callable[[Request], Awaitable[Response]]
    template: str | None = None
    needs: Permission | None = "read"
    methods: tuple[str, ...] = ("GET",)


PAGES: Final = (
    Page("/", home),
    Page("/search", search, "search.html"),
    Page("/search/progress", progress),
    Page("/search/stop", stop, methods=("POST",)),
    Page("/search/complete", complete),
    Page("/tail", tail, "tail.html"),
    Page("/tail/events", events),
    Page("/message/{tenant}/{stream}/{seq}", message, "message.html"),
    Page("/message/{tenant}/{stream}/{seq}/octets", octets),
    Page("/message/{tenant}/{stream}/{seq}/proof", proof),
    Page("/ledger", ledger, "ledger.html"),
    Page("/ledger/checkpoint", checkpoint),
    Page("/export", export, needs="export"),
    Page("/exports", exports, "exports.html", needs="export"),
    Page("/exports/stop", stop_export, needs="export", methods=("POST",)),
    Page("/trail", trail, "trail.html", needs="trail"),
    Page("/overview", overview, "overview.html", needs="operate"),
    Page("/sources", sources, "sources.html", needs="operate"),
    Page("/tenants", tenants, "tenants.html", needs="administer"),
    Page("/tenants", add_tenant, needs="administer", methods=("POST",)),
    Page("/tenants/{name}", tenant, "tenant.html", needs="administer"),
    Page("/tenants/{name}", change_tenant, needs="administer", methods=("POST",)),
    Page("/sources/one", device, "device.html", needs="operate"),
    Page("/listeners", listeners, "listeners.html", needs="operate"),
    Page("/archive", archive, "archive.html", needs="operate"),
    Page("/archive/{tenant}/{stream}", stream, "stream.html", needs="operate"),
    Page("/retention", retention, "retention.html", needs="operate"),
    Page("/sign-in", sign_in, "sign_in.html", needs=None, methods=("GET", "POST")),
    Page("/sign-in/openid/{provider}", openid, needs=None),
    Page("/sign-in/openid/{provider}/back", openid_back, needs=None),
    Page("/sign-out", sign_out, needs=None, methods=("POST",)),
    Page("/welcome/{secret}", welcome, "welcome.html", needs=None, methods=("GET", "POST")),
    Page("/account", account, "account.html", methods=("GET", "POST")),
    Page("/users", users, "users.html", needs="administer", methods=("GET", "POST")),
    Page("/users/{name}", user, "user.html", needs="administer", methods=("GET", "POST")),
    Page("/saved", saved.saved, "saved.html"),
    Page("/saved/new", saved_search.new, "saved_search.html", methods=("GET", "POST")),
    Page("/saved/{number}", saved_search.one, "saved_search.html", methods=("GET", "POST")),
    Page("/saved/{number}/remove", saved_search.remove, methods=("POST",)),
    Page("/reviews", reviews.reviews, "reviews.html"),
    Page("/reviews/record", review_record.record, "review_record.html"),
    Page("/reviews/{number}", review.one, "review.html"),
    Page("/reviews/{number}/{deed}", review.act, methods=("POST",)),
    Page("/findings", findings.findings, "findings.html"),
    Page("/findings/new", finding_new.new, "finding_new.html", methods=("GET", "POST")),
    Page("/findings/{number}", finding.one, "finding.html"),
    Page("/findings/{number}/{deed}", finding.act, methods=("POST",)),
    Page("/balance", balance, "balance.html", needs="operate"),
    Page("/healthz", health, needs=None),
    Page("/api", api, "api.html"),
    *(Page(one.path, one.handler, needs=one.needs, methods=one.methods) for one in by_path()),
)
