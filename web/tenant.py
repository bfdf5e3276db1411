"""/tenants/NAME: one tenant, and every change of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.tenants import Tenants
from access.trail import record
from tenants.names import TenantError
from tenants.rules import KINDS, Kind
from tenants.sizes import days_of, days_text, quota_of, room_of, size_text
from web import figures, words
from web.appliance import office
from web.desk import desk
from web.errors import NotFoundError, UnclearError
from web.forms import submitted
from web.operating import Age
from web.tenants import read, row_of, stored_of, told_of

TEMPLATE: Final = "tenant.html"
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done to a tenant.

    Attributes:
        act: does it; gives what is shown once and never again, or nothing.
        done: what is said then.
        reloads: whether the collectors have to go by it.
    """

    act: Callable[[Tenants, str, Fields], str | None]
    done: str
    reloads: bool = False


def _text(fields: Fields, name: str) -> str:
    return fields.get(name, "").strip()


def _kind(fields: Fields) -> Kind:
    told = _text(fields, "kind")
    for kind in KINDS:
        if kind == told:
            return kind
    raise UnclearError(f"{told[:40]!r} is no kind of rule: go back and use the page's own forms.")


def _rename(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.change(name, title=_text(fields, "title"))


def _suspend(tenants: Tenants, name: str, _fields: Fields) -> None:
    tenants.suspend(name)


def _resume(tenants: Tenants, name: str, _fields: Fields) -> None:
    tenants.suspend(name, suspended=False)


def _keep(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.change(name, days=days_of(_text(fields, "days")))


def _allow(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.change(name, quota=quota_of(_text(fields, "quota")))


def _bound(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.change(name, room=room_of(_text(fields, "room")))


def _assign(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.assign(name, _kind(fields), _text(fields, "rule"))


def _release(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.release(name, _kind(fields), _text(fields, "rule"))


def _token(tenants: Tenants, name: str, fields: Fields) -> str:
    return tenants.add_token(name, _text(fields, "label"))


def _revoke(tenants: Tenants, name: str, fields: Fields) -> None:
    tenants.revoke_token(name, fields.get("label", ""))


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "rename": Action(_rename, "The title is changed."),
        "suspend": Action(
            _suspend, "Nobody can read this tenant any more. What comes is stored all the same."
        ),
        "resume": Action(_resume, "This tenant can be read again, with all that came meanwhile."),
        "keep": Action(
            _keep, "The days of retention are changed. The next sysledger retention goes by them."
        ),
        "allow": Action(_allow, "The quota is changed.", reloads=True),
        "bound": Action(_bound, "The room is changed. The next sysledger retention goes by it."),
        "assign": Action(_assign, "The rule is added. The collectors go by it.", reloads=True),
        "release": Action(_release, "The rule is removed. What was stored stays where it is.", reloads=True),
        "token": Action(_token, "The token is made. The collectors take it.", reloads=True),
        "revoke": Action(_revoke, "The token is revoked. The collectors take it no more.", reloads=True),
    }
)
_DONE: Final = {**{name: action.done for name, action in ACTIONS.items()}, "add": "The tenant is added."}
_FIELDS: Final = ("do", "kind", "rule", "title", "days", "quota", "room", "label")
_NOTHING_TYPED: Final[Mapping[str, object]] = MappingProxyType(dict.fromkeys(_FIELDS, ""))
_LATER: Final = "The appliance does not run: it goes by this from its next start on."


async def tenant(request: Request) -> Response:
    """Show a tenant."""
    query = request.query_params
    done = _DONE.get(query.get("done", ""), "")
    return await _page(request, done=f"{done} {_LATER}" if done and "later" in query else done)


async def change_tenant(request: Request) -> Response:
    """Do one thing to a tenant, have the collectors go by it, and show it."""
    served, fields = desk(request), await submitted(request)
    name, does = request.path_params["name"], _text(fields, "do")
    if (action := ACTIONS.get(does)) is None:
        raise UnclearError(f"{does[:40]!r} cannot be done to a tenant: go back and use the page's own forms.")
    try:
        secret = await served.work(partial(action.act, Tenants(served.layout.tenants), name, fields))
    except TenantError as error:
        return await _page(request, trouble=words.sentence(str(error)), typed={**_NOTHING_TYPED, **fields})
    later = ""
    if action.reloads:
        outcome = await served.work(office(request).appliance.reload)
        if not outcome.used:
            return await _page(request, trouble=told_of(outcome), secret=secret)
        later = "" if outcome.running else "&later=1"
    if secret is not None:
        return await _page(request, done=action.done if not later else _LATER, secret=secret)
    return RedirectResponse(f"/tenants/{name}?done={does}{later}", 303)


async def _page(
    request: Request,
    done: str = "",
    trouble: str = "",
    secret: str | None = None,
    typed: Mapping[str, object] = _NOTHING_TYPED,
) -> Response:
    served, known = desk(request), office(request)
    name = request.path_params["name"]
    counted = await known.days()
    registry, came = await served.work(read, served, known.appliance)
    if (found := registry.find(name)) is None:
        raise NotFoundError("There is no such tenant in the registry. The list of tenants has all of them.")
    if request.method in {"GET", "HEAD"}:
        await served.work(record, "view", f"tenants/{name}")
    stored = stored_of(counted.value or (), name)
    return served.page(
        TEMPLATE,
        400 if trouble and secret is None else 200,
        page="tenants",
        say=figures,
        row=row_of(found, stored, came, known.appliance.storage),
        listeners=sorted(known.appliance.listeners),
        days=days_text(found.days),
        quota=size_text(found.quota),
        room=size_text(found.room),
        least_days=known.appliance.storage.retention.room_days,
        counted=Age.of(counted),
        done=done,
        trouble=trouble,
        secret=secret,
        typed=typed,
    )
