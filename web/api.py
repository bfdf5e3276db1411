"""The HTTP API: every operation there is, in one table, and its OpenAPI document.

Each operation's answer comes from the functions that the pages use, within the same limits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from access.visitor import Permission
from web import (
    api_archive,
    api_export,
    api_findings,
    api_ledger,
    api_listeners,
    api_me,
    api_message,
    api_operating,
    api_results,
    api_retention,
    api_reviewing,
    api_search,
    api_tail,
    api_tenants,
    api_users,
)
from web.api_document import document
from web.api_operation import ROOT, Media, Nothing, Operation
from web.api_serving import serving
from web.visiting import Handler

_UNCLEAR: Final = (404, 422)
_REVIEW: Final = "Review"
_APPLIANCE: Final = "Appliance"
_TENANTS: Final = "Tenants"
_ACCOUNTS: Final = "Accounts"
_COUNTING: Final = (
    "What takes longer than one waits goes on behind the answer, which is 202 then and has what is known by "
    "now: ask the same again."
)
_WHOLE: Final = "For accounts that see all messages of the tenant, as they were received."
_SIGNED: Final = (
    "For reading only: a sign-off says that a person has looked, so it takes somebody who is signed in, on "
    "the review's page, and no program."
)


async def _describe(_request: Request, _asked: Nothing) -> Response:
    """Give the document."""
    return JSONResponse(_DOCUMENT)


OPERATIONS: Final = (
    Operation(
        "GET", "/search", "search", "The newest messages that match.", api_search.search, api_search.Found,
        asks=api_search.SearchQuestion, refusals=_UNCLEAR, also=(202,), notes=_COUNTING,
    ),
    Operation(
        "GET", "/search/count", "count", "The number of all matches.", api_search.count, api_search.Count,
        asks=api_search.SurveyQuestion, refusals=_UNCLEAR, also=(202,), notes=_COUNTING,
    ),
    Operation(
        "GET", "/histogram", "histogram", "The matches over time, by severity.", api_search.histogram,
        api_search.HistogramFound, asks=api_search.SurveyQuestion, refusals=_UNCLEAR, also=(202,),
        notes=_COUNTING,
    ),
    Operation(
        "GET", "/facets", "facets", "The most frequent values of fields among the matches.",
        api_search.facets, api_search.FacetsFound, asks=api_search.FacetQuestion, refusals=_UNCLEAR,
        also=(202,), notes=_COUNTING,
    ),
    Operation(
        "GET", "/message/{tenant}/{stream}/{seq}", "message", "One message.", api_message.message,
        api_message.MessageFound, asks=api_message.MessageAsked, refusals=(404,),
    ),
    Operation(
        "GET", "/message/{tenant}/{stream}/{seq}/octets", "octets", "The exact octets of a message.",
        api_message.octets, Media((api_message.OCTETS,), "As received, framing removed.", "octets"),
        asks=api_message.MessageAsked, refusals=(404,),
    ),
    Operation(
        "GET", "/message/{tenant}/{stream}/{seq}/neighbours", "neighbours",
        "A message with those stored before and after it, oldest first.", api_message.neighbours,
        api_message.Neighbours, asks=api_message.NeighboursAsked, refusals=(404,),
    ),
    Operation(
        "GET", "/message/{tenant}/{stream}/{seq}/proof", "proof",
        "What proves that a message is in its tenant's ledger.", api_ledger.proof, api_ledger.PROOF,
        asks=api_message.MessageAsked, refusals=(404,), notes=_WHOLE,
    ),
    Operation(
        "GET", "/ledger", "ledgers", "The ledgers, and what they have signed.", api_ledger.ledgers,
        api_ledger.Ledgers, notes=_WHOLE,
    ),
    Operation(
        "GET", "/ledger/checkpoint", "checkpoint", "The newest checkpoint of a tenant's ledger, to be kept.",
        api_ledger.checkpoint, api_ledger.CHECKPOINT, asks=api_ledger.TenantAsked, refusals=(404,),
        notes=_WHOLE,
    ),
    Operation(
        "GET", "/tail", "tail", "Matches as they come in.", api_tail.tail, api_tail.EVENTS,
        asks=api_tail.TailQuestion, refusals=_UNCLEAR,
    ),
    Operation(
        "GET", "/export", "export", "Every match of a search as a file, without a cap.", api_export.give,
        api_export.FILE, asks=api_export.ExportQuestion, needs="export", refusals=_UNCLEAR,
    ),
    Operation(
        "GET", "/streams", "streams", "Every stream that the account may see.",
        api_me.streams, api_me.Streams,
    ),
    Operation(
        "GET", "/findings", "findings", "Findings that the account may see, newest first.",
        api_findings.findings, api_results.Findings, asks=api_findings.FindingsQuestion, group=_REVIEW,
    ),
    Operation(
        "POST", "/findings", "saveFinding", "Save the result of a search as a finding.", api_findings.save,
        api_results.FindingGiven, sends=api_findings.FindingSent, status=201, refusals=(404, 409, 422),
        group=_REVIEW, notes="With an owner and a day it is a matter, which takes the permission `review`.",
    ),
    Operation(
        "GET", "/findings/{number}", "finding", "One finding.", api_findings.finding,
        api_results.FindingGiven, asks=api_findings.NumberAsked, refusals=(404,), group=_REVIEW,
    ),
    Operation(
        "POST", "/findings/{number}/check", "checkFinding", "Make a finding's result anew, and compare.",
        api_findings.check, api_results.Checked, asks=api_findings.NumberAsked, refusals=(404, 409, 422),
        group=_REVIEW,
    ),
    Operation(
        "GET", "/reviews", "reviews", "Reviews that the account may see, newest first.", api_reviewing.queue,
        api_results.Reviews, asks=api_reviewing.ReviewsQuestion, group=_REVIEW,
        notes=_SIGNED,
    ),
    Operation(
        "GET", "/reviews/record", "reviewRecord", "All reviews of a range, and what none covers.",
        api_reviewing.record, api_results.ReviewRecord, asks=api_reviewing.RecordQuestion, refusals=(422,),
        group=_REVIEW, notes=_SIGNED,
    ),
    Operation(
        "GET", "/reviews/{number}", "review", "One review.", api_reviewing.review, api_results.ReviewGiven,
        asks=api_findings.NumberAsked, refusals=(404,), group=_REVIEW, notes=_SIGNED,
    ),
    Operation(
        "GET", "/saved", "saved", "The saved searches that the account may use.", api_reviewing.saved,
        api_results.SavedSearches, group=_REVIEW,
    ),
    Operation(
        "GET", "/status", "status", "How the appliance is.", api_operating.status, api_operating.Status,
        needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/sources", "sources", "Who sends, and what is out of the ordinary.", api_operating.sources,
        api_operating.Sources, asks=api_operating.SourcesQuestion, needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/balance", "balance", "What was received, stored, lost and refused.", api_operating.balance,
        api_operating.Balance, asks=api_operating.BalanceQuestion, needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/listeners", "listeners", "Where messages come in, what was lost there, and certificates.",
        api_listeners.listeners, api_listeners.Listening, needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/retention", "retention", "For how long streams are kept, what expires next, and the disk.",
        api_retention.retention, api_retention.RetentionGiven, needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/archive", "archive", "What is stored of each stream, and how it is.", api_archive.archive,
        api_archive.ArchiveGiven, needs="operate", group=_APPLIANCE,
    ),
    Operation(
        "GET", "/archive/{tenant}/{stream}", "archivedDays", "One stream day by day, newest first.",
        api_archive.archived, api_archive.ArchivedDays, asks=api_archive.ArchiveAsked, needs="operate",
        refusals=(404,), group=_APPLIANCE,
    ),
    Operation(
        "GET", "/tenants", "tenants", "Every tenant of the registry.", api_tenants.tenants,
        api_tenants.TenantsGiven, needs="administer", group=_TENANTS,
    ),
    Operation(
        "POST", "/tenants", "addTenant", "Add a tenant.", api_tenants.add, api_tenants.TenantGiven,
        sends=api_tenants.TenantSent, needs="administer", status=201, refusals=(409,), group=_TENANTS,
    ),
    Operation(
        "GET", "/tenants/{name}", "tenant", "One tenant.", api_tenants.tenant, api_tenants.TenantGiven,
        asks=api_tenants.TenantAsked, needs="administer", refusals=(404,), group=_TENANTS,
    ),
    Operation(
        "PATCH", "/tenants/{name}", "changeTenant", "Rename, suspend or resume it, set its days or quota.",
        api_tenants.change, api_tenants.TenantGiven, asks=api_tenants.TenantAsked,
        sends=api_tenants.TenantChange, needs="administer", refusals=(404, 409), group=_TENANTS,
    ),
    Operation(
        "POST", "/tenants/{name}/rules", "assignToTenant", "Give a tenant the messages of a sender.",
        api_tenants.assign, api_tenants.TenantGiven, asks=api_tenants.TenantAsked,
        sends=api_tenants.RuleSent, needs="administer", status=201, refusals=(404, 409), group=_TENANTS,
    ),
    Operation(
        "POST", "/tenants/{name}/rules/release", "releaseFromTenant", "Take a rule from a tenant.",
        api_tenants.release, api_tenants.TenantGiven, asks=api_tenants.TenantAsked,
        sends=api_tenants.RuleSent, needs="administer", refusals=(404, 409), group=_TENANTS,
    ),
    Operation(
        "POST", "/tenants/{name}/tokens", "addTenantToken", "Make a token for messages of a tenant.",
        api_tenants.add_token, api_tenants.TenantTokenMade, asks=api_tenants.TenantAsked,
        sends=api_tenants.LabelSent, needs="administer", status=201, refusals=(404, 409), group=_TENANTS,
    ),
    Operation(
        "DELETE", "/tenants/{name}/tokens/{label}", "revokeTenantToken", "Have a token count no more.",
        api_tenants.revoke_token, api_tenants.TenantGiven, asks=api_tenants.TokenAsked, needs="administer",
        refusals=(404, 409), group=_TENANTS,
    ),
    Operation(
        "GET", "/me", "me", "Who asks: role, permissions and limits.", api_me.me, api_me.Me, group=_ACCOUNTS,
    ),
    Operation(
        "GET", "/users", "users", "Every account.", api_users.users, api_users.Users, needs="administer",
        group=_ACCOUNTS,
    ),
    Operation(
        "POST", "/users", "addUser", "Make an account, and a link for its owner to choose a password.",
        api_users.add_user, api_users.Invited, sends=api_users.UserSent, needs="administer", status=201,
        refusals=(409, 422), group=_ACCOUNTS,
    ),
    Operation(
        "GET", "/users/{name}", "user", "One account.", api_users.user, api_users.User,
        asks=api_users.UserAsked, needs="administer", refusals=(404,), group=_ACCOUNTS,
    ),
    Operation(
        "PATCH", "/users/{name}", "changeUser", "Change an account's role or limits, or disable it.",
        api_users.change_user, api_users.User, asks=api_users.UserAsked, sends=api_users.UserChange,
        needs="administer", refusals=(404, 409, 422), group=_ACCOUNTS,
        notes="Its sessions end. Accounts are never removed, since the trail names them.",
    ),
    Operation(
        "POST", "/users/{name}/invitation", "inviteUser", "Make a link to choose a new password by.",
        api_users.invite_user, api_users.Invited, asks=api_users.UserAsked, needs="administer", status=201,
        refusals=(404, 409), group=_ACCOUNTS,
    ),
    Operation(
        "GET", "/tokens", "tokens", "The API tokens of the account; all of them for administrators.",
        api_users.tokens, api_users.Tokens, group=_ACCOUNTS,
        notes="A token that is no administrator's is told of itself only.",
    ),
    Operation(
        "POST", "/tokens", "addToken", "Make an API token.", api_users.add_token, api_users.TokenMade,
        sends=api_users.TokenSent, needs="administer", status=201, refusals=(404, 409, 422),
        group=_ACCOUNTS, notes="Everybody makes the own ones on the page Account.",
    ),
    Operation(
        "DELETE", "/tokens/{account}/{name}", "revokeToken", "End an API token for good.",
        api_users.revoke_token, None, asks=api_users.TokenAsked, status=204, refusals=(404, 409),
        group=_ACCOUNTS,
        notes="Who is signed in ends the own ones, an administrator anybody's. A token that is no "
        "administrator's ends itself only: one that leaked cannot stop the others.",
    ),
    Operation(
        "GET", "/openapi.json", "openapi", "This document.", _describe,
        Media(("application/json",), "OpenAPI 3.1.", "object"), needs=None, group=_ACCOUNTS,
    ),
)  # fmt: skip
_DOCUMENT: Final = document(OPERATIONS)


@dataclass(frozen=True, slots=True)
class Address:
    """One path and who answers there; ``needs`` is what all who come need, each operation may need more."""

    path: str
    handler: Handler
    needs: Permission | None
    methods: tuple[str, ...]


def by_path() -> Iterator[Address]:
    """Give each path once, so that a refusal of other methods names all that there are."""
    for path in dict.fromkeys(one.path for one in OPERATIONS):
        here = [one for one in OPERATIONS if one.path == path]
        needs: Permission | None = "read" if all(one.needs for one in here) else None
        yield Address(ROOT + path, serving(here), needs, tuple(one.method for one in here))
