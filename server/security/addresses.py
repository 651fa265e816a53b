"""Client addresses: which addresses count as one client (an IPv6 network of 64 bits, for instance)."""

import ipaddress


def address_of(client: tuple[str, int] | None) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network of an IPv6 one, which has one owner.

    Args:
        client: host and port of the client, or None if they are not known.
    """
    host = client[0] if client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
