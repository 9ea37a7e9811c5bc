"""Which addresses an endpoint may have."""

from ipaddress import ip_network

import pytest

from tidegate.notify.addresses import AddressRule, ForbiddenAddress

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
NOT_PUBLIC = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # the metadata service of clouds
    "100.64.0.1",  # carriers' own
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",  # documentation
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",  # IPv4 in IPv6
    "64:ff9b::7f00:1",  # the same through NAT64
    "2002:7f00:1::",  # and through 6to4
)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_good_unless_it_would_not_be_encrypted(address: str) -> None:
    AddressRule(()).check(address)
    with pytest.raises(ForbiddenAddress, match="not be encrypted"):
        AddressRule((), public=False).check(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_is_unless_it_is_named(address: str) -> None:
    with pytest.raises(ForbiddenAddress, match="not public"):
        AddressRule(()).check(address)


def test_a_network_that_is_named_is_good_also_unencrypted() -> None:
    rule = AddressRule((ip_network("10.0.0.0/8"), ip_network("::1/128")), public=False)
    rule.check("10.1.2.3")
    rule.check("::1")
    rule.check("::ffff:10.1.2.3")
    with pytest.raises(ForbiddenAddress):
        rule.check("192.168.1.1")
