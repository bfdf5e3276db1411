"""Rules for the kernel's packet filters: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "[UFW BLOCK] IN=eth0 OUT= MAC=00:00:5e:00:53:01:00:00:5e:00:53:02:08:00 SRC=203.0.113.5 DST=192.0.2.1 LEN=40 TOS=0x00 PREC=0x00 TTL=243 ID=17703 PROTO=TCP SPT=47091 DPT=1433 WINDOW=1024 RES=0x00 SYN URGP=0 ",
        {
            "log_prefix": "[UFW BLOCK]",
            "in_interface": "eth0",
            "mac": "00:00:5e:00:53:01:00:00:5e:00:53:02:08:00",
            "src": "203.0.113.5",
            "dst": "192.0.2.1",
            "length": "40",
            "protocol": "TCP",
            "src_port": "47091",
            "dst_port": "1433",
            "tag": "packet",
        },
    ),
    (
        "[16571.459614] IN= OUT=lo SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=104 TC=0 HOPLIMIT=64 FLOWLBL=868225 PROTO=ICMPv6 TYPE=128 CODE=0 ID=3427 SEQ=1 ",
        {
            "out_interface": "lo",
            "src": "2001:0db8:0000:0000:0000:0000:0000:0001",
            "dst": "2001:0db8:0000:0000:0000:0000:0000:0002",
            "length": "104",
            "protocol": "ICMPv6",
            "icmp_type": "128",
            "icmp_code": "0",
            "tag": "packet",
        },
    ),
    (
        "[  307.757925] Shorewall:net2fw:DROP:IN=eth0 OUT=eth1 SRC=203.0.113.5 DST=192.0.2.1 LEN=52 TOS=0x00 PREC=0x00 TTL=63 ID=0 DF PROTO=UDP SPT=5353 DPT=5353 LEN=328",
        {
            "log_prefix": "Shorewall:net2fw:DROP:",
            "in_interface": "eth0",
            "out_interface": "eth1",
            "src": "203.0.113.5",
            "dst": "192.0.2.1",
            "length": "52",
            "protocol": "UDP",
            "src_port": "5353",
            "dst_port": "5353",
            "tag": "packet",
        },
    ),
    (
        "IN=eth0 OUT= MAC= SRC=203.0.113.5 DST=224.0.0.1 LEN=36 TOS=0x00 PREC=0x00 TTL=1 ID=0 PROTO=2 ",
        {
            "in_interface": "eth0",
            "src": "203.0.113.5",
            "dst": "224.0.0.1",
            "length": "36",
            "protocol": "2",
            "tag": "packet",
        },
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of the kernel's packet filters has these fields, and no others."""
    assert_fields("iptables", message, expected)
