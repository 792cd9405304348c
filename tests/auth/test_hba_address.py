"""Tests of ``pgpool_py/auth/hba_address.py``."""

from ipaddress import ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.hba_address import (
    Addresses,
    IPAddress,
    addresses,
    client_address,
    takes_mask,
)
from pgpool_py.auth.words import LineError, Word, columns

OWN = tuple(map(ip_interface, ("10.1.2.3/24", "127.0.0.1/8", "fe80::7/64", "::1/128")))


def read(text: str, *, known: bool = True) -> Addresses:
    [first], *rest = columns(text)
    mask = rest[0][0] if rest else None
    assert takes_mask(first) is (mask is not None)
    return addresses(first, mask, OWN if known else None)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("all", "1.2.3.4 ::1", ""),
        ("0.0.0.0/0", "1.2.3.4 127.0.0.1", "::1 2001:db8::1"),
        ("::/0", "::1 2001:db8::1", "1.2.3.4"),
        ("10.1.0.0/16", "10.1.0.0 10.1.255.255", "10.0.255.255 10.2.0.0"),
        ("10.1.2.3/32", "10.1.2.3", "10.1.2.2 10.1.2.4"),
        ("10.1.2.2/31", "10.1.2.2 10.1.2.3", "10.1.2.1 10.1.2.4"),
        ("128.0.0.0/1", "128.0.0.0 255.255.255.255", "127.255.255.255"),
        ("10.1.0.0/016", "10.1.255.255", "10.2.0.0"),
        ("10.1.0.0 255.255.0.0", "10.1.0.0 10.1.255.255", "10.2.0.0"),
        ("10.0.0.7 255.0.0.255", "10.1.2.7 10.255.255.7", "10.1.2.8 11.1.2.7"),
        ("0.0.0.0 0.0.0.0", "1.2.3.4", "::1"),
        ("10.1.2.3 255.255.255.255", "10.1.2.3", "10.1.2.4"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("2001:DB8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
        ("2001:db8:: ffff:ffff::", "2001:db8:ffff::1", "2001:db9::"),
        ("::1/128", "::1", "::2 ::"),
        ("fe80::/10", "fe80::1 fe80::1%eth0 febf::1%2", "fec0::1"),
        ('"10.1.2.3/32"', "10.1.2.3", "10.1.2.4"),
        ("samehost", "10.1.2.3 127.0.0.1 fe80::7%1 ::1", "10.1.2.4 127.0.0.2 ::2"),
        ("samenet", "10.1.2.255 127.9.9.9 fe80::8 ::1", "10.1.3.0 fe81::7 ::2"),
    ],
)
def test_who_is_inside(text: str, inside: str, outside: str) -> None:
    where = read(text)
    assert [a for a in inside.split() if not where.match(client_address(a))] == []
    assert [a for a in outside.split() if where.match(client_address(a))] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("localhost", "the host name"),
        ("db.example.com", "the host name"),
        (".example.com", "the host name"),
        ("1and1.com", "the host name"),
        ('"all"', "the host name"),
        ("10.1", "invalid IP address"),
        ("10", "invalid IP address"),
        ("0x0a.0.0.1", "invalid IP address"),
        ("010.0.0.1/32", "invalid IP address"),
        ("10.0.0.256/32", "invalid IP address"),
        ("10.0.0.0.1/32", "invalid IP address"),
        ("1\u0660.0.0.1/32", "invalid IP address"),
        ("::1::/128", "invalid IP address"),
        ("*", "invalid IP address"),
        ("-", "invalid IP address"),
        ('""', "invalid IP address"),
        ("/8", "invalid IP address"),
        ("10.0.0.0/33", "invalid CIDR mask"),
        ("10.0.0.0/-1", "invalid CIDR mask"),
        ("10.0.0.0/+8", "invalid CIDR mask"),
        ("10.0.0.0/", "invalid CIDR mask"),
        ("10.0.0.0/8/8", "invalid CIDR mask"),
        ("10.0.0.0/\u0668", "invalid CIDR mask"),
        ('"10.0.0.0/ 8"', "invalid CIDR mask"),
        ("10.0.0.0/255.0.0.0", "invalid CIDR mask"),
        ("::/129", "invalid CIDR mask"),
        ("fe80::1%eth0/128", "has a scope"),
        ("::ffff:10.0.0.1/128", "is an IPv4 address in IPv6 form: write 10.0.0.1"),
        ("10.1.2.3/24", "bits outside its mask"),
        ("10.1.2.3 255.255.255.0", "bits outside its mask"),
        ("10.0.0.0 trust", "invalid IP mask"),
        ("10.0.0.0 ffff::", "IP address and mask do not match"),
        (":: 255.0.0.0", "IP address and mask do not match"),
    ],
)
def test_addresses_that_are_refused(text: str, fault: str) -> None:
    [first], *rest = columns(text)
    with pytest.raises(LineError, match=fault):
        addresses(first, rest[0][0] if rest else None, OWN)


def test_an_address_alone_lacks_a_mask() -> None:
    with pytest.raises(LineError, match="a mask is missing"):
        addresses(Word("10.0.0.0"), None, OWN)


@pytest.mark.parametrize("keyword", ["samehost", "samenet"])
def test_what_needs_interfaces_is_refused_without(keyword: str) -> None:
    with pytest.raises(LineError, match=f"{keyword} is not supported here"):
        read(keyword, known=False)
    assert not addresses(Word(keyword), None, ()).match(client_address("127.0.0.1"))


def test_an_ipv4_address_in_ipv6_form_does_not_pass_by_a_rule() -> None:
    assert read("10.1.2.0/24").match(client_address("::ffff:10.1.2.3"))
    assert not read("::/0").match(client_address("::ffff:10.1.2.3"))


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_a_network_is_what_ipaddress_says(
    base: IPAddress, other: IPAddress, bits: int
) -> None:
    network = ip_interface((base, min(bits, base.max_prefixlen))).network
    if getattr(network.network_address, "ipv4_mapped", None) is None:
        where = read(str(network))
        assert where.match(base)
        assert where.match(other) is (
            other.version == network.version and other in network
        )
