"""/overview: the state, its reasons and what to do; the first figures; what is not known is not made up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.visitor import Limits, Role, Visitor
from commands.pages import as_seen
from storage.forecast import Forecast
from storage.layout import Layout, StreamName
from supervisor.pace import Pace
from tests.web.archives import stored
from tests.web.operators import GIB, HOSTILE, client_of, document_of, listener, seen, telling
from web.appliance import Appliance
from web.overview import Overview, build

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NO_FORECAST = Forecast(0, 0, None, expires=False)


def built(**changes: Any) -> Overview:
    """Build the view of an appliance that is well but for some changes."""
    return build(seen(document_of(**changes)), (), NO_FORECAST, NOW)


def tile(view: Overview, title: str) -> tuple[str, str, str]:
    """Give a figure's value, note and level."""
    (found,) = (one for one in view.tiles if one.title == title)
    return found.value, found.note, found.level


def test_an_appliance_that_is_well(layout: Layout) -> None:
    """State, age, figures, processes and thresholds are there, and no trouble is."""
    stored(layout, StreamName(), [b"<13>1 - fw app - - - hello"])
    with client_of(layout, Appliance(look=telling(seen()))) as client:
        answer = client.get("/overview")
    assert answer.status_code == 200
    for said in (
        '<span class="state-word">ok</span>', "running, state ok", "s ago.</span>", "Coming in",
        "73.0 GiB free", "Archive is behind by", "1 min 1 s", "What the monitor measures", "16.0 GiB",
        "Messages a day, by receipt",
    ):  # fmt: skip
        assert said in answer.text, said
    assert 'id="troubles"' not in answer.text


def test_nothing_is_known(layout: Layout) -> None:
    """Without an appliance the page says so, what to do, and that searching goes on."""
    with client_of(layout) as client:
        answer = client.get("/overview")
    assert answer.status_code == 200
    assert '<span class="state-word">unknown</span>' in answer.text
    assert "journalctl" in answer.text
    assert "can be searched all the same" in answer.text


def test_the_supervisor_does_not_answer(layout: Layout) -> None:
    """Figures of the roles' own files are told as such, with what to do."""
    told = document_of(live=False)
    with client_of(layout, Appliance(look=telling(seen(told)))) as client:
        assert "The supervisor does not answer" in client.get("/overview").text
    stopped = document_of(running=False, supervised=False, live=False, roles={})
    with client_of(layout, Appliance(look=telling(seen(stopped)))) as client:
        answer = client.get("/overview").text
    assert '<span class="state-word">stopped</span>' in answer
    assert "sysledger run" in answer


def test_a_look_that_fails_is_told(layout: Layout) -> None:
    """A disk that cannot be read is named, and the page is there all the same."""

    def failing() -> None:
        raise OSError(5, "Input/output error")

    with client_of(layout, Appliance(look=failing)) as client:
        answer = client.get("/overview")
    assert answer.status_code == 200
    assert "Input/output error" in answer.text


@pytest.mark.parametrize("state", ["warning", "shedding", "panic"])
def test_a_state_has_its_reasons(layout: Layout, state: str) -> None:
    """What the monitor says stands at the top, with what to do, and hostile text in it is text."""
    why = {"state": state, "since": "2026-11-21T11:00:00Z", "reasons": [f"the disk is full: {HOSTILE}"]}
    with client_of(layout, Appliance(look=telling(seen(document_of(state=why))))) as client:
        answer = client.get("/overview").text
    assert f'<span class="state-word">{state}</span>' in answer
    assert "the disk is full: &lt;script&gt;" in answer
    assert "\x1b" not in answer
    assert "\u202e" not in answer


def test_losses_are_loud() -> None:
    """Messages lost at a listener and on the way to storage are added up, and shown as trouble."""
    told = document_of()
    told["roles"]["collector"]["listeners"] = {
        "udp": listener(lost={"buffer": 3}),
        "tcp": listener(lost={"x": 4}),
    }
    told["roles"]["collector"]["handoff"]["lost"] = {"too old": 5}
    view = build(seen(told), (), NO_FORECAST, NOW)
    assert tile(view, "Lost")[::2] == ("12", "trouble")
    assert any("LOST at udp: 3" in line for line in view.troubles)
    assert tile(built(), "Lost")[::2] == ("0", "")


def test_what_waits_and_what_is_behind() -> None:
    """A disk queue in use, an old journal and a disk that takes nothing need somebody; memory does not."""
    told = document_of()
    told["roles"]["collector"]["handoff"] = {"held_messages": 5, "queue": {"messages": 10, "octets": 2048}}
    told["roles"]["storage"] |= {"oldest_journal_seconds": 9000.0}
    view = build(seen(told), (), NO_FORECAST, NOW)
    assert tile(view, "Waiting for storage") == ("15", "5 in memory, 10 in disk queues (2.0 KiB)", "warning")
    assert tile(view, "Archive is behind by")[::2] == ("2 h 30 min", "warning")
    told["roles"]["storage"] |= {"cannot_write_since": 1.0, "cannot_write_reason": "no space left"}
    view = build(seen(told), (), NO_FORECAST, NOW)
    assert tile(view, "Archive is behind by")[1:] == ("storage cannot write: no space left", "trouble")


def test_the_disk_is_foretold() -> None:
    """Days until it is full; soon is a warning, and ten years or more is just that."""
    for full_in, value, level in (
        (12, "12 days", "warning"),
        (200, "200 days", ""),
        (None, "10 years +", ""),
    ):
        view = build(seen(), (), Forecast(GIB, 14, full_in, expires=False), NOW)
        assert tile(view, "Disk lasts")[::2] == (value, level)
    assert tile(built(), "Disk")[0] == "29 % free"


def test_processes_that_are_not_well() -> None:
    """One that does not run, one that is silent and one that is not ready are told apart."""
    told = document_of()
    told["roles"]["storage"] |= {"running": False}
    told["roles"]["indexer"] |= {"silent_seconds": 90.0}
    told["roles"]["watch"] |= {"ready": False}
    states = {role.name: role.state for role in build(seen(told), (), NO_FORECAST, NOW).roles}
    assert states["storage"] == "does not run"
    assert states["indexer"] == "silent for 1 min 30 s"
    assert states["watch"] == "not ready yet"
    assert states["collector"] == "runs"


def test_where_messages_are_sent_on_to(layout: Layout) -> None:
    """Each destination with what waits; one that is not connected says why."""
    told = document_of()
    usual = {
        "address": "192.0.2.50:2514",
        "stream": "default/syslog",
        "missing": 0,
        "too_long": 0,
        "error": "",
    }
    told["roles"]["relay"] = {
        **told["roles"]["watch"],
        "role": "relay",
        "destinations": {
            "there": {**usual, "connected": True, "behind": 0},
            "gone": {**usual, "connected": False, "behind": 7, "error": HOSTILE, "missing": 2, "too_long": 1},
        },
    }
    with client_of(layout, Appliance(look=telling(seen(told)))) as client:
        answer = client.get("/overview").text
    assert "not connected</span> &lt;script&gt;" in answer
    assert "7 messages" in answer
    found = {
        one.name: (one.connected, one.missing) for one in build(seen(told), (), NO_FORECAST, NOW).destinations
    }
    assert found == {"there": (True, 0), "gone": (False, 3)}


def test_a_configuration_that_was_refused() -> None:
    """The last reload is told: taken, taken with problems, or refused with every problem."""
    at = "2026-11-21T11:00:00.000Z"
    for used, problems, said in (
        (True, [], "The configuration was reloaded at 2026-11-21 11:00:00 UTC."),
        (True, ["web did not answer"], ", with problems: web did not answer."),
        (False, ["no port", "no path"], "was refused, and the one before is in use: no port; no path"),
    ):
        assert said in built(reload={"at": at, "used": used, "problems": problems}).reload
    assert built().reload == ""


def test_rates_are_by_the_roles_own_clock() -> None:
    """Two looks give a rate; one gives none, and none is not zero."""
    pace, began = Pace(), datetime(2026, 11, 21, 12, tzinfo=UTC)
    for number in (0, 1):
        told = document_of()
        told["roles"]["collector"] |= {
            "reported_at": (began + timedelta(seconds=number)).isoformat(),
            "listeners": {"udp": listener(messages=1000 * number)},
        }
        pace.see(told)
        view = build(as_seen(told, pace), (), NO_FORECAST, NOW)
        assert tile(view, "Coming in")[0] == ("\u2013", "1,000/s")[number]


def test_masked_names_are_in_no_trouble(layout: Layout) -> None:
    """What was lost names senders: not for somebody for whom addresses or names are masked."""
    told = document_of()
    told["roles"]["watch"]["findings_lasting"] = [{"kind": "silent", "text": "fw-secret is silent"}]
    known = Appliance(look=telling(seen(told)))
    for masked, is_told in (((), True), (("hostname",), False), (("peer",), False)):
        with client_of(layout, known, Visitor("ann", "operator", Limits(masked=masked))) as client:
            assert ("fw-secret" in client.get("/overview").text) == is_told


def test_it_is_for_operators(layout: Layout) -> None:
    """An auditor and an operator of one tenant are refused; an operator and an administrator come in."""
    cases: tuple[tuple[Role, Limits, int], ...] = (
        ("auditor", Limits(), 403), ("reviewer", Limits(), 403), ("operator", Limits(), 200),
        ("administrator", Limits(), 200), ("operator", Limits(tenants=("default",)), 403),
    )  # fmt: skip
    for role, limits, status in cases:
        with client_of(layout, visitor=Visitor("ann", role, limits)) as client:
            assert client.get("/overview").status_code == status, role


def test_the_trail_is_not_for_operators(layout: Layout) -> None:
    """What is stored of the trail is in no figure of somebody who may not see it."""
    stored(layout, StreamName("trail", "access"), [b"<13>1 - fw app - - - who did what"])
    known = Appliance(look=telling(seen()))
    cases: tuple[tuple[Role, bool], ...] = (("operator", False), ("administrator", True))
    for role, drawn in cases:
        with client_of(layout, known, Visitor("ann", role)) as client:
            assert ("Messages a day, by receipt" in client.get("/overview").text) == drawn


def test_what_waits_for_people() -> None:
    """Missed reviews are a warning that leads to them; a site that reviews nothing has no such figure."""
    waits = {"reviews_waiting": 3, "reviews_missed": 0, "findings_open": 1, "findings_overdue": 0}
    roles = document_of()["roles"]

    def told(**changes: int) -> tuple[str, str, str]:
        role = {"role": "web", "running": True, "waits": {**waits, **changes}}
        return tile(built(roles={**roles, "web": role}), "Reviews waiting")

    assert told() == ("3", "0 missed; 1 finding open", "")
    assert told(reviews_missed=2) == ("3", "2 missed; 1 finding open", "warning")
    assert told(findings_overdue=1) == ("3", "0 missed; 1 finding open, 1 overdue", "warning")
    none = dict.fromkeys(waits, 0)
    role = {"role": "web", "running": True, "waits": none}
    assert "Reviews waiting" not in {one.title for one in built(roles={**roles, "web": role}).tiles}
