"""The banner says where to send, what to try and where to look, and nothing that is not there."""

from typing import Any

from supervisor.banner import banner

COLLECTOR = {
    "listeners": {
        "udp": {"transport": "udp", "address": "::", "port": 5514},
        "tls": {
            "transport": "tls",
            "address": "192.0.2.1",
            "port": 6514,
            "fingerprints": ["sha-256:AB", "sha-1:CD"],
        },
        "self": {"transport": "udp", "address": "127.0.0.1", "port": 5515},
    }
}


REPORTS: list[dict[str, Any]] = [
    {},
    COLLECTOR,
    COLLECTOR,
    {"url": "http://127.0.0.1:8514/"},
    {"status_url": "http://127.0.0.1:8515/"},
]


def test_everything_a_newcomer_needs() -> None:
    """Ports, fingerprint, a line for logger(1) and the page's address are there; two collectors show once."""
    text = banner("1.2", "var", REPORTS)
    assert text.splitlines() == [
        "Sysledger 1.2 is running on data folder var",
        "",
        "  Send to  UDP  port 5514   all addresses of this machine",
        "  Send to  TLS  port 6514   192.0.2.1",
        "  Own log  UDP  port 5515   127.0.0.1",
        "",
        "  The certificate of tls has the fingerprint",
        "           sha-256:AB",
        "",
        '  Try it   logger --server 127.0.0.1 --port 5514 --udp --rfc5424 "hello, Sysledger"',
        "",
        "  Status   http://127.0.0.1:8515/readyz, /healthz, /status.json, /metrics",
        "  Search   http://127.0.0.1:8514/",
        "",
        "  Ctrl-C stops it.",
    ]


def test_the_first_start() -> None:
    """While there is no account, the link that makes one is there, on a line of its own."""
    lines = banner("1.2", "var", REPORTS, "http://127.0.0.1:8514/welcome/sl-welcome-x").splitlines()
    assert "           http://127.0.0.1:8514/welcome/sl-welcome-x" in lines
    assert "welcome" not in banner("1.2", "var", REPORTS)


def test_the_pages_certificate() -> None:
    """The fingerprint that a browser shows is there; once, where listeners have the same certificate."""
    pages = {"url": "https://192.0.2.1:8514/", "fingerprint": "sha-256:AB"}
    text = banner("1.2", "var", [COLLECTOR, pages])
    assert "  The certificate of tls, the pages has the fingerprint" in text
    assert text.count("sha-256:AB") == 1


def test_unix_socket() -> None:
    """A Unix socket is shown by its path, since it has no port."""
    unix = {"transport": "unix", "address": "/run/sysledger/log", "port": 0}
    assert "  Send to  UNIX /run/sysledger/log\n" in banner("1.2", "var", [{"listeners": {"local": unix}}])


def test_nothing_that_is_not_there() -> None:
    """Without listeners and pages there is nothing to send to, try or look at."""
    text = banner("1.2", "var", [{}])
    assert "Send to" not in text
    assert "logger" not in text
    assert "Search" not in text
