"""Client addresses: which count as one."""

import pytest

from server.security.addresses import address_of


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8::7", 1), "2001:db8::/64"),
        (("2001:db8::1:2:3:4", 1), "2001:db8::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("nobody", 1), "nobody"),
        (None, ""),
    ],
)
def test_what_counts_as_one_address(client: tuple[str, int] | None, address: str) -> None:
    assert address_of(client) == address
