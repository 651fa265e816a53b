"""The local network: whether others can reach this server, at which address, and a QR code for it."""

import contextlib
import io
import ipaddress
import socket

import segno

from server.settings import Settings

_ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation (RFC 5737), never assigned


def is_private(host: str) -> bool:
    """Return whether ``host``, an address or a name to listen on, can be reached from this machine only."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False  # listening will fail with the reason
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def check_exposure(settings: Settings) -> None:
    """Check that the server is not open to other machines by accident.

    Raises:
        ValueError: others can reach this server, and no option says who may use it; names the options.
    """
    if settings.join_code is None and not settings.insecure and not is_private(settings.host):
        raise ValueError(
            f"everybody who can reach {settings.host} could use this server. Start it with --lan (for everybody in this"
            " network who has the join code that it shows), with --join-code (the same for any address), or with"
            " --insecure (for everybody: only behind something else that authenticates people)"
        )


def lan_address() -> str | None:
    """Return the address of this machine in its network, or None if it has none but loopback."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe:
        try:
            probe.connect(_ELSEWHERE)  # selects the interface and sends nothing
            found = [probe.getsockname()[0]]
        except OSError:
            found = []
    with contextlib.suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    for address in found:
        parsed = ipaddress.ip_address(address)
        if not parsed.is_loopback and not parsed.is_unspecified:
            return str(address)
    return None


def invitation(address: str, code: str | None) -> str:
    """Return the address for a QR code. Browsers never send the fragment, so no log contains the code.

    Args:
        address: of the page.
        code: the join code, normalized, if there is one.
    """
    return f"{address}/" if code is None else f"{address}/#join={code}"


def qr_code(text: str) -> str:
    """Draw a QR code with block characters, for a terminal."""
    drawing = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=drawing, border=2, compact=True)
    return drawing.getvalue()
