"""Responses to refused requests: status, sentence and reason, as text or JSON."""

import json
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope, Send

from engine.user_messages import UserMessage
from server.i18n import Language
from server.i18n.negotiation import choose
from server.telemetry.metrics import note_refusal

_POLICY_VIOLATION = 1008

_REASONS = {400: "host", 401: "code", 403: "origin", 413: "size", 415: "type", 503: "connections"}
"""Reason in the metrics, by status."""


def own_path(scope: Scope) -> str:
    """Return the path of a request without the root path."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def wants_page(scope: Scope) -> bool:
    """Return whether a request is a browser's navigation rather than a program's."""
    accept = Headers(scope=scope).get("accept", "*/*")
    return "text/html" in accept or not own_path(scope).startswith("/api/")


def preferred_language(scope: Scope) -> Language:
    """Return the language that the sender of a request prefers."""
    return choose(scope["app"].state.languages, None, Headers(scope=scope).get("accept-language"))


def language_headers(language: Language) -> dict[str, str]:
    """Return the headers of a response whose text is in a language that was negotiated."""
    return {"Content-Language": language.key, "Vary": "Accept-Language"}


def has_route(scope: Scope) -> bool:
    """Return whether a route matches a request by path and method, or a WebSocket by path."""
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)


async def refuse(
    scope: Scope, send: Send, status: int, sentence: UserMessage, headers: Mapping[str, str] | None = None
) -> None:
    """Refuse a request, or the handshake of a WebSocket.

    Args:
        scope: of the request.
        send: ASGI channel.
        status: of the response; a refused WebSocket always gets 403 without a body, which browsers hide from pages.
        sentence: the reason, sent as plain text to browsers that navigate, else as JSON.
        headers: further headers of the response.
    """
    note_refusal(scope, _REASONS.get(status, "invalid"))
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    language = preferred_language(scope)
    detail = language.translate(sentence)
    if "text/html" in Headers(scope=scope).get("accept", ""):
        kind, body = "text/plain; charset=utf-8", f"{detail}\n".encode()
    else:
        content = {"detail": detail, "reason": sentence.key}
        kind, body = "application/json", json.dumps(content, ensure_ascii=False).encode()
    lines = {
        "content-type": kind,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **language_headers(language),
        **(headers or {}),
    }
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
