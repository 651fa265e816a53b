"""The local network: whether others reach this server, at which address, and the QR code that leads there."""

import contextlib
import io
import ipaddress
import socket

import segno

from server.settings import Settings

_ELSEWHERE = ("192.0.2.1", 9)  # reserved for documentation: nobody is there


def is_private(host: str) -> bool:
    """Tell whether only this machine reaches a server that listens on ``host``, an address or a name."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False  # listening will fail, and say why
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def check_exposure(settings: Settings) -> None:
    """Refuse to serve everybody by accident.

    Raises:
        ValueError: others reach this server, and nobody said who may come in; says the ways out.
    """
    if settings.join_code is None and not settings.insecure and not is_private(settings.host):
        raise ValueError(
            f"whoever reaches {settings.host} could use this server. Start it with --lan (everybody in this network who"
            " has the join code that it shows), with --join-code (the same for any address), or with --insecure"
            " (everybody: only behind something else that asks who people are)"
        )


def lan_address() -> str | None:
    """Return the address of this machine in its network; None if it seems to be in none."""
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe:
        try:
            probe.connect(_ELSEWHERE)  # chooses a way there and sends nothing
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
    """Return the address that a QR code leads to. What stands behind # is never sent, so no log has the code.

    Args:
        address: of the page.
        code: the join code, plain, if there is one.
    """
    return f"{address}/" if code is None else f"{address}/#join={code}"


def qr_code(text: str) -> str:
    """Draw a QR code with block characters, for a terminal."""
    drawing = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=drawing, border=2, compact=True)
    return drawing.getvalue()
