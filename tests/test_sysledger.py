"""The command line, as people and scripts use it: one process a command, against a real running appliance."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from commands.settings import settings_model
from supervisor.config import load
from supervisor.reference import reference
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, accepts, alive, await_true, free_port

ROOT = Path(__file__).parents[1]
Finished = subprocess.CompletedProcess[bytes]


def sysledger(*words: str, folder: Path, octets: bytes = b"") -> Finished:
    """Run one command in ``folder``."""
    command = [sys.executable, "-P", "-m", "sysledger", *words]
    return subprocess.run(command, cwd=folder, input=octets, capture_output=True, check=False, timeout=60)


def log(*options: str) -> None:
    """Send a message with logger(1)."""
    subprocess.run(["logger", "--server", "127.0.0.1", *options], check=True, timeout=10)


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Give a running appliance, and end it."""
    with running(tmp_path_factory.mktemp("appliance"), {}) as appliance:
        yield appliance


def test_the_banner_tells_what_works(appliance: Appliance) -> None:
    """The line for logger(1) works as it stands, the page answers, the fingerprint is the certificate's."""
    before = appliance.count("syslog", "hello")
    attempt = re.search(r"Try it   (logger .*)", appliance.banner)
    page = re.search(r"Search   (http://\S+)", appliance.banner)
    assert attempt is not None
    assert page is not None
    subprocess.run(attempt[1], shell=True, check=True, timeout=10)  # noqa: S602 - as a person would paste it
    await_true(lambda: appliance.count("syslog", "hello") == before + 1, "the message of the banner's line")
    with urllib.request.urlopen(page[1]) as answer:  # noqa: S310 - http on loopback
        assert answer.status == 200
    address = f"127.0.0.1:{appliance.ports['tls']}"
    command = f"openssl s_client -connect {address} | openssl x509 -noout -sha256 -fingerprint"
    shown = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, check=True)  # noqa: S602
    assert shown.stdout.decode().partition("=")[2].strip() in appliance.banner


def test_found_in_every_output(appliance: Appliance) -> None:
    """search shows lines for people, and JSON, CSV or the exact octets for programs; cat the same octets."""
    log("-P", str(appliance.ports["udp"]), "-d", "--rfc5424=notq", "-t", "probe", "needle one")
    log("-P", str(appliance.ports["tcp"]), "-T", "--rfc5424=notq", "-t", "probe", "needle two")
    await_true(lambda: appliance.count("syslog", "app:probe") == 2, "both messages")
    table = appliance.printed("search", "needle")
    assert len(table.splitlines()) == 2
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice  \S+ probe: needle", table)
    records = [
        json.loads(line) for line in appliance.printed("search", "needle", "--output", "json").splitlines()
    ]
    assert {record["message"] for record in records} == {"needle one", "needle two"}
    assert {record["transport"] for record in records} == {"udp", "tcp"}
    assert appliance.printed("search", "needle", "--output", "csv").count("\n") == 3
    raw = appliance.printed("search", "needle", "--output", "raw").splitlines()
    assert all(re.fullmatch(r"<13>1 \S+ \S+ probe - - - needle \w+", line) for line in raw)
    assert appliance.printed("search", "needle", "--limit", "1").count("\n") == 1
    assert appliance.printed("search", "needle", "--limit", "0", "--output", "raw").splitlines() == raw
    days = (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC))
    octets = "".join(appliance.printed("cat", "--date", f"{day:%Y-%m-%d}") for day in days)
    assert set(raw) <= set(octets.splitlines())
    counted = "".join(
        appliance.printed("cat", "--date", f"{day:%Y-%m-%d}", "--framing", "octet") for day in days
    )
    assert f"{len(raw[0])} {raw[0]}" in counted


def test_found_by_time(appliance: Appliance) -> None:
    """--from and --to take relative times, dates and ISO times; outside of them nothing is found."""
    log("-P", str(appliance.ports["udp"]), "-d", "--rfc5424", "timed")
    await_true(lambda: appliance.count("syslog", "timed") == 1, "the message")
    found = {
        ("--from", "-2h"): "1",
        ("--from", "yesterday", "--to", "now"): "1",
        ("--from", "-2h", "--time", "device"): "1",
        ("--to", "-1h"): "0",
        ("--to", "2001-01-01T00:00+01:00"): "0",
    }
    assert {
        words: appliance.printed("search", "timed", "--count", *words).strip() for words in found
    } == found


def test_tail_follows(appliance: Appliance) -> None:
    """tail shows a message that comes after it was started, and ends with Ctrl-C."""
    command = [sys.executable, "-P", "-m", "sysledger", "tail", "followed", "--output", "raw"]
    with subprocess.Popen(command, cwd=appliance.folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines: list[bytes] = []
        os.set_blocking(process.stdout.fileno(), False)

        def shown() -> bool:
            log("-P", str(appliance.ports["udp"]), "-d", "--rfc5424", "followed")
            lines.append(process.stdout.readline() if process.stdout is not None else b"")
            return b"followed" in lines[-1]

        await_true(shown, "the message in tail")
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 130


def test_the_own_log_is_kept(appliance: Appliance) -> None:
    """What the roles log on stderr is found under stream sysledger, by the name of the role."""
    roles = ("supervisor", "storage", "indexer", "collector", "web", "watch")
    await_true(lambda: appliance.count("sysledger", "ready") >= 4, "the lines of the start")
    apps = {
        json.loads(line)["app_name"]
        for line in appliance.printed("search", "--stream", "sysledger", "--output", "json").splitlines()
    }
    assert apps <= {f"sysledger-{role}" for role in roles}
    assert "sysledger-storage" in apps


def test_a_closed_pipe_ends_quietly(appliance: Appliance) -> None:
    """`sysledger search | head -n 0` prints no error."""
    command = f"{sys.executable} -P -m sysledger search --stream sysledger | true"
    finished = subprocess.run(command, shell=True, cwd=appliance.folder, capture_output=True, check=True)  # noqa: S602
    assert b"Error" not in finished.stderr
    assert b"Traceback" not in finished.stderr


def test_a_role_that_is_killed_comes_back(appliance: Appliance) -> None:
    """After SIGKILL to storage and collector messages are received and stored as before."""
    before = roles(appliance)
    both = ("storage", "collector")
    for name in both:
        os.kill(before[name], signal.SIGKILL)
    gone = {before[name] for name in both} | {None}
    await_true(lambda: gone.isdisjoint(roles(appliance)[name] for name in both), "new processes")
    await_true(lambda: accepts(appliance.ports["tcp"]), "the listener of the new collector")
    log("-P", str(appliance.ports["tcp"]), "-T", "--rfc5424", "after the kill")
    await_true(lambda: appliance.count("syslog", '"after the kill"') == 1, "the message after the kill")
    assert "storage died (killed by SIGKILL)" in appliance.log()


def roles(appliance: Appliance) -> dict[str, int]:
    """The process ids of the running roles."""
    found = appliance.status()["roles"]
    return {name: role["pid"] for name, role in found.items()}


def test_status_tells_what_runs_and_what_is_stored(appliance: Appliance) -> None:
    """Roles with their process ids, streams with days and messages, the index and the room on the disk."""
    log("-P", str(appliance.ports["udp"]), "-d", "--rfc5424", "status")
    await_true(lambda: appliance.count("syslog", "status") >= 1, "the message")
    status = appliance.status()
    assert status["running"] is True
    assert set(roles(appliance)) == {"supervisor", "storage", "indexer", "collector", "web", "watch"}
    assert all(map(alive, roles(appliance).values()))
    assert isinstance(status["disk_free_octets"], int)
    assert isinstance(status["index_pending"], int)
    streams = status["streams"]
    # What the command line looked up just now may be in the trail already.
    assert {stream["stream"] for stream in streams} - {"access"} == {"syslog", "sysledger"}
    assert sum(stream["messages"] for stream in streams) == status["messages"]
    shown = appliance.printed("status")
    assert "Sysledger is running" in shown
    assert "default/sysledger" in shown


def test_one_supervisor_a_data_folder(appliance: Appliance) -> None:
    """A second `sysledger run` on the same data is refused, by the process id of the first."""
    finished = sysledger("run", "--config", "sysledger.toml", folder=appliance.folder)
    assert finished.returncode == os.EX_UNAVAILABLE
    assert f"already runs on this data folder (process {appliance.process}".encode() in finished.stderr


def test_ctrl_c_leaves_everything_durable_and_searchable(tmp_path: Path) -> None:
    """Messages sent just before Ctrl-C are found with the service stopped, and no process stays behind."""
    with running(tmp_path, {}) as appliance:
        with socket.create_connection(("127.0.0.1", appliance.ports["tcp"])) as connection:
            connection.sendall(b"".join(b"<13>1 - - - - - - last %d\n" % number for number in range(1000)))
            await_true(lambda: appliance.count("syslog", "last") > 0, "the first of them")
        pids = roles(appliance)
    assert not any(map(alive, pids.values()))
    assert appliance.count("syslog", "last") == 1000
    assert appliance.status()["running"] is False
    assert "Sysledger is stopped" in appliance.printed("status")
    ended = [
        line.split()[2].rstrip(":") for line in appliance.log().splitlines() if line.endswith(": stopped")
    ]
    assert ended == ["watch", "collector", "storage", "indexer", "web"]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_in_use_ends_the_start(tmp_path: Path, kind: socket.SocketKind) -> None:
    """The error names the port and the setting, the exit code is EX_UNAVAILABLE, nothing is left running."""
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        transport = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        (tmp_path / "sysledger.toml").write_text(
            "".join(
                f"[collector.listeners.{name}]\nenabled = false\n"
                for name in ("udp", "tcp", "tls", "dtls", "relp", "self")
            )
            + f"[collector.listeners.mine]\ntransport = '{transport}'\naddress = '127.0.0.1'\nport = {port}\n"
            "[supervisor.status]\nport = 0\n[web]\nport = 0\n"
        )
        finished = sysledger("run", "--config", "sysledger.toml", folder=tmp_path)
    assert finished.returncode == os.EX_UNAVAILABLE, finished.stderr.decode()
    assert f"{port}".encode() in finished.stderr
    assert b"collector.listeners.mine" in finished.stderr
    assert b"supervisor CRITICAL" in finished.stderr  # which opens all sockets
    assert b"Traceback" not in finished.stderr
    status = json.loads(sysledger("status", "--output", "json", folder=tmp_path).stdout)
    assert status["running"] is False


def test_check_config_tells_all_mistakes(tmp_path: Path) -> None:
    """Every mistake of every file in one go, exit code EX_CONFIG; `run` refuses the same way."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.toml").write_text("[collector.listeners.udp]\nport = 99999\n")
    (tmp_path / "conf.d" / "b.toml").write_text("[web\n")
    (tmp_path / "sysledger.toml").write_text("[storage]\nwindw = 1\n[web]\naddress = 'nowhere'\n")
    for command in ("check-config", "run", "search"):
        finished = sysledger(command, "--config", "sysledger.toml", folder=tmp_path)
        assert finished.returncode == os.EX_CONFIG
        assert finished.stdout == b""
        problems = finished.stderr.decode().splitlines()
        assert len(problems) == 4, problems
        assert (
            "collector.listeners.udp.port: 99999 is more than 65535; use 0 to 65535 (file conf.d/a.toml)"
            in problems
        )
        assert any("at line 1, column 5" in problem for problem in problems)
        assert any(
            problem.startswith("storage.windw: unknown setting; did you mean window?") for problem in problems
        )
        assert any("web.address: 'nowhere'" in problem for problem in problems)
    assert sysledger("check-config", folder=tmp_path).returncode == 0


def test_every_settings_table_refuses_unknown_keys() -> None:
    """No settings model anywhere lets a misspelt setting pass."""
    seen: set[type[BaseModel]] = set()

    def visit(model: type[BaseModel]) -> None:
        seen.add(model)
        assert model.model_config.get("extra") == "forbid", model
        for field in model.model_fields.values():
            for kind in re.findall(r"\w+", repr(field.annotation)):
                for other in BaseModel.__subclasses__():
                    if other.__name__ == kind and other not in seen:
                        visit(other)

    visit(settings_model())
    assert len(seen) > 4


def test_the_default_file_is_the_models() -> None:
    """conf/sysledger.toml is what the settings models say today; `check-config --print-default` writes it."""
    text = (ROOT / "conf" / "sysledger.toml").read_text()
    assert text == reference(settings_model()), (
        "write it anew: sysledger check-config --print-default > conf/sysledger.toml"
    )
    printed = sysledger("check-config", "--print-default", folder=ROOT)
    assert printed.stdout.decode() == text


def test_the_default_file_changes_nothing(tmp_path: Path) -> None:
    """conf/sysledger.toml is the embedded default, as it stands and with every setting uncommented."""
    model = settings_model()
    file = ROOT / "conf" / "sysledger.toml"
    assert load(model, file) == model()
    uncommented = re.sub(r"^#(?=[\w\"])", "", file.read_text(), flags=re.MULTILINE)
    assert tomllib.loads(uncommented)["web"]["port"] == 8514
    (tmp_path / "sysledger.toml").write_text(uncommented)
    assert load(model, tmp_path / "sysledger.toml") == model()


def test_help_imports_nothing_heavy() -> None:
    """What only some commands need is imported by them, so that the command line answers at once."""
    heavy = ("pyarrow", "pydantic", "pyparsing", "rich", "starlette", "whoosh", "zmq")
    program = f"import sys, sysledger; print([name for name in {heavy!r} if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert finished.stdout == b"[]\n"


def test_parse_reads_lines_and_base64(tmp_path: Path) -> None:
    """One JSON object a line, from stdin or a file, at the time and in the zone that are given."""
    lines = b"<13>Dec 31 23:59:58 host app[1]: yes\nnothing known\n"
    words = ("parse", "--received-at", "2027-01-01T00:00:05Z", "--timezone", "UTC")
    records = [
        json.loads(line) for line in sysledger(*words, folder=tmp_path, octets=lines).stdout.splitlines()
    ]
    assert records[0]["timestamp"] == "2026-12-31T23:59:58.000000Z"
    assert records[0]["received_at"] == "2027-01-01T00:00:05.000000000Z"
    assert records[1]["message"] == "nothing known"
    (tmp_path / "lines").write_bytes(b"PDEzPjEgLSAtIC0gLSAtIC0gYQpi\n")
    (record,) = sysledger("parse", "--base64", "lines", folder=tmp_path).stdout.splitlines()
    assert json.loads(record)["message"] == "a\nb"


def test_explain_tells_what_was_expected(tmp_path: Path) -> None:
    """The octets, what they were read as, and for a departure what was expected by which clause."""
    told = sysledger(
        "explain", "<34>1 2003-10-11T22:14:15.003Z host su - ID47 [x@1 a=b] hi", folder=tmp_path
    ).stdout
    assert b"HOSTNAME" in told
    assert b"section 6.3" in told


SOURCES = """
[collector.listeners.udp]
timezone = "UTC"
[collector.sources.vienna]
networks = ["192.0.2.0/24"]
timezone = "Europe/Vienna"
charset = "iso-8859-1"
[collector.sources.firewalls]
hosts = ["fw-*"]
listeners = ["udp"]
timezone = "Asia/Tokyo"
"""


def test_explain_tells_which_source_applies(tmp_path: Path) -> None:
    """The peer, and before it the host name that the message claims, tell whose settings were taken."""
    (tmp_path / "c.toml").write_text(SOURCES)
    words = ("--config", "c.toml", "--received-at", "2026-11-21", "--peer", "192.0.2.7")
    message = b"<34>Nov 20 10:00:00 %s app: Z\xfcrich"
    told = sysledger("explain", "-", *words, folder=tmp_path, octets=message % b"core").stdout.decode()
    assert told.startswith(
        "settings: source 'vienna' by network 192.0.2.0/24: time zone Europe/Vienna (listener's: local), "
        "character set iso-8859-1 (listener's: utf-8); "
    )
    assert "2026-11-20T09:00:00" in told
    assert "Z\u00fcrich" in told
    told = sysledger(
        "explain", "-", *words, "--listener", "udp", folder=tmp_path, octets=message % b"FW-1"
    ).stdout.decode()
    assert told.startswith(
        "settings: source 'firewalls' by host name fw-*: time zone Asia/Tokyo (listener's: UTC); as"
    )
    assert "2026-11-20T01:00:00" in told


def test_parse_tells_which_source_applies(tmp_path: Path) -> None:
    """With a configuration, a listener or a peer each object has the source's settings; else none does."""
    (tmp_path / "c.toml").write_text(SOURCES)
    lines = b"<34>Nov 20 10:00:00 core app: x\n<34>Nov 20 10:00:00 fw-1 app: x\n"
    words = ("parse", "--received-at", "2026-11-21", "--listener", "udp", "--config", "c.toml")
    printed = sysledger(*words, "--peer", "192.0.2.7", folder=tmp_path, octets=lines).stdout
    records = [json.loads(line) for line in printed.splitlines()]
    assert [record["source"]["name"] for record in records] == ["vienna", "firewalls"]
    assert [record["source"]["timezone"] for record in records] == ["Europe/Vienna", "Asia/Tokyo"]
    assert [record["timestamp"][:13] for record in records] == ["2026-11-20T09", "2026-11-20T01"]
    (record,) = sysledger("parse", folder=tmp_path, octets=b"x\n").stdout.splitlines()
    assert "source" not in json.loads(record)


def test_mistakes_in_sources_are_told(tmp_path: Path) -> None:
    """Each by its trail, with what to write instead."""
    (tmp_path / "c.toml").write_text(
        """
        [collector.sources.a]
        networks = ["192.0.2.7/24"]
        timezone = "Middle/Earth"
        charset = "klingon"
        [collector.sources.b]
        format = "auto"
        """
    )
    found = sysledger("check-config", "--config", "c.toml", folder=tmp_path)
    assert found.returncode == os.EX_CONFIG
    told = found.stderr.decode()
    assert "collector.sources.a.networks[0]: '192.0.2.7/24' is not a network: write 192.0.2.0/24" in told
    assert "collector.sources.a.timezone: time zone 'Middle/Earth' is not known" in told
    assert "collector.sources.a.charset: character set 'klingon' is not known: use a name such as" in told
    assert "collector.sources.b: it says of no sender that it applies to: set networks" in told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("search", "x"), os.EX_NOINPUT, b"there is no data folder var: name it with --data"),
        (("explain", "x", "--timezone", "Mars"), 2, b"time zone 'Mars' is not known on this machine"),
        (("explain", "x", "--peer", "office"), 2, b"'office' is not an address: write one such as"),
        (("explain", "x", "--listener", "upd"), 2, b"there is no listener 'upd': use one of udp"),
        (("search", "x", "--data", ".", "--from", "soon"), 2, b"'soon' is not a time"),
        (("search", "host:(", "--data", "."), os.EX_USAGE, b"at character"),
        (("search", "x", "--data", ".", "--tenant", "A/B"), 2, b"use 1 to 63 of a-z"),
        (("search", "x", "--data", ".", "--to", "soon"), 2, b"Invalid value for --to"),
        (("search", "--data", ".", "--from", "today", "--to", "yesterday"), 2, b"--from is not before --to"),
        (("cat", "--data", ".", "--date", "-2h"), 2, b"is not a day"),
        (("cat", "--data", ".", "--date", "2026-99-99"), 2, b"is not a day"),
        (("status",), os.EX_NOINPUT, b"there is no data folder var"),
        (("retention",), os.EX_NOINPUT, b"there is no data folder var"),
        (("parse", "--received-at", "3000-01-01"), 2, b"between 1678 and 2262"),
        (("parse", "."), os.EX_NOINPUT, b".: Is a directory; name a file"),
        (("run", "--data", "\udcff"), os.EX_CANTCREAT, b"is not UTF-8: name another with --data"),
        (("parse", "--timezone", "Mars"), 2, b"time zone 'Mars' is not known"),
        (("parse", "missing"), os.EX_NOINPUT, b"missing"),
        (("run", "--data", "/proc/sysledger"), os.EX_CANTCREAT, b"name another with --data"),
        (("run", "--config", "missing.toml"), os.EX_CONFIG, b"there is no such file"),
    ],
)
def test_errors_say_what_to_do(tmp_path: Path, words: tuple[str, ...], code: int, told: bytes) -> None:
    """Every mistake ends with a sentence and an exit code of its own, never with a traceback."""
    finished = sysledger(*words, folder=tmp_path)
    assert finished.returncode == code, finished.stderr.decode()
    assert told in b" ".join(finished.stderr.split()).replace(b"\xe2\x94\x82 ", b"")
    assert b"Traceback" not in finished.stderr


def test_somebody_elses_data_folder_is_said() -> None:
    """Who may not read the data folder is told so, and is not shown an empty archive."""
    # Everything is imported before root becomes nobody, who may not be able to read this checkout.
    program = (
        "import os, sys, pathlib;"
        "from commands.settings import load_settings; from commands.arguments import open_layout;"
        "settings = load_settings(None, pathlib.Path(sys.argv[1]));"
        "os.geteuid() or os.setuid(65534); open_layout(settings)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0)
        finished = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, check=False)
        Path(folder).chmod(0o700)
    assert finished.returncode == os.EX_NOPERM, finished.stderr.decode()
    assert b"run this as its owner" in finished.stderr


@pytest.mark.parametrize("words", ["parse <&-", "search --data . >&-", "explain - <&- >&- 2>&-"])
def test_closed_standard_files_stop_nobody(tmp_path: Path, words: str) -> None:
    """Started without stdin, stdout or stderr, as some init scripts do, commands work all the same."""
    command = f"{sys.executable} -P -m sysledger {words}"
    finished = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert finished.returncode == 0, finished.stderr.decode()


def test_damage_is_told_whatever_is_asked(tmp_path: Path) -> None:
    """A result that a damaged file has made incomplete says so, also as a count and without a limit."""
    folder = tmp_path / "archive/tenant=default/stream=syslog/date=2026-11-20"
    folder.mkdir(parents=True)
    (folder / "00000000000000000001-00000000000000000002.parquet").write_bytes(b"torn")
    for words in (("--count",), ("--limit", "0"), ("--limit", "0", "--output", "raw"), ()):
        finished = sysledger("search", "--data", ".", *words, folder=tmp_path)
        assert b"NOT in the result" in finished.stderr, words
        assert finished.returncode == os.EX_DATAERR


def test_an_unknown_stream_is_said(tmp_path: Path) -> None:
    """Searching a stream that has nothing finds nothing, and says what there is instead."""
    finished = sysledger("search", "x", "--data", ".", "--stream", "other", "--count", folder=tmp_path)
    assert finished.stdout == b"0\n"
    assert b"nothing is stored under default/other yet" in finished.stderr


def test_retention_says_what_it_did(tmp_path: Path) -> None:
    """Days older than the configuration keeps them go, today never, and a second run finds nothing."""
    for day in ("2001-01-01", f"{datetime.now(UTC):%Y-%m-%d}"):
        (tmp_path / f"var/archive/tenant=default/stream=syslog/date={day}").mkdir(parents=True)
    (tmp_path / "sysledger.toml").write_text(
        f"[storage.retention]\ndays = 30\n[collector.listeners.self]\nport = {free_port(socket.SOCK_DGRAM)}\n"
    )
    words = ("retention", "--config", "sysledger.toml")
    dry = sysledger(*words, "--dry-run", folder=tmp_path)
    assert dry.stdout.startswith(b"would expire 2001-01-01 of default/syslog")
    assert sysledger(*words, folder=tmp_path).stdout.startswith(b"expired 2001-01-01 of default/syslog")
    assert sysledger(*words, folder=tmp_path).stdout.startswith(b"nothing to expire")
    assert len(list((tmp_path / "var/archive/tenant=default/stream=syslog").glob("date=*"))) == 1


def test_the_packaged_commands_exist() -> None:
    """What cron and systemd call are commands with options that there are."""
    for file in ("packaging/cron.d/sysledger", "packaging/systemd/sysledger.service"):
        calls = re.findall(
            r"sysledger (retention|run|check-config)((?: --\w+ \S+)*)", (ROOT / file).read_text()
        )
        assert calls
        for command, words in calls:
            options = re.findall(r"--\w+", words)
            told = sysledger(command, "--help", folder=ROOT).stdout.decode()
            assert all(option in told for option in options), (file, command)
    assert not (ROOT / "packaging" / "__init__.py").exists()
