"""Checks of Host, Origin, content type and size, before a request reaches its route.

Browsers send any page's requests to any server, and a name of an attacker may resolve to this machine (DNS rebinding).
So every request, WebSockets included, must have a known Host header, and WebSockets and unsafe methods must have a
same-origin Origin header.
"""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.user_messages import UserMessage
from server.telemetry.metrics import note_refusal
from server.web.middleware.refusal_log import RefusalLog
from server.web.middleware.refusals import has_route, refuse

MAX_BODY_BYTES = 2**20
"""Longer bodies of requests are answered with 413 before they are read."""

LONG_BODIES = {"/api/read": 2 * 2**20}
"""Size limit of other requests, by path: of a saved file (`engine.saved.MAX_BYTES`) in base64."""

_ALWAYS = ("localhost",)


def known_hosts(configured: Sequence[str]) -> frozenset[str]:
    """Return the host names of this server in lower case: this machine's own, and the configured ones."""
    own = socket.gethostname().lower()
    return frozenset({*_ALWAYS, own, f"{own}.local", *(name.lower().rstrip(".") for name in configured)})


def host_allowed(header: str | None, known: frozenset[str]) -> bool:
    """Return whether a Host header is valid for this server.

    IP addresses always are: DNS rebinding needs a name.
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
    """Return the name in a Host header without port, brackets and final dot, lower case; None if it is invalid."""
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
    """Return whether a page of ``origin`` may open a session here.

    Browsers let any page open a WebSocket to any server, and send the page's origin. Other programs send no origin.

    Args:
        origin: the Origin header, as ``https://host[:port]``.
        host: the Host header of the same request.
        allowed: further allowed origins.
        secure: whether the request came by TLS, as far as the server knows.
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
    # A TLS proxy at the default port may send no header about it; then the page's scheme counts.
    return page.scheme == "https" and page_port in (None, 443) and own_port in (None, 443)


_PORTS = {"http": 80, "https": 443}


def origin_fault(
    origin: str | None,
    host: str | None,
    allowed: Sequence[str],
    *,
    secure: bool = False,
    proxy: str = "ADDRESS",
) -> UserMessage | None:
    """Return why a page of ``origin`` may not open a session here, and how to fix that; None if it may.

    Args:
        origin: as in `origin_allowed`, like the next three.
        host: likewise.
        allowed: likewise.
        secure: likewise.
        proxy: address of the proxy whose header about TLS is not trusted, if known.
    """
    if origin_allowed(origin, host, allowed, secure=secure):
        return None
    try:
        page = urlsplit(origin or "")
        known = page.scheme in _PORTS and page.hostname is not None and bool(host)
        same = known and origin_allowed(origin, host, (), secure=page.scheme == "https")
    except ValueError:
        known = same = False
    if not known:
        return UserMessage("page-of-elsewhere")
    values = {"origin": str(origin)[:_MOST_SHOWN], "host": str(host)[:_MOST_SHOWN]}
    if same:
        return UserMessage(
            "other-scheme", {**values, "scheme": "https" if secure else "http", "proxy": proxy}
        )
    return UserMessage("other-origin", values)


_MOST_SHOWN = 80


class HostCheck:
    """Refuses requests and WebSockets with an unknown Host header."""

    def __init__(self, app: ASGIApp, known: frozenset[str], refusal_log: RefusalLog) -> None:
        """Wrap an application."""
        self._app = app
        self._known = known
        self._refusal_log = refusal_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests and WebSockets for a known host."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and host_allowed(hosts[0], self._known):
            await self._app(scope, receive, send)
            return
        named = len(hosts) == 1
        sentence = (
            UserMessage("other-host", {"host": hosts[0][:_MOST_SHOWN]}) if named else UserMessage("one-host")
        )
        self._refusal_log.note(sentence)
        await refuse(scope, send, 400, sentence)


class OriginCheck:
    """Refuses WebSockets and unsafe methods (RFC 9110) from pages of other origins."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str], refusal_log: RefusalLog) -> None:
        """Wrap an application."""
        self._app = app
        self._allowed = allowed
        self._refusal_log = refusal_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on safe methods, and requests from allowed origins or without an origin."""
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _SAFE_METHODS):
            headers = Headers(scope=scope)
            fault = self._fault(scope, headers)
            if fault is not None:
                self._refusal_log.note(fault)
                await refuse(scope, send, 403, fault)
                return
            # Forms of other origins cannot send this type; for scripts, browsers send a preflight request, which fails.
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            # Without a route for the method nothing can be changed, and the answer is 405 or 404.
            if scope["type"] == "http" and kind != "application/json" and has_route(scope):
                sentence = (
                    UserMessage("other-type", {"type": kind[:_MOST_SHOWN]})
                    if kind
                    else UserMessage("no-type")
                )
                await refuse(scope, send, 415, sentence)
                return
        await self._app(scope, receive, send)

    def _fault(self, scope: Scope, headers: Headers) -> UserMessage | None:
        origins = headers.getlist("origin")
        if len(origins) > 1 or (
            not origins and headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        ):
            return UserMessage("page-of-elsewhere")
        # The header of a trusted proxy would have set the scheme of the request already.
        untrusted = "x-forwarded-proto" in headers and scope.get("client")
        return origin_fault(
            origins[0] if origins else None,
            headers.get("host"),
            self._allowed,
            secure=is_secure(scope),
            **({"proxy": scope["client"][0]} if untrusted else {}),
        )


def is_secure(scope: Scope) -> bool:
    """Return whether a request came by TLS, as far as the server knows."""
    return scope["scheme"] in ("https", "wss")


_SAFE_METHODS = ("GET", "OPTIONS")  # HEAD arrives as GET


class SizeCheck:
    """Refuses bodies with too large a Content-Length, before reading them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on short bodies, and those without a length: Starlette's middleware counts their bytes."""
        if scope["type"] == "http":
            length = Headers(scope=scope).get("content-length", "0")
            most = LONG_BODIES.get(scope["path"].removeprefix(scope.get("root_path", "")), MAX_BODY_BYTES)
            if not (length.isascii() and length.isdigit()) or int(length[:20]) > most:
                await refuse(scope, send, 413, UserMessage("body-too-long", {"most": most}))
                return
        await self._app(scope, receive, send)


class LengthCheck:
    """Refuses requests of ambiguous length (request smuggling; RFC 9112, section 6.1) and closes their connection.

    h11 refuses other ambiguities: differing lengths, other codings than ``chunked``.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests of unambiguous length."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "transfer-encoding" in headers and (
                "content-length" in headers or scope["http_version"] == "1.0"
            ):
                note_refusal(scope, "invalid")
                await refuse(scope, send, 400, UserMessage("length-in-doubt"), {"Connection": "close"})
                return
        await self._app(scope, receive, send)
