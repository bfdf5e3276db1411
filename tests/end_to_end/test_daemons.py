"""Daemons and devices that log by syslog: the octets that they put on the wire come out of the archive."""

import http.client
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.appliance import Appliance, Recorder
from tests.machine import DEADLINE, await_true, free_port

Tool = Callable[[str], str]
Record = Callable[[str], Recorder]

MESSAGES = 20

SYSLOG_NG = """
@version: 3.38
source in { stdin(flags(no-parse)); };
destination out {
    network("127.0.0.1" port({syslogng-udp}) transport("udp"));
    network("127.0.0.1" port({syslogng-tcp}) transport("tcp"));
    syslog("127.0.0.1" port({syslogng-count}) transport("tcp"));
    syslog("127.0.0.1" port({syslogng-tls}) transport("tls") tls(peer-verify(optional-untrusted)));
};
log { source(in); destination(out); };
"""


def written(folder: Path, text: str, values: Mapping[str, object]) -> Path:
    """Write a configuration, with values for its {words}."""
    for word, value in values.items():
        text = text.replace(f"{{{word}}}", str(value))
    (folder / "conf").write_text(text)
    return folder / "conf"


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon in the foreground, and end it."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE)


def test_syslog_ng(appliance: Appliance, record: Record, tool: Tool, tmp_path: Path) -> None:
    """A real syslog-ng by UDP, TCP, RFC 5424 over counted TCP, and TLS."""
    recorders = {name: record(name) for name in ("syslogng-udp", "syslogng-tcp", "syslogng-count")}
    ports = appliance.ports | {name: recorder.port for name, recorder in recorders.items()}
    configuration = written(tmp_path, SYSLOG_NG, ports)
    places = {"-R": "persist", "-p": "pid", "-c": "control"}
    files = [word for option, name in places.items() for word in (option, str(tmp_path / name))]
    with started(tool("syslog-ng"), "-F", "--no-caps", "-f", str(configuration), *files) as process:
        assert process.stdin is not None
        process.stdin.writelines(b"number %d f\xc3\xbcr alle\n" % number for number in range(MESSAGES))
        process.stdin.flush()
        for name in (*recorders, "syslogng-tls"):
            appliance.await_count(name, MESSAGES)
    sent = Counter(recorders["syslogng-udp"].datagrams)
    assert Counter(appliance.messages("syslogng-udp")) == sent
    lines = b"".join(recorders["syslogng-tcp"].closed()).splitlines()
    assert Counter(appliance.messages("syslogng-tcp")) == Counter(lines)
    framed = [b"%d %b" % (len(message), message) for message in appliance.messages("syslogng-count")]
    assert b"".join(framed) == b"".join(recorders["syslogng-count"].closed())
    for name in ("syslogng-count", "syslogng-tls"):
        assert appliance.count(name, 'format:rfc5424 "number 7 f\u00fcr alle"') == 1


HAPROXY = """
global
    log 127.0.0.1:{haproxy-udp} len 4096 format rfc5424 local0
    log 127.0.0.1:{haproxy-bsd} len 4096 format rfc3164 local1
    log ring@counted local2
ring counted
    format rfc5424
    server sysledger 127.0.0.1:{haproxy-count} log-proto octet-count
defaults
    mode http
    log global
    option httplog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend web
    bind 127.0.0.1:{web}
    http-request return status 200 content-type text/plain string "ok"
"""


def test_haproxy(appliance: Appliance, record: Record, tool: Tool, tmp_path: Path) -> None:
    """A real HAProxy logs its requests as RFC 5424 and RFC 3164 by UDP, and counted by TCP."""
    names = ("haproxy-udp", "haproxy-bsd", "haproxy-count")
    recorders = {name: record(name) for name in names}
    web = free_port()
    ports = {name: recorder.port for name, recorder in recorders.items()}
    configuration = written(tmp_path, HAPROXY, {**ports, "web": web})
    with started(tool("haproxy"), "-db", "-f", str(configuration)):
        request(web, "/audited")
        for name in names:
            appliance.await_count(name, 1)
    for name in names[:2]:
        assert Counter(appliance.messages(name)) == Counter(recorders[name].datagrams), name
    framed = [b"%d %b" % (len(message), message) for message in appliance.messages("haproxy-count")]
    assert b"".join(framed) == b"".join(recorders["haproxy-count"].closed())
    assert appliance.count("haproxy-udp", "app:haproxy audited severity:info facility:local0") == 1


NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log syslog:server=127.0.0.1:{nginx-udp},tag=nginx_err info;
events {}
http {
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    access_log syslog:server=127.0.0.1:{nginx-udp},facility=local6,tag=nginx_acc,severity=info combined;
    server { listen 127.0.0.1:{web}; location / { return 200 ok; } }
}
"""


def test_nginx(appliance: Appliance, record: Record, tool: Tool, tmp_path: Path) -> None:
    """A real nginx logs access and errors by UDP."""
    recorder, web = record("nginx-udp"), free_port()
    values = {"nginx-udp": recorder.port, "web": web, "folder": tmp_path}
    configuration = written(tmp_path, NGINX, values)
    with started(
        tool("nginx"), "-p", str(tmp_path), "-e", str(tmp_path / "errors"), "-c", str(configuration)
    ):
        request(web, "/audited")
        appliance.await_count("nginx-udp", 1)
        await_true(lambda: appliance.count("nginx-udp", "audited") == 1, "the request")
    await_true(
        lambda: Counter(appliance.messages("nginx-udp")) == Counter(recorder.datagrams),
        "all of nginx' datagrams, the last of which it sends when it ends",
    )
    assert appliance.count("nginx-udp", "app:nginx_acc facility:local6 audited") == 1


def request(port: int, path: str) -> None:
    """Ask for a page as soon as the server listens."""

    def asked() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except ConnectionError:
            return False
        finally:
            connection.close()

    await_true(asked, f"an answer at port {port}")


def test_busybox(appliance: Appliance, record: Record, tool: Tool, tmp_path: Path) -> None:
    """busybox syslogd forwards what its logger was told; it sends no HOSTNAME."""
    recorder = record("busybox-udp")
    busybox = tool("busybox")
    # Both use /dev/log and nothing else: they get a /dev of their own.
    script = f"""
        mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3
        {busybox} syslogd -n -R 127.0.0.1:{recorder.port} -L -O {tmp_path}/log & daemon=$!
        while [ ! -S /dev/log ]; do {busybox} usleep 1000; done
        for number in 1 2 3; do {busybox} logger -p local3.err -t bbtag "message $number"; done
        read -r end
        kill $daemon
    """
    with started("unshare", "--mount", "sh", "-c", script) as process:
        appliance.await_count("busybox-udp", 3)
        assert process.stdin is not None
        process.stdin.write(b"end\n")
        process.stdin.flush()
        process.wait(DEADLINE)
    assert Counter(appliance.messages("busybox-udp")) == Counter(recorder.datagrams)
    query = "app:bbtag facility:local3 severity:err flag:hostname_missing message"
    assert appliance.count("busybox-udp", query) == 3


def test_socat(appliance: Appliance, tool: Tool) -> None:
    """socat as a pipe to UDP, TCP and TLS, over IPv4."""
    for name, address in SOCAT.items():
        message = b"<13>1 - h socat - - - by %b\n" % name.encode()
        target = address.format(port=appliance.ports[name])
        subprocess.run([tool("socat"), "-u", "-", target], input=message, check=True, timeout=20)
        appliance.await_count(name, 1)
    assert appliance.messages("socat-udp") == [b"<13>1 - h socat - - - by socat-udp\n"]
    for name in ("socat-tcp", "socat-tls"):
        assert appliance.messages(name) == [b"<13>1 - h socat - - - by %b" % name.encode()]


SOCAT = {
    "socat-udp": "UDP4-SENDTO:127.0.0.1:{port}",
    "socat-tcp": "TCP4:127.0.0.1:{port}",
    "socat-tls": "OPENSSL:127.0.0.1:{port},verify=0",
}
