"""Whether this box should be sent messages now, and if not, why: what /readyz says to load balancers.

Ready means: every role works, and who sends by an acknowledging transport need not wait. In the state
shedding the collectors no longer read TCP, TLS and RELP, so that a balancer does well to send elsewhere; in
the state warning they read. Nobody is told to restart anything by this: see /healthz for that.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

RUNNING: Final = "running"
ACCEPTING: Final = frozenset({"ok", "warning"})
SILENT_SECONDS: Final = 10.0  # a role reports each second; the web role each five
OLD_SECONDS: Final = 10.0  # a look that is older says nothing of now

_PHASES: Final = {
    "starting": "the appliance is starting: wait until every role is ready",
    "stopping": "the appliance is stopping: start it again with sysledger run",
}


def reasons(document: Mapping[str, Any] | None, age: float) -> list[str]:
    """Give why messages should not be sent here now, a sentence each; none when they should.

    Args:
        document: the state of the appliance, as in /status.json; None when nothing is known of it.
        age: of the document, in seconds.
    """
    return list(_reasons(document, age))


def _reasons(document: Mapping[str, Any] | None, age: float) -> Iterator[str]:
    if age > OLD_SECONDS or document is None:
        yield (
            f"the state was last read {age:.0f} s ago: the disk of the data folder does not answer; see to it"
        )
    if document is None:
        return
    if (phase := document["phase"]) != RUNNING:
        yield _PHASES.get(phase, f"the appliance is {phase}")
    for name, role in document["roles"].items():
        yield from _role(name, role)
    state = document["state"]
    if state["state"] not in ACCEPTING:
        yield f"the appliance is in the state {state['state']}: senders wait"
        yield from map(str, state["reasons"])


def _role(name: str, role: Mapping[str, Any]) -> Iterator[str]:
    silent = role.get("silent_seconds")
    if not role["running"]:
        yield f"{name} does not run: its last lines in the log say why"
    elif not role["ready"]:
        yield f"{name} is not ready yet"
    elif silent is not None and silent > SILENT_SECONDS:
        yield f"{name} (process {role['pid']}) has said nothing for {silent:.0f} s"
    elif role.get("cannot_write_since") is not None:
        yield f"{name} stores nothing, messages wait: {role.get('cannot_write_reason')}"
