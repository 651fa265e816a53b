"""Doors: which requests are let in, by the host they name, the page they come from, and their size.

A browser carries any page's requests to any server, and a name that an attacker owns may lead to this machine (DNS
rebinding). So every request, WebSockets included, has to name a host that is known here, and a socket, or a request
that is more than a question, has to come from a page of this server.
"""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.sentences import Sentence
from server.answers import refuse

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


def origin_allowed(
    origin: str | None, host: str | None, allowed: Sequence[str], *, secure: bool = False
) -> bool:
    """Tell whether a page of ``origin`` may open a session here.

    Browsers let any page open a socket to any server, and say only where the page is from. Programs that are no
    browsers send no origin.

    Args:
        origin: the Origin header, as ``https://host[:port]``.
        host: the Host header of the same request.
        allowed: further origins whose pages may.
        secure: whether the request came by TLS, as far as is known here.
    """
    if origin is None or origin in allowed:
        return True
    try:
        page, own = urlsplit(origin), urlsplit(f"//{host}")
        page_port, own_port = page.port, own.port
    except ValueError:
        return False
    if page.scheme not in _PORTS or not host or page.hostname is None or page.hostname != own.hostname:
        return False
    if page.username is not None or page.path or page.query or page.fragment:
        return False
    if page.scheme == ("https" if secure else "http"):
        return (page_port or _PORTS[page.scheme]) == (own_port or _PORTS[page.scheme])
    # A proxy that speaks TLS at the usual port need not have told: the page knows better than this server then.
    return page.scheme == "https" and page_port in (None, 443) and own_port in (None, 443)


_PORTS = {"http": 80, "https": 443}


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
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and host_allowed(hosts[0], self._known):
            await self._app(scope, receive, send)
            return
        named = len(hosts) == 1
        sentence = Sentence("other-host", {"host": hosts[0][:80]}) if named else Sentence("one-host")
        await refuse(scope, send, 400, sentence)


class OriginCheck:
    """Refuses sockets, and requests that are more than questions, from pages of elsewhere."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        """Wrap an application."""
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from a page of this server, or from no page."""
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _QUESTIONS):
            headers = Headers(scope=scope)
            if not self._from_here(headers, secure=scope["scheme"] in ("https", "wss")):
                await refuse(scope, send, 403, Sentence("page-of-elsewhere"))
                return
            # A form of elsewhere cannot send this type, so a browser asks first whether its page may; it may not.
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if scope["type"] == "http" and kind != "application/json":
                sentence = Sentence("other-type", {"type": kind[:80]}) if kind else Sentence("no-type")
                await refuse(scope, send, 415, sentence)
                return
        await self._app(scope, receive, send)

    def _from_here(self, headers: Headers, *, secure: bool) -> bool:
        origins = headers.getlist("origin")
        if len(origins) > 1:
            return False
        if not origins and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return False
        return origin_allowed(
            origins[0] if origins else None, headers.get("host"), self._allowed, secure=secure
        )


_QUESTIONS = ("GET", "OPTIONS")  # HEAD arrives as GET


class SizeCheck:
    """Refuses bodies that are announced as too long, before any of them is read."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is short enough, or does not say: Starlette's middleware counts that."""
        if scope["type"] == "http":
            length = Headers(scope=scope).get("content-length", "0")
            if not (length.isascii() and length.isdigit()) or int(length[:20]) > MAX_BODY_BYTES:
                await refuse(scope, send, 413, TOO_LONG)
                return
        await self._app(scope, receive, send)


TOO_LONG = Sentence("body-too-long", {"most": MAX_BODY_BYTES})
