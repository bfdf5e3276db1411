"""The options that say what of everything somebody may see, written once for all commands that take them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

from supervisor import options

if TYPE_CHECKING:
    from access.visitor import Limits


def limited(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of limits in the place of its argument ``limits``, which is made of them.

    typer reads a command's options off its signature: the command that it gets has one with all of them.
    """
    signature, more = inspect.signature(command), inspect.signature(_limits).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        limits = _limits(**{name: given.pop(name) for name in more})
        command(**given, limits=limits)

    found: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        found += more.values() if name == "limits" else [parameter]
    parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in found]  # as typer gives them
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined] # what PEP 362 reads
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _limits(
    tenant: options.LimitTenants = None,
    stream: options.LimitStreams = None,
    host: options.LimitHosts = None,
    network: options.LimitNetworks = None,
    mask: options.LimitMasked = None,
    start: options.LimitFrom = None,
    end: options.LimitTo = None,
    until: options.LimitUntil = None,
) -> "Limits":
    from access.limits import LimitsError
    from access.masked_names import typed

    lists = {"tenants": tenant, "streams": stream, "hosts": host, "networks": network, "masked": mask}
    try:
        return typed({**lists, "start": start, "end": end, "until": until})
    except LimitsError as error:
        raise typer.BadParameter(str(error)) from error
