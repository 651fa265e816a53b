"""Client addresses: which addresses count as one client (an IPv6 network of 64 bits, for instance)."""

import ipaddress


def address_of(client: tuple[str, int] | None) -> str:
    """Return what counts as one address: of the newer kind the network, as its owner has all addresses in it.

    Args:
        client: host and port as the server knows them, or None if it does not.
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
