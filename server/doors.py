"""Doors: which requests are let in, by the host they name, the page they come from, and their size.

A browser carries any page's requests to any server, and a name that an attacker owns may lead to this machine (DNS
rebinding). So every request, WebSockets included, has to name a host that is known here, and a socket has to come from
a page of this server.
"""

import ipaddress
import json
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

MAX_BODY_BYTES = 2**20
"""Longer bodies of requests are answered with 413 before they are read."""

_ALWAYS = ("localhost",)


def known_hosts(configured: Sequence[str]) -> frozenset[str]:
    """Return the names this server answers to, lower case: this machine's own, and those that were configured."""
    own = socket.gethostname().lower()
    return frozenset({*_ALWAYS, own, f"{own}.local", *(name.lower().rstrip(".") for name in configured)})


def host_allowed(header: str | None, known: frozenset[str]) -> bool:
    """Tell whether a Host header names this server.

    An address of numbers always may: nobody can make it lead elsewhere.
    """
    name = _host_name(header)
    if name is None:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in known or name.endswith(".localhost")
    return True


def _host_name(header: str | None) -> str | None:
    """Return the name in a Host header without port, brackets and final dot, lower case; None if it is none."""
    if not header:
        return None
    try:
        parts = urlsplit(f"//{header}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return name.rstrip(".")


def origin_allowed(origin: str | None, host: str | None, allowed: Sequence[str]) -> bool:
    """Tell whether a page of ``origin`` may open a session here.

    Browsers let any page open a socket to any server, and say only where the page is from. Programs that are no
    browsers send no origin.

    Args:
        origin: the Origin header, as ``https://host[:port]``.
        host: the Host header of the same request.
        allowed: further origins whose pages may.
    """
    if origin is None or origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in _PORTS or not host or parts.hostname is None:
        return False
    own = urlsplit(f"//{host}")
    same_name = parts.hostname.rstrip(".") == (own.hostname or "").rstrip(".")
    # Behind a proxy that speaks TLS the scheme is not ours to know: without a port it is that of the page's scheme.
    return same_name and (port or _PORTS[parts.scheme]) == (own.port or _PORTS[parts.scheme])


_PORTS = {"http": 80, "https": 443}


class HostCheck:
    """Refuses requests and sockets that name another host."""

    def __init__(self, app: ASGIApp, known: frozenset[str]) -> None:
        """Wrap an application."""
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names this server."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and host_allowed(hosts[0], self._known):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send(
                {"type": "websocket.close", "code": 1008}
            )  # before it is accepted: the browser gets a 403
        else:
            await _refuse(send, hosts[0] if len(hosts) == 1 else None)


async def _refuse(send: Send, host: str | None) -> None:
    shown = json.dumps(host)[:80] if host else "missing or repeated"
    text = (
        f"The host of this request is {shown}, which this server does not go by."
        " If it should, start it with --allow-host NAME.\n"
    )
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text.encode())).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
