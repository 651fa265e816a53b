"""Security headers of every response: Content-Security-Policy, Permissions-Policy and others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAME_AND_PORT = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")

UNUSED_FEATURES = (
    *(
        "accelerometer",
        "autoplay",
        "camera",
        "clipboard-read",
        "display-capture",
        "encrypted-media",
        "fullscreen",
    ),
    *("geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment"),
    *(
        "picture-in-picture",
        "publickey-credentials-get",
        "screen-wake-lock",
        "serial",
        "storage-access",
        "usb",
    ),
    "xr-spatial-tracking",
)
"""Browser features that Permissions-Policy disables; the page uses ``clipboard-write``."""

_PERMISSIONS = ", ".join(f"{feature}=()" for feature in sorted(UNUSED_FEATURES))


@dataclass(frozen=True, slots=True)
class Protections:
    """Parameters of the headers.

    Attributes:
        embedders: origins whose pages may embed this one.
        style: hash source of the inline style sheet; or empty.
        script: hash source of the inline script; or empty.
    """

    embedders: Sequence[str] = ()
    style: str = ""
    script: str = ""

    def headers(self, host: str | None) -> dict[str, str]:
        """Return the headers.

        Args:
            host: the Host header of the request. Its ``ws:`` and ``wss:`` are listed explicitly, as older Safaris do
                not include them in ``'self'``.
        """
        sockets = (f"ws://{host}", f"wss://{host}") if host and _NAME_AND_PORT.fullmatch(host) else ()
        policy = {
            "default-src": ("'self'",),
            "style-src": ("'self'", self.style),
            "script-src": ("'self'", self.script),
            "connect-src": ("'self'", *sockets),
            "img-src": ("'self'", "data:", "blob:"),
            "object-src": ("'none'",),
            "base-uri": ("'none'",),
            "form-action": ("'none'",),
            "frame-ancestors": ("'self'", *self.embedders),
            "require-trusted-types-for": ("'script'",),
            "trusted-types": ("'none'",),
        }
        return {
            "Content-Security-Policy": "; ".join(
                " ".join((name, *filter(None, sources))) for name, sources in policy.items()
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": _PERMISSIONS,
        }


class SecurityHeaders:
    """Adds the headers to every response."""

    def __init__(self, app: ASGIApp, protections: Protections) -> None:
        """Wrap an application."""
        self._app = app
        self._protections = protections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; its response gets the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = self._protections.headers(Headers(scope=scope).get("host"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(own)
            await send(message)

        await self._app(scope, receive, send_with_headers)
