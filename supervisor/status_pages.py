"""What the status listener answers: one function a path, from a look at the appliance to an answer.

/healthz      200 while the supervisor lives: who restarts what fails (Kubernetes' livenessProbe, a watchdog)
              asks here. Also in the state panic: a restart would mend nothing there, and lose datagrams
/readyz       200 when messages should be sent here, else 503 with the reasons: for load balancers
/status.json  everything that is known, for programs; `sysledger status` reads it
/metrics      the same in numbers, in Prometheus' text format (supervisor/METRICS.md)
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from loopback import is_local
from supervisor.http import Answer, Request, refusal
from supervisor.looks import Look
from supervisor.readiness import reasons

HEALTH: Final = "/healthz"
JSON: Final = "application/json"
HUNG_SECONDS: Final = 30.0  # the supervisor's event loop turns each second
METHODS: Final = ("GET", "HEAD")

Page = Callable[[Request, Look], Answer]


def refused(request: Request, *, local_only: bool) -> Answer | None:
    """Give the answer to a request that is for another host, path or method; None to any other.

    Args:
        request: what was asked.
        local_only: the listener is on a loopback address, where any other Host is not meant for it.
    """
    if local_only and request.host is not None and not is_local(request.host):
        return refusal(400, "this listener answers to localhost and 127.0.0.1 only: use one in the address")
    if request.path not in PATHS:
        return refusal(404, "\n".join(["there is nothing here; ask for one of", *PATHS]))
    if request.method not in METHODS:
        return refusal(405, "nothing can be sent here: use GET or HEAD", {"Allow": ", ".join(METHODS)})
    return None


def answer(request: Request, look: Look) -> Answer:
    """Give the answer to a request that is not refused, and not for HEALTH."""
    return _PAGES[request.path](request, look)


def health(idle: float) -> Answer:
    """Give the answer of /healthz.

    Args:
        idle: seconds since the supervisor's event loop last turned.
    """
    if idle > HUNG_SECONDS:
        return refusal(503, f"the supervisor has done nothing for {idle:.0f} s: restart sysledger")
    return Answer(200, b"ok\n")


def _ready(request: Request, look: Look) -> Answer:
    found = reasons(look.document, look.age)
    status = 503 if found else 200
    if JSON in request.accept:
        return _json(status, {"ready": not found, "reasons": found})
    lines = ["not ready", *(f"- {reason}" for reason in found)] if found else ["ready"]
    return Answer(status, "\n".join([*lines, ""]).encode(errors="backslashreplace"))


def _status(_request: Request, look: Look) -> Answer:
    if look.document is None:
        return _unknown(look)
    found = reasons(look.document, look.age)
    return _json(
        200,
        {"ready": not found, "not_ready": found, "age_seconds": round(look.age, 3), **look.document},
    )


def _metrics(_request: Request, look: Look) -> Answer:
    from supervisor.metrics import CONTENT_TYPE, exposition  # noqa: PLC0415 - a library that nothing else needs

    return Answer(200, exposition(look.document, look.age), CONTENT_TYPE)


def _unknown(look: Look) -> Answer:
    return refusal(503, "\n".join(reasons(None, look.age)))


def _json(status: int, document: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(document, default=str).encode() + b"\n", JSON)


_PAGES: Final[Mapping[str, Page]] = {"/readyz": _ready, "/status.json": _status, "/metrics": _metrics}
PATHS: Final = (HEALTH, *_PAGES)
