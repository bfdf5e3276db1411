"""Rules for Postfix: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "connect from mail.example.net[203.0.113.9]",
        {"src_host": "mail.example.net", "src": "203.0.113.9", "tag": "connect"},
    ),
    (
        "disconnect from unknown[203.0.113.9] ehlo=1 auth=0/1 quit=1 commands=2/3",
        {
            "src_host": "unknown",
            "src": "203.0.113.9",
            "commands": "ehlo=1 auth=0/1 quit=1 commands=2/3",
            "tag": "disconnect",
        },
    ),
    (
        "lost connection after AUTH from unknown[203.0.113.9]",
        {"mail_stage": "AUTH", "src_host": "unknown", "src": "203.0.113.9", "tag": "disconnect"},
    ),
    (
        "3F2A01C0AB: client=mail.example.net[203.0.113.9]",
        {"queue_id": "3F2A01C0AB", "src_host": "mail.example.net", "src": "203.0.113.9", "tag": "received"},
    ),
    (
        "3F2A01C0AB: client=laptop.example.com[192.0.2.7], sasl_method=PLAIN, sasl_username=ada@example.com",
        {
            "queue_id": "3F2A01C0AB",
            "src_host": "laptop.example.com",
            "src": "192.0.2.7",
            "sasl_method": "PLAIN",
            "user": "ada@example.com",
            "outcome": "success",
            "tag": "received login",
        },
    ),
    (
        "3F2A01C0AB: message-id=<20261120100000.1@example.net>",
        {"queue_id": "3F2A01C0AB", "mail_id": "<20261120100000.1@example.net>", "tag": "received"},
    ),
    (
        "3F2A01C0AB: from=<bob@example.net>, size=2941, nrcpt=1 (queue active)",
        {
            "queue_id": "3F2A01C0AB",
            "mail_from": "bob@example.net",
            "size": "2941",
            "recipients": "1",
            "queue": "active",
            "tag": "queued",
        },
    ),
    (
        "3F2A01C0AB: to=<ada@example.com>, relay=mx.example.com[192.0.2.25]:25, delay=1.2, delays=0.1/0/0.4/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4XyZ)",
        {
            "queue_id": "3F2A01C0AB",
            "mail_to": "ada@example.com",
            "dst_host": "mx.example.com",
            "dst": "192.0.2.25",
            "dst_port": "25",
            "delay": "1.2",
            "delays": "0.1/0/0.4/0.7",
            "dsn": "2.0.0",
            "status": "sent",
            "reason": "250 2.0.0 Ok: queued as 4XyZ",
            "tag": "delivery",
        },
    ),
    (
        "3F2A01C0AB: to=<ada@example.com>, orig_to=<postmaster>, relay=local, delay=0.05, delays=0.02/0.01/0/0.02, dsn=2.0.0, status=sent (delivered to maildir)",
        {
            "queue_id": "3F2A01C0AB",
            "mail_to": "ada@example.com",
            "orig_to": "postmaster",
            "relay": "local",
            "delay": "0.05",
            "delays": "0.02/0.01/0/0.02",
            "dsn": "2.0.0",
            "status": "sent",
            "reason": "delivered to maildir",
            "tag": "delivery",
        },
    ),
    (
        "3F2A01C0AB: to=<eve@example.org>, relay=none, delay=30, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to mx.example.org[198.51.100.25]:25: Connection timed out)",
        {
            "queue_id": "3F2A01C0AB",
            "mail_to": "eve@example.org",
            "relay": "none",
            "delay": "30",
            "delays": "0.1/0/30/0",
            "dsn": "4.4.1",
            "status": "deferred",
            "reason": "connect to mx.example.org[198.51.100.25]:25: Connection timed out",
            "tag": "delivery",
        },
    ),
    (
        "3F2A01C0AB: removed",
        {"queue_id": "3F2A01C0AB", "tag": "removed"},
    ),
    (
        "NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <ada@example.org>: Relay access denied; from=<bob@example.net> to=<ada@example.org> proto=ESMTP helo=<mail>",
        {
            "queue_id": "NOQUEUE",
            "mail_stage": "RCPT",
            "src_host": "unknown",
            "src": "203.0.113.9",
            "dsn_text": "554 5.7.1 <ada@example.org>: Relay access denied",
            "mail_from": "bob@example.net",
            "mail_to": "ada@example.org",
            "protocol": "ESMTP",
            "helo": "mail",
            "tag": "refused",
        },
    ),
    (
        "NOQUEUE: reject: RCPT from [203.0.113.9]:47407: 550 5.7.1 Service unavailable; client [203.0.113.9] blocked using bl.example.org; from=<x@example.net>, to=<ada@example.com>, proto=ESMTP, helo=<x>",
        {
            "queue_id": "NOQUEUE",
            "mail_stage": "RCPT",
            "src": "203.0.113.9",
            "src_port": "47407",
            "dsn_text": "550 5.7.1 Service unavailable; client [203.0.113.9] blocked using bl.example.org",
            "mail_from": "x@example.net",
            "mail_to": "ada@example.com",
            "protocol": "ESMTP",
            "helo": "x",
            "tag": "refused",
        },
    ),
    (
        "warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=admin",
        {
            "src_host": "unknown",
            "src": "203.0.113.9",
            "sasl_method": "LOGIN",
            "reason": "UGFzc3dvcmQ6",
            "user": "admin",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "warning: hostname host.example.net does not resolve to address 203.0.113.9: Name or service not known",
        {
            "src_host": "host.example.net",
            "src": "203.0.113.9",
            "reason": "Name or service not known",
            "tag": "stranger",
        },
    ),
    (
        "Untrusted TLS connection established to mx.example.com[192.0.2.25]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)",
        {
            "trust": "Untrusted",
            "dst_host": "mx.example.com",
            "dst": "192.0.2.25",
            "dst_port": "25",
            "tls_version": "TLSv1.3",
            "tls_cipher": "TLS_AES_256_GCM_SHA384",
            "tag": "tls",
        },
    ),
    (
        "connect to mx.example.org[198.51.100.25]:25: Connection refused",
        {
            "dst_host": "mx.example.org",
            "dst": "198.51.100.25",
            "dst_port": "25",
            "reason": "Connection refused",
            "tag": "delivery",
        },
    ),
    (
        "CONNECT from [203.0.113.9]:47407 to [192.0.2.25]:25",
        {"src": "203.0.113.9", "src_port": "47407", "dst": "192.0.2.25", "dst_port": "25", "tag": "connect"},
    ),
    (
        "PREGREET 14 after 0.08 from [203.0.113.9]:47407: EHLO ylmf-pc\\r\\n",
        {"octets": "14", "seconds": "0.08", "src": "203.0.113.9", "src_port": "47407", "tag": "stranger"},
    ),
    (
        "3F2A01C0AB: sender non-delivery notification: 5B1C01C0AC",
        {"queue_id": "3F2A01C0AB", "bounce_id": "5B1C01C0AC", "tag": "bounce"},
    ),
    (
        "daemon started -- version 3.7.11, configuration /etc/postfix",
        {"version": "3.7.11", "file": "/etc/postfix", "tag": "service"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of Postfix has these fields, and no others."""
    assert_fields("postfix", message, expected)
